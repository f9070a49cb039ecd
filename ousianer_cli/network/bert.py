"""BERT (Devlin et al. 2019) as our model folders hold it: what `transformers` computes, to the bit, without loading it.

Importing the classes of `transformers` takes longer than reading a small model and tagging a page with it. Names of
tensors are those of its `BertModel`, without the pooler. Letters: B sequences, S pieces, D hidden size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_BUILT = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
    "chunk_size_feed_forward": 0,
}
"""Settings of a configuration of which only these values are built here."""
_SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
    "layer_norm_eps",
)


def builds(config: Mapping[str, Any]) -> bool:
    """Whether `Bert` is the architecture of a configuration; one that leaves something open is for `transformers`."""
    return (
        config.get("model_type") == "bert"
        and all(name in config for name in _SIZES)
        and all(config.get(name, value) == value for name, value in _BUILT.items())
    )


@dataclass(frozen=True, slots=True)
class BertStates:
    """Hidden states [B, S, D] of the embeddings and of every layer."""

    hidden_states: tuple[Tensor, ...]

    @property
    def last_hidden_state(self) -> Tensor:
        """[B, S, D], what the last layer gives."""
        return self.hidden_states[-1]


class Bert(nn.Module):
    """The encoder of a configuration that `builds` accepts; its weights are for a checkpoint to fill."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.config = SimpleNamespace(hidden_act="gelu", **{n: v for n, v in config.items() if n != "hidden_act"})
        self.embeddings = _Embeddings(self.config)
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(_Layer(self.config) for _ in range(self.config.num_hidden_layers))

    def get_input_embeddings(self) -> nn.Embedding:
        """The word embeddings, as transformers names them."""
        return self.embeddings.word_embeddings

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        output_hidden_states: bool = True,
    ) -> BertStates:
        """Run over piece ids [B, S] or their embeddings [B, S, D]; `attention_mask` [B, S] is 1 where pieces stand."""
        states = [self.embeddings(input_ids, inputs_embeds)]
        mask = None
        traced = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
        if attention_mask is not None and (traced or not bool(attention_mask.all())):
            size, pieces = attention_mask.shape
            mask = attention_mask.bool()[:, None, None, :].expand(size, 1, pieces, pieces)
        for layer in self.encoder.layer:  # type: ignore[union-attr]
            states.append(layer(states[-1], mask))
        return BertStates(tuple(states))


class _Embeddings(nn.Module):
    def __init__(self, config: Any) -> None:
        super().__init__()
        size = config.hidden_size
        self.word_embeddings = nn.Embedding(config.vocab_size, size, padding_idx=getattr(config, "pad_token_id", 0))
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, size)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, size)
        self.LayerNorm = nn.LayerNorm(size, eps=config.layer_norm_eps)

    def forward(self, input_ids: Tensor | None = None, inputs_embeds: Tensor | None = None) -> Tensor:
        if inputs_embeds is None:
            assert input_ids is not None
            inputs_embeds = self.word_embeddings(input_ids)
        places = torch.arange(inputs_embeds.shape[1], device=inputs_embeds.device)[None]
        typed = inputs_embeds + self.token_type_embeddings(torch.zeros_like(places))
        return self.LayerNorm(typed + self.position_embeddings(places))  # type: ignore[no-any-return]


class _Attention(nn.Module):
    def __init__(self, config: Any) -> None:
        super().__init__()
        self.self = nn.Module()
        for name in ("query", "key", "value"):
            self.self.add_module(name, nn.Linear(config.hidden_size, config.hidden_size))
        self.output = _Added(config.hidden_size, config)
        self._head = config.hidden_size // config.num_attention_heads

    def forward(self, states: Tensor, mask: Tensor | None) -> Tensor:
        size, pieces, _ = states.shape
        query, key, value = (
            getattr(self.self, name)(states).view(size, pieces, -1, self._head).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        heard = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=self._head**-0.5)
        return self.output(heard.transpose(1, 2).reshape(size, pieces, -1), states)  # type: ignore[no-any-return]


class _Added(nn.Module):
    """A linear layer whose output is added to what came before, and normalised."""

    def __init__(self, incoming: int, config: Any) -> None:
        super().__init__()
        self.dense = nn.Linear(incoming, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, states: Tensor, before: Tensor) -> Tensor:
        return self.LayerNorm(self.dense(states) + before)  # type: ignore[no-any-return]


class _Layer(nn.Module):
    def __init__(self, config: Any) -> None:
        super().__init__()
        self.attention = _Attention(config)
        self.intermediate = nn.Module()
        self.intermediate.dense = nn.Linear(config.hidden_size, config.intermediate_size)
        self.output = _Added(config.intermediate_size, config)

    def forward(self, states: Tensor, mask: Tensor | None) -> Tensor:
        heard = self.attention(states, mask)
        return self.output(F.gelu(self.intermediate.dense(heard)), heard)  # type: ignore[no-any-return, operator]
