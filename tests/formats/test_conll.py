"""CoNLL files in several column layouts and tagging schemes."""

from __future__ import annotations

import gzip
from functools import partial
from pathlib import Path

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence

read_conll = partial(read_labelled, corpus_format="conll")


def write(folder: Path, text: str, name: str = "sample.conll") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


def names(sentence: LabelledSentence) -> list[tuple[str, str]]:
    return [(" ".join(sentence.tokens[m.start : m.end]), "+".join(m.labels)) for m in sentence.mentions]


def test_two_tab_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "\nAnna\tB-PER\nsaw\tO\nNew\tB-LOC\nYork\tI-LOC\n\n\nIt\tO\nrained\tO\n")
    first, second = read_conll(path)
    assert names(first) == [("Anna", "PER"), ("New York", "LOC")]
    assert (first.line, first.mentions[1].line) == (2, 4)
    assert second.tokens == ("It", "rained")
    assert second.mentions == ()


def test_four_blank_columns_docstart_and_iob1(tmp_path: Path) -> None:
    text = (
        "-DOCSTART- -X- -X- O\n\nParis NNP I-NP I-LOC\nLyon NNP I-NP B-LOC\nsleeps VBZ I-VP O\n\n"
        "-DOCSTART- -X- -X- O\n\nRome NNP I-NP I-LOC\n"
    )
    path = write(tmp_path, text)
    assert detect_format(path) == "conll"
    first, second = read_conll(path)
    assert names(first) == [("Paris", "LOC"), ("Lyon", "LOC")]
    assert (first.doc, second.doc) == (f"{tmp_path.name}/sample-1", f"{tmp_path.name}/sample-2")


def test_docstart_ends_a_sentence_without_a_blank_line(tmp_path: Path) -> None:
    path = write(tmp_path, "Paris I-LOC\n-DOCSTART- O\nRome I-LOC\n")
    assert [s.tokens for s in read_conll(path)] == [("Paris",), ("Rome",)]


def test_named_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "B-PER\t1\tAnna\tx\nO\t2\twaved\tx\n")
    (sentence,) = read_conll(path, token_column=2, tag_column=0)
    assert sentence.tokens == ("Anna", "waved")
    assert names(sentence) == [("Anna", "PER")]


def test_columns_named_from_the_left_allow_ragged_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "Anna B-PER x y\nwaved O\n")
    (sentence,) = read_conll(path, token_column=0, tag_column=1)
    assert sentence.tokens == ("Anna", "waved")


@pytest.mark.parametrize(
    "tags",
    [
        "B-PER E-PER S-LOC",
        "B-PER L-PER U-LOC",
        "B-PER I-PER B-LOC",
        "PER-B PER-I LOC-B",
        "B_PER I_PER B_LOC",
        "PER_B PER_E LOC_S",
        "I-PER I-PER I-LOC",
        "PER PER LOC",
    ],
)
def test_schemes_agree(tmp_path: Path, tags: str) -> None:
    lines = [f"{t} {g}" for t, g in zip(["Anna", "Berg", "Rome"], tags.split(), strict=True)]
    (sentence,) = read_conll(write(tmp_path, "\n".join(lines)))
    assert names(sentence) == [("Anna Berg", "PER"), ("Rome", "LOC")]


def test_a_column_without_any_o_is_no_column_of_tags(tmp_path: Path) -> None:
    path = write(tmp_path, "".join(f"word{i} N{i % 5}\n" for i in range(30)))
    with pytest.raises(InputError, match=r"sample\.conll:1: expected a column of tags, with O"):
        list(read_conll(path))


def test_adjacent_single_names_stay_apart(tmp_path: Path) -> None:
    (sentence,) = read_conll(write(tmp_path, "Rome U-LOC\nParis U-LOC\n"))
    assert names(sentence) == [("Rome", "LOC"), ("Paris", "LOC")]


def test_labels_may_hold_hyphens(tmp_path: Path) -> None:
    (sentence,) = read_conll(write(tmp_path, "Dune\tB-creative-work\nagain\tO\n"))
    assert names(sentence) == [("Dune", "creative-work")]


def test_hash_is_a_token_where_it_has_a_tag(tmp_path: Path) -> None:
    path = write(tmp_path, "# a comment line\nwe\tO\n#\tO\n#\tB-product\n# another one\n1\tI-product\n")
    (sentence,) = read_conll(path)
    assert sentence.tokens == ("we", "#", "#", "1")
    assert names(sentence) == [("# 1", "product")]


def test_comment_before_the_first_token_with_a_far_tag_column(tmp_path: Path) -> None:
    (sentence,) = read_conll(write(tmp_path, "# note\na b c O\n"), tag_column=3)
    assert sentence.tokens == ("a",)


def test_other_line_separators_stay_inside_tokens(tmp_path: Path) -> None:
    path = write(tmp_path, "a\u2028b\tO\r\nc\x85\tB-X\r\n\r\n")
    (sentence,) = read_conll(path)
    assert sentence.tokens == ("a\u2028b", "c\x85")


def test_white_tokens_are_dropped_and_counted(tmp_path: Path) -> None:
    report = CorpusReport()
    (sentence,) = read_conll(write(tmp_path, "\u00a0\tB-PER\nAnna\tI-PER\n"), report=report)
    assert names(sentence) == [("Anna", "PER")]
    assert report.dropped == {"tokens of white space only": 1}


def test_byte_order_mark_and_gzip(tmp_path: Path) -> None:
    path = tmp_path / "sample.conll.gz"
    path.write_bytes(gzip.compress("\ufeffRome B-LOC\n".encode()))
    (sentence,) = read_labelled(path)
    assert sentence.tokens == ("Rome",)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a O\nb\n", 2, "2 columns"),
        ("a\tO\n\nb\tc\tO\n", 3, "2 columns"),
        ("a\tO\n\tO\n", 2, "a token"),
        ("a\tB-\n", 1, "a tag"),
        ("a\tX-PER\n", 1, "a tag"),
        ("a\tB-PER\nb\tPER\n", 2, "with a prefix"),
        ("a\tPER\nb\tI-PER\n", 2, "a bare label"),
        ("a\tPER-B\nb\tPER-I\n" + "c\tO\n" * 2000 + "d\tI-PER\n", 2003, "with a suffix"),
        ("a\n", 1, "2 columns"),
    ],
)
def test_broken_lines_name_file_and_line(tmp_path: Path, text: str, line: int, part: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError, match=part) as caught:
        list(read_conll(path))
    assert (caught.value.path, caught.value.line) == (str(path), line)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "latin.conll"
    path.write_bytes(b"Rome\tB-LOC\nZ\xfcrich\tB-LOC\n")
    with pytest.raises(InputError, match="UTF-8") as caught:
        list(read_conll(path))
    assert caught.value.line == 2


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no readable file"):
        list(read_labelled(tmp_path / "none.conll"))


@pytest.mark.parametrize("text", ["", "\n\n", "just\nsome\nwords\n"])
def test_nothing_to_detect(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="--format"):
        detect_format(write(tmp_path, text))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "sentences", "mentions"),
    [
        ("wikigold/wikigold.conll.txt", 1696, 3558),
        ("wnut17/wnut17train.conll", 3394, 1975),
        ("wnut17/emerging.dev.conll", 1009, 836),
        ("re3d/re3d-train.conll", 765, 2718),
        ("crossner/politics/dev.txt", 541, 3482),
    ],
)
def test_public_files(shared_data: Path, name: str, sentences: int, mentions: int) -> None:
    path = shared_data / name
    assert detect_format(path) == "conll"
    found = list(read_labelled(path))
    assert len(found) == sentences
    assert sum(len(s.mentions) for s in found) == mentions
