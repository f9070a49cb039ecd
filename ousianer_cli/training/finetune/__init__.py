"""Fine-tuning: from the pretrained typing head to a target taxonomy, in one of three ways.

On corpora (`corpora`), on feedback alone (`feedback`), or without training by a table (`direct`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.training.finetune.corpora import finetune_on_corpora
from ousianer_cli.training.finetune.direct import write_direct
from ousianer_cli.training.finetune.feedback import finetune_on_feedback

__all__ = ["finetune", "finetune_on_corpora", "finetune_on_feedback", "write_direct"]


def finetune(settings: FinetuneSettings, *, report: Callable[[str], None] = print) -> dict[str, Any]:
    """Fine-tune in the way that the settings ask for; returns the metrics that the model folder keeps.

    Raises:
        SettingsError: neither `train`, `feedback` nor `direct` is given; and whatever the way itself refuses.
    """
    if settings.direct:
        return write_direct(settings, report=report)
    if settings.train:
        return finetune_on_corpora(settings, report=report)
    if settings.feedback:
        return finetune_on_feedback(settings, report=report)
    raise SettingsError("missing setting: training mentions; give --train, --feedback or --direct")
