"""What an installed OusiaNER carries: the released model, the project files, the taxonomies, licence and notices."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from ousianer_cli import released_models
from ousianer_cli.errors import ModelError

ROOT = Path(__file__).resolve().parent.parent


def make_model(folder: Path) -> Path:
    (folder / "taxonomy").mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "taxonomy/target.tsv", "README.md"):
        (folder / name).write_text("x")
    return folder


def test_a_model_in_the_package_comes_before_one_in_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "ousianer_cli"
    package.mkdir()
    monkeypatch.setattr(released_models, "files", lambda _: package)
    with pytest.raises(ModelError, match="none"):
        released_models.released_model()
    checkout = make_model(tmp_path / "models" / "ousianer-mini")
    (tmp_path / "models" / "unfinished").mkdir()
    assert released_models.released_models() == {"ousianer-mini": checkout}
    installed = make_model(package / "released" / "ousianer-mini")
    assert released_models.released_model() == installed
    with pytest.raises(ModelError, match="expected a released model .ousianer-mini."):
        released_models.released_model("other")


def test_nothing_but_the_package_and_its_model_is_packed() -> None:
    """The corpora of examples/ stay in the checkout: a list of packages and no manifest."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert (
        {name.partition(".")[0] for name in tools["packages"]}
        == {"ousianer_cli"}
        == set(tools["package-data"]) - {"ousianer_cli.released"}
    )
    assert set(tools["package-dir"].values()) == {"ousianer_cli", "models"}
    assert tools["include-package-data"] is False and not (ROOT / "MANIFEST.in").exists()


@pytest.mark.slow
def test_the_wheel_carries_everything(tmp_path: Path) -> None:
    """Built from a copy with a stand-in model, without a network."""
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "ousianer_cli", source / "ousianer_cli", ignore=shutil.ignore_patterns("__pycache__"))
    make_model(source / "models" / "ousianer-mini")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "-w", tmp_path, source], check=True, capture_output=True, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("ousianer_cli/")}
    files = {
        path.relative_to(source).as_posix()
        for path in (source / "ousianer_cli").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    model = {
        f"ousianer_cli/released/{path.relative_to(source / 'models').as_posix()}"
        for path in (source / "models").rglob("*")
        if path.is_file()
    }
    assert packed == files | model
    notices = [name for name in zipfile.ZipFile(wheel).namelist() if "dist-info/licenses/" in name]
    assert sorted(Path(name).name for name in notices) == ["LICENSE", "NOTICE"]
