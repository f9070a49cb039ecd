"""The pages in a real Chromium: what a person does by mouse and by keys, and what a hostile document cannot do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from review_model import learning_desk
from review_texts import NAMES, ONE, Client, documents_of, place, served, session_of, write_run

from ousianer_cli.review.desk import Desk
from ousianer_cli.review.journal import read_journal
from ousianer_cli.review.session import Session

pytestmark = pytest.mark.browser


@contextmanager
def opened(browser: Any, client: Client) -> Iterator[Any]:
    """The page of a running server, ready for keys; what it says is an error fails the test."""
    context = browser.new_context(viewport={"width": 1300, "height": 800})
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"http://127.0.0.1:{client.port}/?token={client.token}")
    page.wait_for_selector("html[data-ready]")
    yield page
    context.close()
    assert errors == []


@contextmanager
def page_of(browser: Any, folder: Path, run: str = "run.tab") -> Iterator[tuple[Session, Any]]:
    """A session without a model, and its page."""
    with (
        session_of(folder) as session,
        served(Desk(session, "document", Path(run))) as client,
        opened(browser, client) as page,
    ):
        yield session, page


def judged(page: Any, count: int) -> None:
    """Wait until the page counts so many judged names, which it does when the disk has them."""
    page.wait_for_selector(f"#count:text-matches('^{count} of ')")


def shows(page: Any, selector: str, text: str) -> None:
    """Wait until an element has this text."""
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_text(text)


def kinds(session: Session) -> list[tuple[str, list[tuple[str, str]]]]:
    """(kind, [(words, verdict)]) of the journal, undo and redo by their names."""
    return [
        (r["kind"], [(words, verdict) for _, _, _, verdict, words in r["verdicts"]])
        if "kind" in r
        else ("undo" if "undo" in r else "redo", [])
        for r in read_journal(session.journal.path)[0]
    ]


def test_a_person_works_by_keys_alone(chromium: Any, tmp_path: Path) -> None:
    with page_of(chromium, tmp_path) as (session, page):
        keys = page.keyboard
        shows(page, "#card .words", "Ada Brun")
        keys.press("Enter")
        judged(page, 1)
        shows(page, "#card .words", "Westhaven")
        keys.press("Shift+Enter")  # all equal strings of the document
        judged(page, 3)
        shows(page, "#card .words", "Otto Lind")
        keys.press("t")
        page.wait_for_selector("#picker[open]")
        keys.type("polit may")
        shows(page, "#picker-list .chosen", "Mayor")
        keys.press("Control+Enter")  # and of the run
        judged(page, 5)
        shows(page, "#title", "two")
        shows(page, "#card .words", "The Westhaven Times")
        keys.press("b")
        keys.press("ArrowRight")
        assert "beginning" in page.inner_text("#mode")
        keys.press("Enter")
        judged(page, 7)
        shows(page, "#card .words", "Westhaven Times")
        keys.press("a")
        for _ in range(3):
            keys.press("ArrowRight")
        keys.press("Escape")
        keys.press("a")
        keys.press("ArrowDown")  # ten words on: past the first sentence
        keys.press("ArrowRight")
        keys.press("Shift+ArrowRight")
        keys.press("Enter")
        page.wait_for_selector("#picker[open]")
        keys.type("court")
        keys.press("Enter")
        judged(page, 8)
        words = page.inner_text("#card .words")
        keys.press("u")
        judged(page, 7)
        keys.press("Shift+U")
        judged(page, 8)
        keys.press("n")
        page.wait_for_selector("#card .words:text('Westhaven')")
        keys.press("x")
        judged(page, 9)
        page.wait_for_selector("#message.good:text('Everything is judged')")
        keys.press("?")
        assert page.is_visible("#help h1")
        keys.press("Escape")
        page.screenshot(path=tmp_path / "keys.png")
        found = kinds(session)
        assert found[:4] == [
            ("accept", [("Ada Brun", "PER")]),
            ("accept", [("Westhaven", "GPE.UrbanArea.City")] * 2),
            ("type", [("Otto Lind", "PER.Politician.Mayor")] * 2),
            ("bounds", [("The Westhaven Times", "no name"), ("Westhaven Times", "ORG")]),
        ]
        assert found[4] == ("add", [(words, "ORG.PoliticalOrganization.Court")]) and len(words.split()) == 2
        assert [kind for kind, _ in found[5:]] == ["undo", "redo", "no name"]
    with page_of(chromium, tmp_path) as (_, page):  # later on
        judged(page, 9)
        page.keyboard.press("u")
        judged(page, 8)


def test_a_document_with_markup_is_shown_and_not_run(chromium: Any, tmp_path: Path) -> None:
    documents_of(tmp_path)
    hostile = ONE.replace("<script>alert(1)</script>", "<img src=x onerror=alert(2)><script>alert(1)</script>")
    (tmp_path / "docs" / "one.txt").write_text(hostile, encoding="utf-8")
    write_run(tmp_path / "run.tab", NAMES[:3])
    with page_of(chromium, tmp_path, "<b>run<i>.tab") as (_, page):
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        assert "<img src=x onerror=alert(2)><script>alert(1)</script>" in page.inner_text("#text")
        assert page.locator("#text img, #text script, #run b").count() == 0
        shows(page, "#run", "<b>run<i>.tab")
        assert "token" not in page.url
        cookies = page.context.cookies()
        assert [(c["httpOnly"], c["sameSite"]) for c in cookies] == [(True, "Strict")]
        assert page.evaluate("document.cookie") == ""


def test_what_is_not_saved_is_not_shown_as_done(chromium: Any, tmp_path: Path) -> None:
    with page_of(chromium, tmp_path) as (session, page):
        session.journal.close()
        page.keyboard.press("Enter")
        page.wait_for_selector("#message.bad:text('the session has ended')")
        assert page.inner_text("#count").startswith("0 of ") and page.inner_text("#card .words") == "Ada Brun"


def test_a_real_run_is_corrected_learned_and_shown_anew(chromium: Any, tmp_path: Path) -> None:
    with learning_desk(tmp_path) as (session, desk), served(desk) as client, opened(chromium, client) as page:
        page.wait_for_selector("#apply:enabled")
        keys = page.keyboard
        page.click("#text .name:text('Westhaven')")
        shows(page, "#card .leaf", "PER")
        page.wait_for_selector("#card .alternatives")
        keys.press("t")
        page.wait_for_selector("#picker[open]")
        keys.type("urbanarea city")
        page.click("#picker-list .chosen", modifiers=["Shift"])  # and of the document
        judged(page, 2)
        _select(page, "proud")
        keys.press("a")
        page.wait_for_selector("#picker[open]")
        keys.type("team")
        keys.press("Enter")
        judged(page, 3)
        shows(page, "#card .words", "proud")
        page.click("#text .name:text('Otto Lind')")
        keys.press("x")
        judged(page, 4)
        page.screenshot(path=tmp_path / "review.png")
        keys.press("g")
        page.wait_for_selector("#changes[open]")
        page.screenshot(path=tmp_path / "changes.png")
        sum_line = page.inner_text("#changes .sum")
        assert not sum_line.startswith("0 retyped")
        keys.press("Enter")  # go on
        page.wait_for_selector("#changes", state="hidden")
        learned = session.documents[0].names[place("one", "Westhaven", 1)].type
        assert learned != "PER"
        page.wait_for_selector(f"#text .name.changed[data-start='{_unit(place('one', 'Westhaven', 1)[0])}']")
        assert json.loads((tmp_path / "extra.tsv.anna.journal").read_text().splitlines()[1])["kind"] == "type"
        keys.press("c")
        page.click("#changes-buttons button:text('Keep the model')")
        page.wait_for_selector("#message.good:text('wrote')")
        assert (tmp_path / "kept" / "model.safetensors").is_file()
    assert (tmp_path / "review.png").stat().st_size > 10_000


def _select(page: Any, words: str) -> None:
    """Select words of the text with the mouse."""
    box = page.evaluate(
        """(words) => {
          const walker = document.createTreeWalker(document.getElementById("text"), NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const at = node.data.indexOf(words);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + words.length);
            const box = range.getBoundingClientRect();
            return [box.left, box.right, (box.top + box.bottom) / 2];
          }
        }""",
        words,
    )
    page.mouse.move(box[0] + 1, box[2])
    page.mouse.down()
    page.mouse.move(box[1] - 1, box[2], steps=4)
    page.mouse.up()


def _unit(point: int) -> int:
    return len(ONE[:point].encode("utf-16-le")) // 2
