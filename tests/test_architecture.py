"""The house's own rules: which room may import which, what stays light, and that the wheel forgets no room."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "ousianer_cli"

BASE = {"errors", "extras", "outputs", "settings"}
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": {"formats", "tagging"},
    "errors": set(),
    "extras": {"errors"},
    "outputs": {"errors"},
    "settings": {"errors"},
    "released_models": {"errors"},
    "new_project": {"errors", "outputs"},
    "formats": BASE,
    "taxonomy": BASE | {"formats"},
    "network": BASE | {"formats", "taxonomy", "released_models"},
    "scoring": BASE | {"formats", "taxonomy"},
    "corpus": BASE | {"formats", "taxonomy"},
    "pages": BASE | {"formats", "taxonomy", "scoring"},
    "training": BASE | {"formats", "taxonomy", "network", "scoring", "corpus", "released_models"},
    "tagging": BASE | {"formats", "taxonomy", "network", "training", "released_models"},
    "review": BASE | {"formats", "taxonomy", "network", "scoring", "training", "tagging", "pages", "released_models"},
    "commands": BASE
    | {
        "formats",
        "taxonomy",
        "network",
        "scoring",
        "corpus",
        "training",
        "tagging",
        "released_models",
        "new_project",
        "pages",
        "review",
    },
    "spacy_pipe": BASE | {"tagging"},
    "app": BASE | {"commands"},
}
"""Room or module -> what it may import of the package, besides itself. No arrow goes back up."""

HEAVY = {"torch", "transformers", "torchcrf", "safetensors", "tokenizers"}
NUMERIC = {"numpy", "scipy", "pandas", "matplotlib", "lxml"}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path, *, lazy: bool = True) -> Iterator[tuple[str, int]]:
    """Every imported module with its line; without `lazy`, only what importing the file itself would import."""
    nodes: Iterator[ast.AST] = ast.walk(tree_of(path)) if lazy else _eager(tree_of(path))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield node.module or "", node.lineno
            # `from ousianer_cli import errors` names a room only in its second half.
            if node.module == "ousianer_cli":
                yield from ((f"ousianer_cli.{alias.name}", node.lineno) for alias in node.names)


def _eager(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not typing_only and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _eager(child)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_arrows_go_one_way(path: Path) -> None:
    room = room_of(path)
    for name, line in imports(path):
        parts = name.split(".")
        if parts[0] != "ousianer_cli" or len(parts) < 2 or parts[1] == "__version__" or parts[1] == room:
            continue
        assert parts[1] in MAY_IMPORT[room], f"{path}:{line}: {room} must not import {parts[1]}"


def test_the_table_has_no_circle() -> None:
    """If the table itself allowed a circle, the test above would prove nothing."""
    settled: set[str] = set()
    while left := {room for room in MAY_IMPORT if room not in settled}:
        ready = {room for room in left if MAY_IMPORT[room] <= settled}
        assert ready, f"a circle among {sorted(left)}"
        settled |= ready


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def from_imports(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every `from module import name`, those inside functions too, but not a type checker's own."""
    stack: list[ast.AST] = [tree_of(path)]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            stack.extend(ast.iter_child_nodes(node))


def test_no_module_needs_itself_in_a_circle() -> None:
    known = {module_of(path): path for path in modules()}
    needs: dict[str, set[str]] = {}
    for name, path in known.items():
        found = {f"{module}.{part}" if f"{module}.{part}" in known else module for module, part in from_imports(path)}
        needs[name] = {module for module in found if module in known} - {name}
    settled: set[str] = set()
    while left := {name for name in needs if name not in settled}:
        ready = {name for name in left if needs[name] <= settled}
        assert ready, f"a circle among {sorted(left)}"
        settled |= ready


@pytest.mark.parametrize(
    "room", ["formats", "taxonomy", "scoring", "pages", "errors", "extras", "outputs", "settings", "app"]
)
def test_light_rooms_never_import_torch(room: str) -> None:
    for path in modules():
        if room_of(path) == room:
            found = [(name, line) for name, line in imports(path) if name.split(".")[0] in HEAVY]
            assert not found, f"{path}: {found}"


@pytest.mark.parametrize("room", ["app", "commands", "errors", "extras", "outputs", "settings"])
def test_the_command_line_loads_nothing_heavy(room: str) -> None:
    for path in modules():
        if room_of(path) == room:
            names = [name.split(".") for name, _ in imports(path, lazy=False)]
            assert not [parts for parts in names if parts[0] in HEAVY | NUMERIC], path
            inner = {parts[1] for parts in names if parts[0] == "ousianer_cli" and len(parts) > 1}
            light = {
                "errors",
                "extras",
                "outputs",
                "settings",
                "released_models",
                "new_project",
                "commands",
                "__version__",
            }
            assert inner <= light, f"{path}: imports {inner - light} before the command runs"


def test_settings_need_the_standard_library_alone() -> None:
    for path in modules():
        if room_of(path) == "settings":
            found = {name.split(".")[0] for name, _ in imports(path)} - {"ousianer_cli", "__future__"}
            assert found <= set(sys.stdlib_module_names), f"{path}: {found - set(sys.stdlib_module_names)}"


def test_help_answers_at_once_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['ousianer', '--help']\n"
        "from ousianer_cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('LOADED', sorted({HEAVY | NUMERIC!r} & set(sys.modules)))"
    )
    took = []
    for _ in range(3):
        begin = sum(os.times()[2:4])  # processor time of processes that have ended: other work does not change it
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env={**os.environ, "NO_COLOR": "1"}
        )
        took.append(sum(os.times()[2:4]) - begin)
        assert done.returncode == 0, done.stderr
        assert "Usage" in done.stdout
        assert "LOADED []" in done.stdout
    assert min(took) < 0.7, f"the best of three took {min(took):.2f} s"


def test_every_room_is_in_the_wheel() -> None:
    """The packages are listed by name; a room that is missing there would be missing from an installed OusiaNER."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    rooms = {".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("__init__.py")}
    assert set(listed) - {"ousianer_cli.released"} == rooms
