"""What a pretrained model says of itself: its configuration and its card, filled from the run itself."""

from __future__ import annotations

from typing import Any

from ousianer_cli.network.checkpoint import Model
from ousianer_cli.settings import portable
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training.pretrain.corpora import Corpora


def config_of_run(settings: PretrainSettings, corpora: Corpora) -> dict[str, Any]:
    """What `config.json` keeps of the run: settings, digests of the data, limits of what the network reads."""
    return {
        "pretrain": portable(settings),
        "data_sha256_16": corpora.hashes,
        "max_pieces": settings.max_pieces,
        "passage_pieces": settings.passage_pieces,
    }


def card(model: Model, settings: PretrainSettings, corpora: Corpora, metrics: dict[str, Any]) -> str:
    """The model card: encoder, validation figures, data."""
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
