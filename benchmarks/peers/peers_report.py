"""The peers' results as Markdown."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peers_files import OWN, PEERS, absolute, read_json, run_folder, write_json


def cells(options: argparse.Namespace) -> dict[tuple[str, str], dict[int, Path]]:
    """(size, peer) -> seed -> folder of the finished run at the peer's chosen learning rate."""
    rates = read_json(options.runs / "rates.json", {})
    found: dict[tuple[str, str], dict[int, Path]] = {}
    for folder in sorted(options.runs.glob("size-*/*/seed-*")):
        size, peer, seed = (folder.parts[-3][5:], folder.parts[-2], int(folder.parts[-1][5:]))
        run = run_folder(options.runs, peer, size, seed, rates.get(peer, {}).get("lr"))
        if (run / "result.json").is_file():
            found.setdefault((size, peer), {})[seed] = run
    return found


def score(options: argparse.Namespace) -> None:
    """Score all finished runs into RUNS/scores.json."""
    import measures

    from ousianer_cli.formats.corpus import read_corpus

    absolute(options)
    known = read_json(options.data / "data.json")["validation"]
    sets = {name: list(read_corpus(options.data / f"{name}.jsonl")) for name in known}
    found = cells(options)
    sums: dict[tuple[str, str, str, int], dict[str, Any]] = {}
    rows: dict[str, Any] = {}
    for (size, peer), seeds in found.items():
        least = {}
        for seed, folder in seeds.items():
            held = list(read_corpus(options.data / f"size-{size}" / f"seed-{seed}" / "held.jsonl"))
            least[seed] = measures.threshold(
                held, measures.read_predictions(folder / "predictions" / "held.jsonl", held)
            )
            for name, sentences in sets.items():
                predictions = measures.read_predictions(folder / "predictions" / f"{name}.jsonl", sentences)
                sums[size, peer, name, seed] = measures.sums(sentences, predictions, least[seed])
        results = {seed: read_json(folder / "result.json") for seed, folder in seeds.items()}
        row: dict[str, Any] = {
            "seeds": sorted(seeds),
            "threshold": least,
            "results": results,
            "sets": {},
            "against": {},
        }
        for name in sets:
            row["sets"][name] = measures.summary(pooled(sums, size, peer, name, sorted(seeds)))
            by_seed = {s: measures.f1(sums[size, peer, name, s]["strict"]) for s in seeds}
            row["sets"][name]["strict"]["by_seed"] = by_seed
        rows[f"{size}/{peer}"] = row
    for (size, peer), seeds in found.items():
        for own in OWN:
            common = sorted(set(seeds) & set(found.get((size, own), {})))
            if own != peer and common:
                rows[f"{size}/{peer}"]["against"][own] = {
                    name: measures.differences(
                        pooled(sums, size, peer, name, common), pooled(sums, size, own, name, common)
                    )
                    for name in sets
                }
    write_json(options.runs / "scores.json", rows)
    print(f"scored {len(rows)} cells into {options.runs / 'scores.json'}")


def pooled(
    sums: dict[tuple[str, str, str, int], dict[str, Any]], size: str, peer: str, name: str, seeds: Sequence[int]
) -> dict[str, Any]:
    """Sums of all seeds added sentence by sentence."""
    tables = [sums[size, peer, name, seed] for seed in seeds]
    return {figure: sum(t[figure] for t in tables) for figure in tables[0]}


SEEN = {
    "ours": "fine-tuned on the drawn sentences, which teach it types only; its base read {read}",
    "ours-scratch": "the drawn sentences alone; pretraining reads the corpora's own labels of them, as WordNet classes",
    "ours-transfer": "as `ours-scratch`, but its encoder comes from a model that read {read}",
    "hf": "the drawn sentences alone",
    "flair": "the drawn sentences alone",
    "spacy": "the drawn sentences alone; no encoder",
    "spanmarker": "the drawn sentences alone",
}


def table(options: argparse.Namespace) -> None:
    """Write the results as Markdown."""
    absolute(options)
    rows = read_json(options.runs / "scores.json")
    if not rows:
        raise SystemExit(f"{options.runs}: expected scores.json with runs, found none; run score first")
    facts = read_json(options.data / "data.json")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join([*heading(facts, rows, options.note), *results_of(facts, rows), *how(facts, rows, options)])
    options.out.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {options.out}")


def heading(facts: dict[str, Any], rows: dict[str, Any], note: str) -> list[str]:
    corpora = " and ".join(f"{name} ({c['usable']:,} usable sentences)" for name, c in facts["corpora"].items())
    validation = ", ".join(f"{name} ({v['sentences']:,} sentences)" for name, v in facts["validation"].items())
    one = next(iter(next(iter(rows.values()))["results"].values()))
    clocks = {"wall": "wall clock", "cpu": "the processor's time for each thread"}
    clock = one.get("clock", "wall")
    return [
        "# Peers: same data, same encoder, same budget",
        "",
        f"Each tagger learns from the same N sentences, drawn by seed from {corpora} in equal shares as far as they "
        "go, with labels mapped to `aida-edl`; a part of them is held out, by which each keeps its best state and a "
        f"score threshold is chosen for each by one rule. Validation: {validation}; none of their sentences is drawn. "
        f"Encoder of all but spaCy: all-MiniLM-L6-v2, tuned. Budget: the same minutes of {clocks[clock]} for training "
        f"at each size; threads: {one['threads']}, processor: {processor()}.",
        "",
        *([note, ""] if note else []),
        "A flat tagger's label for a mention is the first of its admissible types, and OUTSIDE for a name outside the "
        "taxonomy. Written by `benchmarks/peers/run.py table`.",
        "",
        "What each model has seen:",
        "",
        *(
            f"- **{PEERS[peer][1]}** (`{peer}`): {SEEN[peer].format(read=read_before(peer, rows))}."
            for peer in PEERS
            if any(key.endswith(f"/{peer}") for key in rows)
        ),
        "",
    ]


def read_before(peer: str, rows: dict[str, Any]) -> str:
    """The files that a peer's base learned from, and whether the drawn sentences' own corpora are among them."""
    notes = [r["notes"] for key, row in rows.items() if key.endswith(f"/{peer}") for r in row["results"].values()]
    files = sorted({name for note in notes for name in note.get("read", [])})
    listed = ", ".join(f"`{name}`" for name in files) or "what its card lists"
    if all(note.get("unseen") for note in notes):
        return f"{listed}, and no sentence of the corpora that are drawn from"
    return f"{listed}, and so **the corpora that are drawn from, whole and with their labels: not the same data**"


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), platform.machine())


def results_of(facts: dict[str, Any], rows: dict[str, Any]) -> list[str]:
    """For each size and validation set one table, ours first."""
    lines: list[str] = []
    for size in dict.fromkeys(key.partition("/")[0] for key in sorted(rows, key=size_order)):
        set_facts = facts["sets"][next(k for k in facts["sets"] if k.startswith(f"{size}/"))]
        title = f"{int(size):,} sentences" if size != "all" else f"All: {sum(set_facts['parts']):,} sentences"
        lines += [f"## {title}", ""]
        lines += [f"{set_facts['train']:,} to learn from with {set_facts['mentions']:,} mentions (seed 1).", ""]
        for name in facts["validation"]:
            lines += [
                f"### {name}",
                "",
                "| tagger | strict F1 | 2019 credit F1 | `both` F1 | ancestor F1 | coarse F1 | span F1 | detection F1 "
                "| sentences/s | seeds |",
                "|---|---|---|---|---|---|---|---|---|---|",
            ]
            for peer in [p for p in PEERS if f"{size}/{p}" in rows]:
                row = rows[f"{size}/{peer}"]
                figures = row["sets"][name]
                shown = ("strict", "descendant", "both", "ancestor", "coarse", "span", "detection")
                typed = [interval_of(figures[k]) + mark(row["against"].get("ours"), name, k) for k in shown]
                speeds = [r["speed"][name]["sentences"] / r["speed"][name]["seconds"] for r in row["results"].values()]
                cells_ = [PEERS[peer][1], *typed, f"{sum(speeds) / len(speeds):.0f}", str(len(row["seeds"]))]
                lines.append("| " + " | ".join(cells_) + " |")
            lines += ["", *verdict(size, name, rows), ""]
    return lines


def size_order(key: str) -> tuple[float, str]:
    size, _, peer = key.partition("/")
    return (float("inf") if size == "all" else int(size), peer)


def interval_of(figure: dict[str, float]) -> str:
    return f"{figure['f1']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def mark(against: dict[str, Any] | None, name: str, figure: str) -> str:
    """* after a figure that differs from that of `ours` at p < .01."""
    return " *" if against and against[name][figure]["p"] < 0.01 else ""


def verdict(size: str, name: str, rows: dict[str, Any]) -> list[str]:
    """Ours less each peer, in words: where it leads, and where it does not."""
    lines = []
    for own in OWN:
        for figure in ("strict", "descendant", "both", "ancestor", "span"):
            parts = []
            for peer in [p for p in PEERS if not p.startswith("ours") and f"{size}/{p}" in rows]:
                against = rows[f"{size}/{peer}"]["against"].get(own)
                if against:
                    d = against[name][figure]
                    parts.append(f"{peer} {d['difference']:+.3f} ({d['low']:+.3f} to {d['high']:+.3f}, p {d['p']:.4f})")
            if parts:
                lines.append(f"- `{own}` less its peers, {figure}: {'; '.join(parts)}")
    return lines


def how(facts: dict[str, Any], rows: dict[str, Any], options: argparse.Namespace) -> list[str]:
    """Training as it was, versions and the reading of the figures."""
    lines = [
        "## How each was trained",
        "",
        "| size | tagger | seed | minutes (budget) | CPU | epochs | steps | rate | held-out F1 | threshold | weights |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key in sorted(rows, key=size_order):
        size, _, peer = key.partition("/")
        for seed, r in rows[key]["results"].items():
            cells_ = [
                size,
                peer,
                seed,
                f"{r['seconds'] / 60:.1f} ({r['minutes']:g})",
                f"{r['cpu_seconds'] / 60:.1f}",
                *(f"{r[k]:g}" if r[k] is not None else "–" for k in ("epochs", "steps", "rate")),
                f"{r['held_f1']:.3f}",
                f"{rows[key]['threshold'][seed]:g}",
                f"{r['weights'] / 1e6:.1f}M",
            ]
            lines.append("| " + " | ".join(cells_) + " |")
    lines += ["", "## Versions", "", "| tagger | versions | notes |", "|---|---|---|"]
    for peer in PEERS:
        results = [r for key, row in rows.items() if key.endswith(f"/{peer}") for r in row["results"].values()]
        if results:
            known = ", ".join(f"{k} {v}" for k, v in results[0]["versions"].items())
            notes = "; ".join(f"{k}: {v}" for k, v in results[-1]["notes"].items() if k not in ("read", "unseen"))
            lines.append(f"| {peer} | {known} | {notes} |")
    rates = read_json(options.runs / "rates.json", {})
    if rates:
        lines += ["", "Learning rates tried (held-out F1 of each), the best of which the peer keeps at every size:", ""]
        lines += [f"- {peer}, {r['size']} sentences: {r['held_f1']}" for peer, r in rates.items()]
    lines += [
        "",
        "## Reading",
        "",
        "Exact spans. strict: the very type, or one of gold's alternatives; `both` and ancestor: credit .5 a level "
        "along the type tree, either way or for a type above gold only; coarse: the same top type; detection: all "
        "names, whatever their type. Names outside the taxonomy count in detection only. Intervals: 95%, bootstrap "
        "over sentences, or over documents where the corpus has them, 10,000 resamples; p: paired permutation test "
        "over the same, two-sided, not corrected for the "
        "number of comparisons; `*`: p < .01 against `ours`. Several seeds are pooled sentence by sentence. Speed: the "
        "whole validation file in one process, model loaded. F1 on the held-out part counts OUTSIDE as a class; it "
        "chose states and learning rates, and credit `both` there chose thresholds (a tagger without scores has none).",
    ]
    return lines
