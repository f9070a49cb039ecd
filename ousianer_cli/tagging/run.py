"""A run: documents in, a file of their names out, streamed and written whole or not at all."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import torch
from tqdm import tqdm

from ousianer_cli.formats.edl import NilPolicy
from ousianer_cli.formats.readers import ReadReport, read_documents
from ousianer_cli.outputs import open_output
from ousianer_cli.settings import require
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.tagger import Tagger
from ousianer_cli.tagging.writers import WRITERS, WriteOptions


def run_tag(settings: TagSettings, progress: bool | None = None) -> Summary:
    """Tag what the settings name and write the run.

    Args:
        progress: whether to show a bar; None does where stderr is a terminal.

    Raises:
        SettingsError: no input or no output is named.
        InputError, ModelError, OutputError: what cannot be read, loaded or written.
    """
    inputs = require(settings.inputs, "inputs", "tag", "documents to tag", "INPUT...")
    out = require(settings.out, "out", "tag", "the run to write", "-o FILE")
    report, summary = ReadReport(), Summary()
    documents = read_documents(
        inputs,
        input_format=settings.input_format or None,
        strict=settings.strict,
        authors=settings.authors,
        quotes=settings.quotes,
        after_xml_declaration=settings.after_xml_declaration,
        report=report,
    )
    if settings.threads:
        torch.set_num_threads(settings.threads)
    tagger = Tagger.load(
        settings.model or None,
        device=settings.device or None,
        consistency=settings.consistency == "document",
        nested=settings.nested,
        deepen=settings.deepen,
        coarse_prior=None if settings.coarse_prior < 0 else settings.coarse_prior,
        min_confidence=None if settings.min_confidence < 0 else settings.min_confidence,
        author_type=settings.author_type,
    )
    show = sys.stderr.isatty() if progress is None else progress
    bar = tqdm(documents, unit="doc", desc="tag", disable=not show)
    writer = WRITERS[settings.format]
    tagged = tagger.documents(bar, details=writer.details or not tagger.has_targets, summary=summary)
    threshold = None if tagger.has_targets else settings.yago_threshold
    lines = writer.lines(tagged, WriteOptions(settings.run_id, cast(NilPolicy, settings.nil), threshold), summary)
    write_lines(out, timed(summary, lines))
    if not tagger.has_targets:
        summary.note = "the model has no target types, so names have YAGO classes; ousianer finetune gives it some"
    summary.skipped.update(report.skipped)
    if report.warnings_not_kept:
        summary.skipped["warnings not shown"] += report.warnings_not_kept
    summary.warnings += report.warnings
    return summary


def write_lines(path: str | Path, lines: Iterable[str]) -> None:
    """Write lines as they come, under a temporary name until the last."""
    with open_output(path) as out:
        out.writelines(line + "\n" for line in lines)


def timed(summary: Summary, lines: Iterable[str]) -> Iterator[str]:
    """The same lines; the summary gets the seconds they took."""
    began = time.monotonic()
    yield from lines
    summary.seconds = time.monotonic() - began
