"""The same figures as neleval's on runs of a thousand mentions and more."""

import collections
import collections.abc
import random
import sys
import warnings
import xml.etree.ElementTree

import pytest

from ousianer_cli.scoring.runs import score_files
from ousianer_cli.taxonomy.aida import aida_edl
from ousianer_cli.taxonomy.credit import credit_matrix

TREE = aida_edl()
TYPES = [TREE.to_row(node) for node in TREE.nodes]


@pytest.fixture(scope="module")
def neleval():
    """neleval, whose import needs two names that Python has since dropped."""
    pytest.importorskip("numpy")
    patch = pytest.MonkeyPatch()
    patch.setattr(collections, "Sequence", collections.abc.Sequence, raising=False)
    patch.setitem(sys.modules, "xml.etree.cElementTree", xml.etree.ElementTree)
    try:
        import neleval.configs
        import neleval.document
        import neleval.evaluate
        import neleval.tac

        yield neleval
    finally:
        patch.undo()


def line(number, doc, start, end, label, form="NAM", confidence="0.5", kb="NIL1", extra=""):
    return f"run\tm{number}\tname\t{doc}:{start}-{end}\t{kb}\t{label}\t{form}\t{confidence}{extra}\n"


def random_gold(rng, size, forms=("NAM",)):
    """Mentions at distinct places: (doc, start, end, type, form)."""
    places = set()
    while len(places) < size:
        start = rng.randrange(5000)
        places.add((f"D{rng.randrange(40)}", start, start + rng.randrange(20)))
    return [(*place, rng.choice(TYPES), rng.choice(forms)) for place in sorted(places)]


def perturbed(rng, gold, forms=("NAM",)):
    """A run that misses, shifts, invents and mistypes, often within the right line of descent."""
    run = []
    for doc, start, end, label, _ in gold:
        chance = rng.random()
        if chance < 0.1:
            continue
        if chance < 0.2:
            end += 1
        node = TREE.parse(label, ignore_case=True)
        relatives = [*TREE.ancestors(node), *TREE.descendants(node)]
        if chance > 0.8:
            label = rng.choice(TYPES)
        elif chance > 0.5 and relatives:
            label = TREE.to_row(rng.choice(relatives))
        run.append((doc, start, end, label, rng.choice(forms)))
    run += [(f"D{rng.randrange(45)}", 9000 + n, 9003 + n, rng.choice(TYPES), rng.choice(forms)) for n in range(100)]
    return list({row[:3]: row for row in run}.values())


def write(path, rows, rng, several=0.0, extra=""):
    lines = []
    for number, (doc, start, end, label, form) in enumerate(rows):
        confidence = f"{rng.randrange(1, 11) / 10}"
        lines.append(line(number, doc, start, end, label, form, confidence, extra=extra))
        while rng.random() < several:
            # Equal confidences and repeated types are wanted here: ties must fall as neleval lets them fall.
            lines.append(line(f"{number}b", doc, start, end, rng.choice(TYPES), form, f"{rng.randrange(1, 11) / 10}"))
    if several:
        rng.shuffle(lines)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def reference(neleval, gold, run, measure, weights=None):
    """neleval's precision, recall and F1 of one measure."""

    def documents(path):
        with path.open(encoding="utf-8") as handle:
            combined = neleval.tac.PrepareTac15(handle)()
        return list(neleval.document.Reader(combined.splitlines()))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        evaluate = neleval.evaluate.Evaluate(
            documents(run), documents(gold), measures=[measure], type_weights=None if weights is None else str(weights)
        )
        result = evaluate()[measure]
    return result["precision"], result["recall"], result["fscore"]


def ours(gold, run, reading):
    prf = score_files(gold, [run], TREE).runs[0].measures[reading]
    return prf.precision, prf.recall, prf.f1


def weights_file(path, direction):
    weights = credit_matrix(TREE, direction, include_phantoms=True)
    with path.open("w", encoding="utf-8") as out:
        for i, gold in enumerate(TYPES):
            for j, system in enumerate(TYPES):
                if i != j and weights[i, j]:
                    out.write(f"{gold}/NAM\t{system}/NAM\t{weights[i, j]}\n")
    return path


CASES = {
    "random": {"several": 0.0, "forms": ("NAM",), "near": False},
    "perturbed": {"several": 0.0, "forms": ("NAM",), "near": True},
    "several types a span": {"several": 0.4, "forms": ("NAM",), "near": True},
    "names and nominals": {"several": 0.2, "forms": ("NAM", "NAM", "NOM"), "near": True},
}


@pytest.fixture(params=sorted(CASES))
def pair(request, tmp_path):
    case = CASES[request.param]
    rng = random.Random(request.param)
    gold = random_gold(rng, 1200, case["forms"])
    run = perturbed(rng, gold, case["forms"])
    if not case["near"]:
        run = [(doc, start, end, rng.choice(TYPES), form) for doc, start, end, _, form in run]
    return (
        write(tmp_path / "gold.tab", gold, rng, case["several"] / 2, extra="\tN\tN\tY" if case["near"] else ""),
        write(tmp_path / "run.tab", run, rng, case["several"]),
    )


@pytest.mark.parametrize(
    ("reading", "measure"), [("span", "strong_mention_match"), ("strict", "strong_typed_mention_match")]
)
def test_set_measures(neleval, pair, reading, measure):
    expected = reference(neleval, *pair, measure)
    assert 0 < expected[2] < 1
    assert ours(*pair, reading) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("reading", ["descendant", "ancestor", "both"])
def test_tree_credit(neleval, pair, tmp_path, reading):
    weights = weights_file(tmp_path / "weights.tsv", reading)
    expected = reference(neleval, *pair, "strong_typed_mention_match", weights)
    assert expected != pytest.approx(reference(neleval, *pair, "strong_typed_mention_match"), abs=1e-6)
    assert ours(*pair, reading) == pytest.approx(expected, abs=1e-9)


@pytest.mark.shared
def test_the_weights_of_2019(neleval, pair, shared_data):
    weights = shared_data / "aida" / "kbp2019_type_weights.tsv"
    expected = reference(neleval, *pair, "strong_typed_mention_match", weights)
    assert ours(*pair, "descendant") == pytest.approx(expected, abs=1e-9)


def test_coarse(neleval, tmp_path):
    rng = random.Random(5)
    gold = random_gold(rng, 1000, ("NAM", "NOM"))
    run = perturbed(rng, gold, ("NAM", "NOM"))
    files = [write(tmp_path / name, rows, rng) for name, rows in (("gold.tab", gold), ("run.tab", run))]
    cut = [[(*row[:3], row[3].partition(".")[0], row[4]) for row in rows] for rows in (gold, run)]
    cut_files = [write(tmp_path / name, rows, rng) for name, rows in zip(("g.tab", "r.tab"), cut, strict=True)]
    expected = reference(neleval, *cut_files, "strong_typed_mention_match")
    assert ours(*files, "coarse") == pytest.approx(expected, abs=1e-9)


def test_capitals_score_as_in_neleval(neleval, tmp_path):
    gold, run = tmp_path / "gold.tab", tmp_path / "run.tab"
    gold.write_text(line(1, "D", 0, 3, "per") + line(2, "D", 5, 8, "gpe") + line(3, "D", 9, 9, "LOC"), encoding="utf-8")
    run.write_text(line(1, "D", 0, 3, "PER") + line(2, "D", 5, 8, "gpe") + line(3, "D", 9, 9, "LOC"), encoding="utf-8")
    expected = reference(neleval, gold, run, "strong_typed_mention_match")
    assert expected[0] == pytest.approx(2 / 3)
    assert ours(gold, run, "strict") == pytest.approx(expected, abs=1e-9)


def test_by_type_of_strict_is_neleval_by_type(neleval, pair):
    gold, run = pair
    report = score_files(gold, [run], TREE, types=True)

    def documents(path):
        with path.open(encoding="utf-8") as handle:
            return list(neleval.document.Reader(neleval.tac.PrepareTac15(handle)().splitlines()))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        measure = "strong_typed_mention_match"
        results = neleval.evaluate.Evaluate(documents(run), documents(gold), measures=[measure], group_by=["type"])()
    compared = 0
    for label, prfs in report.runs[0].types.items():
        joined = label if "/" in label else f"{label}/NAM"
        expected = results.get(f'{measure};type="{joined}"')
        if expected is not None:
            prf = prfs["strict"]
            assert (prf.precision, prf.recall, prf.f1) == pytest.approx(
                (expected["precision"], expected["recall"], expected["fscore"]), abs=1e-9
            )
            compared += 1
    assert compared > 100
