"""Fine-tuning: a conversion layer from the pretrained typing head to a target taxonomy, with or without feedback.

Hagiwara, Tamaki and Yamada (2019), fine-tuning and feedback. Encoder, BiLSTM, CRF and type projection stay as they are,
so mention vectors are computed once and an epoch takes about a second.
Letters: M mentions, V mention vector, Y pretraining types, A target types with "outside" last.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.errors import InputError, ModelError, SettingsError, TaxonomyError
from ousianer_cli.formats.feedback import FeedbackItem, read_feedback
from ousianer_cli.formats.words import as_read, split_words
from ousianer_cli.network.checkpoint import Model, load_model, model_taxonomy, save_model
from ousianer_cli.network.conversion import Conversion
from ousianer_cli.network.losses import credit_loss, soft_cross_entropy
from ousianer_cli.network.targets import DecodingRule, LabelSet, Targets
from ousianer_cli.network.typing import TypingHead, mapping_table, shipped_table
from ousianer_cli.released_models import released_model
from ousianer_cli.settings import portable, require
from ousianer_cli.settings.finetune import FinetuneSettings, Reading
from ousianer_cli.taxonomy.direct import SHIPPED_TABLE, DirectMapper
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy, load_taxonomy, taxonomy_text
from ousianer_cli.training.examples import Example, file_digest, load_examples
from ousianer_cli.training.vectors import Vectors

BATCHES_AN_EPOCH, SMALLEST_BATCH = 40, 16
"""With fewer batches an epoch a few hundred mentions end before the layer has learned; see docs/LOG.md."""


@dataclass(slots=True)
class Instances:
    """M fine-tuning mentions: vectors [M, V], admissible types of each, weights [M]."""

    vectors: Tensor
    labels: list[LabelSet]
    weights: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def joined(self, other: Instances) -> Instances:
        return Instances(
            torch.cat([self.vectors, other.vectors]),
            self.labels + other.labels,
            torch.cat([self.weights, other.weights]),
        )


@dataclass(slots=True)
class DevSet:
    """A validation corpus, its detection done once: vectors of what is scored, and the gold labels to score it by."""

    name: str
    gold: Instances
    found_vectors: Tensor
    """[N, V] of detected spans; empty where the corpus does not mark all names."""
    found_marginals: Tensor
    found_gold: list[LabelSet | None]
    """Gold labels of each detected span; None for a span that is no gold mention."""


def finetune(settings: FinetuneSettings, *, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Fine-tune, or write the Direct model; returns the metrics that the model folder keeps.

    Raises:
        SettingsError: a missing setting or a conflict, by flag name.
        InputError: a corpus or feedback file that is wrong, with file and line.
        ModelError: the base model cannot be read, or has no replay file where feedback needs one.
    """
    base = settings.base
    if not base and (settings.feedback or settings.direct):
        base = str(released_model())
        say(f"starting from the shipped model ({Path(base).name})")
    model = load_model(require(base, "base", "finetune", "a model folder to start from", "BASE"))
    out = require(settings.out, "out", "finetune", "a folder for the model", "-o DIR")
    torch.manual_seed(settings.seed)
    only_feedback = not settings.train and not settings.direct
    if only_feedback and not settings.feedback:
        raise SettingsError("missing setting: training mentions; give --train, --feedback or --direct")
    if only_feedback and model.replay is None:
        raise ModelError(
            f"{base}: expected a fine-tuned model with replay.safetensors, found none; give --train as well"
        )
    effective = _effective(settings, model) if only_feedback else settings
    taxonomy = model_taxonomy(model) if only_feedback and model.taxonomy_file else load_taxonomy(settings.taxonomy)
    targets = Targets(taxonomy)
    table = _table(settings, model, going_on=only_feedback)
    mapper = _mapper(table, model, effective, taxonomy, say)
    feedback = _feedback_items(settings, targets)
    vectors = Vectors(model, settings.batch_pieces, settings.vectors)
    dev = [dev_set(vectors, path, targets) for path in settings.dev]
    if settings.direct and mapper is not None:
        return _write_direct(model, settings, table or "", mapper, targets, dev, out, say)
    if only_feedback:
        train = _replayed(model, targets)
        _keep_network(model, settings, say)
    else:
        train = train_instances(vectors, settings, targets, say)
        model.conversion = None
    new = _feedback_instances(vectors, feedback)
    before = _feedback_right(model, targets, new) if only_feedback and len(new) else None
    instances = train.joined(_weighted(new, settings.feedback_weight))
    if not len(instances):
        raise InputError("training mentions", "none with types", remedy="check 'types' and 'supervises' in --train")
    say(
        f"{len(train):,} training mentions"
        + (f" ({'replay file' if only_feedback else 'corpora'})" if feedback else "")
        + (f" and {len(new):,} from feedback" if feedback else "")
    )
    replayed = len(train) if only_feedback else 0
    best = train_conversion(
        model, targets, mapper, instances, dev, effective, replayed=replayed, corrected=len(new), say=say
    )
    metrics: dict[str, Any] = {"finetune": best}
    if before is not None:
        after = _feedback_right(model, targets, new)
        metrics["feedback"] = {"mentions": len(new), "credit_before": before, "credit_after": after}
        say(
            f"credit (both directions, decay .5) on the feedback's own mentions: {before:.3f} before, {after:.3f} after"
        )
    _thresholds(model, targets, dev, effective, metrics, say)
    model.replay, replay_sets = _replay(instances, settings)
    model.taxonomy_file = taxonomy_text(taxonomy)
    model.direct_table = None
    model.mapping_table = table if mapper is not None else None
    model.metrics = {**model.metrics, **metrics}
    model.config = {
        **model.config,
        "finetune": portable(effective),
        "replay_sets": replay_sets,
        "finetune_data_sha256_16": {
            Path(p).name: file_digest(p) for p in [*settings.train, *settings.dev, *settings.feedback]
        },
    }
    save_model(out, model, _card(model, effective, metrics))
    say(f"wrote {out}")
    return metrics


# ---- what goes in -------------------------------------------------------------------------------------------------


def train_instances(
    vectors: Vectors, settings: FinetuneSettings, targets: Targets, say: Callable[[str], None]
) -> Instances:
    parts = []
    for path, times in Counter(settings.train).items():
        instances, counts = _instances(vectors, path, targets)
        if settings.balance and len(instances):
            instances.weights *= (10_000 / len(instances)) ** 0.5
        instances.weights *= times
        notes = [f"{n:,} {what}" for what, n in counts.items() if n and what != "sentences"]
        say(", ".join([f"{Path(path).name}: {len(instances):,} mentions", *notes]))
        parts.append(instances)
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.joined(part)
    joined.weights /= joined.weights.mean().clamp(min=1e-6)
    return joined


def _instances(vectors: Vectors, path: str, targets: Targets) -> tuple[Instances, Counter[str]]:
    """Gold mentions with types of one corpus, as vectors."""
    model = vectors.model
    loaded = load_examples(
        [path],
        model.tokenizer,
        keep_unlabelled=False,
        max_pieces=model.max_pieces,
        passage_pieces=model.passage_pieces,
    )
    examples = [e for e in loaded.examples if e.types]
    spans, labels, weights = _typed(examples, targets, path)
    return Instances(_rounded(vectors.of([e.encoded for e in examples], spans)), labels, weights), loaded.counts


def _typed(
    examples: Sequence[Example], targets: Targets, path: str
) -> tuple[list[list[tuple[int, int]]], list[LabelSet], Tensor]:
    """Spans of each sentence's mentions that have types, and the types and weight of each mention."""
    spans: list[list[tuple[int, int]]] = []
    labels: list[LabelSet] = []
    weights: list[float] = []
    for example in examples:
        typed = [
            (s, label_set(t), w) for s, t, w in zip(example.spans, example.labels, example.weights, strict=True) if t
        ]
        for _, types, _ in typed:
            _check_types(types, targets, path)
        spans.append([s for s, _, _ in typed])
        labels += [t for _, t, _ in typed]
        weights += [w for _, _, w in typed]
    return spans, labels, torch.tensor(weights)


def label_set(types: Sequence[str]) -> LabelSet:
    return tuple(sorted(set(types)))


def _check_types(types: LabelSet, targets: Targets, path: str | Path, line: int | None = None) -> None:
    for name in types:
        if name not in targets.names:
            raise InputError(
                f"types of the taxonomy '{targets.taxonomy.name}' or '-'",
                repr(name),
                path=path,
                line=line,
                remedy="map the labels first with ousianer prepare corpus --map, or name the right --taxonomy",
            )


def _rounded(vectors: np.ndarray) -> Tensor:
    """Vectors as the replay file holds them (fp16), so that a replayed tuning sees what the first one saw."""
    return torch.from_numpy(vectors).half().float()


def dev_set(vectors: Vectors, path: str, targets: Targets) -> DevSet:
    """A validation corpus, encoded once: its typed mentions, and what is found where all names are marked."""
    model = vectors.model
    loaded = load_examples([path], model.tokenizer, max_pieces=model.max_pieces, passage_pieces=model.passage_pieces)
    examples: list[Example] = [e for e in loaded.examples if e.types]
    spans, labels, weights = _typed(examples, targets, path)
    found, given = vectors.detect([e.encoded for e in examples], spans)
    gold = Instances(_rounded(given), labels, weights)
    complete = [(e, f) for e, f in zip(examples, found, strict=True) if e.detects]
    matched: list[LabelSet | None] = []
    for example, detected in complete:
        known = {s: label_set(t) for s, t in zip(example.spans, example.labels, strict=True)}
        matched += [known.get(span) for span in detected.spans]
    empty = np.zeros((0, vectors.model.tagger.vector_size), np.float32)
    return DevSet(
        Path(path).stem,
        gold,
        torch.from_numpy(np.concatenate([empty, *(f.vectors for _, f in complete)])),
        torch.from_numpy(np.concatenate([np.zeros(0), *(f.marginals for _, f in complete)])).float(),
        matched,
    )


def _feedback_items(settings: FinetuneSettings, targets: Targets) -> list[FeedbackItem]:
    if not settings.feedback:
        return []
    documents = None
    if settings.source:
        from ousianer_cli.formats.readers import read_documents

        documents = {d.id: d for d in read_documents(settings.source)}
    items = []
    for path in settings.feedback:
        for item in read_feedback(path, documents):
            name = (
                item.type
                if item.type == OUTSIDE
                else targets.taxonomy.find(item.type, ignore_case=True, phantoms=False)
            )
            if name is None:
                raise InputError(
                    f"a type of the taxonomy '{targets.taxonomy.name}' or '-'",
                    repr(item.type),
                    path=item.path,
                    line=item.line,
                    remedy="correct the type column",
                )
            items.append(dataclasses.replace(item, type=name))
    return items


def _feedback_instances(vectors: Vectors, items: Sequence[FeedbackItem]) -> Instances:
    """Vectors of corrected mentions; a mention that begins or ends inside a word takes that whole word."""
    model = vectors.model
    by_text: dict[str, list[FeedbackItem]] = {}
    for item in items:
        by_text.setdefault(item.text, []).append(item)
    words_of = {text: split_words(text) for text in by_text}
    encoded = (
        model.tokenizer.encode([[as_read(text[a:b]) for a, b in words_of[text]] for text in by_text]) if by_text else []
    )
    limit = model.max_pieces
    sentences, spans = [], []
    labels: list[LabelSet] = []
    for text, sentence in zip(by_text, encoded, strict=True):
        if sentence.pieces > limit:
            first = by_text[text][0]
            raise InputError(
                f"a sentence of at most {limit} sub-words",
                f"{sentence.pieces}",
                path=first.path,
                line=first.line,
                remedy="give a shorter stretch around the mention",
            )
        chosen = []
        for item in by_text[text]:
            inside = [i for i, (a, b) in enumerate(words_of[text]) if a < item.end and b > item.start]
            chosen.append((inside[0], inside[-1] + 1))
            labels.append((item.type,))
        sentences.append(sentence)
        spans.append(chosen)
    return Instances(_rounded(vectors.of(sentences, spans)), labels, torch.ones(len(labels)))


def _weighted(instances: Instances, weight: float) -> Instances:
    return Instances(instances.vectors, instances.labels, instances.weights * weight)


# ---- training -----------------------------------------------------------------------------------------------------


def train_conversion(
    model: Model,
    targets: Targets,
    mapper: DirectMapper | None,
    instances: Instances,
    dev: Sequence[DevSet],
    settings: FinetuneSettings,
    *,
    say: Callable[[str], None],
    replayed: int = 0,
    corrected: int = 0,
    on_epoch: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Train the conversion layer; leaves the best epoch's weights in the model and returns that epoch's metrics.

    With `replayed` the model's layer is trained on, without it a new one. The first `replayed` mentions come from the
    replay file: `replay_keep` of what they are trained towards is the model's own answer before training, so that
    feedback moves less of what it says nothing about. The last `corrected` mentions come from feedback: a person gave
    their very types, so that evidence moves nothing below them.
    `on_epoch` sees each epoch's metrics and may end the training by an exception.
    """
    tagger = model.tagger
    for parameter in tagger.parameters():
        parameter.requires_grad = False
    if model.conversion is None or not replayed:
        model.conversion = Conversion(
            tagger.vector_size,
            len(model.types),
            len(targets),
            hidden=settings.hidden,
            reads=settings.reads,
            dropout=settings.dropout,
        )
    conversion = model.conversion
    head = TypingHead(model, targets, _rule(settings))
    conversion.dropout.p = settings.dropout
    trained = list(conversion.parameters())
    if settings.tune_projection:
        for parameter in tagger.types.parameters():
            parameter.requires_grad = True
        trained += list(tagger.types.parameters())
    optimizer = torch.optim.AdamW(trained, lr=settings.lr, weight_decay=settings.weight_decay)
    evidence = torch.zeros((len(instances), len(targets)))
    if mapper is not None:
        with torch.no_grad():
            probabilities = torch.sigmoid(tagger.type_logits(instances.vectors)).numpy()
        evidence = torch.from_numpy(mapper.scores(probabilities)).float()
    open_labels = len(instances) - corrected
    gold = torch.cat(
        [
            targets.gold(instances.labels[:open_labels], evidence[:open_labels], settings.depth),
            targets.gold(instances.labels[open_labels:], evidence[open_labels:], 0.0),
        ]
    )
    loss_of: Callable[[Tensor, Tensor, Tensor], Tensor] = soft_cross_entropy
    wanted = gold
    if settings.loss == "soft":
        wanted = targets.soft(gold, settings.credit, settings.loss_decay)
    elif settings.loss == "credit":
        loss_of, wanted = credit_loss, targets.set_credits(instances.labels, settings.credit)
    if replayed and settings.replay_keep and settings.loss == "credit":
        say("--replay-keep has no part in a loss of credit: replayed mentions are trained towards their gold alone")
    elif replayed and settings.replay_keep:
        before = head.scores(instances.vectors[:replayed])
        wanted[:replayed] = (1 - settings.replay_keep) * wanted[:replayed] + settings.replay_keep * before
    batch_size = min(settings.batch_size, max(SMALLEST_BATCH, len(instances) // BATCHES_AN_EPOCH))
    steps_an_epoch = -(-len(instances) // batch_size)
    total = steps_an_epoch * settings.epochs
    rise = max(1, min(settings.warmup_steps, total // 2 or 1))
    generator = torch.Generator().manual_seed(settings.seed)
    best: dict[str, Any] = {}
    best_state: dict[str, Any] = {}
    stale = step = 0
    for epoch in range(1, settings.epochs + 1):
        conversion.train()
        order = torch.randperm(len(instances), generator=generator)
        summed = 0.0
        for at in range(0, len(order), batch_size):
            rows = order[at : at + batch_size]
            rate = (step + 1) / rise if step < rise else (total - step) / max(1, total - rise)
            for group in optimizer.param_groups:
                group["lr"] = settings.lr * rate
            vectors = instances.vectors[rows]
            loss = loss_of(conversion(vectors, tagger.type_logits(vectors)), wanted[rows], instances.weights[rows])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            summed += loss.item() * len(rows)
            step += 1
        conversion.eval()
        metrics: dict[str, Any] = {
            "epoch": epoch,
            "loss": round(summed / len(instances), 4),
            "dev": {d.name: dev_metrics(head, d, settings.dev_labels) for d in dev},
        }
        metrics["score"] = float(np.mean([m["headline"] for m in metrics["dev"].values()])) if dev else -metrics["loss"]
        better = not best or metrics["score"] > best["score"]
        stale = 0 if better else stale + 1
        if better:
            best = metrics
            best_state = copy.deepcopy({"conversion": conversion.state_dict(), "types": tagger.types.state_dict()})
        say(
            f"epoch {epoch:3d}  loss {metrics['loss']:.4f}  "
            + "  ".join(f"{n} {m['headline']:.4f}" for n, m in metrics["dev"].items())
            + ("  best" if better and dev else "")
        )
        if on_epoch is not None:
            on_epoch(metrics)
        if dev and stale >= settings.patience:
            break
    conversion.load_state_dict(best_state["conversion"])
    tagger.types.load_state_dict(best_state["types"])
    return best


def _rule(settings: FinetuneSettings) -> DecodingRule:
    return DecodingRule(settings.decoding, settings.credit, settings.decay, settings.coarse_prior)


def dev_metrics(head: TypingHead, dev: DevSet, reading: Reading = "closed") -> dict[str, float]:
    """Typing of gold mentions, and P/R/F1 with detection where the corpus marks all names; credit `both`, decay .5,
    labels read as `reading` says. `headline` is the F1, or the credit where there is none."""
    targets = head_targets(head)
    result = typing_metrics(targets, head.choose(dev.gold.vectors).positions, dev.gold.labels, reading)
    result["headline"] = result["credit"]
    if len(dev.found_gold):
        result |= typed_f1(targets, *_choose_found(head, dev), dev.found_gold, dev.gold.labels, reading=reading)
        result["headline"] = result["f1"]
    return result


def head_targets(head: TypingHead) -> Targets:
    """The targets of a head that has some."""
    if head.targets is None:
        raise ModelError("expected a model with target types, found a pretrained one")
    return head.targets


def _choose_found(head: TypingHead, dev: DevSet) -> tuple[Tensor, Tensor]:
    """(type [N], confidence [N]) of the detected spans."""
    choice = head.choose(dev.found_vectors)
    return choice.positions, choice.scores * dev.found_marginals


def _credits(targets: Targets, gold: Sequence[LabelSet], reading: Reading) -> Tensor:
    """Credit `both`, decay .5, of every prediction [M, A] under a reading of the labels."""
    if reading != "mean":
        return targets.set_credits(gold, "both", open=reading == "open")
    return (targets.set_credits(gold, "both") + targets.set_credits(gold, "both", open=True)) / 2


def typing_metrics(
    targets: Targets, chosen: Tensor, gold: Sequence[LabelSet], reading: Reading = "closed"
) -> dict[str, float]:
    """Mean credit (both, decay .5) and accuracy (an admissible type itself) of types chosen for gold mentions [M]."""
    credits = _credits(targets, gold, reading).gather(1, chosen[:, None])
    return {
        "credit": round(float(credits.mean()), 4),
        "accuracy": round(float((credits > 0.999).float().mean()), 4),
        "mentions": len(gold),
    }


def typed_f1(
    targets: Targets,
    chosen: Tensor,
    confidences: Tensor,
    found: Sequence[LabelSet | None],
    gold: Sequence[LabelSet],
    threshold: float = 0.0,
    reading: Reading = "closed",
) -> dict[str, float]:
    """P, R, F1 with credit `both` (decay .5) of detected and typed names.

    Names outside the taxonomy count on neither side. A name that gold only admits as outside (`-` alone)
    is no gold mention; alternatives that include `-` are one.
    """
    outside = len(targets) - 1
    written = (chosen != outside) & (confidences >= threshold)
    matched = [i for i, labels in enumerate(found) if labels is not None and any(t != OUTSIDE for t in labels)]
    tp = 0.0
    if matched:
        worth = _credits(targets, [found[i] or () for i in matched], reading)
        credit = worth.gather(1, chosen[matched][:, None]).squeeze(1)
        tp = float((credit * written[matched]).sum())
    system, n_gold = int(written.sum()), sum(any(t != OUTSIDE for t in labels) for labels in gold)
    p, r = tp / system if system else 0.0, tp / n_gold if n_gold else 0.0
    return {
        "p": round(p, 4),
        "r": round(r, 4),
        "f1": round(2 * p * r / (p + r), 4) if p + r else 0.0,
        "gold": n_gold,
        "system": system,
    }


def _thresholds(
    model: Model,
    targets: Targets,
    dev: Sequence[DevSet],
    settings: FinetuneSettings,
    metrics: dict[str, Any],
    say: Callable[[str], None],
) -> None:
    """The least confidence a name needs to be written, chosen on the validation corpora that mark all names."""
    least = 0.0 if dev else DecodingRule.of(model.config).min_confidence
    complete = [d for d in dev if len(d.found_gold)]
    if complete:
        grid = [round(0.025 * i, 3) for i in range(25)]
        head = TypingHead(model, targets, _rule(settings))
        found = [(*_choose_found(head, d), d.found_gold, d.gold.labels) for d in complete]
        scored = [
            float(np.mean([typed_f1(targets, *f, threshold, settings.dev_labels)["f1"] for f in found]))
            for threshold in grid
        ]
        # The least of the thresholds that are about as good: on text unlike the validation set a high one costs recall.
        enough = max(scored) - 0.002
        chosen, f1 = next((t, f1) for t, f1 in zip(grid, scored, strict=True) if f1 >= enough)
        least = chosen
        metrics["threshold"] = {"min_confidence": chosen, "f1": round(f1, 4), "f1_without": round(scored[0], 4)}
        say(f"least confidence {chosen}: mean typed F1 {f1:.4f} ({scored[0]:.4f} without)")
    model.config["decoding"] = dataclasses.asdict(dataclasses.replace(_rule(settings), min_confidence=least))


# ---- replay and feedback ------------------------------------------------------------------------------------------


def _replay(instances: Instances, settings: FinetuneSettings) -> tuple[dict[str, Tensor], list[list[str]]]:
    """Mention vectors (fp16), label sets and weights, without any text; a seeded sample where there are too many."""
    rows = torch.arange(len(instances))
    weights = instances.weights
    if len(instances) > settings.replay_limit:
        # Drawn by weight and then weighing the same, the sample stands for the whole with the least noise.
        generator = torch.Generator().manual_seed(settings.seed)
        rows = torch.multinomial(weights, settings.replay_limit, generator=generator).sort().values
        weights = torch.ones(len(instances))
    sets: dict[LabelSet, int] = {}
    labels = torch.tensor([sets.setdefault(instances.labels[i], len(sets)) for i in rows.tolist()], dtype=torch.int32)
    return {
        "vectors": instances.vectors[rows].half(),
        "labels": labels,
        "weights": (weights[rows] / weights[rows].mean().clamp(min=1e-6)).half(),
    }, [list(s) for s in sets]


def _replayed(model: Model, targets: Targets) -> Instances:
    replay = model.replay or {}
    sets = [tuple(s) for s in model.config["replay_sets"]]
    for labels in sets:
        _check_types(labels, targets, "replay.safetensors")
    return Instances(replay["vectors"].float(), [sets[i] for i in replay["labels"].tolist()], replay["weights"].float())


def _keep_network(model: Model, settings: FinetuneSettings, say: Callable[[str], None]) -> None:
    conversion = model.conversion
    if conversion is None:
        raise ModelError("expected a fine-tuned model, found one without a conversion layer; give --train as well")
    if settings.reads != conversion.reads or settings.hidden != conversion.hidden.out_features:
        say(
            f"keeping the model's own conversion layer (reads {conversion.reads}, "
            f"hidden {conversion.hidden.out_features})"
        )


def _effective(settings: FinetuneSettings, model: Model) -> FinetuneSettings:
    """Feedback goes on with the loss, decoding and depth that the model was tuned with."""
    earlier: Mapping[str, Any] = model.config.get("finetune", {})
    kept = {
        k: earlier[k]
        for k in (
            "loss",
            "credit",
            "decay",
            "loss_decay",
            "depth",
            "reads",
            "hidden",
            "decoding",
            "coarse_prior",
            "taxonomy",
        )
        if k in earlier
    }
    if not settings.mapping:
        kept["mapping"] = earlier.get("mapping", "")
    return dataclasses.replace(settings, **kept)


def _feedback_right(model: Model, targets: Targets, new: Instances) -> float:
    head = TypingHead(model, targets, DecodingRule.of(model.config))
    return typing_metrics(targets, head.choose(new.vectors).positions, new.labels)["credit"]


# ---- the Direct model ---------------------------------------------------------------------------------------------


def _write_direct(
    model: Model,
    settings: FinetuneSettings,
    table: str,
    mapper: DirectMapper,
    targets: Targets,
    dev: Sequence[DevSet],
    out: str,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """No conversion layer: YAGO types mapped by a table (the paper's Direct baseline)."""
    metrics: dict[str, Any] = {"direct": {}}
    head = TypingHead(model, targets, direct=mapper)
    for part in dev:
        metrics["direct"][part.name] = dev_metrics(head, part, settings.dev_labels)
        say(f"{part.name}: {json.dumps(metrics['direct'][part.name])}")
    model.conversion = None
    model.replay = None
    model.taxonomy_file = taxonomy_text(targets.taxonomy)
    model.direct_table, model.mapping_table = table, None
    model.metrics = {**{k: v for k, v in model.metrics.items() if k == "pretrain"}, **metrics}
    model.config = {k: v for k, v in model.config.items() if k not in ("finetune", "replay_sets", "decoding")}
    model.config["finetune"] = portable(settings)
    model.config["decoding"] = dataclasses.asdict(DecodingRule())
    save_model(out, model, _card(model, settings, metrics))
    say(f"wrote {out}: a Direct model, {mapper.mapped} of {len(model.types)} YAGO types mapped")
    return metrics


def _mapper(
    table: str | None, model: Model, settings: FinetuneSettings, taxonomy: Taxonomy, say: Callable[[str], None]
) -> DirectMapper | None:
    """The mapper of a table's text; None where no table was asked for and the one at hand is for another taxonomy."""
    needed = settings.mapping or settings.direct or settings.depth
    name = settings.mapping or SHIPPED_TABLE
    if table is None:
        if settings.depth:
            raise ModelError(
                f"expected the mapping table that the model was tuned with ({settings.mapping}), found none in its "
                "folder; give it with --mapping"
            )
        say(f"the table {settings.mapping} is not in the model's folder: alternative labels share their mass evenly")
        return None
    try:
        return DirectMapper.from_text(table, model.types, taxonomy, name)
    except TaxonomyError:
        if needed:
            raise
        say(f"no table maps YAGO to the taxonomy '{taxonomy.name}': alternative labels share their mass evenly")
        return None


def _table(settings: FinetuneSettings, model: Model, *, going_on: bool) -> str | None:
    """The mapping table's text: the one given, else the model's own where feedback goes on with it, else that of a
    Direct base, else the shipped one. None where the model was tuned with a table that its folder lacks."""
    if settings.mapping:
        try:
            return Path(settings.mapping).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                "a mapping table (YAGO class, target type)", str(error), path=settings.mapping, remedy="check --mapping"
            ) from None
    return mapping_table(model) if going_on else model.direct_table or shipped_table()


# ---- small things -------------------------------------------------------------------------------------------------


def _card(model: Model, settings: FinetuneSettings, metrics: Mapping[str, Any]) -> str:
    """A model card filled from the run itself."""
    lines = ["# A fine-tuned OusiaNER model" if model.conversion is not None else "# A Direct OusiaNER model", ""]
    lines += [
        f"Base `{Path(settings.base).name or 'shipped'}`, target taxonomy `{settings.taxonomy}`, "
        f"{len(model.types):,} YAGO/WordNet types underneath.",
        "",
    ]
    lines += ["## Validation", "", "```json", json.dumps(metrics, indent=1), "```", ""]
    return "\n".join(lines)
