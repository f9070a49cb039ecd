"""Tables of tokens with a header, as data frames and spreadsheets save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.labelled import CorpusReport

FRAME = """Sentence #,Word,POS,Tag
Sentence: 1,Ada,NNP,B-per
,Roe,NNP,I-per
,said,VBD,O
,\"\"\"\"\"\",``,O
,",",",",O
Sentence: 2,Rome,NNP,B-geo
"""
TABS = 'token\tlabel\nAda\tB-per\nRoe\tI-per\nsaid\tO\n"\tO\n,\tO\n\nRome\tB-geo\n'


@pytest.mark.parametrize(
    "text", [FRAME, TABS, TABS.replace("\t", ";").replace('"', '""""'), TABS.replace("\n", "\r\n"), "\ufeff" + TABS]
)
def test_sentences_and_names(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ner.csv"
    path.write_text(text, encoding="utf-8", newline="")
    assert detect_format(path) == "token-table"
    first, second = read_labelled(path)
    assert first.tokens[:3] == ("Ada", "Roe", "said") and first.tokens[-1] == ","
    assert [(m.start, m.end, m.labels, m.line) for m in first.mentions] == [(0, 2, ("per",), 2)]
    assert second.tokens == ("Rome",) and second.mentions[0].labels == ("geo",)


def test_sentence_numbers_on_every_row_and_blank_tokens(tmp_path: Path) -> None:
    path = tmp_path / "ner.csv"
    path.write_text("sentence_id,token,ner,tag\n0,Ada,B-PER,NN\n0, ,O,SP\n0,slept,O,VB\n1,Rome,B-GPE,NN\n")
    report = CorpusReport()
    assert [s.tokens for s in read_labelled(path, report=report)] == [("Ada", "slept"), ("Rome",)]
    assert report.dropped == {"tokens of white space only": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word,tag\nAda\n", r"ner\.csv:2: expected 2 cells, as the header has, found 1"),
        ("word,tag\nAda,B-PER\nRoe,Q-PER\n", r"ner\.csv:3: expected a tag"),
    ],
)
def test_what_is_no_row_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "ner.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        list(read_labelled(path))


def test_a_table_without_a_header_is_refused_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "ner.tsv"
    path.write_text("Ada\tB-PER\n")
    assert detect_format(path) == "conll"
    with pytest.raises(InputError, match=r"ner\.tsv:1: expected a header"):
        list(read_labelled(path, "token-table"))
