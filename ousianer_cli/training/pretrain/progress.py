"""What a pretraining says while it runs."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from ousianer_cli.network.tagger import TaggerNetwork
from ousianer_cli.training.pretrain.corpora import Corpora


def describe(corpora: Corpora, tagger: TaggerNetwork, total: int) -> str:
    """What is trained on what, in a few lines."""
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


def metrics_line(metrics: dict[str, Any]) -> str:
    """A validation in one line."""
    parts = [f"step {metrics['step']}"]
    parts += [f"detection {name} F1 {m['f1']:.3f}" for name, m in metrics["detection"].items()]
    parts += [f"typing {name} F1 {m['f1']:.3f}" for name, m in metrics["typing"].items()]
    return ", ".join(parts)


class Progress:
    """A tqdm bar with losses, rate and time left, on stderr."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.began = time.monotonic()
        self.sums: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.bar: Any = None

    def __enter__(self) -> Progress:
        from tqdm import tqdm

        self.bar = tqdm(total=self.total, unit="step", dynamic_ncols=True, mininterval=1.0, desc="pretrain")
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def start(self, step: int) -> None:
        """Begin at a step."""
        self.bar.n = self.bar.initial = step
        self.bar.refresh()

    def advance(self, step: int, losses: dict[str, float]) -> None:
        """Count a step with its losses."""
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
        """Since the run began."""
        return time.monotonic() - self.began

    def note(self, line: str) -> None:
        """Write a line above the bar."""
        self.bar.write(line)
