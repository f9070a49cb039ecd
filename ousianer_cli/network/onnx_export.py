"""A model as ONNX graphs, for runtimes other than PyTorch, each checked against PyTorch before it is written.

Two graphs, a sequence (sentence or passage) at a time: `detector.onnx` from pieces to emissions and states,
`typing.onnx` from states and the places of mentions to their types. The CRF's numbers stand in `config.json`.
Letters: T words, S pieces, F word-shape features, H BiLSTM output size, L mixed layers, D encoder size, M mentions, V
mention vector, Y pretraining types, A target types.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ousianer_cli import __version__
from ousianer_cli.errors import ModelError
from ousianer_cli.extras import require_extra
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.pieces import Batch
from ousianer_cli.network.shapes import SHAPE_FEATURES
from ousianer_cli.network.tagger import SpanPooling, TaggerNetwork
from ousianer_cli.outputs import EXPORT, whole_folder

TOLERANCE = 1e-4
"""The greatest difference from PyTorch that is let through."""
OPSET = 17
_LENGTHS = ((3, 2), (9, 7), (40, 31), (180, 150))
"""Pieces and words of the made-up sequences that are compared."""


class _Detector(nn.Module):
    """piece_ids [S], first_piece [T], shapes [T, F] -> emissions [T, 3], states [T, H], layers [T, L, D]."""

    def __init__(self, network: TaggerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, piece_ids: Tensor, first_piece: Tensor, shapes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        network = self.network
        ones = torch.ones_like(piece_ids, dtype=torch.bool)[None]
        words = torch.ones_like(first_piece, dtype=torch.bool)[None]
        batch = Batch(piece_ids[None], ones, first_piece[None], words, shapes[None])
        layers = network.states(batch)
        states, _ = network.lstm(network.mixed_words(layers, batch))
        return network.emissions(states, layers)[0], states[0], layers[0]


class _Typing(nn.Module):
    """states [T, H], layers [T, L, D], start [M], end [M] (exclusive) -> vectors [M, V], type logits [M, Y], and of a
    tuned model the distribution over target types [M, A]."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.network, self.conversion = model.tagger, model.conversion

    def forward(self, states: Tensor, layers: Tensor, start: Tensor, end: Tensor) -> tuple[Tensor, ...]:
        network = self.network
        pooled = _pooled(network.pool_lstm, states, start, end)
        if network.typing_mix is not None and network.pool_encoder is not None:
            heard = _pooled(network.pool_encoder, network.typing_mix(layers[None])[0], start, end)
            pooled = torch.cat([pooled, heard], dim=1)
        vectors = network.mention(pooled)
        logits = network.type_logits(vectors)
        if self.conversion is None:
            return vectors, logits
        return vectors, logits, torch.softmax(self.conversion(vectors, logits), dim=1)


def _pooled(pooling: SpanPooling, states: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """What `SpanPooling` gives, by a product with a matrix of which words are in which mention: no shape depends on
    the mentions' lengths."""
    if pooling.pooling == "first":
        return states[start]
    places = torch.arange(states.shape[0])
    inside = ((places >= start[:, None]) & (places < end[:, None])).to(states.dtype)
    mean = inside @ states / inside.sum(dim=1, keepdim=True)
    return mean if pooling.pooling == "mean" else torch.cat([states[start], states[end - 1], mean], dim=1)


def export_onnx(folder: str | Path, target: str | Path) -> list[str]:
    """Write a model's graphs with what is needed to use them; what there is to say of it, in lines.

    Raises:
        SettingsError: the packages of the extra `onnx` are missing.
        ModelError: a graph that differs from PyTorch by more than `TOLERANCE`, or a model that cannot be exported.
        OutputError: what stands there is no export, or cannot be written.
    """
    require_extra("onnx", "export --onnx")
    import onnxruntime

    model = load_model(folder)
    model.tagger.eval()
    outputs = ["vectors", "type_logits", *(["target_probabilities"] if model.conversion is not None else [])]
    sequences = [_made_up(model, pieces, words) for pieces, words in _LENGTHS]
    with whole_folder(target, EXPORT) as out, torch.inference_mode():
        detector = _Detector(model.tagger).eval()
        names = ["piece_ids", "first_piece", "shapes"], ["emissions", "states", "layers"]
        axes = {"piece_ids": "S", **dict.fromkeys(("first_piece", "shapes", *names[1]), "T")}
        _write(detector, sequences[1], *names, axes, out / "detector.onnx")
        found = [detector(*sequence) for sequence in sequences]
        typing = _Typing(model).eval()
        spans = [_spans(len(sequence[1])) for sequence in sequences]
        places = [(states, layers, *span) for (_, states, layers), span in zip(found, spans, strict=True)]
        inner = ["states", "layers", "start", "end"]
        axes = {"states": "T", "layers": "T", **dict.fromkeys(("start", "end", *outputs), "M")}
        _write(typing, places[1], inner, outputs, axes, out / "typing.onnx")
        worst = {}
        for name, module, inputs, rows in (
            ("detector.onnx", detector, names[0], sequences),
            ("typing.onnx", typing, inner, places),
        ):
            session = onnxruntime.InferenceSession(str(out / name), providers=["CPUExecutionProvider"])
            worst[name] = max(_difference(session, module, inputs, row) for row in rows)
            if not worst[name] <= TOLERANCE:
                raise ModelError(
                    f"{folder}: expected {name} to agree with PyTorch to {TOLERANCE:g}, found a difference of "
                    f"{worst[name]:.2g}; this is a fault of ousianer or of its exporter, please report it"
                )
        _write_rest(model, Path(folder), out, worst)
    return [f"{name}: differs from PyTorch by at most {value:.1g}" for name, value in worst.items()]


def _write(
    module: nn.Module,
    example: Sequence[Tensor],
    inputs: Sequence[str],
    outputs: Sequence[str],
    axes: Mapping[str, str],
    path: Path,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing: lengths are checked below, on sequences of other lengths
        torch.onnx.export(
            module,
            tuple(example),
            str(path),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: {0: letter} for name, letter in axes.items()},
            opset_version=OPSET,
            dynamo=False,
        )


def _made_up(model: Model, pieces: int, words: int) -> tuple[Tensor, Tensor, Tensor]:
    """A sequence of random pieces and word shapes."""
    random = np.random.default_rng(pieces)
    ids = random.integers(0, model.tokenizer.vocabulary, pieces)
    first = np.sort(random.choice(np.arange(1, pieces - 1), words, replace=True))
    shapes = random.integers(0, 2, (words, SHAPE_FEATURES)).astype(np.float32)
    return torch.from_numpy(ids), torch.from_numpy(first), torch.from_numpy(shapes)


def _spans(words: int) -> tuple[Tensor, Tensor]:
    start = torch.arange(0, words, 2)
    return start, (start + 1 + start % 4).clamp(max=words)


def _difference(session: Any, module: nn.Module, names: Sequence[str], inputs: Sequence[Tensor]) -> float:
    """The greatest difference in any output, as a share of the output's greatest number where that is over 1."""
    found = session.run(None, {name: value.numpy() for name, value in zip(names, inputs, strict=True)})
    worst = 0.0
    for own, wanted in zip(found, module(*inputs), strict=True):
        if own.shape != tuple(wanted.shape):
            return float("inf")
        scale = max(1.0, float(wanted.abs().max()))
        worst = max(worst, float(np.abs(own - wanted.numpy()).max()) / scale)
    return worst


def _write_rest(model: Model, folder: Path, out: Path, worst: Mapping[str, float]) -> None:
    """Tokenizer, taxonomies, and in `config.json` the rest that decoding needs."""
    model.tokenizer.save(out)
    shutil.copytree(folder / "taxonomy", out / "taxonomy")
    crf = model.tagger.crf
    config = {
        "export": "onnx",
        "ousianer": __version__,
        "opset": OPSET,
        "differs_from_pytorch": dict(worst),
        "tags": ["O", "B", "I"],
        "crf": {
            "start": crf.start_transitions.tolist(),
            "transitions": crf.transitions.tolist(),
            "end": crf.end_transitions.tolist(),
        },
        "max_pieces": model.max_pieces,
        "passage_pieces": model.passage_pieces,
        "decoding": model.config.get("decoding", {}),
        "type_names": model.types,
    }
    (out / "config.json").write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
