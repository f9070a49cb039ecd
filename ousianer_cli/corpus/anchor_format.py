"""The files of a table of anchors, which building writes and loading reads."""

from __future__ import annotations

VERSION = 1
MAX_WORDS = 8
"""Anchors of more words are left out: they are titles of works, which are found by their title."""
CARD = "anchors.json"
ARRAYS = ("hashes", "title_ids", "links", "top_links", "title_offsets", "bloom")
