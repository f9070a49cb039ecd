"""Two short documents of our own with a run, for the tests of the review."""

from __future__ import annotations

import http.client
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.review.desk import Desk
from ousianer_cli.review.names import ReviewDocument, add_second, read_run, review_documents
from ousianer_cli.review.server import guarded, open_socket
from ousianer_cli.review.session import Session
from ousianer_cli.taxonomy.tree_files import load_taxonomy

ONE = (
    "Mayor Ada Brun of Westhaven met Otto Lind. \U0001f600 Westhaven is proud <script>alert(1)</script> of Ada Brun.\n"
)
TWO = 'The Westhaven Times said "no" to Otto Lind.\nThe Maritime Court of Westhaven sat.\n'
TEXTS = {"one": ONE, "two": TWO}
NAMES = [
    ("one", "Ada Brun", 0, "per", 0.4),
    ("one", "Westhaven", 0, "gpe.urbanarea.city", 0.9),
    ("one", "Otto Lind", 0, "per.politician", 0.6),
    ("one", "Westhaven", 1, "gpe.urbanarea.city", 0.8),
    ("two", "The Westhaven Times", 0, "org", 0.7),
    ("two", "Otto Lind", 0, "per", 0.95),
    ("two", "Westhaven", 1, "gpe.urbanarea.city", 0.5),
]


def place(doc: str, words: str, nth: int = 0) -> tuple[int, int]:
    """Code points of the nth time that words stand in a document."""
    text, at = TEXTS[doc], -1
    for _ in range(nth + 1):
        at = text.index(words, at + 1)
    return at, at + len(words)


def units(doc: str, words: str, nth: int = 0) -> dict[str, int]:
    """The same in UTF-16 units, as a browser asks."""
    start, end = place(doc, words, nth)
    count = [len(TEXTS[doc][:p].encode("utf-16-le")) // 2 for p in (start, end)]
    return {"document": list(TEXTS).index(doc), "start": count[0], "end": count[1]}


def write_run(path: Path, names: list[tuple[str, str, int, str, float]]) -> Path:
    """An EDL tab of names."""
    rows = []
    for n, (doc, words, nth, type_name, confidence) in enumerate(names):
        start, end = place(doc, words, nth)
        rows.append(f"r\tr-{n}\t{words}\t{doc}:{start}-{end - 1}\tNIL{n}\t{type_name}\tNAM\t{confidence}\n")
    path.write_text("".join(rows), encoding="utf-8")
    return path


def write_texts(folder: Path) -> tuple[Path, Path]:
    """(the run, the folder of its documents)."""
    docs = folder / "docs"
    docs.mkdir(parents=True)
    for name, text in TEXTS.items():
        (docs / f"{name}.txt").write_text(text, encoding="utf-8")
    return write_run(folder / "run.tab", NAMES), docs


def documents_of(folder: Path, second: list[tuple[str, str, int, str, float]] | None = None) -> list[ReviewDocument]:
    """The documents to judge."""
    taxonomy = load_taxonomy("aida-edl")
    run, docs = write_texts(folder) if not (folder / "run.tab").exists() else (folder / "run.tab", folder / "docs")
    documents = review_documents(read_run(run, [docs], taxonomy, CorpusReport()))
    if second is not None:
        other = write_run(folder / "second.tab", second)
        add_second(documents, read_run(other, [docs], taxonomy, CorpusReport()))
    return documents


@contextmanager
def session_of(folder: Path, annotator: str = "anna", **changes: Any) -> Iterator[Session]:
    """An open session over the documents."""
    session = Session(documents_of(folder, **changes), load_taxonomy("aida-edl"), folder / "extra.tsv", annotator)
    try:
        yield session
    finally:
        session.close()


def asked(kind: str, at: dict[str, int], **more: Any) -> dict[str, Any]:
    """What a page sends."""
    return {"id": str(uuid.uuid4()), "kind": kind, **at, **more}


def done(session: Session, kind: str, at: dict[str, int], **more: Any) -> dict[str, Any]:
    """A decision that is on the disk."""
    answer, future = session.decide(asked(kind, at, **more))
    future.result(10)
    return answer


class Client:
    """Plain HTTP to a server of this machine."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.token = token
        self.origin = f"http://127.0.0.1:{port}"
        self.cookie = f"ousianer-review-{port}={token}"

    def ask(
        self, path: str, data: Any = None, method: str = "", headers: dict[str, str | None] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """(status, JSON or text, headers) of a request as the pages make it, but for changed headers."""
        sent: dict[str, str | None] = {"Host": f"127.0.0.1:{self.port}", "Cookie": self.cookie}
        body = None
        if data is not None:
            body = data if isinstance(data, bytes) else json.dumps(data).encode()
            sent |= {"Origin": self.origin, "Content-Type": "application/json", "Content-Length": str(len(body))}
        sent |= headers or {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method or ("GET" if data is None else "POST"), path, skip_host=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            raw = answer.read()
            given = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, json.loads(raw) if "json" in given.get("content-type", "") else raw.decode(), given
        finally:
            connection.close()


@contextmanager
def served(desk: Desk) -> Iterator[Client]:
    """A client of a running server."""
    listening = open_socket(0)
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(guarded(desk, "key", port), log_level="error", lifespan="on", ws="none"))
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]))
    thread.start()
    try:
        yield Client(port, "key")
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
