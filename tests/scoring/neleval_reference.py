"""neleval as the reference: its import repaired, its figures on files, and files to compare on."""

from __future__ import annotations

import collections
import collections.abc
import importlib
import random
import sys
import warnings
import xml.etree.ElementTree
from pathlib import Path
from typing import Any

import numpy
from taxonomies import aida_edl

TREE = aida_edl()
TYPES = [TREE.to_row(node) for node in TREE.nodes]


def load() -> Any:
    """neleval, whose import needs two names that Python has since dropped (and CEAF one of numpy)."""
    added = not hasattr(collections, "Sequence")
    if added:
        collections.Sequence = collections.abc.Sequence  # type: ignore[attr-defined]
    sys.modules.setdefault("xml.etree.cElementTree", xml.etree.ElementTree)
    try:
        for name in ("configs", "document", "evaluate", "tac"):
            importlib.import_module(f"neleval.{name}")
    finally:
        if added:
            del collections.Sequence  # type: ignore[attr-defined]
    neleval = sys.modules["neleval"]
    # Its assignment says np.int, which numpy no longer has; the module's own view of numpy gets it back.
    munkres = importlib.import_module("neleval.munkres")
    if not isinstance(munkres.np, _Numpy):
        munkres.np = _Numpy(numpy)
    return neleval


class _Numpy:
    """numpy with the alias `int`."""

    int = int

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def documents(path: Path, combined: bool = False, excluded: Path | None = None) -> list[Any]:
    """A file as neleval's documents."""
    neleval = load()
    with path.open(encoding="utf-8") as handle:
        text = handle.read() if combined else neleval.tac.PrepareTac15(handle, excluded_spans=excluded)()
    return list(neleval.document.Reader(text.splitlines()))


def evaluate(
    gold: Path, run: Path, measures: list[str], *, weights: Path | None = None, combined: bool = False,
    excluded: Path | None = None,
) -> dict[str, tuple[float, float, float]]:  # fmt: skip
    """Precision, recall and F1 by measure."""
    neleval = load()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = neleval.evaluate.Evaluate(
            documents(run, combined, excluded),
            documents(gold, combined, excluded),
            measures=measures,
            type_weights=None if weights is None else str(weights),
        )()
    return {name: (one["precision"], one["recall"], one["fscore"]) for name, one in result.items()}


def make_pair(folder: Path, kind: str, size: int = 1200, seed: int = 1) -> tuple[Path, Path]:
    """Gold and a run of about `size` mentions: random, perturbed, duplicates, several types, ids (empty and NIL)."""
    rng = random.Random(f"{kind}{seed}")
    forms = ("NAM", "NAM", "NOM") if kind == "forms" else ("NAM",)
    places: set[tuple[str, int, int]] = set()
    while len(places) < size:
        start = rng.randrange(6000)
        places.add((f"D{rng.randrange(40)}", start, start + rng.randrange(20)))
    ids = [f"E{n}" for n in range(20)] + [f"NIL{n:04d}" for n in range(30)] + ["NIL"]
    if kind == "ids":
        ids += [""] * 10
    gold = [(*place, rng.choice(TYPES), rng.choice(forms), rng.choice(ids)) for place in sorted(places)]
    run = []
    for doc, start, end, label, form, identity in gold:
        chance = rng.random()
        if chance < 0.1:
            continue
        if chance < 0.25:
            end += rng.randrange(1, 4)
            start += rng.randrange(2) if end > start + 1 else 0
        if kind == "random" and chance > 0.4:
            label, identity = rng.choice(TYPES), rng.choice(ids)
        elif chance > 0.6:
            node = TREE.parse(label, ignore_case=True)
            label = TREE.to_row(rng.choice([*TREE.ancestors(node), *TREE.descendants(node), *TREE.tops]))
        if rng.random() < 0.3:
            identity = rng.choice(ids)
        run.append((doc, start, end, label, rng.choice(forms) if rng.random() < 0.2 else form, identity))
    run += [
        (f"D{rng.randrange(45)}", 9000 + n, 9003 + n, rng.choice(TYPES), rng.choice(forms), rng.choice(ids))
        for n in range(100)
    ]
    files = []
    for name, rows in (("gold", gold), ("run", list({row[:3]: row for row in run}.values()))):
        lines = []
        for number, (doc, start, end, label, form, identity) in enumerate(rows):
            again = 1
            while kind in ("duplicates", "several") and rng.random() < 0.25:
                again += 1
            for copy in range(again):
                other = label if kind == "duplicates" or not copy else rng.choice(TYPES)
                # Equal confidences are wanted: ties must fall as neleval lets them fall.
                cells = (
                    name, f"m{number}-{copy}", "x", f"{doc}:{start}-{end}", identity, other, form,
                    f"{rng.randrange(1, 11) / 10}",
                )  # fmt: skip
                lines.append("\t".join(cells) + "\n")
        if kind in ("duplicates", "several"):
            rng.shuffle(lines)
        path = folder / f"{name}.tab"
        path.write_text("".join(lines), encoding="utf-8")
        files.append(path)
    return files[0], files[1]
