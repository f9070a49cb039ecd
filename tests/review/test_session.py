"""Decisions of a session: what they change, what they refuse, and the feedback file that they make."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from review_texts import NAMES, ONE, TEXTS, asked, documents_of, done, place, session_of, units, write_run

from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.formats.feedback.items import NO_NAME, is_no_name
from ousianer_cli.formats.feedback.reading import read_feedback
from ousianer_cli.formats.feedback.rules import settled
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.review.actions import Refused
from ousianer_cli.review.decisions import Decisions, Place
from ousianer_cli.review.feedback_file import feedback_text
from ousianer_cli.review.names import read_run
from ousianer_cli.review.session import Session
from ousianer_cli.taxonomy.tree_files import load_taxonomy

CITY = "GPE.UrbanArea.City"


def rows(folder: Path) -> list[tuple[str, str]]:
    """(mention, type) of the feedback file, whose offsets are checked on the way."""
    with (folder / "extra.tsv").open(encoding="utf-8", newline="") as handle:
        found = list(csv.DictReader(handle, delimiter="\t"))
    for row in found:
        assert row["sentence"][int(row["start"]) : int(row["end"]) + 1] == row["mention"]
    return [(r["mention"], r["type"]) for r in found]


def test_each_kind_of_decision(tmp_path: Path) -> None:
    with session_of(tmp_path) as session:
        done(session, "accept", units("one", "Ada Brun"))
        done(session, "type", units("one", "Otto Lind"), type="PER.Politician.Mayor")
        done(session, "no name", units("one", "Westhaven"))
        done(session, "outside", units("two", "Otto Lind"))
        done(session, "add", units("two", "Maritime Court"), type="ORG.PoliticalOrganization.Court")
        moved = units("two", "Westhaven Times")
        done(
            session,
            "bounds",
            units("two", "The Westhaven Times"),
            new_start=moved["start"],
            new_end=moved["end"],
        )
        counts = session.compact()
        assert session.progress() == {"documents": {0: [3, 4], 1: [4, 5]}, "done": 7, "total": 9}
    assert rows(tmp_path) == [
        ("Ada Brun", "PER"),
        ("Westhaven", NO_NAME),
        ("Otto Lind", "PER.Politician.Mayor"),
        ("The Westhaven Times", NO_NAME),
        ("Westhaven Times", "ORG"),
        ("Otto Lind", "-"),
        ("Maritime Court", "ORG.PoliticalOrganization.Court"),
    ]
    assert (counts.names, counts.outside, counts.no_names, counts.disputed) == (4, 1, 2, 0)


def test_a_sentence_that_begins_with_a_hash_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TEXTS, "one", "#Headlines " + ONE)
    with session_of(tmp_path) as session:
        done(session, "accept", units("one", "Ada Brun"))
        session.compact()
    (item,) = read_feedback(tmp_path / "extra.tsv")
    assert item.text.startswith("#Headlines Mayor") and item.mention == "Ada Brun"


def test_finetune_reads_what_review_writes(tmp_path: Path) -> None:
    with session_of(tmp_path) as session:
        done(session, "accept", units("one", "Westhaven", 1))
        done(session, "no name", units("two", "The Westhaven Times"))
        done(session, "outside", units("two", "Otto Lind"))
        done(session, "add", units("two", "Maritime Court"), type="ORG")
        session.compact()
    items, notes = settled(read_feedback(tmp_path / "extra.tsv"))
    assert [(i.mention, i.type, is_no_name(i.type)) for i in items] == [
        ("Westhaven", CITY, False),
        ("The Westhaven Times", NO_NAME, True),
        ("Otto Lind", "-", False),
        ("Maritime Court", "ORG", False),
    ]
    assert items[1].text == 'The Westhaven Times said "no" to Otto Lind.' and notes == []


def test_the_view_counts_as_browsers_do(tmp_path: Path) -> None:
    with session_of(tmp_path) as session:
        view = session.view(0)
        second = [n for n in view["names"] if n["start"] > 40][0]
        assert second["start"] == place("one", "Westhaven", 1)[0] + 1  # the emoji is two units
        assert view["text"].encode("utf-16-le")[2 * second["start"] : 2 * second["end"]].decode("utf-16-le") == (
            "Westhaven"
        )
        done(session, "accept", units("one", "Westhaven", 1))
        assert [n["verdict"] for n in session.view(0)["names"]] == [None, None, None, CITY]
        assert session.decisions.by(Place("one", *place("one", "Westhaven", 1)), "anna") == CITY


def test_the_same_for_all_equal_strings(tmp_path: Path) -> None:
    with session_of(tmp_path) as session:
        done(session, "accept", units("two", "Westhaven", 1))
        answer = done(session, "type", units("one", "Westhaven"), type="GPE", scope="document")
        assert (answer["names"], answer["changed"]) == (2, [0])
        answer = done(session, "outside", units("one", "Otto Lind"), scope="run")
        assert (answer["names"], answer["changed"]) == (2, [0, 1])
        # What was judged by itself stays; a missed name is added wherever its words stand unmarked.
        assert session.actions.verdict(session.documents[1], place("two", "Westhaven", 1)) == CITY
        answer = done(session, "add", units("one", "Ada Brun", 1), type="PER.Politician.Mayor", scope="run")
        assert answer["names"] == 2
        assert session.actions.verdict(session.documents[0], place("one", "Ada Brun")) == "PER.Politician.Mayor"
        undone, future = session.undo({})
        future.result(10)
        assert undone["names"] == 2 and session.actions.verdict(session.documents[0], place("one", "Ada Brun")) is None


def test_boundaries_move_alike_where_the_words_are_alike(tmp_path: Path) -> None:
    with session_of(tmp_path) as session:
        moved = units("one", "Otto")
        answer = done(
            session, "bounds", units("one", "Otto Lind"), new_start=moved["start"], new_end=moved["end"], scope="run"
        )
        assert answer["names"] == 4
        session.compact()
    assert rows(tmp_path) == [("Otto", "PER.Politician"), ("Otto Lind", NO_NAME)] * 2


def test_undo_and_redo_go_step_by_step_and_outlive_the_session(tmp_path: Path) -> None:
    at = units("one", "Ada Brun")
    with session_of(tmp_path) as session:
        done(session, "type", at, type="PER.Politician")
        done(session, "type", at, type="PER.Politician.Mayor")
        session.undo({})[1].result(10)
        session.undo({})[1].result(10)
        with pytest.raises(Refused, match="nothing to undo"):
            session.undo({})
        session.undo({"redo": True})[1].result(10)
        assert session.actions.verdict(session.documents[0], place("one", "Ada Brun")) == "PER.Politician"
    with session_of(tmp_path) as session:
        assert session.actions.verdict(session.documents[0], place("one", "Ada Brun")) == "PER.Politician"
        session.undo({"redo": True})[1].result(10)
        assert session.actions.verdict(session.documents[0], place("one", "Ada Brun")) == "PER.Politician.Mayor"
        with pytest.raises(Refused, match="nothing to redo"):
            session.undo({"redo": True})
        session.undo({})[1].result(10)
        done(session, "accept", units("one", "Otto Lind"))
        with pytest.raises(Refused, match="nothing to redo"):
            session.undo({"redo": True})


def test_a_decision_sent_twice_is_done_once(tmp_path: Path) -> None:
    with session_of(tmp_path) as session:
        ask = asked("no name", units("one", "Ada Brun"))
        for _ in range(2):
            session.decide(ask)[1].result(10)
    assert len((tmp_path / "extra.tsv.anna.journal").read_bytes().splitlines()) == 2


@pytest.mark.parametrize(
    ("kind", "at", "more", "message"),
    [
        ("type", units("one", "Ada Brun"), {"type": "per"}, "no such type"),
        ("type", units("one", "Ada Brun"), {"type": "GPE.Country"}, "no such type"),
        ("type", units("one", "Ada Brun"), {}, "no such type"),
        ("accept", units("one", "Mayor"), {}, "no name at this place"),
        ("burn", units("one", "Ada Brun"), {}, "no such decision"),
        ("accept", units("one", "Ada Brun"), {"scope": "world"}, "no such decision"),
        ("accept", {"document": 2, "start": 0, "end": 1}, {}, "no such document"),
        ("accept", {"document": True, "start": 0, "end": 1}, {}, "no such document"),
        ("accept", {"document": 0, "start": -1, "end": 4}, {}, "outside the text"),
        ("accept", {"document": 0, "start": 0, "end": 9999}, {}, "outside the text"),
        ("accept", {"document": 0, "start": "0", "end": "4"}, {}, "a start and an end"),
        ("add", units("one", "Brun of"), {"type": "PER"}, "it would cross “Ada Brun”"),
        ("add", units("one", ". "), {"type": "PER"}, "made of words"),
        ("bounds", units("one", "Ada Brun"), {"new_start": 6, "new_end": 14}, "boundaries are the same"),
    ],
)
def test_what_is_refused(tmp_path: Path, kind: str, at: dict[str, int], more: dict[str, object], message: str) -> None:
    with session_of(tmp_path) as session:
        with pytest.raises(Refused, match=message):
            session.decide(asked(kind, at, **more))
        assert session.progress()["done"] == 0


def test_names_take_whole_words_and_no_blank_edges(tmp_path: Path) -> None:
    with session_of(tmp_path) as session:
        at = units("two", "ritime Cou")
        done(session, "add", at, type="ORG")
        assert session.actions.verdict(session.documents[1], place("two", "Maritime Court")) == "ORG"


def test_two_annotators_and_what_most_say(tmp_path: Path) -> None:
    at = units("one", "Ada Brun")
    for who, type_name in (("anna", "PER"), ("bo", "PER.Politician"), ("carl", "PER.Politician")):
        with session_of(tmp_path, who) as session:
            done(session, "type", at, type=type_name)
            counts = session.compact()
    assert rows(tmp_path) == [("Ada Brun", "PER.Politician")] and counts.disputed == 1
    with session_of(tmp_path, "bo") as session:
        name = session.view(0)["names"][0]
        assert name["others"] == [["anna", "PER"], ["carl", "PER.Politician"]] and name["verdict"] == "PER.Politician"
        done(session, "type", at, type="PER")
        session.compact()
    assert rows(tmp_path) == [("Ada Brun", "PER")]


def test_names_that_cannot_be_learned_together_are_left_out_and_counted(tmp_path: Path) -> None:
    """Annotators at the same time may mark names that cross; the same sentence may stand in two documents."""
    both = "Ada Brun slept.\n"
    for doc in ("one", "two"):
        path = documents_of(tmp_path) and tmp_path / "docs" / f"{doc}.txt"
        path.write_text(path.read_text(encoding="utf-8") + "\n" + both, encoding="utf-8")
    at = {doc: len(TEXTS[doc]) + 1 for doc in TEXTS}

    def span(doc: str, start: int, end: int) -> list[object]:
        return [doc, start, end]

    actions = [
        ("anna", 1.0, [*span("one", 6, 14), "PER", "Ada Brun"]),
        ("bo", 2.0, [*span("one", 10, 17), "ORG", "Brun of"]),
        ("bo", 3.0, [*span("two", 4, 9), "GPE", "Westh"]),
        ("anna", 4.0, [*span("one", at["one"], at["one"] + 8), "PER", "Ada Brun"]),
        ("anna", 5.0, [*span("two", at["two"], at["two"] + 8), "ORG", "Ada Brun"]),
    ]
    documents = documents_of(tmp_path)
    decisions = Decisions()
    for n, (who, time, verdict) in enumerate(actions):
        decisions.take({"id": f"action-{n}", "time": time, "kind": "add", "verdicts": [verdict]}, who)
    text, counts = feedback_text(decisions, {d.id: d for d in documents})
    found = [(r["mention"], r["type"]) for r in csv.DictReader(text.splitlines(), delimiter="\t")]
    assert found == [("Brun of", "ORG"), ("Ada Brun", "ORG")]
    assert (counts.names, counts.unfit, counts.repeated) == (2, 2, 1)


def test_a_journal_of_other_texts_is_refused(tmp_path: Path) -> None:
    with session_of(tmp_path) as session:
        done(session, "accept", units("one", "Ada Brun"))
    (tmp_path / "docs" / "one.txt").write_text(ONE.replace("Mayor", "The mayor"), encoding="utf-8")
    write_run(tmp_path / "run.tab", NAMES[4:])
    with pytest.raises(InputError, match=r"extra.tsv.anna.journal: expected the words 'Ada Brun' at one:6-13"):
        Session(documents_of(tmp_path), load_taxonomy("aida-edl"), tmp_path / "extra.tsv", "anna")


def test_a_file_that_review_did_not_write_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "extra.tsv").write_text("mine\n")
    with pytest.raises(OutputError, match="would be lost"):
        Session(documents_of(tmp_path), load_taxonomy("aida-edl"), tmp_path / "extra.tsv", "anna")
    assert (tmp_path / "extra.tsv").read_text() == "mine\n"
    assert not list(tmp_path.glob("*.journal"))


def test_a_run_of_another_taxonomy_is_refused_with_its_line(tmp_path: Path) -> None:
    documents_of(tmp_path)
    write_run(tmp_path / "run.tab", [*NAMES, ("two", "Court", 0, "per.wizard", 0.5)])
    with pytest.raises(InputError, match=r"run.tab:8: expected a type of taxonomy 'aida-edl', found 'per.wizard'"):
        read_run(tmp_path / "run.tab", [tmp_path / "docs"], load_taxonomy("aida-edl"), CorpusReport())
