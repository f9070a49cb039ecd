"""Model folders: what goes in comes out, nothing is pickled, nothing is half written."""

from __future__ import annotations

import json
import random
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import random_model, random_tuned_model

from ousianer_cli.errors import ModelError, OusiaError, OutputError
from ousianer_cli.network import checkpoint
from ousianer_cli.network.checkpoint import load_model, model_taxonomy, save_model
from ousianer_cli.network.tensor_files import save_tensors
from ousianer_cli.outputs import MODEL
from ousianer_cli.taxonomy.tree_files import load_taxonomy


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_model_comes_back_as_it_was_to_half_precision(tmp_path: Path) -> None:
    model = random_tuned_model()
    model.metrics = {"finetune": {"score": 0.5}}
    model.replay = {"vectors": torch.ones(2, 12, dtype=torch.float16), "labels": torch.tensor([0, 1])}
    save_model(tmp_path / "m", model, "# card\n")
    again = load_model(tmp_path / "m")
    assert again.conversion is not None and model.conversion is not None
    for name, tensor in model.tagger.state_dict().items():
        wanted = tensor if name.startswith("crf.") else tensor.half().float()
        assert torch.equal(again.tagger.state_dict()[name], wanted), name
    for name, tensor in model.conversion.state_dict().items():
        assert torch.equal(again.conversion.state_dict()[name], tensor.half().float()), name
    assert again.types == model.types and again.inventory == model.inventory
    assert again.tagger.config == model.tagger.config
    assert again.config == model.config and again.metrics == model.metrics
    assert again.replay is not None and torch.equal(again.replay["vectors"], model.replay["vectors"])
    assert model_taxonomy(again).types == load_taxonomy("aida-edl").types
    assert (tmp_path / "m" / "README.md").read_text() == "# card\n"
    assert not again.tagger.training and not again.conversion.training


def test_a_second_saving_writes_the_same_bytes(tmp_path: Path) -> None:
    save_model(tmp_path / "a", random_tuned_model(), "card")
    save_model(tmp_path / "b", load_model(tmp_path / "a"), "card")
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_the_folder_holds_named_files_and_no_pickle(tmp_path: Path) -> None:
    save_model(tmp_path / "m", random_tuned_model(), "card")
    found = files(tmp_path / "m")
    assert set(found) == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "taxonomy/yago.tsv",
        "taxonomy/target.tsv",
        "metrics.json",
        "README.md",
    }
    for name, content in found.items():
        if name.endswith(".safetensors"):
            size = int.from_bytes(content[:8], "little")
            json.loads(content[8 : 8 + size])  # the header of safetensors
        else:
            content.decode("utf-8")
    assert json.loads(found["config.json"])["format"] == 1


def test_tensors_are_half_precision_but_the_crf(tmp_path: Path) -> None:
    save_model(tmp_path / "m", random_tuned_model(), "card")
    weights = load_file(tmp_path / "m" / "model.safetensors")
    kinds = {name: tensor.dtype for name, tensor in weights.items()}
    assert {t for n, t in kinds.items() if n.startswith("crf.")} == {torch.float32}
    assert {t for n, t in kinds.items() if not n.startswith("crf.") and weights[n].is_floating_point()} == {
        torch.float16
    }


def test_a_tuned_encoder_is_inside_and_a_frozen_one_is_named(tmp_path: Path) -> None:
    save_model(tmp_path / "tuned", random_model(tuned=True), "card")
    save_model(tmp_path / "frozen", random_model(tuned=False), "card")
    for name, inside in (("tuned", True), ("frozen", False)):
        weights = load_file(tmp_path / name / "model.safetensors")
        assert any(k.startswith("states.encoder.") for k in weights) == inside
        described = json.loads((tmp_path / name / "config.json").read_text())["encoder"]
        assert (described["fingerprint"] is None) == inside and described["name"] == "tiny"
    tuned, frozen = load_model(tmp_path / "tuned"), load_model(tmp_path / "frozen")
    before = random_model(tuned=False).tagger.states.encoder.state_dict()
    assert all(torch.equal(t, frozen.tagger.states.encoder.state_dict()[n]) for n, t in before.items())
    assert tuned.encoder_tuned and not frozen.encoder_tuned


def test_another_encoder_than_the_frozen_one_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path / "m", random_model(tuned=False), "card")
    file = tmp_path / "m" / "config.json"
    config = json.loads(file.read_text())
    config["encoder"]["fingerprint"] = "0" * 16
    file.write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"encoder 'tiny' with fingerprint 0{16}, found [0-9a-f]{16}; install"):
        load_model(tmp_path / "m")


def test_a_pretrained_model_has_no_target_taxonomy(tmp_path: Path) -> None:
    save_model(tmp_path / "m", random_model(), "card")
    model = load_model(tmp_path / "m")
    assert model.conversion is None and model.replay is None and model.taxonomy_file is None
    with pytest.raises(ModelError, match="run ousianer finetune on it first"):
        model_taxonomy(model)


def test_folders_of_the_time_of_more_options_load_where_they_chose_none(tmp_path: Path) -> None:
    save_model(tmp_path / "m", random_tuned_model(), "card")
    file = tmp_path / "m" / "config.json"
    config = json.loads(file.read_text())
    config["conversion"] |= {"hierarchy": False, "names": 0}
    file.write_text(json.dumps(config))
    assert load_model(tmp_path / "m").conversion is not None
    for change, message in (
        ({"conversion": {**config["conversion"], "hierarchy": True}}, "scores along the hierarchy"),
        ({"conversion": {**config["conversion"], "names": 32}}, "label names"),
        ({"network": {**config["network"], "pooling": "attention"}}, "pooling 'attention'"),
    ):
        file.write_text(json.dumps({**config, **change}))
        with pytest.raises(ModelError, match=f"found one with {message}; train it again without"):
            load_model(tmp_path / "m")


def circle(file: Path) -> None:
    """A file that cannot be read, by root neither."""
    file.unlink()
    file.symlink_to(file.name)


def drop_tensor(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["emission.bias"]
    save_file(weights, folder / "model.safetensors")


def add_tensor(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    save_file(weights | {"other": torch.zeros(1)}, folder / "model.safetensors")


def without_digests(folder: Path) -> None:
    """A folder as versions wrote it that did not say what its files are."""
    config = json.loads((folder / "config.json").read_text())
    del config["files_sha256_16"]
    (folder / "config.json").write_text(json.dumps(config))


def new_format(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"format": 99}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda m: (m / "config.json").unlink(), "expected a model folder with config.json, found no such file in it"),
        (lambda m: (m / "config.json").write_text("{"), r"config\.json: expected JSON"),
        (lambda m: (m / "config.json").write_text("[1]"), r"config\.json: expected model format 1, found None"),
        (lambda m: (m / "config.json").write_text('{"export": "onnx"}'), "found an exported model; name what"),
        (new_format, r"config\.json: expected model format 1, found 99"),
        (lambda m: (m / "model.safetensors").unlink(), r"model\.safetensors: expected a file, found none; copy"),
        (lambda m: (m / "model.safetensors").write_bytes(b"not"), r"model\.safetensors: expected a file whose SHA-256"),
        (
            drop_tensor,
            r"model\.safetensors: expected a file whose SHA-256 begins with [0-9a-f]{16}, found [0-9a-f]+;",
        ),
        (lambda m: (m / "taxonomy" / "target.tsv").unlink(), r"taxonomy/target\.tsv: expected a file, found none"),
        (lambda m: circle(m / "config.json"), r"config\.json: expected a file that can be read, found Too many levels"),
        (lambda m: circle(m / "tokenizer.json"), r"tokenizer\.json: expected a file that can be read, found Too many"),
    ],
)
def test_a_damaged_folder_is_named(tmp_path: Path, damage: Callable[[Path], object], message: str) -> None:
    save_model(tmp_path / "m", random_tuned_model(), "card")
    damage(tmp_path / "m")
    with pytest.raises(ModelError, match=message) as error:
        load_model(tmp_path / "m")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda m: (m / "model.safetensors").unlink(), r"model\.safetensors: expected the model's weights"),
        (lambda m: (m / "model.safetensors").write_bytes(b"not weights"), r"model\.safetensors: expected the model"),
        (drop_tensor, "found 1 missing and 0 unknown"),
        (add_tensor, "found 0 missing and 1 unknown"),
    ],
)
def test_a_damaged_folder_without_digests_is_named(
    tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    save_model(tmp_path / "m", random_tuned_model(), "card")
    without_digests(tmp_path / "m")
    load_model(tmp_path / "m")
    damage(tmp_path / "m")
    with pytest.raises(ModelError, match=message) as error:
        load_model(tmp_path / "m")
    assert "\n" not in str(error.value)


def test_a_flipped_bit_is_found_in_every_file_that_says_what_the_model_is(tmp_path: Path) -> None:
    model = random_tuned_model()
    model.replay = {"vectors": torch.ones(2, 12, dtype=torch.float16), "labels": torch.tensor([0, 1])}
    save_model(tmp_path / "m", model, "card")
    names = set(files(tmp_path / "m")) - {"config.json", "metrics.json", "README.md"}
    assert len(names) == 5
    for name in names:
        path = tmp_path / "m" / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
        with pytest.raises(ModelError, match=rf"{name}: expected a file whose SHA-256"):
            load_model(tmp_path / "m")
        path.write_bytes(whole)
    load_model(tmp_path / "m")


def test_a_configuration_with_flipped_bytes_is_refused_in_one_line_or_harmless(tmp_path: Path) -> None:
    save_model(tmp_path / "m", random_tuned_model(), "card")
    file = tmp_path / "m" / "config.json"
    whole = file.read_bytes()
    rng = random.Random(1)
    refused = 0
    for _ in range(60):
        place = rng.randrange(len(whole))
        file.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << rng.randrange(7))]) + whole[place + 1 :])
        try:
            load_model(tmp_path / "m")
        except OusiaError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 10


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "m").write_text("run")
    with pytest.raises(ModelError, match=r"m: expected a model folder with config\.json, found a file; give"):
        load_model(tmp_path / "m")


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="found no such folder; give a folder that pretrain or finetune wrote"):
        load_model(tmp_path / "absent")


def test_an_interrupted_saving_leaves_the_old_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_model(tmp_path / "m", random_tuned_model(0), "old")
    before = files(tmp_path / "m")

    def fail(path: Path, value: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "_write_json", fail)
    with pytest.raises(KeyboardInterrupt):
        save_model(tmp_path / "m", random_tuned_model(5), "new")
    assert files(tmp_path / "m") == before
    assert [p.name for p in tmp_path.iterdir()] == ["m"], "something was left behind"


def test_a_saving_replaces_the_whole_folder(tmp_path: Path) -> None:
    save_model(tmp_path / "m", random_tuned_model(), "old")
    (tmp_path / "m" / "metrics.jsonl").write_text("{}")
    save_model(tmp_path / "m", random_model(), "new")
    assert set(files(tmp_path / "m")) == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "taxonomy/yago.tsv",
        "metrics.json",
        "README.md",
    }
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_a_model_that_somebody_keeps_notes_in_is_not_replaced(tmp_path: Path) -> None:
    save_model(tmp_path / "m", random_tuned_model(), "old")
    (tmp_path / "m" / "notes.txt").write_text("x")
    before = files(tmp_path / "m")
    with pytest.raises(OutputError, match=r"found notes\.txt in it, which would be lost"):
        save_model(tmp_path / "m", random_model(), "new")
    assert files(tmp_path / "m") == before


def test_nothing_of_a_model_folder_is_taken_for_somebody_elses(tmp_path: Path) -> None:
    """A file that `save_model` writes and `outputs` does not know would make every model unreplaceable."""
    model = random_tuned_model()
    model.direct_table = model.mapping_table = "PERSON\tPER\n"
    model.replay = {"vectors": torch.zeros(1, 2)}
    save_model(tmp_path / "m", model, "card")
    assert MODEL.recognised(tmp_path / "m") and MODEL.foreign(tmp_path / "m") is None


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        save_model(tmp_path / "file" / "m", random_model(), "card")


@pytest.mark.parametrize("size", [100, 1000, 5000, 20_000])
def test_a_full_disk_is_one_line_and_leaves_the_old_model(tmp_path: Path, size: int) -> None:
    save_model(tmp_path / "m", random_tuned_model(), "old")
    before = files(tmp_path / "m")
    assert any(len(content) > size for content in before.values())
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, kept[1]))  # no file may grow beyond it
    try:
        with pytest.raises(OutputError, match=r"/m: cannot be written \(.*File too large"):
            save_model(tmp_path / "m", random_tuned_model(1), "new")
        with pytest.raises(OutputError, match=r"t\.safetensors: cannot be written \(.*File too large"):
            save_tensors(tmp_path / "t.safetensors", {"a": torch.zeros(9999)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert files(tmp_path / "m") == before and [p.name for p in tmp_path.iterdir()] == ["m"]


def test_tensors_appear_whole(tmp_path: Path) -> None:
    save_tensors(tmp_path / "t.safetensors", {"a": torch.arange(3.0)})
    assert load_file(tmp_path / "t.safetensors")["a"].tolist() == [0, 1, 2]
    assert [p.name for p in tmp_path.iterdir()] == ["t.safetensors"]
