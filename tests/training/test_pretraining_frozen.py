"""A frozen encoder keeps its bytes, and its features are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pretrained_models import run, weights_of
from tiny_models import (
    pretrain_settings,
    random_tagger,
)

from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.encoder import load_encoder, load_tokenizer
from ousianer_cli.network.pieces import collate
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.feature_cache import FeatureCache
from ousianer_cli.training.pretrain.corpora import load_corpora
from ousianer_cli.training.pretrain.start import new_model
from ousianer_cli.training.pretrain.step import new_optimizer


def test_a_frozen_encoder_keeps_its_bytes_and_a_tuned_one_does_not(tmp_path: Path) -> None:
    original = load_encoder("tiny").state_dict()
    for name, rate in (("frozen", 0.0), ("tuned", 0.01)):
        run(tmp_path / name, encoder_lr=rate, epochs=2)
        prefix = "states.encoder."
        kept = {
            k.removeprefix(prefix): v
            for k, v in weights_of(tmp_path / name / "base.last").items()
            if k.startswith(prefix)
        }
        assert kept.keys() == original.keys()
        changed = {n for n in kept if kept[n].numpy().tobytes() != original[n].numpy().tobytes()}
        assert bool(changed) == (name == "tuned")
        assert not any(n.startswith("embeddings.") for n in changed), "embeddings are left as they are by default"
    assert not load_model(tmp_path / "frozen" / "base").encoder_tuned


@pytest.mark.parametrize("encoder_lr", [0.0, 0.5])
def test_the_optimizer_has_the_encoder_only_where_it_is_tuned(tmp_path: Path, encoder_lr: float) -> None:
    settings = PretrainSettings(**pretrain_settings(tmp_path, encoder_lr=encoder_lr))
    tagger = random_tagger()
    groups = new_optimizer(tagger, settings).param_groups
    assert [g["peak"] for g in groups] == ([settings.lr, 0.5] if encoder_lr else [settings.lr])
    given = {id(p) for g in groups for p in g["params"]}
    for name, parameter in tagger.named_parameters():
        frozen = name.startswith("states.encoder.") and (not encoder_lr or ".embeddings." in name)
        assert (id(parameter) in given, parameter.requires_grad) == (not frozen, not frozen), name


def test_embeddings_are_tuned_where_asked(tmp_path: Path) -> None:
    run(tmp_path, encoder_lr=0.01, epochs=1, freeze_embeddings=False)
    found = weights_of(tmp_path / "base.last")["states.encoder.embeddings.word_embeddings.weight"]
    assert not torch.equal(found, load_encoder("tiny").state_dict()["embeddings.word_embeddings.weight"])


def test_features_are_removed_when_the_run_is_over_and_kept_for_one_that_goes_on(tmp_path: Path) -> None:
    reported: list[str] = []
    run(tmp_path, reported, encoder_lr=0.0, epochs=2, stop_after=5)
    assert len(list((tmp_path / ".features").glob("*.npy"))) == 2
    size = sum(path.stat().st_size for path in (tmp_path / ".features").iterdir()) / 2**20
    run(tmp_path, reported, encoder_lr=0.0, epochs=2, resume=True)
    assert not (tmp_path / ".features").exists()
    assert reported[-1] == f"removed the encoder's features ({size:,.1f} MiB); --keep-features keeps them"


def test_features_are_cached_on_disk_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []
    run(tmp_path, reported, encoder_lr=0.0, epochs=1, keep_features=True)
    files = {p.name: p.stat().st_mtime_ns for p in (tmp_path / ".features").iterdir()}
    # Both validation corpora hold the same sentences, and so share a file.
    assert len(files) == 2 and all(name.endswith(".npy") and ".part" not in name for name in files)
    assert sum("computing encoder features" in line for line in reported) == 2

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the encoder was run although its features are cached")

    monkeypatch.setattr("transformers.BertModel.forward", never)
    again: list[str] = []
    run(tmp_path, again, encoder_lr=0.0, epochs=1, keep_features=True)
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / ".features").iterdir()} == files
    assert not any("computing encoder features" in line for line in again)


def test_cached_features_give_the_same_emissions_to_half_precision(tmp_path: Path) -> None:
    settings = PretrainSettings(**pretrain_settings(tmp_path, encoder_lr=0.0, detection_repeat=2))
    tokenizer = load_tokenizer("tiny")
    corpora = load_corpora(settings, tokenizer, WordNet.load())
    tagger = new_model(settings, tokenizer, corpora.inventory).tagger.eval()
    cache = FeatureCache.open(tagger, corpora.parts, tmp_path, lambda _: None)
    indices = [len(corpora.train) - 1, 0, 5, 12]  # 12: the second showing of a detection sentence
    batch = collate([corpora.train[i].encoded for i in indices])
    with torch.no_grad():
        wanted = tagger.emission(tagger.contextualise(batch)[0])
        batch.features = cache.features(indices, batch.word_mask.shape[1])
        found = tagger.emission(tagger.contextualise(batch)[0])
    assert batch.features.shape == (4, batch.word_mask.shape[1], 2, 32)
    assert torch.allclose(found[batch.word_mask], wanted[batch.word_mask], atol=2e-3)
    assert wanted[batch.word_mask].std() > 0.01
    held = cache.parts["train"]
    assert held.features.dtype == np.float16
    assert len(held.features) < sum(e.encoded.words for e in corpora.train), "a repeated sentence is held once"
