"""What a person must know about the input: whatever would change a score unseen, named with counts and lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ousianer_cli.formats.documents.document import document_id
from ousianer_cli.scoring.matching import Ints, Match, MentionTable, Vocabulary, combine, span_codes
from ousianer_cli.scoring.measures import TypeCredit
from ousianer_cli.scoring.type_weights import TypeWeights


def columns_reversed(label: str, form: str, credit: TypeCredit) -> bool:
    """Whether type and mention type stand in each other's column."""
    return label in ("NAM", "NOM") and (credit.knows(form) or credit.knows(form.lower()))


def weights_direction(weights: TypeWeights, credit: TypeCredit) -> list[str]:
    """A sentence if a file of weights pays only for system types below gold, as the reversed columns of 2019 do."""
    below, above, first = 0, 0, 0
    tree = credit.taxonomy
    for (gold, system), weight in weights.values.items():
        nodes = [tree.find(label.rpartition("/")[0] or label, ignore_case=True) for label in (gold, system)]
        if weight <= 0 or gold == system or nodes[0] is None or nodes[1] is None:
            continue
        if nodes[0] in tree.ancestors(nodes[1]):
            below, first = below + 1, first or weights.lines[gold, system]
        elif nodes[1] in tree.ancestors(nodes[0]):
            above += 1
    if not below or above:
        return []
    return [
        f"{weights.path}: {below} rows, first in line {first}, pay for system types below gold and none for any above; "
        "column 1 is gold, column 2 the system. So did the scorer of 2019; its documentation means the reverse "
        "(--measure ancestor)"
    ]


def other_forms(match: Match, name: str, vocabulary: Vocabulary) -> list[str]:
    """A sentence about shared spans with the same type that lose it by column 7."""
    gold, system = match.gold, match.system
    golds, systems = match.gold_place, match.system_place
    apart = (gold.form[golds] != system.form[systems]) & (gold.label[golds] == system.label[systems])
    if not apart.any():
        return []
    first = np.flatnonzero(apart)[system.line[systems][apart].argmin()]
    forms = vocabulary.forms.names
    pair = f"'{forms[int(system.form[systems[first]])]}' against gold's '{forms[int(gold.form[golds[first]])]}'"
    lines = f"first in line {int(system.line[systems[first]])} (gold line {int(gold.line[golds[first]])})"
    return [
        f"{name}: {int(apart.sum())} mentions have gold's span and type but {pair} in column 7, {lines}: "
        "only the span counts"
    ]


def inspect_table(
    table: MentionTable, name: str, vocabulary: Vocabulary, credit: TypeCredit, *, is_gold: bool
) -> list[str]:
    """Sentences about whatever in a table would change its score unseen, with counts and the first line."""
    if not len(table):
        return [f"{name}: no mentions; precision and recall are 0"]
    remarks = []
    (spans,) = span_codes([table])
    order = np.argsort(spans, kind="stable")
    again = np.flatnonzero(spans[order][1:] == spans[order][:-1]) + 1
    if len(again):
        copies = repeated(np.stack([spans, table.label, table.form]))
        if len(copies):
            line = table.line[copies].min()
            remarks.append(
                f"{name}: {len(copies)} duplicate lines (same place and type), first in line {line}; counted once"
            )
        kinds, where, counts = np.unique(np.delete(spans, copies), return_index=True, return_counts=True)
        if several := int((counts > 1).sum()):
            line = np.delete(table.line, copies)[where[counts > 1]].min()
            remarks.append(
                f"{name}: {several} spans have several types, first in line {line}; the most confident is scored (of "
                "equals the first)"
            )
    upper, unknown, alternatives = Counter[str](), Counter[str](), 0
    first: dict[str, int] = {}
    swapped: list[int] = []
    labels, where, counts = np.unique(table.label, return_index=True, return_counts=True)
    for code, at, count in zip(labels.tolist(), where.tolist(), counts.tolist(), strict=True):
        label = vocabulary.labels.names[code]
        if columns_reversed(label, vocabulary.forms.names[int(table.form[at])], credit):
            swapped += [count, int(table.line[at])]
            continue
        parts = label.split("|")
        if len(parts) > 1 and not is_gold:
            alternatives += count
            first.setdefault("|", int(table.line[at]))
            continue
        for part in parts:
            if credit.knows(part):
                continue
            (upper if part != part.lower() else unknown)[part] += count
            first.setdefault(part, int(table.line[at]))
    if swapped:
        remarks.append(
            f"{name}: {sum(swapped[::2])} rows have the mention type in column 6 and the type in column 7, first in "
            f"line {min(swapped[1::2])}: the columns are reversed; no type matches"
        )
    if alternatives:
        remarks.append(
            f"{name}: {alternatives} rows have alternatives in column 6, first in line {first['|']}; a run's row has "
            "one type"
        )
    if upper:
        remarks.append(
            f"{name}: {upper.total()} rows have a type with capitals ({_examples(upper, first)}); types are compared "
            "as written, and those of the taxonomy are lower-case; --ignore-case takes them as equal"
        )
    if unknown:
        known = credit.taxonomy.name or "the taxonomy"
        remarks.append(
            f"{name}: {unknown.total()} rows have a type that {known} lacks ({_examples(unknown, first)}); such a type "
            "matches only itself"
        )
    return remarks + _about_ids(table, name, vocabulary) + _about_forms(table, name, vocabulary, bool(swapped))


def _about_names(gold: Sequence[str], system: Sequence[str]) -> str:
    """What would make ids of documents agree."""
    changes: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("without the folders before them", lambda name: name.rpartition("/")[2]),
        ("without their ending (.txt, .xml, …)", lambda name: document_id(name.rpartition("/")[2])),
        ("but for case", str.lower),
    )
    for words, change in changes:
        if found := len(set(map(change, gold)) & set(map(change, system))):
            return f"{found} ids agree {words}"
    return "is this the run of another set, or do the ids carry a suffix?"


def _about_ids(table: MentionTable, name: str, vocabulary: Vocabulary) -> list[str]:
    """A sentence about empty ids, which count as one entity with an empty name."""
    if "" not in vocabulary.entities.names:
        return []
    empty = table.entity == vocabulary.entities.code("")
    if not empty.any():
        return []
    line = int(table.line[empty].min())
    return [
        f"{name}: {int(empty.sum())} rows have no id in column 5, first in line {line}; as in neleval, measures over "
        "ids take them for mentions of one entity"
    ]


def _about_forms(table: MentionTable, name: str, vocabulary: Vocabulary, swapped: bool) -> list[str]:
    remarks = []
    counts = np.bincount(table.form, minlength=len(vocabulary.forms)).tolist()
    forms = Counter({vocabulary.forms.names[code]: n for code, n in enumerate(counts) if n})

    def first(names: Sequence[str]) -> int:
        codes = [vocabulary.forms.code(form) for form in names]
        return int(table.line[np.isin(table.form, codes)].min())

    if nominal := forms["NOM"]:
        remarks.append(
            f"{name}: {nominal} NOM rows, first in line {first(['NOM'])}; tree credit is for NAM, they count where "
            "the type is equal"
        )
    odd = {form: n for form, n in forms.items() if form not in ("NAM", "NOM")}
    if odd and not swapped:
        listed = ", ".join(f"'{form}'" for form in list(odd)[:3])
        remarks.append(
            f"{name}: {sum(odd.values())} rows have {listed} in column 7, first in line {first(list(odd))}, where NAM "
            "or NOM is expected"
        )
    return remarks


def _examples(counts: Counter[str], first: dict[str, int], limit: int = 3) -> str:
    shown = [f"{label} x{count}, first in line {first[label]}" for label, count in counts.most_common(limit)]
    rest = len(counts) - len(shown)
    return "; ".join(shown) + (f"; and {rest} more" if rest else "")


def repeated(columns: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Places [..] of the columns of an array [C, M] that equal an earlier one."""
    codes = combine(list(columns))
    order = np.argsort(codes, kind="stable")
    same = codes[order[1:]] == codes[order[:-1]]
    return np.sort(order[1:][same])


def compare_documents(
    gold: MentionTable, system: MentionTable, name: str, vocabulary: Vocabulary, bare_docs: Ints | None = None
) -> list[str]:
    """Sentences about documents that only one side has; `bare_docs` are gold's too, without mentions that count."""
    if not len(gold) or not len(system):
        return []
    bare = np.empty(0, dtype=np.int64) if bare_docs is None else bare_docs
    gold_docs, system_docs = np.union1d(gold.doc, bare), np.unique(system.doc)
    extra, missing = np.setdiff1d(system_docs, gold_docs), np.setdiff1d(gold.doc, system_docs)
    names = vocabulary.docs.names
    if len(extra) == len(system_docs):
        return [
            f"{name}: no document in common with gold (run: {names[extra[0]]} …, gold: {names[gold_docs[0]]} …); "
            + _about_names([names[doc] for doc in gold_docs], [names[doc] for doc in extra])
        ]
    remarks = []
    if len(extra):
        rows = np.isin(system.doc, extra)
        remarks.append(
            f"{name}: {len(extra)} documents with {int(rows.sum())} rows are not in gold ({names[extra[0]]} …, first "
            f"in line {int(system.line[rows].min())}); they count as false"
        )
    if len(missing):
        count = int(np.isin(gold.doc, missing).sum())
        remarks.append(
            f"{name}: {len(missing)} documents of gold with {count} rows have none here ({names[missing[0]]} …); "
            "they count as missed"
        )
    return remarks
