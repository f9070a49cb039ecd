"""The committed examples are what their scripts write, and every offset and type in them is right."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from ousianer_cli.formats.corpus import OUTSIDE, read_corpus
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.edl import normalise_mention_string, read_edl
from ousianer_cli.formats.feedback.reading import read_feedback
from ousianer_cli.taxonomy.tree_files import load_taxonomy
from ousianer_cli.taxonomy.wordnet import WordNet

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
STARTER = ROOT / "ousianer_cli" / "project_files"
FOLDERS = pytest.mark.parametrize("folder", [EXAMPLES, STARTER], ids=["examples", "project_files"])


def raw_texts(folder: Path) -> dict[str, str]:
    """Document id -> raw text, put together from the SEGs without the project's own reader."""
    texts = {}
    for path in sorted((folder / "ltf").iterdir()):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        doc = etree.fromstring(content, etree.XMLParser(load_dtd=False, resolve_entities=False)).find("DOC")
        text = ""
        for seg in doc.iter("SEG"):
            text = text.ljust(int(seg.get("start_char")), "\n") + seg.find("ORIGINAL_TEXT").text
        text = text.ljust(int(doc.get("raw_text_char_length")), "\n")
        assert hashlib.md5(text.encode()).hexdigest() == doc.get("raw_text_md5"), path
        texts[doc.get("id")] = text
    return texts


def test_the_scripts_write_what_is_committed(tmp_path: Path) -> None:
    for command in (["build_examples.py", "-o", str(tmp_path)], ["build_corpora.py", "-o", str(tmp_path / "corpora")]):
        subprocess.run([sys.executable, EXAMPLES / command[0], *command[1:]], check=True, capture_output=True)
    written = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*") if path.is_file()}
    assert len(written) == 12 + 2 + 4 + 2 + 4
    for name, path in written.items():
        home = STARTER / name.name if name.parts[0] == "corpora" else ROOT / name
        assert home.read_bytes() == path.read_bytes(), f"{home} differs from what its script writes"


@FOLDERS
def test_every_gold_row_stands_in_its_text(folder: Path) -> None:
    texts = raw_texts(folder)
    rows = read_edl(folder / "gold.tab")
    known = {name.lower() for name in load_taxonomy("aida-edl").types}
    places = set()
    for row in rows:
        assert row.text == normalise_mention_string(texts[row.doc][row.start : row.end + 1])
        assert row.type in known
        places.add((row.doc, row.start))
    assert len(places) == len(rows)
    assert {row.doc for row in rows} == set(texts)


def test_no_markup_is_left_and_documents_are_of_the_promised_size() -> None:
    texts = raw_texts(EXAMPLES)
    assert len(texts) == 12
    for name, text in texts.items():
        assert "[[" not in text and "]]" not in text, name
        assert 120 <= len(text.split()) <= 250, name


def test_the_gold_covers_every_top_type() -> None:
    tops = {row.type.partition(".")[0] for row in read_edl(EXAMPLES / "gold.tab")}
    assert tops == {"fac", "gpe", "loc", "org", "per", "veh", "wea"}


def test_quoted_text_is_not_gold() -> None:
    text = raw_texts(EXAMPLES)["ex_df_stadium"]
    quote = re.search(r"<quote.*?</quote>", text, re.DOTALL)
    assert quote is not None
    inside = [
        r
        for r in read_edl(EXAMPLES / "gold.tab")
        if r.doc == "ex_df_stadium" and quote.start() <= r.start < quote.end()
    ]
    assert not inside


@FOLDERS
def test_feedback_reads_and_its_types_are_known(folder: Path) -> None:
    items = read_feedback(folder / "extra.tsv")
    known = set(load_taxonomy("aida-edl").types) | {OUTSIDE}
    assert len(items) >= 10
    assert {item.type for item in items} <= known
    assert OUTSIDE in {item.type for item in items}


def test_the_starter_corpora_are_sound() -> None:
    aida, wordnet = set(load_taxonomy("aida-edl").types) | {OUTSIDE}, WordNet.load()
    for name, supervises in (
        ("detection", "detection"),
        ("typing", "typing"),
        ("aida_train", "both"),
        ("aida_dev", "both"),
    ):
        sentences = list(read_corpus(STARTER / f"{name}.jsonl"))
        assert {s.supervises for s in sentences} == {supervises}
        assert len({s.tokens for s in sentences}) == len(sentences)
        types = {t for s in sentences for m in s.mentions for t in m.types}
        if name == "detection":
            assert any(not s.mentions for s in sentences) and not types
        elif name == "typing":
            assert all(wordnet.has_lemma(t) for t in types) and types == wordnet.closure(types)
        else:
            assert types <= aida and OUTSIDE in types


def test_no_sentence_with_a_name_is_in_two_corpora() -> None:
    """Sentences without one have no slot to vary, so they may come again."""
    named = [
        sentence.tokens
        for name in ("detection", "typing", "aida_train", "aida_dev")
        for sentence in read_corpus(STARTER / f"{name}.jsonl")
        if sentence.mentions
    ]
    assert len(named) > 400
    assert len(set(named)) == len(named)


@FOLDERS
def test_the_reader_lets_every_gold_name_be_found(folder: Path) -> None:
    documents = {document.id: document for document in read_documents([folder / "ltf"])}
    texts = raw_texts(folder)
    assert {name: document.text for name, document in documents.items()} == texts
    for row in read_edl(folder / "gold.tab"):
        document = documents[row.doc]
        in_text = any(s.start <= row.start and row.end < s.end for s in document.segments)
        assert in_text or any((a.start, a.end - 1) == (row.start, row.end) for a in document.authors), row


def test_gold_is_feedback_too() -> None:
    documents = {document.id: document for document in read_documents([EXAMPLES / "ltf"])}
    items = read_feedback(EXAMPLES / "gold.tab", documents)
    assert [item.mention for item in items] == [row.text for row in read_edl(EXAMPLES / "gold.tab")]
