"""The CRF against all paths written out, and its IOB2 constraints under hostile emissions and after training."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ousianer_cli.network.crf import TAGS, B, I, Iob2Crf, O, spans_of, tags_of


def random_crf(seed: int) -> Iob2Crf:
    torch.manual_seed(seed)
    crf = Iob2Crf()
    with torch.no_grad():
        for parameter in (crf.start_transitions, crf.end_transitions, crf.transitions):
            parameter.copy_(torch.randn_like(parameter))
    crf.enforce()
    return crf.requires_grad_(False)


def allowed(path: tuple[int, ...]) -> bool:
    return path[0] != I and not any(left == O and right == I for left, right in itertools.pairwise(path))


def score(crf: Iob2Crf, emissions: Tensor, path: tuple[int, ...]) -> float:
    """The path's score, term by term: emissions [T, 3]."""
    total = float(crf.start_transitions[path[0]]) + float(crf.end_transitions[path[-1]])
    total += sum(float(emissions[t, tag]) for t, tag in enumerate(path))
    return total + sum(float(crf.transitions[a, b]) for a, b in itertools.pairwise(path))


def all_paths(crf: Iob2Crf, emissions: Tensor) -> dict[tuple[int, ...], float]:
    """p(path) of every allowed path."""
    scores = {
        path: score(crf, emissions, path)
        for path in itertools.product(range(TAGS), repeat=len(emissions))
        if allowed(path)
    }
    best = max(scores.values())
    total = sum(math.exp(s - best) for s in scores.values())
    return {path: math.exp(s - best) / total for path, s in scores.items()}


def mask_of(*lengths: int) -> Tensor:
    return torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("length", [1, 2, 5])
def test_likelihood_is_that_of_all_paths_written_out(seed: int, length: int) -> None:
    crf = random_crf(seed)
    emissions = 2 * torch.randn(1, length, TAGS)
    chances = all_paths(crf, emissions[0])
    for path in list(chances)[:: max(1, len(chances) // 7)]:
        nll = crf.negative_log_likelihood(emissions, torch.tensor([path]), mask_of(length))
        assert nll.shape == (1,)
        assert float(nll) == pytest.approx(-math.log(chances[path]), abs=1e-4)


@pytest.mark.parametrize("path", [(I, O, O), (O, I, O), (B, O, I)])
def test_a_forbidden_path_has_no_probability(path: tuple[int, ...]) -> None:
    crf = random_crf(1)
    emissions = torch.zeros(1, 3, TAGS)
    emissions[0, [0, 1, 2], list(path)] = 50.0  # emissions that want nothing else
    nll = crf.negative_log_likelihood(emissions, torch.tensor([path]), mask_of(3))
    assert math.exp(-float(nll)) == 0.0
    assert path not in all_paths(crf, emissions[0])


@pytest.mark.parametrize("seed", range(6))
def test_viterbi_finds_the_best_path(seed: int) -> None:
    crf = random_crf(seed)
    emissions = 2 * torch.randn(3, 5, TAGS)
    lengths = (5, 3, 1)
    decoded = crf.best_spans(emissions, mask_of(*lengths))
    for row, length in enumerate(lengths):
        chances = all_paths(crf, emissions[row, :length])
        assert decoded[row] == spans_of(max(chances, key=lambda p: chances[p]))


def test_hostile_emissions_never_decode_to_a_forbidden_path() -> None:
    crf = random_crf(0)
    emissions = torch.zeros(2, 4, TAGS)
    emissions[0, :, I] = 500.0
    emissions[1, :, O] = 300.0
    emissions[1, 2, I] = 900.0
    paths = crf.decode(emissions, mask=mask_of(4, 4))
    assert all(allowed(tuple(path)) for path in paths)
    assert paths[0] == [B, I, I, I]
    assert paths[1] == [O, B, I, O]


@pytest.mark.parametrize("seed", range(4))
def test_span_marginals_sum_the_paths_that_hold_the_span(seed: int) -> None:
    crf = random_crf(seed)
    lengths = (5, 2, 1)
    emissions = torch.randn(3, 5, TAGS)
    spans = [[(a, b) for a in range(n) for b in range(a + 1, n + 1)] for n in lengths]
    found = crf.span_marginals(crf.lattice(emissions, mask_of(*lengths)), spans)
    for row, length in enumerate(lengths):
        chances = all_paths(crf, emissions[row, :length])
        for span, value in zip(spans[row], found[row], strict=True):
            wanted = sum(p for path, p in chances.items() if span in spans_of(path))
            assert value == pytest.approx(wanted, abs=1e-5)


def test_partition_and_tag_marginals_by_forward_backward() -> None:
    crf = random_crf(3)
    lengths = (4, 2)
    emissions = torch.randn(2, 4, TAGS)
    alpha, beta, log_z = crf.forward_backward(emissions, mask_of(*lengths))
    for row, length in enumerate(lengths):
        chances = all_paths(crf, emissions[row, :length])
        best = max(chances, key=lambda p: chances[p])
        assert float(log_z[row]) == pytest.approx(
            score(crf, emissions[row, :length], best) - math.log(chances[best]), abs=1e-4
        )
        tags = torch.exp(alpha + beta - log_z[:, None, None])[row]
        for t in range(length):
            for tag in range(TAGS):
                wanted = sum(p for path, p in chances.items() if path[t] == tag)
                assert float(tags[t, tag]) == pytest.approx(wanted, abs=1e-5)


def test_padding_and_neighbours_do_not_matter() -> None:
    crf = random_crf(5)
    short, long = torch.randn(1, 3, TAGS), torch.randn(1, 7, TAGS)
    padded = torch.cat([torch.cat([short, torch.full((1, 4, TAGS), 99.0)], dim=1), long])
    mask = mask_of(3, 7)
    tags = torch.tensor([tags_of([(0, 2)], 3) + [0] * 4, tags_of([(1, 2), (4, 7)], 7)])
    alone = crf.negative_log_likelihood(short, tags[:1, :3], mask_of(3))
    together = crf.negative_log_likelihood(padded, tags, mask)
    assert float(together[0]) == pytest.approx(float(alone), abs=1e-4)
    assert crf.best_spans(padded, mask) == crf.best_spans(short, mask_of(3)) + crf.best_spans(long, mask_of(7))
    spans = [[(0, 2), (2, 3)], [(4, 7)]]
    first, second = crf.span_marginals(crf.lattice(padded, mask), spans)
    assert first == pytest.approx(crf.span_marginals(crf.lattice(short, mask_of(3)), spans[:1])[0], abs=1e-6)
    assert second == pytest.approx(crf.span_marginals(crf.lattice(long, mask_of(7)), spans[1:])[0], abs=1e-6)


def test_no_span_goes_on_into_the_next_sentence() -> None:
    crf = Iob2Crf()
    emissions = torch.zeros(1, 4, 3)
    emissions[0, :, 2] = 5.0
    emissions[0, 0, 1] = 5.0
    mask = mask_of(4)
    assert crf.best_spans(emissions, mask) == [[(0, 4)]]
    ended = crf.ended_before(emissions, torch.tensor([[True, False, True, False]]))
    for start, end in crf.best_spans(ended, mask)[0]:
        assert end <= 2 or start >= 2
    assert float(crf.span_marginals(crf.lattice(ended, mask), [[(0, 3)]])[0][0]) < 1e-12
    assert emissions[0, 2, 2] == 5.0, "what was given is left as it is"


def test_constraints_stand_after_training() -> None:
    torch.manual_seed(0)
    crf = Iob2Crf()
    emissions = torch.nn.Parameter(torch.randn(2, 5, TAGS))
    tags = torch.tensor([tags_of([(0, 2), (3, 5)], 5), tags_of([(1, 5)], 5)])
    mask = mask_of(5, 5)
    before = crf.transitions.detach().clone()
    optimizer = torch.optim.Adam([*crf.parameters(), emissions], lr=0.05)
    losses = []
    for _ in range(30):
        loss = crf.negative_log_likelihood(emissions, tags, mask).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2, "nothing was learned"
    assert not torch.equal(crf.transitions, before)
    assert crf.transitions[O, I].item() == crf.start_transitions[I].item() == -10_000.0
    hostile = torch.zeros(1, 3, TAGS)
    hostile[:, :, I] = 100.0
    assert crf.decode(hostile, mask=mask_of(3)) == [[B, I, I]]


@st.composite
def span_lists(draw: st.DrawFn) -> tuple[list[tuple[int, int]], int]:
    edges = sorted(draw(st.lists(st.integers(0, 20), max_size=12)))
    spans = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False) if a < b]
    return spans, (spans[-1][1] if spans else 0) + draw(st.integers(0, 4))


@given(span_lists())
def test_tags_and_spans_are_two_forms_of_one_thing(case: tuple[list[tuple[int, int]], int]) -> None:
    spans, length = case
    tags = tags_of(spans, length)
    assert len(tags) == length
    assert spans_of(tags) == spans
    assert not tags or allowed(tuple(tags))


def test_neighbouring_spans_stay_two() -> None:
    assert tags_of([(0, 2), (2, 3)], 4) == [B, I, B, O]
    assert spans_of([B, I, B, O]) == [(0, 2), (2, 3)]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("strength", [1.0, 4.0, 900.0])
def test_one_sequence_in_plain_floats_gives_what_batches_give(seed: int, strength: float) -> None:
    crf = random_crf(seed)
    for length in (1, 2, 9, 40):
        emissions = strength * torch.randn(1, length, TAGS)
        if seed % 2:
            emissions = crf.ended_before(emissions, torch.rand(1, length) < 0.2)
        mask = mask_of(length)
        wanted = crf.best_spans(emissions, mask)
        spans, marginals = crf.named_spans(emissions[0])
        assert [spans] == wanted
        assert marginals.tolist() == pytest.approx(
            crf.span_marginals(crf.lattice(emissions, mask), wanted)[0].tolist(), abs=1e-9
        )


def test_marginals_stand_where_floats_vanish() -> None:
    """Every word wants to be inside a name, and none can be the first of one by any probability that a float holds."""
    crf = random_crf(0)
    emissions = torch.tensor([[[0.0, -800.0, 800.0]] * 4])
    spans, marginals = crf.named_spans(emissions[0])
    wanted = crf.best_spans(emissions, mask_of(4))
    assert [spans] == wanted and spans
    assert marginals.tolist() == pytest.approx(
        crf.span_marginals(crf.lattice(emissions, mask_of(4)), wanted)[0].tolist(), abs=1e-9
    )
