"""Types of corrections as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.network.targets import Targets
from ousianer_cli.taxonomy.tree_files import load_taxonomy
from ousianer_cli.training.finetune.corrections import read_corrections

AIDA = Targets(load_taxonomy("aida"))


def read(folder: Path, kind: str) -> str:
    path = folder / "extra.tsv"
    path.write_text(f"sentence\tmention\ttype\nIda lives in Bern.\tBern\t{kind}\n", encoding="utf-8")
    return read_corrections([str(path)], [], AIDA)[0].type


@pytest.mark.parametrize(
    ("kind", "right"),
    [
        ("GPE.URBANAREA.CITY \xa0", "GPE.UrbanArea.City"),
        ("ldcOnt:GPE.UrbanArea.City", "GPE.UrbanArea.City"),
        ("AIDA:gpe", "GPE"),
        ("https://example.org/ontology#GPE.UrbanArea.City", "GPE.UrbanArea.City"),
        ("\u200bgpe", "GPE"),
        ("–", "-"),
        ("−", "-"),
        ("Outside", "-"),
        ("not a name", "no name"),
        ("NoName", "no name"),
        ("“No name.”", "no name"),
        ("'-", "-"),
    ],
)
def test_a_type_is_read_in_each_spelling(tmp_path: Path, kind: str, right: str) -> None:
    assert read(tmp_path, kind) == right


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("city", "did you mean GPE.UrbanArea.City?"),
        ("wordnet_city_108524735", "did you mean GPE.UrbanArea.City?"),
        ("gpe.urbanaera.city", "did you mean GPE.UrbanArea.City?"),
        ("GPE:UrbanArea:City", "did you mean GPE.UrbanArea.City?"),
        ("PER:GPE", "found 'PER:GPE'"),
        ("PERSON", "did you mean PER?"),
        ("per|org", "give one type a row"),
        ("GPE or LOC", "give one type a row"),
        ("O", "'no name' for words that are no name, '-' for a name outside the taxonomy"),
        ("NIL", "'no name' for words that are no name, '-' for a name outside the taxonomy"),
        ("", "an empty cell"),
    ],
)
def test_other_types_are_refused_with_what_was_meant(tmp_path: Path, kind: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, kind)
    assert str(caught.value).startswith(f"{tmp_path / 'extra.tsv'}:2: ")
    assert message in str(caught.value)
