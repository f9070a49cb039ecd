"""The articles of a part of the Wikipedia pipeline on disk: text, words, sentences, bold titles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ousianer_cli.corpus.parquet import RowWriter
from ousianer_cli.corpus.split_text import SplitText
from ousianer_cli.corpus.wikipedia_parts import ROW_GROUP, Work


@dataclass(frozen=True, slots=True)
class PartArticle:
    """An article of a part; `bolds` are the title's own names, code points [start, end) of its text."""

    title: str
    split: SplitText
    bolds: Sequence[tuple[int, int]]


class ArticleWriter:
    """Writes the articles of a part in order, each split into words once, for all the steps that come."""

    def __init__(self, work: Work, part: int) -> None:
        import pyarrow as pa

        number = pa.int32()
        span = pa.list_(pa.struct([("start", number), ("end", number)]))
        schema: Any = pa.schema(
            [("page_id", pa.int64()), ("title", pa.string()), ("text", pa.string()), ("bolds", span)]
            + [("words", pa.list_(number)), ("sentence_ends", pa.list_(number))]
        )
        self._rows = RowWriter(work.part("articles", part), schema, ROW_GROUP)

    def add(self, page_id: int, title: str, text: str, bolds: Sequence[tuple[int, int]]) -> None:
        """An article by its normal title."""
        split = SplitText.of(text)
        marked = [{"start": a, "end": b} for a, b in bolds]
        self._rows.add(page_id, title, text, marked, split.steps(), split.ends)

    def close(self) -> None:
        """Let the file appear."""
        self._rows.close()


def read_articles(work: Work, part: int) -> Iterator[PartArticle]:
    """A part's articles in order, a few in memory at a time."""
    import pyarrow.parquet as pq

    columns = ["title", "text", "bolds", "words", "sentence_ends"]
    with pq.ParquetFile(work.part("articles", part)) as file:
        for batch in file.iter_batches(ROW_GROUP, columns=columns):
            for row in batch.to_pylist():
                split = SplitText.of_steps(row["text"], row["words"], row["sentence_ends"])
                yield PartArticle(row["title"], split, [(b["start"], b["end"]) for b in row["bolds"]])
