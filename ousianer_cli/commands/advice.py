"""What an error advises, as far as the command that was called has the options that the advice names."""

from __future__ import annotations

import re
from collections.abc import Collection

from ousianer_cli.errors import InputError

_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_PROGRAM = re.compile(r"\b(?:ousianer|iconv|pip)\b")
_BETWEEN = re.compile(r"(; |, or )")
_LEFT = "see docs/formats.md for what can be read"


def advice_for(error: InputError, options: Collection[str]) -> InputError:
    """The error without the parts of its advice that name an option which is not among `options`.

    Readers serve several commands, and advise what most of them have. A part that names a program to call stays.
    """
    if not error.remedy:
        return error
    parts = _BETWEEN.split(error.remedy)
    kept = ""
    for between, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        if _PROGRAM.search(part) or set(_OPTION.findall(part)) <= set(options):
            kept += between * bool(kept) + part
    if kept == error.remedy:
        return error
    return type(error)(error.expected, error.found, path=error.path, line=error.line, remedy=kept or _LEFT)
