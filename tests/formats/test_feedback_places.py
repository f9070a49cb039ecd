"""Corrections as people make them: where a mention stands, and what offsets that do not fit seem to count."""

from __future__ import annotations

import gzip
import io
import json
import unicodedata
from pathlib import Path

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, Annotation
from ousianer_cli.formats.documents.document import Document, Segment
from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.formats.feedback.reading import read_feedback
from ousianer_cli.formats.feedback.rules import settled
from ousianer_cli.formats.kinds.feedback_rows import write_annotations
from ousianer_cli.formats.registry import WriteOptions

HEADER = "sentence\tstart\tend\tmention\ttype\n"
BERN = "Ida met Jon in Bern."
NFD = unicodedata.normalize("NFD", "Zürich")


def read(folder: Path, content: str | bytes, name: str = "extra.tsv") -> tuple[list[str], list[str]]:
    """(mentions as they stand, what was said)."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reported: list[str] = []
    items = read_feedback(path, report=reported.append)
    return [item.mention for item in items], reported


@pytest.mark.parametrize(
    ("sentence", "start", "end", "mention", "right"),
    [
        (BERN, "15.0", "18,00", "", "Bern"),
        (BERN, "15", "", "Bern", "Bern"),
        ("Bern is Bern", "", "11", "Bern", "Bern"),
        ("Bern is cold", "0", "4", "Bern", "Bern"),
        ("In New\xa0York it rains", "", "", "New York", "New\xa0York"),
        ("In New  York it rains", "", "", "New\xa0York", "New  York"),
        (f"In {NFD} it rains", "", "", "Zürich", NFD),
        ("In Zürich it rains", "", "", NFD, "Zürich"),
        (f"In {NFD} it rains", "3", "9", "Zürich", NFD),
        ("At O’Neill Bar", "", "", "O'Neill Bar", "O’Neill Bar"),
        ("AT&amp;T won", "", "", "AT&T", "AT&amp;T"),
        ("Zu\u0308rich or Zürich-Nord", "", "", "Zürich-Nord", "Zürich-Nord"),
        ("!!! played, then Ida:", "0", "2", "!!!", "!!!"),
        ("!!! played, then Ida:", "17", "20", "Ida:", "Ida:"),
        ("Roe &amp; Sons won", "0", "13", "Roe & Sons", "Roe &amp; Sons"),
        ("他在北京工作", "", "", "北京", "北京"),
        ("🙂🙂 Ida in Bern", "10", "13", "Bern", "Bern"),
        ("word " * 3000 + "in Bern", "", "", "Bern", "Bern"),
    ],
)
def test_mentions_are_found_as_they_stand(
    tmp_path: Path, sentence: str, start: str, end: str, mention: str, right: str
) -> None:
    assert read(tmp_path, f"{HEADER}{sentence}\t{start}\t{end}\t{mention}\tgpe\n") == ([right], [])


@pytest.mark.parametrize(
    ("sentence", "start", "end", "mention", "message"),
    [
        (BERN, "15", "19", "Bern", "have the end exclusive: write 15 and 18"),
        (BERN, "8", "11", "", "have the end exclusive: write 8 and 10"),
        ("In Bern", "3", "7", "", "have the end exclusive: write 3 and 6"),
        (BERN, "16", "19", "Bern", "count from 1: write 15 and 18"),
        (BERN, "16", "20", "Bern", "count from 1 with the end exclusive: write 15 and 18"),
        ("Zoë und Jürg in Bern", "18", "21", "Bern", "count bytes of UTF-8: write 16 and 19"),
        ("🙂🙂 Ida in Bern now", "12", "16", "Bern", "count units of UTF-16 with the end exclusive: write 10 and 13"),
        (BERN, "15", "4", "Bern", "be start and length: write 15 and 18"),
        (BERN, "18", "15", "Bern", "have start and end swapped: write 15 and 18"),
        (BERN, "-5", "-2", "Bern", "it stands at 15-18"),
        (BERN, "1,500", "1,503", "Bern", "it stands at 15-18"),
        (BERN, "3", "", "Bern", "it stands at 15-18"),
        (BERN, "", "", "bern", "did you mean 'Bern', at 15-18?"),
        ("In Zürich.", "", "", "Zurich", "did you mean 'Zürich', at 3-8?"),
        (BERN, "", "", "Ber", "a part of the word 'Bern'"),
        (BERN, "", "", "Oslo", "copy it from the sentence"),
        ("Bern is Bern", "", "", "Bern", "it stands at 0-3, 8-11"),
        ("Bern, she said", "0", "4", "", "did you mean 'Bern', at 0-3?"),
        (BERN, "19", "19", "", "a letter, a digit or a symbol"),
    ],
)
def test_what_does_not_fit_is_said_with_what_it_seems_to_count(
    tmp_path: Path, sentence: str, start: str, end: str, mention: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, f"{HEADER}{sentence}\t{start}\t{end}\t{mention}\tgpe\n")
    assert str(caught.value).startswith(f"{tmp_path / 'extra.tsv'}:2: ")
    assert message in str(caught.value)


PLAIN = f"sentence\tmention\ttype\n{BERN}\tBern\tgpe\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.replace("\n", "\r"),
        PLAIN.replace("\n", "\r\r\n"),
        PLAIN.replace("\t", "|"),
        f"| Sentence | Mention | Type |\n|---|:-:|---|\n| {BERN} | Bern | gpe |\n",
        f"sentence,mention,type\r{BERN},Bern,gpe\r",
        "“sentence”\t“mention”\t“type”\n“" + BERN + "”\t“Bern”\t“gpe”\n",
        PLAIN.encode("utf-32"),
        PLAIN.replace("Ida", "Ида и Ян").encode("utf-16-be"),
        PLAIN.replace("type", "type\u200b"),
        gzip.compress(PLAIN.encode(), mtime=0),
        f"sentence,start,end,type,mention\n{BERN},15,18,gpe\n",
        f"sentence;mention;type;;\n{BERN};Bern;gpe;;\n;;;;\n",
    ],
)
def test_tables_of_other_kinds(tmp_path: Path, content: str | bytes) -> None:
    assert read(tmp_path, content) == (["Bern"], [])


def test_columns_and_rows_that_are_passed_over_are_said(tmp_path: Path) -> None:
    rows = (
        f'id,sentence,mention,type,comment\n1,{BERN},Bern,gpe,mine\n#2,{BERN},Ida,per,\n"#3",#Bern is cold,Bern,gpe,\n'
    )
    mentions, reported = read(tmp_path, rows, "extra.csv")
    assert mentions == ["Bern", "Bern"]
    path = tmp_path / "extra.csv"
    assert reported[0].startswith(f"{path}:3: this line passed over")
    assert reported[1] == f"{path}:1: columns passed over: id, comment"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00" + bytes(40), "save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "save the sheet as CSV"),
        (b"%PDF-1.4\n\x93\x8c\n", "a PDF file"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-8], "expected an intact archive, found a broken one"),
        (PLAIN.replace("Bern", "Zürich").encode("cp1252"), ":2: expected UTF-8"),
        (f"Satz;Typ\n{BERN};gpe\n".encode(), "'Satz;Typ'"),
        (PLAIN.replace("\tBern", "\tBe\0rn").encode(), ":2: expected"),
        (PLAIN.replace(BERN, " ").encode(), ":2: expected a sentence, found an empty cell"),
        (f'sentence,mention,type\n"{BERN},Bern,gpe\n{BERN},Ida,per\n'.encode(), "close the quotation mark"),
        (b'{"id": 1, "text": "In Bern", "label": [[3, 7', ":1: expected an export of Label Studio, Prodigy or doccano"),
        (b'\n{"sentence": "In Bern", "mention": "Bern"}', "2: expected an export of Label Studio, Prodigy or doccano"),
        (b"[]", "empty JSON"),
        (b"[tag]\nworkers = 2\n", "expected a feedback file, found settings (TOML); write "),
        (b"<?xml version='1.0'?>\n<LCTL_TEXT>\n", "expected a feedback file, found an LTF document; write "),
    ],
)
def test_files_of_other_kinds_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert str(tmp_path / "extra.tsv") in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["#Bern is cold", '#Bern is "cold"', "#Bern #Bern"])
def test_a_sentence_that_begins_with_a_hash_is_written_so_that_it_is_read(tmp_path: Path, text: str) -> None:
    documents = [AnnotatedDocument(plain_document(text, "d"), (Annotation(1, 5, "gpe"),))]
    out = io.StringIO()
    write_annotations(documents, out, WriteOptions("r"))
    assert read(tmp_path, out.getvalue()) == (["Bern"], [])


def test_a_header_once_more_is_said(tmp_path: Path) -> None:
    mentions, reported = read(tmp_path, f"{PLAIN}\ufeff{PLAIN.replace('Ida', 'Ann')}")
    assert mentions == ["Bern", "Bern"]
    assert reported == [f"{tmp_path / 'extra.tsv'}:3: the header once more, passed over (1 such lines)"]


def test_blanks_at_the_edges_of_an_export_s_span_are_no_part_of_it(tmp_path: Path) -> None:
    lines = json.dumps({"text": BERN, "label": [[14, 19, "gpe"]]}) + "\n"
    assert read(tmp_path, lines, "extra.jsonl") == (["Bern"], [])


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found a folder; name its files"):
        read_feedback(tmp_path)


def test_what_an_export_leaves_out_is_said(tmp_path: Path) -> None:
    record = {"text": BERN, "spans": [{"start": 15, "end": 19, "label": "gpe"}], "answer": "accept"}
    other = {**record, "text": f"Yes, {BERN}", "answer": "reject"}
    lines = "".join(json.dumps(one) + "\n" for one in (record, other))
    mentions, reported = read(tmp_path, lines, "extra.jsonl")
    assert mentions == ["Bern"]
    assert reported == [f"{tmp_path / 'extra.jsonl'}: left out: 1 records whose answer is 'reject'"]


def test_edl_rows_beside_their_mention_name_the_shift(tmp_path: Path) -> None:
    path = tmp_path / "extra.tab"
    documents = {"d1": Document("d1", BERN, (Segment("s1", 0, 20),))}
    path.write_text("me\tm1\tBern\td1:14-17\tNIL1\tgpe\tNAM\t1.0\n", encoding="utf-8")
    with pytest.raises(InputError, match="it stands at 15-18, 1 characters later"):
        read_feedback(path, documents)
    path.write_text("me\tm1\tBern\td1.ltf.xml:15-18\tNIL1\tgpe\tNAM\t1.0\n", encoding="utf-8")
    with pytest.raises(InputError, match="did you mean 'd1'"):
        read_feedback(path, documents)


def test_a_blank_at_the_sentence_s_end_hides_no_contradiction(tmp_path: Path) -> None:
    path = tmp_path / "extra.tsv"
    path.write_text(f"{PLAIN} {BERN} \tBern\torg\n", encoding="utf-8")
    with pytest.raises(InputError, match="one type for 'Bern'"):
        settled(read_feedback(path))


DOCUMENTS = {"d1": Document("d1", f"{BERN} Ann saw Oslo.", (Segment("s1", 0, 20), Segment("s2", 21, 34)))}
EDL = "me\tm1\tOslo\td1:29-32\tNIL1\tgpe\tNAM\t1.0"


@pytest.mark.parametrize(
    "content",
    [
        "doc\tstart\tend\ttype\nd1\t29\t32\tgpe\n",
        "type,mention,DocID\ngpe,Oslo,d1\n",
        f"{EDL}\t\t\t\t\t\t\n",
        EDL.replace("\t", ",") + "\n",
        '"me","m,1","Oslo","d1:29-32","NIL1","gpe","NAM","1.0"\n',
        EDL.replace("\t", ";") + "\n",
        EDL.encode("utf-16"),
    ],
)
def test_rows_that_point_into_documents_as_spreadsheets_save_them(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "extra.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (item,) = read_feedback(path, DOCUMENTS)
    assert (item.text, item.start, item.end, item.type) == ("Ann saw Oslo.", 8, 12, "gpe")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("d1\t29\t33\tOslo", "have the end exclusive: write 29 and 32"),
        ("d2\t29\t32\tOslo", "expected a document of --source, found the id 'd2'"),
        ("d1\t\t\tRiga", "found 'Riga' 0 times"),
        ("\t29\t32\tOslo", "expected a document's id, found an empty cell"),
        ("d1\t15\t23\t", "expected a mention inside one segment of d1"),
    ],
)
def test_rows_that_do_not_fit_their_document_are_refused(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "extra.tsv"
    path.write_text(f"doc\tstart\tend\tmention\ttype\n{row}\tgpe\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_feedback(path, DOCUMENTS)
    assert f"{path}:2: " in str(caught.value) and message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "mention", "note"),
    [
        (f"Corrections of March,,\nsentence,mention,type\n{BERN},Bern,gpe\n", "Bern", ":1: 1 rows above the header"),
        (f",,\n,,\nsentence,mention,type\n{BERN},Bern,gpe\n", "Bern", ""),
        (f"sentence,start,end,type,mention\n{BERN},NaN,nan,gpe,Bern\n", "Bern", ""),
        ("sentence\tmention\ttype\nThe Wait... Show\tWait… Show\torg\n", "Wait... Show", ""),
        ("sentence\tmention\ttype\nThe Wait… Show\tWait... Show\torg\n", "Wait… Show", ""),
        ("sentence\tstart\tend\tmention\ttype\nThe Wait… Show\t4\t13\tWait... Show\torg\n", "Wait… Show", ""),
        (json.dumps({"id": 1, "data": BERN, "label": [[15, 19, "gpe"]]}) + "\n", "Bern", ""),
    ],
)
def test_what_spreadsheets_and_scripts_make_of_a_table(tmp_path: Path, content: str, mention: str, note: str) -> None:
    mentions, notes = read(tmp_path, content)
    assert mentions == [mention]
    assert len(notes) == bool(note) and note in "".join(notes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"{BERN}\tBern\tgpe\nsentence\tmention\ttype\n{BERN}\tIda\tper\n", ":1: expected the header above all rows"),
        (f"text,start,end,label\n{BERN},15,19,gpe\n", "rename 'text' to 'sentence', 'label' to 'type'"),
        (f"sentence\tentity\ttype\n{BERN}\tBern\tgpe\n", "rename 'entity' to 'mention'"),
        (f'id,text,label\n1,{BERN},"[{{""start"": 15, ""end"": 19, ""labels"": [""gpe""]}}]"\n', "export it as JSON"),
        (
            f"{HEADER}{BERN}\t15\t18\tBern\tgpe\n\t0\t2\tIda\tper\n",
            ":3: expected a sentence, found an empty",
        ),
        (f"{HEADER}{BERN}\t15\t18\tBern\tgpe\n{BERN}\t0\t2\tIda\t\n", "merged cells are saved in their first row"),
        (json.dumps([[BERN, {"entities": [[15, 19, "gpe"]]}]]), "found JSON lists in a list"),
    ],
)
def test_tables_of_other_makers_are_refused_with_what_to_do(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert message in str(caught.value)
