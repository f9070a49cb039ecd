"""Gold and runs from files to tables of mentions as they are scored, and what must be said about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ousianer_cli.errors import InputError
from ousianer_cli.scoring.checks import columns_reversed, inspect_table
from ousianer_cli.scoring.inputs import (
    Filters,
    keep,
    read_as_neleval,
    read_document_list,
    read_mentions,
    read_regions,
)
from ousianer_cli.scoring.matching import Ints, MentionTable, Vocabulary
from ousianer_cli.scoring.measures import TypeCredit
from ousianer_cli.taxonomy.meant import type_meant
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy
from ousianer_cli.taxonomy.tree_files import load_taxonomy


@dataclass(frozen=True)
class Side:
    """One file as it is scored: rows for the readings, those that neleval would hold (if exact), names outside."""

    path: str
    table: MentionTable
    exact: MentionTable | None
    outside: MentionTable
    warnings: tuple[str, ...]


class SideReader:
    """Reads gold and runs with one vocabulary and the same filters.

    `kind` is one of the input formats, or `auto`; `exact` reads as neleval does; `refuse_unknown` makes a type that
    neither the taxonomy nor the ontology around it has an error; `ignore_case` reads types in small letters.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        credit: TypeCredit,
        *,
        filters: Filters,
        kind: str = "auto",
        exact: bool = False,
        refuse_unknown: bool = False,
        ignore_case: bool = False,
    ) -> None:
        self.vocabulary = Vocabulary()
        self.credit, self.filters, self.kind = credit, filters, kind
        self.exact, self.refuse_unknown, self.ignore_case = exact, refuse_unknown, ignore_case
        self.wider = load_taxonomy("aida") if taxonomy.name == "aida-edl" else taxonomy
        self.regions = read_regions(filters.excluded, self.vocabulary) if filters.excluded else None
        self.listed = read_document_list(filters.docs) if filters.docs else None

    def read(self, path: str | Path, *, is_gold: bool) -> Side:
        """A file of gold or of a run, with what is to be said of it.

        Raises:
            InputError: a file that cannot be read, or a line of it; with file and line.
        """
        name, words = str(path), self.vocabulary
        notes: list[str] = []
        if self.exact:
            table = read_as_neleval(path, words, self.kind)
        else:
            table, notes = read_mentions(path, words, self.kind)
        if self.ignore_case:
            table = in_small_letters(table, words)
        table, more = keep(table, words, self.filters, self.regions, self.listed, name=name, is_gold=is_gold)
        notes += more
        exact, outside = None, table.take(np.empty(0, dtype=np.int64))
        if self.exact:
            exact, table = table, split_types(table, words)
        elif is_gold:
            table, outside, more = without_outside(table, name, words)
            notes += more
        if self.refuse_unknown and exact is None:
            self._refuse_unknown(table, name)
        notes += inspect_table(table, name, words, self.credit, is_gold=is_gold)
        return Side(name, table, exact, outside, tuple(notes))

    def documents(self, sides: Sequence[Side]) -> Ints:
        """The codes of all documents that are scored."""
        columns = [table.doc for side in sides for table in (side.table, side.outside)]
        listed = [self.vocabulary.docs.code(doc) for doc in self.listed or ()]
        return np.unique(np.concatenate([*columns, np.array(listed, dtype=np.int64)]))

    def _refuse_unknown(self, table: MentionTable, name: str) -> None:
        """An `InputError` for the first type that neither the taxonomy nor the whole ontology has, case aside."""
        words = self.vocabulary
        labels, where, counts = np.unique(table.label, return_index=True, return_counts=True)
        for code, at, count in sorted(
            zip(labels.tolist(), where.tolist(), counts.tolist(), strict=True), key=lambda item: item[1]
        ):
            if columns_reversed(words.labels.names[code], words.forms.names[int(table.form[at])], self.credit):
                continue
            for part in words.labels.names[code].split("|"):
                if part == OUTSIDE or self.wider.find(part, ignore_case=True) or not part:
                    continue
                taxonomy = self.credit.taxonomy
                near = type_meant(part, taxonomy)
                hint = f"write {taxonomy.to_row(near)}, or " if near else ""
                raise InputError(
                    f"a type of taxonomy '{taxonomy.name}'",
                    f"'{part}'" + (f" ({count} rows)" if count > 1 else ""),
                    path=name,
                    line=int(table.line[at]),
                    remedy=f"{hint}choose another --taxonomy, or keep such types as they are with --unknown-types keep",
                )


def without_outside(
    table: MentionTable, name: str, vocabulary: Vocabulary
) -> tuple[MentionTable, MentionTable, list[str]]:
    """Gold without names outside the taxonomy (`-`), those names, and sentences with counts.

    No run should hold them, and their documents are gold's all the same.
    """
    size = len(vocabulary.labels)
    target = np.arange(size, dtype=np.int64)
    for code, label in enumerate(vocabulary.labels.names[:size]):
        if OUTSIDE in (parts := label.split("|")):
            rest = [part for part in parts if part != OUTSIDE]
            target[code] = vocabulary.labels.code("|".join(rest)) if rest else -1
    changed = target[table.label]
    notes = []
    if dropped := int((changed < 0).sum()):
        notes.append(f"{name}: {dropped} rows of type '{OUTSIDE}' (outside the taxonomy) are no mentions; left out")
    if optional := int(((changed >= 0) & (changed != table.label)).sum()):
        notes.append(f"{name}: {optional} rows with '{OUTSIDE}' among their alternatives are scored by the others")
    if not dropped and not optional:
        return table, table.take(np.empty(0, dtype=np.int64)), notes
    gone = np.flatnonzero(changed < 0).astype(np.int64, copy=False)
    rest_at = np.flatnonzero(changed >= 0).astype(np.int64, copy=False)
    return replace(table, label=changed).take(rest_at), table.take(gone), notes


def split_types(table: MentionTable, vocabulary: Vocabulary) -> MentionTable:
    """A table of joined types (`per/NAM`) as types and mention types."""
    labels, forms = table.label.copy(), table.form.copy()
    for code in np.unique(table.label).tolist():
        label, slash, form = vocabulary.labels.names[code].rpartition("/")
        at = table.label == code
        labels[at] = vocabulary.labels.code(label if slash else form)
        forms[at] = vocabulary.forms.code(form if slash else "")
    return replace(table, label=labels, form=forms)


def in_small_letters(table: MentionTable, words: Vocabulary) -> MentionTable:
    """The table with its types in small letters."""
    codes, back = np.unique(table.label, return_inverse=True)
    small = np.array([words.labels.code(words.labels.names[code].lower()) for code in codes.tolist()], dtype=np.int64)
    return replace(table, label=small[back]) if len(codes) else table
