"""Files as they come: no text at all, odd names, links, and companions that say otherwise."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import warnings
import zipfile
from pathlib import Path

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import document_id
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.documents.report import LINKED_AGAIN, MALFORMED, NO_FILE, REPLACED, UNREADABLE, ReadReport
from ousianer_cli.formats.first_bytes import kind_of_binary

TEXT = "Ann Lee met Bo Ek in Oslo.\n"


def office(name: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, "<w/>")
    return data.getvalue()


def tarred() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.txt")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT.encode()))
    return data.getvalue()


NO_TEXT = [
    ("a.pdf", b"%PDF-1.4\nAnn", "a PDF file"),
    ("a.txt", b"%PDF-1.7\nAnn", "a PDF file"),
    ("a.tar.gz", tarred(), "a tar archive"),
    ("a.docx", office("word/document.xml"), "an office file"),
    ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "an office file"),
    ("a.rtf", b"{\\rtf1\\ansi Ann}", "an RTF file"),
    ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(40), "an image"),
    ("a.jpg.txt", b"\xff\xd8\xff\xe0\x00\x10JFIF", "an image"),
    ("a.txt", gzip.compress(TEXT.encode(), mtime=0), "a gzip file"),
    ("a.xml", b"BZh91AY&SY", "a bzip2 file"),
    ("u.txt", TEXT.encode("utf-16"), "text in UTF-16"),
    ("le.txt", TEXT.encode("utf-16-le"), "text in UTF-16 without a byte order mark"),
    ("be.txt", TEXT.encode("utf-16-be"), "text in UTF-16 without a byte order mark"),
    ("le.txt", TEXT.encode("utf-32-le"), "text in UTF-32 without a byte order mark"),
    ("a.pyc", b"\xa7\r\r\n" + bytes(20), "compiled Python"),
    ("a.ico.txt", b"\0\0\1\0\1\0" + bytes(20), "binary data"),
    ("a.bmp.txt", b"BM6\0\0\0" + bytes(40), r"an image \(BMP\)"),
    ("a.exe.txt", b"MZx\0\1\0\2\0\3\0\4", "binary data"),
    ("a.lz4", b"\x04\x22\x4d\x18" + bytes(20), "an lz4 file"),
    ("a.sqlite", b"SQLite format 3\x00" + bytes(20), "an SQLite database"),
]


@pytest.mark.parametrize(("name", "content", "kind"), NO_TEXT)
def test_what_is_no_text_is_refused_by_its_first_bytes(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"{name}: expected a document .*, found {kind}.*by its first bytes\); "):
        list(read_documents([path]))


def test_one_such_file_in_a_folder_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"%PDF-1.4\nAnn")
    (tmp_path / "b.txt").write_text(TEXT, encoding="utf-8")
    report = ReadReport()
    assert [d.id for d in read_documents([tmp_path], report=report)] == ["b"]
    assert report.skipped == {MALFORMED: 1}


@pytest.mark.parametrize(
    "text", ["Ann\0Lee" + "\0" * 9, "A\bAn\bnn\bn", "\x1b[1mAnn\x1b[0m", "안녕", "Ann\n", "Ann\x1a"]
)
def test_text_with_control_characters_is_text(text: str) -> None:
    assert kind_of_binary(text.encode()) is None


def test_what_is_no_regular_file_is_counted_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "gone.txt").symlink_to("nowhere")
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    (tmp_path / "b.txt").write_text(TEXT, encoding="utf-8")
    report = ReadReport()
    assert [d.id for d in read_documents([tmp_path], report=report)] == ["b"]
    assert report.skipped == {NO_FILE: 3} and len(report.warnings) == 3
    with pytest.raises(InputError, match="found a pipe; write its text to a file, or give it as -"):
        list(read_documents([tmp_path / "pipe.txt"]))
    with pytest.raises(InputError, match=r"found a link that leads nowhere \(nowhere\)"):
        list(read_documents([tmp_path / "gone.txt"]))
    with pytest.raises(InputError, match="found an empty one; write . for the working folder"):
        list(read_documents([""]))


def test_members_of_one_name_and_encrypted_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        for doc in ("old", "new"):
            archive.writestr("a.ltf.xml", build_ltf(doc, TEXT))
    report = ReadReport()
    assert [d.id for d in read_documents([path], report=report)] == ["new"]
    assert report.skipped == {REPLACED: 1}
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\x01\x02")
    data[place + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="found one that is encrypted; unpack the archive with its password"):
        list(read_documents([path]))


def test_an_html_page_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("<!DOCTYPE html>\n<html><body>Ann</body></html>", encoding="utf-8")
    report = ReadReport()
    list(read_documents([tmp_path], report=report))
    assert "a.txt: an HTML page, read as plain text" in report.warnings[0]


def test_a_name_that_is_not_utf8_costs_nothing(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    try:
        with open(name, "w", encoding="utf-8") as handle:
            handle.write(TEXT)
    except OSError:
        pytest.skip("this file system takes no such name")
    (tmp_path / "b.txt").write_text(TEXT, encoding="utf-8")
    documents = list(read_documents([tmp_path]))
    assert [d.id for d in documents] == ["b", "caf\\xe9"]
    assert all(d.source.encode("utf-8") for d in documents)


def test_a_list_may_hold_names_that_are_not_utf8(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text(TEXT, encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbfcaf\xe9.txt\r\n")
    assert [d.id for d in read_documents([f"@{tmp_path / 'list'}"])] == ["caf\\xe9"]
    (tmp_path / "list").write_bytes(b"\ncaf\xe8.txt\n")
    with pytest.raises(InputError, match=r"list:2: expected .*, found nothing of that name \('caf\\\\xe8.txt'\)"):
        list(read_documents([f"@{tmp_path / 'list'}"]))
    (tmp_path / "list").write_bytes(b"n" * 300)
    with pytest.raises(InputError, match=r"list:1: expected .*, found File name too long"):
        list(read_documents([f"@{tmp_path / 'list'}"]))


def test_a_folder_that_cannot_be_read_costs_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "no").mkdir(parents=True)
    (tmp_path / "a" / "b.txt").write_text(TEXT, encoding="utf-8")
    scan = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("no"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = ReadReport()
    assert [d.id for d in read_documents([tmp_path / "a"], report=report)] == ["b"]
    assert report.skipped == {UNREADABLE: 1}
    (warning,) = report.warnings
    assert warning.startswith("skipped: ") and "no: expected a readable folder, found Permission denied" in warning
    for inputs, strict in (([tmp_path / "a" / "no"], False), ([tmp_path / "a"], True)):
        with pytest.raises(InputError, match="no: expected a readable folder, found Permission denied"):
            list(read_documents(inputs, strict=strict))


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("ISO-8859-1", "latin-1"), ("windows-1252", "cp1252"), ("Shift_JIS", "shift_jis"), ("iso-8859-1", "utf-8")],
)
def test_a_source_document_is_read_as_it_is_declared_or_as_utf8(tmp_path: Path, declared: str, encoding: str) -> None:
    name = "東京" if encoding == "shift_jis" else "José"
    text = f'<?xml version="1.0" encoding="{declared}"?>\n<doc id="D"><post author="Bo">{name} met Ek.</post></doc>'
    (tmp_path / "a.xml").write_bytes(text.encode(encoding))
    (document,) = read_documents([tmp_path / "a.xml"])
    assert document.text == text
    assert [text[s.start : s.end] for s in document.segments] == [f"{name} met Ek."]


@pytest.mark.parametrize("declared", ["US-ASCII", "KLINGON", "utf-8", "cp949"])
def test_bytes_that_are_nothing_of_what_they_are_declared(tmp_path: Path, declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>\n<doc id="D"><text>Jos\xff met Ek.</text></doc>'
    (tmp_path / "a.xml").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"a\.xml:2: expected (UTF-8|cp949, as its declaration says), found byte 0xff"):
        list(read_documents([tmp_path / "a.xml"]))


def test_a_broken_archive_in_a_folder_ends_a_strict_reading(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "b.txt").write_text(TEXT, encoding="utf-8")
    assert [d.id for d in read_documents([tmp_path])] == ["b"]
    with pytest.raises(InputError, match=r"a\.zip: expected a zip archive"):
        list(read_documents([tmp_path], strict=True))


def test_linked_folders_are_read_once_and_loops_counted(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.txt").write_text(TEXT, encoding="utf-8")
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "linked").symlink_to("../other")
    (inside / "again").symlink_to("../other")
    (inside / "loop").symlink_to("..")
    report = ReadReport()
    assert [d.id for d in read_documents([inside], report=report)] == ["x"]
    assert report.skipped == {LINKED_AGAIN: 2}


@pytest.mark.parametrize("name", ["UPPER.TXT", "UPPER.ltf.XML", "UPPER.RSD.TXT", "UPPER.Sgm", "UPPER.DF.xml"])
def test_suffixes_whatever_their_case(name: str) -> None:
    assert document_id(name) == "UPPER"


def test_an_rsd_of_another_text_is_reported(tmp_path: Path) -> None:
    for folder in ("ltf", "rsd"):
        (tmp_path / folder).mkdir()
    (tmp_path / "ltf" / "a.ltf.xml").write_bytes(build_ltf("a", TEXT))
    (tmp_path / "ltf" / "b.ltf.xml").write_bytes(build_ltf("b", TEXT))
    (tmp_path / "rsd" / "a.rsd.txt").write_text(TEXT + "\n", encoding="utf-8")
    (tmp_path / "rsd" / "b.rsd.txt").write_text("Ann Roe met Bo.\n", encoding="utf-8")
    report = ReadReport()
    list(read_documents([tmp_path / "ltf"], report=report))
    (warning,) = report.warnings
    assert "b.ltf.xml: b: " in warning and "b.rsd.txt holds another text, from character 4 on" in warning
    with pytest.raises(InputError, match=r"b\.ltf\.xml: expected an rsd\.txt of the same text"):
        list(read_documents([tmp_path / "ltf"], strict=True))


def test_a_psm_counted_on_other_line_ends_is_reported(tmp_path: Path) -> None:
    text = "Clock talk\nAnn Lee\nI saw it in Oslo.\nBo was here.\n"
    strings = [
        ("headline", "Clock talk"),
        ("author", "Ann Lee"),
        ("post", "I saw it in Oslo."),
        ("quote", "Bo was here"),
    ]
    psm = "".join(f'<string type="{k}" begin_offset="{text.index(s)}" char_length="{len(s)}"/>' for k, s in strings)
    for name, content in (("lf", text), ("crlf", text.replace("\n", "\r\n"))):
        (tmp_path / f"{name}.rsd.txt").write_bytes(content.encode())
        (tmp_path / f"{name}.psm.xml").write_text(f"<psm>{psm}</psm>", encoding="utf-8")
    report = ReadReport()
    list(read_documents([tmp_path], report=report))
    (warning,) = report.warnings
    assert "crlf.rsd.txt" in warning and "psm regions begin or end inside a word: they count \\r\\n as one" in warning


@pytest.mark.parametrize("packed", ["folders", "one archive", "an archive a form"])
def test_companions_that_disagree_are_counted_wherever_they_are(tmp_path: Path, packed: str) -> None:
    files = {
        "ltf/a.ltf.xml": build_ltf("a", TEXT),
        "rsd/a.rsd.txt": TEXT.replace(" ", "\r\n", 1).encode(),
        "psm/a.psm.xml": b'<psm id="q"><string type="post" begin_offset="0" char_length="4000"/></psm>',
    }
    for name, content in files.items():
        if packed == "folders":
            (tmp_path / name).parent.mkdir()
            (tmp_path / name).write_bytes(content)
        else:
            archive = "r.zip" if packed == "one archive" else f"r.{name[:3]}.zip"
            with zipfile.ZipFile(tmp_path / archive, "a") as handle:
                handle.writestr(name, content)
    report = ReadReport()
    list(read_documents([tmp_path], report=report))
    assert report.left_out == {"psm regions beyond the text": 1, "rsd.txt files with another text than their LTF": 1}
    rsd, of_another, beyond = report.warnings
    assert "a.rsd.txt holds another text, from character" in rsd
    assert "a.psm.xml says that it is of 'q'" in of_another
    assert "1 psm regions reach beyond" in beyond


@pytest.mark.parametrize("packed", [False, True])
def test_a_companion_in_capitals_is_one(tmp_path: Path, packed: bool) -> None:
    psm = '<psm><string type="headline" begin_offset="0" char_length="7"/></psm>'
    files = {"RSD/A.RSD.TXT": "Ann Lee\n\nBo was here.\n", "PSM/A.PSM.XML": psm}
    for name, content in files.items():
        if packed:
            with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
                archive.writestr(name, content)
        else:
            (tmp_path / name).parent.mkdir()
            (tmp_path / name).write_text(content, encoding="utf-8")
    (document,) = read_documents([tmp_path])
    assert [segment.kind for segment in document.segments] == ["headline", "text"]


def test_companions_of_other_names_line_ends_and_kinds_are_counted(tmp_path: Path) -> None:
    two = "Ann Roe met Bo.\n\nThey left.\n"
    (tmp_path / "a.ltf.xml").write_bytes(build_ltf("other", two))
    (tmp_path / "b.ltf.xml").write_bytes(build_ltf("b", two))
    (tmp_path / "b.rsd.txt").write_bytes(two.replace("\n", "\r\n").encode())
    (tmp_path / "c.ltf.xml").write_bytes(build_ltf("c", two))
    (tmp_path / "c.rsd.txt").write_bytes(b"Ann R\xf6e")
    for name in ("a", "z"):
        (tmp_path / f"{name}.psm.xml").write_text("<psm/>", encoding="utf-8")
    (tmp_path / "b.psm.xml").write_text("<html><string/></html>", encoding="utf-8")
    report = ReadReport()
    list(read_documents([tmp_path], report=report))
    warnings = "\n".join(report.warnings)
    assert "b.rsd.txt has \\r\\n where the LTF counts one character" in warnings
    assert "a.psm.xml is not used: its document would be 'a'" in warnings
    assert "b.psm.xml: expected <psm>, found <html>" in warnings
    assert "z.psm.xml: a psm without a document of its name" in warnings
    assert "c.ltf.xml: no psm of its name; so it is with 1 of 3 LTF files" in warnings
    assert report.skipped["psm.xml files without a document of their name"] == 1
    assert report.left_out == {
        "psm.xml files of a file's name that is not its document's id": 1,
        "rsd.txt files that cannot be read": 1,
        "rsd.txt files with another text than their LTF": 1,
    }


def test_offsets_that_are_no_whole_numbers_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.ltf.xml"
    path.write_bytes(build_ltf("a", TEXT).replace(b'start_char="0" end_char="25"', b'start_char="0.0" end_char="25.0"'))
    report = ReadReport()
    list(read_documents([path], report=report))
    assert report.left_out == {"SEGs whose offsets are no whole numbers": 1}
    assert any("a.ltf.xml: a: 1 SEGs whose offsets are no whole numbers" in line for line in report.warnings)
