"""The pretrained network: encoder -> BiLSTM -> (linear + CRF) and (mention pooling -> type projection).

After Hagiwara, Tamaki and Yamada (2019), section on the pretrained model; what differs is an option, and
`--preset paper` gives the paper's own choice of each.
Letters: B sentences, T words, M mentions, L mixed layers, D encoder size, H BiLSTM output size (2 x hidden), V mention
vector size, Y pretraining types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from ousianer_cli.network.adapter import DetectionAdapter, adapter_inputs
from ousianer_cli.network.bilstm import run_bilstm
from ousianer_cli.network.crf import TAGS, Iob2Crf
from ousianer_cli.network.encoder import LayerStates, ScalarMix
from ousianer_cli.network.pieces import Batch
from ousianer_cli.network.shapes import SHAPE_FEATURES

Pooling = Literal["first", "mean", "ends"]


@dataclass(frozen=True, slots=True)
class TaggerConfig:
    """Sizes and choices that fix the network's tensors."""

    layers: tuple[int, ...]
    """Encoder layers in the scalar mix; 0 is the embeddings."""
    encoder_size: int
    types: int
    """Y, the pretraining types."""
    lstm_hidden: int = 200
    lstm_layers: int = 2
    dropout: float = 0.5
    shape_size: int = 32
    """Size of the projected word-shape features; 0 leaves them out."""
    shape_input: bool = False
    """Whether word shapes are added to the encoder's input too."""
    pooling: Pooling = "ends"
    mention_size: int = 256
    """V; 0 takes the pooled vector as it is (the paper)."""
    typing_sees_encoder: bool = True
    """Whether a mention's vector also pools the mixed encoder states, not the BiLSTM's alone."""
    adapter: int = 0
    """Hidden size of what a detector learned from corrections (`network.adapter`); 0 where it learned none."""


@dataclass(slots=True)
class Mentions:
    """Where M mentions stand in a batch: row [M], start [M], end [M] (exclusive), in words."""

    row: Tensor
    start: Tensor
    end: Tensor

    @classmethod
    def of(cls, spans: list[list[tuple[int, int]]], device: torch.device | str = "cpu") -> Mentions:
        """Spans [start, end) of each sentence as M mentions."""
        flat = [(row, a, b) for row, items in enumerate(spans) for a, b in items]
        table = torch.tensor(flat, dtype=torch.long, device=device).reshape(-1, 3)
        return cls(table[:, 0], table[:, 1], table[:, 2])

    def __len__(self) -> int:
        return len(self.row)


class SpanPooling(nn.Module):
    """One vector a mention from its words' vectors [B, T, H]: [M, H], or [M, 3H] for `ends` (first, last, mean)."""

    def __init__(self, size: int, pooling: Pooling) -> None:
        super().__init__()
        self.pooling = pooling
        self.size = 3 * size if pooling == "ends" else size

    def forward(self, states: Tensor, mentions: Mentions) -> Tensor:
        """[B, T, H] -> [M, H] or [M, 3H]."""
        first = states[mentions.row, mentions.start]
        if self.pooling == "first":
            return first
        longest = int((mentions.end - mentions.start).max()) if len(mentions) else 1
        offsets = torch.arange(longest, device=states.device)
        index = mentions.start[:, None] + offsets  # [M, longest]
        inside = index < mentions.end[:, None]
        words = states[mentions.row[:, None], index.clamp(max=states.shape[1] - 1)]  # [M, longest, H]
        mean = (words * inside[:, :, None]).sum(dim=1) / inside.sum(dim=1, keepdim=True)
        if self.pooling == "mean":
            return mean
        return torch.cat([first, states[mentions.row, mentions.end - 1], mean], dim=1)


class TaggerNetwork(nn.Module):
    """Detection and multi-label typing over one encoder; two heads, since a CRF over all types would cost O(Y^2)."""

    def __init__(self, config: TaggerConfig, encoder: nn.Module) -> None:
        super().__init__()
        self.config = config
        self.states = LayerStates(encoder, list(config.layers), config.shape_input)
        self.mix = ScalarMix(len(config.layers))
        self.shape = nn.Linear(SHAPE_FEATURES, config.shape_size) if config.shape_size else None
        self.dropout = nn.Dropout(config.dropout)
        self.lstm = nn.LSTM(
            config.encoder_size + config.shape_size,
            config.lstm_hidden,
            num_layers=config.lstm_layers,
            bidirectional=True,
            batch_first=True,
            dropout=config.dropout if config.lstm_layers > 1 else 0.0,
        )
        out = 2 * config.lstm_hidden
        self.emission = nn.Linear(out, TAGS)
        self.adapter: DetectionAdapter | None = None
        if config.adapter:
            self.adapter = self.new_adapter(config.adapter)
        self.crf = Iob2Crf()
        self.pool_lstm = SpanPooling(out, config.pooling)
        pooled = self.pool_lstm.size
        if config.typing_sees_encoder:
            self.typing_mix: ScalarMix | None = ScalarMix(len(config.layers))
            self.pool_encoder: SpanPooling | None = SpanPooling(config.encoder_size, "mean")
            pooled += config.encoder_size
        else:
            self.typing_mix = self.pool_encoder = None
        self.mention: nn.Module = (
            nn.Sequential(nn.Linear(pooled, config.mention_size), nn.GELU(), nn.LayerNorm(config.mention_size))
            if config.mention_size
            else nn.Identity()
        )
        self.vector_size = config.mention_size or pooled
        self.types = nn.Linear(self.vector_size, config.types)

    def contextualise(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """BiLSTM states [B, T, H] after dropout, and encoder states [B, T, L, D]."""
        layers = self.states(batch)
        words = self.mixed_words(layers, batch)
        states = run_bilstm(self.lstm, self.dropout(words), batch.word_mask.sum(dim=1))
        return self.dropout(states), layers

    def mixed_words(self, layers: Tensor, batch: Batch) -> Tensor:
        """What the BiLSTM reads of each word, from encoder states [B, T, L, D]."""
        words = self.mix(layers)
        return words if self.shape is None else torch.cat([words, self.shape(batch.shapes)], dim=-1)

    def new_adapter(self, hidden: int) -> DetectionAdapter:
        """An adapter of this network's sizes, which adds nothing yet."""
        return DetectionAdapter(2 * self.config.lstm_hidden + self.config.encoder_size, hidden)

    def emissions(self, states: Tensor, layers: Tensor) -> Tensor:
        """The CRF's scores of tags [B, T, 3], from BiLSTM states [B, T, H] and encoder states [B, T, L, D]."""
        scores: Tensor = self.emission(states)
        if self.adapter is None:
            return scores
        added: Tensor = self.adapter(adapter_inputs(states, self.mix(layers)))
        return scores + added

    def mention_vectors(self, states: Tensor, layers: Tensor, mentions: Mentions) -> Tensor:
        """[M, V] from BiLSTM states [B, T, H] and encoder states [B, T, L, D]."""
        pooled = self.pool_lstm(states, mentions)
        if self.typing_mix is not None and self.pool_encoder is not None:
            pooled = torch.cat([pooled, self.dropout(self.pool_encoder(self.typing_mix(layers), mentions))], dim=1)
        return self.mention(pooled)  # type: ignore[no-any-return]

    def type_logits(self, vectors: Tensor) -> Tensor:
        """[M, V] -> [M, Y]; the element-wise sigmoid of it is p(type) for each type by itself."""
        return self.types(vectors)  # type: ignore[no-any-return]

    def detection_parameters(self) -> set[str]:
        """Names of every tensor that detection reads: encoder, mix, shapes, BiLSTM, emission, adapter, CRF."""
        typing = ("pool_lstm.", "typing_mix.", "pool_encoder.", "mention.", "types.")
        return {name for name in self.state_dict() if not name.startswith(typing)}
