"""The text as it is read, and its places in the text as it stands."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.source import source_documents
from ousianer_cli.formats.edl import NilClusters
from ousianer_cli.formats.visible import VisibleText, seen, visible_text
from ousianer_cli.formats.words import split_words, words_as_read
from ousianer_cli.tagging.documents import split_document

ROOT = Path(__file__).parent.parent.parent


def words(text: str) -> list[tuple[str, str]]:
    """Each word as it stands and as a model reads it."""
    spans = split_words(text)
    return list(zip([text[a:b] for a, b in spans], words_as_read(visible_text(text), spans), strict=True))


@pytest.mark.parametrize(
    ("text", "raw", "read"),
    [
        ("Ana &amp; Zo&euml; L&#243;pez", "Ana &amp; Zo&euml; L&#243;pez", "Ana & Zoë López"),
        ("K&#xF8;benhavn&#44; O&rsquo;Hara", "K&#xF8;benhavn &#44; O&rsquo;Hara", "København , O’Hara"),
        ("Ben&nbsp;Lee &lt;b&gt;", "Ben Lee &lt; b &gt;", "Ben Lee < b >"),
        ("Fjord &amp;amp; S&amp;oslash;n", "Fjord &amp;amp; S&amp;oslash;n", "Fjord & Søn"),
        ("R&D; a&b c&nosuch; 5&6", "R & D ; a & b c & nosuch ; 5 & 6", "R & D ; a & b c & nosuch ; 5 & 6"),
        ("Os\u00adlo\u200b, \u202aAnn\u202c \ufeffBo\u2060", "Os\u00adlo , Ann Bo", "Oslo , Ann Bo"),
        ("Ole\u0301 Ru\u0308ck", "Ole\u0301 Ru\u0308ck", "Olé Rück"),
        ("Z\u0307a\u0328k's", "Z\u0307a\u0328k 's", "Żąk 's"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("नमस्ते", "नमस्ते", "नमस्ते"),
        ("Ann\x00Bo\x07", "Ann Bo", "Ann Bo"),
        ("M&#173;al&#8203;m&ouml;&zwj;", "M&#173;al&#8203;m&ouml;", "Malmö"),
        ("&#0;&#55296;&#1114112;", "&#0; &#55296; &#1114112;", "\ufffd \ufffd \ufffd"),
    ],
)
def test_words_stand_raw_and_are_read_clean(text: str, raw: str, read: str) -> None:
    assert [w for w, _ in words(text)] == raw.split()
    assert [w for _, w in words(text)] == read.split()


def test_marks_of_quoted_mail_are_passed_over() -> None:
    text = "> Hello Ann\n> of New\n&gt;&gt; York, 5 > 3"
    assert [w for w, _ in words(text)] == ["Hello", "Ann", "of", "New", "York", ",", "5", ">", "3"]
    assert visible_text(text).text == "Hello Ann\nof New\nYork, 5 > 3"
    assert visible_text(text).quote_ends == {len("Hello Ann\nof New")}


@pytest.mark.parametrize(
    ("composed", "other"),
    [
        ("Zoë Müller", "Zoe\u0308 Mu\u0308ller"),
        ("Oslo", "Os\u00adlo"),
        ("Smith & Sons", "Smith &amp; Sons"),
        ("Ann", "ann"),
    ],
)
def test_one_nil_id_however_a_name_is_spelled(composed: str, other: str) -> None:
    clusters = NilClusters()
    assert clusters.id_of(composed, "per") == clusters.id_of(other, "per")
    assert clusters.id_of("Zoë", "per") != clusters.id_of("Zoe", "per")


def test_inline_markup_parts_no_name() -> None:
    text = '<doc><text>I met <a href="x?a=1>2">Ana <b>Lind</b></a><!-- no --> of the U<sup>2</sup> club.</text></doc>'
    [document] = source_documents(text, "d")
    [sentence] = split_document(document).sentences
    assert split_document(document).words() == [["I", "met", "Ana", "Lind", "of", "the", "U2", "club", "."]]
    assert [text[a:b] for a, b in sentence][2:4] == ["Ana", "Lind"]
    assert text[sentence[2][0] : sentence[3][1]] == "Ana <b>Lind"
    assert text[slice(*sentence[6])] == "U<sup>2"


def test_seen() -> None:
    assert seen(" Zoe\u0308\u200b&amp; ") == "Zoë&"
    assert seen("\u200b") == "\u200b"


ODD = st.lists(
    st.sampled_from(
        ["a", "É", "e\u0301", "\u0307", "&eacute;", "&amp;amp;", "&#1;", "&nbsp;", "\u00ad", "\ufeff", "क़", " "]
    )
    | st.sampled_from(["\n> ", "> ", "&gt; ", "<b>", "\u1100", "\u1161", "\x00", "\ufb1d", "\u2126", "\U0001f600"]),
    max_size=15,
).map("".join)


@given(ODD, st.data())
def test_every_place_in_the_visible_text_is_a_place_in_the_raw_one(raw: str, data: st.DataObject) -> None:
    hidden = [match.span() for match in re.finditer("<b>", raw)]
    visible = VisibleText.of(raw, hidden)
    places = [visible.outside(i, i + 1, 0, len(raw)) for i in range(len(visible.text))]
    assert all(0 <= a < b <= len(raw) for a, b in places)
    assert all(b <= c for (_, b), (c, _) in zip(places, places[1:], strict=False))
    assert [visible.inside(a, b) for a, b in places] == [(i, i + 1) for i in range(len(places))]
    assert visible.read(0, len(raw)) == visible.text
    start = data.draw(st.integers(0, len(raw)))
    assert visible.inside(start, start)[0] == visible.inside(start, start)[1]


@given(st.text(alphabet="abé&;#x3 \u0301\u0307ü", max_size=30))
def test_the_visible_text_is_composed_where_nothing_gets_longer(raw: str) -> None:
    assert unicodedata.is_normalized("NFC", VisibleText.of(raw).text)


# The words before any of this. The shipped model was trained on them.
_PLAIN_WORD = re.compile(
    r"""
    (?:[^\W\d_]\.){2,}
  | \d+(?:[.,:]\d+)+
  | ['’](?:s|S|re|ve|ll|d|m|RE|VE|LL|D|M)(?![^\W_])
  | (?:[^\W_]|[\u0300-\u036f])+
      (?:['’](?!(?:s|S|re|ve|ll|d|m|RE|VE|LL|D|M)(?![^\W_]))(?:[^\W_])+)*
  | \S
    """,
    re.VERBOSE,
)
_NO_PROSE = re.compile(r"[@/\\&\u0590-\u0dff\u0e00-\u0eff\u200b-\u2060]|\.[A-Za-z]{2}")


def test_words_of_ordinary_prose_stay_as_they_were() -> None:
    lines = 0
    for name in ("train01", "web1", "rare1"):
        with gzip.open(ROOT / "examples" / "aida_open" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as handle:
            for record in map(json.loads, handle):
                for line in record["text"].split("\n"):
                    if not _NO_PROSE.search(line):
                        lines += 1
                        assert split_words(line) == [m.span() for m in _PLAIN_WORD.finditer(line)]
    assert lines > 1000


def test_a_document_has_one_visible_text() -> None:
    document = Document("d", "a &amp; b", ())
    assert document.visible is document.visible
    assert document.visible.text == "a & b"
