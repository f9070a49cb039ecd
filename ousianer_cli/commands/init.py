"""`ousianer init`: lay down a project folder that runs as it is."""

from __future__ import annotations

from pathlib import Path

from ousianer_cli.commands.options import command
from ousianer_cli.new_project import init_project
from ousianer_cli.settings.init import InitSettings

NEXT_STEPS = """\
ousianer pretrain
ousianer finetune --feedback extra.tsv
ousianer tag ltf/ -o run.tab
ousianer score
"""


@command(InitSettings)
def init(settings: InitSettings) -> None:
    """Create a project folder: ousianer.toml with the settings of every phase, and a little example data."""
    directory = Path(settings.directory)
    written = init_project(directory)
    print(f"{directory}: {len(written)} files written")
    for path in written:
        print(f"  {path.as_posix()}")
    inside = "" if directory.resolve() == Path.cwd() else f"cd {directory}\n"
    print(f"\nRun these next; {written[0]} says what each of them reads and writes.\n\n{inside}{NEXT_STEPS}", end="")
