"""OntoNotes 5.0 in both of its forms, with documents of our own."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.kinds.ontonotes import AS_NAME_FILE, NAME_CLASSES, NUMERIC_CLASSES, OTHER_LANGUAGE
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.ontonotes_name import name_sentence
from ousianer_cli.formats.ontonotes_tokens import surface
from ousianer_cli.formats.standoff import NESTED, WIDENED

read_ontonotes = partial(read_labelled, corpus_format="ontonotes")


def rows(*cells: str, doc: str = "nw/own/00/own_0001", part: int = 0) -> str:
    """CoNLL-2012 lines from `word/NAME` cells, names as column 10 writes them."""
    lines = []
    for i, cell in enumerate(cells):
        word, _, name = cell.rpartition("|")
        fixed = [doc, str(part), str(i), word, "XX", "*", "-", "-", "-", "-", name]
        lines.append("   ".join([*fixed, "*", "(3)"]))
    return "\n".join(lines) + "\n\n"


def conll(*sentences: str, doc: str = "nw/own/00/own_0001", part: int = 0) -> str:
    return f"#begin document ({doc}); part {part:03}\n{''.join(sentences)}#end document\n"


def name_file(*lines: str, doc: str = "nw/own/00/own_0001@0001@own@nw@en@on") -> str:
    return "\n".join([f'<DOC DOCNO="{doc}">', *lines, "</DOC>", ""])


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def shown(sentence: LabelledSentence) -> list[tuple[str, str]]:
    return [(" ".join(sentence.tokens[m.start : m.end]), ",".join(m.labels)) for m in sentence.mentions]


def line(text: str) -> tuple[LabelledSentence, CorpusReport]:
    report = CorpusReport()
    return name_sentence(text, "nw/x", "x.name", 5, report), report


FIRST = rows("Ada|(PERSON*", "Lovelace|*)", "left|*", "-LRB-|*", "Oslo|(GPE)", "-RRB-|*", "Monday|(DATE)", "/.|*")


def test_conll_columns(tmp_path: Path) -> None:
    text = conll(FIRST, rows("Yes|*")) + conll(rows("The|(ORG*", "Fund|*", "of|*", "Oslo|*)"), part=1)
    path = write(tmp_path / "own_0001.v4_gold_conll", text)
    assert detect_format(path) == "ontonotes"
    first, second, third = read_labelled(path)
    assert first.tokens == ("Ada", "Lovelace", "left", "(", "Oslo", ")", "Monday", ".")
    assert shown(first) == [("Ada Lovelace", "PERSON"), ("Oslo", "GPE"), ("Monday", "DATE")]
    assert [(s.doc, s.line) for s in (first, second, third)] == [
        ("nw/own/00/own_0001", 2),
        ("nw/own/00/own_0001", 11),
        ("nw/own/00/own_0001#001", 15),
    ]
    assert [m.line for m in first.mentions] == [2, 6, 8]
    assert shown(third) == [("The Fund of Oslo", "ORG")]


def test_a_file_of_another_name_is_told_by_its_first_line(tmp_path: Path) -> None:
    assert detect_format(write(tmp_path / "train.txt", conll(FIRST))) == "ontonotes"
    path = write(tmp_path / "own.txt", name_file("Yes ."))
    assert detect_format(path) == "ontonotes"
    assert [s.tokens for s in read_labelled(path)] == [("Yes", ".")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (conll(rows("[WORD]|*")), r":2: expected words, found '\[WORD\]' \(a skeleton file\); .*skeleton2conll"),
        (conll(rows("Ada|(PERSON*", "Bo|(PERSON)")), r":3: .*'\(PERSON\)', inside the name of line 2"),
        (conll(rows("Ada|*", "Bo|*)")), r":3: .*outside a name"),
        (conll(rows("Ada|B-PERSON")), r":2: .*'B-PERSON'"),
        (conll(rows("Ada|(PERSON*", "Bo|*")), r":2: .*none for \(PERSON\*"),
        (conll("Ada O\n"), r":2: expected at least 11 columns.*--format conll"),
    ],
)
def test_faults_of_conll_name_file_and_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=r"x\.v4_gold_conll" + words):
        list(read_ontonotes(write(tmp_path / "x.v4_gold_conll", text)))


def test_machine_made_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="machine-made"):
        list(read_ontonotes(write(tmp_path / "x.v4_auto_conll", conll(FIRST))))


def test_name_file(tmp_path: Path) -> None:
    text = name_file(
        'Mr. <ENAMEX TYPE="PERSON">Ada Lovelace</ENAMEX> paid <ENAMEX TYPE="MONEY">$ 3</ENAMEX> -LRB- net -RRB- /.',
        "`` Yes '' , AT-AMP-T said .",
    )
    first, second = read_labelled(write(tmp_path / "own_0001.name", text))
    assert first.tokens == ("Mr.", "Ada", "Lovelace", "paid", "$", "3", "(", "net", ")", ".")
    assert shown(first) == [("Ada Lovelace", "PERSON"), ("$ 3", "MONEY")]
    assert second.tokens == ('"', "Yes", '"', ",", "AT&T", "said", ".")
    assert [(s.doc, s.line) for s in (first, second)] == [("nw/own/00/own_0001", 2), ("nw/own/00/own_0001", 3)]
    assert {m.line for m in first.mentions} == {2}


def test_names_inside_tokens_are_cut_out() -> None:
    sentence, report = line(
        'mid-1900s was <ENAMEX TYPE="GPE" E_OFF="6">Oslo-based</ENAMEX> , '
        '<ENAMEX TYPE="NORP" S_OFF="4">pro-Irish</ENAMEX> <ENAMEX TYPE="ORG" S_OFF="4" E_OFF="2">'
        "non-Red Cross's</ENAMEX> ."
    )
    assert " ".join(sentence.tokens) == "mid-1900s was Oslo -based , pro- Irish non- Red Cross 's ."
    assert shown(sentence) == [("Oslo", "GPE"), ("Irish", "NORP"), ("Red Cross", "ORG")]
    assert not report.dropped


def test_two_names_in_one_token() -> None:
    sentence, report = line(
        '<ENAMEX TYPE="GPE" E_OFF="7"><ENAMEX TYPE="GPE" S_OFF="5">Oslo-Bergen</ENAMEX></ENAMEX> ferry'
    )
    assert shown(sentence) == [("Oslo", "GPE"), ("Bergen", "GPE")]
    assert sentence.tokens == ("Oslo", "-", "Bergen", "ferry")
    assert not report.dropped


def test_an_offset_inside_a_word_takes_the_word() -> None:
    sentence, report = line('<ENAMEX TYPE="PERSON" E_OFF="1">Paulo</ENAMEX> Zane')
    assert shown(sentence) == [("Paulo", "PERSON")]
    assert report.dropped == {WIDENED: 1}


def test_nested_names_leave_the_outermost() -> None:
    sentence, report = line('<ENAMEX TYPE="ORG">Bank of <ENAMEX TYPE="GPE">Norway</ENAMEX></ENAMEX>')
    assert shown(sentence) == [("Bank of Norway", "ORG")]
    assert report.dropped == {NESTED: 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('a <ENAMEX TYPE="ORG">b', 'none for TYPE="ORG"'),
        ("a</ENAMEX> b", "opening tag"),
        ("<ENAMEX>a</ENAMEX>", "a TYPE in the tag"),
        ('<ENAMEX TYPE="ORG" S_OFF="x">a</ENAMEX>', "numbers as S_OFF"),
        ('<ENAMEX TYPE="ORG" S_OFF="3">abc</ENAMEX>', "inside the name's first and last token"),
        ('<ENAMEX TYPE="ORG" S_OFF="2" E_OFF="2">abc</ENAMEX>', "inside the name's first and last token"),
        ('<ENAMEX TYPE="ORG"></ENAMEX>', "inside the name's first and last token"),
    ],
)
def test_faults_of_name_files(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path / "x.name", name_file("Yes .", text))
    with pytest.raises(InputError, match=rf"x\.name:3: .*{re.escape(words)}"):
        list(read_ontonotes(path))


def test_text_before_the_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.name:1: expected <DOC DOCNO"):
        list(read_ontonotes(write(tmp_path / "x.name", "Yes .\n")))


TOKENS = st.lists(
    st.sampled_from(["Ann", "pro-Oslo", "U.S.-led", "-LRB-", "é", "😀-x", "/.", "a", "AT-AMP-T"]), min_size=1
)


@given(TOKENS, st.data())
def test_cut_tokens_still_spell_the_line_and_the_name(tokens: list[str], data: st.DataObject) -> None:
    """S_OFF and E_OFF at our words' edges mark exactly the characters that they leave."""
    first = data.draw(st.integers(0, len(tokens) - 1))
    last = data.draw(st.integers(first, len(tokens) - 1))
    before = 4 if tokens[first] in ("pro-Oslo", "U.S.-led") and data.draw(st.booleans()) else 0
    after = 4 if tokens[last] in ("pro-Oslo", "U.S.-led") and data.draw(st.booleans()) else 0
    if first == last and before + after >= len(tokens[first]):
        after = 0
    tagged = list(tokens)
    tagged[first] = f'<ENAMEX TYPE="X" S_OFF="{before}" E_OFF="{after}">{tagged[first]}'
    tagged[last] += "</ENAMEX>"
    sentence, report = line(" ".join(tagged))
    assert "".join(sentence.tokens) == "".join(map(surface, tokens))
    (mention,) = sentence.mentions
    inside = [surface(t) for t in tokens[first : last + 1]]
    inside[-1] = inside[-1][: len(inside[-1]) - after]
    inside[0] = inside[0][before:]
    if WIDENED not in report.dropped:
        assert "".join(sentence.tokens[mention.start : mention.end]) == "".join(inside)
    else:
        assert "".join(inside) in "".join(sentence.tokens[mention.start : mention.end])


def test_genres(tmp_path: Path) -> None:
    for genre in ("nw", "wb", "bn"):
        write(tmp_path / genre / f"x_{genre}.name", name_file("Yes .", doc=f"{genre}/x/00/x_{genre}@x"))
    report = CorpusReport()
    assert [s.doc[:2] for s in read_ontonotes(tmp_path, report=report)] == ["nw", "wb"]
    assert report.dropped == {"sentences of genre bn (--genres)": 1}
    assert [s.doc[:2] for s in read_ontonotes(tmp_path, genres=["bn"])] == ["bn"]


def test_a_release_folder(tmp_path: Path) -> None:
    data = tmp_path / "files" / "data"
    write(data / "english" / "annotations" / "nw" / "own" / "00" / "own_0001.name", name_file("Ada left ."))
    write(data / "english" / "annotations" / "nw" / "own" / "00" / "own_0001.v4_gold_conll", conll(rows("Ada|(GPE)")))
    write(data / "english" / "annotations" / "nw" / "own" / "00" / "own_0002.v4_gold_conll", conll(rows("Bo|(GPE)")))
    write(data / "english" / "annotations" / "nw" / "own" / "00" / "own_0001.coref", "<DOC>")
    write(data / "chinese" / "annotations" / "nw" / "own" / "00" / "own_0001.name", name_file("No ."))
    assert detect_format(tmp_path) == "ontonotes"
    report = CorpusReport()
    assert [s.tokens for s in read_ontonotes(tmp_path, report=report)] == [("Ada", "left", "."), ("Bo",)]
    assert report.dropped == {OTHER_LANGUAGE: 1, AS_NAME_FILE: 1}
    with pytest.raises(InputError, match="only Arabic and Chinese"):
        list(read_ontonotes(write(tmp_path / "z" / "chinese" / "a.name", name_file("No .")).parent.parent))


def test_a_folder_of_skeletons_is_told_what_to_do(tmp_path: Path) -> None:
    write(tmp_path / "a.v4_gold_skel", conll(rows("[WORD]|*")))
    with pytest.raises(InputError, match=r"skeleton2conll"):
        list(read_ontonotes(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="none in the folder"):
        list(read_ontonotes(tmp_path / "empty"))


@pytest.mark.parametrize(
    ("token", "meant"),
    [
        ("-LRB-", "("), ("-RCB-", "}"), ("``", '"'), ("''", '"'), ("/.", "."), ("/?", "?"), ("/-", "-"),
        ("1\\/2", "1/2"), ("R-AMP-D", "R&D"), ("-LAB-", "<"), ("/", "/"), ("w/o", "w/o"), ("//", "//"),
        ("AT&T;", "AT&T;"), ("'", "'"),
    ],
)  # fmt: skip
def test_surface(token: str, meant: str) -> None:
    assert surface(token) == meant


def test_eighteen_classes() -> None:
    assert (len(NAME_CLASSES), len(NUMERIC_CLASSES), len({*NAME_CLASSES, *NUMERIC_CLASSES})) == (11, 7, 18)
