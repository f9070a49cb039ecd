"""`ousianer prepare silver`: ready-made silver into typing lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ousianer_cli.commands.options import command
from ousianer_cli.settings import require
from ousianer_cli.settings.prepare_silver import SilverSettings

if TYPE_CHECKING:
    from ousianer_cli.corpus.silver import SilverCounts


@command(SilverSettings)
def silver(settings: SilverSettings) -> None:
    """Turn ready-made silver (known titles with YAGO, DBpedia and FIGER labels) into typing lines for `pretrain
    --typing`."""
    require(settings.inputs, "inputs", "silver", "silver files", "SILVER.jsonl.gz...")
    out = require(settings.out, "out", "silver", "the typing lines to write", "-o FILE")
    from ousianer_cli.corpus.silver import write_silver

    print_counts(write_silver(settings), out)


def print_counts(counts: SilverCounts, out: str) -> None:
    """The summary: what was kept, what was dropped and why."""
    read, kept = sum(counts.mentions_read.values()), sum(counts.mentions_kept.values())
    print(f"{out}: {counts.sentences_kept:,} of {counts.sentences_read:,} sentences, {kept:,} of {read:,} mentions")
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
