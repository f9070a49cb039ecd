"""LTF written from plain text reads back as that text."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.ltf import read_ltf
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.sentences import split_sentences


def read(content: str | bytes, options: ReadOptions | None = None) -> list[Document]:
    data = content.encode() if isinstance(content, str) else content
    return list(read_ltf(io.BytesIO(data), "file", source="f.ltf.xml", options=options))


XML_TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r 😀.A"),
    max_size=120,
)


@given(XML_TEXT)
def test_text_to_ltf_and_back(text: str) -> None:
    [document] = read(build_ltf("D", text), ReadOptions(strict=True))
    assert (document.id, document.text, document.lang) == ("D", text, "eng")
    assert not any(s.kind != "text" for s in document.segments)
    assert [(s.start, s.end) for s in document.segments] == split_sentences(text, 0, len(text))


@given(XML_TEXT)
def test_tokens_lie_on_the_text(text: str) -> None:
    from lxml import etree

    for token in etree.fromstring(build_ltf("D", text)).iter("TOKEN"):
        assert token.text == text[int(token.get("start_char")) : int(token.get("end_char")) + 1]


def test_control_characters_cannot_be_written() -> None:
    with pytest.raises(InputError, match=r"U\+0001 at code point 3"):
        build_ltf("D", "abc\x01")
