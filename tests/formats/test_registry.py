"""Formats by registry: a new one is one new file, and what looks like one format is read as no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ousianer_cli.app import app
from ousianer_cli.errors import InputError
from ousianer_cli.formats import kinds
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.corpus import read_corpus
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.registry import (
    PERHAPS,
    corpus_formats,
    document_formats,
    formats,
    mention_formats,
    option_classes,
)
from ousianer_cli.formats.sample import Sample
from ousianer_cli.scoring.inputs import detect, read_mentions
from ousianer_cli.scoring.matching import Vocabulary
from ousianer_cli.settings.tables import TABLES

SLASHED = '''
"""Words with their labels behind a slash, one sentence a line; rows to score as `doc/start/end/type`."""

from dataclasses import dataclass

from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.formats.labelled import LabelledMention, LabelledSentence
from ousianer_cli.formats.registry import NO, SURE, CorpusReader, Format
from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.formats.text import filled_lines
from ousianer_cli.settings import setting


@dataclass(frozen=True)
class Slash:
    slash_label: str | None = setting(None, doc="Which label counts as a name.")


def read(paths, options, report):
    for path in paths:
        for number, line in filled_lines(path, "slashed words"):
            pairs = [word.rsplit("/", 1) for word in line.split()]
            names = [options.slash_label] if options.slash_label else ["PER", "LOC"]
            found = [(i, label) for i, (_, label) in enumerate(pairs) if label in names]
            mentions = tuple(LabelledMention(i, i + 1, (label,), number) for i, label in found)
            yield LabelledSentence(tuple(word for word, _ in pairs), mentions, "d", number)


def rows(path, skipped):
    for number, line in filled_lines(path, "rows"):
        doc, start, end, label = line.split("/")
        yield EdlRow("r", str(number), "", doc, int(start), int(end), f"NIL{number}", label, "NAM", 1.0, number)


def documents(handle, name, label, options):
    text = handle.read().decode().replace("/PER", "").replace("/LOC", "").replace("/O", "")
    yield plain_document(text, name, source=label, options=options)


FORMATS = (
    Format("slashed", "words with slashes", lambda s: SURE if "/" in s.first.split()[0] else NO,
           corpus=CorpusReader(read, Slash), mentions=rows, documents=documents, endings=(".slash",)),
)
'''


@pytest.fixture
def one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "slashed.py").write_text(SLASHED, encoding="utf-8")
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(folder)])
    monkeypatch.setitem(TABLES, "corpus", TABLES["corpus"])
    yield
    import sys

    sys.modules.pop(f"{kinds.__name__}.slashed", None)


@pytest.mark.usefixtures("one_new_file")
def test_one_new_file_adds_a_corpus_format_and_its_option(tmp_path: Path) -> None:
    corpus, out = tmp_path / "words.txt", tmp_path / "out.jsonl"
    corpus.write_text("Ada/PER saw/O Oslo/LOC\n", encoding="utf-8")
    assert detect_format(corpus) == "slashed"
    assert [m.labels for s in read_labelled(corpus) for m in s.mentions] == [("PER",), ("LOC",)]
    assert [m.labels for s in read_labelled(corpus, slash_label="LOC") for m in s.mentions] == [("LOC",)]
    help_text = CliRunner().invoke(app, ["prepare", "corpus", "--help"]).output
    assert "--slash-label" in help_text and "slashed" in help_text
    command = ["prepare", "corpus", str(corpus), "-o", str(out), "--slash-label", "PER"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert [m.types for s in read_corpus(out) for m in s.mentions] == [("PER",)] and "slashed" in result.output
    (tmp_path / "ousianer.toml").write_text('[corpus]\nslash_label = "LOC"\n', encoding="utf-8")
    result = CliRunner().invoke(app, [*command[:5], "--config", str(tmp_path / "ousianer.toml")])
    assert result.exit_code == 0, result.output
    assert [m.types for s in read_corpus(out) for m in s.mentions] == [("LOC",)]


@pytest.mark.usefixtures("one_new_file")
def test_one_new_file_adds_a_format_to_score(tmp_path: Path) -> None:
    path = tmp_path / "gold.txt"
    path.write_text("d/0/2/per\nd/8/11/loc\n", encoding="utf-8")
    assert detect(path) == "slashed"
    table, notes = read_mentions(path, Vocabulary())
    assert (len(table), notes) == (2, [])
    with pytest.raises(InputError):
        read_mentions(path, Vocabulary(), "edl")


@pytest.mark.usefixtures("one_new_file")
def test_one_new_file_adds_a_format_of_documents(tmp_path: Path) -> None:
    (tmp_path / "a.slash").write_text("Ada/PER saw/O Oslo/LOC\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("Plain.", encoding="utf-8")
    assert {d.id: d.text for d in read_documents([tmp_path])} == {"a.slash": "Ada saw Oslo\n", "b": "Plain."}
    assert [d.text for d in read_documents([tmp_path / "a.slash"])] == ["Ada saw Oslo\n"]
    assert len(list(read_documents([tmp_path], input_format="slashed"))) == 1
    assert [d.id for d in read_documents([tmp_path], input_format="text")] == ["b"]
    with pytest.raises(InputError, match="ltf, source, newswire, forum, web, text, slashed"):
        list(read_documents([tmp_path], input_format="slash"))


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("x", "<LCTL_TEXT lang='eng'><DOC id='x'>", "ltf"),
        ("x.txt", "<DOC id='x'><TEXT>Ada.</TEXT></DOC>", "source"),
        ("x.xml", "<?xml version='1.0'?><doc id='x'><post author='Ada'>", "source"),
        ("x.xml", "Ada saw Oslo.", "source"),
        ("x.txt", "Ada saw Oslo.", "text"),
        ("x.csv", "", "text"),
    ],
)
def test_documents_are_told_by_their_beginning(name: str, head: str, kind: str) -> None:
    sureness = {form.name: form.recognise(Sample(name, head)) for form in document_formats().values()}
    assert max(sureness, key=lambda form: sureness[form]) == kind
    assert list(sureness) == ["ltf", "source", "newswire", "forum", "web", "text"], "the best form of a document first"
    assert [n for n, sure in sureness.items() if sure > PERHAPS] == [kind] * (kind != "text")


def test_names_are_unique_and_every_format_reads_something() -> None:
    known = formats()
    assert {"conll", "spans", "doccano", "gliner", "huggingface", "laf", "aida", "ousianer"} <= set(corpus_formats())
    assert set(mention_formats()) == {"edl", "combined", "laf", "aida", "run"}
    assert all(form.corpus or form.mentions or form.documents or form.annotations for form in known.values())
    for classes in option_classes():
        classes()  # defaults are valid


def test_a_file_that_may_be_of_two_formats_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "both.jsonl"
    path.write_text(json.dumps({"text": "Ada.", "spans": [], "label": []}), encoding="utf-8")
    with pytest.raises(InputError, match=r"doccano or spans.*--format doccano\|spans"):
        detect_format(path)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.laf.xml", "", "laf"),
        ("a.laf.xml.gz", "", "laf"),
        ("x_arg_mentions.tab", "", "aida"),
        ("gold.xml", "<LCTL_ANNOTATIONS>", "laf"),
        ("gold.tab", "argmention_id\ttextoffset_startchar\n", "aida"),
        ("gold.txt", "doc\t0\t3\tNIL\n", "combined"),
        ("gold.tab", "run\tid\tAda\td:0-2\tNIL1\tper\tNAM\t1.0\n", "edl"),
        ("none.tab", "", "edl"),
    ],
)
def test_scoring_tells_formats_in_the_same_place(tmp_path: Path, name: str, text: str, kind: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert detect(tmp_path / name) == kind
