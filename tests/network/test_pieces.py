"""First pieces of words, words without a piece, and padding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.errors import ModelError
from ousianer_cli.network.pieces import PieceTokenizer, collate
from ousianer_cli.network.shapes import SHAPE_FEATURES

TOKENIZER = PieceTokenizer.characters()
VOCABULARY = TOKENIZER.backend.get_vocab()
NAMES = {number: name for name, number in VOCABULARY.items()}


def pieces(words: list[str]) -> list[str]:
    (encoded,) = TOKENIZER.encode([words])
    return [NAMES[i] for i in encoded.piece_ids.tolist()]


def test_one_piece_a_character_between_the_special_pieces() -> None:
    assert pieces(["Oslo", "is"]) == ["[CLS]", "o", "##s", "##l", "##o", "i", "##s", "[SEP]"]
    (encoded,) = TOKENIZER.encode([["Oslo", "is"]])
    assert encoded.first_piece.tolist() == [1, 5]
    assert (encoded.words, encoded.pieces) == (2, 8)
    assert encoded.shapes.shape == (2, SHAPE_FEATURES)


def test_a_letter_outside_the_vocabulary_is_one_unknown_piece() -> None:
    assert pieces(["東", "a"]) == ["[CLS]", "[UNK]", "a", "[SEP]"]


def test_a_word_without_a_piece_takes_the_one_before() -> None:
    (encoded,) = TOKENIZER.encode([["ab", "\u0007", "\u200b", "c"]])
    assert encoded.first_piece.tolist() == [1, 1, 1, 3]
    (first,) = TOKENIZER.encode([["\u0007", "ab"]])
    assert first.first_piece.tolist() == [0, 1]


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=8))
def test_every_word_has_a_place_inside_the_pieces(words: list[str]) -> None:
    (encoded,) = TOKENIZER.encode([words])
    assert encoded.words == len(words)
    first = encoded.first_piece
    assert (np.diff(first) >= 0).all()
    assert first.min() >= 0 and first.max() <= encoded.pieces - 1


def test_sentences_are_padded_and_masked() -> None:
    encoded = TOKENIZER.encode([["a"], ["bc", "d"]])
    batch = collate(encoded)
    assert batch.piece_ids.shape == (2, 5) and batch.first_piece.shape == (2, 2)
    assert batch.piece_mask.tolist() == [[True, True, True, False, False], [True] * 5]
    assert batch.word_mask.tolist() == [[True, False], [True, True]]
    assert batch.piece_ids[0, 3:].tolist() == [0, 0]
    assert batch.shapes[1].numpy().tolist() == encoded[1].shapes.tolist()
    assert batch.shapes[0, 1].sum() == 0


def test_given_shapes_replace_the_sentences_own() -> None:
    encoded = TOKENIZER.encode([["a", "B"]])
    other = np.ones((2, SHAPE_FEATURES), dtype=np.uint8)
    assert collate(encoded, [other]).shapes.sum() == 2 * SHAPE_FEATURES


def test_a_saved_tokenizer_encodes_alike(tmp_path: Path) -> None:
    TOKENIZER.save(tmp_path)
    words = ["Mayor", "Falk", "'s", "1,000", "é"]
    (before,), (after,) = TOKENIZER.encode([words]), PieceTokenizer.load(tmp_path).encode([words])
    assert before.piece_ids.tolist() == after.piece_ids.tolist()
    assert before.first_piece.tolist() == after.first_piece.tolist()


def test_a_folder_without_a_tokenizer_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"expected a folder with tokenizer\.json"):
        PieceTokenizer.load(tmp_path)
