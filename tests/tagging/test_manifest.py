"""What tells two models apart, without reading what loading reads again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ousianer_cli.errors import ModelError
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.tagging.manifest import model_digest


@pytest.fixture
def folder(model: str, tmp_path: Path) -> Path:
    """A copy of the model's folder."""
    return Path(shutil.copytree(model, tmp_path / "copy"))


def edit_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes), encoding="utf-8")


def test_the_weights_are_hashed_by_loading_alone(folder: Path, model: str) -> None:
    known = model_digest(folder)
    assert known == model_digest(Path(model))
    (folder / "model.safetensors").write_bytes(b"others")
    assert model_digest(folder) == known
    with pytest.raises(ModelError, match=r"model\.safetensors: expected a file whose SHA-256"):
        load_model(folder)


def test_what_the_configuration_does_not_name_tells_models_apart(folder: Path) -> None:
    digests = {model_digest(folder)}
    edit_config(folder, passage_pieces=7)
    digests.add(model_digest(folder))
    (folder / "taxonomy" / "direct.tsv").write_text("a\tb\n", encoding="utf-8")
    digests.add(model_digest(folder))
    edit_config(folder, files_sha256_16={})  # of a time when no digests were kept
    digests.add(model_digest(folder))
    (folder / "model.safetensors").write_bytes(b"others")
    digests.add(model_digest(folder))
    assert len(digests) == 5


def test_a_file_that_may_not_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def refuse(path: Path, *words: object) -> object:
        if path.name == "config.json":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *words)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ModelError, match=r"config\.json: expected a file that can be read, found Permission denied"):
        model_digest(folder)
