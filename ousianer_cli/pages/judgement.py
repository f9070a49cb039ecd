"""A run's names judged by gold, one document at a time, for showing them: the classes of `ousianer score --errors`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, Annotation, one_a_stretch
from ousianer_cli.formats.edl import normalise_mention_string
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.scoring.alignment import Kind, align
from ousianer_cli.scoring.faults import level_class
from ousianer_cli.taxonomy.tree import OUTSIDE


class Verdict(IntEnum):
    """What is said of a name; without gold nothing is."""

    NONE = 0
    RIGHT = 1
    TYPE = 2
    BOUNDARY = 3
    MISSED = 4
    SPURIOUS = 5
    OUTSIDE = 6


@dataclass(frozen=True, slots=True)
class Judged:
    """A name of the run or of gold; `partner` is the place in the document's list of the name it is matched with."""

    name: Annotation
    of_gold: bool
    verdict: Verdict
    partner: int = -1
    why: str = ""
    """Of a type error: where the types part."""


def unjudged(annotations: Sequence[Annotation]) -> list[Judged]:
    """The names of a run that has no gold."""
    return [Judged(name, False, Verdict.NONE) for name in one_a_stretch(annotations)]


def judge(gold: Sequence[Annotation], run: Sequence[Annotation]) -> list[Judged]:
    """The names of both sides with their verdicts, in text order.

    Spans match exactly; a name that only overlaps one of the other side is a boundary error, as in scoring. Gold's
    names outside the taxonomy (`-`) count on neither side; a name of the run on such a stretch is `OUTSIDE`.
    """
    outside = {(a.start, a.end) for a in gold if set(a.types) == {OUTSIDE}}
    names = one_a_stretch(a for a in gold if set(a.types) != {OUTSIDE})
    answers = one_a_stretch(run)
    found: list[Judged] = []
    for change in align(names, answers):
        old, new = change.old, change.new
        if old and new and change.kind in (Kind.SAME, Kind.RETYPED):
            verdict = Verdict.RIGHT if change.kind is Kind.SAME else Verdict.TYPE
            why = "" if verdict is Verdict.RIGHT else parting(old, new)
            found.append(Judged(new, False, verdict, len(found) + 1, why))
            found.append(Judged(old, True, verdict, len(found) - 1, why))
            continue
        both = old is not None and new is not None
        if new is not None:
            if _touches(new, names):
                verdict = Verdict.BOUNDARY
            else:
                verdict = Verdict.OUTSIDE if (new.start, new.end) in outside else Verdict.SPURIOUS
            found.append(Judged(new, False, verdict, len(found) + 1 if both else -1))
        if old is not None:
            verdict = Verdict.BOUNDARY if _touches(old, answers) else Verdict.MISSED
            found.append(Judged(old, True, verdict, len(found) - 1 if both else -1))
    return found


def _touches(name: Annotation, others: Iterable[Annotation]) -> bool:
    return any(name.start < other.end and other.start < name.end for other in others)


def parting(gold: Annotation, run: Annotation) -> str:
    """In words, where a wrong type parts from gold's nearest alternative."""
    if gold.type.lower() == run.type.lower():
        return f"{run.form} instead of {gold.form}"
    path, *ways = (tuple(kind.lower().split(".")) for kind in (run.type, *gold.types))
    return level_class(path, ways).removeprefix("type ")


def gold_in(item: AnnotatedDocument, gold: Iterable[Annotation], report: CorpusReport) -> list[Annotation]:
    """Gold's annotations, which count as in their file, at their places in a document; those that do not fit are
    counted."""
    from dataclasses import replace

    text, shift = item.document.text, item.document.offset_shift
    found = []
    for name in gold:
        start, end = name.start + shift, name.end + shift
        there = normalise_mention_string(text[start:end])
        if end > len(text) or (name.string and there != normalise_mention_string(name.string)):
            report.drop("names of gold that are not at their place in the text")
        else:
            found.append(replace(name, start=start, end=end))
    return found
