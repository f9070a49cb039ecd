"""neleval's combined format: what is read, and what is refused and where."""

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.formats.kinds.combined import iter_combined, parse_combined


def read(text):
    rows = parse_combined(text)
    return [(r.doc, r.start, r.end, r.kb_id, r.confidence, r.type, r.mention_type) for r in rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("D\t0\t3", [("D", 0, 3, "NIL", 1.0, "", "")]),
        ("D\t0\t3\tE1", [("D", 0, 3, "E1", 1.0, "", "")]),
        ("D\t0\t3\tE1\t0.5", [("D", 0, 3, "E1", 0.5, "", "")]),
        ("D\t0\t3\tE1\t0.5\tper/NAM", [("D", 0, 3, "E1", 0.5, "per", "NAM")]),
        ("D\t0\t3\t\t0.5\tper/NAM", [("D", 0, 3, "", 0.5, "per", "NAM")]),
        ("D\t0\t3\tE1\t0.5\tper", [("D", 0, 3, "E1", 0.5, "per", "")]),
        ('D\t0\t3\tE1\t0.5\t{"type": "per/NOM"}', [("D", 0, 3, "E1", 0.5, "per", "NOM")]),
        (
            "D\t0\t3\tE1\t0.5\ta/NAM\tE2\t2\tb/NAM",
            [("D", 0, 3, "E1", 0.5, "a", "NAM"), ("D", 0, 3, "E2", 2.0, "b", "NAM")],
        ),
        ("D\t0\t3\t\t\t", [("D", 0, 3, "", 1.0, "", "")]),
    ],
)
def test_lines(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (b"D\t0", "at least 3 tab-separated columns"),
        (b"", "at least 3"),
        (b"D\tx\t3\tE1\t1\tper", "two offsets"),
        (b"D\t0\t-3\tE1\t1\tper", "two offsets"),
        (b"D\t5\t3\tE1\t1\tper", "not before the start"),
        (b"D\t0\t3\tE1\tnan\tper", "finite number"),
        (b"D\t0\t3\tE1\thigh\tper", "a number as score"),
        (b"D\t0\t3\tE1\t1\tper\tE2\t1", "id, score and type"),
        (b'D\t0\t3\tE1\t1\t{"type"', "JSON object"),
        (b"D\t0\t3\tE1\t1\tper\r", "line end"),
        (b"\xef\xbb\xbfD\t0\t3", "byte order mark"),
        (b"D\0\t0\t3", "NUL"),
        (b"D\xe9\t0\t3", "UTF-8"),
    ],
)
def test_faults_name_file_and_line(tmp_path, broken, words):
    path = tmp_path / "r.combined"
    path.write_bytes(b"D\t0\t3\n" + broken + b"\n")
    with pytest.raises(InputError, match=rf"r\.combined:2: expected .*{words}|r\.combined:2: .*{words}"):
        list(iter_combined(path))


def test_absent_file(tmp_path):
    with pytest.raises(InputError, match="no readable file"):
        list(iter_combined(tmp_path / "none"))
