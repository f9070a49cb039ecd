"""What a person's corrections say of detection: names that were missed, wrong boundaries, words that are no name.

Letters: C corrections.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ousianer_cli.formats.corpus import Mention, Sentence, outer_and_nested
from ousianer_cli.formats.detection import (
    Corrected,
    DetectionLine,
    Fault,
    is_detection_file,
    read_detection,
    write_detection,
)
from ousianer_cli.formats.feedback.items import NO_NAME, FeedbackItem
from ousianer_cli.formats.sentences import sentences_of
from ousianer_cli.formats.visible import VisibleText
from ousianer_cli.formats.words import words_as_read, words_of
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.inference import detect_spans
from ousianer_cli.network.nested import Span
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.settings.weights import corpus_weights
from ousianer_cli.training.detector import self_marked, teach_detector
from ousianer_cli.training.examples import Example, ExampleOptions, load_examples
from ousianer_cli.training.vector_cache import VectorCache


def typed(items: Sequence[FeedbackItem]) -> list[FeedbackItem]:
    """The corrections that teach typing: all but those of words that are no name."""
    return [item for item in items if item.type != NO_NAME]


def detection_lines(vectors: VectorCache, items: Sequence[FeedbackItem]) -> list[DetectionLine]:
    """A line for each sentence in which the detector errs by what was said of it, in the order of the corrections.

    Sentences longer than the encoder reads have none.
    """
    model = vectors.model
    by_text: dict[str, list[FeedbackItem]] = {}
    for item in items:
        by_text.setdefault(item.text, []).append(item)
    visible = {text: VisibleText.of(text) for text in by_text}
    words = {text: words_of(seen) for text, seen in visible.items()}
    tokens = {text: tuple(words_as_read(visible[text], words[text])) for text in by_text}
    encoded = model.tokenizer.encode([list(tokens[text]) for text in by_text]) if by_text else []
    read = [(text, e) for text, e in zip(by_text, encoded, strict=True) if e.pieces <= model.max_pieces]
    found = detect_spans(model.tagger, [e for _, e in read], vectors.batch_pieces)
    lines = []
    for (text, _), (spans, _) in zip(read, found, strict=True):
        verdicts = {_span(words[text], item): item.type for item in by_text[text]}
        line = corrected_line(tokens[text], verdicts, spans)
        if line.corrected:
            lines.append(line)
    return lines


def _span(words: Sequence[Span], item: FeedbackItem) -> Span:
    inside = [i for i, (a, b) in enumerate(words) if a < item.end and b > item.start]
    return inside[0], inside[-1] + 1


def corrected_line(tokens: tuple[str, ...], verdicts: dict[Span, str], found: Sequence[Span]) -> DetectionLine:
    """A sentence's line, from its tokens, the type of each corrected span (`no name` among them), and found spans."""
    names = [Mention(a, b, (name,)) for (a, b), name in verdicts.items() if name != NO_NAME]
    outer, nested = outer_and_nested(names)
    faults: list[Corrected] = []
    for mention in outer:
        span = mention.start, mention.end
        over = [other for other in found if _touch(span, other)]
        # A name inside a found name is for the head that looks for those, not for the detector.
        if span not in found and not any(a <= span[0] and span[1] <= b and (a, b) not in verdicts for a, b in over):
            faults.append(Corrected(*span, "boundary" if over else "missed"))
        elif span not in found and any((a, b) in verdicts and verdicts[a, b] == NO_NAME for a, b in over):
            faults.append(Corrected(*span, "boundary"))
    faults += [Corrected(*s, "no name") for s, name in verdicts.items() if name == NO_NAME and s in found]
    kept = [Mention(a, b) for a, b in found if not any(_touch((a, b), span) for span in verdicts)]
    kept += [Mention(a, b) for a, b in found if _holds_names_alone((a, b), verdicts, outer)]
    standing = [m for m in outer if not any(k.start <= m.start and m.end <= k.end for k in kept)]
    inner = [m for m in (*outer, *nested) if m not in standing]
    mentions = sorted([*kept, *standing], key=lambda m: m.start)
    nested_now = tuple(sorted(inner, key=lambda m: (m.start, -m.end)))
    return DetectionLine(
        Sentence(tokens, tuple(mentions), supervises="detection", nested=nested_now), tuple(sorted(faults, key=_place))
    )


def _holds_names_alone(span: Span, verdicts: dict[Span, str], outer: Sequence[Mention]) -> bool:
    """Whether a found name has corrected names strictly inside it, and nothing said against it."""
    touching = [other for other in verdicts if _touch(span, other)]
    return bool(touching) and all(
        span[0] <= a and b <= span[1] and (a, b) != span and verdicts[a, b] != NO_NAME for a, b in touching
    )


def _touch(span: Span, other: Span) -> bool:
    return span[0] < other[1] and other[0] < span[1]


def _place(corrected: Corrected) -> Span:
    return corrected.start, corrected.end


def detection_path(folder: str | Path) -> Path:
    """Where the detection file of a model folder lies: beside it, since a model folder holds no text."""
    folder = Path(folder)
    return folder.parent / f"{folder.name}.detection.jsonl"


def kept_lines(base: str | Path, out: str | Path, new: Sequence[DetectionLine]) -> list[DetectionLine]:
    """New lines, and those of earlier rounds beside base or output, but for sentences that are corrected anew."""
    lines = {line.sentence.tokens: line for line in new}
    for path in (detection_path(base), detection_path(out)):
        if is_detection_file(path):
            for line in read_detection(path):
                lines.setdefault(line.sentence.tokens, line)
    return list(lines.values())


def keep_faults(
    base: str, settings: FinetuneSettings, faults: Sequence[DetectionLine], no_names: int, report: Callable[[str], None]
) -> None:
    """Write the detection file beside the model folder, if there is anything for it, and say what it holds.

    Raises:
        OutputError: another file stands there, or it cannot be written.
    """
    lines = kept_lines(base, settings.out, faults)
    if no_names and not faults:
        report(f"{no_names:,} corrected as no name are none by the detector either")
    if not lines:
        return
    path = detection_path(settings.out)
    write_detection(path, lines)
    if faults:
        report(f"for the detector: names {counted(faults)}")
    report(
        f"wrote {path}: {len(lines):,} sentences for the detector"
        + (
            ", which has learned them"
            if settings.detection
            else f"; ousianer pretrain --start {settings.out} --detection {path} [CORPUS …] -o DIR teaches it them"
        )
    )


def taught(
    model: Model, lines: Sequence[DetectionLine], settings: FinetuneSettings, report: Callable[[str], None]
) -> dict[str, Any]:
    """Teach the model's detector some lines; what it is held by is what the settings name, else text that it marks.

    Raises:
        ForgettingError: it would lose too much of the rest.
        InputError: a corpus that is wrong.
    """
    if not lines:
        report("nothing for the detector to learn")
        return {}
    figures = teach_detector(
        model,
        lines,
        _replay(model, lines, settings, report),
        seed=settings.seed,
        max_loss=settings.max_loss,
        report=report,
    )
    return {"detection_feedback": dataclasses.asdict(figures)}


def _replay(
    model: Model, lines: Sequence[DetectionLine], settings: FinetuneSettings, report: Callable[[str], None]
) -> list[Example]:
    if settings.detection_replay:
        paths = list(corpus_weights(settings.detection_replay))
        loaded = load_examples(
            paths,
            model.tokenizer,
            ExampleOptions.for_model(model, types=False),
        )
        examples = [e for e in loaded.examples if e.detects]
        report(f"the detector is held by {len(examples):,} passages of {', '.join(Path(p).name for p in paths)}")
        return examples
    taken = {line.sentence.tokens for line in lines}
    words = [words for words in _source_words(settings.source) if tuple(words) not in taken]
    encoded = [e for e in model.tokenizer.encode(words) if e.pieces <= model.max_pieces] if words else []
    report(
        f"the detector is held by {len(encoded):,} sentences of --source that it marked itself"
        if encoded
        else "the detector is held by nothing but the corrected sentences; give --detection-replay a corpus"
    )
    return self_marked(model, encoded, settings.batch_pieces)


def _source_words(source: Sequence[str]) -> list[list[str]]:
    """The words of each sentence of some documents."""
    if not source:
        return []
    from ousianer_cli.formats.documents.readers import read_documents

    found = []
    for document in read_documents(source):
        for segment in document.segments:
            for start, end in sentences_of(document.visible, segment.start, segment.end):
                words = words_as_read(document.visible, words_of(document.visible, start, end))
                if words:
                    found.append(words)
    return found


def counted(lines: Sequence[DetectionLine]) -> str:
    """How many faults of which kind: `3 missed, 1 with wrong boundaries, 2 that are no name`."""
    counts: Counter[Fault] = Counter(c.fault for line in lines for c in line.corrected)
    words: dict[Fault, str] = {"missed": "missed", "boundary": "with wrong boundaries", "no name": "that are no name"}
    return ", ".join(f"{counts[fault]:,} {verdicts}" for fault, verdicts in words.items() if counts[fault])
