"""The formats of a run: what each writes of the same names, by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from ousianer_cli.formats.documents.document import Author, Document, Segment
from ousianer_cli.formats.edl import EdlRow, parse_row
from ousianer_cli.formats.kinds.conll import read_conll
from ousianer_cli.settings.tag import OutputFormat
from ousianer_cli.tagging.documents import split_document
from ousianer_cli.tagging.mention import Mention, TaggedDocument, TypeProbability, mention_at
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.writers import WRITERS, WriteOptions


def tagged(
    text: str, *names: tuple[int, int, str], doc_id: str = "d1", shift: int = 0, **parts: object
) -> TaggedDocument:
    document = Document(doc_id, text, (Segment("s", shift, len(text)),), offset_shift=shift, **parts)  # type: ignore[arg-type]
    mentions = tuple(mention_at(document, start, end, name, 0.5) for start, end, name in names)
    return TaggedDocument(document, split_document(document).sentences, mentions)


def rows(*items: TaggedDocument, summary: Summary | None = None, **options: object) -> list[EdlRow]:
    lines = WRITERS["edl"].lines(items, WriteOptions("r", **options), summary or Summary())  # type: ignore[arg-type]
    return [parse_row(line) for line in lines]


def written(name: str, *items: TaggedDocument, summary: Summary | None = None) -> list[str]:
    return list(WRITERS[name].lines(items, WriteOptions("r"), summary or Summary()))


TWO = tagged(
    "Ada Brun saw\r\nOslo and Ada\u00a0 Brun .", (0, 8, "PER"), (14, 18, "GPE.UrbanArea.City"), (23, 32, "PER")
)


def test_edl_rows_by_hand() -> None:
    summary = Summary()
    found = rows(TWO, summary=summary)
    assert [(r.text, r.start, r.end, r.type) for r in found] == [
        ("Ada Brun", 0, 7, "per"),
        ("Oslo", 14, 17, "gpe.urbanarea.city"),
        ("Ada Brun", 23, 31, "per"),
    ]
    assert {(r.run_id, r.doc, r.mention_type, r.confidence) for r in found} == {("r", "d1", "NAM", 0.5)}
    assert [r.mention_id for r in found] == ["r-0000001", "r-0000002", "r-0000003"]
    assert [r.kb_id for r in found] == ["NIL000001", "NIL000002", "NIL000001"]
    assert summary.names == 3
    assert written("edl", TWO)[0] == "r\tr-0000001\tAda Brun\td1:0-7\tNIL000001\tper\tNAM\t0.500000"


def test_nil_ids_by_string_or_by_mention() -> None:
    one = [tagged("Oslo it is", (0, 4, "LOC"), doc_id="a"), tagged("then Oslo", (5, 9, "LOC"), doc_id="b")]
    assert [r.kb_id for r in rows(*one)] == ["NIL000001", "NIL000001"]
    assert [r.kb_id for r in rows(*one, nil="per-mention")] == ["NIL000001", "NIL000002"]
    other = tagged("Oslo", (0, 4, "PER"), doc_id="c")
    assert [r.kb_id for r in rows(one[0], other)] == ["NIL000001", "NIL000002"], "another top type, another cluster"


def test_a_name_that_no_tab_can_hold_is_left_out_and_counted() -> None:
    summary = Summary()
    item = tagged("Ada\0Brun met Otto", (0, 8, "PER"), (13, 17, "PER"))
    assert [r.text for r in rows(item, summary=summary)] == ["Otto"]
    assert summary.skipped == {"names with a NUL character": 1} and summary.names == 1


def test_a_name_has_a_row_for_each_yago_class_where_there_is_no_other_type() -> None:
    document = Document("d", "Oslo and Bo of x", (Segment("s", 0, 16),))
    mentions = (
        Mention(0, 4, "Oslo", "city", 0.4, 0.8, yago=(TypeProbability("location", 0.9), TypeProbability("city", 0.5))),
        Mention(9, 11, "Bo", "person", 0.1, 0.9, yago=(TypeProbability("person", 0.1),)),
        Mention(15, 16, "x", "person", 1.0),
    )
    summary = Summary()
    found = rows(TaggedDocument(document, (), mentions), summary=summary, yago_threshold=0.5)
    assert [(r.text, r.type, r.mention_id, r.kb_id, round(r.confidence, 6)) for r in found] == [
        ("Oslo", "location", "r-0000001", "NIL000001", 0.72),
        ("Oslo", "city", "r-0000002", "NIL000001", 0.4),
        ("x", "person", "r-0000003", "NIL000002", 1.0),
    ]
    assert (summary.names, summary.rows) == (2, 3)
    assert summary.skipped == {"names without a YAGO class of at least 0.5": 1}


def test_offsets_count_from_after_the_xml_declaration_in_every_format() -> None:
    item = tagged('<?xml version="1.0"?>\nOslo', (22, 26, "LOC"), shift=22)
    assert [(r.start, r.end) for r in rows(item)] == [(0, 3)]
    (line,) = written("jsonl", item)
    record = json.loads(line)
    assert record["text"] == "Oslo" and (record["mentions"][0]["start"], record["mentions"][0]["end"]) == (0, 4)
    assert "Oslo\t0\t4\tB-LOC" in written("conll", item)


def test_json_lines_hold_all_that_is_known() -> None:
    mention = Mention(
        5,
        9,
        "Oslo",
        "GPE",
        0.6,
        detection=0.9,
        alternatives=(TypeProbability("GPE", 0.7), TypeProbability("-", 0.2)),
        yago=(TypeProbability("y", 0.9),),
    )
    summary = Summary()
    item = TaggedDocument(Document("d", "then Oslo\u2028", ()), (), (mention,))
    (line,) = written("jsonl", item, summary=summary)
    assert line.splitlines() == [line], "no line end of Unicode inside a line"
    assert json.loads(line) == {
        "id": "d",
        "text": "then Oslo\u2028",
        "mentions": [
            {
                "start": 5,
                "end": 9,
                "text": "Oslo",
                "type": "GPE",
                "confidence": 0.6,
                "detection": 0.9,
                "alternatives": [{"type": "GPE", "probability": 0.7}, {"type": "-", "probability": 0.2}],
                "yago": [{"type": "y", "probability": 0.9}],
                "nested": False,
            }
        ],
    }
    assert summary.names == 1


def test_conll_by_hand() -> None:
    summary = Summary()
    item = tagged("Ada Brun ran. Oslo's Ada.", (0, 8, "PER"), (14, 18, "GPE"), (21, 24, "PER"))
    assert written("conll", item, summary=summary) == [
        "-DOCSTART-\td1\t-\tO",
        "",
        "Ada\t0\t3\tB-PER",
        "Brun\t4\t8\tI-PER",
        "ran\t9\t12\tO",
        ".\t12\t13\tO",
        "",
        "Oslo\t14\t18\tB-GPE",
        "'s\t18\t20\tO",
        "Ada\t21\t24\tB-PER",
        ".\t24\t25\tO",
        "",
    ]
    assert summary.names == 3


def test_names_side_by_side_stay_apart_in_conll() -> None:
    lines = written("conll", tagged("Ada Otto ran", (0, 3, "PER"), (4, 8, "PER")))
    assert [line.rpartition("\t")[2] for line in lines[2:5]] == ["B-PER", "B-PER", "O"]


def test_posters_are_sentences_of_their_own_in_conll() -> None:
    text = "in Oslo . anna berg"
    document = Document("d", text, (Segment("s", 0, 9),), authors=(Author(10, 19),))
    mentions = (mention_at(document, 3, 7, "GPE", 0.5), mention_at(document, 10, 19, "PER", 1.0))
    lines = written("conll", TaggedDocument(document, split_document(document).sentences, mentions))
    assert lines[-4:] == ["", "anna\t10\t14\tB-PER", "berg\t15\t19\tI-PER", ""]
    assert len(lines) == 9


def test_nested_names_do_not_fit_into_conll_and_are_counted() -> None:
    summary = Summary()
    outer = Mention(0, 18, "University of Oslo", "ORG", 0.9)
    inner = Mention(14, 18, "Oslo", "GPE", 0.9, nested=True)
    document = Document("d", "University of Oslo", (Segment("s", 0, 18),))
    item = TaggedDocument(document, split_document(document).sentences, (outer, inner))
    assert [line[-5:] for line in written("conll", item, summary=summary)[2:5]] == ["B-ORG", "I-ORG", "I-ORG"]
    assert summary.skipped == {"names inside other names, which CoNLL cannot hold": 1} and summary.names == 1


def test_the_conll_file_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "run.conll"
    path.write_text("".join(line + "\n" for line in written("conll", TWO)), encoding="utf-8")
    (first, second) = read_conll([path])
    assert first.tokens + second.tokens == ("Ada", "Brun", "saw", "Oslo", "and", "Ada", "Brun", ".")
    labels = [(m.start, m.end, m.labels) for m in (*first.mentions, *second.mentions)]
    assert labels == [(0, 2, ("PER",)), (0, 1, ("GPE.UrbanArea.City",)), (2, 4, ("PER",))]


def test_every_writer_can_be_asked_for() -> None:
    assert tuple(WRITERS) == get_args(OutputFormat)


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_run_without_documents(name: str) -> None:
    assert written(name) == []
