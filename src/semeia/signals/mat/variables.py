"""What a MAT file holds, whichever its container: numbers, texts, structs, and what is none of these."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

__all__ = ["SMALL", "Broken", "Foreign", "Numbers", "Struct", "Texts", "Variable"]

SMALL = 4096
"""Bytes of an array up to which it is a value, such as a rate; more are samples, and stay on disk."""


class Broken(Exception):
    """A file is damaged; the text says what is wrong and where, without the file's name."""


class Numbers(ABC):
    """A real numeric array.

    Attributes
    ----------
    shape : tuple of int
        As MATLAB says it: rows, columns.
    """

    shape: tuple[int, ...]

    @abstractmethod
    def values(self) -> NDArray[np.float64] | None:
        """Return the numbers of a small array, flat; None for one of more than `SMALL` bytes."""

    @abstractmethod
    def window(self, time_axis: int, rows: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        """Return samples of a matrix of signals, (rows, count).

        Parameters
        ----------
        time_axis : int
            0 where a row of the matrix is an instant, 1 where it is a channel.
        rows : sequence of int
            Channels.
        first, count : int
            Samples.

        Raises
        ------
        Broken
            If the file is damaged there.
        """


@dataclass(frozen=True, slots=True)
class Texts:
    """Characters: one text, or a cell array of them."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Foreign:
    """What no signal is made of; `kind` names it: ``object``, ``cell array``, ``complex array`` ..."""

    kind: str


Struct: TypeAlias = dict[str, "Variable"]
Variable: TypeAlias = Union[Numbers, Texts, Foreign, "Struct"]
