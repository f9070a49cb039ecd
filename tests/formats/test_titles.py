"""One form of titles, whatever they are written like."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.formats.titles import PLAIN, normalise_title, page_title, title_and_section

ODD = "aAbé\u0301\u0307ıß %2F0#&;:_\u200b\u200e\u202a\u00ad\t\u00a0\u3000lt"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("mill_town", "Mill town"),
        ("_éclair__au_chocolat ", "Éclair au chocolat"),
        ("weimar_(town)", "Weimar (town)"),
        ("  :mill   town ", "Mill town"),
        ("Salt &amp; Vinegar", "Salt & Vinegar"),
        ("AC%2FDC", "AC/DC"),
        ("Caf%C3%A9#Menu", "Café"),
        ("Caf%C3%A9%23Menu", "Café"),
        ("Rock &#39;n&#39; Roll", "Rock 'n' Roll"),
        ("#Menu", ""),
        ("éclair", "Éclair"),
        ("e\u0301clair", "Éclair"),
        ("ßtrange", "ßtrange"),
        ("cafe\u0301", "Café"),
        ("\u200eMill\u200b \u202aTown\u202c\ufeff", "Mill Town"),
        ("Mill\u00a0\u3000Town", "Mill Town"),
        ("ı\u0307x", "İx"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("100% Pure", "100% Pure"),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert normalise_title(text) == title
    assert normalise_title(title) == title


def test_a_section_is_no_page() -> None:
    assert title_and_section("mill%23The_old__part") == ("Mill", "The old part")
    assert title_and_section("Mill#") == ("Mill", None)
    assert page_title("Mill#Parts") == ""
    assert page_title("mill#") == "Mill"


@given(st.text(st.sampled_from(ODD), max_size=12) | st.text(max_size=12))
def test_the_form_is_stable_and_composed(text: str) -> None:
    title = normalise_title(text)
    assert unicodedata.is_normalized("NFC", title)
    assert title == " ".join(title.split())
    # What was escaped twice is no title, and changes once more.
    if not re.search("[&%#]", title):
        assert normalise_title(title) == title


@given(st.from_regex(PLAIN, fullmatch=True) | st.text(st.characters(max_codepoint=127), max_size=12))
def test_the_short_cut_is_right(text: str) -> None:
    if re.fullmatch(PLAIN, text):
        assert page_title(text) == text
