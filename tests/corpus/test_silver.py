"""Silver lines into typing lines: which labels are believed, and that nothing goes uncounted."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from ousianer_cli.commands.prepare_silver import print_counts
from ousianer_cli.corpus.silver import SilverCounts, prepare_silver
from ousianer_cli.corpus.title_types.judge import TypeJudge
from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import read_corpus, write_corpus


@pytest.fixture(scope="module")
def judge() -> TypeJudge:
    return TypeJudge()


def labels(yago: str = "", dbpedia: str = "", figer: str = "") -> dict[str, str]:
    return {"yago": yago, "dbpedia": dbpedia, "figer": figer}


CITY = labels("wordnet_city_108524735", "city", "location-city,location")


def mention(start: int, end: int, title: str, tier: str = "link", src: str = "table", **types: str) -> dict[str, Any]:
    return {"start": start, "end": end, "title": title, "tier": tier, "src": src, "types": types or CITY}


def row(number: int, tokens: str, *mentions: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"s{number}", "article": "A", "tokens": tokens.split(), "mentions": list(mentions), "source": "made"}


def silver_file(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(r) + "\n" for r in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


ROWS = [
    row(1, "Ada moved to Lyon .", mention(3, 4, "Lyon"), mention(0, 1, "Ada", "exact", figer="person")),
    row(2, "ada moved to lyon .", mention(3, 4, "Lyon")),
    row(3, "Oslo and Lyon are cities .", mention(0, 1, "Oslo", "self", "def"), mention(2, 3, "Lyon")),
    row(4, "Ghent is old .", mention(0, 1, "Ghent", "exact")),
    row(5, "- is no name .", mention(0, 1, "Dash")),
    row(6, "Lyon lies on two rivers .", mention(0, 1, "Lyon"), mention(0, 2, "Lyon")),
]


def test_lines_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = silver_file(tmp_path / "s.jsonl.gz", ROWS)
    out = tmp_path / "typing.jsonl"
    counts = SilverCounts()
    write_corpus(out, prepare_silver([source], counts=counts))
    lines = list(read_corpus(out))
    assert [" ".join(s.tokens) for s in lines] == [
        "Ada moved to Lyon .",
        "Oslo and Lyon are cities .",
        "Lyon lies on two rivers .",
    ]
    assert {s.supervises for s in lines} == {"typing"}
    assert lines[1].mentions[0].weight < lines[1].mentions[1].weight == 1.0
    assert counts.sentences_read == 6 and counts.sentences_kept == 3
    assert counts.sentences_dropped == {"no mention kept": 2, "the same words as an earlier sentence": 1}
    # Every mention is either kept or dropped for a reason.
    assert sum(counts.mentions_read.values()) == 9
    assert sum(counts.mentions_kept.values()) + sum(counts.mentions_dropped.values()) == 9
    assert counts.mentions_kept == {("link", "table"): 3, ("self", "def"): 1}
    print_counts(counts, str(out))
    shown = capsys.readouterr().out
    assert "3 of 6 sentences, 4 of 9 mentions" in shown
    assert "tier exact not asked for" in shown and "wordnet_city_108524735" in shown


def test_tiers_and_limit(tmp_path: Path) -> None:
    source = silver_file(tmp_path / "s.jsonl", ROWS)
    exact = list(prepare_silver([source], tiers=("exact",)))
    assert [s.tokens[0] for s in exact] == ["Ada", "Ghent"]
    assert len(list(prepare_silver([source], limit=2))) == 2
    with pytest.raises(InputError, match="--tiers"):
        list(prepare_silver([source], tiers=("guess",)))


def test_max_per_title_is_drawn_by_seed_alone(tmp_path: Path) -> None:
    rows = [row(i, f"Lyon , number {i} .", mention(0, 1, "Lyon")) for i in range(30)]
    rows += [row(99, "Oslo lies north .", mention(0, 1, "Oslo"))]
    forward = silver_file(tmp_path / "a.jsonl", rows)
    backward = silver_file(tmp_path / "b.jsonl", rows[::-1])

    def drawn(path: Path, seed: int) -> set[tuple[str, ...]]:
        counts = SilverCounts()
        chosen = {s.tokens for s in prepare_silver([path], max_per_title=3, seed=seed, counts=counts)}
        assert counts.mentions_dropped["more mentions of the title than asked for"] == 27
        return chosen

    first = drawn(forward, 0)
    assert len(first) == 4 and ("Oslo", "lies", "north", ".") in first
    assert drawn(backward, 0) == first
    assert drawn(forward, 1) != first


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "bad.jsonl"
    broken.write_text(json.dumps(ROWS[0]) + "\n{oops\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.jsonl:2"):
        list(prepare_silver([broken]))
    broken.write_text('{"id": "x", "tokens": ["a"]}\n', encoding="utf-8")
    for most in (None, 3):
        with pytest.raises(InputError, match=r"bad\.jsonl:1"):
            list(prepare_silver([broken], max_per_title=most))
    with pytest.raises(InputError, match="none.jsonl"):
        list(prepare_silver([tmp_path / "none.jsonl"]))


@pytest.mark.shared
def test_on_the_ready_silver(shared_data: Path, judge: TypeJudge) -> None:
    counts = SilverCounts()
    source = shared_data / "silver" / "silver_cap30.jsonl.gz"
    lines = list(islice(prepare_silver([source], counts=counts, judge=judge), 3000))
    assert not counts.unknown_labels
    asked = sum(n for (tier, _), n in counts.mentions_read.items() if tier != "exact")
    assert sum(counts.mentions_kept.values()) > 0.95 * asked
    types: Counter[str] = Counter(t for s in lines for m in s.mentions for t in m.types)
    assert types["wordnet_country_108544813"] > 100
    assert all(judge.wordnet.synset(t) == t for t in types)
