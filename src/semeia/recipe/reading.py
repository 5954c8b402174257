"""A recipe is read from its file, some of its keys are changed, and what is wrong with it is said in one line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from semeia.errors import FileError, RecipeError
from semeia.home import reason
from semeia.recipe.names import in_plain_words, nearest
from semeia.recipe.tables import AnyRecipe, AnyTask, ImageRecipe, Recipe

__all__ = ["changed", "checked", "differences", "flat", "read_recipe", "recipe_of", "setting_of", "tables_of"]


def read_recipe(path: str | Path, settings: Iterable[str] = ()) -> AnyRecipe:
    """Read and check a recipe.

    Parameters
    ----------
    path : str or Path
    settings : iterable of str
        Changes as ``training.epochs=5`` or ``data.0.patients=4``; values are TOML, or else text.

    Raises
    ------
    FileError
        If the file is missing or not TOML.
    RecipeError
        If a key or value is wrong: the message names the key, and the nearest known one.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileError(path, "no such recipe") from None
    except IsADirectoryError:
        raise FileError(path, "is a folder; a recipe is a file that ends in .toml") from None
    except OSError as error:
        raise FileError(path, f"cannot be read as a recipe ({reason(error)})") from error
    except UnicodeDecodeError as error:
        raise FileError(path, "cannot be read as a recipe (it is not text)") from error
    except tomllib.TOMLDecodeError as error:
        raise FileError(path, f"is not TOML: {error}") from error
    for setting in settings:
        _set(table, setting)
    try:
        return checked(table)
    except RecipeError as error:
        raise RecipeError(f"{path.name}: {error}") from error


def checked(table: Mapping[str, Any]) -> AnyRecipe:
    """Return the recipe that a table is, as a person wrote it.

    Raises
    ------
    RecipeError
        If a key or value is wrong: the message names the key, and the nearest known one.
    """
    try:
        return recipe_of(table)
    except ValidationError as error:
        raise RecipeError(_explain(error, table)) from error


def recipe_of(table: Mapping[str, Any]) -> AnyRecipe:
    """Return the recipe that a table is, as ``model_dump`` gave it.

    Raises
    ------
    pydantic.ValidationError
    """
    return tables_of(table).model_validate(table)


def tables_of(table: Mapping[str, Any]) -> type[AnyRecipe]:
    """Return which sort of recipe a table is: of recordings, or of images."""
    task = table.get("task")
    return ImageRecipe if isinstance(task, dict) and task.get("kind") == "images" else Recipe


def changed(recipe: AnyRecipe, values: Mapping[str, Any]) -> AnyRecipe:
    """Return a recipe with some of its keys changed, such as ``{"training.learning_rate": 1e-3}``.

    Raises
    ------
    RecipeError
        If there is no such key, or a value is wrong: the message names the key.
    """
    table = recipe.model_dump(mode="json")
    for key, value in values.items():
        try:
            _put(table, key, value)
        except (ValueError, IndexError, TypeError, AttributeError):
            raise RecipeError(f"the recipe has no place {key!r}") from None
    return checked(table)


def setting_of(text: str) -> tuple[str, Any]:
    """Return key and value of what ``--set`` takes: the value is TOML, or else text.

    Raises
    ------
    RecipeError
        If there is no ``=``.
    """
    key, separator, value = text.partition("=")
    if not separator:
        raise RecipeError(f"--set {text}: write it as key=value, for example training.epochs=5")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value


def flat(table: Any, key: str = "") -> dict[str, Any]:
    """Return a nested table as dotted keys; lists of plain values stay as they are."""
    match table:
        case dict():
            parts: Iterable[tuple[Any, Any]] = table.items()
        case [{}, *_]:
            parts = enumerate(table)
        case _:
            return {key: table}
    return {k: v for name, value in parts for k, v in flat(value, f"{key}.{name}" if key else str(name)).items()}


def differences(before: Any, after: Any) -> list[str]:
    """Return which keys of two nested tables differ, such as ``training.epochs was 5, is 6``."""
    old, new = flat(before), flat(after)
    keys = dict.fromkeys([*old, *new])
    return [f"{key} was {old.get(key)}, is {new.get(key)}" for key in keys if old.get(key) != new.get(key)]


def _set(table: dict[str, Any], setting: str) -> None:
    key, value = setting_of(setting)
    try:
        _put(table, key, value)
    except (ValueError, IndexError, TypeError, AttributeError):
        raise RecipeError(f"--set {setting}: the recipe has no place {key!r}") from None


def _put(table: dict[str, Any], key: str, value: Any) -> None:
    """Put a value at a dotted key; numbers are places in a list."""
    *parents, last = key.split(".")
    place: Any = table
    for parent in parents:
        place = place[int(parent)] if isinstance(place, list) else place.setdefault(parent, {})
    place[int(last) if isinstance(place, list) else last] = value


def _explain(error: ValidationError, given: Mapping[str, Any]) -> str:
    """Return the first fault of a table in one line."""
    faults = error.errors()
    first = faults[0]
    if first["type"] == "extra_forbidden":
        place, key = first["loc"][:-1], str(first["loc"][-1])
        known = _known_keys(place, tables_of(given))
        return f"unknown key {'.'.join(map(str, _without_tag(first['loc'])))!r}: {nearest(key, known)}"
    where = _place(first["loc"])
    if first["type"] == "union_tag_not_found":
        return f"key '{where}.kind' is missing: there are {', '.join(_tags())}"
    if first["type"] == "union_tag_invalid":
        return f'{where}.kind = "{first["ctx"]["tag"]}": {nearest(first["ctx"]["tag"], _tags())}'
    if first["type"] == "missing":
        return f"key {where!r} is missing"
    value = json.dumps(first["input"], default=str)
    said = dict.fromkeys(in_plain_words(fault["msg"]) for fault in faults if _place(fault["loc"]) == where)
    return f"{where} = {value if len(value) < 60 else value[:57] + '...'}: {', or '.join(said)}"


def _place(location: tuple[int | str, ...]) -> str:
    """Return a key, without the kinds of value (``list[str]``) that pydantic tells apart in it."""
    parts = (str(part) for part in _without_tag(location) if isinstance(part, int) or part.isidentifier())
    return ".".join(parts) or "the file"


def _tags() -> dict[str, Any]:
    """Return the tasks by their kind."""
    return {get_args(table.model_fields["kind"].annotation)[0]: table for table in get_args(get_args(AnyTask)[0])}


def _without_tag(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return a key without the kind of task, which pydantic puts after ``task`` where there are several."""
    tagged = location[:1] == ("task",) and len(location) > 1 and str(location[1]) in _tags()
    return location[:1] + location[2:] if tagged else location


def _known_keys(location: tuple[int | str, ...], table: Any) -> list[str]:
    if location[:1] == ("task",) and len(location) > 1 and str(location[1]) in _tags():
        return list(_tags()[str(location[1])].model_fields)
    for part in location:
        if isinstance(part, str) and part in table.model_fields:
            annotation = table.model_fields[part].annotation
            table = next(
                (t for t in (annotation, *getattr(annotation, "__args__", ())) if hasattr(t, "model_fields")),
                table,
            )
    return list(table.model_fields)
