"""What an importer, a transform or a network takes, as its signature and its docstring say."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Documented", "parameters_of", "summary_of"]

_UNDERLINE = re.compile(r"-{3,}")


@dataclass(frozen=True, slots=True)
class Documented:
    """A parameter as people read it.

    Parameters
    ----------
    name : str
    kind : str
        What it is, as the docstring says: ``float``, ``sequence of str``.
    default : str
        As TOML writes it; ``needed`` where there is none, ``not set`` for None.
    description : str
    value : object
        The default itself; None also where there is none.
    """

    name: str
    kind: str
    default: str
    description: str
    value: Any = None


def parameters_of(factory: Callable[..., Any], leave_out: int = 0) -> list[Documented]:
    """Return what a factory takes.

    Parameters
    ----------
    factory : callable
        With a numpydoc docstring; what that does not describe has an empty description.
    leave_out : int
        Number of first parameters that a recipe does not give.
    """
    known = _all_described(factory)
    taken = list(inspect.signature(factory).parameters.items())[leave_out:]
    return [
        _documented(parameter, *known.get(name, ("", "")))
        for name, parameter in taken
        if name != "progress" and parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
    ]


def summary_of(factory: Callable[..., Any]) -> str:
    """Return what a docstring says before its sections, as paragraphs of one line each."""
    lines = (inspect.getdoc(factory) or "").splitlines()
    end = next((n - 1 for n, line in enumerate(lines) if _UNDERLINE.fullmatch(line.strip())), len(lines))
    paragraphs = "\n".join(lines[:end]).strip().split("\n\n")
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs).replace("``", "").replace("`", "")


def _documented(parameter: inspect.Parameter, kind: str, description: str) -> Documented:
    kind = kind.removesuffix(", optional")
    if not kind and parameter.annotation is not parameter.empty:
        kind = re.sub(r"^Annotated\[([^,]+),.*", r"\1", str(parameter.annotation))
    needed = parameter.default is parameter.empty
    default = "needed" if needed else _toml(parameter.default)
    return Documented(parameter.name, kind, default, description, None if needed else parameter.default)


def _toml(value: Any) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple() | list():
            return f"[{', '.join(map(_toml, value))}]"
    return str(value)


def _all_described(factory: Callable[..., Any]) -> dict[str, tuple[str, str]]:
    """Return what a docstring says of the parameters; of those of the classes above, what theirs say."""
    known: dict[str, tuple[str, str]] = {}
    for each in reversed(factory.__mro__) if isinstance(factory, type) else [factory]:
        said = _described(inspect.cleandoc(each.__doc__ or ""))
        known |= {name: about for name, about in said.items() if name not in known or "As of every" not in about[1]}
    return known


def _described(text: str) -> dict[str, tuple[str, str]]:
    """Return kind and description of each parameter that a numpydoc docstring describes."""
    lines, found = text.splitlines(), dict[str, tuple[str, str]]()
    begin = next((n + 2 for n, line in enumerate(lines) if line == "Parameters"), len(lines))
    names: list[str] = []
    for number, line in enumerate(lines[begin:], begin):
        if number + 1 < len(lines) and _UNDERLINE.fullmatch(lines[number + 1].strip()):
            break
        if line and not line[0].isspace():
            head, _, kind = line.partition(" : ")
            names = [name.strip().lstrip("*") for name in head.split(",")]
            found |= dict.fromkeys(names, (kind.replace("`", ""), ""))
        elif line.strip():
            for name in names:
                kind, said = found[name]
                found[name] = kind, f"{said} {line.strip()}".strip().replace("`", "")
    return found
