"""Files made to harm: nothing outside of them is read, nothing is asked of the network, nothing grows without end."""

from __future__ import annotations

import gzip
import http.server
import stat
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats import unpacked
from ousianer_cli.formats.corpus import read_corpus
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.documents.report import MALFORMED, ReadReport
from ousianer_cli.formats.edl import iter_edl
from ousianer_cli.formats.registry import document_formats

SEG = '<SEG id="s" start_char="{}" end_char="{}"><ORIGINAL_TEXT>{}</ORIGINAL_TEXT></SEG>'


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server that notes what is asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'<!ENTITY e "Secret Ann">')

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}", asked
        running.shutdown()


def ltf(dtd: str, text: str, attribute: str = "d") -> str:
    body = "<TEXT>" + SEG.format(0, 2, "Bo.") + SEG.format(4, 9, text) + "</TEXT>"
    return f'<?xml version="1.0"?>\n{dtd}\n<LCTL_TEXT><DOC id="{attribute}">{body}</DOC></LCTL_TEXT>'


def laughs(levels: int) -> str:
    lines = ['<!ENTITY a0 "Ann Lee ">']
    lines += [f'<!ENTITY a{k} "' + f"&a{k - 1};" * 10 + '">' for k in range(1, levels)]
    return f"<!DOCTYPE LCTL_TEXT [{''.join(lines)}]>"


def outcome(path: Path) -> tuple[str, str]:
    """The text of a file's documents, or the error's line; within 10 seconds and 300 MB."""
    document_formats()
    began = time.perf_counter()
    tracemalloc.start()
    try:
        return " ".join(d.text for d in read_documents([path])), ""
    except InputError as error:
        assert "\n" not in str(error) and path.name in str(error)
        return "", str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 300 << 20
        assert time.perf_counter() - began < 10


@pytest.mark.parametrize("name", ["a.ltf.xml", "a.nw.xml"])
@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE LCTL_TEXT [<!ENTITY e SYSTEM "{file}">]>',
        '<!DOCTYPE LCTL_TEXT [<!ENTITY e SYSTEM "{url}/entity">]>',
        '<!DOCTYPE LCTL_TEXT [<!ENTITY % p SYSTEM "{url}/parameter"> %p;]>',
        '<!DOCTYPE LCTL_TEXT [<!ENTITY % p SYSTEM "{file}"> %p;]>',
        '<!DOCTYPE LCTL_TEXT SYSTEM "{url}/ltf.dtd">',
        '<!DOCTYPE LCTL_TEXT SYSTEM "{file}">',
        '<!DOCTYPE LCTL_TEXT PUBLIC "-//X" "{url}/ltf.dtd" [<!ENTITY x "y">]>',
    ],
)
def test_nothing_outside_is_read_or_asked_for(
    tmp_path: Path, server: tuple[str, list[str]], dtd: str, name: str
) -> None:
    url, asked = server
    secret = tmp_path / "secret.dtd"
    secret.write_text('<!ENTITY e "Secret Ann">', encoding="utf-8")
    path = tmp_path / name
    content = ltf(dtd.format(file=secret.as_uri(), url=url), "&e; was here")
    path.write_text(content if name == "a.ltf.xml" else content.replace("LCTL_TEXT", "DOC"), encoding="utf-8")
    text, error = outcome(path)
    assert "Secret" not in text + error
    assert asked == []


LONG = '<!DOCTYPE LCTL_TEXT [<!ENTITY a "' + "x" * 100_000 + '">]>'


@pytest.mark.parametrize(
    ("dtd", "text", "attribute"),
    [
        (laughs(10), "&a9;", "d"),
        (laughs(10), "Ann", "&a9;"),
        (LONG, "&a;" * 20_000, "d"),
        (LONG, "Ann", "&a;" * 20_000),
        ("<!DOCTYPE LCTL_TEXT [<!ENTITY a '&b;'><!ENTITY b '&a;'>]>", "&a;", "d"),
        ("", "<b>" * 100_000, "d"),
        ("", "Ann", "x" * 8_000_000),
    ],
    ids=["laughs", "laughs in an attribute", "quadratic", "quadratic in an attribute", "circle", "deep", "attribute"],
)
def test_what_would_grow_is_refused_or_left_out(tmp_path: Path, dtd: str, text: str, attribute: str) -> None:
    path = tmp_path / "a.ltf.xml"
    path.write_text(ltf(dtd, text, attribute), encoding="utf-8")
    found, error = outcome(path)
    assert error or found.strip() == "Bo."


def test_a_bomb_is_refused_and_costs_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "LARGE", 1 << 20)
    blanks = bytes(8 << 20).replace(b"\0", b" ")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(blanks))
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.txt", blanks)
        archive.writestr("c.ltf.xml", build_ltf("c", "Ann.").replace(b"<TEXT>", b"<TEXT>" + blanks))
        archive.writestr("ok.txt", b"Ann was here.")
    with pytest.raises(InputError, match=r"a\.txt\.gz: expected a file that unpacks to at most 200 times its size"):
        list(read_documents([tmp_path / "a.txt.gz"]))
    for read in (read_corpus, iter_edl):
        with pytest.raises(InputError, match=r"a\.txt\.gz: expected a file that unpacks to at most 200 times its size"):
            list(read(tmp_path / "a.txt.gz"))
    report = ReadReport()
    assert [d.id for d in read_documents([tmp_path / "b.zip"], report=report)] == ["ok"]
    assert report.skipped == {MALFORMED: 2}


def test_names_and_links_of_an_archive_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Secret Ann", encoding="utf-8")
    inner = tmp_path / "in"
    inner.mkdir()
    with zipfile.ZipFile(inner / "a.zip", "w") as archive:
        archive.writestr("../../evil.txt", "Bo.")
        archive.writestr("/abs/evil2.txt", "Cy.")
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "../secret.txt")
    report = ReadReport()
    documents = list(read_documents([inner / "a.zip"], report=report))
    assert sorted(d.text for d in documents) == ["Bo.", "Cy."]
    assert report.skipped == {MALFORMED: 1} and "a link inside an archive" in report.warnings[0]
    assert sorted(p.name for p in tmp_path.rglob("*.txt")) == ["secret.txt"]


def test_gzip_with_something_behind_it_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"Ann.") + b"garbage")
    with pytest.raises(InputError, match=r"a\.txt\.gz: expected an intact archive, found a broken one"):
        list(read_documents([path]))
