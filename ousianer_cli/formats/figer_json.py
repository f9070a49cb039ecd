"""FIGER-style JSON lines, as 1k-WFB-g uses them: a mention carries several label paths (`/person`, `/person/actor`).

One line is `{"tokens": […], "mentions": [{"start", "end" (exclusive), "labels": […]}], "fileid": …}`; other keys are
ignored. Mentions may lie inside others or cross them: the outermost stay (of crossing ones the longer), the rest are
counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import row_with_tokens
from ousianer_cli.formats.labelled import LabelledMention, LabelledSentence, ReadReport, doc_name, numbered_lines


def read_figer_json(path: str | Path, *, report: ReadReport | None = None) -> Iterator[LabelledSentence]:
    """Read FIGER-style JSON lines.

    Raises:
        InputError: a line that is not such an object, or a mention outside its tokens; with file and line.
    """
    path = Path(path)
    report = report if report is not None else ReadReport()
    name = doc_name(path)
    for number, line in numbered_lines(path):
        if line.strip():
            yield _parse(line, path, number, name, report)


def _parse(line: str, path: Path, number: int, name: str, report: ReadReport) -> LabelledSentence:
    def bad(expected: str, found: object) -> InputError:
        remedy = "correct the line, or name another --format"
        return InputError(expected, str(found)[:80], path=path, line=number, remedy=remedy)

    row, tokens = row_with_tokens(line, bad)
    found = row.get("mentions", [])
    if not isinstance(found, list):
        raise bad("'mentions' as a list", found)
    spans: dict[tuple[int, int], list[str]] = {}
    for item in found:
        if not isinstance(item, dict):
            raise bad("a mention with 'start', 'end' and 'labels'", item)
        start, end, labels = item.get("start"), item.get("end"), item.get("labels")
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(tokens):
            raise bad(f"a mention's 0 <= start < end <= {len(tokens)} (end exclusive)", f"start {start}, end {end}")
        if not isinstance(labels, list) or not labels or not all(isinstance(x, str) and x for x in labels):
            raise bad("a mention's 'labels' as a list of non-empty strings", labels)
        spans.setdefault((start, end), []).extend(labels)
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if all(end <= a or start >= b for a, b in kept):
            kept.append((start, end))
        else:
            report.drop("mentions inside or across a longer one")
    mentions = tuple(LabelledMention(a, b, tuple(dict.fromkeys(spans[a, b])), number) for a, b in sorted(kept))
    doc = row.get("fileid")
    return LabelledSentence(tuple(tokens), mentions, str(doc) if doc not in (None, "") else name, number)
