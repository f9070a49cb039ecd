"""Addresses in running text: URLs, e-mail addresses, file paths and file names, and the bare names of sites.

An address is one word, and no name. A bare site (`Amazon.com`) is several words, since models were trained on them so;
it may be a name as a whole.
"""

from __future__ import annotations

import re
from functools import lru_cache

# What an address goes on with, and what it may end with: punctuation behind it is the sentence's. Brackets in pairs.
_GOES_ON = r"""[^\s<>"“”«»()\[\]{}|\\^`*]"""
_ENDS = r"""[^\s<>"“”«»()\[\]{}|\\^`*.,;:!?…'’]"""
_REST = rf"(?:{_GOES_ON}|\({_GOES_ON}{{0,200}}\))*(?:{_ENDS}|\({_GOES_ON}{{0,200}}\))"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_HOST = r"[^\W_][^\W_-]{0,62}(?:-+[^\W_]{1,62}){0,8}"
# Schemes that need no slashes.
_SCHEMES = "tel|sms|sips?|xmpp|magnet|skype|javascript|data|urn|doi|geo|cid|view-source|bitcoin|about"
# Domains of countries that are also words (it, in, is, me, …) part a sentence from the next more often than a site's
# name, where the blank between them is missing; with a path behind they are a site's.
_COMMON = "com|org|net|edu|gov|mil|int|biz|info|tv|io"
_COUNTRIES = "uk|de|fr|ru|cn|jp|nl|pl|se|dk|fi|gr|cz|hu|ro|ua|kz|tr|il|ae|ir|iq|pk|au|nz|ca|br|mx|cl|ch|eu|kr|za"
_WORDS_TOO = "it|in|is|me|us|be|co|at|to|so|am|ly|gl|no|my|id|es|by|do|la|as|hr|fm|cc"
_FILES = (
    "txt|pdf|docx?|xlsx?|pptx?|odt|ods|rtf|html?|php|aspx?|jsp|xml|json|jsonl|yaml|yml|toml|csv|tsv|log|bak|tmp|ini|cfg|"
    "py|ipynb|java|cpp|exe|dll|iso|dmg|apk|zip|gz|tgz|bz2|7z|rar|tar|png|jpe?g|gif|bmp|tiff?|svg|webp|mp3|mp4|m4a|wav|"
    "flac|ogg|avi|mov|mkv|wmv|webm|eps|tex|bib|md|heic|parquet|npz|sql|css|ps1|bat|sh|srt|vtt|ltf|rsd|psm|ics|vcf|eml|"
    "msg|mbox|epub|mobi|djvu|PDF|DOCX?|XLSX?|PPTX?|TXT|CSV|XML|HTML?|JPE?G|PNG|GIF|ZIP|MP3|MP4|AVI|MOV"
)
_PART = r"[\w.+~@%$-]"

ADDRESS = rf"""(?:
    (?:[A-Za-z][A-Za-z0-9+.-]{{1,15}}://(?:\[[0-9A-Fa-f:.]+\])?|www\d?\.(?=\w)|\[[0-9A-Fa-f:]{{2,39}}\]/){_REST}
  | (?<![\w-])(?:{_SCHEMES}):{_REST}
  | (?:mailto:)?\w(?:[\w.+%-]|['’](?=\w)){{0,63}}@{_HOST}(?:\.{_HOST})+
  | (?<![\w.-])(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,8}}[a-z]{{2,24}}(?::\d{{1,5}})?/(?![a-z]+(?:\s|\Z)){_REST}
  | (?:{_LABEL}\.){{1,8}}(?:{_COMMON}|{_COUNTRIES}|{_WORDS_TOO})(?::\d{{1,5}})?/{_REST}
  | (?:[A-Za-z]:|\\\\{_PART}+)(?:\\{_PART}*)+(?<![.,;:!?])
  | (?<!\w)[A-Za-z]:(?:/{_PART}+)+(?<![.,;:!?])
  | \w[\w.+-]{{0,99}}(?:(?:\\[A-Z0-9]{_PART}*)+(?<![.,;:!?])|(?:\\{_PART}+){{1,20}}?\.(?:{_FILES})(?![\w-]))
  | (?<![\w/.:~-])(?!/s/)(?:(?:~|\.\.?|\$[A-Z]{{2,}})(?:/{_PART}+)+|/{_PART}+(?:/{_PART}+)+)/?(?<![.,;:!?])
  | \w[\w+-]{{0,99}}(?:[./][\w+-]{{1,100}}){{0,20}}\.(?:{_FILES})(?![\w-])
)"""
"""A pattern (`re.VERBOSE`) of what is never a name: URLs, e-mail addresses, paths, file names."""

SITE = rf"(?:{_LABEL}\.){{1,8}}(?:{_COMMON}|{_COUNTRIES})(?![\w-]|\.\w)"
"""A pattern (`re.VERBOSE`) of a bare site, which may be a name as a whole."""

_ADDRESS = re.compile(ADDRESS, re.VERBOSE)


@lru_cache(maxsize=1 << 14)
def is_address(word: str) -> bool:
    """Whether a word, as it is seen, is an address that cannot be a name."""
    return len(word) > 3 and _ADDRESS.fullmatch(word) is not None
