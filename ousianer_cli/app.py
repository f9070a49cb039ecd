"""The `ousianer` command. Imports nothing heavy: each subcommand loads what it needs when it runs."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys

import typer

from ousianer_cli import __version__
from ousianer_cli.commands.average import average
from ousianer_cli.commands.convert import convert
from ousianer_cli.commands.diff import diff
from ousianer_cli.commands.export import export
from ousianer_cli.commands.finetune import finetune
from ousianer_cli.commands.init import init
from ousianer_cli.commands.merge import merge
from ousianer_cli.commands.options import OusianerCommand
from ousianer_cli.commands.prepare import prepare_app
from ousianer_cli.commands.pretrain import pretrain
from ousianer_cli.commands.review import review
from ousianer_cli.commands.score import score
from ousianer_cli.commands.tag import tag
from ousianer_cli.commands.tune import tune_app
from ousianer_cli.commands.validate import validate
from ousianer_cli.commands.view import view
from ousianer_cli.errors import InputError, OusiaError
from ousianer_cli.outputs.ending import tidy_end

app = typer.Typer(
    name="ousianer",
    help="Train, adapt, run and score ultra-fine-grained named-entity taggers for TAC KBP EDL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        print(f"ousianer {__version__}")
        raise typer.Exit()


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    pass


app.command(cls=OusianerCommand)(init)
app.add_typer(prepare_app, name="prepare")
app.command(cls=OusianerCommand)(pretrain)
app.command(cls=OusianerCommand)(average)
app.command(cls=OusianerCommand)(finetune)
app.add_typer(tune_app, name="tune")
app.command(cls=OusianerCommand)(export)
app.command(cls=OusianerCommand)(tag)
app.command(cls=OusianerCommand)(review)
app.command(cls=OusianerCommand)(merge)
app.command(cls=OusianerCommand)(validate)
app.command(cls=OusianerCommand)(score)
app.command(cls=OusianerCommand)(diff)
app.command(cls=OusianerCommand)(view)
app.command(cls=OusianerCommand)(convert)


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of a full disk, which may come from anything that keeps something."""


def main() -> None:
    """Run the command line; a user's error is one line on stderr and its exit code, a signal leaves no hidden file."""
    _fill_closed_streams()
    codecs.register_error("ousianer", _readable)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="ousianer")
    try:
        with tidy_end():
            _here()
            app()
    except OusiaError as error:
        print(f"ousianer: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if (line := _trouble(error)) is None:
            raise
        print(f"ousianer: {line}", file=sys.stderr)
        sys.exit(2)


def _trouble(error: OSError) -> str | None:
    """The line for what a machine refused: a full disk, a file without permission, one that went away meanwhile."""
    if error.errno == errno.ENAMETOOLONG:
        return f"{str(error.filename)[:60]}…: expected a path, found one that is too long"
    if error.errno in _FULL:
        return f"{error.filename or 'an output'}: cannot be written ({error.strerror})"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "expected room for one more open file, found none; raise the limit (ulimit -n)"
    if error.filename is None:
        return None
    return f"{error.filename}: expected what can be read or written, found {error.strerror}; check the path"


def _fill_closed_streams() -> None:
    """Let standard streams that came closed, as from a daemon, lead nowhere: no file takes their numbers, and what a
    library says on them ends in none."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _here() -> None:
    """Refuse a working folder that was removed or may not be entered: libraries do not bear it."""
    try:
        os.getcwd()
    except OSError as error:
        raise InputError(
            "a working folder", f"{error.strerror}", path=".", remedy="change to one that is there"
        ) from None


def _readable(error: UnicodeError) -> tuple[str, int]:
    """How a stream writes what it has no character for; of a file's name that is no text, the byte: `\\xe9`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    shown = (
        f"\\x{ord(c) - 0xDC00:02x}" if "\udc80" <= c <= "\udcff" else c.encode("ascii", "backslashreplace").decode()
        for c in found
    )
    return "".join(shown), error.end


if __name__ == "__main__":
    main()
