"""Steps 3 and 4: titles sorted on disk, YAGO 4.5's names joined with their pages, and a verdict for each title."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from ousianer_cli.corpus.database import connect, copy_rows, run
from ousianer_cli.corpus.parquet import RowWriter
from ousianer_cli.corpus.title_types import read
from ousianer_cli.corpus.title_types.read import LabelReader
from ousianer_cli.corpus.title_types.report import TitleTypesReport
from ousianer_cli.corpus.title_types.resolve import LabelResolver
from ousianer_cli.corpus.title_types.verdicts import Verdicts
from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.taxonomy.wordnet import WordNet


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
        tables: YAGO's files and tables of title types, in any order; each is recognised by its content.
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
        work_folder = Path(tempfile.mkdtemp(prefix=".title_types.", dir=work or out.parent))
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror}); choose another place with -o") from None
    try:
        report = TitleTypesReport()
        reader = LabelReader(work_folder, report, strict=strict)
        for path in dict.fromkeys(Path(p) for p in [*subclass, *tables]):
            reader.read(path)
        reader.close()
        wordnet = WordNet.load()
        resolver = LabelResolver(wordnet, reader.edges, report)
        meanings = [resolver.resolve(source, label) for source, label in reader.labels]
        reader.labels, reader.edges = {}, defaultdict(list)
        part = work_folder / "out.parquet"
        _write_verdicts(_sort(reader, work_folder, memory, report), part, Verdicts(meanings, wordnet), report)
        if not report.titles:
            raise _without_types(report)
        shutil.move(part, out)
        return report
    finally:
        shutil.rmtree(work_folder, ignore_errors=True)


def _without_types(report: TitleTypesReport) -> InputError:
    """The error for tables none of whose labels is a known class."""
    if not report.unknown_labels:
        return InputError("titles with types", "none in any table", remedy="check the files and their order")
    first = ", ".join(repr(label) for label, _ in report.unknown_labels.most_common(3))
    return InputError(
        "a label that is a class of YAGO, DBpedia or FIGER, or a WordNet class (wordnet_city_108524735)",
        f"none among {len(report.unknown_labels):,} ({first})",
        remedy="give the labels as these write them, or the classes that they lie under with --subclass",
    )


def _write_verdicts(path: Path, out: Path, verdicts: Verdicts, report: TitleTypesReport) -> None:
    """Judge every title of a sorted file and write what holds of it."""
    import pyarrow as pa

    text = pa.string()
    schema = [("title", text), ("types", pa.list_(text)), ("weight", pa.float64()), ("source", text)]
    rows = RowWriter(out, pa.schema([*schema, ("guessed", pa.bool_())]), read.ROWS_PER_BATCH)
    for title, numbers in _titles(path):
        verdict = verdicts.of(numbers)
        report.add(verdict)
        if not verdict.reason:
            rows.add(title, verdict.types, verdict.weight, verdict.source, verdict.guessed)
    rows.close()


def _titles(path: Path) -> Iterator[tuple[str, frozenset[int]]]:
    """Titles in order, each with the numbers of its labels."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        rows = (
            row
            for batch in file.iter_batches(batch_size=read.ROWS_PER_BATCH)
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )
        for title, group in groupby(rows, key=itemgetter(0)):
            yield title, frozenset(number for _, number in group)


def _sort(reader: LabelReader, folder: Path, memory: str, report: TitleTypesReport) -> Path:
    """(title, number of a label) by title; entities take their pages' titles where the files name pages."""
    path = folder / "sorted.parquet"
    facts = str(reader.facts.path)
    with connect(folder / "spill", memory, database=folder / "join.duckdb") as db:

        def count(reason: str, what: str) -> None:
            (number,) = run(db, f"SELECT {what}", [facts]).fetchone()
            if number:
                report.left_out[reason] += number

        if reader.pages.rows:
            run(db, "CREATE TABLE pages AS SELECT DISTINCT * FROM read_parquet(?)", [str(reader.pages.path)])
            count(
                "YAGO 4.5 entities without an English page",
                "count(DISTINCT entity) FROM read_parquet(?) WHERE entity IS NOT NULL"
                " AND entity NOT IN (SELECT entity FROM pages)",
            )
            rows = (
                "SELECT title, label FROM read_parquet($1) WHERE entity IS NULL UNION ALL"
                " SELECT pages.title, facts.label FROM read_parquet($1) facts JOIN pages USING (entity)"
            )
        else:
            count(
                "YAGO 4.5 entities named by a Wikidata id",
                "count(DISTINCT entity) FROM read_parquet(?) WHERE title IS NULL",
            )
            count(read.NO_PAGE, "count(*) FROM read_parquet(?) WHERE title = ''")
            rows = "SELECT title, label FROM read_parquet($1) WHERE title <> ''"
        copy_rows(db, f"SELECT title, label FROM ({rows}) ORDER BY title", path, [facts])
    return path
