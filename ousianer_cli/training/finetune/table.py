"""Which table maps YAGO classes to the target taxonomy: the given one, the model's own, or the shipped one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ousianer_cli.errors import InputError, ModelError, TaxonomyError
from ousianer_cli.formats.text import read_text
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.typing import mapping_table, shipped_table
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.direct import SHIPPED_TABLE, DirectMapper
from ousianer_cli.taxonomy.tree import Taxonomy


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping table's text, and the mapper it makes of a model's types."""

    text: str
    mapper: DirectMapper


def corpora_table(
    settings: FinetuneSettings, model: Model, taxonomy: Taxonomy, report: Callable[[str], None]
) -> Table | None:
    """For tuning on corpora: the table given, else that of a Direct base, else the shipped one.

    None where no table was given or is needed, and the one at hand is for another taxonomy.
    """
    return _fitting(_given(settings) or model.direct_table or shipped_table(), settings, model, taxonomy, report)


def feedback_table(
    settings: FinetuneSettings,
    kept: FinetuneSettings,
    model: Model,
    taxonomy: Taxonomy,
    report: Callable[[str], None],
) -> Table | None:
    """For feedback: the table given, else the one that the model was tuned with; `kept` are the model's own settings.

    Raises:
        ModelError: labels are to be deepened by a table that the model's folder lacks.
    """
    text = _given(settings) or mapping_table(model)
    if text is not None:
        return _fitting(text, kept, model, taxonomy, report)
    name = model.config["finetune"]["mapping"]
    if kept.depth:
        raise ModelError(
            f"expected the mapping table that the model was tuned with ({name}), found none in its folder; "
            "give it with --mapping"
        )
    report(f"the table {name} is not in the model's folder: alternative labels share their mass evenly")
    return None


def direct_table(settings: FinetuneSettings, model: Model, taxonomy: Taxonomy) -> Table:
    """For a Direct model: the table given, else that of a Direct base, else the shipped one."""
    return _table(_given(settings) or model.direct_table or shipped_table(), settings, model, taxonomy)


def _fitting(
    text: str, settings: FinetuneSettings, model: Model, taxonomy: Taxonomy, report: Callable[[str], None]
) -> Table | None:
    try:
        return _table(text, settings, model, taxonomy)
    except TaxonomyError:
        if settings.mapping or settings.depth:
            raise
        report(f"no table maps YAGO to the taxonomy '{taxonomy.name}': alternative labels share their mass evenly")
        return None


def _table(text: str, settings: FinetuneSettings, model: Model, taxonomy: Taxonomy) -> Table:
    return Table(text, DirectMapper.from_text(text, model.types, taxonomy, settings.mapping or SHIPPED_TABLE))


def _given(settings: FinetuneSettings) -> str | None:
    if not settings.mapping:
        return None
    try:
        return read_text(settings.mapping, "a mapping table (YAGO class, target type)")
    except InputError as error:
        remedy = "check --mapping"
        raise InputError(error.expected, error.found, path=settings.mapping, line=error.line, remedy=remedy) from None
