"""Feedback files: both layouts, offsets, and every error a person can make in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.document import Author, Document, Segment
from ousianer_cli.formats.feedback import read_feedback

HEADER = "sentence\tstart\tend\ttype\n"
EDL = "me\tm1\t{mention}\t{place}\tNIL1\t{type}\tNAM\t1.0\n"


def write(folder: Path, content: str) -> Path:
    path = folder / "extra.tsv"
    path.write_text(content, encoding="utf-8", newline="")
    return path


def document() -> Document:
    text = "Rain fell in Nürnberg. The river Pegnitz rose.\n\npost by anna_b\nhidden Oslo"
    return Document("d1", text, (Segment("s1", 0, 46),), authors=(Author(56, 62),))


def edl(mention: str, place: str, type_name: str = "loc") -> str:
    return EDL.format(mention=mention, place=place, type=type_name)


def test_sentence_rows_with_comments_blanks_and_bom(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeff# a note\n\n" + HEADER + "In Zürich it rains.\t3\t8\tGPE.UrbanArea.City\r\n")
    (item,) = read_feedback(path)
    assert (item.mention, item.type, item.line) == ("Zürich", "GPE.UrbanArea.City", 4)
    assert (item.start, item.end, item.text) == (3, 9, "In Zürich it rains.")


def test_columns_in_any_order_and_outside_type(tmp_path: Path) -> None:
    path = write(tmp_path, "type\tmention\tsentence\n-\tDune\tShe read Dune twice.\n")
    (item,) = read_feedback(path)
    assert (item.mention, item.type, item.start) == ("Dune", "-", 9)


def test_an_unusual_line_separator_inside_a_sentence_ends_no_row(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "In\u2028Rome it rains.\t3\t6\tGPE\n")
    assert read_feedback(path)[0].mention == "Rome"


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        (HEADER + "In Rome.\t3\t8\tGPE\n", 2, "end inclusive"),
        (HEADER + "In Rome.\t6\t3\tGPE\n", 2, "start '6'"),
        (HEADER + "In Rome.\tthree\t6\tGPE\n", 2, "'three'"),
        (HEADER + "In Rome.\t3\t6\n", 2, "4 columns"),
        (HEADER + "In Rome.\t3\t6\t\n", 2, "a type"),
        (HEADER + "In Rome.\t2\t2\tGPE\n", 2, "visible"),
        (HEADER, 1, "rows under the header"),
        ("sentence\tstart\ttype\nIn Rome.\t3\tGPE\n", 1, "start and end or mention"),
        ("sentence\tstart\tend\tkind\nIn Rome.\t3\t6\tGPE\n", 1, "type"),
        ("sentence\tmention\ttype\nRome is Rome.\tRome\tGPE\n", 2, "2 times"),
        ("sentence\tmention\ttype\nIn Rome.\tRom\tGPE\n", 2, "0 times"),
        ("sentence\tstart\tend\tmention\ttype\nIn Rome.\t2\t5\tRome\tGPE\n", 2, "the text ' Rom'"),
        ("Rome\tGPE\n", 1, "2 columns"),
    ],
)
def test_wrong_sentence_rows_are_named(tmp_path: Path, content: str, line: int, told: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        read_feedback(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert told in str(caught.value)


def test_edl_rows_bring_their_sentence(tmp_path: Path) -> None:
    path = write(tmp_path, edl("Nürnberg", "d1:13-20", "gpe.urbanarea.city") + edl("Pegnitz", "d1:33-39"))
    first, second = read_feedback(path, {"d1": document()})
    assert (first.text, first.mention) == ("Rain fell in Nürnberg.", "Nürnberg")
    assert (second.text, second.mention, second.line) == ("The river Pegnitz rose.", "Pegnitz", 2)


def test_edl_offsets_follow_the_document_shift(tmp_path: Path) -> None:
    shifted = document()
    shifted.offset_shift = 3
    (item,) = read_feedback(write(tmp_path, edl("Nürnberg", "d1:10-17")), {"d1": shifted})
    assert item.mention == "Nürnberg"


def test_a_mention_over_a_sentence_end_takes_both_sentences(tmp_path: Path) -> None:
    (item,) = read_feedback(write(tmp_path, edl("Nürnberg. The", "d1:13-25")), {"d1": document()})
    assert item.text == document().text[:46]
    assert item.mention == "Nürnberg. The"


def test_an_author_is_its_own_text(tmp_path: Path) -> None:
    (item,) = read_feedback(write(tmp_path, edl("anna_b", "d1:56-61", "per")), {"d1": document()})
    assert (item.text, item.start, item.end) == ("anna_b", 0, 6)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (edl("Nürnberg", "d1:12-19"), "the mention 'Nürnberg'"),
        (edl("Nürnberg", "d1:13-999"), "offsets within"),
        (edl("Nürnberg", "d2:13-20"), "'d2'"),
        (edl("Oslo", "d1:70-73"), "one segment"),
        (edl("Nürnberg", "13-20"), "docid"),
        (edl("river", "d1:27-31").replace("NAM", "NOM"), "NAM"),
    ],
)
def test_wrong_edl_rows_are_named(tmp_path: Path, row: str, told: str) -> None:
    path = write(tmp_path, "# mine\n" + row)
    with pytest.raises(InputError) as caught:
        read_feedback(path, {"d1": document()})
    assert str(caught.value).startswith(f"{path}:2: ")
    assert told in str(caught.value)


def test_edl_rows_without_documents_name_the_flag(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--source"):
        read_feedback(write(tmp_path, edl("Nürnberg", "d1:13-20")))


def test_empty_missing_and_latin1_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no row at all"):
        read_feedback(write(tmp_path, "# nothing\n"))
    with pytest.raises(InputError, match="no readable file"):
        read_feedback(tmp_path / "absent.tsv")
    latin = tmp_path / "latin.tsv"
    latin.write_bytes((HEADER + "In Zürich.\t3\t8\tGPE\n").encode("latin-1"))
    with pytest.raises(InputError, match="latin.tsv:2: expected UTF-8"):
        read_feedback(latin)
