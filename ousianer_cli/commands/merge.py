"""`ousianer merge`: the shards of a run put together."""

from __future__ import annotations

from dataclasses import replace

from ousianer_cli.commands.options import command
from ousianer_cli.commands.tag import print_summary
from ousianer_cli.settings import require
from ousianer_cli.settings.merge import MergeSettings


@command(MergeSettings)
def merge(settings: MergeSettings) -> None:
    """Merge the shards of a run; the result has the same bytes as a run by one process.

    Mention ids and NIL ids are counted over the whole run. Shards of different inputs, models or settings are refused,
    and so are shards that are missing or there twice.
    """
    parts = require(settings.parts, "parts", "merge", "shards to merge", "PART...")
    out = require(settings.out, "out", "merge", "the run to write", "-o FILE")
    from ousianer_cli.tagging.merge import merge_shards

    summary, tagged = merge_shards(parts, out)
    print_summary(summary, replace(tagged, out=out))
