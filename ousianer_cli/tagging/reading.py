"""How the network reads a document: its sentences joined into passages, long ones parted into windows, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.inference import Detected
from ousianer_cli.network.passages import join_encoded, plan_passages
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.tagging.windows import Window, encode_windows, join_spans, plan_windows

Sentence = Sequence[str]
"""The words of a sentence."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A document's sentences as sequences for the network; which ones depends on its text alone."""

    sequences: list[EncodedSentence]
    _lengths: list[int]
    """Words of each sentence."""
    _passages: list[list[int]]
    """The sentences, those without words apart, that stand together."""
    _windows: list[list[Window]]
    """The windows of a passage of one sentence; none of a passage of several."""
    _vector_size: int

    @classmethod
    def of(cls, model: Model, sentences: Sequence[Sentence]) -> Reading:
        """The sequences in which a model reads sentences of a document: passages, and windows of long ones."""
        full = model.tokenizer.encode(sentences) if sentences else []
        filled = [i for i, words in enumerate(sentences) if words]
        plan = plan_passages([full[i].pieces for i in filled], ["document"] * len(filled), model.passage_pieces)
        passages = [[filled[k] for k in part] for part in plan]
        windows: list[list[Window]] = []
        sequences: list[EncodedSentence] = []
        for members in passages:
            if len(members) > 1:
                windows.append([])
                sequences.append(join_encoded([full[i] for i in members]))
                continue
            whole = full[members[0]]
            windows.append(plan_windows(whole, model.max_pieces))
            sequences += encode_windows(whole, windows[-1], model.max_pieces)
        return cls(sequences, [len(words) for words in sentences], passages, windows, model.tagger.vector_size)

    @property
    def pieces(self) -> int:
        """Pieces of all sequences."""
        return sum(s.pieces for s in self.sequences)

    def by_sentence(self, found: Sequence[Detected]) -> list[Detected]:
        """What was found in the sequences, sentence by sentence."""
        result = [Detected.nothing(self._vector_size)] * len(self._lengths)
        at = 0
        for members, own in zip(self._passages, self._windows, strict=True):
            if own:
                result[members[0]] = _join(own, found[at : at + len(own)], self._vector_size)
                at += len(own)
                continue
            start = 0
            for i in members:
                result[i] = found[at].between(start, start + self._lengths[i])
                start += self._lengths[i]
            at += 1
        return result


def _join(windows: Sequence[Window], parts: Sequence[Detected], size: int) -> Detected:
    """What was found in the windows of one sentence, each name from the window that owns its place."""
    if len(parts) == 1:
        return parts[0]
    kept = []
    for window, start, end in join_spans(windows, [p.spans for p in parts]):
        offset = windows[window].start
        kept.append((parts[window].between(start - offset, end - offset), start))
    return Detected.joined(kept, size)
