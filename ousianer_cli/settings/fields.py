"""What a setting is: its text, place in the help, and role, all in the metadata of its dataclass field."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ousianer_cli.settings.weights import corpus_weights

Role = Literal["", "data", "input", "output"]
"""`data`: files whose digest is recorded with what was made of them. `input`: another thing that is read, such as a
model, a table or documents. `output`: where the result goes."""
Kind = Literal[
    "file", "model", "run", "lines", "study", "shards", "types", "figures", "cache", "project", "annotations"
]
Group = Literal[
    "",
    "data",
    "labels",
    "formats",
    "mentions",
    "sentences",
    "model",
    "training",
    "decoding",
    "scoring",
    "study",
    "work",
    "output",
]

_GROUP_OF_ROLE: dict[Role, Group] = {"data": "data", "input": "data", "output": "output"}


@dataclass(frozen=True, slots=True)
class Trait:
    """All that is known of a setting beside its name, type and default."""

    doc: str
    """One line of help, its unit included where it has one."""
    group: Group = ""
    """The part of the help that it stands in; by its role where none is given."""
    role: Role = ""
    kind: Kind = "file"
    """What lies at the path of an input or output; of outputs, the name of one of `outputs.kinds`."""
    validates: bool = False
    """Whether data is for validation alone: nothing is trained on it."""
    fixed: bool = False
    """Whether a search must leave it alone, since it decides what trials are measured on (data, inputs always are)."""
    neutral: bool = False
    """Whether it leaves the result as it is: folders for caches, threads, memory (outputs always do)."""
    kept_by_model: bool = False
    """Whether feedback goes on with the value that the model was made with."""
    positional: bool = False
    metavar: str = ""
    flags: tuple[str, ...] = ()
    """Flags beside the one of its name, such as `-o`."""
    off: str = ""
    """The flag that turns it off, if not `--no-…`."""
    shown: str | None = None
    """What the help shows as default, where the value itself says little."""
    comma: bool = False
    """Whether a list may also be given as one text, its parts joined by commas."""
    spelled: Callable[[str], str] = str
    """How each text of a comma list is spelled: `str.lower`, `str.upper`."""
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    """What a number must be larger than."""
    below: float | None = None
    """What a number must be smaller than."""
    unset: float | None = None
    """A number outside the bounds that leaves the choice to the model."""
    only: str = ""
    """The subcommand that alone takes it as an option, where several share the dataclass."""

    @property
    def panel(self) -> Group:
        """The part of the help that the option stands in."""
        return self.group or _GROUP_OF_ROLE.get(self.role, "")

    @property
    def bounds(self) -> str:
        """The bounds of a number in words; empty where there are none."""
        if self.minimum is not None and self.maximum is not None:
            return f"{self.minimum:g} to {self.maximum:g}"
        limits = (
            ("at least", self.minimum),
            ("more than", self.above),
            ("at most", self.maximum),
            ("below", self.below),
        )
        return " and ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)

    def admits(self, number: float) -> bool:
        """Whether a number lies within the bounds."""
        return (
            (self.minimum is None or number >= self.minimum)
            and (self.above is None or number > self.above)
            and (self.maximum is None or number <= self.maximum)
            and (self.below is None or number < self.below)
        )


def kind_of(settings: Any, name: str) -> Kind:
    """What lies at the path of a setting; settings whose other values decide it say so in `kinds`."""
    own: dict[str, Kind] = getattr(settings, "kinds", dict)()
    return own.get(name, traits(settings)[name].kind)


def setting(default: Any = dataclasses.MISSING, *, doc: str, **traits: Any) -> Any:
    """A dataclass field with its `Trait`; lists and dicts become fresh copies."""
    metadata = {"trait": Trait(doc=doc, **traits)}
    if isinstance(default, list | dict):
        return dataclasses.field(default_factory=lambda: type(default)(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def flag(name: str) -> str:
    """The command-line flag of a setting: `min_mentions` -> `--min-mentions`."""
    return "--" + name.replace("_", "-")


def traits(settings: Any) -> dict[str, Trait]:
    """Setting -> its trait, in order, of a settings dataclass or one of its instances."""
    return {f.name: f.metadata["trait"] for f in dataclasses.fields(settings)}


def data_of(settings: Any) -> list[tuple[str, str]]:
    """(setting, path) of every data file that the settings name, in order, without its weight."""
    return _paths(settings, ("data",))


def training_data_of(settings: Any) -> list[tuple[str, str]]:
    """(setting, path) of the data that is trained on."""
    known = traits(settings)
    return [(name, path) for name, path in data_of(settings) if not known[name].validates]


def inputs_of(settings: Any) -> list[tuple[str, str]]:
    """(setting, path) of everything that the settings say to read: data and other inputs."""
    return _paths(settings, ("data", "input"))


def outputs_of(settings: Any) -> list[tuple[str, str]]:
    """(setting, path) of everything that the settings say to write."""
    return _paths(settings, ("output",))


def models_of(settings: Any) -> list[tuple[str, str]]:
    """(setting, folder) of every model that the settings start from."""
    known = traits(settings)
    return [(name, path) for name, path in _paths(settings, ("input",)) if known[name].kind == "model"]


def _paths(settings: Any, roles: tuple[Role, ...]) -> list[tuple[str, str]]:
    found = []
    for name, trait in traits(settings).items():
        if trait.role in roles:
            value = getattr(settings, name)
            paths = [str(path) for path in (value if isinstance(value, list | tuple) else [value]) if path]
            found += [(name, path) for path in (corpus_weights(paths) if trait.role == "data" else paths)]
    return found


def fixed_settings(settings: Any) -> frozenset[str]:
    """Settings that no search may vary: data, inputs and outputs, and what decides how a trial is measured."""
    return frozenset(name for name, trait in traits(settings).items() if trait.role or trait.fixed)


def neutral_settings(settings: Any) -> frozenset[str]:
    """Settings that change where a result lies or how fast it is there, but not the result."""
    return frozenset(name for name, t in traits(settings).items() if t.neutral or t.role == "output")


def kept_by_model(settings: Any) -> list[str]:
    """Settings whose values feedback takes from the model."""
    return [name for name, trait in traits(settings).items() if trait.kept_by_model]


# ---- what several commands say alike ---------------------------------------------------------------------------------

TAXONOMIES = "aida, aida-edl, a TSV (type, parent) or a neleval JSON"
MAPPING = "YAGO -> target table"
SHIPPED_MODEL = "the shipped model"
AFTER_XML_DECLARATION = "Count offsets from after the first <?xml …?> line."
