"""Any corpus file in, labelled sentences out: tells the format by content and calls its reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal, get_args

from ousianer_cli.errors import InputError
from ousianer_cli.formats.conll import is_tag, read_conll, read_conllu, read_fewnerd, split_columns
from ousianer_cli.formats.corpus import read_corpus
from ousianer_cli.formats.figer_json import read_figer_json
from ousianer_cli.formats.labelled import LabelledMention, LabelledSentence, ReadReport, numbered_lines

CorpusFormat = Literal["conll", "fewnerd", "conllu", "figer-json", "ousianer"]
CORPUS_FORMATS: tuple[CorpusFormat, ...] = get_args(CorpusFormat)

# Few-NERD's eight coarse classes: what tells its files from other two-column ones.
_FEWNERD_COARSE = frozenset(["art", "building", "event", "location", "organization", "other", "person", "product"])
_SNIFFED_LINES = 2000


def detect_format(path: str | Path) -> CorpusFormat:
    """Tell a corpus file's format from its first 2,000 lines.

    JSON objects whose mentions carry `labels` are FIGER-style, others our own; a first column of word numbers makes
    CoNLL-U; two columns with Few-NERD's `coarse_fine` labels (or `coarse-fine`) make Few-NERD; the rest is CoNLL.

    Raises:
        InputError: nothing in the file looks like any of these.
    """
    remedy = f"check the file, or name its format: --format {'|'.join(CORPUS_FORMATS)}"
    rows: list[list[str]] = []
    first = ""
    for _, line in islice(numbered_lines(path), _SNIFFED_LINES):
        if not line.strip():
            continue
        first = first or line
        if line.lstrip().startswith("{") and not rows:
            kind = _json_kind(line, path)
            if kind is not None:
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


def _bare(tag: str) -> str:
    return tag[2:] if is_tag(tag) else tag


def _is_fewnerd(label: str) -> bool:
    coarse, mark, fine = label.replace("_", "-", 1).partition("-")
    return bool(mark and fine) and coarse in _FEWNERD_COARSE


def _json_kind(line: str, path: str | Path) -> CorpusFormat | None:
    try:
        row = json.loads(line)
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
    report: ReadReport | None = None,
) -> Iterator[LabelledSentence]:
    """Read a corpus file in any of the formats; without `corpus_format` it is told by content.

    `token_column` and `tag_column` (from 0, negative from the end) are for files with one token a line.
    `report` collects what the reader left out.

    Raises:
        InputError: a broken line, with file and line; columns named for a JSON file.
    """
    kind = corpus_format or detect_format(path)
    columns: dict[CorpusFormat, Callable[..., Iterator[LabelledSentence]]] = {
        "conll": read_conll,
        "fewnerd": read_fewnerd,
        "conllu": read_conllu,
    }
    if kind in columns:
        return columns[kind](path, token_column=token_column, tag_column=tag_column, report=report)
    if token_column is not None or tag_column is not None:
        raise InputError(
            "a file with one token a line for --token-column and --tag-column", f"JSON lines ({kind})", path=path,
            remedy="leave the two options out",
        )  # fmt: skip
    return read_figer_json(path, report=report) if kind == "figer-json" else _read_own(path)


def _read_own(path: str | Path) -> Iterator[LabelledSentence]:
    rows = (number for number, line in numbered_lines(path) if line.strip())
    for row, sentence in zip(rows, read_corpus(path), strict=False):
        mentions = tuple(LabelledMention(m.start, m.end, m.types, row, m.weight) for m in sentence.mentions)
        yield LabelledSentence(sentence.tokens, mentions, sentence.doc, row, sentence.supervises)
