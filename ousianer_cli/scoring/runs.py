"""Gold and runs from files to figures, with everything that a person must know about the input named and counted."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ousianer_cli.errors import SettingsError
from ousianer_cli.formats.edl import EdlRow, iter_edl
from ousianer_cli.scoring.matching import MentionTable, Vocabulary, encode_rows, match_spans, span_codes
from ousianer_cli.scoring.measures import Prf, Reading, TypeCredit, by_type, overall, pair_credit
from ousianer_cli.settings import setting
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy


@dataclass(frozen=True)
class ScoreSettings:
    """The table `[score]` of the project file."""

    gold: str | None = setting(None, doc="gold, an EDL tab file")
    runs: list[str] = setting([], doc="runs to score, EDL tab files")
    taxonomy: str = setting("aida-edl", doc="aida, aida-edl, or a taxonomy file")
    decay: float = setting(0.5, doc="credit for each level between system type and gold type, from 0 to 1")
    open: bool = setting(False, doc="also score with full credit for any type below a gold type")

    def __post_init__(self) -> None:
        if not 0.0 <= self.decay <= 1.0:
            raise SettingsError(f"--decay ([score] decay): expected a number from 0 to 1, found {self.decay}")


@dataclass(frozen=True)
class RunScore:
    """One run's figures: `measures` by reading key, `types` by type string and reading key (empty if not asked for)."""

    name: str
    path: str
    gold_mentions: int
    system_mentions: int
    matched_spans: int
    measures: dict[str, Prf]
    types: dict[str, dict[str, Prf]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """The figures of all runs against one gold."""

    gold: str
    taxonomy: str
    decay: float
    readings: tuple[Reading, ...]
    runs: tuple[RunScore, ...]
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `json.dumps`."""
        return {
            "gold": self.gold,
            "taxonomy": self.taxonomy,
            "decay": self.decay,
            "readings": {reading.key: reading.meaning for reading in self.readings},
            "warnings": list(self.warnings),
            "runs": [
                {
                    "name": run.name,
                    "run": run.path,
                    "gold_mentions": run.gold_mentions,
                    "system_mentions": run.system_mentions,
                    "matched_spans": run.matched_spans,
                    "measures": {key: _prf(prf) for key, prf in run.measures.items()},
                    **({"by_type": _types(run.types)} if run.types else {}),
                    "warnings": list(run.warnings),
                }
                for run in self.runs
            ],
        }


def _prf(prf: Prf) -> dict[str, float]:
    return {"precision": prf.precision, "recall": prf.recall, "f1": prf.f1, "tp": prf.system_tp}


def _types(types: dict[str, dict[str, Prf]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for label, readings in types.items():
        any_prf = next(iter(readings.values()))
        result[label] = {"gold": any_prf.gold, "system": any_prf.system}
        for key, prf in readings.items():
            result[label][key] = {"precision": prf.precision, "recall": prf.recall, "f1": prf.f1}
    return result


def score_files(
    gold: str | Path,
    runs: Sequence[str | Path],
    taxonomy: Taxonomy,
    *,
    decay: float = 0.5,
    open: bool = False,
    types: bool = False,
) -> Report:
    """Score run files against a gold file; `open` adds the open reading, `types` the figures by type.

    Raises:
        InputError: a file that cannot be read or has a malformed line.
        TaxonomyError: a decay out of range.
    """
    vocabulary = Vocabulary()
    credit = TypeCredit(taxonomy, decay, open=open)
    gold_name = str(gold)
    warnings: list[str] = []
    bare_docs: set[str] = set()
    gold_table = encode_rows(_gold_rows(iter_edl(gold), gold_name, warnings, bare_docs), vocabulary)
    warnings += inspect_table(gold_table, gold_name, vocabulary, credit, is_gold=True)
    scores = []
    for path, name in zip(runs, display_names(runs), strict=True):
        table = encode_rows(iter_edl(path), vocabulary)
        scores.append(
            score_table(
                gold_table, table, vocabulary, credit, name=name, path=str(path), types=types, bare_docs=bare_docs
            )
        )
    return Report(gold_name, taxonomy.name, decay, credit.readings, tuple(scores), tuple(warnings))


def score_table(
    gold: MentionTable,
    system: MentionTable,
    vocabulary: Vocabulary,
    credit: TypeCredit,
    *,
    name: str = "run",
    path: str = "",
    types: bool = False,
    bare_docs: Iterable[str] = (),
) -> RunScore:
    """Score one encoded run against encoded gold of the same vocabulary."""
    match = match_spans(gold, system)
    weights = pair_credit(match, vocabulary, credit)
    warnings = inspect_table(system, path or name, vocabulary, credit, is_gold=False)
    warnings += compare_documents(gold, system, path or name, vocabulary, bare_docs)
    return RunScore(
        name=name,
        path=path,
        gold_mentions=len(match.gold),
        system_mentions=len(match.system),
        matched_spans=len(match),
        measures=overall(match, weights, credit),
        types=by_type(match, weights, vocabulary, credit) if types else {},
        warnings=tuple(warnings),
    )


def display_names(paths: Sequence[str | Path]) -> list[str]:
    """The shortest names that tell the runs apart: file names without ending, else the paths as given."""
    stems = [Path(path).stem for path in paths]
    return stems if len(set(stems)) == len(stems) else [str(path) for path in paths]


def _gold_rows(
    rows: Iterable[EdlRow], name: str, warnings: list[str], bare_docs: set[str]
) -> Iterator[EdlRow]:
    """Gold without names outside the taxonomy (`-`), which no run should hold; warned about once at the end.

    The documents of rows left out are put into `bare_docs`.
    """
    dropped = optional = 0
    for row in rows:
        if OUTSIDE in row.types:
            rest = [label for label in row.types if label != OUTSIDE]
            if not rest:
                dropped += 1
                bare_docs.add(row.doc)
                continue
            optional += 1
            row = dataclasses.replace(row, type="|".join(rest))
        yield row
    if dropped:
        warnings.append(f"{name}: {dropped} rows of type '{OUTSIDE}' (outside the taxonomy) are no mentions; left out")
    if optional:
        warnings.append(f"{name}: {optional} rows with '{OUTSIDE}' among their alternatives are scored by the others")


def inspect_table(
    table: MentionTable, name: str, vocabulary: Vocabulary, credit: TypeCredit, *, is_gold: bool
) -> list[str]:
    """Sentences about whatever in a table would change its score unseen, with counts and the first line."""
    if not len(table):
        return [f"{name}: no mentions; precision and recall are 0"]
    found = []
    (spans,) = span_codes([table])
    place = np.stack([spans, table.label, table.form])
    copies = repeated(place)
    if len(copies):
        line = table.line[copies].min()
        found.append(f"{name}: {len(copies)} duplicate lines (same place and type), first in line {line}; counted once")
    several = int((np.bincount(np.delete(spans, copies)) > 1).sum())
    if several:
        found.append(f"{name}: {several} spans have several types; the most confident is scored (of equals the first)")
    upper, unknown, alternatives = Counter[str](), Counter[str](), 0
    first: dict[str, int] = {}
    labels, where, counts = np.unique(table.label, return_index=True, return_counts=True)
    for code, at, count in zip(labels.tolist(), where.tolist(), counts.tolist(), strict=True):
        label = vocabulary.labels.names[code]
        parts = label.split("|")
        if len(parts) > 1 and not is_gold:
            alternatives += count
            continue
        for part in parts:
            if credit.knows(part):
                continue
            (upper if part != part.lower() else unknown)[part] += count
            first.setdefault(part, int(table.line[at]))
    if alternatives:
        found.append(f"{name}: {alternatives} rows have alternatives in column 6; a run's row has one type")
    if upper:
        found.append(
            f"{name}: {upper.total()} rows have a type with capitals ({_examples(upper, first)}); types are compared "
            "as written, and those of the taxonomy are lower-case"
        )
    if unknown:
        known = credit.taxonomy.name or "the taxonomy"
        found.append(
            f"{name}: {unknown.total()} rows have a type that {known} lacks ({_examples(unknown, first)}); such a type "
            "matches only itself"
        )
    forms = Counter({vocabulary.forms.names[c]: n for c, n in enumerate(np.bincount(table.form).tolist()) if n})
    if nominal := forms["NOM"]:
        found.append(f"{name}: {nominal} NOM rows; tree credit is for NAM, they count where the type is equal")
    odd = {form: n for form, n in forms.items() if form not in ("NAM", "NOM")}
    if odd:
        listed = ", ".join(f"'{form}'" for form in list(odd)[:3])
        found.append(f"{name}: {sum(odd.values())} rows have {listed} in column 7, where NAM or NOM is expected")
    return found


def _examples(counts: Counter[str], first: dict[str, int], limit: int = 3) -> str:
    shown = [f"{label} x{count}, first in line {first[label]}" for label, count in counts.most_common(limit)]
    rest = len(counts) - len(shown)
    return "; ".join(shown) + (f"; and {rest} more" if rest else "")


def repeated(columns: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Places [..] of the columns of an array [C, M] that equal an earlier one."""
    order = np.lexsort(columns[::-1])
    same = np.all(columns[:, order[1:]] == columns[:, order[:-1]], axis=0)
    return np.sort(order[1:][same])


def compare_documents(
    gold: MentionTable, system: MentionTable, name: str, vocabulary: Vocabulary, bare_docs: Iterable[str] = ()
) -> list[str]:
    """Sentences about documents that only one side has; `bare_docs` are gold's too, without mentions that count."""
    if not len(gold) or not len(system):
        return []
    bare = np.array([vocabulary.docs.code(doc) for doc in bare_docs], dtype=np.int64)
    gold_docs, system_docs = np.union1d(gold.doc, bare), np.unique(system.doc)
    extra, missing = np.setdiff1d(system_docs, gold_docs), np.setdiff1d(gold.doc, system_docs)
    names = vocabulary.docs.names
    if len(extra) == len(system_docs):
        return [
            f"{name}: no document in common with gold (run: {names[extra[0]]} …, gold: {names[gold_docs[0]]} …); is "
            "this the run of another set, or do the ids carry a suffix?"
        ]
    found = []
    if len(extra):
        rows = int(np.isin(system.doc, extra).sum())
        found.append(
            f"{name}: {len(extra)} documents with {rows} rows are not in gold ({names[extra[0]]} …); they count "
            "as false"
        )
    if len(missing):
        rows = int(np.isin(gold.doc, missing).sum())
        found.append(
            f"{name}: {len(missing)} documents of gold with {rows} rows have none here ({names[missing[0]]} …); "
            "they count as missed"
        )
    return found
