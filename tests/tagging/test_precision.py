"""Which numbers the network is computed in, and that it is said why."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import capitals_model, random_model

from ousianer_cli.errors import SettingsError
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.encoder import build_encoder
from ousianer_cli.network.onednn import Precision
from ousianer_cli.network.tagger import TaggerConfig, TaggerNetwork
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging import blocks, precision, run, tagger
from ousianer_cli.tagging.precision import choose_precision


@pytest.mark.parametrize(
    ("seconds", "taken"),
    [
        ({"fp32": 3.0, "bf16": 2.0, "int8": 1.0}, "int8"),
        ({"fp32": 3.0, "bf16": 2.0, "int8": 1.9}, "bf16"),
        ({"fp32": 3.0, "int8": 2.9}, "fp32"),
        ({"fp32": 3.0, "bf16": 4.0, "int8": 2.0}, "int8"),
    ],
)
def test_less_precision_must_be_worth_it(
    monkeypatch: pytest.MonkeyPatch, seconds: dict[Precision, float], taken: str
) -> None:
    monkeypatch.setattr(precision, "_tried", lambda model: seconds)
    chosen = choose_precision("auto", capitals_model(), "cpu")
    assert chosen.precision == taken
    assert chosen.reason.startswith("pieces a second in a trial of one thread: fp32 53, ")


def test_the_trial_runs_every_precision_of_this_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    for fast, names in ((True, {"fp32", "bf16", "int8"}), (False, {"fp32", "int8"})):
        monkeypatch.setattr(precision, "fast_bf16", lambda fast=fast: fast)
        seconds = precision._tried(capitals_model())
        assert set(seconds) == names and all(s > 0 for s in seconds.values())


def test_what_is_told_is_taken_and_what_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = capitals_model()
    assert str(choose_precision("int8", model, "cpu")) == "int8 (as set)"
    assert str(choose_precision("auto", model, "cuda")) == "fp32 (the device cuda)"
    with pytest.raises(SettingsError, match="--precision int8: expected a network .* found the device cuda"):
        choose_precision("int8", model, "cuda")
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: "AVX2")
    monkeypatch.setattr(precision, "fast_bf16", lambda: False)
    with pytest.raises(SettingsError, match="--precision bf16: expected a processor with AVX-512, found AVX2"):
        choose_precision("bf16", model, "cpu")


def test_an_encoder_that_is_not_packed_stays_in_fp32() -> None:
    model = random_model()
    encoder = build_encoder(
        {"model_type": "distilbert", "vocab_size": 99, "dim": 32, "n_layers": 1, "n_heads": 2, "hidden_dim": 64}
    )
    model.tagger = TaggerNetwork(TaggerConfig(layers=(1,), encoder_size=32, types=4), encoder)
    assert str(choose_precision("auto", model, "cpu")) == "fp32 (an encoder of another kind (distilbert))"
    with pytest.raises(SettingsError, match="found an encoder of another kind"):
        choose_precision("bf16", model, "cpu")


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_trial_loads_the_model_once_and_says_what_it_found(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch, in_parts: bool
) -> None:
    loads: list[object] = []
    plain = run._tag_at_once

    def counted(folder: str) -> Model:
        loads.append(folder)
        return load_model(folder)

    monkeypatch.setattr(run, "load_model", counted)
    monkeypatch.setattr(tagger, "load_model", counted)
    monkeypatch.setattr(precision, "_tried", lambda model: {"fp32": 3.0, "int8": 1.0})
    if in_parts:
        monkeypatch.setattr(run, "AT_ONCE", 0)
        monkeypatch.setattr(blocks, "LEAST_TEXT", 1)
    at_once: list[object] = []
    monkeypatch.setattr(run, "_tag_at_once", lambda *given: at_once.append(given) or plain(*given))
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("Ada Brun left Oslo for Rome. " * 20)
    written = {}
    for name in ("auto", "int8"):
        out = tmp_path / f"{name}.tab"
        inputs = sorted(str(p) for p in tmp_path.glob("*.txt"))
        settings = TagSettings(inputs=inputs, model=model, precision=name, out=str(out))
        loads.clear()
        summary = run.run_tag(settings)
        assert loads == [model], name
        assert bool(at_once) != in_parts
        written[summary.precision] = out.read_bytes()
    (trial, tried), (_, written_again) = written.items()
    assert trial == "int8 (pieces a second in a trial of one thread: fp32 53, int8 160)" and tried == written_again
