"""What tags blocks: a loaded model that turns a block's documents into records, alone or in one of many processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import cast

from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.edl import NilPolicy
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.blocks import Block, Read, read_block
from ousianer_cli.tagging.records import Record, document_record, note_record
from ousianer_cli.tagging.tagger import Tagger
from ousianer_cli.tagging.writers import WRITERS, WriteOptions

Event = tuple[int, Record | None]
"""The number of a block and a record of it; None when the block is done."""


def load_tagger(settings: TagSettings, model: Model | None = None) -> Tagger:
    """The tagger that the settings ask for; over `model`, where theirs is loaded already.

    Raises:
        ModelError, SettingsError: as `Tagger.load`.
    """
    return Tagger.load(
        model or settings.model or None,
        device=settings.device or None,
        consistency=settings.consistency == "document",
        nested=settings.nested,
        deepen=settings.deepen,
        coarse_prior=None if settings.coarse_prior < 0 else settings.coarse_prior,
        min_confidence=None if settings.min_confidence < 0 else settings.min_confidence,
        author_type=settings.author_type,
        threads=settings.threads,
        precision=settings.precision,
    )


def write_options(settings: TagSettings, *, has_targets: bool) -> WriteOptions:
    """What the writer of a run is told."""
    threshold = None if has_targets else settings.yago_threshold
    return WriteOptions(settings.run_id, cast(NilPolicy, settings.nil), threshold)


class Worker:
    """Tags blocks, a few documents in memory at a time."""

    def __init__(self, settings: TagSettings, model: Model | None = None) -> None:
        self.settings = settings
        self.tagger = load_tagger(settings, model)
        self.writer = WRITERS[settings.format]
        self.options = write_options(settings, has_targets=self.tagger.has_targets)

    def events(self, blocks: Iterable[Block]) -> Iterator[Event]:
        """The records of the blocks as they come; the tagger sees one stream of documents.

        Raises:
            InputError: what cannot be read and must be.
        """
        waiting: deque[tuple[int, Read | None]] = deque()

        def documents() -> Iterator[Document]:
            for block in blocks:
                for read in read_block(block, self.settings):
                    waiting.append((block.number, read))
                    if read.document is not None:
                        yield read.document
                waiting.append((block.number, None))

        details = self.writer.details or not self.tagger.has_targets
        for item in self.tagger.documents(documents(), details=details):
            while True:
                number, read = waiting.popleft()
                if read is not None and read.document is not None:
                    break
                yield number, None if read is None else note_record(read)
            yield number, document_record(read, item, self.writer, self.options)
        for number, read in waiting:
            yield number, None if read is None else note_record(read)
