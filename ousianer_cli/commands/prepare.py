"""`ousianer prepare …`: turn corpora, dumps, title types and silver data into the project's own training lines."""

from __future__ import annotations

import typer

from ousianer_cli.commands.options import OusianerCommand
from ousianer_cli.commands.prepare_corpus import corpus
from ousianer_cli.commands.prepare_names import names
from ousianer_cli.commands.prepare_silver import silver
from ousianer_cli.commands.prepare_types import types
from ousianer_cli.commands.prepare_wikipedia import wikipedia

prepare_app = typer.Typer(
    name="prepare", help="Turn corpora, Wikipedia dumps and silver data into training corpora.", no_args_is_help=True
)

for _name, _body in {
    "corpus": corpus,
    "silver": silver,
    "types": types,
    "wikipedia": wikipedia,
    "names": names,
}.items():
    prepare_app.command(_name, cls=OusianerCommand)(_body)
