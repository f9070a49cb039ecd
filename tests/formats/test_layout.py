"""Wrapped lines, quoted mail, cells of tables, and marks inside names."""

from __future__ import annotations

import pytest

from ousianer_cli.formats.sentences import split_sentences
from ousianer_cli.formats.words import split_words


def sentences(text: str) -> list[str]:
    """Each sentence as its words, joined by one blank."""
    found = split_sentences(text, 0, len(text))
    return [" ".join(text[c:d] for c, d in split_words(text, a, b)) for a, b in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The mayor of Lund, Ann Roe, told the press in New\nYork on Monday that a ship of the United\n"
            "States of America would go to\nPort Said. A ship of General\nFreight will not.",
            [
                "The mayor of Lund , Ann Roe , told the press in New York on Monday that a ship of the United States "
                "of America would go to Port Said .",
                "A ship of General Freight will not .",
            ],
        ),
        ("Bo Ek spoke in New\nYork about the\nWorld Bank.", ["Bo Ek spoke in New York about the World Bank ."]),
        (
            "> Today Ann Lee of the World Trade\n> Club said that she would meet Bo\n"
            "> Ek in New\n> York City.\n\nThanks",
            ["Today Ann Lee of the World Trade Club said that she would meet Bo Ek in New York City .", "Thanks"],
        ),
        ("> I know Ann\n>> Lee of the\n>> Club", ["I know Ann", "Lee of the Club"]),
        (
            "Best wishes,\nAnn Roe\nFjord AS\nBergen, Norway",
            ["Best wishes ,", "Ann Roe", "Fjord AS", "Bergen , Norway"],
        ),
        ("ROE MEETS EK IN LUND\nAnn Roe met Bo Ek.", ["ROE MEETS EK IN LUND", "Ann Roe met Bo Ek ."]),
        ("From: Ann Roe\nTo: Bo Ek\nSubject: the boat", ["From : Ann Roe", "To : Bo Ek", "Subject : the boat"]),
        ("- see Ann Roe\n- call the\n  office of Bo\n- rest", ["- see Ann Roe", "- call the office of Bo", "- rest"]),
        ("ann lee\nbo ek\ncy moe", ["ann lee", "bo ek", "cy moe"]),
    ],
)
def test_lines(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name\tTown\nAnn Roe\tNew Lund", ["Name", "Town", "Ann Roe", "New Lund"]),
        ("| Ann Roe | Oslo |\n|---|---|", ["| Ann Roe |", "Oslo |", "| - - - |", "- - - |"]),
        ("Ann   Roe      New   Lund     Fjord AS", ["Ann Roe", "New Lund", "Fjord AS"]),
        (
            "Name           Town          Firm\nMaria Dahlen   New Lund      Fjord AS\n"
            "Bo Ek          Los Robledos  Yard",
            ["Name", "Town", "Firm", "Maria Dahlen", "New Lund", "Fjord AS", "Bo Ek", "Los Robledos", "Yard"],
        ),
        ("Ann  Lee came.  Bo left.", ["Ann Lee came .", "Bo left ."]),
        ("so  it was  said of the  old\nAnn  Roe that the  mill is hers.", None),
    ],
)
def test_cells(text: str, expected: list[str] | None) -> None:
    found = sentences(text)
    assert found == expected if expected else "Ann Roe that the mill is hers ." in found[-1]


@pytest.mark.parametrize(
    "text",
    [
        "The firm Yahoo! Inc. was sold.",
        "He saw Panic! At The Disco live.",
        "She works for Who? Productions.",
        "They read Yahoo! News and slept.",
    ],
)
def test_a_mark_inside_a_name_ends_no_sentence(text: str) -> None:
    assert len(sentences(text)) == 1


def test_a_mark_before_a_new_sentence_ends_one() -> None:
    text = "Help! At the door stood Ann. Wow! News is out. Stop! The car is here. Did Ann? At noon, yes."
    assert len(sentences(text)) == 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("│ Ann Roe │ New Lund │\n│ Bo Ek │ Oslo │", ["│ Ann Roe │", "New Lund │", "│ Bo Ek │", "Oslo │"]),
        (
            "      Ann Roe      New Lund      Yard\n     Maria Ek  Los Robledos    Fjord",
            ["Ann Roe", "New Lund", "Yard", "Maria Ek", "Los Robledos", "Fjord"],
        ),
        (
            "Ann Roe  New Lund  Yard\nMaria Ek  Los Robledos  Fjord",
            ["Ann Roe", "New Lund", "Yard", "Maria Ek", "Los Robledos", "Fjord"],
        ),
        (
            "1. Ann Roe\n2. Bo Ek\na) Kim Lee\n(iv) Oslo\n[2] Lund\n➢ Rome",
            ["1 . Ann Roe", "2 . Bo Ek", "a ) Kim Lee", "( iv ) Oslo", "[ 2 ] Lund", "➢ Rome"],
        ),
        ("* Ann\n  Roe left Lund.\n* Bo\n  Ek did not.", ["* Ann Roe left Lund .", "* Bo Ek did not ."]),
        (
            "The talks of the Trans-\nFjord Club in Baden-\nLund ended.",
            ["The talks of the Trans -\n Fjord Club in Baden -\n Lund ended ."],
        ),
        (
            "MAYOR ROE MET THE HEAD OF NEW\nLUND TODAY TO SPEAK OF THE BOATS OF THE NORTHERN\nFLEET AND BO\nEK.",
            ["MAYOR ROE MET THE HEAD OF NEW LUND TODAY TO SPEAK OF THE BOATS OF THE NORTHERN FLEET AND BO EK ."],
        ),
        ("> I think Ann\n> Roe left.\n\n> Bo Ek\n> Fjord AS", ["I think Ann Roe left .", "Bo Ek", "Fjord AS"]),
        ("I saw Ms Ann\n> Roe in Lund.", ["I saw Ms Ann Roe in Lund ."]),
        ("> He spoke of the\nfirm and of Bo\n> Ek to me.", ["He spoke of the firm and of Bo", "Ek to me ."]),
        ("> Do you know Ann\nYes, I do.", ["Do you know Ann", "Yes , I do ."]),
        (
            "Head of the Yard, Boats\nFjord AS\nNew Lund, NL 10001\nwww.fjord.no\ntel. 12",
            ["Head of the Yard , Boats", "Fjord AS", "New Lund , NL 10001", "www.fjord.no", "tel .", "12"],
        ),
        (
            "00:00:01,000 --> 00:00:04,000\nAnn Roe met the head\nof New\nLund today.",
            ["00:00:01,000 - - > 00:00:04,000", "Ann Roe met the head of New Lund today ."],
        ),
        (
            "[12:30] <bo> I saw the old mayor of New Lund\n[12:31] <ann> no way, he is in the town of Oslo",
            [
                "[ 12:30 ] < bo > I saw the old mayor of New Lund",
                "[ 12:31 ] < ann > no way , he is in the town of Oslo",
            ],
        ),
        ("<bo> I saw the\n<ann> no way", ["< bo > I saw the", "< ann > no way"]),
        (
            "2014-03-01 12:00 the mayor of Lund came to see us\n2014-03-02 12:01 the mayor of Lund went away again",
            [
                "2014 - 03 - 01 12:00 the mayor of Lund came to see us",
                "2014 - 03 - 02 12:01 the mayor of Lund went away again",
            ],
        ),
    ],
)
def test_rows_items_and_quotes_of_other_kinds(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected
