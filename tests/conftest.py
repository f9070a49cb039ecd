"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of an example
settings.load_profile("untimed")

if "PYTEST_XDIST_WORKER" in os.environ:  # the other processors are the other workers'
    for library in ("OMP", "MKL", "OPENBLAS", "RAYON"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public corpora beside the checkout; the test is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the public corpora are not beside this checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium of the system, driven by Playwright; the test is skipped where one of them is missing."""
    api = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install 'ousianer[browser]'")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("needs a Chromium, such as Debian's package chromium")
    with api.sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=sandbox)
        yield browser
        browser.close()
