"""The same figures as neleval's on runs of a thousand mentions and more."""

from __future__ import annotations

import pytest
from neleval_reference import TREE, TYPES, evaluate, load, make_pair

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.scoring.scores import ScoreOptions, score_files
from ousianer_cli.scoring.track import OVERLAPS, TRACK_MEASURES
from ousianer_cli.taxonomy.credit import credit_matrix

pytest.importorskip("neleval")

KINDS = ("random", "perturbed", "duplicates", "several", "ids", "forms")
MEASURES = [
    *(name for name in TRACK_MEASURES if name not in OVERLAPS),
    *(f"{name}:None:{fields}" for name in OVERLAPS for fields in ("span", "span+type")),
    "sets:is_nil:span+type+kbid",
    "b_cubed:is_linked:span",
]


@pytest.fixture(scope="module", params=KINDS)
def pair(request, tmp_path_factory):
    """Gold and a run of at least 1,000 mentions."""
    return request.param, *make_pair(tmp_path_factory.mktemp(request.param), request.param, size=1100)


@pytest.fixture(scope="module")
def expected(pair):
    """neleval's figures for every measure."""
    _, gold, run = pair
    return evaluate(gold, run, MEASURES)


def ours(gold, run, measures, **options):
    report = score_files(gold, [run], TREE, options=ScoreOptions(measures=tuple(measures), **options))
    found = report.runs[0].measures
    return {name: (prf.precision, prf.recall, prf.f1) for name, prf in found.items()}


@pytest.mark.parametrize("exact", [False, True], ids=["default", "exact"])
def test_every_measure(pair, expected, exact):
    _, gold, run = pair
    found = ours(gold, run, MEASURES, neleval_exact=exact)
    assert len(gold.read_text().splitlines()) >= 1000
    for name in MEASURES:
        assert found[name] == pytest.approx(expected[name], abs=1e-9), name
        assert 0 < expected[name][2] < 1, f"{name} would be matched by anything"


def test_the_readings_are_measures_of_the_track(pair, expected):
    _, gold, run = pair
    found = ours(gold, run, [])
    assert found["span"] == pytest.approx(expected["strong_mention_match"], abs=1e-9)
    assert found["strict"] == pytest.approx(expected["strong_typed_mention_match"], abs=1e-9)


def weights_file(path, direction):
    weights = credit_matrix(TREE, direction, include_phantoms=True)
    with path.open("w", encoding="utf-8") as out:
        for i, gold in enumerate(TYPES):
            for j, system in enumerate(TYPES):
                if i != j and weights[i, j]:
                    out.write(f"{gold}/NAM\t{system}/NAM\t{weights[i, j]}\n")
    return path


TYPED = [name for name in TRACK_MEASURES if TRACK_MEASURES[name].aggregate == "sets" and "typed" in name]


@pytest.mark.parametrize("direction", ["descendant", "ancestor", "both"])
def test_tree_credit_and_type_weights(pair, expected, tmp_path, direction):
    _, gold, run = pair
    weights = weights_file(tmp_path / "weights.tsv", direction)
    weighted = evaluate(gold, run, TYPED, weights=weights)
    assert weighted["strong_typed_mention_match"] != pytest.approx(expected["strong_typed_mention_match"], abs=1e-6)
    assert ours(gold, run, [])[direction] == pytest.approx(weighted["strong_typed_mention_match"], abs=1e-9)
    for exact in (False, True):
        found = ours(gold, run, TYPED, type_weights=str(weights), neleval_exact=exact)
        for name in TYPED:
            assert found[name] == pytest.approx(weighted[name], abs=1e-9), name


def test_weights_of_types_against_themselves(pair, tmp_path):
    _, gold, run = pair
    weights = tmp_path / "weights.tsv"
    weights.write_text("".join(f"{t}/NAM\t{t}/NAM\t{0.3 + n / 300}\n" for n, t in enumerate(TYPES)), encoding="utf-8")
    expected = evaluate(gold, run, TYPED[:1], weights=weights)[TYPED[0]]
    assert ours(gold, run, TYPED[:1], type_weights=str(weights))[TYPED[0]] == pytest.approx(expected, abs=1e-9)


@pytest.mark.shared
def test_the_weights_of_2019(pair, shared_data):
    _, gold, run = pair
    weights = shared_data / "aida" / "kbp2019_type_weights.tsv"
    name = "strong_typed_mention_match"
    expected = evaluate(gold, run, [name], weights=weights)[name]
    assert ours(gold, run, [])["descendant"] == pytest.approx(expected, abs=1e-9)
    report = score_files(gold, [run], TREE, options=ScoreOptions(measures=(name,), type_weights=str(weights)))
    prf = report.runs[0].measures[name]
    assert (prf.precision, prf.recall, prf.f1) == pytest.approx(expected, abs=1e-9)
    assert "pay for system types below gold and none for any above" in " ".join(report.warnings)
    assert "first in line 1" in " ".join(report.warnings)


def test_excluded_regions(pair, tmp_path):
    _, gold, run = pair
    regions = tmp_path / "excluded.tab"
    regions.write_text("".join(f"D{n}\t{n * 50}\t{n * 50 + 900}\tquote\n" for n in range(45)), encoding="utf-8")
    from ousianer_cli.scoring.inputs import Filters

    names = ["strong_typed_mention_match", "b_cubed"]
    expected = evaluate(gold, run, names, excluded=regions)
    plain = evaluate(gold, run, names)
    found = ours(gold, run, names, filters=Filters(excluded=str(regions)))
    for name in names:
        assert found[name] == pytest.approx(expected[name], abs=1e-9)
        assert expected[name] != pytest.approx(plain[name], abs=1e-6)


def test_the_combined_format(pair, expected, tmp_path):
    kind, gold, run = pair
    files = []
    neleval = load()
    for path in (gold, run):
        with path.open(encoding="utf-8") as handle:
            files.append(tmp_path / f"{path.stem}.combined")
            files[-1].write_text(neleval.tac.PrepareTac15(handle)() + "\n", encoding="utf-8")
    for exact in (False, True):
        found = ours(*files, MEASURES, neleval_exact=exact)
        for name in MEASURES:
            assert found[name] == pytest.approx(expected[name], abs=1e-9), (kind, name, exact)


def line(place, label, form="NAM", kb="NIL1", confidence="0.5", end="\n"):
    return f"r\tm\tx\t{place}\t{kb}\t{label}\t{form}\t{confidence}{end}"


def write(path, *lines):
    path.write_bytes("".join(lines).encode())
    return path


NAMES = [
    "strong_mention_match",
    "strong_typed_mention_match",
    "mention_ceaf",
    "b_cubed",
    "muc",
    "overlap-sumsum:None:span",
]


@pytest.mark.parametrize(
    ("gold", "run"),
    [
        # Two spellings of a place are two annotations, of which sets keep one a type and overlaps both.
        (["D:1-3 per", "D:9-9 org"], ["D: 1 - 3 per", "D:1-3 org", "D:9-9 org"]),
        (["D:1-3 per", "D:9-9 org"], ["D:01-3 per", "D:1-3 per", "D:9-9 loc"]),
        # Alternatives and names outside mean nothing there.
        (["D:1-3 gpe|loc", "D:9-9 org", "D:20-21 -"], ["D:1-3 loc", "D:9-9 org", "D:20-21 -"]),
        (["D:1-3 per", "D:9-9 org"], ["D:1-3 PER", "D:9-9 org"]),
    ],
)
def test_exact_reproduces_what_the_official_tool_does(tmp_path, gold, run):
    files = [
        write(tmp_path / name, *(line(*text.rsplit(" ", 1)) for text in rows))
        for name, rows in (("gold.tab", gold), ("run.tab", run))
    ]
    expected = evaluate(*files, NAMES)
    found = ours(*files, NAMES, neleval_exact=True)
    for name in NAMES:
        assert found[name] == pytest.approx(expected[name], abs=1e-9), name
    assert found != ours(*files, NAMES) or "PER" in "".join(run)


def test_exact_takes_what_the_official_tool_takes(tmp_path):
    gold = write(tmp_path / "gold.tab", line("D:1-3", "per", end="\r\n"), line("D:5-6", "org", confidence="7"))
    run = write(tmp_path / "run.tab", line("D:1-3", "per"), line("D:5-6", "org", confidence="nan"))
    expected = evaluate(gold, run, NAMES[:2])
    assert ours(gold, run, NAMES[:2], neleval_exact=True)["strong_typed_mention_match"] == expected[NAMES[1]]
    with pytest.raises(InputError, match=r"gold\.tab:1"):
        ours(gold, run, NAMES[:2])


def test_a_bare_type_against_a_joined_one(tmp_path):
    gold = write(tmp_path / "gold.combined", "D\t1\t3\tE1\t0.5\tper/NAM\n", "D\t5\t6\tE1\t0.5\torg/NAM\n")
    run = write(tmp_path / "run.combined", "D\t1\t3\tE1\t0.5\tper\n", "D\t5\t6\tE1\t0.5\torg/NAM\n")
    name = "strong_typed_mention_match"
    assert ours(gold, run, [name], neleval_exact=True)[name] == evaluate(gold, run, [name], combined=True)[name]
    report = score_files(gold, [run], TREE, options=ScoreOptions(measures=(name,)))
    assert report.runs[0].measures[name].f1 == 1.0
    assert "1 types without a mention type, first in line 1" in " ".join(report.runs[0].warnings)


def test_weights_without_a_mention_type(tmp_path):
    gold = write(tmp_path / "gold.tab", line("D:1-3", "per"), line("D:5-6", "org"))
    run = write(tmp_path / "run.tab", line("D:1-3", "per.politician"), line("D:5-6", "org"))
    weights = write(tmp_path / "weights.tsv", "per\tper.politician\t0.5\n")
    name = "strong_typed_mention_match"
    assert evaluate(gold, run, [name], weights=weights)[name][2] == 0.5
    assert ours(gold, run, [name], type_weights=str(weights), neleval_exact=True)[name][2] == 0.5
    report = score_files(gold, [run], TREE, options=ScoreOptions(measures=(name,), type_weights=str(weights)))
    assert report.runs[0].measures[name].f1 == 0.75
    assert "1 rows have types without a mention type, first in line 1" in report.warnings[0]


def test_weights_need_one_annotation_a_key(tmp_path):
    gold = write(tmp_path / "gold.tab", line("D:1-3", "per"))
    run = write(tmp_path / "run.tab", line("D:1-3", "per"), line("D: 1-3", "org"))
    weights = write(tmp_path / "weights.tsv", "per/NAM\torg/NAM\t0.5\n")
    with pytest.raises(NotImplementedError):
        evaluate(gold, run, [NAMES[1]], weights=weights)
    with pytest.raises(SettingsError, match="two annotations with the same span"):
        ours(gold, run, [NAMES[1]], type_weights=str(weights), neleval_exact=True)


def test_coarse(pair, tmp_path):
    _, gold, run = pair
    cut = []
    for path in (gold, run):
        rows = [text.split("\t") for text in path.read_text(encoding="utf-8").splitlines()]
        cut.append(tmp_path / path.name)
        lines = ("\t".join([*row[:5], row[5].partition(".")[0], *row[6:]]) + "\n" for row in rows)
        cut[-1].write_text("".join(lines), encoding="utf-8")
    expected = evaluate(*cut, ["strong_typed_mention_match"])["strong_typed_mention_match"]
    assert ours(gold, run, [])["coarse"] == pytest.approx(expected, abs=1e-9)


def test_by_type_of_strict_is_neleval_by_type(pair):
    import warnings

    from neleval_reference import documents

    _, gold, run = pair
    report = score_files(gold, [run], TREE, types=True)
    measure = "strong_typed_mention_match"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = load().evaluate.Evaluate(documents(run), documents(gold), measures=[measure], group_by=["type"])()
    compared = 0
    for label, prfs in report.runs[0].types.items():
        expected = results.get(f'{measure};type="{label if "/" in label else f"{label}/NAM"}"')
        if expected is not None:
            figures = (expected["precision"], expected["recall"], expected["fscore"])
            assert (prfs["strict"].precision, prfs["strict"].recall, prfs["strict"].f1) == pytest.approx(figures)
            compared += 1
    assert compared > 100
