"""Shards of a run put together: the same bytes as those of a run that was never parted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ousianer_cli import __version__
from ousianer_cli.errors import InputError
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.records import assembled
from ousianer_cli.tagging.run import conclude, write_lines
from ousianer_cli.tagging.shards import ShardFile, merged, whole_run
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.worker import write_options
from ousianer_cli.tagging.writers import WRITERS


def merge_shards(paths: Sequence[str | Path], out: str | Path) -> tuple[Summary, TagSettings]:
    """Write the run that shards make, and give its summary and the settings that they were tagged with.

    Raises:
        InputError: what is no shard, or shards that do not make one run.
        OutputError: the run cannot be written.
    """
    shards = [ShardFile(path) for path in paths]
    whole_run(shards)
    manifest, report = shards[0].manifest, shards[0].report
    if manifest.version != __version__:
        raise InputError(
            f"shards of ousianer {__version__}", f"one of {manifest.version}", path=paths[0], remedy="merge with that"
        )
    settings, summary = TagSettings(**manifest.settings), Summary()
    writer, options = WRITERS[settings.format], write_options(settings, has_targets=manifest.has_targets)
    lines = assembled(merged(shards), writer, options, summary, report, files=manifest.files)
    write_lines(out, lines)
    conclude(summary, report, has_targets=manifest.has_targets)
    return summary, settings
