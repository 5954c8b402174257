"""What a training works on, whatever its examples are: batches, who judges, and what the model says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import nn

from semeia.evaluation import Predictions
from semeia.model import AnyDescription
from semeia.training.fit import Batch, Interrupted

__all__ = ["Hooks", "Judge", "Material", "Report", "SharedBatches"]

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Hooks:
    """What a training tells, asks and keeps."""

    beside: Path
    checkpoint: Path
    report: Report
    stop_asked: Callable[[], bool]

    def pause(self) -> None:
        """Stop here if that was asked for; what is prepared so far is kept in the cache."""
        if self.stop_asked():
            raise Interrupted(saved=self.checkpoint.is_file())

    def gathered(self, source: str, done: int, total: int) -> None:
        """Tell how much of a source is made."""
        self.report({"event": "gather", "source": source, "done": done, "total": total})
        self.pause()


class SharedBatches(Protocol):
    """Where training batches come from."""

    shares: NDArray[np.float64]
    """How often each class is drawn, or each pattern is shown (classes,)."""

    def batch(self, epoch: int, step: int) -> Batch:
        """Return inputs (batch, *shape) and targets: the same for the same epoch and step."""


class Judge(Protocol):
    """Judges a network on the validation part."""

    guessing: float
    """Validation loss of giving every class the same probability."""

    def __call__(self, module: nn.Module) -> dict[str, float]:
        """Return measures of a network, among them ``validation_loss``."""

    def predictions(self, module: nn.Module) -> Predictions:
        """Return what a network says of every example."""


@dataclass(frozen=True)
class Material:
    """What a training works on.

    Parameters
    ----------
    shape : tuple of int
        Of one example, as the network sees it.
    batches : SharedBatches
    judge : Judge
    point : callable
        Takes the best network; returns the threshold, chosen on the validation part, and how it scores there.
    test : callable, optional
        Takes the network and the threshold; returns how they score on the test part.
    counts : mapping
        How much of what there is in each part, by its name.
    sources : list of str
    fingerprint : str
        Of the recipe and the data.
    units : list of (str, str)
        Patient and group of all that is trained on or chosen by.
    described : callable
        Takes the threshold; returns what the model says of itself.
    """

    shape: tuple[int, ...]
    batches: SharedBatches
    judge: Judge
    point: Callable[[nn.Module], tuple[float, dict[str, Any]]]
    test: Callable[[nn.Module, float], dict[str, Any]] | None
    counts: dict[str, dict[str, Any]]
    sources: list[str]
    fingerprint: str
    units: list[tuple[str, str]]
    described: Callable[[float], AnyDescription]
