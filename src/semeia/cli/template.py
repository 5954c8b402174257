"""A new recipe from one that is there: its text, with every key explained and every key it leaves out shown."""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import tomli_w
from pydantic import BaseModel, ValidationError

from semeia.errors import FileError, RecipeError
from semeia.recipe import AnyRecipe, tables_of

if TYPE_CHECKING:
    from semeia.cli.catalogue import Kind

__all__ = ["new_recipe"]

_HEADER = re.compile(r"\[\[?([\w.]+)\]\]?")
_IN_CODE = re.compile(r" \(semeia[.\w]*\)")  # where more is said, for readers of the code
_KEY = re.compile(r"([\w-]+)\s*=")
_COLUMN = 34
_CATALOGUES: dict[str, Kind] = {"data": "datasets", "transform": "transforms", "network": "networks"}
_OPTIONAL = ("task", "split", "weights", "augmentation", "training", "testing", "detection")


@dataclass
class _Block:
    """The lines of one table of the file: its header ("" for the top), and what follows it."""

    table: str
    lines: list[str] = field(default_factory=list)


def new_recipe(name: str, source: Path) -> str:
    """Return the text of a recipe made from another.

    Parameters
    ----------
    name : str
    source : Path
        The recipe to begin with.

    Raises
    ------
    FileError
        If `source` is no recipe.
    RecipeError
        If the name is not possible.
    """
    try:
        text = source.read_text(encoding="utf-8")
        before = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileError(source, "cannot be read as a recipe") from error
    tables, blocks = tables_of(before), _blocks(text)
    for block in blocks:
        known = _keys_of(block, tables)
        block.lines = [_explained(line, known) for line in block.lines]
        _add_missing(block, known)
    top = blocks[0]
    top.lines = [f'name = "{name}"' if re.match(r"name\s*=", line) else line for line in top.lines]
    present = {block.table.split(".")[0] for block in blocks}
    blocks += [_absent(table, tables) for table in _OPTIONAL if table in tables.model_fields and table not in present]
    made = f"# Made from {source.stem}: change what you like, then semeia recipe check.\n" + _joined(blocks)
    return _checked(name, before, made)


def _checked(name: str, before: dict[str, Any], made: str) -> str:
    """Return the new text if it says the same as the old, but for the name."""
    after = tomllib.loads(made)
    if {**after, "name": ""} != {**before, "name": ""}:
        raise AssertionError("a new recipe says something else than the one that it was made from")
    try:
        tables_of(after).model_validate(after)
    except ValidationError as error:
        if any(fault["loc"] == ("name",) for fault in error.errors()):
            raise RecipeError(f"{name!r} is no name: small letters, digits and hyphens, such as my-detector") from error
        raise RecipeError(
            f"the recipe that it was made from has faults ({error.errors()[0]['msg'].lower()})"
        ) from error
    return made


def _blocks(text: str) -> list[_Block]:
    blocks = [_Block("")]
    for line in text.splitlines():
        header = _HEADER.match(line)
        if header and line.rstrip().split("#")[0].rstrip().endswith("]") and not _inside(blocks[-1].lines):
            above = _lead(blocks[-1].lines)
            blocks.append(_Block(header[1], [*above, line]))
        else:
            blocks[-1].lines.append(line)
    return blocks


def _joined(blocks: list[_Block]) -> str:
    texts = ("\n".join(block.lines).strip("\n") for block in blocks)
    return "\n\n".join(text for text in texts if text) + "\n"


def _lead(lines: list[str]) -> list[str]:
    """Take the comment that stands right above a header away from the block before it."""
    count = 0
    while count < len(lines) and lines[-1 - count].startswith("#"):
        count += 1
    above = lines[len(lines) - count :] if count and count < len(lines) else []
    del lines[len(lines) - len(above) :]
    return above


def _inside(lines: list[str]) -> bool:
    """Return whether a value of several lines is open."""
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return True
    return False


def _explained(line: str, known: dict[str, tuple[str, Any]]) -> str:
    """Return a line ``key = value`` with what the key means behind it, unless something is said there."""
    key = _KEY.match(line)
    if key is None or "#" in line or not known.get(key[1], ("", None))[0]:
        return line
    return f"{line + ' ':{_COLUMN}}# {known[key[1]][0]}"


def _add_missing(block: _Block, known: dict[str, tuple[str, Any]]) -> None:
    """Show the keys that a table leaves out, with their defaults, as comments."""
    given = {key[1] for line in block.lines if (key := _KEY.match(line))}
    missing = [_shown(key, *about) for key, about in known.items() if key not in given]
    end = len(block.lines)
    while end and not block.lines[end - 1].strip():
        end -= 1
    block.lines[end:end] = missing


def _absent(table: str, tables: type[AnyRecipe]) -> _Block:
    block = _Block(table, [f"# [{table}]"])
    _add_missing(block, _fields(_annotation(tables, table)))
    return block


def _shown(key: str, description: str, default: Any) -> str:
    value = "(not set)" if default is None else _toml(default)
    return f"{f'# {key} = {value} ':{_COLUMN}}# {description}".rstrip(" #").rstrip()


def _toml(value: Any) -> str:
    if isinstance(value, BaseModel):
        inner = ", ".join(f"{key} = {_toml(each)}" for key, each in value.model_dump().items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):  # on one line, behind which there is room for what it means
        return f"[{', '.join(map(_toml, value))}]"
    return tomli_w.dumps({"v": value}).partition("=")[2].strip()


def _keys_of(block: _Block, tables: type[AnyRecipe]) -> dict[str, tuple[str, Any]]:
    """Return description and default of the keys that a table may have."""
    if not block.table:
        return {"seed": ("the same seed, data and number of threads give the same weights", 0)}
    given = _given(block.lines)
    table, _, inner = block.table.partition(".")
    taken: dict[str, tuple[str, Any]] = {}
    if table in _CATALOGUES:
        taken = _taken(_CATALOGUES[table], str(given.get("source" if table == "data" else "name", "")))
    kind = str(given.get("kind", "detection"))
    model = _annotation(tables, table, kind) if table in tables.model_fields else None
    if inner and model is not None:
        model = _model(model.model_fields[inner].annotation) if inner in model.model_fields else None
    return _fields(model) | taken


def _given(lines: list[str]) -> dict[str, Any]:
    """Return the keys of a table whose values stand on one line."""
    found: dict[str, Any] = {}
    for line in lines:
        with suppress(tomllib.TOMLDecodeError):
            found |= tomllib.loads(line) if _KEY.match(line) else {}
    return found


def _annotation(tables: type[AnyRecipe], table: str, kind: str = "detection") -> type[BaseModel] | None:
    return _model(tables.model_fields[table].annotation, kind)


def _model(annotation: Any, kind: str = "detection") -> type[BaseModel] | None:
    """Return the table that an annotation means; of a union, the one of that kind."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    models = [model for each in get_args(annotation) if (model := _model(each, kind)) is not None]
    of_kind = [m for m in models if "kind" in m.model_fields and kind in get_args(m.model_fields["kind"].annotation)]
    return next(iter(of_kind or models), None)


def _fields(model: type[BaseModel] | None) -> dict[str, tuple[str, Any]]:
    fields = {} if model is None else model.model_fields
    return {
        name: (each.description or "", None if each.is_required() else each.get_default(call_default_factory=True))
        for name, each in fields.items()
    }


def _taken(kind: Kind, name: str) -> dict[str, tuple[str, Any]]:
    """Return what something of a catalogue takes, as its docstring says."""
    from semeia.cli.catalogue import documented, lines_of

    return {
        each.name: (_IN_CODE.sub("", each.description.split(". ")[0].rstrip(".")), each.value)
        for line in lines_of(kind, name)
        for each in documented(line) or []
    }
