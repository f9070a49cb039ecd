"""Gold and runs from files to figures, with everything that a person must know about the input named and counted."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.scoring import calibration as calibration_room
from ousianer_cli.scoring.checks import (
    columns_reversed,
    compare_documents,
    inspect_table,
    other_forms,
    weights_direction,
)
from ousianer_cli.scoring.faults import Faults, find_faults
from ousianer_cli.scoring.hierarchy import HIERARCHY_READINGS, hierarchy_sums
from ousianer_cli.scoring.inputs import (
    Filters,
    keep,
    read_as_neleval,
    read_document_list,
    read_mentions,
    read_pairs,
    read_regions,
)
from ousianer_cli.scoring.matching import (
    Ints,
    Match,
    MentionTable,
    Vocabulary,
    match_spans,
)
from ousianer_cli.scoring.measures import (
    BOTH,
    OPEN,
    READINGS,
    SPAN,
    STRICT,
    Prf,
    Reading,
    TypeCredit,
    by_type,
    document_credit,
    pair_credit,
    total,
)
from ousianer_cli.scoring.resampling import Difference, Interval, bootstrap, compare, intervals, sensible
from ousianer_cli.scoring.track import (
    TRACK_MEASURES,
    TrackMeasure,
    TypeWeights,
    cluster_totals,
    document_sums,
    make_marks,
    parse_measure,
    read_type_weights,
    weighted_sums,
)
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy, load_taxonomy

Floats = NDArray[np.float64]
NELEVAL_DEFAULT = (
    "strong_mention_match",
    "strong_typed_mention_match",
    "strong_all_match",
    "strong_typed_all_match",
    "mention_ceaf",
    "typed_mention_ceaf",
)
_GENRE_CODES = ("NW", "DF", "WB", "WL", "SN", "RF", "BN", "BC", "NG", "CTS", "PROXY")


@dataclass(frozen=True)
class ScoreOptions:
    """How files are read, and what is worked out beside the readings."""

    measures: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    kind: str = "auto"
    filters: Filters = Filters()
    type_weights: str | None = None
    neleval_exact: bool = False
    unknown_types: Literal["keep", "refuse"] = "keep"
    genres: str | None = None
    resamples: int = 0
    seed: int = 1
    compare: bool = False
    faults: bool = False
    confidence: bool = False


@dataclass(frozen=True)
class Confidence:
    """What a run's confidences are worth under one reading."""

    calibration: calibration_room.Calibration
    threshold: calibration_room.Threshold
    curve: calibration_room.Curve


@dataclass(frozen=True)
class RunScore:
    """One run's figures: `measures` by key, `types` by type string and reading key (empty if not asked for).

    `sums` are [D, 4] by document of the report, for measures that add up over documents.
    """

    name: str
    path: str
    gold_mentions: int
    system_mentions: int
    matched_spans: int
    measures: dict[str, Prf]
    types: dict[str, dict[str, Prf]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    sums: dict[str, Floats] = field(default_factory=dict)
    intervals: dict[str, tuple[Interval, Interval, Interval]] = field(default_factory=dict)
    faults: Faults | None = None
    confidence: dict[str, Confidence] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """Two runs tested against each other in one measure: the second less the first."""

    first: str
    second: str
    measure: str
    precision: Difference
    recall: Difference
    f1: Difference


@dataclass(frozen=True)
class Report:
    """The figures of all runs against one gold."""

    gold: str
    taxonomy: str
    decay: float
    readings: tuple[Reading, ...]
    runs: tuple[RunScore, ...]
    warnings: tuple[str, ...] = ()
    shown: tuple[Reading, ...] = ()
    documents: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    resamples: int = 0
    seed: int = 1
    comparisons: tuple[Comparison, ...] = ()
    credit: TypeCredit | None = None

    @property
    def table(self) -> tuple[Reading, ...]:
        """The readings of the main table."""
        return self.shown or self.readings

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `json.dumps`."""
        return {
            "gold": self.gold,
            "taxonomy": self.taxonomy,
            "decay": self.decay,
            "documents": len(self.documents),
            "resamples": self.resamples,
            "seed": self.seed,
            "readings": {reading.key: reading.meaning for reading in self.readings},
            "warnings": list(self.warnings),
            "runs": [self._run(run) for run in self.runs],
            **({"comparisons": [asdict(one) for one in self.comparisons]} if self.comparisons else {}),
        }

    def _run(self, run: RunScore) -> dict[str, Any]:
        content: dict[str, Any] = {
            "name": run.name,
            "run": run.path,
            "gold_mentions": run.gold_mentions,
            "system_mentions": run.system_mentions,
            "matched_spans": run.matched_spans,
            "measures": {key: _prf(prf) for key, prf in run.measures.items()},
        }
        if run.intervals:
            figures = ("precision", "recall", "f1")
            content["intervals"] = {
                key: {name: [one.low, one.high] for name, one in zip(figures, found, strict=True)}
                for key, found in run.intervals.items()
            }
        if run.types:
            content["by_type"] = _types(run.types)
        if run.faults:
            content["errors"] = {name: {"gold": g, "run": s} for name, (g, s) in run.faults.classes.items()}
            content["confusion"] = [{"gold": g, "run": s, "count": n} for (g, s), n in run.faults.pairs.items()]
        if run.confidence:
            content["confidence"] = {
                key: {"calibration": asdict(one.calibration), "threshold": asdict(one.threshold)}
                for key, one in run.confidence.items()
            }
        content["warnings"] = list(run.warnings)
        return content

    def by_document(self, run: RunScore, key: str) -> list[tuple[str, Prf]]:
        """A measure's figures for each document that has mentions on either side."""
        sums = run.sums[key]
        places = np.flatnonzero(sums[:, 1] + sums[:, 3]).tolist()
        return [(self.documents[place], total(sums[place : place + 1])) for place in places]

    def by_genre(self, run: RunScore, key: str) -> list[tuple[str, int, Prf]]:
        """A measure's figures for each genre, with its number of documents."""
        names = np.array(self.genres)
        groups = ((name, np.flatnonzero(names == name)) for name in sorted(set(self.genres)))
        return [(name, len(places), total(run.sums[key][places])) for name, places in groups]


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


@dataclass(frozen=True)
class Selection:
    """What `--measure` names: readings of trees and sets of types, and measures of the track."""

    shown: tuple[Reading, ...]
    hierarchy: bool
    track: tuple[TrackMeasure, ...]


def select_measures(names: Sequence[str], *, open: bool = False) -> Selection:
    """The measures behind names; `all` is every one, none the readings of the default table.

    Raises:
        SettingsError: a name that is no measure.
    """
    base = (*READINGS, OPEN) if open else READINGS
    if "all" in names:
        track = tuple(TRACK_MEASURES.values())
        return Selection((*base, *HIERARCHY_READINGS, *(one.reading() for one in track)), True, track)
    readings = {reading.key: reading for reading in (*READINGS, OPEN, *HIERARCHY_READINGS)}
    shown: dict[str, Reading] = {}
    measures = []
    for name in names:
        measure = parse_measure(name)
        if name in readings:
            shown[name] = readings[name]
        elif measure is not None:
            if name not in shown:
                measures.append(measure)
            shown[name] = measure.reading()
        else:
            known = [*readings, *TRACK_MEASURES, "all"]
            near = difflib.get_close_matches(name, known, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
            if Path(name).suffix:
                hint = "files stand before --measure"
            raise SettingsError(f"--measure: expected the name of a measure, found '{name}'; {hint}")
    hierarchy = any(reading in HIERARCHY_READINGS for reading in shown.values())
    return Selection(tuple(shown.values()) or base, hierarchy, tuple(measures))


def score_files(
    gold: str | Path,
    runs: Sequence[str | Path],
    taxonomy: Taxonomy,
    *,
    decay: float = 0.5,
    open: bool = False,
    types: bool = False,
    options: ScoreOptions | None = None,
) -> Report:
    """Score run files against a gold file; `open` adds the open reading, `types` the figures by type.

    Raises:
        InputError: a file that cannot be read or has a malformed line.
        SettingsError: an unknown measure, or options that exclude each other.
        TaxonomyError: a decay out of range.
    """
    options = options or ScoreOptions()
    if options.neleval_exact and not options.measures:
        options = replace(options, measures=NELEVAL_DEFAULT)
    open = open or "open" in options.measures
    selection = select_measures(options.measures, open=open)
    credit = TypeCredit(taxonomy, decay, open=open)
    weights, warnings = None, list[str]()
    if options.type_weights:
        weights, warnings = read_type_weights(options.type_weights, exact=options.neleval_exact)
        warnings += weights_direction(weights, credit)
    names = options.names or tuple(display_names(runs))
    if len(names) != len(runs):
        raise SettingsError(f"--names: expected {len(runs)} names, one a run, found {len(names)} ({', '.join(names)})")
    reader = _Reader(taxonomy, credit, options)
    gold_side = reader.read(gold, is_gold=True)
    sides = [reader.read(path, is_gold=False) for path in runs]
    vocabulary = reader.vocabulary
    codes = reader.documents([gold_side, *sides])
    scores = [
        _score(gold_side, side, vocabulary, credit, selection, codes, weights, options, name=name, types=types)
        for side, name in zip(sides, names, strict=True)
    ]
    resamples = sensible(len(codes), options.resamples) if len(codes) > 1 else 0
    comparisons: tuple[Comparison, ...] = ()
    if resamples:
        scores, comparisons = _with_intervals(scores, selection, resamples, options)
    documents = tuple(vocabulary.docs.names[code] for code in codes.tolist())
    genre = genre_rule(options.genres) if options.genres is not None else None
    extra = tuple(reading for reading in selection.shown if reading not in credit.readings)
    return Report(
        gold=str(gold),
        taxonomy=taxonomy.name,
        decay=decay,
        readings=(*credit.readings, *extra),
        runs=tuple(scores),
        warnings=(*warnings, *gold_side.warnings),
        shown=selection.shown,
        documents=documents,
        genres=tuple(map(genre, documents)) if genre else (),
        resamples=resamples,
        seed=options.seed,
        comparisons=comparisons,
        credit=credit,
    )


@dataclass(frozen=True)
class Side:
    """One file as it is scored: rows for the readings, those that neleval would hold (if exact), names outside."""

    path: str
    table: MentionTable
    exact: MentionTable | None
    outside: MentionTable
    warnings: tuple[str, ...]


class _Reader:
    """Reads gold and runs with one vocabulary and the same filters."""

    def __init__(self, taxonomy: Taxonomy, credit: TypeCredit, options: ScoreOptions) -> None:
        self.vocabulary = Vocabulary()
        self.credit, self.options = credit, options
        self.wider = load_taxonomy("aida") if taxonomy.name == "aida-edl" else taxonomy
        excluded = options.filters.excluded
        self.regions = read_regions(excluded, self.vocabulary) if excluded else None
        self.listed = read_document_list(options.filters.docs) if options.filters.docs else None

    def read(self, path: str | Path, *, is_gold: bool) -> Side:
        name, words = str(path), self.vocabulary
        notes: list[str] = []
        if self.options.neleval_exact:
            table = read_as_neleval(path, words, self.options.kind)
        else:
            table, notes = read_mentions(path, words, self.options.kind)
        table, more = keep(table, words, self.options.filters, self.regions, self.listed, name=name, is_gold=is_gold)
        notes += more
        exact, outside = None, table.take(np.empty(0, dtype=np.int64))
        if self.options.neleval_exact:
            exact, table = table, split_types(table, words)
        elif is_gold:
            table, outside, more = without_outside(table, name, words)
            notes += more
        if self.options.unknown_types == "refuse" and exact is None:
            self._refuse_unknown(table, name)
        notes += inspect_table(table, name, words, self.credit, is_gold=is_gold)
        return Side(name, table, exact, outside, tuple(notes))

    def documents(self, sides: Sequence[Side]) -> Ints:
        """The codes of all documents that are scored."""
        columns = [table.doc for side in sides for table in (side.table, side.outside)]
        listed = [self.vocabulary.docs.code(doc) for doc in self.listed or ()]
        return np.unique(np.concatenate([*columns, np.array(listed, dtype=np.int64)]))

    def _refuse_unknown(self, table: MentionTable, name: str) -> None:
        """An `InputError` for the first type that neither the taxonomy nor the whole ontology has, case aside."""
        words = self.vocabulary
        labels, where, counts = np.unique(table.label, return_index=True, return_counts=True)
        for code, at, count in sorted(
            zip(labels.tolist(), where.tolist(), counts.tolist(), strict=True), key=lambda item: item[1]
        ):
            if columns_reversed(words.labels.names[code], words.forms.names[int(table.form[at])], self.credit):
                continue
            for part in words.labels.names[code].split("|"):
                if part == OUTSIDE or self.wider.find(part, ignore_case=True) or not part:
                    continue
                taxonomy = self.credit.taxonomy
                known = [taxonomy.to_row(node) for node in taxonomy.types]
                near = difflib.get_close_matches(part.lower(), known, n=1)
                hint = f"write {near[0]}, or " if near else ""
                raise InputError(
                    f"a type of taxonomy '{taxonomy.name}'",
                    f"'{part}'" + (f" ({count} rows)" if count > 1 else ""),
                    path=name,
                    line=int(table.line[at]),
                    remedy=f"{hint}choose another --taxonomy, or keep such types as they are with --unknown-types keep",
                )


def without_outside(
    table: MentionTable, name: str, vocabulary: Vocabulary
) -> tuple[MentionTable, MentionTable, list[str]]:
    """Gold without names outside the taxonomy (`-`), those names, and sentences with counts.

    No run should hold them, and their documents are gold's all the same.
    """
    size = len(vocabulary.labels)
    target = np.arange(size, dtype=np.int64)
    for code, label in enumerate(vocabulary.labels.names[:size]):
        if OUTSIDE in (parts := label.split("|")):
            rest = [part for part in parts if part != OUTSIDE]
            target[code] = vocabulary.labels.code("|".join(rest)) if rest else -1
    changed = target[table.label]
    notes = []
    if dropped := int((changed < 0).sum()):
        notes.append(f"{name}: {dropped} rows of type '{OUTSIDE}' (outside the taxonomy) are no mentions; left out")
    if optional := int(((changed >= 0) & (changed != table.label)).sum()):
        notes.append(f"{name}: {optional} rows with '{OUTSIDE}' among their alternatives are scored by the others")
    if not dropped and not optional:
        return table, table.take(np.empty(0, dtype=np.int64)), notes
    gone = np.flatnonzero(changed < 0).astype(np.int64, copy=False)
    rest_at = np.flatnonzero(changed >= 0).astype(np.int64, copy=False)
    return replace(table, label=changed).take(rest_at), table.take(gone), notes


def split_types(table: MentionTable, vocabulary: Vocabulary) -> MentionTable:
    """A table of joined types (`per/NAM`) as types and mention types."""
    labels, forms = table.label.copy(), table.form.copy()
    for code in np.unique(table.label).tolist():
        label, slash, form = vocabulary.labels.names[code].rpartition("/")
        at = table.label == code
        labels[at] = vocabulary.labels.code(label if slash else form)
        forms[at] = vocabulary.forms.code(form if slash else "")
    return replace(table, label=labels, form=forms)


def _score(
    gold: Side,
    side: Side,
    vocabulary: Vocabulary,
    credit: TypeCredit,
    selection: Selection,
    documents: Ints,
    weights: TypeWeights | None,
    options: ScoreOptions,
    *,
    name: str,
    types: bool,
) -> RunScore:
    score, match, worth = _readings(gold.table, side.table, vocabulary, credit, name, side.path, types)
    strict = worth[:, credit.readings.index(STRICT)]
    count = len(vocabulary.docs)
    sums = document_credit(match, worth, credit, count)
    if selection.hierarchy:
        sums.update(hierarchy_sums(gold.table, side.table, match, vocabulary, credit.taxonomy, strict))
    measures = {}
    for measure, found in _track(gold, side, match, strict, vocabulary, selection, weights, count):
        if isinstance(found, Prf):
            measures[measure.name] = found
        else:
            sums[measure.name] = found
    sums = {key: value[documents] for key, value in sums.items()}
    measures.update({key: total(value) for key, value in sums.items()})
    ordered = [reading.key for reading in (*credit.readings, *selection.shown)]
    warnings = list(side.warnings)
    warnings += compare_documents(gold.table, side.table, side.path, vocabulary, gold.outside.doc)
    warnings += other_forms(match, side.path, vocabulary)
    return replace(
        score,
        measures={key: measures[key] for key in dict.fromkeys(ordered)},
        sums=sums,
        warnings=tuple(warnings),
        faults=find_faults(match, strict, gold.outside, vocabulary, credit) if options.faults else None,
        confidence=_confidence(match, worth, credit) if options.confidence else {},
    )


def _track(
    gold: Side,
    side: Side,
    match: Match,
    strict: Floats,
    vocabulary: Vocabulary,
    selection: Selection,
    weights: TypeWeights | None,
    documents: int,
) -> Iterable[tuple[TrackMeasure, Prf | Floats]]:
    """The figures of the chosen measures of the track: sums by document, or totals for those over clusters."""
    if not selection.track:
        return
    if gold.exact is not None and side.exact is not None:
        tables = gold.exact, side.exact
        label = gold.exact.label
    else:
        tables = match.gold, match.system
        # Where the run has one of gold's alternatives, that is gold's type.
        label = match.gold.label.copy()
        right = strict >= 1.0
        label[match.gold_place[right]] = match.system.label[match.system_place[right]]
    marks = make_marks(*tables, vocabulary, label)
    for measure in selection.track:
        if measure.clusters:
            system_tp, system, gold_tp, gold_count = cluster_totals(measure, *marks)
            yield measure, Prf(system_tp, system, gold_tp, gold_count)
        elif weights is not None and measure.aggregate == "sets" and "type" in measure.fields:
            names = [_joined(table, vocabulary) for table in tables]
            yield measure, weighted_sums(measure, *marks, documents, weights, *names)
        else:
            yield measure, document_sums(measure, *marks, documents)


def _joined(table: MentionTable, vocabulary: Vocabulary) -> list[str]:
    labels, forms = vocabulary.labels.names, vocabulary.forms.names
    pairs = zip(table.label.tolist(), table.form.tolist(), strict=True)
    return [f"{labels[label]}/{forms[form]}" if forms[form] else labels[label] for label, form in pairs]


def _confidence(match: Match, worth: Floats, credit: TypeCredit) -> dict[str, Confidence]:
    """Calibration, curve and best threshold of the run's scored mentions under three readings."""
    result = {}
    values = match.system.confidence
    for reading in (SPAN, STRICT, BOTH):
        right = np.zeros(len(match.system), dtype=np.float64)
        right[match.system_place] = worth[:, credit.readings.index(reading)]
        curve = calibration_room.curve(values, right, float(len(match.gold)))
        threshold = calibration_room.best_threshold(curve)
        found = calibration_room.calibration(values, right)
        if found is not None and threshold is not None:
            result[reading.key] = Confidence(found, threshold, curve)
    return result


def _with_intervals(
    scores: Sequence[RunScore], selection: Selection, resamples: int, options: ScoreOptions
) -> tuple[list[RunScore], tuple[Comparison, ...]]:
    """The scores with intervals, and the runs compared two by two."""
    keys = list(dict.fromkeys([*(r.key for r in selection.shown if r.key in scores[0].sums), *scores[0].sums]))
    if not keys:
        return list(scores), ()
    drawn = bootstrap(np.stack([run.sums[key] for run in scores for key in keys]), resamples, options.seed)
    found = intervals(drawn)
    result = []
    for number, run in enumerate(scores):
        part = found[number * len(keys) : (number + 1) * len(keys)]
        result.append(replace(run, intervals=dict(zip(keys, part, strict=True))))
    comparisons = []
    shown = [reading.key for reading in selection.shown if reading.key in keys]
    for one, other in itertools.combinations(range(len(scores)), 2) if options.compare else ():
        for key in shown:
            at = keys.index(key)
            differences = compare(
                scores[one].sums[key],
                scores[other].sums[key],
                drawn[one * len(keys) + at],
                drawn[other * len(keys) + at],
                resamples,
                options.seed,
            )
            comparisons.append(Comparison(scores[one].name, scores[other].name, key, *differences))
    return result, tuple(comparisons)


def _readings(
    gold: MentionTable,
    system: MentionTable,
    vocabulary: Vocabulary,
    credit: TypeCredit,
    name: str,
    path: str,
    types: bool,
) -> tuple[RunScore, Match, Floats]:
    match = match_spans(gold, system)
    weights = pair_credit(match, vocabulary, credit)
    score = RunScore(
        name=name,
        path=path,
        gold_mentions=len(match.gold),
        system_mentions=len(match.system),
        matched_spans=len(match),
        measures={},
        types=by_type(match, weights, vocabulary, credit) if types else {},
    )
    return score, match, weights


def genre_rule(rule: str) -> Callable[[str], str]:
    """What gives a document its genre: a file of two columns, prefixes (`ENG_NW=news,ENG_DF=forum`), or the id itself.

    The empty rule takes the first part of the id that is one of the usual codes (NW, DF, WB, …).
    """
    if not rule:
        return _genre_in_id
    if "=" in rule and not Path(rule).is_file():
        pairs = [part.partition("=") for part in rule.split(",")]
        if not all(prefix and genre for prefix, _, genre in pairs):
            raise SettingsError(f"--genres: expected PREFIX=GENRE,PREFIX=GENRE or a file, found '{rule}'")
        longest_first = sorted(((p, g) for p, _, g in pairs), key=lambda pair: -len(pair[0]))
        return lambda doc: next((genre for prefix, genre in longest_first if doc.startswith(prefix)), "other")
    table = read_pairs(rule, "a file of document ids and genres")
    return lambda doc: table.get(doc, "other")


def _genre_in_id(doc: str) -> str:
    parts = re.split(r"[^A-Za-z]+", doc)
    return next((part.upper() for part in parts if part.upper() in _GENRE_CODES), "other")


def display_names(paths: Sequence[str | Path]) -> list[str]:
    """The shortest names that tell the runs apart: file names without ending, else the paths as given."""
    stems = [Path(path).stem for path in paths]
    return stems if len(set(stems)) == len(stems) else [str(path) for path in paths]
