"""Plain text as LTF: a P for each paragraph, a SEG for each sentence, TOKENs, offsets, length and md5."""

from __future__ import annotations

import hashlib
import re
from itertools import islice

from lxml import etree

from ousianer_cli.errors import InputError
from ousianer_cli.formats.sentences import split_paragraphs, split_sentences
from ousianer_cli.formats.words import split_words

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def build_ltf(doc_id: str, text: str, *, lang: str = "eng") -> bytes:
    """Plain text as one LTF document: a P for each paragraph, a SEG for each sentence, TOKENs, offsets, length and md5.

    Blanks between sentences, which LTF has no place for unless they are newlines, stay at the end of the SEG before,
    so the raw text can be rebuilt exactly.

    Raises:
        InputError: the text holds a character that XML cannot carry (most control characters).
    """
    if illegal := _NOT_XML.search(text):
        raise InputError(
            "text that XML can carry",
            f"U+{ord(illegal[0]):04X} at code point {illegal.start()}",
            path=doc_id,
            remedy="remove the character",
        )
    groups = [split_sentences(text, a, b) for a, b in split_paragraphs(text)]
    spans = [span for group in groups for span in group]
    if not spans and text.strip("\n"):
        groups = [spans := [(0, 0)]]
    # A SEG reaches over the blanks behind it, but for the newlines at their end; the first also over those before it.
    firsts = [start for start, _ in spans]
    if spans and text[: firsts[0]].strip("\n"):
        firsts[0] = 0
    ends = [
        end + len(text[end:limit].rstrip("\n"))
        for (_, end), limit in zip(spans, [*firsts[1:], len(text)], strict=False)
    ]
    reach = iter(zip(firsts, ends, strict=True))

    root = etree.Element("LCTL_TEXT", lang=lang)
    doc = etree.SubElement(
        root,
        "DOC",
        id=doc_id,
        lang=lang,
        tokenization="ousianer-words.1",
        grammar="none",
        raw_text_char_length=str(len(text)),
        raw_text_md5=hashlib.md5(text.encode("utf-8")).hexdigest(),
    )
    body = etree.SubElement(doc, "TEXT")
    number = 0
    for group in groups:
        paragraph = etree.SubElement(body, "P")
        for start, end in islice(reach, len(group)):
            seg = etree.SubElement(
                paragraph, "SEG", id=f"segment-{number}", start_char=str(start), end_char=str(end - 1)
            )
            etree.SubElement(seg, "ORIGINAL_TEXT").text = text[start:end]
            for index, (left, right) in enumerate(split_words(text, start, end)):
                word = text[left:right]
                token = etree.SubElement(
                    seg,
                    "TOKEN",
                    id=f"token-{number}-{index}",
                    pos="word" if any(c.isalnum() for c in word) else "punct",
                    morph="none",
                    start_char=str(left),
                    end_char=str(right - 1),
                )
                token.text = word
            number += 1
    etree.indent(root, space="")
    content: bytes = etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", doctype='<!DOCTYPE LCTL_TEXT SYSTEM "ltf.v1.5.dtd">'
    )
    return content + b"\n"
