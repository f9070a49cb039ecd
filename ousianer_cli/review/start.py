"""`ousianer review` from its settings to its end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ousianer_cli.errors import ModelError
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.outputs.places import followed
from ousianer_cli.released_models import released_model
from ousianer_cli.review.desk import Desk
from ousianer_cli.review.names import add_second, read_run, review_documents
from ousianer_cli.review.order import by_disagreement
from ousianer_cli.review.server import open_socket, serve
from ousianer_cli.review.session import Session
from ousianer_cli.settings.review import Order, ReviewSettings
from ousianer_cli.taxonomy.tree import Taxonomy
from ousianer_cli.taxonomy.tree_files import parse_taxonomy

if TYPE_CHECKING:
    from ousianer_cli.review.learning import Learner


def review(
    settings: ReviewSettings, started: Callable[[str], None], *, report: Callable[[str], None] = print
) -> list[str]:
    """Serve the pages until a signal ends it; returns what there is to say then.

    Args:
        started: called with the pages' address once they can be opened.
        report: called with lines on what was read.
    Raises:
        InputError, ModelError, OutputError, SettingsError: as reading, the journal and the port refuse.
    """
    folder = Path(settings.model) if settings.model else released_model()
    taxonomy = taxonomy_of(folder)
    found = CorpusReport()
    documents = review_documents(
        read_run(settings.run, settings.source, taxonomy, found, after_xml_declaration=settings.after_xml_declaration)
    )
    if settings.second:
        second = read_run(
            settings.second, settings.source, taxonomy, found, after_xml_declaration=settings.after_xml_declaration
        )
        add_second(documents, second)
    for line in found.lines():
        report(f"left out: {line}")
    listening = open_socket(settings.port)
    with listening:
        session = Session(documents, taxonomy, followed(settings.out), settings.annotator)
        try:
            _report_contents(session, settings.order, report)
            desk = Desk(
                session, settings.order, Path(settings.run), _loading(settings, folder, session), settings.model_out
            )
            serve(desk, listening, started)
            desk.compact()
            desk.close()
        finally:
            session.close()
    counts = desk.counts
    lines = [
        f"{settings.out}: {counts.names:,} names with types, {counts.outside:,} outside the taxonomy, "
        f"{counts.no_names:,} no names"
    ]
    if counts.disputed:
        lines.append(f"annotators differ on {counts.disputed:,}: what most say stands, of equals what was said last")
    if counts.repeated:
        lines.append(
            f"{counts.repeated:,} stand in the same sentence elsewhere: each counts once, as it was judged last"
        )
    if counts.unfit:
        lines.append(
            f"{counts.unfit:,} are left out: they begin or end inside a word, or cross another annotator's name"
        )
    if counts.elsewhere:
        lines.append(
            f"{counts.elsewhere:,} decisions are on documents that are not in --source: kept in the journal only"
        )
    if desk.trouble:
        lines.append(f"{desk.trouble}; the journal {session.journal.path} has every decision")
    base = f"{settings.model} " if settings.model else ""
    lines.append(f"next: ousianer finetune {base}--feedback {settings.out} -o MODEL")
    return lines


def _loading(settings: ReviewSettings, folder: Path, session: Session) -> Callable[[], Learner] | None:
    """What makes the model ready; None where it is not wanted. PyTorch is imported by it, not before."""
    if not settings.learn:
        return None
    nested = any(c < b for document in session.documents for (_, b), (c, _) in pairwise(document.names))

    def load() -> Learner:
        from ousianer_cli.review.learning import Learner

        return Learner(folder, session.documents, nested=nested, threads=settings.threads)

    return load


def taxonomy_of(folder: Path) -> Taxonomy:
    """The target taxonomy of a model folder, without its weights.

    Raises:
        ModelError: there is none.
    """
    file = folder / "taxonomy" / "target.tsv"
    try:
        return parse_taxonomy(file.read_text(encoding="utf-8"), file)
    except OSError:
        raise ModelError(
            f"{folder}: expected a model with a target taxonomy, found none; give a fine-tuned model with --model"
        ) from None


def _report_contents(session: Session, order: Order, report: Callable[[str], None]) -> None:
    names = sum(len(document.names) for document in session.documents)
    report(f"{len(session.documents):,} documents, {names:,} names")
    progress = session.progress()
    if progress["done"]:
        report(f"going on: {progress['done']:,} names are judged by {session.annotator}")
    if session.journal.cut:
        report("the journal's last line was cut off, and never confirmed: it was taken away")
    if order == "disagreement" and not by_disagreement(session):
        report("there is no name of which annotators or two runs differ: give --second, or -o with others' journals")
    others = [name for name in session.decisions.annotators() if name != session.annotator]
    if others:
        report(f"other annotators: {', '.join(others)}")
