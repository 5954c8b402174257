"""Names that a recipe gives: looked up in a catalogue, their parameters checked, the nearest one found."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from inspect import Parameter
from typing import TypeVar

from semeia.errors import RecipeError

__all__ = ["check_parameters", "look_up", "nearest"]

T = TypeVar("T")


def look_up(kind: str, name: str, catalogue: Mapping[str, T]) -> T:
    """Return the entry of a catalogue.

    Raises
    ------
    RecipeError
        If there is none of that name; the message names the nearest one.
    """
    if name not in catalogue:
        raise RecipeError(f"{kind} {name!r} is not in the catalogue: {nearest(name, catalogue)}")
    return catalogue[name]


def check_parameters(
    what: str, known: Mapping[str, Parameter], given: Iterable[str], others: Iterable[str] = ()
) -> None:
    """Check the names of the parameters that a recipe gives to something of a catalogue.

    Parameters
    ----------
    what : str
        Kind and name, for the message.
    known : mapping
        The parameters that it takes, from its signature.
    given : iterable of str
    others : iterable of str
        Keys that the recipe's table takes beside them, for the hint.

    Raises
    ------
    RecipeError
        If one is unknown (the message names the nearest), or one that is needed is missing.
    """
    names = set(given)
    for name in sorted(names - set(known)):
        raise RecipeError(f"{what} has no parameter {name!r}: {nearest(name, [*known, *others])}")
    for name, parameter in known.items():
        if parameter.default is Parameter.empty and name not in names:
            raise RecipeError(f"{what} needs the parameter {name!r}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return how an error about an unknown name ends: with the nearest known one, or else with all."""
    choices = list(known)
    near = difflib.get_close_matches(name, choices, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(choices) or 'none'}"
