"""Any corpus file in, labelled sentences out: tells the format by content and calls its reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, get_args

from ousianer_cli.errors import InputError
from ousianer_cli.formats.aida_tab import ENTITY_TABS, read_aida
from ousianer_cli.formats.brat import read_brat
from ousianer_cli.formats.conll import is_tag, read_conll, read_conllu, read_fewnerd, split_columns
from ousianer_cli.formats.corpus import read_corpus
from ousianer_cli.formats.figer_json import read_figer_json
from ousianer_cli.formats.labelled import LabelledMention, LabelledSentence, ReadReport, numbered_lines
from ousianer_cli.formats.laf import read_laf
from ousianer_cli.formats.ontonotes import DEFAULT_GENRES, read_ontonotes
from ousianer_cli.formats.spans_json import read_spans

CorpusFormat = Literal[
    "conll", "fewnerd", "conllu", "figer-json", "ousianer", "spans", "ontonotes", "brat", "laf", "aida"
]
CORPUS_FORMATS: tuple[CorpusFormat, ...] = get_args(CorpusFormat)
OF_FOLDERS: tuple[CorpusFormat, ...] = ("ontonotes", "brat", "laf", "aida")
"""Formats whose files may be named by their folder."""
OVER_SOURCE: tuple[CorpusFormat, ...] = ("laf", "aida")
"""Formats of annotation whose text lies elsewhere, in LTF."""

# Few-NERD's eight coarse classes: what tells its files from other two-column ones.
_FEWNERD_COARSE = frozenset(["art", "building", "event", "location", "organization", "other", "person", "product"])
_SNIFFED_LINES = 2000


def detect_format(path: str | Path) -> CorpusFormat:
    """Tell a corpus's format: a folder's from the names of its files, a file's from its name or its first 2,000 lines.

    `.ann` is brat, `.name` and `#begin document` OntoNotes, `.laf.xml` (also `.gz`, or in `.laf.zip`) LAF, a header
    with `textoffset_startchar` an AIDA tab. JSON objects with `text` and `spans` are Prodigy's and spaCy's, those whose
    mentions carry `labels` FIGER-style, others our own; a first column of word numbers makes CoNLL-U; two columns with
    Few-NERD's `coarse_fine` labels (or `coarse-fine`) make Few-NERD; the rest is CoNLL.

    Raises:
        InputError: nothing in the file or folder looks like any of these, or the folder holds several of them.
    """
    path = Path(path)
    if path.is_dir():
        return _folder_format(path)
    if named := _format_of_name(path.name):
        return named
    remedy = f"check the file, or name its format: --format {'|'.join(CORPUS_FORMATS)}"
    rows: list[list[str]] = []
    first = ""
    for _, line in islice(numbered_lines(path), _SNIFFED_LINES):
        if not line.strip():
            continue
        if not first and (kind := _format_of_first(line)):
            return kind
        first = first or line
        if line.lstrip().startswith("{") and not rows:
            if kind := _json_kind(line, path):
                return kind
        elif not line.startswith(("#", "-DOCSTART-")):
            rows.append(split_columns(line))
    if not rows:
        if first.lstrip().startswith("{"):
            return "ousianer"  # sentences without any mention: both JSON formats read alike
        raise InputError("a corpus", "no token in it", path=path, remedy=remedy)
    if all(len(r) >= 3 and r[0].replace("-", "").replace(".", "").isdecimal() for r in rows):
        return "conllu"
    if all(len(r) < 2 for r in rows):
        raise InputError("JSON lines or columns of tokens and tags", f"{rows[0][0][:40]!r}", path=path, remedy=remedy)
    labels = {_bare(r[-1]) for r in rows if r[-1] != "O"}
    if all(len(r) == 2 for r in rows) and labels and all(_is_fewnerd(label) for label in labels):
        return "fewnerd"
    return "conll"


def _format_of_name(name: str) -> CorpusFormat | None:
    low = name.lower()
    if low.endswith(".ann"):
        return "brat"
    if low.endswith((".name", "gold_conll", "auto_conll", "_skel")):
        return "ontonotes"
    if low.endswith((".laf.xml", ".laf.xml.gz", ".laf.zip")):
        return "laf"
    return "aida" if low.endswith(ENTITY_TABS) else None


def _format_of_first(line: str) -> CorpusFormat | None:
    if line.startswith("#begin document (") or line.lstrip().startswith("<DOC DOCNO="):
        return "ontonotes"
    if "<LCTL_ANNOTATIONS" in line or line.lstrip().startswith("<?xml"):
        return "laf"  # or XML of another kind, which its reader refuses by name
    return "aida" if "textoffset_startchar" in line.split("\t") else None


def _folder_format(path: Path) -> CorpusFormat:
    """The one format that a folder's files show. `.laf.zip` has to be named itself."""
    kinds = {_format_of_name(file.name) for file in path.rglob("*") if not file.name.startswith(".")}
    found = [kind for kind in OF_FOLDERS if kind in kinds]
    if len(found) == 1:
        return found[0]
    expected = "a folder with OntoNotes, brat, LAF or AIDA files"
    if found:
        remedy = f"say which: --format {'|'.join(found)}"
        raise InputError(f"{expected}, of one format", f"those of {' and '.join(found)}", path=path, remedy=remedy)
    raise InputError(expected, "none of these", path=path, remedy="name corpora of other formats file by file")


def _bare(tag: str) -> str:
    return tag[2:] if is_tag(tag) else tag


def _is_fewnerd(label: str) -> bool:
    coarse, mark, fine = label.replace("_", "-", 1).partition("-")
    return bool(mark and fine) and coarse in _FEWNERD_COARSE


def _json_kind(line: str, path: str | Path) -> CorpusFormat | None:
    try:
        row = json.loads(line)
        if "text" in row and "spans" in row:
            return "spans"
        mention = row["mentions"][0]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    if isinstance(mention, dict) and isinstance(mention.get("types"), dict):
        remedy = "turn silver data into a corpus with: ousianer prepare silver"
        raise InputError("a corpus of labelled sentences", "silver data (types by source)", path=path, remedy=remedy)
    return "figer-json" if isinstance(mention, dict) and "labels" in mention else "ousianer"


def read_labelled(
    path: str | Path,
    corpus_format: CorpusFormat | None = None,
    *,
    token_column: int | None = None,
    tag_column: int | None = None,
    genres: Sequence[str] = DEFAULT_GENRES,
    levels: Sequence[str] = ("NAM",),
    sources: Sequence[str | Path] = (),
    report: ReadReport | None = None,
) -> Iterator[LabelledSentence]:
    """Read a corpus file, or a folder in one of `OF_FOLDERS`; without `corpus_format` it is told by content.

    Args:
        token_column, tag_column: from 0, negative from the end; for files with one token a line.
        genres: of OntoNotes.
        levels: of AIDA tabs: NAM, NOM, PRO.
        sources: the documents of LAF and AIDA tabs (LTF).
        report: collects what the reader left out.
    Raises:
        InputError: a broken line, with file and line; columns named for a file that has none; LAF or an AIDA tab
            without `sources`.
    """
    return read_group(
        [path], corpus_format or detect_format(path), token_column, tag_column, genres, levels, sources, report
    )


def read_group(
    paths: Sequence[str | Path],
    kind: CorpusFormat,
    token_column: int | None = None,
    tag_column: int | None = None,
    genres: Sequence[str] = DEFAULT_GENRES,
    levels: Sequence[str] = ("NAM",),
    sources: Sequence[str | Path] = (),
    report: ReadReport | None = None,
) -> Iterator[LabelledSentence]:
    """As `read_labelled`, several paths of one format: LAF and AIDA tabs go over their sources once for all."""
    path = paths[0]
    if kind not in OF_FOLDERS and Path(path).is_dir():
        remedy = "name its files"
        raise InputError(f"a file of format {kind}", "a folder", path=path, remedy=remedy)
    columns: dict[CorpusFormat, Callable[..., Iterator[LabelledSentence]]] = {
        "conll": read_conll,
        "fewnerd": read_fewnerd,
        "conllu": read_conllu,
    }
    if kind in columns:
        return (
            sentence
            for one in paths
            for sentence in columns[kind](one, token_column=token_column, tag_column=tag_column, report=report)
        )
    if token_column is not None or tag_column is not None:
        what = "its columns are fixed" if kind in ("ontonotes", "aida") else "it has no columns"
        raise InputError(
            "a file with one token a line for --token-column and --tag-column", f"{kind} ({what})", path=path,
            remedy="leave the two options out",
        )  # fmt: skip
    if kind in OVER_SOURCE:
        if not sources:
            found = "annotation without its text"
            raise InputError("the documents of the annotation", found, path=path, remedy="add --source LTF_FOLDER")
        if kind == "laf":
            return read_laf(paths, sources, report=report)
        return read_aida(paths, sources, levels=levels, report=report)
    if kind == "ontonotes":
        return (s for one in paths for s in read_ontonotes(one, genres=genres, report=report))
    if kind == "brat":
        return (s for one in paths for s in read_brat(one, report=report))
    if kind == "figer-json":
        return (s for one in paths for s in read_figer_json(one, report=report))
    if kind == "spans":
        return (s for one in paths for s in read_spans(one, report=report))
    return (s for one in paths for s in _read_own(one))


def _read_own(path: str | Path) -> Iterator[LabelledSentence]:
    rows = (number for number, line in numbered_lines(path) if line.strip())
    for row, sentence in zip(rows, read_corpus(path), strict=False):
        mentions, nested = (
            tuple(LabelledMention(m.start, m.end, m.types, row, m.weight, m.noun) for m in level)
            for level in (sentence.mentions, sentence.nested)
        )
        yield LabelledSentence(
            sentence.tokens, mentions, sentence.doc, row, sentence.supervises, nested, sentence.document
        )
