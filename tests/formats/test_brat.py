"""brat standoff: spans by code points, discontinuous ones, what is no span, and faults with their place."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.kinds.brat import DISCONTINUOUS, NOT_SPANS
from ousianer_cli.formats.labelled import CorpusReport

read_brat = partial(read_labelled, corpus_format="brat")

TEXT = "Ann Lee 😀 left Oslo.\r\nBo and Cy Moe stayed at the Bank\nof Oslo.\n"


def write(folder: Path, ann: str, text: str = TEXT, name: str = "doc") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.txt").write_bytes(text.encode())
    path = folder / f"{name}.ann"
    path.write_text(ann, encoding="utf-8")
    return path


def bound(number: int, label: str, string: str, text: str = TEXT) -> str:
    start = text.index(string)
    return f"T{number}\t{label} {start} {start + len(string)}\t{string}\n"


def test_spans_become_words(tmp_path: Path) -> None:
    ann = (
        bound(1, "Person", "Ann Lee") + bound(2, "Place", "Oslo") + "R1\tIn Arg1:T1 Arg2:T2\n#1\tNote T1\tdoubtful\n\n"
    )
    path = write(tmp_path, ann)
    assert detect_format(path) == detect_format(tmp_path) == "brat"
    report = CorpusReport()
    first, *_ = read_labelled(tmp_path, report=report)
    assert first.tokens == ("Ann", "Lee", "😀", "left", "Oslo", ".")
    assert [(m.start, m.end, m.labels, m.line) for m in first.mentions] == [
        (0, 2, ("Person",), 1),
        (4, 5, ("Place",), 2),
    ]
    assert first.doc == f"{tmp_path.name}/doc"
    assert report.dropped == {NOT_SPANS: 2}


def test_fragments_at_a_line_end_are_one_span_and_real_gaps_are_left_out(tmp_path: Path) -> None:
    bank, bo, moe = TEXT.index("Bank"), TEXT.index("Bo"), TEXT.index("Moe")
    ann = (
        f"T1\tOrg {bank} {bank + 4};{bank + 5} {bank + 12}\tBank of Oslo\n"
        f"T2\tPerson {bo} {bo + 2};{moe} {moe + 3}\tBo Moe\n" + bound(3, "Person", "Cy Moe")
    )
    report = CorpusReport()
    sentences = list(read_brat(write(tmp_path, ann), report=report))
    found = [(" ".join(s.tokens[m.start : m.end]), s.supervises) for s in sentences for m in s.mentions]
    assert found == [("Cy Moe", "typing"), ("Bank of Oslo", "typing")]
    assert sentences[0].supervises is None
    assert report.dropped[DISCONTINUOUS] == 1


def test_the_outermost_stays(tmp_path: Path) -> None:
    report = CorpusReport()
    first, *_ = read_brat(write(tmp_path, bound(1, "A", "Lee") + bound(2, "B", "Ann Lee")), report=report)
    assert [m.labels for m in first.mentions] == [("B",)]
    assert [(m.start, m.end, m.labels) for m in first.nested] == [(1, 2, ("A",))]
    assert not report.dropped


def test_folders_and_documents_without_names(tmp_path: Path) -> None:
    write(tmp_path / "b", "", "Nobody came.")
    write(tmp_path / "a" / "deep", bound(1, "Place", "Oslo"))
    assert [s.doc for s in read_brat(tmp_path)][0::2] == ["deep/doc", "b/doc"]


def test_a_byte_order_mark_counts_but_is_no_word(tmp_path: Path) -> None:
    (sentence,) = read_brat(write(tmp_path, "T1\tPerson 1 4\tAnn\n", "\ufeffAnn came."))
    assert (sentence.tokens[0], sentence.mentions[0].start, sentence.mentions[0].end) == ("Ann", 0, 1)


@pytest.mark.parametrize(
    ("ann", "words"),
    [
        ("T1\tPerson 0 7\tBob Lee\n", r":1: expected 'Bob Lee' at 0 7, found 'Ann Lee'; .*code points"),
        ("\nT1\tPerson 0 999\tAnn\n", r":2: expected offsets up to \d+, the end of doc\.txt, found 999"),
        ("T1\tPerson 7 0\tAnn\n", r":1: expected fragments that are not empty"),
        ("T1\tPerson 0 7;3 9\tAnn\n", r":1: expected fragments .* do not overlap"),
        ("T1 Person 0 7 Ann Lee\n", r":1: expected T…<TAB>Label start end"),
        ("T1\tPerson x 7\tAnn Lee\n", r":1: expected T…<TAB>Label start end"),
        ("hello\n", r":1: expected T…<TAB>Label start end"),
    ],
)
def test_faults_name_file_and_line(tmp_path: Path, ann: str, words: str) -> None:
    with pytest.raises(InputError, match=r"doc\.ann" + words):
        list(read_brat(write(tmp_path, ann)))


def test_the_text_must_be_there_and_readable(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    (tmp_path / "doc.txt").write_bytes(b"ok\n\xff")
    with pytest.raises(InputError, match=r"doc\.txt:2: expected UTF-8"):
        list(read_brat(path))
    (tmp_path / "doc.txt").unlink()
    with pytest.raises(InputError, match=r"doc\.txt: expected the text of doc\.ann"):
        list(read_brat(path))
    path.unlink()
    with pytest.raises(InputError, match="none in the folder"):
        list(read_brat(tmp_path))


@given(st.lists(st.sampled_from(["Ann", "é", "😀", "\r\n", "Oslo", " ", "\t", "-"]), min_size=1), st.data())
def test_offsets_are_code_points(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], data: st.DataObject
) -> None:
    text = "".join(parts)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    string = " ".join(text[start:end].split())
    folder = tmp_path_factory.mktemp("brat")
    found = [
        "".join(s.tokens[m.start : m.end])
        for s in read_brat(write(folder, f"T1\tX {start} {end}\t{string}\n", text))
        for m in s.mentions
    ]
    assert len(found) <= 1
    for tokens in found:
        assert "".join(string.split()) in tokens
