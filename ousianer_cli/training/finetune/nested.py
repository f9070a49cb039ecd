"""Training of the head for names inside names, over the vectors of a fixed network.

Letters: N candidates, V mention vector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.network.nested import NestedHead, Span, candidates, place_features
from ousianer_cli.training.examples import Example

EPOCHS = 8
BATCH = 256
RATE = 1e-3


@dataclass(slots=True)
class NestedInstances:
    """N candidates: vectors of them and of their names [N, V], places [N, 6], 1 where a candidate is a name [N]."""

    inner: Tensor
    outer: Tensor
    places: Tensor
    wanted: Tensor

    def __len__(self) -> int:
        return len(self.wanted)


def candidate_spans(names: Sequence[Span]) -> list[Span]:
    """What vectors are needed of for a sentence's names: each name that has candidates, followed by them."""
    return [span for name in names if (inside := candidates(name)) for span in (name, *inside)]


def nested_instances(
    names: Sequence[Sequence[Span]], nested: Sequence[Sequence[Span]], vectors: np.ndarray
) -> NestedInstances:
    """Instances of sentences with their names and the names inside them; `vectors` are those of `candidate_spans` of
    one sentence after another."""
    inner_rows: list[int] = []
    outer_rows: list[int] = []
    inner: list[Span] = []
    outer: list[Span] = []
    wanted: list[float] = []
    at = 0
    for of_sentence, gold in zip(names, nested, strict=True):
        marked = set(gold)
        for name in of_sentence:
            inside = candidates(name)
            if not inside:
                continue
            inner_rows += range(at + 1, at + 1 + len(inside))
            outer_rows += [at] * len(inside)
            inner += inside
            outer += [name] * len(inside)
            wanted += [float(span in marked) for span in inside]
            at += 1 + len(inside)
    table = torch.from_numpy(vectors)
    return NestedInstances(
        table[inner_rows], table[outer_rows], place_features(inner, outer), torch.tensor(wanted, dtype=torch.float32)
    )


def train_nested(instances: NestedInstances, seed: int, hidden: int = 128, dropout: float = 0.3) -> NestedHead:
    """A head trained on N instances by cross-entropy (AdamW, a falling rate)."""
    torch.manual_seed(seed)
    head = NestedHead(instances.inner.shape[1], hidden, dropout)
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=0.01)
    steps = EPOCHS * -(-len(instances) // BATCH)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, max(1, steps))
    generator = torch.Generator().manual_seed(seed)
    for _ in range(EPOCHS):
        order = torch.randperm(len(instances), generator=generator)
        for rows in torch.split(order, BATCH):
            logits = head(instances.inner[rows], instances.outer[rows], instances.places[rows])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, instances.wanted[rows])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return head.eval()


def corpus_candidates(examples: Sequence[Example]) -> list[list[Span]]:
    """What vectors are needed of for each sentence of a corpus; of a corpus that marks no names inside names nothing.

    Such a corpus says nothing of them: its guidelines may leave them out.
    """
    marked = any(e.nested for e in examples if e.detects)
    return [candidate_spans(e.spans) if marked and e.detects else [] for e in examples]


def nested_head(
    corpora: Sequence[tuple[Sequence[Example], np.ndarray]], seed: int, report: Callable[[str], None]
) -> NestedHead | None:
    """A head trained on corpora, each with the vectors of its `corpus_candidates`; None where there are none."""
    parts: list[NestedInstances] = []
    for examples, vectors in corpora:
        if len(vectors):
            whole = [e for e in examples if e.detects]
            parts.append(nested_instances([e.spans for e in whole], [[s for s, _ in e.nested] for e in whole], vectors))
    if not parts:
        return None
    joined = NestedInstances(
        *(torch.cat([getattr(p, name) for p in parts]) for name in ("inner", "outer", "places", "wanted"))
    )
    report(f"names inside names: {int(joined.wanted.sum()):,} of {len(joined):,} stretches")
    return train_nested(joined, seed)
