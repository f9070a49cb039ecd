"""The anchor table: grouping, lookup, occurrence counts, and what a wrong folder says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ousianer_cli.corpus.anchor_format import MAX_WORDS
from ousianer_cli.corpus.anchors import AnchorEntry, AnchorTable, count_occurrences
from ousianer_cli.corpus.split_text import SplitText
from ousianer_cli.corpus.word_hashes import hash_words, ngram_hashes
from ousianer_cli.errors import InputError, OutputError

pa = pytest.importorskip("pyarrow")
pytest.importorskip("duckdb")

ROWS = [
    ("Tarn", "Tarn (river)", 6),
    ("Tarn", "Tarn (town)", 2),
    ("Tarn", "Tarn (river)", 1),
    ("Port Tarn", "Port Tarn", 3),
    ("Lake of Tarn", "Lake Tarn", 1),
    ("ferry", "Ferry", 9),
    ("the  Ode", "Ode", 2),
    ("Éa", "Éa (singer)", 4),
]


def parquet(path: Path, rows: list[tuple[str, str, int]]) -> Path:
    import pyarrow.parquet as pq

    anchors, titles, counts = zip(*rows, strict=True) if rows else ((), (), ())
    columns = {"anchor": pa.array(anchors, pa.string()), "title": pa.array(titles, pa.string())}
    pq.write_table(pa.table(columns | {"count": pa.array(counts, pa.int64())}), path)
    return path


def lookup(table: AnchorTable, anchor: str) -> AnchorEntry | None:
    """What is known of an anchor text, by its words; None if it is not in the table."""
    words = SplitText.of(anchor).tokens()
    if not words:
        return None
    row = int(table.rows(ngram_hashes(hash_words(words), len(words)))[0])
    return table.entry(row) if row >= 0 else None


@pytest.fixture
def table(tmp_path: Path) -> AnchorTable:
    first = parquet(tmp_path / "a-0.parquet", ROWS[:3])
    parquet(tmp_path / "a-1.parquet", ROWS[3:])
    return AnchorTable.build(str(first.parent / "a-*.parquet"), None, tmp_path / "table")


def test_grouping(table: AnchorTable) -> None:
    entry = lookup(table, "Tarn")
    assert entry is not None
    assert (entry.title, entry.links, entry.occurrences, entry.link_probability) == ("Tarn (river)", 9, None, None)
    assert entry.commonness == pytest.approx(7 / 9)
    assert lookup(table, "Éa").title == "Éa (singer)"  # type: ignore[union-attr]
    assert lookup(table, "the Ode").title == "Ode"  # type: ignore[union-attr]


def test_what_is_left_out_is_counted(table: AnchorTable) -> None:
    for absent in ("ferry", "Lake of Tarn", "tarn", "TARN", "Port", "", "Tarn Tarn", "A " * (MAX_WORDS + 1)):
        assert lookup(table, absent) is None, absent
    assert (table.counts.links, table.counts.anchors, table.counts.kept, len(table)) == (28, 6, 4, 4)
    assert table.counts.left_out == {"fewer than 2 links": 1, "no capital letter": 1}


def test_a_tie_goes_the_same_way_whatever_the_order(tmp_path: Path) -> None:
    rows = [("Ode", "Ode (poem)", 2), ("Ode", "Ode (song)", 2)]
    titles = []
    for number, order in enumerate((rows, rows[::-1])):
        made = AnchorTable.build(parquet(tmp_path / f"{number}.parquet", order), None, tmp_path / f"t{number}")
        titles.append(lookup(made, "Ode").title)  # type: ignore[union-attr]
    assert titles == ["Ode (song)", "Ode (song)"]


def test_occurrences_are_those_of_a_plain_count(table: AnchorTable, tmp_path: Path) -> None:
    lines = [
        "Tarn lies on the Tarn.\nPort Tarn is new. Port\nTarn? Tarnish, tarn, Tarn's.",
        "",
        "Éa sang the Ode; the Odes. Port  Tarn",
    ]
    texts = [SplitText.of(line) for line in lines]
    parts = [count_occurrences(texts[:1], table), count_occurrences(texts[1:], table)]
    table.add_occurrences(parts)
    again = AnchorTable.load(tmp_path / "table")
    seen = {name: lookup(again, name).occurrences for name in ("Tarn", "Port Tarn", "Éa", "the Ode")}  # type: ignore[union-attr]
    assert seen == {"Tarn": 6, "Port Tarn": 2, "Éa": 1, "the Ode": 1}
    assert lookup(table, "Éa").link_probability == 1.0  # type: ignore[union-attr]
    entry = lookup(again, "Port Tarn")
    assert entry is not None and entry.link_probability == 1.0
    rebuilt = AnchorTable.build(
        sorted(tmp_path.glob("a-*.parquet")), tmp_path / "table" / "occurrences.npy", tmp_path / "other"
    )
    assert lookup(rebuilt, "Tarn") == lookup(again, "Tarn")


def test_batches_do_not_change_the_count(table: AnchorTable, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [SplitText.of(text) for text in ["Tarn and Port Tarn.", "the Ode of Tarn", "Éa"] * 5]
    whole = count_occurrences(texts, table)
    monkeypatch.setattr("ousianer_cli.corpus.anchors._BATCH_WORDS", 3)
    monkeypatch.setattr("ousianer_cli.corpus.word_hashes._MOST_CACHED", 2)
    assert np.array_equal(whole, count_occurrences(texts, table))
    assert whole.sum() == 5 * 6


def test_a_larger_table_agrees_with_a_dict(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    words = [f"N{i}" for i in range(40)]
    rows = []
    for _ in range(3000):
        anchor = " ".join(rng.choice(words, size=rng.integers(1, 5)))
        rows.append((anchor, f"Title {rng.integers(30)}", int(rng.integers(1, 4))))
    made = AnchorTable.build(parquet(tmp_path / "a.parquet", rows), None, tmp_path / "t", min_count=3)
    total: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for anchor, title, count in rows:
        total[anchor] += count
        pairs[anchor, title] += count
    assert len(made) == sum(n >= 3 for n in total.values())
    for anchor, links in total.items():
        entry = lookup(made, anchor)
        assert (entry is None) == (links < 3)
        if entry is not None:
            best = max(n for (a, _), n in pairs.items() if a == anchor)
            assert (entry.links, entry.commonness) == (links, pytest.approx(best / links))
            assert pairs[anchor, entry.title] == best


def test_runs_of_words_hash_as_anchors_do() -> None:
    words = ["a", "b", "a", "b", "c"]
    pairs = ngram_hashes(hash_words(words), 2)
    assert pairs[0] == pairs[2] != pairs[1]
    assert len({int(ngram_hashes(hash_words(w), len(w))[0]) for w in (["ab"], ["a", "b"], ["b", "a"], ["a", "a"])}) == 4
    assert len(ngram_hashes(hash_words(words), 6)) == 0


def test_an_empty_table(tmp_path: Path) -> None:
    made = AnchorTable.build(parquet(tmp_path / "a.parquet", []), None, tmp_path / "t")
    assert len(made) == 0 and lookup(made, "Tarn") is None
    assert count_occurrences([SplitText.of("Tarn")], made).shape == (0,)


def test_errors_name_the_file(table: AnchorTable, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    with pytest.raises(InputError, match="no such file"):
        AnchorTable.build(tmp_path / "none-*.parquet", None, tmp_path / "x")
    pq.write_table(pa.table({"anchor": ["A"], "count": [1]}), tmp_path / "bad.parquet")
    with pytest.raises(InputError, match=r"bad\.parquet.*columns anchor, title, count"):
        AnchorTable.build(tmp_path / "bad.parquet", None, tmp_path / "x")
    assert not (tmp_path / "x").exists() and not list(tmp_path.glob(".x*"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="expected a new folder"):
        AnchorTable.build(tmp_path / "a-0.parquet", None, tmp_path / "full")
    with pytest.raises(InputError, match="expected an anchor table"):
        AnchorTable.load(tmp_path / "full")
    with pytest.raises(InputError, match="4 counts, one an anchor"):
        table.add_occurrences([np.zeros(3, dtype=np.uint64)])
    np.save(tmp_path / "short.npy", np.zeros(3, dtype=np.uint64))
    with pytest.raises(InputError, match=r"short\.npy.*counts, one an anchor"):
        AnchorTable.build(sorted(tmp_path.glob("a-*.parquet")), tmp_path / "short.npy", tmp_path / "x")
    card = tmp_path / "table" / "anchors.json"
    card.write_text(card.read_text().replace('"version": 1', '"version": 99'))
    with pytest.raises(InputError, match="version 99"):
        AnchorTable.load(tmp_path / "table")
