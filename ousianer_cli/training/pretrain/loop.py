"""Pretraining, top to bottom: detection and multi-label typing learned together, each source feeding only its own loss.

Hagiwara, Tamaki and Yamada (2019), pretraining; loss = weighted sum of the CRF's negative log-likelihood and
multi-label cross-entropy.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from ousianer_cli.errors import OutputError, SettingsError, TrainingError
from ousianer_cli.network.checkpoint import load_model, save_model
from ousianer_cli.network.encoder import load_tokenizer
from ousianer_cli.outputs import MODEL, STATE, check_output, open_output
from ousianer_cli.settings import require
from ousianer_cli.settings.fields import training_data_of
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.feature_cache import FeatureCache
from ousianer_cli.training.parallel import Processes, processes
from ousianer_cli.training.pretrain.card import card, config_of_run
from ousianer_cli.training.pretrain.corpora import load_corpora, training_order
from ousianer_cli.training.pretrain.corrections import detection_files, pretrain_on_corrections
from ousianer_cli.training.pretrain.evaluation import validate
from ousianer_cli.training.pretrain.progress import Progress, describe, metrics_line
from ousianer_cli.training.pretrain.start import go_on_from, new_model, set_prior_bias
from ousianer_cli.training.pretrain.state import last_state, restore_state, save_state
from ousianer_cli.training.pretrain.step import new_optimizer, training_step
from ousianer_cli.training.pretrain.targets import TypeTargets
from ousianer_cli.training.schedule import EarlyStopping, rate_factor, set_rates


def pretrain(
    settings: PretrainSettings,
    *,
    resume: bool = False,
    report: Callable[[str], None] = print,
    stop_after: int | None = None,
    on_validation: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Train, validate, keep the best and the last; returns the best validation's metrics.

    `settings.out` gets the best model (a checkpoint folder) with `metrics.jsonl`; `last_state(settings.out)` holds what
    `resume` needs and is kept. `stop_after` ends the run after so many steps, as an interruption would.
    `on_validation` sees each validation's metrics, once they are kept, and may end the run by an exception.

    Raises:
        SettingsError: a missing setting, or a resumed run whose settings differ.
        InputError: a corpus that is wrong, with file and line.
        TrainingError: a loss that is no finite number; the best model and the last state are as they were.
    """
    with processes() as group:
        return _pretrain(settings, group, resume, report if group.first else _silent, stop_after, on_validation)


def _pretrain(
    settings: PretrainSettings,
    group: Processes,
    resume: bool,
    report: Callable[[str], None],
    stop_after: int | None,
    on_validation: Callable[[Mapping[str, Any]], None] | None,
) -> dict[str, Any]:
    """`pretrain`, in this process of a group."""
    require(training_data_of(settings), "detection", "pretrain", "training corpora")
    out = Path(require(settings.out, "out", "pretrain", "a folder for the model", "-o DIR"))
    check_output(out, kind=MODEL)
    check_output(last_state(out), kind=STATE)
    if settings.bf16 and not group.device.startswith("cuda"):
        raise SettingsError("--bf16: expected a GPU, found none; leave it out")
    if settings.threads:
        torch.set_num_threads(settings.threads)
    if files := detection_files(settings):
        return pretrain_on_corrections(settings, files, report=report)
    torch.manual_seed(settings.seed)

    # What is trained, on what.
    wordnet = WordNet.load()
    earlier = [load_model(folder) for folder in settings.start]
    tokenizer = earlier[0].tokenizer if earlier else load_tokenizer(settings.encoder)
    report("reading corpora …")
    corpora = load_corpora(settings, tokenizer, wordnet, group)
    targets = TypeTargets(corpora.inventory, wordnet)
    model = new_model(settings, tokenizer, corpora.inventory, earlier)
    set_prior_bias(model.tagger, corpora)
    if earlier:
        report(go_on_from(earlier, model, settings.start))
    model.tagger.to(group.device)
    group.same_start(model.tagger.state_dict().values())
    optimizer = new_optimizer(model.tagger, settings)

    # From the first step, or from where an earlier run ended.
    order = training_order(corpora, settings, group)
    step, stopping = 0, EarlyStopping(settings.patience)
    if resume:
        step, stopping = restore_state(out, settings, model.tagger, optimizer)
        report(f"resumed at step {step} of {order.total}")
    group.wait()  # none reads what the first one clears
    log_path = _log(out, resume, report) if group.first else Path(os.devnull)
    report(describe(corpora, model.tagger, order.total))
    cache = None
    if settings.encoder_lr == 0 and corpora.stream is None:
        if group.first:
            cache = FeatureCache.open(model.tagger, corpora.parts, out.parent, report)
        group.wait()  # the others find what the first has computed
        cache = cache or FeatureCache.open(model.tagger, corpora.parts, out.parent, report)
    elif settings.encoder_lr == 0:
        report("features of the frozen encoder are computed anew in each step: corpora are streamed; see --stream no")

    every = settings.validate_every or max(1, math.ceil(order.total / settings.epochs))
    rise = max(1, int(settings.warmup * order.total))
    with log_path.open("a", encoding="utf-8") as log, Progress(order.total) as progress:
        progress.start(step)
        while step < order.total:
            if stop_after is not None and step >= stop_after:
                report(f"stopped at step {step} of {order.total}; go on with --resume")
                return stopping.best
            set_rates(optimizer, rate_factor(step, order.total, rise, decay=settings.decay))
            batch = order.at(step)
            try:
                losses = training_step(
                    model.tagger, batch, targets, settings, optimizer, step, cache, tokenizer.mask_piece, group
                )
            except TrainingError as error:
                raise TrainingError(f"{error}; {_kept(out, stopping)}") from None
            step += 1
            progress.advance(step, losses)
            if step % every and step != order.total:
                continue
            if not group.first:
                if group.from_first(False):
                    break
                continue

            metrics = validate(model.tagger, corpora, targets, settings.batch_pieces, cache)
            metrics.update(step=step, epoch=batch.epoch + 1, seconds=round(progress.seconds(), 1), **progress.means())
            log.write(json.dumps(metrics, sort_keys=True) + "\n")
            log.flush()
            better = stopping.update(metrics, latest_is_best=not (corpora.detection_dev or corpora.typing_dev))
            if better:
                model.config = config_of_run(settings, corpora)
                model.metrics = {"pretrain": metrics}
                save_model(out, model, card(model, settings, corpora, metrics))
            save_state(out, model.tagger, optimizer, settings, step, stopping)
            progress.note(("best  " if better else "      ") + metrics_line(metrics))
            if on_validation is not None:
                on_validation(metrics)
            if group.from_first(stopping.exhausted):
                report(f"stopped: {stopping.stale} validations without gain")
                break
    if group.first and out.is_dir():
        with open_output(out / "metrics.jsonl") as file:
            file.write(log_path.read_text(encoding="utf-8"))
    if cache is not None and not settings.keep_features:
        group.wait()
        if group.first:
            report(f"removed the encoder's features ({cache.remove() / 2**20:,.1f} MiB); --keep-features keeps them")
    return stopping.best


def _silent(_: str) -> None:
    """What is said once is said by the first process."""


def _kept(out: Path, stopping: EarlyStopping) -> str:
    """What a training that cannot go on leaves, and what to do."""
    remedy = "look at these sentences, or lower --lr, --encoder-lr or --clip"
    if not stopping.best:
        return f"nothing was kept yet; {remedy}"
    return f"the best model, of step {stopping.best['step']}, is kept in {out}: {remedy}, and go on with --start {out}"


def _log(out: Path, resume: bool, report: Callable[[str], None]) -> Path:
    """The file to log validations in, in the folder of the last state, which is made."""
    last = last_state(out)
    if not resume and last.exists():
        report(f"{last} is of an earlier run and is replaced; --resume goes on with it")
    try:
        last.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror}); choose another place with -o") from None
    path = last / "metrics.jsonl"
    if not resume:
        path.unlink(missing_ok=True)
    return path
