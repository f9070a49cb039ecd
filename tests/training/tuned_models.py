"""What tests of fine-tuning look at: bytes of tensors, types of mentions, feedback files."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from ousianer_cli.formats.feedback.items import FeedbackItem
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.inference import mention_vectors
from ousianer_cli.network.typing import TypingHead

HEADER = "sentence\tstart\tend\ttype\n"


def tensor_bytes(folder: Path) -> dict[str, bytes]:
    """Each tensor's bytes as they stand in the safetensors file, read without any library."""
    content = (folder / "model.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header.pop("__metadata__", None)
    body = content[8 + size :]
    return {name: body[slice(*entry["data_offsets"])] for name, entry in header.items()}


def changed(left: Path, right: Path) -> set[str]:
    a, b = tensor_bytes(left), tensor_bytes(right)
    return {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def feedback(folder: Path, *rows: tuple[str, str, str], name: str = "extra.tsv") -> str:
    """A feedback file of (sentence, mention, type)."""
    lines = [f"{text}\t{text.index(m)}\t{text.index(m) + len(m) - 1}\t{type_name}\n" for text, m, type_name in rows]
    (folder / name).write_text(HEADER + "".join(lines))
    return str(folder / name)


def type_of(folder: Path, text: str, mention: str) -> tuple[str, float]:
    """What a model says of a given mention: its type, and that type's probability."""
    model = load_model(folder)
    head = TypingHead.of(model)
    words = text.split()
    start = next(i for i in range(len(words)) if words[i : i + len(mention.split())] == mention.split())
    vectors = mention_vectors(
        model.tagger, model.tokenizer.encode([words]), [[(start, start + len(mention.split()))]], 99
    )
    choice = head.choose(torch.from_numpy(vectors))
    return head.names[int(choice.positions)], float(choice.scores)


WRONG = "Yesterday Mara Voss went to Lima ."


def items_of(model: Model, *rows: tuple[str, str, str]) -> tuple[list[FeedbackItem], torch.Tensor]:
    """(corrections, their vectors as a tagging engine has them) of (sentence, mention of one word, type)."""
    items = [FeedbackItem(t, t.index(m), t.index(m) + len(m), name, "", 0) for t, m, name in rows]
    spans = [[(t.split().index(m), t.split().index(m) + 1)] for t, m, _ in rows]
    encoded = model.tokenizer.encode([t.split() for t, _, _ in rows])
    return items, torch.from_numpy(mention_vectors(model.tagger, encoded, spans, 99))
