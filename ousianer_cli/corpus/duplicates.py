"""Which sentences a prepared corpus leaves out because they came before, or stand in a file to exclude.

A sentence is known by its lower-cased tokens. Running text keeps every sentence, as "He said." may come twice in a
document and what stands around a name counts: there a whole document is the duplicate, where all of it came before.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from ousianer_cli.formats.labelled import LabelledSentence

EXCLUDED = "also in an excluded file"
DUPLICATE = "duplicate"
OTHER_LABELS = "duplicate, with other labels than the first"
IN_DOCUMENT = "in a document that came before"
IN_OTHER_LABELS = "in a document that came before, with other labels than the first"

Annotation = tuple[tuple[int, int, tuple[str, ...]], ...]


def sentence_key(tokens: Iterable[str]) -> bytes:
    """16 bytes that tell a lower-cased token sequence from others: the key of duplicates and of the hash split."""
    return hashlib.blake2b("\x1f".join(tokens).lower().encode("utf-8"), digest_size=16).digest()


class Duplicates:
    """What came before; `excluded` are the keys of sentences that must not come out."""

    def __init__(self, excluded: Iterable[bytes] = ()) -> None:
        self._excluded = frozenset(excluded)
        self._sentences: dict[bytes, Annotation] = {}
        self._documents: dict[bytes, list[Annotation]] = {}

    def without(self, sentences: Iterable[LabelledSentence], dropped: Counter[str]) -> Iterator[LabelledSentence]:
        """The sentences that are neither; `dropped` counts the others by reason."""
        for document, group in groupby(sentences, key=attrgetter("document")):
            part = self._of_document if document else self._single
            for sentence in part(group, dropped):
                if sentence_key(sentence.tokens) in self._excluded:
                    dropped[EXCLUDED] += 1
                else:
                    yield sentence

    def _single(self, sentences: Iterable[LabelledSentence], dropped: Counter[str]) -> Iterator[LabelledSentence]:
        for sentence in sentences:
            key, annotation = sentence_key(sentence.tokens), _annotation(sentence)
            if key in self._sentences and key not in self._excluded:
                dropped[DUPLICATE if self._sentences[key] == annotation else OTHER_LABELS] += 1
            else:
                self._sentences[key] = annotation
                yield sentence

    def _of_document(self, group: Iterable[LabelledSentence], dropped: Counter[str]) -> list[LabelledSentence]:
        sentences = list(group)
        keys = [sentence_key(sentence.tokens) for sentence in sentences]
        document, annotations = b"".join(keys), [_annotation(sentence) for sentence in sentences]
        if document in self._documents:
            same = self._documents[document] == annotations
            dropped[IN_DOCUMENT if same else IN_OTHER_LABELS] += len(sentences)
            return []
        self._documents[document] = annotations
        for key, annotation in zip(keys, annotations, strict=True):
            self._sentences.setdefault(key, annotation)
        return sentences


def _annotation(sentence: LabelledSentence) -> Annotation:
    return tuple((m.start, m.end, m.labels) for m in (*sentence.mentions, *sentence.nested))
