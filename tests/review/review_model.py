"""A tiny model that can learn, over the documents of `review_texts`: a run that it tagged, and a desk with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from review_texts import session_of, write_texts
from tiny_models import capitals_model

from ousianer_cli.network.checkpoint import save_model
from ousianer_cli.review.desk import Desk
from ousianer_cli.review.learning import Learner
from ousianer_cli.review.session import Session
from ousianer_cli.settings import portable
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.run import run_tag
from ousianer_cli.taxonomy.tree_files import load_taxonomy


def learning_model(folder: Path) -> Path:
    """A model folder: names are runs of capitals, persons all, with a replay file of some vectors of its own."""
    model = capitals_model("PER")
    torch.manual_seed(3)
    model.replay = {
        "vectors": torch.randn(40, model.tagger.vector_size).half(),
        "labels": torch.zeros(40, dtype=torch.int32),
        "weights": torch.ones(40).half(),
    }
    model.config |= {"replay_sets": [["PER"]], "finetune": portable(FinetuneSettings(base="x", out="y"))}
    assert model.conversion is not None
    with torch.no_grad():  # what tells names apart is there to be learned from
        torch.nn.init.normal_(model.conversion.hidden.weight, std=1.0)
        model.conversion.out.bias.clamp_(min=-2.0)
        model.conversion.out.bias[load_taxonomy("aida-edl").types.index("PER")] = 1.5
    save_model(folder / "model", model, "card")
    return folder / "model"


@contextmanager
def learning_desk(folder: Path) -> Iterator[tuple[Session, Desk]]:
    """A session over a run that the model tagged, and its desk; the model is being loaded."""
    model = learning_model(folder)
    _, docs = write_texts(folder)
    run_tag(TagSettings(inputs=[str(docs)], model=str(model), out=str(folder / "run.tab")), progress=False)
    with session_of(folder) as session:
        desk = Desk(
            session,
            "document",
            folder / "run.tab",
            lambda: Learner(model, session.documents, nested=False),
            str(folder / "kept"),
        )
        try:
            yield session, desk
        finally:
            desk.close()
