"""The spaCy component, where spaCy is installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import capitals_model, random_tuned_model

from ousianer_cli.network.checkpoint import save_model

spacy = pytest.importorskip("spacy", reason="the extra [spacy] is not installed")


@pytest.fixture(scope="module", autouse=True)
def registered() -> None:
    """The entry point does this where the package is installed."""
    import ousianer_cli.spacy_pipe  # noqa: F401


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("models") / "capitals"
    save_model(folder, capitals_model("GPE.UrbanArea.City", 0.9), "card")
    return str(folder)


def entities(doc: object) -> list[tuple[str, str]]:
    return [(e.text, e.label_) for e in doc.ents]  # type: ignore[attr-defined]


def test_names_become_entities_with_all_that_is_known(model: str) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("ousianer", config={"model": model})
    doc = nlp("yesterday Ada Brun saw Oslo .")
    assert entities(doc) == [("Ada Brun", "GPE.UrbanArea.City"), ("Oslo", "GPE.UrbanArea.City")]
    first = doc.ents[0]
    assert first._.ousianer_confidence == pytest.approx(0.9, abs=0.02)
    assert first._.ousianer_alternatives[0] == ("GPE.UrbanArea.City", 0.9)
    assert isinstance(first._.ousianer_yago, list)
    assert [s.text for s in doc.spans["ousianer"]] == ["Ada Brun", "Oslo"]
    assert (
        spacy.tokens.Doc(nlp.vocab).from_bytes(doc.to_bytes()).ents[0]._.ousianer_confidence
        == first._.ousianer_confidence
    )


def test_batches_give_the_same_and_labels_may_be_top_types(model: str) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("ousianer", config={"model": model, "labels": "top"})
    texts = ["in Oslo", "", "rain", "Ada\n\nBo"]
    assert [entities(doc) for doc in nlp.pipe(texts, batch_size=2)] == [entities(nlp(text)) for text in texts]
    assert [entities(doc) for doc in nlp.pipe(texts)] == [[("Oslo", "GPE")], [], [], [("Ada", "GPE"), ("Bo", "GPE")]]


def test_names_that_end_inside_a_token_take_it_whole_and_are_counted(model: str) -> None:
    nlp = spacy.blank("en")
    component = nlp.add_pipe("ousianer", config={"model": model})
    doc = spacy.tokens.Doc(nlp.vocab, words=["in", "Oslo-and-Rome", "saw", "Ada"])
    assert [e.text for e in component(doc).ents] == ["Oslo-and-Rome", "Ada"]
    assert component.misaligned == {"widened": 2, "overlapping": 1}


def test_a_pipeline_keeps_a_model_of_its_own(model: str, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("ousianer", config={"model": model})
    nlp.to_disk(tmp_path / "pipeline")
    config = (tmp_path / "pipeline" / "config.cfg").read_text()
    (tmp_path / "pipeline" / "config.cfg").write_text(config.replace(model, "gone"))
    assert entities(spacy.load(tmp_path / "pipeline")("in Oslo")) == [("Oslo", "GPE.UrbanArea.City")]


def test_any_text_gives_entities_inside_it(tmp_path: Path) -> None:
    save_model(tmp_path / "m", random_tuned_model(4), "card")
    nlp = spacy.blank("en")
    nlp.add_pipe("ousianer", config={"model": str(tmp_path / "m")})
    text = "Mayor Ada Brun's U.S. tour -- Lima,Oslo (x2)\r\n\tOtto's @home 東京 😀"
    doc = nlp(text)
    assert doc.text == text and len(doc.ents) > 0


def test_labels_that_cannot_be_are_refused_by_spacys_configuration(model: str) -> None:
    with pytest.raises(ValueError, match="labels"):
        spacy.blank("en").add_pipe("ousianer", config={"model": model, "labels": "coarse"})
