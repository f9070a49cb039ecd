"""Each problem of a run with its line."""

import pytest
from taxonomies import aida_edl

from ousianer_cli.formats.documents.document import Document
from ousianer_cli.scoring.validation import validate_run

TEXT = "Lima lies\nin  Peru. \U0001f600 Lima!"


def line(n=1, confidence="0.5", **changes):
    cells = {"run": "r", "id": f"m{n}", "text": "Lima", "place": "D:0-3", "kb": "NIL1", "type": "gpe", "form": "NAM"}
    return "\t".join([*{**cells, **changes}.values(), confidence])


def found(tmp_path, lines, documents=None, **options):
    path = tmp_path / "run.tab"
    path.write_text("".join(f"{text}\n" for text in lines), encoding="utf-8")
    return validate_run(path, aida_edl(), documents, **options)


NAMES = ("Lima", "Peru", "Lima")
SOUND = [line(1), line(2, text="Peru", place="D:14-17", type="gpe.country.country"), line(3, place="D:22-25")]


def document(shift=0):
    return Document("D", "#" * shift + TEXT, (), offset_shift=shift)


@pytest.mark.parametrize("shift", [0, 39])
def test_a_sound_run(tmp_path, shift):
    result = found(tmp_path, SOUND, [document(shift)])
    assert (result.problems, result.notes, result.lines) == ([], [], 3)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line(1), line(2)], [(2, "duplicate of line 1")]),
        ([line(1), line(1, place="D:7-9")], [(2, "mention id 'm1' is that of line 1")]),
        ([line(1, place="D:0-8"), line(2, place="D:5-12")], [(2, "overlaps 0-8 of line 1")]),
        (
            [line(1, place="D:5-6"), line(2, place="D:0-9"), line(3, place="D:8-9")],
            [(1, "overlaps 0-9 of line 2"), (3, "overlaps")],
        ),
        ([line(1, place="D:5-4")], [(1, "not before the start")]),
        ([line(1, place="D:5")], [(1, "docid:start-end")]),
        ([line(1, type="gpe.nowhere")], [(1, "expected a type of taxonomy 'aida-edl', found 'gpe.nowhere'")]),
        ([line(1, type="GPE.Country.Country")], [(1, "found 'GPE.Country.Country', which scores 0; write gpe.c")]),
        ([line(1, confidence="nan")], [(1, "confidence")]),
        ([line(1, confidence="")], [(1, "confidence")]),
        ([line(1, text="")], [(1, "mention string in column 3")]),
        ([line(1, text="San  Juan")], [(1, "single spaces")]),
        ([line(1, kb="")], [(1, "KB or NIL id")]),
        ([line(1, id="")], [(1, "mention id in column 2")]),
        ([line(1, form="nam")], [(1, "NAM or NOM")]),
        (["short", line(1)], [(1, "8 to 11")]),
        ([], [(1, "empty file")]),
    ],
)
def test_problems(tmp_path, lines, expected):
    problems = sorted(found(tmp_path, lines).problems)
    assert [number for number, _ in problems] == [number for number, _ in expected]
    for (_, sentence), (_, words) in zip(problems, expected, strict=True):
        assert words in sentence


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([line(1, text="lima")], "the text at 0-3 is 'Lima', the mention string is 'lima'"),
        ([line(1, place="D:23-99")], f"{len(TEXT)} characters long"),
        ([line(1, place="E:0-3")], "found 'E' (1 rows)"),
    ],
)
def test_problems_against_the_text(tmp_path, lines, words):
    ((number, sentence),) = found(tmp_path, lines, [document()]).problems
    assert number == 1 and words in sentence


@pytest.mark.parametrize(
    ("places", "note"),
    [
        (("0-4", "14-18", "22-26"), "3 of 3 strings that differ stand there with ends one less: the run's ends"),
        (("1-4", "15-18", "23-26"), "3 of 3 strings that differ stand there 1 character earlier: the offsets count"),
        (("0-4", "13-19", "22-25"), None),
    ],
)
def test_places_that_would_be_right_if_all_were_counted_otherwise(tmp_path, places, note):
    lines = [line(n, text=text, place=f"D:{place}") for n, (text, place) in enumerate(zip(NAMES, places, strict=True))]
    result = found(tmp_path, lines, [document()])
    assert (
        [(number, sentence[: len(note)]) for number, sentence in result.notes] == [(1, note)]
        if note
        else not result.notes
    )
    assert result.problems


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("ldcOnt:PER", "per"),
        ("PERSON", "per"),
        ("City", "gpe.urbanarea.city"),
        ("organization", "org"),
        (" gpe", "gpe"),
    ],
)
def test_the_type_that_was_meant_is_one_of_the_taxonomy(tmp_path, given, meant):
    ((_, sentence),) = found(tmp_path, [line(1, type=given)]).problems
    assert sentence == f"expected a type of taxonomy 'aida-edl', found '{given}'; write {meant}"


def test_a_string_over_a_line_end_is_normalised(tmp_path):
    assert not found(tmp_path, [line(1, text="lies in Peru", place="D:5-17")], [document()]).problems


def test_several_types_are_a_note(tmp_path):
    result = found(tmp_path, [line(1, confidence="0.3"), line(2, type="loc"), line(3, place="D:9-9", type="gpe|loc")])
    assert not result.problems
    assert [(number, "types" in text) for number, text in sorted(result.notes)] == [(1, True), (3, False)]
    assert "loc (line 2)" in result.notes[0][1]


@pytest.mark.parametrize(
    ("places", "nested", "problems"),
    [
        (["0-9", "2-3"], False, ["the span 2-3 overlaps 0-9 of line 1, inside it; --nested is for"]),
        (["0-9", "2-3", "0-4", "5-9", "6-6"], True, []),
        (["0-9", "5-12"], True, ["the span 5-12 overlaps 0-9 of line 1"]),
        (["0-20", "3-8", "6-10"], True, ["the span 6-10 overlaps 3-8 of line 2"]),
        (["0-3", "4-7"], False, []),
    ],
)
def test_names_inside_names_are_for_the_caller_to_allow_and_crossing_ones_never(tmp_path, places, nested, problems):
    lines = [line(n, place=f"D:{place}") for n, place in enumerate(places, 1)]
    result = found(tmp_path, lines, nested=nested)
    assert [words in sentence for words, (_, sentence) in zip(problems, result.problems, strict=True)] == [True] * len(
        problems
    )
