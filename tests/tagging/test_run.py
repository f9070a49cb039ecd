"""A run's rows: right offsets in any text, the same bytes in any batch, whole or not at all, all counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import capitals_model, random_tuned_model

from ousianer_cli.errors import OutputError, SettingsError
from ousianer_cli.formats.document import Author, Document, Segment
from ousianer_cli.formats.edl import EdlRow, format_row, normalise_mention_string, read_edl
from ousianer_cli.formats.readers import read_documents
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.engine import Engine
from ousianer_cli.tagging.run import Summary, prepare, row_of, tag_documents, timed, write_run
from ousianer_cli.taxonomy.tree import Taxonomy

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples" / "ltf"
CAPITALS = Engine(capitals_model())
RANDOM = Engine(random_tuned_model(4))


def document(text: str, doc_id: str = "d1", **parts: object) -> Document:
    return Document(doc_id, text, (Segment("s1", 0, len(text)),) if text else (), **parts)  # type: ignore[arg-type]


def rows_of(*documents: Document, engine: Engine = CAPITALS, **settings: object) -> list[EdlRow]:
    return list(tag_documents(engine, documents, run_id="r", **settings))  # type: ignore[arg-type]


def test_rows_by_hand() -> None:
    rows = rows_of(document("then Ada Brun saw\r\nOslo and Ada\u00a0 Brun ."))
    assert [(r.text, r.start, r.end) for r in rows] == [("Ada Brun", 5, 12), ("Oslo", 19, 22), ("Ada Brun", 28, 36)]
    assert {(r.run_id, r.doc, r.type, r.mention_type) for r in rows} == {("r", "d1", "per", "NAM")}
    assert [r.mention_id for r in rows] == ["r-0000001", "r-0000002", "r-0000003"]
    assert [r.kb_id for r in rows] == ["NIL000001", "NIL000002", "NIL000001"]


ALPHABET = st.sampled_from(
    ["A", "b", "C", "d", " ", " ", ".", ",", "é", "東", "😀", "\r\n", "\n", "\u00a0", "'s", "U.S.", "\u200d", "-"]
)
TEXTS = st.lists(ALPHABET | st.characters(exclude_categories=("Cs", "Cc")), max_size=60).map("".join)


@settings(deadline=None, max_examples=40)
@given(TEXTS, st.sampled_from(["capitals", "random"]))
def test_every_row_is_the_text_at_its_offsets(text: str, which: str) -> None:
    summary = Summary()
    rows = rows_of(document(text), engine=CAPITALS if which == "capitals" else RANDOM, summary=summary)
    places = [(r.start, r.end) for r in rows]
    assert places == sorted(places)
    for left, right in zip(places, places[1:], strict=False):
        assert left[1] < right[0]
    for row in rows:
        surface = text[row.start : row.end + 1]
        assert surface == surface.strip() and surface
        assert row.text == normalise_mention_string(surface)
        assert row.type == row.type.lower() and 0 < row.confidence <= 1
        format_row(row)
    assert summary.names == len(rows)


def test_the_example_documents_give_the_same_bytes_at_any_batch_size(tmp_path: Path) -> None:
    written = []
    for size, sentences in ((32, 512), (200, 3), (4096, 512)):
        engine = Engine(random_tuned_model(4), batch_pieces=size)
        rows = tag_documents(engine, read_documents([EXAMPLES]), run_id="r", batch_sentences=sentences)
        write_run(tmp_path / f"{size}.tab", rows)
        written.append((tmp_path / f"{size}.tab").read_bytes())
    assert written[0].count(b"\n") > 200
    assert written[0] == written[1] == written[2]
    texts = {d.id: d.text for d in read_documents([EXAMPLES])}
    rows = read_edl(tmp_path / "32.tab")
    for row in rows:
        assert row.text == normalise_mention_string(texts[row.doc][row.start : row.end + 1])
    assert len({r.mention_id for r in rows}) == len(rows)


def test_segments_alone_are_tagged() -> None:
    text = "<p>Ada</p> Oslo"
    rows = rows_of(Document("d", text, (Segment("s", 3, 6),)))
    assert [(r.text, r.start) for r in rows] == [("Ada", 3)]


def test_character_references_are_read_as_their_character_and_keep_their_offsets() -> None:
    text = "near Marks &amp; Spencer today"
    (sentence,) = prepare(document(text))
    assert "&amp;" in [text[a:b] for a, b in sentence.words]
    rows = rows_of(document(text))
    assert [text[r.start : r.end + 1] for r in rows] == ["Marks", "Spencer"]


def test_posters_have_a_type_of_the_taxonomy_or_are_counted() -> None:
    people = Taxonomy(("Human", "Place"), {}, name="people")
    engine = Engine(random_tuned_model(4, people))
    post = Document("d", "anna_b: rain .", (), authors=(Author(0, 6),))
    summary = Summary()
    assert rows_of(post, engine=engine, summary=summary) == []
    assert summary.skipped == {"posters, since the taxonomy has no type 'PER'": 1}
    (row,) = rows_of(post, engine=engine, author_type="human")
    assert (row.text, row.type) == ("anna_b", "human")


def test_authors_are_per_with_full_confidence_in_text_order() -> None:
    text = "anna_b wrote : Oslo is cold"
    summary = Summary()
    rows = rows_of(Document("d", text, (Segment("s", 7, 27),), authors=(Author(0, 6),)), summary=summary)
    assert [(r.text, r.type, r.confidence == 1.0) for r in rows] == [("anna_b", "per", True), ("Oslo", "per", False)]
    assert (summary.authors, summary.names) == (1, 2)
    last = Document("d", "Oslo , says anna_b", (Segment("s", 0, 6),), authors=(Author(12, 18),))
    assert [r.text for r in rows_of(last)] == ["Oslo", "anna_b"]


def test_nil_ids_by_string_or_by_mention() -> None:
    docs = [document("Oslo it is", "a"), document("then Oslo", "b")]
    assert [r.kb_id for r in rows_of(*docs)] == ["NIL000001", "NIL000001"]
    assert [r.kb_id for r in rows_of(*docs, nil="per-mention")] == ["NIL000001", "NIL000002"]
    author = Document("c", "Oslo", (), authors=(Author(0, 4),))
    place = Engine(capitals_model("LOC"))
    ids = [(r.type, r.kb_id) for r in rows_of(document("Oslo", "a"), author, engine=place)]
    assert ids == [("loc", "NIL000001"), ("per", "NIL000002")], "another top type is another cluster"


def test_the_counts_add_up() -> None:
    text = "Ada met Otto in Rome ."
    for model, names, outside, below in (
        (capitals_model("PER", 0.9), 3, 0, 0),
        (capitals_model("-"), 0, 3, 0),
        (capitals_model("PER", 0.6), 0, 0, 3),
    ):
        summary = Summary()
        rows = rows_of(document(text), document("", "e"), engine=Engine(model), summary=summary, min_confidence=0.7)
        assert (summary.names, summary.outside, summary.below_threshold) == (names, outside, below)
        assert len(rows) == names == sum(summary.by_type.values())
        assert (summary.documents, summary.segments, summary.sentences, summary.words) == (2, 1, 1, 6)


def test_a_name_that_no_run_can_hold_is_left_out_and_counted() -> None:
    summary = Summary()
    model = capitals_model()
    with torch.no_grad():  # every word is part of one name
        model.tagger.emission.weight.zero_()
        model.tagger.emission.bias.copy_(torch.tensor([-9.0, 0.0, 9.0]))
    assert rows_of(document("Ada\0Brun ."), engine=Engine(model), summary=summary) == []
    assert summary.skipped == {"names with a NUL character": 1} and summary.names == 0
    assert [r.text for r in rows_of(document("Ada Brun"), engine=Engine(model))] == ["Ada Brun"]


def test_a_threshold_of_the_run_stands_before_the_models_own() -> None:
    model = capitals_model("PER", 0.6)
    model.config["decoding"]["min_confidence"] = 0.7
    engine = Engine(model)
    assert rows_of(document("Ada"), engine=engine) == []
    assert [r.text for r in rows_of(document("Ada"), engine=engine, min_confidence=0.0)] == ["Ada"]


def test_what_readers_left_out_is_in_the_summary() -> None:
    summary = Summary()
    rows_of(
        document("Ada", skipped={"quoted posts": 2}),
        document("Oslo", "d2", skipped={"quoted posts": 1}),
        summary=summary,
    )
    assert summary.skipped == {"quoted posts": 3}


def test_a_document_id_met_twice_is_tagged_twice_and_told() -> None:
    summary = Summary()
    rows = rows_of(document("Ada"), document("Ada"), summary=summary)
    assert [r.doc for r in rows] == ["d1", "d1"] and len({r.mention_id for r in rows}) == 2
    assert summary.skipped == {"document ids met twice (tagged both times)": 1}


def test_documents_without_text_give_no_rows() -> None:
    assert rows_of(document(""), document(" \n\u00a0\n", "b")) == []
    assert rows_of() == []


def test_offsets_from_after_the_xml_declaration() -> None:
    text = '<?xml version="1.0"?>\nOslo'
    rows = rows_of(Document("d", text, (Segment("s", 22, 26),), offset_shift=22))
    assert [(r.start, r.end) for r in rows] == [(0, 3)]


@pytest.mark.parametrize(("start", "end", "shift"), [(0, 4, 0), (3, 7, 0), (4, 9, 0), (4, 40, 0), (5, 5, 0), (4, 8, 6)])
def test_a_row_that_is_not_the_text_is_refused(start: int, end: int, shift: int) -> None:
    doc = document("now Oslo then", offset_shift=shift)
    assert row_of(document("now Oslo then"), 4, 8, "LOC", 0.5, "r", "m").text == "Oslo"
    with pytest.raises(OutputError, match=f"d1: expected a name inside the text at {start}-{end - 1}"):
        row_of(doc, start, end, "LOC", 0.5, "r", "m")


def test_a_failing_document_leaves_the_old_run_and_nothing_else(tmp_path: Path) -> None:
    def documents() -> Iterator[Document]:
        yield document("Ada")
        raise OutputError("the disk went away")

    out = tmp_path / "run.tab"
    out.write_text("the run before")
    with pytest.raises(OutputError, match="the disk went away"):
        write_run(out, tag_documents(CAPITALS, documents(), run_id="r", batch_sentences=1))
    assert out.read_text() == "the run before"
    assert [p.name for p in tmp_path.iterdir()] == ["run.tab"]


def test_a_written_run_reads_back(tmp_path: Path) -> None:
    seen: list[EdlRow] = []
    summary = Summary()
    rows = tag_documents(CAPITALS, [document("Ada met Otto")], run_id="r", summary=summary)
    assert write_run(tmp_path / "deep" / "run.tab", timed(summary, rows), seen.append) == 2
    back = read_edl(tmp_path / "deep" / "run.tab")
    assert [(r.text, r.start, r.kb_id) for r in back] == [("Ada", 0, "NIL000001"), ("Otto", 8, "NIL000002")]
    assert [r.mention_id for r in seen] == [r.mention_id for r in back]
    assert summary.seconds > 0


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"run_id": "a b"}, "--run-id"),
        ({"run_id": ""}, "--run-id"),
        ({"batch_pieces": 0}, "--batch-pieces"),
        ({"min_confidence": 1.5}, "--min-confidence"),
    ],
)
def test_settings_that_cannot_be_are_named_by_flag(change: dict[str, object], flag: str) -> None:
    with pytest.raises(SettingsError, match=flag):
        TagSettings(**change)  # type: ignore[arg-type]
