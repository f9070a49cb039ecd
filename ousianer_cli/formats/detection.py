"""Detection files: what a person said of a detector's names, as training lines that `ousianer pretrain` reads.

A line is one of `formats.corpus` with `"supervises": "detection"` and one more key: `"corrected"`, a list of
`{"start": int, "end": int, "fault": "missed" | "boundary" | "no name"}` in tokens, end exclusive. `"mentions"` are all
names of the sentence as far as is known: those that a person gave (with their type, `-` for a name outside the
taxonomy), and those that the detector found and no correction touches (without types). Words of `no name` are in no
mention: they are none, whereas a name outside the taxonomy is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.formats.corpus import Sentence, dump_sentence, parse_line
from ousianer_cli.formats.text import filled_lines, open_bytes

Fault = Literal["missed", "boundary", "no name"]


@dataclass(frozen=True, slots=True)
class Corrected:
    """Tokens [start, end) of which a person said what the detector got wrong there."""

    start: int
    end: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class DetectionLine:
    """A sentence with all its names as far as they are known, and what was corrected in it."""

    sentence: Sentence
    corrected: tuple[Corrected, ...]


def is_detection_file(path: str | Path) -> bool:
    """Whether a file's first line has corrections of a detector."""
    try:
        with open_bytes(path) as handle:
            row: Any = json.loads(handle.readline())
    except (OSError, ValueError, InputError):
        return False
    return isinstance(row, dict) and "corrected" in row


def read_detection(path: str | Path) -> list[DetectionLine]:
    """The lines of a detection file.

    Raises:
        InputError: a line that is wrong, with file and line.
    """
    lines = []
    for number, text in filled_lines(path, "a detection file"):
        sentence = parse_line(text, path, number)
        corrected = []
        for item in json.loads(text).get("corrected", []):
            try:
                found = Corrected(int(item["start"]), int(item["end"]), item["fault"])
            except (KeyError, TypeError, ValueError):
                found = Corrected(-1, -1, "missed")
            if not 0 <= found.start < found.end <= len(sentence.tokens) or found.fault not in get_args(Fault):
                wanted = f"'corrected' with start, end in the {len(sentence.tokens)} tokens and a fault of "
                faults = ", ".join(get_args(Fault))
                raise InputError(wanted + faults, str(item)[:80], path=path, line=number, remedy="see docs/formats.md")
            corrected.append(found)
        lines.append(DetectionLine(sentence, tuple(corrected)))
    return lines


def check_detection_place(path: str | Path) -> None:
    """Refuse a place where a detection file would take another file's, or cannot be written, before the work.

    Raises:
        OutputError: as said.
    """
    from ousianer_cli.outputs import FILE, check_output

    if Path(path).exists() and not is_detection_file(path):
        raise OutputError(f"{path}: expected a detection file or nothing, found another file; move it away")
    check_output(path, kind=FILE, flag="the detection file")


def write_detection(path: str | Path, lines: Iterable[DetectionLine]) -> int:
    """Write a detection file, whole or not at all; returns its number of lines.

    Raises:
        OutputError: another file stands there, or it cannot be written.
    """
    from ousianer_cli.outputs import open_output

    check_detection_place(path)
    count = 0
    with open_output(path) as out:
        for line in lines:
            row = json.loads(dump_sentence(line.sentence))
            row["corrected"] = [{"start": c.start, "end": c.end, "fault": c.fault} for c in line.corrected]
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count
