"""Where the models that ship with the package lie.

In the repository they are `models/NAME/`; an installed package carries them as `ousianer_cli/released/NAME/`.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ousianer_cli.errors import ModelError

DEFAULT_MODEL = "ousianer-mini"
CONFIG_FILE = "config.json"
"""The file that makes a folder a model."""


def released_models() -> dict[str, Path]:
    """Name -> folder of every model that ships with the package, in the order of their names."""
    package = Path(str(files("ousianer_cli")))
    # The second place is that of a checkout (an editable install, or tests), where nothing was copied into the package.
    for home in (package / "released", package.parent / "models"):
        found = {path.parent.name: path.parent for path in sorted(home.glob(f"*/{CONFIG_FILE}"))}
        if found:
            return found
    return {}


def released_model(name: str = DEFAULT_MODEL) -> Path:
    """The folder of a released model.

    Raises:
        ModelError: no model of that name ships with this package; the message names those that do.
    """
    models = released_models()
    if name not in models:
        known = ", ".join(models) or "none"
        raise ModelError(f"model '{name}': expected a released model ({known}); give a model folder with --model")
    return models[name]
