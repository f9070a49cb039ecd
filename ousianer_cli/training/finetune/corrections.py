"""Corrected mentions: from feedback files to mention vectors."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ousianer_cli.errors import InputError
from ousianer_cli.formats.feedback.items import NO_NAME, FeedbackItem, is_no_name
from ousianer_cli.formats.feedback.reading import read_feedback
from ousianer_cli.formats.feedback.rules import settled
from ousianer_cli.formats.visible import VisibleText
from ousianer_cli.formats.words import words_as_read, words_of
from ousianer_cli.network.targets import LabelSet, Targets
from ousianer_cli.taxonomy.meant import type_meant, without_name_space
from ousianer_cli.taxonomy.tree import OUTSIDE
from ousianer_cli.training.finetune.instances import Instances
from ousianer_cli.training.vector_cache import VectorCache

_DASHES = ("--", "\u2010", "\u2011", "\u2013", "\u2014", "\u2212")
_OUTSIDE = frozenset((OUTSIDE, *_DASHES, "outside", "outside the taxonomy"))
"""How people and their word processors write `-`."""


def read_corrections(
    files: Sequence[str], source: Sequence[str], targets: Targets, *, report: Callable[[str], None] = lambda _: None
) -> list[FeedbackItem]:
    """The items of feedback files, those of `no name` among them; `source` are the documents that EDL rows are read
    against, `report` hears what was passed over, and what was settled by a rule (`formats.feedback.rules`).

    Raises:
        InputError: a file that is wrong, a type that is none of the targets, or corrections that do not fit together,
            with file and line.
    """
    documents = None
    if source and files:
        from ousianer_cli.formats.documents.readers import read_documents

        documents = {d.id: d for d in read_documents(source)}
    items = [_known(item, targets) for path in files for item in read_feedback(path, documents, report=report)]
    kept, notes = settled(items)
    for note in notes:
        report(note)
    return kept


def _known(item: FeedbackItem, targets: Targets) -> FeedbackItem:
    """The item with its type as the taxonomy writes it."""
    if is_no_name(item.type):
        return dataclasses.replace(item, type=NO_NAME)
    taxonomy = targets.taxonomy
    given = re.sub("[\u200b-\u200f\ufeff]", "", item.type).strip()
    if given.startswith("'"):  # what keeps a spreadsheet from reading `-` as a formula
        given = given[1:].strip()
    if given.lower() in _OUTSIDE:
        return dataclasses.replace(item, type=OUTSIDE)
    name = taxonomy.find(without_name_space(given, taxonomy), ignore_case=True, phantoms=False)
    if name is not None:
        return dataclasses.replace(item, type=name)
    if re.search(r"[|;,]| (?:or|and) ", given):
        remedy = "give one type a row"
    elif near := type_meant(given, taxonomy):
        remedy = f"correct the type column (did you mean {near}?)"
    else:
        remedy = "or write 'no name' for words that are no name, '-' for a name outside the taxonomy"
    expected = f"a type of the taxonomy '{taxonomy.name}' or '-'"
    raise InputError(expected, repr(item.type), path=item.path, line=item.line, remedy=remedy)


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
