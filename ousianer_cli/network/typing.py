"""The typing head: from mention vectors to the types of a taxonomy, by whatever way a model has.

A fine-tuned model types by its conversion layer, a Direct one by its mapping table; a pretrained one has no taxonomy
and gives YAGO types. Tagging, validation, tuning and the benchmarks all decide here.
Letters: M mentions, V mention vector, Y pretraining types, A target types with "outside" last.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.errors import ModelError, SettingsError, TaxonomyError
from ousianer_cli.network.checkpoint import Model, model_taxonomy
from ousianer_cli.network.conversion import Conversion
from ousianer_cli.network.targets import DecodingRule, Targets, decision_scores
from ousianer_cli.taxonomy.direct import SHIPPED_TABLE, DirectMapper, directness, inventory_edges
from ousianer_cli.taxonomy.wordnet import RESOURCES, WordNet


@dataclass(frozen=True, slots=True)
class Choice:
    """One type for each of M mentions."""

    positions: Tensor
    """[M], places in `TypingHead.names`."""
    scores: Tensor
    """[M] in 0..1: p(type) under argmax, the expected credit under `expected`, the table's score of a Direct model."""


@dataclass(slots=True)
class TypingHead:
    """Scores and choices of a model's types.

    `targets` is None for a pretrained model, which is typed by YAGO classes. `direct` types by a mapping table in place
    of the conversion layer. `evidence` with `deepen` over 0 lets YAGO evidence go below the type that the conversion
    layer chose: to the type below it with most evidence, where that is at least `deepen` (0..1). Corpora that stop at
    `gpe` teach the layer to stop there, too; the typing projection knows which of them are cities.
    Weights are read from the model at each call, so that a head stays good while its model is trained.
    """

    model: Model
    targets: Targets | None
    rule: DecodingRule = field(default_factory=DecodingRule)
    direct: DirectMapper | None = None
    evidence: DirectMapper | None = None
    deepen: float = 0.0
    names: list[str] = field(init=False)
    """The A target types, or the Y pretraining types of a model without a taxonomy."""
    _credit: Tensor = field(init=False)
    _below: Tensor = field(init=False)
    _edges: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        if self.targets is None:
            self.names = self.model.types
            self._edges = inventory_edges(self.names, WordNet.load())
        else:
            self.names = self.targets.names
            self._credit = self.rule.matrix(self.targets)
            self._below = self.targets.below().fill_diagonal_(0)

    @classmethod
    def of(cls, model: Model, *, deepen: float = 0.0, coarse_prior: float | None = None) -> TypingHead:
        """The head that a model folder describes; `coarse_prior` in place of the model's own (`DecodingRule`).

        Raises:
            SettingsError: a prior for a model that does not decode by expected credit; `deepen` for one that has no
                conversion layer or no mapping table to its taxonomy.
        """
        if model.taxonomy_file is None:
            if deepen or coarse_prior is not None:
                option = "--deepen" if deepen else "--coarse-prior"
                raise SettingsError(
                    f"{option}: expected a model with target types, found a pretrained one; leave it out"
                )
            return cls(model, None)
        targets, rule = Targets(model_taxonomy(model)), DecodingRule.of(model.config)
        direct = None
        if model.direct_table is not None:
            direct = DirectMapper.from_text(model.direct_table, model.types, targets.taxonomy)
        if coarse_prior is not None:
            if rule.decoding != "expected":
                raise SettingsError(
                    "--coarse-prior: expected a model that decodes by expected credit, found "
                    f"{'a Direct one' if direct is not None else 'one of argmax'}; leave it out"
                )
            rule = dataclasses.replace(rule, coarse_prior=coarse_prior)
        return cls(model, targets, rule, direct, _evidence(model, targets) if deepen else None, deepen)

    @property
    def gives_distributions(self) -> bool:
        """Whether scores are one distribution a mention over target types and "outside"."""
        return self.targets is not None and self.direct is None

    @torch.inference_mode()
    def yago_probabilities(self, vectors: Tensor) -> Tensor:
        """p(type) [M, Y] of each pretraining type by itself, from mention vectors [M, V]."""
        return torch.sigmoid(self.model.tagger.type_logits(vectors))

    @torch.inference_mode()
    def scores(self, vectors: Tensor) -> Tensor:
        """What is known of each type, in the order of `names`, from mention vectors [M, V].

        [M, A] of probabilities that sum to 1 from a conversion layer, [M, A] scores in 0..1 from a Direct model's
        table, [M, Y] probabilities of each type by itself from a pretrained model.

        Raises:
            ModelError: a model with target types that has neither a conversion layer nor a table.
        """
        if self.targets is None:
            return self.yago_probabilities(vectors)
        if self.direct is not None:
            return torch.from_numpy(self.direct.scores(self.yago_probabilities(vectors).cpu().numpy()))
        conversion = self.model.conversion
        if conversion is None:
            raise ModelError("expected a conversion layer, found none; run ousianer finetune on the model")
        return torch.softmax(converted(self.model, conversion, vectors), dim=1)

    @torch.inference_mode()
    def choose(self, vectors: Tensor, scores: Tensor | None = None) -> Choice:
        """One type for each mention vector [M, V]; `scores` are those of the same vectors, where they are known."""
        if scores is None:
            scores = self.scores(vectors)
        if self.targets is None:
            return self._most_specific(scores)
        if self.direct is not None:
            positions, values = (torch.from_numpy(a) for a in self.direct.choose(scores.cpu().numpy()))
            return Choice(positions, values)
        compared = decision_scores(scores, self.rule.decoding, self._credit.to(scores.device))
        values, positions = compared.max(dim=1)
        if self.evidence is not None and self.deepen:
            positions = self._deeper(self.evidence, vectors, positions)
        return Choice(positions, values)

    def _deeper(self, mapper: DirectMapper, vectors: Tensor, chosen: Tensor) -> Tensor:
        """Types [M] after evidence has gone below the chosen ones."""
        probabilities = self.yago_probabilities(vectors).cpu().numpy()
        evidence = torch.from_numpy(mapper.scores(probabilities)).to(chosen.device).float()
        values, below = (evidence * self._below.to(chosen.device)[chosen]).max(dim=1)
        return torch.where(values >= self.deepen, below, chosen)

    def _most_specific(self, probabilities: Tensor) -> Choice:
        """The YAGO type that is most surely the most specific one of each mention, with its probability."""
        specific = torch.from_numpy(directness(probabilities.cpu().numpy(), self._edges))
        positions = specific.argmax(dim=1)
        values = probabilities.cpu().gather(1, positions[:, None]).squeeze(1)
        return Choice(positions, values)


def converted(model: Model, conversion: Conversion, vectors: Tensor) -> Tensor:
    """A conversion layer's scores [M, A] of mention vectors [M, V], to be soft-maxed."""
    logits = model.tagger.type_logits(vectors) if conversion.reads_logits else vectors.new_zeros((len(vectors), 0))
    return conversion(vectors, logits)  # type: ignore[no-any-return]


def mapping_table(model: Model) -> str | None:
    """The table from YAGO classes to a model's target types, as text.

    A model tuned with a table of its own keeps it; folders written before models kept theirs were tuned with the
    shipped one, or have lost the one they name (None).
    """
    table = model.mapping_table or model.direct_table
    if table is not None:
        return table
    return None if model.config.get("finetune", {}).get("mapping") else shipped_table()


def shipped_table() -> str:
    """The table from YAGO classes to AIDA types, as text."""
    return (RESOURCES / SHIPPED_TABLE).read_text(encoding="utf-8")


def _evidence(model: Model, targets: Targets) -> DirectMapper:
    if model.conversion is None:
        raise SettingsError(
            "--deepen: expected a model with a conversion layer, found a Direct one, which goes as deep as the "
            "evidence already; leave it out"
        )
    table = mapping_table(model)
    try:
        if table is not None:
            return DirectMapper.from_text(table, model.types, targets.taxonomy, "mapping table")
        reason = f"none in the folder, which was tuned with {model.config['finetune']['mapping']}"
    except TaxonomyError as error:
        reason = f"one of other types ({error})"
    raise SettingsError(
        f"--deepen: expected a model with a table from YAGO classes to its types, found {reason}; "
        "leave it out, or fine-tune with --mapping"
    )
