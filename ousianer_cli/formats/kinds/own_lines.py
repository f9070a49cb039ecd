"""The project's own training lines (`formats.corpus`), read as any other corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import parse_line
from ousianer_cli.formats.labelled import CorpusReport, LabelledMention, LabelledSentence
from ousianer_cli.formats.registry import LIKELY, NO, PERHAPS, CorpusReader, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.text import filled_lines

_REMEDY = "name its format with --format, or bring it into one of them: docs/formats.md, Corpora in"


def read_own_lines(
    paths: Sequence[str | Path], options: object = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """The sentences of our own JSON lines.

    Raises:
        InputError: a line that is none, with file and line.
    """
    for path in paths:
        for number, line in filled_lines(path, "a corpus in JSON lines"):
            sentence = parse_line(line, path, number, _REMEDY)
            mentions, nested = (
                tuple(LabelledMention(m.start, m.end, m.types, number, m.weight, m.noun) for m in level)
                for level in (sentence.mentions, sentence.nested)
            )
            yield LabelledSentence(
                sentence.tokens, mentions, sentence.doc, number, sentence.supervises, nested, sentence.document
            )


def _recognise(sample: Sample) -> int:
    for row in sample.records:
        mentions = row.get("mentions")
        if not isinstance(mentions, list) or "tokens" not in row:
            continue
        if any(isinstance(m, dict) and isinstance(m.get("types"), dict) for m in mentions):
            remedy = "turn silver data into a corpus with: ousianer prepare silver"
            found = "silver data (types by source)"
            raise InputError("a corpus of labelled sentences", found, path=sample.path, remedy=remedy)
        if mentions:
            return LIKELY
    return PERHAPS if sample.is_json else NO  # its reader says what is wrong with them


FORMATS = (Format("ousianer", "the project's own JSON lines", _recognise, corpus=CorpusReader(read_own_lines)),)
