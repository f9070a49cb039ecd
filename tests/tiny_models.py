"""Twelve-row corpora and models over the `tiny` random encoder, for the tests of several rooms."""

from __future__ import annotations

import contextlib
import functools
import io
import math
import sys
import unittest.mock
from pathlib import Path
from typing import Any

import torch
import typer
from torch import nn

from ousianer_cli.app import main
from ousianer_cli.formats.corpus import Mention, Sentence, write_corpus
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.conversion import Conversion, ConversionInput
from ousianer_cli.network.encoder import load_encoder
from ousianer_cli.network.pieces import PieceTokenizer
from ousianer_cli.network.shapes import _NAMES
from ousianer_cli.network.tagger import TaggerConfig, TaggerNetwork
from ousianer_cli.network.targets import Targets
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.inventory import Inventory, InventoryType
from ousianer_cli.taxonomy.tree import Taxonomy
from ousianer_cli.taxonomy.tree_files import load_taxonomy, taxonomy_text

torch.set_num_threads(1)  # tensors this small only lose by more

PERSON, CITY, COUNTRY = "wordnet_person_100007846", "wordnet_city_108524735", "wordnet_country_108544813"
MAYOR = "wordnet_mayor_110303814"

_PEOPLE = ("Ada Brun", "Otto Lind", "Mara Voss", "Ivo Kern", "Nina Falk", "Carl Ott")
_CITIES = ("Rome", "Oslo", "Lima", "Bonn", "Perth", "Quito")


def sentence(text: str, *marked: tuple[str, tuple[str, ...]], supervises: str = "both", doc: str = "t") -> Sentence:
    """A sentence parted at blanks; `marked` are (words of the mention, its types)."""
    tokens = text.split()
    mentions = []
    for words, types in marked:
        wanted = words.split()
        start = next(i for i in range(len(tokens)) if tokens[i : i + len(wanted)] == wanted)
        mentions.append(Mention(start, start + len(wanted), types))
    return Sentence(tuple(tokens), tuple(sorted(mentions, key=lambda m: m.start)), doc, supervises)  # type: ignore[arg-type]


def _rows(person: tuple[str, ...], city: tuple[str, ...], supervises: str) -> list[Sentence]:
    rows = []
    for who, where in zip(_PEOPLE, _CITIES, strict=True):
        rows.append(sentence(f"Yesterday {who} went to {where} .", (who, person), (where, city), supervises=supervises))
        rows.append(sentence(f"{where} is where {who} lives .", (where, city), (who, person), supervises=supervises))
    return rows


def detection_rows() -> list[Sentence]:
    """12 sentences with all names marked, without types."""
    return _rows((), (), "detection")


def typing_rows() -> list[Sentence]:
    """12 sentences with YAGO types on their names."""
    return _rows((PERSON,), (CITY,), "typing")


def target_rows() -> list[Sentence]:
    """12 sentences with AIDA types on their names."""
    return _rows(("PER",), ("GPE.UrbanArea.City",), "both")


def write_rows(path: Path, rows: list[Sentence]) -> str:
    """The path of the written corpus, as settings take it."""
    write_corpus(path, rows)
    return str(path)


def pretrain_settings(folder: Path, **changes: Any) -> dict[str, Any]:
    """Settings of a pretraining that takes about a second; the corpora are written to the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "detection": [write_rows(folder / "detection.jsonl", detection_rows())],
        "typing": [write_rows(folder / "typing.jsonl", typing_rows())],
        "detection_dev": [str(folder / "detection.jsonl")],
        "typing_dev": [str(folder / "typing.jsonl")],
        "out": str(folder / "base"),
        "encoder": "tiny",
        "lstm_hidden": 8,
        "lstm_layers": 1,
        "shape_size": 4,
        "mention_size": 12,
        "min_mentions": 2,
        "epochs": 2,
        "batch_pieces": 200,
        "threads": 1,
        **changes,
    }


_commands = functools.cache(typer.main.get_command)
"""The commands of the package, which take longer to put together than most of them take to refuse their input."""


def command_line(*words: str | Path) -> tuple[int, str, str]:
    """What `ousianer WORDS` does, in this process: exit code, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        unittest.mock.patch.object(sys, "argv", ["ousianer", *map(str, words)]),
        unittest.mock.patch.object(typer.main, "get_command", _commands),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as left:
            code = left.code
    return int(str(code or 0)), out.getvalue(), err.getvalue()


def quiet(_: str) -> None:
    """Says nothing."""


def finetune_settings(folder: Path, base: Path | str, **changes: Any) -> FinetuneSettings:
    """Settings of a fine-tuning on twelve rows that takes about a second."""
    settings: dict[str, Any] = {
        "base": str(base),
        "out": str(folder / "tuned"),
        "train": [write_rows(folder / "target.jsonl", target_rows())],
        "epochs": 30,
        "batch_size": 8,
        "lr": 0.01,
        "warmup_steps": 5,
        "dropout": 0.0,
    }
    return FinetuneSettings(**{**settings, **changes})


def inventory() -> Inventory:
    """Four types: persons and mayors, cities, countries."""
    return Inventory(
        (
            InventoryType(PERSON, (), 9),
            InventoryType(CITY, (), 8),
            InventoryType(COUNTRY, (), 7),
            InventoryType(MAYOR, (PERSON,), 3),
        )
    )


def random_tagger(seed: int = 0, types: int = 4, **config: Any) -> TaggerNetwork:
    """An untrained network over the tiny encoder; in evaluation mode."""
    torch.manual_seed(seed)
    settings: dict[str, Any] = {
        "layers": (0, 1, 2),
        "encoder_size": 32,
        "types": types,
        "lstm_hidden": 8,
        "lstm_layers": 1,
        "shape_size": 4,
        "mention_size": 12,
        **config,
    }
    tagger = TaggerNetwork(TaggerConfig(**settings), load_encoder("tiny"))
    if tagger.adapter is not None:
        nn.init.normal_(tagger.adapter.out.weight)  # a new one adds nothing
    return tagger.eval()


def random_model(seed: int = 0, *, tuned: bool = True, **config: Any) -> Model:
    """A pretrained model that never was trained: its weights are random."""
    tagger = random_tagger(seed, **config)
    return Model(
        tagger, PieceTokenizer.characters(), inventory(), "tiny", tuned, {"max_pieces": 256}, metrics={"pretrain": {}}
    )


def random_tuned_model(
    seed: int = 0, taxonomy: Taxonomy | None = None, reads: ConversionInput = "both", **config: Any
) -> Model:
    """A model with target types and random weights, sharp enough to find many names of many types."""
    model = random_model(seed, **config)
    taxonomy = taxonomy or load_taxonomy("aida-edl")
    targets = Targets(taxonomy)
    torch.manual_seed(seed + 1)
    model.conversion = Conversion(
        model.tagger.vector_size, len(model.types), len(targets), hidden=16, reads=reads
    ).eval()
    with torch.no_grad():
        for layer in (model.tagger.emission, model.conversion.hidden, model.conversion.out):
            if isinstance(layer, nn.Linear):
                layer.weight.mul_(6)
        model.tagger.emission.bias.copy_(torch.tensor([0.5, 0.0, 0.0]))
    model.taxonomy_file = taxonomy_text(taxonomy)
    model.config |= {"decoding": {"decoding": "argmax", "credit": "both", "decay": 0.5, "min_confidence": 0.0}}
    return model


def capitals_model(type_name: str = "PER", chance: float = 0.9, max_pieces: int = 256) -> Model:
    """A model that finds each run of capitalised words, whatever stands around it, and gives all the same type.

    Its type has the given chance, and "outside" nearly all the rest. So its results can be written down by hand.
    """
    model = random_tuned_model()
    tagger, conversion = model.tagger, model.conversion
    assert tagger.shape is not None and conversion is not None
    size = tagger.config.lstm_hidden
    with torch.no_grad():
        tagger.shape.weight.zero_()
        tagger.shape.weight[0, _NAMES.index("capitalised")] = 10.0
        tagger.shape.bias.zero_()
        tagger.shape.bias[0] = -5.0
        for parameter in tagger.lstm.parameters():
            parameter.zero_()
        # Input and output gates open, the forget gate shut: a state tells of its own word alone.
        for bias in (tagger.lstm.bias_ih_l0, tagger.lstm.bias_ih_l0_reverse):
            bias[:size], bias[size : 2 * size], bias[3 * size :] = 20.0, -20.0, 20.0
        tagger.lstm.weight_ih_l0[2 * size, tagger.config.encoder_size] = 1.0
        tagger.emission.weight.zero_()
        tagger.emission.bias.zero_()
        tagger.emission.weight[:, 0] = torch.tensor([-10.0, 10.0, 10.0])
        tagger.crf.start_transitions.zero_()
        tagger.crf.end_transitions.zero_()
        tagger.crf.transitions.zero_()
        tagger.crf.transitions[1:, 2] = 5.0  # a run of capitalised words is one name
        tagger.crf.enforce()
        conversion.out.weight.zero_()
        conversion.out.bias.fill_(-30.0)
        targets = Targets(load_taxonomy("aida-edl"))
        conversion.out.bias[-1] = math.log(1 - chance)
        conversion.out.bias[targets.names.index(type_name)] = math.log(chance if type_name != "-" else 1.0)
    model.config["max_pieces"] = max_pieces
    return model
