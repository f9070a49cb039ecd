"""What is looked at first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from review_texts import NAMES, done, place, session_of, units

from ousianer_cli.review.decisions import Place
from ousianer_cli.review.desk import Desk
from ousianer_cli.review.order import by_disagreement, by_loss, losses_of


def test_without_vectors_the_greatest_loss_comes_first() -> None:
    assert by_loss(np.array([0.1, 0.9, 0.5, 0.9])) == [1, 3, 2, 0]
    assert by_loss(np.array([0.1, 0.9, 0.5, 0.9]), judged=[3]) == [1, 2, 0, 3]
    assert by_loss(np.zeros(0)) == [] and by_loss(np.zeros(0), np.zeros((0, 4))) == []


def test_a_name_stands_for_those_like_it() -> None:
    """Three of one kind are worth more together than one of greater loss by itself, and one of the three is enough."""
    vectors = np.array([[1, 0, 0], [1, 0, 0.1], [1, 0.1, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32)
    losses = np.array([0.5, 0.5, 0.5, 0.8, 0.7])
    order = by_loss(losses, vectors)
    assert order[0] in (0, 1, 2) and order[1:3] == [3, 4] and sorted(order) == [0, 1, 2, 3, 4]
    # What was judged before has said what there is to say of its kind.
    assert by_loss(losses, vectors, [0])[:2] == [3, 4] and by_loss(losses, vectors, [0])[-1] == 0


def test_the_greedy_choice_is_the_best_at_every_step() -> None:
    """The lazy heap against trying every name."""
    generator = np.random.default_rng(1)
    vectors, losses = generator.normal(size=(30, 3)).astype(np.float32), generator.random(30)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = np.clip((unit @ unit.T - 0.5) / 0.5, 0, 1)
    covered, left, expected = np.zeros(30), list(range(30)), []
    while left:
        gains = [(losses * np.maximum(0, alike[row] - covered)).sum() for row in left]
        if max(gains) < 1e-9:
            break
        expected.append(left.pop(int(np.argmax(gains))))
        covered = np.maximum(covered, alike[expected[-1]])
    assert by_loss(losses, vectors)[: len(expected)] == expected


def test_the_queue_of_a_session(tmp_path: Path) -> None:
    with session_of(tmp_path) as session:
        places = [Place(doc, *place(doc, words, nth)) for doc, words, nth, _, _ in NAMES]
        assert np.allclose(losses_of(session, places), [1 - confidence for *_, confidence in NAMES])
        done(session, "accept", units("one", "Otto Lind"))
        queue = Desk(session, "uncertain", Path("run.tab")).queue()["places"]
        texts = [document.text.encode("utf-16-le") for document in session.documents]
        words = [texts[doc][2 * a : 2 * b].decode("utf-16-le") for doc, a, b, _ in queue]
        assert words[:3] == ["Ada Brun", "Westhaven", "The Westhaven Times"]
        assert words[-1] == "Otto Lind" and [judged for *_, judged in queue] == [0] * 6 + [1]
        assert [row[:2] for row in Desk(session, "document", Path("r")).queue()["places"]][0] == [0, 6]


def test_disagreement_of_runs_and_of_annotators(tmp_path: Path) -> None:
    other = [
        ("one", "Ada Brun", 0, "per.politician", 0.4),
        ("one", "Westhaven", 0, "gpe.urbanarea.city", 0.1),
        ("one", "Westhaven", 1, "gpe.urbanarea.city", 0.8),
        ("two", "Maritime Court", 0, "org", 0.7),
        ("two", "Otto Lind", 0, "per", 0.95),
        ("two", "Westhaven", 1, "gpe.urbanarea.city", 0.5),
    ]
    for who, kind in (("anna", "accept"), ("bo", "outside")):
        with session_of(tmp_path, who) as session:
            done(session, kind, units("two", "Otto Lind"))
    with session_of(tmp_path, "carl", second=other) as session:
        found = by_disagreement(session)
        assert [(p.doc, session.by_id[p.doc].text[p.start : p.end]) for p in found] == [
            ("one", "Ada Brun"),  # another type
            ("one", "Otto Lind"),  # in the first run alone
            ("two", "The Westhaven Times"),
            ("two", "Otto Lind"),  # annotators differ
            ("two", "Maritime Court"),  # in the second run alone
        ]
        court = units("two", "Maritime Court")
        done(session, "accept", court)
        assert session.actions.verdict(session.documents[1], place("two", "Maritime Court")) == "ORG"
    with session_of(tmp_path, "dora") as session:
        assert [p.doc for p in by_disagreement(session)] == ["two"]
