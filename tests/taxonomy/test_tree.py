"""Type trees: the shipped ones, files in and out, and what is refused."""

import json
import pickle

import pytest

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.taxonomy.tree import Taxonomy, load_taxonomy, taxonomy_text, with_middles


def small() -> Taxonomy:
    return Taxonomy(("A", "A.b", "A.b.c", "B"), {"A.b": "A", "A.b.c": "A.b"}, name="small")


def test_shipped_sizes():
    whole, edl = load_taxonomy("aida"), load_taxonomy("aida-edl")
    assert (len(whole), len(whole.phantoms), len(whole.tops)) == (187, 22, 16)
    assert (len(edl), len(edl.phantoms), len(edl.nodes)) == (143, 7, 150)
    assert edl.tops == ("FAC", "GPE", "LOC", "ORG", "PER", "VEH", "WEA")
    assert set(edl.types) < set(whole.types)
    assert "WEA.MissileSystem.AntiAircraftMissle" in edl.types
    assert [sum(whole.level(t) == n for t in whole.types) for n in (1, 2, 3)] == [16, 40, 131]


def test_phantom_is_a_level_but_no_type():
    edl = load_taxonomy("aida-edl")
    assert edl.ancestors("GPE.Country.Country") == ("GPE.Country", "GPE")
    assert edl.level("GPE.Country.Country") == 3
    assert "GPE.Country" in edl.phantoms and "GPE.Country" not in edl.types
    assert edl.find("gpe.country", ignore_case=True, phantoms=False) is None
    assert edl.parse("gpe.country", ignore_case=True) == "GPE.Country"


@pytest.mark.shared
def test_edl_tree_is_the_scorers(shared_data):
    scorer = load_taxonomy(shared_data / "aida" / "kbp2019_type_hierarchy.json")
    edl = load_taxonomy("aida-edl")
    assert set(scorer.types) == {edl.to_row(node) for node in edl.nodes}
    assert dict(scorer.parents) == {edl.to_row(k): edl.to_row(v) for k, v in edl.parents.items()}


@pytest.mark.shared
def test_published_table_is_the_shipped_one(shared_data):
    assert load_taxonomy(shared_data / "aida" / "aida_entity_types.tsv").types == load_taxonomy("aida").types


def test_walks():
    tree = small()
    assert tree.index("A.b.c") == 2
    assert tree.descendants("A") == ("A.b", "A.b.c")
    assert tree.ancestors("A.b.c") == ("A.b", "A")
    assert tree.children("A") == ("A.b",)
    assert (tree.top("A.b.c"), tree.top("B")) == ("A", "B")
    assert (tree.parent("A"), tree.parent("A.b")) == (None, "A")
    assert pickle.loads(pickle.dumps(tree)) == tree


def test_parse_is_exact_unless_told():
    tree = small()
    with pytest.raises(TaxonomyError, match=r"taxonomy 'small'.*'a\.B'.*did you mean A\.b"):
        tree.parse("a.B")
    assert tree.parse("a.B", ignore_case=True) == "A.b"
    twins = Taxonomy(("x", "X"), {})
    assert twins.parse("x") == "x"
    with pytest.raises(TaxonomyError):
        Taxonomy(("xy", "XY"), {}).parse("Xy", ignore_case=True)
    with pytest.raises(TaxonomyError, match="its top types are A, B"):
        tree.index("quite different")


@pytest.mark.parametrize(
    ("types", "parents", "words"),
    [
        (("A", "A"), {}, "'A' twice"),
        (("A", "B"), {"A": "B", "B": "A"}, "cycle through 'A'"),
        (("A", "B", "C"), {"C": "B", "A": "A"}, "cycle through 'A'"),
        (("A",), {"A": "Z"}, "'Z' above 'A'"),
        (("A",), {"Z": "A"}, "a parent of 'Z'"),
        (("-",), {}, "other than '-'"),
        (("A|B",), {}, "without blanks"),
        (("",), {}, "without blanks"),
    ],
)
def test_refused(types, parents, words):
    with pytest.raises(TaxonomyError, match=words.replace("|", r"\|")):
        Taxonomy(types, parents)


@pytest.mark.parametrize("name", ["aida", "aida-edl"])
def test_saved_and_read_again(tmp_path, name):
    tree = load_taxonomy(name)
    (tmp_path / f"{name}.tsv").write_text(taxonomy_text(tree), encoding="utf-8")
    assert load_taxonomy(tmp_path / f"{name}.tsv") == tree


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


def test_middles_only_where_missing():
    tree = with_middles(Taxonomy(("A", "A.b.c.d", "A.x", "A.x.y"), {"A.b.c.d": "A", "A.x": "A", "A.x.y": "A.x"}))
    assert set(tree.phantoms) == {"A.b", "A.b.c"}
    assert tree.ancestors("A.b.c.d") == ("A.b.c", "A.b", "A")
    assert tree.ancestors("A.x.y") == ("A.x", "A")
