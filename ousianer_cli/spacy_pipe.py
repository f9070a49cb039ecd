"""The spaCy component `ousianer`: names with their types in `Doc.ents`.

`nlp.add_pipe("ousianer")` finds it by its entry point wherever spaCy is installed beside this package. spaCy's own
tokens are kept: a name that begins or ends inside one takes the whole token, and such names are counted.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans, minibatch

if TYPE_CHECKING:
    from ousianer_cli.tagging.mention import Mention
    from ousianer_cli.tagging.tagger import Tagger

Labels = Literal["type", "top"]
GROUP = "ousianer"
"""The span group that holds all names, also those that overlap another."""
_FOLDER = "model"

for _name in ("ousianer_confidence", "ousianer_alternatives", "ousianer_yago"):
    if not Span.has_extension(_name):
        Span.set_extension(_name, default=None)


class OusianerComponent:
    """Sets `Doc.ents` and `Doc.spans["ousianer"]` by a model of ousianer.

    A span has `_.ousianer_confidence`, and `_.ousianer_alternatives` and `_.ousianer_yago` as lists of (type,
    probability). `misaligned` counts the names that were widened to whole tokens, and those dropped since they then
    overlapped another.

    Args:
        model: a model folder; empty takes the one that ships with the package.
        labels: `type` labels a span with its full type (`GPE.UrbanArea.City`), `top` with its top type (`GPE`).
        options: of `Tagger.load`.
    """

    def __init__(self, model: str = "", labels: Labels = "type", **options: Any) -> None:
        self.model = model
        self.labels = labels
        self.options = options
        self.misaligned: Counter[str] = Counter()
        self._tagger: Tagger | None = None

    @property
    def tagger(self) -> Tagger:
        """The model, loaded when it is first needed."""
        if self._tagger is None:
            from ousianer_cli.tagging.tagger import Tagger

            self._tagger = Tagger.load(self.model or None, **self.options)
        return self._tagger

    def __call__(self, doc: Doc) -> Doc:
        """The document with its names."""
        return self._annotated(doc, self.tagger.tag(doc.text))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Documents in batches, which is faster than one by one."""
        for docs in minibatch(stream, size=batch_size):
            for doc, mentions in zip(docs, self.tagger.tag([doc.text for doc in docs]), strict=True):
                yield self._annotated(doc, mentions)

    def _annotated(self, doc: Doc, mentions: list[Mention]) -> Doc:
        spans = [self._span(doc, mention) for mention in mentions]
        kept = filter_spans([span for span, mention in zip(spans, mentions, strict=True) if not mention.nested])
        nested = sum(mention.nested for mention in mentions)
        self.misaligned["overlapping"] += len(spans) - nested - len(kept)
        doc.spans[GROUP] = spans
        doc.set_ents(kept)
        return doc

    def _span(self, doc: Doc, mention: Mention) -> Span:
        label = mention.type.partition(".")[0] if self.labels == "top" else mention.type
        span = doc.char_span(mention.start, mention.end, label=label, alignment_mode="expand")
        self.misaligned["widened"] += (span.start_char, span.end_char) != (mention.start, mention.end)
        span._.ousianer_confidence = mention.confidence
        span._.ousianer_alternatives = [tuple(option) for option in mention.alternatives]
        span._.ousianer_yago = [tuple(option) for option in mention.yago]
        return span

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Keep a model of one's own with the pipeline; the one that ships with the package is not copied."""
        if self.model:
            shutil.copytree(self.model, Path(path) / _FOLDER, dirs_exist_ok=True)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> OusianerComponent:
        """Take the pipeline's own model where it has one."""
        if (Path(path) / _FOLDER).is_dir():
            self.model, self._tagger = str(Path(path) / _FOLDER), None
        return self


def make_component(
    nlp: Language,
    name: str,
    model: str,
    labels: Labels,
    device: str | None,
    min_confidence: float | None,
    deepen: float,
    nested: bool,
) -> OusianerComponent:
    """The component from a pipeline's configuration."""
    return OusianerComponent(model, labels, device=device, min_confidence=min_confidence, deepen=deepen, nested=nested)


Language.factory(
    "ousianer",
    assigns=["doc.ents", "doc.spans"],
    default_config={
        "model": "",
        "labels": "type",
        "device": None,
        "min_confidence": None,
        "deepen": 0.0,
        "nested": False,
    },
    func=make_component,
)
