"""What odd spellings are read as, and where their words stand."""

from __future__ import annotations

import time

import pytest

from ousianer_cli.formats.edl import NilClusters
from ousianer_cli.formats.sentences import split_sentences
from ousianer_cli.formats.visible import visible_text
from ousianer_cli.formats.words import never_at_edges, split_words, words_as_read


def words(text: str) -> tuple[str, str]:
    """The words of a text as they stand and as a model reads them, joined by `·`."""
    spans = split_words(text)
    return "·".join(text[a:b] for a, b in spans), "·".join(words_as_read(visible_text(text), spans))


@pytest.mark.parametrize(
    ("text", "raw", "read"),
    [
        ("Jos&eacute Garc&iacutea", "Jos&eacute·Garc&iacutea", "José·García"),
        ("S&#227o Tom&#xE9 &#7 ", "S&#227o·Tom&#xE9·&·#·7", "São·Tomé·&·#·7"),
        ("AT&ampT R&D Mark&Sons B&copy", "AT·&amp·T·R·&·D·Mark·&·Sons·B·&·copy", "AT·&·T·R·&·D·Mark·&·Sons·B·&·copy"),
        ("JOS&EACUTE; L&NBSP;O &NOSUCH;", "JOS&EACUTE;·L·O·&·NOSUCH·;", "JOSÉ·L·O·&·NOSUCH·;"),
        ("&#xD83D;&#xDE00; &#55357;&#56832;", "&#xD83D;&#xDE00;·&#55357;&#56832;", "😀·😀"),
        ("Ａｎｎ Ｌｅｅ ２", "Ａｎｎ·Ｌｅｅ·２", "Ann·Lee·2"),
        ("𝐀𝐧𝐧 𝓛𝓮𝓮 Ⓛⓤⓝⓓ 🅱🅾", "𝐀𝐧𝐧·𝓛𝓮𝓮·Ⓛⓤⓝⓓ·🅱🅾", "Ann·Lee·Lund·BO"),
        ("Geoﬀ ǅeko Ĳssel", "Geoﬀ·ǅeko·Ĳssel", "Geoff·Džeko·IJssel"),
        ("O´Hara O`Hara Oʼhara Ann´s `Bo`", "O´Hara·O`Hara·Oʼhara·Ann·´s·`·Bo·`", "O’Hara·O’Hara·O’hara·Ann·’s·`·Bo·`"),
        ("Ann‑Lee Ann－Lee", "Ann·‑·Lee·Ann·－·Lee", "Ann·-·Lee·Ann·-·Lee"),
        ("\x93Ann\x94 O\x92Hara", "\x93·Ann·\x94·O\x92Hara", "“·Ann·”·O’Hara"),
        ("S\ufffdo Ann\ufffds \ufffdBo", "S\ufffdo·Ann·\ufffds·\ufffd·Bo", "S\ufffdo·Ann·\ufffds·\ufffd·Bo"),
        ("Merkel¹ 5 km² H₂", "Merkel·¹·5·km²·H₂", "Merkel·,·5·km²·H₂"),
        ("NATO¹ US² U.S.³ kW²", "NATO·¹·US·²·U.S.·³·kW²", "NATO·,·US·,·U.S.·,·kW²"),
        ('**Ann** saw [Lund](/L_(a) "Bo"), a [[town]].', "Ann·saw·Lund·,·a·town·.", "Ann·saw·Lund·,·a·town·."),
        ("2**3 [Ann] (Bo) [[ ]] [0]", "2·*·*·3·[·Ann·]·(·Bo·)·[·[·]·]·[·0·]", "2·*·*·3·[·Ann·]·(·Bo·)·[·[·]·]·[·0·]"),
        ("Ann Lee在东京。", "Ann·Lee·在东京·。", "Ann·Lee·在东京·。"),
        ("Mar\u00ad\nta and Mar&shy;\n> ta", "Mar\u00ad\nta·and·Mar&shy;\n> ta", "Marta·and·Marta"),
        ("Marta saw Mar-\nta, Bo-\nEk", "Marta·saw·Mar-\nta·,·Bo·-\n·Ek", "Marta·saw·Marta·,·Bo·-·Ek"),
        ("Mar-\nta saw Lund-\nbased Ek", "Mar-\nta·saw·Lund·-\n·based·Ek", "Marta·saw·Lund·-·based·Ek"),
        ("Bo of Bo-\nrus, Ann-Ma-\nria", "Bo·of·Bo·-\n·rus·,·Ann·-·Ma·-\n·ria", "Bo·of·Bo·-·rus·,·Ann·-·Ma·-·ria"),
        ("Jos=C3=A9 Mar=\nta =E2=82=AC5=20", "Jos=C3=A9·Mar=\nta·=E2=82=AC·5", "José·Marta·€·5"),
        ("Fran=E7ois a=20", "Fran=E7ois·a", "François·a"),
        ("x=20 y=C3 z", "x·=·20·y·=·C3·z", "x·=·20·y·=·C3·z"),
        ("Jos\\u00e9 \\ud83d\\ude00 \\ud83d", "Jos\\u00e9·\\ud83d\\ude00·\\·ud83d", "José·😀·\\·ud83d"),
        ("Ann \\\nLee", "Ann·Lee", "Ann·Lee"),
        ("Ann <b>Lee</b>, Os<wbr/>lo<!-- x -->", "Ann·Lee·,·Os<wbr/>lo", "Ann·Lee·,·Oslo"),
        ('<a href="x.org?a=1" id=b>Lund</a>', "Lund", "Lund"),
        ("a<b and c>d <3 <Ann> <b", "a·<·b·and·c·>·d·<·3·<·Ann·>·<·b", "a·<·b·and·c·>·d·<·3·<·Ann·>·<·b"),
        ("AL> Ann\nAL> Lee", "Ann·Lee", "Ann·Lee"),
        ("#Oslo#Lund@AnnLee/@BoEk ##Rome C#x", "#·Oslo·#·Lund·@·AnnLee·/·@·BoEk·#·#·Rome·C·#·x",
         ",·Oslo·,·Lund·,·Ann Lee·/·,·Bo Ek·,·,·Rome·C·#·x"),
    ],
)  # fmt: skip
def test_words_stand_raw_and_are_read_clean(text: str, raw: str, read: str) -> None:
    assert words(text) == (raw, read)


def test_a_break_of_a_page_ends_a_line() -> None:
    assert visible_text("Ann<br>Lee<br />\nOslo").text == "Ann\nLee\nOslo"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r"Ann\nBo\n\nLund\tOslo\r\n", "Ann\nBo\nLund\tOslo\n"),
        (r"\nabla x\ny \\nBo \textbf", r"\nabla x\ny \\nBo \textbf"),
        (r"Bo\nEk C:\new\nFjord", r"Bo\nEk C:\new\nFjord"),
        (r"Bo\nEk \\host\nFjord", r"Bo\nEk \\host\nFjord"),
    ],
)
def test_escaped_line_ends_are_no_words(text: str, read: str) -> None:
    assert visible_text(text).text == read


def test_separators_of_records_end_a_line() -> None:
    assert visible_text("Ann\x1cBo\x1dEk\x1eLee\x1fLund").text == "Ann\nBo\nEk\nLee\tLund"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann Lee", "Ａｎｎ Ｌｅｅ"),
        ("Geoff", "Geoﬀ"),
        ("O’Hara", "O´Hara"),
        ("Ann-Lee", "Ann‑Lee"),
        ("Ann-Lee", "Ann-\nLee"),
        ("Marta", "Mar-\nta"),
        ("José", "Jos&eacute"),
        ("New Lund", "New\n> Lund"),
        ("New Lund", "New\r\n>> > Lund"),
        ("New Lund", "New > Lund"),
        ("New Lund", "New\n&gt; Lund"),
    ],
)
def test_one_nil_id_however_a_name_is_spelled(one: str, other: str) -> None:
    clusters = NilClusters()
    assert clusters.id_of(one, "per") == clusters.id_of(other, "per")


@pytest.mark.parametrize(
    "unit",
    [
        "a-\n",
        "a-\n> ",
        "│",
        "| ",
        "\t",
        "@#",
        "#a",
        "&amp",
        "&#1",
        "=C3=A9",
        "\\u00",
        "a´",
        "[::",
        "x:",
        "a.b/",
        "在a",
        "¹",
        "<b",
        "<b a=",
        '<b a="',
        "\\n",
        "12:30 a\n",
        "<a> b\n",
        "**a",
        "[a](/",
        "[[a",
        "\\r\\n",
        "<!--",
    ],
)
def test_what_repeats_takes_time_in_proportion(unit: str) -> None:
    text = (unit * 30_000)[:30_000]
    begin = time.process_time()
    for start, end in split_sentences(text, 0, len(text)):
        words_as_read(visible_text(text), split_words(text, start, end))
    assert time.process_time() - begin < 3  # a tenth of a second where it is in proportion, minutes where it is not


def test_what_no_name_begins_or_ends_with() -> None:
    text = "# Ann ™ @ [ Lee ] ! + - 😀 \ufffd ¹ & . $ …"
    begins, ends = never_at_edges(visible_text(text), split_words(text))
    marks = text.split()
    assert [marks[k] for k in sorted(begins)] == ["#", "™", "+", "-", "😀", "\ufffd", "¹"]
    assert [marks[k] for k in sorted(ends)] == ["™", "@", "-", "😀", "\ufffd", "¹"]
