"""Mention pooling against plain loops, padding, and which tensors detection reads."""

from __future__ import annotations

import pytest
import torch
from tiny_models import random_tagger

from ousianer_cli.network.pieces import PieceTokenizer, collate
from ousianer_cli.network.tagger import Mentions, Pooling, SpanPooling, TaggerNetwork

TOKENIZER = PieceTokenizer.characters()
WORDS = [["Mayor", "Ada", "Brun", "left", "Oslo", "."], ["Rome", "is", "old"]]
SPANS = [[(0, 3), (4, 5)], [(0, 1), (1, 3)]]


def test_mentions_of_spans() -> None:
    mentions = Mentions.of([[(0, 2)], [], [(1, 2), (3, 7)]])
    assert len(mentions) == 3
    assert mentions.row.tolist() == [0, 2, 2]
    assert mentions.start.tolist() == [0, 1, 3] and mentions.end.tolist() == [2, 2, 7]
    assert len(Mentions.of([[], []])) == 0


@pytest.mark.parametrize("pooling", ["first", "mean", "ends"])
def test_pooling_is_what_a_loop_over_mentions_gives(pooling: Pooling) -> None:
    torch.manual_seed(2)
    states = torch.randn(2, 6, 5)
    pool = SpanPooling(5, pooling)
    found = pool(states, Mentions.of(SPANS))
    wanted = []
    for row, spans in enumerate(SPANS):
        for start, end in spans:
            words = states[row, start:end]
            if pooling == "first":
                wanted.append(words[0])
            elif pooling == "mean":
                wanted.append(words.mean(dim=0))
            else:
                wanted.append(torch.cat([words[0], words[-1], words.mean(dim=0)]))
    assert found.shape == (4, pool.size) and pool.size == (15 if pooling == "ends" else 5)
    assert torch.allclose(found, torch.stack(wanted), atol=1e-5)


@pytest.mark.parametrize("pooling", ["first", "mean", "ends"])
def test_no_mentions_give_no_vectors(pooling: Pooling) -> None:
    pool = SpanPooling(5, pooling)
    assert pool(torch.randn(1, 3, 5), Mentions.of([[]])).shape == (0, pool.size)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"shape_size": 0, "pooling": "first", "mention_size": 0, "typing_sees_encoder": False, "layers": (2,)},
        {"lstm_layers": 2, "pooling": "mean"},
    ],
    ids=["own", "paper", "deep"],
)
def test_a_sentence_is_the_same_alone_and_in_a_padded_batch(config: dict[str, object]) -> None:
    tagger = random_tagger(**config)
    encoded = TOKENIZER.encode(WORDS)
    with torch.no_grad():
        states, layers = tagger.contextualise(collate(encoded))
        together = tagger.mention_vectors(states, layers, Mentions.of(SPANS))
        assert states.shape == (2, 6, 16) and together.shape == (4, tagger.vector_size)
        assert tagger.type_logits(together).shape == (4, 4)
        alone = []
        for sentence, spans in zip(encoded, SPANS, strict=True):
            one_states, one_layers = tagger.contextualise(collate([sentence]))
            alone.append(tagger.mention_vectors(one_states, one_layers, Mentions.of([spans])))
    assert torch.allclose(together, torch.cat(alone), atol=1e-5)
    assert float(together.std()) > 0.01


def changed(tagger: TaggerNetwork, name: str) -> None:
    with torch.no_grad():
        tensor = tagger.state_dict()[name]
        tensor.copy_(tensor + 0.5 * torch.randn_like(tensor) + 0.5)


def detection_of(tagger: TaggerNetwork) -> torch.Tensor:
    batch = collate(TOKENIZER.encode(WORDS))
    with torch.no_grad():
        emissions = tagger.emissions(*tagger.contextualise(batch))
        tags = torch.tensor([[1, 2, 0, 0, 1, 0], [1, 0, 0, 0, 0, 0]])
        nll = tagger.crf.negative_log_likelihood(emissions, tags, batch.word_mask)
    return torch.cat([emissions.flatten(), nll])


@pytest.mark.parametrize(
    "config", [{}, {"mention_size": 0, "pooling": "mean"}, {"adapter": 5}], ids=["own", "mean", "adapter"]
)
def test_detection_parameters_are_exactly_what_detection_reads(config: dict[str, object]) -> None:
    tagger = random_tagger(**config)
    names = tagger.detection_parameters()
    own = {"states", "mix", "shape", "lstm", "emission", "crf"} | ({"adapter"} if "adapter" in config else set())
    assert {n.partition(".")[0] for n in names} == own
    before = detection_of(tagger)
    for name in tagger.state_dict():
        if name in names:
            continue
        kept = tagger.state_dict()[name].clone()
        changed(tagger, name)
        assert torch.equal(detection_of(tagger), before), f"detection reads {name}, which may be tuned"
        tagger.state_dict()[name].copy_(kept)
    for name in sorted(n for n in names if not n.startswith("states.")):
        kept = tagger.state_dict()[name].clone()
        changed(tagger, name)
        assert not torch.equal(detection_of(tagger), before), f"detection does not read {name}"
        tagger.state_dict()[name].copy_(kept)


def test_an_adapter_begins_with_nothing_and_typing_never_reads_it() -> None:
    tagger = random_tagger()
    states, layers = tagger.contextualise(collate(TOKENIZER.encode(WORDS)))
    before, vectors = (
        tagger.emissions(states, layers),
        tagger.mention_vectors(states, layers, Mentions.of(SPANS)),
    )
    tagger.adapter = tagger.new_adapter(5).eval()
    assert torch.equal(tagger.emissions(states, layers), before)
    torch.nn.init.ones_(tagger.adapter.out.bias)
    assert torch.equal(tagger.emissions(states, layers), before + 1)
    assert torch.equal(tagger.mention_vectors(states, layers, Mentions.of(SPANS)), vectors)


def test_detection_loss_gives_typing_no_gradient_and_the_other_way_round() -> None:
    tagger = random_tagger()
    batch = collate(TOKENIZER.encode(WORDS))
    states, layers = tagger.contextualise(batch)
    tags = torch.zeros(2, 6, dtype=torch.long)
    tagger.crf.negative_log_likelihood(tagger.emission(states), tags, batch.word_mask).sum().backward()
    touched = {n for n, p in tagger.named_parameters() if p.grad is not None}
    assert touched <= tagger.detection_parameters() and "crf.transitions" in touched
    tagger.zero_grad(set_to_none=True)
    states, layers = tagger.contextualise(batch)
    tagger.type_logits(tagger.mention_vectors(states, layers, Mentions.of(SPANS))).sum().backward()
    touched = {n for n, p in tagger.named_parameters() if p.grad is not None}
    assert not {n for n in touched if n.startswith(("crf.", "emission."))}
    assert {"types.weight", "typing_mix.scores", "lstm.weight_ih_l0"} <= touched
