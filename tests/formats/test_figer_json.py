"""FIGER-style JSON lines."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.labelled import CorpusReport

read_figer_json = partial(read_labelled, corpus_format="figer-json")

TOKENS = ["The", "University", "of", "Oslo", "Library", "opened"]


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "figer.json"
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows), encoding="utf-8")
    return path


def row(*mentions: tuple[int, int, list[str]], **more: Any) -> dict[str, Any]:
    return {"tokens": TOKENS, "mentions": [{"start": a, "end": b, "labels": x} for a, b, x in mentions], **more}


def test_several_labels(tmp_path: Path) -> None:
    path = write(tmp_path, row((3, 4, ["/location/city", "/location"]), fileid="17"))
    assert detect_format(path) == "figer-json"
    (sentence,) = read_labelled(path)
    assert sentence.doc == "17"
    assert sentence.mentions[0].labels == ("/location/city", "/location")


def test_the_outermost_mention_is_the_name_those_inside_are_nested_and_the_rest_is_counted(tmp_path: Path) -> None:
    report = CorpusReport()
    path = write(
        tmp_path,
        row((3, 4, ["/location"]), (1, 4, ["/organization"]), (1, 5, ["/building"]), (4, 6, ["/event"])),
    )
    (sentence,) = read_figer_json(path, report=report)
    assert [(m.start, m.end, m.labels) for m in sentence.mentions] == [(1, 5, ("/building",))]
    assert [(m.start, m.end, m.labels) for m in sentence.nested] == [
        (1, 4, ("/organization",)),
        (3, 4, ("/location",)),
    ]
    assert report.dropped == {"mentions across a longer one": 1}


def test_the_same_span_twice_joins_its_labels(tmp_path: Path) -> None:
    report = CorpusReport()
    path = write(tmp_path, row((1, 4, ["/organization"]), (1, 4, ["/organization", "/building"])))
    (sentence,) = read_figer_json(path, report=report)
    assert [m.labels for m in sentence.mentions] == [("/organization", "/building")]
    assert not report.dropped


@pytest.mark.parametrize(
    "record",
    [
        "{",
        "[]",
        {"tokens": [], "mentions": []},
        {"tokens": ["a", " "], "mentions": []},
        {"tokens": ["a"], "mentions": {}},
        {"tokens": ["a"], "mentions": [3]},
        row((2, 7, ["/x"])),
        row((2, 2, ["/x"])),
        row((True, 2, ["/x"])),
        row((1, 2, [])),
        row((1, 2, [""])),
    ],
)
def test_broken_lines(tmp_path: Path, record: Any) -> None:
    path = write(tmp_path, row((1, 2, ["/x"])), record)
    with pytest.raises(InputError) as caught:
        list(read_figer_json(path))
    assert (caught.value.path, caught.value.line) == (str(path), 2)


def test_silver_is_told_where_to_go(tmp_path: Path) -> None:
    path = write(tmp_path, {"tokens": ["Oslo"], "mentions": [{"start": 0, "end": 1, "types": {"yago": "x"}}]})
    with pytest.raises(InputError, match="prepare silver"):
        detect_format(path)


@pytest.mark.shared
def test_public_file(shared_data: Path) -> None:
    found = list(read_labelled(shared_data / "wfbg" / "fner_dev.json"))
    assert len(found) == 446
    assert sum(len(s.mentions) for s in found) == 1216
    assert len({label for s in found for m in s.mentions for label in m.labels}) == 117
