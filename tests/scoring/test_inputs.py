"""What is read as what, and what the filters leave."""

import pytest
from taxonomies import aida_edl

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.scoring.inputs import Filters, check_source, detect, read_mentions
from ousianer_cli.scoring.matching import Vocabulary
from ousianer_cli.scoring.scores import ScoreOptions, score_files
from ousianer_cli.scoring.selection import genre_rule
from ousianer_cli.scoring.validation import validate_run

EDL = "r\tm{n}\tx\tD:{n}-{n}\tNIL1\t{label}\t{form}\t0.5\n"
LAF = """<LCTL_ANNOTATIONS><DOC id="D"><ANNOTATION id="a" task="NE" type="PER">
<EXTENT start_char="0" end_char="0">A</EXTENT>
</ANNOTATION></DOC></LCTL_ANNOTATIONS>"""
AIDA = "argmention_id\tchild_uid\ttextoffset_startchar\ttextoffset_endchar\ttype\nm1\tD\t0\t0\tper\n"
RUN = (
    '{"id": "D", "text": "Ada", "mentions": '
    '[{"start": 0, "end": 1, "type": "PER", "yago": [{"type": "person", "probability": 0.9}]}]}\n'
)
COMBINED = "D\t0\t0\tNIL1\t0.5\tper/NAM\n"


@pytest.fixture
def files(tmp_path):
    content = {
        "a.tab": EDL.format(n=0, label="per", form="NAM"),
        "b.combined": COMBINED,
        "c.laf.xml": LAF,
        "d_arg_mentions.tab": AIDA,
        "e.jsonl": RUN,
    }
    for name, text in content.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_formats_are_told_apart_and_give_the_same_mentions(files):
    kinds = {path.name: detect(path) for path in files.iterdir()}
    assert list(map(kinds.get, sorted(kinds))) == ["edl", "combined", "laf", "aida", "run"]
    for gold in files.iterdir():
        for run in files.iterdir():
            (scored,) = score_files(gold, [run], aida_edl()).runs
            assert scored.measures["strict"].f1 == 1.0, (gold, run)
    assert detect(files) == "laf"
    with pytest.raises(SettingsError, match="--input-format"):
        read_mentions(files / "a.tab", Vocabulary(), "conll")


def test_a_file_of_names_that_is_no_run_is_told_by_its_format(tmp_path):
    path = tmp_path / "run.conll"
    path.write_text("-DOCSTART- D - O\n\nLima 0 - B-gpe\n", encoding="utf-8")
    for refused in (lambda: read_mentions(path, Vocabulary()), lambda: validate_run(path, aida_edl())):
        with pytest.raises(
            InputError, match=r"expected (a run or gold|an EDL tab), found .*\(conll\); ousianer convert "
        ):
            refused()


def tab(path, *rows):
    lines = [
        f"r\tm{n}\tx\t{doc}:{start}-{end}\tNIL1\tper\t{form}\t0.5\n" for n, (doc, start, end, form) in enumerate(rows)
    ]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def kept(tmp_path, gold, run, **filters):
    options = ScoreOptions(filters=Filters(**filters))
    report = score_files(
        tab(tmp_path / "gold.tab", *gold), [tab(tmp_path / "run.tab", *run)], aida_edl(), options=options
    )
    return report, report.runs[0]


def test_regions_take_out_what_begins_or_ends_inside(tmp_path):
    regions = tmp_path / "x.tab"
    regions.write_text("D\t10\t19\tquote\nD\t15\t30\nE\t0\t5\n", encoding="utf-8")
    rows = [("D", *span, "NAM") for span in ((0, 9), (5, 10), (12, 14), (30, 40), (31, 40), (5, 50))]
    rows += [("E", 5, 6, "NAM"), ("E", 6, 6, "NAM"), ("F", 0, 5, "NAM")]
    report, run = kept(tmp_path, rows, rows, excluded=str(regions))
    # A mention around a whole region stays: neither of its ends is inside.
    assert (run.gold_mentions, run.system_mentions) == (5, 5)
    assert "4 rows begin or end in an excluded region, first in line 2; left out" in " ".join(report.warnings)


@pytest.mark.parametrize(
    ("text", "words"),
    [("D\t1", "docid, start and end"), ("D\tx\t2", "two offsets"), ("D\t9\t2", "inclusive end")],
)
def test_faulty_regions(tmp_path, text, words):
    (tmp_path / "x.tab").write_text(f"D\t1\t2\n{text}\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"x\.tab:2: expected .*{words}"):
        kept(tmp_path, [("D", 0, 0, "NAM")], [], excluded=str(tmp_path / "x.tab"))


def test_document_list(tmp_path):
    (tmp_path / "docs.txt").write_text("D\nG\n", encoding="utf-8")
    rows = [("D", 0, 0, "NAM"), ("E", 0, 0, "NAM")]
    report, run = kept(tmp_path, rows, [*rows, ("F", 0, 0, "NAM")], docs=str(tmp_path / "docs.txt"))
    assert (run.gold_mentions, run.system_mentions) == (1, 1)
    assert report.documents == ("D", "G")
    assert "1 rows in documents that --docs does not list" in " ".join(report.warnings)
    (tmp_path / "none.txt").write_text("\n", encoding="utf-8")
    with pytest.raises(InputError, match="check --docs"):
        kept(tmp_path, rows, rows, docs=str(tmp_path / "none.txt"))


def test_mention_types(tmp_path):
    rows = [("D", 0, 0, "NAM"), ("D", 2, 2, "NOM")]
    assert kept(tmp_path, rows, rows, mention_types=("NOM",))[1].gold_mentions == 1
    assert kept(tmp_path, rows, rows, mention_types=("NAM", "NOM"))[1].gold_mentions == 2


def test_offset_shift_moves_gold(tmp_path):
    report, run = kept(tmp_path, [("D", 0, 3, "NAM")], [("D", 39, 42, "NAM")], offset_shift=39)
    assert run.measures["span"].f1 == 1.0
    assert "39 was added to all offsets" in report.warnings[0]
    with pytest.raises(SettingsError, match=r"--offset-shift -1: makes offsets of .*gold\.tab:1 negative"):
        kept(tmp_path, [("D", 0, 3, "NAM")], [], offset_shift=-1)


def test_genres(tmp_path):
    assert [genre_rule("")(doc) for doc in ("ENG_NW_01", "bolt-eng-DF-2", "ex_wb_flood", "x")] == [
        "NW",
        "DF",
        "WB",
        "other",
    ]
    rule = genre_rule("ENG=news,ENG_DF=forum")
    assert [rule(doc) for doc in ("ENG_NW_1", "ENG_DF_1", "FR")] == ["news", "forum", "other"]
    (tmp_path / "g.tsv").write_text("a\tnews\nb\tforum\n", encoding="utf-8")
    rule = genre_rule(str(tmp_path / "g.tsv"))
    assert [rule(doc) for doc in "abc"] == ["news", "forum", "other"]
    with pytest.raises(SettingsError, match="--genres"):
        genre_rule("a=news,b")
    with pytest.raises(InputError):
        genre_rule(str(tmp_path / "absent.tsv"))


def test_gold_is_checked_against_its_source(tmp_path):
    text = "Ada met Bo."
    (tmp_path / "D.rsd.txt").write_text(text, encoding="utf-8")
    laf = (
        '<LCTL_ANNOTATIONS><DOC id="D">'
        '<ANNOTATION id="a" task="NE" type="PER"><EXTENT start_char="0" end_char="2">Ada</EXTENT></ANNOTATION>\n'
        '<ANNOTATION id="b" task="NE" type="PER"><EXTENT start_char="8" end_char="{end}">Bo</EXTENT></ANNOTATION>'
        "</DOC></LCTL_ANNOTATIONS>"
    )
    gold = tmp_path / "gold.laf.xml"
    gold.write_text(laf.format(end=9), encoding="utf-8")
    assert check_source(gold, tmp_path / "D.rsd.txt") == []
    gold.write_text(laf.format(end=10), encoding="utf-8")
    (found,) = check_source(gold, tmp_path / "D.rsd.txt")
    assert "1 mentions do not fit" in found and "line 2: the text at 8-10 is 'Bo.', not 'Bo'" in found
