"""The report in a real browser: hostile text is shown, names are found by keyboard, filters act."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ousianer_cli.app import app

pytestmark = pytest.mark.browser

TEXT = "Ann Lee <script>document.title = 'owned'</script> came to Oslo.\n\nBo Bank of Oslo stayed."


def name(string: str, kind: str, confidence: float) -> dict[str, Any]:
    start = TEXT.rindex(string)
    alternatives = [{"type": kind, "probability": confidence}, {"type": "LOC", "probability": 0.125}]
    place = {"start": start, "end": start + len(string), "text": string}
    return {**place, "type": kind, "confidence": confidence, "alternatives": alternatives}


@pytest.fixture
def page(chromium: Any, tmp_path: Path) -> Any:
    names = [name("Ann Lee", "PER", 0.9), name("Bo Bank of Oslo", "ORG", 0.6), name("Oslo", "GPE.UrbanArea.City", 0.3)]
    lines = [{"id": f"D{n}", "text": TEXT, "mentions": names} for n in range(60)]
    (tmp_path / "run.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    start = TEXT.index("Ann Lee")
    row = f"g\tg1\tAnn Lee\tD1:{start}-{start + 6}\tNIL1\torg\tNAM\t1.0\n"
    (tmp_path / "gold.tab").write_text(
        row
        + row.replace("g1\tAnn Lee", "g2\tstayed").replace(
            f"{start}-{start + 6}", f"{TEXT.index('stayed')}-{TEXT.index('stayed') + 5}"
        )
    )
    words = ["view", "run.jsonl", "--gold", "gold.tab", "-o", "r.html"]
    result = CliRunner().invoke(app, [str(tmp_path / w) if "." in w else w for w in words])
    assert result.exit_code == 0, result.output
    made = chromium.new_page(viewport={"width": 1200, "height": 800})
    made.faults = []
    made.on("pageerror", lambda error: made.faults.append(str(error)))
    made.on("console", lambda entry: made.faults.append(entry.text) if entry.type == "error" else None)
    made.goto((tmp_path / "r.html").as_uri())
    made.wait_for_selector("body.ready")
    yield made
    made.screenshot(path=tmp_path / "page.png")
    assert made.faults == []
    made.close()


def test_text_is_shown_and_only_what_is_near_is_made(page: Any) -> None:
    page.locator("section.document .text").first.wait_for()
    assert "<script>document.title = 'owned'</script>" in page.locator("section.document .text").first.inner_text()
    assert page.title() == "run.jsonl"
    assert page.locator("section.document").count() == 60
    assert page.locator("section.document .text").count() < 20


def test_from_name_to_name_by_keyboard(page: Any) -> None:
    for _ in range(3):
        page.keyboard.press("n")
    inner = page.locator("mark.chosen")
    assert inner.inner_text() == "Oslo" and inner.locator("xpath=..").evaluate("e => e.tagName") == "MARK"
    card = page.locator("#card")
    card.wait_for()
    assert "GPE" in card.inner_text() and "City" in card.inner_text() and "0.30" in card.inner_text()
    assert "LOC" in card.inner_text() and "0.13" in card.inner_text()
    page.keyboard.press("p")
    assert page.locator("mark.chosen").first.inner_text().startswith("Bo Bank")
    page.keyboard.press("e")
    page.keyboard.press("?")
    assert page.locator("dialog kbd").count() > 8
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()


def test_filters(page: Any) -> None:
    page.keyboard.press("/")
    page.keyboard.type("urbanarea")
    assert page.locator("#place").inner_text().startswith("60 of 181 names")
    page.keyboard.press("Enter")
    assert page.locator("mark.chosen").inner_text() == "Oslo"
    assert page.locator("section.document mark.name:not(.off)").first.inner_text() == "Oslo"
    page.keyboard.press("0")
    assert page.locator("#place").inner_text() == "181 names"
    page.get_by_role("button", name="missed", exact=True).click(modifiers=["Shift"])
    assert page.locator("#place").inner_text().startswith("1 of 181")
    page.keyboard.press("o")
    assert page.locator("section.document:visible").count() == 1
    assert page.locator("mark.v-missed").inner_text() == "stayed"
    page.keyboard.press("s")
    assert page.locator(".sided h3:visible").all_inner_texts() == ["gold", "run"]


def test_paper_is_white_and_has_all_documents(page: Any) -> None:
    page.keyboard.press("d")
    colour = "getComputedStyle(document.body).color"
    screen = page.evaluate(colour)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(colour) == "rgb(31, 35, 40)" != screen
    assert page.locator("section.document .text").count() == 60
    assert not page.locator("#bar").is_visible()
