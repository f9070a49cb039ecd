"""Step 1 of the Wikipedia pipeline: dumps into parts of plain articles, their words and links, and redirects.

Parsing wikitext costs far more than reading a dump. A multistream dump is cut into chunks and each process reads and
parses one; a dump of one stream is read here and its pages are handed to the processes in blocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.parquet import RowWriter
from ousianer_cli.corpus.wikipedia_articles import ArticleWriter
from ousianer_cli.corpus.wikipedia_parts import (
    EXAMPLES,
    Progress,
    Tally,
    Task,
    Work,
    Workers,
    add_tally,
    part_name,
    part_number,
    read_json,
    write_json,
)
from ousianer_cli.errors import InputError
from ousianer_cli.formats.dump_db import dump_db_redirects, read_dump_db
from ousianer_cli.formats.mediawiki import DumpChunk, DumpFaults, Page, dump_chunks, read_pages, redirect_link
from ousianer_cli.formats.titles import normalise_title, title_and_section
from ousianer_cli.formats.wikitext import Article, WikitextError, parse_article

PART_PAGES = 2000
"""Articles of a part at most."""
PART_CHARACTERS = 4_000_000
"""Wikitext of a part at most, but for its last page."""
CHUNK_BYTES = 8 << 20
"""Compressed bytes that one process reads by itself."""


@dataclass(slots=True)
class Block:
    """The raw pages of one part, and what stood between them in the dump."""

    pages: list[tuple[int, str, str, str]] = field(default_factory=list)
    """page id, title, wikitext, position in the dump"""
    redirects: list[tuple[str, str, bool]] = field(default_factory=list)
    """title, the title it leads to, whether to a section of it"""
    seen: Counter[str] = field(default_factory=Counter)
    characters: int = 0


def blocks(pages: Iterable[Page]) -> Iterator[Block]:
    """The pages of a chunk in blocks, cut by number and size alone; the last may hold nothing but redirects."""
    block = Block()
    for page in pages:
        block.seen["pages"] += 1
        if page.namespace != 0:
            block.seen["of other namespaces"] += 1
        elif page.redirect is not None:
            block.seen["redirects"] += 1
            source, (target, section) = normalise_title(page.title), title_and_section(page.redirect)
            # The dump's own element names the page alone.
            section = section or title_and_section(redirect_link(page.text) or "")[1]
            if source and target:
                block.redirects.append((source, target, section is not None))
            else:
                block.seen["redirects without a title"] += 1
        else:
            block.pages.append((page.id, page.title, page.text, page.position))
            block.characters += len(page.text)
        if len(block.pages) >= PART_PAGES or block.characters >= PART_CHARACTERS or len(block.redirects) >= 50_000:
            yield block
            block = Block()
    if block.seen:
        yield block


def extract(dumps: Sequence[Path], work: Work, workers: Workers, *, strict: bool, progress: Progress) -> None:
    """Write the parts of all dumps; those that are there already are left as they are.

    Raises:
        InputError: an unreadable dump; with `strict`, the first fault.
    """
    whole: list[tuple[int, DumpChunk]] = []
    streamed: list[tuple[int, DumpChunk]] = []
    number = 0
    for dump in dumps:
        chunks = dump_chunks(dump, target_bytes=CHUNK_BYTES)
        numbered = list(enumerate(chunks, number))
        (whole if len(chunks) > 1 else streamed).extend(c for c in numbered if not _chunk_file(work, c[0]).exists())
        number += len(chunks)
    tasks: Iterable[Task] = ((extract_chunk, (chunk, n, work, strict)) for n, chunk in whole)
    for done, _ in enumerate(workers.run(tasks), 1):
        progress(f"extract: {done} of {len(whole)} chunks")
    for n, chunk in streamed:
        _extract_stream(chunk, n, work, workers, strict, progress)


def _chunk_file(work: Work, chunk: int) -> Path:
    return work.file("chunks", f"{chunk:05d}", "json")


def extract_chunk(chunk: DumpChunk, number: int, work: Work, strict: bool) -> None:
    """Read and parse one chunk; its own file, which says that it is done, is written last."""
    faults = DumpFaults()
    place = -1
    for place, block in enumerate(blocks(read_pages(chunk, strict=strict, faults=faults))):
        extract_block(block, part_number(number, place), work, strict)
    _close_chunk(work, number, place + 1, faults)


def _extract_stream(
    chunk: DumpChunk, number: int, work: Work, workers: Workers, strict: bool, progress: Progress
) -> None:
    faults = DumpFaults()
    parts = 0

    def tasks() -> Iterator[Task]:
        nonlocal parts
        for place, block in enumerate(blocks(read_pages(chunk, strict=strict, faults=faults))):
            parts = place + 1
            part = part_number(number, place)
            # A run that goes on reads the stream again, but parses only what is not there yet.
            if not work.part("parts", part, "json").exists():
                yield extract_block, (block, part, work, strict)

    for done, _ in enumerate(workers.run(tasks()), 1):
        progress(f"extract: {Path(chunk.path).name}, {done} parts")
    _close_chunk(work, number, parts, faults)


def _close_chunk(work: Work, number: int, parts: int, faults: DumpFaults) -> None:
    kept = {"parts": parts, "faults": dict(faults.counts), "fault examples": faults.examples}
    write_json(_chunk_file(work, number), kept)


def extract_block(block: Block, part: int, work: Work, strict: bool) -> None:
    """Parse the pages of a block and write them as a part, unless it is there already.

    Raises:
        InputError: with `strict`, a page whose wikitext cannot be parsed.
    """
    if work.part("parts", part, "json").exists():
        return
    writer = PartWriter(work, part)
    for page_id, title, text, position in block.pages:
        try:
            article = parse_article(title, page_id, text)
        except WikitextError as error:
            if strict:
                remedy = "leave out --strict to pass over it"
                raise InputError("wikitext that can be parsed", str(error), path=position, remedy=remedy) from None
            writer.fault("pages whose wikitext cannot be parsed", f"{position}: {title}: {error}")
            continue
        writer.add(article)
    for redirect in block.redirects:
        writer.add_redirect(*redirect)
    writer.close({"pages": dict(block.seen), "characters": block.characters})


def extract_dump_db(path: Path, work: Work, strict: bool) -> None:
    """Write the articles of a Wikipedia2Vec dump DB, which are parsed already, as the parts of one chunk.

    Raises:
        InputError: no dump DB; with `strict`, one that cannot give a page.
        SettingsError: wikipedia2vec is not installed.
    """
    if _chunk_file(work, 0).exists():
        return
    faults = DumpFaults()
    articles, redirects = read_dump_db(path, faults), dump_db_redirects(path)
    place, writer, characters = 0, PartWriter(work, part_number(0, 0)), 0
    for held, article in enumerate(articles, 1):
        writer.add(article)
        characters += len(article.text)
        if held % PART_PAGES == 0 or characters >= PART_CHARACTERS:
            writer.close({})
            place, characters = place + 1, 0
            writer = PartWriter(work, part_number(0, place))
        if strict and faults.counts:
            break
    if strict and faults.counts:
        remedy = "make the dump DB anew, or leave out --strict"
        raise InputError("a whole dump DB", faults.examples[0], path=path, remedy=remedy)
    seen: Counter[str] = Counter()
    for source, target in redirects:
        seen["redirects"] += 1
        writer.add_redirect(source, target, False)
    writer.close({"pages": dict(seen)})
    _close_chunk(work, 0, place + 1, faults)


class PartWriter:
    """Writes one part: articles, links, redirects, and its counts, which come last and say that it is whole."""

    def __init__(self, work: Work, part: int) -> None:
        import pyarrow as pa

        self.work = work
        self.part = part
        self.tally: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.examples: list[str] = []
        self.rows = 0
        self._articles = ArticleWriter(work, part)
        self._anchors = RowWriter(
            work.part("anchors", part),
            pa.schema(
                [("part", pa.int64()), ("row", pa.int32()), ("n", pa.int32()), ("start", pa.int32())]
                + [("end", pa.int32()), ("target", pa.string()), ("section", pa.bool_()), ("text", pa.string())]
            ),
            4096,
        )
        self._redirects = RowWriter(
            work.part("redirects", part),
            pa.schema([("source", pa.string()), ("target", pa.string()), ("section", pa.bool_())]),
            4096,
        )

    def add(self, article: Article) -> None:
        """An article, maybe a list; pages that are neither (disambiguation) are counted only."""
        self.left_out.update(article.left_out)
        if article.kind != "article":
            self.tally[f"{article.kind} pages"] += 1
        if article.kind not in ("article", "list"):
            return
        self.tally["articles"] += 1
        self.tally["links"] += len(article.anchors)
        self.tally["bold titles"] += len(article.bolds)
        self.tally["characters of text"] += len(article.text)
        self._articles.add(article.page_id, normalise_title(article.title), article.text, article.bolds)
        for n, a in enumerate(article.anchors):
            shown = article.text[a.start : a.end]
            self._anchors.add(self.part, self.rows, n, a.start, a.end, a.target, bool(a.section), shown)
        self.rows += 1

    def add_redirect(self, source: str, target: str, section: bool) -> None:
        """Note a redirect from one title to another; `section` where it leads into an article."""
        self._redirects.add(source, target, section)

    def fault(self, kind: str, example: str) -> None:
        """Count a fault of the dump, and keep the first as examples."""
        self.faults[kind] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)

    def close(self, seen: Tally) -> None:
        """Finish the files of the part and write its counts."""
        for writer in (self._articles, self._anchors, self._redirects):
            writer.close()
        self.tally["characters of wikitext"] += seen.get("characters", 0)
        counts: dict[str, Any] = {
            "pages": seen.get("pages", {}),
            "articles": dict(self.tally),
            "left out of articles": dict(self.left_out),
            "faults": dict(self.faults),
            "fault examples": self.examples,
        }
        write_json(self.work.part("parts", self.part, "json"), counts)


def finished_parts(work: Work) -> list[int]:
    """The numbers of all parts, in order, once `extract` has ended.

    A part that a chunk no longer has (none, unless the dump was changed under the run) is not among them.
    """
    parts = []
    for path in work.files("chunks", "json"):
        chunk = int(path.stem)
        parts += [part_number(chunk, place) for place in range(read_json(path)["parts"])]
    return parts


def extract_counts(work: Work) -> Tally:
    """The counts of all parts and chunks together."""
    total: Tally = {}
    for part in finished_parts(work):
        add_tally(total, read_json(work.folder / "parts" / f"{part_name(part)}.json"))
    for path in work.files("chunks", "json"):
        chunk = read_json(path)
        add_tally(total, {"faults": chunk["faults"], "fault examples": chunk["fault examples"]})
    return total
