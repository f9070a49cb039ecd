"""Corrected sentences as a detector sees them, and the words of its replay that contradict them.

Letters: T words, N words of other sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ousianer_cli.errors import InputError
from ousianer_cli.formats.detection import DetectionLine, Fault
from ousianer_cli.formats.words import resplit_tokens
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.crf import tags_of
from ousianer_cli.network.nested import Span
from ousianer_cli.network.tagger import TaggerNetwork
from ousianer_cli.training.detector_likeness import near_words
from ousianer_cli.training.detector_words import SeenWords, seen_words, spans_in


@dataclass(frozen=True, slots=True)
class CorrectedSentence:
    """A corrected sentence: its words, the names it has, and what was said of which places."""

    seen: SeenWords
    names: list[Span]
    places: list[tuple[Span, Fault]]

    @property
    def tags(self) -> Tensor:
        """IOB2 tags of its words [T]."""
        return torch.tensor(tags_of(self.names, len(self.seen)))


def corrected_sentences(
    model: Model, lines: Sequence[DetectionLine], report: Callable[[str], None]
) -> list[CorrectedSentence]:
    """Corrected sentences, run through the network once; `report` hears of those that are too long for the encoder.

    Raises:
        InputError: none of them can be read whole.
    """
    rows = []
    for line in lines:
        places = [(c.start, c.end) for c in line.corrected]
        names = [(m.start, m.end) for m in line.sentence.mentions]
        words, spans = resplit_tokens(line.sentence.tokens, [*names, *places])
        rows.append((words, spans[: len(names)], spans[len(names) :], [c.fault for c in line.corrected]))
    encoded = model.tokenizer.encode([words for words, *_ in rows])
    kept = [i for i, e in enumerate(encoded) if e.words and e.pieces <= model.max_pieces]
    if len(kept) < len(rows):
        report(f"{len(rows) - len(kept):,} corrected sentences are longer than the encoder reads, and teach nothing")
    if not kept:
        raise InputError("a corrected sentence that the encoder can read", "none", remedy="check the detection file")
    seen = seen_words(model.tagger, [encoded[i] for i in kept])
    return [
        CorrectedSentence(sentence, rows[i][1], list(zip(rows[i][2], rows[i][3], strict=True)))
        for sentence, i in zip(seen, kept, strict=True)
    ]


def contradicting_words(
    tagger: TaggerNetwork, corrected: Sequence[CorrectedSentence], others: Sequence[SeenWords]
) -> Tensor:
    """Which words of other sequences contradict the corrections: mask [N]; with a word, the name that it is in, and the
    words beside it, which a name may have to begin or end at."""
    if not others:
        return torch.zeros(0, dtype=torch.bool)
    found = spans_in(tagger.crf, [sentence.seen for sentence in corrected], tagger.adapter)
    old = torch.cat([torch.tensor(tags_of(s, len(c.seen))) for s, c in zip(found, corrected, strict=True)])
    new = torch.cat([sentence.tags for sentence in corrected])
    changed = old != new
    names = spans_in(tagger.crf, others, tagger.adapter)
    tags = torch.cat([torch.tensor(tags_of(s, len(o))) for s, o in zip(names, others, strict=True)])
    halves = 2 * tagger.config.lstm_hidden, tagger.config.encoder_size
    inputs = torch.cat([sentence.seen.inputs for sentence in corrected])[changed]
    near = near_words(torch.cat([o.inputs for o in others]), tags, inputs, old[changed], new[changed], halves)
    masks = []
    for spans, mask in zip(names, torch.split(near, [len(o) for o in others]), strict=True):
        free = mask.clone()
        free[1:] |= mask[:-1]
        free[:-1] |= mask[1:]
        for start, end in spans:
            if mask[start:end].any():
                free[start:end] = True
        masks.append(free)
    return torch.cat(masks)
