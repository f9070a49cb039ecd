"""YAGO's files and tables of title types: every release's syntax, and lines that are not understood."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.yago import (
    Fact,
    TitleLabels,
    kind_of,
    read_facts,
    read_lines,
    read_table,
    title_of_id,
)
from ousianer_cli.formats.yago.facts import unescape

CITY = "wordnet_city_108524735"


def facts(path: Path) -> tuple[list[Fact], list[int]]:
    skipped: list[int] = []
    found = list(read_facts(path, kind_of(path), lambda line, *_: skipped.append(line)))
    return found, skipped


def rows(path: Path) -> tuple[list[TitleLabels], list[int]]:
    skipped: list[int] = []
    found = list(read_table(path, kind_of(path), lambda line, *_: skipped.append(line)))
    return found, skipped


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_tsv_with_and_without_the_id(tmp_path: Path) -> None:
    text = (
        f"<id_1_88c_2>\t<Weimar>\trdf:type\t<{CITY}>\t\n"
        f"\t<Jena>\trdf:type\t<wikicat_Towns_in_Thuringia>\n"
        f"<Gotha>\trdf:type\t<{CITY}>\n"
        f"<id_4>\t<wikicat_Towns_in_Thuringia>\trdfs:subClassOf\t<{CITY}>\t\n"
        "<id_5>\t<Weimar>\t<isLocatedIn>\t<Thuringia>\t\n"
        f'<id_6>\t<"Old"_\\u0130zmir>\trdf:type\t<{CITY}>\t\n'
    )
    found, skipped = facts(write(tmp_path, "yagoTypes.tsv", text))
    assert found == [
        Fact(1, "type", "Weimar", CITY),
        Fact(2, "type", "Jena", "wikicat_Towns_in_Thuringia"),
        Fact(3, "type", "Gotha", CITY),
        Fact(4, "subclass", "wikicat_Towns_in_Thuringia", CITY),
        Fact(5, "other", "", ""),
        Fact(6, "type", '"Old"_İzmir', CITY),
    ]
    assert skipped == []


def test_tsv_lines_that_are_not_understood(tmp_path: Path) -> None:
    text = (
        f"<id_1>\t<Weimar>\trdf:type\t<{CITY}>\t\n"
        "<id_2>\t<Jena>\n"
        "<id_3>\tJena\trdf:type\t<wordnet_city_108524735>\t\n"
        "<id_4>\t<Jena>\trdf:type\t<wordnet_city_108524735\t\n"
        "<id_5>\t<Jena>\trdf:type\t\t\n"
        "<id_6>\t<>\trdf:type\t<wordnet_city_108524735>\t\n"
        "<id_7>\t<Je\\ud83dna>\trdf:type\t<wordnet_city_108524735>\t\n"
        "some words that are no fact\n"
        "\n"
        f"<id_9>\t<Gotha>\trdf:type\t<{CITY}>\t\n"
    )
    found, skipped = facts(write(tmp_path, "yagoTypes.tsv", text))
    assert [f.subject for f in found] == ["Weimar", "Gotha"]
    assert skipped == [2, 3, 4, 5, 6, 7, 8]


def test_turtle_of_yago_3(tmp_path: Path) -> None:
    text = (
        "@base <http://yago-knowledge.org/resource/> .\n"
        "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
        "@prefix x: <http://yago-knowledge.org/resource/> .\n"
        "\n# types\n#@ <id_1_88c_2>\n"
        "<Weimar>\trdf:type\t<wikicat_Towns_in_Thuringia> .\n"
        f"<Caf\\u00e9_\\uD83D\\uDE00>\ta\t<{CITY}> . # a remark\n"
        f"x:Jena rdf:type x:{CITY} .\n"
        f"<http://yago-knowledge.org/resource/Gotha> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{CITY}> .\n"
        f'<The_"Old"_Inn>\trdf:type\t<{CITY}> .\n'
        '<Weimar> rdfs:label "Weimar, a town; in \\"Thuringia\\"."@de .\n'
    )
    found, skipped = facts(write(tmp_path, "yagoTypes.ttl", text))
    assert [(f.kind, f.subject, f.object) for f in found] == [
        ("type", "Weimar", "wikicat_Towns_in_Thuringia"),
        ("type", "Café_😀", CITY),
        ("type", "Jena", CITY),
        ("type", "Gotha", CITY),
        ("type", 'The_"Old"_Inn', CITY),
        ("other", "", ""),
    ]
    assert skipped == []


YAGO45 = """@prefix yago: <http://yago-knowledge.org/resource/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix schema: <http://schema.org/> .
yago:Weimar\trdf:type\tschema:City\t.
yago:Weimar\trdf:type\tyago:Human_settlement_Q486972\t.
yago:Weimar\tschema:mainEntityOfPage\t<https://en.wikipedia.org/wiki/Weimar%2C_Thuringia>\t.
yago:Weimar\tschema:url\t"https://en.wikipedia.org/wiki/Weimar_(town)"^^xsd:anyURI\t.
yago:Weimar\tschema:mainEntityOfPage\t<https://de.wikipedia.org/wiki/Weimar>\t.
yago:Weimar\tschema:sameAs\t<https://example.org/x>\t.
yago:Weimar\trdfs:label\t"Weimar; a [town] . yes"@en\t.
<<\tyago:Weimar\tschema:mayor\tyago:Nobody\t>>\tschema:startDate\t"1999"^^xsd:gYear\t.
yago:Human_settlement_Q486972\trdfs:subClassOf\tschema:Place\t.
"""


def test_turtle_of_yago_45(tmp_path: Path) -> None:
    found, skipped = facts(write(tmp_path, "yago-facts.ttl", YAGO45))
    assert [(f.kind, f.subject, f.object) for f in found if f.kind != "other"] == [
        ("type", "Weimar", "schema:City"),
        ("type", "Weimar", "yago:Human_settlement_Q486972"),
        ("page", "Weimar", "Weimar,_Thuringia"),
        ("page", "Weimar", "Weimar_(town)"),
        ("page", "Weimar", ""),
        ("subclass", "yago:Human_settlement_Q486972", "schema:Place"),
    ]
    assert sum(f.kind == "other" for f in found) == 3
    assert skipped == []


def test_a_schema_whose_statements_span_lines(tmp_path: Path) -> None:
    text = (
        "@prefix schema: <http://schema.org/> .\n"
        "@prefix yago: <http://yago-knowledge.org/resource/> .\n"
        "schema:City a sh:NodeShape ; # towns as well\n"
        "\trdfs:subClassOf schema:AdministrativeArea , schema:Place ;\n"
        "\tsh:or ([ sh:datatype xsd:gYear ; rdfs:subClassOf schema:Never ][ sh:datatype xsd:date ]) ;\n"
        "\trdfs:comment '' .\n"
        'yago:Politician a sh:NodeShape ;\n\tsh:pattern "^[a-z]+;$" ;\n    rdfs:subClassOf yago:Worker .\n'
        "[] a sh:NodeShape ; rdfs:subClassOf schema:Nothing .\n"
    )
    found, skipped = facts(write(tmp_path, "yago-schema.ttl", text))
    assert [f[2:] for f in found if f.kind == "subclass"] == [
        ("schema:City", "schema:AdministrativeArea"),
        ("schema:City", "schema:Place"),
        ("yago:Politician", "yago:Worker"),
    ]
    assert skipped == []


def test_turtle_goes_on_after_what_is_broken(tmp_path: Path) -> None:
    text = (
        "@prefix yago: <http://yago-knowledge.org/resource/> .\n"
        "yago:Weimar\trdf:type\tschema:City\n"  # no full stop
        "yago:Jena\trdf:type\tschema:City\t.\n"
        "yago:Erfurt\trdf:type\t] .\n"
        "other:Erfurt\trdf:type\tschema:City\t.\n"  # an unknown prefix
        "yago:Eisen\\ud83dach\trdf:type\tschema:City\t.\n"
        "yago:Gotha\trdf:type\tschema:City\t.\n"
        "yago:Suhl\trdf:type\t\n"
    )
    found, skipped = facts(write(tmp_path, "yago-facts.ttl", text))
    assert [f.subject for f in found] == ["Jena", "Gotha"]
    assert skipped == [2, 4, 5, 6, 8]


@pytest.mark.parametrize(
    "line",
    [
        'yago:Weimar\trdfs:label\t"Weimar\t.',
        "<Weimar\trdf:type\tschema:City\t.",
        "<Weimar rdf:type <wordnet_city_108524735> .",
        "yago:Weimar rdf:type schema:City , .",
        "yago:Weimar rdf:type schema:City schema:Place .",
        "yago:Weimar rdf:type .",
        "yago:Weimar ; rdf:type schema:City .",
        "yago:Weimar rdf:type [ a schema:City",
        "schema:City .",
        "] rdf:type schema:City .",
    ],
)
def test_what_is_never_closed_ends_at_its_line(tmp_path: Path, line: str) -> None:
    whole = "yago:Jena\trdf:type\tschema:City\t.\n"
    path = write(tmp_path, "yago-facts.ttl", f"{whole}{line}\n{whole}{whole}")
    found, skipped = facts(path)
    assert [f.subject for f in found] == ["Jena"] * 3
    assert skipped == [2]


def test_tables(tmp_path: Path) -> None:
    pairs = write(tmp_path, "a.tsv", f"Weimar\t{CITY}\nJena\ttype\tcity\n\nGotha\nSuhl\t\nErfurt\ta\tb\n")
    assert rows(pairs) == (
        [TitleLabels(1, "Weimar", (("class", CITY),)), TitleLabels(2, "Jena", (("class", "city"),))],
        [4, 5, 6],
    )
    figer = write(tmp_path, "f.tsv", "freebase_id\twikipedia_title\ttypes\n/m/1\tJena\tlocation-city,location\n/m/2\n")
    assert kind_of(figer) == "figer"
    assert rows(figer) == ([TitleLabels(2, "Jena", (("figer", "location-city"), ("figer", "location")))], [3])
    head = "title\thead\twordnet_first_sense\tyago\tdbpedia\tfiger\tin_title_types\n"
    text = f"{head}Jena\ttown\t{CITY}\t{CITY},x\tcity\t\t0\nGotha\ttown\t\t\t\t\t0\n\ttown\t\t\t\t\t0\n"
    definition = write(tmp_path, "d.tsv", text)
    assert kind_of(definition) == "definition"
    assert rows(definition) == (
        [
            TitleLabels(2, "Jena", (("yago", CITY), ("yago", "x"), ("dbpedia", "city"))),
            TitleLabels(3, "Gotha", ()),
        ],
        [4],
    )


def test_compressed_files(tmp_path: Path) -> None:
    data = b"one\ntwo\r\n"
    (tmp_path / "a").write_bytes(gzip.compress(data))
    (tmp_path / "b").write_bytes(bz2.compress(data))
    (tmp_path / "c").write_bytes(lzma.compress(data))
    with zipfile.ZipFile(tmp_path / "d", "w") as archive:
        archive.writestr("inner.ttl", data)
    for name in "abcd":
        assert list(read_lines(tmp_path / name, pytest.fail)) == [(1, "one"), (2, "two")]


def test_broken_files_keep_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(b"".join(b"%d\tline\n" % i for i in range(5_000)))[:-40])
    skipped: list[int] = []
    read = [number for number, _ in read_lines(path, lambda line, *_: skipped.append(line))]
    assert 0 < len(read) < 5_000 or skipped == [5_001]
    assert skipped == [len(read) + 1]
    latin = tmp_path / "latin.tsv"
    latin.write_bytes(b"Jena\tcity\nM\xfcnchen\tcity\nGotha\tcity\n")
    assert [r.title for r in rows(latin)[0]] == ["Jena", "Gotha"]
    assert rows(latin)[1] == [2]


def test_files_of_no_known_kind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="an empty file"):
        kind_of(write(tmp_path, "empty.tsv", "\n\n"))
    with pytest.raises(InputError, match="lines of neither"):
        kind_of(write(tmp_path, "prose.txt", "This is prose.\nAnd more of it.\n"))
    with pytest.raises(InputError, match="7z x"):
        path = tmp_path / "yago.7z"
        path.write_bytes(b"7z\xbc\xaf\x27\x1cxxxx")
        kind_of(path)
    with pytest.raises(InputError, match="No such file"):
        kind_of(tmp_path / "nowhere.tsv")


def test_names() -> None:
    assert unescape("a\\u00e9\\U0001F600") == "aé😀"
    assert unescape("\\ud83d") is None
    assert unescape("\\U00110000") is None
    assert title_of_id("Ada_u0028_town_u0029_") == "Ada(town)"
    assert title_of_id("Some_label_Q12") is None
    assert title_of_id("Town_generic_instance") is None
