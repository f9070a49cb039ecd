"""The whole exception tree. Every error a user can cause is an `OusiaError`, shown as one line with exit code 2."""

from __future__ import annotations

from pathlib import Path


class OusiaError(Exception):
    """Base of all errors that a user can cause and mend."""

    exit_code = 2
    """What a command that ends by it leaves with."""

    def __reduce__(self) -> tuple[object, ...]:
        # From one process to another by its line, whatever its class is made of.
        return rebuilt, (type(self).__name__, str(self)), self.__dict__


class InputError(OusiaError):
    """A file or a value is not what it should be.

    The message is one line: where, what was expected, what was found, what to do.
    """

    def __init__(
        self,
        expected: str,
        found: str,
        *,
        path: str | Path | None = None,
        line: int | None = None,
        remedy: str | None = None,
    ) -> None:
        self.expected = expected
        self.found = found
        self.path = str(path) if path is not None else None
        self.line = line
        self.remedy = remedy
        where = "" if path is None else f"{path}:{line}: " if line is not None else f"{path}: "
        text = f"{where}expected {expected}, found {found}"
        if remedy:
            text += f"; {remedy}"
        super().__init__(" ".join(text.split()))


class SettingsError(OusiaError):
    """A setting is missing, unknown, out of range, or in conflict with another; named by its flag."""


class ModelError(OusiaError):
    """A model folder is missing, incomplete, or of another version."""


class TaxonomyError(InputError):
    """A taxonomy, a mapping table or a type in one of them is wrong."""


class TrainingError(OusiaError):
    """A training cannot go on; what it had kept is as it was."""


class OutputError(OusiaError):
    """A result cannot be written, or would not agree with its source text."""


class ForgettingError(OusiaError):
    """Feedback was learned at too high a price; the old model stays as it is."""

    exit_code = 3

    def __init__(self, before: float, after: float, limit: float, size: int, what: str = "replayed mentions") -> None:
        super().__init__(
            f"expected F1 on the guard set ({size:,} {what}) to fall by at most {limit:g} "
            f"(--max-loss), found {before:.4f} before and {after:.4f} after; nothing was written: check the "
            "corrections, or allow more"
        )


def rebuilt(kind: str, line: str) -> OusiaError:
    """An error of another process, from the name of its class and its line."""
    known: type[OusiaError] = globals()[kind]
    error = known.__new__(known)
    error.args = (line,)
    return error
