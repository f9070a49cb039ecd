"""Title types and the inventory of types that have enough mentions to be learned, in one folder with a report."""

from __future__ import annotations

import json
import resource
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ousianer_cli.errors import InputError
from ousianer_cli.extras import require_extra
from ousianer_cli.outputs import open_output
from ousianer_cli.settings.prepare_types import TypesSettings
from ousianer_cli.taxonomy.inventory import WeighedType, weigh_types, write_weighed
from ousianer_cli.taxonomy.wordnet import WordNet

if TYPE_CHECKING:
    from ousianer_cli.corpus.title_types import Agreement, TitleTypesReport

_QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def prepare_types(settings: TypesSettings) -> dict[str, Any]:
    """Write title_types.parquet, inventory.tsv and report.json into the folder; returns what report.json holds.

    Raises:
        InputError: a missing or unknown file, no title with types, no mention of any type; with `strict`, a bad line.
        SettingsError: duckdb or pyarrow is not installed.
    """
    require_extra("wikipedia", "prepare types", "duckdb", "pyarrow")
    from ousianer_cli.corpus.title_types import build_title_types, measure_agreement, mentions_of_types

    begin = time.perf_counter()
    memory, strict = settings.memory, settings.strict
    inputs = [Path(path) for path in settings.inputs]
    subclass = [Path(path) for path in settings.subclass]
    links = Path(settings.links) if settings.links else None
    out = Path(settings.out)
    table = out / "title_types.parquet"
    report = build_title_types(inputs, table, subclass=subclass, memory=memory, strict=strict)
    mass = mentions_of_types(table, links, memory=memory, strict=strict)
    if not mass.sets:
        raise InputError("links to titles with types", "none", path=links, remedy="check the titles of --links")
    weighed = weigh_types(
        mass.sets,
        WordNet.load(),
        min_mentions=settings.min_mentions,
        min_depth=settings.min_depth,
        min_entropy=settings.min_entropy,
    )
    write_weighed(weighed, out / "inventory.tsv")
    summary = _summary(report, weighed, mass.covered, mass.total, mass.bad_lines)
    if settings.agreement:
        summary["agreement"] = _agreement(measure_agreement([*subclass, *inputs]))
    summary["seconds"] = round(time.perf_counter() - begin, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    summary["peak_memory_mib"] = round(peak / 1024)
    with open_output(out / "report.json") as handle:
        handle.write(json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
    return summary


def _summary(
    report: TitleTypesReport, weighed: list[WeighedType], covered: int, total: int, bad_links: int
) -> dict[str, Any]:
    kept = sorted(w.mentions for w in weighed if not w.reason)
    quantiles = {f"{q:g}": kept[round(q * (len(kept) - 1))] for q in _QUANTILES} if kept else {}
    unknown = report.unknown_labels
    return {
        "files": {path: {"kind": kind, "rows": rows} for path, (kind, rows) in report.files.items()},
        "labels_read": dict(report.labels.most_common()),
        "titles_read": dict(report.titles_read.most_common()),
        "titles_typed": report.titles,
        "titles_typed_by": dict(report.by_source.most_common()),
        "titles_guessed": report.guessed,
        "titles_untyped": dict(report.untyped.most_common()),
        "classes_resolved": dict(report.categories.most_common()),
        "labels_dropped": dict(report.labels_dropped.most_common()),
        "unknown_labels": {"distinct": len(unknown), "most_frequent": dict(unknown.most_common(50))},
        "disagreement": {
            pair: {"titles": n, "no_common_kind": report.disagreed[pair]} for pair, n in report.compared.most_common()
        },
        "left_out": dict(report.left_out.most_common()),
        "bad_lines": {"lines": report.bad_lines, "expected": dict(report.wrong), "first": report.examples},
        "links": {"mass": total, "with_types": covered, "bad_lines": bad_links},
        "types": {
            "seen": len(weighed),
            "kept": len(kept),
            "fell": dict(Counter(w.reason for w in weighed if w.reason).most_common()),
            "mentions_a_kept_type": quantiles,
        },
    }


def _agreement(found: Agreement) -> dict[str, Any]:
    return {
        "edges": found.edges,
        "guessed": found.guessed,
        "first_sense": found.first_sense,
        "as_used": found.same,
        "above_or_below": found.on_one_line,
        "differences": dict(found.differences.most_common(20)),
        "wordnet_ids": found.ids,
        "unresolved_ids": found.unresolved,
    }
