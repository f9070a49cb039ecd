"""What stands in a page cannot become markup or script."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.pages.embed import asset, content_hash, embedded_json, policy


@given(st.text())
def test_json_in_a_script_is_only_json(text: str) -> None:
    written = embedded_json({"text": text})
    assert json.loads(written) == {"text": text}
    assert not set("<>&\u2028\u2029") & set(written)
    written.encode()


def test_a_lone_surrogate_can_be_written() -> None:
    written = embedded_json(["\ud83d <!-- </script>"])
    assert json.loads(written.encode()) == ["\ud83d <!-- </script>"] and "<" not in written


def test_the_policy_names_what_may_act() -> None:
    assert content_hash("alert(1)") == "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
    found = policy(["alert(1)"], [])
    assert "default-src 'none'" in found and "style-src 'none'" in found and "unsafe" not in found


def test_assets_load_nothing_from_elsewhere() -> None:
    for name in ("annotated.js", "annotated.css"):
        text = asset(name)
        assert "http:" not in text and "https:" not in text and "url(" not in text and "innerHTML" not in text
