"""Reports as plain data: documents, genres, JSON."""

import json

from edl_files import tab
from taxonomies import aida_edl

from ousianer_cli.scoring.scores import ScoreOptions, score_files


def test_figures_by_document_and_genre_add_up(tmp_path):
    rows = [(f"D_{('NW', 'DF')[n % 2]}_{n % 6}", n * 2, "per") for n in range(40)]
    gold, run = tab(tmp_path / "gold.tab", *rows), tab(tmp_path / "run.tab", *rows[:30], ("D_NW_9", 1, "org"))
    report = score_files(gold, [run], aida_edl(), options=ScoreOptions(genres=""))
    (scored,) = report.runs
    documents = report.by_document(scored, "strict")
    genres = report.by_genre(scored, "strict")
    assert sum(prf.gold_tp for _, prf in documents) == sum(prf.gold_tp for _, _, prf in genres) == 30
    assert [(name, count) for name, count, _ in genres] == [("DF", 3), ("NW", 4)]
    assert dict(documents)["D_NW_9"].f1 == 0.0


def test_json_holds_every_reading_of_every_run(tmp_path):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "per"))
    types = {"a": "per.politician", "b": "per"}
    runs = [tab(tmp_path / name / "run.tab", ("D", 0, label)) for name, label in types.items()]
    report = score_files(gold, runs, aida_edl(), open_gold=True, types=True, decay=0.25)
    content = json.loads(json.dumps(report.to_json()))
    assert [run["name"] for run in content["runs"]] == [str(path) for path in runs]
    first = content["runs"][0]
    assert set(first["measures"]) == set(content["readings"])
    assert first["measures"]["descendant"] == {"precision": 0.25, "recall": 0.25, "f1": 0.25, "tp": 0.25}
    assert first["measures"]["ancestor"]["f1"] == 0.0
    assert first["measures"]["open"]["f1"] == 1.0
    assert first["by_type"]["per"]["gold"] == 1
    assert (content["taxonomy"], content["decay"]) == ("aida-edl", 0.25)
