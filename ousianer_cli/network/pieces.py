"""From words to sub-word pieces and padded batches.

Letters: B sentences, T words, S pieces, F word-shape features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.errors import ModelError
from ousianer_cli.network.hub import hub_answers, not_there, quiet_hub
from ousianer_cli.network.shapes import SHAPE_FEATURES, word_shapes


@dataclass(slots=True)
class EncodedSentence:
    """One sentence as arrays: piece ids [S] with the encoder's special pieces, first piece of each word [T], shapes
    [T, F]."""

    piece_ids: np.ndarray
    first_piece: np.ndarray
    shapes: np.ndarray

    @property
    def words(self) -> int:
        """How many words there are: T."""
        return len(self.first_piece)

    @property
    def pieces(self) -> int:
        """How many pieces there are: S."""
        return len(self.piece_ids)


class PieceTokenizer:
    """A Hugging Face fast tokenizer over words, described by its `tokenizer.json`."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.backend.no_truncation()
        self.backend.no_padding()

    @classmethod
    def load(cls, source: str | Path) -> PieceTokenizer:
        """From a folder with `tokenizer.json`, else from whatever `transformers` finds under that name."""
        from tokenizers import Tokenizer

        file = Path(source) / "tokenizer.json"
        if file.is_file():
            return cls(Tokenizer.from_file(str(file)))
        from transformers import AutoTokenizer

        try:
            with quiet_hub():
                local = Path(source).is_dir() or not hub_answers()
                tokenizer = AutoTokenizer.from_pretrained(str(source), use_fast=True, local_files_only=local)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{source}: expected a folder with tokenizer.json or a Hugging Face id, {not_there(_first_line(error))}"
            ) from None
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise ModelError(f"{source}: expected a fast tokenizer (tokenizer.json), found a slow one")
        return cls(backend)

    @classmethod
    def characters(cls) -> PieceTokenizer:
        """One piece a character of printable ASCII: for the random `tiny` encoder, which needs no files."""
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

        letters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
        names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{c}" for c in letters)]
        vocabulary = {name: i for i, name in enumerate(names)}
        tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
        return cls(tokenizer)

    @property
    def vocabulary(self) -> int:
        """How many pieces the tokenizer knows."""
        return int(self.backend.get_vocab_size())

    @property
    def mask_piece(self) -> int:
        """The piece that hides others: the encoder's own mask, else its piece for what it does not know."""
        named = (self.backend.token_to_id(name) for name in ("[MASK]", "<mask>", "[UNK]", "<unk>"))
        return next((piece for piece in named if piece is not None), 0)

    def save(self, folder: Path) -> None:
        """Write `tokenizer.json` into a folder."""
        (folder / "tokenizer.json").write_text(self.backend.to_str(pretty=True), encoding="utf-8")

    def encode(self, sentences: Sequence[Sequence[str]]) -> list[EncodedSentence]:
        """Encode sentences of words. A word without a piece of its own (a control character) takes the piece before."""
        encodings = self.backend.encode_batch([list(words) for words in sentences], is_pretokenized=True)
        encoded = []
        for words, encoding in zip(sentences, encodings, strict=True):
            first = np.full(len(words), -1, dtype=np.int32)
            for piece, word in enumerate(encoding.word_ids):
                if word is not None and first[word] < 0:
                    first[word] = piece
            previous = 0
            for word in range(len(words)):
                previous = first[word] = first[word] if first[word] >= 0 else previous
            ids = np.asarray(encoding.ids, dtype=np.int32)
            encoded.append(EncodedSentence(ids, first, word_shapes(words)))
        return encoded


@dataclass(slots=True)
class Batch:
    """A padded batch.

    piece_ids [B, S], piece_mask [B, S] bool, first_piece [B, T], word_mask [B, T] bool, shapes [B, T, F] float;
    `features` [B, T, L, D] replaces the encoder's output where it was computed before (a frozen encoder).
    """

    piece_ids: Tensor
    piece_mask: Tensor
    first_piece: Tensor
    word_mask: Tensor
    shapes: Tensor
    features: Tensor | None = None

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on a device."""
        return Batch(
            self.piece_ids.to(device),
            self.piece_mask.to(device),
            self.first_piece.to(device),
            self.word_mask.to(device),
            self.shapes.to(device),
            None if self.features is None else self.features.to(device),
        )


def collate(sentences: Sequence[EncodedSentence], shapes: Sequence[np.ndarray] | None = None) -> Batch:
    """Pad sentences into one batch; `shapes` replaces the sentences' own word shapes (augmentation)."""
    size, most_pieces = len(sentences), max(s.pieces for s in sentences)
    most_words = max(s.words for s in sentences)
    ids = np.zeros((size, most_pieces), dtype=np.int64)
    piece_mask = np.zeros((size, most_pieces), dtype=bool)
    first = np.zeros((size, most_words), dtype=np.int64)
    word_mask = np.zeros((size, most_words), dtype=bool)
    shape = np.zeros((size, most_words, SHAPE_FEATURES), dtype=np.float32)
    for row, sentence in enumerate(sentences):
        ids[row, : sentence.pieces] = sentence.piece_ids
        piece_mask[row, : sentence.pieces] = True
        first[row, : sentence.words] = sentence.first_piece
        word_mask[row, : sentence.words] = True
        shape[row, : sentence.words] = sentence.shapes if shapes is None else shapes[row]
    return Batch(*(torch.from_numpy(a) for a in (ids, piece_mask, first, word_mask, shape)))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
