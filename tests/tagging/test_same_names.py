"""A document tagged from its source and from its LTF gives the same names at the same offsets (the shipped model)."""

from __future__ import annotations

from pathlib import Path

import pytest

from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.formats.ltf import build_ltf
from ousianer_cli.formats.readers import read_documents
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.released_models import released_model
from ousianer_cli.tagging.engine import Engine
from ousianer_cli.tagging.run import tag_documents

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "ltf"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_model(released_model()))


def rows(engine: Engine, path: Path, **options: bool) -> list[EdlRow]:
    return list(tag_documents(engine, read_documents([path], **options), run_id="t"))


def places(found: list[EdlRow]) -> list[tuple[int, int, str, str]]:
    return [(r.start, r.end, r.text, r.type) for r in found]


@pytest.mark.parametrize("name", ["ex_nw_ferry", "ex_nw_election", "ex_nw_cycling"])
def test_plain_text_and_ltf(engine: Engine, tmp_path: Path, name: str) -> None:
    ltf = EXAMPLES / f"{name}.ltf.xml"
    (document,) = read_documents([ltf])
    rsd = tmp_path / f"{name}.rsd.txt"
    rsd.write_text(document.text, encoding="utf-8", newline="")
    found = rows(engine, ltf)
    assert len(found) > 8
    assert places(rows(engine, rsd)) == places(found)


def test_forum_source_and_ltf_and_the_declaration_shift(engine: Engine, tmp_path: Path) -> None:
    ltf = EXAMPLES / "ex_df_stadium.ltf.xml"
    (document,) = read_documents([ltf])
    source = tmp_path / "ex_df_stadium.xml"
    source.write_text(document.text, encoding="utf-8", newline="")
    from_ltf, from_source = rows(engine, ltf), rows(engine, source)
    assert len(from_ltf) > 5
    assert places(from_source) == places(from_ltf)
    assert any(r.type == "per" and 'author="' + r.text in document.text for r in from_source)
    shifted = rows(engine, source, after_xml_declaration=True)
    assert [(r.start + 39, r.end + 39) for r in shifted] == [(r.start, r.end) for r in from_source]


def test_newswire_source_and_ltf(engine: Engine, tmp_path: Path) -> None:
    text = (
        '<DOC id="N1" type="story">\n<HEADLINE>\nMayor of Oslo visits Bergen\n</HEADLINE>\n<TEXT>\n<P>\n'
        "The mayor of Oslo, Anna Berg, said on Monday in Bergen that AT&amp;T and\n"
        "Telenor would lay a cable across the North Sea to Scotland by next May.\n</P>\n<P>\n"
        "She then met Prime Minister Jens Holm of Norway.\n</P>\n</TEXT>\n</DOC>\n"
    )
    source, ltf = tmp_path / "n1.xml", tmp_path / "n1.ltf.xml"
    source.write_text(text, encoding="utf-8")
    ltf.write_bytes(build_ltf("N1", text))
    found = rows(engine, source)
    assert {"Oslo", "Bergen", "Norway"} <= {r.text for r in found}
    assert places(rows(engine, ltf)) == places(found)
    for row in found:
        assert text[row.start : row.end + 1] == row.text
