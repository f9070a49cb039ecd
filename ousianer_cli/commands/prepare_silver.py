"""`ousianer prepare silver`: ready-made silver into typing lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ousianer_cli.corpus.silver import SilverCounts


def write_silver(
    inputs: list[Path],
    output: Path,
    *,
    tiers: str = "link,self",
    max_per_title: int | None = None,
    limit: int | None = None,
    seed: int = 0,
    definitions: Path | None = None,
    cover: int | None = None,
) -> SilverCounts:
    """Write the typing lines of silver files; returns the counts."""
    from ousianer_cli.corpus.definitions import Definitions
    from ousianer_cli.corpus.silver import SilverCounts, prepare_silver
    from ousianer_cli.formats.corpus import write_corpus

    counts = SilverCounts()
    chosen = [t.strip() for t in tiers.split(",") if t.strip()]
    sentences = prepare_silver(
        inputs,
        tiers=chosen,
        max_per_title=max_per_title,
        limit=limit,
        seed=seed,
        counts=counts,
        definitions=Definitions(definitions) if definitions is not None else None,
        cover=cover,
    )
    write_corpus(output, sentences)
    return counts


def silver(
    inputs: Annotated[list[Path], typer.Argument(metavar="SILVER.jsonl.gz...", help="Silver files, gzipped or not.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Typing lines to write (JSON lines).")],
    tiers: Annotated[str, typer.Option(help="Tiers to keep, comma separated, of link, self, exact.")] = "link,self",
    max_per_title: Annotated[
        int | None, typer.Option(min=1, help="At most so many mentions of one title, drawn by --seed.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many sentences.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the drawing for --max-per-title and --cover.")] = 0,
    definitions: Annotated[
        Path | None,
        typer.Option(
            help="Table of titles and the head nouns of their definitions (TSV, columns title and head): their classes "
            "are types too, where of the same kind as those known."
        ),
    ] = None,
    cover: Annotated[
        int | None,
        typer.Option(min=1, help="Only so many sentences that each type has this number of mentions, rare types too."),
    ] = None,
) -> None:
    """Turn ready-made silver (known titles with YAGO, DBpedia and FIGER labels) into typing lines for `pretrain
    --typing`."""
    counts = write_silver(
        inputs,
        output,
        tiers=tiers,
        max_per_title=max_per_title,
        limit=limit,
        seed=seed,
        definitions=definitions,
        cover=cover,
    )
    print_counts(counts, output)


def print_counts(counts: SilverCounts, output: Path) -> None:
    """The summary: what was kept, what was dropped and why."""
    read, kept = sum(counts.mentions_read.values()), sum(counts.mentions_kept.values())
    print(f"{output}: {counts.sentences_kept:,} of {counts.sentences_read:,} sentences, {kept:,} of {read:,} mentions")
    for (tier, src), number in sorted(counts.mentions_read.items()):
        print(f"  {tier:<6} {src:<6} read {number:>8,}  kept {counts.mentions_kept[tier, src]:>8,}")
    for title, tally in (
        ("sentences dropped", counts.sentences_dropped),
        ("mentions dropped", counts.mentions_dropped),
        ("labels dropped from judged mentions", counts.labels_dropped),
        ("labels in no table", counts.unknown_labels),
        ("definitions", counts.defined),
    ):
        if tally:
            print(f"{title}:")
            for reason, number in tally.most_common(15):
                print(f"  {number:>8,}  {reason}")
            if len(tally) > 15:
                print(f"  {sum(n for _, n in tally.most_common()[15:]):>8,}  others ({len(tally) - 15} kinds)")
    print(f"{len(counts.types):,} direct types; most frequent:")
    for type_id, number in counts.types.most_common(12):
        print(f"  {number:>8,}  {type_id}")
