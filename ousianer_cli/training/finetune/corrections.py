"""Corrected mentions: from feedback files to mention vectors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ousianer_cli.errors import InputError
from ousianer_cli.formats.feedback import FeedbackItem, read_feedback
from ousianer_cli.formats.visible import VisibleText
from ousianer_cli.formats.words import words_as_read, words_of
from ousianer_cli.network.targets import LabelSet, Targets
from ousianer_cli.taxonomy.tree import OUTSIDE
from ousianer_cli.training.finetune.instances import Instances
from ousianer_cli.training.vector_cache import VectorCache


def read_corrections(
    files: Sequence[str], source: Sequence[str], targets: Targets, *, report: Callable[[str], None] = lambda _: None
) -> list[FeedbackItem]:
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


def corrected_mentions(vectors: Tensor, items: Sequence[FeedbackItem]) -> Instances:
    """Corrected mentions of known vectors [C, V], in the order of `items`, each closed and weighing 1."""
    labels: list[LabelSet] = [(item.type,) for item in items]
    ones = torch.ones(len(labels))
    return Instances(vectors.half().float(), labels, ones, ones.bool())


def correction_instances(vectors: VectorCache, items: Sequence[FeedbackItem]) -> Instances:
    """Corrected mentions in the order of `items`, their vectors computed from the sentences.

    Raises:
        InputError: a sentence longer than the encoder reads, with file and line.
    """
    model = vectors.model
    texts = list(dict.fromkeys(item.text for item in items))
    visible = [VisibleText.of(text) for text in texts]
    words = [words_of(text) for text in visible]
    encoded = model.tokenizer.encode(list(map(words_as_read, visible, words))) if texts else []
    spans: list[list[tuple[int, int]]] = [[] for _ in texts]
    places: list[list[int]] = [[] for _ in texts]
    row = {text: i for i, text in enumerate(texts)}
    for place, item in enumerate(items):
        at = row[item.text]
        if encoded[at].pieces > model.max_pieces:
            raise InputError(
                f"a sentence of at most {model.max_pieces} sub-words",
                f"{encoded[at].pieces}",
                path=item.path,
                line=item.line,
                remedy="give a shorter stretch around the mention",
            )
        inside = [i for i, (a, b) in enumerate(words[at]) if a < item.end and b > item.start]
        spans[at].append((inside[0], inside[-1] + 1))
        places[at].append(place)
    found = torch.from_numpy(vectors.of(encoded, spans))
    order = torch.tensor([p for row in places for p in row], dtype=torch.long)
    return corrected_mentions(found[order.argsort()], items)
