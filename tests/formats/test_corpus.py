"""The project's own JSON lines, and spans from tags."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.corpus import (
    Mention,
    Sentence,
    dump_sentence,
    read_corpus,
    write_corpus,
)
from ousianer_cli.formats.word_rules import WORD_RULES

LABELS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)


@st.composite
def sentences(draw: st.DrawFn) -> Sentence:
    tokens = draw(st.lists(LABELS.filter(lambda t: t.strip()), min_size=1, max_size=8))
    cuts = sorted(draw(st.sets(st.integers(0, len(tokens)), max_size=6)))
    mentions = [
        Mention(a, b, tuple(draw(st.lists(LABELS, max_size=3))), draw(st.sampled_from([1.0, 0.5])))
        for a, b in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    # The first word of each longer mention is one of its own.
    nested = [Mention(m.start, m.start + 1, ("A",), noun="town") for m in mentions if m.end - m.start > 1]
    supervises = draw(st.sampled_from(["detection", "typing", "both"]))
    document = draw(st.sampled_from(["", "d1"]))
    split_by = draw(st.sampled_from(["", WORD_RULES]))
    return Sentence(tuple(tokens), tuple(mentions), draw(LABELS), supervises, tuple(nested), document, split_by)


@given(st.lists(sentences(), max_size=4))
def test_what_is_written_reads_back(tmp_path_factory: pytest.TempPathFactory, rows: list[Sentence]) -> None:
    path = tmp_path_factory.mktemp("corpus") / "c.jsonl"
    assert write_corpus(path, rows) == len(rows)
    assert list(read_corpus(path)) == rows


def test_tokens_that_are_our_words_stay_as_they_are() -> None:
    own = Sentence(("@", "Oslo_Now", "Obama,"), (Mention(1, 3),), nested=(Mention(1, 2),), split_by=WORD_RULES)
    assert own.as_words() == (["@", "Oslo_Now", "Obama,"], [(1, 3)], [(1, 2)])
    others = (["@", "Oslo", "_", "Now", "Obama", ","], [(1, 6)], [(1, 4)])
    assert replace(own, split_by="").as_words() == others == replace(own, split_by="earlier").as_words()


def test_own_lines_are_detected_and_keep_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    rows = [
        Sentence(("It", "rains"), (), "d", "detection"),
        Sentence(("Oslo", "sleeps"), (Mention(0, 1, ("GPE", "LOC"), 0.5),), "d", "typing"),
    ]
    path.write_text("\n\n".join(map(dump_sentence, rows)), encoding="utf-8")
    assert detect_format(path) == "ousianer"
    first, second = read_labelled(path)
    assert (first.supervises, second.supervises) == ("detection", "typing")
    assert (second.mentions[0].labels, second.mentions[0].weight) == (("GPE", "LOC"), 0.5)
    assert second.line == 3


def test_columns_make_no_sense_for_json(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    write_corpus(path, [Sentence(("Oslo",))])
    with pytest.raises(SettingsError, match="--tag-column: expected files of format conll.*found ousianer"):
        read_labelled(path, tag_column=1)


@pytest.mark.parametrize(
    "change",
    [
        {"tokens": []},
        {"tokens": ["a", " "]},
        {"supervises": "all"},
        {"mentions": None},
        {"mentions": [{"start": 0}]},
        {"mentions": [{"start": 0, "end": 1, "type": "per"}]},
        {"mentions": [{"start": 0, "end": 1, "types": "per"}]},
        {"mentions": [{"start": False, "end": 1, "types": []}]},
        {"mentions": [{"start": 0, "end": 3}]},
        {"mentions": [{"start": 1, "end": 1}]},
        {"mentions": [{"start": 0, "end": 1, "types": [""]}]},
        {"mentions": [{"start": 0, "end": 2, "types": []}, {"start": 1, "end": 2, "types": []}]},
        {"mentions": [{"start": 0, "end": 1, "types": [], "nested": True}]},
        {"mentions": [{"start": 0, "end": 1, "types": []}, {"start": 0, "end": 1, "types": [], "nested": True}]},
        {"mentions": [{"start": 0, "end": 1, "types": [], "nested": "no"}]},
        {"mentions": [{"start": 0, "end": 1, "types": [], "noun": ["town"]}]},
    ],
)
def test_broken_lines(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "own.jsonl"
    valid = {"tokens": ["a", "b"], "mentions": [], "supervises": "both"}
    path.write_text(json.dumps(valid) + "\n" + json.dumps({**valid, **change}) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        list(read_corpus(path))
    assert (caught.value.path, caught.value.line) == (str(path), 2)


def test_what_is_no_line_of_ours_is_told_how_to_become_one(tmp_path: Path) -> None:
    path = tmp_path / "gold.tab"
    path.write_text("r\tm1\tLima\tD:0-3\tNIL1\tgpe\tNAM\t1.0\n")
    with pytest.raises(InputError, match=r"gold\.tab:1: expected a training line, .* ousianer prepare corpus"):
        list(read_corpus(path))
