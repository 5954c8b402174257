"""The recipes that come with Semeia, in an installed package and in a checkout; and how one is named."""

from __future__ import annotations

from pathlib import Path

import semeia
from semeia.errors import RecipeError
from semeia.recipe import nearest

__all__ = ["recipe_path", "shipped_recipes"]


def shipped_recipes() -> dict[str, Path]:
    """Return the files of the shipped recipes by name."""
    package = Path(semeia.__file__).parent
    places = (package / "recipes", package.parents[1] / "recipes")
    place = next((place for place in places if any(place.glob("*.toml"))), None)
    files = [] if place is None else place.glob("*.toml")
    return dict(sorted((file.stem, file) for file in files))


def recipe_path(given: str | Path) -> Path:
    """Return the file of a recipe that is given as a file, or by the name of one that is shipped.

    A file comes first; a folder of that name, such as the model that the recipe made, is passed over.

    Raises
    ------
    RecipeError
        If a bare name is neither; the message names the nearest one. What ends in ``.toml``, or has a folder before
        it, is a file even where there is none.
    """
    file = Path(given)
    if file.is_file() or file.suffix == ".toml" or len(file.parts) != 1:
        return file
    known = shipped_recipes()
    if file.name not in known:
        raise RecipeError(f"recipe {file.name!r}: neither a file nor one that is shipped: {nearest(file.name, known)}")
    return known[file.name]
