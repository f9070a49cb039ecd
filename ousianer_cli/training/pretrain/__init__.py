"""Pretraining: detection of names and their YAGO types, learned together over a tuned or frozen encoder."""

from ousianer_cli.training.pretrain.loop import pretrain
from ousianer_cli.training.pretrain.state import last_state

__all__ = ["last_state", "pretrain"]
