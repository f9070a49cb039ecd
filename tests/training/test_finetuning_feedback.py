"""Feedback: it is learned from a replay file without text, and a guard set says what is forgotten."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_models import (
    command_line,
    finetune_settings,
    quiet,
    sentence,
    target_rows,
    write_rows,
)
from tuned_models import WRONG, changed, feedback, items_of, type_of

from ousianer_cli.errors import InputError, ModelError, OutputError
from ousianer_cli.formats.detection import Corrected, DetectionLine
from ousianer_cli.network.checkpoint import load_model, model_taxonomy
from ousianer_cli.network.targets import LabelSet, Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.training.finetune import feedback as command
from ousianer_cli.training.finetune import finetune
from ousianer_cli.training.finetune import lesson as going_on
from ousianer_cli.training.finetune.guard import FEWEST, on_guard
from ousianer_cli.training.finetune.neighbours import contradicting
from ousianer_cli.training.finetune.replay import replayed


def test_the_replay_file_holds_vectors_labels_and_weights_and_no_text(tuned: Path) -> None:
    replay = load_file(tuned / "replay.safetensors")
    assert {n: t.dtype for n, t in replay.items()} == {
        "vectors": torch.float16,
        "labels": torch.int32,
        "weights": torch.float16,
    }
    assert replay["vectors"].shape == (24, 12) and replay["labels"].shape == replay["weights"].shape == (24,)
    sets = load_model(tuned).config["replay_sets"]
    assert sorted(sets) == [["GPE.UrbanArea.City"], ["PER"]]
    wanted = [list(m.types) for row in target_rows() for m in row.mentions]
    assert [sets[i] for i in replay["labels"].tolist()] == wanted
    for file in tuned.rglob("*"):
        if file.is_file() and file.name != "tokenizer.json":
            content = file.read_bytes().lower()
            assert not [w for w in (b"oslo", b"yesterday", b"brun") if w in content], file


@pytest.mark.parametrize("balance", [True, False])
def test_a_corpus_weighs_by_its_size_and_by_how_often_it_is_named(base: Path, tmp_path: Path, balance: bool) -> None:
    few = write_rows(tmp_path / "few.jsonl", target_rows()[:3])  # 6 mentions beside 24
    many = write_rows(tmp_path / "many.jsonl", target_rows())
    settings = finetune_settings(tmp_path, base, train=[few, many, few, few], balance=balance, epochs=1)
    finetune(settings, report=quiet)
    weights = load_file(tmp_path / "tuned" / "replay.safetensors")["weights"].float()
    assert weights.shape == (30,) and weights.mean().item() == pytest.approx(1.0, abs=0.01)
    shares = sorted({round(w, 2) for w in weights.tolist()})
    assert len(shares) == 2
    assert (weights[:6].sum() / weights[6:].sum()).item() == pytest.approx(3 * (0.5 if balance else 0.25), rel=0.01)


def test_too_many_mentions_are_sampled_and_keep_their_weight(base: Path, tmp_path: Path) -> None:
    finetune(finetune_settings(tmp_path, base, replay_limit=10, epochs=1), report=quiet)
    replay = load_file(tmp_path / "tuned" / "replay.safetensors")
    assert replay["vectors"].shape[0] == replay["labels"].shape[0] == 10
    assert float(replay["weights"].float().mean()) == pytest.approx(1.0, abs=0.01)


def test_feedback_changes_the_conversion_alone_and_the_model_gives_the_corrected_type(
    tuned: Path, tmp_path: Path
) -> None:
    assert type_of(tuned, WRONG, "Lima")[0] == "GPE.UrbanArea.City"
    extra = feedback(tmp_path, (WRONG, "Lima", "veh.watercraft"))  # as a run writes it
    reported: list[str] = []
    settings = finetune_settings(tmp_path, tuned, train=[], feedback=[extra])
    metrics = finetune(settings, report=reported.append)
    assert {n.partition(".")[0] for n in changed(tuned, tmp_path / "tuned")} == {"conversion"}
    assert type_of(tmp_path / "tuned", WRONG, "Lima")[0] == "VEH.Watercraft"
    assert type_of(tmp_path / "tuned", WRONG, "Mara Voss")[0] == "PER", "what was right before was forgotten"
    assert metrics["feedback"]["mentions"] == 1
    assert metrics["feedback"]["credit_before"] == 0.0 and metrics["feedback"]["credit_after"] == 1.0
    assert "24 training mentions (replay file) and 1 from feedback" in reported
    replay = load_file(tmp_path / "tuned" / "replay.safetensors")
    assert replay["vectors"].shape[0] == 25, "feedback is replayed in its turn"


def test_replayed_mentions_may_keep_the_models_own_answers(base: Path, tmp_path: Path) -> None:
    # A model that has hardly learned its corpora yet: training on, it would go on learning them.
    raw = finetune_settings(tmp_path, base, out=str(tmp_path / "raw"), epochs=1, lr=1e-4)
    finetune(raw, report=quiet)
    before = load_model(raw.out)
    assert before.replay is not None
    vectors = before.replay["vectors"].float()
    extra = feedback(tmp_path, (WRONG, "Lima", "LOC"))
    moved = {}
    for keep in (0.0, 1.0):
        settings = finetune_settings(tmp_path, raw.out, train=[], feedback=[extra], feedback_weight=1.0)
        finetune(dataclasses.replace(settings, replay_keep=keep), report=quiet)
        difference = TypingHead.of(load_model(settings.out)).scores(vectors) - TypingHead.of(before).scores(vectors)
        moved[keep] = float(difference.abs().sum(dim=1).mean())
    assert moved[1.0] < 0.5 * moved[0.0]


def test_another_file_at_the_detection_files_place_is_refused_before_the_work(
    tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "learn_corrections", None)
    monkeypatch.setattr(
        command, "detection_lines", lambda *_: [DetectionLine(target_rows()[0], (Corrected(0, 1, "missed"),))]
    )
    (tmp_path / "tuned.detection.jsonl").write_text("all I know")
    extra = feedback(tmp_path, (WRONG, "Lima", "PER"))
    with pytest.raises(
        OutputError, match=r"tuned\.detection\.jsonl: expected a detection file or nothing, found another"
    ):
        finetune(finetune_settings(tmp_path, tuned, train=[], feedback=[extra]), report=quiet)
    assert (tmp_path / "tuned.detection.jsonl").read_text() == "all I know" and not (tmp_path / "tuned").exists()


def test_a_feedback_type_of_a_dash_is_outside(tuned: Path, tmp_path: Path) -> None:
    extra = feedback(tmp_path, (WRONG, "Lima", "-"))
    finetune(
        finetune_settings(tmp_path, tuned, train=[], feedback=[extra], feedback_weight=5.0, epochs=120), report=quiet
    )
    assert type_of(tmp_path / "tuned", WRONG, "Lima")[0] == "-"


def test_feedback_can_come_with_the_first_fine_tuning(base: Path, tmp_path: Path) -> None:
    extra = feedback(tmp_path, (WRONG, "Lima", "LOC"))
    reported: list[str] = []
    finetune(finetune_settings(tmp_path, base, feedback=[extra], epochs=2), report=reported.append)
    assert "24 training mentions (corpora) and 1 from feedback" in reported
    assert ["LOC"] in load_model(tmp_path / "tuned").config["replay_sets"]


def test_evidence_moves_corpus_labels_down_and_no_correction(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[int, float]] = []
    original = Targets.gold

    def gold(self: Targets, labels: Any, evidence: torch.Tensor, depth: float) -> torch.Tensor:
        made.append((len(labels), depth))
        return original(self, labels, evidence, depth)

    monkeypatch.setattr(Targets, "gold", gold)
    extra = feedback(tmp_path, (WRONG, "Lima", "GPE"))
    finetune(finetune_settings(tmp_path, base, feedback=[extra], depth=0.5, epochs=1), report=quiet)
    assert made == [(24, 0.5), (1, 0.0)]


def test_feedback_goes_on_with_the_models_own_choices(base: Path, tmp_path: Path) -> None:
    first = finetune_settings(
        tmp_path, base, reads="vectors", hidden=7, loss="hard", decoding="argmax", credit="ancestor", epochs=2
    )
    finetune(first, report=quiet)
    reported: list[str] = []
    extra = feedback(tmp_path, (WRONG, "Lima", "LOC"))
    second = finetune_settings(tmp_path, first.out, out=str(tmp_path / "again"), train=[], feedback=[extra], epochs=1)
    finetune(second, report=reported.append)
    model = load_model(tmp_path / "again")
    assert model.conversion is not None
    assert (model.conversion.reads, model.conversion.hidden.out_features) == ("vectors", 7)
    kept = model.config["finetune"]
    assert (kept["loss"], kept["decoding"], kept["credit"], kept["reads"]) == ("hard", "argmax", "ancestor", "vectors")
    assert "keeping the model's own conversion layer (reads vectors, hidden 7)" in reported


def test_an_unknown_feedback_type_is_named_with_file_and_line(tuned: Path, tmp_path: Path) -> None:
    extra = feedback(tmp_path, (WRONG, "Lima", "GPE"), (WRONG, "Mara Voss", "PER.Juggler"))
    with pytest.raises(InputError, match=r"extra\.tsv:3: expected a type of the taxonomy .*found 'PER.Juggler'"):
        finetune(finetune_settings(tmp_path, tuned, train=[], feedback=[extra]), report=quiet)
    assert not (tmp_path / "tuned").exists()


def test_edl_rows_take_their_sentence_from_the_source(tuned: Path, tmp_path: Path) -> None:
    (tmp_path / "d1.txt").write_text("It rained.\n\n" + WRONG + "\n")
    start = 12 + WRONG.index("Lima")
    (tmp_path / "fix.tab").write_text(f"me\tm1\tLima\td1:{start}-{start + 3}\tNIL1\tloc\tNAM\t1.0\n")
    settings = finetune_settings(
        tmp_path, tuned, train=[], feedback=[str(tmp_path / "fix.tab")], source=[str(tmp_path / "d1.txt")], epochs=1
    )
    metrics = finetune(settings, report=quiet)
    assert metrics["feedback"]["mentions"] == 1
    assert ["LOC"] in load_model(tmp_path / "tuned").config["replay_sets"]


def test_feedback_on_a_model_without_a_replay_file(base: Path, tmp_path: Path) -> None:
    extra = feedback(tmp_path, (WRONG, "Lima", "LOC"))
    with pytest.raises(ModelError, match=r"with replay\.safetensors, found none; give --train as well"):
        finetune(finetune_settings(tmp_path, base, train=[], feedback=[extra]), report=quiet)


def test_a_feedback_sentence_too_long_for_the_encoder_is_named(tuned: Path, tmp_path: Path) -> None:
    extra = feedback(tmp_path, ("Lima " + "and so on " * 60, "Lima", "LOC"))
    with pytest.raises(InputError, match=r"extra\.tsv:2: expected a sentence of at most 256 sub-words"):
        finetune(finetune_settings(tmp_path, tuned, train=[], feedback=[extra]), report=quiet)


def test_corrections_are_learned_in_memory_by_their_vectors_and_put_into_the_model_when_wanted(
    tuned: Path, tmp_path: Path
) -> None:
    model = load_model(tuned)
    before = {n: t.clone() for n, t in model.conversion.state_dict().items()}  # type: ignore[union-attr]
    items, vectors = items_of(model, (WRONG, "Lima", "VEH.Watercraft"), ("Otto saw Rome .", "Rome", "LOC"))
    settings = finetune_settings(tmp_path, tuned, train=[], out="")
    lesson = going_on.learn_corrections(model, items, vectors=vectors, settings=settings)
    kept = model.conversion.state_dict()  # type: ignore[union-attr]
    assert all(torch.equal(before[n], kept[n]) for n in before), "the model was changed"
    assert not (tmp_path / "tuned").exists()
    assert [(s.item.mention, s.before, s.after) for s in lesson.spans] == [
        ("Lima", "GPE.UrbanArea.City", "VEH.Watercraft"),
        ("Rome", "GPE.UrbanArea.City", "LOC"),
    ]
    going_on.adopt(model, lesson)
    head = TypingHead.of(model)
    assert [head.names[i] for i in head.choose(vectors).positions.tolist()] == ["VEH.Watercraft", "LOC"]
    again = going_on.learn_corrections(model, items[:1], vectors=vectors[:1], settings=settings)
    assert int(again.replay.closed.sum()) == 2, "a span corrected again stands once"
    going_on.write_lesson(model, again, str(tmp_path / "kept"))
    assert type_of(tmp_path / "kept", WRONG, "Lima")[0] == "VEH.Watercraft"


def test_corrections_that_the_model_has_right_are_remembered_and_move_nothing(tuned: Path, tmp_path: Path) -> None:
    model = load_model(tuned)
    items, vectors = items_of(model, ("Otto saw Rome .", "Rome", "GPE.UrbanArea.City"))
    reported: list[str] = []
    settings = finetune_settings(tmp_path, tuned, train=[], out="")
    lesson = going_on.learn_corrections(model, items, vectors=vectors, settings=settings, report=reported.append)
    assert "the model has every correction right already: its layer stays as it is" in reported and lesson.steps == 0
    assert model.conversion is not None
    same = zip(model.conversion.state_dict().values(), lesson.conversion.state_dict().values(), strict=True)
    assert all(torch.equal(before, after) for before, after in same)
    assert int(lesson.replay.closed.sum()) == 1


def test_a_corrected_label_stays_closed_in_the_replay_file_and_in_what_samples_it(tuned: Path, tmp_path: Path) -> None:
    extra = feedback(tmp_path, (WRONG, "Lima", "LOC"), ("Otto saw Rome .", "Rome", "LOC"))
    settings = finetune_settings(tmp_path, tuned, train=[], feedback=[extra], replay_limit=5)
    finetune(settings, report=quiet)
    model = load_model(tmp_path / "tuned")
    assert model.replay is not None and len(model.replay["vectors"]) == 5
    earlier = replayed(model, Targets(model_taxonomy(model)))
    assert [labels for labels, closed in zip(earlier.labels, earlier.closed.tolist(), strict=True) if closed] == [
        ("LOC",),
        ("LOC",),
    ]
    weights = earlier.weights
    assert weights[earlier.closed].min() > 2.5 * weights[~earlier.closed].max()


def test_evidence_moves_no_label_that_an_earlier_round_corrected(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = feedback(tmp_path, (WRONG, "Lima", "GPE"))
    finetune(finetune_settings(tmp_path, base, feedback=[extra], depth=0.5, epochs=1), report=quiet)
    made: list[tuple[int, float]] = []
    original = Targets.gold

    def gold(self: Targets, labels: Any, evidence: torch.Tensor, depth: float) -> torch.Tensor:
        made.append((len(labels), depth))
        return original(self, labels, evidence, depth)

    monkeypatch.setattr(Targets, "gold", gold)
    other = feedback(tmp_path, ("Otto saw Rome .", "Rome", "LOC"), name="more.tsv")
    finetune(
        finetune_settings(tmp_path, tmp_path / "tuned", out=str(tmp_path / "on"), train=[], feedback=[other]),
        report=quiet,
    )
    assert made == [(24, 0.5), (2, 0.0)]


@pytest.fixture(scope="module")
def guarded(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with enough replayed mentions for a guard set."""
    folder = tmp_path_factory.mktemp("guarded")
    rng = random.Random(1)
    people = ["".join(rng.choices("abcdefghij", k=5)).title() for _ in range(250)]
    cities = ["".join(rng.choices("klmnopqrst", k=5)).title() for _ in range(250)]
    rows = [
        sentence(f"Yesterday {who} went to {where} .", (who, ("PER",)), (where, ("GPE.UrbanArea.City",)))
        for who, where in zip(people, cities, strict=True)
    ]
    finetune(finetune_settings(folder, base, train=[write_rows(folder / "t.jsonl", rows)], epochs=6), report=quiet)
    return folder / "tuned"


def test_a_guard_set_is_scored_before_and_after_and_never_trained_on(guarded: Path, tmp_path: Path) -> None:
    model = load_model(guarded)
    earlier = replayed(model, Targets(model_taxonomy(model)))
    standing = on_guard(earlier)
    assert FEWEST <= int(standing.sum()) < 0.25 * len(earlier)
    assert torch.equal(on_guard(earlier.part(~standing)), torch.zeros(int((~standing).sum()), dtype=torch.bool))
    items, vectors = items_of(model, ("Yesterday Abcde went to Lima .", "Lima", "LOC"))
    lesson = going_on.learn_corrections(model, items, vectors=vectors, settings=finetune_settings(tmp_path, guarded))
    assert lesson.guard is not None and lesson.guard.mentions == int(standing.sum())
    assert lesson.replayed == len(earlier) - int(standing.sum())
    assert len(lesson.replay) == len(earlier) + 1, "guards are in the replay file still"


def test_feedback_that_makes_the_model_forget_is_refused_with_exit_code_3(guarded: Path, tmp_path: Path) -> None:
    extra = feedback(tmp_path, ("Yesterday Abcde went to Lima .", "Lima", "VEH"))
    out = tmp_path / "out"
    # Without any hold on what the model knew, all cities become vehicles.
    words = ["finetune", guarded, "--feedback", extra, "--feedback-share", "1", "--lr", "0.05", "-o", out]
    code, _, err = command_line(*words)
    assert code == 3 and err.count("\n") == 1 and not out.exists()
    assert "ousianer: expected F1 on the guard set (" in err and "at most 0.02 (--max-loss)" in err
    assert command_line(*words, "--max-loss", "1")[0] == 0 and out.is_dir()
    kept = {p.name: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    assert command_line(*words)[0] == 3
    assert kept == {p.name: p.read_bytes() for p in out.rglob("*") if p.is_file()}, "the old model was not kept"


def cloud(count: int, x: float, y: float, seed: int) -> torch.Tensor:
    """Vectors that vary most along one axis, which says nothing of their kind, and about (x, y) on two others."""
    noise = torch.randn((count, 3), generator=torch.Generator().manual_seed(seed))
    return torch.tensor([5.0, x, y]) + noise * torch.tensor([0.5, 0.2, 0.2])


def test_replayed_mentions_of_the_corrected_kind_that_are_labelled_as_the_model_erred_contradict() -> None:
    others, alike, right_ones = cloud(60, 0, 0, 1), cloud(20, 2, 0, 2), cloud(10, 2, 0, 3)
    replay = torch.cat([others, alike, alike, right_ones])
    labels: list[LabelSet] = [("-",)] * 80 + [("PER",)] * 20 + [("-", "GPE")] * 10
    corrections = cloud(10, 2, 0, 4)
    found = contradicting(replay, labels, corrections, ["GPE"] * 10, ["-"] * 9 + ["GPE"])
    assert found[:60] == [None] * 60 and found[80:] == [None] * 30
    assert found[60:80].count("GPE") >= 15
    assert contradicting(replay, labels, corrections[:2], ["GPE"] * 2, ["-"] * 2) == [None] * 110, "two are no kind"
    assert contradicting(replay, labels, corrections, ["GPE"] * 10, ["GPE"] * 10) == [None] * 110, "nothing was wrong"


def test_a_kind_that_lies_wide_claims_no_more_of_a_label_than_is_like_it() -> None:
    cities, neighbourhoods = cloud(200, 0, 0, 5), cloud(20, 0.8, 0, 6)
    corrections = cloud(12, 0.8, 0, 7)
    labels: list[LabelSet] = [("City",)] * 220
    found = contradicting(torch.cat([cities, neighbourhoods]), labels, corrections, ["Part"] * 12, ["City"] * 12)
    assert sum(name is not None for name in found[:200]) <= 5
    assert sum(name is not None for name in found[200:]) >= 12


def test_what_other_corrections_confirm_does_not_contradict() -> None:
    parties, clubs = cloud(30, 2, 0, 8), cloud(30, 0, 0, 9)
    labels: list[LabelSet] = [("ORG",)] * 60
    replay = torch.cat([parties, clubs])
    alone = contradicting(replay, labels, cloud(6, 2, 0, 10), ["GPE"] * 6, ["ORG"] * 6)
    assert alone[:30].count("GPE") > 15
    both = torch.cat([cloud(6, 2, 0, 10), cloud(200, 2, 0, 11)])  # what most say of the same place is right there
    right = ["GPE"] * 6 + ["ORG"] * 200
    assert contradicting(replay, labels, both, right, ["ORG"] * 206).count("GPE") <= 2
