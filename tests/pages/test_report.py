"""The report: one file that loads nothing, in which text stays text; what it counts; what it leaves out."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ousianer_cli.app import app
from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.pages.embed import content_hash

HOSTILE = "</script><script>document.title='owned'</script><!-- <img src=x onerror=alert(1)> -->"
TEXT = f"\U0001f600 Ann Lee {HOSTILE} came to Oslo.\n\nBo & Co of Oslo stayed.\n"


def mention(string: str, kind: str, confidence: float = 0.5, last: bool = False) -> dict[str, object]:
    start = TEXT.rindex(string) if last else TEXT.index(string)
    alternatives = [{"type": kind, "probability": confidence}, {"type": "LOC", "probability": 0.1}]
    return {
        "start": start,
        "end": start + len(string),
        "text": string,
        "type": kind,
        "confidence": confidence,
        "alternatives": alternatives,
    }


def write_run(folder: Path, title: str = "D") -> Path:
    names = [
        mention("Ann Lee", "PER", 0.9),
        mention("Oslo", "GPE.UrbanArea.City", 0.4),
        mention("Bo & Co", "ORG.Firm<b>", 0.7),
        mention("Bo", "PER", 0.2, last=True),
        mention("Oslo", "GPE", 0.3, last=True),
    ]
    run = folder / "run.jsonl"
    lines = [{"id": title, "text": TEXT, "mentions": names}, {"id": "none", "text": "Nothing.", "mentions": []}]
    run.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return run


def write_gold(folder: Path) -> Path:
    rows = []
    for number, (string, kind) in enumerate([("Ann Lee", "per"), ("Oslo", "gpe"), ("Co", "org"), ("stayed", "loc")]):
        start = TEXT.index(string)
        place = f"D:{start}-{start + len(string) - 1}"
        rows.append(f"g\tg{number}\t{string}\t{place}\tNIL{number}\t{kind}\tNAM\t1.0\n")
    gold = folder / "gold.tab"
    gold.write_text("".join(rows), encoding="utf-8")
    return gold


def view(*words: str | Path) -> str:
    result = CliRunner().invoke(app, ["view", *map(str, words)], env={"COLUMNS": "200"})
    if isinstance(result.exception, Exception):
        raise result.exception
    return result.output


class Page(HTMLParser):
    """What a browser would take from a page: tags with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.inside:
            self._open = tag
            self.inside[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = "" if tag == self._open else self._open

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inside[self._open][-1] += data


def test_the_page_is_whole_and_loads_nothing(tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    output = view(write_run(tmp_path), "-o", out, "--title", "<b>A & B")
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    assert "documents 1, names 5" in output and "1 documents without a name" in output
    assert page.inside["title"][0] == "<b>A & B" and "<title>&lt;b&gt;A &amp; B</title>" in text
    assert not [attrs for _, attrs in page.tags if {"src", "href", "style", "onclick", "onerror"} & set(attrs)]
    (policy,) = [a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv")]
    data, script = page.inside["script"]
    assert policy and "default-src 'none'" in policy and "unsafe" not in policy
    assert content_hash(script) in policy and content_hash(page.inside["style"][0]) in policy
    assert not re.search(r"https?://(?!www\.w3\.org)", text.replace(json.dumps(HOSTILE), ""))
    (doc,) = json.loads(data)["docs"]
    assert doc["text"] == TEXT and "owned" in data and "</" not in data


def test_places_count_as_browsers_do(tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    view(write_run(tmp_path), "-o", out)
    content = json.loads(Page(out.read_text(encoding="utf-8")).inside["script"][0])
    units = TEXT.encode("utf-16-le")
    names = content["docs"][0]["names"]
    shown = [units[2 * name[0] : 2 * name[1]].decode("utf-16-le") for name in names]
    assert shown == ["Ann Lee", "Oslo", "Bo & Co", "Bo", "Oslo"]
    assert names[0][7]["at"] == [2, 8]
    assert [content["types"][kind] for kind, _ in names[1][7]["alternatives"]] == ["GPE.UrbanArea.City", "LOC"]


def test_gold_from_a_tab_beside_a_run_with_texts(tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    output = view(write_run(tmp_path), "--gold", write_gold(tmp_path), "-o", out)
    assert "right 1, type 1, boundary 1, missed 1, spurious 2" in output
    text = out.read_text(encoding="utf-8")
    assert "F1, span and type (P 0.200, R 0.250)" in text and "F1, span alone (P 0.400, R 0.500)" in text


def test_a_tab_needs_its_documents_and_spells_types_as_the_taxonomy(tmp_path: Path) -> None:
    gold, out = write_gold(tmp_path), tmp_path / "r.html"
    with pytest.raises(InputError, match="--source"):
        view(gold, "-o", out)
    (tmp_path / "D.txt").write_text(TEXT, encoding="utf-8")
    view(gold, "--source", tmp_path / "D.txt", "-o", out)
    content = json.loads(Page(out.read_text(encoding="utf-8")).inside["script"][0])
    assert content["types"] == ["PER", "GPE", "ORG", "LOC"]


def test_nothing_is_lost_or_written_for_nothing(tmp_path: Path) -> None:
    run, out = write_run(tmp_path), tmp_path / "r.html"
    with pytest.raises(OutputError):
        view(run, "-o", run)
    empty = tmp_path / "empty.jsonl"
    empty.write_text(json.dumps({"id": "D", "text": "Nothing.", "mentions": []}) + "\n")
    with pytest.raises(InputError, match="--empty"):
        view(empty, "-o", out)
    assert not out.exists()
    assert "documents 1, names 0" in view(empty, "-o", out, "--empty")


def test_markup_is_known_for_what_it_is(tmp_path: Path) -> None:
    text = "<doc id='D'>\n<headline>\nAnn left\n</headline>\n<text>\nShe <b>left</b> Oslo.\n</text>\n</doc>\n"
    start = text.index("Oslo")
    name = {"start": start, "end": start + 4, "type": "GPE"}
    run, out = tmp_path / "run.jsonl", tmp_path / "r.html"
    run.write_text(json.dumps({"id": "D", "text": text, "mentions": [name]}) + "\n", encoding="utf-8")
    view(run, "-o", out)
    (doc,) = json.loads(Page(out.read_text(encoding="utf-8")).inside["script"][0])["docs"]
    shown = list(text)
    for a, b in doc["markup"]:
        shown[a:b] = " " * (b - a)
    assert "".join(shown).split() == ["Ann", "left", "She", "left", "Oslo."]
