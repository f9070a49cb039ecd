"""Turns other people's corpora into the project's own JSON lines: labels mapped, duplicates dropped, all counted.

The order is: read, leave out classes that are no names, keep clean sentences, drop duplicates and excluded
sentences, map labels, drop what cannot supervise, split off a held-out slice, sample.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import cast

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.aida_tab import LEVELS
from ousianer_cli.formats.corpora import CORPUS_FORMATS, OVER_SOURCE, CorpusFormat, detect_format, read_group
from ousianer_cli.formats.corpus import OUTSIDE, Mention, Sentence, Supervision, outer_and_nested
from ousianer_cli.formats.labelled import LabelledMention, LabelledSentence, ReadReport
from ousianer_cli.formats.ontonotes import DEFAULT_GENRES, GENRES, NAME_CLASSES, NUMERIC_CLASSES, WITHOUT_NAMES
from ousianer_cli.formats.standoff import FiledMention
from ousianer_cli.settings.prepare_corpus import PrepareSettings
from ousianer_cli.taxonomy.demonyms import is_demonym

WORDNET = "wordnet"
AIDA = "aida"
ALL_GENRES = "all"
_SOURCE_OF: dict[str, str] = {"fewnerd": "fewnerd", "figer-json": "wfbg", "ontonotes": "ontonotes"}
"""Format -> the source of labels in the shipped tables, where it follows from the format."""
_PLACES = frozenset(["GPE", "LOC", "FAC"])
_AIDA_TABLES = {"ontonotes": "ontonotes_to_aida.tsv"}

# English capitalises these whether or not they are part of a name.
_CAPITALISED = frozenset(
    ["I", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"]
    + ["December", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
)
_BEFORE_CAPITAL = frozenset([".", "?", ":", '"', "``"])


@dataclass(slots=True)
class PrepareReport:
    """What was read, kept and dropped. `types` counts mentions by type; an open set counts once, joined by `|`."""

    files: dict[str, tuple[CorpusFormat, int]] = field(default_factory=dict)
    """File -> its format and how many sentences were read from it."""
    types: Counter[str] = field(default_factory=Counter)
    held_types: Counter[str] = field(default_factory=Counter)
    dropped_sentences: Counter[str] = field(default_factory=Counter)
    dropped_mentions: Counter[str] = field(default_factory=Counter)
    """Mentions dropped from sentences that stay."""
    dropped_other: Counter[str] = field(default_factory=Counter)
    """What the readers left out, such as tokens of white space."""
    unmapped: Counter[str] = field(default_factory=Counter)
    demonyms: int = 0
    """Names put outside by `demonyms_outside`."""
    nested: int = 0
    """Names inside longer ones, in what is kept and held out; none of them is among `types`."""
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Prepared:
    """The result: sentences, the held-out slice (empty unless asked for), and the report."""

    sentences: list[Sentence]
    held: list[Sentence]
    report: PrepareReport


def sentence_key(tokens: Iterable[str]) -> bytes:
    """16 bytes that tell a lower-cased token sequence from others: the key of duplicates and of the hash split."""
    return hashlib.blake2b("\x1f".join(tokens).lower().encode("utf-8"), digest_size=16).digest()


def is_held_out(tokens: Iterable[str], fraction: float, document: str = "") -> bool:
    """Whether a sentence falls into the held-out share: the same answer wherever it stands, whatever its casing.

    Sentences of one document fall together, by a hash of its id.
    """
    key = sentence_key(["document", document] if document else tokens)
    return int.from_bytes(key[:8], "big") < fraction * 2**64


def is_clean(sentence: LabelledSentence) -> bool:
    """Whether no token that its place does not capitalise is capitalised and outside every mention.

    Few-NERD's INTER and INTRA files tag entities of other sets as O, PER/ORG/LOC corpora all other names. A sentence
    without such a token likely misses none, and is easier than average. Not counted: the first token, one after a full
    stop, a question mark, a colon or an opening quotation mark, the months, the days of the week, and `I`.
    """
    inside = {i for m in sentence.mentions for i in range(m.start, m.end)}
    tokens = sentence.tokens
    return not any(
        token[:1].isupper() and token not in _CAPITALISED and previous not in _BEFORE_CAPITAL and i not in inside
        for i, (previous, token) in enumerate(pairwise(tokens), 1)
    )


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
    from ousianer_cli.taxonomy.tree import load_taxonomy

    mapping = load_mapping(table, load_taxonomy(taxonomy) if taxonomy is not None else None)

    def types(mention: LabelledMention) -> tuple[str, ...] | None:
        if not mention.labels or mention.labels == (OUTSIDE,):
            return mention.labels
        found: tuple[str, ...] = mapping.lookup_deepest(mention.labels)
        return found or None

    return types


def taxonomy_labels(name: str) -> TypesOf:
    """Types of a corpus whose labels are a taxonomy's own, in any case: the deepest of each line of descent.

    Raises:
        TaxonomyError: no such taxonomy.
    """
    from ousianer_cli.taxonomy.tree import load_taxonomy

    taxonomy = load_taxonomy(name)

    def types(mention: LabelledMention) -> tuple[str, ...] | None:
        found = [
            label if label == OUTSIDE else taxonomy.find(label, ignore_case=True, phantoms=False)
            for label in mention.labels
        ]
        known = [x for x in dict.fromkeys(found) if x is not None]
        if found and not known:
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
    from importlib.resources import files

    resource = files("ousianer_cli.taxonomy") / "resources" / "corpus_to_wordnet.tsv"
    tables: dict[str, dict[str, tuple[str, ...]]] = {}
    for line in resource.read_text(encoding="utf-8").split("\n"):
        if line.strip() and not line.startswith("#"):
            name, label, ids = line.split("\t")
            tables.setdefault(name, {})[label] = () if ids == OUTSIDE else tuple(x.strip() for x in ids.split(","))
    if source not in tables:
        found = f"'{source}'" if source else "none"
        known = ", ".join(sorted(tables))
        raise SettingsError(f"--map-to {WORDNET}:SOURCE: expected one of {known} as SOURCE, found {found}")
    return tables[source]


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
        found = [ids(label) for label in mention.labels if label != OUTSIDE]
        if found and all(x is None for x in found):
            return None
        return tuple(dict.fromkeys(i for x in found if x for i in x))

    return types


def prepare_corpus(files: Sequence[str | Path], settings: PrepareSettings | None = None) -> Prepared:
    """Read corpora and turn them into training sentences.

    Raises:
        InputError: a broken line, or a label that the table lacks (unless `unmapped` says otherwise); with its place.
        SettingsError, TaxonomyError: a setting or a table is wrong.
    """
    chosen = settings or PrepareSettings()
    if not files:
        raise SettingsError("expected one corpus file or more, found none; name them before the options")
    _check_names(chosen)
    given = cast(CorpusFormat | None, chosen.format)
    kinds: list[tuple[str | Path, CorpusFormat]] = [(path, given or detect_format(path)) for path in files]
    _check_options(chosen, {kind for _, kind in kinds})
    report = PrepareReport()
    seen: dict[bytes, tuple[object, ...] | None] = dict.fromkeys(_excluded(chosen))
    shared = _typing_function(chosen)
    sentences: list[Sentence] = []
    held: list[Sentence] = []
    for kind, paths in _units(kinds):
        path = paths[0]
        types_of = shared or _shipped_labels(chosen, _SOURCE_OF.get(kind))
        classes = chosen.types or (NAME_CLASSES if kind == "ontonotes" else ())
        read = ReadReport()
        count = 0
        for labelled in _read(paths, kind, chosen, read):
            count += 1
            if classes:
                labelled = _of_classes(labelled, classes, report)
            if chosen.clean and not is_clean(labelled):
                report.dropped_sentences["capitalised word outside every name (not clean)"] += 1
                continue
            if _is_duplicate(labelled, seen, report):
                continue
            sentence = _converted(labelled, types_of, chosen, path, report)
            if sentence is not None:
                out = is_held_out(sentence.tokens, chosen.held_fraction, sentence.document)
                (held if out else sentences).append(sentence)
        shown = str(path) if len(paths) == 1 else f"{path} and {len(paths) - 1} more"
        report.files[shown] = (kind, count)
        report.dropped_other.update(read.dropped)
        _note_detection(kind, path, chosen, report)
    _check_genres(chosen, report)
    if chosen.demonyms_outside:
        report.notes.append(
            f"{report.demonyms:,} national adjectives, peoples and languages labelled as places are now -"
        )
    if chosen.limit is not None and len(sentences) > chosen.limit:
        report.dropped_sentences[f"beyond --limit {chosen.limit}"] += len(sentences) - chosen.limit
        picked = random.Random(chosen.seed).sample(range(len(sentences)), chosen.limit)
        sentences = [sentences[i] for i in sorted(picked)]
    report.types = count_types(sentences)
    report.held_types = count_types(held)
    report.nested = sum(len(s.nested) for s in (*sentences, *held))
    return Prepared(sentences, held, report)


def count_types(sentences: Iterable[Sentence]) -> Counter[str]:
    """Mentions by type; an open set is written with `|`, a mention without types as `(no type)`."""
    return Counter("|".join(m.types) or "(no type)" for s in sentences for m in s.mentions)


def _excluded(settings: PrepareSettings) -> set[bytes]:
    # The files to exclude may be in any format, whatever the format of the input.
    return {
        sentence_key(s.tokens)
        for path in settings.exclude
        for s in _read([path], detect_format(path), replace(settings, token_column=None, tag_column=None), ReadReport())
    }


def _units(
    kinds: Iterable[tuple[str | Path, CorpusFormat]],
) -> Iterator[tuple[CorpusFormat, list[str | Path]]]:
    """Paths that are read together: neighbours whose text lies in --source, so that it is read once; others singly."""
    for kind, group in groupby(kinds, key=lambda item: item[1]):
        paths = [path for path, _ in group]
        yield from [(kind, paths)] if kind in OVER_SOURCE else [(kind, [path]) for path in paths]


def _read(
    paths: Sequence[str | Path], kind: CorpusFormat, settings: PrepareSettings, report: ReadReport
) -> Iterator[LabelledSentence]:
    genres: Sequence[str] = settings.genres or DEFAULT_GENRES
    if ALL_GENRES in genres:
        genres = [*(genre for genre in GENRES if genre not in WITHOUT_NAMES), "unknown"]
    return read_group(
        paths,
        kind,
        token_column=settings.token_column,
        tag_column=settings.tag_column,
        genres=genres,
        levels=settings.levels or LEVELS[:1],
        sources=settings.source,
        report=report,
    )


def _check_names(settings: PrepareSettings) -> None:
    """Refuse names of formats, genres and levels that the readers do not know."""
    if settings.format not in (None, *CORPUS_FORMATS):
        raise SettingsError(f"--format: expected one of {', '.join(CORPUS_FORMATS)}, found {settings.format!r}")
    for genre in settings.genres:
        if genre in WITHOUT_NAMES:
            raise SettingsError(f"--genres: OntoNotes marks no names in {genre} ({GENRES[genre]}); leave it out")
        if genre not in (*GENRES, ALL_GENRES):
            known = ", ".join(g for g in GENRES if g not in WITHOUT_NAMES)
            raise SettingsError(f"--genres: expected {known} or {ALL_GENRES}, found '{genre}'")
    for level in settings.levels:
        if level not in LEVELS:
            raise SettingsError(f"--levels: expected {', '.join(LEVELS)}, found '{level}'")


def _check_options(settings: PrepareSettings, kinds: set[CorpusFormat]) -> None:
    """Refuse options that none of the files can heed."""
    found = ", ".join(sorted(kinds))
    for flag, given, heeding in (
        ("--genres", settings.genres, ("ontonotes",)),
        ("--levels", settings.levels, ("aida",)),
        ("--source", settings.source, OVER_SOURCE),
    ):
        if given and not kinds & set(heeding):
            raise SettingsError(f"{flag}: expected files of format {' or '.join(heeding)}, found {found}; leave it out")
    known = (*NAME_CLASSES, *NUMERIC_CLASSES)
    if kinds == {"ontonotes"} and (unknown := [name for name in settings.types if name not in known]):
        raise SettingsError(f"--types: expected OntoNotes classes ({', '.join(known)}), found '{unknown[0]}'")


def _check_genres(settings: PrepareSettings, report: PrepareReport) -> None:
    """An OntoNotes corpus of which no sentence is of the genres asked for is a mistake."""
    counts = {path: count for path, (kind, count) in report.files.items() if kind == "ontonotes"}
    if counts and not any(counts.values()):
        genres = ", ".join(settings.genres or DEFAULT_GENRES)
        found = "; ".join(f"{n} {reason}" for reason, n in report.dropped_other.items()) or "no sentence"
        raise InputError(f"sentences of genre {genres}", found, path=next(iter(counts)), remedy="choose --genres")


def _of_classes(labelled: LabelledSentence, classes: Sequence[str], report: PrepareReport) -> LabelledSentence:
    """The sentence without mentions of other classes, which are counted; their words are no names."""
    everything = (*labelled.mentions, *labelled.nested)
    kept = [m for m in everything if not m.labels or any(label in classes for label in m.labels)]
    if len(kept) < len(everything):
        for mention in everything:
            if mention.labels and not any(label in classes for label in mention.labels):
                report.dropped_mentions[f"class {', '.join(mention.labels)} (--types)"] += 1
        outer, nested = outer_and_nested(kept)
        return replace(labelled, mentions=outer, nested=nested)
    return labelled


def _typing_function(settings: PrepareSettings) -> TypesOf | None:
    """The function for all files, or None where the shipped table's source follows from each file's format."""
    if settings.map is not None:
        return mapped_labels(settings.map, settings.taxonomy)
    if settings.taxonomy is not None:
        return taxonomy_labels(settings.taxonomy)
    if settings.map_to is None:
        return own_labels
    target, _, source = settings.map_to.partition(":")
    if target not in (WORDNET, AIDA):
        expected = f"{WORDNET}, {AIDA}, {WORDNET}:SOURCE or {AIDA}:SOURCE"
        raise SettingsError(f"--map-to: expected {expected}, found '{settings.map_to}'")
    return _shipped_labels(settings, source) if source else None


def _shipped_labels(settings: PrepareSettings, source: str | None) -> TypesOf:
    to_aida = (settings.map_to or "").partition(":")[0] == AIDA
    return aida_labels(source) if to_aida else wordnet_labels(source)


def _is_duplicate(
    sentence: LabelledSentence, seen: dict[bytes, tuple[object, ...] | None], report: PrepareReport
) -> bool:
    """Whether the sentence came before or is excluded; if not, it is remembered with its annotation."""
    key = sentence_key(sentence.tokens)
    annotation = tuple((m.start, m.end, m.labels) for m in (*sentence.mentions, *sentence.nested))
    if key not in seen:
        seen[key] = annotation
        return False
    first = seen[key]
    if first is None:
        report.dropped_sentences["also in an excluded file"] += 1
    elif first == annotation:
        report.dropped_sentences["duplicate"] += 1
    else:
        report.dropped_sentences["duplicate, with other labels than the first"] += 1
    return True


def _converted(
    labelled: LabelledSentence, types_of: TypesOf, settings: PrepareSettings, path: str | Path, report: PrepareReport
) -> Sentence | None:
    """The training sentence, or None (counted) if nothing in it can supervise."""
    supervises: Supervision = settings.supervises or labelled.supervises or "both"
    detects = supervises in ("detection", "both")
    mentions: list[Mention] = []
    for mention in (*labelled.mentions, *labelled.nested):
        types = types_of(mention)
        if types is None:
            label = ", ".join(mention.labels)
            report.unmapped[label] += 1
            if settings.unmapped == "error":
                place = mention.path if isinstance(mention, FiledMention) and mention.path else path
                expected, remedy = f"a label that {settings.map} maps", "add a row for it, or choose"
                if settings.map_to is not None:
                    expected = f"a label that the shipped table ({settings.map_to}) maps"
                elif settings.map is None:
                    expected, remedy = f"a type of taxonomy '{settings.taxonomy}'", "map it with --map, or choose"
                remedy = f"{remedy} --unmapped drop|outside"
                raise InputError(expected, f"'{label}'", path=place, line=mention.line, remedy=remedy)
            if settings.unmapped == "drop":
                if detects and mention in labelled.mentions:
                    # Without the mention its words would count as no name.
                    report.dropped_sentences["a name's label is not in the table (detection needs all names)"] += 1
                    return None
                report.dropped_mentions["label not in the table"] += 1
                continue
            types = () if (settings.map_to or "").startswith(WORDNET) else (OUTSIDE,)
        if not types and not detects:
            report.dropped_mentions["no type (typing needs one)"] += 1
            continue
        if settings.demonyms_outside and _is_place(types) and is_demonym(labelled.tokens[mention.start : mention.end]):
            types = (OUTSIDE,)
            report.demonyms += 1
        mentions.append(Mention(mention.start, mention.end, types, mention.weight, mention.noun))
    if not mentions and not detects:
        report.dropped_sentences["no typed mention (typing needs one)"] += 1
        return None
    outer, nested = outer_and_nested(mentions)
    return Sentence(labelled.tokens, outer, labelled.doc, supervises, nested, labelled.document)


def _is_place(types: Sequence[str]) -> bool:
    return bool(types) and all(name.partition(".")[0] in _PLACES for name in types)


def _note_detection(kind: CorpusFormat, path: str | Path, settings: PrepareSettings, report: PrepareReport) -> None:
    if kind == "fewnerd" and settings.supervises != "typing" and not settings.clean:
        report.notes.append(
            f"{path}: Few-NERD's INTER and INTRA files leave names of other sets untagged; "
            "detection wants --clean, or --supervises typing"
        )
    if kind == "aida" and settings.supervises in ("detection", "both"):
        report.notes.append(
            f"{path}: AIDA tabs hold the arguments of annotated events and relations, not every name; "
            "detection wants corpora in which all names are marked"
        )
