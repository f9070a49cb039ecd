"""What every output goes through: the check before the work begins, and writers whose files and folders appear whole.

Standard library only. `check_outputs` refuses a place where something would be lost; `open_output`, `whole_file` and
`whole_folder` write under a hidden name (`.NAME.XXXXXXXX.part`) beside the place and move it there at the end; streams
(`-`, `/dev/stdout`, a pipe) are written as they are. `ending` turns signals into exceptions, so that nothing stays.
"""

from ousianer_cli.outputs.check import Output, check_output, check_outputs
from ousianer_cli.outputs.digests import first_changed, sha256_16
from ousianer_cli.outputs.kinds import (
    CACHE,
    EXPORT,
    FIGURES,
    FILE,
    KINDS,
    LINES,
    MODEL,
    PARTS,
    RUN,
    SHARDS,
    STATE,
    STUDY,
    TYPES,
    Kind,
)
from ousianer_cli.outputs.streams import is_standard_output, prints_aside, spooled_input
from ousianer_cli.outputs.writers import open_output, whole_file, whole_folder

__all__ = [
    "CACHE",
    "EXPORT",
    "FIGURES",
    "FILE",
    "KINDS",
    "LINES",
    "MODEL",
    "PARTS",
    "RUN",
    "SHARDS",
    "STATE",
    "STUDY",
    "TYPES",
    "Kind",
    "Output",
    "check_output",
    "check_outputs",
    "first_changed",
    "is_standard_output",
    "open_output",
    "prints_aside",
    "sha256_16",
    "spooled_input",
    "whole_file",
    "whole_folder",
]
