"""Runs and their documents as one structure: offsets, several rows of one name, and what does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.annotations.annotated import Annotation, Utf16, edl_row, one_a_stretch
from ousianer_cli.formats.annotations.exchange import annotation_format, read_annotated
from ousianer_cli.formats.edl import format_row
from ousianer_cli.formats.labelled import CorpusReport

TEXT = "Ann Lee \U0001f600 of the Bank\nof Oslo left.\n\nBo stayed."


def row(string: str, kind: str, *, confidence: float = 0.5, doc: str = "D", nil: str = "NIL1") -> str:
    start = TEXT.index(string)
    shown = " ".join(string.split())
    end = start + len(string) - 1
    return f"r\tm-{start}-{kind}\t{shown}\t{doc}:{start}-{end}\t{nil}\t{kind}\tNAM\t{confidence:.6f}\n"


def folder(tmp_path: Path, *rows: str) -> tuple[Path, Path]:
    source = tmp_path / "source"
    source.mkdir(exist_ok=True)
    (source / "D.txt").write_text(TEXT, encoding="utf-8")
    (source / "E.txt").write_text("Nothing here.", encoding="utf-8")
    run = tmp_path / "run.tab"
    run.write_text("".join(rows), encoding="utf-8")
    return run, source


def test_rows_and_their_documents(tmp_path: Path) -> None:
    rows = row("Oslo", "gpe.urbanarea.city"), row("Bank\nof Oslo", "org"), row("Ann Lee", "per", nil="m.012")
    run, source = folder(tmp_path, *rows)
    report = CorpusReport()
    (found,) = read_annotated(run, [source], report=report)
    assert [found.text_of(a) for a in found.annotations] == ["Ann Lee", "Bank\nof Oslo", "Oslo"]
    assert [(a.type, a.top, a.kb_id, a.line) for a in found.annotations][2] == ("gpe.urbanarea.city", "GPE", "NIL1", 1)
    assert report.dropped == {"documents without annotation": 1}
    assert sorted(format_row(edl_row(found, a)) + "\n" for a in found.annotations) == sorted(rows)
    assert [d.document.id for d in read_annotated(run, [source], empty=True)] == ["D", "E"]


def test_offsets_after_the_declaration(tmp_path: Path) -> None:
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    run, source = folder(tmp_path, row("Bo", "per"))
    (source / "D.xml").write_text(f"{head}<DOC id='D'>\n{TEXT}\n</DOC>\n", encoding="utf-8")
    start = len("<DOC id='D'>\n") + TEXT.index("Bo")
    run.write_text(f"r\tm\tBo\tD:{start}-{start + 1}\tNIL1\tper\tNAM\t0.5\n", encoding="utf-8")
    with pytest.raises(InputError, match="offsets fit"):
        list(read_annotated(run, [source]))
    (found,) = read_annotated(run, [source], after_xml_declaration=True)
    assert found.text_of(found.annotations[0]) == "Bo"
    assert found.offsets(found.annotations[0]) == (start, start + 1)


def test_what_does_not_fit_is_counted_or_refused(tmp_path: Path) -> None:
    wrong = row("Oslo", "gpe").replace("Oslo\t", "Rome\t")
    run, source = folder(tmp_path, row("Bo", "per"), wrong, row("Oslo", "gpe", doc="F"))
    report = CorpusReport()
    (found,) = read_annotated(run, [source], report=report)
    assert len(found.annotations) == 1
    dropped = " ".join(report.dropped)
    assert f"{run}:2: the text at" in dropped and f"{run}:3: F" in dropped
    with pytest.raises(InputError, match=f"{run}: expected the documents of the rows.*--source"):
        list(read_annotated(run))
    with pytest.raises(InputError, match="no such file"):
        annotation_format(tmp_path / "none.tab")
    with pytest.raises(SettingsError, match="edl"):
        list(read_annotated(run, format="edel"))


def test_lines_of_a_run_hold_their_text(tmp_path: Path) -> None:
    mention = {
        "start": 0,
        "end": 7,
        "text": "Ann Lee",
        "type": "PER",
        "confidence": 0.7,
        "detection": 0.9,
        "alternatives": [{"type": "PER", "probability": 0.8}, {"type": "ORG", "probability": 0.2}],
        "yago": [],
        "nested": False,
    }
    run = tmp_path / "run.jsonl"
    run.write_text(json.dumps({"id": "D", "text": TEXT, "mentions": [mention]}) + "\n", encoding="utf-8")
    (found,) = read_annotated(run)
    (name,) = found.annotations
    assert (name.type, name.confidence, name.detection) == ("PER", 0.7, 0.9)
    assert name.alternatives == (("PER", 0.8), ("ORG", 0.2)) and annotation_format(run).name == "run"
    for broken, what in (({"text": "Bo"}, "'Ann Lee'"), ({"end": 99}, "span"), ({"confidence": 2}, "confidence")):
        line = json.dumps({"id": "D", "text": TEXT, "mentions": [{**mention, **broken}]})
        run.write_text(line + "\n", encoding="utf-8")
        with pytest.raises(InputError, match=f"{run}:1: expected.*{what}"):
            list(read_annotated(run))


def test_several_rows_of_a_name_are_one_with_alternatives() -> None:
    rows = [Annotation(0, 3, "per", 0.4), Annotation(0, 3, "org", 0.6), Annotation(0, 3, "gpe", 0.1, "NOM")]
    name, nominal = one_a_stretch(rows)
    assert (name.type, name.alternatives) == ("org", (("org", 0.6), ("per", 0.4)))
    assert nominal.alternatives == ()


@given(st.text(alphabet="aé\u20ac\U0001f600\U00010348", max_size=30))
def test_utf16_units_are_those_of_the_text(text: str) -> None:
    places = Utf16(text)
    for point in range(len(text) + 1):
        units = len(text[:point].encode("utf-16-le")) // 2
        assert places.units(point) == units and places.point(units) == point
        if point < len(text) and ord(text[point]) > 0xFFFF:
            assert places.point(units + 1) == point
