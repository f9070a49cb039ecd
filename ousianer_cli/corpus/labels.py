"""From a corpus's labels to types: as they stand, by a table, by a taxonomy's own names, or by a shipped table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ousianer_cli.corpus.noun_labels import noun_labels
from ousianer_cli.errors import SettingsError
from ousianer_cli.formats.corpus import OUTSIDE
from ousianer_cli.formats.labelled import LabelledMention
from ousianer_cli.settings.prepare_corpus import PrepareSettings

WORDNET = "wordnet"
AIDA = "aida"
NOUNS = f"{WORDNET}:nouns"
_AIDA_TABLES = {"ontonotes": "ontonotes_to_aida.tsv"}

TypesOf = Callable[[LabelledMention], "tuple[str, ...] | None"]
"""Types of a mention; an empty tuple is a name without types, None a label that the table lacks."""


def own_labels(mention: LabelledMention) -> tuple[str, ...]:
    """Without a table: the corpus's labels are the types."""
    return mention.labels


def mapped_labels(table: str | Path, taxonomy: str | None = None) -> TypesOf:
    """Types by a label-mapping table: of several labels the deepest mapped one counts; `taxonomy` checks its types.

    Raises:
        TaxonomyError: the table or a type in it is wrong, with file and line.
    """
    from ousianer_cli.taxonomy.mapping import load_mapping
    from ousianer_cli.taxonomy.tree_files import load_taxonomy

    mapping = load_mapping(table, load_taxonomy(taxonomy) if taxonomy is not None else None)

    def types(mention: LabelledMention) -> tuple[str, ...] | None:
        if not mention.labels or mention.labels == (OUTSIDE,):
            return mention.labels
        deepest: tuple[str, ...] = mapping.lookup(mention.labels)
        return deepest or None

    return types


def taxonomy_labels(name: str) -> TypesOf:
    """Types of a corpus whose labels are a taxonomy's own, in any case: the deepest of each line of descent.

    Raises:
        TaxonomyError: no such taxonomy.
    """
    from ousianer_cli.taxonomy.tree_files import load_taxonomy

    taxonomy = load_taxonomy(name)

    def types(mention: LabelledMention) -> tuple[str, ...] | None:
        nodes = [
            label if label == OUTSIDE else taxonomy.find(label, ignore_case=True, phantoms=False)
            for label in mention.labels
        ]
        known = [x for x in dict.fromkeys(nodes) if x is not None]
        if nodes and not known:
            return None
        return tuple(x for x in known if not any(other.startswith(f"{x}.") for other in known))

    return types


def aida_labels(source: str | None) -> TypesOf:
    """Types by the shipped table of a source of labels: open sets of AIDA types, `-` outside.

    Raises:
        SettingsError: no such source.
    """
    from importlib.resources import as_file, files

    if source not in _AIDA_TABLES:
        found = f"'{source}'" if source else "none"
        known = ", ".join(_AIDA_TABLES)
        remedy = "give tables of your own with --map"
        raise SettingsError(f"--map-to {AIDA}:SOURCE: expected one of {known} as SOURCE, found {found}; {remedy}")
    with as_file(files("ousianer_cli.taxonomy") / "resources" / _AIDA_TABLES[source]) as path:
        return mapped_labels(path, "aida")


def wordnet_table(source: str | None) -> dict[str, tuple[str, ...]]:
    """The shipped table's rows for one source of labels: label -> synset ids that all hold (empty: none surely holds).

    Raises:
        SettingsError: no such source.
    """
    from ousianer_cli.formats.text import filled_lines
    from ousianer_cli.taxonomy.wordnet import RESOURCES, read_label_table

    rows = filled_lines(RESOURCES / "corpus_to_wordnet.tsv", "a label table")
    sources = sorted({line.split("\t")[0] for _, line in rows if not line.startswith("#")})
    if source not in sources:
        found = f"'{source}'" if source else "none"
        known = ", ".join([*sources, "nouns"])
        raise SettingsError(f"--map-to {WORDNET}:SOURCE: expected one of {known} as SOURCE, found {found}")
    return read_label_table(source)


def wordnet_labels(source: str | None) -> TypesOf:
    """Types by the shipped table: WordNet synsets in YAGO's form, of all labels together, for pretraining.

    A path (`/art/film`) without a row takes its nearest prefix that has one.
    """
    rows = wordnet_table(source)

    def ids(label: str) -> tuple[str, ...] | None:
        while label not in rows:
            if not label.startswith("/") or "/" not in label[1:]:
                return None
            label = label.rpartition("/")[0]
        return rows[label]

    def types(mention: LabelledMention) -> tuple[str, ...] | None:
        synsets = [ids(label) for label in mention.labels if label != OUTSIDE]
        if synsets and all(x is None for x in synsets):
            return None
        return tuple(dict.fromkeys(i for x in synsets if x for i in x))

    return types


def typing_function(settings: PrepareSettings) -> TypesOf | None:
    """The function for all files, or None where the shipped table's source follows from each file's format."""
    if settings.map is not None:
        return mapped_labels(settings.map, settings.taxonomy)
    if settings.taxonomy is not None:
        return taxonomy_labels(settings.taxonomy)
    if settings.map_to is None:
        return own_labels
    target, _, source = settings.map_to.partition(":")
    if settings.map_to == NOUNS:
        return noun_labels
    if target not in (WORDNET, AIDA):
        expected = f"{WORDNET}, {AIDA}, {WORDNET}:SOURCE or {AIDA}:SOURCE"
        raise SettingsError(f"--map-to: expected {expected}, found '{settings.map_to}'")
    return shipped_labels(settings, source) if source else None


def shipped_labels(settings: PrepareSettings, source: str | None) -> TypesOf:
    """The shipped table that `--map-to` names: to WordNet classes, or to AIDA types."""
    to_aida = (settings.map_to or "").partition(":")[0] == AIDA
    return aida_labels(source) if to_aida else wordnet_labels(source)
