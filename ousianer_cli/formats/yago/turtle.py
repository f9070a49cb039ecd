"""YAGO as Turtle, read by lines: every line that is a statement by itself starts anew, whatever stood before it.

A parser of the whole language would take the rest of the file for one term after a quotation mark or a bracket that is
never closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from ousianer_cli.formats.yago.facts import OTHER, PAGE, PREDICATES, SUBCLASS, Fact, is_yago3_class, unescape
from ousianer_cli.formats.yago.lines import Invalid, read_lines

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
_PAGE = re.compile(r"https?://(?P<wiki>[a-z-]+)(?:\.m)?\.wikipedia\.org/wiki/(?P<title>[^?#\s\">]+)")

_LITERAL = r'"(?:[^"\\]|\\.)*"(?:@[A-Za-z0-9-]+|\^\^(?:<[^>]*>|[^\s;,.\[\]()]+))?'
_NAME = r"(?:[^\s;,\"<>\[\]()#.\\]|\.(?=[^\s;,\"<>\[\]()#])|\\.)+"
# YAGO's own names hold characters that an IRI may not (a quotation mark in a title): between < and > all is taken.
SIMPLE = re.compile(
    rf"\s*(?P<s><[^>\t]*>|{_NAME})\s+(?P<p><[^>\s]*>|{_NAME})\s+"
    rf"(?P<o><[^>\t]*>|{_LITERAL}|{_NAME})\s*\.\s*(?:#.*)?$"
)
_TOKEN = re.compile(
    rf'\s*(?:(?P<comment>#.*)|(?P<long>"""(?:[^"\\]|\\.|"(?!""))*""")|(?P<term><[^>]*>|{_LITERAL}|{_NAME})|(?P<mark>[;,.\[\]()]))'
)
PREFIX = re.compile(r"\s*@?prefix\s+(?P<name>[^\s:]*):\s*<(?P<iri>[^>]*)>\s*\.?\s*(?:#.*)?$", re.IGNORECASE)
BASE = re.compile(r"\s*@?base\s+<(?P<iri>[^>]*)>\s*\.?\s*(?:#.*)?$", re.IGNORECASE)
_CLASSES_KEPT = 200_000
_MOST_LINES = 5_000
"""A statement of more lines than this has lost its full stop."""


def read_turtle(path: str | Path, invalid: Invalid) -> Iterator[Fact]:
    """The statements of a Turtle file of any release."""
    reader = _Turtle()
    pending: list[str] = []
    begun = 0
    for number, line in read_lines(path, invalid):
        if not line or line.isspace() or line.lstrip().startswith("#"):
            continue
        if line[0] in "@PpBb" and not pending and reader.declared(line):
            continue
        match = SIMPLE.match(line)
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
        if (found := PREFIX.match(line)) is not None:
            self.prefixes[found["name"]] = found["iri"]
            self._kinds.clear()
            self._classes.clear()
            return True
        # A base changes no name: YAGO's is its own namespace, which names are written without.
        return BASE.match(line) is not None

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
            kind = PREDICATES.get(predicate) or PREDICATES.get(f"<{full}>") or OTHER
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
        if is_yago3_class(name) or name.startswith(("schema:", "rdfs:", "owl:", "rdf:", "bioschema:", "http", "_:")):
            return name
        return f"yago:{name}"


def _whole(name: str) -> str:
    found = unescape(name)
    if found is None:
        raise ValueError(f"{name[:60]!r} has half a character after \\u")
    if not found:
        raise ValueError("an empty name")
    return found
