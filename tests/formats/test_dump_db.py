"""Dump DBs, by the library that writes them, beside the wikitext that they were built from."""

from __future__ import annotations

import bz2
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.dump_db import UNREADABLE, dump_db_redirects, read_dump_db
from ousianer_cli.formats.mediawiki import DumpFaults, read_pages
from ousianer_cli.formats.titles import normalise_title
from ousianer_cli.formats.wikitext import Article, parse_article

TEXT = """{{Infobox town|name=[[x]]}}
'''Mill town''' ({{IPA|x}}) is a [[town]] with [[orchard]]s.<ref>y</ref>

The [[#History|old]] [[river Exe#Upper|Exe]] and a [[Category talk:Mills|talk]].

* [[item]]
* other item

==History==
The first [[watermill|mill]] stood here.
"""


def build(dump: Path, folder: Path) -> Path:
    dump_db = pytest.importorskip("wikipedia2vec.dump_db")
    reader = pytest.importorskip("wikipedia2vec.utils.wiki_dump_reader")
    path = folder / "dump.db"
    dump_db.DumpDB.build(reader.WikiDumpReader(str(dump)), str(path), 1, 50, init_map_size=50_000_000)
    return path


def small_dump(folder: Path) -> Path:
    def page(title: str, text: str, extra: str = "") -> str:
        return (
            f"<page><title>{title}</title><ns>0</ns><id>1</id>{extra}<revision><text>"
            f"{text.replace('<', '&lt;')}</text></revision></page>"
        )

    redirect = page("Millton", "#REDIRECT [[Mill town]]", '<redirect title="Mill town" />')
    pages = page("Mill town", TEXT) + redirect + page("Mill", "a [[b]]\n\n{{disambig}}")
    path = folder / "dump.xml.bz2"
    path.write_bytes(bz2.compress(f'<mediawiki xml:lang="en">\n{pages}</mediawiki>'.encode()))
    return path


def mentions(articles: Iterable[Article]) -> Counter[tuple[str, str, str]]:
    return Counter((a.title, x.target, a.text[x.start : x.end]) for a in articles for x in a.anchors)


def test_articles_and_redirects(tmp_path: Path) -> None:
    path = build(small_dump(tmp_path), tmp_path)
    faults = DumpFaults()
    articles = {article.title: article for article in read_dump_db(path, faults)}
    assert not faults.counts
    assert set(articles) == {"Mill town", "Mill"}
    article = articles["Mill town"]
    assert article.text == "Mill town is a town with orchards.\n\nThe old Exe and a talk.\n\nThe first mill stood here."
    assert mentions([article]) == mentions([parse_article("Mill town", 0, TEXT)])
    assert [a.section for a in article.anchors] == [None, None, "Upper", None]
    assert [article.text[b:e] for b, e in article.bolds] == ["Mill town"]
    assert article.left_out == {
        "list items": 2,
        "headings": 1,
        "links to a section of the page itself": 1,
        "links to other namespaces": 1,
    }
    assert (article.kind, articles["Mill"].kind) == ("article", "disambiguation")
    assert list(dump_db_redirects(path)) == [("Millton", "Mill town")]


def test_a_page_that_the_db_cannot_give_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = build(small_dump(tmp_path), tmp_path)
    dump_db = pytest.importorskip("wikipedia2vec.dump_db")
    real = dump_db.DumpDB.get_paragraphs

    def spoilt(self: object, title: str) -> object:
        if title == "Mill":
            raise ValueError("damaged")
        return real(self, title)

    monkeypatch.setattr(dump_db.DumpDB, "get_paragraphs", spoilt)
    faults = DumpFaults()
    assert [article.title for article in read_dump_db(path, faults)] == ["Mill town"]
    assert faults.counts == {UNREADABLE: 1}
    assert "Mill" in faults.examples[0]


def test_what_is_no_dump_db(tmp_path: Path) -> None:
    pytest.importorskip("wikipedia2vec.dump_db")
    with pytest.raises(InputError, match="no such file"):
        list(read_dump_db(tmp_path / "absent.db"))
    other = tmp_path / "other.db"
    other.write_bytes(b"not a database" * 1000)
    with pytest.raises(InputError, match=r"other\.db: expected a Wikipedia2Vec dump DB"):
        list(dump_db_redirects(other))


def test_without_the_library_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wikipedia2vec", None)
    with pytest.raises(SettingsError, match=r"ousianer\[wikipedia2vec\]"):
        list(read_dump_db(tmp_path / "any.db"))


@pytest.mark.shared
def test_both_routes_find_the_same_mentions(shared_data: Path, tmp_path: Path) -> None:
    """Of what wikitext gives, the DB has nearly all; it has more, since a list of whole sentences is no list to it."""
    dump = shared_data / "wikipedia" / "enwiki-minidump.xml.bz2"
    path = build(dump, tmp_path)
    pages = [page for page in read_pages(dump) if page.namespace == 0]
    wikitext = mentions(parse_article(p.title, p.id, p.text) for p in pages if p.redirect is None)
    db = mentions(read_dump_db(path))
    both = sum((wikitext & db).values())
    assert both > 3900
    assert both / wikitext.total() > 0.97
    assert both / db.total() > 0.95
    redirects = {(normalise_title(p.title), normalise_title(p.redirect)) for p in pages if p.redirect}
    assert set(dump_db_redirects(path)) == redirects
