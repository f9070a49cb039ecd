"""YAGO's files and tables of title types, line by line: what is stated, whatever the release and the syntax.

- YAGO 2 and 3, TSV: `[<id>]<TAB><Title><TAB>rdf:type<TAB><wordnet_…|wikicat_…>[<TAB>]`, with or without the fact id;
  `rdfs:subClassOf` in the same form (`yagoTypes`, `yagoSimpleTypes`, `yagoTransitiveType`, `yagoTaxonomy`).
- The same as Turtle: `@base`, `@prefix`, comments, names with `\\u00e9` escapes.
- YAGO 4 and 4.5, Turtle, one statement a line (`yago:X<TAB>rdf:type<TAB>schema:Y<TAB>.`), pages by
  `schema:mainEntityOfPage <https://en.wikipedia.org/wiki/…>`; and the schema file, whose statements span lines with
  `;`, `,` and `[ … ]`.
- Tables: `title<TAB>class`, `title<TAB>type<TAB>class`, FIGER tables and tables of definitions with their headers.

Everything streams. A line that is not understood is handed to the caller's `Bad`, with its number, and skipped.
Turtle is read by lines, not by a parser of the whole language, for that reason: after a quotation mark or a bracket
that is never closed, such a parser takes the rest of the file for one term, while here every line that is a statement
by itself starts anew.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import unquote

from ousianer_cli.errors import InputError

TYPE, SUBCLASS, PAGE, OTHER = "type", "subclass", "page", "other"
KINDS = ("turtle", "yago-tsv", "figer", "definition", "pairs")

Invalid = Callable[[int, str, str], None]
"""Called with a line's number, what was expected, and what was found; may raise to stop."""

_FIGER_HEADER = ("freebase_id", "wikipedia_title", "types")
_DEFINITION_COLUMNS = ("title", "yago", "dbpedia", "figer")
_PREDICATES = {
    "rdf:type": TYPE,
    "a": TYPE,
    "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>": TYPE,
    "rdfs:subClassOf": SUBCLASS,
    "<http://www.w3.org/2000/01/rdf-schema#subClassOf>": SUBCLASS,
    "schema:mainEntityOfPage": PAGE,
    "schema:url": PAGE,
    "schema:sameAs": PAGE,
    "owl:sameAs": PAGE,
    "<http://schema.org/mainEntityOfPage>": PAGE,
    "<http://schema.org/url>": PAGE,
    "<http://schema.org/sameAs>": PAGE,
    "<http://www.w3.org/2002/07/owl#sameAs>": PAGE,
}
_NAMESPACES = {
    "http://yago-knowledge.org/resource/": "",
    "https://yago-knowledge.org/resource/": "",
    "http://schema.org/": "schema:",
    "https://schema.org/": "schema:",
    "http://bioschemas.org/": "bioschema:",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs:",
    "http://www.w3.org/2002/07/owl#": "owl:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
}
_OLD_CLASS = re.compile(r"(?:wordnet_|wikicat_|wikicategory_|geoclass_|yago[A-Z])")
_PAGE = re.compile(r"https?://(?P<wiki>[a-z-]+)(?:\.m)?\.wikipedia\.org/wiki/(?P<title>[^?#\s\">]+)")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_ID_ESCAPE = re.compile(r"_u([0-9A-F]{4})_")

_LITERAL = r'"(?:[^"\\]|\\.)*"(?:@[A-Za-z0-9-]+|\^\^(?:<[^>]*>|[^\s;,.\[\]()]+))?'
_NAME = r"(?:[^\s;,\"<>\[\]()#.\\]|\.(?=[^\s;,\"<>\[\]()#])|\\.)+"
# YAGO's own names hold characters that an IRI may not (a quotation mark in a title): between < and > all is taken.
_SIMPLE = re.compile(
    rf"\s*(?P<s><[^>\t]*>|{_NAME})\s+(?P<p><[^>\s]*>|{_NAME})\s+"
    rf"(?P<o><[^>\t]*>|{_LITERAL}|{_NAME})\s*\.\s*(?:#.*)?$"
)
_TOKEN = re.compile(
    rf'\s*(?:(?P<comment>#.*)|(?P<long>"""(?:[^"\\]|\\.|"(?!""))*""")|(?P<term><[^>]*>|{_LITERAL}|{_NAME})|(?P<mark>[;,.\[\]()]))'
)
_PREFIX = re.compile(r"\s*@?prefix\s+(?P<name>[^\s:]*):\s*<(?P<iri>[^>]*)>\s*\.?\s*(?:#.*)?$", re.IGNORECASE)
_BASE = re.compile(r"\s*@?base\s+<(?P<iri>[^>]*)>\s*\.?\s*(?:#.*)?$", re.IGNORECASE)
_CLASSES_KEPT = 200_000
_MOST_LINES = 5_000
"""A statement of more lines than this has lost its full stop."""


class Fact(NamedTuple):
    """One statement of a YAGO file.

    `type`: `subject` is a name as YAGO writes it (no prefix, escapes resolved), `object` a class (`wordnet_…`,
    `wikicat_…`, `schema:…`, else `yago:…`). `subclass`: both are classes. `page`: `subject` a name, `object` the title
    of its English Wikipedia page, or empty for another address. `other`: any other statement, both empty.
    """

    line: int
    kind: str
    subject: str
    object: str


class TitleLabels(NamedTuple):
    """One row of a table: a title as written and its labels by source (`yago`, `dbpedia`, `figer`, or `class` where
    the table does not say whose)."""

    line: int
    title: str
    labels: tuple[tuple[str, str], ...]


def read_lines(path: str | Path, invalid: Invalid) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of each line, without its end; gz, bz2, xz and zip are told by content.

    A line that is not UTF-8 and the end of a broken archive go to `bad`.

    Raises:
        InputError: no such file, or an archive that cannot be streamed (7z).
    """
    path = Path(path)
    number = 0
    try:
        with _open(path) as handle:
            for number, raw in enumerate(handle, 1):
                try:
                    yield number, raw.decode("utf-8").rstrip("\r\n")
                except UnicodeDecodeError as error:
                    invalid(number, "UTF-8", f"byte {error.object[error.start]:#04x} at {error.start}")
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        invalid(number + 1, "a whole compressed file", str(error) or "its end is missing")
    except OSError as error:
        if number == 0 and error.errno is not None:
            raise InputError("a readable file", error.strerror or str(error), path=path) from None
        invalid(number + 1, "a whole compressed file", str(error))


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as handle:
        magic = handle.read(6)
    if magic[:2] == b"\x1f\x8b":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if magic[:3] == b"BZh":
        return bz2.open(path, "rb")
    if magic == b"\xfd7zXZ\x00":
        return lzma.open(path, "rb")
    if magic == b"7z\xbc\xaf\x27\x1c":
        raise InputError("text, .gz, .bz2, .xz or .zip", "a 7z archive", path=path, remedy=f"unpack it: 7z x {path}")
    if magic[:4] == b"PK\x03\x04":
        archive = zipfile.ZipFile(path)
        names = [n for n in archive.namelist() if not n.endswith("/")]
        if len(names) != 1:
            raise InputError("one file in the archive", f"{len(names)}", path=path, remedy="unpack it")
        return archive.open(names[0])
    return io.BufferedReader(io.FileIO(path), buffer_size=1 << 20)


def kind_of(path: str | Path) -> str:
    """Which of `KINDS` a file is, by its first 200 lines that say something.

    Raises:
        InputError: no such file, or nothing in it that is known.
    """
    path = Path(path)
    seen = 0
    names = "".join(s.lower() for s in path.suffixes)
    for _, line in read_lines(path, lambda *_: None):
        text = line.strip()
        if not text or (text.startswith("#") and "\t" not in text):
            continue
        cells = line.split("\t")
        if tuple(cells[:3]) == _FIGER_HEADER:
            return "figer"
        if seen == 0 and set(_DEFINITION_COLUMNS) <= set(cells):
            return "definition"
        if _PREFIX.match(line) or _BASE.match(line):
            return "turtle"
        if any(c in ("rdf:type", "rdfs:subClassOf") for c in cells):
            return "turtle" if cells[-1].rstrip().endswith(".") and not cells[-1].endswith(">") else "yago-tsv"
        simple = _SIMPLE.match(line)
        if ".ttl" in names or ".nt" in names or (simple and len(cells) < 4 and set(simple["p"]) & set(":<")):
            return "turtle"
        if len(cells) in (2, 3) and not text.startswith("<"):
            return "pairs"
        seen += 1
        if seen == 200:
            break
    raise InputError(
        "YAGO's TSV or Turtle, or a table title<TAB>class",
        "an empty file" if seen == 0 else "lines of neither",
        path=path,
    )


def read_facts(path: str | Path, kind: str, invalid: Invalid) -> Iterator[Fact]:
    """The statements of a YAGO file of kind `turtle` or `yago-tsv`."""
    return _read_turtle(path, invalid) if kind == "turtle" else _read_tsv(path, invalid)


def read_table(path: str | Path, kind: str, invalid: Invalid) -> Iterator[TitleLabels]:
    """The rows of a table of kind `figer`, `definition` or `pairs`."""
    lines = read_lines(path, invalid)
    if kind == "pairs":
        yield from _read_pairs(lines, invalid)
        return
    header = next(lines)[1].split("\t")
    if kind == "figer":
        title, columns = header.index("wikipedia_title"), [("figer", header.index("types"))]
    else:
        title, columns = header.index("title"), [(n, header.index(n)) for n in _DEFINITION_COLUMNS[1:]]
    for number, line in lines:
        if not line:
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            invalid(number, f"{len(header)} columns", f"{len(cells)}")
        elif not cells[title].strip():
            invalid(number, "a title", "nothing")
        else:
            labels = tuple((name, label) for name, at in columns for label in cells[at].split(",") if label)
            yield TitleLabels(number, cells[title], labels)


def _read_pairs(lines: Iterator[tuple[int, str]], invalid: Invalid) -> Iterator[TitleLabels]:
    for number, line in lines:
        if not line or line.startswith(("#\t", "# ")):
            continue
        cells = line.split("\t")
        if len(cells) == 3 and cells[1] in ("type", "rdf:type", "subClassOf", "rdfs:subClassOf"):
            cells = [cells[0], cells[2]]
        title, label = cells[0].strip(), cells[-1].strip()
        if len(cells) != 2:
            invalid(number, "title<TAB>class or title<TAB>type<TAB>class", f"{len(cells)} columns")
        elif not title or not label:
            invalid(number, "a title and a class", "an empty column")
        else:
            yield TitleLabels(number, title, (("class", label),))


def _read_tsv(path: str | Path, invalid: Invalid) -> Iterator[Fact]:
    for number, line in read_lines(path, invalid):
        cells = line.split("\t")
        if len(cells) >= 4 and cells[2] == "rdf:type" and "\\" not in line:  # nearly all lines of the largest files
            subject, target = cells[1], cells[3]
            whole = subject[:1] == target[:1] == "<" and subject[-1:] == target[-1:] == ">"
            if whole and len(subject) > 2 and len(target) > 2:
                yield Fact(number, TYPE, subject[1:-1], target[1:-1])
                continue
        # The fact's id stands first, may be empty, or may be left out.
        at = 2 if len(cells) >= 4 else 1
        if len(cells) < 3:
            if line.strip() and not line.startswith(("#", "<id_")):
                invalid(number, "[id]<TAB>subject<TAB>relation<TAB>class", repr(line[:60]))
            elif line.startswith("<id_"):
                invalid(number, "[id]<TAB>subject<TAB>relation<TAB>class", f"{len(cells)} columns")
            continue
        kind = _PREDICATES.get(cells[at])
        if kind is None and cells[1] in _PREDICATES:
            at = 1
            kind = _PREDICATES[cells[1]]
        if kind != TYPE and kind != SUBCLASS:
            if line.startswith("#") or cells[at][:1] == "<" or ":" in cells[at]:
                yield Fact(number, OTHER, "", "")
            else:
                invalid(number, "a relation such as rdf:type", repr(cells[at][:40]))
            continue
        subject, target = cells[at - 1], cells[at + 1]
        if subject[:1] != "<" or subject[-1:] != ">" or len(subject) < 3:
            invalid(number, "a subject in <>", repr(subject[:60]))
            continue
        if target[:1] == "<":
            if target[-1:] != ">" or len(target) < 3:
                invalid(number, "a class in <>", repr(target[:60]))
                continue
            target = target[1:-1]
        elif not target:
            invalid(number, "a class", "nothing")
            continue
        name = unescape(subject[1:-1])
        if name is None or (label := unescape(target)) is None:
            invalid(number, "whole characters after \\u", repr(line[:80]))
            continue
        yield Fact(number, kind, name, label)


def _read_turtle(path: str | Path, invalid: Invalid) -> Iterator[Fact]:
    reader = _Turtle()
    pending: list[str] = []
    begun = 0
    for number, line in read_lines(path, invalid):
        if not line or line.isspace() or line.lstrip().startswith("#"):
            continue
        if line[0] in "@PpBb" and not pending and reader.declared(line):
            continue
        match = _SIMPLE.match(line)
        if match is not None:
            if pending:
                invalid(begun, "a statement that ends with ' .'", repr(" ".join(pending)[:80]))
                pending = []
            try:
                yield reader.fact(number, match["s"], match["p"], match["o"])
            except ValueError as error:
                invalid(number, "a statement of known prefixes and whole characters", str(error))
            continue
        if not pending:
            if line.startswith("<<"):  # RDF-star: facts about facts
                yield Fact(number, OTHER, "", "")
                continue
            begun = number
        pending.append(line)
        try:
            statement = _tokens("\n".join(pending))
            if statement is None:
                if len(pending) > _MOST_LINES:
                    raise ValueError("no end of the statement")
                continue
            facts = list(reader.facts(begun, statement))
        except ValueError as error:
            invalid(begun, "Turtle", f"{error} in {' '.join(pending)[:80]!r}")
        else:
            yield from facts
        pending = []
    if pending:
        invalid(begun, "a statement that ends with ' .'", repr(" ".join(pending)[:80]))


def _tokens(text: str) -> list[str] | None:
    """The tokens of whole statements; None where the last has not ended."""
    tokens: list[str] = []
    at, depth = 0, 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise ValueError(f"{text[at : at + 20]!r} is no term")
        at = match.end()
        if match["comment"] is not None:
            continue
        token = match["long"] or match["term"] or match["mark"]
        depth += (token in "[(" and len(token) == 1) - (token in "])" and len(token) == 1)
        tokens.append(token)
    return tokens if tokens and tokens[-1] == "." and depth == 0 else None


class _Turtle:
    """Names and statements under the prefixes that a file has given so far."""

    def __init__(self) -> None:
        self.prefixes: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self._classes: dict[str, str] = {}

    def declared(self, line: str) -> bool:
        """Take a `@prefix` or `@base` line; False for any other."""
        if (found := _PREFIX.match(line)) is not None:
            self.prefixes[found["name"]] = found["iri"]
            self._kinds.clear()
            self._classes.clear()
            return True
        # A base changes no name: YAGO's is its own namespace, which names are written without.
        return _BASE.match(line) is not None

    def fact(self, number: int, subject: str, predicate: str, target: str) -> Fact:
        kind = self._kind(predicate)
        if kind == OTHER:
            return Fact(number, OTHER, "", "")
        if kind == PAGE:
            found = _PAGE.search(target)
            if found is None:
                return Fact(number, OTHER, "", "")
            title = unquote(found["title"]) if found["wiki"] == "en" else ""
            return Fact(number, PAGE, self.local(subject), title)
        if target.startswith('"'):
            return Fact(number, OTHER, "", "")
        if kind == SUBCLASS:
            return Fact(number, kind, self.class_name(subject), self.class_name(target))
        return Fact(number, kind, self.local(subject), self.class_name(target))

    def facts(self, number: int, tokens: list[str]) -> Iterator[Fact]:
        """The facts of statements that end with '.'; what stands in brackets describes nameless things and is
        passed over."""
        subject = predicate = ""
        depth = 0
        expect = "subject"
        for token in tokens:
            if token in ("[", "("):
                depth += 1
            elif token in ("]", ")"):
                depth -= 1
                if depth < 0:
                    raise ValueError("a bracket closed that was not opened")
                if depth == 0 and expect == "object":
                    expect = "mark"
                elif depth == 0 and expect == "subject":
                    subject, expect = "", "predicate"
            elif depth:
                continue
            elif token in (".", ";", ","):
                # A semicolon may be followed by another, or by the end.
                if expect != "mark" and not (expect == "predicate" and token != ","):
                    raise ValueError(f"{token!r} where a term was due")
                subject = "" if token == "." else subject
                expect = {".": "subject", ";": "predicate", ",": "object"}[token]
            elif expect == "subject":
                subject, expect = token, "first predicate"
            elif expect in ("predicate", "first predicate"):
                predicate, expect = token, "object"
            elif expect == "object":
                expect = "mark"
                if subject:
                    yield self.fact(number, subject, predicate, token)
            else:
                raise ValueError(f"{token[:40]!r} where ';', ',' or '.' was due")

    def _kind(self, predicate: str) -> str:
        kind = self._kinds.get(predicate)
        if kind is None:
            full = self._full(predicate)
            kind = _PREDICATES.get(predicate) or _PREDICATES.get(f"<{full}>") or OTHER
            if len(self._kinds) < 10_000:
                self._kinds[predicate] = kind
        return kind

    def _full(self, term: str) -> str:
        if term.startswith("<"):
            return term[1:-1]
        prefix, colon, rest = term.partition(":")
        return self.prefixes.get(prefix, f"{prefix}:") + rest if colon else term

    def local(self, term: str) -> str:
        """A name without YAGO's namespace; other namespaces as `schema:Person`, unknown ones as written."""
        if term[0] == "<":
            name = term[1:-1]
        else:
            prefix, colon, name = term.partition(":")
            if not colon or prefix == "_":
                return term
            name = re.sub(r"\\([-_~.!$&'()*+,;=/?#@%])", r"\1", name) if "\\" in name else name
            if prefix == "yago":  # by far the most frequent
                return _whole(name)
            if prefix not in self.prefixes:
                if prefix in ("schema", "rdfs", "owl", "rdf"):
                    return f"{prefix}:{name}"
                raise ValueError(f"the prefix {prefix!r} was not declared")
            name = self.prefixes[prefix] + name
        if name.startswith("http"):
            for space, short in _NAMESPACES.items():
                if name.startswith(space):
                    return short + _whole(name[len(space) :])
        return _whole(name)

    def class_name(self, term: str) -> str:
        """`wordnet_…`, `schema:…`, or `yago:…`; one of an undeclared prefix as it is."""
        found = self._classes.get(term)
        if found is None:
            found = self._class_name(term)
            if len(self._classes) >= _CLASSES_KEPT:
                self._classes.clear()
            self._classes[term] = found
        return found

    def _class_name(self, term: str) -> str:
        prefix = term.partition(":")[0]
        if term[0] != "<" and prefix not in self.prefixes and prefix not in ("yago", "schema", "rdfs", "owl", "rdf"):
            return term
        name = self.local(term)
        if _OLD_CLASS.match(name) or name.startswith(("schema:", "rdfs:", "owl:", "rdf:", "bioschema:", "http", "_:")):
            return name
        return f"yago:{name}"


def _whole(name: str) -> str:
    found = unescape(name)
    if found is None:
        raise ValueError(f"{name[:60]!r} has half a character after \\u")
    if not found:
        raise ValueError("an empty name")
    return found


def unescape(name: str) -> str | None:
    """`\\u00e9` and `\\U0001f600` made characters, pairs of surrogates joined; None where half a pair is left."""
    if "\\" not in name:
        return name
    try:
        text = _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)), name)
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except (ValueError, OverflowError):
        return None


def is_yago3_class(name: str) -> bool:
    """Whether a class is one of YAGO 2 and 3 (`wordnet_…`, `wikicat_…`, `geoclass_…`, `yagoGeoEntity`)."""
    return _OLD_CLASS.match(name) is not None


def title_of_id(name: str) -> str | None:
    """The title a YAGO 4 name stands for (`Ada_u0028_town_u0029_` is `Ada (town)`); None for one made of a Wikidata
    id, which has no English page."""
    if name.endswith("_generic_instance") or re.search(r"(?:^|_)Q\d+$", name) or name.startswith("_:"):
        return None
    return _ID_ESCAPE.sub(lambda m: chr(int(m[1], 16)), name)
