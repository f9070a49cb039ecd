"""MediaWiki `pages-articles` dumps: streamed page by page, in pieces that several processes can read side by side.

Plain XML, gz, bz2 and multistream bz2 (many bz2 streams one after the other, as the Wikimedia dumps come). The whole is
never one tree: each `<page>…</page>` is cut out of the bytes and parsed by itself, so a broken page costs that page
only. Memory holds one page and a block or two, whatever the dump's size.
"""

from ousianer_cli.formats.mediawiki.chunks import DumpChunk, dump_chunks
from ousianer_cli.formats.mediawiki.faults import DumpFaults
from ousianer_cli.formats.mediawiki.pages import MAX_PAGE_BYTES, Page, read_pages
from ousianer_cli.formats.mediawiki.titles import NAMESPACES, redirect_link, redirect_of_text, split_namespace

__all__ = [
    "MAX_PAGE_BYTES",
    "NAMESPACES",
    "DumpChunk",
    "DumpFaults",
    "Page",
    "dump_chunks",
    "read_pages",
    "redirect_link",
    "redirect_of_text",
    "split_namespace",
]
