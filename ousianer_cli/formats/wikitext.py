"""Wikitext into clean running text, with the links as anchors on it.

What is no running text (templates, tables, references, lists, galleries …) is cut out first by linear scans that follow
MediaWiki's own order: comments and extension tags, templates from the inside out, links to files and categories, HTML,
then lines. What is left, one paragraph at a time, goes through mwparserfromhell. So a mark that is never closed costs a
line or a paragraph, never the rest of the page, and the time grows with the length of the page and not faster.

The rules are those of the English Wikipedia.
"""

from __future__ import annotations

import calendar
import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.formats.mediawiki import NAMESPACES, redirect_of_text
from ousianer_cli.formats.titles import INVISIBLE, title_and_section

MAX_CHARS = 4_000_000
"""Code points of wikitext above which a page is refused; MediaWiki itself allows 2 MiB."""
MAX_PARAGRAPH = 100_000
"""Code points of wikitext above which a paragraph is left out."""

TEMPLATES = "templates"
INFOBOXES = "infoboxes"
REFERENCES = "references"
TABLES = "tables"
LIST_ITEMS = "list items"
HEADINGS = "headings"
GALLERIES = "galleries"
FILES = "files"
CATEGORIES = "categories"
LANGUAGE_LINKS = "language links"
MATH = "math"
CODE = "code"
POEMS = "poems"
WIDGETS = "maps, scores and other widgets"
COMMENTS = "comments"
MAGIC_WORDS = "magic words"
EXTERNAL_LINKS = "external links without a label"
OTHER_NAMESPACES = "links to other namespaces"
SAME_PAGE = "links to a section of the page itself"
WITHOUT_TEXT = "links without text or target"
PREFORMATTED = "preformatted lines"
STRAY = "lines of a broken table or template"
UNCLOSED = "marks never closed"
OVERLONG = "paragraphs above the length limit"
WORDLESS = "paragraphs without a word"

Kind = Literal["article", "disambiguation", "list", "redirect"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class WikitextError(Exception):
    """A page that is not parsed at all; for the caller to count and to go on."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link to an article: `text[start:end]` is what the page shows for it."""

    start: int
    end: int
    """Code points of `Article.text`, end-exclusive."""
    target: str
    """The title it links to, as `normalise_title` gives it; redirects are not resolved."""
    section: str | None

    def __reduce__(self) -> tuple[type[Anchor], tuple[int, int, str, str | None]]:
        # What dataclasses pickle by themselves is several times slower, and there are millions of these.
        return Anchor, (self.start, self.end, self.target, self.section)


@dataclass(slots=True)
class Article:
    """The running text of a page; paragraphs are parted by a blank line, and there is no other newline."""

    title: str
    page_id: int
    text: str
    anchors: list[Anchor]
    """In order of text, none overlapping."""
    bolds: list[tuple[int, int]]
    """[start, end) of what is bold in the first paragraph, if that stands before any heading: the title's own names."""
    left_out: Counter[str] = field(default_factory=Counter)
    """What did not become text or anchors: reason -> count."""
    kind: Kind = "article"


def parse_article(title: str, page_id: int, wikitext: str) -> Article:
    """The running text and the anchors of a page.

    Args:
        title: the page's own title, as the dump has it.
        page_id: handed through.
        wikitext: the page's text, as the dump has it.
    Raises:
        WikitextError: a page above `MAX_CHARS`, or one that mwparserfromhell cannot take. SettingsError:
            mwparserfromhell is not installed.
    """
    if len(wikitext) > MAX_CHARS:
        raise WikitextError(f"{len(wikitext):,} code points of wikitext, above the limit of {MAX_CHARS:,}")
    page = _Page(title)
    if redirect_of_text(wikitext) is not None:
        return Article(title, page_id, "", [], [], page.left_out, "redirect")
    text = wikitext.translate(_MARKS_TAKEN) if _MARKS.search(wikitext) else wikitext
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _cut_extensions(text, page)
    text = _cut_templates(text, page)
    text = _cut_links(text, page)
    text = _cut_html(text, page)
    text = _MAGIC_WORD.sub(lambda _: page.drop(MAGIC_WORDS), text)
    for paragraph, in_lead in _paragraphs(text, page):
        _add_paragraph(paragraph, in_lead, page)
    return Article(title, page_id, "".join(page.pieces), page.anchors, page.bolds, page.left_out, page.kind())


# Marks of our own, from the private use area; a page's own are replaced before anything else.
_HOLE, _BOLD, _ITALIC, _BREAK = "\ue000", "\ue001", "\ue002", "\ue003"
# A paragraph's end; the hole keeps a blank after it from making the next line preformatted.
_PARAGRAPH = f"\n\n{_HOLE}"
_MARKS = re.compile(f"[{_HOLE}-{_BREAK}\0]")
_MARKS_TAKEN = {ord(mark): "\ufffd" for mark in (_HOLE, _BOLD, _ITALIC, _BREAK, "\0")}
_INVISIBLE = {ord(char): None for char in (_HOLE, _BOLD, _ITALIC, _BREAK, *INVISIBLE)}
_INVISIBLE_MARKS = re.compile(f"[{''.join(map(chr, _INVISIBLE))}]")


@dataclass(slots=True)
class _Page:
    """The page at work."""

    title: str
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    anchors: list[Anchor] = field(default_factory=list)
    bolds: list[tuple[int, int]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    disambiguates: bool = False
    lists: bool = False

    def drop(self, reason: str, instead: str = "") -> str:
        self.left_out[reason] += 1
        return instead

    def kind(self) -> Kind:
        if self.disambiguates or self.title.endswith("(disambiguation)"):
            return "disambiguation"
        return "list" if self.lists or list_title(self.title) else "article"


def list_title(title: str) -> bool:
    """Whether a title is by its first words that of a list."""
    return _LIST_TITLE.match(title) is not None


_LIST_TITLE = re.compile(r"(?:Lists? of|Index of|Outline of|Glossary of|Timeline of|Table of) ")


# Comments and extension tags ------------------------------------------------------------------------------------------

_EXTENSIONS = {
    "ref": REFERENCES,
    "references": REFERENCES,
    "gallery": GALLERIES,
    "math": MATH,
    "chem": MATH,
    "ce": MATH,
    "source": CODE,
    "syntaxhighlight": CODE,
    "pre": CODE,
    "poem": POEMS,
    "timeline": WIDGETS,
    "score": WIDGETS,
    "imagemap": WIDGETS,
    "hiero": WIDGETS,
    "graph": WIDGETS,
    "mapframe": WIDGETS,
    "maplink": WIDGETS,
    "inputbox": WIDGETS,
    "templatedata": WIDGETS,
    "templatestyles": WIDGETS,
    "indicator": WIDGETS,
    "categorytree": WIDGETS,
    "charinsert": WIDGETS,
    "includeonly": TEMPLATES,
    "style": CODE,
    "script": CODE,
    "nowiki": "",
}
_EXTENSION = re.compile(
    rf"""<!--|<({"|".join(_EXTENSIONS)})(?![\w-])(?:[^<>"']|"[^"<>\n]*"|'[^'<>\n]*'|["'])*+>""", re.IGNORECASE
)
_LITERAL = {ord(char): f"&#{ord(char)};" for char in "[]{}|'<>*#:;=!_~-"} | {ord("\n"): " "}


def _cut_extensions(text: str, page: _Page) -> str:
    if "<" not in text:
        return text
    out: list[str] = []
    at = 0
    none_after: dict[str, int] = {}  # tag -> from here on it has no end; asked once, or many unclosed would be slow

    def find(what: str, start: int, pattern: re.Pattern[str]) -> re.Match[str] | None:
        if start >= none_after.get(what, len(text) + 1):
            return None
        found = pattern.search(text, start)
        if found is None:
            none_after[what] = start
        return found

    while opening := _EXTENSION.search(text, at):
        begin = opening.start()
        out.append(text[at:begin])
        at = opening.end()
        if opening[1] is None:
            end = find("-->", at, _COMMENT_END)
            if end is None:
                at = _line_end(text, at)
                page.drop(UNCLOSED)
            else:
                at = end.end()
            page.drop(COMMENTS)
            # A line that holds nothing but comments is no line: it parts no paragraphs.
            before = out[-1].rsplit("\n", 1)
            if text[at : at + 1] == "\n" and len(before) == 2 and not before[1].strip(" \t") and begin:
                out[-1] = before[0] + "\n"
                at += 1
            elif len(before) == 2 and not before[1] or not begin:
                out.append(_HOLE)
            continue
        tag = opening[1].lower()
        if opening[0].endswith("/>"):
            out.append(_BREAK if tag == "nowiki" else page.drop(_EXTENSIONS[tag], _HOLE))
            continue
        closing = find(tag, at, _closing(tag))
        again = find(f"<{tag}", at, _opening(tag)) if closing is not None and tag == "ref" else None
        if closing is None or (again is not None and again.start() < closing.start()):
            page.drop(UNCLOSED)
            if tag == "nowiki" or tag == "references":
                continue
            page.drop(_EXTENSIONS[tag])
            at = _line_end(text, at)
            continue
        if tag == "nowiki":
            out.append(_BREAK + text[at : closing.start()].translate(_LITERAL) + _BREAK)
        else:
            block = tag not in ("ref", "math", "chem", "ce")
            out.append(page.drop(_EXTENSIONS[tag], _PARAGRAPH if block else _HOLE))
        at = closing.end()
    out.append(text[at:])
    return "".join(out)


_COMMENT_END = re.compile("-->")


@lru_cache(maxsize=64)
def _closing(tag: str) -> re.Pattern[str]:
    return re.compile(rf"</{tag}\s*>", re.IGNORECASE)


@lru_cache(maxsize=64)
def _opening(tag: str) -> re.Pattern[str]:
    return re.compile(rf"<{tag}(?:\s[^<>]*)?(?<!/)>", re.IGNORECASE)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


# Templates ------------------------------------------------------------------------------------------------------------

_BRACES = re.compile(r"\{\{+|\}\}+")
_MAX_DEPTH = 40
_INFOBOX = re.compile(
    r"infobox|taxobox|geobox|speciesbox|subspeciesbox|automatic taxobox|chembox|drugbox|starbox|.* infobox\Z|planetbox"
)
_REFERENCE = re.compile(
    r"cite |citation|sfn|harv|efn|refn|notetag|reflist|refbegin|refend|notelist|r\Z|rp\Z|ref\Z|#tag:ref|"
    r"vcite|webarchive|dead link|cn\Z|fact\Z|full citation|page needed"
)
_MAGIC = re.compile(r"(?:defaultsort|displaytitle|default_sort|defaultsortkey|defaultcategorysort):")
_DISAMBIGUATION = re.compile(
    r"(?:.* )?(?:disambiguation|disambig|disamb|dab|hndis|geodis|hndab|geodab|mathdab|roaddis|schooldis|"
    r"airport disambig|hospital disambig|callsigndis|numberdis|letter-number combination disambiguation|"
    r"chinese title disambiguation|species latin name disambiguation|human name disambiguation)\Z"
)
_SET_INDEX = re.compile(
    r"(?:sia|set index article|set index|surname|given name|shipindex|ship index|mountainindex|sport index|"
    r"storm index|.* set index|name list|names)\Z"
)
# `{{disambiguation needed}}` and its like stand inside articles.
_DASH = {"-": "–", "to(-)": "to", "to about": "to about", "x": "×", "*": "×", "by": "by", "+/-": "±", "–": "–"}
_RANGE = {"-", "–", "to", "and", "or", "x", "by", "*", "+/-", "±", "to(-)", "to about", "&ndash;", ","}
_UNITS = {
    "sqmi": "sq mi",
    "sqkm": "km²",
    "km2": "km²",
    "m2": "m²",
    "m3": "m³",
    "km3": "km³",
    "sqft": "sq ft",
    "cuft": "cu ft",
    "cuin": "cu in",
    "C": "°C",
    "F": "°F",
    "C-change": "°C",
    "F-change": "°F",
    "nmi": "nautical miles",
    "kph": "km/h",
}
_MONTHS = tuple(calendar.month_name)[1:]


@dataclass(slots=True)
class _Open:
    count: int
    start: int
    pieces: list[str]


def _cut_templates(text: str, page: _Page) -> str:
    if "{{" not in text:
        return text
    outer: list[str] = []
    stack: list[_Open] = []
    pieces = outer
    at = 0
    for run in _BRACES.finditer(text):
        begin = run.start()
        if begin > at:
            pieces.append(text[at:begin])
        at = run.end()
        left = at - begin
        if text[begin] == "{":
            stack.append(_Open(left, begin, []))
            pieces = stack[-1].pieces
            continue
        while left >= 2 and stack:
            top = stack[-1]
            take = 3 if left >= 3 and top.count >= 3 else 2
            content = "".join(top.pieces) if len(stack) <= _MAX_DEPTH else ""
            shown = content.partition("|")[2] if take == 3 else _template(content, page)
            top.count -= take
            left -= take
            if top.count >= 2:
                top.pieces = pieces = [shown]
            else:
                stack.pop()
                pieces = stack[-1].pieces if stack else outer
                if top.count:
                    pieces.append("{")
                pieces.append(shown)
        if left:
            pieces.append("}" * left)
    pieces.append(text[at:])
    for unclosed in stack:
        page.drop(UNCLOSED)
        content = "".join(unclosed.pieces)
        if unclosed.start == 0 or text[unclosed.start - 1] == "\n":
            # Its first line is its name; the lines of its parameters begin with a bar.
            content = content[_line_end(content, 0) :]
        outer.append(content)
    return "".join(outer)


def _template(content: str, page: _Page) -> str:
    """What a template shows in running text; a hole for most."""
    head, _, rest = content.partition("|")
    name = " ".join(head.translate(_INVISIBLE).replace("_", " ").split()).lower().removeprefix("template:")
    colon = name.find(":")
    if colon > 0:
        function, argument = name[:colon], head.partition(":")[2].strip()
        if function in _FUNCTIONS:
            return _FUNCTIONS[function](argument)
        if _MAGIC.match(name):
            return page.drop(MAGIC_WORDS)
    if len(name) > _MAX_TITLE:
        return page.drop(TEMPLATES, _HOLE)
    show = _SHOWN.get(name)
    if show is None and name.startswith("lang-"):
        show = _first
    if show is not None:
        return show(_parameters(rest)) if rest else show(_Parameters([], {}))
    if _INFOBOX.match(name):
        return page.drop(INFOBOXES, _HOLE)
    if _REFERENCE.match(name):
        return page.drop(REFERENCES, _HOLE)
    if _DISAMBIGUATION.match(name) and not name.startswith("r "):
        page.disambiguates = True
    elif _SET_INDEX.match(name):
        page.lists = True
    return page.drop(TEMPLATES, _HOLE)


@dataclass(slots=True)
class _Parameters:
    positional: list[str]
    named: dict[str, str]

    def get(self, number: int) -> str:
        """A positional parameter, from 1; empty if there is none."""
        named = self.named.get(str(number))
        if named is not None:
            return named
        return self.positional[number - 1] if len(self.positional) >= number else ""


_PARAMETER_NAME = re.compile(r"\s*+([\w-][\w -]{0,39}?)\s*+=(?!=)")
_BAR = re.compile(r"\[\[[^\[\]\n]*+\]\]|\|")


def _parameters(rest: str) -> _Parameters:
    if "[[" in rest:
        cuts = [bar.start() for bar in _BAR.finditer(rest) if bar[0] == "|"]
        parts = [rest[a + 1 : b] for a, b in zip([-1, *cuts], [*cuts, len(rest)], strict=True)]
    else:
        parts = rest.split("|")
    found = _Parameters([], {})
    for part in parts:
        name = _PARAMETER_NAME.match(part)
        if name is None:
            found.positional.append(part.strip())
        else:
            found.named[name[1].lower()] = part[name.end() :].strip()
    return found


_Show = Callable[[_Parameters], str]


def _first(p: _Parameters) -> str:
    return p.get(1)


def _second(p: _Parameters) -> str:
    return p.get(2)


def _last(p: _Parameters) -> str:
    return p.positional[-1] if p.positional else p.get(1)


def _joined(p: _Parameters) -> str:
    return " ".join(part for part in p.positional if part)


def _together(p: _Parameters) -> str:
    return "".join(p.positional)


def _constant(text: str) -> _Show:
    return lambda p: text


def _prefixed(prefix: str) -> _Show:
    return lambda p: prefix + p.get(1)


def _quote(p: _Parameters) -> str:
    return f"{_PARAGRAPH}{p.named.get('text') or p.named.get('quote') or p.get(1)}{_PARAGRAPH}"


def _convert(p: _Parameters) -> str:
    numbers: list[str] = []
    parts = iter(p.positional)
    for part in parts:
        if part in _RANGE:
            numbers.append(_DASH.get(part, part))
        elif part[:1].isdigit() or part[:2].lstrip("-−+.")[:1].isdigit():
            numbers.append(_number(part))
        else:
            unit = _UNITS.get(part, part)
            return " ".join([*numbers, unit]).replace(" – ", "–") if numbers else _HOLE
    return " ".join(numbers) or _HOLE


def _as_of(p: _Parameters) -> str:
    if "alt" in p.named:
        return p.named["alt"]
    year, month, day = p.get(1), p.get(2), p.get(3)
    if month.isdigit() and 1 <= int(month) <= 12:
        month = _MONTHS[int(month) - 1]
    word = "since" if p.named.get("since") else "as of"
    word = word if p.named.get("lc") else word.capitalize()
    return " ".join(part for part in (word, day, month, year) if part)


def _fraction(p: _Parameters) -> str:
    parts = [part for part in p.positional if part]
    if len(parts) == 3:
        return f"{parts[0]} {parts[1]}/{parts[2]}"
    return f"1/{parts[0]}" if len(parts) == 1 else "/".join(parts)


def _nihongo(p: _Parameters) -> str:
    inner = ", ".join(part for part in (p.get(2), p.get(3)) if part)
    shown = p.get(1) or p.get(3) or p.get(2)
    return f"{shown} ({inner})" if inner and p.get(1) else shown


def _link(target: str, label: str) -> str:
    target = target.strip()
    if not target or "[" in target or "|" in target:
        return label or target
    return f"[[{target}|{label or target}]]"


def _interlanguage(p: _Parameters) -> str:
    return _link(p.get(1), p.named.get("lt") or p.get(1))


def _linked(p: _Parameters) -> str:
    return _link(p.get(1), p.named.get("name") or p.get(1)) if p.get(1) else _HOLE


def _ship(prefix: str) -> _Show:
    def show(p: _Parameters) -> str:
        name, number = f"{prefix} {p.get(1)}", p.get(2)
        return _link(f"{name} ({number})" if number else name, name)

    return show


def _any_ship(p: _Parameters) -> str:
    name, number = f"{p.get(1)} {p.get(2)}".strip(), p.get(3)
    return _link(f"{name} ({number})" if number else name, name)


def _ship_class(p: _Parameters) -> str:
    name = f"{p.get(1)}-class {p.get(2)}".strip()
    return _link(name, name)


def _number(text: str) -> str:
    digits = text.partition("|")[0].strip()
    whole, point, rest = digits.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole.isdigit() and len(whole) < 40 else digits


_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "formatnum": _number,
    "lc": str.lower,
    "uc": str.upper,
    "lcfirst": lambda text: text[:1].lower() + text[1:],
    "ucfirst": lambda text: text[:1].upper() + text[1:],
}


def _shown() -> dict[str, _Show]:
    table: dict[str, _Show] = {}

    def add(names: str, show: _Show) -> None:
        table.update(dict.fromkeys((name.strip() for name in names.split(",")), show))

    add("nowrap, nobr, nobreak, j, nobold, noitalic, small, smaller, big, larger, abbr, tooltip, vanchor", _first)
    add("visible anchor, mvar, em, strong, keypress, key, key press, kbd, code, tt, var, samp, mono, uline", _first)
    add("underline, sc, smallcaps, small caps, sc1, sc2, not a typo, notatypo, proper name, unicode, script", _first)
    add("polytonic, nihongo2, strikethrough, normal, no wrap, midsize, sup, sub, math, ordinal, dfn, title", _first)
    add("nts, number, noitalics, italics correction, okina text, gloss, lit, 'gloss', nowraplinks, allcaps", _first)
    add("lang, langx, font color, color, fontcolor, resize, script/hebrew, rtl-lang, circled", _second)
    add("transl, transliteration, tlit", _last)
    add("linktext, sic, hlist inline, linkedtext", _joined)
    add("chem, chem2, gaps, val, angbr text, simplenuclide", _together)
    add("quote, blockquote, bquote, cquote, quotation, rquote, pull quote, centered pull quote, block quote", _quote)
    add("convert, cvt", _convert)
    add("as of, asof", _as_of)
    add("frac, fraction, sfrac, fract", _fraction)
    add("nihongo, nihongo3, nihongo krt", _nihongo)
    add("ill, interlanguage link, link-interwiki, illm, interlanguage link multi, red link, illl", _interlanguage)
    add("flag, flagu, flagcountry, flaglink, flag+link, flagg", _linked)
    add("ship", _any_ship)
    add("sclass, sclass2, sclass-", _ship_class)
    for prefix in "USS HMS HMAS HMCS HMNZS INS USCGC USNS RMS SMS SS MS MV USAT ORP ARA HNLMS HDMS".split():  # noqa: SIM905
        add(prefix.lower(), _ship(prefix))
    for name, text in {
        "'": "'",
        "'s": "'s",
        "'-": "'",
        "`": "'",
        "ndash": "–",
        "en dash": "–",
        "mdash": "—",
        "em dash": "—",
        "snd": " – ",
        "spnd": " – ",
        "spaced ndash": " – ",
        "spaced en dash": " – ",
        "spnd space": " – ",
        "–": " – ",
        "spaced mdash": " — ",
        "—": "—",
        "nbsp": " ",
        "space": " ",
        "spaces": " ",
        "sp": " ",
        "nnbsp": " ",
        "thin space": " ",
        "thinsp": " ",
        "hair space": " ",
        "zwj": "",
        "zwsp": "",
        "shy": "",
        "wbr": "",
        "0": "",
        "pipe": "&#124;",
        "!": "&#124;",
        "=": "=",
        "·": " · ",
        "dot": " · ",
        "•": " • ",
        "bull": " • ",
        "\\": " / ",
        "pi": "π",
        "minus": "−",
        "times": "×",
        "degree": "°",
        "deg": "°",
        "okina": "ʻ",
        "hamza": "ʾ",
        "ayin": "ʿ",
        "prime": "′",
        "euro": "€",
        "(": "&#123;",
        ")": "&#125;",
        "((": "&#123;&#123;",
        "))": "&#125;&#125;",
        "-": " ",
    }.items():
        table[name] = _constant(text)
    for name, prefix in {
        "us$": "US$",
        "usd": "US$",
        "gbp": "£",
        "£": "£",
        "eur": "€",
        "€": "€",
        "a$": "A$",
        "aud": "A$",
        "c$": "C$",
        "cad": "C$",
        "inr": "₹",
        "jpy": "¥",
        "¥": "¥",
        "circa": "c. ",
        "c.": "c. ",
        "ca.": "c. ",
        "floruit": "fl. ",
        "fl.": "fl. ",
        "reign": "r. ",
        "r.": "r. ",
    }.items():
        table[name] = _prefixed(prefix)
    table["angbr"] = table["angle bracket"] = lambda p: f"⟨{p.get(1)}⟩"
    table["'\""] = table["' \""] = _constant("'\"")
    return table


_SHOWN = _shown()
"""Templates whose content is running text: name, lower-case -> what they show."""


# Links to files, categories and other languages -----------------------------------------------------------------------

_LANGUAGES = _words(
    """
    aa ab ace ady af ak als alt am ami an ang ann anp ar arc ary arz as ast atj av avk awa ay az azb ba ban bar
    bat-smg bbc bcl bdr be be-tarask be-x-old bew bg bh bi bjn blk bm bn bo bpy br bs btm bug bxr ca cbk-zam cdo ce
    ceb ch cho chr chy ckb co cr crh cs csb cu cv cy da dag de dga din diq dsb dtp dty dv dz ee el eml eo es et eu ext
    fa fat ff fi fiu-vro fj fo fon fr frp frr fur fy ga gag gan gcr gd gl glk gn gom gor got gpe gsw gu guc gur guw gv
    ha hak haw he hi hif ho hr hsb ht hu hy hyw hz ia iba id ie ig igl ii ik ilo inh io is it iu ja jam jbo jv ka kaa
    kab kbd kbp kcg kg kge ki kj kk kl km kn knc ko koi kr krc ks ksh ku kus kv kw ky la lad lb lbe lez lfn lg li lij
    lld lmo ln lo lrc lt ltg lv lzh mad mai map-bms mdf mg mh mhr mi min mk ml mn mni mnw mo mos mr mrj ms mt mus mwl my
    myv mzn na nah nan nap nb nds nds-nl ne new ng nia nl nn no nov nqo nr nrm nso nup nv ny oc olo om or os pa pag pam
    pap pcd pcm pdc pfl pi pih pl pms pnb pnt ps pt pwn qu rm rmy rn ro roa-rup roa-tara rsk ru rue rup rw sa sah sat sc
    scn sco sd se sg sgs sh shi shn si simple sk skr sl sm smn sn so sq sr srn ss st stq su sv sw syl szl szy ta tay tcy
    tdd te tet tg th ti tig tk tl tly tn to tpi tr trv ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls vo vro wa
    war wo wuu xal xh xmf yi yo yue za zea zgh zh zh-classical zh-min-nan zh-yue zu
    """
)
_PROJECTS = _words(
    """
    wikt wiktionary s wikisource commons c q wikiquote b wikibooks n wikinews v wikiversity voy wikivoyage species
    wikispecies meta m mw d wikidata f foundation wikimedia wmf incubator phab phabricator mail mailarchive bugzilla
    doi pmid hdl iarchive google imdbname imdbtitle wikia wikicities wikipediawikipedia testwiki toollabs toolforge
    sourceforge rfc issn tools outreach strategy nost otrs ticket gerrit uncyclopedia memoryalpha memory-alpha metawiki
    """
)
_PREFIX = re.compile(r"\s*(:?)\s*(\w[\w -]{0,24}?)[\s_]*:")
_LINK_MARKS = re.compile(r"\[\[+|\]\]+")
# Other Wikipedias' names for the same, where no English title begins so.
_FILE_LIKE = _words("file image media datei fichier archivo bestand ficheiro plik tiedosto файл ファイル 파일")
_CATEGORY_LIKE = _words("category kategorie catégorie categoría kategoria categorie категория")
# A caption is not longer; what looks so is one link that never ends and another's end.
_MAX_FILE_LINK = 20_000


def _dropped_link(text: str, start: int) -> str | None:
    """Why a link that begins (after its brackets) at `start` shows nothing in the text, or None."""
    prefix = _PREFIX.match(text, start, start + 60)
    if prefix is None or prefix[1]:
        return None
    name = " ".join(prefix[2].replace("_", " ").split()).lower()
    if name in _FILE_LIKE:
        return FILES
    if name in _CATEGORY_LIKE:
        return CATEGORIES
    return LANGUAGE_LINKS if name in _LANGUAGES else None


def _cut_links(text: str, page: _Page) -> str:
    if "[[" not in text:
        return text
    stack: list[int] = []
    cuts: list[tuple[int, int, str]] = []

    def cut(begin: int, end: int, reason: str) -> None:
        while cuts and cuts[-1][0] >= begin:
            cuts.pop()
        cuts.append((begin, end, reason))

    unclosed: list[tuple[int, int, str]] = []
    for run in _LINK_MARKS.finditer(text):
        begin, end = run.span()
        if text[begin] == "[":
            stack.extend(range(begin + (end - begin) % 2, end, 2))
            continue
        for close in range(begin + (end - begin) % 2 + 2, end + 1, 2):
            if not stack:
                break
            start = stack.pop()
            reason = _dropped_link(text, start + 2)
            if reason is None:
                continue
            if close - start <= _MAX_FILE_LINK:
                cut(start, close, reason)
            else:
                unclosed.append((start, -1, reason))
    for start in stack:
        reason = _dropped_link(text, start + 2)
        if reason is not None:
            unclosed.append((start, -1, reason))
    out: list[str] = []
    at = 0
    for begin, end, reason in sorted([*cuts, *unclosed]) if unclosed else cuts:
        if begin < at:
            continue
        if end < 0:
            page.drop(UNCLOSED)
        out.append(text[at:begin])
        page.drop(reason)
        at = end if end >= 0 else _line_end(text, begin)
    out.append(text[at:])
    return "".join(out)


# HTML -----------------------------------------------------------------------------------------------------------------

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?![\w-])[^<>]*>")
_BLOCKS = _words("p div blockquote center hr dd dt section h1 h2 h3 h4 h5 h6 form fieldset caption")
_INLINE = _words(
    """
    span small big sub sup u s strike del ins cite var abbr font code tt kbd samp q bdi bdo mark data time wbr ruby rb
    rp rt noinclude onlyinclude dfn a section translate tvar rtc nobr
    """
)
_CUT_HTML = {"ul": LIST_ITEMS, "ol": LIST_ITEMS, "dl": LIST_ITEMS, "table": TABLES}
_BREAKS = re.compile(r"<br[^<>]*>(?:\s*+<br[^<>]*>)++", re.IGNORECASE)


def _cut_html(text: str, page: _Page) -> str:
    if "<" not in text:
        return text
    if "<br" in text or "<BR" in text:
        text = _BREAKS.sub(_PARAGRAPH, text)
    tags = list(_TAG.finditer(text))
    if not tags:
        return text
    ends = _matching_ends(tags)
    out: list[str] = []
    at = 0
    for number, tag in enumerate(tags):
        begin = tag.start()
        if begin < at:
            continue
        name = tag[2].lower()
        instead = ""
        end = tag.end()
        if name in _CUT_HTML:
            if number in ends:
                end = tags[ends[number]].end()
            page.drop(_CUT_HTML[name] if number in ends else UNCLOSED)
            instead = _PARAGRAPH
        elif name == "br":
            instead = f"{_BREAK} "  # the mark keeps a line that begins so from being preformatted
        elif name in ("b", "strong"):
            instead = _BOLD
        elif name in ("i", "em"):
            instead = _ITALIC
        elif name == "li":
            instead = "" if tag[1] else "\n* "
        elif name in _BLOCKS:
            instead = _PARAGRAPH
        elif name not in _INLINE and name not in _EXTENSIONS:
            continue
        out.append(text[at:begin])
        out.append(instead)
        at = end
    out.append(text[at:])
    return "".join(out)


def _matching_ends(tags: list[re.Match[str]]) -> dict[int, int]:
    """The number of each opening list or table tag -> the number of its end."""
    stack: list[int] = []
    ends: dict[int, int] = {}
    for number, tag in enumerate(tags):
        name = tag[2].lower()
        if name not in _CUT_HTML or tag[0].endswith("/>"):
            continue
        if not tag[1]:
            stack.append(number)
        elif stack and tags[stack[-1]][2].lower() == name:
            ends[stack.pop()] = number
    return ends


# Lines ----------------------------------------------------------------------------------------------------------------

_MAGIC_WORD = re.compile(
    r"__(?:NOTOC|FORCETOC|TOC|NOEDITSECTION|NEWSECTIONLINK|NONEWSECTIONLINK|NOGALLERY|HIDDENCAT|EXPECTUNUSEDCATEGORY|"
    r"NOCONTENTCONVERT|NOCC|NOTITLECONVERT|NOTC|INDEX|NOINDEX|STATICREDIRECT|DISAMBIG|EXPECTED_UNCONNECTED_PAGE)__"
)
_HEADING = re.compile(r"=.*=\s*\Z")
# A blank before a line makes MediaWiki show it as code; before a long whole sentence it is an oversight.
_INDENTED_PROSE = re.compile(r"\s{1,2}[^\Wa-z\d_].{60,}[.!?][\"”’)\]]*\s*\Z|\s{1,2}\[\[.{60,}[.!?][\"”’)\]]*\s*\Z")
_TABLE_START = re.compile(r"[\s:\ue000]*\{\|")
_TABLE_END = re.compile(r"\s*\|\}(.*)", re.DOTALL)
_MARKUP_END = re.compile(r"[\s\ue000]*[|!]")


def _paragraphs(text: str, page: _Page) -> Iterator[tuple[str, bool]]:
    """The wikitext of each paragraph of running text, its lines joined by blanks, and whether it stands in the lead."""
    lines = text.split("\n")
    if "{|" in text:
        lines = _cut_tables(lines, page)
    in_lead = True
    paragraph: list[str] = []
    for line in lines:
        bare = line.replace(_HOLE, "") if _HOLE in line else line
        first = bare[:1]
        running = False
        if first == "=" and _HEADING.match(bare):
            page.drop(HEADINGS)
            heading = True
        else:
            heading = False
            if first in "*#:;" and first:
                page.drop(LIST_ITEMS)
            elif line[:1] in " \t" and bare.strip() and not _INDENTED_PROSE.match(bare):
                page.drop(PREFORMATTED)
            elif first in "|!" and first:
                page.drop(STRAY)
            elif bare.startswith("----"):
                pass
            else:
                running = bool(bare.strip())
        if running:
            paragraph.append(_quotes(line) if "''" in line else line)
            continue
        if paragraph:
            yield " ".join(paragraph), in_lead
            paragraph = []
        in_lead = in_lead and not heading
    if paragraph:
        yield " ".join(paragraph), in_lead


def _cut_tables(lines: list[str], page: _Page) -> list[str]:
    starts: list[int] = []
    spans: dict[int, tuple[int, str]] = {}
    for number, line in enumerate(lines):
        if "|" not in line:
            continue
        if _TABLE_START.match(line):
            starts.append(number)
        elif starts and (end := _TABLE_END.match(line)):
            spans[starts.pop()] = (number, end[1])
    unclosed = set(starts)
    out: list[str] = []
    number = 0
    while number < len(lines):
        if number in spans:
            page.drop(TABLES)
            end_line, rest = spans[number]
            out += ["", rest] if rest.strip() else [""]
            number = end_line + 1
            continue
        if number in unclosed:
            page.drop(UNCLOSED)
            out.append("")
        else:
            out.append(lines[number])
        number += 1
    return out


_QUOTES = re.compile(r"('{2,})")


def _quotes(line: str) -> str:
    """Bold and italics of a line as marks of our own, by MediaWiki's rules for apostrophes; closed at its end."""
    parts = _QUOTES.split(line)
    for i in range(1, len(parts), 2):
        length = len(parts[i])
        if length == 4 or length > 5:
            keep = 3 if length == 4 else 5
            parts[i - 1] += "'" * (length - keep)
            parts[i] = "'" * keep
    runs = range(1, len(parts), 2)
    bolds = sum(len(parts[i]) in (3, 5) for i in runs)
    italics = sum(len(parts[i]) in (2, 5) for i in runs)
    if bolds % 2 and italics % 2:
        thick = [i for i in runs if len(parts[i]) == 3]
        if thick:
            i = min(thick, key=lambda i: (_apostrophe_rank(parts[i - 1]), i))
            parts[i - 1] += "'"
            parts[i] = "''"
            bolds, italics = bolds - 1, italics + 1
    for i in runs:
        parts[i] = (_BOLD if len(parts[i]) != 2 else "") + (_ITALIC if len(parts[i]) != 3 else "")
    if bolds % 2:
        parts.append(_BOLD)
    return "".join(parts)


def _apostrophe_rank(before: str) -> int:
    """How likely an apostrophe follows: after a word of one letter first, then after another word, then a blank."""
    if before[-1:] == " " or not before:
        return 2
    return 0 if len(before) == 1 or before[-2:-1] == " " else 1


# Paragraphs -----------------------------------------------------------------------------------------------------------

# What a hole leaves behind: empty brackets, a comma or a semicolon beside a bracket, a blank before a stop.
_HOLE_IN_BRACKETS = re.compile(r"\(\s*(?:\ue000[\s,;:]*)+\)")
_HOLE_AFTER_BRACKET = re.compile(r"\((?:[\s,;:]*\ue000)+[\s,;:]*")
_HOLE_BEFORE_BRACKET = re.compile(r"(?<!\s)\s*+(?:[,;:]\s*+)?\ue000+[\s,;:]*+\)")
_HOLE_BEFORE_STOP = re.compile(r"(?<!\s)\s*+\ue000++(?=[,.;])")
_HOLE_THEN_BRACKET = re.compile(r"\ue000[\s,;:]*\)")
_HOLE_THEN_STOP = re.compile(r"\ue000[,.;]")
_SCHEMES = r"\[(?:https?:|ftps?:|//|mailto:|irc:|news:)"
_LINKISH = re.compile(rf"\[\[[^\[\]]*+(?:\[[^\[\]]*+\][^\[\]]*+)*+\]\]|{_SCHEMES}[^\[\]]*+\]|[\[\]]", re.IGNORECASE)
_EXTERNAL = re.compile(_SCHEMES, re.IGNORECASE)
_BRACKETS = str.maketrans({"[": "&#91;", "]": "&#93;"})
_WORD = re.compile(r"\w")
LINK_TRAIL = re.compile(r"[a-z]+")
"""Letters right after a link that a page shows as part of it."""
_PIPE_TRICK = re.compile(r"(?:[^:]*:)?(.*?)(?:\s*\([^()]*\)|,.*)?\s*\Z", re.DOTALL)


def _tame(found: re.Match[str]) -> str:
    """A link as it is; a bracket of none as a character reference, which the parser cannot take for a link."""
    whole = found[0]
    if whole.startswith("[[") and "[" in whole[2:] and not _EXTERNAL.search(whole):
        return f"[[{whole[2:-2].translate(_BRACKETS)}]]"
    return whole if len(whole) > 1 and whole.strip("[]") else whole.translate(_BRACKETS)


def _tidy_holes(paragraph: str) -> str:
    # The searches ahead begin with a fixed letter, which is fast; most paragraphs need no more.
    if "(" in paragraph:
        paragraph = _HOLE_IN_BRACKETS.sub(_HOLE, paragraph)
        paragraph = _HOLE_AFTER_BRACKET.sub("(", paragraph)
        if _HOLE_THEN_BRACKET.search(paragraph):
            paragraph = _HOLE_BEFORE_BRACKET.sub(")", paragraph)
    if _HOLE_THEN_STOP.search(paragraph):
        paragraph = _HOLE_BEFORE_STOP.sub("", paragraph)
    return paragraph


def _add_paragraph(paragraph: str, in_lead: bool, page: _Page) -> None:
    if len(paragraph) > MAX_PARAGRAPH:
        page.drop(OVERLONG)
        return
    if _HOLE in paragraph:
        paragraph = _tidy_holes(paragraph)
    line = _Line(page)
    # Only links and entities are left for the parser; anything else that it would try, it would try at length.
    if "[" in paragraph or "&" in paragraph:
        paragraph = paragraph.replace("<", "&lt;").replace("{", "&#123;")
        if "[" in paragraph:
            paragraph = _LINKISH.sub(_tame, paragraph)
        parse = _parse()
        try:
            nodes = parse(paragraph, skip_style_tags=True).nodes
        except Exception as error:  # the parser's own faults, which are of many classes
            raise WikitextError(f"mwparserfromhell: {type(error).__name__}: {error}") from None
        line.add_nodes(nodes)
    else:
        line.add(paragraph)
    line.finish(in_lead)


class RunningText:
    """A paragraph of clean text that grows: runs of blanks become one at once, so that offsets are right on the way."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0
        self._after_blank = True

    def append(self, text: str) -> None:
        """Add text; invisible characters are dropped, and blanks at the beginning of the paragraph too."""
        if not text.isascii():
            text = _INVISIBLE_MARKS.sub("", text)
        if not text:
            return
        words = " ".join(text.split())
        if not words:
            words = "" if self._after_blank else " "
        else:
            if text[0].isspace() and not self._after_blank:
                words = " " + words
            if text[-1].isspace():
                words += " "
        if words:
            self.pieces.append(words)
            self.length += len(words)
            self._after_blank = words[-1] == " "

    def trimmed(self, begin: int, end: int) -> tuple[int, int]:
        """A span near the end of what is there, without the blanks at its edges; empty if it is nothing else."""
        if begin >= end:
            return begin, begin
        tail, at = "", self.length
        for piece in reversed(self.pieces):
            if at <= begin:
                break
            tail = piece + tail
            at -= len(piece)
        span = tail[begin - at : end - at]
        begin += len(span) - len(span.lstrip())
        return begin, max(begin, end - (len(span) - len(span.rstrip())))

    def text(self) -> str:
        """The paragraph, without a blank at its end."""
        return "".join(self.pieces).rstrip()


class _Line(RunningText):
    """A paragraph of wikitext at work."""

    def __init__(self, page: _Page) -> None:
        super().__init__()
        self.page = page
        self.anchors: list[Anchor] = []
        self.bolds: list[tuple[int, int]] = []
        self.bold_since = -1

    def add(self, text: str) -> None:
        if _BOLD not in text:
            self.append(text)
            return
        for number, part in enumerate(text.split(_BOLD)):
            if number:
                if self.bold_since < 0:
                    self.bold_since = self.length
                else:
                    self.bolds.append((self.bold_since, self.length))
                    self.bold_since = -1
            self.append(part)

    def add_nodes(self, nodes: list[Any]) -> None:
        trail_of = -1  # the anchor, or the link's beginning, that letters right after it belong to
        for node in nodes:
            kind = type(node).__name__
            if kind == "Text":
                text = node.value
                if trail_of >= 0:
                    trail = LINK_TRAIL.match(text)
                    if trail:
                        self.add(trail[0])
                        last = self.anchors[trail_of]
                        self.anchors[trail_of] = Anchor(last.start, self.length, last.target, last.section)
                        text = text[trail.end() :]
                self.add(text)
                trail_of = -1
            elif kind == "Wikilink":
                trail_of = self._add_link(node)
            else:
                trail_of = -1
                if kind == "HTMLEntity":
                    self.add(_entity(node))
                elif kind == "ExternalLink":
                    self._add_external(node)
                elif kind == "Tag" and node.contents is not None:
                    self.add_nodes(node.contents.nodes)
                elif kind not in ("Comment", "Template", "Argument"):
                    self.add(str(node))

    def _add_external(self, node: Any) -> None:
        if not node.brackets:
            self.add(str(node.url))
        elif node.title is None:
            self.page.drop(EXTERNAL_LINKS)
        else:
            self.add_nodes(node.title.nodes)

    def _add_link(self, node: Any) -> int:
        """Show a link; the number of its anchor, or -1 if it got none."""
        raw = str(node.title).translate(_INVISIBLE)
        shown: list[Any] | None = None if node.text is None else node.text.nodes
        plain = html.unescape(raw) if "&" in raw else raw
        if "\n" in plain:
            plain = " ".join(plain.split())
        if shown is None:
            label = plain.strip().removeprefix(":").strip()
        elif not shown:
            label = _pipe_trick(plain)
        else:
            label = ""
        begin = self.length
        if label:
            self.add(label)
        elif shown:
            self._add_label(shown)
        begin, end = self.trimmed(begin, self.length)
        target, section = link_target(plain, self.page.left_out)
        if target and begin < end:
            self.anchors.append(Anchor(begin, end, target, section))
            return len(self.anchors) - 1
        if target or target is None:
            self.page.drop(WITHOUT_TEXT)
        return -1

    def _add_label(self, nodes: list[Any]) -> None:
        """What a link shows; a link within a link is text."""
        for node in nodes:
            kind = type(node).__name__
            if kind == "Text":
                self.add(node.value)
            elif kind == "HTMLEntity":
                self.add(_entity(node))
            elif kind == "Wikilink":
                self.add(str(node.title if node.text is None else node.text))
            elif kind == "ExternalLink":
                self._add_external(node)
            elif kind not in ("Comment", "Template", "Argument"):
                self.add(str(node))

    def finish(self, in_lead: bool) -> None:
        text = self.text()
        page = self.page
        if not _WORD.search(text):
            if text:
                page.drop(WORDLESS)
            return
        is_first = not page.pieces
        if not is_first:
            page.pieces.append("\n\n")
            page.length += 2
        base = page.length
        page.pieces.append(text)
        page.length += len(text)
        page.anchors += [Anchor(a.start + base, a.end + base, a.target, a.section) for a in self.anchors]
        if is_first and in_lead:
            for begin, end in self.bolds:
                span = text[begin:end]
                begin += len(span) - len(span.lstrip())
                end = begin + len(span.strip())
                if begin < end:
                    page.bolds.append((begin, end))


def _entity(node: Any) -> str:
    text = str(node)
    shown = html.unescape(text)
    return " " if not shown.strip() else shown


def _pipe_trick(title: str) -> str:
    found = _PIPE_TRICK.match(title.strip().removeprefix(":")) if len(title) <= _MAX_TITLE else None
    return found[1].strip() if found else title


def link_target(raw: str, left_out: Counter[str]) -> tuple[str | None, str | None]:
    """The article that a link leads to, and the section; "" for a link that is no anchor for a counted reason, None for
    one without a target.
    """
    raw = raw.strip()
    while prefix := _PREFIX.match(raw):
        name = " ".join(prefix[2].replace("_", " ").split()).lower()
        if name in ("w", "en"):
            raw = raw[prefix.end() :]
            continue
        if name in _NOT_ARTICLES:
            left_out[OTHER_NAMESPACES] += 1
            return "", None
        break
    if raw.startswith("#"):
        left_out[SAME_PAGE] += 1
        return "", None
    target, section = title_and_section(raw)
    if not target or target.startswith("/") or len(target) > _MAX_TITLE or not _NO_TITLE.isdisjoint(target):
        return None, None
    return target, section


_NOT_ARTICLES = frozenset(NAMESPACES) | _LANGUAGES | _PROJECTS | _FILE_LIKE | _CATEGORY_LIKE
_NO_TITLE = frozenset("[]{}|<>")
_MAX_TITLE = 255


@lru_cache(maxsize=1)
def _parse() -> Callable[..., Any]:
    try:
        import mwparserfromhell
    except ImportError:
        raise SettingsError(
            "reading wikitext needs mwparserfromhell, which is not installed; pip install 'ousianer[wikipedia]'"
        ) from None
    parse: Callable[..., Any] = mwparserfromhell.parse
    return parse
