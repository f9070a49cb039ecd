"""A tiny pretrained and a tiny fine-tuned model, made once for the whole room."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import finetune_settings, pretrain_settings, quiet

from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training.finetune import finetune
from ousianer_cli.training.pretrain import pretrain


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pretrained model folder."""
    folder = tmp_path_factory.mktemp("base")
    pretrain(PretrainSettings(**pretrain_settings(folder, lr=0.01, dropout=0.1, epochs=20)), report=quiet)
    return folder / "base"


@pytest.fixture(scope="session")
def tuned(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fine-tuned model folder over `base`."""
    folder = tmp_path_factory.mktemp("tuned")
    finetune(finetune_settings(folder, base), report=quiet)
    return folder / "tuned"
