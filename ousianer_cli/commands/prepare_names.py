"""`ousianer prepare names`: a model marks the names of silver text, so that it can train detection too."""

from __future__ import annotations

from ousianer_cli.commands.options import command
from ousianer_cli.settings import require
from ousianer_cli.settings.prepare_names import NamesSettings


@command(NamesSettings)
def names(settings: NamesSettings) -> None:
    """Self-training: mark the names of silver text with a model, known mentions winning over it.

    The lines feed both losses: pretrain --joint-closed.
    """
    files = require(settings.files, "files", "names", "typing lines", "CORPUS...")
    out = require(settings.out, "out", "names", "the lines to write", "-o FILE")
    from ousianer_cli.network.checkpoint import load_model
    from ousianer_cli.released_models import released_model
    from ousianer_cli.tagging.selftrain import mark_files

    counts = mark_files(load_model(settings.model or released_model()), files, out, settings.rest or None)
    print(f"{out}: {counts['sentences marked']:,} sentences, {counts['names marked']:,} names")
    for what, number in sorted(counts.items()):
        if what not in ("sentences marked", "names marked"):
            print(f"  {number:>9,}  {what}")
