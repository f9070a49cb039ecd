"""AIDA tabs: mentions by the names of columns; what is refused and where."""

from collections import Counter

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpora import detect_format, read_labelled
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.kinds.aida_tab import NO_OFFSETS, TabOptions, iter_aida, read_aida
from ousianer_cli.formats.labelled import CorpusReport

HEADER = (
    "argmention_id\ttree_id\troot_uid\tchild_uid\ttextoffset_startchar\ttextoffset_endchar\ttext_string\tlevel\t"
    "type\tsubtype\tsubsubtype"
)
ROW = "m1\tT\tR\tD\t5\t16\tAda  Lovelace\tnam\tper\tprofessionalposition\tscientist"


def write(tmp_path, *lines):
    path = tmp_path / "x_arg_mentions.tab"
    path.write_bytes(b"".join(line if isinstance(line, bytes) else (line + "\n").encode() for line in lines))
    return path


def test_levels_offsets_and_strings(tmp_path):
    path = write(
        tmp_path,
        HEADER,
        ROW,
        ROW.replace("scientist", "unspecified").replace("nam", "nom"),
        ROW.replace("professionalposition\tscientist", "unspecified\tunspecified").replace("nam", "EMPTY_NA"),
        ROW.replace("per\t", "GPE\t").replace("professionalposition", "UrbanArea").replace("scientist", "City"),
    )
    rows = list(iter_aida(path))
    assert [(r.type, r.mention_type) for r in rows] == [
        ("per.professionalposition.scientist", "NAM"),
        ("per.professionalposition", "NOM"),
        ("per", "NAM"),
        ("gpe.urbanarea.city", "NAM"),
    ]
    first = rows[0]
    assert (first.doc, first.start, first.end, first.text, first.line) == ("D", 5, 16, "Ada Lovelace", 2)
    assert first.is_nil


def test_mentions_without_offsets_are_counted(tmp_path):
    skipped = Counter()
    path = write(tmp_path, HEADER, ROW.replace("5\t16", "EMPTY_NA\tEMPTY_NA"), ROW)
    assert len(list(iter_aida(path, skipped))) == 1
    assert skipped == {NO_OFFSETS: 1}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (ROW.rsplit("\t", 1)[0], "11 tab-separated columns, as in the header, found 10"),
        (ROW.replace("5\t16", "five\t16"), "numbers as text offsets"),
        (ROW.replace("5\t16", "EMPTY_NA\t16"), "numbers as text offsets"),
        (ROW.replace("5\t16", "16\t5"), "not before the start"),
        (ROW.replace("per\t", "unspecified\t"), "none missing above another"),
        (ROW.replace("\tD\t", "\tEMPTY_NA\t"), "a document in child_uid"),
        (ROW + "\r", "line end"),
        ("\ufeff" + ROW, "byte order mark"),
        (ROW.replace("Ada", "A\0da"), "NUL"),
        (ROW.replace("Ada", "Ad\u00e9").encode("latin-1") + b"\n", "UTF-8"),
    ],
)
def test_faults_name_file_and_line(tmp_path, broken, words):
    with pytest.raises(InputError, match=rf"x_arg_mentions\.tab:2: .*{words}"):
        list(iter_aida(write(tmp_path, HEADER, broken)))


def test_header(tmp_path):
    with pytest.raises(InputError, match=r":1: .*none called child_uid"):
        list(iter_aida(write(tmp_path, HEADER.replace("child_uid", "other"), ROW)))
    with pytest.raises(InputError, match=r":1: .*a header line"):
        list(iter_aida(write(tmp_path)))
    with pytest.raises(InputError, match="no readable file"):
        list(iter_aida(tmp_path / "none"))


ENTITIES = (
    "tree_id\tentitymention_id\tentity_id\tprovenance\ttextoffset_startchar\ttextoffset_endchar\ttext_string\t"
    "justification\ttype\tlevel\tkb_id"
)


def test_tabs_of_entity_mentions(tmp_path):
    row = "T\tm1\te1\tD\t5\t16\tAda Lovelace\tEMPTY_TBD\tPER\tNAM\tNIL"
    (found,) = iter_aida(write(tmp_path, ENTITIES, row))
    assert (found.mention_id, found.doc, found.type, found.mention_type) == ("m1", "D", "per", "NAM")


def test_tabs_of_events_are_refused(tmp_path):
    header = HEADER.replace("argmention_id", "eventmention_id")
    with pytest.raises(InputError, match=r":1: expected a tab of arguments or entities.*'eventmention_id"):
        list(iter_aida(write(tmp_path, header, ROW)))


TEXT = "Ada Lovelace met the miller. She left Oslo."


def mention(number, string, level, types="per\tunspecified\tunspecified", doc="D"):
    start = TEXT.index(string)
    return f"m{number}\tT\tR\t{doc}\t{start}\t{start + len(string) - 1}\t{string}\t{level}\t{types}"


def corpus(tmp_path):
    (tmp_path / "ltf").mkdir()
    (tmp_path / "ltf" / "D.ltf.xml").write_bytes(build_ltf("D", TEXT))
    write(
        tmp_path,
        HEADER,
        mention(1, "Ada Lovelace", "nam", "per\tprofessionalposition\tscientist"),
        mention(2, "the miller", "nom"),
        mention(3, "She", "pro"),
        mention(4, "Oslo", "nam", "GPE\tUrbanArea\tCity"),
        mention(5, "Oslo", "nam", "GPE\tunspecified\tunspecified"),
    )
    return tmp_path / "x_arg_mentions.tab", tmp_path / "ltf"


def test_sentences_over_ltf_hold_names_by_default(tmp_path):
    tab, ltf = corpus(tmp_path)
    assert detect_format(tab) == detect_format(tmp_path) == "aida"
    report = CorpusReport()
    first, second = read_labelled(tmp_path, source=[ltf], report=report)
    assert first.tokens == ("Ada", "Lovelace", "met", "the", "miller", ".")
    assert [(m.start, m.end, m.labels, m.line) for m in first.mentions] == [
        (0, 2, ("per.professionalposition.scientist",), 2)
    ]
    assert [m.labels for m in second.mentions] == [("GPE.UrbanArea.City", "GPE")]
    assert {s.supervises for s in (first, second)} == {"typing"}
    assert report.dropped == {"mentions of level NOM (--levels)": 1, "mentions of level PRO (--levels)": 1}


def test_other_levels(tmp_path):
    tab, ltf = corpus(tmp_path)
    first, second = read_aida([tab], TabOptions([str(ltf)], ["NOM", "PRO"]))
    assert [" ".join(s.tokens[m.start : m.end]) for s in (first, second) for m in s.mentions] == ["the miller", "She"]


def test_without_its_text(tmp_path):
    tab, _ = corpus(tmp_path)
    with pytest.raises(InputError, match="--source"):
        list(read_labelled(tab))
