"""The layout of text with names inside and across one another, against each character's own list of names."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ousianer_cli.pages.embed import asset

CHECK = """
let seed = 7;
const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
const flat = (nodes, open, out) => {
  for (const node of nodes) {
    if (node.span) flat(node.children, [...open, node], out);
    else for (const sign of node.text) out.push([sign, open]);
  }
  return out;
};
for (let round = 0; round < 2000; round++) {
  const text = "abcdefghijklmno".slice(0, 1 + random(15));
  const spans = [];
  for (let n = random(6); n > 0; n--) {
    const start = random(text.length);
    spans.push({ id: n, start, end: start + 1 + random(text.length - start) });
  }
  const from = random(text.length), to = from + 1 + random(text.length - from);
  const found = flat(Annotated.layout(text, spans, from, to), [], []);
  const string = found.map(([sign]) => sign).join("");
  if (string !== text.slice(from, to)) throw new Error(`${string} for ${text.slice(from, to)}`);
  found.forEach(([sign, open], place) => {
    const here = open.map((node) => node.span.id).sort().join();
    const right = spans.filter((s) => s.start <= from + place && from + place < s.end).map((s) => s.id).sort().join();
    if (here !== right) throw new Error(`${sign}: ${here} instead of ${right} in ${JSON.stringify(spans)}`);
  });
  for (const span of spans) {
    const parts = new Set(found.flatMap(([, open]) => open.filter((node) => node.span === span)));
    const ends = [...parts].filter((node) => node.last).length;
    if (span.start < to && span.end > from && ends !== 1) throw new Error(`${ends} ends of one span`);
  }
}
console.log("sound");
"""


def test_every_character_lies_in_its_names_and_no_other() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, to run the page's script outside a browser")
    done = subprocess.run([node, "-e", asset("annotated.js") + CHECK], capture_output=True, text=True, timeout=60)
    assert done.stdout == "sound\n", done.stderr
