"""Duplicates among single sentences, and among the documents of running text."""

from __future__ import annotations

from collections import Counter

from ousianer_cli.corpus.duplicates import Duplicates, sentence_key
from ousianer_cli.formats.labelled import LabelledMention, LabelledSentence


def sentence(text: str, document: str = "", *, label: str = "") -> LabelledSentence:
    mentions = (LabelledMention(0, 1, (label,)),) if label else ()
    return LabelledSentence(tuple(text.split()), mentions, "d", 1, document=document)


def kept(duplicates: Duplicates, *sentences: LabelledSentence) -> tuple[list[str], Counter[str]]:
    dropped: Counter[str] = Counter()
    return [" ".join(s.tokens) for s in duplicates.without(sentences, dropped)], dropped


def test_single_sentences_come_once() -> None:
    given = [sentence("Yes"), sentence("yes"), sentence("yes", label="PER"), sentence("No")]
    dropped = {"duplicate": 1, "duplicate, with other labels than the first": 1}
    assert kept(Duplicates(), *given) == (["Yes", "No"], dropped)


def test_running_text_keeps_a_sentence_that_comes_twice() -> None:
    before = [sentence("He said so", label="PER"), sentence("Yes")]
    document = [sentence(text, "one") for text in ("Yes", "He said so", "Anna left", "He said so")]
    other = [sentence(text, "two") for text in ("He said so", "Anna left")]
    texts, dropped = kept(Duplicates(), *before, *document, *other)
    assert texts == [" ".join(s.tokens) for s in (*before, *document, *other)]
    assert not dropped
    assert kept(Duplicates(), *document, sentence("anna left"))[1] == {"duplicate": 1}


def test_a_document_given_twice_counts_once_under_any_name() -> None:
    first = [sentence("Anna left", "one"), sentence("So did Bo", "one")]
    again = [sentence("anna left", "two"), sentence("So did Bo", "two")]
    marked = [sentence("Anna left", "three", label="PER"), sentence("So did Bo", "three")]
    texts, dropped = kept(Duplicates(), *first, *again, *marked)
    assert texts == ["Anna left", "So did Bo"]
    assert dropped == {
        "in a document that came before": 2,
        "in a document that came before, with other labels than the first": 2,
    }


def test_excluded_sentences_go_wherever_they_stand() -> None:
    duplicates = Duplicates([sentence_key(("anna", "left"))])
    given = [sentence("Anna left"), sentence("Anna left", "one"), sentence("So did Bo", "one"), sentence("ANNA left")]
    assert kept(duplicates, *given) == (["So did Bo"], {"also in an excluded file": 3})


def test_token_boundaries_matter_for_the_key() -> None:
    assert sentence_key(["a b"]) != sentence_key(["a", "b"])
