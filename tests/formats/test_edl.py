"""EDL tabs: reading, what is refused and where, writing, ids."""

import bz2
import gzip
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ousianer_cli.errors import InputError, OutputError, SettingsError
from ousianer_cli.formats.edl import (
    EdlRow,
    NilClusters,
    assign_nil_ids,
    format_row,
    iter_edl,
    normalise_mention_string,
    parse_row,
    read_edl,
    write_edl,
)
from ousianer_cli.scoring.columns import read_edl_table
from ousianer_cli.scoring.matching import Vocabulary

LINE = "run\tm1\tAda Lovelace\tD.1:5-16\tNIL000001\tper.professionalposition.scientist\tNAM\t0.750000"


def row(**changes):
    values = {
        "run_id": "run",
        "mention_id": "m1",
        "text": "Lima",
        "doc": "D",
        "start": 0,
        "end": 3,
        "kb_id": "NIL",
        "type": "gpe",
        "mention_type": "NAM",
        "confidence": 0.5,
    }
    return EdlRow(**{**values, **changes})


def test_a_line_there_and_back():
    parsed = parse_row(LINE)
    assert (parsed.doc, parsed.start, parsed.end, parsed.confidence) == ("D.1", 5, 16, 0.75)
    assert format_row(parsed) == LINE


@pytest.mark.parametrize("more", ["", "\tN", "\tN\tN", "\tN\tN\tY"])
def test_eight_to_eleven_columns(more):
    assert parse_row(LINE + more) == parse_row(LINE)


@pytest.mark.parametrize("location", ["D.1: 5 - 16", "D.1:5\u201316"])
def test_locations_of_the_official_converter(location):
    parsed = parse_row(LINE.replace("D.1:5-16", location))
    assert (parsed.doc, parsed.start, parsed.end) == ("D.1", 5, 16)


def test_a_document_id_may_hold_colons_and_hyphens():
    parsed = parse_row(LINE.replace("D.1:5-16", "a:b-7:5-16"))
    assert (parsed.doc, parsed.start, parsed.end) == ("a:b-7", 5, 16)


def test_alternatives_of_gold():
    assert row(type="gpe|loc|fac").types == ("gpe", "loc", "fac")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (LINE.rsplit("\t", 1)[0].encode(), "8 to 11 tab-separated columns, found 7"),
        (LINE.encode() + b"\tN\tN\tN\tN", "found 12"),
        (b"", "an empty line"),
        (LINE.replace("5-16", "5").encode(), "docid:start-end"),
        (LINE.replace("5-16", "-5-16").encode(), "docid:start-end"),
        (LINE.replace("5-16", "5-1234567890").encode(), "below 1,000,000,000"),
        (LINE.replace("D.1:5-16", "D 1:5-16").encode(), "docid:start-end"),
        (LINE.replace("5-16", "5-4").encode(), "not before the start"),
        (LINE.replace("0.75", "nan?").encode(), "confidence"),
        (LINE.replace("0.750000", "nan").encode(), "confidence"),
        (LINE.replace("0.750000", "inf").encode(), "confidence"),
        (LINE.replace("0.750000", "0").encode(), "confidence"),
        (LINE.replace("0.750000", "1.01").encode(), "confidence"),
        (LINE.replace("0.750000", "0.7_5").encode(), "confidence"),
        (LINE.replace("0.750000", "").encode(), "confidence"),
        (LINE.replace("per.professionalposition.scientist", "").encode(), "type in column 6"),
        (LINE.replace("per.professionalposition.scientist", "per||org").encode(), "single '|'"),
        (LINE.replace("NAM", "").encode(), "NAM or NOM"),
        (LINE.encode() + b"\r", "sed"),
        (LINE.replace("Ada", "A\0da").encode(), "NUL"),
        (LINE.replace("Ada", "Ad\u00e9").encode("latin-1"), "UTF-8, found byte 0xe9 at byte 10"),
    ],
)
def test_faults_name_file_and_line(tmp_path, broken, words):
    path = tmp_path / "r.tab"
    path.write_bytes(LINE.encode() + b"\n" + broken + b"\n" + LINE.encode() + b"\n")
    with pytest.raises(InputError, match=rf"r\.tab:2: expected .*{words.replace('|', chr(92) + '|')}") as caught:
        read_edl(path)
    assert caught.value.line == 2
    seen = []
    assert [r.line for r in iter_edl(path, on_error=seen.append)] == [1, 3]
    assert [error.line for error in seen] == [2]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{LINE}\r{LINE}\r".encode(), r"found \r; convert the file, for example with tr '\r' '\n'"),
        (f"{LINE}\r\n".encode(), r"found \r\n; convert the file, for example with sed"),
        (b"run\tid\tname\toffsets\tkb\ttype\tkind\tconfidence\n", "found 'offsets'; remove the header"),
        (LINE.replace("\t", ",").encode(), "seem to be parted by commas, not by tabs"),
        (LINE.replace("\t", "   ").encode(), "seem to be parted by blanks, not by tabs"),
        (LINE.rsplit("\t", 1)[0].encode(), "found 7 .*; is the confidence of column 8 missing?"),
        (b"# our run\n", "remove the comment"),
        (bz2.compress(LINE.encode()), "found a bzip2 file .by its first bytes.; unpack it"),
        (gzip.compress(LINE.encode(), mtime=0)[:-8], "expected an intact archive, found a broken one"),
    ],
)
def test_files_that_are_nearly_a_tab_are_told_what_to_do(tmp_path, content, words):
    path = tmp_path / "r.tab"
    path.write_bytes(content)
    for read in (read_edl, lambda path: read_edl_table(path, Vocabulary())):
        with pytest.raises(InputError) as caught:
            read(path)
        assert re.search(words.replace("\\", "\\\\").replace("?", r"\?"), str(caught.value))


def test_byte_order_mark(tmp_path):
    path = tmp_path / "r.tab"
    path.write_bytes(b"\xef\xbb\xbf" + LINE.encode() + b"\n")
    with pytest.raises(InputError, match=r"r\.tab:1: .*byte order mark"):
        read_edl(path)


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "none.tab", tmp_path):
        with pytest.raises(InputError, match="no readable file"):
            read_edl(path)


def test_last_line_without_line_end_and_separators_inside_a_field(tmp_path):
    path = tmp_path / "r.tab"
    path.write_text(LINE.replace("Ada", "A\u2028\x85a"), encoding="utf-8")
    assert [r.text for r in read_edl(path)] == ["A\u2028\x85a Lovelace"]


def test_normalised_string():
    assert normalise_mention_string("Rio\n  de\u00a0\u00a0Janeiro") == "Rio de Janeiro"
    assert normalise_mention_string("a\tb\r\nc\u2028d") == "a b c d"
    assert normalise_mention_string("\U0001f600 x") == "\U0001f600 x"


@settings(deadline=None)
@given(st.text(max_size=30))
def test_normalised_string_is_stable_and_keeps_the_words(text):
    once = normalise_mention_string(text)
    assert normalise_mention_string(once) == once
    assert once.split() == text.split()


rows_strategy = st.builds(
    row,
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12).map(
        normalise_mention_string
    ),
    start=st.integers(0, 1000),
    end=st.integers(1000, 2000),
    confidence=st.integers(1, 10**6).map(lambda n: n / 10**6),
)


@settings(deadline=None)
@given(st.lists(rows_strategy, max_size=6))
def test_written_and_read_again(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("edl") / "r.tab"
    rows = [replace(r, run_id="R", mention_id=f"R-{n:06d}") for n, r in enumerate(assign_nil_ids(rows), 1)]
    assert write_edl(path, rows) == len(rows)
    back = read_edl(path)
    assert [format_row(r) for r in back] == [format_row(r) for r in rows]
    assert [(r.text, r.start, r.end) for r in back] == [(r.text, r.start, r.end) for r in rows]
    assert [r.confidence for r in back] == [r.confidence for r in rows]


def test_confidence_is_never_written_as_zero():
    assert format_row(row(confidence=1e-12)).endswith("\t0.000001")
    assert format_row(row(confidence=1.0)).endswith("\t1.000000")


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "GPE"},
        {"type": ""},
        {"text": "a\tb"},
        {"text": "a  b"},
        {"text": "a\nb"},
        {"text": ""},
        {"doc": "a b"},
        {"start": 4},
        {"start": -1},
        {"kb_id": ""},
        {"confidence": float("nan")},
        {"confidence": 1.1},
    ],
)
def test_unwritable_rows_leave_no_file(tmp_path, changes):
    path = tmp_path / "r.tab"
    with pytest.raises(OutputError):
        write_edl(path, [row(mention_id="m0"), row(**changes)])
    assert list(tmp_path.iterdir()) == []


def test_a_mention_id_is_written_once(tmp_path):
    with pytest.raises(OutputError, match="'m1' twice"):
        write_edl(tmp_path / "r.tab", [row(), row(start=1)])


def test_nil_ids_cluster_by_string_and_top_type():
    rows = [
        row(text="Lima"),
        row(text="LIMA", doc="E", type="gpe.urbanarea.city"),
        row(text="Lima", doc="F", type="per"),
        row(text="Rio  de\u00a0Janeiro", doc="G"),
        row(text="Rio de Janeiro", doc="H"),
        row(text="Lima", doc="I", kb_id="E77"),
    ]
    ids = [r.kb_id for r in assign_nil_ids(rows)]
    assert ids == ["NIL000001", "NIL000001", "NIL000002", "NIL000003", "NIL000003", "E77"]
    assert [r.kb_id for r in assign_nil_ids(rows, "per-mention")] == [
        "NIL000001", "NIL000002", "NIL000003", "NIL000004", "NIL000005", "E77",
    ]  # fmt: skip


@pytest.mark.parametrize("policy", ["string", "per-mention"])
def test_lines_of_one_span_share_a_nil_id(policy):
    rows = [row(type="org", confidence=0.2), row(type="gpe", confidence=0.8), row(start=9, end=12, type="gpe")]
    ids = [r.kb_id for r in assign_nil_ids(rows, policy)]
    assert ids[0] == ids[1]
    # The span counts as the gpe that it most likely is, so the later gpe joins it.
    assert (ids[2] == ids[0]) == (policy == "string")


def test_unknown_nil_policy():
    with pytest.raises(SettingsError, match="--nil"):
        NilClusters("all")  # type: ignore[arg-type]
