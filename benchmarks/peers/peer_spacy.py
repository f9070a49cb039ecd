"""spaCy's NER from scratch: the CPU configuration that `spacy init config` writes (tok2vec with hash embeddings, no
vectors), trained by spaCy's own loop. It has no encoder and gives no scores: every mention has score 1."""

from __future__ import annotations

from typing import Any

from jobs import Found, Line, finish, flat_f1, job_of_command_line, read_lines, tag_all, versions
from spacy.cli.init_config import init_config
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training.initialize import init_nlp
from spacy.training.loop import create_train_batches, train_while_improving
from spacy.util import fix_random_seed, registry, resolve_dot_names
from spacy.vocab import Vocab
from threadpoolctl import threadpool_limits

LOOK_EVERY = 50
TAG_BATCH = 64


def doc_of(vocab: Vocab, line: Line, *, labelled: bool) -> Doc:
    """A document of one sentence with exactly the corpus's tokens."""
    doc = Doc(vocab, words=line.tokens)
    if labelled:
        doc.set_ents([Span(doc, start, end, label=label) for start, end, label in line.spans])
    return doc


def tag(nlp: Language, lines: list[Line]) -> list[list[Found]]:
    """Entities of each line."""
    docs = nlp.pipe((doc_of(nlp.vocab, line, labelled=False) for line in lines), batch_size=TAG_BATCH)
    return [[Found(e.start, e.end, e.label_, 1.0) for e in doc.ents] for doc in docs]


def main() -> None:
    job = job_of_command_line()
    fix_random_seed(job.seed)
    train, held = read_lines(job.train), read_lines(job.held)
    folder = job.out / "trainer"
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (("train", train), ("dev", held)):
        DocBin(docs=[doc_of(Vocab(), line, labelled=True) for line in lines]).to_disk(folder / f"{name}.spacy")
    config = init_config(lang="en", pipeline=["ner"], optimize="efficiency", gpu=False)
    config["paths"].update(train=str(folder / "train.spacy"), dev=str(folder / "dev.spacy"))
    config["training"].update(max_steps=0, patience=0, max_epochs=0, seed=job.seed)
    rate = job.lr or config["training"]["optimizer"]["learn_rate"]
    config["training"]["optimizer"]["learn_rate"] = rate
    nlp = init_nlp(config)
    settings: dict[str, Any] = registry.resolve(nlp.config.interpolate()["training"])
    (corpus,) = resolve_dot_names(nlp.config.interpolate(), [settings["train_corpus"]])
    clock, optimizer = job.budget(), settings["optimizer"]
    best, weights, steps, seen = -1.0, b"", 0, 0

    def look() -> tuple[float, dict[str, float]]:
        found = [[(m.start, m.end, m.label) for m in row] for row in tag(nlp, held)]
        return flat_f1([line.spans for line in held], found), {}

    with threadpool_limits(job.threads):
        clock.start()
        for batch, info, _ in train_while_improving(
            nlp,
            optimizer,
            create_train_batches(nlp, corpus, settings["batcher"], 0),
            look,
            dropout=settings["dropout"],
            accumulate_gradient=settings["accumulate_gradient"],
            patience=0,
            max_steps=0,
            eval_frequency=LOOK_EVERY,
            exclude=[],
            annotating_components=[],
            before_update=None,
        ):
            steps, seen = steps + 1, seen + len(batch)
            if clock.over:
                info["score"], _ = look()
            if info["score"] is not None and info["score"] > best:
                best = info["score"]
                with nlp.use_params(optimizer.averages):
                    weights = nlp.to_bytes()
            if clock.over:
                break
        spent = clock.facts
        nlp.from_bytes(weights)
        speed = tag_all(job, lambda lines: tag(nlp, lines))
    finish(
        job,
        **spent,
        epochs=round(seen / len(train), 2),
        steps=steps,
        held_f1=round(best, 4),
        rate=rate,
        speed=speed,
        notes={},
        weights=sum(node.get_param(name).size for node in _nodes(nlp) for name in node.param_names),
        versions=versions("spacy", "thinc", "numpy"),
    )


def _nodes(nlp: Language) -> list[Any]:
    """All layers with weights, once each."""
    nodes = {id(n): n for _, pipe in nlp.pipeline if hasattr(pipe, "model") for n in pipe.model.walk()}
    return [n for n in nodes.values() if any(n.has_param(p) for p in n.param_names)]


if __name__ == "__main__":
    main()
