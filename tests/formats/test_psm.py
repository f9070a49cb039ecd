"""psm: kinds, quotes and authors from beside a text."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import Author, Document, Segment, SegmentKind
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.documents.psm import Region, apply_psm, read_psm
from ousianer_cli.formats.documents.source import AUTHORS_OFF, QUOTED

TEXT = "A clock\nAnn Lee\nI saw it.\nBo wrote: it is old.\nNo, new.\n"


def region(words: str, kind: SegmentKind) -> Region:
    start = TEXT.index(words)
    return Region(start, start + len(words), kind)


REGIONS = [
    region("A clock", "headline"),
    region("Ann Lee", "author"),
    region("I saw it.\nBo wrote: it is old.\nNo, new.", "post"),
    region("it is old.", "quote"),
]


def document() -> Document:
    spans, position = [], 0
    for number, line in enumerate(TEXT.splitlines(keepends=True)):
        spans.append(Segment(f"s{number}", position, position + len(line) - 1))
        position += len(line)
    return Document("d", TEXT, tuple(spans))


def test_read() -> None:
    content = (
        '<psm><string type="post" begin_offset="16" char_length="9"><attribute name="author" value="x"/></string>'
        '<string type="img" begin_offset="0" char_length="1"/>'
        '<string type="quote" begin_offset="" char_length="1"/></psm>'
    )
    assert read_psm(io.BytesIO(content.encode()), "x.psm.xml") == (
        [Region(16, 25, "post")],
        ["x.psm.xml: 1 strings without usable offsets"],
    )
    with pytest.raises(InputError, match="x.psm.xml:1"):
        read_psm(io.BytesIO(b"<psm><string>"), "x.psm.xml")


def test_kinds_quotes_and_authors() -> None:
    result = apply_psm(document(), REGIONS)
    assert [(s.id, TEXT[s.start : s.end], s.kind) for s in result.segments] == [
        ("s0", "A clock", "headline"),
        ("s2", "I saw it.", "post"),
        ("s3.0", "Bo wrote:", "post"),
        ("s4", "No, new.", "post"),
    ]
    assert [TEXT[a.start : a.end] for a in result.authors] == ["Ann Lee"]
    assert result.skipped == {QUOTED: 1}


def test_options() -> None:
    result = apply_psm(document(), REGIONS, ReadOptions(authors=False, quotes=True))
    assert [TEXT[s.start : s.end] for s in result.segments if s.kind == "quote"] == ["it is old."]
    assert result.authors == ()
    assert result.skipped == {AUTHORS_OFF: 1}


def test_regions_beyond_the_text() -> None:
    far = [Region(0, 10**9, "post")]
    result = apply_psm(document(), far)
    assert result.segments == document().segments
    assert len(result.warnings) == 1
    with pytest.raises(InputError, match="beyond"):
        apply_psm(document(), far, ReadOptions(strict=True))


KINDS = st.sampled_from(["headline", "author", "post", "quote", "dateline"])


@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 20), KINDS), max_size=8))
def test_any_regions_keep_order_and_lose_nothing_unsaid(rows: list[tuple[int, int, SegmentKind]]) -> None:
    regions = [Region(a, min(a + n, len(TEXT)), kind) for a, n, kind in rows]
    result = apply_psm(document(), regions, ReadOptions(quotes=True))
    covered: set[int] = set()
    previous = 0
    for segment in result.segments:
        assert previous <= segment.start < segment.end
        previous = segment.end
        covered |= set(range(segment.start, segment.end))
        for i in range(segment.start, segment.end):
            kinds = {r.kind for r in regions if r.start <= i < r.end}
            assert segment.kind in (kinds or {"text"})
    for author in result.authors:
        assert isinstance(author, Author)
        covered |= set(range(author.start, author.end))
    assert all(c.isspace() or i in covered for i, c in enumerate(TEXT))
