"""Corpora as arrays: spans on our own words, long sentences, slices held out, batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import sentence, write_rows

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import Mention, Sentence
from ousianer_cli.network.pieces import PieceTokenizer
from ousianer_cli.training.examples import (
    Example,
    ExampleOptions,
    PassageCut,
    augmented_shapes,
    file_digest,
    held_out,
    load_examples,
    shuffled_batches,
)

TOKENIZER = PieceTokenizer.characters()


def words_of(example: Example) -> list[str]:
    """The words, put together from their pieces (the tokenizer makes them small)."""
    names = {i: n for n, i in TOKENIZER.backend.get_vocab().items()}
    pieces = [names[i].removeprefix("##") for i in example.encoded.piece_ids.tolist()]
    edges = [*example.encoded.first_piece.tolist(), example.encoded.pieces - 1]
    return ["".join(pieces[a:b]) for a, b in zip(edges, edges[1:], strict=False)]


def test_corpus_tokens_become_our_words_and_spans_follow(tmp_path: Path) -> None:
    row = Sentence(
        ("Obama's", "visit", "to", "St.Ives,", "1,000"), (Mention(0, 1, ("PER",)), Mention(3, 4, ("LOC",), 0.5))
    )
    loaded = load_examples([write_rows(tmp_path / "c.jsonl", [row])], TOKENIZER)
    (example,) = loaded.examples
    assert words_of(example) == ["obama", "'s", "visit", "to", "st", ".", "ives", ",", "1,000"]
    assert example.spans == [(0, 2), (4, 8)]
    assert example.labels == [("PER",), ("LOC",)] and example.weights == [1.0, 0.5]
    assert loaded.counts == {"sentences": 1}


@pytest.mark.parametrize("supervises", ["detection", "typing", "both"])
def test_a_line_and_its_use_both_say_what_it_supervises(tmp_path: Path, supervises: str) -> None:
    path = write_rows(tmp_path / "c.jsonl", [sentence("In Oslo", ("Oslo", ("LOC",)), supervises=supervises)])
    (example,) = load_examples([path], TOKENIZER).examples
    assert (example.detects, example.types) == (supervises != "typing", supervises != "detection")
    (example,) = load_examples([path], TOKENIZER, ExampleOptions(detects=False)).examples
    assert (example.detects, example.types) == (False, supervises != "detection")
    (example,) = load_examples([path], TOKENIZER, ExampleOptions(types=False, open_labels=True)).examples
    assert (example.detects, example.types, example.open_labels) == (supervises != "typing", False, True)


def test_sentences_without_types_can_be_left_out(tmp_path: Path) -> None:
    rows = [sentence("In Oslo", ("Oslo", ("LOC",))), sentence("In Rome", ("Rome", ())), sentence("Rain")]
    path = write_rows(tmp_path / "c.jsonl", rows)
    assert len(load_examples([path], TOKENIZER).examples) == 3
    assert len(load_examples([path], TOKENIZER, ExampleOptions(keep_unlabelled=False)).examples) == 1


def test_more_sentences_than_one_chunk_keep_their_order(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "c.jsonl", [sentence(f"row {n}") for n in range(2050)])
    examples = load_examples([path], TOKENIZER).examples
    assert [words_of(e)[1] for e in (examples[0], examples[2047], examples[2048], examples[-1])] == [
        "0",
        "2047",
        "2048",
        "2049",
    ]
    assert len(examples) == 2050


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text('{"tokens": ["a"], "mentions": []}\n{"tokens": [], "mentions": []}\n')
    with pytest.raises(InputError, match=r"c\.jsonl:2: expected 'tokens'"):
        load_examples([str(path)], TOKENIZER)


@st.composite
def long_sentences(draw: st.DrawFn) -> tuple[Sentence, int]:
    tokens = draw(st.lists(st.sampled_from(["a", "be", "see", "deed"]), min_size=10, max_size=60))
    mentions = []
    at = 0
    while at < len(tokens):
        at += draw(st.integers(0, 4))
        end = at + draw(st.integers(1, 3))
        if end > len(tokens):
            break
        mentions.append(Mention(at, end, (f"t{len(mentions)}",)))
        at = end
    return Sentence(tuple(tokens), tuple(mentions)), draw(st.integers(16, 40))


@settings(deadline=None, max_examples=60)
@given(long_sentences())
def test_long_sentences_are_split_between_words_and_never_in_a_mention(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[Sentence, int]
) -> None:
    row, limit = case  # a mention has 12 pieces at most, so one always fits
    path = write_rows(tmp_path_factory.mktemp("long") / "c.jsonl", [row])
    loaded = load_examples([path], TOKENIZER, ExampleOptions(max_pieces=limit))
    assert [w for e in loaded.examples for w in words_of(e)] == list(row.tokens)
    assert all(e.encoded.pieces <= limit for e in loaded.examples)
    found = [
        (words_of(e)[a:b], labels) for e in loaded.examples for (a, b), labels in zip(e.spans, e.labels, strict=True)
    ]
    assert found == [(list(row.tokens[m.start : m.end]), m.types) for m in row.mentions]
    assert loaded.counts["mentions cut by the piece limit"] == 0
    assert loaded.counts["sentences split at the piece limit"] == (len(loaded.examples) > 1)


def test_a_mention_behind_one_long_word_is_not_cut(tmp_path: Path) -> None:
    row = sentence("abcdefghij klm nop qrs tuv", ("klm nop qrs tuv", ("LOC",)))
    loaded = load_examples([write_rows(tmp_path / "c.jsonl", [row])], TOKENIZER, ExampleOptions(max_pieces=16))
    assert [e.spans for e in loaded.examples] == [[], [(0, 4)]]
    assert loaded.counts["mentions cut by the piece limit"] == 0


def test_a_mention_longer_than_the_limit_is_cut_and_counted_once(tmp_path: Path) -> None:
    row = sentence("in " + "abcd " * 10 + "now", ("abcd " * 10, ("LOC",)), ("now", ("TIME",)))
    loaded = load_examples([write_rows(tmp_path / "c.jsonl", [row])], TOKENIZER, ExampleOptions(max_pieces=16))
    assert loaded.counts["mentions cut by the piece limit"] == 1
    assert [labels for e in loaded.examples for labels in e.labels] == [("TIME",)]
    assert [w for e in loaded.examples for w in words_of(e)] == list(row.tokens)


def test_an_endless_word_is_left_out_and_counted(tmp_path: Path) -> None:
    row = sentence("in " + "x" * 50 + " now", ("x" * 50, ("LOC",)), ("now", ("TIME",)))
    loaded = load_examples([write_rows(tmp_path / "c.jsonl", [row])], TOKENIZER, ExampleOptions(max_pieces=16))
    assert loaded.counts["words longer than the piece limit"] == 1
    assert loaded.counts["mentions cut by the piece limit"] == 1
    assert [words_of(e) for e in loaded.examples] == [["in"], ["now"]]


def examples_of(texts: list[str], folder: Path) -> list[Example]:
    return load_examples([write_rows(folder / "h.jsonl", [sentence(t) for t in texts])], TOKENIZER).examples


def test_held_out_is_the_same_each_time_and_keeps_duplicates_together(tmp_path: Path) -> None:
    texts = [f"number {n}" for n in range(200)]
    once = examples_of(texts, tmp_path)
    train, out = held_out(once, 0.25)
    assert 25 < len(out) < 75 and len(train) + len(out) == 200
    again = held_out(examples_of(texts[::-1] + texts, tmp_path), 0.25)
    for side, doubled in zip((train, out), again, strict=True):
        one = sorted(" ".join(words_of(e)) for e in side)
        assert sorted(" ".join(words_of(e)) for e in doubled) == sorted(one * 2)


def test_held_out_nothing_or_a_growing_share(tmp_path: Path) -> None:
    examples = examples_of([f"number {n}" for n in range(50)], tmp_path)
    assert held_out(examples, 0.0) == (examples, [])
    small, large = (held_out(examples, share)[1] for share in (0.1, 0.5))
    assert {id(e) for e in small} < {id(e) for e in large}


@given(st.lists(st.integers(3, 80), max_size=300), st.integers(50, 400), st.integers(0, 5))
def test_batches_hold_each_index_once_and_keep_to_the_budget(lengths: list[int], budget: int, seed: int) -> None:
    batches = shuffled_batches(lengths, budget, np.random.default_rng(seed))
    assert sorted(i for b in batches for i in b) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget
    assert batches == shuffled_batches(lengths, budget, np.random.default_rng(seed))


def test_another_seed_is_another_order() -> None:
    lengths = [5] * 100
    first, second = (shuffled_batches(lengths, 50, np.random.default_rng(seed)) for seed in (1, 2))
    assert first != second


def test_recased_shapes_are_a_share_and_leave_the_sentence_alone(tmp_path: Path) -> None:
    examples = examples_of(["The Mayor of Oslo left"] * 200, tmp_path)
    original = examples[0].encoded.shapes.copy()
    shapes = augmented_shapes(examples, np.random.default_rng(0), 0.5)
    changed = sum(not np.array_equal(s, original) for s in shapes)
    assert 70 < changed < 130
    assert all(np.array_equal(e.encoded.shapes, original) for e in examples)
    assert all(np.array_equal(s, original) for s in augmented_shapes(examples, np.random.default_rng(0), 0.0))


def test_sentences_of_a_document_become_passages(tmp_path: Path) -> None:
    rows = [
        Sentence(("President", "Ana", "Silva"), (Mention(1, 3, ("PER",)),), document="d"),
        Sentence(("It", "rained"), document="d"),
        Sentence(
            ("Oslo", "Police", "met", "Silva"),
            (Mention(0, 2, ("ORG",)), Mention(3, 4, ("PER",), 0.5)),
            nested=(Mention(0, 1, ("GPE",)),),
            document="d",
        ),
        Sentence(("Silva", "left"), (Mention(0, 1, ("PER",)),), document="e"),
    ]
    path = write_rows(tmp_path / "c.jsonl", rows)
    whole, other = load_examples([path], TOKENIZER, ExampleOptions(keep_unlabelled=False, passage_pieces=200)).examples
    assert words_of(whole) == ["president", "ana", "silva", "it", "rained", "oslo", "police", "met", "silva"]
    assert whole.spans == [(1, 3), (5, 7), (8, 9)] and whole.weights == [1.0, 1.0, 0.5]
    assert whole.labels == [("PER",), ("ORG",), ("PER",)] and whole.nested == [((5, 6), ("GPE",))]
    assert words_of(other) == ["silva", "left"] and other.document == "e"
    by_itself = load_examples([path], TOKENIZER, ExampleOptions(keep_unlabelled=False)).examples
    assert [words_of(e)[0] for e in by_itself] == ["president", "oslo", "silva"]
    assert by_itself[1].nested == [((0, 1), ("GPE",))]


def test_passages_are_cut_anew_at_each_showing(tmp_path: Path) -> None:
    rows = [Sentence(("Rain", str(n)), document="d") for n in range(60)]
    path = write_rows(tmp_path / "c.jsonl", rows)

    def lengths(cut: PassageCut | None) -> list[int]:
        loaded = load_examples([path], TOKENIZER, ExampleOptions(passage_pieces=250, cut=cut))
        return [e.encoded.words for e in loaded.examples]

    whole, first, second = lengths(None), lengths(PassageCut(0.3, (1, 1))), lengths(PassageCut(0.3, (1, 2)))
    assert sum(whole) == sum(first) == sum(second) == 120
    assert len(whole) < len(first) and first != second and first == lengths(PassageCut(0.3, (1, 1)))
    assert lengths(PassageCut(0.0, (1, 1))) == whole


def test_a_folder_of_annotation_has_a_digest_of_its_texts_and_names(tmp_path: Path) -> None:
    for name, content in (("D.txt", "Ann."), ("D.ann", "T1\tPER 0 3\tAnn\n"), ("visual.conf", "")):
        (tmp_path / name).write_text(content)
    before = file_digest(str(tmp_path))
    (tmp_path / "visual.conf").write_text("[labels]\n")
    assert file_digest(str(tmp_path)) == before
    (tmp_path / "D.ann").write_text("T1\tORG 0 3\tAnn\n")
    assert file_digest(str(tmp_path)) != before
