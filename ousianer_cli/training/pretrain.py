"""Pretraining: detection and multi-label typing learned together, each source feeding only its own loss.

Hagiwara, Tamaki and Yamada (2019), pretraining; loss = weighted sum of the CRF's negative log-likelihood and
multi-label cross-entropy.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from ousianer_cli.errors import InputError, OutputError, SettingsError
from ousianer_cli.network.checkpoint import (
    Model,
    load_model,
    optimizer_tensors,
    restore_optimizer,
    save_model,
    save_tensors,
)
from ousianer_cli.network.crf import tags_of
from ousianer_cli.network.encoder import config_of, load_encoder, load_tokenizer
from ousianer_cli.network.inference import length_batches
from ousianer_cli.network.losses import multi_label_loss
from ousianer_cli.network.pieces import Batch, PieceTokenizer, collate
from ousianer_cli.network.tagger import Mentions, Tagger, TaggerConfig
from ousianer_cli.settings import portable, require
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.taxonomy.inventory import Inventory, choose_closed, close_counts
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import (
    Example,
    Loaded,
    augmented_shapes,
    file_digest,
    held_out,
    load_examples,
)
from ousianer_cli.training.frozen import FeatureCache
from ousianer_cli.training.streams import LoadedOrder, Order, StreamedOrder, TypingStream, survey, typed_sets

_MOST_KNOWN = 20_000
"""Sets of labels whose targets are remembered; a corpus larger than memory has many more."""


@dataclass(slots=True)
class TypeTargets:
    """Multi-hot targets over the inventory, [M, Y] for the labels of M mentions; below open labels they are masked."""

    inventory: Inventory
    wordnet: WordNet
    index: dict[str, int] = dataclasses.field(init=False)
    _known: dict[tuple[tuple[str, ...], bool], tuple[np.ndarray, np.ndarray]] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.index = {t: i for i, t in enumerate(self.inventory.ids)}
        self._known = {}

    def of(self, labels: tuple[str, ...], is_open: bool) -> tuple[np.ndarray, np.ndarray]:
        """(types that hold, types below open labels that may hold), as positions in the inventory."""
        found = self._known.get((labels, is_open))
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            closed = self.wordnet.closure(labels)
            holds = sorted(self.index[t] for t in closed if t in self.index)
            below: list[int] = []
            if is_open:
                leaves = set(self.wordnet.most_specific(labels))
                below = [i for t, i in self.index.items() if t not in closed and leaves & self.wordnet.ancestors(t)]
            found = (np.asarray(holds, dtype=np.int64), np.asarray(below, dtype=np.int64))
            self._known[labels, is_open] = found
        return found

    def tensors(self, items: Sequence[tuple[tuple[str, ...], bool]]) -> tuple[Tensor, Tensor]:
        """targets [M, Y] and mask [M, Y] of (labels, open) items."""
        targets = np.zeros((len(items), len(self.index)), dtype=np.float32)
        mask = np.ones_like(targets)
        for row, (labels, is_open) in enumerate(items):
            holds, below = self.of(labels, is_open)
            targets[row, holds] = 1
            mask[row, below] = 0
        return torch.from_numpy(targets), torch.from_numpy(mask)


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


def load_corpora(settings: PretrainSettings, tokenizer: PieceTokenizer, wordnet: WordNet) -> Corpora:
    """Read all corpora, hold validation slices out, and choose the type inventory from the training part."""

    def load(paths: Sequence[str], **kinds: Any) -> Loaded:
        return load_examples(
            paths, tokenizer, max_pieces=settings.max_pieces, passage_pieces=settings.passage_pieces, **kinds
        )

    typing_only = {"detects": False, "keep_unlabelled": False}
    detection = load(settings.detection, types=False)
    streamed, loaded = _streamed(settings.typing, settings)
    streamed_open, loaded_open = _streamed(settings.typing_open, settings)
    typing = load(loaded, **typing_only)
    counts = detection.counts + typing.counts
    open_typing = load(loaded_open, open_labels=True, **typing_only)
    stream = None
    if streamed or streamed_open:
        share = 0.0 if settings.typing_dev else settings.held_out
        kept = Path(settings.out).parent / ".surveys"
        stream = survey(
            streamed, streamed_open, tokenizer, wordnet, max_pieces=settings.max_pieces, share=share, folder=kept
        )
        counts += stream.counts
    joint = load(settings.joint, open_labels=True)
    closed = load(settings.joint_closed)
    counts += open_typing.counts + joint.counts + closed.counts
    joint.extend(closed)
    detection_dev = {Path(p).name: load([p], types=False).examples for p in settings.detection_dev}
    typing_dev = {Path(p).name: load([p], **typing_only).examples for p in settings.typing_dev}
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
        choose_closed(closed_counts, wordnet, min_mentions=settings.min_mentions) if closed_counts else Inventory(())
    )
    train = detecting * settings.detection_repeat + typed
    if not train and stream is None:
        raise InputError(
            "training sentences", "none in --detection, --typing and --joint", remedy="check 'supervises' in the files"
        )
    at = len(detecting) * settings.detection_repeat + len(typing.examples) + len(open_typing.examples)
    return Corpora(train, detection_dev, typing_dev, inventory, counts, _hashes(settings), stream, at)


def _streamed(paths: Sequence[str], settings: PretrainSettings) -> tuple[list[str], list[str]]:
    """(corpora to read from disk while training, corpora to load)."""
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


def training_order(corpora: Corpora, settings: PretrainSettings) -> Order:
    """The batches of all steps: from memory, or with a stream through its buffer."""
    sizes: dict[str, int] = {
        "budget": settings.batch_pieces,
        "epochs": settings.epochs,
        "steps": settings.steps,
        "seed": settings.seed,
    }
    if corpora.stream is None:
        return LoadedOrder(corpora.train, **sizes)
    return StreamedOrder(corpora.train, corpora.stream_at, corpora.stream, buffer=settings.stream_buffer, **sizes)


def _hold_out(examples: list[Example], settings: PretrainSettings, kind: str) -> tuple[list[Example], list[Example]]:
    train, held = held_out(examples, settings.held_out)
    if not held or not train:
        raise SettingsError(
            f"--held-out: expected a share that parts the {len(examples):,} {kind} sentences, "
            f"found {settings.held_out}, which holds {len(held):,} of them out; change it or give --{kind}-dev"
        )
    return train, held


def pretrain(
    settings: PretrainSettings,
    *,
    resume: bool = False,
    say: Callable[[str], None] = print,
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
    """
    require(settings.detection or settings.typing or settings.joint, "detection", "pretrain", "training corpora")
    out = Path(require(settings.out, "out", "pretrain", "a folder for the model", "-o DIR"))
    last = last_state(out)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    wordnet = WordNet.load()
    earlier = [load_model(folder) for folder in settings.start]
    tokenizer = earlier[0].tokenizer if earlier else load_tokenizer(settings.encoder)
    say("reading corpora …")
    corpora = load_corpora(settings, tokenizer, wordnet)
    targets = TypeTargets(corpora.inventory, wordnet)
    model = _build(settings, tokenizer, corpora.inventory, earlier)
    _prior_bias(model.tagger, corpora, targets)
    if earlier:
        say(_go_on_from(earlier, model, settings.start))
    frozen = settings.encoder_lr == 0
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.tagger.to(device)
    optimizer = _optimizer(model.tagger, settings)
    order = training_order(corpora, settings)
    total = order.total
    progress = _Progress(settings, total)
    best: dict[str, Any] = {}
    step = stale = 0
    if resume:
        step, best, stale = _restore(last, settings, model.tagger, optimizer)
        say(f"resumed at step {step} of {total}")
    elif last.exists():
        say(f"{last} is of an earlier run and is replaced; --resume goes on with it")
    try:
        last.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror}); choose another place with -o") from None
    log_path = last / "metrics.jsonl"
    if not resume:
        log_path.unlink(missing_ok=True)
    say(_describe(corpora, model.tagger, total))
    if frozen and corpora.stream is not None:
        say("features of the frozen encoder are computed anew in each step: corpora are streamed; see --stream no")
        frozen = False
    cache = FeatureCache.open(model.tagger, corpora, settings.encoder, out.parent, say) if frozen else None
    validated = bool(corpora.detection_dev or corpora.typing_dev)  # without it, the last is the best
    every = settings.validate_every or max(1, math.ceil(total / settings.epochs))
    with log_path.open("a", encoding="utf-8") as log, progress:
        progress.start(step)
        while step < total:
            if stop_after is not None and step >= stop_after:
                say(f"stopped at step {step} of {total}; go on with --resume")
                return best
            _set_rates(optimizer, settings, step, total)
            epoch, indices, examples = order.at(step)
            losses = _step(
                model.tagger,
                examples,
                indices,
                targets,
                settings,
                optimizer,
                step,
                device,
                cache,
                tokenizer.mask_piece,
            )
            step += 1
            progress.advance(step, losses)
            if step % every and step != total:
                continue
            metrics = validate(model.tagger, corpora, targets, settings, device, cache)
            metrics.update(step=step, epoch=epoch + 1, seconds=round(progress.seconds(), 1), **progress.means())
            log.write(json.dumps(metrics, sort_keys=True) + "\n")
            log.flush()
            better = not best or not validated or metrics["score"] > best["score"]
            stale = 0 if better else stale + 1
            if better:
                best = metrics
                model.config = _config(settings, corpora)
                model.metrics = {"pretrain": best}
                save_model(out, model, _card(model, settings, corpora, best))
            _save_last(last, model.tagger, optimizer, settings, step, best, stale)
            progress.note(("best  " if better else "      ") + _metrics_line(metrics))
            if on_validation is not None:
                on_validation(metrics)
            if stale >= settings.patience:
                say(f"stopped: {stale} validations without gain")
                break
    _copy_log(log_path, out)
    return best


def last_state(out: Path) -> Path:
    """The folder beside a run's model where its last state lies, which `resume` goes on from; `state.json` is in it."""
    return out.with_name(out.name + ".last")


def _build(
    settings: PretrainSettings, tokenizer: PieceTokenizer, inventory: Inventory, earlier: Sequence[Model] = ()
) -> Model:
    """A network of these settings, over the encoder of the first earlier model where there is one."""
    encoder: Any = (
        earlier[0].tagger.states.encoder if earlier else load_encoder(settings.encoder, settings.encoder_layers or None)
    )
    depth = int(encoder.config.num_hidden_layers)
    layers = tuple(n if n >= 0 else depth + 1 + n for n in settings.mix_layers) or tuple(range(1, depth + 1))
    if not all(0 <= layer <= depth for layer in layers):
        raise SettingsError(
            f"--mix-layers: expected layers 0 to {depth} of encoder '{settings.encoder}' (or -1, -2 … from the top), "
            f"found {settings.mix_layers}"
        )
    config = TaggerConfig(
        layers=layers,
        encoder_size=int(encoder.config.hidden_size),
        types=len(inventory),
        lstm_hidden=settings.lstm_hidden,
        lstm_layers=settings.lstm_layers,
        dropout=settings.dropout,
        shape_size=settings.shape_size,
        shape_input=settings.shape_input,
        pooling=settings.pooling,
        mention_size=settings.mention_size,
        typing_sees_encoder=settings.typing_sees_encoder,
    )
    name = earlier[0].encoder_name if earlier else settings.encoder
    # An encoder that an earlier training tuned is found nowhere else, so that it goes into the folder even when frozen.
    tuned = settings.encoder_lr > 0 or any(other.encoder_tuned for other in earlier)
    return Model(Tagger(config, encoder), tokenizer, inventory, name, tuned)


def _go_on_from(earlier: Sequence[Model], model: Model, folders: Sequence[str]) -> str:
    """Take over the mean weights of models of the same shape; a type's row is the mean over those that know the type.

    Averaging models that went on from one another: Wortsman et al. (2022), "Model soups".

    Raises:
        SettingsError: the settings describe another network, by flag name, or the models have encoders that differ.
    """
    mine = dataclasses.asdict(model.tagger.config)
    first = config_of(earlier[0].tagger.states.encoder)
    for folder, other in zip(folders, earlier, strict=True):
        for name, value in dataclasses.asdict(other.tagger.config).items():
            if name != "types" and mine[name] != value:
                option = "mix-layers" if name == "layers" else name.replace("_", "-")
                raise SettingsError(f"--{option}: expected {value} as in {folder}, found {mine[name]}; give the same")
        if config_of(other.tagger.states.encoder) != first or other.encoder_name != earlier[0].encoder_name:
            raise SettingsError(f"--start: expected models over one encoder, found another in {folder}; leave it out")
    fresh = model.tagger.state_dict()
    states = [other.tagger.state_dict() for other in earlier]
    rows = [{t: i for i, t in enumerate(other.types)} for other in earlier]
    merged = {
        k: torch.stack([s[k].float() for s in states]).mean(dim=0).to(v.dtype)
        for k, v in fresh.items()
        if not k.startswith("types.")
    }
    for name in ("types.weight", "types.bias"):
        merged[name] = fresh[name].clone()
        for place, known in enumerate(model.types):
            own = [s[name][r[known]] for s, r in zip(states, rows, strict=True) if known in r]
            if own:
                merged[name][place] = torch.stack(own).mean(dim=0)
    model.tagger.load_state_dict(merged)
    old = set().union(*rows)
    kept = len(old & set(model.types))
    return (
        f"going on from {' and '.join(Path(folder).name for folder in folders)}: {kept:,} of "
        f"{'their' if len(folders) > 1 else 'its'} {len(old):,} types are in the inventory, "
        f"{len(model.types) - kept:,} are new"
    )


def _prior_bias(tagger: Tagger, corpora: Corpora, targets: TypeTargets) -> None:
    """Start each type at its share of the mentions, so that the first thousand steps do not go into learning rarity."""
    total = sum(len(e.labels) for e in corpora.train if e.types)
    total += corpora.stream.mentions if corpora.stream is not None else 0
    if total:
        counts = torch.tensor([t.mentions for t in corpora.inventory.types], dtype=torch.float32)
        share = ((counts + 1) / (total + 2)).clamp(max=0.95)
        with torch.no_grad():
            tagger.types.bias.copy_(torch.log(share / (1 - share)))


def _optimizer(tagger: Tagger, settings: PretrainSettings) -> torch.optim.Optimizer:
    for name, parameter in tagger.states.encoder.named_parameters():
        parameter.requires_grad = settings.encoder_lr > 0 and not (
            settings.freeze_embeddings and name.startswith("embeddings.")
        )
    encoder = [p for p in tagger.states.encoder.parameters() if p.requires_grad]
    heads = [p for n, p in tagger.named_parameters() if not n.startswith("states.encoder.")]
    groups = [{"params": heads, "lr": settings.lr, "peak": settings.lr}]
    if encoder:
        groups.append({"params": encoder, "lr": settings.encoder_lr, "peak": settings.encoder_lr})
    return torch.optim.Adam(groups, fused=True)


def _set_rates(optimizer: torch.optim.Optimizer, settings: PretrainSettings, step: int, total: int) -> None:
    rise = max(1, int(settings.warmup * total))
    factor = (step + 1) / rise if step < rise else (total - step) / max(1, total - rise) if settings.decay else 1.0
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor


def _step(
    tagger: Tagger,
    examples: list[Example],
    indices: list[int],
    targets: TypeTargets,
    settings: PretrainSettings,
    optimizer: torch.optim.Optimizer,
    step: int,
    device: torch.device,
    cache: FeatureCache | None,
    mask_piece: int,
) -> dict[str, float]:
    """One update; seeded by step, so that a resumed run goes on exactly as an uninterrupted one."""
    tagger.train()
    torch.manual_seed(settings.seed * 1_000_003 + step)
    shapes = augmented_shapes(
        examples, np.random.default_rng([settings.seed, step]), settings.recase, settings.hide_case
    )
    batch = collate([e.encoded for e in examples], shapes)
    if settings.piece_dropout:
        hidden = (torch.rand(batch.piece_ids.shape) < settings.piece_dropout) & batch.piece_mask
        batch.piece_ids = batch.piece_ids.masked_fill(hidden, mask_piece)
    if cache is not None:
        batch.features = cache.features(indices, batch.word_mask.shape[1])
    batch = batch.to(device)
    states, layers = tagger.contextualise(batch)
    loss = states.new_zeros(())
    losses: dict[str, float] = {}
    rows = [i for i, e in enumerate(examples) if e.detects]
    if rows:
        nll = tagger.crf.negative_log_likelihood(
            tagger.emission(states[rows]),
            _tags([examples[i] for i in rows], batch.word_mask.shape[1]).to(device),
            batch.word_mask[rows],
        ).mean()
        loss = loss + settings.detection_weight * nll
        losses["detection"] = nll.item()
    typed = _typed(examples)
    if typed.items and targets.index:
        mentions = Mentions.of(typed.spans, device)
        logits = tagger.type_logits(tagger.mention_vectors(states, layers, mentions))
        wanted, mask = targets.tensors(typed.items)
        bce = multi_label_loss(logits, wanted.to(device), torch.tensor(typed.weights, device=device), mask.to(device))
        loss = loss + settings.typing_weight * bce
        losses["typing"] = bce.item()
    optimizer.zero_grad(set_to_none=True)
    if not losses:
        return losses
    loss.backward()  # type: ignore[no-untyped-call]
    if settings.clip:
        nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], settings.clip)
    optimizer.step()
    return losses


@dataclass(slots=True)
class _Typed:
    spans: list[list[tuple[int, int]]]
    items: list[tuple[tuple[str, ...], bool]]
    weights: list[float]


def _typed(examples: Sequence[Example]) -> _Typed:
    typed = _Typed([[] for _ in examples], [], [])
    for row, example in enumerate(examples):
        if example.types:
            for span, labels, weight in zip(example.spans, example.labels, example.weights, strict=True):
                if labels and weight:
                    typed.spans[row].append(span)
                    typed.items.append((labels, example.open_labels))
                    typed.weights.append(weight)
    return typed


def _tags(examples: Sequence[Example], width: int) -> Tensor:
    tags = torch.zeros((len(examples), width), dtype=torch.long)
    for row, example in enumerate(examples):
        tags[row, : example.encoded.words] = torch.tensor(tags_of(example.spans, example.encoded.words))
    return tags


@torch.no_grad()
def validate(
    tagger: Tagger,
    corpora: Corpora,
    targets: TypeTargets,
    settings: PretrainSettings,
    device: torch.device,
    cache: FeatureCache | None = None,
) -> dict[str, Any]:
    """Detection F1 (exact spans, micro) of each validation corpus, and micro F1 of typing gold mentions at p > .5.

    `score`, by which the best is chosen, is the mean of the mean detection F1 and the mean typing F1.
    """
    tagger.eval()
    result: dict[str, Any] = {"detection": {}, "typing": {}}
    for name, examples in corpora.detection_dev.items():
        right = found = gold = 0
        for batch, chosen in _evaluation_batches(examples, settings, cache, f"detection:{name}"):
            states, _ = tagger.contextualise(batch.to(device))
            spans = tagger.crf.best_spans(tagger.emission(states), batch.word_mask.to(device))
            for example, predicted in zip(chosen, spans, strict=True):
                right += len(set(predicted) & set(example.spans))
                found += len(predicted)
                gold += len(example.spans)
        result["detection"][name] = _prf(right, found, gold)
    for name, examples in corpora.typing_dev.items():
        right = found = gold = 0
        for batch, chosen in _evaluation_batches(examples, settings, cache, f"typing:{name}"):
            typed = _typed(chosen)
            if not typed.items or not targets.index:
                continue
            states, layers = tagger.contextualise(batch.to(device))
            logits = tagger.type_logits(tagger.mention_vectors(states, layers, Mentions.of(typed.spans, device))).cpu()
            wanted, mask = targets.tensors(typed.items)
            chosen_types = (logits > 0) & (mask > 0)
            right += int((chosen_types & (wanted > 0)).sum())
            found += int(chosen_types.sum())
            gold += int(wanted.sum())
        result["typing"][name] = _prf(right, found, gold)
    means = [
        float(np.mean([m["f1"] for m in part.values()])) for part in (result["detection"], result["typing"]) if part
    ]
    result["score"] = float(np.mean(means)) if means else 0.0
    return result


def _evaluation_batches(
    examples: list[Example], settings: PretrainSettings, cache: FeatureCache | None, name: str
) -> Any:
    for indices in length_batches([e.encoded.pieces for e in examples], 2 * settings.batch_pieces):
        chosen = [examples[i] for i in indices]
        batch: Batch = collate([e.encoded for e in chosen])
        if cache is not None:
            batch.features = cache.features(indices, batch.word_mask.shape[1], name)
        yield batch, chosen


def _prf(right: int, found: int, gold: int) -> dict[str, float]:
    p, r = right / found if found else 0.0, right / gold if gold else 0.0
    return {"p": round(p, 4), "r": round(r, 4), "f1": round(2 * p * r / (p + r), 4) if p + r else 0.0, "n": gold}


def _describe(corpora: Corpora, tagger: Tagger, total: int) -> str:
    kinds = Counter("detection" if e.detects else "typing" for e in corpora.train)
    mentions = sum(len(e.labels) for e in corpora.train if e.types)
    if corpora.stream is not None:
        kinds["typing"] += len(corpora.stream)
        mentions += corpora.stream.mentions
    lines = [
        f"{kinds['detection']:,} detection sentences an epoch, {kinds['typing']:,} typing sentences with "
        f"{mentions:,} mentions, {len(corpora.inventory.types):,} types, {total:,} steps, "
        f"{sum(p.numel() for p in tagger.parameters() if p.requires_grad) / 1e6:.1f}M weights to train"
    ]
    if corpora.stream is not None:
        lines.append(
            f"{len(corpora.stream):,} of the typing sentences are streamed in {len(corpora.stream.places):,} blocks"
            + (f"; {len(corpora.stream.dev):,} others are held out" if corpora.stream.dev else "")
        )
    lines += [f"{name}: {n:,}" for name, n in sorted(corpora.counts.items()) if name != "sentences" and n]
    return "\n".join(lines)


def _metrics_line(metrics: dict[str, Any]) -> str:
    parts = [f"step {metrics['step']}"]
    parts += [f"detection {name} F1 {m['f1']:.3f}" for name, m in metrics["detection"].items()]
    parts += [f"typing {name} F1 {m['f1']:.3f}" for name, m in metrics["typing"].items()]
    return ", ".join(parts)


class _Progress:
    """A tqdm bar with losses, rate and time left, on stderr."""

    def __init__(self, settings: PretrainSettings, total: int) -> None:
        self.total = total
        self.began = time.monotonic()
        self.sums: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.bar: Any = None

    def __enter__(self) -> _Progress:
        from tqdm import tqdm

        self.bar = tqdm(total=self.total, unit="step", dynamic_ncols=True, mininterval=1.0, desc="pretrain")
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def start(self, step: int) -> None:
        self.bar.n = self.bar.initial = step
        self.bar.refresh()

    def advance(self, step: int, losses: dict[str, float]) -> None:
        for name, value in losses.items():
            self.sums[name] += value  # type: ignore[assignment]
            self.seen[name] += 1
        self.bar.update(1)
        if step % 20 == 0:
            self.bar.set_postfix({k: f"{v:.3f}" for k, v in self._running().items()}, refresh=False)

    def _running(self) -> dict[str, float]:
        return {name: self.sums[name] / self.seen[name] for name in self.seen}

    def means(self) -> dict[str, float]:
        """Mean losses since the last call."""
        means = {f"{name}_loss": round(value, 4) for name, value in self._running().items()}
        self.sums.clear()
        self.seen.clear()
        return means

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def note(self, line: str) -> None:
        self.bar.write(line)


def _hashes(settings: PretrainSettings) -> dict[str, str]:
    kinds = ("detection", "typing", "typing_open", "joint", "joint_closed", "detection_dev", "typing_dev")
    hashes = {f"{kind}: {Path(path).name}": file_digest(path) for kind in kinds for path in getattr(settings, kind)}
    for folder in settings.start:
        hashes[f"start: {Path(folder).name}"] = file_digest(str(Path(folder) / "model.safetensors"))
    return hashes


def _config(settings: PretrainSettings, corpora: Corpora) -> dict[str, Any]:
    return {
        "pretrain": portable(settings),
        "data_sha256_16": corpora.hashes,
        "max_pieces": settings.max_pieces,
        "passage_pieces": settings.passage_pieces,
    }


def _save_last(
    last: Path,
    tagger: Tagger,
    optimizer: torch.optim.Optimizer,
    settings: PretrainSettings,
    step: int,
    best: dict[str, Any],
    stale: int,
) -> None:
    try:
        save_tensors(last / "model.safetensors", tagger.state_dict())
        save_tensors(last / "optimizer.safetensors", optimizer_tensors(optimizer))
        state = {"step": step, "best": best, "stale": stale, "settings": dataclasses.asdict(settings)}
        temporary = last / "state.json.part"
        temporary.write_text(json.dumps(state), encoding="utf-8")
        temporary.replace(last / "state.json")
    except OSError as error:
        raise OutputError(
            f"{last}: cannot keep the last state ({error.strerror}); free some space and go on with --resume"
        ) from None


def _restore(
    last: Path, settings: PretrainSettings, tagger: Tagger, optimizer: torch.optim.Optimizer
) -> tuple[int, dict[str, Any], int]:
    if not (last / "state.json").is_file():
        raise SettingsError(
            f"--resume: expected the state of an earlier run in {last}, found none; leave --resume out to begin"
        )
    state = json.loads((last / "state.json").read_text(encoding="utf-8"))
    current = json.loads(json.dumps(dataclasses.asdict(settings)))
    differing = sorted(k for k, v in state["settings"].items() if current.get(k) != v and k != "threads")
    if differing:
        raise SettingsError(
            f"--resume: expected the settings of the run in {last}, found other values of {', '.join(differing)}; "
            "give the same or leave --resume out"
        )
    tagger.load_state_dict(load_file(last / "model.safetensors"))
    restore_optimizer(optimizer, load_file(last / "optimizer.safetensors"))
    return int(state["step"]), dict(state["best"]), int(state["stale"])


def _copy_log(log: Path, out: Path) -> None:
    if out.is_dir():
        (out / "metrics.jsonl").write_bytes(log.read_bytes())


def _card(model: Model, settings: PretrainSettings, corpora: Corpora, metrics: dict[str, Any]) -> str:
    """A model card filled from the run itself."""
    rows = [
        f"| {kind} | {name} | {m['p']:.3f} | {m['r']:.3f} | {m['f1']:.3f} | {m['n']:,} |"
        for kind in ("detection", "typing")
        for name, m in metrics[kind].items()
    ]
    files = "\n".join(f"- {name} (sha256 {digest}…)" for name, digest in corpora.hashes.items())
    return "\n".join(
        [
            "# A pretrained OusiaNER model",
            "",
            f"Encoder `{settings.encoder}` ({'tuned' if model.encoder_tuned else 'frozen'}), "
            f"{len(model.types):,} YAGO/WordNet types.",
            "It detects names without types and gives each a probability for every YAGO type; "
            "`ousianer finetune` moves it to a target taxonomy.",
            "",
            "## Validation (exact spans; typing of gold mentions, micro, p > .5)",
            "",
            "| what | corpus | P | R | F1 | gold mentions |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "## Data",
            "",
            files,
            "",
        ]
    )
