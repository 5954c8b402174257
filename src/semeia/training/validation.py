"""Measures of a network on patients that it is not trained on, and the threshold chosen there."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch import nn

from semeia.datasets import balanced_weights
from semeia.errors import DatasetError
from semeia.evaluation import Score, auroc, score
from semeia.events import Events
from semeia.inference import Track, find_events
from semeia.inference.slide import slide
from semeia.recipe import Detection
from semeia.training.windows import Windows
from semeia.transforms import Transform

__all__ = ["Validation"]

BLOCK = 16384
THRESHOLDS = np.round(np.arange(0.02, 0.99, 0.02), 2)
NEAR = 0.02
"""F1 that counts as no worse than the best: with some fifty seizures one more or less changes it by 0.01."""


class Validation:
    """Slides a network over the validation recordings.

    Parameters
    ----------
    windows : Windows
    transform : Transform

    Raises
    ------
    DatasetError
        If there is no window.
    """

    def __init__(self, windows: Windows, transform: Transform) -> None:
        if not len(windows.examples):
            raise DatasetError(
                f"the validation patients have no window of {windows.examples.window_seconds:g} s without a gap"
            )
        self.windows, self.transform = windows, transform

    def probabilities(self, module: nn.Module) -> list[NDArray[np.float32]]:
        """Return the seizure probability of every window of each recording (windows,)."""
        return [self._slid(module, signal) for signal in self.windows.signals]

    def __call__(self, module: nn.Module) -> dict[str, float]:
        """Return ``validation_loss`` and ``validation_auroc``, both a mean over patients.

        The loss is the cross-entropy with both classes of a patient weighing the same. Without a patient who has both
        classes there is no area to tell.
        """
        examples, places = self.windows.examples, self.windows.first // self.windows.step
        tracks = self.probabilities(module)
        pairs = zip(examples.recording, places, strict=True)
        probability = np.array([tracks[recording][place] for recording, place in pairs], np.float64)
        if np.isnan(probability).any():
            return {"validation_loss": math.nan}
        of_label = np.where(examples.label == 1, probability, 1 - probability)
        loss = -(balanced_weights(examples) * np.log(np.maximum(of_label, 1e-7))).sum()
        areas = [
            auroc(examples.label[mine] == 1, probability[mine])
            for mine in (examples.patient == patient for patient in np.unique(examples.patient))
        ]
        known = [area for area in areas if not math.isnan(area)]
        measures = {"validation_loss": float(loss)}
        return measures | {"validation_auroc": float(np.mean(known))} if known else measures

    def _slid(self, module: nn.Module, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        def blocks() -> Iterator[tuple[int, NDArray[np.float32]]]:
            for first in range(0, signal.shape[1], BLOCK):
                yield first, self.transform.apply(signal[:, first : first + BLOCK])

        scores = [scores[:, 1] for _, scores in slide(module, blocks(), self.windows.window, self.windows.step)]
        return np.concatenate(scores) if scores else np.zeros(0, np.float32)

    def operating_point(self, module: nn.Module, settings: Detection) -> tuple[float, Score]:
        """Return the threshold in the middle of those with nearly the best event F1, and the score there.

        Scored by the SzCORE rules over all validation recordings together.
        """
        recordings, rate = self.windows.examples.recordings, self.transform.rate
        tracks = [
            Track(probability, self.windows.window / rate, self.windows.step / rate, signal.shape[1] / rate)
            for probability, signal in zip(self.probabilities(module), self.windows.signals, strict=True)
        ]
        found = settings.model_dump(exclude={"threshold"})
        fixed = settings.threshold != "validation"
        thresholds = [float(settings.threshold)] if fixed else THRESHOLDS.tolist()
        scores = []
        for threshold in thresholds:
            total = Score.nothing()
            for recording, track in zip(recordings, tracks, strict=True):
                hypothesis = Events(find_events(track, threshold=threshold, **found))
                total = total + score(recording.events, hypothesis, track.duration)
            scores.append(total)
        values = np.nan_to_num([total.events.f1 for total in scores])
        best = np.flatnonzero(values >= values.max() - NEAR)
        middle = int(best[len(best) // 2])
        return thresholds[middle], scores[middle]
