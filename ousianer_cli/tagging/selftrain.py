"""Self-training: a model marks the names of running text whose links are known, so that it can train detection too.

Silver text marks some of its names only, and teaches typing. A teacher finds the rest; where a known mention that looks
like a name says otherwise, the mention wins. Sentences in which the teacher is unsure of a name are left as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from ousianer_cli.formats.corpus import Mention, Sentence, dump_sentence, read_corpus
from ousianer_cli.formats.word_rules import WORD_RULES
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.inference import detect_spans
from ousianer_cli.outputs import open_output

Span = tuple[int, int]

LEAST, SURE = 0.6, 0.8
"""p(span) under which a name makes its sentence doubtful, and over which a longer name stays around a known one."""
SHORTEST, LONGEST = 6, 90
"""Words of a sentence worth labelling: shorter ones are headings, longer ones lists."""
_POOL = 2_048


def mark_files(model: Model, files: Sequence[str], out: str, rest: str | None = None) -> Counter[str]:
    """Write the sentences whose names are all marked now to `out`, the others to `rest`; returns the counts."""
    counts: Counter[str] = Counter()
    left = []
    with open_output(out) as marked_lines:
        for sentence, marked in mark_names(model, (s for path in files for s in read_corpus(path)), counts):
            if marked:
                marked_lines.write(dump_sentence(sentence) + "\n")
            else:
                left.append(sentence)
    if rest is not None:
        with open_output(rest) as left_lines:
            left_lines.writelines(dump_sentence(sentence) + "\n" for sentence in left)
    return counts


def mark_names(
    model: Model, sentences: Iterable[Sentence], counts: Counter[str], *, batch_pieces: int = 6_400
) -> Iterator[tuple[Sentence, bool]]:
    """(sentence, whether all its names are marked now) in order; a sentence that is not marked comes back unchanged.

    Marked sentences have our words as tokens and supervise both losses; known mentions keep types and weight, found
    ones have no types. `counts` says what happened to sentences and known mentions.
    """
    pool: list[Sentence] = []
    for sentence in sentences:
        pool.append(sentence)
        if len(pool) == _POOL:
            yield from _mark_pool(model, pool, counts, batch_pieces)
            pool = []
    yield from _mark_pool(model, pool, counts, batch_pieces)


def _mark_pool(
    model: Model, pool: Sequence[Sentence], counts: Counter[str], batch_pieces: int
) -> Iterator[tuple[Sentence, bool]]:
    split = [s.as_words() for s in pool]
    encoded = model.tokenizer.encode([words for words, *_ in split]) if pool else []
    fits = [
        SHORTEST <= len(words) <= LONGEST and e.pieces <= model.max_pieces
        for (words, *_), e in zip(split, encoded, strict=True)
    ]
    detected = iter(detect_spans(model.tagger, [e for e, fit in zip(encoded, fits, strict=True) if fit], batch_pieces))
    for sentence, (words, spans, _), fit in zip(pool, split, fits, strict=True):
        names: list[Span] | None = None
        if fit:
            marked, marginals = next(detected)
            names = _merged(words, spans, marked, marginals, counts)
        else:
            counts["sentences too short or too long"] += 1
        if not names:
            counts["sentences left as they were"] += 1
            yield sentence, False
            continue
        known = dict(zip(spans, sentence.mentions, strict=True))
        counts["sentences marked"] += 1
        counts["names marked"] += len(names)
        counts["known mentions lost to a longer name, or not like a name"] += sum(s not in names for s in known)
        mentions = [
            Mention(a, b, known[a, b].types, known[a, b].weight) if (a, b) in known else Mention(a, b) for a, b in names
        ]
        if sentence.nested:
            counts["nested mentions left out"] += len(sentence.nested)
        yield Sentence(tuple(words), tuple(mentions), sentence.doc, "both", (), sentence.document, WORD_RULES), True


def _merged(
    words: Sequence[str], known: Sequence[Span], detected: Sequence[Span], marginals: np.ndarray, counts: Counter[str]
) -> list[Span] | None:
    """The sentence's names: the teacher's, corrected by the known ones; None where the teacher is unsure."""
    certain = [s for s in known if _like_a_name(words, s)]
    names: set[Span] = set()
    for (start, end), p in zip(detected, marginals, strict=True):
        hit = [s for s in certain if s[0] < end and s[1] > start]
        if not hit:
            if p < LEAST:
                return None
            names.add((start, end))
        elif hit == [(start, end)] or (len(hit) == 1 and start <= hit[0][0] and end >= hit[0][1] and p > SURE):
            names.add((start, end))
        else:
            counts["names of the teacher that a known mention corrects"] += 1
            names.update(hit)
    missed = [s for s in certain if not any(s[0] < b and s[1] > a for a, b in names)]
    counts["known mentions that the teacher had missed"] += len(missed)
    ordered = sorted(names.union(missed))
    return None if any(right[0] < left[1] for left, right in pairwise(ordered)) else ordered


def _like_a_name(words: Sequence[str], span: Span) -> bool:
    """Capitalised at both ends, and not merely a sentence's first word."""
    first, last = words[span[0]], words[span[1] - 1]
    return first[:1].isupper() and last[:1].isupper() and any(c.isalpha() for c in first) and span != (0, 1)
