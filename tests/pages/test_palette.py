"""Colours of top types: told apart by eyes that see few colours, readable in both modes, the same on every page."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ousianer_cli.pages.palette import COLOURS, GREY, class_of, palette, styles

GROUNDS = ("#fbfaf7", "#16181b")
INKS = ("#1f2328", "#e4e6e8")
TINTS = (0.17, 0.24)
# What dichromats see of linear RGB: Machado, Oliveira and Fernandes (2009), severity 1.0.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def linear(value: np.ndarray) -> np.ndarray:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ light
    f = np.cbrt(np.maximum(xyz / np.array([0.9505, 1.0, 1.089]), 0.008856))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    a, b = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (b + 0.05) / (a + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_the_tracks_tops_are_told_apart(sight: str, mode: int) -> None:
    seen = [lab(np.clip(SIGHT[sight] @ linear(rgb(pair[mode])), 0, 1)) for pair in COLOURS[:7]]
    nearest = min((float(np.linalg.norm(a - b)), i, j) for (i, a), (j, b) in combinations(enumerate(seen), 2))
    assert nearest[0] >= 15, nearest  # 2.3 is what an eye just notices


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_text_and_lines_stand_out(mode: int) -> None:
    ground, ink = rgb(GROUNDS[mode]), rgb(INKS[mode])
    for pair in (*COLOURS, GREY):
        colour = rgb(pair[mode])
        tint = TINTS[mode] * colour + (1 - TINTS[mode]) * ground
        assert contrast(ink, tint) >= 7, pair
        assert contrast(colour, ground) >= 3, pair
        assert contrast(0.6 * colour + 0.4 * ink, tint) >= 4.5, pair  # the small letters behind a name


def test_a_top_keeps_its_colour() -> None:
    assert palette(["GPE", "PER"])["GPE"] == palette(["GPE"])["GPE"] == palette(["LOC", "GPE", "-"])["GPE"]
    assert palette(["-"]) == {"-": GREY}
    many = palette([f"T{n}" for n in range(9)])
    assert len(many) == 9 and not set(many.values()) & set(COLOURS[:7])


def test_classes_and_rules() -> None:
    assert [class_of(top) for top in ("PER", "-", "A<b>/C")] == ["t-per", "t-outside", "t-a-b--c"]
    rules = styles(palette(["PER"]))
    assert ".t-per{--type:#0086d6}" in rules and ":root[data-theme=dark] .t-per{--type:#378fd8}" in rules
