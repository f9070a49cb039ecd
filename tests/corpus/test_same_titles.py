"""The same page has the same title wherever it is named: links, redirects, dumps, YAGO, tables, silver, dump DBs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from ousianer_cli.corpus.silver import SilverCounts, prepare_silver
from ousianer_cli.corpus.title_types import build_title_types, mentions_of_types
from ousianer_cli.corpus.wikipedia_extract import Block, blocks
from ousianer_cli.corpus.wikipedia_parts import Work
from ousianer_cli.corpus.wikipedia_titles import build_titles
from ousianer_cli.formats import dump_db
from ousianer_cli.formats.mediawiki import read_pages
from ousianer_cli.formats.wikitext import parse_article

pq = pytest.importorskip("pyarrow.parquet")
duckdb = pytest.importorskip("duckdb")
pytest.importorskip("mwparserfromhell")

TOWN = "wordnet_town_108665504"
ODD = {
    "Café Noir": ["Café_Noir", "Cafe\u0301 Noir", "caf%C3%A9__Noir", "Caf&eacute; Noir", ":Café  Noir", "_café Noir "],
    "Éclair": ["e\u0301clair", "\u200eÉclair\u200b", "\u202aéclair\u202c", "&Eacute;clair", "%C3%89clair"],
    "AC/DC": ["AC%2FDC", "aC/DC", "AC&#47;DC", "AC%2fDC"],
    "Rock 'n' Roll": ["Rock_&#39;n&#39;_Roll", "rock %27n%27 Roll", "Rock\u00a0'n'\u3000Roll", "Rock '\u00adn' Roll"],
    "İzmir": ["\u0130zmir", "I\u0307zmir", "%C4%B0zmir"],
    "ßharp": ["ßharp", "&szlig;harp", "_ßharp"],
}
VARIANTS = [(title, text) for title, texts in ODD.items() for text in (title, *texts)]
SECTIONS = ["Café Noir#Menu", "caf%C3%A9 Noir%23Menu", "Rock &#39;n&#39; Roll#Song"]


def pages(folder: Path, page_texts: Iterable[tuple[str, str]]) -> Iterable[Block]:
    path = folder / "dump.xml"
    body = "".join(
        f"<page><title>{escape(t)}</title><ns>0</ns><revision><text>{escape(x)}</text></revision></page>"
        for t, x in page_texts
    )
    path.write_text(f"<mediawiki>{body}</mediawiki>", encoding="utf-8")
    return blocks(read_pages(path))


@pytest.mark.parametrize("form", ["[[{}|there]]", "[[{}]]", "{{{{ill|{}|de|x}}}}"])
def test_links(form: str) -> None:
    for title, text in VARIANTS:
        anchors = parse_article("X", 1, f"See {form.format(text)}.").anchors
        assert [(a.target, a.section) for a in anchors] == [(title, None)], text
    for text in SECTIONS:
        (anchor,) = parse_article("X", 1, f"See [[{text}|there]].").anchors
        assert anchor.section, text


def test_redirects(tmp_path: Path) -> None:
    (block,) = pages(tmp_path, [(text, f"#REDIRECT [[{text}]]") for _, text in VARIANTS])
    assert block.redirects == [(title, title, False) for title, _ in VARIANTS]
    (block,) = pages(tmp_path, [("X", f"#REDIRECT [[{text}]]") for text in SECTIONS])
    assert [r[1:] for r in block.redirects] == [
        ("Café Noir", True),
        ("Café Noir", True),
        ("Rock 'n' Roll", True),
    ]


def yago3_tsv(text: str) -> str:
    return f"<id_1>\t<{text.replace(' ', '_')}>\trdf:type\t<{TOWN}>\t"


def yago3_turtle(text: str) -> str:
    name = re.sub(r"[^\x21-\x7e]", lambda m: f"\\u{ord(m[0]):04x}", text.replace(" ", "_"))
    return f"<{name}>\trdf:type\t<{TOWN}> ."


def yago4_name(text: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_]", lambda m: f"_u{ord(m[0]):04X}_", text.replace(" ", "_"))
    return f"yago:{name}\trdf:type\tschema:City\t."


def yago4_page(text: str) -> str:
    url = f"https://en.wikipedia.org/wiki/{quote(text.replace(' ', '_'))}"
    thing = f"yago:Thing{text.encode().hex()}"
    return f'{thing}\trdf:type\tschema:City\t.\n{thing}\tschema:url\t"{url}"^^xsd:anyURI\t.'


def pair(text: str) -> str:
    return f"{text}\t{TOWN}"


def figer(text: str) -> str:
    return f"/m/1\t{text}\tlocation-city"


def definition(text: str) -> str:
    return f"{text}\t{TOWN}\t\t"


HEADS = {
    figer: "freebase_id\twikipedia_title\ttypes\n",
    definition: "title\tyago\tdbpedia\tfiger\n",
    **dict.fromkeys(
        (yago4_name, yago4_page),
        "@prefix yago: <http://yago-knowledge.org/resource/> .\n@prefix schema: <http://schema.org/> .\n",
    ),
}


@pytest.mark.parametrize("line", [yago3_tsv, yago3_turtle, yago4_name, yago4_page, pair, figer, definition])
def test_title_tables(tmp_path: Path, line: Callable[[str], str]) -> None:
    out = tmp_path / "out.parquet"
    table = tmp_path / "table.txt"
    table.write_text(HEADS.get(line, "") + "".join(f"{line(text)}\n" for _, text in VARIANTS), encoding="utf-8")
    report = build_title_types([table], out)
    assert report.bad_lines == 0
    assert pq.read_table(out)["title"].to_pylist() == sorted(ODD)


def test_sections_get_no_types_and_are_counted(tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    table.write_text("".join(f"{pair(text)}\n" for text in (*SECTIONS, "Jena")), encoding="utf-8")
    report = build_title_types([table], tmp_path / "out.parquet")
    assert report.titles == 1
    assert report.left_out == {"a section of a page, or no title": 3}


@pytest.mark.parametrize("ending", ["parquet", "tsv"])
def test_links_by_title(tmp_path: Path, ending: str) -> None:
    import pyarrow as pa

    table = tmp_path / "t.tsv"
    table.write_text("".join(f"{pair(title)}\n" for title in ODD), encoding="utf-8")
    build_title_types([table], tmp_path / "types.parquet")
    texts = [text for _, text in VARIANTS] + SECTIONS
    links = tmp_path / f"links.{ending}"
    if ending == "parquet":
        pq.write_table(pa.table({"title": texts}), links)
    else:
        links.write_text("".join(f"{text}\t1\n" for text in texts), encoding="utf-8")
    mass = mentions_of_types(tmp_path / "types.parquet", links)
    assert (mass.sets, mass.total) == ({(TOWN,): len(VARIANTS)}, len(texts))


def test_types_given_as_parquet(tmp_path: Path) -> None:
    import pyarrow as pa

    texts = [text for _, text in VARIANTS]
    table = pa.table({"title": texts, "types": [[TOWN]] * len(texts), "weight": [1.0] * len(texts)})
    pq.write_table(table, tmp_path / "given.parquet")
    build_titles(Work(tmp_path), [tmp_path / "given.parquet"], "200MB", 1)
    with duckdb.connect(str(tmp_path / "titles.duckdb"), read_only=True) as db:
        assert db.execute("SELECT title FROM typed ORDER BY title").fetchall() == [(title,) for title in sorted(ODD)]


def test_silver_counts_a_title_once(tmp_path: Path) -> None:
    path = tmp_path / "silver.jsonl"
    rows = [
        {
            "id": f"s{n}",
            "tokens": ["Seen", "in", f"{n}", "."],
            "mentions": [
                {"start": 0, "end": 1, "title": text, "tier": "link", "src": "table", "types": {"yago": TOWN}}
            ],
        }
        for n, (_, text) in enumerate(VARIANTS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    counts = SilverCounts()
    assert len(list(prepare_silver([path], max_per_title=1, counts=counts))) == len(ODD)
    assert sum(counts.mentions_dropped.values()) == len(VARIANTS) - len(ODD)


def test_dump_db(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [text for _, text in VARIANTS]
    link = [SimpleNamespace(title=text, text="there", start=4, end=9, span=(4, 9)) for text in texts]
    db = SimpleNamespace(
        titles=lambda: texts,
        redirects=lambda: [(text, text) for text in texts],
        get_paragraphs=lambda title: [
            SimpleNamespace(text="See there.", abstract=True, wiki_links=[link[texts.index(title)]])
        ],
        is_disambiguation=lambda title: False,
        close=lambda: None,
    )
    monkeypatch.setattr(dump_db, "_open", lambda path: db)
    assert list(dump_db.dump_db_redirects("any")) == [(title, title) for title, _ in VARIANTS]
    targets = [a.target for article in dump_db.read_dump_db("any") for a in article.anchors]
    assert targets == [title for title, _ in VARIANTS]
