"""The name of the word rules changes with any of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from ousianer_cli.formats import word_rules
from ousianer_cli.formats.word_rules import MODULES, WORD_RULES, digest, rule_sources

ROOM = Path(word_rules.__file__).parent


def rules_of(source: str) -> list[str]:
    """The names that a module gives to its patterns, tables and functions, and its classes' methods."""
    names = []
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=targets):
                names += [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.append(name)
    return names


def test_the_rules_of_a_text_are_read_from_the_package() -> None:
    assert digest(rule_sources()) == WORD_RULES and re.fullmatch("[0-9a-f]{8}", WORD_RULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_change_to_any_rule_changes_the_name(module: str) -> None:
    sources = rule_sources()
    rules = rules_of(sources[module])
    assert {"words": "_HINT", "visible": "_PARTED", "addresses": "ADDRESS", "characters": "_REFERENCE"}[module] in rules
    seen = {WORD_RULES}
    for name in rules:
        changed = re.sub(rf"\b{name}\b", r"\g<0>_changed", sources[module], count=1)
        seen.add(digest({**sources, module: changed}))
    assert len(seen) == 1 + len({*rules})


def test_other_tables_of_unicode_have_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unicodedata.unidata_version", "1.1")
    assert digest(rule_sources()) != WORD_RULES


def test_no_module_that_words_are_split_by_is_left_out() -> None:
    """`words`, what it imports, and what that imports."""
    reached, left = set(), ["words"]
    while left:
        name = left.pop()
        reached.add(name)
        for node in ast.walk(ast.parse((ROOM / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ousianer_cli"):
                room, _, other = (node.module or "").rpartition(".")
                assert room == "ousianer_cli.formats", f"{name} imports {node.module}"
                left += [other] if other not in reached else []
    assert reached == set(MODULES)
