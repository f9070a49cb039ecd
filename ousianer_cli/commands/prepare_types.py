"""`ousianer prepare types`: Wikipedia titles -> WordNet classes, and which have enough mentions to be learned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ousianer_cli.corpus.title_types import Agreement, TitleTypesReport
    from ousianer_cli.taxonomy.inventory import WeighedType

_QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
_SHOWN = 10


def types(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="YAGO's files (TSV, TTL; gz, bz2, xz, zip) and tables title<TAB>class; each is told by its content.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.", show_default=False)],
    subclass: Annotated[
        list[Path] | None,
        typer.Option(help="More subClassOf edges: yagoTaxonomy, or wikicat<TAB>wordnet (may be repeated)."),
    ] = None,
    links: Annotated[
        Path | None,
        typer.Option(help="Links of each title: Parquet or title<TAB>count. Without it each title counts once."),
    ] = None,
    min_mentions: Annotated[int, typer.Option(min=1, help="A type needs so many mentions.")] = 30,
    min_depth: Annotated[int, typer.Option(min=0, help="A type lies at least so many steps below entity.")] = 3,
    min_entropy: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="Bits: below it a type says nothing, because one child has nearly all its mentions or it has "
            "nearly all mentions.",
        ),
    ] = 0.05,
    memory: Annotated[str, typer.Option(help="For sorting; what does not fit goes to disk.")] = "2GB",
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad line.")] = False,
    agreement: Annotated[
        bool,
        typer.Option("--agreement", help="Also compare guesses at categories' head nouns with YAGO's edges."),
    ] = False,
) -> None:
    """Turn YAGO, DBpedia and FIGER into types of Wikipedia titles, and choose the type inventory.

    Writes title_types.parquet (title, types, weight, source, guessed), inventory.tsv (every type with its figures and
    why it was kept or not) and report.json.
    """
    summary = prepare_types(
        inputs,
        output,
        subclass=subclass or (),
        links=links,
        min_mentions=min_mentions,
        min_depth=min_depth,
        min_entropy=min_entropy,
        memory=memory,
        strict=strict,
        agreement=agreement,
    )
    print_summary(summary, output)


def prepare_types(
    inputs: Any,
    output: Path,
    *,
    subclass: Any = (),
    links: Path | None = None,
    min_mentions: int = 30,
    min_depth: int = 3,
    min_entropy: float = 0.05,
    memory: str = "2GB",
    strict: bool = False,
    agreement: bool = False,
) -> dict[str, Any]:
    """Do what the command does; returns what report.json holds.

    Raises:
        InputError: a missing or unknown file, no title with types, no mention of any type; with `strict`, a bad line.
        SettingsError: duckdb or pyarrow is not installed.
    """
    import json
    import resource
    import time
    from importlib.util import find_spec

    from ousianer_cli.errors import InputError, SettingsError

    for name in ("duckdb", "pyarrow"):
        if find_spec(name) is None:
            raise SettingsError(
                f"prepare types: expected the package {name}, found none; pip install 'ousianer[wikipedia]'"
            )
    from ousianer_cli.corpus.title_types import build_title_types, measure_agreement, mentions_of_types
    from ousianer_cli.formats.atomic import atomic_writer
    from ousianer_cli.taxonomy.inventory import weigh_types, write_weighed
    from ousianer_cli.taxonomy.wordnet import WordNet

    begin = time.perf_counter()
    table = output / "title_types.parquet"
    report = build_title_types(inputs, table, subclass=subclass, memory=memory, strict=strict)
    mass = mentions_of_types(table, links, memory=memory, strict=strict)
    if not mass.sets:
        raise InputError("links to titles with types", "none", path=links, remedy="check the titles of --links")
    weighed = weigh_types(
        mass.sets, WordNet.load(), min_mentions=min_mentions, min_depth=min_depth, min_entropy=min_entropy
    )
    write_weighed(weighed, output / "inventory.tsv")
    summary = _summary(report, weighed, mass.covered, mass.total, mass.bad_lines)
    if agreement:
        summary["agreement"] = _agreement(measure_agreement([*subclass, *inputs]))
    summary["seconds"] = round(time.perf_counter() - begin, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    summary["peak_memory_mib"] = round(peak / 1024)
    with atomic_writer(output / "report.json") as handle:
        handle.write(json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
    return summary


def _summary(
    report: TitleTypesReport, weighed: list[WeighedType], covered: int, total: int, bad_links: int
) -> dict[str, Any]:
    from collections import Counter

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
        "bad_lines": {"lines": report.bad_lines, "expected": dict(report.bad), "first": report.examples},
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


def print_summary(summary: dict[str, Any], output: Path) -> None:
    """Print what report.json holds, the long lists cut."""

    def share(part: int, whole: int) -> str:
        return f"{part:,} of {whole:,} ({part / whole:.1%})" if whole else "0 of 0"

    def tally(head: str, counts: dict[str, int]) -> None:
        if counts:
            print(f"{head}:")
            for name, number in list(counts.items())[:_SHOWN]:
                print(f"  {number:>11,}  {name}")
            if len(counts) > _SHOWN:
                print(f"  {sum(list(counts.values())[_SHOWN:]):>11,}  others ({len(counts) - _SHOWN} kinds)")

    print(f"{output / 'title_types.parquet'}: {summary['titles_typed']:,} titles")
    tally("labels read", summary["labels_read"])
    tally("titles with types, by whose labels", summary["titles_typed_by"])
    print(f"guesses only: {share(summary['titles_guessed'], summary['titles_typed'])}")
    tally("titles without types", summary["titles_untyped"])
    tally("YAGO's distinct classes, by how they were resolved", summary["classes_resolved"])
    tally("labels dropped", summary["labels_dropped"])
    tally("labels in no table", summary["unknown_labels"]["most_frequent"])
    tally("statements left out", summary["left_out"])
    print("sources that disagree on the kind:")
    for pair, found in summary["disagreement"].items():
        print(f"  {pair}: {share(found['no_common_kind'], found['titles'])}")
    bad = summary["bad_lines"]
    if bad["lines"]:
        print(f"bad lines skipped: {bad['lines']:,}")
        for line in bad["first"][:_SHOWN]:
            print(f"  {line}")
    if summary["links"]["bad_lines"]:
        print(f"bad lines of --links skipped: {summary['links']['bad_lines']:,}")
    print(f"links with types: {share(summary['links']['with_types'], summary['links']['mass'])}")
    types = summary["types"]
    print(f"{output / 'inventory.tsv'}: {types['kept']:,} of {types['seen']:,} types kept")
    tally("types that fell", types["fell"])
    quantiles = ", ".join(f"{float(q):.0%} {n:,}" for q, n in types["mentions_a_kept_type"].items())
    print(f"mentions a kept type (quantiles): {quantiles}")
    if "agreement" in summary:
        found = summary["agreement"]
        print(f"categories with an edge: {found['edges']:,}, guessed {share(found['guessed'], found['edges'])}")
        print(f"  the head noun's first sense is the edge's class: {share(found['first_sense'], found['guessed'])}")
        print(f"  the class as used is the edge's: {share(found['as_used'], found['guessed'])}")
        print(f"  above or below it: {share(found['above_or_below'], found['guessed'])}")
        tally("guesses that differ (guess / edge)", found["differences"])
        ids = found["wordnet_ids"]
        print(f"wordnet ids that resolve: {share(ids - len(found['unresolved_ids']), ids)}")
    print(f"{summary['seconds']:.1f} s, peak memory {summary['peak_memory_mib']:,} MiB")
