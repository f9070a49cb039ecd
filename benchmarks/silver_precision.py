"""Precision of silver mentions by how they were found: draw a sample, read it, report.

    python benchmarks/silver_precision.py sample --wikipedia STORE --silver SILVER.jsonl.gz --each 100 -o FILE.tsv
    python benchmarks/silver_precision.py report FILE.tsv

`sample` draws mentions with types, so many of each source, by hashes of the seed: from a store that `ousianer prepare
wikipedia` wrote (link, bold, again, alias) and from ready-made silver (tiers link, self, exact, types as `ousianer
prepare silver` judges them). If the output is there already, its mentions that are still found stay in the sample with
their verdicts, and new ones fill it up: after a change of the rules only those need reading. Sources that are not drawn
this time stay as they are.

Three verdicts a mention, `y` or `n`, are written by a person who reads the sentence:
  title   the marked words name that title, all of its name and no part of a bigger name
  name    the marked words are a name (links go to common nouns too)
  types   every type listed holds of what is named, by the sentence and by what is known of it
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ousianer_cli.outputs import open_output

VERDICTS = ("title_ok", "is_name", "types_ok")


@dataclass(frozen=True)
class Row:
    """A mention to be judged; verdicts are `y`, `n`, or empty where nobody has read it."""

    id: str
    source: str
    article: str
    sentence: str
    title: str
    types: str
    title_ok: str = ""
    is_name: str = ""
    types_ok: str = ""
    note: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("sample")
    draw.add_argument("--wikipedia", type=Path, help="a store of `ousianer prepare wikipedia`")
    draw.add_argument("--silver", type=Path, help="ready-made silver (.jsonl.gz)")
    draw.add_argument("--each", type=int, default=100)
    draw.add_argument("--seed", type=int, default=1)
    draw.add_argument("-o", "--output", type=Path, required=True)
    subcommand = commands.add_parser("report")
    subcommand.add_argument("verdicts", type=Path)
    options = parser.parse_args()
    if options.command == "report":
        print(report(read_rows(options.verdicts)))
        return
    known = {row.id: row for row in read_rows(options.output)} if options.output.exists() else {}
    rows: list[Row] = []
    if options.wikipedia:
        rows += sample(wikipedia_mentions(options.wikipedia), options.each, options.seed, known)
    if options.silver:
        rows += sample(silver_mentions(options.silver), options.each, options.seed, known)
    drawn = {row.source for row in rows}
    rows = [known.get(row.id, row) for row in rows] + [row for row in known.values() if row.source not in drawn]
    write_rows(options.output, rows)
    print(f"{options.output}: " + ", ".join(f"{n} {source}" for source, n in Counter(r.source for r in rows).items()))


def sample(mentions: Iterable[Row], each: int, seed: int, known: Container[str] = ()) -> list[Row]:
    """The `each` mentions of lowest ticket of every source, `known` ones first: a uniform draw in any order."""
    drawn: dict[str, dict[tuple[bool, bytes], Row]] = defaultdict(dict)
    for row in mentions:
        ticket = row.id not in known, hashlib.blake2b(f"{seed}\t{row.id}".encode(), digest_size=8).digest()
        kept = drawn[row.source]
        kept[ticket] = row
        if len(kept) > 4 * each:
            drawn[row.source] = {t: kept[t] for t in sorted(kept)[:each]}
    return [kept[t] for kept in drawn.values() for t in sorted(kept)[:each]]


def silver_mentions(path: Path) -> Iterator[Row]:
    """The mentions that `ousianer prepare silver` keeps, with the types it gives them."""
    from ousianer_cli.corpus.silver import SilverCounts
    from ousianer_cli.corpus.title_types.judge import TypeJudge

    judge, counts = TypeJudge(), SilverCounts()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            for m in row["mentions"]:
                judged = judge.judge(m["types"], m["src"], counts)
                if not isinstance(judged, str):
                    sentence = marked(row["tokens"], m["start"], m["end"])
                    yield new_row(f"ready {m['tier']}", row["article"], sentence, m["title"], judged[0])


def wikipedia_mentions(store: Path) -> Iterator[Row]:
    """The typed mentions of a store, by the columns `how` and `titles` (one value a mention)."""
    from ousianer_cli.corpus.store import read_rows as read_store_rows

    for sentence, extra in read_store_rows(store, ("how", "titles")):
        for mention, how, title in zip(sentence.mentions, extra["how"], extra["titles"], strict=True):
            if mention.types:
                shown = sentence.tokens[mention.start : mention.end]
                text = marked(sentence.tokens, mention.start, mention.end)
                yield new_row(source(how, title, shown), sentence.doc, text, title, mention.types)


def new_row(source: str, article: str, sentence: str, title: str, types: Iterable[str]) -> Row:
    """A row without verdicts, with an id of its content: the same wherever the sentence stands."""
    shown = " ".join(sorted(t.removeprefix("wordnet_") for t in types))
    key = hashlib.blake2b("\t".join((source, article, sentence, title, shown)).encode(), digest_size=5).hexdigest()
    return Row(key, source, article, sentence, title, shown)


def source(how: str, title: str, shown: Sequence[str]) -> str:
    """How a mention was found; aliases told apart into surnames and what anchor statistics gave."""
    if how != "alias":
        return how
    plain = title.partition(" (")[0].replace(",", " ").replace("-", " ").split()
    return "alias: surname" if len(shown) == 1 and shown[0] in plain[1:] else "alias: anchor"


def marked(tokens: Iterable[str], start: int, end: int, most: int = 40) -> str:
    """The sentence with `[[…]]` about tokens [start, end), cut to `most` tokens a side."""
    words = list(tokens)
    left, right = words[max(0, start - most) : start], words[end : end + most]
    cut_left, cut_right = ["…"] if start > most else [], ["…"] if len(words) - end > most else []
    name = "[[" + " ".join(words[start:end]) + "]]"
    return " ".join(" ".join([*cut_left, *left, name, *right, *cut_right]).split())


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as handle:
        rows = [Row(**row) for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)]
    for number, row in enumerate(rows, 2):
        for verdict in VERDICTS:
            if getattr(row, verdict) not in ("y", "n", ""):
                raise SystemExit(f"{path}:{number}: expected y, n or nothing in {verdict}, found {row}")
    return rows


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    names = [f.name for f in fields(Row)]
    with open_output(path) as out:
        out.write("\t".join(names) + "\n")
        for row in rows:
            out.write("\t".join(" ".join(str(asdict(row)[name]).split()) for name in names) + "\n")


def report(rows: Iterable[Row]) -> str:
    """A Markdown table: precision of each verdict with its 95% Wilson interval, by source."""
    by_source: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if all(getattr(row, verdict) for verdict in VERDICTS):
            by_source[row.source].append(row)
    lines = [
        "| source | read | title right | a name | types right | title and types right |",
        "|---|---|---|---|---|---|",
    ]
    for source, read in by_source.items():
        cells = [cell(sum(getattr(r, v) == "y" for r in read), len(read)) for v in VERDICTS]
        cells.append(cell(sum(r.title_ok == r.types_ok == "y" for r in read), len(read)))
        lines.append(f"| {source} | {len(read)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(right: int, of: int) -> str:
    """A share with its interval."""
    low, high = wilson(right, of)
    return f"{right / of:.2f} ({low:.2f}–{high:.2f})"


def wilson(right: int, of: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's 95% interval of a share `right / of`."""
    share = right / of
    middle = share + z * z / (2 * of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return (middle - half) / scale, (middle + half) / scale


if __name__ == "__main__":
    main()
