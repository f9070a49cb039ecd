"""Source documents: what is text and what is markup, at offsets of the raw file; a source and its LTF read the same."""

from __future__ import annotations

import hashlib
import io
import re
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_texts import FORUM, NEWSWIRE, ODD, WEB, one

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents import source
from ousianer_cli.formats.documents.document import Document, document_id
from ousianer_cli.formats.documents.ltf import read_ltf
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.documents.markup import scan_tags
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.documents.source import source_documents
from ousianer_cli.formats.sentences import sentences_of


def texts(document: Document, kind: str | None = None) -> list[str]:
    return [document.text[s.start : s.end] for s in document.segments if kind in (None, s.kind)]


def ltf_of(text: str, doc_id: str) -> bytes:
    """A TAC 2015-like LTF: each line that is not empty is a SEG, markup and all, tokens at blanks."""
    segs = []
    for number, match in enumerate(re.finditer(r"[^\n]+", text)):
        segs.append(
            f'<SEG id="segment-{number}" start_char="{match.start()}" end_char="{match.end() - 1}">'
            f"<ORIGINAL_TEXT>{escape(match[0], {chr(13): '&#13;'})}</ORIGINAL_TEXT></SEG>"
        )
    md5 = hashlib.md5(text.encode()).hexdigest()
    head = f'<DOC id="{doc_id}" raw_text_char_length="{len(text)}" raw_text_md5="{md5}">'
    return f'<LCTL_TEXT lang="eng">{head}<TEXT>{"".join(segs)}</TEXT></DOC></LCTL_TEXT>'.encode()


def test_newswire() -> None:
    document = one(NEWSWIRE)
    assert document.id == "XYZ_ENG_20300101.0001"
    assert texts(document, "headline") == ["Bridge at Lund to close"]
    assert texts(document, "dateline") == ["LUND, Jan. 1 (XYZ)"]
    first, second = texts(document, "text")
    assert first.startswith("The mayor") and "AT&amp;T" in first and first.endswith("U.S. style.")
    assert second == '"It is old," said Ann &lt;the clerk&gt; of Malmö &amp; Co.'
    segment = document.segments[2]
    assert len(sentences_of(document.visible, segment.start, segment.end)) == 2
    assert (document.warnings, document.skipped, document.offset_shift) == ((), {}, 0)


def test_forum() -> None:
    document = one(FORUM)
    assert document.id == "F-17"
    assert [document.text[a.start : a.end] for a in document.authors] == ["J&amp;R Olsen", 'Bo "Bobby" Ek']
    assert texts(document, "headline") == ["Who fixed the clock in Bergen?"]
    assert texts(document, "post") == [
        'I saw it on <a href="http://example.com/?a=1&amp;b=2">the page of Oslo Radio</a> today 😀.',
        "Was it Ann?",
        "No, it was Per in Trondheim.",
        "He is 5 < 6 and <3 me@there.org <me@there.org>.",
        "Thanks, Bo.",
    ]
    assert document.skipped == {source.QUOTED: 3}
    segment = document.segments[1]
    assert document.visible.read(segment.start, segment.end) == "I saw it on the page of Oslo Radio today 😀."


def test_quotes_and_authors_by_option() -> None:
    document = one(FORUM, quotes=True, authors=False)
    assert texts(document, "quote") == ["It was Lars.", "I saw it on the page of Oslo Radio today.", "Was it Ann?"]
    assert document.authors == ()
    assert document.skipped[source.AUTHORS_OFF] == 2
    assert source.QUOTED not in document.skipped


def test_a_quote_ends_with_its_post() -> None:
    text = '<doc id="d"><post author="a"><quote>Ann.</post><post author="b">Bo.</quote> Per.</post></doc>'
    document = one(text)
    assert texts(document) == ["Bo.", "Per."]
    assert document.warnings == ("1 closing tags without an opening one", "1 zones that are never closed")
    with pytest.raises(InputError, match="balanced markup"):
        one(text, strict=True)


def test_web_text() -> None:
    document = one(WEB)
    assert document.id == "web-3"
    assert texts(document, "headline") == ["Boats for sale"]
    assert texts(document, "author") == ["Ann Lee"]
    assert texts(document, "post") == ["Two boats in Visby.", "Call Lars."]


def test_markup_that_is_not_well_formed() -> None:
    document = one(ODD)
    assert document.id == "odd"
    assert texts(document, "headline") == ["Never closed"]
    assert texts(document, "text") == [
        "Stray",
        "and <b>bold</b> text.\n<!-- Ann is a comment --> After <![CDATA[<b>Per</b> & Co]]> it",
        "goes",
        "on.",
        "No end",
    ]
    assert [document.visible.read(s.start, s.end) for s in document.segments][2] == (
        "and bold text.\n After <b>Per</b> & Co it"
    )
    assert document.skipped[source.UNKNOWN_TAGS] == 2
    assert len(document.warnings) == 2


def test_text_outside_zones_is_counted_or_used() -> None:
    assert one('<doc id="d">Lost.<text>Kept.</text></doc>').skipped == {source.OUTSIDE_ZONES: 1}
    bare = one('<DOC id="d">\n<HEADLINE>Head</HEADLINE>\n<P>Body of Ann.</P>\n</DOC>')
    assert texts(bare) == ["Head", "Body of Ann."]


def test_several_docs_in_one_file_count_from_their_own_start() -> None:
    content = '<DOCS>\n<DOC id="a"><TEXT>Ann.</TEXT></DOC>\n<DOC id="b"><TEXT>Bo.</TEXT></DOC>\n</DOCS>\n'
    documents = list(source_documents(content, "file"))
    assert [(d.id, texts(d)) for d in documents] == [("a", ["Ann."]), ("b", ["Bo."])]
    assert all(d.text.startswith("<DOC ") for d in documents)


def test_document_ids() -> None:
    names = ["A.df.xml", "A.nw.xml", "A.xml", "A", "A.rsd.txt", "A.mpdf.xml", " A.sgm "]
    assert {document_id(n) for n in names} == {"A"}
    assert document_id("NYT_ENG_20130513.0090") == "NYT_ENG_20130513.0090"
    assert document_id("a.b.c") == "a.b.c"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("quotes", [False, True])
@pytest.mark.parametrize("text", [NEWSWIRE, FORUM, WEB, ODD], ids=["newswire", "forum", "web", "odd"])
def test_source_and_its_ltf_are_the_same(text: str, newline: str, quotes: bool) -> None:
    text = text.replace("\n", newline)
    options = ReadOptions(quotes=quotes, after_xml_declaration=True)
    [direct] = source_documents(text, "file", options=options)
    [from_ltf] = read_ltf(io.BytesIO(ltf_of(text, f"{direct.id}.df.xml")), "file", options=options)
    assert from_ltf.text == direct.text == text
    for name in ("id", "segments", "authors", "offset_shift", "skipped"):
        assert getattr(from_ltf, name) == getattr(direct, name), name
    assert not any("md5" in w for w in from_ltf.warnings)


PLAIN = (
    "Bridge at Lund to close\n\nThe mayor of the old town by the river said on Monday that the bridge would\n"
    "be closed for a month. Traffic will go over the ford, which Mr.\nLindqvist-Andersson of the road office calls "
    'safe. "Is it?" asked Dr. Roe 😀.\n\nMilk\nBread\n\n\n  Indented U.S. Senate. The end.  \n'
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_plain_text_and_its_ltf_give_the_same_sentences(newline: str) -> None:
    text = PLAIN.replace("\n", newline)

    def sentences(document: Document) -> list[tuple[int, int]]:
        return [s for seg in document.segments for s in sentences_of(document.visible, seg.start, seg.end)]

    [from_ltf] = read_ltf(io.BytesIO(build_ltf("d", text)), "d")
    plain = one(text)
    assert len(plain.segments) == 4
    assert from_ltf.text == plain.text
    assert sentences(from_ltf) == sentences(plain)
    assert len(sentences(plain)) == 8


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "<doc id='x'>",
            "</doc>",
            "<post author='Ann Lee'>",
            '<post author="Bo">',
            "</post>",
            "<quote>",
            "</quote>",
            "<quote/>",
        ]
        + [
            "<TEXT>",
            "</TEXT>",
            "<P>",
            "</P>",
            "<headline>",
            "</headline>",
            "<a href='x>y'>",
            "</a>",
            "<img src=x>",
            "<!-- c -->",
        ]
        + [
            "<!--",
            "<![CDATA[",
            "]]>",
            "<?",
            "<",
            ">",
            "&amp;",
            "Ann",
            " ",
            "\n",
            "\n\n",
            "😀",
            "Bo.",
            "<DATETIME>",
            "</DATETIME>",
        ]
    ),
    max_size=40,
).map("".join)


@given(FRAGMENTS, st.booleans())
def test_segments_hold_hidden_markup_only_and_are_in_order(text: str, quotes: bool) -> None:
    document = source.markup_document(text, "d", options=ReadOptions(quotes=quotes))
    markup = list(scan_tags(text))
    previous = 0
    for segment in document.segments:
        assert previous <= segment.start < segment.end <= len(text)
        assert not text[segment.start].isspace() and not text[segment.end - 1].isspace()
        inside = [(tag.start, tag.end) for tag in markup if tag.start < segment.end and segment.start < tag.end]
        assert set(inside) <= set(document.hidden)
        assert all(segment.start < a and b < segment.end for a, b in inside)
        previous = segment.end
    assert all(text[a.start : a.end] in ("Ann Lee", "Bo") for a in document.authors)
