"""What docs/reliability.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_NAMED = re.compile(r"(?P<file>(?:tests|benchmarks)/[\w/]+\.py)(?:::(?P<test>\w+))?")


def test_every_row_names_a_test_or_a_script_that_is_there() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| tried |")]
    assert len(rows) > 20
    for row in rows:
        named = list(_NAMED.finditer(row))
        assert named, row
        for match in named:
            source = (ROOT / match["file"]).read_text(encoding="utf-8")
            assert not match["test"] or f"def {match['test']}(" in source, match[0]
