"""Mentions by code points become labelled words: alignment, nesting, joining, gaps, and documents from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.sentences import trim
from ousianer_cli.formats.standoff import (
    ACROSS,
    BLANK,
    CROSSING,
    JOINED,
    NOT_RUNNING_TEXT,
    SAME_WORDS,
    WIDENED,
    Span,
    covering_words,
    labelled_sentences,
    outermost,
    sentences_of_rows,
)
from ousianer_cli.formats.words import split_words


def names(sentences: list[LabelledSentence]) -> list[tuple[str, tuple[str, ...]]]:
    return [(" ".join(s.tokens[m.start : m.end]), m.labels) for s in sentences for m in s.mentions]


def nested_names(sentences: list[LabelledSentence]) -> list[tuple[str, tuple[str, ...]]]:
    return [(" ".join(s.tokens[m.start : m.end]), m.labels) for s in sentences for m in s.nested]


def read(
    text: str, *spans: Span, gaps: tuple[tuple[int, int], ...] = ()
) -> tuple[list[LabelledSentence], CorpusReport]:
    report = CorpusReport()
    return list(labelled_sentences(plain_document(text, "d"), spans, report, gaps=gaps)), report


def at(text: str, string: str, label: str = "X") -> Span:
    start = text.index(string)
    return Span(start, start + len(string), (label,), 7, "a.ann")


def test_words_are_our_own_and_places_are_kept() -> None:
    text = "Ann Lee's boat left Oslo, 😀 today. Bo stayed."
    sentences, report = read(text, at(text, "Oslo"), at(text, "Ann Lee"), at(text, "Bo"))
    assert [s.tokens[:4] for s in sentences] == [("Ann", "Lee", "'s", "boat"), ("Bo", "stayed", ".")]
    assert names(sentences) == [("Ann Lee", ("X",)), ("Oslo", ("X",)), ("Bo", ("X",))]
    assert {(m.line, m.path) for s in sentences for m in s.mentions} == {(7, "a.ann")}  # type: ignore[attr-defined]
    assert not report.dropped
    assert {s.supervises for s in sentences} == {None}


def test_an_edge_inside_a_word_takes_the_word_and_is_counted() -> None:
    text = "The Osloites sang."
    sentences, report = read(text, Span(4, 8, ("GPE",)))
    assert names(sentences) == [("Osloites", ("GPE",))]
    assert report.dropped == {WIDENED: 1}


def test_two_parts_of_one_word_leave_one_mention() -> None:
    sentences, report = read("Osloites sang.", Span(0, 4, ("GPE",)), Span(4, 8, ("PER",)))
    assert names(sentences) == [("Osloites", ("GPE",))]
    assert report.dropped == {WIDENED: 2, SAME_WORDS: 1}


def test_the_outermost_stays_and_the_same_span_joins_its_labels() -> None:
    text = "The Bank of Norway in Oslo paid."
    same = (at(text, "Bank of Norway", "ORG"), at(text, "Bank of Norway", "BANK"))
    sentences, report = read(text, at(text, "Norway"), at(text, "Norway in Oslo"), *same)
    assert names(sentences) == [("Bank of Norway", ("ORG", "BANK"))]
    assert nested_names(sentences) == [("Norway", ("X",))]
    assert report.dropped == {CROSSING: 1}


def test_a_nested_mention_that_takes_the_whole_name_or_crosses_another_is_counted() -> None:
    text = "The Osloites Fund paid."
    sentences, report = read(text, Span(4, 12, ("PER",)), Span(4, 8, ("GPE",)))
    assert (names(sentences), nested_names(sentences)) == ([("Osloites", ("PER",))], [])
    assert report.dropped == {WIDENED: 1, SAME_WORDS: 1}
    text = "New York City Council Hall stood."
    spans = [at(text, s) for s in ("New York City Council Hall", "New York City", "City Council", "New York")]
    sentences, report = read(text, *spans)
    assert [name for name, _ in nested_names(sentences)] == ["New York City", "New York"]
    assert report.dropped == {CROSSING: 1}


def test_a_sentence_goes_on_to_the_end_of_its_mention() -> None:
    text = "We read Who? What? by Ann. It rained."
    sentences, report = read(text, at(text, "Who? What?"))
    assert names(sentences) == [("Who ? What ?", ("X",))]
    assert len(sentences) == 2
    assert report.dropped == {JOINED: 1}


def test_what_cannot_be_placed_is_counted_and_stops_detection() -> None:
    text = "Ann came.\n\nBo left. Cy too."
    sentences, report = read(text, Span(0, 13, ("X",)), Span(9, 11, ("X",)))
    assert report.dropped == {ACROSS: 1, BLANK: 1}
    assert [s.supervises for s in sentences] == ["typing", "typing", None]
    _, report = read("Ann.", Span(0, 3, ("X",)))
    assert not report.dropped
    document = plain_document("[b] Ann", "d")
    document.segments = (document.segments[0].__class__("s", 4, 7),)
    report = CorpusReport()
    (sentence,) = labelled_sentences(document, [Span(0, 7, ("X",)), Span(1, 2, ("X",))], report)
    assert (sentence.supervises, report.dropped) == ("typing", {NOT_RUNNING_TEXT: 2})


def test_gaps_stop_detection_in_their_sentence_only() -> None:
    sentences, _ = read("Ann and Bo Lee left. Cy stayed.", gaps=((0, 3), (11, 14)))
    assert [s.supervises for s in sentences] == ["typing", None]


TEXTS = st.lists(
    st.sampled_from(["Ann", "Oslo", "U.S.", "😀", "é", "-", ".", ",", " ", "\n", "\n\n", "'s", "&amp;", "3.5"])
)


@given(TEXTS, st.data())
def test_every_mention_covers_its_span_and_nothing_is_lost_uncounted(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    places = st.integers(0, len(text))
    pairs = data.draw(st.lists(st.tuples(places, places), max_size=6))
    spans = [Span(min(p), max(p), (f"L{i}",)) for i, p in enumerate(pairs)]
    sentences, report = read(text, *spans)
    words = [text[a:b] for a, b in split_words(text)]
    # A hyphen at a line's end takes the line end with it, which is not read.
    assert [t for s in sentences for t in s.tokens] == [w.replace("&amp;", "&").rstrip("\n") for w in words]
    offsets = split_words(text)
    first = 0
    found = {}
    for sentence in sentences:
        ends = [0]
        for mention in sentence.mentions:
            assert ends[-1] <= mention.start < mention.end <= len(sentence.tokens)
            ends.append(mention.end)
        for mention in sentence.nested:
            assert any(m.start <= mention.start and mention.end <= m.end for m in sentence.mentions)
        for mention in (*sentence.mentions, *sentence.nested):
            for label in mention.labels:
                found[label] = offsets[first + mention.start][0], offsets[first + mention.end - 1][1]
        first += len(sentence.tokens)
    for i, span in enumerate(spans):
        if f"L{i}" in found:
            start, end = found[f"L{i}"]
            assert start <= span.start + len(text[span.start : span.end]) - len(text[span.start : span.end].lstrip())
            assert end >= span.start + len(text[span.start : span.end].rstrip())
    # The same span twice is one mention.
    read_as = plain_document(text, "d").visible
    visible = {trim(text, *read_as.snapped(s.start, s.end)): f"L{i}" for i, s in enumerate(spans)}
    lost = sum(label not in found for label in visible.values())
    assert lost <= sum(report.dropped[reason] for reason in (CROSSING, SAME_WORDS, BLANK, NOT_RUNNING_TEXT, ACROSS))
    if not report.dropped[NOT_RUNNING_TEXT] + report.dropped[ACROSS]:
        assert not any(s.supervises for s in sentences)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)), max_size=12))
def test_outermost_spans_are_disjoint_and_beat_what_they_touch(pairs: list[tuple[int, int]]) -> None:
    spans = [(a, a + n, Span(a, a + n, ("X",))) for a, n in pairs]
    kept = outermost(spans, CorpusReport())
    assert all(left[1] <= right[0] for left, right in zip(kept, kept[1:], strict=False))
    for a, b, _ in spans:
        assert any(k[0] < b and a < k[1] and k[1] - k[0] >= b - a for k in kept)


def test_covering_words() -> None:
    words = [(0, 3), (4, 8), (8, 9)]
    assert covering_words(words, 0, 3) == (0, 1, True)
    assert covering_words(words, 1, 5) == (0, 2, False)
    assert covering_words(words, 4, 9) == (1, 3, True)


# --- documents from elsewhere ----------------------------------------------------------------------------------------


def row(doc: str, start: int, end: int, text: str, line: int = 2) -> tuple[str, EdlRow]:
    return "a.tab", EdlRow("x", f"m{line}", text, doc, start, end, "NIL1", "PER", "NAM", 1.0, line)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "A.rsd.txt").write_text("Ann Lee met Bo.\n", encoding="utf-8")
    (tmp_path / "B.rsd.txt").write_text("Nobody came.\n", encoding="utf-8")
    return tmp_path


def test_rows_find_their_documents(folder: Path) -> None:
    report = CorpusReport()
    sentences = list(sentences_of_rows([row("A", 12, 13, "Bo"), row("A", 0, 6, "Ann  Lee")], [folder], report))
    # The string of the second has blanks that the text has not: at odds.
    assert names(sentences) == [("Bo", ("PER",))]
    assert [s.supervises for s in sentences] == ["typing"]
    assert report.dropped["documents without annotation"] == 1
    assert any("a.tab:2" in reason and "'Ann Lee', not 'Ann  Lee'" in reason for reason in report.dropped)


def test_annotated_documents_without_names_are_read(folder: Path) -> None:
    sentences = list(sentences_of_rows([], [folder], CorpusReport(), annotated=["B"]))
    assert [(s.doc, s.tokens, s.supervises) for s in sentences] == [("B", ("Nobody", "came", "."), None)]


def test_documents_that_are_missing_are_counted(folder: Path) -> None:
    report = CorpusReport()
    assert names(list(sentences_of_rows([row("A", 0, 2, "Ann"), row("Z", 0, 2, "Zoe", 9)], [folder], report)))
    assert any("--source lacks" in reason and "a.tab:9: Z" in reason for reason in report.dropped)


def test_a_source_that_does_not_belong_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=r"none of 1 \(such as 'Z'\).*--source"):
        list(sentences_of_rows([row("Z", 0, 2, "Zoe")], [folder], CorpusReport()))
    with pytest.raises(InputError, match=r"a\.tab:2: .*'Ann', not 'Bob'.*--source"):
        list(sentences_of_rows([row("A", 0, 2, "Bob"), row("A", 99, 100, "", 3)], [folder], CorpusReport()))
