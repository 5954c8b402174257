"""Names that a recipe gives: looked up in a catalogue, their parameters checked, the nearest one found."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from inspect import Parameter
from typing import TypeVar

from semeia.errors import RecipeError

__all__ = ["check_parameters", "in_plain_words", "look_up", "nearest"]

T = TypeVar("T")

_PLAIN = (
    (r"^value error, ", ""),
    (r"^'str' instances are not allowed as a (?i:sequence) value$", "it should be a list"),
    (r"^(input|list|string) should ", "it should "),
    (r"a valid dictionary( or (an )?(instance of|object).*)?$", "a table"),
    (r"a valid (list|sequence|tuple)$", "a list"),
    (r"a valid string$", "a text"),
    (r"a valid boolean\b.*$", "true or false"),
    (r"a valid integer\b.*$", "a whole number"),
    (r"a valid number\b.*$", "a number"),
    (r" after validation\b", ""),
)


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


def in_plain_words(message: str) -> str:
    """Return what pydantic says of a value in the words of TOML."""
    message = message[:1].lower() + message[1:]
    for pattern, words in _PLAIN:
        message = re.sub(pattern, words, message)
    return message
