"""Precision, recall and F1 of matched mentions under several readings of "the type is right".

For every reading tp is the sum over shared spans of the credit of the system's type given gold's; P = tp / system
mentions, R = tp / gold mentions, F1 their harmonic mean, all micro over the corpus, as neleval's
`strong_typed_mention_match` with type weights computes them.

Types are compared as rows write them, case included, joined with column 7. Credit along the tree is for names (NAM):
the weights of 2019 have no other mention type, so a nominal mention counts only where its type is equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.formats.edl import top_of
from ousianer_cli.scoring.matching import Match, Vocabulary
from ousianer_cli.taxonomy.credit import Direction, set_credit
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy

NAME = "NAM"


@dataclass(frozen=True)
class Reading:
    """A way to read a match: its key in JSON, its heading in tables, and what it counts."""

    key: str
    heading: str
    meaning: str


SPAN = Reading("span", "span", "the span alone (strong_mention_match)")
STRICT = Reading("strict", "strict type", "the span and the very type (strong_typed_mention_match)")
COARSE = Reading("coarse", "coarse type", "the span and the top type")
DESCENDANT = Reading(
    "descendant",
    "credit: descendant (2019 code)",
    "decay**k for a system type k levels below gold, as the 2019 scorer's code computed it",
)
ANCESTOR = Reading(
    "ancestor", "credit: ancestor", "decay**k for a system type k levels above gold, as the 2019 scorer was documented"
)
BOTH = Reading("both", "credit: both", "decay**k for a system type k levels above or below gold")
OPEN = Reading(
    "open", "credit: open", "1 for any system type at or below a gold type, decay**k for one k levels above it"
)
READINGS = (SPAN, STRICT, COARSE, DESCENDANT, ANCESTOR, BOTH)


@dataclass(frozen=True)
class Prf:
    """Precision, recall and F1 from summed credit; 0 where a denominator is 0.

    `system_tp` and `gold_tp` differ only for groups of mentions whose gold and system sides are grouped apart.
    """

    system_tp: float
    system: float
    gold_tp: float
    gold: float

    @classmethod
    def of(cls, tp: float, system: float, gold: float) -> Prf:
        """From what is right, given by the system, and in gold."""
        return cls(tp, system, tp, gold)

    @property
    def precision(self) -> float:
        """Credit over system mentions."""
        return self.system_tp / self.system if self.system else 0.0

    @property
    def recall(self) -> float:
        """Credit over gold mentions."""
        return self.gold_tp / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


class TypeCredit:
    """The credit of a system's type given gold's, for each reading; a type the taxonomy lacks is a node by itself."""

    def __init__(self, taxonomy: Taxonomy, decay: float = 0.5, *, open_gold: bool = False) -> None:
        self.taxonomy = taxonomy
        self.decay = decay
        self.readings = (*READINGS, OPEN) if open_gold else READINGS
        self._node = {taxonomy.to_row(node): node for node in taxonomy.nodes}
        self._rows: dict[tuple[str, str], NDArray[np.float64]] = {}
        # A wrong decay is refused here, before any file is scored.
        set_credit(taxonomy, [taxonomy.nodes[0]], decay=decay)

    def knows(self, label: str) -> bool:
        """Whether a type, as a row writes it, is a node of the taxonomy."""
        return label in self._node

    def top(self, label: str) -> str:
        """The top type of a type as a row writes it; of an unknown type what stands before its first dot."""
        node = self._node.get(label)
        return top_of(label) if node is None else self.taxonomy.to_row(self.taxonomy.top(node))

    def of(self, gold: str, system: str, *, name: bool = True) -> list[float]:
        """The credit under each of `readings`: gold may have alternatives (`gpe|loc`); `name`: whether both are NAM."""
        alternatives = [label for label in gold.split("|") if label != OUTSIDE]
        equal = 1.0 if system in alternatives or system == gold else 0.0
        result = []
        for reading in self.readings:
            if reading is SPAN:
                result.append(1.0)
            elif reading is STRICT or (equal and reading is not SPAN):
                result.append(equal)
            elif reading is COARSE:
                result.append(float(self.top(system) in {self.top(label) for label in alternatives}))
            elif not name or system not in self._node:
                result.append(0.0)
            else:
                result.append(float(self._row(gold, alternatives, reading)[self.taxonomy.index(self._node[system])]))
        return result

    def _row(self, gold: str, alternatives: list[str], reading: Reading) -> NDArray[np.float64]:
        """Credit of all nodes under a gold string; zeros if none of its alternatives is known."""
        key = (gold, reading.key)
        if key not in self._rows:
            known = [self._node[label] for label in alternatives if label in self._node]
            direction: Direction = "both"
            if reading is ANCESTOR:
                direction = "ancestor"
            elif reading is DESCENDANT:
                direction = "descendant"
            self._rows[key] = (
                set_credit(
                    self.taxonomy,
                    known,
                    direction=direction,
                    decay=self.decay,
                    open_gold=reading is OPEN,
                    include_phantoms=True,
                )
                if known
                else np.zeros(len(self.taxonomy.nodes), dtype=np.float64)
            )
        return self._rows[key]


def pair_credit(match: Match, vocabulary: Vocabulary, credit: TypeCredit) -> NDArray[np.float64]:
    """Credit [P, readings] of each pair of a match; with different mention types (column 7) only the span counts."""
    gold, system = match.gold, match.system
    gold_form, system_form = gold.form[match.gold_place], system.form[match.system_place]
    labels, forms = len(vocabulary.labels), len(vocabulary.forms)
    # Few kinds of pair, many pairs: the credit is computed once a kind.
    kinds = (gold.label[match.gold_place] * labels + system.label[match.system_place]) * forms + gold_form
    distinct, kind = np.unique(kinds, return_inverse=True)
    names = vocabulary.labels.names
    of_kind = np.zeros((len(distinct), len(credit.readings)), dtype=np.float64)
    for row, code in enumerate(distinct.tolist()):
        pair, form = divmod(code, forms)
        gold_label, system_label = divmod(pair, labels)
        name = vocabulary.forms.names[form] == NAME
        of_kind[row] = credit.of(names[gold_label], names[system_label], name=name)
    weights: NDArray[np.float64] = of_kind[kind.reshape(-1)]
    typed = np.array([reading is not SPAN for reading in credit.readings])
    apart = np.flatnonzero(gold_form != system_form)
    weights[np.ix_(apart, typed)] = 0.0
    return weights


def document_credit(
    match: Match, weights: NDArray[np.float64], credit: TypeCredit, documents: int
) -> dict[str, NDArray[np.float64]]:
    """Each reading's sums by document [documents, 4]: system credit and count, gold credit and count.

    `weights` [P, readings] are those of `pair_credit`; documents are numbered as in the vocabulary.
    """
    place = match.gold.doc[match.gold_place]
    counts = [np.bincount(side.doc, minlength=documents) for side in (match.system, match.gold)]
    result = {}
    for column, reading in enumerate(credit.readings):
        tp = np.bincount(place, weights=weights[:, column], minlength=documents)
        result[reading.key] = np.stack([tp, counts[0], tp, counts[1]], axis=1).astype(np.float64)
    return result


def total(sums: NDArray[np.float64]) -> Prf:
    """The figures over all documents of sums [documents, 4]."""
    system_tp, system, gold_tp, gold = sums.sum(axis=0).tolist()
    return Prf(system_tp, system, gold_tp, gold)


def by_type(
    match: Match, weights: NDArray[np.float64], vocabulary: Vocabulary, credit: TypeCredit
) -> dict[str, dict[str, Prf]]:
    """Each reading's figures by type string, sorted by type.

    Precision is over system mentions of the type, recall over gold mentions of it, so credit for a neighbouring type
    counts in the precision of the one and in the recall of the other. Types of nominal mentions carry `/NOM`.
    """
    forms = max(len(vocabulary.forms), 1)
    size = len(vocabulary.labels) * forms
    gold_kind = match.gold.label * forms + match.gold.form
    system_kind = match.system.label * forms + match.system.form
    golds, systems = np.bincount(gold_kind, minlength=size), np.bincount(system_kind, minlength=size)
    gold_pairs, system_pairs = gold_kind[match.gold_place], system_kind[match.system_place]
    result: dict[str, dict[str, Prf]] = {}
    gold_tp = [np.bincount(gold_pairs, weights=w, minlength=size) for w in weights.T]
    system_tp = [np.bincount(system_pairs, weights=w, minlength=size) for w in weights.T]
    for kind in np.flatnonzero(golds + systems).tolist():
        label, form = divmod(kind, forms)
        form_name = vocabulary.forms.names[form]
        title = vocabulary.labels.names[label] + ("" if form_name == NAME else f"/{form_name}")
        result[title] = {
            reading.key: Prf(float(system_tp[r][kind]), int(systems[kind]), float(gold_tp[r][kind]), int(golds[kind]))
            for r, reading in enumerate(credit.readings)
        }
    return dict(sorted(result.items()))
