"""Step 1: YAGO's files and tables into Parquet of (title, entity, number of the label) and (entity, page)."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from ousianer_cli.corpus.parquet import RowWriter
from ousianer_cli.corpus.title_types.report import TitleTypesReport
from ousianer_cli.errors import InputError
from ousianer_cli.formats import yago
from ousianer_cli.formats.titles import page_title
from ousianer_cli.taxonomy.wordnet import read_label_table

ROWS_PER_BATCH = 100_000
NO_PAGE = "a section of a page, or no title"
_EXAMPLES = 20


class LabelReader:
    """The files read so far: labels and edges in memory, titles in two Parquet files.

    `labels` numbers each (source, label); `edges` are class -> classes directly above it; `facts` and `pages` are the
    Parquet files, complete once `close` was called. What happens is counted in `report`.
    """

    def __init__(self, folder: Path, report: TitleTypesReport, *, strict: bool) -> None:
        import pyarrow as pa

        self.report, self.strict = report, strict
        self.labels: dict[tuple[str, str], int] = {}
        self.edges: defaultdict[str, list[str]] = defaultdict(list)
        self._read_labels: dict[str, int] = {}
        self._last = ("", "")
        self._tables = {name: read_label_table(name) for name in ("dbpedia", "figer")}
        text = pa.string()
        facts = pa.schema([("title", text), ("entity", text), ("label", pa.int32())])
        self.facts = RowWriter(folder / "facts.parquet", facts, ROWS_PER_BATCH)
        pages = pa.schema([("entity", text), ("title", text)])
        self.pages = RowWriter(folder / "pages.parquet", pages, ROWS_PER_BATCH)

    def read(self, path: Path) -> None:
        """Read one file, whatever it is."""
        kind = yago.kind_of(path)
        rows = 0

        def invalid(line: int, expected: str, found: str) -> None:
            if self.strict:
                raise InputError(expected, found, path=path, line=line, remedy="mend it, or leave out --strict")
            self.report.bad_lines += 1
            self.report.wrong[expected] += 1
            if len(self.report.examples) < _EXAMPLES:
                self.report.examples.append(str(InputError(expected, found, path=path, line=line)))

        if kind in ("turtle", "yago-tsv"):
            for fact in yago.read_facts(path, kind, invalid):
                rows += 1
                self._fact(fact)
        else:
            for row in yago.read_table(path, kind, invalid):
                rows += 1
                self._row(row, kind)
        self.report.files[str(path)] = (kind, rows)

    def close(self) -> None:
        """All files have been read."""
        for source, number in self._read_labels.items():
            self.report.labels[source.split(" ")[0]] += number
        self.facts.close()
        self.pages.close()

    def _fact(self, fact: yago.Fact) -> None:
        _, kind, subject, target = fact
        if kind == yago.TYPE:
            if yago.is_yago3_class(target):
                # YAGO 3 names what only other Wikipedias have as `de/Titel`.
                if subject[2:3] == "/" and subject[:2].isalpha() and subject[:2].islower():
                    self.report.left_out["an entity of another language's Wikipedia"] += 1
                else:
                    if subject != self._last[0]:  # a title's lines stand together
                        self._last = (subject, page_title(subject))
                    self._add(self._last[1], None, "yago", target)
            elif target.startswith(("rdfs:", "owl:", "rdf:")):
                self.report.left_out["a class or a property, not an entity"] += 1
            else:
                title = yago.title_of_id(subject)
                self._add(None if title is None else page_title(title), subject, "yago45", target)
        elif kind == yago.SUBCLASS:
            self._edge(subject, target)
        elif kind == yago.PAGE and (title := page_title(target)):
            self.pages.add(subject, title)
        else:
            self.report.left_out["another relation"] += 1

    def _row(self, row: yago.TitleLabels, kind: str) -> None:
        title = page_title(row.title)
        if not row.labels:
            self.report.left_out["a row without a label"] += 1
        for source, label in row.labels:
            if source == "class":
                if yago.is_yago3_class(label):
                    if yago.is_yago3_class(row.title):
                        self._edge(row.title, label)
                        continue
                    self._add(title, None, "yago", label)
                elif label in self._tables["figer"] and ("-" in label or label not in self._tables["dbpedia"]):
                    self._add(title, None, "figer", label)
                else:
                    self._add(title, None, "dbpedia", label)
            else:
                self._add(title, None, f"definition {source}" if kind == "definition" else source, label)

    def _edge(self, child: str, parent: str) -> None:
        parents = self.edges[child]
        if parent not in parents:
            parents.append(parent)
        self.report.labels["subClassOf edges"] += 1

    def _add(self, title: str | None, entity: str | None, source: str, label: str) -> None:
        """Keep a label of a title, or of an entity whose page may still come."""
        if title == "" and entity is None:
            self.report.left_out[NO_PAGE] += 1
            return
        number = self.labels.setdefault((source, label), len(self.labels))
        self._read_labels[source] = self._read_labels.get(source, 0) + 1
        self.facts.add(title, entity, number)
