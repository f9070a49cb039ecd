"""`ousianer prepare types`: Wikipedia titles -> WordNet classes, and which have enough mentions to be learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ousianer_cli.commands.options import command
from ousianer_cli.settings import require
from ousianer_cli.settings.prepare_types import TypesSettings

_SHOWN = 10


@command(TypesSettings)
def types(settings: TypesSettings) -> None:
    """Turn YAGO, DBpedia and FIGER into types of Wikipedia titles, and choose the type inventory.

    Writes title_types.parquet (title, types, weight, source, guessed), inventory.tsv (every type with its figures and
    why it was kept or not) and report.json.
    """
    require(settings.inputs, "inputs", "types", "tables of types", "INPUT...")
    out = require(settings.out, "out", "types", "a folder to write to", "-o DIR")
    from ousianer_cli.corpus.type_inventory import prepare_types

    print_summary(prepare_types(settings), Path(out))


def print_summary(summary: dict[str, Any], out: Path) -> None:
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

    print(f"{out / 'title_types.parquet'}: {summary['titles_typed']:,} titles")
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
    skipped = summary["bad_lines"]
    if skipped["lines"]:
        print(f"bad lines skipped: {skipped['lines']:,}")
        for line in skipped["first"][:_SHOWN]:
            print(f"  {line}")
    if summary["links"]["bad_lines"]:
        print(f"bad lines of --links skipped: {summary['links']['bad_lines']:,}")
    print(f"links with types: {share(summary['links']['with_types'], summary['links']['mass'])}")
    types = summary["types"]
    print(f"{out / 'inventory.tsv'}: {types['kept']:,} of {types['seen']:,} types kept")
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
