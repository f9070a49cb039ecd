"""Title types from YAGO's files and tables: resolved, joined, judged together, and nothing dropped uncounted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ousianer_cli.corpus.title_types import (
    TitleTypesReport,
    build_title_types,
    measure_agreement,
    mentions_of_types,
)
from ousianer_cli.errors import InputError, OutputError

pq = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("duckdb")

CITY = "wordnet_city_108524735"
TOWN = "wordnet_town_108665504"
PERSON = "wordnet_person_100007846"
SINGER = "wordnet_singer_110599806"


def write(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def build(folder: Path, *tables: Path, **options: Any) -> tuple[dict[str, dict[str, Any]], TitleTypesReport]:
    out = folder / "out" / "types.parquet"
    report = build_title_types(tables, out, **options)
    rows = pq.read_table(out).to_pylist()
    titles = [row["title"] for row in rows]
    assert titles == sorted(set(titles))
    assert [p.name for p in out.parent.iterdir()] == ["types.parquet"]
    assert report.titles == len(rows)
    return {row.pop("title"): row for row in rows}, report


def test_a_category_by_its_edges_and_else_by_its_head(tmp_path: Path) -> None:
    types = write(
        tmp_path,
        "yagoTypes.tsv",
        "<id_1>\t<Jena>\trdf:type\t<wikicat_Towns_in_Thuringia>\t",
        "<id_2>\t<Ada_Quill>\trdf:type\t<wikicat_Ruritanian_singers>\t",
        "<id_3>\t<Ada_Quill>\trdf:type\t<wikicat_1990_births>\t",
        "<id_4>\t<ada_Quill>\trdf:type\t<wordnet_person_100007846>\t",
        "<id_5>\t<Bo_Quill>\trdf:type\t<wikicat_Ruritanian_singers>\t",
        "<id_6>\t<Cy_Quill>\trdf:type\t<wikicat_Music_of_Ruritania>\t",
    )
    edges = write(tmp_path, "yagoTaxonomy.tsv", f"<id_9>\t<wikicat_Towns_in_Thuringia>\trdfs:subClassOf\t<{TOWN}>\t")
    rows, report = build(tmp_path, types, subclass=[edges])
    assert rows == {
        "Jena": {"types": [TOWN], "weight": 1.0, "source": "yago", "guessed": False},
        "Ada Quill": {"types": [SINGER], "weight": 1.0, "source": "yago", "guessed": False},
        "Bo Quill": {"types": [SINGER], "weight": 0.5, "source": "yago", "guessed": True},
    }
    assert report.guessed == 1
    assert report.labels == {"yago": 6, "subClassOf edges": 1}
    assert report.categories == {
        "subClassOf edges": 1,
        "a guess at the head noun": 1,
        "an id of WordNet 3.0": 1,
        "unknown": 2,
    }
    assert report.unknown_labels == {"yago wikicat_1990_births": 1, "yago wikicat_Music_of_Ruritania": 1}
    assert sum(report.untyped.values()) == 1


def test_a_transitive_file_gives_what_a_simple_one_gives(tmp_path: Path) -> None:
    from ousianer_cli.taxonomy.wordnet import WordNet

    closure = sorted(WordNet.load().closure([SINGER]))
    simple = write(tmp_path, "yagoSimpleTypes.tsv", f"<id_1>\t<Ada>\trdf:type\t<{SINGER}>\t")
    transitive = write(
        tmp_path, "yagoTransitiveType.tsv", *(f"<id_{i}>\t<Ada>\trdf:type\t<{c}>\t" for i, c in enumerate(closure))
    )
    first, _ = build(tmp_path, simple)
    second, report = build(tmp_path, transitive)
    assert first == second
    assert report.labels["yago"] == len(closure) > 8


def test_edges_that_go_round_end(tmp_path: Path) -> None:
    table = write(tmp_path, "t.tsv", "Jena\twikicat_A_towns", "Gotha\twikicat_C_towns", f"Suhl\t{TOWN}")
    edges = write(
        tmp_path,
        "e.tsv",
        "wikicat_A_towns\twikicat_B_towns",
        "wikicat_B_towns\twikicat_A_towns",
        f"wikicat_B_towns\t{TOWN}",
        "wikicat_C_towns\twikicat_D_towns",
        "wikicat_D_towns\twikicat_C_towns",
    )
    rows, _ = build(tmp_path, table, subclass=[edges])
    assert rows["Jena"]["types"] == [TOWN] and not rows["Jena"]["guessed"]
    assert rows["Gotha"]["types"] == [TOWN] and rows["Gotha"]["guessed"]


HEAD = (
    "@prefix yago: <http://yago-knowledge.org/resource/> .",
    "@prefix schema: <http://schema.org/> .",
)


def test_yago_45_by_its_pages(tmp_path: Path) -> None:
    facts = write(
        tmp_path,
        "yago-facts.ttl",
        *HEAD,
        "yago:Jena_Thuringia\trdf:type\tyago:Walled_town_Q9\t.",
        "yago:Jena_Thuringia\tschema:mainEntityOfPage\t<https://en.wikipedia.org/wiki/Jena%2C_Thuringia>\t.",
        "yago:Ada\trdf:type\tschema:Person\t.",
        "yago:Ada\tschema:url\t<https://en.wikipedia.org/wiki/Ada_Quill>\t.",
        "yago:Without_page\trdf:type\tschema:Person\t.",
        "yago:Odd\trdf:type\tyago:Nowhere_Q7\t.",
        "yago:Odd\tschema:url\t<https://en.wikipedia.org/wiki/Odd>\t.",
        "schema:Person\trdf:type\trdfs:Class\t.",
    )
    taxonomy = write(
        tmp_path,
        "yago-taxonomy.ttl",
        *HEAD,
        "yago:Walled_town_Q9\trdfs:subClassOf\tyago:Old_thing_Q8\t.",
        "yago:Walled_town_Q9\trdfs:subClassOf\tyago:Town_Q3957\t.",
        "yago:Town_Q3957\trdfs:subClassOf\tschema:Place\t.",
        "yago:Old_thing_Q8\trdfs:subClassOf\tschema:Thing\t.",
    )
    rows, report = build(tmp_path, facts, taxonomy)
    assert {t: (r["types"], r["source"]) for t, r in rows.items()} == {
        "Jena, Thuringia": ([TOWN], "yago45"),
        "Ada Quill": ([PERSON], "yago45"),
    }
    assert report.left_out["YAGO 4.5 entities without an English page"] == 1
    assert report.left_out["a class or a property, not an entity"] == 1
    assert report.unknown_labels == {"yago45 yago:Nowhere_Q7": 1}


def test_yago_4_by_its_names_where_no_file_has_pages(tmp_path: Path) -> None:
    facts = write(
        tmp_path,
        "yago-types.ttl",
        *HEAD,
        "yago:Ada__u0028_singer_u0029_\trdf:type\tschema:Person\t.",
        "yago:Some_label_Q12345\trdf:type\tschema:Person\t.",
    )
    rows, report = build(tmp_path, facts)
    assert list(rows) == ["Ada (singer)"]
    assert report.left_out == {"YAGO 4.5 entities named by a Wikidata id": 1}


def test_sources_are_judged_together(tmp_path: Path) -> None:
    figer = ["freebase_id\twikipedia_title\ttypes", "/m/1\tJena\tperson-author,person", "/m/2\tAda\tperson"]
    definitions = [
        "title\thead\twordnet_first_sense\tyago\tdbpedia\tfiger",
        f"Ada\tsinger\t\t{SINGER}\t\tperson",
        f"Bo\tsinger\t\t{SINGER}\t\tperson",
        "Cy\tsinger\t\t\t\t",
        f"Split\tsinger\t\t{SINGER}\t\tperson",
    ]
    rows, report = build(
        tmp_path,
        write(tmp_path, "yago.tsv", f"Jena\t{TOWN}", f"Split\t{CITY}"),
        write(tmp_path, "dbpedia.tsv", "Jena\ttype\tcity", "Split\ttype\tnosuchclass"),
        write(tmp_path, "figer.tsv", *figer),
        write(tmp_path, "definitions.tsv", *definitions),
    )
    assert rows["Jena"]["source"] == "yago+dbpedia+figer" and rows["Jena"]["weight"] == 1.0
    assert PERSON not in rows["Jena"]["types"]
    assert rows["Ada"] == {"types": [PERSON], "weight": 0.7, "source": "figer", "guessed": False}
    assert rows["Bo"] == {"types": [SINGER], "weight": 0.4, "source": "definition", "guessed": True}
    assert "Cy" not in rows and report.left_out["a row without a label"] == 1
    assert report.compared["yago+figer"] == report.disagreed["yago+figer"] == 1
    assert report.compared["yago+definition"] == report.disagreed["yago+definition"] == 1
    assert report.unknown_labels["dbpedia nosuchclass"] == 1
    assert report.titles_read["definition"] == 3


def test_bad_lines_are_counted_and_strict_stops(tmp_path: Path) -> None:
    table = write(tmp_path, "t.tsv", f"Jena\t{TOWN}", "Gotha", f"Suhl\t{TOWN}\tx\ty", f"Erfurt\t{CITY}")
    rows, report = build(tmp_path, table)
    assert list(rows) == ["Erfurt", "Jena"]
    assert report.bad_lines == 2
    assert report.examples[0].startswith(f"{table}:2: expected title<TAB>class")
    with pytest.raises(InputError, match=r"t\.tsv:2: expected title<TAB>class"):
        build_title_types([table], tmp_path / "out" / "x.parquet", strict=True)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["types.parquet"]


def test_foreign_entities_of_yago_3_are_left_out(tmp_path: Path) -> None:
    table = write(
        tmp_path,
        "t.tsv",
        f"<id_1>\t<de/Jena>\trdf:type\t<{TOWN}>\t",
        f"<id_2>\t<AC/DC_Lane>\trdf:type\t<{TOWN}>\t",
    )
    rows, report = build(tmp_path, table)
    assert list(rows) == ["AC/DC Lane"]
    assert report.left_out == {"an entity of another language's Wikipedia": 1}


def test_the_same_bytes_whatever_the_order_of_files_and_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = write(tmp_path, "a.tsv", *(f"Title_{i}\t{TOWN if i % 2 else SINGER}" for i in range(50)))
    two = write(tmp_path, "b.tsv", *(f"Title {i}\ttype\tcity" for i in range(0, 70, 3)))
    build_title_types([one, two], tmp_path / "1.parquet")
    monkeypatch.setattr("ousianer_cli.corpus.title_types.read.ROWS_PER_BATCH", 7)
    monkeypatch.setattr("ousianer_cli.corpus.title_types.verdicts.VERDICTS_KEPT", 1)
    build_title_types([two, one], tmp_path / "2.parquet")
    assert pq.read_table(tmp_path / "1.parquet") == pq.read_table(tmp_path / "2.parquet")


def test_what_cannot_be(tmp_path: Path) -> None:
    table = write(tmp_path, "t.tsv", f"Jena\t{TOWN}")
    with pytest.raises(InputError, match="found none among 1 "):
        build_title_types([write(tmp_path, "u.tsv", "Jena\tnosuchclass")], tmp_path / "o.parquet")
    with pytest.raises(InputError, match="--memory"):
        build_title_types([table], tmp_path / "o.parquet", memory="much")
    with pytest.raises(OutputError, match="choose another place"):
        build_title_types([table], table / "o.parquet")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t.tsv", "u.tsv"]


def test_mentions_by_links(tmp_path: Path) -> None:
    table = tmp_path / "types.parquet"
    build_title_types([write(tmp_path, "t.tsv", f"Jena\t{TOWN}", f"Gotha\t{TOWN}", f"Ada\t{SINGER}")], table)
    assert mentions_of_types(table).sets == {(TOWN,): 2, (SINGER,): 1}
    links = write(tmp_path, "links.tsv", "title\tcount", "Jena\t5", "jena\t2", "Nowhere\t3", "Gotha\tmany", "Ada")
    mass = mentions_of_types(table, links)
    assert (mass.sets, mass.total, mass.covered, mass.bad_lines) == ({(TOWN,): 7}, 10, 7, 2)
    with pytest.raises(InputError, match=r"links\.tsv:5"):
        mentions_of_types(table, links, strict=True)
    import pyarrow as pa

    pq.write_table(pa.table({"title": ["Jena", "Jena", "Ada_"]}), tmp_path / "links.parquet")
    assert mentions_of_types(table, tmp_path / "links.parquet").sets == {(TOWN,): 2, (SINGER,): 1}
    pq.write_table(pa.table({"page": ["Jena"]}), tmp_path / "links.parquet")
    with pytest.raises(InputError, match="columns title and count"):
        mentions_of_types(table, tmp_path / "links.parquet")


def test_agreement_of_guesses_with_edges(tmp_path: Path) -> None:
    edges = write(
        tmp_path,
        "e.tsv",
        f"wikicat_Towns_in_Thuringia\t{TOWN}",
        f"wikicat_Ruritanian_singers\t{PERSON}",
        f"wikicat_Lighthouses_in_Maine\t{SINGER}",
        f"wikicat_Music_of_Maine\t{SINGER}",
        "wikicat_Populated_places_in_Maine\twordnet_site_108651247",
        "wikicat_Odd_things\twordnet_odd_199999999",
    )
    found = measure_agreement([edges])
    assert (found.edges, found.guessed, found.first_sense, found.same, found.on_one_line) == (5, 4, 1, 2, 1)
    assert sum(found.differences.values()) == 1
    assert found.unresolved == ["wordnet_odd_199999999"] and found.ids == 5


@pytest.mark.shared
def test_the_public_tables(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "types"
    edges = folder / "yago_subclass.tsv"
    found = measure_agreement([edges])
    assert found.unresolved == []
    assert 0.79 < found.first_sense / found.guessed < 0.84
    rows, report = build(tmp_path, folder / "title_to_yago.mini.tsv", subclass=[edges])
    assert report.bad_lines == 0 and not report.unknown_labels
    assert rows["West Bromwich Albion F.C."]["types"] == ["wordnet_club_108227214"]
