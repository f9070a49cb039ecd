"""Names inside found names: found with them, and kept in the model folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ousianer_cli.network.checkpoint import load_model, save_model
from ousianer_cli.network.inference import contextualised, detect_batch
from ousianer_cli.network.nested import NestedHead, candidates
from ousianer_cli.released_models import released_model


def test_a_head_that_takes_all_gives_what_stands_inside_the_names(tmp_path: Path) -> None:
    model = load_model(released_model())
    head = NestedHead(model.tagger.vector_size, 4).eval()
    with torch.no_grad():
        head.hidden.weight.zero_()
        head.out.bias.fill_(10.0)
    sentences = model.tokenizer.encode(
        [["The", "Lisbon", "City", "Council", "met", "Ana", "Silva", "."], ["Rain", "."]]
    )
    with torch.inference_mode():
        (batch,) = contextualised(model.tagger, sentences, 4096)
        found = dict(zip(batch.indices, detect_batch(model.tagger, batch, head), strict=True))
        plain = dict(zip(batch.indices, detect_batch(model.tagger, batch), strict=True))
    assert found[0].spans == plain[0].spans and plain[0].nested is None
    names = [s for s in found[0].spans if candidates(s)]
    inner = found[0].nested
    assert names and inner is not None and inner.spans
    assert inner.vectors.shape == (len(inner.spans), model.tagger.vector_size)
    for (a, b), chance in zip(inner.spans, inner.marginals, strict=True):
        outer = next(i for i, (start, end) in enumerate(found[0].spans) if start <= a and b <= end)
        assert found[0].spans[outer] != (a, b)
        assert np.isclose(chance, torch.sigmoid(torch.tensor(10.0)).item() * found[0].marginals[outer], atol=1e-6)
    assert found[1].nested is not None and found[1].nested.spans == []
    model.nested = head
    save_model(tmp_path / "m", model, "card")
    kept = load_model(tmp_path / "m").nested
    assert kept is not None and torch.allclose(kept.out.bias, head.out.bias)
