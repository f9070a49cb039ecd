"""Step 5 of the Wikipedia pipeline: articles with resolved links into sentences with typed mentions.

Sentences and words are those of `tag`. A mention must begin and end where a word does; it carries its title's types,
and the trust in them times the trust in how it was found. Each part is marked by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.anchors import AnchorTable
from ousianer_cli.corpus.excluded import ExcludedSentences
from ousianer_cli.corpus.mentions import FoundMention, expand_mentions
from ousianer_cli.corpus.parquet import RowWriter
from ousianer_cli.corpus.split_text import SplitText
from ousianer_cli.corpus.wikipedia_anchors import table_folder
from ousianer_cli.corpus.wikipedia_articles import read_articles
from ousianer_cli.corpus.wikipedia_parts import Tally, Work, write_json
from ousianer_cli.corpus.word_hashes import hash_text
from ousianer_cli.settings.prepare_wikipedia import ExpansionSettings


@dataclass(frozen=True, slots=True)
class MarkOptions:
    """What becomes a mention, and which sentences are kept."""

    how: tuple[str, ...]
    expansion: ExpansionSettings
    lower_case: bool
    max_words: int
    seed: int
    quota: bool


@dataclass(slots=True)
class _Context:
    """What a process needs to mark parts, read once."""

    types: Any
    """Arrow table of the distinct sets of types, memory-mapped."""
    anchors: AnchorTable | None
    excluded: ExcludedSentences
    known: dict[int, tuple[tuple[str, ...], bool]] = field(default_factory=dict)

    def types_of(self, set_id: int) -> tuple[tuple[str, ...], bool]:
        """The types of a set, and whether they are a person's."""
        types = self.known.get(set_id)
        if types is None:
            if len(self.known) >= 50_000:
                self.known.clear()
            types = (tuple(self.types["types"][set_id].as_py()), bool(self.types["person"][set_id].as_py()))
            self.known[set_id] = types
        return types


@lru_cache(maxsize=1)
def _context(work: Work, with_anchors: bool) -> _Context:
    import pyarrow as pa

    with pa.memory_map(str(work.folder / "type_sets.arrow")) as file:
        types = pa.ipc.open_file(file).read_all()
    anchors = AnchorTable.load(table_folder(work)) if with_anchors else None
    return _Context(types, anchors, ExcludedSentences(excluded_file(work)))


def excluded_file(work: Work) -> Path:
    """Where the keys of sentences lie that must not be in the corpus."""
    return work.folder / "excluded.npy"


def words_key(tokens: Iterable[str]) -> int:
    """64 bits of a sentence's lower-cased tokens: the key of repeats."""
    return hash_text("\x1f".join(tokens).lower())


def mark_part(work: Work, part: int, options: MarkOptions) -> None:
    """Write the sentences of a part that have typed mentions, and the counts, last."""
    if work.part("marked", part, "json").exists():
        return
    import pyarrow as pa

    context = _context(work, "alias" in options.how)
    text, number = pa.string(), pa.int32()
    mention = pa.struct(
        [("start", number), ("end", number), ("types", pa.list_(text)), ("weight", pa.float64())]
        + [("how", text), ("title", text)]
    )
    schema = pa.schema(
        [("part", pa.int64()), ("row", number), ("key", pa.uint64()), ("doc", text), ("tokens", pa.list_(text))]
        + [("mentions", pa.list_(mention)), ("titles", pa.list_(text)), ("tickets", pa.list_(pa.uint64()))]
    )
    writer = RowWriter(work.part("marked", part), schema, 512)
    counts = _Counts()
    rows = 0
    links, titles = _LinkReader(work, part), _LinkReader(work, part, "titles")
    for row, article in enumerate(read_articles(work, part)):
        found = _Found(context, article.title, article.split, counts, options)
        found.add(links.of(row), article.bolds, titles.of(row))
        for tokens, mentions in _sentences(article.split, found, counts, options, context):
            key = words_key(tokens)
            tickets = []
            if options.quota:
                tickets = [hash_text(f"{options.seed}\t{m['title']}\t{key}\t{m['start']}") >> 1 for m in mentions]
            writer.add(part, rows, key, article.title, tokens, mentions, [m["title"] for m in mentions], tickets)
            rows += 1
    writer.close()
    counts.sentences["with typed mentions"] = rows
    write_json(work.part("marked", part, "json"), counts.tally())


@dataclass(slots=True)
class _Counts:
    sentences: Counter[str] = field(default_factory=Counter)
    sentences_dropped: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    mentions_dropped: dict[str, Counter[str]] = field(default_factory=dict)

    def drop(self, how: str, reason: str) -> None:
        self.mentions_dropped.setdefault(how, Counter())[reason] += 1

    def tally(self) -> Tally:
        return {
            "sentences": dict(self.sentences),
            "sentences dropped": dict(self.sentences_dropped),
            "mentions found": dict(self.found),
            "mentions dropped": {how: dict(c) for how, c in self.mentions_dropped.items()},
        }


@dataclass(slots=True)
class _Found:
    """The mentions of one article, and the types of their titles."""

    context: _Context
    title: str
    split: SplitText
    counts: _Counts
    options: MarkOptions
    mentions: list[FoundMention] = field(default_factory=list)
    types: dict[str, tuple[int, float]] = field(default_factory=dict)
    """title -> set of types, weight"""

    def add(
        self,
        links: Sequence[tuple[int, int, str, bool, int | None, float | None]],
        bolds: Sequence[tuple[int, int]],
        title_types: Sequence[tuple[int | None, float | None]],
    ) -> None:
        """Take up an article's links and bold titles, and find further mentions."""
        stated: list[FoundMention] = []
        for start, end, title, section, set_id, weight in links:
            if start >= end:
                self.counts.drop("link", "no text")
                continue
            # What leads to a section names something else than the page: its place stays taken, under no known title.
            stated.append(FoundMention(start, end, f"{title}#" if section else title, "link"))
            if set_id is not None and not section:
                self.types[title] = (set_id, weight or 0.0)
        if title_types and title_types[0][0] is not None:
            self.types[self.title] = (title_types[0][0], title_types[0][1] or 0.0)
        taken = sorted((m.start, m.end) for m in stated)
        for start, end in bolds:
            if any(start < b and a < end for a, b in taken):
                self.counts.drop("bold", "a link stands there")
            elif start < end:
                stated.append(FoundMention(start, end, self.title, "bold"))
        stated.sort(key=lambda m: (m.start, -m.end))
        clear: list[FoundMention] = []
        for mention in stated:
            if clear and mention.start < clear[-1].end:
                self.counts.drop(mention.how, "inside another")
            else:
                clear.append(mention)
        persons = frozenset(t for t, (set_id, _) in self.types.items() if self.context.types_of(set_id)[1])
        self.mentions = expand_mentions(
            self.split, self.title, clear, self.context.anchors, self.options.expansion, persons=persons
        )
        self.counts.found.update(m.how for m in self.mentions)

    def reason(self, mention: FoundMention) -> str | None:
        """Why a mention is no example; None if it is one."""
        if mention.how not in self.options.how:
            return "not asked for by --how"
        if mention.title not in self.types:
            return "leads to a section of a page" if mention.title.endswith("#") else "its title has no types"
        shown = self.split.text[mention.start : mention.end]
        if not self.options.lower_case and not any(c.isupper() for c in shown):
            return "no capital letter"
        return None


def _sentences(
    split: SplitText, found: _Found, counts: _Counts, options: MarkOptions, context: _Context
) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
    """Tokens and mentions of each sentence that has typed mentions."""
    kept: list[FoundMention] = []
    for mention in found.mentions:
        reason = found.reason(mention)
        if reason is None:
            kept.append(mention)
        else:
            counts.drop(mention.how, reason)
    at = 0
    for words in split.sentences():
        start, end = words[0][0], words[-1][1]
        counts.sentences["in articles"] += 1
        inside: list[FoundMention] = []
        while at < len(kept) and kept[at].start < end:
            mention = kept[at]
            at += 1
            if start <= mention.start and mention.end <= end:
                inside.append(mention)
            else:
                counts.drop(mention.how, "crosses the edge of a sentence")
        if not inside:
            counts.sentences_dropped["no typed mention"] += 1
            continue
        mentions = list(_aligned(inside, words, found, counts))
        tokens = [split.text[a:b] for a, b in words]
        dropped = None
        if not mentions:
            dropped = "no typed mention on whole words"
        elif len(tokens) > options.max_words:
            dropped = "more words than --max-words"
        elif tokens in context.excluded:
            dropped = "also in an excluded file"
        if dropped is not None:
            counts.sentences_dropped[dropped] += 1
            for m in mentions:
                counts.drop(m["how"], f"in a sentence dropped ({dropped})")
            continue
        yield tokens, mentions


def _aligned(
    mentions: Sequence[FoundMention], words: Sequence[tuple[int, int]], found: _Found, counts: _Counts
) -> Iterator[dict[str, Any]]:
    first = {a: i for i, (a, _) in enumerate(words)}
    last = {b: i + 1 for i, (_, b) in enumerate(words)}
    for m in mentions:
        shown = found.split.text[m.start : m.end]
        left = m.start + len(shown) - len(shown.lstrip())
        start, end = first.get(left), last.get(m.start + len(shown.rstrip()))
        if start is None or end is None or start >= end:
            counts.drop(m.how, "begins or ends inside a word")
            continue
        set_id, weight = found.types[m.title]
        yield {
            "start": start,
            "end": end,
            "types": found.context.types_of(set_id)[0],
            "weight": round(weight * m.weight, 4),
            "how": m.how,
            "title": m.title,
        }


class _LinkReader:
    """Rows of a part's `links` or `titles` by article, read once in order."""

    def __init__(self, work: Work, part: int, step: str = "links") -> None:
        self._rows = self._read(work.part(step, part))
        self._next = next(self._rows, None)

    @staticmethod
    def _read(path: Path) -> Iterator[tuple[Any, ...]]:
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(2048):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def of(self, row: int) -> list[Any]:
        """The rows of one article without their row number; articles are asked for in order."""
        rows = []
        while self._next is not None and self._next[0] <= row:
            if self._next[0] == row:
                rows.append(self._next[1:])
            self._next = next(self._rows, None)
        return rows
