"""Spans in JSON lines, as Prodigy and spaCy write them: names, nested names, documents, and what is refused."""

from __future__ import annotations

import gzip
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.kinds.spans_json import FLAGGED
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.standoff import ACROSS, CROSSING, JOINED, WIDENED

read_spans = partial(read_labelled, corpus_format="spans")

TEXT = "Ada Roe joined Lund Polytechnic. She left Oslo."


def span(string: str, label: str = "X", text: str = TEXT, **more: object) -> dict[str, object]:
    start = text.index(string)
    return {"start": start, "end": start + len(string), "label": label, **more}


def write(folder: Path, *records: dict[str, Any]) -> Path:
    path = folder / "spans.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def names(sentences: list[LabelledSentence]) -> list[tuple[str, str]]:
    return [(" ".join(s.tokens[m.start : m.end]), m.labels[0]) for s in sentences for m in s.mentions]


def test_a_record_is_a_document_of_our_sentences_and_words(tmp_path: Path) -> None:
    path = write(tmp_path, {"id": "d7", "text": TEXT, "spans": [span("Ada Roe", "PER"), span("Oslo", "GPE")]})
    assert detect_format(path) == "spans"
    sentences = list(read_labelled(path))
    assert [s.tokens for s in sentences] == [
        ("Ada", "Roe", "joined", "Lund", "Polytechnic", "."),
        ("She", "left", "Oslo", "."),
    ]
    assert names(sentences) == [("Ada Roe", "PER"), ("Oslo", "GPE")]
    assert {(s.doc, s.document) for s in sentences} == {("d7", "d7")}
    assert sentences[1].mentions[0].line == 1


def test_prodigy_records_are_read_and_its_answers_kept(tmp_path: Path) -> None:
    prodigy = {
        "text": "Ada Roe left.",
        "tokens": [{"text": "Ada", "start": 0, "end": 3, "id": 0}],
        "spans": [{"start": 0, "end": 7, "token_start": 0, "token_end": 1, "label": "PER"}],
        "_input_hash": 5,
    }
    path = write(
        tmp_path, {**prodigy, "answer": "accept"}, {**prodigy, "answer": "reject"}, {"text": "No.", "spans": []}
    )
    report = CorpusReport()
    sentences = list(read_spans(path, report=report))
    assert names(sentences) == [("Ada Roe", "PER")]
    assert [s.document for s in sentences] == [f"{tmp_path.name}/spans-1", f"{tmp_path.name}/spans-3"]
    assert report.dropped == {"records whose answer is 'reject'": 1}


def test_inner_spans_are_kept_as_nested_with_their_nouns(tmp_path: Path) -> None:
    spans = [
        span("Lund", "GPE", nested=True, noun="town"),
        span("Lund Polytechnic", "ORG", nested=False, noun="school"),
        span("Oslo", "GPE", nested=True),
    ]
    report = CorpusReport()
    first, second = read_spans(write(tmp_path, {"text": TEXT, "spans": spans}), report=report)
    assert [(m.start, m.end, m.labels, m.noun) for m in first.mentions] == [(3, 5, ("ORG",), "school")]
    assert [(m.start, m.end, m.labels, m.noun) for m in first.nested] == [(3, 4, ("GPE",), "town")]
    assert [m.labels for m in second.mentions] == [("GPE",)]
    assert report.dropped == {FLAGGED: 1}


def test_spans_that_do_not_fit_are_counted(tmp_path: Path) -> None:
    text = "The Osloites sang Who? What? by Ann\n\nLee of New York City Council."
    spans = [
        span("Oslo", "GPE", text),
        span("Who? What?", "-", text),
        span("Ann\n\nLee", "PER", text),
        span("New York City", "GPE", text),
        span("City Council", "ORG", text),
    ]
    report = CorpusReport()
    sentences = list(read_spans(write(tmp_path, {"text": text, "spans": spans}), report=report))
    assert names(sentences) == [("Osloites", "GPE"), ("Who ? What ?", "-"), ("New York City", "GPE")]
    assert [s.supervises for s in sentences] == ["typing", "typing"]
    assert report.dropped == {WIDENED: 1, JOINED: 1, ACROSS: 1, CROSSING: 1}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"text": "Ada"}, "'spans'"),
        ({"text": 3, "spans": []}, "'text'"),
        ({"text": "Ada", "spans": {"start": 0}}, "'spans'"),
        ({"text": "Ada", "spans": [[0, 3, "PER"]]}, "a span with"),
        ({"text": "Ada", "spans": [{"start": 0, "end": 4, "label": "PER"}]}, "end <= 3"),
        ({"text": "Ada", "spans": [{"start": "0", "end": 3, "label": "PER"}]}, "0 <= start"),
        ({"text": "Ada", "spans": [{"start": 0, "end": 3}]}, "'label'"),
        ({"text": "Ada", "spans": [{"start": 0, "end": 3, "label": "PER", "noun": 5}]}, "'noun'"),
        ({"text": "Ada", "spans": [{"start": 0, "end": 3, "label": "PER", "text": "Bob"}]}, "'Ada'"),
    ],
)
def test_broken_records(tmp_path: Path, record: dict[str, Any], expected: str) -> None:
    path = write(tmp_path, {"text": "Ada", "spans": []}, record)
    with pytest.raises(InputError) as caught:
        list(read_spans(path))
    assert (caught.value.path, caught.value.line) == (str(path), 2)
    assert expected in caught.value.expected


def test_a_gzipped_file_is_told_by_its_bytes(tmp_path: Path) -> None:
    line = json.dumps({"text": "Oslo", "spans": [{"start": 0, "end": 4, "label": "GPE"}]}).encode()
    named, unnamed = tmp_path / "a.jsonl.gz", tmp_path / "a.jsonl"
    for path in (named, unnamed):
        path.write_bytes(gzip.compress(line))
        assert detect_format(path) == "spans"
        assert [s.tokens for s in read_spans(path)] == [("Oslo",)]
