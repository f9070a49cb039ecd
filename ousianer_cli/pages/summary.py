"""The head of a report: figures, and plots as inline SVG."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from ousianer_cli.pages.judgement import Judged, Verdict
from ousianer_cli.pages.palette import class_of

BINS = 20
_MOST_TYPES = 200


class Counts:
    """What is counted of the names of a page; `tops` and `types` are of the run, and of gold where there is one."""

    def __init__(self, has_gold: bool) -> None:
        self.has_gold = has_gold
        self.tops: Counter[str] = Counter()
        self.run_tops: Counter[str] = Counter()
        self.types: dict[str, Counter[str]] = {}
        self.verdicts: Counter[Verdict] = Counter()
        self.bins = [Counter[bool]() for _ in range(BINS)]
        """By confidence: how many names of the run are right (without gold: all of them) and not."""
        self.without_confidence = 0

    def add(self, judged: Judged, kind: str) -> None:
        """Count a name; `kind` is its type as the taxonomy spells it."""
        top = judged.name.top
        self.tops[top] += 1
        row = self.types.setdefault(kind, Counter())
        row["gold" if judged.of_gold else "run"] += 1
        if judged.of_gold:
            self.verdicts[judged.verdict] += judged.verdict is Verdict.MISSED
            row["found"] += judged.verdict is Verdict.RIGHT
            return
        self.run_tops[top] += 1
        self.verdicts[judged.verdict] += 1
        row["right"] += judged.verdict is Verdict.RIGHT
        if judged.name.confidence is None:
            self.without_confidence += 1
        else:
            place = min(int(judged.name.confidence * BINS), BINS - 1)
            self.bins[place][judged.verdict in (Verdict.NONE, Verdict.RIGHT)] += 1

    def figures(self) -> dict[str, tuple[float, float, float]]:
        """Precision, recall and F1 of spans and of spans with types."""
        run = sum(row["run"] for row in self.types.values())
        gold = sum(row["gold"] for row in self.types.values())
        right = self.verdicts[Verdict.RIGHT]
        spans = right + self.verdicts[Verdict.TYPE]
        return {"span and type": _prf(right, run, gold), "span alone": _prf(spans, run, gold)}


def _prf(right: int, run: int, gold: int) -> tuple[float, float, float]:
    precision, recall = right / run if run else 0.0, right / gold if gold else 0.0
    return precision, recall, 2 * right / (run + gold) if run + gold else 0.0


def summary(counts: Counts, title: str, gold: str, documents: int) -> str:
    """The summary as HTML; everything from files is escaped."""
    names = sum(counts.run_tops.values())
    facts = [(f"{documents:,}", "documents"), (f"{names:,}", "names"), (f"{len(counts.types):,}", "types")]
    if gold:
        for name, (precision, recall, f1) in counts.figures().items():
            facts.append((f"{f1:.3f}", f"F1, {name} (P {precision:.3f}, R {recall:.3f})"))
    shown = "".join(f"<div><b>{value}</b><span>{escape(what)}</span></div>" for value, what in facts)
    against = f'<p class="against">against {escape(gold)}</p>' if gold else ""
    plots = _figure("Names by top type", _bars(counts.run_tops.most_common()))
    if names > counts.without_confidence:
        heading = "Confidence" + (", right names in front" if gold else "")
        plots += _figure(heading, _histogram(counts))
    if gold:
        plots += _figure("Agreement", _verdicts(counts))
    return (
        f'<h1>{escape(title)}</h1>{against}<div class="facts">{shown}</div><div class="plots">{plots}</div>'
        f"{_table(counts)}"
    )


def _figure(heading: str, svg: str) -> str:
    return f"<figure><figcaption>{escape(heading)}</figcaption>{svg}</figure>"


def _bars(rows: Sequence[tuple[str, int]]) -> str:
    most = max((count for _, count in rows), default=1)
    lines = []
    for number, (top, count) in enumerate(rows):
        y, width = number * 22, 190 * count / most
        lines.append(
            f'<g class="{class_of(top)}" data-top="{escape(top)}"><text x="62" y="{y + 15}" text-anchor="end">'
            f'{escape(top[:8])}</text><rect class="bar" x="70" y="{y + 3}" width="{width:.1f}" height="15" rx="2"/>'
            f'<text class="number" x="{76 + width:.1f}" y="{y + 15}">{count:,}</text></g>'
        )
    label = "; ".join(f"{top} {count}" for top, count in rows)
    return _svg(320, max(22 * len(rows), 22), "".join(lines), f"Names by top type: {label}")


def _histogram(counts: Counts) -> str:
    most = max((sum(found.values()) for found in counts.bins), default=1) or 1
    lines = []
    for number, found in enumerate(counts.bins):
        total, right = sum(found.values()), found[True]
        low, high = number / BINS, (number + 1) / BINS
        about = f"{low:.2f} to {high:.2f}: {total:,} names" + (f", {right:,} right" if counts.has_gold else "")
        x = 8 + number * 15
        bars = [("all" if counts.has_gold else "bar", total)] + ([("bar", right)] if counts.has_gold else [])
        rects = "".join(
            f'<rect class="{kind}" x="{x}" y="{120 - 110 * n / most:.1f}" width="13" height="{110 * n / most:.1f}"/>'
            for kind, n in bars
        )
        lines.append(f"<g><title>{about}</title>{rects}</g>")
    axis = '<line class="axis" x1="6" y1="120.5" x2="310" y2="120.5"/>' + "".join(
        f'<text x="{8 + 300 * share}" y="136" text-anchor="middle">{share:g}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    return _svg(320, 142, "".join(lines) + axis, "Names by confidence, from 0 to 1")


_SHOWN = (
    (Verdict.RIGHT, "right"),
    (Verdict.TYPE, "other type"),
    (Verdict.BOUNDARY, "other boundaries"),
    (Verdict.SPURIOUS, "spurious"),
    (Verdict.OUTSIDE, "outside the taxonomy"),
    (Verdict.MISSED, "missed"),
)


def _verdicts(counts: Counts) -> str:
    rows = [(verdict, words, counts.verdicts[verdict]) for verdict, words in _SHOWN if counts.verdicts[verdict]]
    most = max((count for *_, count in rows), default=1)
    lines = []
    for number, (verdict, words, count) in enumerate(rows):
        y, width = number * 22, 120 * count / most
        lines.append(
            f'<g class="v-{verdict.name.lower()}" data-verdict="{verdict.name.lower()}">'
            f'<text x="132" y="{y + 15}" text-anchor="end">{words}</text>'
            f'<rect class="bar" x="140" y="{y + 3}" width="{width:.1f}" height="15" rx="2"/>'
            f'<text class="number" x="{146 + width:.1f}" y="{y + 15}">{count:,}</text></g>'
        )
    label = "; ".join(f"{words} {count}" for _, words, count in rows)
    return _svg(320, 22 * max(len(rows), 1), "".join(lines), f"Agreement with gold: {label}")


def _svg(width: int, height: int, content: str, label: str) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">{content}</svg>'


def _table(counts: Counts) -> str:
    """All types with their counts, folded away."""
    rows = sorted(counts.types.items(), key=lambda item: (-item[1]["run"] - item[1]["gold"], item[0]))
    heads = ["type", "run", *(("gold", "right", "precision", "recall") if counts.has_gold else ("share",))]
    total = sum(row["run"] for _, row in rows) or 1
    lines = []
    for kind, row in rows[:_MOST_TYPES]:
        if counts.has_gold:
            precision = f"{row['right'] / row['run']:.2f}" if row["run"] else "–"
            recall = f"{row['found'] / row['gold']:.2f}" if row["gold"] else "–"
            cells = [f"{row['run']:,}", f"{row['gold']:,}", f"{row['right']:,}", precision, recall]
        else:
            cells = [f"{row['run']:,}", f"{row['run'] / total:.1%}"]
        top = kind.split("|")[0].partition(".")[0].upper()
        first = f'<td><button class="{class_of(top)}" data-type="{escape(kind)}">{escape(kind)}</button></td>'
        lines.append(f"<tr>{first}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    more = f"<p>and {len(rows) - _MOST_TYPES:,} rarer types</p>" if len(rows) > _MOST_TYPES else ""
    head = "".join(f"<th>{name}</th>" for name in heads)
    return (
        f'<details class="types"><summary>{len(rows):,} types</summary><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>{more}</details>"
    )
