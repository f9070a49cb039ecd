"""Wikipedia titles -> WordNet classes, from YAGO's files and from tables of DBpedia, FIGER and definitions.

The way of a label, none of which holds all titles in memory:
1. each file is read once, line by line, into Parquet parts of (title, number of the label); the labels themselves, of
   which there are as many as classes, are numbered in memory, and so are the `subClassOf` edges;
2. each YAGO label becomes WordNet synsets: by its id, else along the edges to the nearest class that has one, else
   (`wikicat_*` only) by a guess at the category's head noun;
3. DuckDB sorts the parts by title, on disk where they do not fit, and joins YAGO 4.5's names with their pages;
4. title by title, the labels of all sources are judged together (`corpus.type_judge`), and the verdicts written.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.database import connect, copy_rows, first_line, run
from ousianer_cli.corpus.type_judge import TypeJudge
from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.formats import yago
from ousianer_cli.formats.titles import page_title
from ousianer_cli.taxonomy.head_nouns import HeadNouns
from ousianer_cli.taxonomy.wordnet import GUESS_MARK, RESOURCES, WordNet, correct_sense, read_label_table

YAGO_TABLE = RESOURCES / "yago45_to_wordnet.tsv"
SOURCES = ("yago", "yago45", "dbpedia", "figer", "definition")

_ROWS_PER_BATCH = 100_000
_VERDICTS_KEPT = 50_000
"""Titles with the same labels get the same verdict; so many are remembered."""
_EXAMPLES = 20


@dataclass(slots=True)
class TitleTypesReport:
    """What went into a table of title types, and what came out."""

    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    """path -> (kind, statements or rows)"""
    labels: Counter[str] = field(default_factory=Counter)
    """source -> labels read"""
    titles_read: Counter[str] = field(default_factory=Counter)
    """source -> titles that it has labels for"""
    titles: int = 0
    """titles with types"""
    by_source: Counter[str] = field(default_factory=Counter)
    """sources of a verdict, joined by `+` -> titles"""
    guessed: int = 0
    """of the titles with types, those whose types are guesses only"""
    untyped: Counter[str] = field(default_factory=Counter)
    """reason -> titles"""
    categories: Counter[str] = field(default_factory=Counter)
    """how YAGO's distinct classes were resolved -> classes"""
    labels_dropped: Counter[str] = field(default_factory=Counter)
    """reason -> labels of judged titles"""
    unknown_labels: Counter[str] = field(default_factory=Counter)
    """labels in no table -> titles"""
    compared: Counter[str] = field(default_factory=Counter)
    """two sources, joined by `+` -> titles that both have kinds for"""
    disagreed: Counter[str] = field(default_factory=Counter)
    """of these, titles for which the two have no kind in common"""
    left_out: Counter[str] = field(default_factory=Counter)
    """reason -> statements that were not used"""
    bad: Counter[str] = field(default_factory=Counter)
    """what was expected -> lines skipped"""
    bad_lines: int = 0
    examples: list[str] = field(default_factory=list)
    """the first bad lines: file:line: expected …, found …"""


@dataclass(slots=True)
class _Label:
    """A distinct label: whose, and what it means."""

    source: str
    text: str
    guess: bool = False


@dataclass(slots=True)
class _Counts:
    """What the judge counts for one set of labels."""

    labels_dropped: Counter[str] = field(default_factory=Counter)
    unknown_labels: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Verdict:
    types: tuple[str, ...]
    weight: float
    source: str
    guessed: bool
    reason: str
    sources: tuple[str, ...]
    dropped: tuple[tuple[str, int], ...]
    unknown: tuple[tuple[str, int], ...]
    pairs: tuple[tuple[str, bool], ...]
    """two sources, and whether they have no kind in common"""


def build_title_types(
    tables: Sequence[Path],
    out: Path,
    *,
    subclass: Sequence[Path] = (),
    memory: str = "2GB",
    work: Path | None = None,
    strict: bool = False,
) -> TitleTypesReport:
    """Write the types of titles as one Parquet file, sorted by title (as UTF-8 bytes).

    Columns: `title` (string: blanks, the first letter upper case), `types` (list of strings: canonical WordNet 3.0 ids,
    most specific only), `weight` (double: trust, from 1.0 for tables to .4 for guesses from definitions), `source`
    (string: who bore the verdict, as `yago+dbpedia`), `guessed` (bool: nothing but guesses).

    Args:
        tables: YAGO's files and tables of title types, in any order; each is told by its content.
        out: the Parquet file.
        subclass: more files with `subClassOf` edges; those among `tables` count as well.
        memory: for sorting and joining, as DuckDB takes it (`2GB`); what does not fit goes to `work`.
        work: a folder for parts and for sorting; by default one beside `out`, removed at the end.
        strict: stop at the first bad line.

    Raises:
        InputError: a file that is missing or of no known kind, no title typed, with `strict` a bad line.
        OutputError: the file or the folder cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        own = Path(tempfile.mkdtemp(prefix=".title_types.", dir=work or out.parent))
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror}); choose another place with -o") from None
    try:
        builder = _Builder(own, memory, strict)
        for path in dict.fromkeys(Path(p) for p in [*subclass, *tables]):
            builder.read(path)
        builder.close()
        part = own / "out.parquet"
        builder.write(part)
        if not builder.report.titles:
            raise InputError("titles with types", "none in any table", remedy="check the files and their order")
        shutil.move(part, out)
        return builder.report
    finally:
        shutil.rmtree(own, ignore_errors=True)


class _Parts:
    """Rows on their way to Parquet: full batches are written, so that memory holds one."""

    def __init__(self, folder: Path, name: str, schema: Any) -> None:
        import pyarrow.parquet as pq

        self.path = folder / f"{name}.parquet"
        self.schema = schema
        self.waiting: list[tuple[Any, ...]] = []
        self.rows = 0
        self._writer = pq.ParquetWriter(self.path, schema, compression="zstd")

    def add(self, *row: Any) -> None:
        """Take one row, its values in the schema's order."""
        self.waiting.append(row)
        if len(self.waiting) >= _ROWS_PER_BATCH:
            self.flush()

    def flush(self) -> None:
        import pyarrow as pa

        if self.waiting:
            columns = zip(*self.waiting, strict=True)
            arrays = [pa.array(c, f.type) for c, f in zip(columns, self.schema, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
            self.rows += len(self.waiting)
            self.waiting = []

    def close(self) -> None:
        self.flush()
        self._writer.close()


class _Builder:
    """One run: the files read so far, and the tables of labels and edges."""

    def __init__(self, folder: Path, memory: str, strict: bool) -> None:
        import pyarrow as pa

        self.report = TitleTypesReport()
        self.wordnet = WordNet.load()
        self.folder, self.memory, self.strict = folder, memory, strict
        self.labels: dict[tuple[str, str], int] = {}
        self.edges: defaultdict[str, list[str]] = defaultdict(list)
        self.read_labels: dict[str, int] = {}
        self._last = ("", "")
        self.tables = {name: read_label_table(name) for name in ("dbpedia", "figer")}
        self.facts = _Parts(
            folder, "facts", pa.schema([("title", pa.string()), ("entity", pa.string()), ("label", pa.int32())])
        )
        self.pages = _Parts(folder, "pages", pa.schema([("entity", pa.string()), ("title", pa.string())]))

    # -- reading

    def read(self, path: Path) -> None:
        """Read one file, whatever it is."""
        kind = yago.kind_of(path)
        rows = 0

        def bad(line: int, expected: str, found: str) -> None:
            if self.strict:
                raise InputError(expected, found, path=path, line=line, remedy="mend it, or leave out --strict")
            self.report.bad_lines += 1
            self.report.bad[expected] += 1
            if len(self.report.examples) < _EXAMPLES:
                self.report.examples.append(str(InputError(expected, found, path=path, line=line)))

        if kind in ("turtle", "yago-tsv"):
            for fact in yago.read_facts(path, kind, bad):
                rows += 1
                self._fact(fact)
        else:
            for row in yago.read_table(path, kind, bad):
                rows += 1
                self._row(row, kind)
        self.report.files[str(path)] = (kind, rows)

    def close(self) -> None:
        """All files have been read."""
        for source, number in self.read_labels.items():
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
                elif label in self.tables["figer"] and ("-" in label or label not in self.tables["dbpedia"]):
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
            self.report.left_out["a section of a page, or no title"] += 1
            return
        number = self.labels.setdefault((source, label), len(self.labels))
        self.read_labels[source] = self.read_labels.get(source, 0) + 1
        self.facts.add(title, entity, number)

    # -- resolving

    def resolve(self) -> list[tuple[_Label, ...]]:
        """What each numbered label means."""
        nouns = HeadNouns(self.wordnet)
        own = {name: read_label_table(name, YAGO_TABLE) for name in ("yago45", "yago3")}
        classes = {**own["yago45"], **own["yago3"]}
        return [tuple(self._resolve(source, label, nouns, classes)) for source, label in self.labels]

    def _resolve(
        self, source: str, label: str, nouns: HeadNouns, classes: Mapping[str, tuple[str, ...]]
    ) -> Iterator[_Label]:
        if source not in ("yago", "yago45"):
            yield _Label(source, label)
            return
        found = self._climb(label, classes)
        if found is not None:
            how = "an id of WordNet 3.0" if label.startswith("wordnet_") else "subClassOf edges"
            if label in classes or _without_id(label) in classes:
                how = "the table of YAGO's own classes"
            self.report.categories[how if found else "without use"] += 1
            yield from (_Label(source, i) for i in sorted(found))
            return
        guess = nouns.guess(label) if label.startswith(("wikicat_", "wikicategory_")) else None
        if guess is not None:
            self.report.categories["a guess at the head noun"] += 1
            yield _Label(source, guess, guess=True)
        else:
            self.report.categories["unknown"] += 1
            yield _Label(source, f"?{label}")

    def _climb(self, label: str, classes: Mapping[str, tuple[str, ...]]) -> set[str] | None:
        """The nearest classes with a WordNet id, the label itself included; None where no way up ends in one."""
        found: set[str] = set()
        reached = False
        seen, front = {label}, [label]
        while front:
            above: list[str] = []
            for name in front:
                ids = self._ids(name, classes)
                if ids is not None:
                    reached = True
                    found.update(ids)
                else:
                    above += [p for p in dict.fromkeys(self.edges.get(name, ())) if p not in seen]
                    seen.update(above)
            front = above
        return found if reached else None

    def _ids(self, name: str, classes: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
        if name.startswith("wordnet_"):
            known = self.wordnet.find(name)
            return None if known is None else (known,)
        ids = classes.get(name)
        return classes.get(_without_id(name)) if ids is None else ids

    # -- judging

    def write(self, out: Path) -> None:
        """Judge every title and write the verdicts."""
        meanings = self.resolve()
        self.labels = {}
        self.edges.clear()
        import pyarrow as pa

        schema = [("title", pa.string()), ("types", pa.list_(pa.string())), ("weight", pa.float64())]
        parts = _Parts(out.parent, out.stem, pa.schema([*schema, ("source", pa.string()), ("guessed", pa.bool_())]))
        judge = _Judge(meanings, self.wordnet)
        report = self.report
        for title, numbers in self._titles():
            verdict = judge.verdict(numbers)
            for source in verdict.sources:
                report.titles_read[source] += 1
            for pair, differ in verdict.pairs:
                report.compared[pair] += 1
                report.disagreed[pair] += differ
            for reason, number in verdict.dropped:
                report.labels_dropped[reason] += number
            for name, number in verdict.unknown:
                report.unknown_labels[name] += number
            if verdict.reason:
                report.untyped[verdict.reason] += 1
                continue
            report.titles += 1
            report.guessed += verdict.guessed
            report.by_source[verdict.source] += 1
            parts.add(title, verdict.types, verdict.weight, verdict.source, verdict.guessed)
        parts.close()

    def _titles(self) -> Iterator[tuple[str, frozenset[int]]]:
        """Titles in order, each with the numbers of its labels."""
        import pyarrow.parquet as pq

        path = self._sort()
        title: str | None = None
        numbers: list[int] = []
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_ROWS_PER_BATCH):
                for name, number in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
                    if name != title:
                        if title is not None:
                            yield title, frozenset(numbers)
                        title, numbers = name, []
                    numbers.append(number)
        if title is not None:
            yield title, frozenset(numbers)

    def _sort(self) -> Path:
        path = self.folder / "sorted.parquet"
        facts = str(self.facts.path)
        with connect(self.folder / "spill", self.memory, database=self.folder / "join.duckdb") as db:
            if self.pages.rows:
                run(db, "CREATE TABLE pages AS SELECT DISTINCT * FROM read_parquet(?)", [str(self.pages.path)])
                lost = run(
                    db,
                    "SELECT count(DISTINCT entity) FROM read_parquet(?) WHERE entity IS NOT NULL"
                    " AND entity NOT IN (SELECT entity FROM pages)",
                    [facts],
                ).fetchone()
                self._count("YAGO 4.5 entities without an English page", lost)
                rows = (
                    "SELECT title, label FROM read_parquet($1) WHERE entity IS NULL UNION ALL"
                    " SELECT pages.title, facts.label FROM read_parquet($1) facts JOIN pages USING (entity)"
                )
            else:
                lost = run(
                    db, "SELECT count(DISTINCT entity) FROM read_parquet(?) WHERE title IS NULL", [facts]
                ).fetchone()
                self._count("YAGO 4.5 entities named by a Wikidata id", lost)
                rows = "SELECT title, label FROM read_parquet($1) WHERE title IS NOT NULL AND title <> ''"
            copy_rows(db, f"SELECT title, label FROM ({rows}) ORDER BY title", path, [facts])
        return path

    def _count(self, reason: str, row: tuple[Any, ...] | None) -> None:
        if row is not None and row[0]:
            self.report.left_out[reason] += row[0]


class _Judge:
    """Verdicts of sets of labels, remembered."""

    def __init__(self, meanings: Sequence[tuple[_Label, ...]], wordnet: WordNet) -> None:
        self.meanings, self.wordnet = meanings, wordnet
        self.judge = TypeJudge(wordnet)
        self._known: dict[frozenset[int], _Verdict] = {}

    def verdict(self, numbers: frozenset[int]) -> _Verdict:
        """What holds of a title with these labels."""
        found = self._known.get(numbers)
        if found is None:
            found = self._judge([label for n in sorted(numbers) for label in self.meanings[n]])
            if len(self._known) >= _VERDICTS_KEPT:
                self._known.clear()
            self._known[numbers] = found
        return found

    def _judge(self, labels: Sequence[_Label]) -> _Verdict:
        counts = _Counts()
        stated: defaultdict[str, list[str]] = defaultdict(list)
        guesses: list[str] = []
        for label in labels:
            if label.text.startswith("?"):
                counts.unknown_labels[f"{label.source} {label.text[1:]}"] += 1
            elif label.guess:
                guesses.append(label.text)
            else:
                stated[label.source].append(label.text)
        # The closure that a transitive file states adds nothing, and its upper classes are of no kind.
        ids = sorted({*stated["yago"], *stated["yago45"]})
        yago_ids = [*self.wordnet.most_specific(ids), *sorted(set(guesses))]
        tables = {
            "yago": ",".join(yago_ids),
            "dbpedia": ",".join(stated["dbpedia"]),
            "figer": ",".join(stated["figer"]),
        }
        definitions = {name: ",".join(stated[f"definition {name}"]) for name in ("yago", "dbpedia", "figer")}
        sources = [s for s in ("yago", "yago45", "dbpedia", "figer") if stated[s]]
        if guesses and "yago" not in sources:
            sources.insert(0, "yago")
        defined = any(definitions.values())
        pairs = self._pairs(stated)

        verdict = self.judge.judge(tables, "table", counts) if any(tables.values()) else ""
        source = "+".join(sources)
        guessed = False
        if not isinstance(verdict, str):
            guessed = not any(stated[s] for s in ("yago", "yago45", "dbpedia", "figer"))
        elif defined:
            reason = verdict
            verdict = self.judge.judge(definitions, "def", counts)
            source, guessed = "definition", True
            if isinstance(verdict, str):
                verdict = reason or verdict
        has = (*sources, "definition") if defined else tuple(sources)
        rest = (tuple(counts.labels_dropped.items()), tuple(counts.unknown_labels.items()), pairs)
        if isinstance(verdict, str):
            return _Verdict((), 0.0, "", False, verdict or "no label in any table", has, *rest)
        return _Verdict(verdict[0], verdict[1], source, guessed, "", has, *rest)

    def _pairs(self, stated: Mapping[str, Sequence[str]]) -> tuple[tuple[str, bool], ...]:
        kinds = {}
        for name in SOURCES:
            if name == "definition":
                texts = [(s, t) for s in ("yago", "dbpedia", "figer") for t in stated.get(f"definition {s}", ())]
            elif name in ("yago", "yago45"):
                texts = [(name, t) for t in self.wordnet.most_specific(stated.get(name, ()))]
            else:
                texts = [(name, t) for t in stated.get(name, ())]
            if texts:
                kinds[name] = {self.judge.kind(i) for s, t in texts for i in self._senses(s, t)}
        found = [(a, b) for i, a in enumerate(SOURCES) for b in SOURCES[i + 1 :] if kinds.get(a) and kinds.get(b)]
        return tuple((f"{a}+{b}", not kinds[a] & kinds[b]) for a, b in found)

    def _senses(self, source: str, text: str) -> Iterable[str]:
        if source in ("dbpedia", "figer"):
            return self.judge.tables[source].get(text, ())
        sense = correct_sense(text, self.wordnet)
        return () if sense is None else (sense,)


def _without_id(name: str) -> str:
    """`yago:Human_settlement_Q486972` -> `yago:Human_settlement`."""
    head, mark, number = name.rpartition("_Q")
    return head if mark and number.isdigit() else name


# -- how good the guesses are


@dataclass(slots=True)
class Agreement:
    """Guesses at categories' head nouns against YAGO's own edges."""

    edges: int = 0
    guessed: int = 0
    first_sense: int = 0
    """guesses in the noun's first sense that are the class of the edge"""
    same: int = 0
    """guesses as they are used (senses corrected) that are the class of the edge, corrected likewise"""
    on_one_line: int = 0
    """of the others, those above or below it"""
    differences: Counter[str] = field(default_factory=Counter)
    """guess / edge -> categories"""
    ids: int = 0
    """distinct `wordnet_*` ids on edges and in labels"""
    unresolved: list[str] = field(default_factory=list)
    """of these, the ones that WordNet 3.0 does not have"""


def measure_agreement(paths: Sequence[Path]) -> Agreement:
    """Compare the guess of every `wikicat_*` that has an edge to a `wordnet_*` class with that class, and look up every
    `wordnet_*` id of the files.

    Raises:
        InputError: a file that is missing or of no known kind.
    """
    wordnet = WordNet.load()
    nouns = HeadNouns(wordnet)
    result = Agreement()
    ids: set[str] = set()
    for path in paths:
        kind = yago.kind_of(path)
        for child, parent in _class_pairs(Path(path), kind):
            ids.update(name for name in (child, parent) if name.startswith("wordnet_"))
            edge = wordnet.find(parent)
            if not child.startswith("wikicat_") or edge is None:
                continue
            result.edges += 1
            plain, guess = nouns.guess(child, first_sense=True), nouns.guess(child)
            if guess is None:
                continue
            result.guessed += 1
            result.first_sense += wordnet.find(plain or "") == edge
            ours, theirs = correct_sense(guess, wordnet), correct_sense(edge, wordnet)
            if ours == theirs:
                result.same += 1
            elif ours and theirs and (wordnet.is_a(ours, theirs) or wordnet.is_a(theirs, ours)):
                result.on_one_line += 1
            else:
                result.differences[f"{guess.lstrip(GUESS_MARK)} / {edge}"] += 1
    result.ids = len(ids)
    result.unresolved = sorted(i for i in ids if wordnet.find(i) is None)
    return result


def _class_pairs(path: Path, kind: str) -> Iterator[tuple[str, str]]:
    def ignore(line: int, expected: str, found: str) -> None:
        """Reading them for their types counts them."""

    if kind in ("turtle", "yago-tsv"):
        for fact in yago.read_facts(path, kind, ignore):
            if fact.kind in (yago.SUBCLASS, yago.TYPE):
                yield (fact.subject if fact.kind == yago.SUBCLASS else ""), fact.object
    else:
        for row in yago.read_table(path, kind, ignore):
            for source, label in row.labels:
                if source in ("class", "yago"):
                    yield (row.title if yago.is_yago3_class(row.title) else ""), label


# -- mentions of types


@dataclass(slots=True)
class TypeMass:
    """Mentions of each set of direct types."""

    sets: dict[tuple[str, ...], int] = field(default_factory=dict)
    total: int = 0
    """all links, or all titles"""
    covered: int = 0
    """of these, links to titles with types"""
    bad_lines: int = 0
    """lines of the links table that were skipped"""


def mentions_of_types(table: Path, links: Path | None = None, *, memory: str = "2GB", strict: bool = False) -> TypeMass:
    """How many mentions each set of types has.

    Args:
        table: what `build_title_types` wrote.
        links: Parquet with `title` and `count` (without `count`, each row is one link), or TSV `title<TAB>count`;
            without it each title counts once.
        memory: for the join, as DuckDB takes it.
        strict: a bad line of a TSV of links is an error.

    Raises:
        InputError: a links file that is missing or of another form; with `strict` a bad line.
    """
    mass = TypeMass()
    with (
        tempfile.TemporaryDirectory(prefix=".links.", dir=table.parent) as folder,
        connect(Path(folder) / "spill", memory) as db,
    ):
        if links is None:
            result = run(db, "SELECT types, count(*) FROM read_parquet(?) GROUP BY types", [str(table)])
        else:
            path, number = _links_parquet(links, Path(folder), mass, strict)
            _group_links(db, path, number, links)
            mass.total = int(db.execute("SELECT coalesce(sum(n), 0) FROM links").fetchone()[0])
            result = run(
                db,
                "SELECT types, sum(n) FROM links JOIN read_parquet(?) USING (title) GROUP BY types",
                [str(table)],
            )
        while rows := result.fetchmany(10_000):
            for types, number in rows:
                mass.sets[tuple(types)] = mass.sets.get(tuple(types), 0) + int(number)
    mass.covered = sum(mass.sets.values())
    mass.total = mass.total if links is not None else mass.covered
    return mass


def _group_links(db: Any, path: Path, number: str, links: Path) -> None:
    """The table `links` of (title, n), each title once."""
    import duckdb

    query = (
        "CREATE TEMP TABLE links AS SELECT page_title(title) AS title, sum(n) AS n FROM ("
        f"SELECT title, sum({number}) AS n FROM read_parquet(?) GROUP BY title) GROUP BY 1"
    )
    try:
        run(db, query, [str(path)])
    except duckdb.Error as error:
        raise InputError("Parquet with the columns title and count", first_line(error), path=links) from None


def _links_parquet(links: Path, folder: Path, mass: TypeMass, strict: bool) -> tuple[Path, str]:
    """A links file as Parquet, and what in it a row counts; TSV goes to Parquet first, its bad lines counted."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = links
    try:
        with links.open("rb") as handle:
            parquet = handle.read(4) == b"PAR1"
    except OSError as error:
        raise InputError("a file of links", error.strerror or str(error), path=links) from None
    if parquet:
        names = pq.read_schema(links).names
    else:
        names = ["title", "count"]
        parts = _Parts(folder, "links", pa.schema([("title", pa.string()), ("count", pa.int64())]))

        def bad(line: int, expected: str, found: str) -> None:
            if strict:
                raise InputError(expected, found, path=links, line=line, remedy="mend it, or leave out --strict")
            mass.bad_lines += 1

        for number, line in yago.read_lines(links, bad):
            name, _, count = line.partition("\t")
            if number == 1 and (name, count) == ("title", "count"):
                continue
            if not name or not count.isascii() or not count.isdigit():
                bad(number, "title<TAB>count", repr(line[:60]))
            else:
                parts.add(name, int(count))
        parts.close()
        path = parts.path
    return path, '"count"' if "count" in names else "1"
