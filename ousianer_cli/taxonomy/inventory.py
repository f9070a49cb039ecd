"""The type inventory of a model: which WordNet classes have enough mentions to be learned, and how they hang together.

A mention counts for each of its direct types and for everything above them, once. Types above the useful level are
cut, and a type whose mentions are just those of its only kept child says nothing that the child does not, and may be
left out. `weigh_types` gives every type's figures and the reason why it was or was not chosen.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.errors import InputError, TaxonomyError
from ousianer_cli.outputs import open_output
from ousianer_cli.taxonomy.wordnet import WordNet

TOPS = frozenset(
    (
        "wordnet_entity_100001740",
        "wordnet_physical_entity_100001930",
        "wordnet_abstraction_100002137",
        "wordnet_thing_100002452",
        "wordnet_object_100002684",
        "wordnet_whole_100003553",
        "wordnet_living_thing_100004258",
        "wordnet_causal_agent_100007347",
        "wordnet_matter_100020827",
        "wordnet_psychological_feature_100023100",
        "wordnet_cognition_100023271",
        "wordnet_attribute_100024264",
        "wordnet_state_100024720",
        "wordnet_measure_100033615",
        "wordnet_relation_100031921",
        "wordnet_communication_100033020",
        "wordnet_shape_100027807",
        "wordnet_process_100029677",
        "wordnet_thing_104424218",
        "wordnet_group_100031264",
        "wordnet_social_group_107950920",
        "wordnet_gathering_107975026",
        "wordnet_collection_107951464",
        "wordnet_part_113809207",
        "wordnet_substance_100019613",
        "wordnet_part_109385911",
        "wordnet_instrumentality_103575240",
        "wordnet_unit_108189659",
    )
)
"""Above the useful level: they join what a reader would never call by one name (a whole: persons and ships)."""

_HEADER = "type\tparent\tmentions\n"


@dataclass(frozen=True, slots=True)
class InventoryType:
    """One class with its nearest kept classes above it (none for a root) and its mentions, those below it included."""

    id: str
    parents: tuple[str, ...]
    mentions: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """The Y types of a model in their fixed order: every type after all types above it, then by mentions and id."""

    types: tuple[InventoryType, ...]

    def __len__(self) -> int:
        return len(self.types)

    @property
    def ids(self) -> tuple[str, ...]:
        """The types' ids in order: position = column of the model's projection."""
        return tuple(t.id for t in self.types)

    def index(self) -> dict[str, int]:
        """id -> position."""
        return {t.id: i for i, t in enumerate(self.types)}

    def targets(self, types: Iterable[str], wordnet: WordNet) -> tuple[int, ...]:
        """Positions of all kept types that hold when the given direct types do (they and what lies above them),
        sorted."""
        index = self.index()
        return tuple(sorted(index[t] for t in wordnet.closure(types) if t in index))

    def save(self, path: str | Path) -> None:
        """Write `type<TAB>parents, comma separated<TAB>mentions`, with a header line."""
        with open_output(path) as out:
            out.write(_HEADER)
            for t in self.types:
                out.write(f"{t.id}\t{','.join(t.parents)}\t{t.mentions}\n")

    @classmethod
    def load(cls, path: str | Path) -> Inventory:
        """Read what `save` wrote.

        Raises:
            InputError: no such file, no header, a malformed line, a type twice, a parent that does not stand above
                its child.
        """
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError("a type inventory (TSV)", str(error), path=path) from None
        if not lines or lines[0] + "\n" != _HEADER:
            found = repr(lines[0]) if lines else "an empty file"
            raise InputError("the header 'type<TAB>parent<TAB>mentions'", found, path=path, line=1)
        types: list[InventoryType] = []
        known: set[str] = set()
        for number, line in enumerate(lines[1:], 2):
            cells = line.split("\t")
            if len(cells) != 3 or not cells[0] or not cells[2].isdigit():
                raise InputError("type, parents, mentions", repr(line[:80]), path=path, line=number)
            parents = tuple(p for p in cells[1].split(",") if p)
            unknown = [p for p in parents if p not in known]
            if unknown:
                raise InputError("parents on earlier lines", unknown[0], path=path, line=number)
            if cells[0] in known:
                raise InputError("each type once", cells[0], path=path, line=number)
            known.add(cells[0])
            types.append(InventoryType(cells[0], parents, int(cells[2])))
        return cls(tuple(types))


def count_type_sets(type_sets: Iterable[Iterable[str]]) -> Counter[tuple[str, ...]]:
    """How many mentions carry each set of direct types (sorted, so that the order they stand in does not matter)."""
    return Counter(tuple(sorted(set(types))) for types in type_sets)


def close_counts(type_sets: Mapping[tuple[str, ...], int], wordnet: WordNet) -> Counter[str]:
    """Mentions of each type and of everything above it: a mention counts once for each, whichever of its types lead
    there."""
    closed: Counter[str] = Counter()
    for types, number in type_sets.items():
        for type_id in wordnet.closure(types):
            closed[type_id] += number
    return closed


def choose_inventory(
    closed: Mapping[str, int],
    wordnet: WordNet,
    *,
    min_mentions: int = 30,
    tops: frozenset[str] = TOPS,
    collapse: bool = True,
) -> Inventory:
    """Choose the types of a model from its training mentions.

    Args:
        closed: each type's mentions, those below it included (`close_counts`).
        wordnet: the taxonomy.
        min_mentions: a type needs so many mentions.
        tops: types cut as too general.
        collapse: leave out a type whose mentions are exactly those of its only kept child.

    Raises:
        TaxonomyError: no type has enough mentions, or an id is not of WordNet 3.0.
    """
    kept = {t for t, n in closed.items() if n >= min_mentions and t not in tops}
    if not kept:
        remedy = "give more typing data or a lower --min-mentions"
        raise TaxonomyError(f"a type with {min_mentions} mentions", "none", remedy=remedy)
    parents = _kept_parents(kept, wordnet)
    if collapse:
        for type_id in sorted(kept, key=lambda t: -wordnet.depth(t)):
            children = [c for c in kept if type_id in parents[c]]
            if len(children) == 1 and closed[children[0]] == closed[type_id]:
                kept.discard(type_id)
                parents = _kept_parents(kept, wordnet)
    return _in_order(kept, parents, closed)


def joined_inventory(inventories: Sequence[Inventory], wordnet: WordNet) -> Inventory:
    """All types of several inventories; a type has the most mentions that one of them gives it."""
    mentions: dict[str, int] = {}
    for inventory in inventories:
        for kept in inventory.types:
            mentions[kept.id] = max(mentions.get(kept.id, 0), kept.mentions)
    return _in_order(set(mentions), _kept_parents(set(mentions), wordnet), mentions)


def _in_order(kept: set[str], parents: Mapping[str, tuple[str, ...]], closed: Mapping[str, int]) -> Inventory:
    levels: dict[str, int] = {}

    def level(type_id: str) -> int:
        if type_id not in levels:
            levels[type_id] = 1 + max((level(p) for p in parents[type_id]), default=-1)
        return levels[type_id]

    order = sorted(kept, key=lambda t: (level(t), -closed[t], t))
    return Inventory(tuple(InventoryType(t, parents[t], closed[t]) for t in order))


@dataclass(frozen=True, slots=True)
class WeighedType:
    """One type that some mention has, its figures, and why it was left out (empty for a kept one)."""

    id: str
    mentions: int
    """those below it included"""
    depth: int
    """steps up to `entity`"""
    information: float
    """bits: -log2 of the share of all mentions that have it"""
    entropy: float | None
    """bits: how its mentions divide among its nearest types below with enough mentions and the rest; None where there
    is no such type"""
    reason: str


def weigh_types(
    counts: Mapping[tuple[str, ...], int],
    wordnet: WordNet,
    *,
    min_mentions: int = 30,
    min_depth: int = 3,
    min_entropy: float = 0.05,
    tops: frozenset[str] = TOPS,
) -> list[WeighedType]:
    """Every type of the hypernym closure with the reason why it is kept or not, by mentions, then id.

    A type falls, by the first reason that holds:
    - fewer than `min_mentions` mentions;
    - one of `tops`, or fewer than `min_depth` steps below `entity`: too general;
    - information -log2(n / N) below `min_entropy` bits: it holds for nearly all N mentions;
    - entropy H = -sum_c q(c) log2 q(c) below `min_entropy` bits, c running over its children with enough mentions and
      "none of them", q their shares (a mention of several counts for each), and a child has most: nearly all of its
      mentions come from that child.

    Args:
        counts: mentions of each set of direct types (`count_type_sets`).
        wordnet: the taxonomy.
    """
    closed = close_counts(counts, wordnet)
    total = sum(counts.values())
    enough = {t for t, n in closed.items() if n >= min_mentions}
    children: defaultdict[str, set[str]] = defaultdict(set)
    for type_id in enough:
        for parent in wordnet.hypernyms(type_id):
            children[parent].add(type_id)
    rest: Counter[str] = Counter()
    for types, number in counts.items():
        held = wordnet.closure(types)
        for type_id in held & enough:
            if not children[type_id] & held:
                rest[type_id] += number
    weighed = []
    for type_id, mentions in closed.items():
        depth, information = wordnet.depth(type_id), abs(math.log2(mentions / total)) if mentions else 0.0
        entropy, from_child = None, False
        if type_id in enough and children[type_id]:
            below = [closed[c] for c in sorted(children[type_id])]
            entropy, from_child = _entropy([rest[type_id], *below]), max(below) > rest[type_id]
        if type_id not in enough:
            reason = "too few mentions"
        elif type_id in tops:
            reason = "an abstract top"
        elif depth < min_depth:
            reason = "not deep enough"
        elif information < min_entropy:
            reason = "holds for nearly everything"
        elif entropy is not None and entropy < min_entropy and from_child:
            reason = "its mentions come from one child"
        else:
            reason = ""
        weighed.append(WeighedType(type_id, mentions, depth, information, entropy, reason))
    return sorted(weighed, key=lambda w: (-w.mentions, w.id))


def _entropy(numbers: Sequence[int]) -> float:
    total = sum(numbers)
    return -sum(n / total * math.log2(n / total) for n in numbers if n) + 0.0


def write_weighed(weighed: Iterable[WeighedType], path: str | Path) -> None:
    """Write `type, mentions, depth, information, entropy, verdict` (TSV with a header; `-` for no entropy; verdict
    `kept` or the reason)."""
    with open_output(path) as out:
        out.write("type\tmentions\tdepth\tinformation\tentropy\tverdict\n")
        for w in weighed:
            entropy = "-" if w.entropy is None else f"{w.entropy:.4f}"
            out.write(f"{w.id}\t{w.mentions}\t{w.depth}\t{w.information:.4f}\t{entropy}\t{w.reason or 'kept'}\n")


def _kept_parents(kept: set[str], wordnet: WordNet) -> dict[str, tuple[str, ...]]:
    """Nearest kept types above each kept type, sorted."""
    above: dict[str, set[str]] = {t: set(wordnet.ancestors(t)) & kept - {t} for t in kept}
    found: dict[str, tuple[str, ...]] = {}
    for type_id, ancestors in above.items():
        further: set[str] = set()
        for ancestor in ancestors:
            further |= above[ancestor]
        found[type_id] = tuple(sorted(ancestors - further))
    return found
