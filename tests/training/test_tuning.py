"""Tuning: the space is checked by file and key, studies repeat themselves and go on, and the best settings are kept."""

from __future__ import annotations

import csv
import dataclasses
import fcntl
import math
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tiny_models import finetune_settings, pretrain_settings, quiet, random_model, target_rows, write_rows

pytest.importorskip("optuna")

import optuna

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.network.checkpoint import save_model
from ousianer_cli.network.targets import Targets
from ousianer_cli.settings import resolve
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.settings.tune import TuneSettings
from ousianer_cli.taxonomy.tree_files import load_taxonomy
from ousianer_cli.training.finetune import finetune
from ousianer_cli.training.pretrain import pretrain
from ousianer_cli.training.tune import study as module
from ousianer_cli.training.tune import trainers, tune
from ousianer_cli.training.tune.space import Build, Dimension, default_space, read_space
from ousianer_cli.training.tune.trainers import split_corpora
from ousianer_cli.training.tune.trial import UnusableTrial, finite_score

SPACE: dict[str, Any] = {
    "lr": {"low": 1e-3, "high": 1e-1, "log": True},
    "hidden": {"choices": [4, 8]},
    "dropout": {"low": 0.0, "high": 0.3, "step": 0.1},
}


def builder(cls: type, table: str, settings: Any) -> Build:
    given = dataclasses.asdict(settings) if not isinstance(settings, dict) else settings

    def build(changes: Mapping[str, Any]) -> Any:
        return resolve(cls, table, {**given, **changes})

    return build


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pretrained model of random weights, and a corpus in AIDA types."""
    place = tmp_path_factory.mktemp("tune")
    save_model(place / "base", random_model(), "")
    write_rows(place / "dev.jsonl", target_rows())
    return place


@pytest.fixture
def build(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    monkeypatch.chdir(tmp_path)
    settings = finetune_settings(tmp_path, folder / "base", epochs=4, dev=[str(folder / "dev.jsonl")], hidden=8)
    return builder(FinetuneSettings, "finetune", settings)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of three epochs without a network: their score is told by their settings."""

    def stand_in(*args: Any, on_epoch: Callable[[dict[str, Any]], None], **kwargs: Any) -> dict[str, Any]:
        settings = args[5]
        score = 1 / (1 + abs(math.log10(settings.lr) + 2)) - settings.dropout / 10 + settings.hidden / 100
        for epoch in (1, 2, 3):
            on_epoch({"score": score * epoch / 3, "loss": 0.5, "epoch": epoch})
        return {"score": score, "loss": 0.5, "epoch": 3}

    monkeypatch.setattr(trainers, "train_conversion", stand_in)


def run(out: Path, build: Build, *, resume: bool = False, **chosen: Any) -> dict[str, Any]:
    chosen = {"trials": 6, "finetune": SPACE, **chosen}
    return tune("finetune", TuneSettings(out=str(out), **chosen), build, resume=resume, report=quiet)


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "trials.tsv").open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


def drawn_and_scored(out: Path) -> list[tuple[str, ...]]:
    """What a study did, without its clock; trials that were begun again count once, in the order of their end."""
    kept = [row for row in rows_of(out) if row["state"] != "interrupted"]
    return [tuple(row[name] for name in ("state", "score", *SPACE)) for row in kept]


# ---- the search space -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"lrr": {"low": 1, "high": 2}}, "x.toml: [tune.finetune] lrr: expected a setting of [finetune], found none"),
        ({"lr": {"low": 1.0, "high": 0.1}}, "[tune.finetune] lr: expected low <= high, found low = 1.0, high = 0.1"),
        ({"lr": {"low": 0, "high": 0.1, "log": True}}, "lr: expected low above 0 with log = true, found 0"),
        ({"lr": {"low": 0.1, "high": 1, "log": True, "step": 0.1}}, "lr: expected log = true or a step, not both"),
        ({"lr": {"low": 0.1, "high": 1, "step": 0}}, "lr: expected a step above 0, found 0"),
        ({"lr": {"low": "a", "high": 1}}, "lr: expected a number as low, found 'a'"),
        ({"lr": {"low": 0.1}}, "lr: expected a number as high, found None"),
        ({"lr": {"low": 0.1, "hihg": 1}}, "or {low = ..., high = ...} with step or log, found 'hihg'"),
        ({"lr": [0.1, 0.2]}, "lr: expected {choices = [...]} or {low = ..., high = ...}"),
        ({"lr": {"choices": []}}, "lr: expected a list of choices and nothing beside it"),
        ({"hidden": {"choices": [8, 8]}}, "hidden: expected choices that differ, found [8, 8]"),
        ({"hidden": {"low": 1.5, "high": 3}}, "hidden: expected a whole number as low, found 1.5"),
        ({"hidden": {"choices": [8, "many"]}}, "hidden: --hidden ([finetune] hidden): expected int, found 'many'"),
        ({"loss": {"low": 1, "high": 2}}, "loss: expected choices, since it is no number"),
        ({"loss": {"choices": ["soft", "medium"]}}, "expected one of soft, hard, credit, found 'medium'"),
        ({"dropout": {"low": 0.1, "high": 1.5}}, "dropout: --dropout: expected 0 to 1, found 1.5"),
        ({"dev": {"choices": [["a"], ["b"]]}}, "dev: expected a setting that leaves data and types as they are"),
        ({"tune_projection": {"choices": [True]}}, "--tune-projection and --reads vectors: expected one of them"),
    ],
)
def test_a_wrong_space_is_told_by_file_and_key(table: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_space(table, "finetune", builder(FinetuneSettings, "finetune", {}), "x.toml")
    assert message in str(caught.value) and str(caught.value).startswith("x.toml: [tune.finetune] ")


def test_values_that_only_go_with_others_may_be_tuned_together() -> None:
    table = {"tune_projection": {"choices": [True, False]}, "reads": {"choices": ["vectors", "both"]}}
    space = read_space(table, "finetune", builder(FinetuneSettings, "finetune", {}), "x.toml")
    assert [d.choices for d in space] == [(True, False), ("vectors", "both")]


def test_choices_take_the_settings_type_and_may_be_lists() -> None:
    build = builder(PretrainSettings, "pretrain", {})
    lr, layers = read_space(
        {"lr": {"choices": [1, 0.5]}, "mix_layers": {"choices": [[], [-1]]}}, "pretrain", build, "x.toml"
    )
    assert [type(c) for c in lr.choices] == [float, float]
    assert layers.points() == ["[]", "[-1]"] and layers.value("[-1]") == [-1] and layers.holds([])


def test_every_corpus_of_a_study_is_digested_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "closed.jsonl"
    path.write_text('{"tokens": ["a"]}\n')
    fixed = PretrainSettings(joint_closed=[str(path)], typing_dev=[str(path)])
    identity = module._identity("pretrain", fixed, [], TuneSettings(out="s"))
    assert list(identity["data"]) == [str(path)]
    path.write_text('{"tokens": ["b"]}\n')
    assert module._identity("pretrain", fixed, [], TuneSettings(out="s"))["data"] != identity["data"]
    build = builder(PretrainSettings, "pretrain", fixed)
    with pytest.raises(SettingsError, match="joint_closed: expected a setting that leaves data and types as they are"):
        read_space({"joint_closed": {"choices": [["a"], ["b"]]}}, "pretrain", build, "x.toml")


def test_a_stepped_range_holds_its_points_alone() -> None:
    dropout = Dimension("dropout", low=0.1, high=0.5, step=0.2)
    assert dropout.points() == [0.1, 0.3, 0.5] and dropout.holds(0.3) and not dropout.holds(0.2)
    assert Dimension("hidden", low=2, high=4, whole=True).points() == [2, 3, 4]
    free = Dimension("lr", low=0.1, high=1.0)
    assert free.points() is None and free.holds(0.123) and not free.holds(2)


def test_the_shipped_spaces_are_valid_and_hold_the_defaults() -> None:
    for phase, cls, fixed in (
        ("pretrain", PretrainSettings, PretrainSettings(detection=["a"])),
        ("finetune", FinetuneSettings, FinetuneSettings(train=["a"])),
        ("finetune", FinetuneSettings, FinetuneSettings(feedback=["a"])),
    ):
        table = default_space(phase, fixed)  # type: ignore[arg-type]
        space = read_space(table, phase, builder(cls, phase, fixed), "x")  # type: ignore[arg-type]
        assert [d.name for d in space if not d.holds(getattr(fixed, d.name))] == []
    assert "encoder_lr" not in default_space("pretrain", PretrainSettings(encoder_lr=0.0)), "a frozen one was thawed"


# ---- studies of fine-tuning -----------------------------------------------------------------------------------------


def test_the_best_settings_make_the_best_score_again(build: Build, tmp_path: Path) -> None:
    found = run(tmp_path / "study", build, trials=4)
    rows = rows_of(tmp_path / "study")
    assert [row["trial"] for row in rows] == [str(n) for n in range(4)]
    assert found["score"] == max(float(row["score"]) for row in rows if row["state"] == "complete")
    table = tomllib.loads((tmp_path / "study" / "best.toml").read_text())["finetune"]
    assert {name: table[name] for name in SPACE} == found["settings"] and "out" not in table
    settings = resolve(
        FinetuneSettings, "finetune", {"out": str(tmp_path / "m")}, config=tmp_path / "study" / "best.toml"
    )
    assert finetune(settings, report=quiet)["finetune"]["score"] == pytest.approx(found["score"], abs=1e-6)
    report = (tmp_path / "study" / "report.md").read_text()
    assert f"**{found['score']:.4f}** (trial {found['trial']})" in report and "dev.jsonl (sha256 " in report


def test_mention_vectors_are_computed_once(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *a, **k: (calls.append(name), real(*a, **k))[1]

    for name in ("corpus_instances", "dev_set", "train_conversion"):
        monkeypatch.setattr(trainers, name, counted(name, getattr(trainers, name)))
    run(tmp_path / "study", build, trials=3, seeds=2)
    assert sorted(calls) == ["corpus_instances", "dev_set"] + ["train_conversion"] * 6


@pytest.mark.usefixtures("quick")
def test_a_folder_of_kept_vectors_is_no_part_of_a_study(build: Build, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()  # a folder that is there is still no corpus
    run(tmp_path / "study", lambda changes: build({**changes, "vectors": str(tmp_path / "kept")}), trials=1)
    assert any((tmp_path / "kept").iterdir())
    run(tmp_path / "study", build, trials=2, resume=True)
    assert len(drawn_and_scored(tmp_path / "study")) == 2


@pytest.mark.usefixtures("quick")
def test_the_same_seed_draws_the_same_and_another_one_others(build: Build, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(tmp_path / name, build, seed=seed)
    assert drawn_and_scored(tmp_path / "a") == drawn_and_scored(tmp_path / "b")
    assert drawn_and_scored(tmp_path / "a")[1:] != drawn_and_scored(tmp_path / "c")[1:]


def test_the_score_is_the_mean_over_seeds(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def stand_in(*args: Any, **kwargs: Any) -> dict[str, Any]:
        seen.append(args[5].seed)
        return {"score": args[5].seed / 10, "loss": 1.0, "epoch": 1}

    monkeypatch.setattr(trainers, "train_conversion", stand_in)
    assert run(tmp_path / "study", build, trials=1, seeds=3)["score"] == pytest.approx(0.2)
    assert seen == [1, 2, 3] and rows_of(tmp_path / "study")[0]["scores"] == "0.1 0.2 0.3"


@pytest.mark.usefixtures("quick")
def test_the_first_trial_is_what_was_given(build: Build, tmp_path: Path) -> None:
    run(tmp_path / "study", build, trials=2)
    first, second = rows_of(tmp_path / "study")
    assert (first["lr"], first["hidden"], first["dropout"]) == ("0.01", "8", "0.0")
    assert second["lr"] != "0.01"
    assert "with the settings as given" in (tmp_path / "study" / "report.md").read_text()


@pytest.mark.usefixtures("quick")
def test_a_grid_is_run_whole_and_once(build: Build, tmp_path: Path) -> None:
    space = {"hidden": {"choices": [4, 8]}, "dropout": {"low": 0.0, "high": 0.2, "step": 0.1}}
    run(tmp_path / "study", build, trials=4, finetune=space, sampler="grid", pruner="none")
    found = run(tmp_path / "study", build, resume=True, trials=50, finetune=space, sampler="grid", pruner="none")
    points = [(row["hidden"], row["dropout"]) for row in rows_of(tmp_path / "study")]
    assert sorted(points) == [(h, d) for h in "48" for d in ("0.0", "0.1", "0.2")]
    assert found["trials"] == {"complete": 6}
    with pytest.raises(SettingsError, match="--sampler grid: expected choices or a step .*, found neither for lr"):
        run(tmp_path / "other", build, sampler="grid")


def test_without_a_validation_corpus_a_share_is_held_out(folder: Path, tmp_path: Path) -> None:
    given = dataclasses.replace(finetune_settings(tmp_path, folder / "base", epochs=1, hidden=8))
    reported: list[str] = []
    chosen = TuneSettings(out=str(tmp_path / "study"), trials=1, finetune=SPACE, held_out=0.4)
    tune("finetune", chosen, builder(FinetuneSettings, "finetune", given), report=reported.append)
    assert reported[0].startswith("held out by a hash of the sentence (0.4): ")
    assert reported[0].endswith(" 12 of target.jsonl")
    assert reported[0] in (tmp_path / "study" / "report.md").read_text()
    assert not [p for p in (tmp_path / "study").rglob("*") if p.is_file() and b"Oslo" in p.read_bytes()]
    chosen = dataclasses.replace(chosen, out=str(tmp_path / "none"), held_out=0.001)
    with pytest.raises(SettingsError, match="--held-out: expected a share that parts the 12 sentences of .*target"):
        tune("finetune", chosen, builder(FinetuneSettings, "finetune", given), report=quiet)


def test_a_corpus_named_twice_is_parted_once_and_weighs_twice(tmp_path: Path) -> None:
    one, two = (write_rows(tmp_path / name / "c.jsonl", target_rows()) for name in ("one", "two"))
    targets = Targets(load_taxonomy("aida-edl"))
    train, held, _ = split_corpora([one, f"{two}*3", one], 0.4, targets)
    assert [(c.path, c.weight) for c in train] == [(one, 2), (two, 3)]
    assert [c.name for c in held] == ["c-0", "c-1"], "validation corpora would be taken for one"
    parts = [list(c.sentences) for c in (train[0], held[0], held[1])]
    assert len(parts[0]) + len(parts[1]) == 12 and all(parts)
    assert parts[1] == parts[2], "the same sentence fell on two sides"


def test_feedback_alone_is_tuned_on_the_models_own_layer(folder: Path, tmp_path: Path) -> None:
    finetune(finetune_settings(tmp_path, folder / "base", epochs=2, hidden=8), report=quiet)
    (tmp_path / "fix.tsv").write_text("sentence\tstart\tend\ttype\nMara Voss went to Lima .\t18\t21\tLOC\n")
    given = FinetuneSettings(
        base=str(tmp_path / "tuned"), feedback=[str(tmp_path / "fix.tsv")], dev=[str(folder / "dev.jsonl")], epochs=2
    )
    build = builder(FinetuneSettings, "finetune", given)
    space = {"feedback_weight": {"low": 1.0, "high": 9.0}}
    found = run(tmp_path / "study", build, trials=2, finetune=space)
    assert set(found["settings"]) == {"feedback_weight"}
    with pytest.raises(SettingsError, match=r"\[tune.finetune\] hidden: expected a setting that feedback alone can ch"):
        run(tmp_path / "other", build, finetune={"hidden": {"choices": [8, 16]}})


# ---- trials that fail, and studies that end in between --------------------------------------------------------------


def test_a_training_that_diverges_is_counted_and_the_study_goes_on(build: Build, tmp_path: Path) -> None:
    space = {"lr": {"choices": [0.01, 1e30]}}
    found = run(tmp_path / "study", build, finetune=space, trials=2, sampler="grid")
    assert found["trials"] == {"complete": 1, "failed": 1} and found["settings"] == {"lr": 0.01}
    (failed,) = [row for row in rows_of(tmp_path / "study") if row["state"] == "failed"]
    assert failed["lr"] == "1e+30" and failed["why"].startswith("expected a finite loss, found nan; ")
    with pytest.raises(
        InputError,
        match=r"expected a trial with a score, found 1 that failed, .*expected a finite loss, found nan; .*narrow",
    ):
        run(tmp_path / "bad", build, finetune={"lr": {"choices": [1e30]}}, trials=1, sampler="grid")


@pytest.mark.usefixtures("quick")
def test_settings_that_exclude_each_other_are_a_failed_trial(build: Build, tmp_path: Path) -> None:
    space = {"tune_projection": {"choices": [True, False]}, "reads": {"choices": ["vectors", "both"]}}
    found = run(tmp_path / "study", build, finetune=space, trials=4, sampler="grid", pruner="none")
    assert found["trials"] == {"complete": 3, "failed": 1}
    assert "refused: --tune-projection and --reads" in (tmp_path / "study" / "trials.tsv").read_text()


@pytest.mark.usefixtures("quick")
def test_a_users_error_stops_the_study_and_its_trial_is_done_again(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(trainers, "train_conversion", _failing_at(2, InputError("a disk", "none")))
        with pytest.raises(InputError, match="expected a disk, found none"):
            run(tmp_path / "study", build, pruner="none")
    found = run(tmp_path / "study", build, resume=True, pruner="none")
    assert found["trials"] == {"complete": 6, "interrupted": 1}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("sampler", ["tpe", "grid"])
def test_an_interrupted_study_goes_on_as_if_it_had_not_been(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sampler: str
) -> None:
    space = dict(SPACE) if sampler == "tpe" else {**SPACE, "lr": {"choices": [0.01, 0.02]}}
    kinds: dict[str, Any] = {"sampler": sampler, "trials": 14 if sampler == "tpe" else 7, "finetune": space}
    run(tmp_path / "whole", build, **kinds)
    for at in (3, 9):
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(trainers, "train_conversion", _failing_at(3, KeyboardInterrupt()))
            run(tmp_path / "parts", build, resume=at > 3, **kinds)
    found = run(tmp_path / "parts", build, resume=True, **kinds)
    assert found["trials"]["interrupted"] == 2
    assert drawn_and_scored(tmp_path / "parts") == drawn_and_scored(tmp_path / "whole")


def _failing_at(call: int, error: BaseException) -> Callable[..., Any]:
    """`train_conversion`, with an error in its n-th call."""
    real, calls = trainers.train_conversion, iter(range(1, 1000))

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == call:
            raise error
        return real(*args, **kwargs)

    return stand_in


@pytest.mark.usefixtures("quick")
def test_a_trial_of_a_living_worker_is_left_to_it(build: Build, tmp_path: Path) -> None:
    run(tmp_path / "study", build, trials=1)
    chosen = TuneSettings(out=str(tmp_path / "study"))
    other = module._open(tmp_path / "study", chosen).ask()
    lock = (tmp_path / "study" / "running" / f"{other.number:04d}").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    found = run(tmp_path / "study", build, resume=True, trials=3)
    assert found["trials"]["running"] == 1 and len(rows_of(tmp_path / "study")) == 3
    lock.close()
    found = run(tmp_path / "study", build, resume=True, trials=3)
    assert found["trials"]["interrupted"] == 1 and "running" not in found["trials"]


def test_a_study_is_not_overwritten_nor_mixed_with_another(build: Build, tmp_path: Path) -> None:
    out = tmp_path / "study"
    with pytest.raises(SettingsError, match="--resume: expected a study in .*study, found none"):
        run(out, build, resume=True)
    assert not out.exists()
    assert run(out, build, trials=0)["trials"] == {"waiting": 1}
    with pytest.raises(SettingsError, match="expected a new folder, found a study; give --resume or another folder"):
        run(out, build)
    other = {**SPACE, "hidden": {"choices": [4]}}
    with pytest.raises(SettingsError, match=r"found other values of seed \(tune\), hidden \(space\), epochs \(setting"):
        run(out, lambda changes: build({"epochs": 9, **changes}), resume=True, finetune=other, seed=5)
    (tmp_path / "target.jsonl").write_text((tmp_path / "target.jsonl").read_text() * 2)
    with pytest.raises(SettingsError, match=r"found other values of \S*target.jsonl \(data\)"):
        run(out, build, resume=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"trials": -1}, "--trials: expected at least 0"), ({"seeds": 0}, "--seeds: expected at least 1")],
)
def test_numbers_out_of_range_are_told_by_flag(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        TuneSettings(**changes)
    with pytest.raises(SettingsError, match="--held-out: expected more than 0 and below 1, found 1"):
        TuneSettings(held_out=1)


# ---- studies of pretraining -----------------------------------------------------------------------------------------

_PRETRAIN = {"lr": {"choices": [0.01, 0.02]}}


@pytest.fixture
def build_pretraining(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    monkeypatch.chdir(tmp_path)
    settings = PretrainSettings(**pretrain_settings(tmp_path, dropout=0.1, epochs=3))
    return builder(PretrainSettings, "pretrain", settings)


def run_pretraining(out: Path, build: Build, *, resume: bool = False, **chosen: Any) -> dict[str, Any]:
    chosen = {"trials": 2, "sampler": "grid", "pretrain": _PRETRAIN, **chosen}
    return tune("pretrain", TuneSettings(out=str(out), **chosen), build, resume=resume, report=quiet)


def test_pretraining_is_tuned_by_its_own_score_and_leaves_no_models(
    build_pretraining: Build, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_pretraining(tmp_path / "study", build_pretraining)
    scores = {row["lr"]: float(row["score"]) for row in rows_of(tmp_path / "study")}
    assert set(scores) == {"0.01", "0.02"} and found["score"] == max(scores.values())
    assert not list((tmp_path / "study").rglob("*.safetensors"))
    assert sorted(p.name for p in (tmp_path / "study" / "trials").iterdir()) == [f"000{n}-1.jsonl" for n in range(2)]
    best = resolve(PretrainSettings, "pretrain", {"out": "m"}, config=tmp_path / "study" / "best.toml")
    assert pretrain(best, report=quiet)["score"] == pytest.approx(found["score"], abs=1e-6)


def test_an_interrupted_pretraining_goes_on_from_its_last_validation(
    build_pretraining: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_pretraining(tmp_path / "whole", build_pretraining, trials=1)
    begun = []
    real = trainers.pretrain

    def ended(settings: Any, **kwargs: Any) -> Any:
        begun.append(kwargs.get("resume", False))
        if len(begun) == 1:
            watch = kwargs.pop("on_validation")
            kwargs["on_validation"] = lambda metrics: (watch(metrics), _interrupt() if metrics["epoch"] == 2 else None)
        return real(settings, **kwargs)

    monkeypatch.setattr(trainers, "pretrain", ended)
    with pytest.raises(KeyboardInterrupt):
        run_pretraining(tmp_path / "parts", build_pretraining, trials=1)
    run_pretraining(tmp_path / "parts", build_pretraining, trials=1, resume=True)
    assert begun == [False, True]
    again, whole = rows_of(tmp_path / "parts")[-1], rows_of(tmp_path / "whole")[-1]
    assert again["validations"] == whole["validations"] == "3"
    assert (again["lr"], again["score"]) == (whole["lr"], whole["score"])


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_a_pretraining_below_the_median_is_ended(
    build_pretraining: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    validations: list[list[int]] = []

    def stand_in(settings: PretrainSettings, **kwargs: Any) -> dict[str, Any]:
        score = 0.9 if settings.lr < 0.05 else 0.1
        validations.append([])
        for epoch in range(1, 6):
            validations[-1].append(epoch)
            kwargs["on_validation"]({"score": score, "epoch": epoch, "typing_loss": 0.1})
        return {"score": score, "epoch": 5}

    monkeypatch.setattr(trainers, "pretrain", stand_in)
    space = {"lr": {"low": 0.01, "high": 0.06, "step": 0.01}}
    chosen = {"trials": 6, "pretrain": space, "seed": 3}
    run_pretraining(tmp_path / "study", build_pretraining, **chosen)
    states = [(row["state"], len(seen)) for row, seen in zip(rows_of(tmp_path / "study"), validations, strict=True)]
    low = [float(row["lr"]) >= 0.05 for row in rows_of(tmp_path / "study")]
    expected = [("pruned", 2) if poor and number >= 5 else ("complete", 5) for number, poor in enumerate(low)]
    assert states == expected
    assert any(low)


def test_a_loss_that_is_not_finite_fails_the_trial() -> None:
    with pytest.raises(UnusableTrial, match="typing_loss is inf"):
        finite_score({"score": 0.5, "typing_loss": math.inf})
    with pytest.raises(UnusableTrial, match="score is nan"):
        finite_score({"score": math.nan})
    assert finite_score({"score": 0.5, "loss": 3.0, "seconds": math.nan}) == 0.5


def test_there_must_be_something_to_validate_on(build_pretraining: Build, tmp_path: Path) -> None:
    changes = {"detection_dev": [], "typing_dev": [], "held_out": 0.0}
    fixed = dataclasses.replace(build_pretraining({}), **changes)
    with pytest.raises(SettingsError, match="--held-out: expected a share above 0 or --detection-dev/--typing-dev"):
        run_pretraining(tmp_path / "study", builder(PretrainSettings, "pretrain", fixed))


@pytest.mark.usefixtures("quick")
def test_the_versions_are_reported(build: Build, tmp_path: Path) -> None:
    run(tmp_path / "study", build, trials=1)
    assert f"optuna {optuna.__version__}" in (tmp_path / "study" / "report.md").read_text()
