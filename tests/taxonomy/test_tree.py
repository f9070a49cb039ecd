"""Type trees: the shipped ones, files in and out, and what is refused."""

import pickle

import pytest

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.taxonomy.tree import Taxonomy, with_middles
from ousianer_cli.taxonomy.tree_files import load_taxonomy


def small() -> Taxonomy:
    return Taxonomy(("A", "A.b", "A.b.c", "B"), {"A.b": "A", "A.b.c": "A.b"}, name="small")


def test_phantom_is_a_level_but_no_type():
    edl = load_taxonomy("aida-edl")
    assert edl.ancestors("GPE.Country.Country") == ("GPE.Country", "GPE")
    assert edl.level("GPE.Country.Country") == 3
    assert "GPE.Country" in edl.phantoms and "GPE.Country" not in edl.types
    assert edl.find("gpe.country", ignore_case=True, phantoms=False) is None
    assert edl.parse("gpe.country", ignore_case=True) == "GPE.Country"


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


def test_middles_only_where_missing():
    tree = with_middles(Taxonomy(("A", "A.b.c.d", "A.x", "A.x.y"), {"A.b.c.d": "A", "A.x": "A", "A.x.y": "A.x"}))
    assert set(tree.phantoms) == {"A.b", "A.b.c"}
    assert tree.ancestors("A.b.c.d") == ("A.b.c", "A.b", "A")
    assert tree.ancestors("A.x.y") == ("A.x", "A")
