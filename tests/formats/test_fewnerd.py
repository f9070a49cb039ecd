"""Few-NERD tab files, bare labels (IO) or with prefixes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.kinds.fewnerd import fewnerd_label

read_fewnerd = partial(read_labelled, corpus_format="fewnerd")


def write(folder: Path, text: str) -> Path:
    path = folder / "few.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_io_with_slashes(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "Route\tlocation_road/railway/highway/transit\n66\tlocation_road/railway/highway/transit\nand\tO\n"
        "Ada\tperson_artist/author\nRome\tlocation_GPE\n\n",
    )
    assert detect_format(path) == "fewnerd"
    (sentence,) = read_labelled(path)
    assert [(m.start, m.end, m.labels) for m in sentence.mentions] == [
        (0, 2, ("location_road/railway/highway/transit",)),
        (3, 4, ("person_artist/author",)),
        (4, 5, ("location_GPE",)),
    ]


def test_bio_keeps_neighbours_apart(tmp_path: Path) -> None:
    path = write(tmp_path, "Rome\tB-location_GPE\nParis\tB-location_GPE\n")
    assert detect_format(path) == "fewnerd"
    (sentence,) = read_fewnerd(path)
    assert [(m.start, m.end) for m in sentence.mentions] == [(0, 1), (1, 2)]


def test_hyphen_spelling_is_the_same_label(tmp_path: Path) -> None:
    path = write(tmp_path, "Rome\tlocation-GPE\nleads\tO\nRoad\tlocation-road/railway/highway/transit\n")
    assert detect_format(path) == "fewnerd"
    (sentence,) = read_fewnerd(path)
    assert [m.labels for m in sentence.mentions] == [("location_GPE",), ("location_road/railway/highway/transit",)]


@pytest.mark.parametrize(
    ("label", "expected"),
    [("art-film", "art_film"), ("art_film", "art_film"), ("art_sci-fi", "art_sci-fi"), ("misc", "misc")],
)
def test_label(label: str, expected: str) -> None:
    assert fewnerd_label(label) == expected


@pytest.mark.parametrize("text", ["Rome\tB-location\n", "Rome\tB-city_large\n", "Rome\tNNP\tB-location_GPE\n"])
def test_other_labels_are_plain_conll(tmp_path: Path, text: str) -> None:
    assert detect_format(write(tmp_path, text)) == "conll"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "sentences", "labels"), [("dev", 11710, 36), ("test", 13012, 36), ("big_test", 14006, 17)]
)
def test_public_files(shared_data: Path, name: str, sentences: int, labels: int) -> None:
    path = shared_data / "fewnerd" / f"{name}.txt"
    assert detect_format(path) == "fewnerd"
    found = list(read_labelled(path))
    assert len(found) == sentences
    assert len({label for s in found for m in s.mentions for label in m.labels}) == labels
