"""Step 3 of the Wikipedia pipeline: articles with resolved links into training sentences.

Sentences and words are those of `tag`. A mention must begin and end where a word does; it carries its title's types,
and the trust in them times the trust in how it was found. Each part is marked by itself; then repeated sentences and
mentions beyond a title's quota are found among all of them, and the rest is written in shards.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import tee
from pathlib import Path
from typing import Any

import numpy as np

from ousianer_cli.corpus.anchors import AnchorTable, count_occurrences
from ousianer_cli.corpus.mentions import FoundMention, expand_mentions
from ousianer_cli.corpus.parquet import RowWriter
from ousianer_cli.corpus.store import write_shard
from ousianer_cli.corpus.wikipedia_parts import (
    ROW_GROUP,
    Progress,
    Tally,
    Work,
    Workers,
    read_json,
    write_json,
)
from ousianer_cli.corpus.wikipedia_resolve import quota_of, repeated_rows
from ousianer_cli.formats.corpus import Mention, Sentence, dump_sentence
from ousianer_cli.formats.sentences import split_sentences
from ousianer_cli.formats.words import split_words
from ousianer_cli.outputs import open_output
from ousianer_cli.settings.prepare_wikipedia import ExpansionSettings

_PARTS_A_COUNT = 2


@dataclass(frozen=True, slots=True)
class MarkOptions:
    """What becomes a mention, and which sentences are kept."""

    how: tuple[str, ...]
    expansion: ExpansionSettings
    lower_case: bool
    max_words: int
    seed: int
    quota: bool


# ---- anchors --------------------------------------------------------------------------------------------------------


def build_anchors(work: Work, parts: Sequence[int], workers: Workers, memory: str, progress: Progress) -> Tally:
    """Make the anchor table of all links and count its anchors in the running text of all parts."""
    done = work.folder / "anchors.json"
    if not done.exists():
        made = workers.alone(_build_table, work, memory)
        counted = [parts[i : i + _PARTS_A_COUNT] for i in range(0, len(parts), _PARTS_A_COUNT)]
        missing = [group for group in counted if not work.part("occurrences", group[0], "npz").exists()]
        for number, _ in enumerate(workers.run((_count_parts, (work, group)) for group in missing), 1):
            progress(f"anchors: counted {min(number * _PARTS_A_COUNT, len(parts))} of {len(parts)} parts")
        workers.alone(_add_counts, work)
        write_json(done, made)
    counts: Tally = read_json(done)
    return counts


def _table_folder(work: Work) -> Path:
    return work.folder / "anchor_table"


def _build_table(work: Work, memory: str) -> Tally:
    table = AnchorTable.build(work.files("anchor_counts"), None, _table_folder(work), memory=memory)
    return {
        "links": table.counts.links,
        "distinct anchors": table.counts.anchors,
        "kept in the table": table.counts.kept,
        "left out": dict(table.counts.left_out),
    }


def _count_parts(work: Work, parts: Sequence[int]) -> None:
    table = AnchorTable.load(_table_folder(work))
    counts = count_occurrences((text for part in parts for _, text, _ in _articles(work, part)), table)
    at = np.flatnonzero(counts)
    path = work.part("occurrences", parts[0], "npz")
    hidden = path.with_name(f".{path.name}")
    with hidden.open("wb") as file:
        np.savez(file, at=at.astype(np.uint32), counts=counts[at])
    hidden.replace(path)


def _add_counts(work: Work) -> None:
    table = AnchorTable.load(_table_folder(work))

    def partial() -> Iterator[Any]:
        for path in work.files("occurrences", "npz"):
            with np.load(path) as kept:
                counts = np.zeros(len(table), np.uint64)
                counts[kept["at"]] = kept["counts"]
            yield counts

    table.add_occurrences(partial())


# ---- marking --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Context:
    """What a process needs to mark parts, read once."""

    types: Any
    """Arrow table of the distinct sets of types, memory-mapped."""
    anchors: AnchorTable | None
    excluded: Any
    """Sorted keys of sentences that must not be in the corpus."""
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

    def is_excluded(self, tokens: Sequence[str]) -> bool:
        if not len(self.excluded):
            return False
        key = letters_key(tokens)
        at = int(np.searchsorted(self.excluded, np.uint64(key)))
        return at < len(self.excluded) and int(self.excluded[at]) == key


@lru_cache(maxsize=1)
def _context(work: Work, with_anchors: bool) -> _Context:
    import pyarrow as pa

    with pa.memory_map(str(work.folder / "type_sets.arrow")) as file:
        types = pa.ipc.open_file(file).read_all()
    anchors = AnchorTable.load(_table_folder(work)) if with_anchors else None
    excluded = np.load(work.folder / "excluded.npy", mmap_mode="r")
    return _Context(types, anchors, excluded)


def letters_key(tokens: Iterable[str]) -> int:
    """64 bits of a sentence's letters and digits in lower case: the same however it is cut into tokens."""
    letters = "".join(c for c in "".join(tokens).lower() if c.isalnum())
    return int.from_bytes(hashlib.blake2b(letters.encode(), digest_size=8).digest(), "little")


def words_key(tokens: Iterable[str]) -> int:
    """64 bits of a sentence's lower-cased tokens: the key of repeats."""
    return _hash64("\x1f".join(tokens).lower())


def _hash64(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def write_excluded(work: Work, files: Sequence[Path]) -> None:
    """Keep the keys of the sentences that `files` (corpora of any format that `prepare corpus` reads) hold.

    Raises:
        InputError: a file that cannot be read.
    """
    path = work.folder / "excluded.npy"
    if path.exists():
        return
    from ousianer_cli.formats.corpora import read_labelled

    keys = {letters_key(s.tokens) for file in files for s in read_labelled(file)}
    hidden = path.with_name(".excluded.npy")
    with hidden.open("wb") as out:
        np.save(out, np.array(sorted(keys), np.uint64))
    hidden.replace(path)


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
    for row, (title, article, bolds) in enumerate(_articles(work, part)):
        found = _Found(context, title, article, counts, options)
        found.add(links.of(row), bolds, titles.of(row))
        for tokens, mentions in _sentences(article, found, counts, options, context):
            key = words_key(tokens)
            tickets = []
            if options.quota:
                tickets = [_hash64(f"{options.seed}\t{m['title']}\t{key}\t{m['start']}") >> 1 for m in mentions]
            writer.add(part, rows, key, title, tokens, mentions, [m["title"] for m in mentions], tickets)
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
    text: str
    counts: _Counts
    options: MarkOptions
    mentions: list[FoundMention] = field(default_factory=list)
    types: dict[str, tuple[int, float]] = field(default_factory=dict)
    """title -> set of types, weight"""
    words: list[tuple[int, int]] = field(default_factory=list)
    """The words of the text, where it has mentions."""

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
        self.words = split_words(self.text) if clear else []
        self.mentions = expand_mentions(
            self.text,
            self.title,
            clear,
            self.context.anchors,
            self.options.expansion,
            persons=persons,
            words=self.words,
        )
        self.counts.found.update(m.how for m in self.mentions)

    def reason(self, mention: FoundMention) -> str | None:
        """Why a mention is no example; None if it is one."""
        if mention.how not in self.options.how:
            return "not asked for by --how"
        if mention.title not in self.types:
            return "leads to a section of a page" if mention.title.endswith("#") else "its title has no types"
        shown = self.text[mention.start : mention.end]
        if not self.options.lower_case and not any(c.isupper() for c in shown):
            return "no capital letter"
        return None


def _sentences(
    text: str, found: _Found, counts: _Counts, options: MarkOptions, context: _Context
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
    for start, end in split_sentences(text, 0, len(text)):
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
        words = words_inside(found.words, text, start, end)
        mentions = list(_aligned(inside, words, found, counts))
        tokens = [text[a:b] for a, b in words]
        dropped = None
        if not mentions:
            dropped = "no typed mention on whole words"
        elif len(tokens) > options.max_words:
            dropped = "more words than --max-words"
        elif context.is_excluded(tokens):
            dropped = "also in an excluded file"
        if dropped is not None:
            counts.sentences_dropped[dropped] += 1
            for m in mentions:
                counts.drop(m["how"], f"in a sentence dropped ({dropped})")
            continue
        yield tokens, mentions


def words_inside(words: Sequence[tuple[int, int]], text: str, start: int, end: int) -> Sequence[tuple[int, int]]:
    """The words of `text[start:end]`, taken from those of the whole text where none of these reaches over an edge."""
    first, last = bisect_left(words, (start,)), bisect_left(words, (end,))
    if (first and words[first - 1][1] > start) or (last > first and words[last - 1][1] > end):
        return split_words(text, start, end)
    return words[first:last]


def _aligned(
    mentions: Sequence[FoundMention], words: Sequence[tuple[int, int]], found: _Found, counts: _Counts
) -> Iterator[dict[str, Any]]:
    first = {a: i for i, (a, _) in enumerate(words)}
    last = {b: i + 1 for i, (_, b) in enumerate(words)}
    for m in mentions:
        shown = found.text[m.start : m.end]
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


def _articles(work: Work, part: int) -> Iterator[tuple[str, str, list[tuple[int, int]]]]:
    """title, text and bold spans of a part's articles, a few in memory at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(work.part("articles", part)) as file:
        for batch in file.iter_batches(ROW_GROUP, columns=["title", "text", "bolds"]):
            for row in batch.to_pylist():
                yield row["title"], row["text"], [(b["start"], b["end"]) for b in row["bolds"]]


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


# ---- shards ---------------------------------------------------------------------------------------------------------


def shard_groups(work: Work, parts: Sequence[int], rows: int) -> list[list[int]]:
    """The parts of each shard: as many as have about so many sentences."""
    groups: list[list[int]] = [[]]
    held = 0
    for part in parts:
        if held >= rows:
            groups.append([])
            held = 0
        groups[-1].append(part)
        held += read_json(work.part("marked", part, "json"))["sentences"]["with typed mentions"]
    return groups


def write_shard_of(work: Work, number: int, parts: Sequence[int], target: Path, quota: bool, memory: str) -> None:
    """Write the shard of these parts to `target` (Parquet or JSON lines), and its counts, last."""
    done = work.file("shards", f"{number:05d}", "json")
    if done.exists() and target.exists():
        return
    counts = _Shard()
    rows = counts.rows(work, parts, quota_of(work, parts, memory) if quota else None)
    if target.suffix == ".parquet":
        one, two, three = tee(rows, 3)
        extra = {"how": (r[1] for r in two), "titles": (r[2] for r in three)}
        write_shard(target, (r[0] for r in one), extra)
    else:
        with open_output(target) as out:
            for sentence, _, _ in rows:
                out.write(dump_sentence(sentence) + "\n")
    write_json(done, counts.tally())


@dataclass(slots=True)
class _Shard:
    sentences: int = 0
    by_how: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    sentences_dropped: Counter[str] = field(default_factory=Counter)
    mentions_dropped: dict[str, Counter[str]] = field(default_factory=dict)

    def rows(
        self, work: Work, parts: Sequence[int], quota: dict[str, int] | None
    ) -> Iterator[tuple[Sentence, list[str], list[str]]]:
        """The sentences that stay, with how each mention was found and its title."""
        import pyarrow.parquet as pq

        repeats = repeated_rows(work, parts)
        for part in parts:
            repeated = repeats.get(part, set())
            with pq.ParquetFile(work.part("marked", part)) as file:
                for batch in file.iter_batches(512, columns=["row", "doc", "tokens", "mentions", "tickets"]):
                    for row in batch.to_pylist():
                        kept = self._kept(row, row["row"] in repeated, quota)
                        if kept:
                            yield self._sentence(row, kept)

    def _kept(self, row: dict[str, Any], repeated: bool, quota: dict[str, int] | None) -> list[dict[str, Any]]:
        mentions: list[dict[str, Any]] = row["mentions"]
        if repeated:
            self.sentences_dropped["the same words as an earlier sentence"] += 1
            for m in mentions:
                self._drop(m, "in a sentence with the same words as an earlier one")
            return []
        if quota is None:
            return mentions
        kept = []
        for m, ticket in zip(mentions, row["tickets"], strict=True):
            if ticket <= quota.get(m["title"], ticket):
                kept.append(m)
            else:
                self._drop(m, "beyond --max-per-title")
        self.sentences_dropped["no mention within --max-per-title"] += not kept
        return kept

    def _drop(self, mention: dict[str, Any], reason: str) -> None:
        self.mentions_dropped.setdefault(mention["how"], Counter())[reason] += 1

    def _sentence(self, row: dict[str, Any], mentions: list[dict[str, Any]]) -> tuple[Sentence, list[str], list[str]]:
        self.sentences += 1
        for m in mentions:
            self.by_how[m["how"]] += 1
            self.types.update(m["types"])
        typed = tuple(Mention(m["start"], m["end"], tuple(m["types"]), m["weight"]) for m in mentions)
        sentence = Sentence(tuple(row["tokens"]), typed, row["doc"], "typing")
        return sentence, [m["how"] for m in mentions], [m["title"] for m in mentions]

    def tally(self) -> Tally:
        return {
            "sentences written": self.sentences,
            "sentences dropped": {k: v for k, v in self.sentences_dropped.items() if v},
            "mentions": dict(self.by_how),
            "mentions dropped": {how: dict(c) for how, c in self.mentions_dropped.items()},
            "types": dict(self.types),
        }
