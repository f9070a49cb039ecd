"""Addresses are one word each; what is in them is no name."""

from __future__ import annotations

import pytest

from ousianer_cli.formats.addresses import is_address
from ousianer_cli.formats.documents.document import Document, Segment
from ousianer_cli.formats.visible import visible_text
from ousianer_cli.formats.words import ADDRESS_READ_AS, never_names, sites, split_words, words_as_read
from ousianer_cli.tagging.documents import split_document


@pytest.mark.parametrize(
    "address",
    [
        "http://www.example.org/Ann-Lee/Oslo/New_York",
        "HTTPS://news.example/Oslo/Ann-Lee.html?q=Ann+Lee&x=(Bergen)#Ola",
        "https://en.example.org/wiki/Oslo_(ship)",
        "ftp://Ann@files.example.org:21/Oslo",
        "s3://bucket/Ann/Oslo",
        "www.Bergen.no",
        "ann.lee+Oslo@Bergen.example.co.uk",
        "mailto:ann@example.org",
        "a...@example.org",
        "example.com/Ann/Oslo",
        "t.co/AbCd12",
        "C:\\Users\\Ann\\Oslo\\report.docx",
        "\\\\server\\Share\\Oslo.pdf",
        "/home/Ann/Oslo",
        "~/Oslo/Ann",
        "../Ann/Oslo",
        "docs/Oslo/Ann.md",
        "Ann_Lee-2014.jpg",
        "Oslo.PDF",
        "http://[2001:db8::1]:8080/Oslo",
        "tel:+47-Oslo",
        "urn:isbn:Oslo",
        "magnet:?xt=Oslo",
        "o'hara@Bergen.example.org",
        "ann@bücher.example",
        "C:/Ann/Oslo",
        "$HOME/Oslo",
        "example.museum/Ann",
        "foo.dev:8080/Oslo/x",
        "Oslo.heic",
        "Ann.MP3",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "See {}.", "({})", "at {}, and", '"{}"', "<{}>", "[Oslo] ({})"])
def test_an_address_is_one_word(address: str, frame: str) -> None:
    text = frame.format(address)
    spans = split_words(text)
    assert address in [text[a:b] for a, b in spans]
    place = [text[a:b] for a, b in spans].index(address)
    assert is_address(address)
    assert never_names(visible_text(text), spans) == {place}
    assert words_as_read(visible_text(text), spans)[place] == ADDRESS_READ_AS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Amazon.com's", "Amazon . com 's"),
        ("Note:Ann is:Bo 10:30 data: Ann", "Note : Ann is : Bo 10:30 data : Ann"),
        ("It fell.he/she left.Oslo/Rome", "It fell . he / she left . Oslo / Rome"),
        ("He left.It rained", "He left . It rained"),
        ("Dr.Lee,Mr.Roe/Mrs.Poe;Oslo-based", "Dr . Lee , Mr . Roe / Mrs . Poe ; Oslo - based"),
        ("and/or CDU/CSU 9/11 24/7", "and / or CDU / CSU 9 / 11 24 / 7"),
        ("/s/ Ann", "/ s / Ann"),
        ("said /ˈɒzloʊ/ once", "said / ˈɒzloʊ / once"),
        ("U.S.A. a.m.", "U.S.A. a.m."),
        ("Ann\\nLee", "Ann Lee"),  # a line end as JSON writes it
        ("Ann\\nlee", "Ann \\ nlee"),
    ],
)
def test_what_only_resembles_an_address(text: str, expected: str) -> None:
    spans = split_words(text)
    assert [text[a:b] for a, b in spans] == expected.split()
    assert not never_names(visible_text(text), spans)


def test_a_bare_site_is_one_name_or_none() -> None:
    text = "He bought Oslo.com, not news.Bergen.co.uk/a or He.It"
    assert sites(visible_text(text), split_words(text)) == [(2, 5)]
    document = Document("d", text, (Segment("s", 0, len(text)),))
    item = split_document(document)
    assert item.nameable(0, 2, 3) == item.nameable(0, 2, 5) == (2, 5)
    assert item.nameable(0, 0, 1) == (0, 1)
    assert not is_address("Amazon.com") and is_address("www.Amazon.com") and is_address("Amazon.com/x")


def test_a_handle_or_hashtag_is_one_word_behind_its_mark() -> None:
    text = "RT @AnnLee: in #NewOslo w/ .@Maria_Keller's #U2 #AIDA2014, C# #1 x@y @ Bo"
    spans = split_words(text)
    assert " ".join(text[a:b] for a, b in spans) == (
        "RT @ AnnLee : in # NewOslo w / . @ Maria_Keller 's # U2 # AIDA2014 , C # # 1 x @ y @ Bo"
    )
    read = words_as_read(visible_text(text), spans)
    assert read[1:3] == [",", "Ann Lee"]
    assert [read[k] for k in (5, 6, 10, 11, 14, 16)] == [",", "New Oslo", ",", "Maria Keller", "U2", "AIDA 2014"]
    assert read[18:] == ["C", "#", "#", "1", "x", "@", "y", "@", "Bo"]
    assert never_names(visible_text(text), spans) == {1, 5, 10, 13, 15}
