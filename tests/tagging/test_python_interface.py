"""The Python interface: names at the right places of any text, of texts, documents and files, all counted."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import CITY, COUNTRY, MAYOR, PERSON, capitals_model, random_tuned_model

import ousianer_cli
from ousianer_cli.errors import ModelError, OutputError, SettingsError
from ousianer_cli.formats.documents.document import Author, Document, Segment
from ousianer_cli.network.checkpoint import Model, save_model
from ousianer_cli.tagging.engine import Engine
from ousianer_cli.tagging.mention import Mention, mention_at
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.tagger import Tagger
from ousianer_cli.taxonomy.tree import Taxonomy

ROOT = Path(__file__).resolve().parents[2]
CAPITALS = Tagger(Engine(capitals_model()))
RANDOM = Tagger(Engine(random_tuned_model(4)))


def document(text: str, doc_id: str = "d1", **parts: object) -> Document:
    return Document(doc_id, text, (Segment("s1", 0, len(text)),) if text else (), **parts)  # type: ignore[arg-type]


def places(mentions: list[Mention]) -> list[tuple[str, int, int]]:
    return [(m.text, m.start, m.end) for m in mentions]


def test_a_text_by_hand() -> None:
    found = CAPITALS.tag("then Ada Brun saw\r\nOslo and Ada\u00a0 Brun .")
    assert places(found) == [("Ada Brun", 5, 13), ("Oslo", 19, 23), ("Ada\u00a0 Brun", 28, 37)]
    assert {m.type for m in found} == {"PER"}
    assert all(m.confidence == pytest.approx(0.9, abs=0.02) for m in found)


def test_texts_give_a_list_each() -> None:
    assert CAPITALS.tag([]) == []
    found = CAPITALS.tag(["then Ada", "", "Oslo\n\nand Lima"])
    assert [places(f) for f in found] == [[("Ada", 5, 8)], [], [("Oslo", 0, 4), ("Lima", 10, 14)]]
    assert CAPITALS.tag(iter(["then Ada"])) == found[:1]


def test_a_text_holds_no_markup() -> None:
    assert places(CAPITALS.tag("<quote>Ada</quote>")) == [("Ada", 7, 10)]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (None, "found NoneType"),
        (7, "found int"),
        ([7], "found int"),
        (["Ada", None], "found NoneType"),
        (b"Ada", "found bytes; decode it"),
        ({"text": "Ada"}, "found dict"),
        (Path("a.txt"), "found PosixPath; Tagger.tag_files reads files"),
        ([Path("a.txt")], "found PosixPath; Tagger.tag_files reads files"),
    ],
)
def test_what_is_no_text_is_told(item: object, told: str) -> None:
    with pytest.raises(TypeError, match=f"expected a text, a document, or several of them, {told}$"):
        CAPITALS.tag(item)  # type: ignore[call-overload]


def test_half_a_pair_of_utf_16_is_a_lost_letter() -> None:
    assert places(CAPITALS.tag("then Ada \ud83d saw Oslo \udce9")) == [("Ada", 5, 8), ("Oslo", 15, 19)]


def test_documents_and_texts_together() -> None:
    first = Document("d", "<p>Ada</p> Oslo", (Segment("s", 3, 6),))
    assert places(CAPITALS.tag(first)) == [("Ada", 3, 6)], "segments alone are tagged"
    assert [places(f) for f in CAPITALS.tag([first, "Oslo"])] == [[("Ada", 3, 6)], [("Oslo", 0, 4)]]


def test_files_are_streamed_with_the_readers_options(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("then Ada\n")
    (tmp_path / "b.xml").write_text('<doc id="b"><post author="otto_l"><quote>Rome</quote>in Oslo</post></doc>')
    found = {t.document.id: [m.text for m in t.mentions] for t in CAPITALS.tag_files(tmp_path)}
    assert found == {"a": ["Ada"], "b": ["otto_l", "Oslo"]}
    quoted = CAPITALS.tag_files(tmp_path / "b.xml", quotes=True, authors=False)
    assert [m.text for t in quoted for m in t.mentions] == ["Rome", "Oslo"]


def test_the_package_gives_its_interface_when_it_is_asked_for(tmp_path: Path) -> None:
    save_model(tmp_path / "m", capitals_model(), "card")
    code = (
        "import sys, ousianer_cli\n"
        "print(sorted({'torch', 'numpy', 'lxml'} & set(sys.modules)), 'Tagger' in dir(ousianer_cli))\n"
        "from ousianer_cli import Document, Mention, Tagger\n"
        f"(mention,) = Tagger.load({str(tmp_path / 'm')!r}).tag('then Ada')\n"
        "print(isinstance(mention, Mention), mention.text)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[] True\nTrue Ada\n", done.stderr
    for name in ousianer_cli.__all__:
        assert getattr(ousianer_cli, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Taggre'"):
        ousianer_cli.Taggre  # noqa: B018


@pytest.mark.parametrize("wrong", [{"precision": "int3"}, {"threads": -1}])
def test_settings_that_are_none_are_refused_before_the_model_is_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=rf"{next(iter(wrong))}: expected .*, found {next(iter(wrong.values()))!r}"):
        Tagger.load("no model", **wrong)


def test_loading(tmp_path: Path) -> None:
    save_model(tmp_path / "m", capitals_model("PER", 0.6), "card")
    assert len(Tagger.load(tmp_path / "m", device="cpu", consistency=False).tag("Ada")) == 1
    assert Tagger.load(tmp_path / "m", min_confidence=0.7).tag("Ada") == []
    with pytest.raises(ModelError, match="expected a model folder"):
        Tagger.load(tmp_path / "absent")


ALPHABET = st.sampled_from(
    ["A", "b", "C", "d", " ", " ", ".", ",", "é", "東", "😀", "\r\n", "\n", "\u00a0", "'s", "U.S.", "\u200d", "-"]
)
TEXTS = st.lists(ALPHABET | st.characters(exclude_categories=("Cs", "Cc")), max_size=60).map("".join)


@settings(deadline=None, max_examples=40)
@given(TEXTS, st.sampled_from(["capitals", "random"]))
def test_every_name_is_the_text_at_its_offsets(text: str, which: str) -> None:
    found = (CAPITALS if which == "capitals" else RANDOM).tag(document(text))
    for left, right in zip(found, found[1:], strict=False):
        assert left.end <= right.start
    for mention in found:
        assert mention.text == text[mention.start : mention.end] == mention.text.strip() != ""
        assert 0 < mention.confidence <= 1


def test_authors_are_per_with_full_confidence_in_text_order() -> None:
    text = "anna_b wrote : Oslo is cold"
    summary = Summary()
    (found,) = CAPITALS.documents(
        [Document("d", text, (Segment("s", 7, 27),), authors=(Author(0, 6),))], summary=summary
    )
    assert [(m.text, m.type, m.confidence == 1.0) for m in found.mentions] == [
        ("anna_b", "PER", True),
        ("Oslo", "PER", False),
    ]
    assert summary.authors == 1
    last = Document("d", "Oslo , says anna_b", (Segment("s", 0, 6),), authors=(Author(12, 18),))
    assert [m.text for m in CAPITALS.tag(last)] == ["Oslo", "anna_b"]


def test_posters_have_a_type_of_the_taxonomy_or_are_counted() -> None:
    engine = Engine(random_tuned_model(4, Taxonomy(("Human", "Place"), {}, name="people")))
    post = Document("d", "anna_b: rain .", (), authors=(Author(0, 6),))
    summary = Summary()
    (tagged,) = Tagger(engine).documents([post], summary=summary)
    assert tagged.mentions == ()
    assert summary.skipped == {"posters, since the model has no type 'PER'": 1} and summary.authors == 0
    (mention,) = Tagger(engine, author_type="human").tag(post)
    assert (mention.text, mention.type) == ("anna_b", "Human")


def test_a_mention_says_what_else_it_might_be() -> None:
    model = capitals_model("GPE", 0.7)
    assert model.conversion is not None
    with torch.no_grad():
        model.conversion.out.bias[Engine(model).targets.names.index("LOC")] = math.log(0.2)
        model.tagger.types.weight.zero_()
        model.tagger.types.bias.copy_(torch.tensor([-9.0, 2.0, 0.0, -3.0]))
    (mention,) = Tagger(Engine(model)).tag("then Oslo")
    options = dict(mention.alternatives)
    assert list(options) == ["GPE", "-", "LOC"], "the most probable first"
    assert options == pytest.approx({"GPE": 0.7 / 1.2, "-": 0.3 / 1.2, "LOC": 0.2 / 1.2}, abs=0.005)
    assert mention.yago == ((CITY, 0.88), (COUNTRY, 0.5), (MAYOR, 0.05))
    assert mention.detection == pytest.approx(1.0, abs=0.01)
    assert mention.confidence == pytest.approx(mention.detection * 0.7 / 1.2, abs=0.01)
    (plain,) = Tagger(Engine(model)).documents([document("then Oslo")], details=False)
    assert plain.mentions == (dataclasses.replace(mention, alternatives=(), yago=()),)


def pretrained() -> Model:
    model = capitals_model()
    with torch.no_grad():
        model.tagger.types.weight.zero_()
        model.tagger.types.bias.copy_(torch.tensor([2.0, -3.0, -9.0, 1.0]))  # a person, and rather a mayor
    return dataclasses.replace(model, conversion=None, taxonomy_file=None)


def test_a_pretrained_model_gives_yago_classes() -> None:
    tagger = Tagger(Engine(pretrained()))
    assert not tagger.has_targets
    (mention,) = tagger.tag("then Ada")
    assert mention.type == MAYOR, "the most specific one"
    assert mention.yago == ((PERSON, 0.88), (MAYOR, 0.73), (CITY, 0.05)) and mention.alternatives == ()
    assert mention.confidence == pytest.approx(0.73, abs=0.01)
    post = Document("d", "anna_b: rain .", (), authors=(Author(0, 6),))
    assert tagger.tag(post) == []
    assert [m.type for m in Tagger(Engine(pretrained()), author_type=PERSON).tag(post)] == [PERSON]


def test_the_counts_add_up() -> None:
    for model, names, outside, below in (
        (capitals_model("PER", 0.9), 3, 0, 0),
        (capitals_model("-"), 0, 3, 0),
        (capitals_model("PER", 0.6), 0, 0, 3),
    ):
        summary = Summary()
        tagger = Tagger(Engine(model), min_confidence=0.7)
        tagged = tagger.documents([document("Ada met Otto in Rome ."), document("", "e")], summary=summary)
        assert [len(t.mentions) for t in tagged] == [names, 0]
        assert (summary.outside, summary.below_threshold) == (outside, below)
        assert (summary.documents, summary.segments, summary.sentences, summary.words) == (2, 1, 1, 6)


def test_a_threshold_that_is_given_stands_before_the_models_own() -> None:
    model = capitals_model("PER", 0.6)
    model.config["decoding"]["min_confidence"] = 0.7
    engine = Engine(model)
    assert Tagger(engine).tag("Ada") == []
    assert [m.text for m in Tagger(engine, min_confidence=0.0).tag("Ada")] == ["Ada"]


def test_what_readers_left_out_is_in_the_summary() -> None:
    summary = Summary()
    documents = [document("Ada", skipped={"quoted posts": 2}), document("Oslo", "d2", skipped={"quoted posts": 1})]
    list(CAPITALS.documents(documents, summary=summary))
    assert summary.skipped == {"quoted posts": 3}


def test_a_document_id_met_twice_is_tagged_twice_and_told() -> None:
    summary = Summary()
    assert len(list(CAPITALS.documents([document("Ada"), document("Ada")], summary=summary))) == 2
    assert summary.skipped == {"document ids met twice (tagged both times)": 1}


def test_documents_without_text_have_no_names() -> None:
    assert CAPITALS.tag([document(""), document(" \n\u00a0\n", "b")]) == [[], []]
    assert list(CAPITALS.documents([])) == []


@pytest.mark.parametrize(("start", "end", "shift"), [(0, 4, 0), (3, 7, 0), (4, 9, 0), (4, 40, 0), (5, 5, 0), (4, 8, 6)])
def test_a_name_that_is_not_the_text_is_refused(start: int, end: int, shift: int) -> None:
    assert mention_at(document("now Oslo then"), 4, 8, "LOC", 0.5) == Mention(4, 8, "Oslo", "LOC", 0.5)
    with pytest.raises(OutputError, match=f"d1: expected a name inside the text at {start}-{end - 1}"):
        mention_at(document("now Oslo then", offset_shift=shift), start, end, "LOC", 0.5)


def test_one_name_a_word_with_a_nul_in_it() -> None:
    model = capitals_model()
    with torch.no_grad():  # every word is part of one name
        model.tagger.emission.weight.zero_()
        model.tagger.emission.bias.copy_(torch.tensor([-9.0, 0.0, 9.0]))
    assert [m.text for m in Tagger(Engine(model)).tag("Ada\0Brun .")] == ["Ada\0Brun ."]
