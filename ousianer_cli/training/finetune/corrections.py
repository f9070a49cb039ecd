"""Corrected mentions: from feedback files to mention vectors."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch

from ousianer_cli.errors import InputError
from ousianer_cli.formats.feedback import FeedbackItem, read_feedback
from ousianer_cli.formats.words import as_read, split_words
from ousianer_cli.network.targets import LabelSet, Targets
from ousianer_cli.taxonomy.tree import OUTSIDE
from ousianer_cli.training.finetune.instances import Instances, rounded
from ousianer_cli.training.vector_cache import VectorCache


def read_corrections(files: Sequence[str], source: Sequence[str], targets: Targets) -> list[FeedbackItem]:
    """The items of feedback files; `source` are the documents that EDL rows are read against.

    Raises:
        InputError: a file that is wrong, or a type that is none of the targets, with file and line.
    """
    if not files:
        return []
    documents = None
    if source:
        from ousianer_cli.formats.readers import read_documents

        documents = {d.id: d for d in read_documents(source)}
    items = []
    for path in files:
        for item in read_feedback(path, documents):
            name = (
                item.type
                if item.type == OUTSIDE
                else targets.taxonomy.find(item.type, ignore_case=True, phantoms=False)
            )
            if name is None:
                raise InputError(
                    f"a type of the taxonomy '{targets.taxonomy.name}' or '-'",
                    repr(item.type),
                    path=item.path,
                    line=item.line,
                    remedy="correct the type column",
                )
            items.append(dataclasses.replace(item, type=name))
    return items


def correction_instances(vectors: VectorCache, items: Sequence[FeedbackItem]) -> Instances:
    """Vectors of corrected mentions; a mention that begins or ends inside a word takes that whole word.

    Raises:
        InputError: a sentence longer than the encoder reads, with file and line.
    """
    model = vectors.model
    by_text: dict[str, list[FeedbackItem]] = {}
    for item in items:
        by_text.setdefault(item.text, []).append(item)
    words_of = {text: split_words(text) for text in by_text}
    encoded = (
        model.tokenizer.encode([[as_read(text[a:b]) for a, b in words_of[text]] for text in by_text]) if by_text else []
    )
    limit = model.max_pieces
    sentences, spans = [], []
    labels: list[LabelSet] = []
    for text, sentence in zip(by_text, encoded, strict=True):
        if sentence.pieces > limit:
            first = by_text[text][0]
            raise InputError(
                f"a sentence of at most {limit} sub-words",
                f"{sentence.pieces}",
                path=first.path,
                line=first.line,
                remedy="give a shorter stretch around the mention",
            )
        chosen = []
        for item in by_text[text]:
            inside = [i for i, (a, b) in enumerate(words_of[text]) if a < item.end and b > item.start]
            chosen.append((inside[0], inside[-1] + 1))
            labels.append((item.type,))
        sentences.append(sentence)
        spans.append(chosen)
    return Instances(rounded(vectors.of(sentences, spans)), labels, torch.ones(len(labels)))
