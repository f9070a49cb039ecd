"""YAGO's files and tables of title types, line by line: what is stated, whatever the release and the syntax.

- YAGO 2 and 3, TSV: `[<id>]<TAB><Title><TAB>rdf:type<TAB><wordnet_…|wikicat_…>[<TAB>]`, with or without the fact id;
  `rdfs:subClassOf` in the same form (`yagoTypes`, `yagoSimpleTypes`, `yagoTransitiveType`, `yagoTaxonomy`).
- The same as Turtle: `@base`, `@prefix`, comments, names with `\\u00e9` escapes.
- YAGO 4 and 4.5, Turtle, one statement a line (`yago:X<TAB>rdf:type<TAB>schema:Y<TAB>.`), pages by
  `schema:mainEntityOfPage <https://en.wikipedia.org/wiki/…>`; and the schema file, whose statements span lines with
  `;`, `,` and `[ … ]`.
- Tables: `title<TAB>class`, `title<TAB>type<TAB>class`, FIGER tables and tables of definitions with their headers.

Everything streams. A line that is not understood is handed to the caller, with its number, and skipped.
"""

from ousianer_cli.formats.yago.facts import PAGE, SUBCLASS, TYPE, Fact, is_yago3_class, title_of_id
from ousianer_cli.formats.yago.kinds import kind_of, read_facts
from ousianer_cli.formats.yago.lines import read_lines
from ousianer_cli.formats.yago.tables import TitleLabels, read_table

__all__ = [
    "PAGE",
    "SUBCLASS",
    "TYPE",
    "Fact",
    "TitleLabels",
    "is_yago3_class",
    "kind_of",
    "read_facts",
    "read_lines",
    "read_table",
    "title_of_id",
]
