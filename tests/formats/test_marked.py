"""Files of marked names where documents or corpora were expected: named for certain, or let alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from document_files import put

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpora import detect_format
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.documents.report import MALFORMED, ReadReport

ROW = "r\tm1\tBonn\tD:5-8\tNIL1\tgpe\tNAM\t1.0\n"
MARKED = {
    "edl": ROW * 3,
    "conll": "Ada B-per\nmet O\nOtto B-per\n\n" * 9,
    "feedback": "# a note\nsentence\tstart\tend\ttype\tmention\nIn Bonn.\t3\t6\tgpe\tBonn\n",
    "aida": "argmention_id\tchild_uid\ttextoffset_startchar\ttextoffset_endchar\ttype\nm\tD\t5\t8\tper\n",
    "fewnerd": "Ada\tperson-other\nmet\tO\nOtto\tperson-artist/author\n",
    "token-table": "Sentence #,Word,POS,Tag\nSentence: 1,Ada,NNP,B-per\n",
    "run": json.dumps({"id": "D", "text": "Ada left.", "mentions": []}) + "\n",
    "ousianer": json.dumps({"tokens": ["Ada"], "mentions": [{"start": 0, "end": 1, "types": ["per"]}]}) + "\n",
}
TEXTS = (
    "Ada met Otto in Bonn.\nThey talked.\n",
    "Total\t12\t15\nSum\t3\t4\nAll\t1\t1\n",
    "1. Ada went home\n2. Otto left\n3. Bo stayed\n",
    "Type AB\nType O\nType O\nType O\n",
    "The type, the sentence, and the rest.\n",
    "r\tm1\tBonn\tD:5-8\tNIL1\tgpe\tNAM\nand so on\n",
    ROW + "This row is what a run is made of.\n",
    '{"text": "Ada left."}\n',
    "[Music]\nAda: hello\n",
    "Bonn\n",
    "",
)


@pytest.mark.parametrize("name", MARKED)
def test_marked_names_are_no_document(tmp_path: Path, name: str) -> None:
    path = put(tmp_path / "in" / "a.txt", MARKED[name])
    with pytest.raises(InputError, match=rf"a\.txt: expected a document .*, found .* \({name}\); name the documents"):
        list(read_documents([path]))
    assert [d.text for d in read_documents([path], input_format="text")] == [MARKED[name]]
    put(tmp_path / "in" / "b.txt", "Ada left.")
    report = ReadReport()
    assert [d.id for d in read_documents([tmp_path / "in"], report=report)] == ["b"]
    assert report.skipped == {MALFORMED: 1} and any(f"({name})" in warning for warning in report.warnings)


@pytest.mark.parametrize("width", [60, 700])
def test_a_long_run_is_told_by_the_whole_rows_of_its_beginning(tmp_path: Path, width: int) -> None:
    path = put(tmp_path / "run.tab", "".join(ROW.replace("Bonn", f"{n}" * width) for n in range(40)))
    with pytest.raises(InputError, match=r"\(edl\)"):
        list(read_documents([path]))


@pytest.mark.parametrize("text", TEXTS)
def test_what_may_be_text_is_text(tmp_path: Path, text: str) -> None:
    assert [d.text for d in read_documents([put(tmp_path / "a.txt", text)])] == [text]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (MARKED["edl"], r"found the EDL tab of runs and gold \(edl\); .* --source DOCUMENTS --to conll"),
        (MARKED["feedback"], r"\(feedback\); it is learned by ousianer finetune MODEL --feedback"),
        (MARKED["run"], r"\(run\); make a corpus of it: ousianer convert \S+ --to conll"),
        (build_ltf("a", "Ada.").decode(), "found an LTF document; it has no names yet: ousianer tag"),
        ("type\tparent\nper\t\n", "found a taxonomy .*; give it by --taxonomy"),
        ("[tag]\nworkers = 2\n", r"found settings \(TOML\); give them by --config"),
    ],
)
def test_other_kinds_are_no_corpus(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InputError, match=f"expected a corpus of labelled sentences, .*{message}"):
        detect_format(put(tmp_path / "a.x", content))


@pytest.mark.parametrize("name", ["conll", "aida", "fewnerd", "token-table", "ousianer"])
def test_corpora_are_still_told(tmp_path: Path, name: str) -> None:
    assert detect_format(put(tmp_path / "a.x", MARKED[name])) == name
    assert detect_format(put(tmp_path / "b.x", "Ada per\nOtto per\n")) == "conll"
