"""Our silver from Wikipedia dumps beside silver made by other means: which of its links we have, and whether the types
agree.

    python benchmarks/silver_yardstick.py OUT... --silver silver_cap30.jsonl.gz

OUT is a folder that `ousianer prepare wikipedia --keep-parts` wrote (its working files say what was linked in the
dump). Mentions are compared by article and title, since the texts are of other years. A link of the yardstick that is
not in the dump's article at all is the article's change, no miss; both shares are shown. Types are compared as sets of
most specific WordNet classes after the yardstick's labels went through the same judge as title tables do: equal; on one
line of descent (each type of one is, or lies above or below, a type of the other); sharing a line; none in common.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

from ousianer_cli.corpus.silver import SilverCounts
from ousianer_cli.corpus.store import read_rows
from ousianer_cli.corpus.title_types.judge import TypeJudge
from ousianer_cli.corpus.wikipedia_parts import Work
from ousianer_cli.formats.titles import normalise_title
from ousianer_cli.taxonomy.wordnet import WordNet

Pair = tuple[str, str]


def linked_in_dump(folders: Iterable[Path]) -> dict[str, set[str]]:
    """article -> resolved titles that it links to, typed or not."""
    found: dict[str, set[str]] = defaultdict(set)
    for folder in folders:
        work = Work(folder / "parts")
        for path in work.files("links"):
            titles = pq.read_table(work.folder / "articles" / path.name, columns=["title"])["title"].to_pylist()
            table = pq.read_table(path, columns=["row", "title", "section"])
            for row, title, section in zip(*(table[c].to_pylist() for c in table.column_names), strict=True):
                if not section:
                    found[titles[row]].add(title)
            for title in titles:
                found.setdefault(title, set())
    return found


def ours(folders: Iterable[Path]) -> tuple[dict[Pair, set[str]], dict[str, tuple[str, ...]]]:
    """(article, title) -> how it was found; title -> types."""
    pairs: dict[Pair, set[str]] = defaultdict(set)
    types: dict[str, tuple[str, ...]] = {}
    for folder in folders:
        for sentence, extra in read_rows(folder, ["how", "titles"]):
            for mention, how, title in zip(sentence.mentions, extra["how"], extra["titles"], strict=True):
                pairs[sentence.doc, title].add(how)
                types[title] = mention.types
    return pairs, types


def yardstick(path: Path) -> tuple[set[Pair], dict[str, tuple[str, ...]], set[str]]:
    """(article, title) of links, title -> types, articles."""
    judge = TypeJudge()
    pairs: set[Pair] = set()
    types: dict[str, tuple[str, ...]] = {}
    articles: set[str] = set()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            article = normalise_title(row["article"])
            articles.add(article)
            for m in row["mentions"]:
                title = normalise_title(m["title"])
                if m["tier"] == "link":
                    pairs.add((article, title))
                if title not in types:
                    verdict = judge.judge(m["types"], "def" if m["src"] == "def" else "table", SilverCounts())
                    types[title] = () if isinstance(verdict, str) else verdict[0]
    return pairs, types, articles


def compared(mine: tuple[str, ...], other: tuple[str, ...], wordnet: WordNet) -> str:
    """How two sets of types stand to each other."""
    if set(mine) == set(other):
        return "equal"

    def related(a: str, b: str) -> bool:
        return a in wordnet.ancestors(b) or b in wordnet.ancestors(a)

    def covered(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
        return all(any(related(a, b) for b in right) for a in left)

    if covered(mine, other) and covered(other, mine):
        return "on one line of descent"
    if any(related(a, b) for a in mine for b in other):
        return "sharing a line"
    return "none in common"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--silver", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=8)
    options = parser.parse_args()
    wordnet = WordNet.load()
    in_dump = linked_in_dump(options.folders)
    pairs, types = ours(options.folders)
    theirs, their_types, articles = yardstick(options.silver)

    both = sorted(articles & in_dump.keys())
    asked = {p for p in theirs if p[0] in in_dump}
    still = {p for p in asked if p[1] in in_dump[p[0]]}
    by_link = {p for p in asked if "link" in pairs.get(p, ())}
    by_any = {p for p in asked if p in pairs}
    print(f"articles in both: {len(both)}; distinct (article, title) of the yardstick's links there: {len(asked)}")
    print("| | of all | of those the dump's article links |")
    print("|---|---|---|")
    for name, found in (("found as link", by_link), ("found by any means", by_any)):
        print(
            f"| {name} | {len(found)} of {len(asked)} = {len(found) / max(1, len(asked)):.1%} "
            f"| {len(found & still)} of {len(still)} = {len(found & still) / max(1, len(still)):.1%} |"
        )
    missed = sorted(still - by_any)
    print(f"linked in the dump's article, not found ({len(missed)}):", "; ".join(map(str, missed[: options.examples])))

    print("\n| types of titles | titles | equal | on one line of descent | sharing a line | none in common |")
    print("|---|---|---|---|---|---|")
    for name, titles in (
        ("of links found in the shared articles", {t for _, t in by_any}),
        ("of all titles that both type", types.keys() & {t for t, ids in their_types.items() if ids}),
    ):
        chosen = sorted(t for t in titles if their_types.get(t) and types.get(t))
        counts = Counter(compared(types[t], their_types[t], wordnet) for t in chosen)
        shares = [
            f"{counts[k]} ({counts[k] / max(1, len(chosen)):.1%})"
            for k in ("equal", "on one line of descent", "sharing a line", "none in common")
        ]
        print(f"| {name} | {len(chosen)} | " + " | ".join(shares) + " |")
    apart = [t for t in types.keys() & their_types.keys() if their_types[t]]
    apart = sorted(t for t in apart if compared(types[t], their_types[t], wordnet) == "none in common")
    for title in apart[: options.examples]:
        print(f"  {title}: {', '.join(types[title])} | {', '.join(their_types[title])}")


if __name__ == "__main__":
    main()
