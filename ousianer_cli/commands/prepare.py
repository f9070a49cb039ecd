"""`ousianer prepare …`: turn corpora, dumps, title types and silver data into the project's own training lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ousianer_cli.commands.lists import ListOptions
from ousianer_cli.commands.prepare_names import names
from ousianer_cli.commands.prepare_silver import silver
from ousianer_cli.commands.prepare_types import types
from ousianer_cli.commands.prepare_wikipedia import wikipedia
from ousianer_cli.errors import SettingsError

prepare_app = typer.Typer(
    name="prepare", help="Turn corpora, Wikipedia dumps and silver data into training corpora.", no_args_is_help=True
)


prepare_app.command("silver")(silver)
prepare_app.command("names")(names)
prepare_app.command("types")(types)
prepare_app.command("wikipedia", cls=ListOptions)(wikipedia)


@prepare_app.command("corpus")
def corpus(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Corpus files; each may have its own format. OntoNotes, brat, LAF and AIDA tabs also by folder.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="JSON lines to write.", show_default=False)],
    format: Annotated[
        str | None,
        typer.Option(
            help="conll, fewnerd, conllu, figer-json, ousianer, spans, ontonotes, brat, laf or aida. "
            "Default: told by content."
        ),
    ] = None,
    token_column: Annotated[
        int | None, typer.Option(help="Column of the token, from 0 (-1 is the last). Default: 0; for conllu 1.")
    ] = None,
    tag_column: Annotated[
        int | None, typer.Option(help="Column of the tag, from 0 (-1 is the last). Default: the last; for conllu 2.")
    ] = None,
    tag_names: Annotated[str | None, typer.Option(help="Names of numbered tags, comma separated, or a file.")] = None,
    map: Annotated[
        Path | None,
        typer.Option(help="Label-mapping table: label<TAB>TYPE|TYPE; '-' lies outside. Without one, labels stay."),
    ] = None,
    map_to: Annotated[
        str | None,
        typer.Option(
            help="wordnet or wordnet:SOURCE: synsets by the shipped table, for pretraining; SOURCE is fewnerd, "
            "crossner, coarse, wfbg, ontonotes, or nouns (the mentions' own). aida or aida:ontonotes: AIDA types, for "
            "fine-tuning."
        ),
    ] = None,
    taxonomy: Annotated[
        str | None,
        typer.Option(
            help="Check the types of --map, or without it read the labels as types in any case: aida, aida-edl, or a "
            "taxonomy file."
        ),
    ] = None,
    unmapped: Annotated[
        str,
        typer.Option(help="A label without a row: error; drop (with its sentence, if that trains detection); outside."),
    ] = "error",
    supervises: Annotated[
        str | None,
        typer.Option(
            help="detection (all names are marked), typing (those marked have types) or both. "
            "Default: both, for AIDA tabs typing; our own lines say it themselves."
        ),
    ] = None,
    types: Annotated[
        str | None,
        typer.Option(
            help="Labels that count as names, comma separated; words of others are no names. Default: all, of "
            "OntoNotes the 11 that are no numbers or dates."
        ),
    ] = None,
    genres: Annotated[
        str | None,
        typer.Option(help="OntoNotes: genres, comma separated, of bc, bn, mz, nw, tc, wb; or all. Default: nw,wb."),
    ] = None,
    levels: Annotated[
        str | None,
        typer.Option(help="AIDA tabs: mention levels, comma separated, of NAM, NOM, PRO. Default: NAM."),
    ] = None,
    source: Annotated[
        list[Path] | None,
        typer.Option(help="LAF and AIDA tabs: the LTF they annotate, file, folder or zip (may be repeated)."),
    ] = None,
    exclude: Annotated[
        list[Path] | None, typer.Option(help="Drop sentences that this file holds too (may be repeated).")
    ] = None,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean",
            help="Keep only sentences in which no capitalised word is left O, where a corpus does not mark every name.",
        ),
    ] = False,
    demonyms: Annotated[
        str,
        typer.Option(
            help="National adjectives, peoples, languages that labels call places, or put outside: keep; guidelines "
            "(French in 'French troops' is GPE, Danes are outside); outside."
        ),
    ] = "keep",
    limit: Annotated[
        int | None, typer.Option(help="Keep at most so many sentences, drawn at random, in their order.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of --limit.")] = 0,
    split_by_hash: Annotated[
        float | None, typer.Option(help="Share of sentences to hold out, by a hash of the lower-cased sentence.")
    ] = None,
    held_out: Annotated[Path | None, typer.Option(help="JSON lines for the share held out.")] = None,
) -> None:
    """Turn labelled corpora into training lines: labels mapped, duplicates dropped, everything dropped counted.

    Reads CoNLL/IOB2 in any column layout, Few-NERD (IO or BIO), CoNLL-U-like IOB2, FIGER-style JSON lines, spans in
    JSON lines (Prodigy, spaCy), the project's own JSON lines, OntoNotes 5.0 (CoNLL-2012 and .name files), brat
    standoff, and LAF and AIDA tabs over LTF.
    """
    if (split_by_hash is None) != (held_out is None):
        given, missing = ("--split-by-hash", "--held-out") if held_out is None else ("--held-out", "--split-by-hash")
        raise SettingsError(f"{given}: expected together with {missing}; give both or neither")
    from ousianer_cli.corpus.prepare import prepare_corpus
    from ousianer_cli.formats.corpus import write_corpus
    from ousianer_cli.settings.prepare_corpus import PrepareSettings

    values: dict[str, Any] = {"format": format, "unmapped": unmapped, "supervises": supervises, "demonyms": demonyms}
    settings = PrepareSettings(
        **values,
        map=map,
        map_to=map_to,
        taxonomy=taxonomy,
        exclude=tuple(exclude or ()),
        clean=clean,
        limit=limit,
        seed=seed,
        held_fraction=split_by_hash or 0.0,
        types=_words(types),
    )
    options = {
        "token_column": token_column,
        "tag_column": tag_column,
        "tag_names": tag_names,
        "genres": list(_words(genres, str.lower)),
        "levels": list(_words(levels, str.upper)),
        "source": [str(path) for path in source or ()],
    }
    prepared = prepare_corpus(files, settings, options)
    write_corpus(output, prepared.sentences)
    if held_out is not None:
        write_corpus(held_out, prepared.held)
    print_summary(prepared, output, held_out)


def _words(text: str | None, spelled: Callable[[str], str] = str) -> tuple[str, ...]:
    """The parts of a comma-separated option."""
    return tuple(spelled(part.strip()) for part in (text or "").split(",") if part.strip())


def print_summary(prepared: Any, output: Path, held_out: Path | None) -> None:
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
    for path, sentences in ((output, prepared.sentences), (held_out, prepared.held)):
        if path is not None:
            mentions = sum(len(s.mentions) for s in sentences)
            documents = len({s.document for s in sentences} - {""})
            of_them = f" of {documents:,} documents" if documents else ""
            console.print(f"{escape(str(path))}: {len(sentences):,} sentences{of_them}, {mentions:,} mentions")
