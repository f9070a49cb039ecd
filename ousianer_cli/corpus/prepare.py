"""Turns other people's corpora into the project's own JSON lines: labels mapped, duplicates dropped, all counted.

The order is: read, leave out classes that are no names, keep clean sentences, drop duplicates and excluded
sentences, map labels, drop what cannot supervise, split off a held-out slice, sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, cast

from ousianer_cli.corpus.duplicates import Duplicates, sentence_key
from ousianer_cli.corpus.labels import WORDNET, TypesOf, shipped_labels, typing_function
from ousianer_cli.corpus.sampling import draw_sentences
from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.corpora import detect_format, read_group
from ousianer_cli.formats.corpus import OUTSIDE, Mention, Sentence, outer_and_nested
from ousianer_cli.formats.labelled import CorpusReport, LabelledMention, LabelledSentence, Supervision
from ousianer_cli.formats.registry import CorpusReader, Format, check_options, corpus_formats, options_for
from ousianer_cli.formats.standoff import FiledMention
from ousianer_cli.settings.prepare_corpus import PrepareSettings
from ousianer_cli.taxonomy.demonyms import demonym_type, is_demonym

_PLACES = frozenset(["GPE", "LOC", "FAC"])
_JUDGED = {"outside": "national adjectives, peoples and languages are now -", "places": "adjectives are now places"}

# English capitalises these whether or not they are part of a name.
_CAPITALISED = frozenset(
    ["I", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"]
    + ["December", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
)
_BEFORE_CAPITAL = frozenset([".", "?", ":", '"', "``"])


@dataclass(slots=True)
class PrepareReport:
    """What was read, kept and dropped. `types` counts mentions by type; an open set counts once, joined by `|`."""

    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    """File -> its format and how many sentences were read from it."""
    types: Counter[str] = field(default_factory=Counter)
    held_types: Counter[str] = field(default_factory=Counter)
    dropped_sentences: Counter[str] = field(default_factory=Counter)
    dropped_mentions: Counter[str] = field(default_factory=Counter)
    """Mentions dropped from sentences that stay."""
    dropped_other: Counter[str] = field(default_factory=Counter)
    """What the readers left out, such as tokens of white space."""
    unmapped: Counter[str] = field(default_factory=Counter)
    demonyms: Counter[str] = field(default_factory=Counter)
    """Names that `demonyms` put `outside`, or made `places`."""
    nested: int = 0
    """Names inside longer ones, in what is kept and held out; none of them is among `types`."""
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Prepared:
    """The result: sentences, the held-out slice (empty unless asked for), and the report."""

    sentences: list[Sentence]
    held: list[Sentence]
    report: PrepareReport


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


def prepare_corpus(
    files: Sequence[str | Path], settings: PrepareSettings | None = None, options: Mapping[str, Any] | None = None
) -> Prepared:
    """Read corpora and turn them into training sentences.

    Args:
        options: of the formats' own, by name (`token_column`, `genres`, `source`, …).
    Raises:
        InputError: a broken line, or a label that the table lacks (unless `unmapped` says otherwise); with its place.
        SettingsError, TaxonomyError: a setting or a table is wrong.
    """
    chosen = settings or PrepareSettings()
    if not files:
        raise SettingsError("expected one corpus file or more, found none; name them before the options")
    known = corpus_formats()
    if chosen.format not in (None, *known):
        raise SettingsError(f"--format: expected one of {', '.join(known)}, found {chosen.format!r}")
    given = dict(options or {})
    for form in known.values():
        options_for(form, given)  # a value that is none is refused whatever the files are
    formatted = [(path, known[chosen.format or detect_format(path)]) for path in files]
    _check_options(chosen, given, list(dict.fromkeys(form for _, form in formatted)))
    report = PrepareReport()
    duplicates = Duplicates(_excluded(chosen, given))
    shared = typing_function(chosen)
    sentences: list[Sentence] = []
    held: list[Sentence] = []
    for form, paths in _units(formatted):
        path, reader = paths[0], cast(CorpusReader, form.corpus)
        types_of = shared or shipped_labels(chosen, reader.labels_of or None)
        classes = chosen.types or reader.names
        read = CorpusReport()
        counted = _Counted(read_group(paths, form, given, read))
        wanted = _wanted(counted, classes, chosen.clean, report)
        for labelled in duplicates.without(wanted, report.dropped_sentences):
            sentence = _converted(labelled, types_of, chosen, path, report)
            if sentence is not None:
                out = is_held_out(sentence.tokens, chosen.split_by_hash, sentence.document)
                (held if out else sentences).append(sentence)
        shown = str(path) if len(paths) == 1 else f"{path} and {len(paths) - 1} more"
        report.files[shown] = (form.name, counted.count)
        report.dropped_other.update(read.dropped)
        if warning := reader.warning(chosen.clean, chosen.supervises):
            report.notes.append(f"{path}: {warning}")
    _check_found(known, given, report)
    if chosen.demonyms != "keep":
        counts = [f"{report.demonyms[kind]:,} {what}" for kind, what in _JUDGED.items() if report.demonyms[kind]]
        report.notes.append(f"--demonyms {chosen.demonyms}: {', '.join(counts) or 'nothing to change'}")
    if chosen.limit is not None and len(sentences) > chosen.limit:
        drawn = draw_sentences(sentences, chosen.limit, chosen.seed)
        report.dropped_sentences[f"beyond --limit {chosen.limit}"] += len(sentences) - len(drawn)
        sentences = drawn
    report.types = count_types(sentences)
    report.held_types = count_types(held)
    report.nested = sum(len(s.nested) for s in (*sentences, *held))
    return Prepared(sentences, held, report)


@dataclass(slots=True)
class _Counted:
    """Sentences, counted as they go by."""

    sentences: Iterable[LabelledSentence]
    count: int = 0

    def __iter__(self) -> Iterator[LabelledSentence]:
        for sentence in self.sentences:
            self.count += 1
            yield sentence


def _wanted(
    sentences: Iterable[LabelledSentence], classes: Sequence[str], clean: bool, report: PrepareReport
) -> Iterator[LabelledSentence]:
    """The sentences with names of `classes` alone (none: all), and with `clean` those in which none is missing."""
    for labelled in sentences:
        if classes:
            labelled = _of_classes(labelled, classes, report)
        if clean and not is_clean(labelled):
            report.dropped_sentences["capitalised word outside every name (not clean)"] += 1
        else:
            yield labelled


def count_types(sentences: Iterable[Sentence]) -> Counter[str]:
    """Mentions by type; an open set is written with `|`, a mention without types as `(no type)`."""
    return Counter("|".join(m.types) or "(no type)" for s in sentences for m in s.mentions)


def _excluded(settings: PrepareSettings, options: Mapping[str, Any]) -> set[bytes]:
    # The files to exclude may be in any format, whatever the format and the columns of the input.
    known = corpus_formats()
    applied = {name: value for name, value in options.items() if name not in ("token_column", "tag_column")}
    return {
        sentence_key(s.tokens)
        for path in settings.exclude
        for s in read_group([path], known[detect_format(path)], applied, CorpusReport())
    }


def _units(formatted: Iterable[tuple[str | Path, Format]]) -> Iterator[tuple[Format, list[str | Path]]]:
    """Paths that are read together: neighbours whose text lies in --source, so that it is read once; others singly."""
    for form, group in groupby(formatted, key=lambda item: item[1]):
        paths = [path for path, _ in group]
        together = form.corpus is not None and form.corpus.together
        yield from [(form, paths)] if together else [(form, [path]) for path in paths]


def _check_options(settings: PrepareSettings, options: Mapping[str, Any], used: Sequence[Format]) -> None:
    """Refuse options that none of the files can heed."""
    check_options(options, used)
    if len(used) == 1 and used[0].corpus and used[0].corpus.names:
        known = (*used[0].corpus.names, *used[0].corpus.other_labels)
        if unknown := [name for name in settings.types if name not in known]:
            expected = f"labels of {used[0].name} ({', '.join(known)})"
            raise SettingsError(f"--types: expected {expected}, found '{unknown[0]}'")


def _check_found(known: Mapping[str, Format], options: Mapping[str, Any], report: PrepareReport) -> None:
    """A corpus of which nothing is there that was asked for is a mistake."""
    for name, form in known.items():
        counts = {path: count for path, (kind, count) in report.files.items() if kind == name}
        if form.corpus and form.corpus.wanted and counts and not any(counts.values()):
            found = "; ".join(f"{n} {reason}" for reason, n in report.dropped_other.items()) or "no sentence"
            wanted = form.corpus.wanted(options_for(form, options))
            raise InputError(wanted, found, path=next(iter(counts)), remedy="check the files and the options")


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
        if settings.demonyms != "keep":
            judged = _judged(types, labelled.tokens, mention, settings.demonyms)
            report.demonyms["outside" if judged == (OUTSIDE,) else "places"] += judged != types
            types = judged
        mentions.append(Mention(mention.start, mention.end, types, mention.weight, mention.noun))
    if not mentions and not detects:
        report.dropped_sentences["no typed mention (typing needs one)"] += 1
        return None
    outer, nested = outer_and_nested(mentions)
    return Sentence(labelled.tokens, outer, labelled.doc, supervises, nested, labelled.document)


def _judged(types: tuple[str, ...], tokens: Sequence[str], mention: LabelledMention, demonyms: str) -> tuple[str, ...]:
    """The types of a mention that is a national adjective, a people or a language, by `--demonyms`; else its own."""
    places = bool(types) and all(name.partition(".")[0] in _PLACES for name in types)
    if demonyms == "outside":
        return (OUTSIDE,) if places and is_demonym(tokens[mention.start : mention.end]) else types
    if not places and types != (OUTSIDE,):
        return types
    place = demonym_type(tokens, mention.start, mention.end)
    if not place or (places and all(name.partition(".")[0] == place for name in types)):
        return types
    return (place,)
