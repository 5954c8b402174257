"""``semeia recipe``: the recipes that are shipped; a new one, checked, and explained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.cli.tables import console, new_table
from semeia.errors import RecipeError, StorageError

if TYPE_CHECKING:
    from semeia.recipe import AnyRecipe

app = typer.Typer(help="Recipes: list those that are shipped, write a new one, check it, explain it.")

File = Annotated[Path, typer.Argument(help="The recipe, a TOML file; or the name of a shipped one.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="Change a key: training.epochs=5. May be repeated.")]


@app.callback(invoke_without_command=True)
def recipe(context: typer.Context) -> None:
    """List the recipes that are shipped, or write, check and explain one."""
    if context.invoked_subcommand is None:
        _list()


def _list() -> None:
    from rich.text import Text

    from semeia.recipe import read_recipe
    from semeia.training.shipped import shipped_recipes

    table = new_table("recipe", "what it is")
    for name, path in shipped_recipes().items():
        read = read_recipe(path)
        sources = ", ".join(dict.fromkeys(data.source for data in read.data))
        table.add_row(name, Text(f"{read.description}\n") + Text(f"{sources}; {read.network.name}", "dim"))
    console().print(table)


def given_recipe(file: Path, settings: list[str] | None) -> tuple[AnyRecipe, Path]:
    """Return a recipe with its changed keys, and its file."""
    from semeia.recipe import read_recipe
    from semeia.training.shipped import recipe_path

    file = recipe_path(file)
    return read_recipe(file, settings or []), file


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Of the new recipe: small letters, digits and hyphens.")],
    source: Annotated[
        str, typer.Option("--from", help="The recipe to begin with: shipped, or a file.")
    ] = "eeg-starter",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The new file; otherwise NAME.toml here.")
    ] = None,
) -> None:
    """Write a new recipe from another, with every key explained."""
    from semeia.cli.template import new_recipe
    from semeia.home import make_folder, replacing
    from semeia.training.shipped import recipe_path

    text = new_recipe(name, recipe_path(source))
    target = output or Path(f"{name}.toml")
    if target.exists():
        raise StorageError(f"{target}: is there already; choose another file with -o, or remove it")
    make_folder(target.parent)
    with replacing(target) as part:
        part.write_text(text, encoding="utf-8")
    print(f"{target}: written from {source}. Change it, then: semeia recipe check {target}")


@app.command()
def check(
    file: File,
    settings: Settings = None,
    output: Annotated[
        Path | None, typer.Option("--json", help="Write what was found, and what a training would take, to this file.")
    ] = None,
) -> None:
    """Check a recipe: names, parameters, and that the network fits the transform and the window."""
    from semeia.training.checking import check as check_recipe

    read, file = given_recipe(file, settings)
    if output is not None:
        _write_estimate(read, file, output)
        return
    checked = check_recipe(read, file.parent)
    for note in checked.notes:
        print(f"note: {note}")
    for fault in checked.faults[:-1]:
        print(f"semeia: {file.name}: {fault}", file=sys.stderr)
    if checked.faults:
        raise RecipeError(f"{file.name}: {checked.faults[-1]}")
    shape = " × ".join(map(str, checked.shape or ()))
    count = sum(weight.numel() for weight in checked.module.parameters()) if checked.module is not None else 0
    print(f"{file.name}: is in order. One example is {shape}; the network has {count:,} parameters.")


def _write_estimate(recipe: AnyRecipe, file: Path, output: Path) -> None:
    import json

    from semeia.home import make_folder, replacing
    from semeia.training.estimate import estimate

    found = estimate(recipe, file.parent)
    make_folder(output.parent)
    with replacing(output) as part:
        part.write_text(json.dumps(found) + "\n", encoding="utf-8")
    count = len(found["faults"])
    print(f"{output}: written; {count} fault{'' if count == 1 else 's'}")


@app.command()
def explain(file: File, settings: Settings = None) -> None:
    """Say in plain words what training a recipe would do."""
    from semeia.training.explaining import explain as explain_recipe

    read, file = given_recipe(file, settings)
    print(f"{read.name}: {read.description}" if read.description else read.name)
    for heading, sentences in explain_recipe(read, file.parent).items():
        print(f"\n{heading}")
        for sentence in sentences:
            print(f"  {sentence}")
