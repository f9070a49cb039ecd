"""Records of a Hugging Face data set for token classification: `{"tokens": [str], "ner_tags": [str or int]}`.

JSON lines, one array, or one object whose columns are lists (`{"tokens": [[…], …], "ner_tags": [[…], …]}`); words also
under `words`, tags also under `tags` or `labels`, in any scheme. Numbers are named by `--tag-names`, or by
the class names of the tags' feature in a `dataset_info.json`, `dataset_infos.json`, `features.json` or data card
(`README.md`) in the file's folder or the one above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.json_lines import Refusal, objects, strings_of
from ousianer_cli.formats.json_text import JsonFault, parse_json
from ousianer_cli.formats.labelled import CorpusReport, LabelledMention, LabelledSentence, doc_name
from ousianer_cli.formats.registry import NO, SURE, CorpusReader, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.tags import TagReader, spans_from_tags
from ousianer_cli.formats.text import filled_lines, read_text
from ousianer_cli.settings import setting
from ousianer_cli.settings.base import Settings

KEYS = ("ner_tags", "tags", "labels")
_WORDS = ("tokens", "words")
_INFO = ("dataset_info.json", "dataset_infos.json", "features.json", "README.md")
_SAMPLED = 500
"""Records from which the tagging scheme is told."""


@dataclass(frozen=True, slots=True)
class TagNames(Settings):
    """What the numbers of tags stand for."""

    tag_names: str | None = setting(
        None,
        doc="Hugging Face records with numbers as tags: their names in order, comma separated, or a file of them "
        "(one a line, or dataset_info.json).",
        group="formats",
        shown="what lies beside the file",
    )


def read_huggingface(
    paths: Sequence[str | Path], options: TagNames | None = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """One sentence a record.

    Raises:
        InputError: a record without tokens or tags, or with another number of them; a tag that is none; numbers
            without names; with file and line. SettingsError: `tag_names` of a file that has none.
    """
    report = report if report is not None else CorpusReport()
    given = (options or TagNames()).tag_names
    for path in paths:
        yield from _read(Path(path), _given_names(given) if given else None)


def _read(path: Path, names: list[str] | None) -> Iterator[LabelledSentence]:
    first = [row for _, row, _ in islice(_records(path), _SAMPLED)]
    words = next((key for key in _WORDS if any(key in row for row in first)), _WORDS[0])
    key = next((key for key in KEYS if any(key in row for row in first)), KEYS[0])
    if names is None and any(isinstance(tag, int) for row in first for tag in row.get(key) or ()):
        names = _names_beside(path, key)
    sample = [tag for row in first if isinstance(row.get(key), list) for tag in row[key]]
    read_tag = TagReader([_named(tag, names) for tag in sample])
    for number, row, refuse in _records(path):
        tokens = strings_of(row, words, refuse)
        tags = row.get(key)
        if not isinstance(tags, list):
            raise refuse(f"'{key}' as a list of tags, beside '{words}'", "none" if tags is None else tags)
        if len(tags) != len(tokens):
            raise refuse(f"{len(tokens)} tags, one a token", f"{len(tags)}")
        read = [read_tag(_checked(tag, names, key, refuse), refuse) for tag in tags]
        mentions = tuple(LabelledMention(a, b, (label,), number) for a, b, label in spans_from_tags(read))
        yield LabelledSentence(tuple(tokens), mentions, doc_name(path), number)


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any], Refusal]]:
    """The records of a file, those of columns one by one."""
    for line, row, refuse in objects(path):
        if not _in_columns(row):
            yield line, row, refuse
            continue
        lengths = {len(column) for column in row.values() if isinstance(column, list)}
        if len(lengths) > 1:
            raise refuse("columns of one length", f"{' and '.join(map(str, sorted(lengths)))} rows")
        for place in range(lengths.pop()):
            yield line, {key: column[place] for key, column in row.items() if isinstance(column, list)}, refuse


def _in_columns(row: dict[str, Any]) -> bool:
    return any(isinstance(row.get(key), list) and row[key] and isinstance(row[key][0], list) for key in _WORDS)


def _named(tag: object, names: list[str] | None) -> str:
    if isinstance(tag, str):
        return tag
    return names[tag] if names and type(tag) is int and 0 <= tag < len(names) else ""


def _checked(tag: object, names: list[str] | None, key: str, refuse: Refusal) -> str:
    if type(tag) is int and names is None:
        remedy = "name them with --tag-names, or put the data set's dataset_info.json beside the file"
        raise refuse(f"'{key}' as names, or the names of its numbers ({remedy})", str(tag))
    found = _named(tag, names)
    if not found:
        raise refuse(f"a tag, or a number from 0 to {len(names or ()) - 1}" if names else "a tag", repr(tag))
    return found


# --- names of numbers ------------------------------------------------------------------------------------------------


def _given_names(given: str) -> list[str]:
    path = Path(given)
    if not path.is_file():
        names = [name.strip() for name in given.split(",")]
        if len(names) < 2 or not all(names):
            expected = "names in order, comma separated, or a file of them"
            raise SettingsError(f"--tag-names: expected {expected}, found '{given}'")
        return names
    if path.suffix == ".json":
        names = _class_names(path, KEYS[0]) or []
    else:
        names = [line.strip() for _, line in filled_lines(path, "names of tags")]
    if not names:
        raise InputError("names of tags, one a line or as class names of a feature", "none", path=path)
    return names


def _names_beside(path: Path, key: str) -> list[str] | None:
    for folder in (path.parent, path.parent.parent):
        for name in _INFO:
            if (folder / name).is_file() and (found := _class_names(folder / name, key)):
                return found
    return None


def _class_names(path: Path, key: str) -> list[str] | None:
    """The class names of a feature, from a data set's description."""
    text = read_text(path, "a description of a data set")
    if path.suffix == ".md":
        return _names_of_card(text, key)
    try:
        return _names_below(parse_json(text), key)
    except JsonFault as error:
        raise InputError("JSON", f"none ({error})", path=path) from None


def _names_below(found: Any, key: str, inside: bool = False) -> list[str] | None:
    """The first list of strings called `names` below a feature of this name."""
    if isinstance(found, list):
        values: list[Any] = found
    elif isinstance(found, dict):
        names = found.get("names")
        if inside and isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            return names
        values = [found[key]] if not inside and key in found else list(found.values())
        inside = inside or key in found
    else:
        return None
    return next((names for value in values if (names := _names_below(value, key, inside))), None)


_CARD_NAME = re.compile(r"""\s+['"]?(\d+)['"]?:\s*['"]?(.*?)['"]?\s*""")


def _names_of_card(text: str, key: str) -> list[str] | None:
    """The names that a data card's head lists for a feature: lines such as `'0': O` below `- name: ner_tags`."""
    names: list[str] = []
    within = False
    for line in text.split("\n"):
        if (entry := line.strip()).startswith("- name:"):
            if names:
                break
            within = entry.removeprefix("- name:").strip() == key
        elif within and (match := _CARD_NAME.fullmatch(line)) and int(match[1]) == len(names):
            names.append(match[2])
    return names or None


def _recognise(sample: Sample) -> int:
    fits = any(
        any(key in row for key in _WORDS) and any(isinstance(row.get(key), list) for key in KEYS)
        for row in sample.records
    )
    return SURE if fits else NO


FORMATS = (
    Format(
        "huggingface",
        "tokens and ner_tags, as data sets for token classification have them",
        _recognise,
        corpus=CorpusReader(read_huggingface, TagNames),
    ),
)
