"""Step 7 of the Wikipedia pipeline: marked sentences into shards, without repeats and beyond no title's quota."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import tee
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.store_write import write_shard
from ousianer_cli.corpus.wikipedia_parts import Tally, Work, read_json, write_json
from ousianer_cli.corpus.wikipedia_select import quota_of, repeated_rows
from ousianer_cli.formats.corpus import Mention, Sentence, dump_sentence
from ousianer_cli.formats.word_rules import WORD_RULES
from ousianer_cli.outputs import open_output


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
        sentence = Sentence(tuple(row["tokens"]), typed, row["doc"], "typing", split_by=WORD_RULES)
        return sentence, [m["how"] for m in mentions], [m["title"] for m in mentions]

    def tally(self) -> Tally:
        return {
            "sentences written": self.sentences,
            "sentences dropped": {k: v for k, v in self.sentences_dropped.items() if v},
            "mentions": dict(self.by_how),
            "mentions dropped": {how: dict(c) for how, c in self.mentions_dropped.items()},
            "types": dict(self.types),
        }
