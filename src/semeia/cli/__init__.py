"""What you type: one small module per command, imported here and heavy only when it runs."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Annotated

import typer

from semeia.cli import active, datasets, recipe, runs
from semeia.cli.anonymise import anonymise
from semeia.cli.catalogue import catalogue
from semeia.cli.convert import convert
from semeia.cli.demo import demo
from semeia.cli.detect import detect
from semeia.cli.ensemble import ensemble
from semeia.cli.evaluate import evaluate
from semeia.cli.explain import explain
from semeia.cli.export import export
from semeia.cli.import_ import import_
from semeia.cli.info import info
from semeia.cli.leaks import leaks
from semeia.cli.models import models
from semeia.cli.open import open_
from semeia.cli.predict import predict
from semeia.cli.preview import preview
from semeia.cli.report import report
from semeia.cli.score import score
from semeia.cli.search import search
from semeia.cli.serve import serve
from semeia.cli.simulate import simulate
from semeia.cli.szcore import szcore
from semeia.cli.text import printable
from semeia.cli.train import train
from semeia.errors import SemeiaError

__all__ = ["app", "main"]

app = typer.Typer(
    name="semeia",
    help="Find, correct and learn from clinical signals. Not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


for command in (
    *(demo, serve, open_, import_, info, detect, predict, score, simulate, train, search, evaluate, models, export),
    *(ensemble, explain, preview, catalogue, szcore, leaks, report, convert, anonymise),
):
    app.command(command.__name__.rstrip("_"))(command)
for group in (active, datasets, recipe, runs):
    app.add_typer(group.app, name=group.__name__.rpartition(".")[2])


def _show_version(wanted: bool) -> None:
    if wanted:
        from semeia import __version__

        print(f"semeia {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Find, correct and learn from clinical signals. Not a medical device."""
    del version  # its callback is called even without a command
    if debug:
        os.environ["SEMEIA_DEBUG"] = "1"


def main() -> None:
    """Run the command line; every error a user can meet is one line and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without Greek letters is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except Exception as error:
        if os.environ.get("SEMEIA_DEBUG"):
            raise
        print(f"semeia: {printable(_said(error))}", file=sys.stderr)
        raise SystemExit(1) from None


def _said(error: Exception) -> str:
    """Return one line for an error; what is not in the tree of errors is a fault of Semeia, and said to be."""
    match error:
        case SemeiaError():
            return str(error)
        case OSError(filename=str() as place, strerror=str() as reason):
            return f"{place}: {reason.lower()}"
        case OSError(errno=errno.ENOSPC):
            return "what was said could not be written: the disk is full"
        case MemoryError():
            return "there is not enough memory"
    return f"this is a fault of Semeia, and --debug shows where: {error.__class__.__name__}: {error}"
