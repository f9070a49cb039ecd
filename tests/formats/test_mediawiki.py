"""Dumps of our own in every compression, whole and spoilt: what is whole is read, what is not is reported."""

from __future__ import annotations

import bz2
import gzip
import pickle
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ousianer_cli.errors import InputError
from ousianer_cli.formats.mediawiki import (
    DumpFaults,
    Page,
    dump_chunks,
    read_pages,
    redirect_of_text,
    split_namespace,
    streams,
)
from ousianer_cli.formats.mediawiki.faults import (
    BROKEN_XML,
    DAMAGED,
    NO_TEXT,
    NO_TITLE,
    NOT_UTF8,
    TOO_LARGE,
    TRUNCATED,
    UNCLOSED,
)

HEAD = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">\n<siteinfo/>\n'
TAIL = "</mediawiki>\n"


def page(number: int, text: str = "", *, extra: str = "", title: str | None = None) -> str:
    text = text or f"Hamlet {number} lies on a river &amp; has a mill. " * 4
    name = f"Hamlet {number}" if title is None else title
    return (
        f"<page>\n<title>{name}</title><ns>0</ns><id>{number}</id>{extra}"
        f'<revision><id>9</id><text xml:space="preserve">{text}</text></revision>\n</page>\n'
    )


def pages(count: int) -> list[str]:
    return [page(number) for number in range(1, count + 1)]


def dump(*parts: str) -> bytes:
    return (HEAD + "".join(parts) + TAIL).encode()


def multistream(parts: list[str], each: int) -> bytes:
    groups = [parts[i : i + each] for i in range(0, len(parts), each)]
    return b"".join(bz2.compress(text.encode()) for text in [HEAD, *map("".join, groups), TAIL])


def write(folder: Path, data: bytes, name: str = "dump.xml") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def titles(path: Path, **options: object) -> tuple[list[str], DumpFaults]:
    faults = DumpFaults()
    return [p.title for p in read_pages(path, faults=faults, **options)], faults  # type: ignore[arg-type]


def all_titles(count: int, *, without: tuple[int, ...] = ()) -> list[str]:
    return [f"Hamlet {number}" for number in range(1, count + 1) if number not in without]


@pytest.mark.parametrize("kind", ["plain", "gz", "two gz members", "bz2", "multistream"])
def test_every_compression_gives_the_same_pages(tmp_path: Path, kind: str) -> None:
    parts = pages(7)
    plain = dump(*parts)
    data = {
        "plain": plain,
        "gz": gzip.compress(plain),
        "two gz members": gzip.compress(plain[:700]) + gzip.compress(plain[700:]),
        "bz2": bz2.compress(plain),
        "multistream": multistream(parts, 3),
    }[kind]
    found, faults = titles(write(tmp_path, data))
    assert found == all_titles(7)
    assert not faults.counts


def test_a_page_is_read_whole(tmp_path: Path) -> None:
    path = write(tmp_path, dump(page(4, "Salt &lt;b&gt; &amp;amp; caf&#233;", extra='<redirect title="Mill town" />')))
    (found,) = read_pages(path)
    assert found == Page(4, "Hamlet 4", 0, "Mill town", "Salt <b> &amp; café", f"{path}:page 1")


@pytest.mark.parametrize("version", ["", "0.3", "0.10", "0.11"])
def test_any_export_version_or_none(tmp_path: Path, version: str) -> None:
    space = f' xmlns="http://www.mediawiki.org/xml/export-{version}/"' if version else ""
    text = f"<mediawiki{space}>{page(1)}{TAIL}"
    assert titles(write(tmp_path, text.encode()))[0] == ["Hamlet 1"]


def test_old_dumps_have_neither_namespace_nor_redirect_elements(tmp_path: Path) -> None:
    old = [
        f"<page><title>{name}</title><id>1</id><revision><text>{text}</text></revision></page>"
        for name, text in [("Category:Mills", "x"), ("Mil", "#redirect: [[Mill#Parts|mill]]"), ("2001: A Mill", "y")]
    ]
    found = list(read_pages(write(tmp_path, dump(*old))))
    assert [(p.namespace, p.redirect) for p in found] == [(14, None), (0, "Mill"), (0, None)]


def test_of_several_revisions_the_last_is_read(tmp_path: Path) -> None:
    text = "<page><title>A</title><revision><text>old</text></revision><revision><text>new</text></revision></page>"
    (found,) = read_pages(write(tmp_path, dump(text)))
    assert found.text == "new"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("#REDIRECT [[Mill]]", "Mill"),
        ("  #Redirect[[ mill (tool) |x]] {{R}}", "mill (tool)"),
        ("#redirect [[#Here]]", None),
        ("See #REDIRECT [[Mill]]", None),
        ("#REDIRECT Mill", None),
    ],
)
def test_redirects_in_text(text: str, target: str | None) -> None:
    assert redirect_of_text(text) == target


def test_namespaces_by_prefix() -> None:
    assert split_namespace("user_talk:Someone") == (3, "Someone")
    assert split_namespace("Mill: the film") == (0, "Mill: the film")


# Pieces


def test_multistream_is_cut_at_streams_and_pieces_give_each_page_once(tmp_path: Path) -> None:
    path = write(tmp_path, multistream(pages(60), 4), "dump.xml.bz2")
    chunks = dump_chunks(path, target_bytes=300)
    assert len(chunks) > 5
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert pickle.loads(pickle.dumps(chunks)) == chunks
    data = path.read_bytes()
    assert all(data[chunk.start : chunk.start + 3] == b"BZh" for chunk in chunks)
    assert [p.title for chunk in chunks for p in read_pages(chunk, strict=True)] == all_titles(60)


def test_streams_that_end_within_a_page(tmp_path: Path) -> None:
    """Parallel compressors cut anywhere, even within a tag."""
    plain = dump(*pages(30))
    for size in (97, 1000, 1 + plain.index(b"<page>", 2000)):
        data = b"".join(bz2.compress(plain[i : i + size]) for i in range(0, len(plain), size))
        chunks = dump_chunks(write(tmp_path, data, "dump.xml.bz2"), target_bytes=200)
        assert len(chunks) > 2
        assert [p.title for chunk in chunks for p in read_pages(chunk, strict=True)] == all_titles(30)


@settings(deadline=None, max_examples=40)
@given(target=st.integers(1, 5000), block=st.integers(12, 400))
def test_plain_pieces_of_any_size_give_each_page_once(
    tmp_path_factory: pytest.TempPathFactory, target: int, block: int
) -> None:
    path = tmp_path_factory.mktemp("plain") / "dump.xml"
    path.write_bytes(dump(*pages(9)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "BLOCK", block)
        chunks = dump_chunks(path, target_bytes=max(target, 60))
        assert [p.title for chunk in chunks for p in read_pages(chunk, strict=True)] == all_titles(9)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_one_stream_is_one_piece(tmp_path: Path, compress: object) -> None:
    path = write(tmp_path, compress(dump(*pages(50))))  # type: ignore[operator]
    assert len(dump_chunks(path, target_bytes=100)) == 1


def test_pieces_by_an_index(tmp_path: Path) -> None:
    parts = pages(20)
    path = write(tmp_path, multistream(parts, 5), "dump.xml.bz2")
    data = path.read_bytes()
    starts = [i for i in range(len(data)) if data[i : i + 10] == data[:10]]
    lines = [f"{start}:{n}:Hamlet {n}" for start, n in zip(starts[1:-1], range(1, 20, 5), strict=True)]
    index = write(tmp_path, bz2.compress("\n".join(lines).encode()), "index.txt.bz2")
    chunks = dump_chunks(path, target_bytes=1, stream_index=index)
    assert [chunk.start for chunk in chunks] == [0, *starts[1:-1]]
    assert [p.title for chunk in chunks for p in read_pages(chunk)] == all_titles(20)

    wrong = write(tmp_path, b"77:1:Hamlet", "index.txt")
    with pytest.raises(InputError, match=r"index\.txt:1: expected the index of this dump"):
        dump_chunks(path, target_bytes=1, stream_index=wrong)
    with pytest.raises(InputError, match="offset:page id:title"):
        dump_chunks(path, stream_index=write(tmp_path, b"what\n", "index.txt"))


# Faults


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_cut_off_compression_gives_what_was_whole(tmp_path: Path, compress: object) -> None:
    parts = [page(n, "".join(chr(0x4E00 + n * i * i % 20000) for i in range(2000))) for n in range(1, 81)]
    data = compress(dump(*parts), 1)  # type: ignore[operator]
    path = write(tmp_path, data[: len(data) * 2 // 3])
    found, faults = titles(path)
    assert found == all_titles(80)[: len(found)]
    assert 10 < len(found) < 80
    assert faults.counts[TRUNCATED] == 1
    assert str(path) in faults.examples[0]
    with pytest.raises(InputError, match="cut off"):
        list(read_pages(path, strict=True))


def test_a_damaged_stream_costs_its_own_pages_only(tmp_path: Path) -> None:
    data = bytearray(multistream(pages(12), 3))
    starts = [i for i in range(len(data)) if data[i : i + 10] == data[:10]]
    data[starts[2] + 40] ^= 0xFF
    path = write(tmp_path, bytes(data), "dump.xml.bz2")
    found, faults = titles(path)
    assert found == all_titles(12, without=(4, 5, 6))
    assert faults.counts == {DAMAGED: 1}
    assert f"bytes from {starts[2]} on" in faults.examples[0]
    in_pieces = [p.title for chunk in dump_chunks(path, target_bytes=1) for p in read_pages(chunk)]
    assert in_pieces == found


def test_broken_xml_costs_its_page_only(tmp_path: Path) -> None:
    broken = page(2, "an <b> that never ends")
    path = write(tmp_path, dump(page(1), broken, page(3), page(4, "&undefined;"), page(5)))
    found, faults = titles(path)
    assert found == all_titles(5, without=(2, 4))
    assert faults.counts == {BROKEN_XML: 2}
    assert f"{path}:page 2: {BROKEN_XML}: line 2" in faults.examples[0]
    with pytest.raises(InputError, match=rf"{path}:page 2: expected a whole MediaWiki dump, found {BROKEN_XML}"):
        list(read_pages(path, strict=True))


def test_a_page_without_an_end(tmp_path: Path) -> None:
    cut = page(2)[:60]
    found, faults = titles(write(tmp_path, dump(page(1), cut, page(3), cut)))
    assert found == ["Hamlet 1", "Hamlet 3"]
    assert faults.counts == {UNCLOSED: 2}


def test_pages_without_title_or_text(tmp_path: Path) -> None:
    gone = "<page><title>Gone</title><revision><text deleted='deleted' /></revision></page>"
    never = "<page><title>Never</title></page>"
    found, faults = titles(write(tmp_path, dump(page(1), page(2, title=" "), gone, never, page(5))))
    assert found == ["Hamlet 1", "Hamlet 5"]
    assert faults.counts == {NO_TITLE: 1, NO_TEXT: 2}
    assert faults.examples[1].endswith(f"page 3: {NO_TEXT}: Gone")


def test_a_page_above_the_limit_is_never_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BLOCK", 1000)
    path = write(tmp_path, dump(page(1), page(2, "x" * 50_000), page(3)))
    found, faults = titles(path, max_page_bytes=5000)
    assert found == ["Hamlet 1", "Hamlet 3"]
    assert faults.counts == {TOO_LARGE: 1}


def test_bytes_that_are_not_utf8_are_marked_and_reported(tmp_path: Path) -> None:
    path = write(tmp_path, dump(page(1, "caf@ au lait"), page(2)).replace(b"@", b"\xe9"))
    faults = DumpFaults()
    assert [p.text for p in read_pages(path, faults=faults)][0] == "caf\ufffd au lait"
    assert faults.counts == {NOT_UTF8: 1}
    with pytest.raises(InputError, match="UTF-8"):
        list(read_pages(path, strict=True))


def test_many_faults_keep_few_examples_and_add_up() -> None:
    one, two = DumpFaults(), DumpFaults()
    for number in range(15):
        one.note(NO_TEXT, f"a:page {number}")
        two.note(NO_TITLE, f"b:page {number}")
    one.add(two)
    assert one.counts == {NO_TEXT: 15, NO_TITLE: 15}
    assert len(one.examples) == 20


def test_what_is_no_dump(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_pages(tmp_path / "absent.xml"))
    with pytest.raises(InputError, match="an empty file"):
        dump_chunks(write(tmp_path, b""))
    with pytest.raises(InputError, match="no <mediawiki> and no <page>"):
        list(read_pages(write(tmp_path, b"<html><p>A mill.</p></html>" * 100)))
    assert list(read_pages(write(tmp_path, (HEAD + TAIL).encode()))) == []


def test_memory_does_not_grow_with_the_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BLOCK", 4096)

    def peak(count: int) -> int:
        path = write(tmp_path, gzip.compress(dump(*[page(n, "mill " * 1000) for n in range(count)])))
        tracemalloc.start()
        assert sum(1 for _ in read_pages(path)) == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(5)
    assert peak(200) < 1.1 * peak(20)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "count", "redirects"),
    [
        ("enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2", 206, 100),
        ("enwiki-minidump.xml.bz2", 27, 2),
        ("enwiki-pages-articles-sample.xml.bz2", 3, 1),
        ("enwiki-pages-extra.xml.bz2", 66, 1),
        ("enwiki-table-markup.xml.bz2", 5, 0),
    ],
)
def test_real_dumps(shared_data: Path, name: str, count: int, redirects: int) -> None:
    found = list(read_pages(shared_data / "wikipedia" / name, strict=True))
    assert len(found) == count
    assert sum(p.redirect is not None for p in found) == redirects
    assert all(p.id > 0 for p in found)
