"""Repeats and quotas among all marked sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from wikipedia_files import part, rows_of

pytest.importorskip("pyarrow")
pytest.importorskip("duckdb")

from ousianer_cli.corpus.wikipedia_parts import Work  # noqa: E402
from ousianer_cli.corpus.wikipedia_select import quota_of, repeated_rows, select_sentences  # noqa: E402

ONE = [
    (0, 0, 11, ["Oslin"], [50]),
    (0, 1, 22, ["Oslin", "Marden"], [10, 70]),
    (0, 2, 11, ["Oslin"], [1]),  # a repeat, whose ticket counts for nothing
]
TWO = [(7, 0, 22, ["Oslin"], [2]), (7, 1, 33, ["Oslin"], [30]), (7, 2, 44, ["Tarn"], [5])]


@pytest.fixture
def work(tmp_path: Path) -> Work:
    work = Work(tmp_path / "work")
    part(work, "marked", 0, ONE)
    part(work, "marked", 7, TWO)
    return work


def test_the_first_of_equal_sentences_stays(work: Work) -> None:
    select_sentences(work, None, "200MB", 1)
    assert rows_of(work.folder / "repeats.parquet") == [(0, 2), (7, 0)]
    assert repeated_rows(work, [0, 7]) == {0: {2}, 7: {0}}
    assert repeated_rows(work, [7]) == {7: {0}} and repeated_rows(work, [3]) == {}
    assert not (work.folder / "quota.parquet").exists()


def test_a_full_title_lets_its_smallest_tickets_in(work: Work) -> None:
    select_sentences(work, 2, "200MB", 1)
    assert rows_of(work.folder / "quota.parquet") == [("Oslin", 30)]  # of 10, 30 and 50
    assert quota_of(work, [0], "200MB") == {"Oslin": 30}
    select_sentences(work, 1, "200MB", 1)
    assert quota_of(work, [0, 7], "200MB") == {"Oslin": 30}, "what is done was done again"


def test_a_title_with_as_many_mentions_as_may_be_is_not_full(work: Work) -> None:
    select_sentences(work, 3, "200MB", 1)
    assert rows_of(work.folder / "quota.parquet") == []
    assert quota_of(work, [0, 7], "200MB") == {}
