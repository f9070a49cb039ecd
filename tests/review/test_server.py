"""The server: who is let in, what is sent back, and that nothing that was confirmed is lost."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from review_texts import Client, asked, served, session_of, units

from ousianer_cli.errors import SettingsError
from ousianer_cli.review.desk import Desk
from ousianer_cli.review.journal import read_journal
from ousianer_cli.review.safety import LARGEST_BODY
from ousianer_cli.review.server import assets, open_socket
from ousianer_cli.review.session import Session


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Session, Client]]:
    with session_of(tmp_path) as session, served(Desk(session, "document", Path("run.tab"))) as client:
        yield session, client


@pytest.fixture
def client(opened: tuple[Session, Client]) -> Client:
    return opened[1]


def test_the_pages_need_the_key(client: Client) -> None:
    status, page, headers = client.ask("/?token=key", headers={"Cookie": None})
    assert status == 200 and "<main" in page
    cookie = headers["set-cookie"]
    assert cookie.startswith(f"{client.cookie};") and "HttpOnly" in cookie and "SameSite=Strict" in cookie
    for path in ("/", "/api/start", "/assets/main.js", "/api/document/0"):
        assert client.ask(path)[0] == 200
        for wrong in (None, f"ousianer-review-{client.port}=kez", "other=key"):
            status, _, headers = client.ask(path, headers={"Cookie": wrong})
            assert status == 403 and "set-cookie" not in headers
    assert client.ask("/?token=kez", headers={"Cookie": None})[0] == 403
    assert client.ask("/api/start?token=key", headers={"Cookie": None})[0] == 403
    assert client.ask("/api/undo", {}, headers={"Cookie": None})[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", "", None])
def test_other_hosts_are_refused(client: Client, host: str | None) -> None:
    assert client.ask("/api/start", headers={"Host": host})[0] in (400, 421)


def test_localhost_is_this_host(client: Client) -> None:
    assert client.ask("/api/start", headers={"Host": f"localhost:{client.port}"})[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None, "https://127.0.0.1", "http://127.0.0.1:1"])
def test_other_origins_change_nothing(opened: tuple[Session, Client], origin: str | None) -> None:
    session, client = opened
    ask = asked("accept", units("one", "Ada Brun"))
    assert client.ask("/api/decide", ask, headers={"Origin": origin})[0] == 403
    if origin:
        assert client.ask("/api/start", headers={"Origin": origin})[0] == 403
    assert client.ask("/api/decide", ask, headers={"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert client.ask("/api/decide", ask, headers={"Content-Type": "text/plain"})[0] == 415
    assert session.progress()["done"] == 0
    assert client.ask("/api/decide", ask, headers={"Sec-Fetch-Site": "same-origin"})[0] == 200
    assert session.progress()["done"] == 1


def test_every_answer_has_the_headers_of_safety(client: Client) -> None:
    for path in ("/", "/api/start", "/nothing", "/assets/main.js"):
        _, _, headers = client.ask(path)
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'" and headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store" and headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../safety.py",
        "/assets/%2e%2e/safety.py",
        "/assets/..%2fsafety.py",
        "/assets/%2fetc%2fpasswd",
        "/etc/passwd",
        "//etc/passwd",
        "/api/document/../../../etc/passwd",
        "/api/document/9",
        "/api/document/-1",
        "/assets/safety.py",
    ],
)
def test_no_path_reaches_a_file(client: Client, path: str) -> None:
    status, answer, _ = client.ask(path)
    assert status in (404, 400, 405) and "root:" not in str(answer) and "LOOPBACK" not in str(answer)


def test_what_the_pages_load_is_inside_the_package(client: Client) -> None:
    own = assets()
    texts = {name: content.decode() for name, (content, _) in own.items()}
    for name, text in texts.items():
        for found in re.findall(r"""(?:src|href)=["']([^"']+)|from ["']([^"']+)|url\(([^)]+)\)""", text):
            target = next(filter(None, found)).split("/")[-1]
            assert target in {*own, "colours.css"}, f"{name} loads {target}"
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "") and "https://" not in text
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), name
    page = texts["index.html"]
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=", page)  # the policy would forbid them
    assert client.ask("/assets/colours.css")[2]["content-type"].startswith("text/css")


def test_bodies_are_small_and_objects(client: Client) -> None:
    for data, status in ((b"[]", 400), (b"{", 400), (b"\xff", 400), (b"[" * 200_000, 400)):
        assert client.ask("/api/decide", data)[0] == status
    assert client.ask("/api/decide", b"{}", headers={"Content-Length": str(LARGEST_BODY + 1)})[0] == 413
    assert (
        client.ask("/api/decide", b"0\r\n\r\n", headers={"Content-Length": None, "Transfer-Encoding": "chunked"})[0]
        == 413
    )
    assert client.ask("/api/decide", asked("type", units("one", "Ada Brun"), type="X"))[:2] == (
        409,
        {"error": "there is no such type"},
    )


def test_the_text_is_sent_as_it_is(client: Client) -> None:
    _, view, headers = client.ask("/api/document/0")
    assert "<script>alert(1)</script>" in view["text"] and headers["content-type"] == "application/json"


def test_the_socket_is_of_this_machine_alone() -> None:
    with open_socket(0) as listening:
        host, port = listening.getsockname()
        assert host == "127.0.0.1"
        with pytest.raises(SettingsError, match=f"--port: expected a free port, found {port}"):
            open_socket(port)


def test_many_clients_lose_no_decision(opened: tuple[Session, Client], tmp_path: Path) -> None:
    session, client = opened
    places = [units("one", "Ada Brun"), units("one", "Westhaven"), units("two", "Otto Lind")]
    confirmed: list[str] = []

    def work(number: int) -> None:
        for turn in range(2):
            ask = asked("type", places[(number + turn) % 3], type="PER")
            if client.ask("/api/decide", ask)[0] == 200:
                confirmed.append(ask["id"])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(confirmed) == 100
    assert {r["id"] for r in read_journal(session.journal.path)[0]} == set(confirmed)


def test_the_feedback_file_follows_by_itself(opened: tuple[Session, Client], tmp_path: Path) -> None:
    session, client = opened
    assert client.ask("/api/decide", asked("accept", units("one", "Ada Brun")))[0] == 200
    for _ in range(600):
        if (tmp_path / "extra.tsv").exists():
            break
        threading.Event().wait(0.05)
    assert "Ada Brun" in (tmp_path / "extra.tsv").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "extra.tsv.anna.journal").read_text().splitlines()[1])["kind"] == "accept"
    assert client.ask("/api/status")[1]["trouble"] == ""
