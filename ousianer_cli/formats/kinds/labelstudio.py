"""Label Studio's JSON: an array of tasks (also one task a line), as exported (JSON, JSON-MIN) and as imported.

A task has its text in `data` and results in `annotations` (a person's) or `predictions` (a model's):
`{"type": "labels", "value": {"start", "end" (exclusive), "text", "labels": […]}, "score"}`; `hypertextlabels` and
`taxonomy` (`[["GPE", "Country"]]`) are read too. Of several annotations the ground truth counts, else the latest;
without any, the latest predictions. JSON-MIN has the regions in one key beside `text`.

Releases up to 2021 counted UTF-16 units; a text with characters beyond U+FFFF is read as its regions' own strings fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from ousianer_cli.formats.annotations.annotated import (
    AnnotatedDocument,
    Annotation,
    Utf16,
    detailed,
    details,
    in_text_order,
)
from ousianer_cli.formats.documents.source import text_document
from ousianer_cli.formats.json_lines import Refusal, json_line, objects, offsets_of
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence, doc_name
from ousianer_cli.formats.registry import (
    NO,
    SURE,
    AnnotationOptions,
    AnnotationWriter,
    CorpusReader,
    Format,
    WriteOptions,
)
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.standoff import Span, labelled_sentences

KINDS = ("labels", "hypertextlabels", "taxonomy")
CANCELLED = "annotations that were skipped or cancelled"
OTHERS = "annotations of a task beside the one that counts"
NO_SPANS = "results that are no spans of text (choices, relations, …)"
NO_LABEL = "regions without a label"
NO_RESULT = "tasks that nobody has annotated"
_IDS = ("doc", "id")
_OWN = "ousianer"
"""Where a region's `meta` keeps what Label Studio has no place for."""


def read_annotations(path: Path, options: AnnotationOptions, report: CorpusReport) -> Iterator[AnnotatedDocument]:
    """The texts of the tasks with their regions, in order.

    Raises:
        InputError: a task without text, a region outside its text, with file and line.
    """
    for number, task, refuse in objects(path):
        found = _result(task, report)
        text = _text(task, refuse)
        name = _name(task, path, number)
        if found is None:
            report.drop(NO_RESULT)
        result, by_person = found or ([], False)
        regions = [item for item in result if _is_region(item, report)]
        wide = Utf16(text)
        units = wide.differs and not all(_fits(item, text) for item in regions)
        annotations = (_annotations(item, text, wide if units else None, number, refuse, report) for item in regions)
        document = text_document(text, name, source=str(path))
        yield AnnotatedDocument(document, in_text_order(a for group in annotations for a in group), by_person)


def read_sentences(
    paths: Sequence[str | Path], options: object = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """The sentences of each task, in order; errors as of `read_annotations`."""
    report = report if report is not None else CorpusReport()
    for path in paths:
        for item in read_annotations(Path(path), AnnotationOptions(), report):
            spans = [Span(a.start, a.end, (a.type,), a.line, str(path)) for a in item.annotations]
            yield from labelled_sentences(item.document, spans, report)


def _result(task: Mapping[str, Any], report: CorpusReport) -> tuple[list[Any], bool] | None:
    """The results that count, and whether a person made them; None where there are none."""
    if "data" not in task:
        key = _minimal_key(task)
        return ([{"type": "labels", "value": item} for item in task[key]], True) if key else None
    made = _dicts(task.get("annotations") or task.get("completions"))
    kept = [a for a in made if not a.get("was_cancelled") and not a.get("skipped")]
    if len(kept) < len(made):
        report.drop(CANCELLED, len(made) - len(kept))
    guesses = _dicts(task.get("predictions"))
    for group, by_person in ((kept, True), (guesses, False)):
        if group:
            if by_person and len(group) > 1:
                report.drop(OTHERS, len(group) - 1)
            best = max(enumerate(group), key=lambda pair: (bool(pair[1].get("ground_truth")), _when(pair[1]), pair[0]))
            return list(best[1].get("result") or []), by_person
    return None


def _when(annotation: Mapping[str, Any]) -> str:
    value = annotation.get("updated_at") or annotation.get("created_at") or ""
    return value if isinstance(value, str) else ""


def _dicts(items: Any) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _minimal_key(task: Mapping[str, Any]) -> str:
    """JSON-MIN's key of the regions."""
    for key, value in task.items():
        if (
            isinstance(value, list)
            and value
            and all(isinstance(v, dict) and {"start", "end"} <= v.keys() for v in value)
        ):
            return key
    return ""


def _text(task: Mapping[str, Any], refuse: Refusal) -> str:
    """The text of a task: `text`, or the only string of its data that is no id."""
    data = task.get("data", task)
    if isinstance(data, dict):
        text = data.get("text")
        if isinstance(text, str):
            return text
        strings = {key: value for key, value in data.items() if isinstance(value, str) and key not in _IDS}
        if "data" in task and len(strings) == 1:
            return next(iter(strings.values()))
    raise refuse("a task with its 'text' in 'data'", data)


def _name(task: Mapping[str, Any], path: Path, number: int) -> str:
    data = task.get("data", task)
    given = data.get("doc") if isinstance(data, dict) else None
    if given not in (None, ""):
        return str(given)
    given = task.get("id")
    return f"{doc_name(path)}-{given if given not in (None, '') else number}"


def _is_region(item: Any, report: CorpusReport) -> bool:
    value = item.get("value") if isinstance(item, dict) else None
    if isinstance(value, dict) and "start" in value and "end" in value and item.get("type", "labels") in KINDS:
        return True
    report.drop(NO_SPANS)
    return False


def _place(item: Mapping[str, Any]) -> tuple[Any, Any]:
    """A region's offsets; those of hypertext count in `globalOffsets`."""
    value = item["value"]
    spread = value.get("globalOffsets")
    return (spread.get("start"), spread.get("end")) if isinstance(spread, dict) else (value["start"], value["end"])


def _fits(item: Mapping[str, Any], text: str) -> bool:
    """Whether a region's own string stands at its code points."""
    start, end = _place(item)
    string = item["value"].get("text")
    if not isinstance(string, str) or type(start) is not int or type(end) is not int:
        return True
    return _same(string, text[start:end])


def _same(string: str, there: str) -> bool:
    """Whether a region's string is a text's; some releases write line ends as backslash and n."""
    return there.split() in (string.split(), string.replace("\\n", "\n").split())


def _annotations(
    item: Mapping[str, Any], text: str, wide: Utf16 | None, line: int, refuse: Refusal, report: CorpusReport
) -> Iterator[Annotation]:
    first, last = _place(item)
    if wide is not None and type(first) is int and type(last) is int:
        first, last = wide.point(first), wide.point(last)
    start, end = offsets_of(first, last, text, refuse)
    string = item["value"].get("text")
    if isinstance(string, str) and string.strip() and not _same(string, text[start:end]):
        raise refuse(f"'{text[start:end]}', which stands at {start}-{end}, as the region's 'text'", f"'{string}'")
    labels = _labels(item["value"], refuse)
    if not labels:
        report.drop(NO_LABEL)
    meta = item.get("meta")
    own = meta.get(_OWN) if isinstance(meta, dict) else None
    row = dict(own) if isinstance(own, dict) else {}
    score = item.get("score")
    if isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1:
        row["confidence"] = score
    for label in labels:
        yield detailed(start, end, label, row, refuse, line)


def _labels(value: Mapping[str, Any], refuse: Refusal) -> list[str]:
    for kind in ("labels", "hypertextlabels"):
        if kind in value:
            labels = value[kind]
            if not isinstance(labels, list) or not all(isinstance(label, str) and label for label in labels):
                raise refuse(f"'{kind}' as a list of strings", labels)
            return labels
    paths = value.get("taxonomy", [])
    if not isinstance(paths, list) or not all(
        isinstance(p, list) and all(isinstance(x, str) for x in p) for p in paths
    ):
        raise refuse("'taxonomy' as a list of paths", paths)
    return [_joined(path) for path in paths if path]


def _joined(path: Sequence[str]) -> str:
    """A path of a taxonomy as a dotted type; levels may be written in full (`GPE`, `GPE.Country`)."""
    full = path[-1]
    return full if len(path) > 1 and full.startswith(path[-2] + ".") else ".".join(path)


def write_annotations(documents: Iterable[AnnotatedDocument], out: TextIO, options: WriteOptions) -> None:
    """An array of tasks: annotations where a person marked the names, else predictions with scores.

    They are for a labeling configuration with `<Labels name="label" toName="text">` and
    `<Text name="text" value="$text"/>`.
    """
    out.write("[")
    for number, item in enumerate(documents):
        result = [_region(item, name, place) for place, name in enumerate(item.annotations)]
        shares = [name.confidence for name in item.annotations if name.confidence is not None]
        made: dict[str, Any] = {"result": result}
        if item.by_person:
            work = {"annotations": [made], "predictions": []}
        else:
            version = next((name.run_id for name in item.annotations if name.run_id), options.run_id)
            mean = {"score": sum(shares) / len(shares)} if shares else {}
            work = {"annotations": [], "predictions": [{"model_version": version, **mean, **made}]}
        task = {"id": number + 1, "data": {"text": item.text, "doc": item.document.id}, **work}
        out.write(("," if number else "") + "\n" + json_line(task).rstrip("\n"))
    out.write("\n]\n")


def _region(item: AnnotatedDocument, name: Annotation, number: int) -> dict[str, Any]:
    start, end = item.span(name)
    rest = details(name)
    score = {"score": rest.pop("confidence")} if "confidence" in rest else {}
    return {
        "id": f"r{number + 1}",
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": {"start": start, "end": end, "text": item.text_of(name), "labels": [name.type]},
        **score,
        **({"meta": {_OWN: rest}} if rest else {}),
    }


def _recognise(sample: Sample) -> int:
    for row in sample.records:
        data = row.get("data")
        if isinstance(data, dict) and any(
            isinstance(row.get(k), list) for k in ("annotations", "predictions", "completions")
        ):
            return SURE
        key = _minimal_key(row)
        if "text" in row and key and all("labels" in item for item in row[key]):
            return SURE
    return NO


FORMATS = (
    Format(
        "labelstudio",
        "Label Studio's tasks",
        _recognise,
        corpus=CorpusReader(read_sentences),
        annotations=read_annotations,
        writer=AnnotationWriter(write_annotations),
    ),
)
