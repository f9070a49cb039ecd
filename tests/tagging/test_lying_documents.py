"""Documents whose offsets, digests, lengths, ids or characters are wrong or odd, tagged from the command line.

The rows are right, or what was left out is named and counted; the run agrees with its documents in every case.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from tiny_models import capitals_model, command_line

from ousianer_cli.formats.documents.document import Document, Segment
from ousianer_cli.formats.edl import read_edl
from ousianer_cli.network.checkpoint import save_model
from ousianer_cli.tagging.documents import split_document

Row = tuple[str, str, int, int]
ADA: Row = ("D", "Ada Brun", 5, 12)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "capitals"
    save_model(folder, capitals_model("PER", 0.9), "card")
    return folder


def seg(start: int | str, text: str, end: int | str | None = None) -> str:
    last = int(start) + len(text) - 1 if end is None else end
    return f'<SEG id="s" start_char="{start}" end_char="{last}"><ORIGINAL_TEXT>{escape(text)}</ORIGINAL_TEXT></SEG>'


def ltf(*segs: str, id: str = "D", **attributes: object) -> str:
    given = "".join(f" {name}={quoteattr(str(value))}" for name, value in {"id": id, **attributes}.items())
    return f"<LCTL_TEXT><DOC{given}><TEXT>{''.join(segs)}</TEXT></DOC></LCTL_TEXT>"


def tokens(start: int, end: int, *words: tuple[str, int]) -> str:
    inside = "".join(
        f'<TOKEN id="t" start_char="{at}" end_char="{at + len(word) - 1}">{word}</TOKEN>' for word, at in words
    )
    return f'<SEG id="s" start_char="{start}" end_char="{end}">{inside}</SEG>'


FIRST = seg(0, "then Ada Brun left .")  # 20 characters
MD5 = hashlib.md5(b"other").hexdigest()

LTF_CASES: dict[str, tuple[str, list[tuple[str, int, int]], list[str]]] = {
    "overlap": (ltf(FIRST, seg(15, "left Otto Lind .")), [ADA[1:]], ["1 SEGs that overlap another, left out"]),
    "the same SEG twice": (ltf(FIRST, FIRST), [ADA[1:]], ["1 SEGs that overlap another, left out"]),
    "backwards": (
        ltf(FIRST, seg(40, "and Otto .", 30)),
        [ADA[1:]],
        ["1 SEGs whose text and offsets disagree, left out"],
    ),
    "out of order": (ltf(seg(21, "and Otto ."), FIRST), [ADA[1:], ("Otto", 25, 28)], []),
    "too long for the text": (
        ltf(FIRST, seg(21, "and Otto .", 99), seg(120, "then Ivo ran .")),
        [ADA[1:], ("Ivo", 125, 127)],
        ["1 SEGs whose text and offsets disagree, left out"],
    ),
    "too short for the text": (
        ltf(FIRST, seg(21, "and Otto Lind .", 27), seg(40, "then Ivo ran .")),
        [ADA[1:], ("Ivo", 45, 47)],
        ["1 SEGs whose text and offsets disagree, left out"],
    ),
    "beyond the declared length": (
        ltf(FIRST, seg(21, "and Otto ."), raw_text_char_length=25),
        [ADA[1:], ("Otto", 25, 28)],
        ["the SEGs make 31 characters of raw text, raw_text_char_length says 25"],
    ),
    "far away": (
        ltf(FIRST, seg(10**12, "and Otto .")),
        [ADA[1:]],
        ["1 SEGs whose text and offsets disagree, left out"],
    ),
    "negative": (
        ltf(seg(-4, "and Otto .", 5), FIRST),
        [ADA[1:]],
        ["1 SEGs whose offsets are no whole numbers, left out"],
    ),
    "no offsets": (
        ltf(FIRST, "<SEG id='s'><ORIGINAL_TEXT>and Otto .</ORIGINAL_TEXT></SEG>"),
        [ADA[1:]],
        [],
    ),
    "tokens outside their SEG": (
        ltf(FIRST, tokens(21, 30, ("Otto", 40))),
        [ADA[1:]],
        ["1 SEGs whose text and offsets disagree, left out"],
    ),
    "tokens over one another": (
        ltf(FIRST, tokens(21, 30, ("Otto", 21), ("Otto", 23))),
        [ADA[1:]],
        ["1 SEGs whose text and offsets disagree, left out"],
    ),
    "md5": (ltf(FIRST, raw_text_md5=MD5), [ADA[1:]], ["does not have the md5 that raw_text_md5 gives"]),
    "length": (
        ltf(FIRST, raw_text_char_length=10**11),
        [ADA[1:]],
        ["the SEGs make 20 characters of raw text, raw_text_char_length says 100000000000"],
    ),
    "no id": (ltf(FIRST, id=""), [ADA[1:]], ["DOC has no id; 'lie-14' is used"]),
    "one id twice in a file": (
        ltf(FIRST).replace("</LCTL_TEXT>", ltf(seg(0, "Otto slept .")).removeprefix("<LCTL_TEXT>")),
        [ADA[1:]],
        ["skipped, a document lie-15 was read before"],
    ),
    "right to left": (
        ltf(seg(0, "\u200fقال \u202aAda Brun\u202c في القاهرة .")),
        [("Ada Brun", 6, 13)],
        [],
    ),
}


CHARACTER_CASES: list[tuple[str, list[tuple[str, int, int]]]] = [
    ("then Ada Brun\r\nleft .\r\n\r\nand Otto .\r\n", [("Ada Brun", 5, 12), ("Otto", 29, 32)]),
    ("then Ada Brun\rleft .\r\rand Otto .", [("Ada Brun", 5, 12), ("Otto", 26, 29)]),
    ("\U0001f600\U0001f600 Ada Brun \U0001d504 Otto .", [("Ada Brun", 3, 10), ("Otto", 14, 17)]),
    ("then Zoe\u0308 Mu\u0308ller met Otto .", [("Zoe\u0308 Mu\u0308ller", 5, 16), ("Otto", 22, 25)]),
    ("\u0308 then Ada Brun left .", [("Ada Brun", 7, 14)]),
    ("then \u202bAda Brun\u202c met \u2067Otto\u2069 .", [("Ada Brun", 6, 13), ("Otto", 21, 24)]),
    ("then\0Ada Brun\0met Otto\0", [("Ada Brun", 5, 12), ("Otto", 18, 21)]),
    ("then Ada\0Brun left .", []),  # no row can hold a NUL; counted
    ("then Ada\tBrun left .\n", [("Ada", 5, 7), ("Brun", 9, 12)]),
    ("\ufeffthen Ada Brun left .", [("Ada Brun", 5, 12)]),
    ("then Ada\u2028Brun left .", [("Ada", 5, 7), ("Brun", 9, 12)]),
    ("then Ada\u00a0\u00a0Brun left .", [("Ada Brun", 5, 13)]),
]


def tagged(folder: Path, model: Path, files: dict[str, str]) -> tuple[list[Row], str]:
    """The rows of the files' run, which agrees with them, and what was said."""
    docs = folder / "docs"
    docs.mkdir()
    for name, content in files.items():
        (docs / name).write_bytes(content.encode("utf-8"))
    run = folder / "run.tab"
    code, out, err = command_line("tag", docs, "-o", run, "--model", model)
    assert code == 0, err
    rows = [(row.doc, row.text, row.start, row.end) for row in read_edl(run)]
    code, checked, problems = command_line("validate", run, "--source", docs)
    assert code == 0, checked + problems
    return rows, out + err


@pytest.fixture(scope="module")
def ltf_run(tmp_path_factory: pytest.TempPathFactory, model: Path) -> tuple[list[Row], str]:
    """All cases of LTF in one run; the document of the third is `lie-2`, in a file of that name."""
    contents = (content.replace('id="D"', f'id="lie-{n}"') for n, (content, _, _) in enumerate(LTF_CASES.values()))
    files = {f"lie-{n}.ltf.xml": content for n, content in enumerate(contents)}
    return tagged(tmp_path_factory.mktemp("ltf"), model, files)


@pytest.mark.parametrize("case", LTF_CASES)
def test_ltf_at_odds_with_itself(ltf_run: tuple[list[Row], str], case: str) -> None:
    name = f"lie-{list(LTF_CASES).index(case)}"
    _, expected, reasons = LTF_CASES[case]
    rows, err = ltf_run
    assert [row[1:] for row in rows if row[0] == name] == expected
    warnings = [line for line in err.splitlines() if line.startswith("warning") and f"{name}.ltf.xml: " in line]
    assert len(warnings) == len(reasons)
    for line, reason in zip(warnings, reasons, strict=True):
        assert reason in line


def test_what_was_left_out_is_counted(ltf_run: tuple[list[Row], str]) -> None:
    counts = dict(line.rsplit("  ", 1) for line in ltf_run[1].splitlines() if "  " in line)
    found = {reason.strip(): int(count) for reason, count in counts.items() if reason.startswith(("skipped", "warn"))}
    assert found == {
        "skipped: SEGs that overlap another": 2,
        "skipped: SEGs whose text and offsets disagree": 6,
        "skipped: SEGs whose offsets are no whole numbers": 1,
        "skipped: SEGs without offsets": 1,
        "skipped: documents whose id was read before": 1,
        "warnings": sum(len(reasons) for _, _, reasons in LTF_CASES.values()),
    }


@pytest.fixture(scope="module")
def text_run(tmp_path_factory: pytest.TempPathFactory, model: Path) -> list[Row]:
    files = {f"text-{n}.txt": text for n, (text, _) in enumerate(CHARACTER_CASES)}
    rows, err = tagged(tmp_path_factory.mktemp("texts"), model, files)
    assert "skipped: names with a NUL character  1" in " ".join(err.splitlines())
    return rows


@pytest.mark.parametrize("case", range(len(CHARACTER_CASES)))
def test_characters_and_line_ends(text_run: list[Row], case: int) -> None:
    assert [row[1:] for row in text_run if row[0] == f"text-{case}"] == CHARACTER_CASES[case][1]


def test_one_id_in_several_files(tmp_path: Path, model: Path) -> None:
    files = {
        "a.ltf.xml": ltf(FIRST),
        "b.ltf.xml": ltf(seg(0, "and Otto .")),
        "c.ltf.xml": ltf(seg(0, "and Otto ."), id="E"),
        "E.rsd.txt": "Ivo slept .",
    }
    rows, err = tagged(tmp_path, model, files)
    assert rows == [("E", "Ivo", 0, 2), ("D", "Ada Brun", 5, 12)]
    assert "b.ltf.xml: skipped, a document D was read before" in err
    assert "c.ltf.xml: skipped, a document E was read before" in err


def test_odd_ids(tmp_path: Path, model: Path) -> None:
    odd = ["a b", "b&#9;c", "c&#10;d", "a:3-4", "../up", "\u00e9\u200b", "x" * 3000]
    files = {f"f{n}.ltf.xml": ltf(FIRST, id="ID").replace('"ID"', f'"{id}"') for n, id in enumerate(odd)}
    rows, _ = tagged(tmp_path, model, files)
    assert [row[0] for row in rows] == ["a_b", "b_c", "c_d", *odd[3:]]
    assert {row[1:] for row in rows} == {ADA[1:]}


@pytest.mark.parametrize("with_names", [True, False])
def test_a_thousand_empty_documents(tmp_path: Path, model: Path, with_names: bool) -> None:
    empty = "<LCTL_TEXT>" + "".join(f'<DOC id="d{n}"><TEXT/></DOC>' for n in range(900)) + "</LCTL_TEXT>"
    files = {"a.ltf.xml": empty, **{f"e{n}.txt": "\n" * (n % 3) for n in range(100)}}
    if with_names:
        files["D.txt"] = "then Ada Brun left ."
    rows, err = tagged(tmp_path, model, files)
    assert rows == ([ADA] if with_names else [])
    assert err.split("\n", 1)[0].split() == ["documents", f"{1000 + with_names:,}"]


def long_segment(words: int) -> Document:
    text = "then Ada met Otto , and " * (words // 6)
    return Document("D", text, (Segment("s", 0, len(text)),))


def test_a_long_segment(tmp_path: Path, model: Path) -> None:
    text = long_segment(6_000).text.rstrip()
    rows, _ = tagged(tmp_path, model, {"D.ltf.xml": ltf(seg(0, text))})
    assert len(rows) == 2_000
    assert rows[-2:] == [("D", "Ada", len(text) - 18, len(text) - 16), ("D", "Otto", len(text) - 10, len(text) - 7)]


def test_words_of_a_long_segment_take_time_in_proportion() -> None:
    def seconds(words: int) -> float:
        begin = time.process_time()
        assert sum(map(len, split_document(long_segment(words)).sentences)) == words
        return time.process_time() - begin

    short = min(seconds(9_000) for _ in range(3))
    assert seconds(90_000) < 40 * short  # about ten times as long; a hundred times if it grew as the square
