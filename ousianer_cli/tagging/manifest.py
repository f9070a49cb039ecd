"""What makes two runs one and the same: documents, model, settings and version; parts of others are not mixed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ousianer_cli import __version__
from ousianer_cli.errors import ModelError
from ousianer_cli.settings import flag, traits
from ousianer_cli.settings.fields import neutral_settings
from ousianer_cli.settings.tag import TagSettings

_OF_A_MODEL = ("config.json", "model.safetensors", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A run by all that its bytes depend on."""

    version: str
    inputs: str
    """Digest of the list of files (`blocks.inputs_digest`)."""
    files: int
    blocks: int
    model: str
    """Digest of what is in the model folder."""
    has_targets: bool
    settings: dict[str, Any]
    shard: str = ""

    @classmethod
    def of(cls, settings: TagSettings, model: Path, inputs: str, files: int, blocks: int) -> Manifest:
        """The manifest of the run that the settings ask for."""
        known, neutral = traits(settings), neutral_settings(settings)
        kept = {n: v for n, v in dataclasses.asdict(settings).items() if n not in neutral and known[n].role != "input"}
        has_targets = os.path.isfile(model / "taxonomy" / "target.tsv")
        return cls(__version__, inputs, files, blocks, model_digest(model), has_targets, kept, settings.shard)

    @classmethod
    def of_json(cls, content: dict[str, Any]) -> Manifest:
        """What `dataclasses.asdict` gave; what else is there is passed over.

        Raises:
            KeyError, TypeError: something is missing.
        """
        return cls(**{f.name: content[f.name] for f in dataclasses.fields(cls)})

    def differs(self, other: Manifest, *, but_shard: bool = False) -> str:
        """What another run has differently, in a few words; empty if nothing."""
        found = []
        if self.version != other.version:
            found.append(f"another version of ousianer ({other.version}, not {self.version})")
        if (self.inputs, self.files, self.blocks) != (other.inputs, other.files, other.blocks):
            found.append("other inputs")
        if (self.model, self.has_targets) != (other.model, other.has_targets):
            found.append("another model")
        names = sorted({*self.settings, *other.settings})
        missing = object()
        for name in names:
            mine, theirs = self.settings.get(name, missing), other.settings.get(name, missing)
            if mine != theirs:
                found.append(f"another {flag(name)} ({theirs!r}, not {mine!r})")
        if not but_shard and self.shard != other.shard:
            found.append(f"another --shard ({other.shard or 'none'}, not {self.shard or 'none'})")
        return ", ".join(found)


def model_digest(folder: Path) -> str:
    """Tells models apart by the files that tagging depends on; a file that is missing has no part in it.

    The configuration says what the other files' digests are, which `load_model` holds them to; only what it does not
    name is read here.

    Raises:
        ModelError: a file that cannot be read.
    """
    try:
        recorded = json.loads((folder / "config.json").read_text(encoding="utf-8"))["files_sha256_16"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        recorded = {}
    digest = hashlib.blake2b(digest_size=16)
    for path in (*(folder / name for name in _OF_A_MODEL), *sorted((folder / "taxonomy").glob("*.tsv"))):
        if not os.path.isfile(path) or path.relative_to(folder).as_posix() in recorded:
            continue
        try:
            with path.open("rb") as handle:
                digest.update(f"{path.name}\0{os.fstat(handle.fileno()).st_size}\n".encode())
                while piece := handle.read(1 << 20):
                    digest.update(piece)
        except OSError as error:
            raise ModelError(
                f"{path}: expected a file that can be read, found {error.strerror}; check the folder"
            ) from None
    return digest.hexdigest()
