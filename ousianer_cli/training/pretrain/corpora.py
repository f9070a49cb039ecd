"""What a pretraining reads: corpora by their role, what is held out of them, the type inventory, the order of steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.network.pieces import PieceTokenizer
from ousianer_cli.settings import flag
from ousianer_cli.settings.fields import data_of, models_of
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.settings.weights import corpus_weights, repeated_paths
from ousianer_cli.taxonomy.inventory import Inventory, choose_inventory, close_counts
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import (
    Example,
    ExampleOptions,
    Loaded,
    PassageCut,
    file_digest,
    held_out,
    load_examples,
)
from ousianer_cli.training.order import LoadedOrder, Order, StreamedOrder
from ousianer_cli.training.parallel import ALONE, Processes
from ousianer_cli.training.streams import TypingStream, survey
from ousianer_cli.training.surveys import checked_sets, typed_sets


@dataclass(slots=True)
class Corpora:
    """What a training run reads."""

    train: list[Example]
    detection_dev: dict[str, list[Example]]
    typing_dev: dict[str, list[Example]]
    inventory: Inventory
    counts: Counter[str]
    hashes: dict[str, str]
    """Which role a file has -> the first 16 digits of its SHA-256."""
    stream: TypingStream | None = None
    """Typing corpora left on disk; their examples are not in `train`."""
    stream_at: int = 0
    """Where in `train` they would stand."""

    @property
    def parts(self) -> dict[str, list[Example]]:
        """All examples in memory by what they are for: `train`, `detection:NAME`, `typing:NAME`."""
        return (
            {"train": self.train}
            | {f"detection:{name}": examples for name, examples in self.detection_dev.items()}
            | {f"typing:{name}": examples for name, examples in self.typing_dev.items()}
        )


def load_corpora(
    settings: PretrainSettings, tokenizer: PieceTokenizer, wordnet: WordNet, processes: Processes = ALONE
) -> Corpora:
    """Read all corpora, hold validation slices out, and choose the type inventory from the training part.

    Each of several processes reads its share of the corpora that stay on disk, and all of the others.

    Raises:
        SettingsError: a weight that is no whole number, or a share that holds nothing or all of it out.
        InputError: a corpus that is wrong, with file and line.
    """
    reader = _Reader(settings, tokenizer, wordnet)
    detection = reader.load("detection", types=False)
    streamed, loaded = _streamed("typing", settings)
    streamed_open, loaded_open = _streamed("typing_open", settings)
    typing = reader.load("typing", loaded, detects=False, keep_unlabelled=False)
    counts = detection.counts + typing.counts
    open_typing = reader.load("typing_open", loaded_open, open_labels=True, detects=False, keep_unlabelled=False)
    stream = None
    if streamed or streamed_open:
        share = 0.0 if settings.typing_dev else settings.held_out
        folder = Path(settings.out).parent / ".surveys"
        stream = survey(
            streamed,
            streamed_open,
            tokenizer,
            wordnet,
            max_pieces=settings.max_pieces,
            share=share,
            folder=folder,
            processes=processes,
        )
        counts += stream.counts
    joint = reader.load("joint", open_labels=True)
    closed = reader.load("joint_closed")
    counts += open_typing.counts + joint.counts + closed.counts
    joint.extend(closed)
    detection_dev = reader.validation("detection_dev", types=False)
    typing_dev = reader.validation("typing_dev", detects=False, keep_unlabelled=False)
    detecting = [e for e in detection.examples + joint.examples if e.detects]
    counts["sentences of --detection that do not supervise it"] += sum(not e.detects for e in detection.examples)
    if not detection_dev and settings.held_out and detecting:
        detecting, detection_dev["held out"] = _hold_out(detecting, settings, "detection")
    if not typing_dev and settings.held_out and typing.examples:
        typing.examples, typing_dev["held out"] = _hold_out(typing.examples, settings, "typing")
    if stream is not None:
        _check_stream(stream, settings)
        if stream.dev:
            typing_dev["held out"] = typing_dev.get("held out", []) + stream.dev
    for name, examples in detection_dev.items():
        if not any(e.detects for e in examples):
            raise InputError(
                "sentences that supervise detection", "none", path=name, remedy="check 'supervises' in its lines"
            )
    typed = typing.examples + open_typing.examples + [e for e in joint.examples if not e.detects]
    closed_counts = close_counts(typed_sets(typed + detecting), wordnet)
    if stream is not None:
        closed_counts.update(stream.closed)
    # Without any typing corpus the model learns detection alone.
    inventory = (
        choose_inventory(closed_counts, wordnet, min_mentions=settings.min_mentions) if closed_counts else Inventory(())
    )
    train = detecting * settings.detection_repeat + typed
    if not train and stream is None:
        raise InputError(
            "training sentences", "none in --detection, --typing and --joint", remedy="check 'supervises' in the files"
        )
    at = len(detecting) * settings.detection_repeat + len(typing.examples) + len(open_typing.examples)
    return Corpora(train, detection_dev, typing_dev, inventory, counts, _hashes(settings), stream, at)


@dataclass(slots=True)
class _Reader:
    """Reads the corpora of a run, each file once however often it counts."""

    settings: PretrainSettings
    tokenizer: PieceTokenizer
    wordnet: WordNet
    _known: dict[tuple[str, ...], Loaded] = field(default_factory=dict)

    def load(self, role: str, paths: Sequence[str] | None = None, *, trains: bool = True, **kinds: bool) -> Loaded:
        """The examples of a setting's corpora, or of `paths`, each as often as its weight says."""
        loaded = Loaded()
        if paths is None:
            paths = repeated_paths(getattr(self.settings, role), flag(role))
        cuts = self.settings.passage_cut if trains else 0.0
        times: Counter[str] = Counter()
        for path in paths:
            times[path] += 1
            # Where passages are cut, each showing of a corpus has cuts of its own.
            showing = times[path] if cuts else 1
            key = (path, str(showing), *(f"{name}={value}" for name, value in kinds.items()))
            if key not in self._known:
                self._known[key] = load_examples(
                    [path],
                    self.tokenizer,
                    ExampleOptions(
                        max_pieces=self.settings.max_pieces,
                        passage_pieces=self.settings.passage_pieces,
                        cut=PassageCut(cuts, (self.settings.seed, showing)) if cuts else None,
                        **kinds,
                    ),
                )
                checked_sets(self._known[key].examples, self.wordnet, path)  # refuses unknown types with their file
                if showing == 1:
                    loaded.counts.update(self._known[key].counts)
            loaded.examples.extend(self._known[key].examples)
        return loaded

    def validation(self, role: str, **kinds: bool) -> dict[str, list[Example]]:
        """The examples of each validation corpus, by its name."""
        return {
            Path(p).name: self.load(role, [p], trains=False, **kinds).examples
            for p in corpus_weights(getattr(self.settings, role))
        }


def _streamed(role: str, settings: PretrainSettings) -> tuple[list[str], list[str]]:
    """(corpora to read from disk while training, corpora to load)."""
    paths = repeated_paths(getattr(settings, role), flag(role))
    left = [p for p in paths if settings.stream == "yes" or (settings.stream == "auto" and Path(p).is_dir())]
    return left, [p for p in paths if p not in left]


def _check_stream(stream: TypingStream, settings: PretrainSettings) -> None:
    if not len(stream):
        remedy = "check 'types' and --held-out"
        raise InputError("typing sentences to train on", "none in the streamed corpora", remedy=remedy)
    if stream.holds_out and not stream.dev:
        raise SettingsError(
            f"--held-out: expected a share that parts the {len(stream):,} streamed typing sentences, "
            f"found {settings.held_out}, which holds none of them out; change it or give --typing-dev"
        )


def _hold_out(examples: list[Example], settings: PretrainSettings, kind: str) -> tuple[list[Example], list[Example]]:
    train, held = held_out(examples, settings.held_out)
    if not held or not train:
        raise SettingsError(
            f"--held-out: expected a share that parts the {len(examples):,} {kind} sentences, "
            f"found {settings.held_out}, which holds {len(held):,} of them out; change it or give --{kind}-dev"
        )
    return train, held


def training_order(corpora: Corpora, settings: PretrainSettings, processes: Processes = ALONE) -> Order:
    """The batches of all steps: from memory, or with a stream through its buffer; this process's share of each."""
    sizes: dict[str, Any] = {
        "budget": settings.batch_pieces,
        "epochs": settings.epochs,
        "steps": settings.steps,
        "seed": settings.seed,
        "processes": processes,
    }
    if corpora.stream is None:
        return LoadedOrder(corpora.train, **sizes)
    return StreamedOrder(corpora.train, corpora.stream_at, corpora.stream, buffer=settings.stream_buffer, **sizes)


def _hashes(settings: PretrainSettings) -> dict[str, str]:
    hashes = {f"{name}: {Path(path).name}": file_digest(path) for name, path in data_of(settings)}
    for name, folder in models_of(settings):
        hashes[f"{name}: {Path(folder).name}"] = file_digest(str(Path(folder) / "model.safetensors"))
    return hashes
