"""Corpora into training lines: mapping, duplicates, splits, and that everything dropped is counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ousianer_cli.commands.prepare import prepare_app
from ousianer_cli.corpus.duplicates import sentence_key
from ousianer_cli.corpus.labels import aida_labels, taxonomy_labels, wordnet_table
from ousianer_cli.corpus.prepare import is_clean, is_held_out, prepare_corpus
from ousianer_cli.errors import InputError, SettingsError, TaxonomyError
from ousianer_cli.formats.corpora import read_labelled
from ousianer_cli.formats.corpus import Mention, Sentence, read_corpus, write_corpus
from ousianer_cli.formats.labelled import LabelledMention, LabelledSentence
from ousianer_cli.settings.prepare_corpus import PrepareSettings

TABLE = "# label -> type\nPER\tPER\nLOC\tGPE|LOC|FAC\nMISC\t-\n"


def conll(folder: Path, *sentences: str, name: str = "in.conll") -> Path:
    """A file from sentences such as `Anna/B-PER waved/O`."""
    path = folder / name
    text = "\n\n".join("\n".join("\t".join(w.rsplit("/", 1)) for w in s.split()) for s in sentences)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def table(folder: Path, text: str = TABLE) -> Path:
    path = folder / "table.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def texts(sentences: Sequence[Sentence]) -> list[str]:
    return [" ".join(s.tokens) for s in sentences]


def test_without_a_table_labels_stay(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    path.write_text('{"tokens": ["Oslo"], "mentions": [{"start": 0, "end": 1, "labels": ["/place", "/place/city"]}]}')
    prepared = prepare_corpus([path])
    mention = Mention(0, 1, ("/place", "/place/city"))
    assert prepared.sentences == [Sentence(("Oslo",), (mention,), f"{tmp_path.name}/f")]
    assert prepared.report.files == {str(path): ("figer-json", 1)}


def test_mapped_types_are_open_sets_and_outside_is_kept(tmp_path: Path) -> None:
    path = conll(tmp_path, "Anna/B-PER likes/O Oslo/B-LOC Jazz/B-MISC")
    prepared = prepare_corpus([path], PrepareSettings(map=table(tmp_path), taxonomy="aida-edl"))
    assert [m.types for m in prepared.sentences[0].mentions] == [("PER",), ("GPE", "LOC", "FAC"), ("-",)]
    assert prepared.sentences[0].supervises == "both"
    assert prepared.report.types == {"PER": 1, "GPE|LOC|FAC": 1, "-": 1}


def test_demonyms_labelled_as_places_can_be_put_outside(tmp_path: Path) -> None:
    path = conll(tmp_path, "French/B-LOC and/O Danes/B-LOC in/O France/B-LOC", "French/B-PER New/B-LOC French/I-LOC")
    plain = prepare_corpus([path], PrepareSettings(map=table(tmp_path)))
    assert all(m.types != ("-",) for s in plain.sentences for m in s.mentions) and not plain.report.notes
    changed = prepare_corpus([path], PrepareSettings(map=table(tmp_path), demonyms="outside"))
    place = ("GPE", "LOC", "FAC")
    assert [[m.types for m in s.mentions] for s in changed.sentences] == [[("-",), ("-",), place], [("PER",), place]]
    assert changed.report.notes == ["--demonyms outside: 2 national adjectives, peoples and languages are now -"]


def test_demonyms_by_the_guidelines(tmp_path: Path) -> None:
    """Adjectives of places are names of them, whatever a corpus calls them; nouns for people and languages are not."""
    path = conll(
        tmp_path,
        "French/B-LOC troops/O met/O Danes/B-LOC in/O Lund/B-LOC",
        "a/O Swedish/B-MISC plan/O for/O European/B-MISC leaders/O in/O Russian/B-LOC",
    )
    settings = PrepareSettings(map=table(tmp_path), taxonomy="aida-edl", demonyms="guidelines")
    prepared = prepare_corpus([path], settings)
    first, second = ([m.types for m in s.mentions] for s in prepared.sentences)
    assert first == [("GPE",), ("-",), ("GPE", "LOC", "FAC")]
    assert second == [("GPE",), ("LOC",), ("-",)]
    expected = "2 national adjectives, peoples and languages are now -, 3 adjectives are now places"
    assert prepared.report.notes == [f"--demonyms guidelines: {expected}"]


def spans_file(folder: Path, *records: tuple[str, str, list[tuple[str, str]]]) -> Path:
    """JSON lines of (id, text, [(name, label)])."""
    path = folder / "spans.jsonl"
    rows = [
        {
            "id": doc,
            "text": text,
            "spans": [{"start": text.index(n), "end": text.index(n) + len(n), "label": label} for n, label in names],
        }
        for doc, text, names in records
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_labels_of_a_taxonomy_take_its_spelling_and_nested_names_stay_beside(tmp_path: Path) -> None:
    text = "Lund Council met Ada at Jazz Days."
    labels = [("Lund Council", "org"), ("Lund", "GPE.urbanarea.CITY"), ("Ada", "per"), ("Jazz Days", "-")]
    path = spans_file(tmp_path, ("d", text, labels))
    prepared = prepare_corpus([path], PrepareSettings(taxonomy="aida-edl"))
    (sentence,) = prepared.sentences
    assert [m.types for m in sentence.mentions] == [("ORG",), ("PER",), ("-",)]
    assert [m.types for m in sentence.nested] == [("GPE.UrbanArea.City",)]
    assert (prepared.report.nested, prepared.report.types["GPE.UrbanArea.City"]) == (1, 0)
    only_places = prepare_corpus([path], PrepareSettings(taxonomy="aida-edl", types=("GPE.urbanarea.CITY",)))
    (sentence,) = only_places.sentences
    assert ([m.types for m in sentence.mentions], sentence.nested) == ([("GPE.UrbanArea.City",)], ())


def test_sentences_of_a_document_fall_on_one_side(tmp_path: Path) -> None:
    records = [(f"d{i}", f"Ada{i} came. Bo{i} went. Cy{i} stayed.", []) for i in range(40)]
    prepared = prepare_corpus([spans_file(tmp_path, *records)], PrepareSettings(split_by_hash=0.4))
    kept = [s.document for s in prepared.sentences]
    held = [s.document for s in prepared.held]
    assert not {*kept} & {*held} and len({*kept, *held}) == 40 and 5 < len({*held}) < 30
    assert all(names.count(d) == 3 for names in (kept, held) for d in names)
    assert kept[::3] == sorted({*kept}, key=lambda d: int(d[1:]))


def test_of_several_labels_the_deepest_mapped_one_counts(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    path.write_text(
        '{"tokens": ["Oslo", "Fjord"], "mentions": ['
        '{"start": 0, "end": 1, "labels": ["/location", "/location/city/old"]},'
        '{"start": 1, "end": 2, "labels": ["/location"]}]}'
    )
    rows = table(tmp_path, "/location\tLOC\n/location/city\tGPE.UrbanArea.City\n")
    (sentence,) = prepare_corpus([path], PrepareSettings(map=rows)).sentences
    assert [m.types for m in sentence.mentions] == [("GPE.UrbanArea.City",), ("LOC",)]


def test_types_of_the_table_are_checked(tmp_path: Path) -> None:
    path = conll(tmp_path, "Anna/B-PER")
    with pytest.raises(TaxonomyError, match="MON"):
        prepare_corpus([path], PrepareSettings(map=table(tmp_path, "PER\tMON\n"), taxonomy="aida-edl"))


def test_an_unmapped_label_is_an_error_with_its_place(tmp_path: Path) -> None:
    path = conll(tmp_path, "Anna/B-PER", "See/O Dune/B-BOOK")
    with pytest.raises(InputError, match="table.tsv") as caught:
        prepare_corpus([path], PrepareSettings(map=table(tmp_path)))
    assert (caught.value.path, caught.value.line) == (str(path), 4)
    assert "'BOOK'" in str(caught.value)


@pytest.mark.parametrize(
    ("unmapped", "supervises", "expected", "sentences", "mentions"),
    [
        ("outside", "both", [("-",), ("PER",)], 0, 0),
        ("drop", "typing", [("PER",)], 0, 1),
        ("drop", "both", None, 1, 0),
    ],
)
def test_unmapped_labels(
    tmp_path: Path,
    unmapped: str,
    supervises: str,
    expected: list[tuple[str, ...]] | None,
    sentences: int,
    mentions: int,
) -> None:
    path = conll(tmp_path, "Dune/B-BOOK by/O Anna/B-PER")
    settings = PrepareSettings(map=table(tmp_path), unmapped=unmapped, supervises=supervises)  # type: ignore[arg-type]
    prepared = prepare_corpus([path], settings)
    assert [[m.types for m in s.mentions] for s in prepared.sentences] == ([expected] if expected else [])
    assert prepared.report.unmapped == {"BOOK": 1}
    assert sum(prepared.report.dropped_sentences.values()) == sentences
    assert sum(prepared.report.dropped_mentions.values()) == mentions


def test_typing_keeps_only_sentences_with_typed_mentions(tmp_path: Path) -> None:
    path = conll(tmp_path, "Nothing/O here/O", "Anna/B-PER")
    prepared = prepare_corpus([path], PrepareSettings(supervises="typing"))
    assert texts(prepared.sentences) == ["Anna"]
    assert prepared.report.dropped_sentences == {"no typed mention (typing needs one)": 1}


def test_duplicates_across_files_go_by_lower_case(tmp_path: Path) -> None:
    first = conll(tmp_path, "Anna/B-PER waved/O", "Yes/O", name="a.conll")
    second = conll(tmp_path, "ANNA/B-PER Waved/O", "yes/B-MISC", "No/O", name="b.conll")
    prepared = prepare_corpus([first, second])
    assert texts(prepared.sentences) == ["Anna waved", "Yes", "No"]
    assert prepared.report.dropped_sentences == {"duplicate": 1, "duplicate, with other labels than the first": 1}


def test_excluded_files_may_have_another_format(tmp_path: Path) -> None:
    path = conll(tmp_path, "Anna/B-PER waved/O", "Yes/O")
    write_corpus(tmp_path / "dev.jsonl", [Sentence(("anna", "Waved"))])
    prepared = prepare_corpus([path], PrepareSettings(format="conll", exclude=(tmp_path / "dev.jsonl",)))
    assert texts(prepared.sentences) == ["Yes"]
    assert prepared.report.dropped_sentences == {"also in an excluded file": 1}


def test_the_hash_split_parts_all_sentences_and_ignores_order(tmp_path: Path) -> None:
    rows = [f"w{i}/O runs/O" for i in range(200)]
    forth = prepare_corpus([conll(tmp_path, *rows)], PrepareSettings(split_by_hash=0.25))
    back = prepare_corpus([conll(tmp_path, *rows[::-1])], PrepareSettings(split_by_hash=0.25))
    assert 25 < len(forth.held) < 75
    assert len(forth.held) + len(forth.sentences) == 200
    assert set(texts(forth.held)) == set(texts(back.held))
    assert not set(texts(forth.held)) & set(texts(forth.sentences))


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_the_smaller_one(tokens: list[str], one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert not is_held_out(tokens, small) or is_held_out(tokens, large)
    assert not is_held_out(tokens, 0.0)
    assert is_held_out(tokens, 1.0)
    assert sentence_key(tokens) == sentence_key([t.lower() for t in tokens])


def test_limit_draws_by_seed_and_keeps_order(tmp_path: Path) -> None:
    path = conll(tmp_path, *(f"w{i:03}/O" for i in range(50)))
    drawn = [texts(prepare_corpus([path], PrepareSettings(limit=10, seed=seed)).sentences) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] == sorted(drawn[0])
    assert drawn[0] != drawn[2]
    assert len(drawn[0]) == 10
    assert prepare_corpus([path], PrepareSettings(limit=10)).report.dropped_sentences == {"beyond --limit 10": 40}


@pytest.mark.parametrize(
    ("words", "clean"),
    [
        ("The* mayor left", True),
        ("the mayor left Rome", False),
        ("the mayor left *Rome", True),
        ("in May I left", True),
        ("he said `` We left", True),
        ("so : We left . They stayed", True),
        ("so , We left", False),
    ],
)
def test_clean_sentences(words: str, clean: bool) -> None:
    tokens = words.split()
    mentions = tuple(LabelledMention(i, i + 1, ("location_GPE",)) for i, t in enumerate(tokens) if t.startswith("*"))
    assert is_clean(LabelledSentence(tuple(t.strip("*") for t in tokens), mentions, "", 1)) is clean


def test_few_nerd_for_detection(tmp_path: Path) -> None:
    path = conll(tmp_path, "See/O Rome/location_GPE", "See/O Rome/location_GPE or/O Dune/O", name="few.txt")
    prepared = prepare_corpus([path], PrepareSettings(clean=True, supervises="detection"))
    assert texts(prepared.sentences) == ["See Rome"]
    assert sum(prepared.report.dropped_sentences.values()) == 1
    assert not prepared.report.notes
    assert "--clean" in prepare_corpus([path]).report.notes[0]


def test_clean_works_for_any_corpus(tmp_path: Path) -> None:
    path = conll(tmp_path, "See/O Rome/B-LOC", "See/O Rome/B-LOC or/O Dune/O", name="coarse.conll")
    assert texts(prepare_corpus([path], PrepareSettings(clean=True)).sentences) == ["See Rome"]


def test_wordnet_types_by_the_shipped_table(tmp_path: Path) -> None:
    path = conll(tmp_path, "Inter/location_other of/O Rome/location_GPE", name="few.txt")
    (sentence,) = prepare_corpus([path], PrepareSettings(map_to="wordnet")).sentences
    assert [m.types for m in sentence.mentions] == [(), ("wordnet_administrative_district_108491826",)]
    (typed,) = prepare_corpus([path], PrepareSettings(map_to="wordnet:fewnerd", supervises="typing")).sentences
    assert len(typed.mentions) == 1


def test_wordnet_needs_a_source_it_has(tmp_path: Path) -> None:
    path = conll(tmp_path, "Rome/B-LOC")
    with pytest.raises(SettingsError, match="crossner"):
        prepare_corpus([path], PrepareSettings(map_to="wordnet"))
    with pytest.raises(SettingsError, match="crossner"):
        prepare_corpus([path], PrepareSettings(map_to="wordnet:mars"))
    with pytest.raises(SettingsError, match="--map-to"):
        prepare_corpus([path], PrepareSettings(map_to="aida"))


def test_every_synset_of_the_shipped_table_exists() -> None:
    from ousianer_cli.taxonomy.wordnet import WordNet

    net = WordNet.load()
    for source in ("fewnerd", "crossner", "coarse", "wfbg", "ontonotes"):
        for label, ids in wordnet_table(source).items():
            assert all(net.find(i) == i for i in ids), (source, label)


@pytest.mark.parametrize(
    ("settings", "flag"),
    [
        ({"format": "xml"}, "--format"),
        ({"supervises": "all"}, "--supervises"),
        ({"map": "t.tsv", "unmapped": "keep"}, "--unmapped"),
        ({"unmapped": "drop"}, "--unmapped"),
        ({"map": "t.tsv", "map_to": "wordnet"}, "--map-to"),
        ({"taxonomy": "aida", "map_to": "wordnet"}, "--taxonomy"),
        ({"limit": 0}, "--limit"),
        ({"split_by_hash": 1.0}, "--split-by-hash"),
    ],
)
def test_settings_that_contradict(settings: dict[str, object], flag: str) -> None:
    with pytest.raises(SettingsError, match=flag):
        prepare_corpus(["corpus.txt"], PrepareSettings(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"genres": ["xx"]}, "--genres"),
        ({"genres": ["nw", "pt"]}, "--genres: OntoNotes marks no names in pt"),
        ({"levels": ["nam"]}, "--levels"),
        ({"colour": "red"}, "--colour"),
    ],
)
def test_options_of_formats_are_checked(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        prepare_corpus([conll(tmp_path, "Anna/B-PER")], None, options)


def test_own_lines_keep_their_supervision_and_weights(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    oslo = Sentence(("Oslo",), (Mention(0, 1, ("LOC",), 0.5),), "d", "typing")
    rows = [oslo, Sentence(("Yes",), (), "d", "detection")]
    write_corpus(path, rows)
    assert prepare_corpus([path]).sentences == rows
    (mapped, _) = prepare_corpus([path], PrepareSettings(map=table(tmp_path))).sentences
    assert mapped.mentions == (Mention(0, 1, ("GPE", "LOC", "FAC"), 0.5),)


def test_the_command_writes_and_tells(tmp_path: Path) -> None:
    path = conll(tmp_path, *(f"Anna/B-PER saw/O w{i}/O" for i in range(20)), "Anna/B-PER saw/O w1/O")
    out, held = tmp_path / "out.jsonl", tmp_path / "held.jsonl"
    options = ["--map", str(table(tmp_path)), "--split-by-hash", "0.3", "--held-out", str(held), "-o", str(out)]
    result = CliRunner().invoke(prepare_app, ["corpus", str(path), *options])
    assert result.exit_code == 0, result.output
    kept, apart = list(read_corpus(out)), list(read_corpus(held))
    assert len(kept) + len(apart) == 20
    assert f"{len(kept)} sentences" in result.output
    assert "duplicate" in result.output
    assert "conll" in result.output


def test_the_command_wants_both_parts_of_a_split(tmp_path: Path) -> None:
    result = CliRunner().invoke(prepare_app, ["corpus", "a.conll", "--split-by-hash", "0.3", "-o", str(tmp_path / "o")])
    assert isinstance(result.exception, SettingsError)
    assert "--held-out" in str(result.exception)


# --- annotation of other makers --------------------------------------------------------------------------------------


def ontonotes(folder: Path, *lines: str, genre: str = "nw") -> Path:
    path = folder / f"{genre}_0001.name"
    path.write_text("\n".join([f'<DOC DOCNO="{genre}/own/00/x_0001@x@en">', *lines, "</DOC>\n"]), encoding="utf-8")
    return path


def tag(label: str, text: str) -> str:
    return f'<ENAMEX TYPE="{label}">{text}</ENAMEX>'


def test_ontonotes_numbers_are_no_names(tmp_path: Path) -> None:
    path = ontonotes(tmp_path, f"{tag('PERSON', 'Ada')} paid {tag('MONEY', '3 crowns')} on {tag('DATE', 'Monday')} .")
    prepared = prepare_corpus([path], PrepareSettings(map_to="aida"))
    (sentence,) = prepared.sentences
    assert sentence.tokens == ("Ada", "paid", "3", "crowns", "on", "Monday", ".")
    assert (sentence.mentions, sentence.supervises) == ((Mention(0, 1, ("PER",)),), "both")
    assert prepared.report.dropped_mentions == {"class MONEY (--types)": 1, "class DATE (--types)": 1}
    (chosen,) = prepare_corpus([path], PrepareSettings(map_to="wordnet", types=("DATE", "PERSON"))).sentences
    assert [m.types for m in chosen.mentions] == [("wordnet_person_100007846",), ()]


def test_types_narrow_any_format(tmp_path: Path) -> None:
    path = conll(tmp_path, "Anna/B-PER saw/O Oslo/B-LOC")
    (sentence,) = prepare_corpus([path], PrepareSettings(types=("LOC",))).sentences
    assert sentence.mentions == (Mention(2, 3, ("LOC",)),)


def test_a_folder_is_one_corpus(tmp_path: Path) -> None:
    for genre in ("nw", "wb", "bn"):
        ontonotes(tmp_path, f"{tag('GPE', 'Oslo')} in {genre}", genre=genre)
    prepared = prepare_corpus([tmp_path])
    assert texts(prepared.sentences) == ["Oslo in nw", "Oslo in wb"]
    assert prepared.report.files == {str(tmp_path): ("ontonotes", 2)}
    assert prepared.report.dropped_other == {"sentences of genre bn (--genres)": 1}
    assert len(prepare_corpus([tmp_path], None, {"genres": ["all"]}).sentences) == 3
    excluded = PrepareSettings(exclude=(tmp_path / "nw_0001.name",))
    assert texts(prepare_corpus([tmp_path], excluded).sentences) == ["Oslo in wb"]
    with pytest.raises(InputError, match="genre bc.*1 sentences of genre bn"):
        prepare_corpus([tmp_path / "bn_0001.name"], None, {"genres": ["bc"]})
    with pytest.raises(SettingsError, match="--types.*'PER'"):
        prepare_corpus([tmp_path], PrepareSettings(types=("PER",)))


def test_every_class_of_ontonotes_is_in_both_tables() -> None:
    from ousianer_cli.formats.kinds.ontonotes import NAME_CLASSES, NUMERIC_CLASSES

    rows = wordnet_table("ontonotes")
    assert set(rows) == {*NAME_CLASSES, *NUMERIC_CLASSES}
    to_aida = aida_labels("ontonotes")
    assert all(to_aida(LabelledMention(0, 1, (label,))) for label in rows)
    with pytest.raises(SettingsError, match="ontonotes as SOURCE, found 'crossner'"):
        aida_labels("crossner")


def test_an_unmapped_label_of_a_folder_names_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "d.txt").write_text("Anna left.\nOslo too.", encoding="utf-8")
    (tmp_path / "deep" / "d.ann").write_text("T1\tPER 0 4\tAnna\nT2\tTOWN 11 15\tOslo\n", encoding="utf-8")
    rows = table(tmp_path)
    with pytest.raises(InputError, match="'TOWN'") as caught:
        prepare_corpus([tmp_path / "deep"], PrepareSettings(map=rows))
    assert (caught.value.path, caught.value.line) == (str(tmp_path / "deep" / "d.ann"), 2)


def test_a_mixed_folder_asks_for_the_format(tmp_path: Path) -> None:
    ontonotes(tmp_path, "Yes .")
    (tmp_path / "d.txt").write_text("No.", encoding="utf-8")
    (tmp_path / "d.ann").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"--format brat\|ontonotes"):
        prepare_corpus([tmp_path])
    assert texts(prepare_corpus([tmp_path], PrepareSettings(format="brat")).sentences) == ["No ."]
    with pytest.raises(InputError, match="found a folder"):
        prepare_corpus([tmp_path], PrepareSettings(format="conll"))
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="file by file"):
        prepare_corpus([tmp_path / "none"])


def laf(folder: Path, doc: str, text: str, name: str, label: str) -> Path:
    from ousianer_cli.formats.documents.ltf_writer import build_ltf

    (folder / f"{doc}.ltf.xml").write_bytes(build_ltf(doc, text))
    start = text.index(name)
    path = folder / f"{doc}.laf.xml"
    path.write_text(
        f'<LCTL_ANNOTATIONS><DOC id="{doc}"><ANNOTATION id="a" task="NE" type="{label}">'
        f'<EXTENT start_char="{start}" end_char="{start + len(name) - 1}">{name}</EXTENT></ANNOTATION></DOC>'
        "</LCTL_ANNOTATIONS>",
        encoding="utf-8",
    )
    return path


def test_files_over_one_source_are_read_together(tmp_path: Path) -> None:
    files = [
        laf(tmp_path, "A", "Ada came.", "Ada", "per"),
        laf(tmp_path, "B", "Oslo won.", "Oslo", "Gpe.Country.Country"),
    ]
    prepared = prepare_corpus(files, PrepareSettings(taxonomy="aida-edl"), {"source": [str(tmp_path)]})
    assert [m.types for s in prepared.sentences for m in s.mentions] == [("PER",), ("GPE.Country.Country",)]
    assert prepared.report.files == {f"{files[0]} and 1 more": ("laf", 2)}


def test_labels_that_are_types_may_be_unknown(tmp_path: Path) -> None:
    path = laf(tmp_path, "A", "Ada came.", "Ada", "TTL")
    with pytest.raises(InputError, match=r"A\.laf\.xml:1: expected a type of taxonomy 'aida-edl', found 'TTL'"):
        prepare_corpus([path], PrepareSettings(taxonomy="aida-edl"), {"source": [str(tmp_path)]})
    settings = PrepareSettings(taxonomy="aida-edl", unmapped="outside")
    assert [
        m.types for s in prepare_corpus([path], settings, {"source": [str(tmp_path)]}).sentences for m in s.mentions
    ] == [("-",)]


def test_of_types_on_one_line_of_descent_the_deepest_counts() -> None:
    types = taxonomy_labels("aida-edl")
    assert types(LabelledMention(0, 1, ("per", "PER.POLITICIAN", "gpe"))) == ("PER.Politician", "GPE")
    assert types(LabelledMention(0, 1, ("-",))) == ("-",)
    assert types(LabelledMention(0, 1, ())) == ()


@pytest.mark.parametrize("flag", ["genres", "levels", "source"])
def test_options_that_no_file_heeds_are_refused(tmp_path: Path, flag: str) -> None:
    value = {"genres": ["nw"], "levels": ["NAM"], "source": ["ltf"]}[flag]
    with pytest.raises(SettingsError, match=f"--{flag}: .*found conll"):
        prepare_corpus([conll(tmp_path, "Anna/B-PER")], None, {flag: value})


def test_the_command_takes_comma_separated_options(tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    ontonotes(tmp_path / "release", f"{tag('GPE', 'Oslo')} on {tag('DATE', 'Monday')}", genre="bn")
    out = tmp_path / "out.jsonl"
    options = ["--genres", "BN, nw", "--types", "DATE", "-o", str(out)]
    result = CliRunner().invoke(prepare_app, ["corpus", str(tmp_path / "release"), *options])
    assert result.exit_code == 0, result.output
    (sentence,) = read_corpus(out)
    assert sentence.mentions == (Mention(2, 3, ("DATE",)),)
    assert "class GPE (--types)" in result.output


@pytest.mark.shared
@pytest.mark.parametrize(("name", "count"), [("dev", 4968), ("test", 5470), ("big_test", 11229)])
def test_clean_sentences_of_the_public_files(shared_data: Path, name: str, count: int) -> None:
    assert sum(map(is_clean, read_labelled(shared_data / "fewnerd" / f"{name}.txt"))) == count


@pytest.mark.shared
@pytest.mark.parametrize(
    ("files", "rows"),
    [
        ("fewnerd/*.txt", "fewnerd"),
        ("crossner/*/*.txt", "crossner"),
        ("wfbg/*.json", "figer"),
        ("re3d/*.conll", "re3d"),
        ("wikigold/*", "coarse"),
        ("uner_ewt/*", "coarse"),
        ("wnut17/*", "coarse"),
        ("wikineural/test*", "coarse"),
    ],
)
def test_every_label_of_the_public_corpora_is_mapped(shared_data: Path, files: str, rows: str) -> None:
    paths = sorted(shared_data.glob(files))
    settings = PrepareSettings(map=shared_data / "mappings" / f"{rows}_to_aida.tsv", taxonomy="aida-edl")
    prepared = prepare_corpus(paths, settings)
    read = sum(count for _, count in prepared.report.files.values())
    assert read == len(prepared.sentences) + sum(prepared.report.dropped_sentences.values())
    assert prepared.sentences
    assert not prepared.report.unmapped


@pytest.mark.shared
def test_train_and_dev_of_a_domain_share_sentences(shared_data: Path) -> None:
    exclude = tuple(shared_data.glob("crossner/*/dev.txt"))
    prepared = prepare_corpus(sorted(shared_data.glob("crossner/*/train.txt")), PrepareSettings(exclude=exclude))
    assert prepared.report.dropped_sentences["also in an excluded file"] == 5
