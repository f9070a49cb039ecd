"""Wikitext of our own: what is shown, where the anchors lie, what is left out, and what broken markup costs."""

from __future__ import annotations

import pickle
import re
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ousianer_cli.errors import SettingsError
from ousianer_cli.formats.mediawiki import read_pages
from ousianer_cli.formats.titles import normalise_title
from ousianer_cli.formats.wikitext import (
    MAX_CHARS,
    Article,
    WikitextError,
    parse_article,
)
from ousianer_cli.formats.wikitext import article as parser_module


def parse(text: str, title: str = "Mill town") -> Article:
    return parse_article(title, 7, text)


def shown(text: str) -> str:
    return parse(text).text


def links(text: str) -> list[tuple[str, str]]:
    article = parse(text)
    return [(article.text[a.start : a.end], a.target) for a in article.anchors]


def bolds(text: str) -> list[str]:
    article = parse(text)
    return [article.text[begin:end] for begin, end in article.bolds]


def test_a_small_article() -> None:
    article = parse(
        """{{Short description|A town}}
{{Infobox settlement
| name = Mill town
| leader = [[Someone]] {{small|(mayor)}}
}}
[[File:Mill.jpg|thumb|The [[mill]] in [[winter]]]]
'''Mill town''' (also '''Millton'''; {{IPAc-en|m|ɪ|l}}) is a [[town]] on the [[River Exe (stream)|Exe]].<ref>{{cite
web|title=x}}</ref> It has {{convert|1500|ha|acre}} of [[orchard]]s.
Its name is old.<!-- really? -->

== History ==
{{Main|History of Mill town}}
The first [[watermill|mill]] stood here in 1200.
{| class="wikitable"
|-
| [[cell]]
|}
* [[item]]
# other

[[Category:Towns]]
[[de:Mühlstadt]]
"""
    )
    assert article.text == (
        "Mill town (also Millton) is a town on the Exe. It has 1,500 ha of orchards. Its name is old.\n\n"
        "The first mill stood here in 1200."
    )
    assert [(article.text[a.start : a.end], a.target) for a in article.anchors] == [
        ("town", "Town"),
        ("Exe", "River Exe (stream)"),
        ("orchards", "Orchard"),
        ("mill", "Watermill"),
    ]
    assert [article.text[b:e] for b, e in article.bolds] == ["Mill town", "Millton"]
    assert article.left_out == {
        "templates": 3,
        "infoboxes": 1,
        "references": 1,
        "files": 1,
        "categories": 1,
        "language links": 1,
        "comments": 1,
        "headings": 1,
        "tables": 1,
        "list items": 2,
    }
    assert (article.title, article.page_id, article.kind) == ("Mill town", 7, "article")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[cat]]s sleep", [("cats", "Cat")]),
        ("[[cat]]S", [("cat", "Cat")]),
        ("[[Cat|dog]]gish", [("doggish", "Cat")]),
        ("[[cat]]<nowiki/>s", [("cat", "Cat")]),
        ("''[[cat]]''s", [("cat", "Cat")]),
        ("[[a]][[b]]c", [("a", "A"), ("bc", "B")]),
        ("[[Mill (town)|]]", [("Mill", "Mill (town)")]),
        ("[[Mill, Devon|]]", [("Mill", "Mill, Devon")]),
        ("a [[mill| mill ]] b", [("mill", "Mill")]),
        ("[[Mill|'''bold''' ''mill'']]", [("bold mill", "Mill")]),
        ("[[Mill_&amp;_co|x&nbsp;&ndash; y]]", [("x – y", "Mill & co")]),
        ("[[:Mill]]", [("Mill", "Mill")]),
        ("[[w:Mill|mill]] [[:en:Oak|oak]]", [("mill", "Mill"), ("oak", "Oak")]),
        ("[[2001: A Mill|film]]", [("film", "2001: A Mill")]),
        ("[[Mill|[mill]]]", [("[mill]", "Mill")]),
        ("[[[Mill]] in brackets]", [("Mill", "Mill")]),
        ("[[outer [[inner]] more", [("inner", "Inner")]),
        ("[[Mill|the http://mill.example site]]", [("the http://mill.example site", "Mill")]),
        ("{{lang|fr|[[moulin|le moulin]]}}", [("le moulin", "Moulin")]),
        ("{{ill|Mill|de|Mühle}} {{HMS|Mill|1801|6}}", [("Mill", "Mill"), ("HMS Mill", "HMS Mill (1801)")]),
    ],
)
def test_links(text: str, expected: list[tuple[str, str]]) -> None:
    assert links(text) == expected


def test_a_link_to_a_section_keeps_it() -> None:
    (anchor,) = parse("[[mill#Water_wheel|wheel]]").anchors
    assert (anchor.target, anchor.section) == ("Mill", "Water wheel")


@pytest.mark.parametrize(
    ("text", "left", "reason"),
    [
        ("the [[Category talk:Mills|mills]]", "the mills", "links to other namespaces"),
        ("the [[wikt:mill|mill]]", "the mill", "links to other namespaces"),
        ("the [[:Category:Mills|mills]]", "the mills", "links to other namespaces"),
        ("the [[:de:Mühle|mill]]", "the mill", "links to other namespaces"),
        ("see [[#Wheel|below]]", "see below", "links to a section of the page itself"),
        ("see [[Image:x.jpg|thumb|a [[b]] c]]this", "see this", "files"),
        ("a mill [http://mill.example]", "a mill", "external links without a label"),
        ("the [[|mill]]", "the mill", "links without text or target"),
        ("the <math>x^2</math>, a sum", "the, a sum", "math"),
        ("a<gallery>\nA.jpg|[[x]]\n</gallery>", "a", "galleries"),
        ("a\n<poem>roses\nare red</poem>", "a", "poems"),
        ("a\n<syntaxhighlight lang=c>x {{y</syntaxhighlight>", "a", "code"),
        ("a __NOTOC__", "a", "magic words"),
        ("a {{DEFAULTSORT:Town, Mill}}", "a", "magic words"),
        ("a\n x = 1", "a", "preformatted lines"),
        ("a\n| stray = 1", "a", "lines of a broken table or template"),
        ("a<ul><li>[[b]]</ul>", "a", "list items"),
        ("a<table><tr><td>[[b]]</table>", "a", "tables"),
        ("a\n<li>b", "a", "list items"),
    ],
)
def test_what_is_left_out_is_counted(text: str, left: str, reason: str) -> None:
    article = parse(text)
    assert article.text == left
    assert article.anchors == []
    assert article.left_out == {reason: 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{convert|5|km}}", "5 km"),
        ("{{cvt|5|-|7|km|mi}}", "5–7 km"),
        ("{{convert|5|to|12000|sqmi|km2}}", "5 to 12,000 sq mi"),
        ("{{lang-de|Mühle}} {{transl|ru|ISO|mel'nica}}", "Mühle mel'nica"),
        ("{{nowrap|a {{small|b}}}}", "a b"),
        ("Bach{{'}}s{{ndash}}x{{snd}}y{{nbsp}}z", "Bach's–x – y z"),
        ("{{As of|2010|12|3|lc=y}}", "as of 3 December 2010"),
        ("{{frac|1|2}} {{formatnum:12345.6}} {{circa|1900}}", "1/2 12,345.6 c. 1900"),
        ("{{nihongo|'''Mill'''|水車|suisha}}", "Mill (水車, suisha)"),
        ("{{chem|H|2|O}}", "H2O"),
        ("a {{quote|b}} c", "a\n\nb\n\nc"),
        ("&lt;tag&gt; &amp; &#91;[x]", "<tag> & [[x]"),
        ("a<br>b<br/><br />c", "a b\n\nc"),
        ("[http://mill.example the ''mill'']", "the mill"),
        ("see http://mill.example now", "see http://mill.example now"),
        ("<nowiki>[[not a link]] '''x''' {{y}}</nowiki>", "[[not a link]] '''x''' {{y}}"),
        ("a <span style='x'>b</span> <unknown>c", "a b <unknown>c"),
        ("x<sub>2</sub> <blockquote>said</blockquote> so", "x2\n\nsaid\n\nso"),
        ("a\nb\n\nc\n----\nd", "a b\n\nc\n\nd"),
        ("L'''amour'' and l''eau''", "L'amour and leau"),
        ("{{{name|Mill}}} x", "Mill x"),
        ("a  \u00a0 b\u00ad\u200bc", "a bc"),
        ("Born ({{x}}; 1900) and ({{x}}), late {{x}}.", "Born (1900) and, late."),
        ("a\n<!-- c -->\nb", "a b"),
        ("\ue000\ue001x", "\ufffd\ufffdx"),
        (" The mill by the river was rebuilt in stone by the monks of the abbey after the great flood.", None),
    ],
)
def test_running_text(text: str, expected: str | None) -> None:
    assert shown(text) == (text.strip() if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'''Mill''' and '''''Wheel''''' and ''x''", ["Mill", "Wheel"]),
        ("<b>Mill</b> x", ["Mill"]),
        ("'''[[Mill]]s''' x", ["Mills"]),
        ("'''Mill x", ["Mill x"]),
        ("{{hatnote|'''x'''}}\n\n'''Mill''' x\n\n'''Not''' this", ["Mill"]),
        ("x\n== H ==\n'''Mill'''", []),
        ("== H ==\n'''Mill''' x", []),
        ("''''Mill'''' x", ["Mill'"]),
    ],
)
def test_bold_in_the_first_paragraph(text: str, expected: list[str]) -> None:
    assert bolds(text) == expected


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        ("Mill", "a {{citation needed}} {{disambiguation needed|date=x}}", "article"),
        ("Mill", "a\n{{disambig}}", "disambiguation"),
        ("Mill", "a\n{{Place name disambiguation|geo}}", "disambiguation"),
        ("Mill (disambiguation)", "a", "disambiguation"),
        ("List of mills", "a", "list"),
        ("Miller", "a {{surname}}", "list"),
        ("Mil", "#REDIRECT [[Mill]]", "redirect"),
    ],
)
def test_kinds(title: str, text: str, kind: str) -> None:
    assert parse(text, title).kind == kind


@pytest.mark.parametrize(
    "broken",
    [
        "[[Mill",
        "[[File:Mill.jpg|thumb",
        "{{Infobox\n| a = b",
        "x {{nowrap|y",
        "{| class=x\n| a\n|-\n! b",
        "<ref>x",
        "<ref name='x>y",
        "<!-- x",
        "<nowiki>",
        "<math>x",
        "<table><tr><td>x",
        "<ul><li>x",
        "'''x",
        "}} |} ]] </ref> --> </div>",
        "[http://x y",
        "<div <span",
    ],
)
def test_markup_never_closed_costs_no_other_paragraph(broken: str) -> None:
    article = parse(f"Before [[one]].\n\n{broken}\n\n== H ==\nAfter [[two]] it.\n\n{{|\n|a\n|}}\nThe [[end]].")
    found = article.text.split("\n\n")
    assert found[0] == "Before one."
    assert found[-2:] == ["After two it.", "The end."]
    assert [a.target for a in article.anchors if a.target in ("One", "Two", "End")] == ["One", "Two", "End"]


@pytest.mark.parametrize(
    "unit", ["[[a|", "{{a|", "{{{a|", "<x ", "<ref>", "\n{|", "[http://a ", "[[File:a|", "'''", "<ul>", " ", "\n"]
)
def test_time_grows_with_the_length_only(unit: str) -> None:
    begin = time.process_time()
    start = "Start.\n\nx<br>({{x}}{{x}}. {{x| "
    article = parse(start + unit * (200_000 // len(unit)) + "\n\n== H ==\nEnd.")
    assert time.process_time() - begin < 5
    assert article.text.startswith("Start.")
    assert article.text.endswith("End.")


def test_a_line_that_begins_with_a_break_is_text() -> None:
    article = parse("Start.\n\n<br>[[a|b]] c.<br>d [[e|f<br>g]].")
    assert article.text == "Start.\n\nb c. d f g." and not article.left_out
    assert [(article.text[a.start : a.end], a.target) for a in article.anchors] == [("b", "A"), ("f g", "E")]


def test_paragraphs_without_a_word_are_counted() -> None:
    article = parse("Start.\n\n[[a|-]].\n\n{{x}}\n\nEnd.")
    assert article.text == "Start.\n\nEnd." and article.anchors == []
    assert article.left_out == {"paragraphs without a word": 1, "templates": 1}


def test_pages_and_paragraphs_above_the_limits() -> None:
    with pytest.raises(WikitextError) as caught:
        parse("[[a]] " * 1_700_000)
    assert caught.value.reason == f"10,200,000 code points of wikitext, above the limit of {MAX_CHARS:,}"
    article = parse("Start.\n\n" + "[[a]] " * 50_000 + "\n\nEnd.")
    assert article.text == "Start.\n\nEnd."
    assert article.left_out == {"paragraphs above the length limit": 1}


WORDS = st.text("abcXYZ éλ中😀0123456789", min_size=1, max_size=8)  # no mark: ---- would be a rule
# After a line break, text that begins with a blank would be a preformatted line, which is left out.
TEXT = st.tuples(st.just("text"), WORDS.filter(lambda words: not words.startswith(" ")), st.just(""))
LINK = st.tuples(st.just("link"), st.text("abé 中😀", min_size=1, max_size=6).filter(str.strip), WORDS)
NOISE = st.tuples(
    st.just("noise"),
    st.sampled_from(
        ["<ref>x [[r]]</ref>", "{{x|[[y]]}}", "<!-- c -->", "''", "&nbsp;", "\n\n", "\n", "<br>", "[[File:a|b [[c]]]]"]
    ),
    st.just(""),
)


@settings(deadline=None)
@given(st.lists(st.one_of(TEXT, LINK, NOISE), max_size=14))
def test_every_anchor_covers_what_its_link_shows(parts: list[tuple[str, str, str]]) -> None:
    """Built from pieces whose display is known; a full stop after each link keeps letters from joining it, and a word
    after that its paragraph from having none, which would be left out."""
    wikitext = "".join(
        f"[[{first}|{second}]]. x" if kind == "link" else first + ("." if kind == "text" else "")
        for kind, first, second in parts
    )
    expected = [
        (" ".join(second.split()), normalise_title(first))
        for kind, first, second in parts
        if kind == "link" and second.strip()
    ]
    article = parse("Start. " + wikitext)
    assert [(article.text[a.start : a.end], a.target) for a in article.anchors] == expected


MARKS = [" ", "\n"] + re.findall(
    r"\S+",
    """
    [[ ]] | [ ] {{ }} {| |} {{{ }}} ' '' ''' ''''' = == * : # < > </ <ref> </ref> <!-- --> <br> &amp; & ; a B File:
    Category: de: http://x.y nowiki <nowiki> </nowiki> <math> <ul> </ul> <table> </table> ( ) , . !
    """,
)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(MARKS), max_size=40))
def test_any_jumble_of_marks_keeps_the_offsets_right(marks: list[str]) -> None:
    article = parse("".join(marks))
    end = 0
    for anchor in article.anchors:
        text = article.text[anchor.start : anchor.end]
        assert text and text == text.strip() and "\n" not in text
        assert end <= anchor.start
        assert anchor.target == normalise_title(anchor.target) != ""
        end = anchor.end
    assert all(article.text[b:e] == article.text[b:e].strip() != "" for b, e in article.bolds)
    paragraphs = article.text.split("\n\n") if article.text else []
    assert all(p == " ".join(p.split()) != "" for p in paragraphs)


def test_an_article_can_be_handed_between_processes() -> None:
    article = parse("'''Mill''' [[town]]s")
    assert pickle.loads(pickle.dumps(article)) == article


def test_without_the_parser_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    parser_module._parse.cache_clear()
    monkeypatch.setitem(sys.modules, "mwparserfromhell", None)
    with pytest.raises(SettingsError, match=r"ousianer\[wikipedia\]"):
        parse("a [[link]]")


@pytest.mark.shared
def test_real_articles_leave_no_markup(shared_data: Path) -> None:
    path = shared_data / "wikipedia" / "enwiki-minidump.xml.bz2"
    articles = [
        parse_article(page.title, page.id, page.text)
        for page in read_pages(path)
        if page.namespace == 0 and page.redirect is None
    ]
    assert len(articles) == 24
    assert sum(len(article.anchors) for article in articles) > 4000
    assert all(article.bolds for article in articles if article.kind == "article" and "List" not in article.title)
    for article in articles:
        assert not any(mark in article.text for mark in ("[[", "]]", "{{", "}}", "'''", "<ref", "\ue000"))
        for anchor in article.anchors:
            assert article.text[anchor.start : anchor.end].strip()
