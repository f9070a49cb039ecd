"""Tags as spans, in every scheme."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.errors import InputError
from ousianer_cli.formats.tags import (
    AFTER,
    AFTER_LOW,
    BARE,
    BEFORE,
    BEFORE_LOW,
    Scheme,
    TagReader,
    scheme_of,
    spans_from_tags,
)


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ("O B-PER I-PER", BEFORE),
        ("I-PER O", BEFORE),
        ("PER-B PER-I O", AFTER),
        ("B_PER I_PER O", BEFORE_LOW),
        ("PER_S LOC_B LOC_E", AFTER_LOW),
        ("PER O LOC", BARE),
        ("B_cell T_cell O", BARE),
        ("VITAMIN-E VITAMIN-C O", BARE),
        ("person_artist B_person", BARE),
        ("O O", None),
    ],
)
def test_the_scheme_of_a_file(tags: str, scheme: Scheme | None) -> None:
    assert scheme_of(tags.split()) is scheme


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O O", []),
        ("B-A I-A O B-A", [(0, 2, "A"), (3, 4, "A")]),
        ("I-A I-A B-A", [(0, 2, "A"), (2, 3, "A")]),
        ("I-A I-B O I-B", [(0, 1, "A"), (1, 2, "B"), (3, 4, "B")]),
        ("S-A S-A B-A E-A", [(0, 1, "A"), (1, 2, "A"), (2, 4, "A")]),
        ("x_a x_a O y_b", [(0, 2, "x_a"), (3, 4, "y_b")]),
        ("B-creative-work I-creative-work", [(0, 2, "creative-work")]),
    ],
)
def test_spans(tags: str, spans: list[tuple[int, int, str]]) -> None:
    assert spans_from_tags(tags.split()) == spans


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["", "A", "B"])), max_size=8))
def test_iob2_gives_back_its_spans(blocks: list[tuple[int, str]]) -> None:
    tags: list[str] = []
    spans = []
    for length, label in blocks:
        if label:
            spans.append((len(tags), len(tags) + length, label))
        tags += [f"B-{label}", *[f"I-{label}"] * (length - 1)] if label else ["O"] * length
    assert spans_from_tags(tags) == spans


@pytest.mark.parametrize("tag", ['lives",{"entities":[[0,3,"PER"]]}]]', "lives</s>", "[0,3]"])
def test_json_and_markup_are_no_labels(tag: str) -> None:
    reader = TagReader([tag])
    with pytest.raises(InputError, match="expected a tag in the last column, found .* which looks like JSON or markup"):
        reader(tag, lambda expected, found: InputError(expected, found))
