"""The formats that are read: each is a module of `formats.kinds` that declares `FORMATS`.

A new format is a new module there and nothing else. A `Format` says how a file of its kind is recognised, and has a
reader for each use that it serves: labelled sentences (`ousianer prepare corpus`), rows to score (`ousianer score`),
documents (`ousianer tag`), annotated documents (`ousianer view`, `diff`, `convert`).
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, TextIO

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats import kinds
from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, Annotation, details
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.sample import Sample
from ousianer_cli.settings import flag

NO, PERHAPS, LIKELY, SURE = 0, 1, 2, 3
"""How surely a file is of a format; `PERHAPS` is for what is read as columns or rows if nothing else fits."""


@dataclass(frozen=True, slots=True)
class NoOptions:
    """The options of a format that has none of its own."""


@dataclass(frozen=True, slots=True)
class CorpusReader:
    """How a format is read as labelled sentences."""

    read: Callable[[Sequence[Path], Any, CorpusReport], Iterator[LabelledSentence]]
    """`read(paths, options, report)`: the sentences of the files, in order; what is left out goes into the report."""
    options: type = NoOptions
    """A dataclass of `settings.setting` fields: options of `ousianer prepare corpus` that this format alone heeds."""
    folders: bool = False
    """Whether a folder may be named instead of its files."""
    together: bool = False
    """Whether neighbours on the command line are read at once, since they share a text that lies elsewhere."""
    labels_of: str = ""
    """The source of its labels in the shipped tables (`--map-to`), where that follows from the format."""
    names: tuple[str, ...] = ()
    """The labels that count as names unless `--types` says otherwise, where not all do."""
    other_labels: tuple[str, ...] = ()
    """The labels that it has beside `names`."""
    warning: Callable[[bool, str | None], str] = lambda clean, supervises: ""
    """What to be told where the corpus is used for detection: `warning(--clean, --supervises)`."""
    wanted: Callable[[Any], str] | None = None
    """What must be read of its files, by their options (`sentences of genre nw`): nothing at all is a mistake."""


MentionReader = Callable[[Path, Counter[str]], Iterator[EdlRow]]
"""`read(path, skipped)`: the rows of a file of gold or answers; what is left out is counted in `skipped`."""
DocumentReader = Callable[[IO[bytes], str, str, ReadOptions], Iterator[Document]]
"""`read(handle, name, label, options)`: the documents of an open file; `name` is the id of one that has none of its
own, `label` says where the file is."""


@dataclass(frozen=True, slots=True)
class AnnotationOptions:
    """How files of annotated documents are read."""

    source: Sequence[str | Path] = ()
    """The documents of formats that hold no text: files, folders, archives, `@list.txt`."""
    after_xml_declaration: bool = False
    """Whether offsets count from after the first `<?xml …?>` line of a document."""
    empty: bool = False
    """Whether documents of `source` that nothing is said of are given too; they are counted otherwise."""


AnnotationReader = Callable[[Path, AnnotationOptions, CorpusReport], Iterator[AnnotatedDocument]]
"""`read(path, options, report)`: the documents of a run or of a person's work with all that is marked in them; what is
left out is counted in the report."""


@dataclass(slots=True)
class WriteOptions:
    """How annotated documents are written, and what could not be."""

    run_id: str = "ousianer"
    """Column 1 of an EDL tab, for names that have none."""
    lost: Counter[str] = dataclasses.field(default_factory=Counter)
    """What the format cannot hold: reason -> count."""

    def lose_details(self, name: Annotation, kept: Sequence[str] = ()) -> None:
        """Count what is known of a name beside place and type and is not written."""
        for key in details(name).keys() - set(kept):
            self.lost[f"names lose their {_WORDS[key]}"] += 1


_WORDS = {
    "form": "NOM",
    "confidence": "confidence",
    "detection": "probability of being a name",
    "kb_id": "id in the knowledge base or NIL id",
    "mention_id": "mention id",
    "run_id": "run id",
    "alternatives": "alternatives",
    "yago": "YAGO classes",
}


@dataclass(frozen=True, slots=True)
class AnnotationWriter:
    """How annotated documents are written: into one open file, or into a folder that is new and empty."""

    file: Callable[[Iterable[AnnotatedDocument], TextIO, WriteOptions], None] | None = None
    folder: Callable[[Iterable[AnnotatedDocument], Path, WriteOptions], None] | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its name, how it is recognised, and its readers."""

    name: str
    about: str
    """What it is, in a few words."""
    recognise: Callable[[Sample], int]
    """How surely a file is of it, by its beginning: NO, PERHAPS, LIKELY or SURE.

    May raise an `InputError` for a file that is surely none of the formats of this kind, but looks like one.
    """
    endings: tuple[str, ...] = ()
    """Ends of file names, in small letters and without `.gz`, that are always of this format."""
    corpus: CorpusReader | None = None
    mentions: MentionReader | None = None
    documents: DocumentReader | None = None
    annotations: AnnotationReader | None = None
    writer: AnnotationWriter | None = None

    # Of documents alone
    names: tuple[str, ...] = ()
    """Ends of file names as `endings`, by which a folder's files are taken; their content says what they are."""
    preference: int = 3
    """Of several files of one document in a folder, those of the lowest are read."""
    forced_on: tuple[str, ...] = ()
    """Formats whose files in a folder `--input-format` reads as this one."""
    exact: bool = False
    """Whether `--input-format` can make no file of it, nor one of it another's."""
    psm_beside: bool = False
    """Whether a psm file beside a document says of what kind its stretches are."""
    rsd_beside: bool = False
    """Whether an `rsd.txt` beside a document has to hold the same text."""

    @property
    def described(self) -> str:
        """What a file of it is, for messages."""
        return f"{self.about} ({self.name})"


def formats() -> dict[str, Format]:
    """Every format by name, in the order of its modules' names.

    Raises:
        ValueError: two formats of one name.
    """
    return dict(_formats_of(tuple(kinds.__path__)))


@lru_cache(maxsize=4)
def _formats_of(places: tuple[str, ...]) -> dict[str, Format]:
    """The formats of the modules in these folders, which are looked through once."""
    found: dict[str, Format] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(places)):
        for form in importlib.import_module(f"{kinds.__name__}.{module}").FORMATS:
            if found.setdefault(form.name, form) is not form:
                raise ValueError(f"two formats are called {form.name}")
    return found


def corpus_formats() -> dict[str, Format]:
    """The formats that hold labelled sentences."""
    return {name: form for name, form in formats().items() if form.corpus is not None}


def mention_formats() -> dict[str, Format]:
    """The formats that hold rows to score."""
    return {name: form for name, form in formats().items() if form.mentions is not None}


def document_formats() -> dict[str, Format]:
    """The formats that hold documents to tag, in the order in which a document's forms are preferred."""
    return dict(_document_formats_of(tuple(kinds.__path__)))


@lru_cache(maxsize=4)
def _document_formats_of(places: tuple[str, ...]) -> dict[str, Format]:
    known = {name: form for name, form in _formats_of(places).items() if form.documents is not None}
    return dict(sorted(known.items(), key=lambda item: item[1].preference))


def annotation_formats() -> dict[str, Format]:
    """The formats that hold documents with names marked in them: runs, gold and people's work."""
    return {name: form for name, form in formats().items() if form.annotations is not None}


def written_formats() -> dict[str, Format]:
    """The formats that annotated documents are written in."""
    return {name: form for name, form in formats().items() if form.writer is not None}


def formats_by_name(path: str | Path, among: Iterable[Format]) -> list[Format]:
    """The formats to which a file's name belongs."""
    name = Sample(path).name
    return [form for form in among if form.endings and name.endswith(form.endings)]


def recognise(path: str | Path, among: Iterable[Format]) -> Format | None:
    """The format of a file: by its name, else the surest by its beginning; None where it looks like none of them.

    Raises:
        InputError: an unreadable file, or one that looks like several formats alike.
    """
    known = list(among)
    by_name = formats_by_name(path, known)
    if len(by_name) == 1:
        return by_name[0]
    sample = Sample(path)
    surest, best = NO, list[Format]()
    for form in by_name or known:
        sureness = form.recognise(sample)
        if sureness > surest:
            surest, best = sureness, []
        if sureness == surest > NO:
            best.append(form)
    if len(best) > 1:
        names = [form.name for form in best]
        remedy = f"say which: --format {'|'.join(names)}"
        raise InputError("a file of one format", f"one that may be {' or '.join(names)}", path=path, remedy=remedy)
    return best[0] if best else None


def looks_like(record: dict[str, Any]) -> str:
    """The names of the formats that one JSON record may be of; empty where it is of none."""
    sample = Sample("record.jsonl")
    sample.__dict__.update(head="{", first='{"', lines=[], records=[record])
    surely = [name for name, form in corpus_formats().items() if form.recognise(sample) >= LIKELY]
    return " or ".join(surely)


def option_classes() -> list[type]:
    """The dataclasses of the options that corpus formats have of their own; of one that another extends, the other."""
    all_of_them = (form.corpus.options for form in corpus_formats().values() if form.corpus)
    classes = dict.fromkeys(cls for cls in all_of_them if dataclasses.fields(cls))
    return [cls for cls in classes if not any(cls is not other and issubclass(other, cls) for other in classes)]


def options_for(form: Format, values: Mapping[str, Any]) -> Any:
    """The options of a corpus format's own, from all that were given.

    Raises:
        SettingsError: a value that the format refuses.
    """
    assert form.corpus is not None
    known = {field.name for field in dataclasses.fields(form.corpus.options)}
    return form.corpus.options(**{name: value for name, value in values.items() if name in known})


def check_options(values: Mapping[str, Any], used: Sequence[Format]) -> None:
    """Refuse an option that none of the formats in use heeds.

    Raises:
        SettingsError: such an option was given.
    """
    known = {field.name for form in used if form.corpus for field in dataclasses.fields(form.corpus.options)}
    for name, value in values.items():
        if name not in known and value not in (None, [], ()):
            readers = [f.name for f in corpus_formats().values() if f.corpus and _has(f.corpus.options, name)]
            if not readers:
                raise SettingsError(f"no format has an option {flag(name)}")
            found = ", ".join(sorted(form.name for form in used))
            expected = f"files of format {' or '.join(readers)}"
            raise SettingsError(f"{flag(name)}: expected {expected}, found {found}; leave it out")


def _has(options: type, name: str) -> bool:
    return any(field.name == name for field in dataclasses.fields(options))
