"""A small report in each output format, to the letter."""

import json

import pytest

from ousianer_cli.scoring.measures import SPAN, STRICT, Prf
from ousianer_cli.scoring.render import csv_text, next_step, rendered, text
from ousianer_cli.scoring.report import Report, RunScore
from ousianer_cli.scoring.resampling import Interval
from ousianer_cli.scoring.tables import Section, Sheet

SPAN_PRF, STRICT_PRF = Prf(3, 4, 3, 6), Prf(1, 4, 1, 6)
BOUNDS = (Interval(0.5, 1.0), Interval(0.25, 0.75), Interval(0.3, 0.8))
DETAIL = Sheet("by type_x", ("type", "gold"), [Section("top & low"), ("per|gpe", "6")], notes=("50% seen",))


def report(runs=1, intervals=False):
    made = tuple(
        RunScore(
            f"run{n}",
            f"run{n}.tab",
            6,
            4,
            3,
            {"span": SPAN_PRF, "strict": STRICT_PRF},
            intervals={"span": BOUNDS} if intervals else {},
        )
        for n in range(runs)
    )
    return Report("g.tab", "aida-edl", 0.5, (SPAN, STRICT), made, documents=("D",), resamples=10 * intervals)


def test_markdown():
    assert rendered(report(), [DETAIL], "markdown").splitlines() == [
        "**gold g.tab: taxonomy aida-edl, decay 0.5**",
        "",
        "| run0 | Prec. | Rec. | F1 |",
        "| --- | ---: | ---: | ---: |",
        f"| {SPAN.heading} | 0.750 | 0.500 | 0.600 |",
        f"| {STRICT.heading} | 0.250 | 0.167 | 0.200 |",
        "",
        r"**by type\_x**",
        "",
        "| type | gold |",
        "| --- | ---: |",
        "| **top & low** |  |",
        r"| per\|gpe | 6 |",
        "",
        "50% seen",
    ]


def test_latex():
    assert rendered(report(), [DETAIL], "latex").splitlines() == [
        r"% \usepackage{booktabs}",
        "",
        r"\begin{table}",
        r"\centering",
        r"\caption{gold g.tab: taxonomy aida-edl, decay 0.5}",
        r"\begin{tabular}{lrrr}",
        r"\toprule",
        r"run0 & Prec. & Rec. & F1 \\",
        r"\midrule",
        rf"{SPAN.heading} & 0.750 & 0.500 & 0.600 \\",
        rf"{STRICT.heading} & 0.250 & 0.167 & 0.200 \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
        "",
        r"\begin{table}",
        r"\centering",
        r"\caption{by type\_x}",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"type & gold \\",
        r"\midrule",
        r"\multicolumn{2}{l}{\emph{top \& low}} \\",
        r"per\textbar{}gpe & 6 \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\par\footnotesize 50\% seen",
        r"\end{table}",
    ]


def test_csv_is_unrounded_with_bounds_where_there_are_any():
    assert csv_text(report(intervals=True), [DETAIL]).splitlines() == [
        "run,measure,precision,recall,f1,precision_low,precision_high,recall_low,recall_high,f1_low,f1_high",
        "run0,span,0.75,0.5,0.6,0.5,1.0,0.25,0.75,0.3,0.8",
        "run0,strict,0.25,0.16666666666666666,0.2,,,,,,",
        "",
        "# by type_x",
        "type,gold",
        "# top & low",
        "per|gpe,6",
    ]


def test_json_holds_the_figures():
    content = json.loads(rendered(report(), [DETAIL], "json"))
    assert content["gold"] == "g.tab" and content["runs"][0]["name"] == "run0"
    assert content["runs"][0]["measures"]["span"] == {"precision": 0.75, "recall": 0.5, "f1": 0.6, "tp": 3}


@pytest.mark.parametrize("width", [30, 100])
def test_text_has_each_row_in_its_line_and_indents_below_a_section(width):
    lines = [line for line in text([DETAIL], width).splitlines() if line.strip(" ─")]
    assert [line.split() for line in lines] == [
        ["by", "type_x"],
        ["type", "gold"],
        ["top", "&", "low"],
        ["per|gpe", "6"],
        ["50%", "seen"],
    ]
    assert lines[3].index("per|gpe") == lines[2].index("top") + 2
    assert lines[3].index("6") == lines[1].index("gold") + 3, "figures stand at the right"


def test_what_to_look_at_next():
    assert next_step(report()).startswith("--errors") and next_step(report(2)).startswith("--compare")
