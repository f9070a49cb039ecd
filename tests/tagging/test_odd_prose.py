"""The shipped model on text that is no prose: cells, quoted mail, handles, addresses, markup."""

from __future__ import annotations

import pytest

from ousianer_cli import Tagger


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load(threads=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name   City\nAnn Roe      San Francisco\nKim Lee      New York", {"San Francisco", "New York"}),
        ("> He left the World Health\n> Organization in New\n> York.", {"World Health\n> Organization", "New\n> York"}),
        ("Great to be in #NewYork with Joe Biden! https://t.co/Obama1", {"NewYork", "Joe Biden"}),
        ("See www.Berlin.de and http://x.org/Angela-Merkel/Moscow or mail a@Paris.fr.", set()),
        (
            "Smith &amp; Sons &lt;London&gt; is a firm in S&#xE3;o Paulo.",
            {"Smith &amp; Sons", "S&#xE3;o Paulo"},
        ),
        (
            "Lt. Gen. H. R. McMaster and Ms. Smith (née Jones) met Gen. John Kelly of Alphabet (GOOGL.O).",
            {"H. R. McMaster", "Smith", "John Kelly", "Alphabet"},
        ),
        (r"Angela Merkel\nVladimir Putin\nMoscow", {"Angela Merkel", "Vladimir Putin", "Moscow"}),
    ],
)
def test_whole_names_and_no_others(tagger: Tagger, text: str, expected: set[str]) -> None:
    found = {mention.text for mention in tagger.tag(text)}
    assert expected <= found if expected else not found
