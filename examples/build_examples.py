"""Write the example documents, their gold and the feedback file from the marked-up texts in `texts.py`.

    python examples/build_examples.py [-o DIR]

writes DIR/examples/ (12 documents) and DIR/ousianer_cli/project_files/ (the four that `ousianer init` lays down); DIR
is the repository itself if not given. Text and names come from one source, so the offsets are right by construction,
and the same bytes come out of every run.
"""

from __future__ import annotations

import argparse
import gzip
import re
from collections.abc import Sequence
from pathlib import Path

from lxml import etree
from texts import EXAMPLES, FEEDBACK, Example

from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.edl import EdlRow, assign_nil_ids, normalise_mention_string, write_edl

ROOT = Path(__file__).resolve().parent.parent
STARTER = ("ex_nw_ferry", "ex_nw_election", "ex_nw_protest", "ex_df_stadium")
"""The documents that a new project folder begins with."""

_NAME = re.compile(r"\[\[([^|\]]+)\|([^\]]+)\]\]")


def unmark(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The bare text, and its names as code points [start, end) with their type."""
    text, names, cursor = "", [], 0
    for match in _NAME.finditer(marked):
        text += marked[cursor : match.start()]
        names.append((len(text), len(text) + len(match[1]), match[2]))
        text += match[1]
        cursor = match.end()
    return text + marked[cursor:], names


def layout_ltf(example: Example, text: str) -> bytes:
    """The LTF file; a `news` document has its first paragraph as HEADLINE and its second as DATELINE, before TEXT."""
    content = build_ltf(example.id, text)
    if example.layout != "news":
        return content
    tree = etree.fromstring(content).getroottree()
    body = tree.find(".//TEXT")
    for place, tag in enumerate(("HEADLINE", "DATELINE")):
        paragraph = body[0]
        paragraph.tag = tag
        paragraph.tail = "\n"
        body.getparent().insert(place, paragraph)
    written: bytes = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    return written + b"\n"


def gold_rows(examples: Sequence[Example]) -> list[EdlRow]:
    """The names of the taxonomy, in document order, with NIL ids for equal strings of one top type."""
    rows: list[EdlRow] = []
    for example in sorted(examples, key=lambda e: e.id):
        text, names = unmark(example.text)
        for start, end, type_name in names:
            if type_name != "-":
                string = normalise_mention_string(text[start:end])
                mention_id = f"gold-{len(rows) + 1:04}"
                row = EdlRow(
                    "gold", mention_id, string, example.id, start, end - 1, "NIL", type_name.lower(), "NAM", 1.0
                )
                rows.append(row)
    return assign_nil_ids(rows, "string")


def write_documents(folder: Path, examples: Sequence[Example]) -> int:
    """`folder/ltf/` and `folder/gold.tab`; returns the number of gold names."""
    (folder / "ltf").mkdir(parents=True, exist_ok=True)
    for example in examples:
        content = layout_ltf(example, unmark(example.text)[0])
        if example.gzipped:
            (folder / "ltf" / f"{example.id}.ltf.xml.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (folder / "ltf" / f"{example.id}.ltf.xml").write_bytes(content)
    return write_edl(folder / "gold.tab", gold_rows(examples))


def write_feedback(path: Path) -> None:
    """The feedback file: a row a name, each with its sentence."""
    lines = [
        "# What a person found wrong or missing, with the right type; - is a name outside the taxonomy.",
        "# start and end count characters in the sentence from 0, and the end is inclusive.",
        "sentence\tstart\tend\ttype\tmention",
    ]
    for marked in FEEDBACK.strip().splitlines():
        text, names = unmark(marked)
        lines += [f"{text}\t{start}\t{end - 1}\t{kind}\t{text[start:end]}" for start, end, kind in names]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    """Write everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, default=ROOT, help="the folder that gets examples/ and ousianer_cli/")
    out: Path = parser.parse_args().out
    starter = [example for example in EXAMPLES if example.id in STARTER]
    for folder, examples in ((out / "examples", EXAMPLES), (out / "ousianer_cli" / "project_files", starter)):
        names = write_documents(folder, examples)
        write_feedback(folder / "extra.tsv")
        print(f"{folder}: {len(examples)} documents, {names} gold names")


if __name__ == "__main__":
    main()
