"""A checkpoint is a folder of named files; nothing in it is pickled.

`config.json` (versioned, resolved), `model.safetensors`, `tokenizer.json`, `taxonomy/` (`yago.tsv`, and after
fine-tuning `target.tsv` and `mapping.tsv`, or `direct.tsv`), `metrics.json`, `README.md` (card), and after fine-tuning
`replay.safetensors`. The encoder is inside `model.safetensors` when it was tuned, and named with its fingerprint when
it was frozen.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ousianer_cli.errors import ModelError, OusiaError
from ousianer_cli.network.conversion import Conversion
from ousianer_cli.network.encoder import build_encoder, config_of, fingerprint, load_encoder
from ousianer_cli.network.nested import NestedHead
from ousianer_cli.network.pieces import PieceTokenizer
from ousianer_cli.network.tagger import Pooling, TaggerConfig, TaggerNetwork
from ousianer_cli.network.tensor_files import write_tensors
from ousianer_cli.outputs import MODEL, first_changed, sha256_16, whole_folder
from ousianer_cli.taxonomy.inventory import Inventory
from ousianer_cli.taxonomy.tree import Taxonomy
from ousianer_cli.taxonomy.tree_files import parse_taxonomy

FORMAT = 1
_ENCODER = "states.encoder."
_DERIVED = ("format", "network", "encoder", "conversion", "nested", "files_sha256_16")
"""What of config.json is made when a model is written."""
_FAULTS = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, MemoryError, SafetensorError)
"""What loading raises where files or their configuration are damaged."""


@dataclass(slots=True)
class Model:
    """Everything that `tag` needs: network, tokenizer, pretraining types, and, once tuned, the way to target types."""

    tagger: TaggerNetwork
    tokenizer: PieceTokenizer
    inventory: Inventory
    """Y pretraining types with their parents, in the order of the type projection."""
    encoder_name: str
    encoder_tuned: bool
    config: dict[str, Any] = field(default_factory=dict)
    """The saved configuration: settings of each phase, data, decoding."""
    conversion: Conversion | None = None
    taxonomy_file: str | None = None
    """The target taxonomy as TSV text, once the model is fine-tuned or direct."""
    direct_table: str | None = None
    """The mapping table of a Direct model, as text."""
    mapping_table: str | None = None
    """The mapping table that a fine-tuned model was tuned with, as text; see `network.typing.mapping_table`."""
    nested: NestedHead | None = None
    """Finds names inside found names; None in a model that was not trained to."""
    replay: dict[str, Tensor] | None = None
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def max_pieces(self) -> int:
        """Sub-word pieces that a sentence, or a window of one, may have."""
        return int(self.config.get("max_pieces", 256))

    @property
    def passage_pieces(self) -> int:
        """Most pieces of a passage of several sentences (`network.passages`); 0 reads each sentence by itself."""
        return int(self.config.get("passage_pieces", 0))

    @property
    def types(self) -> list[str]:
        """Ids of the Y pretraining types."""
        return list(self.inventory.ids)


def model_taxonomy(model: Model) -> Taxonomy:
    """The target taxonomy inside a fine-tuned or direct model.

    Raises:
        ModelError: the model is only pretrained.
    """
    if model.taxonomy_file is None:
        raise ModelError(
            "expected a model with a target taxonomy, found a pretrained one; run ousianer finetune on it first"
        )
    return parse_taxonomy(model.taxonomy_file, "target.tsv")


def save_model(folder: str | Path, model: Model, card: str) -> None:
    """Write the folder whole or not at all; weights are stored in fp16 where that is exact enough (all but the CRF).

    Raises:
        OutputError: what stands there is no model folder, holds something else too, or cannot be written.
    """
    with whole_folder(folder, MODEL) as out:
        write_model(out, model, card)


def write_model(out: Path, model: Model, card: str) -> None:
    """Fill an existing folder."""
    state = {k: v for k, v in model.tagger.state_dict().items() if model.encoder_tuned or not k.startswith(_ENCODER)}
    if model.conversion is not None:
        state |= {f"conversion.{k}": v for k, v in model.conversion.state_dict().items()}
    if model.nested is not None:
        state |= {f"nested.{k}": v for k, v in model.nested.state_dict().items()}
    write_tensors({k: _compact(k, v) for k, v in state.items()}, out / "model.safetensors")
    model.tokenizer.save(out)
    (out / "taxonomy").mkdir(exist_ok=True)
    model.inventory.save(out / "taxonomy" / "yago.tsv")
    if model.taxonomy_file is not None:
        (out / "taxonomy" / "target.tsv").write_text(model.taxonomy_file, encoding="utf-8")
    if model.direct_table is not None:
        (out / "taxonomy" / "direct.tsv").write_text(model.direct_table, encoding="utf-8")
    if model.mapping_table is not None:
        (out / "taxonomy" / "mapping.tsv").write_text(model.mapping_table, encoding="utf-8")
    if model.replay is not None:
        write_tensors(model.replay, out / "replay.safetensors")
    encoder = model.tagger.states.encoder
    config = {
        **model.config,
        "format": FORMAT,
        "network": dataclasses.asdict(model.tagger.config),
        "encoder": {
            "name": model.encoder_name,
            "tuned": model.encoder_tuned,
            "fingerprint": None if model.encoder_tuned else fingerprint(encoder),
            "layers": int(getattr(encoder.config, "num_hidden_layers", 0)),
            "config": config_of(encoder),
        },
        "conversion": None
        if model.conversion is None
        else {
            "reads": model.conversion.reads,
            "hidden": model.conversion.hidden.out_features,
            "targets": model.conversion.out.out_features,
        },
    }
    if model.nested is not None:
        config["nested"] = {"hidden": model.nested.hidden.out_features}
    _write_json(out / "metrics.json", model.metrics)
    # Last, since it says what the others are.
    config["files_sha256_16"] = file_digests(out)
    _write_json(out / "config.json", config)
    (out / "README.md").write_text(card, encoding="utf-8")


def file_digests(folder: Path) -> dict[str, str]:
    """The digest of each file of a model folder that says what the model is."""
    paths = (*folder.glob("*.safetensors"), folder / "tokenizer.json", *folder.glob("taxonomy/*.tsv"))
    return {path.relative_to(folder).as_posix(): sha256_16(path) for path in sorted(paths)}


def load_model(folder: str | Path) -> Model:
    """Read a checkpoint folder.

    Raises:
        ModelError: no such folder; a file is missing, changed, damaged or of another version; or a frozen encoder is
            not the one it was trained on.
    """
    folder = Path(folder)
    config = read_config(folder)
    if changed := first_changed(folder, config.get("files_sha256_16", {})):
        raise ModelError(f"{changed}; copy the model's folder again")
    try:
        return _load(folder, config)
    except OusiaError:
        raise
    except _FAULTS as error:
        why = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{folder}: expected a whole model folder, found a fault in it ({type(error).__name__}: {why}); "
            "copy it again"
        ) from None


def _load(folder: Path, config: Mapping[str, Any]) -> Model:
    encoder_config = config["encoder"]
    try:
        weights = load_file(folder / "model.safetensors")
    except Exception as error:
        raise ModelError(
            f"{folder / 'model.safetensors'}: expected the model's weights, found none that can be read ({error}); "
            "copy the folder again"
        ) from None
    if encoder_config["tuned"]:
        encoder = build_encoder(encoder_config["config"])
    else:
        encoder = load_encoder(encoder_config["name"], encoder_config["layers"])
        installed = fingerprint(encoder)
        if installed != encoder_config["fingerprint"]:
            raise ModelError(
                f"{folder}: expected encoder '{encoder_config['name']}' with fingerprint "
                f"{encoder_config['fingerprint']}, found {installed}; install the encoder that the model's card names"
            )
    network = dict(config["network"])
    network["layers"] = tuple(network["layers"])
    if network["pooling"] not in get_args(Pooling):
        raise _gone(folder, f"pooling '{network['pooling']}'")
    tagger = TaggerNetwork(TaggerConfig(**network), encoder)
    inventory = Inventory.load(folder / "taxonomy" / "yago.tsv")
    conversion = None
    if config.get("conversion"):
        c = config["conversion"]
        if c.get("hierarchy") or c.get("names"):  # False and 0 in folders of the time when these could be chosen
            raise _gone(folder, "scores along the hierarchy" if c.get("hierarchy") else "label names")
        conversion = Conversion(tagger.vector_size, len(inventory), c["targets"], hidden=c["hidden"], reads=c["reads"])
        conversion.load_state_dict(_part(weights, "conversion."))
        conversion.eval()
    nested = None
    if config.get("nested"):
        nested = NestedHead(tagger.vector_size, config["nested"]["hidden"])
        nested.load_state_dict(_part(weights, "nested."))
        nested.eval()
    state = {k: v.float() for k, v in weights.items() if not k.startswith(("conversion.", "nested."))}
    missing, unexpected = tagger.load_state_dict(state, strict=False)
    missing = [m for m in missing if encoder_config["tuned"] or not m.startswith(_ENCODER)]
    missing = [m for m in missing if "position_ids" not in m]
    if missing or unexpected:
        raise ModelError(
            f"{folder}: expected the tensors of its config.json, found {len(missing)} missing and "
            f"{len(unexpected)} unknown; copy the folder again"
        )
    tagger.eval()
    metrics = (
        json.loads((folder / "metrics.json").read_text(encoding="utf-8")) if (folder / "metrics.json").is_file() else {}
    )
    replay = load_file(folder / "replay.safetensors") if (folder / "replay.safetensors").is_file() else None
    return Model(
        tagger,
        PieceTokenizer.load(folder),
        inventory,
        encoder_config["name"],
        encoder_config["tuned"],
        {k: v for k, v in config.items() if k not in _DERIVED},
        conversion,
        _optional(folder / "taxonomy" / "target.tsv"),
        _optional(folder / "taxonomy" / "direct.tsv"),
        _optional(folder / "taxonomy" / "mapping.tsv"),
        nested,
        replay,
        metrics,
    )


def _part(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The weights under a prefix, without it."""
    return {k.removeprefix(prefix): v.float() for k, v in weights.items() if k.startswith(prefix)}


def _gone(folder: Path, option: str) -> ModelError:
    return ModelError(
        f"{folder}: expected a model of this version's options, found one with {option}; train it again without"
    )


def read_config(folder: Path) -> dict[str, Any]:
    """`config.json` of a checkpoint folder, its version checked."""
    file = folder / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        found = "no such file in it" if folder.is_dir() else "a file" if folder.is_file() else "no such folder"
        raise ModelError(
            f"{folder}: expected a model folder with config.json, found {found}; "
            "give a folder that pretrain or finetune wrote"
        ) from None
    except OSError as error:
        raise ModelError(
            f"{file}: expected a file that can be read, found {error.strerror}; check the folder"
        ) from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file}: expected JSON, found an error: {error}; copy the folder again") from None
    if isinstance(config, dict) and "export" in config:
        raise ModelError(f"{folder}: expected a model folder, found an exported model; name what it was made of")
    version = config.get("format") if isinstance(config, dict) else None
    if version != FORMAT:
        raise ModelError(
            f"{file}: expected model format {FORMAT}, found {version}; use the ousianer version that wrote it"
        )
    return config  # type: ignore[no-any-return]


def _compact(name: str, tensor: Tensor) -> Tensor:
    tensor = tensor.detach().cpu().contiguous()
    return tensor if not tensor.is_floating_point() or name.startswith("crf.") else tensor.half()


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def _optional(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
