"""Markup is scanned as it stands, whatever is wrong with it."""

from __future__ import annotations

import time

import pytest
from source_texts import DECLARATION, FORUM, NEWSWIRE, ODD, WEB, one

from ousianer_cli.formats.documents.markup import attributes, detect, scan_tags


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (NEWSWIRE, "newswire"),
        (FORUM, "forum"),
        (WEB, "web"),
        (ODD, "newswire"),
        ("Ann <b>met</b> Bo.", "text"),
        ("<3 this", "text"),
        ("<Bo> hello", "text"),
        ("", "text"),
        (DECLARATION + "<psm><string/></psm>", "xml"),
        (DECLARATION + "<!DOCTYPE LCTL_TEXT [<!ENTITY a 'b'>]><LCTL_TEXT/>", "ltf"),
        ("<!-- note -->\n<post author='x'>Hi</post>", "forum"),
    ],
)
def test_kinds_by_content(text: str, kind: str) -> None:
    assert detect(text) == kind


def test_declaration_shift() -> None:
    assert one(NEWSWIRE, after_xml_declaration=True).offset_shift == 39
    assert one(NEWSWIRE.replace("\n", "\r\n"), after_xml_declaration=True).offset_shift == 40
    assert one(WEB, after_xml_declaration=True).offset_shift == 0
    assert one(NEWSWIRE, after_xml_declaration=True).text == NEWSWIRE


def test_attributes() -> None:
    text = """<post author='A "b"' ID=p1 datetime = "x>y" author="second">"""
    [tag] = scan_tags(text)
    found = {name: text[a:b] for name, (a, b) in attributes(text, tag).items()}
    assert found == {"author": 'A "b"', "id": "p1", "datetime": "x>y"}
    assert tag.end == len(text)


def test_an_unclosed_attribute_does_not_swallow_text() -> None:
    text = '<text>see <a href="x>the page</a> of "Ann" > all</text>'
    document = one("<doc>" + text + "</doc>")
    assert [document.visible.read(s.start, s.end) for s in document.segments] == ['see the page of "Ann" > all']


@pytest.mark.parametrize(
    "text",
    [
        "<!--" * 50_000,
        "<a b='" * 20_000,
        "<a " + "b=" * 100_000,
        "<" * 300_000,
        "<?" * 100_000,
        "<![CDATA[" * 30_000,
        "<a b='c' " * 30_000,
    ],
)
def test_hostile_markup_takes_no_long_time(text: str) -> None:
    started = time.process_time()
    one("<doc><text>" + text)
    assert time.process_time() - started < 10
