"""doccano's, GLiNER's and Hugging Face's records: what they hold comes out, what they lack is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.corpus import read_corpus
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence


def write(folder: Path, *records: Any, name: str = "in.jsonl", array: bool = False) -> Path:
    path = folder / name
    lines = [json.dumps(record) for record in records]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n" if array else "\n".join(lines), encoding="utf-8")
    return path


def names(sentences: list[LabelledSentence]) -> list[tuple[str, str]]:
    return [(" ".join(s.tokens[m.start : m.end]), m.labels[0]) for s in sentences for m in s.mentions]


ENTITIES = [{"id": 4, "label": "PER", "start_offset": 0, "end_offset": 7}]


@pytest.mark.parametrize("array", [False, True])
@pytest.mark.parametrize(
    "spans", [{"label": [[0, 7, "PER"]]}, {"labels": [[0, 7, "PER"]]}, {"entities": ENTITIES, "relations": []}]
)
def test_doccano(tmp_path: Path, spans: dict[str, Any], array: bool) -> None:
    path = write(tmp_path, {"id": 12, "text": "Ada Roe slept. It rained.", **spans}, array=array)
    assert detect_format(path) == "doccano"
    sentences = list(read_labelled(path))
    assert names(sentences) == [("Ada Roe", "PER")]
    assert [(len(s.tokens), s.document) for s in sentences] == [(4, "12"), (3, "12")]


def test_gliner_ends_are_inclusive_and_names_nest(tmp_path: Path) -> None:
    record = {"tokenized_text": ["Lund", "Polytechnic", "grew"], "ner": [[0, 0, "town"], [0, 1, "school"], [1, 2, "x"]]}
    path = write(tmp_path, record, array=True, name="train.json")
    assert detect_format(path) == "gliner"
    report = CorpusReport()
    (sentence,) = read_labelled(path, report=report)
    assert names([sentence]) == [("Lund Polytechnic", "school")]
    assert [(m.start, m.end, m.labels) for m in sentence.nested] == [(0, 1, ("town",))]
    assert report.dropped == {"mentions across a longer one": 1}
    assert (sentence.line, sentence.document) == (2, "")


@pytest.mark.parametrize(
    "tags", [["B-PER", "I-PER", "O"], ["PER", "PER", "O"], ["PER-B", "PER-I", "O"], ["B_PER", "I_PER", "O"]]
)
def test_huggingface_names(tmp_path: Path, tags: list[str]) -> None:
    path = write(tmp_path, {"tokens": ["Ada", "Roe", "slept"], "ner_tags": tags})
    assert detect_format(path) == "huggingface"
    assert names(list(read_labelled(path))) == [("Ada Roe", "PER")]


@pytest.mark.parametrize(
    "record",
    [
        {"words": ["Ada", "Roe", "slept"], "tags": ["B-PER", "I-PER", "O"]},
        {"tokens": [["Ada", "Roe", "slept"]], "ner_tags": [["B-PER", "E-PER", "O"]]},
    ],
)
def test_huggingface_in_other_shapes(tmp_path: Path, record: dict[str, Any]) -> None:
    path = write(tmp_path, record)
    assert detect_format(path) == "huggingface"
    assert names(list(read_labelled(path))) == [("Ada Roe", "PER")]


def test_huggingface_columns_of_two_lengths_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {"tokens": [["Ada"], ["Lima"]], "ner_tags": [["PER"]]})
    with pytest.raises(InputError, match="columns of one length, found 1 and 2 rows"):
        list(read_labelled(path))


PAIR = ["Ada Roe slept. It rained.", {"entities": [[0, 7, "PER"]]}]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(PAIR) + "\n" + json.dumps(["Lima", {"entities": []}]) + "\n",
        json.dumps([PAIR, ["Lima", {"entities": []}]]),
        json.dumps([PAIR, ["Lima", {"entities": []}]], indent=1),
        json.dumps({"classes": ["PER"], "annotations": [PAIR, None, ["Lima", {"entities": []}]]}),
    ],
)
def test_pairs_for_spacy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "train.json"
    path.write_text(text, encoding="utf-8")
    assert detect_format(path) == "spacy-pairs"
    report = CorpusReport()
    sentences = list(read_labelled(path, report=report))
    assert names(sentences) == [("Ada Roe", "PER")] and len(sentences) == 3
    assert report.dropped == ({"texts without annotation (null)": 1} if "null" in text else {})
    path.write_text(re.sub(r"0,(\s+)7,", r"0,\1 70,", text), encoding="utf-8")
    with pytest.raises(InputError, match=r"train\.json:\d+: expected a span's 0 <= start < end <= 25"):
        list(read_labelled(path))


def test_a_doc_of_spacy(tmp_path: Path) -> None:
    record = {"text": "Ada Roe slept.", "ents": [{"start": 0, "end": 7, "label": "PER"}], "spans": {"sc": []}}
    path = write(tmp_path, {**record, "tokens": [{"id": 0, "start": 0, "end": 3}]})
    assert detect_format(path) == "spans"
    assert names(list(read_labelled(path))) == [("Ada Roe", "PER")]


CLASSES = {"ner_tags": {"feature": {"names": ["O", "B-PER", "I-PER"], "_type": "ClassLabel"}, "_type": "Sequence"}}
CARD = """---
dataset_info:
  features:
  - name: pos_tags
    sequence:
      class_label:
        names:
          '0': NN
  - name: ner_tags
    sequence:
      class_label:
        names:
          '0': O
          '1': B-PER
          '2': I-PER
  splits:
  - name: train
---
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dataset_info.json", json.dumps({"features": {"pos_tags": {"names": ["NN"]}, **CLASSES}})),
        ("dataset_infos.json", json.dumps({"default": {"description": "", "features": CLASSES}})),
        ("README.md", CARD),
    ],
)
def test_huggingface_numbers_are_named_by_what_lies_beside(tmp_path: Path, name: str, text: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    path = write(folder, {"tokens": ["Ada", "Roe", "slept"], "ner_tags": [1, 2, 0]})
    with pytest.raises(InputError, match=r"in\.jsonl:1: .*--tag-names"):
        list(read_labelled(path))
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert names(list(read_labelled(path))) == [("Ada Roe", "PER")]


def test_huggingface_numbers_are_named_by_the_option(tmp_path: Path) -> None:
    path = write(tmp_path, {"tokens": ["Ada", "slept"], "tags": [1, 0]})
    assert names(list(read_labelled(path, tag_names="O, PER"))) == [("Ada", "PER")]
    listed = tmp_path / "tags.txt"
    listed.write_text("O\nB-PER\n", encoding="utf-8")
    assert names(list(read_labelled(path, tag_names=str(listed)))) == [("Ada", "PER")]
    with pytest.raises(SettingsError, match="--tag-names"):
        list(read_labelled(path, tag_names="missing.txt"))
    with pytest.raises(InputError, match="from 0 to 1"):
        list(read_labelled(write(tmp_path, {"tokens": ["Ada"], "tags": [2]}), tag_names="O,PER"))


@pytest.mark.parametrize(
    ("kind", "record", "expected"),
    [
        ("doccano", {"text": "Ada"}, "'label'"),
        ("doccano", {"text": "Ada", "label": "PER"}, "list of spans"),
        ("doccano", {"text": "Ada", "label": [[0, 4, "PER"]]}, "end <= 3"),
        ("doccano", {"text": "Ada", "label": [[0, 3]]}, r"\[start, end, label\]"),
        ("doccano", {"text": "Ada", "entities": [{"start_offset": 0, "end_offset": 3, "label": 7}]}, "label as a str"),
        ("gliner", {"tokenized_text": ["Ada"]}, "'ner'"),
        ("gliner", {"tokenized_text": "Ada", "ner": []}, "'tokenized_text'"),
        ("gliner", {"tokenized_text": ["Ada"], "ner": [[0, 1, "x"]]}, "end inclusive"),
        ("gliner", {"tokenized_text": ["Ada"], "ner": [[0, 0, ""]]}, "label as a string"),
        ("huggingface", {"tokens": ["Ada"]}, "'ner_tags'"),
        ("huggingface", {"tokens": ["Ada"], "ner_tags": ["O", "O"]}, "1 tags"),
        ("huggingface", {"tokens": ["Ada"], "ner_tags": [None]}, "a tag"),
        ("huggingface", {"tokens": ["Ada"], "ner_tags": ["X-PER"]}, "a tag"),
        ("spans", {"tokens": ["Ada"], "ner_tags": ["O"]}, "'text'"),
    ],
)
def test_what_a_record_lacks_is_refused(tmp_path: Path, kind: str, record: dict[str, Any], expected: str) -> None:
    valid = {
        "doccano": {"text": "Ada", "label": []},
        "gliner": {"tokenized_text": ["Ada"], "ner": []},
        "huggingface": {"tokens": ["Ada", "slept"], "ner_tags": ["B-PER", "O"]},
        "spans": {"text": "Ada", "spans": []},
    }[kind]
    path = write(tmp_path, valid, record)
    with pytest.raises(InputError, match=expected) as caught:
        list(read_labelled(path, kind))
    assert (caught.value.path, caught.value.line) == (str(path), 2)


def test_an_array_names_the_line_of_a_broken_record(tmp_path: Path) -> None:
    path = write(tmp_path, {"tokenized_text": ["a"], "ner": []}, {"tokenized_text": []}, array=True)
    with pytest.raises(InputError) as caught:
        list(read_labelled(path))
    assert caught.value.line == 3
    path.write_text('[{"tokenized_text": ["a"], "ner": []},\n{"tokenized_text"', encoding="utf-8")
    with pytest.raises(InputError, match="invalid JSON"):
        list(read_labelled(path))


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"tokens": ["Ada"], "ner_tags": ["B-PER"]}, "huggingface"),
        ({"text": "Ada", "spans": []}, "spans"),
        ({"tokenized_text": ["Ada"], "ner": []}, "gliner"),
        ({"text": "Ada", "label": []}, "doccano"),
    ],
)
def test_records_of_others_are_no_training_lines(tmp_path: Path, record: dict[str, Any], kind: str) -> None:
    path = write(tmp_path, {"tokens": ["a"], "mentions": []}, record)
    with pytest.raises(InputError, match=f"looks like {kind}.*ousianer prepare corpus") as caught:
        list(read_corpus(path))
    assert caught.value.line == 2


@pytest.mark.shared
def test_small_cases(shared_data: Path) -> None:
    folder = shared_data.parent / "cases" / "corpora"
    person = [("Tom Brandt", "PER")]
    for name, expected in {
        "doccano.jsonl": [*person, ("Oslo", "LOC")],
        "dup_b.txt": person,
        "gliner.jsonl": [("Tom Brandt", "person")],
        "hf.jsonl": person,
        "iob_dash.txt": person,
        "prodigy.jsonl": person,
        "conllu_misc.conllu": [("Tom", "PER")],
    }.items():
        assert names(list(read_labelled(folder / name))) == expected, name
    for name in ("ours_extra.jsonl", "ours_strtype.jsonl"):
        with pytest.raises(InputError, match="types"):
            list(read_labelled(folder / name))
