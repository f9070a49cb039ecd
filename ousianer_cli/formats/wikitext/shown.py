"""Templates whose content is running text, and what they show: which does what stands in `resources/templates.tsv`."""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

from ousianer_cli.formats.wikitext.page import HOLE, PARAGRAPH


@dataclass(slots=True)
class Parameters:
    """What a template is given: positional parameters in order, named ones by name in lower case."""

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


def parameters(rest: str) -> Parameters:
    """The parameters of a template, from what follows its name; a bar in a link parts none."""
    if "[[" in rest:
        cuts = [bar.start() for bar in _BAR.finditer(rest) if bar[0] == "|"]
        parts = [rest[a + 1 : b] for a, b in zip([-1, *cuts], [*cuts, len(rest)], strict=True)]
    else:
        parts = rest.split("|")
    found = Parameters([], {})
    for part in parts:
        name = _PARAMETER_NAME.match(part)
        if name is None:
            found.positional.append(part.strip())
        else:
            found.named[name[1].lower()] = part[name.end() :].strip()
    return found


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

_Show = Callable[[Parameters], str]


def first(p: Parameters) -> str:
    """The first parameter of a template."""
    return p.get(1)


def _second(p: Parameters) -> str:
    return p.get(2)


def _last(p: Parameters) -> str:
    return p.positional[-1] if p.positional else p.get(1)


def _joined(p: Parameters) -> str:
    return " ".join(part for part in p.positional if part)


def _together(p: Parameters) -> str:
    return "".join(p.positional)


def _constant(text: str) -> _Show:
    return lambda p: text


def _prefixed(prefix: str) -> _Show:
    return lambda p: prefix + p.get(1)


def _quote(p: Parameters) -> str:
    return f"{PARAGRAPH}{p.named.get('text') or p.named.get('quote') or p.get(1)}{PARAGRAPH}"


def _convert(p: Parameters) -> str:
    numbers: list[str] = []
    parts = iter(p.positional)
    for part in parts:
        if part in _RANGE:
            numbers.append(_DASH.get(part, part))
        elif part[:1].isdigit() or part[:2].lstrip("-−+.")[:1].isdigit():
            numbers.append(_number(part))
        else:
            unit = _UNITS.get(part, part)
            return " ".join([*numbers, unit]).replace(" – ", "–") if numbers else HOLE
    return " ".join(numbers) or HOLE


def _as_of(p: Parameters) -> str:
    if "alt" in p.named:
        return p.named["alt"]
    year, month, day = p.get(1), p.get(2), p.get(3)
    if month.isdigit() and 1 <= int(month) <= 12:
        month = _MONTHS[int(month) - 1]
    word = "since" if p.named.get("since") else "as of"
    word = word if p.named.get("lc") else word.capitalize()
    return " ".join(part for part in (word, day, month, year) if part)


def _fraction(p: Parameters) -> str:
    parts = [part for part in p.positional if part]
    if len(parts) == 3:
        return f"{parts[0]} {parts[1]}/{parts[2]}"
    return f"1/{parts[0]}" if len(parts) == 1 else "/".join(parts)


def _nihongo(p: Parameters) -> str:
    inner = ", ".join(part for part in (p.get(2), p.get(3)) if part)
    shown = p.get(1) or p.get(3) or p.get(2)
    return f"{shown} ({inner})" if inner and p.get(1) else shown


def _link(target: str, label: str) -> str:
    target = target.strip()
    if not target or "[" in target or "|" in target:
        return label or target
    return f"[[{target}|{label or target}]]"


def _interlanguage(p: Parameters) -> str:
    return _link(p.get(1), p.named.get("lt") or p.get(1))


def _linked(p: Parameters) -> str:
    return _link(p.get(1), p.named.get("name") or p.get(1)) if p.get(1) else HOLE


def _ship(prefix: str) -> _Show:
    def show(p: Parameters) -> str:
        name, number = f"{prefix} {p.get(1)}", p.get(2)
        return _link(f"{name} ({number})" if number else name, name)

    return show


def _any_ship(p: Parameters) -> str:
    name, number = f"{p.get(1)} {p.get(2)}".strip(), p.get(3)
    return _link(f"{name} ({number})" if number else name, name)


def _ship_class(p: Parameters) -> str:
    name = f"{p.get(1)}-class {p.get(2)}".strip()
    return _link(name, name)


def _number(text: str) -> str:
    digits = text.partition("|")[0].strip()
    whole, point, rest = digits.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole.isdigit() and len(whole) < 40 else digits


FUNCTIONS: dict[str, Callable[[str], str]] = {
    "formatnum": _number,
    "lc": str.lower,
    "uc": str.upper,
    "lcfirst": lambda text: text[:1].lower() + text[1:],
    "ucfirst": lambda text: text[:1].upper() + text[1:],
}


_SHOWS: dict[str, Callable[[str], _Show]] = {
    "first": lambda _: first,
    "second": lambda _: _second,
    "last": lambda _: _last,
    "joined": lambda _: _joined,
    "together": lambda _: _together,
    "quote": lambda _: _quote,
    "convert": lambda _: _convert,
    "as of": lambda _: _as_of,
    "fraction": lambda _: _fraction,
    "nihongo": lambda _: _nihongo,
    "interlanguage": lambda _: _interlanguage,
    "linked": lambda _: _linked,
    "any ship": lambda _: _any_ship,
    "ship class": lambda _: _ship_class,
    "ship": _ship,
    "text": _constant,
    "prefix": _prefixed,
    "angles": lambda _: lambda p: f"⟨{p.get(1)}⟩",
}


def _shown() -> dict[str, _Show]:
    table: dict[str, _Show] = {}
    lines = (files(__package__) / "resources" / "templates.tsv").read_text(encoding="utf-8").split("\n")
    for line in lines:
        if line and not line.startswith("#\t"):
            name, show, argument = line.split("\t")
            table[name] = _SHOWS[show](json.loads(argument))
    return table


SHOWN = _shown()
"""Name of a template, lower-case -> what it shows."""
