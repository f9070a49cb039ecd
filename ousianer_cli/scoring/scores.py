"""Runs against gold: match, count under every measure asked for, intervals and tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from ousianer_cli.errors import SettingsError
from ousianer_cli.scoring.calibration import best_threshold, calibration, curve
from ousianer_cli.scoring.checks import compare_documents, other_forms, weights_direction
from ousianer_cli.scoring.faults import find_faults
from ousianer_cli.scoring.hierarchy import hierarchy_sums
from ousianer_cli.scoring.inputs import Filters
from ousianer_cli.scoring.matching import Ints, Match, MentionTable, Vocabulary, match_spans
from ousianer_cli.scoring.measures import (
    BOTH,
    SPAN,
    STRICT,
    Prf,
    TypeCredit,
    by_type,
    document_credit,
    pair_credit,
    total,
)
from ousianer_cli.scoring.offset_hints import offset_hints
from ousianer_cli.scoring.report import Comparison, Confidence, Floats, Report, RunScore
from ousianer_cli.scoring.resampling import bootstrap, compare, intervals, sensible
from ousianer_cli.scoring.selection import (
    NELEVAL_DEFAULT,
    Selection,
    display_names,
    genre_rule,
    select_measures,
)
from ousianer_cli.scoring.sides import Side, SideReader
from ousianer_cli.scoring.track import TrackMeasure, cluster_totals, document_sums, make_marks
from ousianer_cli.scoring.type_weights import TypeWeights, read_type_weights, weighted_sums
from ousianer_cli.taxonomy.tree import Taxonomy


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
    ignore_case: bool = False
    genres: str | None = None
    resamples: int = 0
    seed: int = 1
    compare: bool = False
    faults: bool = False
    confidence: bool = False


def score_files(
    gold: str | Path,
    runs: Sequence[str | Path],
    taxonomy: Taxonomy,
    *,
    decay: float = 0.5,
    open_gold: bool = False,
    types: bool = False,
    options: ScoreOptions | None = None,
) -> Report:
    """Score run files against a gold file; `open_gold` adds the open reading, `types` the figures by type.

    Raises:
        InputError: a file that cannot be read or has a malformed line.
        SettingsError: an unknown measure, or options that exclude each other.
        TaxonomyError: a decay out of range.
    """
    options = options or ScoreOptions()
    if options.neleval_exact and not options.measures:
        options = replace(options, measures=NELEVAL_DEFAULT)
    open_gold = open_gold or "open" in options.measures
    selection = select_measures(options.measures, open_gold=open_gold)
    credit = TypeCredit(taxonomy, decay, open_gold=open_gold)
    weights, warnings = None, list[str]()
    if options.type_weights:
        weights, warnings = read_type_weights(options.type_weights, exact=options.neleval_exact)
        warnings += weights_direction(weights, credit)
    names = options.names or tuple(display_names(runs))
    if len(names) != len(runs):
        raise SettingsError(f"--names: expected {len(runs)} names, one a run, found {len(names)} ({', '.join(names)})")
    reader = SideReader(
        taxonomy,
        credit,
        filters=options.filters,
        kind=options.kind,
        exact=options.neleval_exact,
        refuse_unknown=options.unknown_types == "refuse",
        ignore_case=options.ignore_case,
    )
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
    score, match, credits = _readings(gold.table, side.table, vocabulary, credit, name, side.path, types)
    strict = credits[:, credit.readings.index(STRICT)]
    count = len(vocabulary.docs)
    sums = document_credit(match, credits, credit, count)
    if selection.hierarchy:
        sums.update(hierarchy_sums(gold.table, side.table, match, vocabulary, credit.taxonomy, strict))
    measures = {}
    for measure, outcome in _track(gold, side, match, strict, vocabulary, selection, weights, count):
        if isinstance(outcome, Prf):
            measures[measure.name] = outcome
        else:
            sums[measure.name] = outcome
    sums = {key: value[documents] for key, value in sums.items()}
    measures.update({key: total(value) for key, value in sums.items()})
    ordered = [reading.key for reading in (*credit.readings, *selection.shown)]
    warnings = list(side.warnings)
    warnings += compare_documents(gold.table, side.table, side.path, vocabulary, gold.outside.doc)
    warnings += offset_hints(gold.table, side.table, side.path, vocabulary)
    warnings += other_forms(match, side.path, vocabulary)
    return replace(
        score,
        measures={key: measures[key] for key in dict.fromkeys(ordered)},
        sums=sums,
        warnings=tuple(warnings),
        faults=find_faults(match, strict, gold.outside, vocabulary, credit) if options.faults else None,
        confidence=_confidence(match, credits, credit) if options.confidence else {},
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


def _confidence(match: Match, credits: Floats, credit: TypeCredit) -> dict[str, Confidence]:
    """Calibration, curve and best threshold of the run's scored mentions under three readings."""
    result = {}
    values = match.system.confidence
    for reading in (SPAN, STRICT, BOTH):
        right = np.zeros(len(match.system), dtype=np.float64)
        right[match.system_place] = credits[:, credit.readings.index(reading)]
        kept = curve(values, right, float(len(match.gold)))
        threshold = best_threshold(kept)
        calibrated = calibration(values, right)
        if calibrated is not None and threshold is not None:
            result[reading.key] = Confidence(calibrated, threshold, kept)
    return result


def _with_intervals(
    scores: Sequence[RunScore], selection: Selection, resamples: int, options: ScoreOptions
) -> tuple[list[RunScore], tuple[Comparison, ...]]:
    """The scores with intervals, and the runs compared two by two."""
    keys = list(dict.fromkeys([*(r.key for r in selection.shown if r.key in scores[0].sums), *scores[0].sums]))
    if not keys:
        return list(scores), ()
    drawn = bootstrap(np.stack([run.sums[key] for run in scores for key in keys]), resamples, options.seed)
    bounds = intervals(drawn)
    result = []
    for number, run in enumerate(scores):
        part = bounds[number * len(keys) : (number + 1) * len(keys)]
        result.append(replace(run, intervals=dict(zip(keys, part, strict=True))))
    comparisons = []
    shown = [reading.key for reading in selection.shown if reading.key in keys]
    for first, second in itertools.combinations(range(len(scores)), 2) if options.compare else ():
        for key in shown:
            at = keys.index(key)
            differences = compare(
                scores[first].sums[key],
                scores[second].sums[key],
                drawn[first * len(keys) + at],
                drawn[second * len(keys) + at],
                resamples,
                options.seed,
            )
            comparisons.append(Comparison(scores[first].name, scores[second].name, key, *differences))
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
