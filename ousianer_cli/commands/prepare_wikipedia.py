"""`ousianer prepare wikipedia`: a Wikipedia dump and title types into silver for typing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ousianer_cli.commands.options import Given, command
from ousianer_cli.settings.prepare_wikipedia import WikipediaSettings

_SHOWN = 15


@command(WikipediaSettings, resume=True)
def wikipedia(settings: WikipediaSettings, given: Given) -> None:
    """Turn a Wikipedia dump into typing lines for `pretrain --typing`: links, bold titles and what is named like them
    become mentions, the types of their titles become labels."""
    from ousianer_cli.corpus.wikipedia import prepare_wikipedia

    print_report(prepare_wikipedia(settings, resume=given.resume), settings.out)


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
