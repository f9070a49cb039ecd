"""Tuning a phase's settings on a held-out slice: an Optuna study over `[tune.pretrain]` or `[tune.finetune]`."""

from ousianer_cli.training.tune.study import tune

__all__ = ["tune"]
