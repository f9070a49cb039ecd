"""`ousianer export --onnx`: graphs that do in another runtime what the network does, for sequences of any length."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import command_line, random_model, random_tuned_model

from ousianer_cli.network import onnx_export
from ousianer_cli.network.checkpoint import Model, load_model, save_model
from ousianer_cli.network.inference import contextualised, detect_batch
from ousianer_cli.network.shapes import sentence_begins

runtime = pytest.importorskip("onnxruntime")
WORDS = ["Mayor", "Ada", "Brun", "of", "Lima", "met", "Otto", "near", "the", "Old", "Port", "."]


def saved(folder: Path, model: Model) -> Path:
    save_model(folder, model, "card")
    return folder


@pytest.mark.parametrize("tuned", [True, False])
def test_a_sentence_has_the_same_names_and_types(tmp_path: Path, tuned: bool) -> None:
    shape: dict[str, object] = {"shape_input": True, "lstm_layers": 2, "adapter": 6} if tuned else {"pooling": "mean"}
    made = random_tuned_model(4, **shape) if tuned else random_model(4, **shape)
    folder = saved(tmp_path / "model", made)
    code, out, err = command_line("export", folder, "--onnx", "-o", tmp_path / "out")
    assert (code, err) == (0, "") and "detector.onnx: differs from PyTorch by at most " in out
    model, config = load_model(folder), json.loads((tmp_path / "out" / "config.json").read_text())
    detector, typing = (
        runtime.InferenceSession(str(tmp_path / "out" / f"{name}.onnx")) for name in ("detector", "typing")
    )
    for words in (WORDS, WORDS[:1], WORDS * 5):
        (sequence,) = model.tokenizer.encode([words])
        given = {"piece_ids": sequence.piece_ids.astype(np.int64), "first_piece": sequence.first_piece.astype(np.int64)}
        emissions, states, layers = detector.run(None, {**given, "shapes": sequence.shapes.astype(np.float32)})
        with torch.inference_mode():
            (batch,) = contextualised(model.tagger, [sequence], 4096)
            (found,) = detect_batch(model.tagger, batch)
            assert not sentence_begins(torch.from_numpy(sequence.shapes))[1:].any()
            assert model.tagger.crf.named_spans(torch.from_numpy(emissions))[0] == found.spans
        if not found.spans:
            continue
        start, end = np.array(found.spans).T
        typed = typing.run(None, {"states": states, "layers": layers, "start": start, "end": end})
        assert np.abs(typed[0] - found.vectors).max() < 1e-4 and len(typed) == 2 + tuned
        if tuned:
            assert typed[2].sum(axis=1) == pytest.approx(np.ones(len(start)), abs=1e-5)
    assert config["type_names"] == model.types and config["crf"]["transitions"][0][2] < -1000
    assert max(config["differs_from_pytorch"].values()) <= 1e-4


def test_an_export_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", random_model())
    for _ in range(2):
        assert command_line("export", folder, "--onnx", "-o", tmp_path / "out")[0] == 0
    code, _, err = command_line("export", folder, "--onnx", "-o", folder)
    assert code == 2 and load_model(folder).types and err.count("\n") == 1


def test_a_graph_that_differs_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = saved(tmp_path / "model", random_model())
    monkeypatch.setattr(onnx_export, "TOLERANCE", 0.0)
    code, _, err = command_line("export", folder, "--onnx", "-o", tmp_path / "out")
    assert code == 2 and "to agree with PyTorch to 0, found a difference of" in err
    assert not (tmp_path / "out").exists()


def test_a_format_must_be_named(tmp_path: Path) -> None:
    code, _, err = command_line("export", "-o", tmp_path / "out")
    assert code == 2 and "--onnx: expected a format, found none" in err
