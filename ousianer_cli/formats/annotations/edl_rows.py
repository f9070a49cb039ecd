"""Annotated documents as the rows of an EDL tab, with ids for names that have none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, edl_row
from ousianer_cli.formats.edl import EdlRow, NilClusters
from ousianer_cli.formats.registry import WriteOptions

_HELD = ("form", "confidence", "kb_id", "mention_id", "run_id")


def edl_rows(documents: Iterable[AnnotatedDocument], options: WriteOptions) -> Iterator[EdlRow]:
    """A row for each name, in text order, with the ids that it has; new mention ids and NIL ids (clusters of a string
    and top type) where it has none, and confidence 1 where none is known.

    What rows do not hold is counted in `options.lost`.
    """
    items = list(documents)
    taken = {name.mention_id for item in items for name in item.annotations}
    known = {name.kb_id for item in items for name in item.annotations}
    clusters = NilClusters()
    given: dict[str, str] = {}
    numbers = count(1)
    written: set[str] = set()
    for item in items:
        for name in sorted(item.annotations, key=lambda a: (a.start, a.end)):
            options.lose_details(name, _HELD)
            run_id = name.run_id or options.run_id
            mention_id = name.mention_id
            if not mention_id or mention_id in written:
                options.lost["mention ids given anew, since they stood twice"] += bool(mention_id)
                mention_id = next(new for n in numbers if (new := f"{run_id}-{n:07d}") not in taken)
            written.add(mention_id)
            kb_id = name.kb_id
            if not kb_id:
                new = clusters.id_of(item.text_of(name), name.type)
                kb_id = given.setdefault(new, next(i for n in count(int(new[3:])) if (i := f"NIL{n:06d}") not in known))
                known.add(kb_id)
            options.lost["names without a confidence have 1"] += name.confidence is None
            yield edl_row(item, name, run_id=run_id, mention_id=mention_id, kb_id=kb_id)
