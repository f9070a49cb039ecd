"""`ousianer.toml`: one table a command; every name in it is checked, and what is unknown is named with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.tables import SHARED_LATE, settings_of_table, table_names

PROJECT_FILE = "ousianer.toml"


def read_table(table: str, config: str | Path | None = None) -> dict[str, Any]:
    """The table `[table]` of the project file; empty when no file is named and none is in the working folder.

    Raises:
        SettingsError: the named file is missing or is not TOML, or a name in it is unknown; by file and line.
    """
    path = Path(config) if config is not None else Path(PROJECT_FILE)
    if config is None and not path.is_file():
        return {}
    text = _text(path)
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise SettingsError(f"{path}: expected TOML, found lists or tables nested too deep") from None
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at line ")
        line = where.partition(",")[0]
        at = f"{path}:{line}" if line.isdigit() else str(path)
        raise SettingsError(f"{at}: expected TOML, found an error: {what}") from None
    _check_names(content, path, text, table)
    found: Any = content
    for part in table.split("."):
        found = found.get(part, {})
        if not isinstance(found, dict):
            raise SettingsError(f"{path}: expected a table [{table}], found {type(found).__name__}")
    return dict(found)


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean NAME?`, or the known names where none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else f"; expected one of {', '.join(names)}"


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if data.startswith(b"\x1f\x8b"):
            raise SettingsError(f"{path}: expected TOML, found a gzip file; unpack it first: gunzip {path}")
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise SettingsError(f"{path}: cannot read the settings ({error.strerror}); check --config") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: expected TOML in UTF-8, found {error.reason} at byte {error.start}") from None


def _check_names(content: Mapping[str, Any], path: Path, text: str, asked: str) -> None:
    """Refuse tables of no command, settings of no table, and settings outside the tables."""
    known = {*table_names(), asked}
    groups = {name.partition(".")[0] for name in known if "." in name}

    def walk(part: Mapping[str, Any], above: str) -> None:
        for key, value in part.items():
            name = f"{above}{key}"
            if name in known and isinstance(value, dict):
                names = settings_of_table(name) if name == asked or name not in SHARED_LATE else []
                for inner in value if names else ():
                    if inner not in names:
                        at = _place(path, text, name, inner)
                        raise SettingsError(f"{at}: [{name}] has no setting '{inner}'{nearest(inner, names)}")
            elif name in groups and isinstance(value, dict):
                walk(value, f"{name}.")
            elif isinstance(value, dict):
                tables = nearest(name, (f"[{n}]" for n in known))
                raise SettingsError(
                    f"{_place(path, text, name)}: expected the table of a command, found [{name}]{tables}"
                )
            elif name not in known:
                homes = [f"[{t}]" for t in table_names() if key in settings_of_table(t)]
                remedy = f"; put it into {' or '.join(homes)}" if homes else ""
                where = f"directly in [{above[:-1]}]" if above else "outside any table"
                at = _place(path, text, above[:-1], key)
                raise SettingsError(f"{at}: expected the table of a command, found '{key}' {where}{remedy}")

    walk(content, "")


def _place(path: Path, text: str, table: str, key: str = "") -> str:
    """`file:line` of a table's head or of a key in it; the file alone where the line cannot be told."""
    current = ""
    for number, line in enumerate(text.split("\n"), 1):
        if head := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$", line):
            current = re.sub(r"[\s\"']", "", head[1])
            if current == (f"{table}.{key}" if key else table):
                return f"{path}:{number}"
        elif key and current == table and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return f"{path}:{number}"
    return str(path)
