"""Lines of CoNLL: the words of a document with their offsets and IOB2 tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.visible import Span
from ousianer_cli.formats.words import words_of


def tagged_sentences(
    document: Document, sentences: Iterable[Sequence[Span]], names: Sequence[tuple[int, int, str]]
) -> Iterator[tuple[Sequence[Span], list[str]]]:
    """The sentences, each as its words, with a tag for each word.

    Args:
        names: [start, end) with a type, none overlapping; those that are in no sentence, such as posters' names, which
            stand in markup, become sentences of their own.
    """
    given = [tuple(sentence) for sentence in sentences]
    covered = {span for sentence in given for span in sentence}
    apart = [tuple(words_of(document.visible, start, end)) for start, end, _ in names]
    apart = [words for words in apart if not covered.issuperset(words)]
    tag_of = {start: (name, end) for start, end, name in names}
    for sentence in sorted([*given, *apart]):
        tags: list[str] = []
        name, reached = "", 0
        for start, end in sentence:
            if start in tag_of:
                name, reached = tag_of[start]
                tags.append(f"B-{name}")
            else:
                tags.append(f"I-{name}" if end <= reached else "O")
        yield sentence, tags


def conll_lines(
    document: Document, sentences: Iterable[Sequence[Span]], names: Sequence[tuple[int, int, str]]
) -> Iterator[str]:
    """The lines of a document, without line ends: `-DOCSTART-` with its id, then token, start, end (exclusive) and tag.

    Tokens are as they are read; offsets count as those of rows do. `sentences` and `names` as of `tagged_sentences`.
    """
    shift = document.offset_shift
    yield f"-DOCSTART-\t{document.id}\t-\tO"
    yield ""
    for sentence, tags in tagged_sentences(document, sentences, names):
        for (start, end), tag in zip(sentence, tags, strict=True):
            yield f"{document.visible.read(start, end)}\t{start - shift}\t{end - shift}\t{tag}"
        yield ""
