"""Wikipedia into silver: what becomes a mention, that nothing goes uncounted, that runs resume and repeat exactly."""

from __future__ import annotations

import bz2
import dataclasses
import functools
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from processes_anew import ANEW

from ousianer_cli.corpus import wikipedia_extract, wikipedia_parts
from ousianer_cli.corpus.store import read_rows, read_store
from ousianer_cli.corpus.wikipedia import prepare_wikipedia
from ousianer_cli.corpus.wikipedia_parts import Tally, Workers, add_tally
from ousianer_cli.errors import InputError, OusiaError, OutputError, SettingsError
from ousianer_cli.formats import words
from ousianer_cli.formats.corpus import read_corpus
from ousianer_cli.formats.wikitext import parse_article
from ousianer_cli.formats.word_rules import WORD_RULES
from ousianer_cli.settings.prepare_wikipedia import WikipediaSettings

TOWN, PAINTER, RIVER = "wordnet_town_108665504", "wordnet_painter_110391653", "wordnet_river_109411430"
BAND, CITY = "wordnet_musical_organization_108246613", "wordnet_city_108524735"

TYPES: dict[str, tuple[list[str], float]] = {
    "Marden Falls": ([TOWN], 1.0),
    "Ada Fenwick": ([PAINTER], 1.0),
    "Oslin": ([RIVER], 0.5),
    "Tin Lanterns": ([BAND], 1.0),
    "Rob Tarn": ([PAINTER], 1.0),
    "Brook": ([RIVER], 1.0),
}

PAGES: list[tuple[str, str]] = [
    (
        "Marden Falls",
        "{{Infobox town|name=Marden}}\n'''Marden Falls''' is a town on the [[Oslin River]]. "
        "It was painted by [[Ada Fenwick|Fenwick]] in 1901. The people of Marden Falls liked what Fenwick made. "
        "A [[brook]] runs by.\n\n== Visitors ==\n"
        "The [[Lost Page]] tells of it, and so does [[Ada Fenwick#Letters|a Letter]].",
    ),
    (
        "Ada Fenwick",
        "'''Ada Fenwick''' was a painter. She was born in [[Marden Falls]], and heard the [[Rob Tarn]] songs of the "
        "[[Tin Lanterns]] there. Nothing else is known.",
    ),
    ("Oslin River", "#REDIRECT [[Oslin (river)]]"),
    ("Oslin (river)", "#REDIRECT [[Oslin]]"),
    ("Round", "#REDIRECT [[About]]"),
    ("About", "#REDIRECT [[Round]]"),
    ("Rob Tarn", "#REDIRECT [[Tin Lanterns]]"),
    ("The chorus", "#REDIRECT [[Tin Lanterns#Singers]]"),
    ("Round trip", "It goes [[Round]] and [[The chorus|The Chorus]] sings of [[Marden Falls]]."),
    ("Marden", "'''Marden''' may refer to:\n* [[Marden Falls]]\n* [[Marden Hill]]\n{{disambiguation}}"),
]


def page(number: int, title: str, text: str, namespace: int = 0) -> str:
    return (
        f"<page><title>{escape(title)}</title><ns>{namespace}</ns><id>{number}</id><revision><id>{number}</id>"
        f'<text xml:space="preserve">{escape(text)}</text></revision></page>\n'
    )


def dump(path: Path, pages: list[tuple[str, str]] | None = None, more: str = "") -> Path:
    body = "".join(page(i, t, text) for i, (t, text) in enumerate(PAGES if pages is None else pages, 1))
    whole = f"<mediawiki>\n{body}{more}</mediawiki>\n".encode()
    path.write_bytes(bz2.compress(whole) if path.suffix == ".bz2" else whole)
    return path


def title_types(path: Path, rows: dict[str, tuple[list[str], float]] | None = None) -> Path:
    rows = TYPES if rows is None else rows
    columns: dict[str, Any] = {
        "title": pa.array(rows, pa.string()),
        "types": pa.array([ids for ids, _ in rows.values()], pa.list_(pa.string())),
        "weight": pa.array([w for _, w in rows.values()], pa.float64()),
        "source": pa.array(["made"] * len(rows), pa.string()),
        "guessed": pa.array([False] * len(rows), pa.bool_()),
    }
    pq.write_table(pa.table(columns), path)
    return path


def quiet(_: str) -> None:
    pass


def settings(folder: Path, **changes: Any) -> WikipediaSettings:
    made: dict[str, Any] = {"out": str(folder / "out"), "workers": 1, **changes}
    if "dumps" not in made:
        made["dumps"] = [str(dump(folder / "wiki.xml.bz2"))]
    if "types" not in made:
        made["types"] = [str(title_types(folder / "types.parquet"))]
    return WikipediaSettings(**made)


def make(folder: Path, **changes: Any) -> Tally:
    return prepare_wikipedia(settings(folder, **changes), progress=quiet)


def found(folder: Path) -> set[tuple[str, str, str, str, float]]:
    """doc, words, how, title, weight of each mention"""
    return {
        (s.doc, " ".join(s.tokens[m.start : m.end]), how, title, m.weight)
        for s, extra in read_rows(folder / "out", ["how", "titles"])
        for m, how, title in zip(s.mentions, extra["how"], extra["titles"], strict=True)
    }


def corpus_bytes(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in out.glob("typing*")}


def test_links_bold_titles_and_later_names_become_mentions(tmp_path: Path) -> None:
    report = make(tmp_path)
    mentions = found(tmp_path)
    assert {(d, w, h, t) for d, w, h, t, _ in mentions if h in ("link", "bold")} == {
        ("Marden Falls", "Marden Falls", "bold", "Marden Falls"),
        ("Marden Falls", "Oslin River", "link", "Oslin"),
        ("Marden Falls", "Fenwick", "link", "Ada Fenwick"),
        ("Ada Fenwick", "Ada Fenwick", "bold", "Ada Fenwick"),
        ("Ada Fenwick", "Marden Falls", "link", "Marden Falls"),
        ("Ada Fenwick", "Rob Tarn", "link", "Rob Tarn"),
        ("Ada Fenwick", "Tin Lanterns", "link", "Tin Lanterns"),
        ("Round trip", "Marden Falls", "link", "Marden Falls"),
    }
    again = {(d, w, t) for d, w, h, t, _ in mentions if h == "again"}
    assert again == {("Marden Falls", "Marden Falls", "Marden Falls"), ("Marden Falls", "Fenwick", "Ada Fenwick")}
    assert {weight for *_, title, weight in mentions if title == "Oslin"} == {0.5}
    assert report["mentions"] == {"link": 6, "bold": 2, "again": 2}
    types = {t: s for s in read_store(tmp_path / "out") for m in s.mentions for t in m.types}
    assert set(types) == {TOWN, PAINTER, RIVER, BAND}
    assert {s.supervises for s in types.values()} == {"typing"}
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == report
    assert not (tmp_path / "out" / "parts").exists()


def test_any_folder_name(tmp_path: Path) -> None:
    folder = tmp_path / "it's [1] *"
    folder.mkdir()
    report = make(folder, max_per_title=1)
    assert sum(report["mentions"].values()) == len({title for *_, title, _ in found(folder)}) == 5
    raw = folder / "types.tsv"
    raw.write_text("".join(f"{title}\t{ids[0]}\n" for title, (ids, _) in TYPES.items()), encoding="utf-8")
    report = make(folder, types=[str(raw)], out=str(folder / "raw"))
    assert sum(report["mentions"].values()) == 10


def test_a_sentence_is_split_once_from_the_dump_to_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sentence has a word of its own: counting anchors, marking and training find it split."""
    from ousianer_cli.network.pieces import PieceTokenizer  # torch, which the worker processes of others do without
    from ousianer_cli.training.examples import load_examples

    text = "Walk with Zab{0} to [[Oslin]]. See Zac{0} at [[Oslin]] again.\n\nOslin ends Zad{0}."
    pages = [(f"Walk {i}", text.format(i)) for i in range(3)]
    seen: list[str] = []
    split = words._spans

    def spy(text: str, start: int, end: int) -> list[tuple[int, int]]:
        seen.append(text[start:end])
        return split(text, start, end)

    monkeypatch.setattr(words, "_spans", spy)
    make(tmp_path, dumps=[str(dump(tmp_path / "w.xml", pages))])
    sentences = list(read_store(tmp_path / "out"))
    assert {s.split_by for s in sentences} == {WORD_RULES} and len(sentences) == 9
    loaded = load_examples([str(tmp_path / "out")], PieceTokenizer.characters())
    assert [e.encoded.words for e in loaded.examples] == [len(s.tokens) for s in sentences]
    for name in (f"Za{kind}{i}" for kind in "bcd" for i in range(3)):
        assert sum(name in text for text in seen) == 1, name


def test_everything_is_counted(tmp_path: Path) -> None:
    more = page(90, "Talk:Oslin", "[[Oslin]]", 1) + "<page><title>Empty</title><ns>0</ns><id>91</id></page>"
    report = make(tmp_path, dumps=[str(dump(tmp_path / "wiki.xml", more=more))])
    assert report["pages"] == {"pages": 11, "redirects": 6, "of other namespaces": 1}
    assert report["articles"]["articles"] == 3 and report["articles"]["disambiguation pages"] == 1
    assert report["redirects"] == {
        "distinct": 6,
        "resolved": 4,
        "through other redirects": 1,
        "to a section of a page": 1,
        "in a circle (left out)": 2,
    }
    assert report["redirect circles"] == ["About -> Round", "Round -> About"]
    links = report["links"]
    assert links["all"] == 11 and links["to a section"] == 2 and links["through a redirect"] == 1
    for how in ("link", "bold", "again"):
        dropped = sum(report["mentions dropped"].get(how, {}).values())
        assert report["mentions"][how] + dropped == report["mentions found"][how], how
    assert report["mentions dropped"]["link"] == {
        "its title has no types": 2,
        "leads to a section of a page": 2,
        "no capital letter": 1,
    }
    assert sum(report["faults"].values()) == 1 and "wiki.xml:page 12" in report["fault examples"][0]
    written, dropped = report["sentences written"], sum(report["sentences dropped"].values())
    assert written + dropped == report["sentences"]["in articles"]


def test_kinds_that_are_not_asked_for(tmp_path: Path) -> None:
    report = make(tmp_path, how=["link"])
    assert set(report["mentions"]) == {"link"}
    assert "again" not in report["mentions found"]
    assert report["mentions dropped"]["bold"]["not asked for by --how"] == 2


def test_repeats_excluded_sentences_and_long_ones(tmp_path: Path) -> None:
    line = "The river [[Oslin]] is cold and very long here."
    pages = [("One", f"{line}\n\nThe [[Oslin]] is deep."), ("Two", f"{line}\n\nNobody swims in the [[Oslin]].")]
    held = tmp_path / "held.jsonl"
    held.write_text('{"tokens": ["the", "Oslin", "is", "deep."], "mentions": []}\n')
    report = make(
        tmp_path, dumps=[str(dump(tmp_path / "w.xml", pages))], exclude=[str(held)], max_words=9, format="jsonl"
    )
    assert [" ".join(s.tokens) for s in read_corpus(tmp_path / "out" / "typing.jsonl")] == [
        "Nobody swims in the Oslin ."
    ]
    assert report["sentences dropped"] == {"more words than --max-words": 2, "also in an excluded file": 1}
    again = tmp_path / "again"
    again.mkdir()
    report = make(again, dumps=[str(tmp_path / "w.xml")])
    assert report["sentences dropped"] == {"the same words as an earlier sentence": 1}
    assert [s.doc for s in read_store(again / "out")] == ["One", "One", "Two"]


def test_a_title_has_a_quota(tmp_path: Path) -> None:
    pages = [(f"Page {i}", f"Walk {i} goes to [[Marden Falls]] and [[Oslin]] {i}.") for i in range(12)]
    pages[0] = ("Page 0", "Walk 0 goes to [[Oslin]].")
    made = [str(dump(tmp_path / "w.xml", pages))]

    def drawn(name: str, seed: int, most: int) -> list[str]:
        folder = tmp_path / name
        folder.mkdir()
        report = make(folder, dumps=made, max_per_title=most, seed=seed)
        titles = [t for _, extra in read_rows(folder / "out", ["titles"]) for t in extra["titles"]]
        assert titles.count("Marden Falls") == min(most, 11) and titles.count("Oslin") == min(most, 12)
        assert sum(report["mentions dropped"].get("link", {}).values()) == 23 - len(titles)
        return [f"{s.doc} {e['titles']}" for s, e in read_rows(folder / "out", ["titles"])]

    first = drawn("a", 0, 3)
    assert drawn("b", 0, 3) == first != drawn("c", 1, 3)
    assert len(drawn("d", 0, 11)) == 12


def test_spans_must_fall_on_words_and_in_sentences(tmp_path: Path) -> None:
    pages = [("Edges", "The re[[Oslin]]ed water. See [[Oslin|the Oslin. It]] flows. The [[Oslin]] ends.")]
    report = make(tmp_path, dumps=[str(dump(tmp_path / "w.xml", pages))], how=["link"])
    assert report["mentions dropped"]["link"] == {
        "begins or ends inside a word": 1,
        "crosses the edge of a sentence": 1,
    }
    assert report["mentions"] == {"link": 1}


def test_a_run_goes_on_after_any_step(tmp_path: Path, whole: dict[str, bytes]) -> None:
    """Left after each step in turn; each time all that was done stays as it was."""
    chosen = settings(tmp_path, max_per_title=2, keep_parts=True)
    done: dict[Path, int] = {}
    for step in ("extract", "types", "redirects", "links", "anchors", "mark", "select"):
        prepare_wikipedia(chosen, progress=quiet, resume=bool(done), stop_after=step)
        assert not (tmp_path / "out" / "report.json").exists()
        files = [p for p in (tmp_path / "out" / "parts").rglob("*.*") if p.is_file() and p.name != "seconds.json"]
        now = {p: p.stat().st_mtime_ns for p in files}
        assert {p: now[p] for p in done} == done and len(now) > len(done), step
        done = now
    prepare_wikipedia(chosen, progress=quiet, resume=True)
    assert corpus_bytes(tmp_path / "out") == whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The corpus of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    make(folder, max_per_title=2)
    return corpus_bytes(folder / "out")


def many_pages() -> list[tuple[str, str]]:
    places = list(TYPES)
    return [
        (f"Walk {i}", f"'''Walk {i}''' leads from [[{places[i % 6]}]] to [[{places[i % 5]}]]. " + "It is long. " * 40)
        for i in range(60)
    ]


def test_a_killed_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "killed").mkdir()
    (tmp_path / "calm").mkdir()
    given = {"dumps": [str(dump(tmp_path / "w.xml.bz2", many_pages()))]}
    chosen = settings(tmp_path / "killed", **given)
    code = (
        "import itertools, time\n"
        "from ousianer_cli.corpus import wikipedia, wikipedia_extract as extract\n"
        "from ousianer_cli.settings.prepare_wikipedia import WikipediaSettings\n"
        "parse = extract.parse_article\n"
        "count = itertools.count()\n"
        "def held(*a): time.sleep(60 * (next(count) == 24)); return parse(*a)\n"
        "extract.parse_article, extract.PART_PAGES = held, 7\n"
        f"wikipedia.prepare_wikipedia(WikipediaSettings(**{dataclasses.asdict(chosen)!r}))\n"
    )
    running = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    parts = tmp_path / "killed" / "out" / "parts" / "parts"
    deadline = time.monotonic() + 60
    while len(list(parts.glob("[0-9]*.json"))) < 2 and time.monotonic() < deadline and running.poll() is None:
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    done = {p.name: p.stat().st_mtime_ns for p in parts.glob("[0-9]*.json")}
    assert 2 <= len(done) < 9
    monkeypatch.setattr(wikipedia_extract, "PART_PAGES", 7)
    prepare_wikipedia(dataclasses.replace(chosen, keep_parts=True), progress=quiet, resume=True)
    now = {p.name: p.stat().st_mtime_ns for p in parts.glob("[0-9]*.json")}
    assert len(now) == 9 and {name: now[name] for name in done} == done, "finished parts were made again"
    make(tmp_path / "calm", **given)
    assert corpus_bytes(tmp_path / "killed" / "out") == corpus_bytes(tmp_path / "calm" / "out")


@pytest.mark.slow
def test_workers_do_not_change_the_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Quicker than `spawn`, which is tried below.
    pool = functools.partial(ProcessPoolExecutor, mp_context=ANEW, initializer=wikipedia_parts._begin_work)
    monkeypatch.setattr(Workers, "_pool", staticmethod(pool))
    streams = [
        bz2.compress("".join(page(i, t, x) for i, (t, x) in enumerate(many_pages()[a : a + 20])).encode())
        for a in (0, 20, 40)
    ]
    path = tmp_path / "multi.xml.bz2"
    path.write_bytes(bz2.compress(b"<mediawiki>\n") + b"".join(streams) + bz2.compress(b"</mediawiki>\n"))
    out = []
    for name, workers in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        make(tmp_path / name, dumps=[str(path), str(dump(tmp_path / "w.xml.bz2"))], workers=workers)
        out.append(corpus_bytes(tmp_path / name / "out"))
    assert out[0] == out[1]


def test_another_run_is_not_gone_on_with(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    prepare_wikipedia(chosen, progress=quiet, stop_after="extract")
    with pytest.raises(OutputError, match="--resume"):
        prepare_wikipedia(chosen, progress=quiet)
    with pytest.raises(OutputError, match="--max-words .then 200, now 9"):
        prepare_wikipedia(dataclasses.replace(chosen, max_words=9), progress=quiet, resume=True)
    title_types(tmp_path / "types.parquet", {"Oslin": ([RIVER], 1.0)})
    with pytest.raises(OutputError, match="another types"):
        prepare_wikipedia(chosen, progress=quiet, resume=True)


def test_how_much_memory_and_how_many_workers_may_change(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    prepare_wikipedia(chosen, progress=quiet, stop_after="extract")
    report = prepare_wikipedia(
        dataclasses.replace(chosen, memory="512MB", keep_parts=True), progress=quiet, resume=True
    )
    assert prepare_wikipedia(chosen, progress=quiet, resume=True) == report, "a finished run tells its report"


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="something else"):
        make(tmp_path)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["letter.txt"]


def test_a_cut_off_dump_gives_what_it_holds(tmp_path: Path) -> None:
    big = [(f"Walk {i}", f"On walk {i} you see [[Oslin]]. " + f"{i * 7919} " * 3000) for i in range(200)]
    path = dump(tmp_path / "w.xml.bz2", big)
    path.write_bytes(path.read_bytes()[:-2000])
    report = make(tmp_path, dumps=[str(path)], how=["link"])
    assert sum(report["faults"].values()) >= 1 and "w.xml.bz2" in report["fault examples"][0]
    assert 0 < report["articles"]["articles"] < 200
    (tmp_path / "strict").mkdir()
    with pytest.raises(InputError, match=r"w\.xml\.bz2"):
        make(tmp_path / "strict", dumps=[str(path)], strict=True)


def test_wikitext_that_cannot_be_parsed_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parse = wikipedia_extract.parse_article

    def fail(title: str, *rest: Any) -> Any:
        if title == "Round trip":
            raise wikipedia_extract.WikitextError("too deep")
        return parse(title, *rest)

    monkeypatch.setattr(wikipedia_extract, "parse_article", fail)
    chosen = settings(tmp_path)
    report = prepare_wikipedia(chosen, progress=quiet)
    assert report["faults"] == {"pages whose wikitext cannot be parsed": 1}
    assert "page 9" in report["fault examples"][0] and "too deep" in report["fault examples"][0]
    with pytest.raises(InputError, match="page 9.*too deep"):
        prepare_wikipedia(dataclasses.replace(chosen, out=str(tmp_path / "s"), strict=True), progress=quiet)


def test_a_dump_db_in_place_of_a_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    articles = [parse_article(t, i, text) for i, (t, text) in enumerate(PAGES[:2], 1)]
    monkeypatch.setattr(wikipedia_extract, "read_dump_db", lambda path, faults: iter(articles))
    monkeypatch.setattr(wikipedia_extract, "dump_db_redirects", lambda path: iter([("Oslin River", "Oslin")]))
    (tmp_path / "wiki.db").write_bytes(b"x")
    make(tmp_path, dumps=[], dump_db=str(tmp_path / "wiki.db"))
    from_db = found(tmp_path)
    other = tmp_path / "xml"
    other.mkdir()
    make(other, dumps=[str(dump(tmp_path / "w.xml", PAGES[:2] + [("Oslin River", "#REDIRECT [[Oslin]]")]))])
    assert from_db == found(other)


@pytest.mark.shared
@pytest.mark.slow
def test_both_routes_find_the_same_mentions(tmp_path: Path, shared_data: Path) -> None:
    pytest.importorskip("wikipedia2vec")
    from wikipedia2vec.dump_db import DumpDB
    from wikipedia2vec.utils.wiki_dump_reader import WikiDumpReader

    source = shared_data / "wikipedia" / "enwiki-minidump.xml.bz2"
    DumpDB.build(WikiDumpReader(str(source)), str(tmp_path / "wiki.db"), 1, 100)
    types = [str(shared_data / "types" / "title_to_dbpedia.tsv")]
    pairs = []
    for name, given in (("xml", {"dumps": [str(source)]}), ("db", {"dumps": [], "dump_db": str(tmp_path / "wiki.db")})):
        (tmp_path / name).mkdir()
        make(tmp_path / name, types=types, how=["link"], **given)
        pairs.append({(doc, words, title) for doc, words, _, title, _ in found(tmp_path / name)})
    xml, db = pairs
    assert len(xml) > 300
    assert len(xml & db) > 0.9 * len(xml | db)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"how": ["guess"]}, "--how"),
        ({"max_words": 0}, "--max-words"),
        ({"max_per_title": -1}, "--max-per-title"),
        ({"dumps": ["a"], "dump_db": "b"}, "--dump-db"),
        ({"min_commonness": 2.0}, "--min-commonness"),
    ],
)
def test_settings_out_of_range(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        WikipediaSettings(**changes)


def test_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--dump-db"):
        make(tmp_path, dumps=[])
    with pytest.raises(SettingsError, match="--types"):
        make(tmp_path, types=[])
    with pytest.raises(SettingsError, match="-o"):
        make(tmp_path, out="")
    with pytest.raises(InputError, match=r"absent\.xml"):
        make(tmp_path, dumps=[str(tmp_path / "absent.xml")])
    assert not (tmp_path / "out").exists()


def test_wrong_tables_and_sizes_are_one_line(tmp_path: Path) -> None:
    odd = tmp_path / "odd.parquet"
    pq.write_table(pa.table({"title": ["Oslin"]}), odd)
    with pytest.raises(InputError, match=r"odd\.parquet.*title, types, weight"):
        make(tmp_path, types=[str(odd)])
    with pytest.raises(InputError, match="wordnet_oslin_1"):
        make(tmp_path, types=[str(title_types(odd, {"Oslin": (["wordnet_oslin_1"], 1.0)}))], out=str(tmp_path / "b"))
    with pytest.raises(OusiaError, match="--memory.*many"):
        make(tmp_path, memory="many", out=str(tmp_path / "c"))


def boom(number: int) -> int:
    if number == 2:
        raise InputError("a small number", "2", path="f", line=3, remedy="take 1")
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.slow
def test_errors_come_out_of_processes(tmp_path: Path) -> None:
    workers = Workers(2)
    results = []
    with pytest.raises(InputError) as raised:
        for result in workers.run((boom, (n,)) for n in (1, 0, 1, 2)):
            results.append(result)
    assert results == [1, 0, 1] and workers.peak > 0
    assert str(raised.value) == "f:3: expected a small number, found 2; take 1"
    with pytest.raises(OutputError, match="--workers"):
        list(workers.run((boom, (n,)) for n in (1, 3)))


def test_tallies_add_up() -> None:
    total: Tally = {"a": 1, "b": {"c": 2}, "d": ["x"]}
    add_tally(total, {"a": 2, "b": {"c": 1, "e": 5}, "d": ["y"] * 50})
    assert total["a"] == 3 and total["b"] == {"c": 3, "e": 5} and len(total["d"]) == 20
