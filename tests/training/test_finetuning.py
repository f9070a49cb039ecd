"""Fine-tuning: detection stays byte-equal, feedback is learned from a replay file without text, a Direct model tags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import (
    CITY,
    PERSON,
    finetune_settings,
    quiet,
    random_model,
    sentence,
    target_rows,
    write_rows,
)
from tuned_models import changed, feedback, tensor_bytes, type_of

from ousianer_cli.errors import ModelError, TaxonomyError
from ousianer_cli.formats.corpus import Mention, Sentence
from ousianer_cli.network.checkpoint import load_model, model_taxonomy, save_model
from ousianer_cli.network.targets import Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.tagging.engine import Engine
from ousianer_cli.taxonomy.direct import DirectMapper
from ousianer_cli.training.finetune import finetune
from ousianer_cli.training.finetune import lesson as going_on


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


def test_a_taxonomy_of_ones_own_needs_no_mapping_table(base: Path, tmp_path: Path) -> None:
    (tmp_path / "own.tsv").write_text("Human\t\nPlace\t\nPlace.Town\tPlace\n")
    rows = [
        sentence("Ada lives in Oslo", ("Ada", ("Human",)), ("Oslo", ("Place.Town", "Place"))),
        sentence("Otto saw Rome", ("Otto", ("Human",)), ("Rome", ("Place.Town",))),
    ]
    train = write_rows(tmp_path / "own.jsonl", rows)
    reported: list[str] = []
    finetune(
        finetune_settings(tmp_path, base, train=[train], taxonomy=str(tmp_path / "own.tsv")), report=reported.append
    )
    assert any("no table maps YAGO to the taxonomy" in line for line in reported)
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
    reported: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(going_on, "revise", seen)
        finetune(finetune_settings(tmp_path, first.out, train=[], feedback=[extra]), report=reported.append)
    model = load_model(tmp_path / "tuned")
    (mapper,) = used
    own = DirectMapper.from_text(table, model.types, model_taxonomy(model))
    assert mapper is not None and (mapper.matrix == own.matrix).all()
    assert not [line for line in reported if "no table" in line]
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
    reported: list[str] = []
    metrics = finetune(finetune_settings(tmp_path, base, train=[], direct=True, dev=[dev]), report=reported.append)
    assert metrics["direct"]["dev"]["mentions"] == 12 and 0 <= metrics["direct"]["dev"]["credit"] <= 1
    out = tmp_path / "tuned"
    assert changed(base, out) == set(), "a Direct model has the base's tensors and no others"
    model = load_model(out)
    assert model.conversion is None and model.replay is None and model.direct_table is not None
    assert (out / "taxonomy" / "direct.tsv").is_file() and not (out / "replay.safetensors").exists()
    assert any(line.endswith(f"of {len(model.types)} YAGO types mapped") for line in reported)
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
    reported: list[str] = []
    train = [write_rows(tmp_path / "nested.jsonl", rows)]
    finetune(finetune_settings(tmp_path, base, train=train, epochs=2), report=reported.append)
    assert "names inside names: 6 of 24 stretches" in reported
    assert any(line.startswith("nested.jsonl: 18 mentions") for line in reported)
    model = load_model(tmp_path / "tuned")
    assert model.nested is not None
    list(Engine(model, nested=True).tag_documents([[list(rows[0].tokens)]]))
    save_model(tmp_path / "again", model, "card")
    assert load_model(tmp_path / "again").nested is not None


def test_a_corpus_that_marks_none_trains_none(tuned: Path) -> None:
    assert load_model(tuned).nested is None
