"""What is refused as an output before the work begins, and what is not."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ousianer_cli.errors import OutputError
from ousianer_cli.outputs import (
    CACHE,
    FIGURES,
    FILE,
    LINES,
    MODEL,
    RUN,
    SHARDS,
    STATE,
    STUDY,
    TYPES,
    Kind,
    Output,
    check_output,
    check_outputs,
)

FOLDERS = {
    "model": MODEL,
    "study": STUDY,
    "shards": SHARDS,
    "state": STATE,
    "types": TYPES,
    "figures": FIGURES,
    "cache": CACHE,
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lay(kind: str, folder: str) -> Path:
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    name, text = {
        "model": ("config.json", '{"format": 1, "network": {}, "encoder": {}}'),
        "study": ("study.log", "{}"),
        "shards": ("manifest.json", '{"version": 1, "inputs": [], "types": []}'),
        "state": ("state.json", '{"step": 1, "best": {}, "settings": {}}'),
        "types": ("title_types.parquet", "PAR1 title guessed PAR1"),
        "figures": ("types.svg", "<!-- ousianer score -->"),
        "cache": ("0a1b.safetensors", ""),
    }[kind]
    (place / name).write_text(text)
    return place


def refused(path: str | Path, kind: Kind, inputs: tuple[str | Path, ...] = (), flag: str = "-o") -> str:
    with pytest.raises(OutputError) as caught:
        check_output(path, kind=kind, inputs=inputs, flag=flag)
    message = str(caught.value)
    assert "\n" not in message and message.isprintable()
    return message


# ---- folders --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FOLDERS)
def test_new_empty_and_own_folders_are_taken(name: str) -> None:
    check_output("new/one", kind=FOLDERS[name])
    assert not Path("new").exists()
    Path("empty").mkdir()
    Path("empty/.DS_Store").touch()
    check_output("empty/", kind=FOLDERS[name])
    lay(name, "own")
    check_output("own", kind=FOLDERS[name])


@pytest.mark.parametrize("name", sorted(FOLDERS.keys() - {"types", "figures", "cache"}))
def test_a_folder_with_notes_is_refused_and_stays(name: str) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("all I know")
    message = refused("mine", FOLDERS[name])
    assert re.fullmatch(r"-o mine: expected a new or empty folder or .*, found notes\.txt in it, .*", message)
    assert Path("mine/notes.txt").read_text() == "all I know"


@pytest.mark.parametrize("foreign", ["notes.txt", ".git/HEAD", "taxonomy/mine/draft.tsv", "old/config.json"])
def test_a_model_folder_with_something_else_in_it_is_refused(foreign: str) -> None:
    place = lay("model", "m") / foreign
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("x")
    assert f"found {foreign.split('/')[0]}" in refused("m", MODEL)


def test_a_model_of_another_library_is_refused() -> None:
    Path("m").mkdir()
    Path("m/config.json").write_text('{"architectures": ["BertModel"]}')
    assert "found config.json in it" in refused("m", MODEL)


def test_a_shared_folder_keeps_what_else_is_in_it() -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").touch()
    check_output("mine", kind=TYPES)
    Path("mine/report.json").touch()
    assert "expected no report.json or one that this command wrote" in refused("mine", TYPES)
    lay("types", "mine")
    check_output("mine", kind=TYPES)


def test_figures_of_somebody_else_are_not_replaced() -> None:
    lay("figures", "mine")
    for own in ("sketch.png", "confusion"):
        Path("mine", own).touch()
    check_output("mine", kind=FIGURES)
    Path("mine/types-1-base.png").write_bytes(b"\x89PNG")
    assert "-o mine: expected no types-1-base.png or one that" in refused("mine", FIGURES)


def test_a_link_to_a_folder_is_judged_by_where_it_leads() -> None:
    Path("mine").mkdir()
    Path("link").symlink_to("mine")
    check_output("link", kind=MODEL)
    Path("mine/notes.txt").touch()
    assert "found notes.txt" in refused("link", MODEL)


# ---- names and places -----------------------------------------------------------------------------------------------


def _blocked_by_a_file() -> str:
    Path("file").touch()
    return "file/below/out"


def _circle() -> str:
    Path("a").symlink_to("b")
    Path("b").symlink_to("a")
    return "a"


@pytest.mark.parametrize("kind", [FILE, MODEL], ids=["file", "folder"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: "",
        lambda: "a\0b",
        lambda: "~/out",
        lambda: "~someone",
        lambda: "x" * 300,
        lambda: "/proc/nowhere/out",
        lambda: "/proc/out",
        _blocked_by_a_file,
        _circle,
    ],
    ids=["empty", "NUL", "home", "another home", "too long", "no such", "proc", "a file above", "circle"],
)
def test_places_that_cannot_be_are_refused_at_once(kind: Kind, make: Callable[[], str]) -> None:
    refused(make(), kind)


@pytest.mark.parametrize("name", ["folder", "folder/", ".", "..", "new/", "folder/.", "new/."])
def test_a_folder_where_a_file_is_wanted(name: str) -> None:
    Path("folder").mkdir()
    assert "expected a file, found a folder" in refused(name, RUN)


def test_a_file_where_a_folder_is_wanted() -> None:
    Path("file").touch()
    assert "found a file" in refused("file", MODEL)
    assert "found a stream" in refused("-", MODEL)
    assert "found a stream" in refused("/dev/null", MODEL)


def test_a_name_with_a_line_end_stays_on_one_line() -> None:
    Path("a\nb").mkdir()
    assert r"'a\nb'" in refused("a\nb", FILE)
    check_output("c\nd", kind=FILE)


def test_a_folder_really_named_like_a_home_is_taken() -> None:
    Path("~").mkdir()
    check_output("~/out", kind=FILE)


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/null", "/proc/self/fd/1", "/dev/fd/2"])
def test_streams_are_taken_for_files(name: str) -> None:
    check_output(name, kind=RUN)


def test_streams_that_are_none_to_write_to() -> None:
    assert "found standard input" in refused("/dev/stdin", RUN)
    assert "cannot be written" in refused("/dev/fd/987", RUN)


def test_a_pipe_is_not_opened_by_the_check() -> None:
    os.mkfifo("pipe")
    check_output("pipe", kind=RUN)  # opening it would wait for a reader


def test_a_check_leaves_nothing(here: Path) -> None:
    check_output("a/b/out", kind=RUN)
    check_output("m", kind=MODEL)
    assert list(here.iterdir()) == []


# ---- inputs ---------------------------------------------------------------------------------------------------------


def _symlink(target: str, name: str) -> None:
    Path(name).symlink_to(target)


@pytest.mark.parametrize("link", [_symlink, os.link], ids=["symbolic", "hard"])
def test_an_input_by_any_name(link: Callable[[str, str], None]) -> None:
    Path("one.txt").write_text("x")
    link("one.txt", "two.tab")
    for output, read in (
        ("one.txt", "one.txt"),
        ("./one.txt", "one.txt"),
        ("two.tab", "one.txt"),
        ("one.txt", "two.tab"),
        (os.path.abspath("two.tab"), Path("two.tab")),
    ):
        assert "found the input itself" in refused(output, RUN, (read,))
    check_output("three.tab", kind=RUN, inputs=["one.txt", "two.tab"])


def test_inputs_with_weights_and_in_lists() -> None:
    for name in ("a.jsonl", "b.jsonl", "c.jsonl"):
        Path(name).touch()
    Path("lists").mkdir()
    Path("lists/all.txt").write_text("# all\n\n../b.jsonl\nc.jsonl\nabsent\n")
    for output in ("a.jsonl", "b.jsonl", "c.jsonl", "lists/all.txt"):
        assert "the input itself" in refused(output, LINES, ("a.jsonl*8", "@lists/all.txt"))
    check_output("d.jsonl", kind=LINES, inputs=["a.jsonl*8", "@lists/all.txt", "@absent", "aida", "", "x\0"])


@pytest.mark.parametrize("output", ["m", "m/", "models", ".", "link"])
def test_a_model_is_not_written_over_the_one_it_is_made_from(output: str) -> None:
    lay("model", "m")
    lay("model", "models/base")
    Path("link").symlink_to("m")
    refused(output, MODEL, ("m", "models/base/config.json"))


def test_a_shared_folder_may_hold_the_inputs_but_not_under_its_own_names() -> None:
    lay("types", "t")
    Path("t/facts.tsv").touch()
    check_output("t", kind=TYPES, inputs=["t/facts.tsv"])
    assert "found t/title_types.parquet in it" in refused("t", TYPES, ("t/title_types.parquet",))


def test_a_file_in_a_folder_of_inputs() -> None:
    Path("docs/sub").mkdir(parents=True)
    for name in ("a.txt", "sub/b.ltf.xml", "run.tab"):
        Path("docs", name).touch()
    for taken in ("docs/run.tab", "docs/sub/new.tab", "out.txt"):
        check_output(taken, kind=RUN, inputs=["docs"])
    for output in ("docs/a.txt", "docs/sub/b.ltf.xml", "docs/new.txt", "docs/new.txt.gz", "docs/x.zip"):
        assert "read as input" in refused(output, RUN, ("docs",))
    assert "read as input" in refused("docs/new.jsonl", LINES, ("docs",))


def test_a_file_in_a_folder_of_annotated_documents_or_beside_texts() -> None:
    """What `view`, `review` and `convert` write would be read the next time, too."""
    Path("docs").mkdir()
    for output in ("docs/page.txt", "docs/new.ann", "docs/new.XML.gz"):
        assert "read as input" in refused(output, FILE, ("docs",))
    check_output("docs/page.html", kind=FILE, inputs=["docs"])


def test_a_list_with_a_name_that_no_file_may_have() -> None:
    Path("list.txt").write_bytes(b"n" * 300 + b"\ncaf\xe9.txt\n")
    check_output("run.tab", kind=RUN, inputs=["@list.txt"])
    Path(os.fsdecode(b"caf\xe9.txt")).touch()
    assert "the input itself" in refused(os.fsdecode(b"caf\xe9.txt"), RUN, ("@list.txt",))


@pytest.mark.parametrize("link", [_symlink, os.link], ids=["symbolic", "hard"])
def test_a_file_that_a_folder_of_inputs_knows_by_another_name(link: Callable[[str, str], None]) -> None:
    Path("docs").mkdir()
    Path("run.tab").touch()
    link(os.path.abspath("run.tab"), "docs/a.txt")
    assert "found it in docs/a.txt" in refused("run.tab", RUN, ("docs",))


def test_a_file_of_the_model_that_is_read() -> None:
    lay("model", "m")
    assert "read as input" in refused("m/metrics.json", RUN, ("m",))
    check_output("m/run.tab", kind=RUN, inputs=["m"])


def test_a_stream_is_no_input() -> None:
    check_output("/dev/null", kind=RUN, inputs=["/dev/null"])


# ---- several outputs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two"),
    [("x", "x"), ("x", "./x"), ("x", "link"), ("-", "/dev/stdout"), ("a/../x", "x"), ("old", "hard"), ("pipe", "pipe")],
)
def test_one_place_for_two_outputs(one: str, two: str) -> None:
    Path("a").mkdir()
    Path("link").symlink_to("x")
    Path("old").touch()
    os.link("old", "hard")
    os.mkfifo("pipe")
    with pytest.raises(OutputError, match=r"^--held-out \S+: expected another place than -o \S+, found the same$"):
        check_outputs([Output(one, LINES), Output(two, LINES, "--held-out")])


def test_two_outputs_apart() -> None:
    check_outputs([Output("x", LINES), Output("y", LINES, "--rest"), Output("/dev/null", LINES, "--held-out")])
    check_outputs([Output("/dev/null", LINES), Output("/dev/null", LINES, "--rest")])


@pytest.mark.parametrize("turn", [1, -1])
def test_an_output_inside_a_folder_that_is_replaced(turn: int) -> None:
    both = [Output("m", MODEL), Output("m/kept/vectors", CACHE, "--vectors")]
    with pytest.raises(OutputError, match=r"--vectors m/kept/vectors: expected a place outside -o m, which is"):
        check_outputs(both[::turn])
