"""Many clients at once on one `ousianer review`: does any confirmed decision get lost?

    python benchmarks/review_load.py run.tab --source ltf/ [--clients 50] [--seconds 60]

Each client judges names at random, one after another, for the whole time. At the end the journal must hold every
decision that was confirmed, each once and whole, and the feedback file must say what the journal says last.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from review_client import Review, decision, review


def client(
    session: Review, places: list[list[int]], seed: int, end: float, confirmed: list[str], took: list[float]
) -> None:
    """Judge at random until the time is over."""
    draw = random.Random(seed)
    connection = session.connect()
    while time.monotonic() < end:
        document, start, stop, _ = draw.choice(places)
        kind = draw.choice(("accept", "no name", "outside", "type"))
        more = {"type": "PER"} if kind == "type" else {}
        asked = decision(kind, document, start, stop, **more)
        began = time.perf_counter()
        status, _ = session.ask(connection, "/api/decide", asked)
        took.append(time.perf_counter() - began)
        if status == 200:
            confirmed.append(asked["id"])
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run")
    parser.add_argument("--source", required=True)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "extra.tsv"
        confirmed: list[str] = []
        took: list[float] = []
        with review([options.run, "--source", options.source, "-o", str(out), "--no-learn"]) as session:
            _, queue = session.ask(session.connect(), "/api/queue")
            end = time.monotonic() + options.seconds
            threads = [
                threading.Thread(target=client, args=(session, queue["places"], seed, end, confirmed, took))
                for seed in range(options.clients)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        records = [
            json.loads(line) for line in (Path(folder) / "extra.tsv.annotator.journal").read_text().splitlines()
        ][1:]
        ids = [record["id"] for record in records]
        lost, twice = len(set(confirmed) - set(ids)), len(ids) - len(set(ids))
        last = {tuple(v[:3]): v[3] for record in records for v in record["verdicts"]}
        rows = out.read_text(encoding="utf-8").splitlines()[1:]
        milliseconds = np.asarray(took) * 1000
        print(f"{options.clients} clients, {options.seconds:.0f} s: {len(confirmed):,} decisions confirmed")
        print(f"lost {lost}, twice {twice}, names judged {len(last):,}, rows of the feedback file {len(rows):,}")
        print("milliseconds: median {:.0f}, 95% {:.0f}, most {:.0f}".format(*np.quantile(milliseconds, (0.5, 0.95, 1))))
        if lost or twice or len(rows) != len(last):
            raise SystemExit("decisions were lost")


if __name__ == "__main__":
    main()
