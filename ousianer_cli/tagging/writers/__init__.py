"""The formats of a run, one module each. A new one is a module with a `WRITER` and a line in `WRITERS`."""

from ousianer_cli.tagging.writers import conll, edl, jsonl
from ousianer_cli.tagging.writers.writer import WriteOptions, Writer

WRITERS: dict[str, Writer] = {writer.name: writer for writer in (edl.WRITER, jsonl.WRITER, conll.WRITER)}
"""Name (`--format`) -> writer."""

__all__ = ["WRITERS", "WriteOptions", "Writer"]
