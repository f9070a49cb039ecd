"""What the benchmarks of `ousianer review` share: a session as a person starts it, and plain requests to it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Review:
    """A running session."""

    address: str
    port: int
    token: str
    process: int
    """Its number."""

    def processor_seconds(self) -> float:
        """What the server has computed so far, on whatever processors; waiting for a busy machine is not in it."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def connect(self) -> http.client.HTTPConnection:
        """A connection, to be kept."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def ask(self, connection: http.client.HTTPConnection, path: str, data: Any = None) -> tuple[int, Any]:
        """(status, answer) of a request as the pages make it."""
        headers = {"Cookie": f"ousianer-review-{self.port}={self.token}"}
        body = None
        if data is not None:
            body = json.dumps(data)
            headers |= {"Origin": f"http://127.0.0.1:{self.port}", "Content-Type": "application/json"}
        connection.request("GET" if data is None else "POST", path, body, headers)
        answer = connection.getresponse()
        raw = answer.read()
        return answer.status, json.loads(raw) if "json" in answer.headers.get("content-type", "") else raw


def decision(kind: str, document: int, start: int, end: int, **more: Any) -> dict[str, Any]:
    """A decision with an id of its own."""
    return {"id": str(uuid.uuid4()), "kind": kind, "document": document, "start": start, "end": end, **more}


@contextmanager
def review(words: Sequence[str]) -> Iterator[Review]:
    """`ousianer review WORDS`, until the block ends."""
    command = [sys.executable, "-m", "ousianer_cli.app", "review", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"(http://127\.0\.0\.1:(\d+)/\?token=(\S+))", line):
                yield Review(found[1], int(found[2]), found[3], process.pid)
                break
        else:
            raise SystemExit("ousianer review did not start")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
