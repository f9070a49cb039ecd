"""Taxonomies read from files and written as text: what is wrong is named with its line."""

import gzip
import json

import pytest

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.taxonomy.tree_files import load_taxonomy, taxonomy_text


def test_shipped_sizes():
    whole, edl = load_taxonomy("aida"), load_taxonomy("aida-edl")
    assert (len(whole), len(whole.phantoms), len(whole.tops)) == (187, 22, 16)
    assert (len(edl), len(edl.phantoms), len(edl.nodes)) == (143, 7, 150)
    assert edl.tops == ("FAC", "GPE", "LOC", "ORG", "PER", "VEH", "WEA")
    assert set(edl.types) < set(whole.types)
    assert "WEA.MissileSystem.AntiAircraftMissle" in edl.types
    assert [sum(whole.level(t) == n for t in whole.types) for n in (1, 2, 3)] == [16, 40, 131]


@pytest.mark.shared
def test_edl_tree_is_the_scorers(shared_data):
    scorer = load_taxonomy(shared_data / "aida" / "kbp2019_type_hierarchy.json")
    edl = load_taxonomy("aida-edl")
    assert set(scorer.types) == {edl.to_row(node) for node in edl.nodes}
    assert dict(scorer.parents) == {edl.to_row(k): edl.to_row(v) for k, v in edl.parents.items()}


@pytest.mark.shared
def test_published_table_is_the_shipped_one(shared_data):
    assert load_taxonomy(shared_data / "aida" / "aida_entity_types.tsv").types == load_taxonomy("aida").types


@pytest.mark.parametrize("name", ["aida", "aida-edl"])
def test_saved_and_read_again(tmp_path, name):
    tree = load_taxonomy(name)
    (tmp_path / f"{name}.tsv").write_text(taxonomy_text(tree), encoding="utf-8")
    assert load_taxonomy(tmp_path / f"{name}.tsv") == tree
    (tmp_path / f"{name}.tsv.gz").write_bytes(gzip.compress(taxonomy_text(tree).encode()))
    assert load_taxonomy(tmp_path / f"{name}.tsv.gz") == tree


def test_table_without_header_children_first(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("# own tree\nA.b\tA\r\nA\n\nB\t\n", encoding="utf-8")
    tree = load_taxonomy(path)
    assert tree.types == ("A.b", "A", "B")
    assert dict(tree.parents) == {"A.b": "A"}


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("type\tparent\nA\t\nA\t\n", 3, "'A' again, first in line 2"),
        ("A\t\nB\tC\n", 2, "the parent 'C' of 'B'"),
        ("A\tB\nB\tA\n", 1, "cycle"),
        ("A\t\n\tA\n", 2, "nothing"),
        ("A\t\n-\tA\n", 2, "other than"),
        ("type\tphantom\nA\tno\n", 1, "a column 'parent'"),
        ("type\tparent\tphantom\nA\t\tperhaps\n", 2, "yes or no"),
    ],
)
def test_table_faults_name_the_line(tmp_path, content, line, words):
    path = tmp_path / "t.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TaxonomyError, match=rf"t\.tsv:{line}: .*{words}"):
        load_taxonomy(path)


def test_hierarchy_file(tmp_path):
    path = tmp_path / "h.json"
    path.write_text(json.dumps({"a/NAM": ["a.b/NAM"], "a.b/NAM": ["a.b.c/NAM"]}), encoding="utf-8")
    tree = load_taxonomy(path)
    assert tree.types == ("a", "a.b", "a.b.c")
    assert tree.ancestors("a.b.c") == ("a.b", "a")


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ('{"a": ["b"],\n"c": ["b"]}', 2, "one parent of 'b'"),
        ('{"a": ["b"],\n"a": []}', 2, "the key 'a' twice"),
        ('{"a": ["b"],\n"b": ["a"]}', 1, "cycle"),
        ('{"a": 1}', 1, "a list of type names"),
        ('{"a": [}', 1, "a JSON object"),
    ],
)
def test_hierarchy_faults_name_the_line(tmp_path, content, line, words):
    path = tmp_path / "h.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TaxonomyError, match=rf"h\.json:{line}: .*{words}"):
        load_taxonomy(path)


def test_no_such_taxonomy():
    with pytest.raises(TaxonomyError, match="aida, aida-edl"):
        load_taxonomy("aida-2020")


def test_not_utf8(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes(b"A\t\nB\xe9\tA\n")
    with pytest.raises(TaxonomyError, match=r"t\.tsv:2: expected UTF-8"):
        load_taxonomy(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("r\tm1\tBonn\tD:5-8\tNIL1\tgpe\tNAM\t1.0\n" * 2, r"the EDL tab of runs and gold \(edl\)"),
        ("Ada B-per\nmet O\nO O\nmet O\n", r"one token a line, in columns \(conll\)"),
        ("[tag]\nworkers = 2\n", r"settings \(TOML\)"),
        ('<?xml version="1.0"?>\n<LCTL_TEXT><DOC id="a"/></LCTL_TEXT>\n', "an LTF document"),
    ],
)
def test_files_of_other_kinds_are_named(tmp_path, content, found):
    (tmp_path / "t.tsv").write_text(content)
    with pytest.raises(TaxonomyError, match=rf"t\.tsv: expected a taxonomy \(.*\), found {found}; check --taxonomy"):
        load_taxonomy(tmp_path / "t.tsv")
