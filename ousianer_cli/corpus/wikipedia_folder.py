"""The folder of a Wikipedia corpus: whose run it is, and how that is recognised."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.wikipedia_parts import read_json, write_json
from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.settings import flag, traits
from ousianer_cli.settings.fields import neutral_settings
from ousianer_cli.settings.prepare_wikipedia import HOWS, WikipediaSettings

VERSION = 2
"""Of the files in the folder."""
_DIGEST_BYTES = 1 << 20


def claim_folder(out: Path, settings: WikipediaSettings, resume: bool) -> None:
    """Claim the folder for this run, or find that it is this run's.

    Raises:
        OutputError: the folder holds something else, another run, or cannot be made.
        InputError: an input that cannot be read.
    """
    manifest = out / "manifest.json"
    mine = _manifest(settings)
    if manifest.exists():
        if not resume:
            raise OutputError(f"{out}: expected a new folder, found a run in it; go on with --resume or choose another")
        begun = read_json(manifest)
        for name in sorted({*mine, *begun}):
            if mine.get(name) != begun.get(name):
                was, now = _short(begun.get(name)), _short(mine.get(name))
                shown = name if name in ("version", "inputs", "types", "exclude") else flag(name)
                raise OutputError(
                    f"{out}: expected to go on with the same run, found another {shown} (then {was}, now {now}); "
                    "give what the run began with, or choose another folder"
                )
        return
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out}: expected a new or empty folder, found something else there; choose another with -o")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be made ({error.strerror}); choose another place with -o") from None
    write_json(manifest, mine)


def leave_nothing(out: Path) -> None:
    """Take back the folder of a run that failed before it had made anything."""
    shutil.rmtree(out / "parts", ignore_errors=True)
    (out / "manifest.json").unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        out.rmdir()


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _manifest(settings: WikipediaSettings) -> dict[str, Any]:
    """What the corpus depends on: the options, and the inputs by size and by their first and last MiB."""
    free = neutral_settings(settings)
    options = {k: getattr(settings, k) for k, t in traits(settings).items() if k not in free and t.role != "data"}
    options["how"] = [h for h in HOWS if h in settings.how]
    inputs = settings.dumps or [settings.dump_db]
    return {
        "version": VERSION,
        "inputs": [_fingerprint(p) for p in inputs],
        "types": [_fingerprint(p) for p in settings.types],
        "exclude": [_fingerprint(p) for p in settings.exclude],
        **options,
    }


def _fingerprint(path: str) -> list[str | int]:
    place = Path(path)
    try:
        if place.is_dir():
            return [place.name, "folder"]
        size = place.stat().st_size
        with place.open("rb") as file:
            digest = hashlib.blake2b(file.read(_DIGEST_BYTES), digest_size=16)
            file.seek(max(0, size - _DIGEST_BYTES))
            digest.update(file.read(_DIGEST_BYTES))
    except OSError as error:
        raise InputError("a readable file", (error.strerror or "none").lower(), path=path) from None
    return [place.name, size, digest.hexdigest()]
