"""`ousianer prepare corpus`: labelled corpora into training lines."""

from __future__ import annotations

import dataclasses
from typing import Any

from ousianer_cli.commands.options import command
from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import require
from ousianer_cli.settings.prepare_corpus import PrepareSettings


def _formats() -> tuple[str, ...]:
    from ousianer_cli.formats.registry import corpus_formats

    return tuple(corpus_formats())


def _options_of_formats() -> list[type]:
    from ousianer_cli.formats.registry import option_classes

    return option_classes()


@command(PrepareSettings, choices={"format": _formats}, late=_options_of_formats)
def corpus(settings: PrepareSettings, *of_formats: Any) -> None:
    """Turn labelled corpora into training lines: labels mapped, duplicates dropped, everything dropped counted.

    Reads CoNLL in any column layout and tagging scheme, Few-NERD, CoNLL-U-like IOB2, JSON as Prodigy, spaCy, doccano,
    GLiNER, Hugging Face and FIGER have it, the project's own lines, OntoNotes 5.0 (CoNLL-2012 and .name files), brat
    standoff, and LAF and AIDA tabs over LTF.
    """
    require(settings.files, "files", "corpus", "corpora to prepare", "FILE...")
    out = require(settings.out, "out", "corpus", "the training lines to write", "-o FILE")
    if bool(settings.split_by_hash) != bool(settings.held_out):
        given, missing = "--split-by-hash", "--held-out"
        if settings.held_out:
            given, missing = missing, given
        raise SettingsError(f"{given}: expected together with {missing}; give both or neither")
    from ousianer_cli.corpus.prepare import prepare_corpus
    from ousianer_cli.formats.corpus import write_corpus

    options = {field.name: getattr(made, field.name) for made in of_formats for field in dataclasses.fields(made)}
    prepared = prepare_corpus(settings.files, settings, options)
    write_corpus(out, prepared.sentences)
    if settings.held_out:
        write_corpus(settings.held_out, prepared.held)
    print_summary(prepared, out, settings.held_out)


def print_summary(prepared: Any, out: str, held_out: str) -> None:
    """Print what a `Prepared` holds and what was dropped, as tables on stdout."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    report = prepared.report
    console = Console(highlight=False, soft_wrap=True)

    table = Table("file", "format", "sentences read", title="Read", title_justify="left")
    table.columns[2].justify = "right"
    for path, (kind, count) in report.files.items():
        table.add_row(escape(path), kind, f"{count:,}")
    console.print(table)

    heads = ["type", "mentions", *(["held out"] if held_out else [])]
    table = Table(*heads, title="Mentions by type", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for name in sorted({*report.types, *report.held_types}, key=lambda t: (-report.types[t], t)):
        held = [f"{report.held_types[name]:,}"] if held_out else []
        table.add_row(escape(name), f"{report.types[name]:,}", *held)
    console.print(table)
    if report.nested:
        console.print(f"Beside them {report.nested:,} names inside longer ones, marked as nested.")

    dropped = [
        *(("sentence", reason, count) for reason, count in report.dropped_sentences.most_common()),
        *(("mention", reason, count) for reason, count in report.dropped_mentions.most_common()),
        *(("left out by the reader", reason, count) for reason, count in report.dropped_other.most_common()),
    ]
    if dropped:
        table = Table("dropped", "reason", "count", title="Dropped", title_justify="left")
        table.columns[2].justify = "right"
        for what, reason, count in dropped:
            table.add_row(what, escape(reason), f"{count:,}")
        console.print(table)
    else:
        console.print("Nothing was dropped.")
    if report.unmapped:
        labels = ", ".join(f"{label} {count:,}" for label, count in report.unmapped.most_common())
        console.print(f"Labels without a row in the table: {escape(labels)}")
    for note in report.notes:
        console.print(f"Note: {escape(note)}")
    for path, sentences in ((out, prepared.sentences), (held_out, prepared.held)):
        if path:
            mentions = sum(len(s.mentions) for s in sentences)
            documents = len({s.document for s in sentences} - {""})
            of_them = f" of {documents:,} documents" if documents else ""
            console.print(f"{escape(str(path))}: {len(sentences):,} sentences{of_them}, {mentions:,} mentions")
