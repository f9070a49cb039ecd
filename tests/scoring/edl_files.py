"""EDL tabs of a few rows, for the tests of this room."""

from taxonomies import aida_edl

from ousianer_cli.scoring.scores import score_files


def tab(path, *rows):
    """Rows are (doc, start, type[, mention type])."""
    path.parent.mkdir(exist_ok=True)
    lines = []
    for number, (doc, start, label, *form) in enumerate(rows):
        lines.append(f"r\tm{number}\tx\t{doc}:{start}-{start}\tNIL1\t{label}\t{(*form, 'NAM')[0]}\t0.5\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


def warnings_of(tmp_path, gold, run):
    report = score_files(tab(tmp_path / "gold.tab", *gold), [tab(tmp_path / "run.tab", *run)], aida_edl())
    return report.warnings, report.runs[0].warnings
