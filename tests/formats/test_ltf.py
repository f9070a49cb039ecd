"""LTF in every legal shape, broken shapes, and back from plain text."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from xml.sax.saxutils import escape

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents import ltf
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.ltf import read_ltf
from ousianer_cli.formats.documents.options import ReadOptions

STRICT = ReadOptions(strict=True)


def read(content: str | bytes, options: ReadOptions | None = None) -> list[Document]:
    data = content.encode() if isinstance(content, str) else content
    return list(read_ltf(io.BytesIO(data), "file", source="f.ltf.xml", options=options))


def seg(start: int, text: str, *, tokens: str = "", end: int | None = None) -> str:
    last = start + len(text) - 1 if end is None else end
    original = f"<ORIGINAL_TEXT>{escape(text)}</ORIGINAL_TEXT>"
    return f'<SEG id="s{start}" start_char="{start}" end_char="{last}">{original}{tokens}</SEG>'


def bare_seg(content: str, last: int) -> str:
    return f"<TEXT><SEG id='s' start_char='0' end_char='{last}'>{content}</SEG></TEXT>"


def wrap(body: str, attributes: str = 'id="D"', root: str = "") -> str:
    return f"<LCTL_TEXT {root}><DOC {attributes}>{body}</DOC></LCTL_TEXT>"


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def texts(document: Document) -> list[str]:
    return [document.text[s.start : s.end] for s in document.segments]


def test_raw_text_is_rebuilt_and_checked() -> None:
    raw = "Ann Lee 😀 met Bo.\n\nThey & others left.\n"
    body = f"<TEXT><P>{seg(0, 'Ann Lee 😀 met Bo.')}</P>{seg(19, 'They & others left.')}</TEXT>"
    given_attributes = f'id="D.df.xml" lang="eng" raw_text_char_length="{len(raw)}" raw_text_md5="{md5(raw)}"'
    [document] = read(wrap(body, given_attributes), STRICT)
    assert (document.id, document.lang, document.text, document.warnings) == ("D", "eng", raw, ())
    assert texts(document) == ["Ann Lee 😀 met Bo.", "They & others left."]
    assert document.segments[0].id == "s0"


def test_kinds_of_segments() -> None:
    body = (
        f"<HEADLINE>{seg(0, 'Head')}</HEADLINE><DATELINE>{seg(5, 'OSLO')}</DATELINE>"
        f"<AUTHORLINE>{seg(10, 'By Bo')}</AUTHORLINE><TEXT><P>{seg(16, 'Text')}</P></TEXT>"
    )
    [document] = read(wrap(body))
    assert [s.kind for s in document.segments] == ["headline", "dateline", "author", "text"]


def test_md5_and_length_mismatch_are_warnings_and_errors_when_strict() -> None:
    content = wrap(
        f"<TEXT>{seg(0, 'Ann Lee')}</TEXT>", f'id="D" raw_text_char_length="3" raw_text_md5="{md5("other")}"'
    )
    [document] = read(content)
    assert any("md5" in w for w in document.warnings) and any("says 3" in w for w in document.warnings)
    assert texts(document) == ["Ann Lee"]
    with pytest.raises(InputError, match="f.ltf.xml:1: .*md5"):
        read(content, STRICT)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('<LCTL_TEXT lang="rus"><DOC id="a"/><DOC id="b"></DOC></LCTL_TEXT>', ["", ""]),
        (wrap("<TEXT/>", 'id="D" raw_text_md5="unknown"'), [""]),
        (wrap("<TEXT><P/></TEXT>", 'id="D" raw_text_char_length="2"'), ["\n\n"]),
        ("<LCTL_TEXT/>", []),
        ('<n:LCTL_TEXT xmlns:n="urn:x"><n:DOC id="D"/></n:LCTL_TEXT>', [""]),
        (
            wrap(bare_seg("<!-- c --><ORIGINAL_TEXT>a<!-- x -->b</ORIGINAL_TEXT>", 1)),
            ["ab"],
        ),
        (
            wrap(bare_seg("<ORIGINAL_TEXT><![CDATA[<b]]></ORIGINAL_TEXT>", 1)),
            ["<b"],
        ),
    ],
)
def test_bare_shapes(content: str, expected: list[str]) -> None:
    documents = read(content, STRICT)
    assert [d.text for d in documents] == expected


def test_lang_comes_from_the_root_too() -> None:
    assert read(wrap("", root='lang="ukr"'))[0].lang == "ukr"


def test_text_from_tokens() -> None:
    def token(word: str, start: int) -> str:
        return f'<TOKEN id="t{start}" start_char="{start}" end_char="{start + len(word) - 1}">{word}</TOKEN>'

    placed = f'<SEG id="s" start_char="2" end_char="9">{token("Ann", 2)}{token("Lee", 6)}{token(".", 9)}</SEG>'
    bare = '<SEG id="u" start_char="11" end_char="15"><TOKEN id="t">to</TOKEN><TOKEN id="v">us</TOKEN></SEG>'
    [document] = read(wrap(f"<TEXT>{placed}{bare}</TEXT>"), STRICT)
    assert document.text == "\n\nAnn Lee.\nto us"


def test_what_is_left_out_is_counted() -> None:
    body = (
        seg(0, "Ann")
        + "<SEG id='no'><ORIGINAL_TEXT>lost</ORIGINAL_TEXT></SEG>"
        + "<SEG id='empty' start_char='4' end_char='3'/>"
        + seg(2, "over")
        + seg(20, "short", end=30)
        + seg(40, "Bo")
        + seg(10**12, "far")
        + "<SEG id='x' start_char='50' end_char='60'><TOKEN id='t' start_char='70' end_char='72'>off</TOKEN></SEG>"
    )
    [document] = read(wrap(f"<TEXT>{body}</TEXT>"))
    assert texts(document) == ["Ann", "Bo"]
    assert document.skipped == {
        ltf.WITHOUT_OFFSETS: 1,
        ltf.WITHOUT_TEXT: 1,
        ltf.OVERLAPPING: 1,
        ltf.DISAGREEING: 3,
    }
    assert len(document.text) == 42
    with pytest.raises(InputError):
        read(wrap(f"<TEXT>{body}</TEXT>"), STRICT)


def test_a_far_offset_does_not_fill_memory() -> None:
    [document] = read(
        wrap(f"<TEXT>{seg(0, 'Ann')}{seg(10**12, 'far')}</TEXT>", 'id="D" raw_text_char_length="999999999999"')
    )
    assert document.text == "Ann"
    assert document.skipped == {ltf.DISAGREEING: 1}
    assert any("999999999999" in w for w in document.warnings)


def test_segments_out_of_order_are_put_in_order() -> None:
    [document] = read(wrap(f"<TEXT>{seg(4, 'Bo')}{seg(0, 'Ann')}</TEXT>"))
    assert texts(document) == ["Ann", "Bo"]


def test_missing_dtd_is_no_matter() -> None:
    declaration = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE LCTL_TEXT SYSTEM "http://127.0.0.1:1/ltf.v1.5.dtd">\n'
    )
    [document] = read(declaration + wrap(f"<TEXT>{seg(0, 'Ann')}</TEXT>"), STRICT)
    assert document.text == "Ann"


def test_entities_are_never_expanded(tmp_path) -> None:  # type: ignore[no-untyped-def]
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    bomb = f'<!DOCTYPE LCTL_TEXT [<!ENTITY l0 "lol">{levels}]>'
    inside = "<TEXT><SEG id='s' start_char='0' end_char='2'><ORIGINAL_TEXT>&l11;</ORIGINAL_TEXT></SEG></TEXT>"
    tracemalloc.start()
    with pytest.raises(InputError, match="f.ltf.xml:1: .*broken XML"):
        read(bomb + wrap(inside))
    with pytest.raises(InputError):
        read(bomb + wrap("", 'id="&l11;"'))
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    [document] = read('<!DOCTYPE LCTL_TEXT [<!ENTITY l11 "lol">]>' + wrap(inside))
    assert (document.text, document.skipped) == ("", {ltf.ENTITIES: 1})
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    outside = f'<!DOCTYPE LCTL_TEXT [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    [document] = read(
        outside + wrap("<TEXT><SEG id='s' start_char='0' end_char='5'><ORIGINAL_TEXT>&x;</ORIGINAL_TEXT></SEG></TEXT>")
    )
    assert "secret" not in document.text and not document.segments


def test_broken_xml_names_file_and_line() -> None:
    content = "<LCTL_TEXT>\n<DOC id='a'/>\n<DOC id='b'>\n<TEXT>\n</LCTL_TEXT>"
    documents = read_ltf(io.BytesIO(content.encode()), "file", source="f.ltf.xml")
    assert next(documents).id == "a"
    with pytest.raises(InputError, match="f.ltf.xml:5: expected well-formed LTF"):
        next(documents)
    with pytest.raises(InputError, match="root LCTL_ANNOTATIONS"):
        read("<LCTL_ANNOTATIONS><DOC id='a'/></LCTL_ANNOTATIONS>")
    with pytest.raises(InputError, match="root other"):
        read("<other/>")


def test_a_large_file_is_streamed() -> None:
    class Endless(io.RawIOBase):
        def __init__(self, count: int) -> None:
            self.left = count
            self.buffer = b"<LCTL_TEXT>\n"

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            while len(self.buffer) < size and self.left >= 0:
                part = (
                    f"<DOC id='d{self.left}'><TEXT>{seg(0, 'word ' * 200)}</TEXT></DOC>\n"
                    if self.left
                    else "</LCTL_TEXT>"
                )
                self.left -= 1
                self.buffer += part.encode()
            out, self.buffer = self.buffer[:size], self.buffer[size:]
            return out

    tracemalloc.start()
    count = sum(1 for _ in read_ltf(Endless(3000), "file"))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 3000
    assert peak < 2_000_000
