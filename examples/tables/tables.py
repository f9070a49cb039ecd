"""The paper's two tables on public data, over one pretrained model.

    python examples/tables/tables.py BASE WORK -o docs/results [--seeds 1 2 3 4 5] [--parts table1 grid table2]

BASE is a folder that `ousianer pretrain` wrote; WORK holds the corpora of `examples/tables/run.sh`. Detection is the
base's own and the same in every row; conversion layers are trained here, each seed anew, and mention vectors are
computed once. No confidence threshold in any row. Intervals: 95%, bootstrap over sentences, 2,000 resamples, of the
average run over the seeds; p: two-sided permutation test over sentences, 2,000 resamples.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import Bench, Scored
from conversion_tables import conversion, grid, table1
from correction_tables import feedback, table2
from depth_tables import depth, guidelines
from rows import (
    OURS,
    TRAIN,
    VALIDATION,
    WATCHED,
    command,
    differences_of,
    seeds_of,
    tables_of,
)

from ousianer_cli.training.finetune.instances import Instances


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    bench = Bench.open(options.base, kept=options.work / "vectors")
    train = bench.instances([str(options.work / f"{name}.jsonl") for name in TRAIN])
    validation = [bench.read(options.work / f"{name}.jsonl") for name in (*VALIDATION, *WATCHED)]
    for part in options.parts:
        text = PARTS[part](bench, train, validation, options)
        (options.output / f"{part}.md").write_text(text, encoding="utf-8")
        print(f"\n{text}", flush=True)


def gazetteer(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """Types of the titles that are spelled as the name is, beside the mention vectors."""
    import gazetteer as titles

    seeds = options.seeds[:3]
    rows = {"mention vectors": seeds_of(bench, train, sets, seeds, OURS)}
    known = titles.Gazetteer.read(options.work / "types" / "title_types.parquet", bench)
    wide = titles.widen(Bench.open(options.base, kept=options.work / "vectors"), known)
    scored = [titles.with_features(wide, known, s, options.work / f"{s.name}.jsonl") for s in sets]
    files = [str(options.work / f"{name}.jsonl") for name in TRAIN]
    rows["and types of titles"] = seeds_of(wide, titles.train_features(wide, known, train, files), scored, seeds, OURS)
    shares = ", ".join(f"{s.name} {float(s.gold_vectors[:, -1].mean()):.2f}" for s in scored)
    head = (
        "# A gazetteer beside the mention vectors\n\n"
        f"{command('gazetteer', seeds)}\n\n"
        f"{len(known.types):,} spellings of Wikipedia titles with types from tables (no guesses), looked up by "
        f"sub-words; share of the gold names that are one: {shares}. The conversion layer reads their types as "
        "further columns.\n"
    )
    pairs = [("mention vectors", "and types of titles")]
    return head + tables_of(rows, sets, ("strict", "coarse", "both")) + differences_of(rows, pairs, sets)


PARTS = {
    "table1": table1,
    "grid": grid,
    "table2": table2,
    "feedback": feedback,
    "conversion": conversion,
    "depth": depth,
    "guidelines": guidelines,
    "gazetteer": gazetteer,
}

if __name__ == "__main__":
    main()
