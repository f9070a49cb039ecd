"""Colours of top types, told apart by people who see few colours, in light and in dark mode.

A colour is never alone: wherever a name is highlighted its top type stands beside it in letters. Text keeps the page's
own colour upon a faint tint, so its contrast does not depend on the type.
"""

from __future__ import annotations

from collections.abc import Iterable

from ousianer_cli.taxonomy.tree import OUTSIDE

COLOURS: tuple[tuple[str, str], ...] = (
    ("#0086d6", "#378fd8"),  # blue
    ("#a03a06", "#f65b1c"),  # vermilion
    ("#03795a", "#30cda6"),  # bluish green
    ("#ac7f07", "#f5d233"),  # gold
    ("#904e84", "#de86c5"),  # reddish purple
    ("#5f53d8", "#b5b6ff"),  # indigo
    ("#614221", "#b99463"),  # brown
    ("#1b7f8c", "#5fd0dd"),  # teal
    ("#8a1538", "#ff7a90"),  # wine
    ("#5b7a00", "#b3d13c"),  # olive
    ("#5f6b7a", "#aab6c5"),  # slate
    ("#c2185b", "#ff6fa8"),  # rose
)
"""Pairs (on light ground, on dark ground). The first seven are for the tops of the track: hues of Okabe and Ito, moved
until protanopes, deuteranopes and tritanopes tell every two of them apart too (CIE Lab, 16 apart)."""
GREY = ("#6b6b6b", "#9e9e9e")
"""For `-`, a name outside the taxonomy."""

_FIXED = ("PER", "ORG", "GPE", "LOC", "FAC", "WEA", "VEH")
_SYMBOLS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def palette(tops: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Top type -> its pair of colours. The track's own always have the same, others take the rest in order.

    Args:
        tops: in capitals, as `Annotation.top` gives them; `-` is grey.
    """
    found: dict[str, tuple[str, str]] = {}
    rest = COLOURS[len(_FIXED) :]
    others = 0
    wanted = list(dict.fromkeys(tops))
    for top in sorted(wanted, key=lambda t: (t not in _FIXED, _FIXED.index(t) if t in _FIXED else 0)):
        if top == OUTSIDE:
            found[top] = GREY
        elif top in _FIXED:
            found[top] = COLOURS[_FIXED.index(top)]
        else:
            found[top] = rest[others % len(rest)]
            others += 1
    return found


def class_of(top: str) -> str:
    """The CSS class of a top type: `t-per`; other signs than letters, digits and hyphens become hyphens."""
    if top == OUTSIDE:
        return "t-outside"
    return "t-" + "".join(sign if sign in _SYMBOLS else "-" for sign in top.lower())


def styles(colours: dict[str, tuple[str, str]]) -> str:
    """Rules that set `--type` for each top type's class, in light and dark mode.

    Dark mode follows the system unless `data-theme` on the root says `light` or `dark`.
    """
    light = [f".{class_of(top)}{{--type:{pair[0]}}}" for top, pair in colours.items()]
    dark = [f"{class_of(top)}{{--type:{pair[1]}}}" for top, pair in colours.items()]
    by_system = "".join(f":root:not([data-theme=light]) .{rule}" for rule in dark)
    by_choice = "".join(f":root[data-theme=dark] .{rule}" for rule in dark)
    return "".join(light) + f"@media(prefers-color-scheme:dark){{{by_system}}}" + by_choice
