"""`ousianer view`: a run as a page to read."""

from __future__ import annotations

import sys

from ousianer_cli.commands.options import command
from ousianer_cli.outputs.streams import is_stream
from ousianer_cli.settings import require
from ousianer_cli.settings.view import ViewSettings


@command(ViewSettings)
def view(settings: ViewSettings) -> None:
    """Write a run as one self-contained HTML file: documents with names highlighted, filters, a summary.

    With --gold, agreements, misses, spurious names, boundary and type errors are marked, or both sides are shown next
    to each other.
    """
    require(settings.run, "run", "view", "the run to show", "RUN")
    require(settings.out, "out", "view", "the page to write", "-o FILE.html")
    from ousianer_cli.pages.report import write_report

    done = write_report(settings)
    for line in done.notes:
        print(f"warning: {line}", file=sys.stderr)
    print(f"documents {done.documents:,}, names {done.names:,}")
    if done.verdicts:
        print(", ".join(f"{name} {count:,}" for name, count in done.verdicts.items()))
    if not is_stream(settings.out):
        print(f"wrote {settings.out} ({done.size / 1e6:.1f} MB)")
