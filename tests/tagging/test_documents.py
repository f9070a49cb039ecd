"""Documents as sentences of words."""

from __future__ import annotations

from ousianer_cli.formats.documents.document import Document, Segment
from ousianer_cli.tagging.documents import split_document


def document(text: str, doc_id: str = "d1") -> Document:
    return Document(doc_id, text, (Segment("s1", 0, len(text)),) if text else ())


def test_character_references_are_read_as_their_character_and_keep_their_places() -> None:
    text = "near Marks &amp; Spencer today"
    split = split_document(document(text))
    ((*places,),) = split.sentences
    assert [text[a:b] for a, b in places] == ["near", "Marks", "&amp;", "Spencer", "today"]
    assert split.words() == [["near", "Marks", "&", "Spencer", "today"]]


def test_sentences_of_segments_alone() -> None:
    text = "<p>Ada left. Otto stayed.</p> Oslo"
    split = split_document(Document("d", text, (Segment("s", 3, 25),)))
    assert split.words() == [["Ada", "left", "."], ["Otto", "stayed", "."]]
    assert split_document(document(" \n\u00a0\n")).sentences == ()


def test_no_name_holds_an_angle_bracket() -> None:
    item = split_document(document("Smith &amp; Sons &lt;London&gt; is big, a < b > c"))
    assert item.words() == [["Smith", "&", "Sons", "<", "London", ">", "is", "big", ",", "a", "<", "b", ">", "c"]]
    assert item.nameable(0, 0, 5) == item.nameable(0, 0, 6) == item.nameable(0, 0, 3) == (0, 3)
    assert item.nameable(0, 3, 6) == item.nameable(0, 4, 6) == (4, 5)
    assert item.nameable(0, 9, 14) == (9, 10)
    assert item.nameable(0, 3, 4) is None


def test_titles_and_halves_of_pairs_are_no_part_of_a_name() -> None:
    item = split_document(document("then Lt. Gen. Ann Roe left Fjord (FJ.O) and Mr. Ek"))
    assert item.words()[0][1:7] == ["Lt", ".", "Gen", ".", "Ann", "Roe"]
    assert item.nameable(0, 1, 7) == (5, 7)
    assert item.nameable(0, 8, 13) == item.nameable(0, 8, 9) == (8, 9)
    assert item.nameable(0, 1, 3) == (1, 3)  # nothing but a title
    item = split_document(document("then Ann Roe (D-Ohio) left"))
    assert item.nameable(0, 4, 7) == (6, 7)


def test_no_name_stands_in_the_attributes_of_a_tag() -> None:
    item = split_document(document("he went to <town name=\"New Lund\" at='Rome'>Oslo</town> a < b"))
    ((*words,),) = item.words()
    new, rome, oslo = words.index("New"), words.index("Rome"), words.index("Oslo")
    assert item.nameable(0, new, new + 2) is item.nameable(0, rome, rome + 1) is None
    assert item.nameable(0, oslo, oslo + 1) == (oslo, oslo + 1)
