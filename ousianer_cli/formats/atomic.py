"""The old name of `outputs.open_output`."""

from ousianer_cli.outputs import open_output as atomic_writer

__all__ = ["atomic_writer"]
