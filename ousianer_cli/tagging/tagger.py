"""The Python interface: a loaded model that finds and types the names of texts and documents."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any, get_args, overload

from ousianer_cli.errors import SettingsError
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.device import usable_device
from ousianer_cli.released_models import released_model
from ousianer_cli.tagging.documents import SplitDocument, split_document
from ousianer_cli.tagging.engine import Engine, TypedMention
from ousianer_cli.tagging.mention import Mention, TaggedDocument, mention_at
from ousianer_cli.tagging.precision import PrecisionChoice, choose_precision
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.taxonomy.tree import OUTSIDE

AUTHOR_CONFIDENCE = 1.0
IN_ADDRESS = "names of addresses, or across one or the mark of a handle"


class Tagger:
    """Finds and types names.

        tagger = Tagger.load()
        for mention in tagger.tag("The mayor of Oslo flew to Lima."):
            print(mention.start, mention.end, mention.text, mention.type, mention.confidence)

    A fine-tuned model gives each name a type of its taxonomy, a pretrained one its YAGO classes only.

    Args:
        engine: a model made ready.
        min_confidence: names below it are left out; None takes the model's own threshold.
        author_type: type of posters' names, which stand in markup; where the taxonomy lacks it, they are left out.
    """

    def __init__(self, engine: Engine, min_confidence: float | None = None, author_type: str = "PER") -> None:
        self.engine = engine
        self.author_type = author_type
        self._author = _type_of(engine, author_type)
        self.min_confidence = engine.min_confidence if min_confidence is None else min_confidence

    @property
    def has_targets(self) -> bool:
        """Whether names get types of a target taxonomy; those of a pretrained model get YAGO classes."""
        return self.engine.has_targets

    @classmethod
    def load(
        cls,
        path: str | Path | Model | None = None,
        *,
        device: str | None = None,
        consistency: bool = True,
        nested: bool = False,
        deepen: float = 0.0,
        coarse_prior: float | None = None,
        min_confidence: float | None = None,
        author_type: str = "PER",
        threads: int = 0,
        precision: PrecisionChoice = "fp32",
    ) -> Tagger:
        """A tagger over a model.

        Args:
            path: the model's folder, or the model itself, loaded; None takes the model that ships with the package.
            device: `cpu` or `cuda`; None takes a GPU where there is one.
            consistency: whether a document's mentions of one string share evidence before a type is chosen.
            nested: whether names inside other names are given too.
            deepen: least YAGO evidence that takes a type below the one chosen; 0 never does.
            coarse_prior: share of gold taken to stop at the top type; None takes the model's own.
            min_confidence: names below it are left out; None takes the model's own threshold.
            author_type: type of posters' names, which stand in markup; where the taxonomy lacks it, they are left out.
            threads: CPU threads; 0 takes as many as processors are free. What is found does not depend on them.
            precision: of the network's numbers, on a CPU; `auto` tries which of them is worth it here.

        Raises:
            ModelError: the folder is missing, incomplete or of another version.
            SettingsError: a prior, `deepen` or `nested` for a model that has no use for it; a precision that the device
                or the processor cannot have; threads below 0.
        """
        if precision not in get_args(PrecisionChoice):
            raise SettingsError(
                f"precision: expected one of {', '.join(get_args(PrecisionChoice))}, found {precision!r}"
            )
        if threads < 0:
            raise SettingsError(f"threads: expected 0 (as many as are free) or more, found {threads}")
        chosen = usable_device(device or "")
        model = path if isinstance(path, Model) else load_model(path or released_model())
        numbers = choose_precision(precision, model, chosen).precision
        engine = Engine(model, chosen, deepen, coarse_prior, consistency, nested, threads, numbers)
        return cls(engine, min_confidence, author_type)

    @overload
    def tag(self, item: str | Document) -> list[Mention]: ...  # type: ignore[overload-overlap]
    @overload
    def tag(self, item: Iterable[str | Document]) -> list[list[Mention]]: ...

    def tag(self, item: str | Document | Iterable[str | Document]) -> list[Mention] | list[list[Mention]]:
        """The names of a text or document in text order; of several, a list each.

        A text is plain: blank lines part its paragraphs, and nothing in it is markup. `Mention.start` and `end` are
        code points of the text (of `Document.text`).

        Raises:
            TypeError: what is neither a text nor a document, nor holds any.
        """
        if isinstance(item, str | Document):
            return self.tag([item])[0]
        if isinstance(item, bytes | Mapping | PurePath) or not isinstance(item, Iterable):
            raise _no_text(item)
        return [list(tagged.mentions) for tagged in self.documents(map(_document, item))]

    def tag_files(self, *paths: str | Path, **options: Any) -> Iterator[TaggedDocument]:
        """The documents of files, folders, archives and `@lists` with their names, streamed.

        `options` are those of `read_documents`: `input_format`, `strict`, `authors`, `quotes`,
        `after_xml_declaration`, `report`.

        Raises:
            InputError: whatever `read_documents` refuses.
        """
        return self.documents(read_documents(paths, **options))

    def documents(
        self, documents: Iterable[Document], *, details: bool = True, summary: Summary | None = None
    ) -> Iterator[TaggedDocument]:
        """Documents with their names, streamed: memory holds the few that are under way.

        Names outside the taxonomy or below the threshold are left out and counted in `summary`. Without `details`
        names lack `alternatives` and `yago`, which is faster.

        Raises:
            OutputError: a name that would not agree with its document's text.
        """
        summary = summary if summary is not None else Summary()
        seen: set[str] = set()
        taken: deque[SplitDocument] = deque()

        def words() -> Iterator[list[list[str]]]:
            for document in documents:
                taken.append(split_document(document))
                yield taken[-1].words()

        for typed in self.engine.tag_documents(words(), details=details):
            item = taken.popleft()
            counts = Summary()
            _count(item, seen, counts)
            names = self._authors(item.document, counts)
            for number, mentions in enumerate(typed):
                kept = [m for m in mentions if self._is_kept(m, counts)]
                names += filter(None, (_placed(item, number, m, counts) for m in kept))
            names.sort(key=lambda m: (m.start, m.end))
            summary.add(counts)
            yield TaggedDocument(item.document, item.sentences, tuple(names), counts)

    def _is_kept(self, mention: TypedMention, summary: Summary) -> bool:
        if mention.type == OUTSIDE:
            summary.outside += 1
        elif mention.confidence < self.min_confidence:
            summary.below_threshold += 1
        else:
            return True
        return False

    def _authors(self, document: Document, summary: Summary) -> list[Mention]:
        """Posters' names from markup, certain by the guidelines."""
        if self._author is None:
            if document.authors:
                reason = f"posters, since the model has no type '{self.author_type}'"
                summary.skipped[reason] += len(document.authors)
            return []
        summary.authors += len(document.authors)
        return [mention_at(document, a.start, a.end, self._author, AUTHOR_CONFIDENCE) for a in document.authors]


def _document(item: str | Document) -> Document:
    """A document, or a plain text as one."""
    if isinstance(item, str):
        return plain_document(item, "text")
    if not isinstance(item, Document):
        raise _no_text(item)
    return item


def _no_text(item: object) -> TypeError:
    """The error for what cannot be tagged."""
    remedy = (
        "Tagger.tag_files reads files" if isinstance(item, PurePath) else "decode it" if isinstance(item, bytes) else ""
    )
    found = f"expected a text, a document, or several of them, found {type(item).__name__}"
    return TypeError(f"{found}; {remedy}" if remedy else found)


def _placed(item: SplitDocument, number: int, mention: TypedMention, summary: Summary) -> Mention | None:
    """A sentence's mention at its place in the document; None, counted, where it is or has an address."""
    words = item.nameable(number, mention.start, mention.end)
    if words is None:
        summary.skipped[IN_ADDRESS] += 1
        return None
    sentence = item.sentences[number]
    return mention_at(
        item.document,
        sentence[words[0]][0],
        sentence[words[1] - 1][1],
        mention.type,
        mention.confidence,
        detection=mention.detection,
        alternatives=mention.alternatives,
        yago=mention.yago,
        nested=mention.nested,
    )


def _type_of(engine: Engine, name: str) -> str | None:
    """The model's own spelling of a type, None where it has none of that name."""
    if engine.has_targets:
        return engine.targets.taxonomy.find(name, ignore_case=True, phantoms=False)
    return name if name in engine.model.types else None


def _count(item: SplitDocument, seen: set[str], summary: Summary) -> None:
    document = item.document
    if document.id in seen:
        summary.skipped["document ids met twice (tagged both times)"] += 1
    seen.add(document.id)
    summary.documents += 1
    summary.segments += len(document.segments)
    summary.sentences += len(item.sentences)
    summary.words += sum(len(words) for words in item.sentences)
    for reason, count in document.skipped.items():
        summary.skipped[reason] += count
