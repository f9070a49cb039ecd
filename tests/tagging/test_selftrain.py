from collections import Counter

import numpy as np
import pytest
from tiny_models import capitals_model, command_line, write_rows

from ousianer_cli.formats.corpus import Mention, Sentence, read_corpus
from ousianer_cli.network.checkpoint import save_model
from ousianer_cli.tagging import selftrain

WORDS = ("Yesterday", "the", "mayor", "of", "New", "Harbour", "met", "Ada", "Brook", "there", ".")


def merged(known, found, marginals):
    counts = Counter()
    return selftrain._merged(WORDS, known, found, np.asarray(marginals), counts), counts


def test_a_known_mention_is_added_where_the_teacher_missed_it():
    names, counts = merged([(7, 9)], [(4, 6)], [0.9])
    assert names == [(4, 6), (7, 9)]
    assert counts["known mentions that the teacher had missed"] == 1


def test_a_known_mention_corrects_an_overlapping_find():
    names, counts = merged([(4, 6)], [(5, 6)], [0.99])
    assert names == [(4, 6)]
    assert counts["names of the teacher that a known mention corrects"] == 1


@pytest.mark.parametrize(("p", "kept"), [(0.9, (7, 10)), (0.7, (7, 9))])
def test_a_longer_name_stays_only_when_the_teacher_is_sure(p, kept):
    names, _ = merged([(7, 9)], [(7, 10)], [p])
    assert names == [kept]


def test_an_unsure_teacher_leaves_the_sentence():
    names, _ = merged([(7, 9)], [(4, 6)], [0.5])
    assert names is None


def test_common_nouns_and_first_words_do_not_count_as_known_names():
    names, _ = merged([(2, 3), (0, 1)], [(4, 6)], [0.9])
    assert names == [(4, 6)]


def test_marked_sentences_keep_known_types_and_weights(monkeypatch):
    sentences = [
        Sentence(WORDS, (Mention(7, 9, ("wordnet_person_100007846",), 0.4),), "d", "typing"),
        Sentence(("Too", "short"), (), "d", "typing"),
    ]
    monkeypatch.setattr(selftrain, "detect_spans", lambda *_: [([(4, 6), (7, 9)], np.asarray([0.9, 0.9]))])
    counts = Counter()
    (marked, yes), (left, no) = selftrain.mark_names(capitals_model(), sentences, counts)
    assert (yes, no) == (True, False)
    assert marked.supervises == "both"
    assert marked.mentions == (Mention(4, 6), Mention(7, 9, ("wordnet_person_100007846",), 0.4))
    assert left is sentences[1]
    assert counts["sentences marked"] == 1
    assert counts["sentences too short or too long"] == 1


def test_the_command_marks_what_its_teacher_finds(tmp_path):
    rows = [Sentence(WORDS, (Mention(7, 9, ("wordnet_person_100007846",)),), "d", "typing"), Sentence(("Hi",), (), "d")]
    model = tmp_path / "teacher"
    save_model(model, capitals_model(), "")
    corpus = write_rows(tmp_path / "silver.jsonl", rows)
    out, rest = tmp_path / "both.jsonl", tmp_path / "rest.jsonl"
    code, stdout, error = command_line("prepare", "names", corpus, "-m", model, "-o", out, "--rest", rest)
    assert (code, error) == (0, "")
    (marked,) = read_corpus(out)
    assert [(m.start, m.end) for m in marked.mentions] == [(0, 1), (4, 6), (7, 9)]
    assert marked.mentions[2].types == ("wordnet_person_100007846",)
    assert list(read_corpus(rest)) == rows[1:]
    assert "1 sentences, 3 names" in stdout
