"""Mention vectors kept from run to run: the same as computed, and computed anew only for another model or text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_models import finetune_settings, random_tagger, target_rows, write_rows

from ousianer_cli.errors import OutputError
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.training import vector_cache as module
from ousianer_cli.training.finetune import finetune
from ousianer_cli.training.vector_cache import VectorCache

WORDS = [["Ada", "Brun", "left", "Rome", "."], ["nobody", "came"], ["Oslo", "waits"]]
SPANS = [[(0, 2), (3, 4)], [], [(0, 1)]]


@pytest.fixture
def model(base: Path) -> Model:
    return load_model(base)


def encoded(model: Model) -> list[EncodedSentence]:
    return model.tokenizer.encode(WORDS)


def test_kept_vectors_are_those_computed(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, keeping = VectorCache(model, 100), VectorCache(model, 100, str(tmp_path / "kept"))
    first = [keeping.of(encoded(model), SPANS), keeping.detect(encoded(model), SPANS)]
    assert first[0].shape == (3, model.tagger.vector_size) and np.array_equal(first[0], plain.of(encoded(model), SPANS))
    for name in ("detect", "vectors_of_each"):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("computed again"))
    again = VectorCache(load_model_like(model), 999, str(tmp_path / "kept"))
    assert np.array_equal(again.of(encoded(model), SPANS), first[0])
    (found, given), (found_first, given_first) = again.detect(encoded(model), SPANS), first[1]
    assert np.array_equal(given, given_first)
    assert [f.spans for f in found] == [f.spans for f in found_first]
    for one, other in zip(found, found_first, strict=True):
        assert np.array_equal(one.vectors, other.vectors) and np.array_equal(one.marginals, other.marginals)
    assert sum(f.name.endswith(".part") for f in (tmp_path / "kept").iterdir()) == 0


def load_model_like(model: Model) -> Model:
    """The same weights in another object."""
    return Model(model.tagger, model.tokenizer, model.inventory, model.encoder_name, model.encoder_tuned)


def test_another_text_span_or_model_has_vectors_of_its_own(model: Model, tmp_path: Path) -> None:
    folder = str(tmp_path / "kept")
    keeping = VectorCache(model, 100, folder)
    keeping.of(encoded(model), SPANS)
    keeping.of(encoded(model), [[(0, 1)], [], []])
    keeping.of(encoded(model)[:1], SPANS[:1])
    keeping.of(model.tokenizer.encode([["ADA", "BRUN", "left", "Rome", "."], *WORDS[1:]]), SPANS)
    other = Model(random_tagger(), model.tokenizer, model.inventory, model.encoder_name, model.encoder_tuned)
    VectorCache(other, 100, folder).of(encoded(model), SPANS)
    assert len(list((tmp_path / "kept").iterdir())) == 5


def test_several_sets_of_spans_come_from_one_pass(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [[(0, 1), (1, 2)], [(0, 2)], []]
    alone = [VectorCache(model, 100).of(encoded(model), spans) for spans in (SPANS, others)]
    read: list[int] = []
    contextualise = model.tagger.contextualise
    monkeypatch.setattr(model.tagger, "contextualise", lambda b: (read.append(len(b.word_mask)), contextualise(b))[1])
    keeping = VectorCache(model, 100, str(tmp_path / "kept"))
    together = keeping.of_each(encoded(model), [SPANS, others])
    assert sum(read) == 3
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    third = [[], [], [(0, 2)]]
    again = keeping.of_each(encoded(model), [others, third, SPANS])
    assert sum(read) == 4, "what is kept was computed again"
    assert np.array_equal(again[0], together[1]) and np.array_equal(again[2], together[0]) and len(again[1]) == 1


def test_nothing_found_is_kept_too(model: Model, tmp_path: Path) -> None:
    for _ in range(2):
        found, given = VectorCache(model, 100, str(tmp_path)).detect([], [])
        assert found == [] and given.shape == (0, model.tagger.vector_size)


def test_fine_tuning_again_reads_what_the_first_one_kept(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = write_rows(tmp_path / "dev.jsonl", target_rows()[:6])
    settings = finetune_settings(tmp_path, base, vectors=str(tmp_path / "kept"), dev=[dev], epochs=2)
    finetune(settings, report=lambda _: None)
    first = (tmp_path / "tuned" / "model.safetensors").read_bytes()
    for name in ("detect", "vectors_of_each"):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("computed again"))
    finetune(settings, report=lambda _: None)
    assert (tmp_path / "tuned" / "model.safetensors").read_bytes() == first


def test_a_folder_that_cannot_be_written_is_told(model: Model, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot be written .*; choose another --vectors"):
        VectorCache(model, 100, str(tmp_path / "file" / "kept")).of(encoded(model), SPANS)
