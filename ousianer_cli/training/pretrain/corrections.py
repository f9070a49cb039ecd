"""Pretraining from a fine-tuned model by a detection file alone: its detector learns what a person corrected.

An adapter learns it; every tensor that the model had stays byte-equal, so that it keeps its types, its conversion layer
and its replay file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ousianer_cli.formats.detection import is_detection_file, read_detection
from ousianer_cli.network.checkpoint import load_model, read_config, save_model
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.settings.weights import corpus_weights
from ousianer_cli.training.detector import STEPS, self_marked, teach_detector
from ousianer_cli.training.examples import ExampleOptions, load_examples


def detection_files(settings: PretrainSettings) -> list[str]:
    """The detection files that one fine-tuned model is to learn; none where the settings ask for another training."""
    files = [path for path in corpus_weights(settings.detection) if is_detection_file(path)]
    typing = settings.typing or settings.typing_open or settings.joint or settings.joint_closed
    if not files or typing or len(settings.start) != 1:
        return []
    return files if read_config(Path(settings.start[0])).get("conversion") else []


def pretrain_on_corrections(
    settings: PretrainSettings, files: list[str], *, report: Callable[[str], None] = print
) -> dict[str, Any]:
    """Teach the detector of `settings.start` the lines of detection files, held by the other `detection` corpora or,
    without any, by the sentences of the files as the model marks them; returns metrics as `pretrain` does.

    Raises:
        InputError: a file that is wrong, with file and line.
        ForgettingError: F1 of names on held-out replay fell by more than .01; nothing is written.
    """
    model = load_model(settings.start[0])
    lines = [line for path in files for line in read_detection(path)]
    others = [path for path in corpus_weights(settings.detection) if path not in files]
    if others:
        loaded = load_examples(
            others,
            model.tokenizer,
            ExampleOptions.for_model(model, types=False),
        )
        replay = [e for e in loaded.examples if e.detects]
        report(f"{len(lines):,} corrected sentences, held by {len(replay):,} passages of other corpora")
    else:
        encoded = model.tokenizer.encode([list(line.sentence.tokens) for line in lines if not line.corrected])
        replay = self_marked(model, encoded, settings.batch_pieces)
        report(f"{len(lines):,} corrected sentences, held by nothing else: give --detection a corpus beside them")
    figures = teach_detector(model, lines, replay, seed=settings.seed, report=report)
    model.metrics = {**model.metrics, "detection_feedback": dataclasses.asdict(figures)}
    save_model(settings.out, model, f"# A model whose detector learned corrections\n\n{figures}.\n")
    f1 = round(figures.f1_after, 4)
    return {"step": STEPS, "detection": {"held-out replay": {"f1": f1}}, "typing": {}, "keeps_types": True}
