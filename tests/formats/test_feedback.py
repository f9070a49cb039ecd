"""Feedback files: both layouts, offsets, and every error a person can make in one."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import Author, Document, Segment
from ousianer_cli.formats.feedback.items import FeedbackItem, is_no_name
from ousianer_cli.formats.feedback.reading import read_feedback
from ousianer_cli.formats.feedback.rules import settled

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
    ("content", "line", "message"),
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
def test_wrong_sentence_rows_are_named(tmp_path: Path, content: str, line: int, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        read_feedback(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert message in str(caught.value)


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
    ("row", "message"),
    [
        (edl("Nürnberg", "d1:12-19"), "the mention 'Nürnberg'"),
        (edl("Nürnberg", "d1:13-999"), "offsets within"),
        (edl("Nürnberg", "d2:13-20"), "'d2'"),
        (edl("Oslo", "d1:70-73"), "one segment"),
        (edl("Nürnberg", "13-20"), "docid"),
        (edl("river", "d1:27-31").replace("NAM", "NOM"), "NAM"),
    ],
)
def test_wrong_edl_rows_are_named(tmp_path: Path, row: str, message: str) -> None:
    path = write(tmp_path, "# mine\n" + row)
    with pytest.raises(InputError) as caught:
        read_feedback(path, {"d1": document()})
    assert str(caught.value).startswith(f"{path}:2: ")
    assert message in str(caught.value)


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


# ---- as spreadsheets save them ---------------------------------------------------------------------------------------

ROWS = [
    ["Sentence", "start", "End", "TYPE", "mention"],
    ["Lea Ott, who met Tom", "0", "6", "per", "Lea Ott"],
    ['She said "Kruse AG" lost', "10", "17", "org", "Kruse AG"],
    ['"Nuuk is cold," she wrote', "1", "4", "gpe", "Nuuk"],
]


def saved(folder: Path, by: str, *, quote: int = csv.QUOTE_MINIMAL, end: str = "\n", encoding: str = "utf-8") -> Path:
    """The rows as a spreadsheet saves them."""
    out = io.StringIO()
    csv.writer(out, delimiter=by, quoting=quote, lineterminator=end).writerows(ROWS)  # type: ignore[arg-type]
    path = folder / "sheet.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("by", ["\t", ",", ";"])
@pytest.mark.parametrize("quote", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize(
    ("end", "encoding"),
    [("\n", "utf-8"), ("\r\n", "utf-8-sig"), ("\r\n", "utf-16"), ("\n", "utf-16-le"), ("\n", "utf-16-be")],
)
def test_spreadsheets_of_every_kind_say_the_same(tmp_path: Path, by: str, quote: int, end: str, encoding: str) -> None:
    items = read_feedback(saved(tmp_path, by, quote=quote, end=end, encoding=encoding))
    assert [(i.mention, i.type, i.text, i.line) for i in items] == [
        (row[4], row[3], row[0], line) for line, row in enumerate(ROWS[1:], 2)
    ]


@pytest.mark.parametrize(
    ("content", "mentions"),
    [
        (HEADER + '"Ana said ""yes"" to Tom in Bonn."\t18\t20\tper\n', ["Tom"]),
        (HEADER + '"Yes," Ana said, "and no."\t7\t9\tper\n', ["Ana"]),  # marks of the text itself
        (HEADER + '"Ana is here."\t1\t3\tper\n', ["Ana"]),
        (HEADER + '"Ana is\nhere, so is Tom"\t0\t2\tper\nTom sat\t0\t2\tper\n', ["Ana", "Tom"]),
        ("sep=;\nsentence;type;mention;\nAna sat;per;Ana;\n", ["Ana"]),
        (
            'type,mention,sentence\n# a note, of mine\nper,Ana,"Ana sat\non a stone"\n\nper,Tom,Tom sat\n',
            ["Ana", "Tom"],
        ),
        ("Mention\tTYPE\tSentence\t\t\nAna\tper\tAna sat\t\t\n", ["Ana"]),
    ],
)
def test_cells_as_people_make_them(tmp_path: Path, content: str, mentions: list[str]) -> None:
    assert [i.mention for i in read_feedback(write(tmp_path, content))] == mentions


def test_lines_are_those_of_the_file_after_a_cell_of_two_lines(tmp_path: Path) -> None:
    path = write(tmp_path, 'sentence,mention,type\n"Ana\nsat",Ana,per\nTom sat,Tim,per\n')
    with pytest.raises(InputError, match=r"extra\.tsv:4: .*'Tim' 0 times"):
        read_feedback(path)


def test_a_comma_too_many_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "sentence,mention,type\nAna sat, then left,Ana,per\n")
    with pytest.raises(InputError, match=r":2: expected 3 columns, as the header has, found 4; .*quote a cell"):
        read_feedback(path)


def test_half_a_utf16_letter_is_told(tmp_path: Path) -> None:
    path = tmp_path / "odd.tsv"
    path.write_bytes((HEADER + "Ana sat\t0\t2\tper\n").encode("utf-16") + b"\x00")
    with pytest.raises(InputError, match="expected UTF-8 or UTF-16, found neither"):
        read_feedback(path)


# ---- corrections that do not fit together ----------------------------------------------------------------------------


def corrections(*rows: tuple[str, str, str]) -> list[FeedbackItem]:
    return [
        FeedbackItem(text, text.index(m), text.index(m) + len(m), name, "f.tsv", line)
        for line, (text, m, name) in enumerate(rows, 2)
    ]


def test_a_span_twice_alike_counts_once_and_is_said() -> None:
    kept, notes = settled(corrections(("Ana sat", "Ana", "PER"), ("Ana sat", "Ana", "PER"), ("Ana ran", "Ana", "PER")))
    assert [i.line for i in kept] == [2, 4]
    assert notes == ["f.tsv:3: 'Ana' stands in line 2 already, and counts once"]


def test_a_name_inside_a_name_is_learned_and_said() -> None:
    kept, notes = settled(corrections(("Bonn Police ran", "Bonn", "GPE"), ("Bonn Police ran", "Bonn Police", "ORG")))
    assert len(kept) == 2
    assert notes == ["f.tsv:2: 'Bonn' lies inside 'Bonn Police' of line 3: learned as a name inside a name"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [("Ana sat", "Ana", "PER"), ("Ana sat", "Ana", "GPE")],
            r"f\.tsv:3: .*one type for 'Ana', found 'GPE' here and",
        ),
        (
            [("Ana sat", "Ana", "PER"), ("Ana sat", "Ana", "no name")],
            r"f\.tsv:3: .*found 'no name' here and 'PER' in li",
        ),
        (
            [("Kim Ana met", "Kim Ana", "PER"), ("Kim Ana met", "Ana met", "GPE")],
            r"f\.tsv:3: .*across 'Kim Ana' in line 2",
        ),
        ([("Anabel sat", "Ana", "PER")], r"f\.tsv:2: .*whole words, found 'Ana', a part of 'Anabel'"),
        ([("Kim met Ana", "n", "PER")], r"found 'n', a part of 'Ana'"),
        ([("the year 2014", "201", "PER")], r"found '201', a part of '2014'"),
    ],
)
def test_what_contradicts_itself_is_refused_with_both_lines(rows: list[tuple[str, str, str]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        settled(corrections(*rows))


def test_scripts_without_blanks_are_learned_by_the_whole_run_and_said() -> None:
    kept, notes = settled(
        corrections(
            ("他去东京了", "东京", "GPE"),
        )
    )
    assert len(kept) == 1 and notes == ["f.tsv:2: '东京' is learned by the whole word '他去东京了'"]
    assert settled(corrections(("pro-Ukrainian troops", "Ukrainian", "GPE")))[1] == []
    assert settled(corrections(("The U.S.-led raid", "U.S.", "GPE")))[1] == []


def test_words_that_are_no_name_may_cross_a_name() -> None:
    kept, notes = settled(corrections(("Kim Ana met", "Kim Ana", "PER"), ("Kim Ana met", "Ana met", "no name")))
    assert len(kept) == 2 and notes == []


@pytest.mark.parametrize("cell", ["no name", "No-Name", "NO_NAME", " no  name "])
def test_no_name_in_every_spelling(cell: str) -> None:
    assert is_no_name(cell) and not is_no_name("-")


def test_an_offset_of_thousands_of_digits_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv"
    path.write_text(f"sentence\tstart\tend\ttype\nLiv left Oulu.\t{'1' * 5000}\t13\tGPE\n")
    with pytest.raises(InputError, match=rf"{path}:2: expected 0 <= start <= end <= 13"):
        read_feedback(path)
