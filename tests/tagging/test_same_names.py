"""A document tagged from its source and from its LTF gives the same names at the same offsets (the shipped model)."""

from __future__ import annotations

from pathlib import Path

import pytest

from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.edl import parse_row
from ousianer_cli.tagging.mention import Mention
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.tagger import Tagger
from ousianer_cli.tagging.writers import WRITERS, WriteOptions

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "ltf"


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


def names(tagger: Tagger, path: Path) -> list[Mention]:
    return [mention for tagged in tagger.tag_files(path) for mention in tagged.mentions]


@pytest.mark.parametrize("name", ["ex_nw_ferry", "ex_nw_election", "ex_nw_cycling"])
def test_plain_text_and_ltf(tagger: Tagger, tmp_path: Path, name: str) -> None:
    ltf = EXAMPLES / f"{name}.ltf.xml"
    (document,) = read_documents([ltf])
    rsd = tmp_path / f"{name}.rsd.txt"
    rsd.write_text(document.text, encoding="utf-8", newline="")
    found = names(tagger, ltf)
    assert len(found) > 8
    assert names(tagger, rsd) == found


def test_forum_source_and_ltf_and_the_declaration_shift(tagger: Tagger, tmp_path: Path) -> None:
    ltf = EXAMPLES / "ex_df_stadium.ltf.xml"
    (document,) = read_documents([ltf])
    source = tmp_path / "ex_df_stadium.xml"
    source.write_text(document.text, encoding="utf-8", newline="")
    from_ltf, from_source = names(tagger, ltf), names(tagger, source)
    assert len(from_ltf) > 5
    assert from_source == from_ltf
    assert any(m.type == "PER" and 'author="' + m.text in document.text for m in from_source)
    (shifted,) = tagger.tag_files(source, after_xml_declaration=True)
    rows = list(map(parse_row, WRITERS["edl"].lines([shifted], WriteOptions(), Summary())))
    assert [(row.start + 39, row.end + 40) for row in rows] == [(m.start, m.end) for m in from_source]


def test_newswire_source_and_ltf(tagger: Tagger, tmp_path: Path) -> None:
    text = (
        '<DOC id="N1" type="story">\n<HEADLINE>\nMayor of Oslo visits Bergen\n</HEADLINE>\n<TEXT>\n<P>\n'
        "The mayor of Oslo, Anna Berg, said on Monday in Bergen that AT&amp;T and\n"
        "Telenor would lay a cable across the North Sea to Scotland by next May.\n</P>\n<P>\n"
        "She then met Prime Minister Jens Holm of Norway.\n</P>\n</TEXT>\n</DOC>\n"
    )
    source, ltf = tmp_path / "n1.xml", tmp_path / "n1.ltf.xml"
    source.write_text(text, encoding="utf-8")
    ltf.write_bytes(build_ltf("N1", text))
    found = names(tagger, source)
    assert {"Oslo", "Bergen", "Norway"} <= {m.text for m in found}
    assert names(tagger, ltf) == found
    for mention in found:
        assert text[mention.start : mention.end] == mention.text
