"""Losses, and validation by hand: which epoch, which threshold, how labels are read."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_models import (
    finetune_settings,
    quiet,
    sentence,
    target_rows,
    write_rows,
)

from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.inference import mention_vectors
from ousianer_cli.network.targets import LabelSet, Targets
from ousianer_cli.network.typing import Choice, TypingHead
from ousianer_cli.scoring.sentences import MatchedNames, SentenceScorer
from ousianer_cli.settings.finetune import Reading
from ousianer_cli.taxonomy.tree import Taxonomy
from ousianer_cli.training.finetune import conversion, finetune
from ousianer_cli.training.finetune.evaluation import DevSet, dev_metrics
from ousianer_cli.training.finetune.instances import Instances


def probabilities(folder: Path, text: str, mention: str) -> dict[str, float]:
    model = load_model(folder)
    words = text.split()
    vectors = torch.from_numpy(
        mention_vectors(
            model.tagger, model.tokenizer.encode([words]), [[(words.index(mention), words.index(mention) + 1)]], 99
        )
    )
    head = TypingHead.of(model)
    return dict(zip(head.names, head.scores(vectors)[0].tolist(), strict=True))


def test_the_soft_loss_leaves_mass_on_the_line_of_descent_and_the_hard_one_does_not(base: Path, tmp_path: Path) -> None:
    found = {}
    for loss in ("soft", "hard"):
        out = tmp_path / loss
        settings = finetune_settings(tmp_path, base, out=str(out), loss=loss, loss_decay=0.5, credit="both", epochs=80)
        finetune(settings, report=quiet)
        found[loss] = probabilities(out, "Oslo is where Ada lives .", "Oslo")
    # W gives the city itself 1 and the urban area .5, the GPE .25: 1/1.75, .5/1.75, .25/1.75.
    soft, hard = found["soft"], found["hard"]
    assert soft["GPE.UrbanArea.City"] == pytest.approx(1 / 1.75, abs=0.08)
    assert soft["GPE.UrbanArea"] == pytest.approx(0.5 / 1.75, abs=0.08)
    assert soft["GPE"] == pytest.approx(0.25 / 1.75, abs=0.08)
    assert hard["GPE.UrbanArea.City"] > 0.9 and hard["GPE.UrbanArea"] < 0.05


@pytest.mark.parametrize("reads", ["logits", "probabilities", "vectors", "both"])
def test_every_input_of_the_conversion_layer_learns(base: Path, tmp_path: Path, reads: str) -> None:
    metrics = finetune(finetune_settings(tmp_path, base, reads=reads, loss="hard", epochs=40), report=quiet)
    assert metrics["finetune"]["loss"] < 1.0
    model = load_model(tmp_path / "tuned")
    assert model.conversion is not None and model.conversion.reads == reads


def test_validation_chooses_the_epoch_and_the_threshold(base: Path, tmp_path: Path) -> None:
    dev = write_rows(tmp_path / "dev.jsonl", target_rows()[:6])
    reported: list[str] = []
    metrics = finetune(finetune_settings(tmp_path, base, dev=[dev], patience=30, epochs=10), report=reported.append)
    epochs = [line for line in reported if line.startswith("epoch")]
    assert len(epochs) == 10
    scores = [float(line.split("dev ")[1].split()[0]) for line in epochs]
    assert metrics["finetune"]["score"] == pytest.approx(max(scores), abs=1e-4)
    assert metrics["finetune"]["epoch"] == scores.index(max(scores)) + 1
    assert metrics["finetune"]["dev"]["dev"]["mentions"] == 12
    assert metrics["threshold"]["f1"] >= metrics["threshold"]["f1_without"]
    assert load_model(tmp_path / "tuned").config["decoding"]["min_confidence"] == metrics["threshold"]["min_confidence"]


def test_the_weights_of_the_best_epoch_are_the_ones_saved(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = [0.1, 0.9, 0.3, 0.2]
    states: list[dict[str, torch.Tensor]] = []

    def metrics(head: Any, *_: object) -> dict[str, float]:
        states.append(copy.deepcopy(head.model.conversion.state_dict()))
        return {"headline": scores[len(states) - 1] if len(states) <= 4 else 0.0, "f1": 0.0}

    monkeypatch.setattr(conversion, "dev_metrics", metrics)
    dev = write_rows(tmp_path / "dev.jsonl", target_rows()[:2])
    best = finetune(finetune_settings(tmp_path, base, dev=[dev], epochs=4), report=quiet)
    assert best["finetune"]["epoch"] == 2 and best["finetune"]["score"] == 0.9
    saved = load_file(tmp_path / "tuned" / "model.safetensors")
    assert all(torch.equal(saved[f"conversion.{n}"], t.half()) for n, t in states[1].items())
    assert not all(torch.equal(saved[f"conversion.{n}"], t.half()) for n, t in states[3].items())


def test_tuning_stops_after_validations_without_gain(base: Path, tmp_path: Path) -> None:
    dev = write_rows(tmp_path / "dev.jsonl", target_rows()[:6])
    reported: list[str] = []
    finetune(finetune_settings(tmp_path, base, dev=[dev], lr=1e-12, patience=2, epochs=9), report=reported.append)
    assert len([line for line in reported if line.startswith("epoch")]) == 3


SMALL = Taxonomy(("A", "A.b", "C"), {"A.b": "A"}, name="small")


class Answers:
    """A typing head whose answers stand in place of the vectors."""

    names = Targets(SMALL).names

    def choose(self, vectors: torch.Tensor) -> Choice:
        return Choice(vectors[:, 0].long(), torch.ones(len(vectors)))


def scored(
    answers: list[int], gold: list[LabelSet], found: list[LabelSet | None], typed: list[int], reading: Reading
) -> dict[str, float]:
    """Metrics of `answers` to gold mentions, and of found names that are `typed` so."""
    vectors, own = (torch.tensor(numbers, dtype=torch.float32)[:, None] for numbers in (typed, answers))
    names = MatchedNames.in_one_unit(gold, found)
    instances = Instances(own, gold, torch.ones(len(gold)))
    dev = DevSet("d", instances, vectors, torch.ones(len(found)), names, SentenceScorer(SMALL))
    return dev_metrics(Answers(), dev, reading)  # type: ignore[arg-type]


def test_typed_f1_by_hand() -> None:
    found: list[LabelSet | None] = [("A.b",), ("A.b",), None, ("C",), ("-",)]
    gold: list[LabelSet] = [("A.b",), ("A.b",), ("C",), ("-",), ("C", "-")]
    # Written: 4 of 5 (one outside). Credit: 1 + .5 (parent); the span that is no mention and the outside name give 0.
    result = scored([0] * 5, gold, found, [1, 0, 2, 3, 2], "closed")
    assert (result["system"], result["gold"]) == (4, 4)
    assert result["p"] == result["r"] == result["f1"] == result["headline"] == pytest.approx(1.5 / 4)


def test_typing_metrics_by_hand() -> None:
    result = scored([1, 0, 2, 3], [("A.b",), ("A.b",), ("A", "C"), ("-",)], [], [], "closed")
    credit = pytest.approx((1 + 0.5 + 1 + 1) / 4)
    assert result == {"credit": credit, "accuracy": 0.75, "mentions": 4, "headline": credit}


@pytest.mark.parametrize(("reading", "credit"), [("closed", 0.5), ("open", 1.0), ("mean", 0.75)])
def test_an_answer_below_an_open_label_is_right_where_labels_are_read_so(reading: Reading, credit: float) -> None:
    # Gold A, C and outside; answered A.b (below A), C, and A.b, which is no gold type.
    gold: list[LabelSet] = [("A",), ("C",), ("-",)]
    result = scored([1, 2, 1], gold, list(gold), [1, 2, 1], reading)
    assert result["credit"] == pytest.approx((credit + 1) / 3, abs=1e-4)
    assert (result["p"], result["r"]) == pytest.approx(((credit + 1) / 3, (credit + 1) / 2), abs=1e-4)


def test_the_reading_of_validation_labels_is_a_setting(base: Path, tmp_path: Path) -> None:
    coarse = [sentence("Yesterday Ada Brun went to Oslo .", ("Ada Brun", ("PER",)), ("Oslo", ("GPE",)))]
    dev = write_rows(tmp_path / "coarse.jsonl", coarse)
    credit = {}
    for reading in ("closed", "open", "mean"):
        settings = finetune_settings(tmp_path, base, dev=[dev], dev_labels=reading, patience=30)
        credit[reading] = finetune(settings, report=quiet)["finetune"]["dev"]["coarse"]["credit"]
    assert credit == {"closed": pytest.approx(0.625), "open": 1.0, "mean": pytest.approx(0.8125)}
