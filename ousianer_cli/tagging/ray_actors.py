"""Workers as actors of Ray: on this machine, or on every machine of a cluster (`RAY_ADDRESS`), with the same code.

Documents and model must lie where every machine sees them under the same path. Actors only read and send records back;
what started the run writes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from ousianer_cli.errors import OusiaError, SettingsError, rebuilt
from ousianer_cli.formats.archives import Unit
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.blocks import Block
from ousianer_cli.tagging.records import record_line
from ousianer_cli.tagging.worker import Event, Worker


class RayActors:
    """A pool of actors, a worker each; for a `with` block.

    Joins the cluster that `RAY_ADDRESS` names, or else starts Ray on this machine and ends it afterwards.

    Raises:
        SettingsError: Ray is not installed, or has too few processors for so many workers.
    """

    def __init__(self, settings: TagSettings, workers: int) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
        try:
            import ray.data
        except ImportError as error:
            raise SettingsError(
                f"--engine ray: expected Ray, found none ({error}); pip install 'ousianer[ray]'"
            ) from None
        self._ray = ray
        self._ours = not ray.is_initialized()
        if self._ours:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level="error", configure_logging=True)
        there = ray.cluster_resources()
        gpus = int(there.get("GPU", 0)) if settings.device in ("", "cuda") else 0
        if gpus and workers > gpus:
            workers = gpus
        cpus = int(there.get("CPU", 1))
        threads = settings.threads or max(1, cpus // workers)
        if threads * workers > cpus:
            self._end()
            raise SettingsError(
                f"--workers: expected at most {cpus // threads} actors of {threads} processors on the {cpus} that Ray "
                f"has, found {workers}"
            )
        self._settings = replace(settings, threads=threads, device="cuda" if gpus else settings.device)
        self._workers = workers
        self._resources: dict[str, Any] = {"num_cpus": threads, **({"num_gpus": 1} if gpus else {})}

    def __enter__(self) -> RayActors:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        if self._ours:
            self._ray.shutdown()

    def events(self, blocks: Iterable[Block]) -> Iterator[Event]:
        """The records of the blocks as they come, blocks in any order."""
        rows = [{"block": _packed(block)} for block in blocks]
        data = self._ray.data.from_items(rows, override_num_blocks=len(rows))
        tagged = data.map(
            TagBlock,
            fn_constructor_args=(self._settings, os.getcwd()),
            concurrency=self._workers,
            **self._resources,
        )
        for row in tagged.iter_rows():
            if row["error"]:
                raise rebuilt(row["error"], row["records"])
            for line in row["records"].split("\n"):
                if line:
                    yield row["number"], json.loads(line)
            yield row["number"], None


class TagBlock:
    """An actor's work: a row with a block becomes a row with its records, or with an error's class and line."""

    def __init__(self, settings: TagSettings, folder: str) -> None:
        if os.path.isdir(folder):
            os.chdir(folder)  # the inputs may be named from there
        self._settings = settings
        self._worker: Worker | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        block = _unpacked(row["block"])
        try:
            self._worker = self._worker or Worker(self._settings)
            records = [record_line(record) for _, record in self._worker.events([block]) if record is not None]
        except OusiaError as error:
            return {"number": block.number, "records": str(error), "error": type(error).__name__}
        return {"number": block.number, "records": "\n".join(records), "error": ""}


def _packed(block: Block) -> str:
    units = [[number, str(unit.path), unit.member, unit.explicit] for number, unit in block.units]
    return json.dumps([block.number, units, block.slice, block.slices])


def _unpacked(text: str) -> Block:
    number, units, place, slices = json.loads(text)
    return Block(number, tuple((n, Unit(Path(path), member, named)) for n, path, member, named in units), place, slices)
