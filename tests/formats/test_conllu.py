"""CoNLL-U-like IOB2: numbered words, comments, documents."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.labelled import CorpusReport

read_conllu = partial(read_labelled, corpus_format="conllu")

FIVE = (
    "# newdoc id = note-1\n# sent_id = note-1-1\n# text = Oslo is\tcold\n"
    "1\tOslo\tB-LOC\t-\tann\n2\tis\tO\t-\t-\n3\tcold\tO\t-\t-\n\n"
    "# sent_id = note-1-2\n1\t#\tO\t-\t-\n2\t7\tO\t-\t-\n\n"
    "# newdoc id = note-2\n1\tYes\tO\t-\t-\n"
)


def write(folder: Path, text: str) -> Path:
    path = folder / "sample.iob2"
    path.write_text(text, encoding="utf-8")
    return path


def test_five_columns_with_documents(tmp_path: Path) -> None:
    path = write(tmp_path, FIVE)
    assert detect_format(path) == "conllu"
    found = list(read_labelled(path))
    assert [s.tokens for s in found] == [("Oslo", "is", "cold"), ("#", "7"), ("Yes",)]
    assert [s.doc for s in found] == ["note-1", "note-1", "note-2"]
    assert [(m.start, m.end, m.labels) for m in found[0].mentions] == [(0, 1, ("LOC",))]


def test_three_columns_from_nought(tmp_path: Path) -> None:
    path = write(tmp_path, "0\tIn\tO\n1\tOslo\tB-LOC\n\n0\tUp\tO\n")
    assert detect_format(path) == "conllu"
    assert [s.tokens for s in read_labelled(path)] == [("In", "Oslo"), ("Up",)]


def test_a_conll_file_whose_sentences_begin_with_a_year_is_none(tmp_path: Path) -> None:
    assert detect_format(write(tmp_path, "1999 CD O\nwas VB O\n")) == "conll"


def test_ranges_and_empty_nodes_are_counted(tmp_path: Path) -> None:
    report = CorpusReport()
    path = write(tmp_path, "1-2\tdel\t_\n1\tde\tO\n2\tel\tO\n2.1\tx\t_\n3\tRey\tB-PER\n")
    assert detect_format(path) == "conllu"
    (sentence,) = read_conllu(path, report=report)
    assert sentence.tokens == ("de", "el", "Rey")
    assert report.dropped == {"lines of multi-word ranges and empty nodes": 2}


def full(word: int, form: str, lemma: str, misc: str) -> str:
    return f"{word}\t{form}\t{lemma}\tX\tX\t_\t0\troot\t_\t{misc}\n"


def test_names_in_the_last_column_of_conllu(tmp_path: Path) -> None:
    text = (
        full(1, "Ann", "ann", "NER=B-PER")
        + full(2, "Roe", "roe", "SpaceAfter=No|NER=I-PER")
        + full(3, "ran", "run", "_")
    )
    (sentence,) = read_conllu(write(tmp_path, text))
    assert [(m.start, m.end, m.labels) for m in sentence.mentions] == [(0, 2, ("PER",))]
    assert read_labelled(write(tmp_path, text), tag_column=3)  # a column that is named is the one that is read


@pytest.mark.parametrize(
    ("misc", "found"), [("_", "lemmas such as 'ann'"), ("Entity=(person-1)", r"\(person-1\)"), ("Gloss=x", "lemmas")]
)
def test_conllu_without_names_is_refused(tmp_path: Path, misc: str, found: str) -> None:
    path = write(tmp_path, full(1, "Ann", "ann", misc))
    with pytest.raises(InputError, match=rf"sample\.iob2: .*{found}.*--tag-column"):
        list(read_conllu(path))


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [("1\ta\tO\nb\tc\tO\n", 2, "word number"), ("1\ta\n", 1, "3 columns"), ("1\ta\tO\n2\tb\tQ-X\n", 2, "a tag")],
)
def test_broken_lines(tmp_path: Path, text: str, line: int, part: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError, match=part) as caught:
        list(read_conllu(path))
    assert (caught.value.path, caught.value.line) == (str(path), line)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "sentences", "mentions", "documents"),
    [("uner_ewt/en_ewt-ud-dev.iob2", 2001, 966, 318), ("wikineural/test.conllu", 11597, 19675, 1)],
)
def test_public_files(shared_data: Path, name: str, sentences: int, mentions: int, documents: int) -> None:
    found = list(read_labelled(shared_data / name))
    assert len(found) == sentences
    assert sum(len(s.mentions) for s in found) == mentions
    assert len({s.doc for s in found}) == documents
