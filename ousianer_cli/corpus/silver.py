"""Ready-made silver for typing: mentions of known Wikipedia titles with YAGO, DBpedia and FIGER labels, made into
corpus lines.

One input line: `{"id", "article", "tokens", "mentions": [{"start", "end" (exclusive), "title", "tier", "src",
"types": {"yago", "dbpedia", "figer"} (comma separated)}], "source"}`. `tier` says how the mention was found (`link`,
`self`, `exact`), `src` whence its types come (`table`, or `def`: guessed from the article's first sentence).

The sources disagree, and each has its own noise: `corpus.title_types.judge` says which labels are believed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.covering import covering
from ousianer_cli.corpus.definitions import Definitions
from ousianer_cli.corpus.title_types.judge import TypeJudge
from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import Mention, Sentence, write_corpus
from ousianer_cli.formats.json_text import JsonFault, parse_json
from ousianer_cli.formats.text import filled_lines
from ousianer_cli.formats.titles import normalise_title
from ousianer_cli.settings.prepare_silver import SilverSettings

TIERS = ("link", "self", "exact")
_RANKS = {"link": 0, "exact": 1, "self": 2}
"""In which order `cover` draws: a first sentence, which says its subject's type, is too easy."""


@dataclass(slots=True)
class SilverCounts:
    """What went in, what was kept, and why the rest was not."""

    sentences_read: int = 0
    sentences_kept: int = 0
    sentences_dropped: Counter[str] = field(default_factory=Counter)
    """reason -> sentences"""
    mentions_read: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(tier, src) -> mentions"""
    mentions_kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    mentions_dropped: Counter[str] = field(default_factory=Counter)
    """reason -> mentions"""
    labels_dropped: Counter[str] = field(default_factory=Counter)
    """reason -> labels of kept mentions"""
    types: Counter[str] = field(default_factory=Counter)
    """direct type -> kept mentions"""
    defined: Counter[str] = field(default_factory=Counter)
    """what definitions gave -> kept mentions"""
    unknown_labels: Counter[str] = field(default_factory=Counter)
    """labels in no table"""


def write_silver(settings: SilverSettings) -> SilverCounts:
    """Write the typing lines of silver files to `settings.out`; returns the counts.

    Raises:
        InputError: a file that is none, with its line. OutputError: the lines cannot be written.
    """
    counts = SilverCounts()
    sentences = prepare_silver(
        settings.inputs,
        tiers=settings.tiers,
        max_per_title=settings.max_per_title,
        limit=settings.limit,
        seed=settings.seed,
        counts=counts,
        definitions=Definitions(settings.definitions) if settings.definitions else None,
        cover=settings.cover,
    )
    write_corpus(settings.out, sentences)
    return counts


def prepare_silver(
    paths: Sequence[str | Path],
    *,
    tiers: Iterable[str] = ("link", "self"),
    max_per_title: int | None = None,
    limit: int | None = None,
    seed: int = 0,
    counts: SilverCounts | None = None,
    judge: TypeJudge | None = None,
    definitions: Definitions | None = None,
    cover: int | None = None,
) -> Iterator[Sentence]:
    """Stream silver files as typing sentences.

    Args:
        paths: silver files, JSON lines, gzipped or not.
        tiers: kept tiers; mentions of the others are counted and left out.
        max_per_title: at most this many mentions of one title. Which ones is drawn by hashes of `seed`, title and
            sentence, in a first pass over the files, so that the choice does not depend on the files' order.
        limit: stop after so many sentences.
        seed: of the drawing.
        counts: filled while the sentences are drawn.
        definitions: add to a mention's types the class of its title's definition, where it is of the same kind.
        cover: of the sentences only so many that each type has this number of mentions (`corpus.covering`), drawn in a
            first pass over the files, linked mentions first.

    Raises:
        InputError: a line that is not silver, an unknown tier.
    """
    wanted = tuple(tiers)
    for tier in wanted:
        if tier not in TIERS:
            raise InputError(f"--tiers out of {', '.join(TIERS)}", repr(tier))
    counts = counts if counts is not None else SilverCounts()
    judge = judge or TypeJudge()
    quota = _draw(paths, wanted, max_per_title, seed) if max_per_title is not None else None

    def read(counts: SilverCounts) -> Iterator[tuple[Sentence, list[tuple[str, str]]]]:
        return _sentences(paths, _Reading(wanted, quota, seed, counts, judge, definitions))

    chosen: set[int] | None = None
    if cover is not None:
        ranked = [
            (min(_RANKS[tier] for tier, _ in sources), [m.types for m in sentence.mentions])
            for sentence, sources in read(SilverCounts())
        ]
        chosen = covering(ranked, cover, seed, judge.wordnet)
    for at, (sentence, sources) in enumerate(read(counts)):
        if chosen is not None and at not in chosen:
            counts.sentences_dropped["each of its types has mentions enough (--cover)"] += 1
            counts.mentions_dropped["in a sentence that --cover leaves out"] += len(sentence.mentions)
            continue
        counts.sentences_kept += 1
        for tier_src, mention in zip(sources, sentence.mentions, strict=True):
            counts.mentions_kept[tier_src] += 1
            counts.types.update(mention.types)
        yield sentence
        if limit is not None and counts.sentences_kept >= limit:
            return


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the lines are read by."""

    wanted: tuple[str, ...]
    quota: Mapping[str, bytes] | None
    seed: int
    counts: SilverCounts
    judge: TypeJudge
    definitions: Definitions | None


def _sentences(paths: Sequence[str | Path], reading: _Reading) -> Iterator[tuple[Sentence, list[tuple[str, str]]]]:
    """Each sentence once, with tier and source of its mentions."""
    counts = reading.counts
    seen: set[bytes] = set()
    for path in paths:
        for number, row in _rows(path):
            counts.sentences_read += 1
            try:
                sentence = _sentence(row, reading)
            except (KeyError, TypeError, ValueError, AttributeError):
                raise InputError(
                    "a silver line (id, tokens, mentions with start, end, title, tier, src, types)",
                    f"{str(row)[:80]!r}",
                    path=path,
                    line=number,
                ) from None
            if sentence is None:
                counts.sentences_dropped["no mention kept"] += 1
                continue
            key = _digest(" ".join(sentence.tokens).lower())
            if key in seen:
                counts.sentences_dropped["the same words as an earlier sentence"] += 1
                counts.mentions_dropped["in a sentence with the same words as an earlier one"] += len(sentence.mentions)
                continue
            seen.add(key)
            yield sentence, _kept_sources(row, sentence)


def _sentence(row: Mapping[str, Any], reading: _Reading) -> Sentence | None:
    wanted, quota, seed, counts = reading.wanted, reading.quota, reading.seed, reading.counts
    tokens = tuple(str(t) for t in row["tokens"])
    kept: list[Mention] = []
    for m in sorted(row["mentions"], key=lambda m: (m["start"], m["end"])):
        start, end, tier, src = int(m["start"]), int(m["end"]), str(m["tier"]), str(m["src"])
        counts.mentions_read[tier, src] += 1
        if tier not in wanted:
            counts.mentions_dropped[f"tier {tier} not asked for"] += 1
        elif quota is not None and _beyond(quota, _ticket(seed, m["title"], row["id"], start), m["title"]):
            counts.mentions_dropped["more mentions of the title than asked for"] += 1
        elif not 0 <= start < end <= len(tokens) or (kept and start < kept[-1].end):
            counts.mentions_dropped["span outside the sentence or over another"] += 1
        elif not any(c.isalnum() for t in tokens[start:end] for c in t):
            counts.mentions_dropped["no letter or digit"] += 1
        else:
            verdict = reading.judge.judge(m["types"], "def" if src == "def" else "table", counts)
            if isinstance(verdict, str):
                counts.mentions_dropped[verdict] += 1
            else:
                types, weight = verdict
                kept.append(Mention(start, end, _with_definition(m["title"], types, reading), weight))
    if not kept:
        return None
    if any(not t.strip() for t in tokens):  # corpus lines hold no blank tokens; keep the positions
        tokens = tuple(t if t.strip() else "\N{MIDDLE DOT}" for t in tokens)
    return Sentence(tokens, tuple(kept), str(row.get("article") or row["id"]), "typing")


def _with_definition(title: str, types: tuple[str, ...], reading: _Reading) -> tuple[str, ...]:
    """A mention's types and the class of its title's definition, without those that lie above another one."""
    if reading.definitions is None:
        return types
    defined = reading.definitions.find(title, types)
    wordnet = reading.judge.wordnet
    if defined is None or defined in wordnet.closure(types):
        reading.counts.defined["nothing new" if defined else "no class of the same kind"] += 1
        return types
    reading.counts.defined["a class below or beside"] += 1
    return tuple(sorted(wordnet.most_specific((*types, defined))))


def _kept_sources(row: Mapping[str, Any], sentence: Sentence) -> list[tuple[str, str]]:
    by_span = {(m["start"], m["end"]): (str(m["tier"]), str(m["src"])) for m in reversed(row["mentions"])}
    return [by_span[m.start, m.end] for m in sentence.mentions]


def _rows(path: str | Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in filled_lines(path, "silver in JSON lines (.jsonl or .jsonl.gz)"):
        try:
            row = parse_json(line)
        except JsonFault as error:
            raise InputError("a JSON object", f"invalid JSON ({error})", path=path, line=number) from None
        if not isinstance(row, dict):
            raise InputError("a JSON object", type(row).__name__, path=path, line=number)
        yield number, row


def _beyond(quota: Mapping[str, bytes], ticket: bytes, title: str) -> bool:
    return ticket > quota[normalise_title(title)]


def _draw(paths: Sequence[str | Path], wanted: tuple[str, ...], most: int, seed: int) -> dict[str, bytes]:
    """title -> the highest ticket that still gets in: the `most` lowest tickets of each title do."""
    lowest: dict[str, list[bytes]] = {}
    for path in paths:
        for number, row in _rows(path):
            try:
                for m in row["mentions"]:
                    if m["tier"] in wanted:
                        tickets = lowest.setdefault(normalise_title(m["title"]), [])
                        tickets.append(_ticket(seed, m["title"], row["id"], m["start"]))
                        if len(tickets) > 4 * most:
                            tickets.sort()
                            del tickets[most:]
            except (KeyError, TypeError):
                found = f"{str(row)[:80]!r}"
                raise InputError("a silver line with 'mentions'", found, path=path, line=number) from None
    return {title: sorted(tickets)[:most][-1] for title, tickets in lowest.items()}


def _ticket(seed: int, title: str, sentence: str, start: int) -> bytes:
    return _digest(f"{seed}\t{title}\t{sentence}\t{start}")


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()
