"""Workers as actors of Ray: on this machine, or on every machine of a cluster (`RAY_ADDRESS`), with the same code.

Documents and model must lie where every machine sees them under the same path. Actors only read and send records back;
what started the run writes. An actor whose machine went away is started again on another, and its blocks with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ousianer_cli.errors import OusiaError, OutputError, SettingsError, rebuilt
from ousianer_cli.extras import require_extra
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.blocks import Block
from ousianer_cli.tagging.records import Record
from ousianer_cli.tagging.worker import Event, Worker

AHEAD = 2
"""Blocks that an actor has at a time."""
RESTARTS = 3
Result = tuple[list[Record], str, str]
"""A block's records; or, of an error, the name of its class and its line."""


class RayActors:
    """A pool of actors, a worker each, one a GPU where there are some; for a `with` block.

    Joins the cluster that `RAY_ADDRESS` names, or else starts Ray on this machine and ends it afterwards.

    Raises:
        SettingsError: Ray is not installed, or has too few processors for so many workers.
        OusiaError: whatever a worker raises.
        OutputError: an actor was killed, again and again.
    """

    def __init__(self, settings: TagSettings, workers: int) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_worker_niceness", "0")  # not behind everything else that runs here
        require_extra("ray", "--engine ray")
        import ray

        self._ray: Any = ray
        self._ours = not ray.is_initialized()
        if self._ours:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level="error")
        try:
            self._actors = self._started(settings, workers)
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> RayActors:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _started(self, settings: TagSettings, workers: int) -> list[Any]:
        there = self._ray.cluster_resources()
        cpus, gpus = int(there.get("CPU", 1)), int(there.get("GPU", 0)) if settings.device in ("", "cuda") else 0
        workers = min(workers, gpus) if gpus else workers
        threads = settings.threads or max(1, cpus // workers)
        if threads * workers > cpus:
            raise SettingsError(
                f"--workers: expected at most {cpus // threads} actors of {threads} thread(s) on the {cpus} processors "
                f"that Ray has, found {workers}"
            )
        share = replace(settings, threads=threads, device="cuda" if gpus else settings.device)
        actor = self._ray.remote(
            num_cpus=threads,
            num_gpus=1 if gpus else 0,
            max_restarts=RESTARTS,
            max_task_retries=RESTARTS,
        )(TagActor)
        actors = [actor.remote(share, os.getcwd()) for _ in range(workers)]
        for found in self._ray.get([actor.ready.remote() for actor in actors]):
            _raised(found)
        return actors

    def _end(self) -> None:
        if self._ours:
            self._ray.shutdown()

    def events(self, blocks: Iterable[Block]) -> Iterator[Event]:
        """The records of the blocks as they come, blocks in any order."""
        waiting = iter(blocks)
        under_way: dict[Any, tuple[Any, int]] = {}

        def send(actor: Any) -> None:
            if (block := next(waiting, None)) is not None:
                under_way[actor.tag.remote(block)] = actor, block.number

        for actor in [a for _ in range(AHEAD) for a in self._actors]:
            send(actor)
        while under_way:
            (ready,), _ = self._ray.wait(list(under_way), num_returns=1)
            actor, number = under_way.pop(ready)
            send(actor)
            try:
                result: Result = self._ray.get(ready)
            except self._ray.exceptions.RayActorError as error:
                raise OutputError(
                    f"an actor of Ray was killed ({' '.join(str(error).split())[:200]}); "
                    "try fewer --workers and go on with --resume"
                ) from None
            for record in _raised(result):
                yield number, record
            yield number, None


class TagActor:
    """A worker in a process of Ray's."""

    def __init__(self, settings: TagSettings, folder: str) -> None:
        if os.path.isdir(folder):
            os.chdir(folder)  # the inputs may be named from there
        self._settings = settings
        self._worker: Worker | None = None

    def ready(self) -> Result:
        """Load the model."""
        try:
            self._worker = self._worker or Worker(self._settings)
        except OusiaError as error:
            return [], type(error).__name__, str(error)
        return [], "", ""

    def tag(self, block: Block) -> Result:
        """Tag a block."""
        try:
            self._worker = self._worker or Worker(self._settings)
            return [record for _, record in self._worker.events([block]) if record is not None], "", ""
        except OusiaError as error:
            return [], type(error).__name__, str(error)


def _raised(result: Result) -> list[Record]:
    records, kind, line = result
    if kind:
        raise rebuilt(kind, line)
    return records
