"""Wikipedia titles -> WordNet classes, from YAGO's files and from tables of DBpedia, FIGER and definitions.

The way of a label, none of which holds all titles in memory:
1. each file is read once, line by line, into Parquet parts of (title, number of the label); the labels themselves, of
   which there are as many as classes, are numbered in memory, and so are the `subClassOf` edges;
2. each YAGO label becomes WordNet synsets: by its id, else along the edges to the nearest class that has one, else
   (`wikicat_*` only) by a guess at the category's head noun;
3. DuckDB sorts the parts by title, on disk where they do not fit, and joins YAGO 4.5's names with their pages;
4. title by title, the labels of all sources are judged together (`judge`), and the verdicts written.
"""

from ousianer_cli.corpus.title_types.agreement import Agreement, measure_agreement
from ousianer_cli.corpus.title_types.build import build_title_types
from ousianer_cli.corpus.title_types.links import TypeMass, mentions_of_types
from ousianer_cli.corpus.title_types.report import TitleTypesReport

__all__ = [
    "Agreement",
    "TitleTypesReport",
    "TypeMass",
    "build_title_types",
    "measure_agreement",
    "mentions_of_types",
]
