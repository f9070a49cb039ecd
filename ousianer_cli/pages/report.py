"""A run as one HTML file: its documents, names and summary, with nothing that is loaded from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from ousianer_cli import __version__
from ousianer_cli.errors import InputError
from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, Annotation, Utf16
from ousianer_cli.formats.annotations.exchange import read_annotated, read_marked
from ousianer_cli.formats.documents.markup import is_markup
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.outputs import open_output
from ousianer_cli.pages.embed import asset, embedded_json, policy
from ousianer_cli.pages.judgement import Judged, Verdict, gold_in, judge, unjudged
from ousianer_cli.pages.palette import palette, styles
from ousianer_cli.pages.summary import Counts, summary
from ousianer_cli.settings.view import ViewSettings
from ousianer_cli.taxonomy.tree import Taxonomy
from ousianer_cli.taxonomy.tree_files import load_taxonomy

SCRIPTS = ("annotated.js", "report_text.js", "report_card.js", "report.js")
MOST_ALTERNATIVES, MOST_CLASSES = 8, 4
"""How many of a name's alternatives and YAGO classes the page holds, the most probable."""
STYLES = ("annotated.css", "report.css")


@dataclass
class Written:
    """What was written, for the command to say."""

    documents: int = 0
    names: int = 0
    size: int = 0
    """Bytes of the page."""
    verdicts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What there is to say of the reading: `CorpusReport.lines`."""


@dataclass(frozen=True)
class Shown:
    """A document of the page with its judged names."""

    item: AnnotatedDocument
    names: list[Judged]


def write_report(settings: ViewSettings) -> Written:
    """Read what the settings name and write the page.

    Raises:
        InputError, SettingsError, TaxonomyError: what cannot be read; no document to show.
        OutputError: the page cannot be written.
    """
    report = CorpusReport()
    taxonomy = load_taxonomy(settings.taxonomy)
    documents = shown_documents(settings, report)
    if not documents:
        remedy = "check the run, or show documents without names with --empty"
        raise InputError("documents with names", "none", path=settings.run, remedy=remedy)
    title = settings.title or Path(settings.run).name
    page = page_of(documents, title, taxonomy, gold=Path(settings.gold).name if settings.gold else "")
    with open_output(settings.out) as out:
        out.write(page)
    names = [name for document in documents for name in document.names]
    verdicts: dict[str, int] = {}
    if settings.gold:
        counts = Counter(n.verdict for n in names if not n.of_gold)
        counts[Verdict.MISSED] = sum(n.verdict is Verdict.MISSED for n in names)
        verdicts = {verdict.name.lower(): counts[verdict] for verdict in Verdict if counts[verdict]}
    run_names = sum(not name.of_gold for name in names)
    return Written(len(documents), run_names, len(page.encode()), verdicts, report.lines())


def shown_documents(settings: ViewSettings, report: CorpusReport) -> list[Shown]:
    """The documents of the run, judged by gold where there is one, without those that have no name (counted)."""
    gold: dict[str, tuple[Annotation, ...]] = {}
    if settings.gold:
        gold = dict(read_marked(settings.gold, report=report))
    found = []
    for item in read_annotated(
        settings.run,
        settings.source,
        after_xml_declaration=settings.after_xml_declaration,
        empty=True,
        report=report,
    ):
        right = gold_in(item, gold.pop(item.document.id, ()), report)
        names = judge(right, item.annotations) if settings.gold else unjudged(item.annotations)
        if names or settings.empty:
            found.append(Shown(item, names))
        else:
            report.drop("documents without a name, left out (--empty shows them)")
    if gold:
        report.drop("names of gold in documents that are not here", sum(map(len, gold.values())))
    return found


def page_of(documents: list[Shown], title: str, taxonomy: Taxonomy, gold: str = "") -> str:
    """The whole page as text."""
    spelling = _Spelling(taxonomy)
    counts = Counts(bool(gold))
    data = [_record(document, spelling, counts) for document in documents]
    tops = [top for top, _ in counts.tops.most_common()]
    style = "".join(asset(name) for name in STYLES) + styles(palette(tops))
    script = "\n".join(asset(name) for name in SCRIPTS)
    content = {
        "title": title,
        "gold": gold,
        "types": spelling.types,
        "tops": tops,
        "verdicts": [verdict.name.lower() for verdict in Verdict],
        "docs": data,
    }
    return Template(asset("report.html")).substitute(
        title=escape(title),
        policy=escape(policy([script], [style])),
        style=style,
        script=script,
        summary=summary(counts, title, gold, len(documents)),
        data=embedded_json(content),
        version=escape(__version__),
    )


class _Spelling:
    """Types as the taxonomy spells them, each with a number."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self.types: list[str] = []
        self._numbers: dict[str, int] = {}
        self._places: dict[str, int] = {}

    def number(self, kind: str) -> int:
        found = self._numbers.get(kind)
        if found is None:
            shown = "|".join(self._taxonomy.find(part, ignore_case=True) or part for part in kind.split("|"))
            if shown not in self._places:
                self._places[shown] = len(self.types)
                self.types.append(shown)
            found = self._numbers[kind] = self._places[shown]
        return found


def _record(document: Shown, spelling: _Spelling, counts: Counts) -> dict[str, Any]:
    """A document for the page's script: places in UTF-16 units.

    A name is [start, end, type, confidence, of gold, verdict, partner, rest], the rest an object of what is not always
    there.
    """
    item, text = document.item, document.item.document.text
    places = Utf16(text)

    def placed(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
        return [[places.units(a), places.units(b)] for a, b in pairs]

    names = []
    for judged in document.names:
        name = judged.name
        kind = spelling.number(name.type)
        counts.add(judged, spelling.types[kind])
        start, end = item.offsets(name)
        rest: dict[str, Any] = {"at": [start, end]}
        if name.alternatives:
            rest["alternatives"] = _shares(name.alternatives[:MOST_ALTERNATIVES], spelling)
        if name.yago:
            rest["yago"] = _shares(name.yago[:MOST_CLASSES], spelling)
        if name.detection is not None:
            rest["detection"] = round(name.detection, 3)
        for key, value in (("id", name.mention_id), ("kb", name.kb_id), ("why", judged.why)):
            if value:
                rest[key] = value
        if name.form != "NAM":
            rest["form"] = name.form
        confidence = None if name.confidence is None else round(name.confidence, 4)
        place = [places.units(name.start), places.units(name.end)]
        names.append([*place, kind, confidence, int(judged.of_gold), int(judged.verdict), judged.partner, rest])
    record: dict[str, Any] = {"id": item.document.id, "text": text, "names": names}
    if is_markup(text):
        record["markup"] = placed(_between(item))
    return record


def _shares(shares: Iterable[tuple[str, float]], spelling: _Spelling) -> list[list[Any]]:
    return [[spelling.number(kind), round(share, 3)] for kind, share in shares]


def _between(item: AnnotatedDocument) -> list[tuple[int, int]]:
    """The stretches of a document's text that are in none of its segments, or hidden inside one: its markup."""
    found, at = list(item.document.hidden), 0
    for segment in item.document.segments:
        if segment.start > at:
            found.append((at, segment.start))
        at = segment.end
    if at < len(item.document.text):
        found.append((at, len(item.document.text)))
    return sorted(found)
