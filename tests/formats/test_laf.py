"""LAF: names from files, folders and archives; what is refused and where."""

import gzip
import zipfile
from collections import Counter

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.kinds.laf import iter_laf, read_laf
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.standoff import SourceOptions, text_problems

NAME = '<ANNOTATION id="{id}" task="{task}" {type}>{extent}{tag}</ANNOTATION>\n'


def annotation(id="a1", task="NE", type='type="PER"', start="0", end="2", text="Ada", tag=""):
    return NAME.format(
        id=id, task=task, type=type, tag=tag, extent=f'<EXTENT start_char="{start}" end_char="{end}">{text}</EXTENT>'
    )


def laf(*annotations, doc="D.ltf.xml", dtd=""):
    body = "".join(annotations)
    head = f'<?xml version="1.0"?>\n{dtd}<LCTL_ANNOTATIONS lang="eng">\n<DOC id="{doc}" lang="eng">\n'
    return f"{head}{body}</DOC>\n</LCTL_ANNOTATIONS>\n"


def write(path, content):
    path.write_text(content, encoding="utf-8")
    return path


def test_type_from_attribute_or_tag_lower_case(tmp_path):
    names = [
        annotation(),
        annotation("a2", type="", start="4", end="5", text="Bo\nB", tag="<TAG>ORG</TAG>"),
        annotation("a3", type='type="X"', tag="<TAG>LOC</TAG>", text="<![CDATA[C&D]]>"),
    ]
    rows = list(
        iter_laf(write(tmp_path / "x.laf.xml", laf(*names, doc="D", dtd='<!DOCTYPE L SYSTEM "laf.v1.2.dtd">\n')))
    )
    assert [(r.doc, r.start, r.end, r.type, r.text) for r in rows] == [
        ("D", 0, 2, "per", "Ada"), ("D", 4, 5, "org", "Bo B"), ("D", 0, 2, "loc", "C&D"),
    ]  # fmt: skip
    assert {r.mention_type for r in rows} == {"NAM"}
    assert len({r.kb_id for r in rows}) == 3 and all(r.is_nil for r in rows)
    assert rows[0].line == 5


def test_other_tasks_are_counted(tmp_path):
    skipped = Counter()
    path = write(tmp_path / "x.laf.xml", laf(annotation(), annotation(task="SF"), annotation(task="SF")))
    assert len(list(iter_laf(path, skipped))) == 1
    assert skipped == {"annotations of task SF": 2}


def test_folder_gzip_and_archive(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write(tmp_path / "in" / "b.laf.xml", laf(annotation(), doc="B"))
    (tmp_path / "in" / "deep" / "a.laf.xml.gz").write_bytes(gzip.compress(laf(annotation(), doc="A").encode()))
    write(tmp_path / "in" / "notes.xml", "<x/>")
    assert [r.doc for r in iter_laf(tmp_path / "in")] == ["B", "A"]
    with zipfile.ZipFile(tmp_path / "x.laf.zip", "w") as archive:
        archive.writestr("data/c.laf.xml", laf(annotation(), doc="C"))
    assert [r.doc for r in iter_laf(tmp_path / "x.laf.zip")] == ["C"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (laf(annotation(start="x")), r":4: expected numbers as start_char and end_char, found 'x'"),
        (laf(annotation(start="5")), r":4: expected an inclusive end"),
        (laf(annotation(type="")), r":4: expected a type"),
        (laf('<ANNOTATION id="a" task="NE" type="PER"/>'), r":4: expected an EXTENT"),
        (laf(annotation(), doc=""), r":3: expected a DOC with an id"),
        ("<LCTL_TEXT><DOC id='D'/></LCTL_TEXT>", r":1: expected LAF .* found <LCTL_TEXT>"),
        ("<LCTL_ANNOTATIONS>\n<DOC id='D'>", r":2: expected well-formed LAF"),
    ],
)
def test_faults_name_file_and_line(tmp_path, content, words):
    with pytest.raises(InputError, match=r"x\.laf\.xml" + words):
        list(iter_laf(write(tmp_path / "x.laf.xml", content)))


def test_nothing_to_read(tmp_path):
    with pytest.raises(InputError, match="no readable file"):
        list(iter_laf(tmp_path / "none.laf.xml"))
    with pytest.raises(InputError, match="none in the folder"):
        list(iter_laf(tmp_path))
    (tmp_path / "bad.zip").write_bytes(b"no archive")
    with pytest.raises(InputError, match="no readable file"):
        list(iter_laf(tmp_path / "bad.zip"))


def test_no_entities_are_expanded(tmp_path):
    secret = write(tmp_path / "secret", "s3cret")
    dtd = f'<!DOCTYPE L [<!ENTITY e SYSTEM "file://{secret}">]>\n'
    rows = list(iter_laf(write(tmp_path / "x.laf.xml", laf(annotation(text="&e;"), dtd=dtd))))
    assert "s3cret" not in rows[0].text


def test_text_problems(tmp_path):
    names = [annotation(), annotation("b", start="4", end="5"), annotation("c", start="9", end="99")]
    rows = list(iter_laf(write(tmp_path / "x.laf.xml", laf(*names, doc="D"))))
    found = text_problems(rows, [Document("D", "Ada met Bo.", ())])
    assert [(row.mention_id, what[:12]) for row, what in found] == [("b", "the text at "), ("c", "ends at 99, ")]
    assert len(text_problems(rows, [])) == 3


def test_sentences_over_ltf(tmp_path):
    (tmp_path / "ltf").mkdir()
    (tmp_path / "laf").mkdir()
    for doc, text in (("D", "Ada met Bo. He left."), ("E", "Nobody came."), ("F", "Cy came.")):
        (tmp_path / "ltf" / f"{doc}.ltf.xml").write_bytes(build_ltf(doc, text))
    names = [annotation(), annotation("b", start="8", end="9", text="Bo"), annotation("c", task="SF")]
    write(tmp_path / "laf" / "d.laf.xml", laf(*names, doc="D"))
    write(tmp_path / "laf" / "e.laf.xml", laf(doc="E"))
    assert detect_format(tmp_path / "laf") == detect_format(tmp_path / "laf" / "d.laf.xml") == "laf"
    report = CorpusReport()
    sentences = list(read_labelled(tmp_path / "laf", source=[tmp_path / "ltf"], report=report))
    assert [s.tokens for s in sentences] == [
        ("Ada", "met", "Bo", "."), ("He", "left", "."), ("Nobody", "came", "."),
    ]  # fmt: skip
    assert [(m.start, m.end, m.labels, m.line) for m in sentences[0].mentions] == [
        (0, 1, ("PER",), 4),
        (2, 3, ("PER",), 5),
    ]
    assert {s.supervises for s in sentences} == {None}
    assert report.dropped == {"annotations of task SF": 1, "documents without annotation": 1}


def test_names_at_odds_with_the_text(tmp_path):
    (tmp_path / "D.ltf.xml").write_bytes(build_ltf("D", "Ada met Bo."))
    path = write(tmp_path / "x.laf.xml", laf(annotation(text="Eve"), doc="D"))
    with pytest.raises(InputError, match=r"x\.laf\.xml:4: .*'Ada', not 'Eve'"):
        list(read_laf([path], SourceOptions([str(tmp_path / "D.ltf.xml")])))
