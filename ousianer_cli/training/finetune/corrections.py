"""Corrected mentions: from feedback files to mention vectors."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ousianer_cli.errors import InputError
from ousianer_cli.formats.feedback import read_feedback
from ousianer_cli.formats.feedback_items import NO_NAME, FeedbackItem, is_no_name
from ousianer_cli.formats.feedback_rules import settled
from ousianer_cli.formats.visible import VisibleText
from ousianer_cli.formats.words import words_as_read, words_of
from ousianer_cli.network.targets import LabelSet, Targets
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
    against, `report` hears what was passed over, and what was settled by a rule (`formats.feedback_rules`).

    Raises:
        InputError: a file that is wrong, a type that is none of the targets, or corrections that do not fit together,
            with file and line.
    """
    documents = None
    if source and files:
        from ousianer_cli.formats.readers import read_documents

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
    if given.lower() in _OUTSIDE:
        return dataclasses.replace(item, type=OUTSIDE)
    space, _, local = given.rpartition("#" if "#" in given else ":")
    bare = given if not space or taxonomy.find(space, ignore_case=True) else local  # ldcOnt:GPE, but not PER:GPE
    name = taxonomy.find(bare, ignore_case=True, phantoms=False)
    if name is not None:
        return dataclasses.replace(item, type=name)
    if re.search("[|;,]", given):
        remedy = "give one type a row"
    elif near := _nearest(given, list(taxonomy.types)):
        remedy = f"correct the type column (did you mean {near}?)"
    else:
        remedy = "or write 'no name' for words that are no name, '-' for a name outside the taxonomy"
    expected = f"a type of the taxonomy '{taxonomy.name}' or '-'"
    raise InputError(expected, repr(item.type), path=item.path, line=item.line, remedy=remedy)


def _nearest(given: str, known: Sequence[str]) -> str:
    """The type that a person may have meant: by its last part (`city`), a WordNet class's word, or its spelling."""
    word = re.sub(r"^<?(?:yago:)?(?:wordnet|wikicat)_|_\d+>?$", "", given, flags=re.IGNORECASE)
    by_path = {_letters(name): name for name in known}
    by_leaf = {_letters(name.rpartition(".")[2]): name for name in sorted(known, key=len, reverse=True)}
    top = _letters(given)[:3]
    tops = {"loc": "LOC", "per": "PER", "org": "ORG"} if re.fullmatch("[a-z]+", given.lower()) else {}
    for found in (by_path.get(_letters(word)), by_leaf.get(_letters(word))):
        if found:
            return found
    if tops.get(top) in known and re.match("person|organi[sz]ation|location", given, re.IGNORECASE):
        return tops[top]
    for names, cutoff in ((by_path, 0.75), (by_leaf, 0.8)):
        if near := difflib.get_close_matches(_letters(word), names, n=1, cutoff=cutoff):
            return names[near[0]]
    return ""


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


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
