"""From corpora to arrays: words, pieces, tags and type targets, and batches by length in a seeded order.

Letters: T words, S pieces, M mentions, F word-shape features.
"""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ousianer_cli.corpus.store import read_store, store_files
from ousianer_cli.formats.corpus import Sentence
from ousianer_cli.formats.visible import Span
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.inference import length_batches
from ousianer_cli.network.passages import join_encoded, plan_passages
from ousianer_cli.network.pieces import EncodedSentence, PieceTokenizer
from ousianer_cli.network.shapes import hide_case, recase
from ousianer_cli.outputs import sha256_16

_CASES = ("lower", "upper", "title")


@dataclass(slots=True)
class Example:
    """A sentence ready for the network. `spans` are all its mentions [start, end) in words, `labels` their types."""

    encoded: EncodedSentence
    spans: list[tuple[int, int]]
    labels: list[tuple[str, ...]]
    weights: list[float]
    detects: bool
    types: bool
    open_labels: bool = False
    """Labels say nothing of what lies below them (a corpus coarser than the inventory)."""
    nested: list[tuple[tuple[int, int], tuple[str, ...]]] = field(default_factory=list)
    """Names inside the mentions: span and types."""
    document: str = ""
    """Id of the running text that it is part of."""
    source: str = ""
    """The corpus that it was read from."""


@dataclass(frozen=True, slots=True)
class PassageCut:
    """Passages cut at `share` of the places between sentences, so that a network learns to do with less context."""

    share: float
    seed: tuple[int, ...]


@dataclass(slots=True)
class Loaded:
    """Examples of one or more files, and what the window limit did to them."""

    examples: list[Example] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def extend(self, other: Loaded) -> None:
        """Take in the examples and counts of another."""
        self.examples.extend(other.examples)
        self.counts.update(other.counts)


@dataclass(frozen=True, slots=True)
class ExampleOptions:
    """How sentences become examples."""

    detects: bool = True
    """Whether they are used for detection, where their corpus supervises it."""
    types: bool = True
    """Whether they are used for typing, where their corpus supervises it."""
    open_labels: bool = False
    """As `Example.open_labels`."""
    max_pieces: int = 256
    """Longer sentences are split."""
    keep_unlabelled: bool = True
    """Whether to keep sentences without a type that stand in no passage."""
    passage_pieces: int = 0
    """Sentences of a document are joined into passages of at most so many pieces; 0 for none."""
    cut: PassageCut | None = None
    """Ends some of the passages earlier."""

    @classmethod
    def for_model(cls, model: Model, *, types: bool = True, keep_unlabelled: bool = True) -> ExampleOptions:
        """Sequences of the lengths that a model reads."""
        return cls(
            types=types,
            keep_unlabelled=keep_unlabelled,
            max_pieces=model.max_pieces,
            passage_pieces=model.passage_pieces,
        )


DEFAULTS = ExampleOptions()


def load_examples(paths: Iterable[str], tokenizer: PieceTokenizer, options: ExampleOptions = DEFAULTS) -> Loaded:
    """The sentences of corpora (JSON lines, Parquet) as examples."""
    loaded = Loaded()
    for path in paths:
        part = encode_sentences(read_store(path), tokenizer, options)
        for example in part.examples:
            example.source = path
        loaded.extend(part)
    return loaded


def encode_sentences(
    sentences: Iterable[Sentence], tokenizer: PieceTokenizer, options: ExampleOptions = DEFAULTS
) -> Loaded:
    """Sentences as examples; one gives the same whatever stands beside it, unless it stands in a passage."""
    loaded = Loaded()
    chunk: list[Sentence] = []
    for sentence in sentences:
        in_passage = options.passage_pieces and sentence.document  # what stands around a name is read with it
        if options.keep_unlabelled or in_passage or any(m.types for m in sentence.mentions):
            chunk.append(sentence)
        if len(chunk) == 2048:
            _encode(chunk, tokenizer, loaded, options)
            chunk = []
    _encode(chunk, tokenizer, loaded, options)
    if options.passage_pieces:
        limit = min(options.passage_pieces, options.max_pieces)
        loaded.examples = _passages(loaded.examples, limit, options.cut)
    return loaded


def _passages(examples: Sequence[Example], limit: int, cut: PassageCut | None) -> list[Example]:
    documents = [e.document for e in examples]
    if cut is not None:
        cuts = np.cumsum(np.random.default_rng(cut.seed).random(len(documents)) < cut.share)
        documents = [document and f"{document}\0{number}" for document, number in zip(documents, cuts, strict=True)]
    plan = plan_passages([e.encoded.pieces for e in examples], documents, limit)
    return [_joined([examples[i] for i in part]) for part in plan]


def _joined(examples: Sequence[Example]) -> Example:
    if len(examples) == 1:
        return examples[0]
    whole = copy.copy(examples[0])
    whole.encoded = join_encoded([e.encoded for e in examples])
    whole.spans, whole.nested = [], []
    start = 0
    for example in examples:
        whole.spans += [(a + start, b + start) for a, b in example.spans]
        whole.nested += [((a + start, b + start), types) for (a, b), types in example.nested]
        start += example.encoded.words
    whole.labels = [types for e in examples for types in e.labels]
    whole.weights = [weight for e in examples for weight in e.weights]
    return whole


def _encode(sentences: list[Sentence], tokenizer: PieceTokenizer, loaded: Loaded, options: ExampleOptions) -> None:
    rows: list[tuple[Sentence, list[str], list[Span], list[Span]]] = []
    for sentence in sentences:
        rows.append((sentence, *sentence.as_words()))
    for (sentence, words, spans, nested), encoded in zip(rows, tokenizer.encode([r[1] for r in rows]), strict=True):
        example = Example(
            encoded,
            spans,
            [m.types for m in sentence.mentions],
            [m.weight for m in sentence.mentions],
            options.detects and sentence.detects,
            options.types and sentence.types_mentions,
            options.open_labels,
            [(s, m.types) for s, m in zip(nested, sentence.nested, strict=True)],
            sentence.document,
        )
        loaded.counts["sentences"] += 1
        if encoded.pieces <= options.max_pieces:
            loaded.examples.append(example)
        else:
            loaded.counts["sentences split at the piece limit"] += 1
            loaded.examples.extend(_split(example, words, tokenizer, options.max_pieces, loaded.counts))


def _split(
    example: Example, words: list[str], tokenizer: PieceTokenizer, max_pieces: int, counts: Counter[str]
) -> list[Example]:
    """Cut a long sentence between words, not inside a mention, into parts that fit."""
    inside = np.zeros(len(words) + 1, dtype=bool)
    for start, end in example.spans:
        inside[start + 1 : end] = True
    first = np.append(example.encoded.first_piece, example.encoded.pieces - 1)
    parts: list[Example] = []
    start = 0
    while start < len(words):
        fits = int(np.searchsorted(first, first[start] + max_pieces - 2, side="right")) - 1
        end = min(max(fits, start + 1), len(words))
        cut = end
        while cut > start + 1 and inside[cut]:
            cut -= 1
        if not inside[cut]:
            end = cut
        (encoded,) = tokenizer.encode([words[start:end]])
        kept = [i for i, (a, b) in enumerate(example.spans) if start <= a and b <= end]
        counts["mentions cut by the piece limit"] += sum(start <= a < end < b for a, b in example.spans)
        if encoded.pieces <= max_pieces:
            parts.append(
                Example(
                    encoded,
                    [(example.spans[i][0] - start, example.spans[i][1] - start) for i in kept],
                    [example.labels[i] for i in kept],
                    [example.weights[i] for i in kept],
                    example.detects,
                    example.types,
                    example.open_labels,
                    [((a - start, b - start), types) for (a, b), types in example.nested if start <= a and b <= end],
                    example.document,
                )
            )
        else:  # one word of more pieces than the window
            counts["words longer than the piece limit"] += 1
            counts["mentions cut by the piece limit"] += len(kept)
        start = end
    return parts


def held_out(examples: Sequence[Example], share: float) -> tuple[list[Example], list[Example]]:
    """(train, held out): an example is held out by a hash of its pieces, so that duplicates stay on one side."""
    train: list[Example] = []
    out: list[Example] = []
    for example in examples:
        digest = hashlib.blake2b(example.encoded.piece_ids.tobytes(), digest_size=4).digest()
        (out if int.from_bytes(digest, "big") / 2**32 < share else train).append(example)
    return train, out


def shuffled_batches(lengths: Sequence[int], budget: int, rng: np.random.Generator) -> list[list[int]]:
    """Indices in batches of at most `budget` padded pieces (a longer sentence stands alone): shuffled, sorted by length
    within pools of 64 batches, shuffled again."""
    if not lengths:
        return []
    size = np.asarray(lengths)
    order = rng.permutation(len(lengths))
    per_pool = max(1, int(64 * budget / float(size.mean())))
    batches: list[list[int]] = []
    for at in range(0, len(order), per_pool):
        pool = order[at : at + per_pool]
        batches += [[int(pool[i]) for i in batch] for batch in length_batches(size[pool].tolist(), budget)]
    rng.shuffle(batches)
    return batches


def augmented_shapes(
    examples: Sequence[Example],
    rng: np.random.Generator,
    share: float,
    hidden: float = 0.0,
    *,
    own: Sequence[int] | None = None,
    words: Sequence[int] | None = None,
) -> list[np.ndarray]:
    """Word shapes with `share` of the sentences recased (all small, capitals, titled), as in tweets and headlines, and
    nothing said of the case of `hidden` of the words.

    Of a share of a batch, `own` are the examples' places in it and `words` the lengths of all that are: what is drawn
    for a sentence is what a process that has the whole batch draws.
    """
    given = dict(zip(range(len(examples)) if own is None else own, examples, strict=True))
    shapes = []
    for place, size in enumerate([e.encoded.words for e in examples] if words is None else words):
        case = _CASES[int(rng.integers(len(_CASES)))] if share and rng.random() < share else None
        hides = rng.random(size) < hidden if hidden else None
        if place in given:
            shape = given[place].encoded.shapes
            shape = shape if case is None else recase(shape, case)
            shapes.append(shape if hides is None else hide_case(shape, hides))
    return shapes


def file_digest(path: str) -> str:
    """The first 16 digits of a file's SHA-256, by which a model folder names its data; of a folder (shards, or
    annotation in files), the same of their names and digests."""
    if Path(path).is_dir() and any(Path(path).rglob("*.ann")):
        files = sorted(file for file in Path(path).rglob("*") if file.suffix in (".ann", ".txt"))
    else:
        files = store_files(path)
    if Path(path).is_dir():
        names = "".join(f"{file.name} {sha256_16(file)}\n" for file in files)
        return hashlib.sha256(names.encode()).hexdigest()[:16]
    return sha256_16(files[0])
