"""Further mentions of an article: which are found, and which must not be."""

from __future__ import annotations

import dataclasses
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.corpus.anchors import AnchorTable, count_occurrences
from ousianer_cli.corpus.mentions import FoundMention, expand_mentions
from ousianer_cli.corpus.split_text import SplitText
from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.prepare_wikipedia import ExpansionSettings, How

SETTINGS = ExpansionSettings(min_link_probability=0.1)


def article(marked: str) -> tuple[str, list[FoundMention]]:
    """Text with `[[title|shown]]` links and `**bold**` own titles as plain text and mentions; the title is `Own`."""
    text, found = "", []
    for part in re.split(r"(\[\[[^\]]*\]\]|\*\*[^*]*\*\*)", marked):
        how: How = "link" if part.startswith("[[") else "bold"
        if part.startswith(("[[", "**")):
            title, _, shown = part.strip("[]*").rpartition("|")
            title = (title or shown) if how == "link" else "Own"
            found.append(FoundMention(len(text), len(text) + len(shown), title, how))
            text += shown
        else:
            text += part
    return text, found


def further(
    marked: str, table: AnchorTable | None = None, settings: ExpansionSettings = SETTINGS, persons: tuple[str, ...] = ()
) -> list[tuple[str, str, str]]:
    """(shown, title, how) of the mentions that were not there, in order."""
    text, found = article(marked)
    places = {(m.start, m.end) for m in found}
    every = expand_mentions(SplitText.of(text), "Own", found, table, settings, persons=persons)
    assert [m for m in every if (m.start, m.end) in places] == sorted(found, key=lambda m: m.start)
    return [(text[m.start : m.end], m.title, m.how) for m in every if (m.start, m.end) not in places]


def test_later_occurrences_of_what_a_link_or_bold_title_shows() -> None:
    assert further("Now **Port Ode** lies by [[Tarn (river)|the Tarn]]. All of Port Ode loves the Tarn's water.") == [
        ("Port Ode", "Own", "again"),
        ("Tarn", "Tarn (river)", "again"),
    ]


def test_the_title_itself_counts_beside_what_is_shown() -> None:
    assert further("It was [[Anna Lund|her]] day, for Anna Lund won.") == [("Anna Lund", "Anna Lund", "again")]
    assert further("It was [[Anna Lund (skier)|her]] day, for Anna Lund won.") == [
        ("Anna Lund", "Anna Lund (skier)", "again")
    ]


@pytest.mark.parametrize(
    ("marked", "shown"),
    [
        ("In [[Lund, Sweden|Lund]] they sail. All like Lund.", "Lund"),
        ("At [[Tarn Inc.|Tarn]] they sail. All like Tarn.", "Tarn"),
        ("At [[Union of Ports|UP]] they sail. All like UP.", "UP"),
        ("Then [[Ib Dahl|Dahl]] sang. All like Dahl.", "Dahl"),
    ],
)
def test_short_names_that_stay(marked: str, shown: str) -> None:
    assert [s for s, _, _ in further(marked, persons=("Ib Dahl",))] == [shown]


def test_what_comes_before_the_first_link_is_left_alone() -> None:
    assert further("They saw Ludvik. Then [[Ludvik]] saw Ludvik.") == [("Ludvik", "Ludvik", "again")]


@pytest.mark.parametrize(
    "marked",
    [
        "By [[Boston]] the Boston Herald is read.",  # a capital follows
        "By [[Boston]] stands the New Boston mill.",  # a capital goes before
        "By [[Boston]] stands the Bank of Boston.",
        "By [[Boston]] stands the Boston-Lowell line.",
        "By [[Boston]] they of Lowell-Boston came.",
        "At [[Ode]] the Ode of Joy was sung.",
        "At [[Ode]] they met Ode & Sons.",
        "The norm of [[ISA]] is ISA_646, ISA-646, [ISA] or ISA(3).",
        "In [[Lund language|Lund]] they sing. The Lund songs are old.",  # an adjective now
        "By [[Boston]] all bostonians and the word Bostonian.",  # word edges
        "It is [[Philosophy|a science]]. Philosophy is old, and philosophy is dear.",  # a capital by its place only
        "[[Music]] is old. Music is dear.",
        "In the year [[1815]] and after 1815 too.",
        "Here [[water]] is water.",
        "At [[Lund]] and [[Lund (Denmark)|Lund]] both, but which Lund is it?",  # two titles
        "At [[Lund, Sweden|the town]]\nof Lund,\nSweden.",  # never over a line's end
    ],
)
def test_what_must_not_be_found(marked: str) -> None:
    assert further(marked) == []


@pytest.mark.parametrize(
    "marked",
    [
        "By [[Boston]] they sail. In Boston they stay.",
        "By [[Boston]] they sail. Boston is old.",
        "By [[Boston]] they met President (Boston) there.",
        "By [[Boston]] a Boston-based firm stood.",
        "By [[Boston]] they sail the coast of Boston.",
        "By [[Boston]] they met [[Anna Lund]] Boston.",  # its neighbour is a name of its own
        "By [[Boston]] they sail (Boston lies there).",
    ],
)
def test_what_must_be_found(marked: str) -> None:
    assert further(marked) == [("Boston", "Boston", "again")]


def test_the_longest_name_wins_and_nothing_overlaps() -> None:
    marked = "[[Tarn|The Tarn]] feeds [[Tarn Valley]] and the [[Upper Tarn Valley]]; so Upper Tarn Valley, Tarn Valley."
    assert further(marked) == [
        ("Upper Tarn Valley", "Upper Tarn Valley", "again"),
        ("Tarn Valley", "Tarn Valley", "again"),
    ]


def test_never_inside_other_anchors() -> None:
    assert further("At [[Ode]] the [[song|Ode song]] is sung.") == []


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> AnchorTable:
    pa = pytest.importorskip("pyarrow")
    pytest.importorskip("duckdb")
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("anchors")
    rows = [
        ("UP", "Union of Ports", 9),
        ("Havens", "Union of Ports", 6),
        ("Havens", "Port", 4),
        ("Alliance", "Union of Ports", 3),
        ("Portsmen", "Union of Ports", 9),
        ("Alliance Hall", "Alliance Hall", 3),
        ("1815", "Union of Ports", 5),
        ("the alliance", "Union of Ports", 5),
    ]
    columns = {name: [row[k] for row in rows] for k, name in enumerate(("anchor", "title", "count"))}
    pq.write_table(pa.table(columns), folder / "a.parquet")
    made = AnchorTable.build(folder / "a.parquet", None, folder / "table")
    text = SplitText.of("UP " * 20 + "Havens " * 20 + "Alliance " * 100 + "Alliance Hall " * 3)
    made.add_occurrences([count_occurrences([text], made)])
    return made


def test_aliases_need_commonness_and_link_probability(table: AnchorTable) -> None:
    marked = "They built the [[Union of Ports]] here. So UP won, the Havens won, the Alliance won in 1815."
    assert further(marked, table) == [("UP", "Union of Ports", "alias")]
    loose = dataclasses.replace(SETTINGS, min_link_probability=0.02)
    assert [s for s, _, _ in further(marked, table, loose)] == ["UP", "Alliance"]
    assert further("They built the [[Union of Ports]] here. The Portsmen won.", table, loose) == []
    loose = dataclasses.replace(SETTINGS, min_commonness=0.5)
    assert [s for s, _, _ in further(marked, table, loose)] == ["UP", "Havens"]
    assert further(marked, table, dataclasses.replace(SETTINGS, min_links=10)) == []
    assert further(marked, table, dataclasses.replace(SETTINGS, alias=False)) == []
    assert further("UP stands here alone.", table) == []
    assert further("They built the [[Union of Ports]]. For the alliance, all in the Alliance met.", table, loose) == []


def test_a_longer_anchor_of_another_title_keeps_its_place(table: AnchorTable) -> None:
    loose = dataclasses.replace(SETTINGS, min_link_probability=0.02)
    marked = "They built the [[Union of Ports]] here; the Alliance met in Alliance Hall."
    assert [s for s, _, _ in further(marked, table, loose)] == ["Alliance"]


SURNAMES = dataclasses.replace(SETTINGS, surnames=True)


def test_surnames_of_persons() -> None:
    marked = "Here [[Anna Lund]] met [[Ib Dahl]]. Then Lund sang and Mr. Dahl played, said Ms Lund's son."
    assert [s for s, _, _ in further(marked, settings=SURNAMES, persons=("Anna Lund", "Ib Dahl"))] == [
        "Lund",
        "Dahl",
        "Lund",
    ]
    assert further(marked, settings=SURNAMES) == []
    assert further(marked, settings=dataclasses.replace(SURNAMES, surnames=False), persons=("Anna Lund",)) == []


@pytest.mark.parametrize(
    "marked",
    [
        "Here [[Anna Lund]] met [[Ole Lund]]. Lund sang.",  # two of that name
        "Here [[Anna Lund]] stayed at [[Lund Hall]]. Lund was cold.",  # a place of that name
        "Here [[Anna Lund]] met her son Ole Lund. Lund sang.",  # a namesake who has no link
        "Here Lund sang before [[Anna Lund]] came.",
        "Here [[Anna of Lund]] sang of Lund. Lund is far.",
    ],
)
def test_doubtful_surnames_are_left_alone(marked: str) -> None:
    assert further(marked, settings=SURNAMES, persons=("Anna Lund", "Ole Lund", "Anna of Lund")) == []


def test_weights_are_those_of_the_settings() -> None:
    text, found = article("**Ode** and [[Lund]] and in Lund.")
    settings = ExpansionSettings(link_weight=0.9, bold_weight=0.8, again_weight=0.7)
    assert [(m.how, m.weight) for m in expand_mentions(SplitText.of(text), "Own", found, None, settings)] == [
        ("bold", 0.8),
        ("link", 0.9),
        ("again", 0.7),
    ]
    with pytest.raises(SettingsError, match="--again-weight: expected 0 to 1, found 1.5"):
        ExpansionSettings(again_weight=1.5)


WORDS = st.sampled_from(
    ["Lund", "Anna", "Ode", "of", "the", "The", "lund", ".", ",", "\n", "&", "-", "Anna Lund", "IX"]
)


@given(st.lists(WORDS, max_size=30), st.lists(st.tuples(st.integers(0, 80), st.integers(1, 9)), max_size=5))
def test_whatever_the_text_mentions_lie_apart_on_word_edges(words: list[str], links: list[tuple[int, int]]) -> None:
    text = " ".join(words)
    found: list[FoundMention] = []
    for start, length in sorted(links):
        if start + length <= len(text) and (not found or start >= found[-1].end):
            found.append(FoundMention(start, start + length, f"T{start % 2} Lund", "link"))
    made = expand_mentions(SplitText.of(text), "Own", found, None, SURNAMES, persons={"T0 Lund"})
    assert [m for m in made if m.how == "link"] == found
    for left, right in zip(made, made[1:], strict=False):
        assert left.end <= right.start
    for m in made:
        if m.how != "link":
            shown = text[m.start : m.end]
            assert shown == shown.strip() and any(c.isupper() for c in shown) and "\n" not in shown
            assert not text[m.end : m.end + 1].isalnum() and not text[max(0, m.start - 1) : m.start].isalnum()


def test_time_grows_with_the_text_only() -> None:
    """A long article with a thousand names: a search by name would take minutes."""
    names = [f"Name{i} Family{i}" for i in range(2000)]
    text, found = article(" and ".join(f"[[{name}]]" for name in names) + ".\n")
    text += " saw ".join(names * 10)
    begin = time.process_time()
    made = expand_mentions(SplitText.of(text), "Own", found, None, SURNAMES, persons=set(names))
    assert time.process_time() - begin < 5
    assert len(made) == 2000 + 20000


def test_a_table_folder_serves_without_counts(tmp_path: Path) -> None:
    """Where occurrences were not counted, nothing is known of link probability: no alias unless none is asked for."""
    pa = pytest.importorskip("pyarrow")
    pytest.importorskip("duckdb")
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"anchor": ["UP"], "title": ["Union of Ports"], "count": [5]}), tmp_path / "a.parquet")
    made = AnchorTable.build(tmp_path / "a.parquet", None, tmp_path / "t")
    marked = "They built the [[Union of Ports]] here. So UP won."
    assert further(marked, made) == []
    loose = dataclasses.replace(SETTINGS, min_link_probability=0.0)
    assert further(marked, made, loose) == [("UP", "Union of Ports", "alias")]
