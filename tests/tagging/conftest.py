"""Fixtures that the tests of tagging share."""

from __future__ import annotations

import pytest
from tiny_models import random_tuned_model

from ousianer_cli.network.checkpoint import save_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a fine-tuned model that knows nothing; a module may have a model of its own."""
    folder = tmp_path_factory.mktemp("models") / "random"
    save_model(folder, random_tuned_model(4), "card")
    return str(folder)
