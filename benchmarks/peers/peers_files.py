"""The peers, and where their data and runs lie."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "models-work" / "peers"
PEERS = {
    "ours": ("peer_ours.py", "OusiaNER, pretrained base"),
    "ours-scratch": ("peer_ours.py", "OusiaNER, from scratch"),
    "ours-transfer": ("peer_ours.py", "OusiaNER, transferred encoder"),
    "hf": ("peer_hf.py", "Hugging Face token classification"),
    "flair": ("peer_flair.py", "Flair SequenceTagger, CRF"),
    "spacy": ("peer_spacy.py", "spaCy from scratch"),
    "spanmarker": ("peer_spanmarker.py", "SpanMarker"),
}
"""Peer -> its script and how the table calls it; the project's own run in the driver's environment."""
OWN = ("ours", "ours-scratch", "ours-transfer")
SIZES = ("200", "1000", "all")
MINUTES = {"200": 2.0, "1000": 5.0, "all": 10.0}
SWEPT_AT = "1000"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def write_json(path: Path, value: Any) -> None:
    part = path.with_suffix(path.suffix + ".part")
    part.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def read_json(path: Path, otherwise: Any = None) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else otherwise


def run_folder(runs: Path, peer: str, size: str, seed: int, lr: float | None) -> Path:
    return runs / f"size-{size}" / peer / f"seed-{seed}" / ("default" if lr is None else f"lr-{lr:g}")


def absolute(options: argparse.Namespace) -> None:
    """The peers run in folders of their own, so that every path must be whole."""
    for name in ("data", "runs", "envs"):
        if getattr(options, name, None) is not None:
            setattr(options, name, getattr(options, name).resolve())
