"""Fine-tuning: detection stays byte-equal, feedback is learned from a replay file without text, a Direct model tags."""

from __future__ import annotations

import copy
import dataclasses
import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_models import (
    CITY,
    PERSON,
    command_line,
    finetune_settings,
    quiet,
    random_model,
    sentence,
    target_rows,
    write_rows,
)

from ousianer_cli.errors import InputError, ModelError, OusiaError, SettingsError, TaxonomyError
from ousianer_cli.formats.corpus import Mention, Sentence
from ousianer_cli.formats.feedback import FeedbackItem
from ousianer_cli.network.checkpoint import Model, load_model, model_taxonomy, save_model
from ousianer_cli.network.inference import mention_vectors
from ousianer_cli.network.targets import LabelSet, Targets
from ousianer_cli.network.typing import Choice, TypingHead
from ousianer_cli.scoring.sentences import MatchedNames, SentenceScorer
from ousianer_cli.settings import resolve
from ousianer_cli.settings.finetune import PAPER, FinetuneSettings, Reading
from ousianer_cli.tagging.engine import Engine
from ousianer_cli.taxonomy.direct import DirectMapper
from ousianer_cli.taxonomy.tree import Taxonomy
from ousianer_cli.training.adamw import AdamW
from ousianer_cli.training.finetune import conversion, finetune
from ousianer_cli.training.finetune import feedback as going_on
from ousianer_cli.training.finetune.evaluation import DevSet, dev_metrics
from ousianer_cli.training.finetune.guard import FEWEST, on_guard
from ousianer_cli.training.finetune.instances import Instances
from ousianer_cli.training.finetune.neighbours import contradicting
from ousianer_cli.training.finetune.replay import replayed

HEADER = "sentence\tstart\tend\ttype\n"


def tensor_bytes(folder: Path) -> dict[str, bytes]:
    """Each tensor's bytes as they stand in the safetensors file, read without any library."""
    content = (folder / "model.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header.pop("__metadata__", None)
    body = content[8 + size :]
    return {name: body[slice(*entry["data_offsets"])] for name, entry in header.items()}


def changed(left: Path, right: Path) -> set[str]:
    a, b = tensor_bytes(left), tensor_bytes(right)
    return {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def feedback(folder: Path, *rows: tuple[str, str, str], name: str = "extra.tsv") -> str:
    """A feedback file of (sentence, mention, type)."""
    lines = [f"{text}\t{text.index(m)}\t{text.index(m) + len(m) - 1}\t{type_name}\n" for text, m, type_name in rows]
    (folder / name).write_text(HEADER + "".join(lines))
    return str(folder / name)


def type_of(folder: Path, text: str, mention: str) -> tuple[str, float]:
    """What a model says of a given mention: its type, and that type's probability."""
    model = load_model(folder)
    head = TypingHead.of(model)
    words = text.split()
    start = next(i for i in range(len(words)) if words[i : i + len(mention.split())] == mention.split())
    vectors = mention_vectors(
        model.tagger, model.tokenizer.encode([words]), [[(start, start + len(mention.split()))]], 99
    )
    choice = head.choose(torch.from_numpy(vectors))
    return head.names[int(choice.positions)], float(choice.scores)


# ---- frozen means byte-equal ----------------------------------------------------------------------------------------


def test_all_that_detection_uses_and_the_projection_are_byte_equal(base: Path, tuned: Path) -> None:
    before, after = tensor_bytes(base), tensor_bytes(tuned)
    names = load_model(base).tagger.detection_parameters()
    assert len(names) > 20 and names <= before.keys()
    for name in [*names, "types.weight", "types.bias"]:
        assert after[name] == before[name], name
    assert changed(base, tuned) == {n for n in after if n.startswith("conversion.")}
    assert len(changed(base, tuned)) >= 4


def test_the_projection_can_be_tuned_and_detection_stays(base: Path, tmp_path: Path) -> None:
    finetune(finetune_settings(tmp_path, base, tune_projection=True, reads="both", epochs=3), report=quiet)
    differing = changed(base, tmp_path / "tuned")
    assert {"types.weight", "types.bias"} <= differing
    assert not differing & load_model(base).tagger.detection_parameters()


def test_it_learns_the_types_and_the_model_tags(tuned: Path) -> None:
    assert type_of(tuned, "Yesterday Ada Brun went to Oslo .", "Ada Brun")[0] == "PER"
    assert type_of(tuned, "Yesterday Ada Brun went to Oslo .", "Oslo")[0] == "GPE.UrbanArea.City"
    model = load_model(tuned)
    assert len(model_taxonomy(model).types) == 143
    assert model.config["finetune"]["epochs"] == 30 and model.config["decoding"]["decoding"] == "expected"
    (found,) = Engine(model).tag([["Yesterday", "Otto", "Lind", "went", "to", "Lima", "."]])
    assert {m.type for m in found} <= {"PER", "GPE.UrbanArea.City"} and found


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        settings = finetune_settings(Path("."), base, out="m", epochs=2, seed=seed)
        finetune(settings, report=quiet)
        found.append({p.name: p.read_bytes() for p in (folder / "m").rglob("*") if p.is_file()})
    assert found[0] == found[1]
    assert found[0]["model.safetensors"] != found[2]["model.safetensors"]


# ---- the replay file ------------------------------------------------------------------------------------------------


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


# ---- feedback -------------------------------------------------------------------------------------------------------

WRONG = "Yesterday Mara Voss went to Lima ."


def test_feedback_changes_the_conversion_alone_and_the_model_gives_the_corrected_type(
    tuned: Path, tmp_path: Path
) -> None:
    assert type_of(tuned, WRONG, "Lima")[0] == "GPE.UrbanArea.City"
    extra = feedback(tmp_path, (WRONG, "Lima", "veh.watercraft"))  # as a run writes it
    said: list[str] = []
    settings = finetune_settings(tmp_path, tuned, train=[], feedback=[extra])
    metrics = finetune(settings, report=said.append)
    assert {n.partition(".")[0] for n in changed(tuned, tmp_path / "tuned")} == {"conversion"}
    assert type_of(tmp_path / "tuned", WRONG, "Lima")[0] == "VEH.Watercraft"
    assert type_of(tmp_path / "tuned", WRONG, "Mara Voss")[0] == "PER", "what was right before was forgotten"
    assert metrics["feedback"]["mentions"] == 1
    assert metrics["feedback"]["credit_before"] == 0.0 and metrics["feedback"]["credit_after"] == 1.0
    assert "24 training mentions (replay file) and 1 from feedback" in said
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


def test_a_feedback_type_of_a_dash_is_outside(tuned: Path, tmp_path: Path) -> None:
    extra = feedback(tmp_path, (WRONG, "Lima", "-"))
    finetune(
        finetune_settings(tmp_path, tuned, train=[], feedback=[extra], feedback_weight=5.0, epochs=120), report=quiet
    )
    assert type_of(tmp_path / "tuned", WRONG, "Lima")[0] == "-"


def test_feedback_can_come_with_the_first_fine_tuning(base: Path, tmp_path: Path) -> None:
    extra = feedback(tmp_path, (WRONG, "Lima", "LOC"))
    said: list[str] = []
    finetune(finetune_settings(tmp_path, base, feedback=[extra], epochs=2), report=said.append)
    assert "24 training mentions (corpora) and 1 from feedback" in said
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
    said: list[str] = []
    extra = feedback(tmp_path, (WRONG, "Lima", "LOC"))
    second = finetune_settings(tmp_path, first.out, out=str(tmp_path / "again"), train=[], feedback=[extra], epochs=1)
    finetune(second, report=said.append)
    model = load_model(tmp_path / "again")
    assert model.conversion is not None
    assert (model.conversion.reads, model.conversion.hidden.out_features) == ("vectors", 7)
    kept = model.config["finetune"]
    assert (kept["loss"], kept["decoding"], kept["credit"], kept["reads"]) == ("hard", "argmax", "ancestor", "vectors")
    assert "keeping the model's own conversion layer (reads vectors, hidden 7)" in said


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


def items_of(model: Model, *rows: tuple[str, str, str]) -> tuple[list[FeedbackItem], torch.Tensor]:
    """(corrections, their vectors as a tagging engine has them) of (sentence, mention of one word, type)."""
    items = [FeedbackItem(t, t.index(m), t.index(m) + len(m), name, "", 0) for t, m, name in rows]
    spans = [[(t.split().index(m), t.split().index(m) + 1)] for t, m, _ in rows]
    encoded = model.tokenizer.encode([t.split() for t, _, _ in rows])
    return items, torch.from_numpy(mention_vectors(model.tagger, encoded, spans, 99))


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


# ---- the guard ------------------------------------------------------------------------------------------------------


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


# ---- what contradicts corrections -----------------------------------------------------------------------------------


def test_neighbours_that_are_labelled_as_the_model_erred_contradict_corrections() -> None:
    one, other = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0])
    near = torch.stack([one, one + 0.01 * other, one, other, one])
    labels: list[LabelSet] = [("-",), ("-",), ("PER",), ("-",), ("-", "GPE")]
    corrections = torch.stack([one, one + 0.02 * other, one - 0.02 * other])
    found = contradicting(near, labels, corrections, ["GPE"] * 3, ["-", "-", "GPE"])
    assert found == ["GPE", "GPE", None, None, None]
    assert contradicting(near, labels, corrections[:2], ["GPE"] * 2, ["-"] * 2) == [None] * 5, "two are no kind"
    assert contradicting(near, labels, corrections, ["GPE"] * 3, ["GPE"] * 3) == [None] * 5, "nothing was wrong"


# ---- losses and decoding --------------------------------------------------------------------------------------------


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
    said: list[str] = []
    metrics = finetune(finetune_settings(tmp_path, base, dev=[dev], patience=30, epochs=10), report=said.append)
    epochs = [line for line in said if line.startswith("epoch")]
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
    said: list[str] = []
    finetune(finetune_settings(tmp_path, base, dev=[dev], lr=0.0, patience=2, epochs=9), report=said.append)
    assert len([line for line in said if line.startswith("epoch")]) == 3


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


@pytest.mark.parametrize(("reading", "worth"), [("closed", 0.5), ("open", 1.0), ("mean", 0.75)])
def test_an_answer_below_an_open_label_is_right_where_labels_are_read_so(reading: Reading, worth: float) -> None:
    # Gold A, C and outside; answered A.b (below A), C, and A.b, which is no gold type.
    gold: list[LabelSet] = [("A",), ("C",), ("-",)]
    result = scored([1, 2, 1], gold, list(gold), [1, 2, 1], reading)
    assert result["credit"] == pytest.approx((worth + 1) / 3, abs=1e-4)
    assert (result["p"], result["r"]) == pytest.approx(((worth + 1) / 3, (worth + 1) / 2), abs=1e-4)


def test_the_reading_of_validation_labels_is_a_setting(base: Path, tmp_path: Path) -> None:
    coarse = [sentence("Yesterday Ada Brun went to Oslo .", ("Ada Brun", ("PER",)), ("Oslo", ("GPE",)))]
    dev = write_rows(tmp_path / "coarse.jsonl", coarse)
    credit = {}
    for reading in ("closed", "open", "mean"):
        settings = finetune_settings(tmp_path, base, dev=[dev], dev_labels=reading, patience=30)
        credit[reading] = finetune(settings, report=quiet)["finetune"]["dev"]["coarse"]["credit"]
    assert credit == {"closed": pytest.approx(0.625), "open": 1.0, "mean": pytest.approx(0.8125)}


# ---- taxonomies and the Direct model --------------------------------------------------------------------------------


def test_a_taxonomy_of_ones_own_needs_no_mapping_table(base: Path, tmp_path: Path) -> None:
    (tmp_path / "own.tsv").write_text("Human\t\nPlace\t\nPlace.Town\tPlace\n")
    rows = [
        sentence("Ada lives in Oslo", ("Ada", ("Human",)), ("Oslo", ("Place.Town", "Place"))),
        sentence("Otto saw Rome", ("Otto", ("Human",)), ("Rome", ("Place.Town",))),
    ]
    train = write_rows(tmp_path / "own.jsonl", rows)
    said: list[str] = []
    finetune(finetune_settings(tmp_path, base, train=[train], taxonomy=str(tmp_path / "own.tsv")), report=said.append)
    assert any("no table maps YAGO to the taxonomy" in line for line in said)
    model = load_model(tmp_path / "tuned")
    assert list(model_taxonomy(model).types) == ["Human", "Place", "Place.Town"]
    with pytest.raises(TaxonomyError, match=r"yago_to_aida\.tsv"):
        finetune(
            finetune_settings(tmp_path, base, train=[train], taxonomy=str(tmp_path / "own.tsv"), depth=0.5),
            report=quiet,
        )


def own_taxonomy(folder: Path) -> dict[str, Any]:
    """Settings of a tuning towards types of one's own by a table of one's own, with open labels that it deepens."""
    (folder / "own.tsv").write_text("Human\t\nPlace\t\nPlace.Town\tPlace\n")
    (folder / "table.tsv").write_text(f"{CITY}\tPlace.Town\n{PERSON}\tHuman\n")
    rows = [
        sentence("Ada lives in Oslo .", ("Ada", ("Human",)), ("Oslo", ("Place",))),
        sentence("Yesterday Otto Lind went to Rome .", ("Otto Lind", ("Human",)), ("Rome", ("Place",))),
    ]
    train = write_rows(folder / "own.jsonl", rows)
    return {"train": [train], "taxonomy": str(folder / "own.tsv"), "mapping": str(folder / "table.tsv"), "depth": 1.0}


def test_the_mapping_table_is_part_of_the_model_and_feedback_goes_on_with_it(base: Path, tmp_path: Path) -> None:
    first = finetune_settings(tmp_path, base, out=str(tmp_path / "first"), **own_taxonomy(tmp_path))
    finetune(first, report=quiet)
    table = (tmp_path / "table.tsv").read_text()
    assert (tmp_path / "first" / "taxonomy" / "mapping.tsv").read_text() == table
    (tmp_path / "table.tsv").unlink()
    used: list[DirectMapper | None] = []
    train = going_on.revise

    def seen(model: Any, targets: Any, mapper: DirectMapper | None, *rest: Any, **more: Any) -> Any:
        used.append(mapper)
        return train(model, targets, mapper, *rest, **more)

    extra = feedback(tmp_path, ("Otto saw Rome .", "Rome", "Place.Town"))
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(going_on, "revise", seen)
        finetune(finetune_settings(tmp_path, first.out, train=[], feedback=[extra]), report=said.append)
    model = load_model(tmp_path / "tuned")
    (mapper,) = used
    own = DirectMapper.from_text(table, model.types, model_taxonomy(model))
    assert mapper is not None and (mapper.matrix == own.matrix).all()
    assert not [line for line in said if "no table" in line]
    assert model.mapping_table == table
    assert model.config["finetune"]["mapping"] == "table.tsv"


def test_feedback_that_needs_a_table_its_model_has_lost_asks_for_it(base: Path, tmp_path: Path) -> None:
    first = finetune_settings(tmp_path, base, out=str(tmp_path / "first"), **own_taxonomy(tmp_path))
    finetune(first, report=quiet)
    (tmp_path / "first" / "taxonomy" / "mapping.tsv").unlink()
    config = json.loads((tmp_path / "first" / "config.json").read_text())
    del config["files_sha256_16"]["taxonomy/mapping.tsv"]  # as a version wrote it that kept no table
    (tmp_path / "first" / "config.json").write_text(json.dumps(config))
    extra = feedback(tmp_path, ("Otto saw Rome .", "Rome", "Place.Town"))
    with pytest.raises(ModelError, match=r"mapping table that the model was tuned with \(table\.tsv\).*--mapping"):
        finetune(finetune_settings(tmp_path, first.out, train=[], feedback=[extra]), report=quiet)
    given = finetune_settings(tmp_path, first.out, train=[], feedback=[extra], mapping=first.mapping)
    finetune(given, report=quiet)
    assert load_model(given.out).mapping_table == (tmp_path / "table.tsv").read_text()


def test_a_base_without_replay_file_is_noticed_before_any_corpus_is_read(base: Path, tmp_path: Path) -> None:
    extra = feedback(tmp_path, ("Otto saw Rome .", "Rome", "GPE"))
    settings = finetune_settings(tmp_path, base, train=[], feedback=[extra], dev=[str(tmp_path / "no-such.jsonl")])
    with pytest.raises(ModelError, match=r"expected a fine-tuned model with replay\.safetensors, found none"):
        finetune(settings, report=quiet)


def test_the_direct_model_is_written_and_tags(base: Path, tmp_path: Path) -> None:
    dev = write_rows(tmp_path / "dev.jsonl", target_rows()[:6])
    said: list[str] = []
    metrics = finetune(finetune_settings(tmp_path, base, train=[], direct=True, dev=[dev]), report=said.append)
    assert metrics["direct"]["dev"]["mentions"] == 12 and 0 <= metrics["direct"]["dev"]["credit"] <= 1
    out = tmp_path / "tuned"
    assert changed(base, out) == set(), "a Direct model has the base's tensors and no others"
    model = load_model(out)
    assert model.conversion is None and model.replay is None and model.direct_table is not None
    assert (out / "taxonomy" / "direct.tsv").is_file() and not (out / "replay.safetensors").exists()
    assert any(line.endswith(f"of {len(model.types)} YAGO types mapped") for line in said)
    (found,) = Engine(model).tag([["Yesterday", "Otto", "Lind", "went", "to", "Lima", "."]])
    assert found and {m.type for m in found} <= set(Targets(model_taxonomy(model)).names)


def test_a_direct_model_types_by_its_table(tmp_path: Path) -> None:
    model = random_model()
    with torch.no_grad():
        model.tagger.types.weight.zero_()
        model.tagger.types.bias.copy_(torch.tensor([-9.0, 9.0, -9.0, -9.0]))  # all are cities
    save_model(tmp_path / "base", model, "card")
    (tmp_path / "table.tsv").write_text(f"{CITY}\tVEH.Watercraft\tof our own\n{PERSON}\tPER\n")
    settings = FinetuneSettings(
        base=str(tmp_path / "base"), out=str(tmp_path / "direct"), direct=True, mapping=str(tmp_path / "table.tsv")
    )
    finetune(settings, report=quiet)
    head = TypingHead.of(load_model(tmp_path / "direct"))
    choice = head.choose(torch.zeros(2, model.tagger.vector_size))
    assert [head.names[i] for i in choice.positions.tolist()] == ["VEH.Watercraft"] * 2
    assert choice.scores.tolist() == pytest.approx([torch.sigmoid(torch.tensor(9.0)).item()] * 2, abs=1e-3)


# ---- settings and errors --------------------------------------------------------------------------------------------


def test_the_papers_preset_sets_every_value_of_the_paper(tmp_path: Path) -> None:
    (tmp_path / "none.toml").write_text("")
    settings = resolve(FinetuneSettings, "finetune", {}, config=tmp_path / "none.toml", preset=PAPER)
    wanted = {
        "reads": "logits",
        "hidden": 200,
        "dropout": 0.0,
        "loss": "soft",
        "loss_decay": 0.5,
        "decay": 0.5,
        "decoding": "argmax",
        "lr": 1e-5,
        "warmup_steps": 2500,
        "depth": 0.0,
        "tune_projection": False,
        "balance": False,
    }
    assert {name: getattr(settings, name) for name in wanted} == wanted


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The learning rate of each step, as steps are made."""
    made: list[float] = []
    original = AdamW.step

    def step(self: AdamW, share: float) -> None:
        made.append(self.lr * share)
        original(self, share)

    monkeypatch.setattr(AdamW, "step", step)
    return made


@pytest.mark.parametrize(("copies", "batches"), [(1, 2), (20, 30), (50, 40)])
def test_few_mentions_make_small_batches(
    base: Path, tmp_path: Path, rates: list[float], copies: int, batches: int
) -> None:
    # 24 mentions in batches of 16, 480 of 16, 1,200 of 30; never one batch of 256.
    rows = [row for _ in range(copies) for row in target_rows()]
    train = write_rows(tmp_path / "many.jsonl", rows)
    finetune(finetune_settings(tmp_path, base, train=[train], batch_size=256, epochs=1), report=quiet)
    assert len(rates) == batches


def test_the_learning_rate_rises_and_falls(base: Path, tmp_path: Path, rates: list[float]) -> None:
    finetune(finetune_settings(tmp_path, base, lr=0.01, warmup_steps=5, epochs=10), report=quiet)
    assert len(rates) == 30
    assert rates[:5] == pytest.approx([0.002, 0.004, 0.006, 0.008, 0.01])
    assert rates[5:] == sorted(rates[5:], reverse=True) and rates[-1] == pytest.approx(0.01 / 25)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"base": ""}, "missing setting: a model folder to start from; give .*base"),
        ({"out": ""}, r"missing setting: a folder for the model"),
        ({"train": []}, "missing setting: training mentions; give --train, --feedback or --direct"),
        ({"base": "/nowhere"}, "/nowhere: expected a model folder"),
        ({"train": ["absent.jsonl"]}, "absent.jsonl: expected a corpus"),
        ({"taxonomy": "absent"}, "check --taxonomy"),
        ({"mapping": "absent.tsv"}, "absent.tsv: .*check --mapping"),
        ({"feedback": ["absent.tsv"]}, "absent.tsv: expected a feedback file"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(base: Path, tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(OusiaError, match=told) as error:
        finetune(finetune_settings(**{"folder": tmp_path, "base": base, **changes}), report=quiet)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "tuned").exists()


def test_an_unknown_type_in_a_corpus_is_named_with_what_to_do(base: Path, tmp_path: Path) -> None:
    train = write_rows(tmp_path / "t.jsonl", [sentence("In Oslo", ("Oslo", ("PLACE",)))])
    with pytest.raises(InputError, match=r"t\.jsonl: expected types of .*'aida-edl' or '-', found 'PLACE'; map"):
        finetune(finetune_settings(tmp_path, base, train=[train]), report=quiet)


def test_corpora_without_types_are_told(base: Path, tmp_path: Path) -> None:
    train = write_rows(tmp_path / "t.jsonl", [sentence("In Oslo", ("Oslo", ()))])
    with pytest.raises(InputError, match="expected training mentions, found none with types"):
        finetune(finetune_settings(tmp_path, base, train=[train]), report=quiet)


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"direct": True, "train": ["x"]}, "--direct and --train"),
        ({"tune_projection": True, "reads": "vectors"}, "--tune-projection and --reads vectors"),
        ({"decay": 1.1}, "--decay"),
        ({"loss_decay": -0.1}, "--loss-decay"),
        ({"depth": 2.0}, "--depth"),
        ({"epochs": 0}, "--epochs"),
        ({"batch_size": 0}, "--batch-size"),
        ({"hidden": 0}, "--hidden"),
    ],
)
def test_values_out_of_range_and_conflicts_are_named_by_flag(changes: dict[str, Any], flag: str) -> None:
    with pytest.raises(SettingsError, match=flag):
        FinetuneSettings(**changes)


# ---- names inside names ---------------------------------------------------------------------------------------------


def test_a_corpus_that_marks_names_inside_names_trains_a_head_for_them(base: Path, tmp_path: Path) -> None:
    rows = [
        Sentence(
            tuple(f"Yesterday {city} Police met {who} .".split()),
            (Mention(1, 3, ("ORG.Government.LawEnforcementAgency",)), Mention(4, 6, ("PER",))),
            nested=(Mention(1, 2, ("GPE.UrbanArea.City",)),),
        )
        for city in ("Oslo", "Lima", "Rome")
        for who in ("Ada Brun", "Otto Lind")
    ]
    said: list[str] = []
    train = [write_rows(tmp_path / "nested.jsonl", rows)]
    finetune(finetune_settings(tmp_path, base, train=train, epochs=2), report=said.append)
    assert "names inside names: 6 of 24 stretches" in said
    assert any(line.startswith("nested.jsonl: 18 mentions") for line in said)
    model = load_model(tmp_path / "tuned")
    assert model.nested is not None
    list(Engine(model, nested=True).tag_documents([[list(rows[0].tokens)]]))
    save_model(tmp_path / "again", model, "card")
    assert load_model(tmp_path / "again").nested is not None


def test_a_corpus_that_marks_none_trains_none(tuned: Path) -> None:
    assert load_model(tuned).nested is None
