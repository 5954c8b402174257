"""The recipes that come with Semeia, in an installed package and in a checkout."""

from __future__ import annotations

from pathlib import Path

import semeia
from semeia.recipe import look_up

__all__ = ["shipped_recipe", "shipped_recipes"]


def shipped_recipes() -> dict[str, Path]:
    """Return the files of the shipped recipes by name."""
    package = Path(semeia.__file__).parent
    places = (package / "recipes", package.parents[1] / "recipes")
    place = next((place for place in places if any(place.glob("*.toml"))), None)
    return {} if place is None else {file.stem: file for file in sorted(place.glob("*.toml"))}


def shipped_recipe(name: str) -> Path:
    """Return the file of a shipped recipe.

    Raises
    ------
    RecipeError
        If there is none; the message names the nearest one.
    """
    return look_up("shipped recipe", name, shipped_recipes())
