"""What stands at the edges of names and is no part of them: titles, parties, brackets that are not a pair.

By the task's guidelines and by the open corpus that the project trains on, in which 2 of 52,801 names begin with a
title (a nickname), none with a party and 3 have half a pair of brackets (a transcript's).
"""

from __future__ import annotations

from collections.abc import Sequence

from ousianer_cli.formats.words import word_set

# Titles with a full stop behind them, and those that stand without one, too.
_TITLES = word_set(
    """
    Mr Mrs Ms Mx Messrs Dr Prof Sen Sens Rep Reps Gov Govs Gen Lt Col Sgt Capt Maj Cpl Pvt Adm Rev Pres Amb Cmdr Brig
    Supt Insp Comdr Cpt Pfc Spc Pte Gens Drs Profs Mme Mlle Herr Frau Señor Señora
    MR MRS MS DR PROF SEN REP GOV GEN LT COL SGT CAPT MAJ ADM REV
    """
)
_WITHOUT_STOP = word_set("Mr Mrs Ms Mx Dr Prof Mme Mlle Herr Frau Señor Señora")
# Behind these a title is a part of another name: of firms, brands, books and films. Collected by hand:
# the open corpus has none of them. One that is missing here loses its title, and stays a name.
_OF_NAMES = word_set(
    "Pepper Dre Martens Oetker Seuss Strangelove Bean T Motors Electric Assembly Mills Dynamics Spastic"
)
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def titles_before(words: Sequence[str]) -> int:
    """How many of a name's first words are titles (`Lt. Gen.`), full stops counted; 0 where nothing else is left."""
    count = 0
    while count < len(words) and words[count] in _TITLES:
        stop = count + 1 < len(words) and words[count + 1] == "."
        if not stop and words[count] not in _WITHOUT_STOP:
            break
        following = count + 1 + stop
        if following >= len(words) or not words[following][:1].isupper() or words[following] in _OF_NAMES:
            break
        count = following
    return count


def party_before(before: str, words: Sequence[str]) -> int:
    """How many of a name's first words are an American politician's party, behind what stands `before`: `(R-N.J.)`."""
    is_party = before in ("(", ",") and len(words) > 2 and words[0] in ("R", "D", "I") and words[1] in ("-", "\u2013")
    return 2 if is_party and words[2][:1].isupper() and words[2] != "Day" else 0


def half_pairs(words: Sequence[str]) -> set[int]:
    """Which of a name's words are brackets whose other half is not among them."""
    halves: set[int] = set()
    opened: list[int] = []
    for place, word in enumerate(words):
        if word in _PAIRS:
            opened.append(place)
        elif word in _PAIRS.values():
            if opened and _PAIRS[words[opened[-1]]] == word:
                opened.pop()
            else:
                halves.add(place)
    return halves | set(opened)
