"""Options that take several values in a row: `--train a.jsonl b.jsonl` as well as `--train a.jsonl --train b.jsonl`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class ListOptions(TyperCommand):
    """A command whose repeatable options also take their values in a row.

    A list ends at the next option, so positional arguments stand before the first list.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words of the command line, each list in a row given as repeated options."""
        many = {name for p in self.params if getattr(p, "multiple", False) for name in p.opts}
        expanded: list[str] = []
        current: str | None = None
        for place, arg in enumerate(args):
            if arg == "--":
                expanded += args[place:]
                break
            if arg.startswith("-") and len(arg) > 1 and not arg[1].isdigit():
                current = arg if arg in many else None
            elif current is not None and args[place - 1] != current:
                expanded.append(current)
            expanded.append(arg)
        return super().parse_args(ctx, expanded)
