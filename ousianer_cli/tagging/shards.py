"""Shards: a run parted among jobs that know nothing of one another, and the merging of what they wrote.

Of a run's blocks, shard i of n has every n-th from the i-th on. Its file has a line that says of which run it is, the
records of its documents in order, and a last line that says how many there are.
"""

from __future__ import annotations

import dataclasses
import heapq
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.documents.report import ReadReport
from ousianer_cli.formats.misplaced import other_kind
from ousianer_cli.outputs import open_output
from ousianer_cli.tagging.blocks import Block
from ousianer_cli.tagging.manifest import Manifest
from ousianer_cli.tagging.records import Record, order_of, record_line

VERSION = 1


@dataclass(frozen=True, slots=True)
class Shard:
    """Number `index` of `count` shards, counted from 0."""

    index: int
    count: int

    @classmethod
    def of(cls, text: str) -> Shard:
        """`i/n`.

        Raises:
            SettingsError: anything else.
        """
        index, slash, count = text.partition("/")
        if not slash or not (index.isdecimal() and count.isdecimal()) or not int(index) < int(count):
            raise SettingsError(f"--shard: expected i/n with i from 0 to n-1, such as 0/4, found {text!r}")
        return cls(int(index), int(count))

    def own(self, blocks: Sequence[Block]) -> list[Block]:
        """The shard's blocks."""
        return list(blocks[self.index :: self.count])


def write_shard(
    path: str | Path, manifest: Manifest, report: ReadReport, records: Iterable[Record]
) -> Iterator[Record]:
    """Write a shard whole or not at all; gives the records on.

    Args:
        report: what was noted when the list of files was made, before the first was read.
    """
    head = {
        "ousianer_shard": VERSION,
        "manifest": dataclasses.asdict(manifest),
        "noted": {"skipped": report.skipped, "warnings": report.warnings, "not_kept": report.warnings_not_kept},
    }
    number = 0
    with open_output(path) as out:
        out.write(json.dumps(head, ensure_ascii=False) + "\n")
        for record in records:
            out.write(record_line(record) + "\n")
            number += 1
            yield record
        out.write(json.dumps({"records": number}) + "\n")


class ShardFile:
    """A shard that is read: its head at once, its records as they are asked for.

    Raises:
        InputError: no shard, one of another version, or not the whole of one.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path
        head = self._parsed(self._first_line(), 1)
        if not isinstance(head, dict) or "ousianer_shard" not in head:
            raise self._error(f"{json.dumps(head)[:60]}", 1)
        if head["ousianer_shard"] != VERSION:
            raise self._error(f"one of version {head['ousianer_shard']}", 1)
        try:
            self.manifest = Manifest.of_json(head["manifest"])
            self.shard = Shard.of(self.manifest.shard)
            noted = head["noted"]
            self.report = ReadReport(
                skipped=Counter(noted["skipped"]), warnings=noted["warnings"], warnings_not_kept=noted["not_kept"]
            )
        except (KeyError, TypeError, SettingsError):
            raise self._error("one of another version", 1) from None

    def records(self) -> Iterator[Record]:
        """The records in order."""
        number = 1
        with self._opened() as handle:
            handle.readline()
            for number, line in enumerate(handle, 2):
                record = self._parsed(line, number)
                if "at" not in record:
                    if record.get("records") == number - 2:
                        return
                    break
                yield record
        raise InputError(
            "a whole shard with its last line", "one cut short", path=self.path, line=number, remedy="copy it again"
        )

    def _opened(self) -> IO[str]:
        try:
            return open(self.path, encoding="utf-8", newline="\n")
        except OSError as error:
            raise InputError(
                "a shard of ousianer tag --shard", str(error.strerror), path=self.path, remedy="check the path"
            ) from None

    def _first_line(self) -> str:
        try:
            with self._opened() as handle:
                return handle.readline(1 << 24)
        except (UnicodeDecodeError, OSError):
            return ""

    def _parsed(self, line: str, number: int) -> Any:
        try:
            return json.loads(line)
        except ValueError:
            raise self._error(repr(line[:60]), number) from None

    def _error(self, found: str, line: int) -> InputError:
        other = other_kind(self.path) if line == 1 else None
        return InputError("a shard of ousianer tag --shard", other.what if other else found, path=self.path, line=line)


def whole_run(shards: Sequence[ShardFile]) -> None:
    """See that shards make one run.

    Raises:
        InputError: shards of different runs, one that is missing, one that is there twice.
    """
    first = shards[0]
    met: dict[int, ShardFile] = {}
    for shard_file in shards:
        differing = first.manifest.differs(shard_file.manifest, but_shard=True)
        if shard_file.shard.count != first.shard.count:
            differing = f"one of {shard_file.shard.count} shards, not of {first.shard.count}"
        if differing:
            raise InputError(f"a shard of the run of {first.path}", differing, path=shard_file.path)
        if shard_file.shard.index in met:
            raise InputError(
                "each shard once",
                f"{shard_file.manifest.shard} again, as in {met[shard_file.shard.index].path}",
                path=shard_file.path,
            )
        met[shard_file.shard.index] = shard_file
    missing = [f"{index}/{first.shard.count}" for index in range(first.shard.count) if index not in met]
    if missing:
        shown = ", ".join(missing[:10]) + (f" and {len(missing) - 10} more" if len(missing) > 10 else "")
        raise InputError(
            f"all {first.shard.count} shards of a run",
            f"{shown} missing",
            remedy="tag them with ousianer tag --shard, then merge",
        )


def merged(shards: Sequence[ShardFile]) -> Iterator[Record]:
    """The records of all shards in the order of the run."""
    return heapq.merge(*(shard.records() for shard in shards), key=order_of)
