"""Packages of the extras: what is missing is named with the extra that brings it."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from ousianer_cli.errors import SettingsError
from ousianer_cli.extras import EXTRAS, require_extra

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def test_the_table_is_that_of_the_project() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for extra, modules in EXTRAS.items():
        packages = {re.split(r"[<>=~\[]", requirement)[0] for requirement in project[extra]}
        assert packages == {module.replace("_", "-") for module in modules}, extra


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SettingsError) as error:
        require_extra("wikipedia", "Parquet", "pyarrow", otherwise="use JSON lines")
    expected = "Parquet needs pyarrow, which is not installed; pip install 'ousianer[wikipedia]', or use JSON lines"
    assert str(error.value) == expected
    with pytest.raises(SettingsError, match="prepare wikipedia needs pyarrow"):
        require_extra("wikipedia", "prepare wikipedia")
    require_extra("wikipedia", "prepare types", "duckdb")
