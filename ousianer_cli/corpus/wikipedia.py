"""Wikipedia into silver for typing: links and what is named like them become mentions, linked titles become types.

The steps, each in a file of its own so that a killed run goes on where it was:
1. `extract` (wikipedia_extract): dumps into parts of plain articles, split into words, links and redirects;
2. `types`, `redirects` (wikipedia_titles): title tables and redirect chains;
3. `links` (wikipedia_links): the join of links with both;
4. `anchors` (wikipedia_anchors): where the texts of links lead, and how often they stand in running text;
5. `mark` (wikipedia_mark): further mentions, sentences;
6. `select` (wikipedia_select): repeats and quotas;
7. `write` (wikipedia_write): shards.

No step holds more than a part or a group of parts in memory, but DuckDB, which is told how much it may have. Results do
not depend on the number of processes.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.corpus.wikipedia_folder import VERSION, claim_folder, leave_nothing
from ousianer_cli.corpus.wikipedia_parts import (
    Progress,
    Tally,
    Work,
    Workers,
    add_tally,
    peak_memory,
    read_json,
    write_json,
)
from ousianer_cli.errors import InputError, OusiaError, SettingsError
from ousianer_cli.extras import require_extra
from ousianer_cli.outputs import whole_file
from ousianer_cli.settings.prepare_wikipedia import HOWS, WikipediaSettings

_REPORT_EVERY = 20.0
_DUCKDB_THREADS = 4


def prepare_wikipedia(
    settings: WikipediaSettings,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    stop_after: str | None = None,
) -> Tally:
    """Make the corpus; returns the report, which is `report.json` in the folder too.

    Args:
        resume: go on with the run in the folder, which must have been begun with the same inputs and options.
        progress: told of it, one line at a time; by default stderr, a line every 20 seconds.
        stop_after: leave after this step (`extract`, `types`, `redirects`, `links`, `anchors`, `mark`, `select`), as a
            killed run would; the report then holds what is known.

    Raises:
        SettingsError: no inputs, no types, or an extra that is not installed.
        InputError: an unreadable input; with `strict`, the first fault.
        OutputError: the folder holds something else, another run, or cannot be written.
    """
    if not (settings.dumps or settings.dump_db):
        raise SettingsError("expected dumps (DUMP...) or --dump-db FILE, found neither")
    if not settings.types:
        raise SettingsError("--types: expected a table of title types, found none; `ousianer prepare types` makes one")
    if not settings.out:
        raise SettingsError("-o: expected a folder for the corpus, found none")
    require_extra("wikipedia", "prepare wikipedia")
    out = Path(settings.out)
    work = Work(out / "parts")
    reports = _Progress(progress)
    claim_folder(out, settings, resume)
    if resume and (out / "report.json").exists():
        done: Tally = read_json(out / "report.json")
        return done
    work.clear_unfinished()
    run = _Run(settings, out, work, Workers(settings.workers or _cores()), reports)
    for step, action in run.steps():
        begun = time.perf_counter()
        reports.step(step)
        try:
            action()
        except OusiaError:
            if not any((work.folder / "parts").glob("[0-9]*.json")):
                leave_nothing(out)
            raise
        except SystemExit:  # a signal; the worker processes have ended with it
            work.clear_unfinished()
            raise
        run.add_seconds(step, time.perf_counter() - begun)
        if step == stop_after:
            return run.report()
    report = run.report()
    write_json(out / "report.json", report)
    if not settings.keep_parts:
        shutil.rmtree(work.folder)
    return report


@dataclass
class _Run:
    settings: WikipediaSettings
    out: Path
    work: Work
    workers: Workers
    progress: _Progress

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("extract", self.extract),
            ("types", self.types),
            ("redirects", self.redirects),
            ("links", self.links),
            ("anchors", self.anchors),
            ("mark", self.mark),
            ("select", self.select),
            ("write", self.write),
        ]

    @property
    def threads(self) -> int:
        return min(self.workers.number, _DUCKDB_THREADS)

    def parts(self) -> list[int]:
        from ousianer_cli.corpus.wikipedia_extract import finished_parts

        return finished_parts(self.work)

    def extract(self) -> None:
        from ousianer_cli.corpus import wikipedia_extract as step

        if self.settings.dump_db:
            self.workers.alone(step.extract_dump_db, Path(self.settings.dump_db), self.work, self.settings.strict)
        else:
            dumps = [Path(d) for d in self.settings.dumps]
            step.extract(dumps, self.work, self.workers, strict=self.settings.strict, progress=self.progress)
        if not any(read_json(self.work.part("parts", p, "json"))["articles"].get("articles") for p in self.parts()):
            names = ", ".join(self.settings.dumps or [self.settings.dump_db])
            raise InputError("articles", "none", path=names, remedy="check the dump")

    def types(self) -> None:
        made = self.work.folder / "types.json"
        if not made.exists():
            raw = [Path(t) for t in self.settings.types if Path(t).suffix != ".parquet"]
            counts: Tally = {}
            if raw:
                target = self.work.folder / "title_types.parquet"
                counts = self.workers.alone(_build_types, raw, target, self.settings.memory, self.settings.strict)
            write_json(made, counts)

    def redirects(self) -> None:
        from ousianer_cli.corpus.wikipedia_titles import build_titles

        given = [Path(t) for t in self.settings.types if Path(t).suffix == ".parquet"]
        built = self.work.folder / "title_types.parquet"
        tables = [*given, *([built] if built.exists() else [])]
        self.workers.alone(build_titles, self.work, tables, self.settings.memory, self.threads)

    def links(self) -> None:
        from ousianer_cli.corpus.wikipedia_links import resolve_links

        self.workers.alone(resolve_links, self.work, self.parts(), self.settings.memory, self.threads)

    def anchors(self) -> None:
        from ousianer_cli.corpus.excluded import write_excluded
        from ousianer_cli.corpus.wikipedia_anchors import build_anchors
        from ousianer_cli.corpus.wikipedia_mark import excluded_file

        write_excluded(excluded_file(self.work), [Path(p) for p in self.settings.exclude])
        if "alias" in self.settings.how:
            build_anchors(self.work, self.parts(), self.workers, self.settings.memory, self.progress)

    def mark(self) -> None:
        from ousianer_cli.corpus.wikipedia_mark import MarkOptions, mark_part

        chosen = self.settings
        options = MarkOptions(
            how=tuple(h for h in HOWS if h in chosen.how),
            expansion=chosen.expansion(),
            lower_case=chosen.lower_case,
            max_words=chosen.max_words,
            seed=chosen.seed,
            quota=chosen.max_per_title > 0,
        )
        parts = self.parts()
        todo = [p for p in parts if not self.work.part("marked", p, "json").exists()]
        for done, _ in enumerate(self.workers.run((mark_part, (self.work, p, options)) for p in todo), 1):
            self.progress(f"mark: {len(parts) - len(todo) + done} of {len(parts)} parts")

    def select(self) -> None:
        from ousianer_cli.corpus.wikipedia_select import select_sentences

        quota = self.settings.max_per_title or None
        self.workers.alone(select_sentences, self.work, quota, self.settings.memory, self.threads)

    def write(self) -> None:
        from ousianer_cli.corpus.wikipedia_write import shard_groups, write_shard_of

        chosen = self.settings
        groups = shard_groups(self.work, self.parts(), chosen.rows_per_shard)
        jsonl = chosen.format == "jsonl"
        targets = [
            self.work.file("lines", f"{n:05d}", "jsonl") if jsonl else self.out / f"typing-{n:05d}.parquet"
            for n in range(len(groups))
        ]
        tasks = (
            (write_shard_of, (self.work, n, group, target, chosen.max_per_title > 0, chosen.memory))
            for n, (group, target) in enumerate(zip(groups, targets, strict=True))
        )
        for done, _ in enumerate(self.workers.run(tasks), 1):
            self.progress(f"write: {done} of {len(groups)} shards")
        if jsonl:
            with whole_file(self.out / "typing.jsonl") as part, part.open("wb") as whole:
                for path in targets:
                    with path.open("rb") as lines:
                        shutil.copyfileobj(lines, whole, 1 << 20)

    # The report

    def add_seconds(self, step: str, seconds: float) -> None:
        """A run that goes on adds to what the steps took before."""
        path = self.work.folder / "seconds.json"
        kept: Tally = read_json(path) if path.exists() else {"seconds": {}, "largest": 0, "main": 0}
        kept["seconds"][step] = round(kept["seconds"].get(step, 0.0) + seconds, 2)
        kept["largest"] = max(kept["largest"], self.workers.peak)
        kept["main"] = max(kept["main"], peak_memory())
        write_json(path, kept)

    def report(self) -> Tally:
        """All counts, as far as the run has come."""
        from ousianer_cli.corpus.wikipedia_extract import extract_counts

        counts = extract_counts(self.work)
        for name in ("types.json", "titles.json"):
            if (self.work.folder / name).exists():
                add_tally(counts, read_json(self.work.folder / name))
        if (self.work.folder / "anchors.json").exists():
            counts["anchors"] = read_json(self.work.folder / "anchors.json")
        for step in ("linked", "marked", "shards"):
            for path in self.work.files(step, "json"):
                add_tally(counts, read_json(path))
        known = counts.get("types", {})
        measured = read_json(self.work.folder / "seconds.json")
        return {
            **counts,
            "version": VERSION,
            "distinct types": len(known),
            "seconds": measured["seconds"],
            "peak memory of the main process, MiB": measured["main"] // 1024,
            "peak memory of the largest process, MiB": max(measured["largest"], measured["main"]) // 1024,
            "workers": self.workers.number,
        }


class _Progress:
    """Passes on a line when a step begins, and then one every 20 seconds."""

    def __init__(self, report: Progress | None) -> None:
        self._report = report or (lambda line: print(line, file=sys.stderr, flush=True))
        self._last = time.monotonic()

    def step(self, name: str) -> None:
        self._report(f"{name} …")
        self._last = time.monotonic()

    def __call__(self, line: str) -> None:
        if time.monotonic() - self._last >= _REPORT_EVERY:
            self._report(line)
            self._last = time.monotonic()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _build_types(tables: Sequence[Path], target: Path, memory: str, strict: bool) -> Tally:
    from ousianer_cli.corpus.title_types import build_title_types

    made = build_title_types(tables, target, memory=memory, work=target.parent, strict=strict)
    return {"title tables": {"titles": made.titles, "of these guessed": made.guessed, "bad lines": made.bad_lines}}
