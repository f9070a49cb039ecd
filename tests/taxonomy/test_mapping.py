"""Label-mapping tables: rows, prefixes, and what is refused."""

import pytest
from taxonomies import aida_edl

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.taxonomy.mapping import load_mapping

TABLE = """# a comment
person\tPER
product\t-|VEH|WEA
a/b\tFAC
/person\tPER
/person/artist\tPER.ProfessionalPosition
/art\t-
"""


def table(tmp_path, content=TABLE):
    path = tmp_path / "m.tsv"
    path.write_text(content, encoding="utf-8")
    return path


def test_rows_and_prefixes(tmp_path):
    mapping = load_mapping(table(tmp_path), aida_edl())
    assert len(mapping) == 6
    assert mapping.lookup(["product"]) == ("-", "VEH", "WEA")
    assert mapping.lookup(["/person/artist/painter/cubist"]) == ("PER.ProfessionalPosition",)
    assert mapping.lookup(["/person/chef"]) == ("PER",)
    assert mapping.lookup(["/personality"]) == ()
    assert mapping.lookup(["/"]) == ()
    # Only paths have prefixes: other labels may hold a slash of their own.
    assert mapping.lookup(["a/b"]) == ("FAC",)
    assert mapping.lookup(["person/chef"]) == ()


def test_deepest_of_several(tmp_path):
    mapping = load_mapping(table(tmp_path))
    assert mapping.lookup(["/person", "/art/film/short", "/person/artist"]) == ("PER.ProfessionalPosition",)
    # The depth of the row counts, not that of the label; of equals the first.
    assert mapping.lookup(["/person", "/art/film/short"]) == ("PER",)
    assert mapping.lookup(["/art/film/short", "/person"]) == ("-",)
    assert mapping.lookup(["/nothing"]) == ()
    assert mapping.lookup([]) == ()


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("a\tPER\na\tORG\n", 2, "'a' again, first in line 1"),
        ("#\na\tPER|PER\n", 2, "'PER' twice"),
        ("a\tPER.Nobody\n", 1, "a type of taxonomy 'aida-edl'"),
        ("a\tper.politician\n", 1, "write PER.Politician"),
        ("a PER\n", 1, "1 column"),
        ("a\tPER\tx\n", 1, "3 columns"),
        ("a\tPER||ORG\n", 1, "single"),
        ("a\t\n", 1, "label<TAB>TYPE"),
    ],
)
def test_faults_name_the_line(tmp_path, content, line, words):
    with pytest.raises(TaxonomyError, match=rf"m\.tsv:{line}: .*{words}"):
        load_mapping(table(tmp_path, content), aida_edl())


def test_empty_and_missing(tmp_path):
    with pytest.raises(TaxonomyError, match="none"):
        load_mapping(table(tmp_path, "# only this\n"))
    with pytest.raises(TaxonomyError, match="no file"):
        load_mapping(tmp_path / "nowhere.tsv")


@pytest.mark.shared
def test_published_tables(shared_data):
    sizes = {p.stem: len(load_mapping(p, aida_edl())) for p in (shared_data / "mappings").glob("*.tsv")}
    assert sizes == {
        "coarse_to_aida": 10,
        "crossner_to_aida": 39,
        "fewnerd_to_aida": 53,
        "figer_to_aida": 111,
        "re3d_to_aida": 10,
    }
