"""Typed mentions of sentences: the same in any batch and in any window."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_models import CITY, COUNTRY, PERSON, capitals_model, random_model, random_tuned_model

from ousianer_cli.errors import ModelError, SettingsError
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.nested import NestedHead
from ousianer_cli.network.onednn import Precision
from ousianer_cli.network.packed import PackedNetwork
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.targets import DecodingRule
from ousianer_cli.released_models import released_model
from ousianer_cli.tagging import detection
from ousianer_cli.tagging import engine as engine_module
from ousianer_cli.tagging.consistency import Consistency
from ousianer_cli.tagging.engine import Engine, TypedMention

WORDS = ["Mayor", "Ada", "Brun", "of", "Lima", "met", "Otto", "Lind", "near", "the", "Old", "Port", "of", "Oslo"]


def spans(mentions: list[TypedMention]) -> list[tuple[int, int]]:
    return [(m.start, m.end) for m in mentions]


def test_names_types_and_confidence() -> None:
    engine = Engine(capitals_model("PER.Politician", chance=0.9))
    found = engine.tag([["yesterday", "Ada", "Brun", "left", "Oslo", "."], ["rain", "."], []])
    assert [spans(f) for f in found] == [[(1, 3), (4, 5)], [], []]
    assert {m.type for m in found[0]} == {"PER.Politician"}
    for mention in found[0]:
        assert mention.confidence == pytest.approx(0.9, abs=0.02)
        assert mention.confidence == round(mention.confidence, 3)


def test_outside_names_are_kept_for_the_caller() -> None:
    (found,) = Engine(capitals_model("-")).tag([["in", "Oslo"]])
    assert [(m.start, m.end, m.type) for m in found] == [(1, 2, "-")]


@pytest.mark.parametrize("max_pieces", [40, 56, 100])
def test_a_sentence_longer_than_the_window_gives_the_same_words(max_pieces: int) -> None:
    words = (["the", "port", "of", "Oslo", "and", "Al", "Bo", "'s", "ship", ","] * 13)[:-1]
    (whole,) = Engine(capitals_model(max_pieces=10_000)).tag([words])
    (windowed,) = Engine(capitals_model(max_pieces=max_pieces)).tag([words])
    assert spans(whole) == [(10 * n + a, 10 * n + b) for n in range(13) for a, b in ((3, 4), (5, 7))]
    assert windowed == whole


@pytest.mark.parametrize("words", [["X" + "x" * 700], ["in", "X" + "x" * 700, "Ada", "ran"], ["a" * 900, "Oslo"]])
def test_a_single_endless_word_is_not_lost(words: list[str]) -> None:
    (found,) = Engine(capitals_model(max_pieces=64)).tag([words])
    capitalised = {i for i, word in enumerate(words) if word[0].isupper()}
    assert {i for m in found for i in range(m.start, m.end)} == capitalised


def test_passages_find_what_sentences_have_and_no_name_runs_into_the_next_sentence() -> None:
    model = capitals_model(chance=0.9)
    document = [["then", "Ada"], ["Brun", "of", "Oslo"], [], ["rain"]]
    (alone,) = Engine(model).tag_documents([document])
    model.config["passage_pieces"] = 200
    (together,) = Engine(model).tag_documents([document])
    assert [spans(found) for found in together] == [[(1, 2)], [(0, 1), (2, 3)], [], []]
    assert [spans(found) for found in alone] == [spans(found) for found in together]


def test_a_document_shares_evidence_unless_told_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
    model = capitals_model("PER")
    asked: list[list[str]] = []

    def shared(self: Consistency, strings: list[str], scores: np.ndarray) -> np.ndarray:
        asked.append(strings)
        return np.roll(scores, 1, axis=1)

    monkeypatch.setattr(Consistency, "shared", shared)
    document = [["Ada", "Brun", "left"], ["in", "Oslo"]]
    ((first, second),) = Engine(model).tag_documents([document])
    assert asked == [["Ada Brun", "Oslo"]]
    ((plain, _),) = Engine(model, consistency=False).tag_documents([document])
    assert len(asked) == 1 and plain[0].type == "PER" and first[0].type != "PER" and second[0].type == first[0].type


def test_nested_names_stand_beside_their_name_and_need_a_head() -> None:
    model = capitals_model("PER")
    with pytest.raises(SettingsError, match="--nested: expected a model that finds names inside names"):
        Engine(model, nested=True)
    model.nested = NestedHead(model.tagger.vector_size, 4).eval()
    with torch.no_grad():
        model.nested.hidden.weight.zero_()
        model.nested.out.bias.fill_(20.0)
    ((found,),) = Engine(model, nested=True).tag_documents([[["in", "Ada", "Brun", "Oslo"]]])
    assert [(m.start, m.end) for m in found if not m.nested] == [(1, 4)]
    inner = [(m.start, m.end) for m in found if m.nested]
    assert inner and all(1 <= a < b <= 4 for a, b in inner)
    ((plain,),) = Engine(model).tag_documents([[["in", "Ada", "Brun", "Oslo"]]])
    assert plain == [m for m in found if not m.nested]


def test_mentions_of_a_sentence_are_in_order_and_apart() -> None:
    model = random_tuned_model(4)
    model.config["max_pieces"] = 24
    (found,) = Engine(model).tag([WORDS * 4])
    assert len(found) > 3
    for left, right in zip(found, found[1:], strict=False):
        assert left.start < left.end <= right.start
    assert all(0 < m.confidence <= 1 for m in found)


def test_the_models_own_settings_are_read() -> None:
    model = capitals_model()
    model.config |= {
        "max_pieces": 77,
        "decoding": {"decoding": "expected", "credit": "ancestor", "min_confidence": 0.4},
    }
    engine = Engine(model)
    assert (engine.head.rule.decoding, engine.head.rule.credit, engine.min_confidence) == ("expected", "ancestor", 0.4)
    assert engine.max_pieces == 77


def test_expected_credit_takes_the_parent_where_children_split() -> None:
    model = capitals_model("PER")
    names = Engine(model).targets.names
    assert model.conversion is not None
    with torch.no_grad():
        model.conversion.out.bias.fill_(-30.0)
        for name, logit in (("PER.Politician", 0.1), ("PER.Police", 0.0), ("PER", -1.5)):
            model.conversion.out.bias[names.index(name)] = logit
    assert Engine(model).tag([["Ada"]])[0][0].type == "PER.Politician"
    model.config["decoding"]["decoding"] = "expected"
    assert Engine(model).tag([["Ada"]])[0][0].type == "PER"


def test_a_pretrained_model_has_no_target_types() -> None:
    engine = Engine(random_model())
    assert not engine.has_targets
    with pytest.raises(ModelError, match="run ousianer finetune on it first"):
        engine.targets  # noqa: B018


def test_listed_types_are_those_that_round_to_enough_the_most_probable_first() -> None:
    names = [f"t{n}" for n in range(400)]
    draw = np.random.default_rng(0)
    given = draw.choice([0.0, 0.0399, 0.0401, 0.0449, 0.0451, 0.05, 0.3, 0.301, 0.77], (6, 400)).astype(np.float32)
    given[5] = 0.01
    for row, listed in zip(given, engine_module._ranked(names, torch.from_numpy(given)), strict=True):
        rounded = [(round(float(p), 2), n) for n, p in enumerate(row)]
        wanted = sorted(((p, n) for p, n in rounded if p >= 0.05), key=lambda one: (-one[0], one[1]))
        assert listed == tuple((names[n], p) for p, n in wanted)


def test_types_of_a_pretrained_model_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = random_model()
    model.taxonomy_file = None
    calls: list[int] = []
    plain = model.tagger.type_logits
    monkeypatch.setattr(model.tagger, "type_logits", lambda vectors: calls.append(len(vectors)) or plain(vectors))
    ((found,),) = Engine(model).tag_documents([[WORDS]], details=True)
    assert calls == [len(found)] and all(mention.yago for mention in found)


def test_sentences_of_documents_come_back_in_their_places() -> None:
    engine = Engine(capitals_model())
    documents = [[["Ada"], ["rain"]], [], [["in", "Oslo"], []]]
    found = list(engine.tag_documents(documents))
    assert [[spans(mentions) for mentions in document] for document in found] == [[[(0, 1)], []], [], [[(1, 2)], []]]


@pytest.mark.parametrize("passage_pieces", [0, 100])
@pytest.mark.parametrize("kind", ["argmax", "expected", "direct", "pretrained"])
def test_a_document_gives_the_same_whatever_stands_beside_it(kind: str, passage_pieces: int) -> None:
    model = random_tuned_model(4)
    model.config["passage_pieces"] = passage_pieces
    with torch.no_grad():
        model.tagger.types.weight.mul_(6)
    if kind == "direct":
        model.direct_table = f"{PERSON}\tPER\n{CITY}\tGPE.UrbanArea.City\n{COUNTRY}\tGPE.Country.Country\n"
    elif kind == "pretrained":
        model.taxonomy_file = None
    else:
        model.config["decoding"]["decoding"] = kind
    line = "Row {} of the Grand Hotel in Lima , n {}"
    documents = [[line.format(n, n * k).split() * (1 + n % 5) for k in range(1 + n % 3)] for n in range(30)]
    engine = Engine(model)
    together = list(engine.tag_documents(documents, details=True))
    assert together == [next(engine.tag_documents([d], details=True)) for d in documents]
    mentions = [m for d in together for s in d for m in s]
    assert len(mentions) > 40 and all(m.yago for m in mentions)
    assert all(m.alternatives for m in mentions) == (kind != "pretrained")


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_neither_threads_nor_neighbours_nor_repetition_change_a_document(precision: Precision) -> None:
    line = "Row {} of the Grand Hotel in Lima , n {}"
    documents = [[line.format(n, n * k).split() * (1 + n % 7) for k in range(1 + n % 3)] for n in range(9)]
    model = random_tuned_model(4)
    alone = [next(Engine(model, threads=1, precision=precision).tag_documents([d], details=True)) for d in documents]
    for threads in (1, 3):
        engine = Engine(model, threads=threads, precision=precision)
        assert list(engine.tag_documents(documents * 2, details=True)) == alone * 2
        assert list(engine.tag_documents(documents[::-1], details=True)) == alone[::-1]
    assert sum(len(row) for document in alone for row in document) > 20


def test_what_stands_twice_runs_through_the_network_once(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    packed = PackedNetwork.__call__

    def counted(self: PackedNetwork, sequences: list[EncodedSentence]) -> list[tuple[torch.Tensor, ...]]:
        runs.extend(sequence.words for sequence in sequences)
        return packed(self, sequences)

    monkeypatch.setattr(PackedNetwork, "__call__", counted)
    document = [["Ada", "Brun", "left", "Oslo"], ["rain"], ["Ada", "Brun", "left", "Oslo"]]
    engine = Engine(capitals_model(), threads=1)
    first, second = list(engine.tag_documents([document, document]))
    assert first == second and first[0] == first[2] and len(first[0]) == 2
    assert sorted(runs) == [1, 4]
    other_case = [["ADA", "BRUN", "left", "Oslo"]]  # the same pieces, other shapes
    list(engine.tag_documents([other_case]))
    assert len(runs) == 3


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "REMEMBERED", 40)
    engine = Engine(capitals_model(), threads=1)
    documents = [[["Ada", f"B{'x' * n}"], ["left", "y" * n, "Oslo"]] for n in range(1, 60)]
    first = list(engine.tag_documents(documents))
    kept = engine.prepare()._known
    assert 0 < len(kept) + sum(found.names for found in kept.values()) <= 40
    assert list(engine.tag_documents(documents)) == first


def test_no_sentences() -> None:
    assert Engine(capitals_model()).tag([]) == []


@pytest.fixture(scope="module")
def places() -> list[list[str]]:
    lines = (
        "She flew from Prague to Lisbon .",
        "Talks between France and Japan went on .",
        "Nina Falk wrote to Leeds .",
    )
    return [line.split() for line in lines]


def test_evidence_takes_types_down_their_own_line(places: list[list[str]]) -> None:
    model = load_model(released_model())
    plain, deep = Engine(model, coarse_prior=1.0), Engine(model, deepen=0.3, coarse_prior=1.0)
    before, after = plain.tag(places), deep.tag(places)
    moved = 0
    for old, new in zip((m for row in before for m in row), (m for row in after for m in row), strict=True):
        assert (old.start, old.end, old.confidence) == (new.start, new.end, new.confidence)
        if new.type != old.type:
            moved += 1
            assert old.type in plain.targets.taxonomy.ancestors(new.type)
    assert moved
    assert {m.type for m in after[0]} == {"GPE.UrbanArea.City"}


def test_evidence_that_is_never_enough_changes_nothing(places: list[list[str]]) -> None:
    model = load_model(released_model())
    assert Engine(model, deepen=1.0).tag(places) == Engine(model).tag(places)


def test_a_greater_prior_of_coarse_gold_stops_answers_higher(places: list[list[str]]) -> None:
    model = load_model(released_model())
    deep, coarse = (Engine(model, coarse_prior=prior).tag(places) for prior in (0.0, 1.0))
    tops = [[m.type.partition(".")[0] for m in row] for row in deep]
    assert [[m.type for m in row] for row in coarse] == tops
    assert any("." in m.type for row in deep for m in row)
    own = DecodingRule.of(model.config).coarse_prior
    assert Engine(model, coarse_prior=own).tag(places) == Engine(model).tag(places)


def test_a_prior_has_no_part_in_argmax(places: list[list[str]]) -> None:
    model = load_model(released_model())
    model.config = {**model.config, "decoding": {"decoding": "argmax"}}
    with pytest.raises(SettingsError, match="--coarse-prior: .*found one of argmax; leave it out"):
        Engine(model, coarse_prior=0.3)


def test_deepening_does_not_depend_on_the_batch(places: list[list[str]]) -> None:
    engine = Engine(load_model(released_model()), deepen=0.5)
    assert engine.tag(places * 5) == [row for sentence in places * 5 for row in engine.tag([sentence])]
