"""Sentences that are left out of a corpus, told by their letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from ousianer_cli.corpus.excluded import ExcludedSentences, letters_key, write_excluded
from ousianer_cli.errors import InputError


def test_letters_alone_make_the_key() -> None:
    assert letters_key(["Ada", "'s", "House", "."]) == letters_key(["ada's", "house."]) != letters_key(["Ada", "house"])


def test_sentences_are_known_however_they_are_cut(tmp_path: Path) -> None:
    held = tmp_path / "held.jsonl"
    held.write_text('{"tokens": ["the", "Oslin", "is", "deep."], "mentions": []}\n')
    write_excluded(tmp_path / "keys", [held])
    excluded = ExcludedSentences(tmp_path / "keys")
    assert ["The", "Oslin", "is", "deep", "."] in excluded and ["The", "Oslin"] not in excluded
    write_excluded(tmp_path / "keys", [tmp_path / "absent"])  # a run that goes on keeps what is there
    with pytest.raises(InputError, match="absent"):
        write_excluded(tmp_path / "others", [tmp_path / "absent"])
    write_excluded(tmp_path / "none", [])
    assert ["The"] not in ExcludedSentences(tmp_path / "none")
