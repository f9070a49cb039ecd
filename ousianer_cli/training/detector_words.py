"""Words as a detector sees them, computed once for a training of its adapter.

Letters: T words of a sequence, H BiLSTM output size, D encoder size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ousianer_cli.network.adapter import DetectionAdapter, adapter_inputs
from ousianer_cli.network.crf import Iob2Crf
from ousianer_cli.network.nested import Span
from ousianer_cli.network.packed import PackedNetwork
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.shapes import sentence_begins
from ousianer_cli.network.tagger import TaggerNetwork


@dataclass(frozen=True, slots=True)
class SeenWords:
    """A sequence after the network: what an adapter reads [T, H + D] in fp16, the last layer's emissions [T, 3] without
    an adapter's part, and where a sentence begins [T]."""

    inputs: Tensor
    emissions: Tensor
    begins: Tensor

    def __len__(self) -> int:
        return len(self.emissions)

    def scores(self, adapter: DetectionAdapter | None) -> Tensor:
        """Emissions [T, 3] with an adapter's part."""
        return self.emissions if adapter is None else self.emissions + adapter(self.inputs.float())


@torch.no_grad()
def seen_words(tagger: TaggerNetwork, sequences: Sequence[EncodedSentence]) -> list[SeenWords]:
    """Run sequences through the network."""
    tagger.eval()
    network = PackedNetwork(tagger)
    seen = []
    for at in range(0, len(sequences), network.rows):
        for states, layers, shapes in network(sequences[at : at + network.rows]):
            inputs = adapter_inputs(states, tagger.mix(layers))[0].half()
            seen.append(SeenWords(inputs, tagger.emission(states)[0], sentence_begins(shapes)[0]))
    return seen


@torch.no_grad()
def spans_in(crf: Iob2Crf, sequences: Sequence[SeenWords], adapter: DetectionAdapter | None) -> list[list[Span]]:
    """The names that a detector with this adapter finds in each sequence."""
    if adapter is not None:
        adapter.eval()
    return [crf.named_spans(crf.ended_before(seen.scores(adapter), seen.begins))[0] for seen in sequences]
