"""OntoNotes 5.0: CoNLL-2012 files (`*_gold_conll`) and the release's own `.name` files.

CoNLL-2012: `#begin document (nw/…); part 000`, one word a line; the word is in column 3 and its name in column 10, from
0 (`(PERSON*`, `*`, `*)`, `(GPE)`). `.name`: `<DOC DOCNO="nw/…@…">`, one sentence a line, blanks between tokens, names
in `<ENAMEX TYPE="ORG" S_OFF="1" E_OFF="2">`, which encloses whole tokens: S_OFF characters of the first and E_OFF of
the last are not part of the name.

A document's genre is the first part of its id. Tokens come out as their text has them: `-LRB-` as `(`, `/.` as `.`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.labelled import CorpusReport, LabelledMention, LabelledSentence
from ousianer_cli.formats.ontonotes_name import _DOC, read_name
from ousianer_cli.formats.ontonotes_tokens import surface
from ousianer_cli.formats.registry import NO, SURE, CorpusReader, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.standoff import FiledMention
from ousianer_cli.formats.text import numbered_lines
from ousianer_cli.settings import setting
from ousianer_cli.settings.base import Settings

GENRES = {
    "bc": "broadcast conversation",
    "bn": "broadcast news",
    "mz": "magazines",
    "nw": "newswire",
    "pt": "pivot text",
    "tc": "telephone conversation",
    "wb": "web",
}
DEFAULT_GENRES = ("nw", "wb")
WITHOUT_NAMES = ("pt",)
"""Genres in which the release marks no names."""
ALL_GENRES = "all"
ENDINGS = (".name", "gold_conll", "auto_conll", "_skel")
NAME_CLASSES = (
    "PERSON", "NORP", "FAC", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE",
)  # fmt: skip
NUMERIC_CLASSES = ("DATE", "TIME", "PERCENT", "MONEY", "QUANTITY", "ORDINAL", "CARDINAL")
OTHER_LANGUAGE = "files of another language than English"
AS_NAME_FILE = "CoNLL files whose document is also there as .name"
_BEGIN = re.compile(r"#begin document \((?P<id>[^)]*)\);?(?: part (?P<part>\d{1,9}))?.*")
_BLANKS = re.compile(r"[ \t]+")
_CELL = re.compile(r"\((?P<label>[^\s()*]+)(?P<whole>\*?\))?\*?|(?P<close>\*\))|[*-]")
_WORD_COLUMN, _NAME_COLUMN = 3, 10


@dataclass(frozen=True, slots=True)
class GenreOptions(Settings):
    """Which genres of OntoNotes are read."""

    genres: list[str] = setting(
        [],
        doc="OntoNotes: genres, of bc, bn, mz, nw, tc, wb; or all. Also as a comma list.",
        group="formats",
        comma=True,
        spelled=str.lower,
        shown="nw,wb",
    )

    def check(self) -> None:
        """Refuse genres that there are not, or that have no names marked."""
        for genre in self.genres:
            if genre in WITHOUT_NAMES:
                raise SettingsError(f"--genres: OntoNotes marks no names in {genre} ({GENRES[genre]}); leave it out")
            if genre not in (*GENRES, ALL_GENRES):
                known = ", ".join(g for g in GENRES if g not in WITHOUT_NAMES)
                raise SettingsError(f"--genres: expected {known} or {ALL_GENRES}, found '{genre}'")

    def chosen(self) -> tuple[str, ...]:
        """The genres to read; documents that name none are among `all`."""
        if ALL_GENRES in self.genres:
            return (*(genre for genre in GENRES if genre not in WITHOUT_NAMES), "unknown")
        return tuple(self.genres) or DEFAULT_GENRES


def is_ontonotes_name(name: str) -> bool:
    """Whether a file of this name is one to read in a folder."""
    return name.endswith((".name", "gold_conll")) and not name.startswith(".")


def ontonotes_files(path: str | Path, report: CorpusReport | None = None) -> list[Path]:
    """The English `.name` and `*gold_conll` files of a folder (recursive, sorted), or the file itself.

    A document that is there in both forms is taken from its `.name` file.

    Raises:
        InputError: a folder without any.
    """
    path = Path(path)
    report = report if report is not None else CorpusReport()
    if not path.is_dir():
        return [path]
    inside = sorted(file for file in path.rglob("*") if file.is_file())
    found = [file for file in inside if is_ontonotes_name(file.name)]
    english = [file for file in found if not {"arabic", "chinese"} & set(file.relative_to(path).parts)]
    if not english:
        if any(file.name.endswith("_skel") for file in inside):
            raise _skeleton(path, None, "only *_skel files")
        what = "only Arabic and Chinese ones" if found else "none in the folder"
        raise InputError("English OntoNotes files (.name, *_gold_conll)", what, path=path, remedy="check the path")
    if len(english) < len(found):
        report.drop(OTHER_LANGUAGE, len(found) - len(english))
    named = {(file.parent.name, file.stem) for file in english if file.suffix == ".name"}
    kept = [f for f in english if f.suffix == ".name" or (f.parent.name, f.name.split(".")[0]) not in named]
    if len(kept) < len(english):
        report.drop(AS_NAME_FILE, len(english) - len(kept))
    return kept


def read_ontonotes(
    paths: Sequence[str | Path], options: GenreOptions | None = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """The sentences of files, or of the English files below a folder, of the genres asked for.

    All 18 classes come out; which of them are names is chosen later (`NAME_CLASSES`). Sentences of other genres are
    counted in `report`.

    Raises:
        InputError: a skeleton file without words, machine-made names, a broken line; with file and line.
    """
    report = report if report is not None else CorpusReport()
    genres = (options or GenreOptions()).chosen()
    for file in (file for path in paths for file in ontonotes_files(path, report)):
        if file.name.endswith("auto_conll"):
            remedy = "use the *_gold_conll file"
            raise InputError("names marked by people", "a file of machine-made ones", path=file, remedy=remedy)
        sentences = read_name(file, report) if _is_name_file(file) else _read_conll(file)
        for sentence in sentences:
            genre = sentence.doc.partition("/")[0] if "/" in sentence.doc else "unknown"
            if genre in genres:
                yield sentence
            else:
                report.drop(f"sentences of genre {genre} (--genres)")


def _is_name_file(path: Path) -> bool:
    if path.suffix == ".name":
        return True
    first = next((line for _, line in numbered_lines(path) if line.strip()), "")
    return _DOC.match(first.strip()) is not None


def _skeleton(path: Path, line: int | None, found: str) -> InputError:
    remedy = "put the words in with CoNLL-2012's skeleton2conll.sh and the OntoNotes release, and read *_gold_conll"
    return InputError("words", f"{found} (a skeleton file)", path=path, line=line, remedy=remedy)


def _read_conll(path: Path) -> Iterator[LabelledSentence]:
    doc = ""
    rows: list[tuple[int, list[str]]] = []
    for number, line in numbered_lines(path):
        if line.startswith(("#begin document", "#end document")) or not line.strip():
            if rows:
                yield _sentence(path, doc or rows[0][1][0], rows)
                rows = []
            if match := _BEGIN.fullmatch(line.strip()):
                part = int(match["part"] or 0)
                doc = f"{match['id']}#{part:03}" if part else match["id"]
            continue
        cells = _BLANKS.split(line.strip(" \t"))
        if len(cells) <= _NAME_COLUMN:
            expected = f"at least {_NAME_COLUMN + 1} columns, the name in column {_NAME_COLUMN} from 0"
            remedy = "see docs/formats.md, OntoNotes; another CoNLL layout is read with --format conll"
            raise InputError(expected, f"{len(cells)}: '{line[:60]}'", path=path, line=number, remedy=remedy)
        if cells[_WORD_COLUMN] == "[WORD]":
            raise _skeleton(path, number, "'[WORD]'")
        rows.append((number, cells))
    if rows:
        yield _sentence(path, doc or rows[0][1][0], rows)


def _sentence(path: Path, doc: str, rows: list[tuple[int, list[str]]]) -> LabelledSentence:
    mentions: list[LabelledMention] = []
    opened: tuple[int, str, int] | None = None
    for i, (number, cells) in enumerate(rows):
        tag = cells[_NAME_COLUMN]
        match = _CELL.fullmatch(tag)
        if match is None or (match["label"] and opened) or (match["close"] and not opened):
            where = f", inside the name of line {opened[2]}" if opened else ", outside a name"
            expected = "a name as (LABEL*, *, *) or (LABEL), none inside another"
            raise InputError(expected, f"'{tag}'{where}", path=path, line=number, remedy="see docs/formats.md")
        if match["label"]:
            opened = i, match["label"], number
        if opened and (match["whole"] or match["close"]):
            mentions.append(FiledMention(opened[0], i + 1, (opened[1],), line=opened[2], path=str(path)))
            opened = None
    if opened:
        expected = "the end of the name in its sentence"
        raise InputError(expected, f"none for ({opened[1]}*", path=path, line=opened[2], remedy="see docs/formats.md")
    tokens = tuple(surface(cells[_WORD_COLUMN]) for _, cells in rows)
    return LabelledSentence(tokens, tuple(mentions), doc, rows[0][0])


def _recognise(sample: Sample) -> int:
    first = sample.first.lstrip()
    return SURE if first.startswith(("#begin document (", "<DOC DOCNO=")) else NO


FORMATS = (
    Format(
        "ontonotes",
        "OntoNotes 5.0, as CoNLL-2012 or .name files",
        _recognise,
        endings=ENDINGS,
        corpus=CorpusReader(
            read_ontonotes,
            GenreOptions,
            folders=True,
            labels_of="ontonotes",
            names=NAME_CLASSES,
            other_labels=NUMERIC_CLASSES,
            wanted=lambda options: f"sentences of genre {', '.join(options.chosen())} (--genres)",
        ),
    ),
)
