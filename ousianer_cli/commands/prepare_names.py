"""`ousianer prepare names`: a model marks the names of silver text, so that it can train detection too."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer


def mark_files(model: Path | None, files: list[Path], output: Path, rest: Path | None) -> Counter[str]:
    """Write the sentences whose names are all marked now to `output`, the others to `rest`; returns the counts."""
    from ousianer_cli.formats.atomic import atomic_writer
    from ousianer_cli.formats.corpus import dump_sentence, read_corpus
    from ousianer_cli.network.checkpoint import load_model
    from ousianer_cli.released_models import released_model
    from ousianer_cli.tagging.selftrain import mark_names

    counts: Counter[str] = Counter()
    teacher = load_model(model or released_model())
    sentences = (s for path in files for s in read_corpus(path))
    left = []
    with atomic_writer(output) as out:
        for sentence, marked in mark_names(teacher, sentences, counts):
            if marked:
                out.write(dump_sentence(sentence) + "\n")
            else:
                left.append(sentence)
    if rest is not None:
        with atomic_writer(rest) as out:
            out.writelines(dump_sentence(sentence) + "\n" for sentence in left)
    return counts


def names(
    files: Annotated[list[Path], typer.Argument(metavar="CORPUS...", help="Typing lines, as `prepare silver` writes.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Lines whose names are all marked (JSON lines).")],
    model: Annotated[
        Path | None, typer.Option("-m", "--model", help="The teacher. Default: the shipped model.", show_default=False)
    ] = None,
    rest: Annotated[
        Path | None, typer.Option(help="The lines in which the teacher is unsure, unchanged.", show_default=False)
    ] = None,
) -> None:
    """Self-training: mark the names of silver text with a model, known mentions winning over it.

    The lines feed both losses: pretrain --joint-closed.
    """
    counts = mark_files(model, files, output, rest)
    print(f"{output}: {counts['sentences marked']:,} sentences, {counts['names marked']:,} names")
    for what, number in sorted(counts.items()):
        if what not in ("sentences marked", "names marked"):
            print(f"  {number:>9,}  {what}")
