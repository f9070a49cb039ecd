"""Words that stand beside names and in them."""

from __future__ import annotations

from ousianer_cli.formats.words import word_set

LINKING = word_set("of de del della di du des von van der den al el la le y e")
"""Small words inside names."""
HONORIFICS = word_set(
    """
    Mr Mrs Ms Dr Prof St Sir Dame Lord Lady Saint Pope King Queen Prince Princess Emperor Empress Tsar President
    Senator Governor Mayor Minister Chancellor General Colonel Captain Major Admiral Lieutenant Sergeant Professor Judge
    Justice Bishop Archbishop Cardinal Father Brother Sister Reverend Rabbi Count Duke Earl Baron
    """
)
OPENERS = word_set(
    """
    a after all although an and as at because before both but by despite during each even finally following for from
    had he her here his how however if in is it its later like many meanwhile most near of on once one only or other
    our out over she since so some soon still such than that the their then there these they this those though through
    thus to today under unlike until upon was we were what when where whereas whether which while who why with within
    without yet
    """
)
