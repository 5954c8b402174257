"""What all transforms of signals share: one rate, one filter, the signal before `apply`, and checks of parameters.

Signals are resampled first and filtered at the transform's own rate. So a recipe's filter is one and the same
digital filter whatever a recording's rate was, and after a reduction it has less to do; that the resampler's
own filter comes first changes nothing, as both are linear.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecipeError, RecordingError
from semeia.recipe import Kind
from semeia.signals.filters import Filter
from semeia.signals.recording import Recording

__all__ = ["FittedTransform", "SignalTransform", "is_number"]

BLOCK_SECONDS = 600.0

SMALLEST_SD = 1e-6
"""A standard deviation below this is that of something constant: it is not divided by."""


@dataclass(frozen=True, kw_only=True)
class SignalTransform:
    """Examples become tensors from a signal that is resampled and filtered alike in all recordings.

    Parameters
    ----------
    rate : float
        Hz that recordings are resampled to.
    high_pass, low_pass, notch : float, optional
        Hz; Butterworth of order 4, and a notch (`semeia.signals.filters.Filter`).
    causal_filter : bool
        Filter without seeing the future, as prediction needs.

    Raises
    ------
    RecipeError
        If a value is not possible.
    """

    rate: float
    high_pass: float | None = None
    low_pass: float | None = None
    notch: float | None = None
    causal_filter: bool = False

    name: ClassVar[str]
    gives: ClassVar[Kind]
    pointwise: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self._check_positive("rate")
        for field in ("high_pass", "low_pass", "notch"):
            value = getattr(self, field)
            if value is not None and not is_number(value):
                raise self._refusal(field, "a frequency in Hz")
        if not isinstance(self.causal_filter, bool):
            raise self._refusal("causal_filter", "true or false")
        try:
            self.filter.sections(self.rate)
        except RecordingError as error:
            raise RecipeError(f"transform {self.name!r}: {error}") from error

    @property
    def filter(self) -> Filter:
        """The filter of every recording, at `rate`."""
        return Filter(self.high_pass, self.low_pass, self.notch, causal=self.causal_filter)

    @property
    def causal(self) -> bool:
        """Whether nothing before a window's end depends on what comes after it, as zero-phase filters do.

        (Resampling looks ahead by ten samples of the lower rate, as an anti-alias filter in an amplifier delays.)
        """
        return self.filter.is_identity or self.causal_filter

    def fit(self, batches: Iterable[NDArray[np.float32]]) -> Self:
        """Return itself: nothing is learnt."""
        del batches
        return self

    def state(self) -> dict[str, Any]:
        """Return its parameters as plain JSON values; `transform_named` makes it again."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    def signal_state(self) -> dict[str, Any]:
        """Return the part of `state` on which `signal` depends: what cached signals are known by."""
        return {field: getattr(self, field) for field in _SHARED}

    def signal(
        self,
        recording: Recording,
        block_seconds: float = BLOCK_SECONDS,
        channels: Sequence[int | str] | None = None,
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Filter and resample a recording of any length, in bounded memory, ready for `apply`.

        Parameters
        ----------
        recording : Recording
        block_seconds : float
            Length of the blocks; the last is shorter.
        channels : sequence, optional
            Indices or labels; all by default.

        Yields
        ------
        first : int
            Index of the block's first sample on the grid ``k / rate``.
        block : array, float32, (channels, samples)
            µV; NaN in gaps. The caller may change it.

        Raises
        ------
        RecordingError
            If a channel is unknown, or the blocks have no length.
        """
        yield from self.filter.blocks(recording, block_seconds, channels, self.rate)

    def _samples(self, field: str, least: int = 1) -> int:
        """Return a parameter in seconds as samples at `rate`, at least so many."""
        count = round(float(getattr(self, field)) * self.rate)
        if count < least:
            raise self._refusal(field, f"at least {least / self.rate:g} s ({least} samples at {self.rate:g} Hz)")
        return count

    def _check_positive(self, *fields: str) -> None:
        for field in fields:
            if not (is_number(getattr(self, field)) and getattr(self, field) > 0):
                raise self._refusal(field, "a number above 0")

    def _check_long_enough(self, samples: int, needed: int) -> None:
        if samples < needed:
            raise RecipeError(
                f"transform {self.name!r}: a window of {samples / self.rate:g} s is too short; it must be at least "
                f"{needed / self.rate:g} s long ({needed} samples at {self.rate:g} Hz)"
            )

    def _refusal(self, field: str, wanted: str) -> RecipeError:
        return RecipeError(f"transform {self.name!r}: {field} is {getattr(self, field)!r}; it must be {wanted}")


_SHARED = tuple(field.name for field in fields(SignalTransform))


@dataclass(frozen=True, kw_only=True)
class FittedTransform(SignalTransform, ABC):
    """A transform whose values are normalised by statistics of training windows.

    `apply` is `measure` and then `normalise`. Only the second depends on what was fitted, so that what `measure`
    gave may be kept for every fold and seed.

    Parameters
    ----------
    mean, sd : sequence of float, optional
        Of every kind of value (axis 2 of what `measure` gives), over all training windows and channels; from `fit`.
    """

    mean: tuple[float, ...] | None = None
    sd: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.mean is None) != (self.sd is None):
            raise RecipeError(f"transform {self.name!r}: mean and sd belong together; one of them is missing")
        for field in ("mean", "sd"):
            values = getattr(self, field)
            if values is None:
                continue
            if not (isinstance(values, list | tuple) and all(map(is_number, values)) and len(values) == self._kinds):
                raise RecipeError(f"transform {self.name!r}: {field} must be a list of {self._kinds} numbers")
            if field == "sd" and min(values) <= 0:
                raise RecipeError(f"transform {self.name!r}: sd holds {min(values)}; all must be above 0")
            object.__setattr__(self, field, tuple(map(float, values)))

    @property
    @abstractmethod
    def _kinds(self) -> int:
        """Number of kinds of value, each with its own statistics."""

    @abstractmethod
    def shape(self, channels: int, samples: int) -> tuple[int, ...]:
        """Return the shape of one example after `apply`."""

    @abstractmethod
    def measure(self, batch: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return values that no statistics were applied to, (windows, channels, kinds, ...)."""

    def fit(self, batches: Iterable[NDArray[np.float32]]) -> Self:
        """Return the transform with mean and standard deviation of training windows.

        Parameters
        ----------
        batches : iterable of array, float32, (windows, channels, samples)
            µV; the numbers of windows and channels may differ from batch to batch.

        Raises
        ------
        RecipeError
            If there is no window, or they are too short.
        """
        return self.fit_measured(map(self.measure, batches))

    def fit_measured(self, batches: Iterable[NDArray[np.float32]]) -> Self:
        """Do `fit` from what `measure` gave."""
        count, mean, squares = 0, np.zeros(self._kinds), np.zeros(self._kinds)
        for values in batches:
            size = values.size // self._kinds
            if size == 0:
                continue
            # Means and squares are merged by batch (Chan, Golub and LeVeque 1983): exact for values far from 0.
            kinds = [values[:, :, kind] for kind in range(self._kinds)]
            batch_mean = np.array([kind.mean(dtype=np.float64) for kind in kinds])
            batch_squares = np.array([kind.var(dtype=np.float64) for kind in kinds]) * size
            difference = batch_mean - mean
            squares += batch_squares + difference**2 * (count * size / (count + size))
            mean += difference * (size / (count + size))
            count += size
        if count == 0:
            raise RecipeError(f"transform {self.name!r}: there is no training window to fit it on")
        sd = np.sqrt(squares / count)
        return replace(self, mean=tuple(mean.tolist()), sd=tuple(np.where(sd > SMALLEST_SD, sd, 1.0).tolist()))

    def normalise(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what `measure` gave as a network sees it: (windows, *shape).

        Raises
        ------
        RecipeError
            If the transform was not fitted.
        """
        if self.mean is None or self.sd is None:
            raise RecipeError(f"transform {self.name!r}: it has no mean and sd yet; fit it on training windows first")
        sides = (1,) * (values.ndim - 3)
        mean, sd = (np.asarray(given, np.float32).reshape(-1, *sides) for given in (self.mean, self.sd))
        normalised = np.subtract(values, mean, dtype=np.float32)
        normalised /= sd
        return self._arranged(normalised)

    def _arranged(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (windows, channels, kinds, ...) as (windows, *shape)."""
        return values

    def apply(self, batch: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Measure and normalise windows.

        Parameters
        ----------
        batch : array, (windows, channels, samples), µV, without NaN

        Returns
        -------
        array, float32, (windows, *shape)

        Raises
        ------
        RecipeError
            If the windows are too short, or the transform was not fitted.
        """
        return self.normalise(self.measure(batch))


def is_number(value: object) -> bool:
    """Whether a value of a recipe is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
