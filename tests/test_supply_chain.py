"""What SECURITY.md promises of the code and of what it stands on: data is never run, and versions have bounds."""

from __future__ import annotations

import ast
import importlib.metadata
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from safetensors import safe_open

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [p for room in ("ousianer_cli", "examples", "benchmarks") for p in sorted((ROOT / room).rglob("*.py"))]
RUNS_WHAT_IT_READS = {
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "marshal",
    "jsonpickle",
}
WEIGHTS = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".h5", ".msgpack", ".npy", ".npz"}
BUILTINS = {"eval", "exec"}


def faults(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) of each place in Python code that may run what it reads."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name) for a in node.names if a.name.split(".")[0] in RUNS_WHAT_IT_READS)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in RUNS_WHAT_IT_READS:
            yield node.lineno, str(node.module)
        elif isinstance(node, ast.Constant) and node.value == "trust_remote_code":
            yield node.lineno, "trust_remote_code"
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in BUILTINS or called in ("torch.load", "torch.hub.load", "yaml.load", "os.system"):
                yield node.lineno, called
            if called.endswith((".read_pickle", ".to_pickle")):
                yield node.lineno, called
            for keyword in node.keywords:
                unsafe = not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
                if keyword.arg in ("trust_remote_code", "allow_pickle", "shell") and unsafe:
                    yield node.lineno, f"{called}({keyword.arg}=…)"


def test_no_code_is_loaded_as_data() -> None:
    assert len(SOURCES) > 200
    assert {str(p.relative_to(ROOT)): list(faults(p.read_text("utf-8"))) for p in SOURCES if faults_of(p)} == {}


def faults_of(path: Path) -> list[tuple[int, str]]:
    return list(faults(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "import torch\ntorch.load('x.pt', weights_only=True)",
        "AutoModel.from_pretrained('x', trust_remote_code=True)",
        "AutoModel.from_pretrained('x', trust_remote_code=given)",
        "AutoModel.from_pretrained('x', **{'trust_remote_code': True})",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(line, shell=True)",
        "eval(text)",
        "frame = pd.read_pickle(path)",
    ],
)
def test_each_way_is_seen(code: str) -> None:
    assert len(list(faults(code))) == 1


def test_what_is_safe_is_left_alone() -> None:
    assert not list(faults("np.load(p, allow_pickle=False)\nmodel.eval()\nload_file('x.safetensors')\nre.compile('a')"))


def test_models_hold_weights_as_safetensors_alone() -> None:
    files = [p for p in (ROOT / "models").rglob("*") if p.is_file()]
    assert not [p for p in files if p.suffix.lower() in WEIGHTS]
    weights = [p for p in files if p.suffix == ".safetensors"]
    assert weights
    for path in weights:
        with safe_open(path, framework="np") as tensors:
            assert list(tensors.keys())


def requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    lines = [*project["build-system"]["requires"], *project["project"]["dependencies"], *(r for e in extras for r in e)]
    return [Requirement(line) for line in lines if not line.startswith("ousianer[")]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_a_requirement_has_a_lower_and_an_upper_bound_around_what_is_tested(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators == {"=="} or operators == {">=", "<"}
    try:
        installed = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return  # of an extra that is not installed here
    assert requirement.specifier.contains(installed, prereleases=True)


def test_the_promises_are_written_down() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    for word in ("pickle", "safetensors", "trust_remote_code", "pip-audit", "dump DB"):
        assert word in text
