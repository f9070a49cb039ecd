"""Changes to an input that know a little of its structure: tags, attributes, cells, numbers, references, bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import strategies as st

_PARTS = re.compile(
    rb"<[^<>]*>|&[^;\s]{1,12};|\"[^\"\n]*\"|[-+]?\d+(?:\.\d+)?|\r?\n|\t|[,:;|{}\[\]()=]|[^<>&\"\d\r\n\t,:;|{}\[\]()=]+"
)
"""What a seed is cut into; nothing is lost, since whatever matches none of these is a part by itself."""

_BYTES = (b"", b" ", b"\0", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\r", b"\r\n", b"\n", b"\t", b"\x0b", b"\x1c")
_CHARACTERS = "\ufeff\u2028\u200b\xad\u202e\u0301\U0001f6a2\ufffe\ue000ﬁİ٣²"
_NUMBERS = "-1 0 1 0.0 1e309 nan 99999999999999999999"
_MARKS = r"""
null true [] {} [[ ]] {{ }} {| |} ''' == < > & &amp; &#0; &#xD800; &#1114112; &nosuch; &eacute; <!-- --> <![CDATA[ ]]>
<TEXT> </TEXT> <quote> </quote> </DOC> <nowiki> </ref> <ref " "" ' \\ \u0000 \ud800 NAM NIL - | #
"""
_WHOLE = (
    b"<?xml version='1.0'?>",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b'<post author="">',
    b'<DOC id="">',
    b'<SEG start_char="5" end_char="2">',
)
NASTY = (*_BYTES, *(c.encode() for c in [*_CHARACTERS, *_NUMBERS.split(), *_MARKS.split()]), *_WHOLE)
"""What readers stumble over: broken encodings, odd blanks, numbers that are none, marks without their other half."""

CHANGES = ("replace", "insert", "delete", "double", "swap", "move", "bytes", "cut", "repeat")
LARGEST = 200_000
"""Bytes of a changed input, at most."""


def parts(seed: bytes) -> list[bytes]:
    """A seed cut into tags, references, quoted strings, numbers, line ends, marks and the text between them."""
    found: list[bytes] = []
    at = 0
    for match in _PARTS.finditer(seed):
        if match.start() > at:
            found.append(seed[at : match.start()])
        found.append(match.group())
        at = match.end()
    return [*found, seed[at:]] if at < len(seed) else found


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds after a few changes; small choices stand for small changes, so that what fails shrinks."""
    pieces = parts(draw(st.sampled_from(list(seeds))))
    for _ in range(draw(st.integers(1, 6))):
        if not pieces:
            break
        place = draw(st.integers(0, len(pieces) - 1))
        kind = draw(st.sampled_from(CHANGES))
        if kind == "replace":
            pieces[place] = draw(st.sampled_from(NASTY))
        elif kind == "insert":
            pieces.insert(place, draw(st.sampled_from(NASTY)))
        elif kind == "delete":
            del pieces[place : place + draw(st.integers(1, 3))]
        elif kind == "double":
            pieces.insert(place, pieces[place])
        elif kind in ("swap", "move"):
            other = draw(st.integers(0, len(pieces) - 1))
            if kind == "swap":
                pieces[place], pieces[other] = pieces[other], pieces[place]
            else:
                pieces.insert(other, pieces.pop(place))
        elif kind == "bytes":
            inside = draw(st.integers(0, max(0, len(pieces[place]) - 1)))
            piece = pieces[place]
            pieces[place] = piece[:inside] + draw(st.binary(max_size=3)) + piece[inside + draw(st.integers(0, 2)) :]
        elif kind == "cut":
            whole = b"".join(pieces)
            return whole[: draw(st.integers(0, len(whole)))]
        else:
            times = draw(st.sampled_from((2, 2, 3, 3, 50, 50, 5000)))
            pieces[place] = pieces[place] * min(times, 1 + LARGEST // (1 + len(pieces[place])))
    return b"".join(pieces)[:LARGEST]
