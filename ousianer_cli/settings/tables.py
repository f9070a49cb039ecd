"""Which table of `ousianer.toml` holds which settings: the last word of a command, but for `tune`, which has one table
with a space for each of its commands."""

from __future__ import annotations

from collections.abc import Iterable

from ousianer_cli.settings.average import AverageSettings
from ousianer_cli.settings.convert import ConvertSettings
from ousianer_cli.settings.diff import DiffSettings
from ousianer_cli.settings.export import ExportSettings
from ousianer_cli.settings.fields import traits
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.settings.merge import MergeSettings
from ousianer_cli.settings.prepare_corpus import PrepareSettings
from ousianer_cli.settings.prepare_names import NamesSettings
from ousianer_cli.settings.prepare_silver import SilverSettings
from ousianer_cli.settings.prepare_types import TypesSettings
from ousianer_cli.settings.prepare_wikipedia import WikipediaSettings
from ousianer_cli.settings.pretrain import DirectSettings, PretrainSettings
from ousianer_cli.settings.review import ReviewSettings
from ousianer_cli.settings.score import ScoreSettings
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.settings.tune import TuneSettings
from ousianer_cli.settings.validate import ValidateSettings
from ousianer_cli.settings.view import ViewSettings

TABLES: dict[str, tuple[type, ...]] = {
    "pretrain": (PretrainSettings, DirectSettings),
    "average": (AverageSettings,),
    "finetune": (FinetuneSettings,),
    "tune": (TuneSettings,),
    "export": (ExportSettings,),
    "tag": (TagSettings,),
    "review": (ReviewSettings,),
    "merge": (MergeSettings,),
    "score": (ScoreSettings,),
    "validate": (ValidateSettings,),
    "diff": (DiffSettings,),
    "convert": (ConvertSettings,),
    "view": (ViewSettings,),
    "corpus": (PrepareSettings,),
    "silver": (SilverSettings,),
    "names": (NamesSettings,),
    "types": (TypesSettings,),
    "wikipedia": (WikipediaSettings,),
}

SHARED_LATE = frozenset({"corpus"})
"""Tables whose other settings are known once the readers are loaded; their own command alone checks them."""


def table_names() -> list[str]:
    """The tables that the project file may have."""
    return list(TABLES)


def settings_of_table(table: str) -> list[str]:
    """The names of a table's settings; none for a table that is not of the project file."""
    return [name for cls in TABLES.get(table, ()) for name in traits(cls)]


def share_table(cls: type, others: Iterable[type]) -> None:
    """Let settings that are known only once their readers are loaded stand in the table of others."""
    table = table_of(cls)
    TABLES[table] = tuple(dict.fromkeys((*TABLES[table], *others)))


def table_of(cls: type) -> str:
    """The table that holds these settings; none for settings that no file gives."""
    return next((table for table, classes in TABLES.items() if cls in classes), "")
