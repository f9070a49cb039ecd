"""Untyped IOB2 detection: a linear-chain CRF with its constraints, and marginals of spans.

Tags: O = 0, B = 1, I = 2. `pytorch-crf` gives the likelihood and Viterbi decoding; forward-backward is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torchcrf import CRF

O, B, I = 0, 1, 2  # noqa: E741
TAGS = 3
_FORBIDDEN = -10_000.0


@dataclass(frozen=True, slots=True)
class Lattice:
    """Emissions [B, T, 3] and mask [B, T] of a batch, with what `Iob2Crf.forward_backward` gives for them."""

    emissions: Tensor
    mask: Tensor
    alpha: Tensor
    beta: Tensor
    log_z: Tensor


class Iob2Crf(CRF):  # type: ignore[misc]  # pytorch-crf has no types
    """A CRF over O/B/I in which I never starts a sentence and never follows O."""

    def __init__(self) -> None:
        super().__init__(TAGS, batch_first=True)
        self.enforce()

    def enforce(self) -> None:
        """Fix the forbidden transitions; their gradient is exactly zero, so that training leaves them there."""
        with torch.no_grad():
            self.start_transitions[I] = _FORBIDDEN
            self.transitions[O, I] = _FORBIDDEN

    @staticmethod
    def ended_before(emissions: Tensor, begins: Tensor) -> Tensor:
        """Emissions [B, T, 3] under which no span goes on into a word of `begins` [B, T]."""
        emissions = emissions.clone()
        emissions[..., I] = emissions[..., I].masked_fill(begins, _FORBIDDEN)
        return emissions

    def negative_log_likelihood(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """-log p(tags | emissions) of each sentence: emissions [B, T, 3], tags [B, T], mask [B, T] -> [B]."""
        return -cast(Tensor, self(emissions, tags, mask=mask, reduction="none"))

    def best_spans(self, emissions: Tensor, mask: Tensor) -> list[list[tuple[int, int]]]:
        """Spans [start, end) on the best path of each sentence (Viterbi)."""
        return [spans_of(path) for path in self.decode(emissions, mask=mask)]

    @torch.no_grad()
    def named_spans(self, emissions: Tensor) -> tuple[list[tuple[int, int]], np.ndarray]:
        """Spans on the best path of one sequence, emissions [T, 3], and p(span) of each, float64 [M].

        What `best_spans` and `span_marginals` give, in plain floats: steps over three tags are too small for calls
        over arrays, and a sequence by itself has T of them.
        """
        scores = emissions.double()
        move, start, stop = (
            x.detach().double() for x in (self.transitions, self.start_transitions, self.end_transitions)
        )
        spans = spans_of(_best_path(scores.tolist(), move.tolist(), start.tolist(), stop.tolist()))
        if not spans:
            return spans, np.zeros(0)
        chances = (scores - scores.amax(dim=1, keepdim=True)).exp()
        try:
            values = _span_chances(
                chances.tolist(), move.exp().tolist(), start.exp().tolist(), stop.exp().tolist(), spans
            )
        except ZeroDivisionError:  # no path has a probability that a float can hold
            whole = emissions[None].to(self.transitions.device)
            return spans, self.span_marginals(self.lattice(whole, torch.ones_like(whole[..., 0]).bool()), [spans])[0]
        return spans, np.asarray(values)

    def forward_backward(self, emissions: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log forward and backward scores [B, T, 3] and log Z [B].

        alpha[:, t, j]: all paths that end at t in tag j, its emission included; beta[:, t, j]: all continuations after
        t.
        At padded places alpha and beta keep the value of the sentence's end, so that log Z is read at the last place.
        """
        size, length, _ = emissions.shape
        alpha = torch.empty_like(emissions)
        beta = torch.empty_like(emissions)
        alpha[:, 0] = self.start_transitions + emissions[:, 0]
        for t in range(1, length):
            step = torch.logsumexp(alpha[:, t - 1, :, None] + self.transitions, dim=1) + emissions[:, t]
            alpha[:, t] = torch.where(mask[:, t, None], step, alpha[:, t - 1])
        beta[:, length - 1] = self.end_transitions
        for t in range(length - 2, -1, -1):
            follow = self.transitions + (emissions[:, t + 1] + beta[:, t + 1])[:, None, :]
            beta[:, t] = torch.where(
                mask[:, t + 1, None], torch.logsumexp(follow, dim=2), self.end_transitions.expand(size, TAGS)
            )
        return alpha, beta, torch.logsumexp(alpha[:, length - 1] + self.end_transitions, dim=1)

    @torch.no_grad()
    def lattice(self, emissions: Tensor, mask: Tensor) -> Lattice:
        """Forward-backward over a batch, emissions [B, T, 3] and mask [B, T], in double precision."""
        emissions = emissions.double()
        return Lattice(emissions, mask, *self.forward_backward(emissions, mask))

    def span_marginals(self, lattice: Lattice, spans: Sequence[Sequence[tuple[int, int]]]) -> list[np.ndarray]:
        """p(the path holds exactly this span) for spans [start, end) of each sentence, float64 arrays."""
        alpha, beta, log_z = (x.cpu().numpy() for x in (lattice.alpha, lattice.beta, lattice.log_z))
        scores, mask = lattice.emissions.cpu().numpy(), lattice.mask
        move = self.transitions.detach().double().cpu().numpy()
        stop = self.end_transitions.detach().double().cpu().numpy()
        lengths = mask.sum(dim=1).tolist()
        result = []
        for row, row_spans in enumerate(spans):
            values = np.empty(len(row_spans))
            for k, (start, end) in enumerate(row_spans):
                log_p = alpha[row, start, B] + sum(
                    move[B if t == start + 1 else I, I] + scores[row, t, I] for t in range(start + 1, end)
                )
                last = B if end == start + 1 else I
                if end == lengths[row]:
                    log_p += stop[last]
                else:
                    after = [move[last, tag] + scores[row, end, tag] + beta[row, end, tag] for tag in (O, B)]
                    log_p += np.logaddexp(*after)
                values[k] = np.exp(min(0.0, log_p - log_z[row]))
            result.append(values)
        return result


def _best_path(
    emissions: list[list[float]], move: list[list[float]], start: list[float], stop: list[float]
) -> list[int]:
    """Viterbi over O, B, I: the tags of the best path; of equal ones, that of the lower tags from the end back."""
    (oo, ob, _), (bo, bb, bi), (io, ib, ii) = move
    o, b, i = (s + e for s, e in zip(start, emissions[0], strict=True))
    back: list[tuple[int, int, int]] = []
    for to_o, to_b, to_i in emissions[1:]:
        best_o, from_o = o + oo, O
        if b + bo > best_o:
            best_o, from_o = b + bo, B
        if i + io > best_o:
            best_o, from_o = i + io, I
        best_b, from_b = o + ob, O
        if b + bb > best_b:
            best_b, from_b = b + bb, B
        if i + ib > best_b:
            best_b, from_b = i + ib, I
        best_i, from_i = b + bi, B
        if i + ii > best_i:
            best_i, from_i = i + ii, I
        back.append((from_o, from_b, from_i))
        o, b, i = best_o + to_o, best_b + to_b, best_i + to_i
    last = [o + stop[O], b + stop[B], i + stop[I]]
    tag = last.index(max(last))
    path = [tag]
    for origin in reversed(back):
        tag = origin[tag]
        path.append(tag)
    return path[::-1]


def _span_chances(
    chances: list[list[float]],
    move: list[list[float]],
    start: list[float],
    stop: list[float],
    spans: list[tuple[int, int]],
) -> list[float]:
    """p(the path holds exactly this span) by forward-backward with scaling (Rabiner 1989, section V.A).

    All arguments are exponentials of scores, those of each word up to a factor.

    Raises:
        ZeroDivisionError: all paths vanish.
    """
    (oo, ob, oi), (bo, bb, bi), (io, ib, ii) = move
    scale: list[float] = []
    forward: list[float] = []  # p(B here | the words so far)
    o, b, i = start
    first = True
    for to_o, to_b, to_i in chances:
        if first:
            o, b, i = o * to_o, b * to_b, i * to_i
            first = False
        else:
            o, b, i = (
                (o * oo + b * bo + i * io) * to_o,
                (o * ob + b * bb + i * ib) * to_b,
                (o * oi + b * bi + i * ii) * to_i,
            )
        total = o + b + i
        shrink = 1.0 / total
        o, b, i = o * shrink, b * shrink, i * shrink
        scale.append(total)
        forward.append(b)
    end = o * stop[O] + b * stop[B] + i * stop[I]
    o, b, i = (x / end for x in stop)
    # What follows a span whose last word is t, if that word is B, and if it is I; from the last word back.
    closed = [(stop[B] / end, stop[I] / end)]
    for (to_o, to_b, to_i), total in zip(reversed(chances[1:]), reversed(scale[1:]), strict=True):
        o, b, i = o * to_o / total, b * to_b / total, i * to_i / total
        closed.append((bo * o + bb * b, io * o + ib * b))
        o, b, i = oo * o + ob * b + oi * i, bo * o + bb * b + bi * i, io * o + ib * b + ii * i
    closed.reverse()
    values = []
    for begin, stopped in spans:
        value = forward[begin]
        for place in range(begin + 1, stopped):
            value *= (bi if place == begin + 1 else ii) * chances[place][I] / scale[place]
        values.append(min(1.0, value * closed[stopped - 1][0 if stopped == begin + 1 else 1]))
    return values


def spans_of(tags: Sequence[int]) -> list[tuple[int, int]]:
    """Spans [start, end) of an IOB2 path."""
    spans: list[tuple[int, int]] = []
    start = -1
    for i, tag in enumerate(tags):
        if tag != I and start >= 0:
            spans.append((start, i))
            start = -1
        if tag == B:
            start = i
    if start >= 0:
        spans.append((start, len(tags)))
    return spans


def tags_of(spans: Sequence[tuple[int, int]], length: int) -> list[int]:
    """The IOB2 path of spans [start, end) over `length` words."""
    tags = [O] * length
    for start, end in spans:
        tags[start:end] = [B] + [I] * (end - start - 1)
    return tags
