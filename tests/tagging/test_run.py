"""A run: the same bytes in any batch, whole or not at all, and settings that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ousianer_cli.errors import OutputError, SettingsError
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.edl import normalise_mention_string, read_edl
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.run import run_tag, write_lines

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "ltf"


@pytest.mark.parametrize("name", ["edl", "jsonl", "conll"])
def test_the_example_documents_give_the_same_bytes_in_any_order(tmp_path: Path, model: str, name: str) -> None:
    written = []
    files = sorted(str(p) for p in EXAMPLES.iterdir())
    for number, order in enumerate((files, files, files[::-1])):
        out = tmp_path / f"{number}.out"
        summary = run_tag(TagSettings(inputs=order, out=str(out), format=name, nil="per-mention", model=model))
        written.append(out.read_bytes())
    assert summary.names > 200
    assert written[0] == written[1]
    if name != "edl":  # whose rows are numbered
        assert sorted(written[0].split(b"\n")) == sorted(written[2].split(b"\n"))
    if name == "edl":
        rows = read_edl(out)
        texts = {d.id: d.text for d in read_documents([EXAMPLES])}
        for row in rows:
            assert row.text == normalise_mention_string(texts[row.doc][row.start : row.end + 1])
        assert len({r.mention_id for r in rows}) == len(rows) == summary.names


def test_lines_that_fail_leave_the_old_run_and_nothing_else(tmp_path: Path) -> None:
    def lines() -> Iterator[str]:
        yield "one"
        raise OutputError("the disk went away")

    out = tmp_path / "run.tab"
    out.write_text("the run before")
    with pytest.raises(OutputError, match="the disk went away"):
        write_lines(out, lines())
    assert out.read_text() == "the run before"
    assert [p.name for p in tmp_path.iterdir()] == ["run.tab"]
    write_lines(out, ["a", "é"])
    assert out.read_bytes() == "a\né\n".encode()


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"run_id": "a b"}, "--run-id"),
        ({"run_id": ""}, "--run-id"),
        ({"deepen": 1.5}, "--deepen"),
        ({"min_confidence": 1.5}, "--min-confidence"),
        ({"yago_threshold": 0.01}, "--yago-threshold"),
    ],
)
def test_settings_that_cannot_be_are_named_by_flag(change: dict[str, object], flag: str) -> None:
    with pytest.raises(SettingsError, match=flag):
        TagSettings(**change)  # type: ignore[arg-type]
