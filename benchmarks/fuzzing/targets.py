"""What is fuzzed: for each kind of input a few whole seeds, and a check that reads one as a user's command would.

A check returns when the input was read, raises `OusiaError` where it was refused in one line, and raises anything else
where there is a fault: a traceback, or a `Fault` that says which promise was broken.
"""

from __future__ import annotations

import json
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.errors import OusiaError, OutputError
from ousianer_cli.formats.corpora import read_labelled
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.documents.report import ReadReport
from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.formats.edl import EdlRow, write_edl
from ousianer_cli.formats.feedback.reading import read_feedback
from ousianer_cli.formats.mediawiki import DumpFaults, read_pages
from ousianer_cli.formats.wikitext import WikitextError, parse_article
from ousianer_cli.scoring.inputs import read_mentions
from ousianer_cli.scoring.matching import Vocabulary
from ousianer_cli.scoring.validation import validate_run
from ousianer_cli.tagging.documents import split_document
from ousianer_cli.tagging.mention import Mention, mention_at
from ousianer_cli.taxonomy.tree_files import load_taxonomy


class Fault(Exception):
    """A promise that was broken without an exception of its own."""


@dataclass(frozen=True)
class Target:
    """A kind of input: what its files are called, whole examples of it, and how one is read."""

    name: str
    suffix: str
    seeds: tuple[bytes, ...]
    check: Callable[[Path], None]


def documents(path: Path) -> None:
    """Every document is read, split, given a name at each capitalised word, written, and compared with its text."""
    report = ReadReport()
    rows: list[EdlRow] = []
    kept = []
    for document in read_documents([path], report=report):
        kept.append(document)
        split = split_document(document)
        for sentence, words in zip(split.sentences, split.words(), strict=True):
            for (start, end), word in zip(sentence, words, strict=True):
                if not word or word != word.strip():
                    raise Fault(f"a word {word!r} at {start}-{end}")
                if word[0].isupper():
                    rows.append(_row(document.id, _named(document, start, end), len(rows)))
        for author in document.authors:
            rows.append(_row(document.id, _named(document, author.start, author.end), len(rows)))
    if not rows:
        return
    run = path.with_suffix(".run.tab")
    try:
        write_edl(run, rows)
    except OutputError as error:
        raise Fault(f"a row that cannot be written: {error}") from error
    problems = [
        text for _, text in validate_run(run, load_taxonomy("aida-edl"), kept).problems if "overlap" not in text
    ]
    if problems:
        raise Fault(f"a row at odds with its text: {problems[0]}")


def _named(document: Document, start: int, end: int) -> Mention:
    try:
        return mention_at(document, start, end, "per", 0.5)
    except OutputError as error:
        raise Fault(str(error)) from error


def _row(document: str, mention: Mention, number: int) -> EdlRow:
    return EdlRow("run", f"m-{number}", mention.text, document, mention.start, mention.end - 1, f"NIL{number}", "per",
                  "NAM", 0.5)  # fmt: skip


def runs(path: Path) -> None:
    """A run is scored's input, and validated."""
    read_mentions(path, Vocabulary())
    validate_run(path, load_taxonomy("aida-edl"))


def feedback(path: Path) -> None:
    """Every correction lies inside its text and has a visible mention."""
    for item in read_feedback(path, {"doc1": plain_document(TEXT, "doc1")}):
        if not (0 <= item.start < item.end <= len(item.text)) or not item.mention.strip() or not item.type:
            raise Fault(f"{item}")


def taxonomies(path: Path) -> None:
    """A tree has types, each with an end above it."""
    tree = load_taxonomy(path)
    for name in tree.types:
        tree.ancestors(name)


def corpora(path: Path) -> None:
    """Every sentence has words, and mentions inside them."""
    for sentence in read_labelled(path):
        for mention in sentence.mentions:
            if not 0 <= mention.start < mention.end <= len(sentence.tokens):
                raise Fault(f"{mention} in {len(sentence.tokens)} tokens")


def dumps(path: Path) -> None:
    """Pages of a dump, and their wikitext with its links."""
    for page in read_pages(path, faults=DumpFaults()):
        try:
            article = parse_article(page.title, page.id, page.text)
        except WikitextError:
            continue
        for anchor in article.anchors:
            if not 0 <= anchor.start < anchor.end <= len(article.text):
                raise Fault(f"{anchor} outside its text")


def faulty(target: Target, path: Path) -> str | None:
    """What is wrong with how this input is read; None where it is read or refused in one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target.check(path)
    except OusiaError as error:
        text = str(error)
        if not text or len(text.splitlines()) != 1:
            return f"an error that is not one line: {text[:200]!r}"
    except Exception as error:
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if "ousianer_cli" in frame.filename]
        place = f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
        return f"{type(error).__name__}{place}: {' '.join(str(error).split())[:200]}"
    return None


# ---- seeds: words of our own --------------------------------------------------------------------------------------

TEXT = (
    "The mayor of Tromsø, Liv Hågensen, met Émile N'Diaye of the Oulu Port Authority on Friday.\n\n"
    "“We sail at 9,” said N'Diaye — the MS Aurora leaves for Murmansk. See https://example.org/ferry?x=1&y=2.\n"
)

NEWSWIRE = f"""<?xml version="1.0" encoding="utf-8"?>
<DOC id="NYT_ENG_20190101.0001" type="story">
<HEADLINE>
Ferry leaves &quot;Troms&#248;&quot; &amp; Oulu
</HEADLINE>
<DATELINE>OULU, Finland, Jan. 1</DATELINE>
<TEXT>
<P>
{TEXT.replace("&", "&amp;")}</P>
<P>Jos&eacute; Garc&#xED;a <b>stayed</b>.</P>
</TEXT>
</DOC>
"""

FORUM = """<doc id="forum01">
<headline>
Which ferry?
</headline>
<post author="ola_n" datetime="2019-01-01T10:00:00" id="p1">
<quote orig_author="Marit B">Take the Aurora from Oulu!</quote>
I went with Nordic Lines to Kiruna.<br/>
<a href="http://example.org/x">Photos of Kiruna</a> <img src="a.png"/>
</post>
<post author="Marit B" datetime="2019-01-01T11:00:00" id="p2">Thanks @ola_n, see Murmansk too.</post>
</doc>
"""

RUN = "\n".join(
    f"run1\tm-{n}\t{name}\tdoc1:{TEXT.find(name)}-{TEXT.find(name) + len(name) - 1}\t{kb}\t{kind}\tNAM\t0.9"
    for n, (name, kb, kind) in enumerate(
        (("Liv Hågensen", "NIL0001", "per"), ("Tromsø", "m.0abc", "gpe.urbanarea.city"), ("Oulu", "NIL2", "gpe"))
    )
)

FEEDBACK = (
    "sentence\tstart\tend\ttype\tmention\n"
    "Liv Hågensen met the mayor of Oulu.\t0\t11\tPER\tLiv Hågensen\n"
    "Liv Hågensen met the mayor of Oulu.\t30\t33\tGPE.UrbanArea.City\tOulu\n"
    'The "Aurora" sailed.\t\t\tVEH.Watercraft\tAurora\n'
)

TAXONOMY = "type\tparent\nPER\t\nPER.Politician\tPER\nPER.Politician.Mayor\tPER.Politician\nGPE\t\nGPE.City\tGPE\n"
HIERARCHY = json.dumps({"PER": ["PER.Politician"], "PER.Politician": ["PER.Politician.Mayor"], "GPE": ["GPE.City"]})

CONLL = (
    "-DOCSTART- -X- O O\n\nLiv NNP B-NP B-PER\nHågensen NNP I-NP I-PER\nmet VBD O O\nOulu NNP B-NP B-LOC\n. . O O\n\n"
)
CONLLU = (
    "# sent_id = 1\n# text = Liv met Oulu.\n1\tLiv\tLiv\tPROPN\t_\t_\t2\tnsubj\t_\tNER=B-PER\n"
    "2\tmet\tmeet\tVERB\t_\t_\t0\troot\t_\tNER=O\n3\tOulu\tOulu\tPROPN\t_\t_\t2\tobj\t_\tNER=B-LOC|SpaceAfter=No\n\n"
)
OWN_LINES = (
    json.dumps({"tokens": ["Liv", "met", "Oulu"], "mentions": [{"start": 0, "end": 1, "types": ["PER"]}]})
    + "\n"
    + json.dumps({"tokens": ["No", "one"], "mentions": [], "supervises": "detection"})
    + "\n"
)
SPANS = json.dumps({"text": "Liv met Oulu.", "spans": [{"start": 0, "end": 3, "label": "PER"}]}) + "\n"
TAGS = json.dumps({"tokens": ["Liv", "met", "Oulu"], "ner_tags": ["B-PER", "O", "B-LOC"]}) + "\n"
GLINER = json.dumps({"tokenized_text": ["Liv", "met", "Oulu"], "ner": [[0, 0, "PER"], [2, 2, "LOC"]]}) + "\n"
DOCCANO = json.dumps({"id": 1, "text": "Liv met Oulu.", "label": [[0, 3, "PER"], [8, 12, "LOC"]]}) + "\n"

DUMP = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10" xml:lang="en">
<siteinfo><sitename>Wikipedia</sitename></siteinfo>
<page><title>Oulu</title><ns>0</ns><id>7</id><revision><id>9</id><text xml:space="preserve">'''Oulu''' is a
[[city]] in [[Finland|northern Finland]].&lt;ref name="a"&gt;{{cite|x=[[y]]}}&lt;/ref&gt; {{Infobox|a={{b|c}}}}
== Ferry ==
* [[MS Aurora|Aurora]]s leave for [[Murmansk]] ([[:fr:Oulu]], [[File:x.jpg|thumb|a [[b]] c]]).
{| class="x"
! a !! b
|-
| [[c]] || d
|}
&lt;!-- never --&gt;&lt;nowiki&gt;[[no]]&lt;/nowiki&gt;
</text></revision></page>
<page><title>ULEABORG</title><ns>0</ns><id>8</id><redirect title="Oulu"/><revision><id>1</id>
<text>#REDIRECT [[Oulu]]</text></revision></page>
</mediawiki>
"""


def _bytes(*texts: str) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in texts)


TARGETS = {
    target.name: target
    for target in (
        Target("ltf", ".ltf.xml", (build_ltf("doc1", TEXT), build_ltf("doc2", FORUM)), documents),
        Target("source", ".xml", _bytes(NEWSWIRE, FORUM), documents),
        Target("text", ".txt", _bytes(TEXT, "Name\tCity\nLiv\tOulu\n"), documents),
        Target("edl", ".tab", _bytes(RUN), runs),
        Target("feedback", ".tsv", _bytes(FEEDBACK, RUN), feedback),
        Target("taxonomy", ".tsv", _bytes(TAXONOMY, HIERARCHY), taxonomies),
        Target("conll", ".conll", _bytes(CONLL), corpora),
        Target("conllu", ".conllu", _bytes(CONLLU), corpora),
        Target("jsonl", ".jsonl", _bytes(OWN_LINES, SPANS, TAGS, GLINER, DOCCANO), corpora),
        Target("mediawiki", ".xml", _bytes(DUMP), dumps),
    )
}
