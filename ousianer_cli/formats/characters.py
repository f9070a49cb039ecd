"""What characters, and the ways of writing one in several, are read as.

Patterns of odd spellings, each with what a reader sees in its place: character references, characters that are not
seen, letters of another form (full-width, mathematical, circled), apostrophes and hyphens of other kinds, and remains
of the ways in which a text came (quoted-printable, escapes of JSON). Tables are Unicode's and HTML's own.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from functools import cache, lru_cache
from html.entities import html5

# Format characters (Cf) but for those that are seen (Arabic number signs), variation selectors, and fillers.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters that are not seen, as the inside of a pattern's character class."""
# Control characters are no word and no part of one; those that are blanks or line ends stay.
_CONTROL = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_HIDDEN = re.compile(f"[{INVISIBLE}]")
_LETTER = r"[^\W\d_]"


def _of_another_form() -> dict[str, str]:
    """Letters and digits of another form, one character each, and the plain ones."""
    forms = {}
    for first, last in ((0xFF10, 0xFF5A), (0x1D400, 0x1D7FF), (0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x2100, 0x214F)):
        for code in range(first, last + 1):
            plain = unicodedata.normalize("NFKC", chr(code))
            if len(plain) == 1 and plain.isalnum() and plain != chr(code) and code != 0x2139:  # a sign on maps
                forms[chr(code)] = plain
    for first in (0x1F150, 0x1F170):  # white on black: no decomposition is given
        forms.update({chr(first + k): chr(ord("A") + k) for k in range(26)})
    return forms


# C1 controls are what Windows-1252 has there, as in HTML; the ASCII separators part files, groups, records and fields.
_CONTROLS = {chr(code): " " for code in (*range(9), *range(0x0E, 0x1C), *range(0x7F, 0x85), *range(0x86, 0xA0))}
_CONTROLS |= {chr(code): html.unescape(f"&#{code};") for code in range(0x80, 0xA0) if code != 0x85}
_CONTROLS = {char: " " if "\x80" <= shown <= "\x9f" else shown for char, shown in _CONTROLS.items()}
_CONTROLS |= {"\x1c": "\n", "\x1d": "\n", "\x1e": "\n", "\x1f": "\t"}
_FORMS = _of_another_form()
_HYPHENS = dict.fromkeys("\u2010\u2011\ufe63\uff0d", "-")
_APOSTROPHES = "\u02bc\u02b9\u2018\u201b\u2032\u00b4`\uff07"
# Half of a pair of UTF-16, or a byte that was none of a text's: a lost letter.
_HALVES = {chr(code): "\ufffd" for code in range(0xD800, 0xE000)}
_READ_AS = _CONTROLS | _FORMS | _HYPHENS | _HALVES

_LIGATURES = {
    code: unicodedata.normalize("NFKC", chr(code))
    for first, last in ((0x132, 0x133), (0x1C4, 0x1CC), (0x1F1, 0x1F3), (0xFB00, 0xFB06))
    for code in range(first, last + 1)
}

_HIGH = r"(?:[xX][dD][89abAB][0-9A-Fa-f]{2}|5529[6-9]|55[3-9]\d\d|56[0-2]\d\d|563[01]\d)"
_LOW = r"(?:[xX][dD][c-fC-F][0-9A-Fa-f]{2}|563[2-9]\d|56[4-9]\d\d|57[0-2]\d\d|573[0-3]\d|5734[0-3])"
_NAME = r"\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31}"
# Names that HTML knows without the semicolon, of letters and what stands in or beside a name.
_BARE = (
    r"\#[0-9]{2,7}|\#[xX][0-9A-Fa-f]{2,6}|[A-Za-z](?:acute|grave|circ|tilde|uml|cedil|slash)|[Aa]ring|AElig|aelig|szlig"
    r"|amp|quot|lt|gt|nbsp|shy"
)
# A release that was escaped twice has `&amp;eacute;`. Where a program wrote UTF-16, one character has two references.
_PAIR = rf"(?P<pair>&\#{_HIGH};&\#{_LOW};)"
_REFERENCE = rf"(?P<reference>&(?:(?:amp|AMP);)*(?:{_NAME});)"
_BARE_REFERENCE = rf"(?P<bare>&(?:amp;)*(?:{_BARE})(?!;))"
_UNSEEN = rf"(?P<unseen>[{INVISIBLE}]+)"
# Ranges, since single characters beyond the first plane make a slow pattern; some in them have no other form.
_ONE = (
    f"(?P<one>[{_CONTROL}{''.join(_HYPHENS)}\uff10-\uff5a\u24b6-\u24e9\u2100-\u214f\U0001d400-\U0001d7ff"
    "\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189\ud800-\udfff])"
)
_APOSTROPHE = rf"(?P<apostrophe>(?<={_LETTER})[{_APOSTROPHES}](?={_LETTER}))"
_QUOTE = r"(?P<quote>(?m:^)[ \t]*(?:[A-Z]{1,4}(?=>[> \t]))?(?:(?:>|&gt;)[ \t]?)+)"
# Remains of a page in a text that is none: inline tags with nothing but attributes, comments; `<br>` ends a line.
_ATTRIBUTES = r"""(?:\s+[a-zA-Z-]{1,30}=(?:"[^"<>]{0,500}"|'[^'<>]{0,500}'|[^\s<>"']{1,500}))*+\s*"""
_TAG = (
    r"(?P<tag></?(?:b|i|u|s|a|em|strong|span|font|sup|sub|wbr|mark|small|big|tt|abbr|cite|del|ins)"
    rf"{_ATTRIBUTES}/?>|<!--(?:(?!--|<)[^\0]){{0,2000}}-->)"
)
# Marks of Markdown and wikis around words: bold, links with their targets.
_TARGET = r"(?:https?://|www\.|mailto:|/|\#)"
_MARKDOWN = (
    rf"(?P<markdown>\[(?=[^\[\]\n]{{1,200}}\]\({_TARGET})"
    rf"|\]\({_TARGET}[^\s()]{{0,500}}(?:\([^\s()]{{0,200}}\)[^\s()]{{0,200}})?(?:[ ]\"[^\"\n]{{0,200}}\")?\)"
    r"|\[\[(?=[^\s\[\]][^\[\]\n]{0,199}\]\])|(?<=[^\s\[\]])\]\]"
    r"|(?<![\w*])\*\*(?=[^\s*][^*\n]{0,200}\*\*)|(?<=[^\s*])\*\*(?![\w*]))"
)
_BREAK = rf"(?P<break><br{_ATTRIBUTES}/?>(?:\r?\n)?)"
# A word that goes on in the next line behind its hyphen, soft or hard, quoted or not.
_NEXT_LINE = r"\r?\n[ \t]*(?:(?:>|&gt;)[ \t]?)*"
_SOFT_END = rf"(?P<soft>(?:\u00ad|&shy;|&\#173;|&\#[xX][aA][dD];){_NEXT_LINE}(?={_LETTER}))"
_HYPHEN_END = rf"(?P<wrapped>(?<={_LETTER})[-\u2010\u2011]{_NEXT_LINE}(?={_LETTER}))"
_ESCAPE = (
    r"(?P<escape>(?:\\u[dD][89abAB][0-9A-Fa-f]{2})?\\u[0-9A-Fa-f]{4})"
    r"|(?P<folded>[ ]?\\\r?\n[ \t]*)"
)
# Line ends and tabs as JSON and programs write them, before what begins a line; paths of Windows have their like.
_ESCAPED_LINE = r"(?P<line>(?<!\\)(?:(?:\\r)?\\n|\\t)++(?=[\s\"'“(\[*>-]|\d|(?-i:[A-ZÀ-ÖØ-Þ])|\Z))"
_PATH_OF_WINDOWS = re.compile(r"(?<![A-Za-z])[A-Za-z]:\\|(?<!\\)\\\\\w")
_NEXT_BYTE = "=[89AB][0-9A-F]"
_PRINTABLE = (
    rf"(?P<printable>=[CD][0-9A-F]{_NEXT_BYTE}|=E[0-9A-F](?:{_NEXT_BYTE}){{2}}|=F[0-7](?:{_NEXT_BYTE}){{3}}"
    r"|=[0-9A-F]{2}|=\r?\n)"
)
_BEHIND_NAMES = re.compile(
    r"\w+(?:ed|ing|ly)|\w*(?:born|led|made|held|run|built|style|wide|like|type|speaking|friendly|owned|language|era|"
    r"elect|in|on|upon|sur|by|de|du|le|la|les|of|the|and|al|el|bin|ibn|ben|based|side|area|native|class|oriented|free|"
    r"long|only|size|sized|bound|backed)|ish|isch|san|ku|gun|do|si|shi|dong|hyun|jin|min|soo|woo|joon|hee|ho|sik|il|un"
)
_IS_PRINTABLE = re.compile(r"=[C-F][0-9A-F]=[89AB][0-9A-F]|[a-z]=[EF][0-9A-F][a-z]")


def odd_spellings(raw: str, *, quotes: bool, tags: bool) -> re.Pattern[str] | None:
    """A pattern of what in a text is read as something else, each kind a group with its name; None if there is nothing.

    Args:
        quotes: whether `>` at the beginning of a line marks quoted mail.
        tags: whether inline tags and comments are remains of a page, not text.
    """
    kinds = []
    if quotes and (">" in raw or "&gt;" in raw):
        kinds.append(_QUOTE)
    if "-\n" in raw or "-\r\n" in raw or "\u2010\n" in raw or "\u2011\n" in raw:
        kinds.append(_HYPHEN_END)
    if ("\u00ad" in raw or "&" in raw) and "\n" in raw:
        kinds.append(_SOFT_END)
    if tags and "<" in raw and ">" in raw:
        kinds += [_TAG, _BREAK]
    if "&" in raw:
        kinds += [_PAIR, _REFERENCE, _BARE_REFERENCE]
    if "=" in raw and _IS_PRINTABLE.search(raw):
        kinds.append(_PRINTABLE)
    if "\\" in raw:
        kinds.append(_ESCAPE)
        if ("\\n" in raw or "\\t" in raw) and not _PATH_OF_WINDOWS.search(raw):
            kinds.append(_ESCAPED_LINE)
    if "**" in raw or "](" in raw or "[[" in raw:
        kinds.append(_MARKDOWN)
    if any(map(raw.__contains__, _APOSTROPHES)):
        kinds.append(_APOSTROPHE)
    pattern = _pattern((*kinds, _UNSEEN, _ONE))
    return pattern if pattern.search(raw) else None


@cache
def _pattern(kinds: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(kinds))


def read_as(match: re.Match[str], raw: str) -> str | None:
    """What a spelling that `odd_spellings` found in `raw` is read as; None where it is read as it stands."""
    kind, found = match.lastgroup, match[0]
    if kind == "one":
        return _READ_AS.get(found)
    if kind == "apostrophe":
        return "\u2019"
    if kind in ("reference", "bare"):
        return _decoded(found.replace("AMP;", "amp;").removeprefix("&"), bare=kind == "bare")
    if kind == "pair":
        high, low = (_code(name) for name in found.strip("&;").split(";&"))
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    if kind == "wrapped":
        return "" if _is_one_word(match, raw) else "-"
    if kind == "printable":
        return _printable(found)
    if kind == "escape":
        return _unescaped(found)
    if kind == "line":
        return "\n" if "n" in found else "\t"
    return {"folded": " ", "break": "\n"}.get(kind or "", "")


def expanded(word: str) -> str:
    """A word with ligatures and digraphs of one character (`ﬁ`, `ǅ`) as their letters."""
    return word if word.isascii() else word.translate(_LIGATURES)


def _code(name: str) -> int:
    digits = name[1:]
    return int(digits[1:], 16) if digits[:1] in "xX" else int(digits)


def _decoded(name: str, *, bare: bool) -> str | None:
    """What a character reference is read as, without its first `&`; None where there is none of its name."""
    while name.startswith("amp;") and name != "amp;":
        name = name[len("amp;") :]
    name = name.removesuffix(";")
    if bare and name.startswith("#") and _code(name) < 32:
        return None
    if not name.startswith("#") and f"{name};" not in html5:
        known = _names_in_capitals().get(name)
        if known is None:
            return None
        name = known
    shown = html.unescape(f"&{name};")
    return "".join(_CONTROLS.get(char, char) for char in _HIDDEN.sub("", shown))


@cache
def _names_in_capitals() -> dict[str, str]:
    """The names of references as they stand in a headline that was put in capitals when they were in it."""
    names = (name.removesuffix(";") for name in sorted(html5, key=str.swapcase) if name.endswith(";"))
    return {name.upper(): name for name in names}


def _is_one_word(match: re.Match[str], raw: str) -> bool:
    """Whether a word parted at a line's end is one without the hyphen.

    It is if the text has it elsewhere; and a name is (`Mos-`, `cow`), unless its first part stands elsewhere or the
    second is one that follows names (`Moscow-`, `based`).
    """
    before = re.search(rf"{_LETTER}+\Z", raw[max(0, match.start() - 60) : match.start()])
    after = re.match(rf"{_LETTER}+", raw[match.end() : match.end() + 60])
    assert before is not None and after is not None
    known = _whole_words(raw)
    if before[0] + after[0] in known:
        return True
    parts_a_name = before[0].istitle() and after[0].islower() and not raw[: match.start()].endswith(f"-{before[0]}")
    return parts_a_name and before[0] not in known and not _BEHIND_NAMES.fullmatch(after[0])


@lru_cache(maxsize=2)
def _whole_words(raw: str) -> frozenset[str]:
    return frozenset(re.findall(rf"(?<![\w-]){_LETTER}++(?![\w-])", raw))


def _printable(found: str) -> str:
    """Bytes in quoted-printable, as UTF-8 or else as Windows-1252; a line's end behind `=` is none."""
    if "\n" in found:
        return ""
    data = bytes.fromhex(found.replace("=", ""))
    try:
        shown = data.decode("utf-8")
    except UnicodeDecodeError:
        shown = data.decode("cp1252", "replace")
    return "".join(_CONTROLS.get(char, char) for char in shown)


def _unescaped(found: str) -> str | None:
    shown = json.loads(f'"{found}"')
    if any("\ud800" <= char <= "\udfff" for char in shown):
        return None
    return "".join(_CONTROLS.get(char, char) for char in _HIDDEN.sub("", shown))
