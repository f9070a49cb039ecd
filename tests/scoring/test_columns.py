"""The fast reader of EDL tabs gives what the slow one gives, and refuses what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ousianer_cli.errors import InputError
from ousianer_cli.formats.edl import iter_edl
from ousianer_cli.scoring import columns
from ousianer_cli.scoring.columns import read_edl_table
from ousianer_cli.scoring.matching import Vocabulary, encode_rows

LINE = "run\tm1\tAda Lovelace\tD.1:5-16\tNIL000001\tper.professionalposition.scientist\tNAM\t0.750000"
FIELDS = ("doc", "start", "end", "label", "form", "entity", "confidence", "line")


def same(path):
    """Both readers on a file: equal columns and vocabularies; returns the rows."""
    fast, slow = Vocabulary(), Vocabulary()
    table, expected = read_edl_table(path, fast), encode_rows(iter_edl(path), slow)
    for name in FIELDS:
        assert np.array_equal(getattr(table, name), getattr(expected, name)), name
        assert getattr(table, name).dtype == getattr(expected, name).dtype
    for name in ("docs", "labels", "forms", "entities"):
        assert getattr(fast, name).names == getattr(slow, name).names
    return table


def is_fast(lines):
    block = b"".join(text.encode() + b"\n" for text in lines)
    return columns._columns(block, 1, Vocabulary()) is not None


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\t\n\r\ufeff"), max_size=9)
rows = st.builds(
    lambda run, text, doc, start, length, kb, label, form, confidence, more: "\t".join(
        [run, "m", text, f"{doc}:{start}-{start + length}", kb, label, form, confidence, *more]
    ),
    words,
    words,
    st.sampled_from(["D", "a:b-7", "x_1.2", "long" * 20, "\u00e9t\u00e9"]),
    st.integers(0, 999_999_000),
    st.integers(0, 999),
    st.one_of(words, st.sampled_from(["NIL1", "E2", ""])),
    st.sampled_from(["per", "gpe|loc", "org.association.team", "\u00e9"]),
    st.sampled_from(["NAM", "NOM"]),
    st.sampled_from(["1", "0.5", "1.000000", "1e-6", "0.123456", " 0.5", ".5"]),
    st.lists(st.sampled_from(["Y", "N", ""]), max_size=3),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(rows, max_size=8))
def test_both_readers_agree(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("edl") / "r.tab"
    path.write_bytes("".join(line + "\n" for line in lines).encode())
    assert len(same(path)) == len(lines)


def test_plain_lines_are_read_fast():
    # If they were not, the comparison above would compare the slow reader with itself.
    assert is_fast([LINE, LINE + "\tN\tN\tY", LINE.replace("Ada", "\u00c9da"), LINE.replace("D.1", "a:b-7")])
    assert is_fast([LINE.replace("NIL000001", "")])


@pytest.mark.parametrize("location", ["D.1: 5 - 16", "D.1:5\u201316", "D.1:5- 16"])
def test_rarer_spellings_are_read_slowly_but_alike(tmp_path, location):
    path = tmp_path / "r.tab"
    lines = [LINE, LINE.replace("D.1:5-16", location), LINE]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert not is_fast(lines)
    assert same(path).start.tolist() == [5, 5, 5]


MALFORMED = {
    "missing column": LINE.rsplit("\t", 1)[0].encode(),
    "too many columns": LINE.encode() + b"\t" * 4,
    "empty line": b"",
    "offset no number": LINE.replace("5-16", "five-16").encode(),
    "offset missing": LINE.replace("5-16", "5").encode(),
    "offset too long": LINE.replace("5-16", "5-1234567890").encode(),
    "negative offset": LINE.replace("5-16", "-5-16").encode(),
    "blank in the id": LINE.replace("D.1:", "D 1:").encode(),
    "no id": LINE.replace("D.1:", ":").encode(),
    "end before start": LINE.replace("5-16", "16-5").encode(),
    "confidence nan": LINE.replace("0.750000", "nan").encode(),
    "confidence inf": LINE.replace("0.750000", "inf").encode(),
    "confidence zero": LINE.replace("0.750000", "0").encode(),
    "confidence above one": LINE.replace("0.750000", "1.01").encode(),
    "confidence with underscore": LINE.replace("0.750000", "0.7_5").encode(),
    "confidence empty": LINE.replace("0.750000", "").encode(),
    "no type": LINE.replace("per.professionalposition.scientist", "").encode(),
    "empty alternative": LINE.replace("per.professionalposition.scientist", "per||org").encode(),
    "no mention type": LINE.replace("NAM", "").encode(),
    "CRLF": LINE.encode() + b"\r",
    "BOM": b"\xef\xbb\xbf" + LINE.encode(),
    "NUL": LINE.replace("Ada", "A\0da").encode(),
    "latin-1": LINE.replace("Ada", "Ad\u00e9").encode("latin-1"),
}


@pytest.mark.parametrize("kind", sorted(MALFORMED))
@pytest.mark.parametrize("block", [1 << 20, 64], ids=["one block", "small blocks"])
def test_faults_are_those_of_the_slow_reader(tmp_path, monkeypatch, kind, block):
    monkeypatch.setattr(columns, "BLOCK", block)
    path = tmp_path / "r.tab"
    path.write_bytes((LINE.encode() + b"\n") * 7 + MALFORMED[kind] + b"\n" + (LINE.encode() + b"\n") * 3)
    with pytest.raises(InputError) as slow:
        list(iter_edl(path))
    with pytest.raises(InputError, match=r"r\.tab:8: expected .*, found ") as fast:
        read_edl_table(path, Vocabulary())
    assert str(fast.value) == str(slow.value)


@pytest.mark.parametrize("block", [1, 50, 137, 1000])
def test_blocks_are_cut_anywhere(tmp_path, monkeypatch, block):
    monkeypatch.setattr(columns, "BLOCK", block)
    path = tmp_path / "r.tab"
    lines = [LINE.replace("5-16", f"{n}-{n + 1}").replace("D.1", f"D{n % 3}") for n in range(20)]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert same(path).line.tolist() == list(range(1, 21))


def test_absent_file_and_folder(tmp_path):
    for path in (tmp_path / "none.tab", tmp_path):
        with pytest.raises(InputError, match="no readable file"):
            read_edl_table(path, Vocabulary())


def test_an_empty_file_has_no_rows(tmp_path):
    (tmp_path / "r.tab").write_bytes(b"")
    assert len(read_edl_table(tmp_path / "r.tab", Vocabulary())) == 0
