"""Teaching a detector: what corrections say of detection, the detection file, and an adapter that learns it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import capitals_model, command_line, detection_rows, sentence, write_rows

from ousianer_cli.errors import ForgettingError, InputError, OutputError
from ousianer_cli.formats.corpus import read_corpus
from ousianer_cli.formats.detection import Corrected, DetectionLine, is_detection_file, read_detection, write_detection
from ousianer_cli.formats.feedback.items import NO_NAME
from ousianer_cli.network.checkpoint import Model, load_model, save_model
from ousianer_cli.network.inference import Contextualised, detect_batch, detect_spans
from ousianer_cli.network.packed import PackedNetwork
from ousianer_cli.network.shapes import sentence_begins
from ousianer_cli.training import detector
from ousianer_cli.training.detector import teach_detector
from ousianer_cli.training.detector_likeness import near_words
from ousianer_cli.training.detector_words import SeenWords
from ousianer_cli.training.examples import encode_sentences
from ousianer_cli.training.finetune.detection import corrected_line, counted, detection_path

WORDS = ("the", "Bonn", "Police", "met", "lea", "ott", "in", "May")


@pytest.mark.parametrize(
    ("verdicts", "found", "faults", "names"),
    [
        ({(4, 6): "PER"}, [(1, 3)], [(4, 6, "missed")], [(1, 3), (4, 6)]),
        ({(1, 3): "ORG"}, [(1, 2)], [(1, 3, "boundary")], [(1, 3)]),
        ({(4, 6): "-"}, [], [(4, 6, "missed")], [(4, 6)]),  # outside the taxonomy, and a name
        ({(7, 8): NO_NAME}, [(1, 3), (7, 8)], [(7, 8, "no name")], [(1, 3)]),
        ({(7, 8): NO_NAME}, [(1, 3)], [], [(1, 3)]),  # the detector says so too
        ({(1, 3): "ORG"}, [(1, 3)], [], [(1, 3)]),
        ({(1, 2): "GPE"}, [(1, 3)], [], [(1, 3)]),  # a name inside a found name
        ({(1, 2): "GPE", (1, 3): NO_NAME}, [(1, 3)], [(1, 2, "boundary"), (1, 3, "no name")], [(1, 2)]),
        ({(1, 3): "ORG", (1, 2): "GPE"}, [], [(1, 3, "missed")], [(1, 3)]),
    ],
)
def test_what_a_correction_says_of_detection(verdicts: Any, found: Any, faults: Any, names: Any) -> None:
    line = corrected_line(WORDS, verdicts, found)
    assert [(c.start, c.end, c.fault) for c in line.corrected] == faults
    assert [(m.start, m.end) for m in line.sentence.mentions] == names


def lines_of(*rows: DetectionLine) -> list[DetectionLine]:
    return [*rows] or [
        corrected_line(("we", "met", "lea", "today"), {(2, 3): "PER"}, []),
        corrected_line(("It", "rained"), {(0, 1): NO_NAME}, [(0, 1)]),
    ]


def test_a_detection_file_is_a_corpus_with_what_was_corrected(tmp_path: Path) -> None:
    path = tmp_path / "m.detection.jsonl"
    assert write_detection(path, lines_of()) == 2 and is_detection_file(path)
    assert read_detection(path) == lines_of()
    assert [[(m.start, m.end) for m in s.mentions] for s in read_corpus(path)] == [[(2, 3)], []]
    assert all(s.detects and not s.types_mentions for s in read_corpus(path))
    assert counted(lines_of()) == "1 missed, 1 that are no name"


def test_another_file_is_not_overwritten_and_wrong_lines_are_named(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("notes\n")
    with pytest.raises(OutputError, match="found another file"):
        write_detection(tmp_path / "mine.txt", lines_of())
    row = {"tokens": ["a"], "mentions": [], "corrected": [{"start": 0, "end": 2, "fault": "missed"}]}
    (tmp_path / "bad.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(InputError, match=r"bad\.jsonl:1: expected 'corrected' with start, end in the 1 tokens"):
        read_detection(tmp_path / "bad.jsonl")


# ---- an adapter learns -----------------------------------------------------------------------------------------------

KNOWN = [sentence(f"Yesterday {who} sat .", (f"Yesterday {who}", ())) for who in ("Ada", "Otto", "Ivo", "Nina")] * 10


def found_in(model: Model, *texts: str) -> list[list[tuple[int, int]]]:
    return [spans for spans, _ in detect_spans(model.tagger, model.tokenizer.encode([t.split() for t in texts]), 999)]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rates for a network of eight units."""
    monkeypatch.setattr(detector, "RATE", 0.02)
    monkeypatch.setattr(detector, "STEPS", 80)
    monkeypatch.setattr(detector, "HELD", 99)  # of a dozen sentences none is held out


LEA = corrected_line(("we", "met", "lea", "today"), {(2, 3): "PER"}, [])


@pytest.mark.usefixtures("quick")
def test_missed_names_are_learned_by_an_adapter_and_nothing_else_changes(tmp_path: Path) -> None:
    model = capitals_model()
    assert found_in(model, "we met lea today") == [[]]
    before = {n: t.clone() for n, t in model.tagger.state_dict().items()}
    figures = teach_detector(model, [LEA], encode_sentences(KNOWN[:8], model.tokenizer).examples, seed=1)
    assert found_in(model, "we met lea today", "Yesterday Ada sat .") == [[(2, 3)], [(0, 2)]]
    assert (figures.right_before, figures.right_after, figures.places) == (0, 1, 1)
    after = model.tagger.state_dict()
    assert all(torch.equal(after[n], t) for n, t in before.items())
    assert set(after) - set(before) == {
        f"adapter.{layer}.{n}" for layer in ("hidden", "out") for n in ("weight", "bias")
    }
    save_model(tmp_path / "m", model, "card")
    again = load_model(tmp_path / "m")
    assert found_in(again, "we met lea today", "Yesterday Ada sat .") == [[(2, 3)], [(0, 2)]]
    with torch.inference_mode():  # and as `tag` runs it on a CPU
        (sequence,) = again.tokenizer.encode([["we", "met", "lea", "today"]])
        ((states, layers, shapes),) = PackedNetwork(again.tagger)([sequence])
        batch = Contextualised([0], states, layers, torch.ones(1, 4).bool(), sentence_begins(shapes))
        assert [found.spans for found in detect_batch(again.tagger, batch)] == [[(2, 3)]]


@pytest.mark.usefixtures("quick")
def test_a_second_lesson_goes_on_from_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "RATE", 0.005)
    monkeypatch.setattr(detector, "STEPS", 150)
    model = capitals_model()
    replay = encode_sentences(KNOWN[:8], model.tokenizer).examples
    teach_detector(model, [LEA], replay, seed=1)
    first = model.tagger.adapter
    other = corrected_line(("the", "bay", "is", "near"), {(1, 2): "LOC"}, [])
    teach_detector(model, [LEA, other], replay, seed=1)
    assert model.tagger.adapter is not first and model.tagger.config.adapter == detector.HIDDEN
    texts = ("we met lea today", "the bay is near", "Yesterday Ada sat .")
    assert found_in(model, *texts) == [[(2, 3)], [(1, 2)], [(0, 2)]]


@pytest.mark.usefixtures("quick")
def test_a_detector_that_would_lose_the_rest_is_refused_and_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    model = capitals_model()
    replay = encode_sentences(KNOWN, model.tokenizer).examples
    monkeypatch.setattr(detector, "HELD", 5)
    monkeypatch.setattr(detector, "PULLS", (0.0,))  # nothing holds it
    lines = [DetectionLine(sentence("Yesterday Ada sat ."), (Corrected(0, 2, "no name"),))]
    with pytest.raises(ForgettingError, match="held-out passages of the detector's replay"):
        teach_detector(model, lines, replay, seed=1)
    assert found_in(model, "Yesterday Ada sat .") == [[(0, 2)]] and model.tagger.adapter is None


@pytest.mark.usefixtures("quick")
def test_a_lesson_that_loses_too_much_is_given_again_more_carefully(monkeypatch: pytest.MonkeyPatch) -> None:
    model = capitals_model()
    replay = encode_sentences(KNOWN, model.tokenizer).examples
    monkeypatch.setattr(detector, "HELD", 5)
    monkeypatch.setattr(detector, "PULLS", (0.0, 100.0))
    pulls = []
    train = detector._Lesson.taught
    monkeypatch.setattr(detector._Lesson, "taught", lambda self, pull: (pulls.append(pull), train(self, pull))[1])
    lines = [DetectionLine(sentence("Yesterday Ada sat ."), (Corrected(0, 2, "no name"),))]
    figures = teach_detector(model, lines, replay, seed=1)
    assert pulls == [0.0, 100.0] and figures.f1_after == figures.f1_before


def test_words_like_corrected_ones_are_found_among_those_of_their_old_tag() -> None:
    generator = torch.Generator().manual_seed(1)
    words = torch.randn(400, 48, generator=generator)
    kind = torch.nn.functional.one_hot(torch.tensor(3), 48) * 16.0
    words[:40] += kind
    tags = torch.zeros(400, dtype=torch.long)
    tags[30:40] = 1  # like them, but of another tag: the detector does not err there
    corrected = torch.randn(10, 48, generator=generator) + kind
    old, new = torch.zeros(10, dtype=torch.long), torch.ones(10, dtype=torch.long)
    near = near_words(words, tags, corrected, old, new, (24, 24))
    assert near[:30].float().mean() > 0.5 and not near[30:40].any() and near[40:].float().mean() < 0.01
    assert not near_words(words, tags, corrected[:2], old[:2], new[:2], (24, 24)).any(), "two are no kind"


def test_words_are_drawn_by_how_unsure_the_detector_is_of_them() -> None:
    seen = SeenWords(torch.zeros(2, 4), torch.tensor([[20.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), torch.zeros(2).bool())
    assert detector._unsure([seen], None).tolist() == pytest.approx([0.0, 2 / 3], abs=1e-6)


@pytest.mark.usefixtures("quick")
def test_sentences_too_long_to_read_are_counted() -> None:
    model = capitals_model(max_pieces=40)
    long = corrected_line(("word",) * 60 + ("lea",), {(60, 61): "PER"}, [])
    reported: list[str] = []
    teach_detector(model, [LEA, long], [], seed=1, report=reported.append)
    assert reported[0] == "1 corrected sentences are longer than the encoder reads, and teach nothing"
    with pytest.raises(InputError, match="a corrected sentence that the encoder can read"):
        teach_detector(model, [long], [], seed=1)


KNOWN_TEXT = "Yesterday Mara Voss went to Lima ."
MISSED = "we saw the lamp today"


@pytest.mark.usefixtures("quick")
def test_feedback_keeps_what_detection_must_learn_beside_the_model_and_pretrain_learns_it(
    tuned: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert (3, 4) not in found_in(load_model(tuned), MISSED)[0]
    assert found_in(load_model(tuned), KNOWN_TEXT) == [[(1, 3), (5, 6)]]
    rows = [(MISSED, "lamp", "PER"), (KNOWN_TEXT, "Lima", "no name"), (KNOWN_TEXT, "Mara Voss", "-")]
    (tmp_path / "f.tsv").write_text("sentence\tmention\ttype\n" + "".join("\t".join(r) + "\n" for r in rows))
    code, stdout, err = command_line("finetune", tuned, "--feedback", tmp_path / "f.tsv", "-o", out)
    assert (code, err) == (0, "")
    assert "for the detector: names 1 missed, 1 that are no name" in stdout
    kept = detection_path(out)
    assert kept.is_file() and not (out / kept.name).exists(), "a model folder holds no text"
    missed, none = read_detection(kept)
    assert [c.fault for c in (*missed.corrected, *none.corrected)] == ["missed", "no name"]
    assert [m.types for m in none.sentence.mentions] == [("-",)], "outside the taxonomy is a name"
    before, after = load_model(tuned).tagger, load_model(out).tagger
    for name in before.detection_parameters():
        assert torch.equal(before.state_dict()[name], after.state_dict()[name])
    known = write_rows(tmp_path / "known.jsonl", [r for r in detection_rows() if "Lima" not in r.tokens])
    words = ["pretrain", "--start", out, "--detection", kept, known, "--piece-dropout", "0", "-o", tmp_path / "taught"]
    code, stdout, err = command_line(*words)
    assert (code, err) == (0, "") and "2 corrected sentences, held by 10 passages of other corpora" in stdout
    taught = load_model(tmp_path / "taught")
    assert (3, 4) in found_in(taught, MISSED)[0] and found_in(taught, KNOWN_TEXT) == [[(1, 3)]]
    assert taught.conversion is not None and taught.replay is not None, "its types are lost"


@pytest.mark.usefixtures("quick")
def test_finetune_learns_both_in_one_go(tuned: Path, tmp_path: Path) -> None:
    (tmp_path / "f.tsv").write_text(f"sentence\tmention\ttype\n{MISSED}\tlamp\tLOC\n")
    (tmp_path / "d.txt").write_text("\n\n".join(" ".join(row.tokens) for row in detection_rows()))
    words = ["finetune", tuned, "--feedback", tmp_path / "f.tsv", "-o", tmp_path / "out", "--detection"]
    code, stdout, err = command_line(*words, "--source", tmp_path / "d.txt")
    assert (code, err) == (0, "") and "the detector is held by 12 sentences of --source that it marked itself" in stdout
    taught = load_model(tmp_path / "out")
    assert (3, 4) in found_in(taught, MISSED)[0] and found_in(taught, KNOWN_TEXT) == [[(1, 3), (5, 6)]]
    assert "which has learned them" in stdout


def test_detection_goes_with_feedback_alone(tmp_path: Path) -> None:
    for words in (["--train", "t"], ["--direct"]):
        code, _, err = command_line("finetune", "base", *words, "--detection", "-o", tmp_path / "m")
        assert code == 2 and err.startswith("ousianer: --detection: expected --feedback alone beside it")
