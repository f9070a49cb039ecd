"""Any corpus file in, labelled sentences out: tells the format by content and calls its reader (`formats.registry`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ousianer_cli.errors import InputError
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.misplaced import no_corpus
from ousianer_cli.formats.registry import (
    PERHAPS,
    Format,
    check_options,
    corpus_formats,
    formats_by_name,
    options_for,
    recognise,
)
from ousianer_cli.formats.sample import Sample


def detect_format(path: str | Path) -> str:
    """The name of a corpus's format: a folder's by the names of its files, a file's by its name or its beginning.

    Raises:
        InputError: nothing in the file or folder looks like any format, or it looks like several.
    """
    path = Path(path)
    known = corpus_formats()
    if path.is_dir():
        return _folder_format(path, known)
    form = recognise(path, known.values())
    sample = Sample(path)
    by_name = form is not None and form in formats_by_name(path, known.values())
    # A name, or a sure beginning, counts for more: its reader says what is wrong. LAF is sure of any XML.
    doubtful = form is None or (not by_name and (form.recognise(sample) == PERHAPS or form.name == "laf"))
    if doubtful and (other := no_corpus(sample)):
        raise InputError("a corpus of labelled sentences", other.what, path=path, remedy=other.remedy)
    if form is not None:
        return form.name
    first = sample.first
    expected = "JSON lines or columns of tokens and tags" if first else "a corpus"
    remedy = f"check the file, or name its format: --format {'|'.join(known)}"
    raise InputError(expected, f"{first[:40]!r}" if first else "no token in it", path=path, remedy=remedy)


def _folder_format(path: Path, known: Mapping[str, Format]) -> str:
    """The one format that a folder's files show by their names."""
    of_folders = {name: form for name, form in known.items() if form.corpus and form.corpus.folders}
    files = [file for file in path.rglob("*") if not file.name.startswith(".")]
    named = {form.name for file in files for form in formats_by_name(file, of_folders.values())}
    formats = [name for name in of_folders if name in named]
    if len(formats) == 1:
        return formats[0]
    expected = f"a folder with files of {', '.join(of_folders)}"
    if formats:
        remedy = f"say which: --format {'|'.join(formats)}"
        raise InputError(f"{expected}, of one format", f"those of {' and '.join(formats)}", path=path, remedy=remedy)
    raise InputError(expected, "none of these", path=path, remedy="name corpora of other formats file by file")


def read_labelled(
    path: str | Path, corpus_format: str | None = None, *, report: CorpusReport | None = None, **options: Any
) -> Iterator[LabelledSentence]:
    """Read a corpus file or folder; without `corpus_format` it is recognised by content.

    Args:
        report: collects what the reader left out.
        options: of the format's own, by name (`token_column`, `genres`, `source`, …).
    Raises:
        InputError: a broken line, with file and line. SettingsError: an option that the format does not heed.
    """
    form = corpus_formats()[corpus_format or detect_format(path)]
    check_options(options, [form])
    return read_group([path], form, options, report if report is not None else CorpusReport())


def read_group(
    paths: Sequence[str | Path], form: Format, options: Mapping[str, Any], report: CorpusReport
) -> Iterator[LabelledSentence]:
    """As `read_labelled`, several paths of one format, and options of which some may be of other formats."""
    reader = form.corpus
    assert reader is not None
    for path in paths:
        if not reader.folders and Path(path).is_dir():
            raise InputError(f"a file of format {form.name}", "a folder", path=path, remedy="name its files")
    return reader.read([Path(path) for path in paths], options_for(form, options), report)
