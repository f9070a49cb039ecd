"""The model of a session: what it knows of names, what it learns from decisions, and what is kept of it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from review_model import learning_desk
from review_texts import done, place, units

from ousianer_cli.formats.edl import read_edl
from ousianer_cli.network.tagger import TaggerNetwork
from ousianer_cli.review.actions import Refused
from ousianer_cli.review.desk import Desk
from ousianer_cli.review.learning import Learner
from ousianer_cli.review.session import Session
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.engine import Engine
from ousianer_cli.tagging.run import run_tag
from ousianer_cli.training.finetune.guard import GuardFigures
from ousianer_cli.training.finetune.lesson import Lesson

CITY = "GPE.UrbanArea.City"


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[tuple[Session, Desk]]:
    """A session whose model is loaded."""
    with learning_desk(tmp_path) as (session, desk):
        for _ in range(600):
            if desk.status()["model"] != "loading":
                break
            threading.Event().wait(0.05)
        assert desk.status()["model"] == "ready", desk.status()["message"]
        yield session, desk


def types(session: Session) -> dict[tuple[str, int, int], str | None]:
    """The type of every name of the run."""
    return {(d.id, *span): name.type for d in session.documents for span, name in d.names.items()}


def judge_places(session: Session) -> None:
    """Cities are cities, and so are three other names."""
    done(session, "type", units("one", "Westhaven"), type=CITY, scope="run")
    done(session, "no name", units("two", "Otto Lind"))
    done(session, "add", units("one", "proud"), type="ORG")


def test_apply_types_anew_and_runs_no_network(ready: tuple[Session, Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    session, desk = ready
    before = types(session)
    assert set(before.values()) == {"PER"}
    with pytest.raises(Refused, match="nothing to learn"):
        desk.apply()
    judge_places(session)
    desk.decided([0, 1])  # as the server does: vectors of added names are computed now
    desk._thread.submit(int).result(30)

    def never(*_: object) -> None:
        raise AssertionError("the network was run")

    monkeypatch.setattr(TaggerNetwork, "contextualise", never)
    monkeypatch.setattr(Engine, "prepare", never)
    version = desk.status()["queue"]
    answer = desk.apply()
    after = types(session)
    assert after["one", *place("one", "Westhaven")] == after["two", *place("two", "Westhaven", 1)] == CITY
    changed = {at for at in before if before[at] != after.get(at)} | (after.keys() - before.keys())
    assert len(answer["places"]) == len(changed) == sum(answer["counts"].values()) - answer["counts"]["same"]
    assert "learned from 4 names" in answer["message"] and "1 no names are for the detector" in answer["message"]
    assert desk.status()["queue"] > version and answer["seconds"] > 0
    # The same decisions give the same names, however often they are applied.
    assert desk.apply()["counts"]["same"] == len(after) and types(session) == after
    desk.discard()
    assert types(session) == before


def test_what_is_kept_tags_as_the_page_showed(ready: tuple[Session, Desk], tmp_path: Path) -> None:
    session, desk = ready
    with pytest.raises(Refused, match="nothing was applied yet"):
        desk.keep()
    judge_places(session)
    desk.apply()
    assert desk.keep() == {"message": f"wrote {tmp_path / 'kept'}"}
    run = str(tmp_path / "again.tab")
    run_tag(TagSettings(inputs=[str(tmp_path / "docs")], model=str(tmp_path / "kept"), out=run), progress=False)
    tagged = {(r.doc, r.start, r.end + 1): r.type for r in read_edl(run)}
    shown = {at: str(name).lower() for at, name in types(session).items()}
    del shown["one", *place("one", "proud")]  # a person's own, which the detector still misses
    assert tagged == shown


def test_a_lesson_that_forgets_is_refused(ready: tuple[Session, Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    session, desk = ready
    before = types(session)
    judge_places(session)
    learn = Learner.learn

    def forgetful(*given: Any) -> tuple[Lesson, int]:
        lesson, mute = learn(*given)
        return dataclasses.replace(lesson, guard=GuardFigures(50, 0, 0.9, 0.7)), mute

    monkeypatch.setattr(Learner, "learn", forgetful)
    with pytest.raises(Refused, match=r"forget too much \(F1 on what it is guarded by: 0.900, then 0.700"):
        desk.apply()
    assert types(session) == before and desk.status()["model"] == "ready"


def test_every_name_has_its_vector_and_alternatives(ready: tuple[Session, Desk]) -> None:
    session, desk = ready
    learner = desk._learner
    assert isinstance(learner, Learner)
    for document in session.documents:
        for span, name in document.names.items():
            vector = learner.vector(document, span)
            assert vector is not None and vector.shape == (learner.model.tagger.vector_size,)
            assert name.alternatives[0][0] == "PER" and all(0 < p <= 1 for _, p in name.alternatives)
        assert learner.vector(document, (0, 2)) is None
    done(session, "add", units("two", "said"), type="PER")
    learner.read_given(session.documents[1], [place("two", "said")])
    given = learner.vector(session.documents[1], place("two", "said"))
    assert given is not None and bool(torch.isfinite(torch.from_numpy(given)).all())


def test_a_model_that_cannot_be_read_leaves_the_pages_as_they_are(tmp_path: Path) -> None:
    with learning_desk(tmp_path) as (session, _):
        desk = Desk(session, "uncertain", Path("r"), lambda: Learner(tmp_path / "none", [], nested=False))
        desk.close()
        desk._thread.shutdown(wait=True)
        assert desk.status()["model"] in ("failed", "loading")
        assert len(desk.queue()["places"]) == len(types(session))
        with pytest.raises(Refused):
            desk.apply()
