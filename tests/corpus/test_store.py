"""Stores: what is written reads back, block by block too; a shard is there whole or not at all; bad files are named."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ousianer_cli.corpus import store, store_schema
from ousianer_cli.corpus.store import read_block, read_parts, read_rows, read_store, store_blocks
from ousianer_cli.corpus.store_write import ShardWriter, write_shard
from ousianer_cli.errors import InputError, OutputError, SettingsError
from ousianer_cli.formats.corpus import Mention, Sentence, dump_sentence, write_corpus

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6)


@st.composite
def sentences(draw: st.DrawFn) -> Sentence:
    tokens = draw(st.lists(TEXT.filter(lambda t: t.strip()), min_size=1, max_size=6))
    cuts = sorted(draw(st.sets(st.integers(0, len(tokens)), max_size=4)))
    noun = st.one_of(st.just(""), TEXT)

    def mention(start: int, end: int) -> Mention:
        return Mention(start, end, tuple(draw(st.lists(TEXT, max_size=2))), draw(st.floats(0, 10)), draw(noun))

    mentions = [mention(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    nested = [mention(m.start, m.end - 1) for m in mentions if m.end - m.start > 1 and draw(st.booleans())]
    supervises = draw(st.sampled_from(["detection", "typing", "both"]))
    return Sentence(tuple(tokens), tuple(mentions), draw(TEXT), supervises, tuple(nested), draw(noun))


def rows(number: int) -> list[Sentence]:
    return [Sentence(("Row", str(n)), (Mention(1, 2, ("t",), n / 8),), f"d{n}", "typing") for n in range(number)]


@settings(deadline=None, max_examples=40)
@given(st.lists(sentences(), max_size=5))
def test_a_shard_and_json_lines_read_alike(tmp_path_factory: pytest.TempPathFactory, given: list[Sentence]) -> None:
    folder = tmp_path_factory.mktemp("store")
    assert write_shard(folder / "a.parquet", given) == len(given)
    write_corpus(folder / "a.jsonl", given)
    assert list(read_store(folder / "a.parquet")) == list(read_store(folder / "a.jsonl")) == given


@pytest.mark.parametrize("ending", [".parquet", ".jsonl"])
def test_a_folder_reads_in_order_whole_and_by_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(store_schema, "ROW_GROUP", 4)
    wanted = rows(23)
    if ending == ".parquet":
        with ShardWriter(tmp_path, rows_per_shard=10) as writer:
            for row in wanted:
                writer.write(row)
        assert [p.name for p in writer.shards] == [f"typing-0000{n}.parquet" for n in range(3)]
        assert writer.rows == 23
    else:
        for n, part in enumerate((wanted[:10], wanted[10:20], wanted[20:])):
            write_corpus(tmp_path / f"{n}.jsonl", part)
    (tmp_path / "report.json").write_text("{}")
    assert list(read_store(tmp_path)) == wanted
    blocks = store_blocks(tmp_path)
    assert [b.rows for b in blocks] == [4, 4, 2, 4, 4, 2, 3]
    assert [b.first for b in blocks] == [1, 5, 9, 1, 5, 9, 1]
    assert [s for b in blocks for s in read_block(b)] == wanted
    assert list(read_block(blocks[4])) == wanted[14:18]
    assert list(read_block(blocks[4], 1, 3)) == wanted[15:17] and list(read_block(blocks[4], 3)) == wanted[17:18]
    assert list(read_block(blocks[1], 2, 2)) == []
    assert list(read_parts(blocks[4], 3)) == [wanted[14:17], wanted[17:18]]


@pytest.mark.parametrize("ending", [".parquet", ".jsonl"])
def test_rows_that_are_not_wanted_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr(store, "_READ_AT_ONCE", 4)
    path = tmp_path / f"a{ending}"
    given = [*rows(6), Sentence((" ",)), *rows(5)]
    if ending == ".parquet":
        write_shard(path, given)
    else:
        path.write_text("\n".join(map(dump_sentence, given)) + "\n")
    (block,) = store_blocks(path)
    for first, end in ((0, 6), (1, 4), (3, 5), (7, 12), (8, 9)):
        assert list(read_block(block, first, end)) == given[first:end]
    with pytest.raises(InputError, match=rf"a\{ending}:7: expected 'tokens'"):
        list(read_block(block, 5, 8))


def test_packed_lines_are_read_but_not_streamed(tmp_path: Path) -> None:
    wanted = rows(7)
    for n, part in enumerate((wanted[:4], wanted[4:])):
        write_corpus(tmp_path / "x", part)
        (tmp_path / f"{n}.jsonl.gz").write_bytes(gzip.compress((tmp_path / "x").read_bytes()))
    assert list(read_store(tmp_path)) == wanted
    assert list(read_store(tmp_path / "1.jsonl.gz")) == wanted[4:]
    with pytest.raises(InputError, match="0.jsonl.gz: .* found lines packed by gzip; .* memory with --stream no"):
        store_blocks(tmp_path)


def test_a_blank_line_belongs_to_its_part(tmp_path: Path) -> None:
    lines = [dump_sentence(row) for row in rows(5)]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([*lines[:2], "", "", *lines[2:]]) + "\n")
    (block,) = store_blocks(path)
    assert list(read_parts(block, 3)) == [rows(2), rows(4)[2:], rows(5)[4:]]
    assert list(read_block(block, 3, 6)) == rows(4)[2:]


def test_the_schema_is_the_documented_one(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.parquet", rows(1))
    mention = pa.struct(
        [("start", pa.int32()), ("end", pa.int32()), ("types", pa.list_(pa.string())), ("weight", pa.float64())]
        + [("nested", pa.bool_()), ("noun", pa.string())]
    )
    assert pq.read_schema(tmp_path / "a.parquet").equals(
        pa.schema(
            [
                ("doc", pa.string()),
                ("tokens", pa.list_(pa.string())),
                ("mentions", pa.list_(mention)),
                ("supervises", pa.string()),
                ("document", pa.string()),
                ("split_by", pa.string()),
            ]
        )
    )


def test_further_columns_are_kept_for_those_who_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_schema, "ROW_GROUP", 2)
    found = [[], ["link"], ["link", "bold"], None, ["alias"]]  # the first row group alone would not tell a type
    with ShardWriter(tmp_path, prefix="w") as writer:
        for row, how in zip(rows(5), found, strict=True):
            writer.write(row, how=how, number=7)
    assert list(read_store(tmp_path)) == rows(5)
    assert [extra for _, extra in read_rows(tmp_path, ["how", "number"])] == [{"how": h, "number": 7} for h in found]
    write_shard(tmp_path / "b.parquet", rows(5), {"how": found})
    assert [extra["how"] for _, extra in read_rows(tmp_path / "b.parquet", ["how"])] == found
    with pytest.raises(InputError, match=r"b\.parquet: expected a column 'titles', found columns doc, tokens"):
        list(read_rows(tmp_path / "b.parquet", ["titles"]))


def test_other_columns_than_the_first_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"extra columns \['what'\] where the shard began with \['how'\]"):
        write_with(tmp_path, [{"how": 1}, {"what": 2}])


def write_with(folder: Path, extras: list[dict[str, Any]]) -> None:
    with ShardWriter(folder) as writer:
        for row, extra in zip(rows(len(extras)), extras, strict=True):
            writer.write(row, **extra)


def test_whole_shards_stay_and_the_one_in_the_making_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_schema, "ROW_GROUP", 2)

    def interrupted() -> None:
        with ShardWriter(tmp_path, rows_per_shard=4) as writer:
            for n, row in enumerate(rows(9)):
                if n == 7:
                    assert len(list(tmp_path.iterdir())) == 2, "one whole, one in the making"
                    assert list(read_store(tmp_path)) == rows(4), "what is in the making is not read"
                    raise KeyboardInterrupt
                writer.write(row)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ["typing-00000.parquet"]
    with ShardWriter(tmp_path, rows_per_shard=4, first=1) as writer:  # a run that goes on
        for row in rows(9)[4:]:
            writer.write(row)
    assert list(read_store(tmp_path)) == rows(9)


def test_a_shorter_run_leaves_nothing_of_a_longer_one_under_its_name(tmp_path: Path) -> None:
    for prefix, number in (("typing", 9), ("typing-1", 2), ("typing", 3)):
        with ShardWriter(tmp_path, prefix, rows_per_shard=2) as writer:
            for row in rows(number):
                writer.write(row)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["typing-00000.parquet", "typing-00001.parquet", "typing-1-00000.parquet"]


def test_a_failed_shard_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_shard(path, rows(2))
    with pytest.raises(ValueError):
        write_shard(path, rows(3), {"how": ["one"]})
    assert list(read_store(path)) == rows(2) and [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"file/a\.parquet: cannot be written \(.*; choose another place with -o"):
        write_shard(tmp_path / "file" / "a.parquet", rows(1))


# ---- bad files ------------------------------------------------------------------------------------------------------


def good_columns() -> dict[str, Any]:
    return {
        "doc": ["d", None],
        "tokens": [["a", "b"], ["c"]],
        "mentions": [[{"start": 0, "end": 1, "types": ["t"], "weight": None}], None],
        "supervises": ["typing", None],
    }


def written(path: Path, columns: dict[str, Any]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_what_may_be_left_out_takes_its_default(tmp_path: Path) -> None:
    first, second = read_store(written(tmp_path / "a.parquet", good_columns()))
    assert first == Sentence(("a", "b"), (Mention(0, 1, ("t",), 1.0),), "d", "typing")
    assert second == Sentence(("c",), (), "", "both")
    fewer = {name: good_columns()[name] for name in ("tokens", "mentions")}
    first, second = read_store(written(tmp_path / "b.parquet", fewer))
    assert (first.doc, first.supervises) == ("", "both")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokens": None}, r": expected a column 'tokens' of type list<string>, found no such column"),
        ({"tokens": ["a b", "c"]}, r": expected a column 'tokens' of type list<string>, found string"),
        ({"mentions": [["PER"], []]}, r": expected a column 'mentions' of type list<struct<start, .*, found list<"),
        ({"mentions": [[{"start": 0, "end": 1}], []]}, r": expected a column 'mentions' of type list<struct<"),
        ({"document": [1, 2]}, r": expected a column 'document' of type string, found int64"),
        (
            {"mentions": [[{"start": 0, "end": 1, "types": ["t"], "nested": "yes"}], []]},
            r": expected a column 'mentions' of type list<struct<",
        ),
        (
            {"mentions": [[{"start": 0, "end": 1, "types": ["t"], "nested": True}], []]},
            r":1: expected a nested mention inside another one, found \[0, 1\) by itself",
        ),
        ({"supervises": [1, 2]}, r": expected a column 'supervises' of type string, found int64"),
        ({"supervises": ["typing", "all"]}, r":2: expected 'supervises' as .*, found all; the number is the row's"),
        ({"tokens": [["a", "b"], []]}, r":2: expected 'tokens' as a list of non-empty strings, found \[\]"),
        ({"tokens": [["a", None], ["c"]]}, r":1: expected 'tokens' as a list of non-empty strings"),
        ({"mentions": [[], [{"start": 0, "end": 2, "types": ["t"]}]]}, r":2: expected a mention's 0 <= start < end"),
        ({"mentions": [[{"start": 0, "end": 1, "types": [""]}], []]}, r":1: expected 'types' as a list of non-empty"),
        ({"mentions": [[], [{"start": 0, "end": None, "types": ["t"]}]]}, r": expected a column 'mentions'"),
        (
            {"mentions": [[{"end": 1, "types": ["t"], "start": n} for n in (0, None)], []]},
            r":1: expected a mention with",
        ),
        (
            {"mentions": [[{"start": 0, "end": 1, "types": ["t"], "weight": -1.0}], []]},
            r":1: expected a mention's 'weight' as a number of at least 0, found -1.0",
        ),
    ],
)
def test_bad_shards_are_named_with_the_row(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    columns = {name: values for name, values in {**good_columns(), **change}.items() if values is not None}
    path = written(tmp_path / "bad.parquet", columns)
    with pytest.raises(InputError, match=r"bad\.parquet" + message) as error:
        list(read_store(path))
    assert "\n" not in str(error.value) and error.value.path == str(path)


def test_the_row_of_an_error_counts_all_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_schema, "ROW_GROUP", 2)
    write_shard(tmp_path / "a.parquet", [*rows(6), Sentence((" ",))])
    for read in (lambda: list(read_store(tmp_path)), lambda: list(read_block(store_blocks(tmp_path)[-1]))):
        with pytest.raises(InputError, match=r"a\.parquet:7: expected 'tokens'"):
            read()


def test_a_wrong_line_of_a_block_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_schema, "ROW_GROUP", 2)
    path = tmp_path / "a.jsonl"
    lines = [dump_sentence(row) for row in rows(5)]
    path.write_bytes("\n".join([*lines[:3], "", "{"]).encode() + b"\n" + b'{"tokens": ["\xff"]}\n')
    blocks = store_blocks(path)
    assert [s for b in blocks[:2] for s in read_block(b)] == rows(3)
    with pytest.raises(InputError, match=r"a\.jsonl:5: expected a JSON object, found invalid JSON"):
        list(read_block(blocks[2]))
    path.write_bytes(b'{"tokens": ["a"], "mentions": []}\n{"tokens": ["\xff"]}\n')
    with pytest.raises(InputError, match=r"a\.jsonl:2: expected UTF-8, found byte 0x"):
        list(read_store(path))


def test_files_that_are_no_store(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a folder of \.parquet or \.jsonl shards, found no such file in it"):
        list(read_store(tmp_path))
    with pytest.raises(InputError, match=r"absent\.parquet: expected a Parquet file, found none that can be read"):
        list(read_store(tmp_path / "absent.parquet"))
    for read in (lambda: list(read_store(tmp_path / "absent")), lambda: store_blocks(tmp_path / "absent")):
        with pytest.raises(InputError, match=r"absent: expected a corpus in JSON lines, found no readable file"):
            read()
    whole = tmp_path / "whole.parquet"
    write_shard(whole, rows(50))
    (tmp_path / "cut.parquet").write_bytes(whole.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"cut\.parquet: expected a Parquet file, found none that can be read"):
        list(read_store(tmp_path / "cut.parquet"))
    damaged = bytearray(whole.read_bytes())
    damaged[4:200] = b"\x00" * 196
    (tmp_path / "damaged.parquet").write_bytes(damaged)
    with pytest.raises(InputError, match=r"damaged\.parquet:1: expected a whole Parquet file, found data that cannot"):
        list(read_store(tmp_path / "damaged.parquet"))


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_shard(tmp_path / "a.parquet", rows(1))
    write_corpus(tmp_path / "a.jsonl", rows(1))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    message = r"Parquet needs pyarrow, which is not installed; pip install 'ousianer\[wikipedia\]', or use JSON lines"
    for act in (
        lambda: list(read_store(tmp_path / "a.parquet")),
        lambda: store_blocks(tmp_path),
        lambda: write_shard(tmp_path / "b.parquet", rows(1)),
        lambda: ShardWriter(tmp_path),
    ):
        with pytest.raises(SettingsError, match=message):
            act()
    assert list(read_store(tmp_path / "a.jsonl")) == rows(1)
