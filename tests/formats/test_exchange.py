"""Annotated documents from one format to another and back: nothing is lost that a format can hold; the rest is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ousianer_cli.app import app
from ousianer_cli.errors import InputError, OutputError, SettingsError
from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, Annotation, in_text_order
from ousianer_cli.formats.annotations.exchange import convert, read_annotated
from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.formats.edl import iter_edl
from ousianer_cli.formats.feedback.reading import read_feedback
from ousianer_cli.formats.kinds.run_lines import write_annotations
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.registry import WriteOptions, written_formats
from ousianer_cli.outputs import KINDS
from ousianer_cli.settings.convert import FOLDERS

TEXT = 'Ann Lee \U0001f600 of the Bank\nof Oslo left.\n\n"Bo" stayed\there.\n'
WHOLE = ("brat", "labelstudio", "prodigy", "jsonl")
"""Formats that hold all there is."""


def named(string: str, kind: str, **more: object) -> Annotation:
    start = TEXT.index(string)
    return Annotation(start, start + len(string), kind, **more)  # type: ignore[arg-type]


NAMES = (
    named("Ann Lee", "PER.Politician", confidence=0.75, kb_id="m.012", mention_id="r-1", run_id="r"),
    named("Bank\nof Oslo", "ORG", confidence=0.5, kb_id="NIL0001", mention_id="r-2", run_id="r", detection=0.9,
          alternatives=(("ORG", 0.5), ("GPE.UrbanArea.City", 0.25))),
    named("Oslo", "GPE", confidence=0.25, kb_id="NIL0002", mention_id="r-3", run_id="r", yago=(("wordnet_city", 0.5),)),
    named("Bo", "-", confidence=1.0, form="NOM", mention_id="r-4", run_id="r"),
)  # fmt: skip


def write_run(folder: Path, *documents: AnnotatedDocument) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "run.jsonl"
    with path.open("w", encoding="utf-8") as out:
        write_annotations(documents or [AnnotatedDocument(plain_document(TEXT, "D.1"), NAMES)], out, WriteOptions())
    return path


def read(path: Path, *source: Path) -> list[tuple[str, str, tuple[Annotation, ...]]]:
    from dataclasses import replace

    items = read_annotated(path, source)
    return [
        (i.document.id, i.document.text, tuple(replace(a, line=0, string="") for a in i.annotations)) for i in items
    ]


@pytest.mark.parametrize("to", WHOLE)
def test_nothing_is_lost(to: str, tmp_path: Path) -> None:
    run, out = write_run(tmp_path), tmp_path / f"out.{to}"
    done = convert(run, out, to)
    assert (done.documents, done.names, done.lost, done.left_out) == (1, 4, {}, {})
    assert read(out) == read(run)
    assert read(run)[0][2] == NAMES


@pytest.mark.parametrize("to", WHOLE)
def test_a_tab_comes_back_to_the_byte(to: str, tmp_path: Path) -> None:
    first, second = tmp_path / "a.tab", tmp_path / "b.tab"
    rows = [
        "r\tr-1\tAnn Lee\tD:0-6\tm.012\tper.politician\tNAM\t0.750000\n",
        "r\tr-3\tBank\tD:17-20\tNIL3\tgpe|loc\tNOM\t0.250000\n",
        "r\tr-2\tBank of Oslo\tD:17-28\tNIL2\torg\tNAM\t0.500000\n",
        "r\tr-4\tBank of Oslo\tD:17-28\tNIL2\tfac\tNAM\t0.400000\n",
    ]
    first.write_text("".join(rows), encoding="utf-8")
    (tmp_path / "D.txt").write_text(TEXT, encoding="utf-8")
    convert(first, tmp_path / "between", to, [tmp_path / "D.txt"])
    done = convert(tmp_path / "between", second, "edl")
    assert second.read_bytes() == first.read_bytes() and not done.lost


def test_what_a_format_cannot_hold_is_counted(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    lost = convert(run, tmp_path / "d.jsonl", "doccano").lost
    assert lost["names lose their confidence"] == 4 and lost["names lose their NOM"] == 1
    assert lost["names lose their id in the knowledge base or NIL id"] == 3
    assert [(a.start, a.end, a.type) for a in read(tmp_path / "d.jsonl")[0][2]] == [
        (a.start, a.end, a.type) for a in NAMES
    ]
    lost = convert(run, tmp_path / "r.tab", "edl").lost
    assert lost == {"names lose their alternatives": 1, "names lose their YAGO classes": 1,
                    "names lose their probability of being a name": 1}  # fmt: skip
    assert [row.kb_id for row in iter_edl(tmp_path / "r.tab")] == ["m.012", "NIL0001", "NIL0002", "NIL000001"]


def test_conll_and_back_into_its_documents(tmp_path: Path) -> None:
    run, out = write_run(tmp_path), tmp_path / "c.conll"
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "D.1.txt").write_text(TEXT, encoding="utf-8")
    done = convert(run, out, "conll")
    assert done.lost["names inside or across others, which CoNLL cannot hold"] == 1
    ((_, _, names),) = read(out, tmp_path / "source")
    assert [(a.start, a.end, a.type) for a in names] == [(a.start, a.end, a.type) for a in NAMES if a.type != "GPE"]
    # Without the documents the text is rebuilt; other people's columns have no offsets.
    ((_, text, names),) = read(out)
    assert [text[a.start : a.end] for a in names] == ["Ann Lee", "Bank of Oslo", "Bo"]
    bare = "".join(
        f"{line.split(chr(9))[0]} {line.split(chr(9))[-1]}" if line.strip() else line
        for line in out.read_text(encoding="utf-8").splitlines(keepends=True)[2:]
    )
    (tmp_path / "bare.conll").write_text("-DOCSTART- -X- O O\n\n" + bare, encoding="utf-8")
    ((_, _, found),) = read(tmp_path / "bare.conll")
    assert [(a.start, a.end, a.type) for a in found] == [(a.start, a.end, a.type) for a in names]


def test_corrections_keep_their_sentences(tmp_path: Path) -> None:
    out = tmp_path / "extra.tsv"
    convert(write_run(tmp_path), out, "feedback")
    items = read_feedback(out)
    assert [(item.mention, item.type) for item in items] == [
        ("Ann Lee", "PER.Politician"),
        ("Bank of Oslo", "ORG"),
        ("Oslo", "GPE"),
        ("Bo", "-"),
    ]
    for to in ("labelstudio", "prodigy", "doccano", "brat"):
        convert(out, tmp_path / to, to)
        again = [(i.text, i.start, i.end, i.type) for i in read_feedback(tmp_path / to)]
        assert sorted(again) == sorted((i.text, i.start, i.end, i.type) for i in items), to


def test_a_blank_line_of_tabs_ends_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "c.conll"
    path.write_text("-DOCSTART- -X- O O\n\nAnn B-PER\n\t\nLee B-PER\nleft O\n", encoding="utf-8")
    ((_, text, names),) = read(path)
    assert (text, [(a.start, a.end) for a in names]) == ("Ann\nLee left\n", [(0, 3), (4, 7)])


def test_a_correction_in_markup_is_refused(tmp_path: Path) -> None:
    text = "<doc id='D'>\n<text>\nOslo.\n</text>\n<url>Rome</url>\n</doc>\n"
    start = text.index("Rome")
    record = {"text": text, "spans": [{"start": start, "end": start + 4, "label": "GPE"}]}
    (tmp_path / "p.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="p.jsonl:1: expected a name in running text, found 'Rome'"):
        read_feedback(tmp_path / "p.jsonl")


def test_a_models_word_is_no_correction(tmp_path: Path) -> None:
    convert(write_run(tmp_path), tmp_path / "ls.json", "labelstudio")
    with pytest.raises(InputError, match="4 predictions alone"):
        read_feedback(tmp_path / "ls.json")


TEXTS = st.text(alphabet="ab \n\té\U0001f600.-", min_size=1, max_size=40).filter(str.strip)


@given(TEXTS, st.lists(st.tuples(st.integers(0, 39), st.integers(1, 9), st.sampled_from(["A.B", "A-B", "-", "x_2"]))))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_names_in_any_text(tmp_path: Path, text: str, spans: list[tuple[int, int, str]]) -> None:
    kept = {(a, min(a + n, len(text)), kind) for a, n, kind in spans if a < len(text) and text[a : a + n].strip()}
    kept = {(a, b, kind) for a, b, kind in kept if text[a:b] == text[a:b].strip()}
    document = AnnotatedDocument(plain_document(text, "D"), in_text_order(Annotation(*span) for span in sorted(kept)))
    run = write_run(tmp_path / "in", document)
    for to in ("brat", "labelstudio", "prodigy", "doccano"):
        out = tmp_path / to
        if out.is_dir():
            for file in out.iterdir():
                file.unlink()
        convert(run, out, to)
        assert {(a.start, a.end, a.type) for a in read(out)[0][2]} == kept, to


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    run, out = write_run(tmp_path), tmp_path / "brat"
    command = ["convert", str(run), "--to", "brat", "-o", str(out)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0 and "run -> brat: documents 1, names 4" in result.output
    assert (out / "D.1.txt").read_text(encoding="utf-8") == TEXT
    assert "T1\tPER-Politician 0 7\tAnn Lee\n" in (out / "D.1.ann").read_text(encoding="utf-8")
    assert "T2\tORG 17 21;22 29\tBank of Oslo\n" in (out / "D.1.ann").read_text(encoding="utf-8")
    assert "PER-Politician\n" in (out / "annotation.conf").read_text(encoding="utf-8")
    # People work in such folders: what is there is never replaced.
    result = CliRunner().invoke(app, command)
    assert isinstance(result.exception, OutputError)
    with pytest.raises(SettingsError, match="--to: expected one of .*brat.*prodigy"):
        convert(run, out, "word")
    assert set(FOLDERS) == {name for name, f in written_formats().items() if f.writer and f.writer.folder}
    assert KINDS["annotations"].folder


def test_formats_are_told_apart(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    for to in written_formats():
        out = tmp_path / f"told_{to}"
        convert(run, out, to)
        source = [tmp_path / "D.1.txt"]
        source[0].write_text(TEXT, encoding="utf-8")
        assert convert(out, tmp_path / f"again_{to}.jsonl", "run", source).read_as == to


def test_label_studio_as_it_exports(tmp_path: Path) -> None:
    text = "\U0001f600 Ann met Bo in Oslo."

    def region(start: int, end: int, label: str, **more: object) -> dict[str, object]:
        value = {"start": start, "end": end, "text": more.pop("text", text[start:end]), "labels": [label]}
        return {"id": f"x{start}", "from_name": "label", "to_name": "text", "type": "labels", "value": value, **more}

    old = {"result": [region(2, 5, "LOC")], "updated_at": "2021-01-01T00:00:00Z", "was_cancelled": False}
    new = {
        "result": [region(2, 5, "PER"), region(10, 12, "PER"), {"type": "relation", "from_id": "x2", "to_id": "x10"}],
        "updated_at": "2022-01-01T00:00:00Z",
    }
    skipped = {"result": [region(2, 5, "ORG")], "was_cancelled": True, "updated_at": "2023-01-01T00:00:00Z"}
    tree = {"type": "taxonomy", "value": {"start": 16, "end": 20, "text": "Oslo", "taxonomy": [["GPE", "City"]]}}
    tasks = [
        {"id": 7, "data": {"text": text}, "annotations": [old, new, skipped], "predictions": []},
        {"id": 8, "data": {"body": text}, "annotations": [], "predictions": [{"result": [{**tree, "score": 0.5}]}]},
        {"id": 9, "data": {"text": text}, "annotations": []},
    ]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks, indent=2), encoding="utf-8")
    report = CorpusReport()
    first, second, third = read_annotated(path, report=report)
    assert [(first.text_of(a), a.type) for a in first.annotations] == [("Ann", "PER"), ("Bo", "PER")]
    assert first.by_person and not second.by_person and first.document.id.endswith("export-7")
    assert [(second.text_of(a), a.type, a.confidence) for a in second.annotations] == [("Oslo", "GPE.City", 0.5)]
    assert third.annotations == ()
    assert sum(report.dropped.values()) == 4, report.dropped
    # Older releases count the emoji as two.
    tasks = [{"data": {"text": text}, "annotations": [{"result": [region(11, 13, "PER", text="Bo")]}]}]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    (item,) = read_annotated(path)
    assert [item.text_of(a) for a in item.annotations] == ["Bo"]
    # The minimal export.
    least = [
        {"id": 1, "text": text, "label": [{"start": 2, "end": 5, "text": "Ann", "labels": ["PER"]}], "annotator": 1}
    ]
    path.write_text(json.dumps(least), encoding="utf-8")
    (item,) = read_annotated(path)
    assert [(item.text_of(a), a.type) for a in item.annotations] == [("Ann", "PER")]
    tasks[0]["annotations"][0]["result"][0]["value"]["end"] = 99  # type: ignore[index]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    with pytest.raises(InputError, match=r"export.json:1: expected"):
        list(read_annotated(path))


def test_brat_as_people_leave_it(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "D.txt").write_text("Ann met Bo.\n", encoding="utf-8")
    ann = "T3\tPer-son 0 3\tAnn\nT9\tLoc 8 10\tBo\nN1\tReference T9 Wikipedia:534\tBo\n"
    ann += "#1\tAnnotatorNotes T3\tsure?\nA1\tX T3\n"
    (folder / "D.ann").write_text(ann, encoding="utf-8")
    shown = "[labels]\nLoc | Location | L\nPer-son|Person\nOther\t|\tX\n[drawing]\nLoc | Per-son\n"
    (folder / "visual.conf").write_text(shown, encoding="utf-8")
    report = CorpusReport()
    (item,) = read_annotated(folder, report=report)
    assert [(a.type, a.kb_id) for a in item.annotations] == [("Per-son", ""), ("Loc", "Wikipedia:534")]
    assert report.dropped == {"relations, events, attributes and notes": 2}


def test_what_finetune_says_of_a_feedback_file_convert_says_too(tmp_path: Path) -> None:
    path = tmp_path / "extra.csv"
    path.write_text("id,sentence,mention,type\n1,In Bern,Bern,gpe\n#2,In Oslo,Oslo,gpe\n", encoding="utf-8")
    reported: list[str] = []
    read_feedback(path, report=reported.append)
    assert len(reported) == 2
    done = CliRunner().invoke(app, ["convert", str(path), "--to", "jsonl", "-o", str(tmp_path / "run.jsonl")])
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [f"warning: reading: {line}" for line in reported]


def test_rows_of_documents_are_converted_with_their_sentences(tmp_path: Path) -> None:
    path, source = tmp_path / "extra.csv", tmp_path / "d1.txt"
    source.write_text("Ann came. Bo left for Oslo.\n", encoding="utf-8")
    path.write_text("by Ann;;\nDocID;mention;type\nd1;Oslo;gpe\n", encoding="utf-8")
    words = ["convert", str(path), "--to", "feedback", "-o", str(tmp_path / "out.tsv")]
    done = CliRunner().invoke(app, words)
    assert isinstance(done.exception, InputError) and "give their file or folder with --source" in str(done.exception)
    done = CliRunner().invoke(app, [*words, "--source", str(source)])
    assert done.exit_code == 0
    assert (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()[1] == "Bo left for Oslo.\t12\t15\tgpe\tOslo"
    assert "ids of documents are not kept" in done.stderr and "1 rows above the header passed over" in done.stderr
