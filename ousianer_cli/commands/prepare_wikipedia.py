"""`ousianer prepare wikipedia`: a Wikipedia dump and title types into silver for typing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ousianer_cli.settings import resolve

_SHOWN = 15


def wikipedia(
    dumps: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DUMP...]", help="pages-articles XML: plain, gz, bz2 or multistream bz2.", show_default=False
        ),
    ] = None,
    types: Annotated[
        list[Path] | None,
        typer.Option(metavar="TABLE", help="Title types: Parquet of `prepare types`, or tables as it reads them."),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder for the corpus and report.json.")] = None,
    dump_db: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A dump DB of Wikipedia2Vec in place of dumps.")
    ] = None,
    how: Annotated[
        list[str] | None,
        typer.Option(help="Mentions to take, of link, bold, again (later occurrences), alias. Default: all."),
    ] = None,
    format: Annotated[
        str | None, typer.Option(help="parquet (shards) or jsonl (one file). Default: parquet.", show_default=False)
    ] = None,
    max_per_title: Annotated[
        int | None, typer.Option(help="At most so many mentions of one title, drawn by --seed.")
    ] = None,
    min_commonness: Annotated[
        float | None, typer.Option(help="Share of an alias's links that must lead to its title. Default: 0.9.")
    ] = None,
    min_link_probability: Annotated[
        float | None, typer.Option(help="Share of an alias's occurrences that must be links. Default: 0.01.")
    ] = None,
    lower_case: Annotated[bool | None, typer.Option(help="Keep mentions without a capital letter.")] = None,
    max_words: Annotated[int | None, typer.Option(help="Drop sentences of more words than this. Default: 200.")] = None,
    exclude: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Drop sentences that this corpus holds too, however it splits words."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of --max-per-title.")] = None,
    rows_per_shard: Annotated[int | None, typer.Option(help="Sentences a shard, about. Default: 50,000.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes. Default: one a core.")] = None,
    memory: Annotated[
        str | None, typer.Option(help="Memory for the joins, beyond which they spill to disk. Default: 1GB.")
    ] = None,
    strict: Annotated[bool | None, typer.Option("--strict", help="Stop at the first fault of an input.")] = None,
    keep_parts: Annotated[
        bool | None, typer.Option("--keep-parts", help="Keep the working files when the run has ended.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    config: Annotated[
        Path | None, typer.Option(help="Settings file, table [wikipedia]; ousianer.toml here by default.")
    ] = None,
) -> None:
    """Turn a Wikipedia dump into typing lines for `pretrain --typing`: links, bold titles and what is named like them
    become mentions, the types of their titles become labels."""
    from ousianer_cli.corpus.wikipedia import prepare_wikipedia
    from ousianer_cli.settings.prepare_wikipedia import WikipediaSettings

    given: dict[str, Any] = dict(locals())
    names = WikipediaSettings.__dataclass_fields__
    overrides = {k: _plain(v) for k, v in given.items() if k in names}
    settings = resolve(WikipediaSettings, "wikipedia", overrides, config=config)
    report = prepare_wikipedia(settings, resume=resume)
    print_report(report, settings.out)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, Path) else value


def print_report(report: Mapping[str, Any], out: str) -> None:
    """The report on stdout: what was read, found, kept and dropped, and what it cost."""
    mentions = report.get("mentions", {})
    sentences = report.get("sentences written", 0)
    print(f"{out}: {sentences:,} sentences, {sum(mentions.values()):,} mentions of {report['distinct types']:,} types")
    for title, name in (
        ("pages", "pages"),
        ("articles", "articles"),
        ("redirects", "redirects"),
        ("links", "links"),
        ("title tables", "title tables"),
        ("mentions found", "mentions found"),
        ("mentions kept", "mentions"),
        ("sentences", "sentences"),
    ):
        _print_counts(title, report.get(name, {}))
    links = report.get("links", {})
    if links.get("all"):
        with_capital, typed = links["with a capital letter"], links["these typed"]
        share = typed / with_capital if with_capital else 0.0
        print(f"typed links: {links['typed'] / links['all']:.1%} of all, {share:.1%} of those with a capital letter")
    for how, reasons in report.get("mentions dropped", {}).items():
        _print_counts(f"mentions dropped, {how}", reasons)
    for title in ("sentences dropped", "left out of articles", "faults"):
        _print_counts(title, report.get(title, {}))
    for example in [*report.get("fault examples", []), *report.get("redirect circles", [])]:
        print(f"  {example}")
    _print_counts("most frequent types", report.get("types", {}))
    steps = ", ".join(f"{name} {seconds:,.1f}" for name, seconds in report["seconds"].items())
    largest = report["peak memory of the largest process, MiB"]
    print(f"seconds by step: {steps}; {report['workers']} processes; the largest held {largest:,} MiB")


def _print_counts(title: str, counts: Mapping[str, int]) -> None:
    rows = sorted(((n, name) for name, n in counts.items() if n), key=lambda row: (-row[0], row[1]))
    if not rows:
        return
    print(f"{title}:")
    for number, name in rows[:_SHOWN]:
        print(f"  {number:>12,}  {name}")
    if len(rows) > _SHOWN:
        print(f"  {sum(n for n, _ in rows[_SHOWN:]):>12,}  others ({len(rows) - _SHOWN} kinds)")
