"""Corrections as other people's tools export them: brat, Label Studio, Prodigy, doccano, CoNLL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.annotations.exchange import folder_format, read_annotated
from ousianer_cli.formats.feedback.items import FeedbackItem, context
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.registry import LIKELY, Format, annotation_formats, formats_by_name
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.sentences import trim

OWN = ("edl", "feedback", "run")
"""Formats that are corrections themselves, or a model's word."""


def export_format(path: str | Path) -> Format | None:
    """The format of an export, where a file or folder surely is one; None for the project's own layouts."""
    known = {name: form for name, form in annotation_formats().items() if name not in OWN}
    if Path(path).is_dir():
        return folder_format(path, known)
    if by_name := formats_by_name(path, known.values()):
        return by_name[0]
    sample = Sample(path)
    sure = [form for form in known.values() if form.recognise(sample) >= LIKELY]
    return sure[0] if len(sure) == 1 else None


def read_export(path: str | Path, form: Format, report: Callable[[str], None] = lambda _: None) -> list[FeedbackItem]:
    """The names that a person marked, each with its sentence; `report` hears what is left out, by reason.

    Raises:
        InputError: a file that is wrong, predictions that nobody has looked at, or a name outside the running text.
    """
    items: list[FeedbackItem] = []
    predicted = 0
    left_out = CorpusReport()
    for item in read_annotated(path, format=form.name, report=left_out):
        if form.name == "labelstudio" and not item.by_person:
            predicted += len(item.annotations)
            continue
        document = item.document
        for name in item.annotations:
            left, right = context(document, name.start, name.end)
            if left == right:
                place = f"{item.text_of(name)!r} in {document.id}"
                remedy = "markup and left-out quotes cannot be learned from: remove it"
                raise InputError("a name in running text", place, path=path, line=name.line or None, remedy=remedy)
            text = document.text[left:right]
            start, end = trim(document.text, name.start, name.end)
            if start == end:
                start, end = name.start, name.end
            file = document.source or str(path)
            items.append(FeedbackItem(text, start - left, end - left, name.type, file, name.line))
    if predicted and items:
        left_out.drop("predictions that nobody has submitted", predicted)
    reasons = "; ".join(f"{count:,} {reason}" for reason, count in left_out.dropped.most_common() if count)
    if not items:
        found = f"{predicted} predictions alone" if predicted else f"none ({reasons})" if reasons else "none"
        remedy = (
            "submit the tasks, then export again" if form.name == "labelstudio" else "mark names, then export again"
        )
        raise InputError("names that a person marked", found, path=path, remedy=remedy)
    if reasons:
        report(f"{path}: left out: {reasons}")
    return items
