"""A run: documents in, a file of their names out, streamed and written whole or not at all.

Its documents are tagged in blocks, by this process or by many, each block kept as a part until the run is whole; then
the parts are put together. A run of a few documents, or into a stream, needs no parts.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from tqdm import tqdm

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.documents.report import ReadReport, duplicate_error
from ousianer_cli.formats.documents.units import find_units
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.device import usable_device
from ousianer_cli.outputs import open_output
from ousianer_cli.outputs.streams import is_stream
from ousianer_cli.released_models import released_model
from ousianer_cli.settings import require
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.blocks import Block, inputs_digest, plan_blocks, text_of, unit_sizes
from ousianer_cli.tagging.manifest import Manifest
from ousianer_cli.tagging.parts import Parts, parts_folder, refuse_unfinished
from ousianer_cli.tagging.precision import choose_precision
from ousianer_cli.tagging.processors import choose_threads
from ousianer_cli.tagging.records import Record, assembled
from ousianer_cli.tagging.shards import Shard, ShardFile, write_shard
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.worker import Event, Worker, write_options
from ousianer_cli.tagging.writers import WRITERS

AT_ONCE = 32 * 1024
"""Bytes of running text, roughly, that are tagged without parts, which would only take their time."""
WITHOUT_TEXT = "no document has running text, so the run is empty"
PRETRAINED = "the model has no target types, so names have YAGO classes; ousianer finetune gives it some"


class Engine(Protocol):
    """Whatever tags blocks."""

    def events(self, blocks: Iterable[Block]) -> Iterator[Event]:
        """What became of blocks, as it comes."""


@dataclass(slots=True)
class _Run:
    """A run that is planned, and what is known of it so far."""

    settings: TagSettings
    out: str
    manifest: Manifest
    blocks: Sequence[Block]
    """Those of its shard, if it is parted into shards."""
    report: ReadReport
    model: Model | None = None
    """The model, where this process has loaded it and tags by itself."""
    summary: Summary = field(default_factory=Summary)
    tagged: int = 0
    """Words tagged by this very process and its workers."""
    began: float = field(default_factory=time.monotonic)

    def write(self, records: Iterable[Record]) -> None:
        """Write the run, or its shard, from its records in order, and fill the summary."""
        settings = self.settings
        writer, options = WRITERS[settings.format], write_options(settings, has_targets=self.manifest.has_targets)
        if settings.shard:
            records = write_shard(self.out, self.manifest, self.report, records)
        files = None if settings.shard else self.manifest.files
        lines = assembled(records, writer, options, self.summary, self.report, strict=settings.strict, files=files)
        if settings.shard:
            for _ in lines:
                pass
        else:
            write_lines(self.out, lines)
        self.summary.seconds = time.monotonic() - self.began
        self.summary.words_before = self.summary.words - self.tagged
        conclude(self.summary, self.report, has_targets=self.manifest.has_targets)

    def watched(self, records: Iterable[Record], progress: bool | None) -> Iterator[Record]:
        """Records as they are made: shown, counted; with `strict`, a document that was met before ends it."""
        met: set[str] = set()
        show = sys.stderr.isatty() if progress is None else progress
        with tqdm(unit="doc", desc="tag", disable=not show) as bar:
            for record in records:
                if "id" in record:
                    bar.update()
                    self.tagged += int(record["counts"].get("words", 0))
                    if self.settings.strict:
                        if record["id"] in met:
                            raise duplicate_error(record["from"], record["id"])
                        met.add(record["id"])
                yield record


def run_tag(settings: TagSettings, progress: bool | None = None, *, resume: bool = False) -> Summary:
    """Tag what the settings name and write the run, or the shard of it that they ask for.

    Args:
        progress: whether to show a bar; None does where stderr is a terminal.
        resume: go on with the finished parts of an interrupted run, if there are any.

    Raises:
        SettingsError: no input or no output is named, or `resume` found the parts of another run.
        InputError, ModelError, OutputError: what cannot be read, loaded or written; without `resume`, finished parts
            that would be lost.
    """
    inputs = require(settings.inputs, "inputs", "tag", "documents to tag", "INPUT...")
    out = require(settings.out, "out", "tag", "the run to write", "-o FILE")
    shard = Shard.of(settings.shard) if settings.shard else None
    streamed = is_stream(out)
    if streamed and (resume or shard):
        flag = "--resume" if resume else "--shard"
        raise SettingsError(f"{flag}: expected a file as output, found a stream; name a file with -o")
    if not streamed:
        refuse_unfinished(out, resume=resume)
    usable_device(settings.device)
    alone = settings.workers == 1 and settings.engine == "local"
    settings, precision, loaded = _with_precision(settings)
    report = ReadReport()
    units = find_units(inputs, settings.input_format or None, report, strict=settings.strict)
    sizes = unit_sizes(units)
    blocks = plan_blocks(units, sizes)
    model = Path(settings.model) if settings.model else released_model()
    manifest = Manifest.of(settings, model, inputs_digest(units, sizes), len(units), len(blocks))
    run = _Run(settings, out, manifest, shard.own(blocks) if shard else blocks, report, loaded if alone else None)
    del loaded  # workers load their own
    run.summary.precision = precision
    if shard and resume and _is_whole_shard(run):
        return Summary(note=f"{out} was whole already")
    folder = None if streamed else parts_folder(out)
    small = text_of(units, sizes) <= AT_ONCE or len(run.blocks) < 2
    if alone and (folder is None or (small and not folder.exists())):
        _tag_at_once(run, run.blocks if shard else plan_blocks(units, sizes, slices=False), progress)
        return run.summary
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ousianer-"))) / "run.parts"
        parts = stack.enter_context(Parts(folder, manifest, run.blocks))
        if resume and parts.of_a_whole_run and Path(out).is_file():
            parts.clear()
            return Summary(note=f"{out} was whole already")
        parts.resume() if resume else parts.begin()
        _tag_in_parts(run, parts, progress)
    return run.summary


def _with_precision(settings: TagSettings) -> tuple[TagSettings, str, Model | None]:
    """The settings with a precision in place of `auto`, what is to be said of it (bytes depend on it), and the model,
    if it was loaded for that."""
    if settings.precision != "auto":
        return settings, "" if settings.precision == "fp32" else f"{settings.precision} (as set)", None
    model = load_model(settings.model or released_model())
    chosen = choose_precision("auto", model, usable_device(settings.device))
    return replace(settings, precision=chosen.precision), str(chosen), model


def _tag_at_once(run: _Run, blocks: Sequence[Block], progress: bool | None) -> None:
    worker = Worker(run.settings, run.model)
    run.summary.threads = str(choose_threads(run.settings.threads))
    run.began = time.monotonic()
    made = (record for _, record in worker.events(blocks) if record is not None)
    run.write(run.watched(made, progress))


def _tag_in_parts(run: _Run, parts: Parts, progress: bool | None) -> None:
    finished = parts.finished
    left = [block for block in run.blocks if block.number not in finished]
    if left:
        run.summary.threads = str(choose_threads(run.settings.threads))
        with _engine(run, len(left)) as engine:
            run.began = time.monotonic()
            for _ in run.watched(parts.keep(engine.events(left)), progress):
                pass
    try:
        run.write(parts.records())
    except InputError:
        if not run.summary.documents:  # there is nothing to go on with
            parts.clear()
        raise
    parts.whole()


def _engine(run: _Run, blocks: int) -> AbstractContextManager[Engine]:
    """What tags so many blocks."""
    settings = run.settings
    workers = min(settings.workers, blocks)
    if settings.engine == "ray":
        from ousianer_cli.tagging.ray_actors import RayActors

        return RayActors(settings, workers)
    if workers == 1:
        return nullcontext(Worker(settings, run.model))
    from ousianer_cli.tagging.processes import Processes

    return Processes(settings, workers)


def _is_whole_shard(run: _Run) -> bool:
    """Whether the run's shard was written before."""
    try:
        return not run.manifest.differs(ShardFile(run.out).manifest)
    except InputError:
        return False


def conclude(summary: Summary, report: ReadReport, *, has_targets: bool) -> None:
    """Take into the summary what reading left out."""
    if not has_targets:
        summary.note = PRETRAINED
    if summary.documents and not summary.segments and not summary.names:
        summary.note = WITHOUT_TEXT
    summary.skipped.update(report.skipped)
    if report.warnings_not_kept:
        summary.skipped["warnings not shown"] += report.warnings_not_kept
    summary.warnings += report.warnings


def write_lines(path: str | Path, lines: Iterable[str]) -> None:
    """Write lines as they come, under a temporary name until the last."""
    with open_output(path) as out:
        out.writelines(line + "\n" for line in lines)
