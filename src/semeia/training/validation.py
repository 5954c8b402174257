"""Measures of a network on what it is not trained on, and the operating point chosen there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from semeia.datasets import LabelledRecording, balanced_weights, class_names
from semeia.errors import DatasetError
from semeia.evaluation import Predictions, Score, auroc, classify, score
from semeia.events import Event, Events
from semeia.inference import Track, find_events
from semeia.inference.slide import slide, slide_plain
from semeia.networks.picture_memory import laid_out
from semeia.recipe import Detection, Patterns, SeizureDetection
from semeia.training.batches import transformed
from semeia.training.windows import Windows
from semeia.transforms import Transform

__all__ = ["Validation"]

BATCH = 64
THRESHOLDS = np.round(np.arange(0.02, 0.99, 0.02), 2)
NEAR = 0.02
"""F1 that counts as no worse than the best: with some fifty seizures one more or less changes it by 0.01."""


class Validation:
    """Judges a network on the validation part, by windows and, for seizure detection, by events.

    Parameters
    ----------
    windows : Windows
    transform : Transform
        Fitted.
    by_events : bool
        Whether seizures are scored as events over whole recordings; not where other windows of these are trained on.
    part : str
        What the windows are called in an error.

    Attributes
    ----------
    guessing : float
        Validation loss of giving every class the same probability.

    Raises
    ------
    DatasetError
        If there is no window.
    """

    def __init__(
        self, windows: Windows, transform: Transform, *, by_events: bool = True, part: str = "validation"
    ) -> None:
        if not len(windows.examples):
            raise DatasetError(
                f"the {part} patients have no window of {windows.examples.window_seconds:g} s without a gap"
            )
        self.windows, self.transform = windows, transform
        self.guessing = math.log(2 if windows.patterns else len(class_names(windows.task)))
        self.detects = by_events and isinstance(windows.task, SeizureDetection)
        self._origins = [self._span_of(number) for number in range(len(windows.signals))]
        afresh = self.detects or transform.pointwise or windows.channels is None
        self._rows = None if afresh else transformed(windows, transform)

    def __call__(self, module: nn.Module) -> dict[str, float]:
        """Return ``validation_loss``, and other measures of windows.

        The loss is the cross-entropy with patients, and classes within each, weighing the same. The area under
        the curve is a mean over patients with both classes, of all windows if there are none; or, for patterns, over
        patterns. With one class only there is no area to tell.
        """
        probability = self.probabilities(module)
        if np.isnan(probability).any():
            return {"validation_loss": math.nan}
        weights = balanced_weights(self.windows.examples)
        targets = self.windows.targets(np.arange(len(self.windows.examples)))
        if self.windows.patterns:
            told = np.where(targets == 1, probability, 1 - probability)
            there = ~np.isnan(targets)
            each = np.mean(-np.log(np.maximum(told, 1e-7)), axis=(1, 2), where=there)
        else:
            of_label = probability[np.arange(len(targets)), targets.astype(np.int64)].astype(np.float64)
            each = -np.log(np.maximum(of_label, 1e-7))
        measures = {"validation_loss": float((weights * each).sum())}
        areas = self._areas(probability, targets)
        return measures | {"validation_auroc": float(np.mean(areas))} if areas else measures

    def probabilities(self, module: nn.Module) -> NDArray[np.float32]:
        """Return the probabilities of every example: (examples, classes), or (examples, channels, patterns).

        Of recordings with fewer channels than others, those of the channels that are not there are 0.5.
        """
        if self.detects:
            tracks = self.tracks(module)
            examples = self.windows.examples
            places = self.windows.first // self.windows.step
            seizure = np.array(
                [
                    tracks[number][place - self._origins[number][0] // self.windows.step]
                    for number, place in zip(examples.recording, places, strict=True)
                ],
                np.float32,
            )
            return np.stack([1 - seizure, seizure], axis=1)
        device = next(module.parameters()).device
        found = []
        with torch.inference_mode():
            for inputs in self._inputs():
                logits = module(laid_out(torch.from_numpy(inputs).to(device))).float()
                found.append((logits.sigmoid() if self.windows.patterns else logits.softmax(dim=1)).cpu().numpy())
        if self.windows.patterns:
            most = max(one.shape[1] for one in found)
            found = [np.pad(one, ((0, 0), (0, most - one.shape[1]), (0, 0)), constant_values=0.5) for one in found]
        return np.concatenate(found)

    def predictions(self, module: nn.Module) -> Predictions:
        """Return what a network says of every example; not for patterns."""
        step = self.windows.step / self.transform.rate
        return self.windows.examples.predictions(class_names(self.windows.task), self.probabilities(module), step)

    def _inputs(self) -> Iterator[NDArray[np.float32]]:
        """Yield all examples as the network sees them, in order."""
        if self._rows is None:
            yield from (self._seen(batch) for batch in self.windows.batches())
            return
        rows = np.arange(len(self.windows.examples))
        for begin in range(0, len(rows), BATCH):
            yield self._rows(rows[begin : begin + BATCH])

    def _areas(self, probability: NDArray[np.float32], targets: NDArray[Any]) -> list[float]:
        """Return the areas under the ROC curves that can be told; of all windows where no patient has both classes."""
        if self.windows.patterns:
            there = ~np.isnan(targets[..., 0])
            pairs = [(targets[there, k] == 1, probability[there, k]) for k in range(targets.shape[-1])]
            return [area for area in (auroc(*pair) for pair in pairs) if not math.isnan(area)]
        positive, values, patient = targets > 0, 1 - probability[:, 0], self.windows.examples.patient
        areas = [auroc(positive[mine], values[mine]) for mine in (patient == one for one in np.unique(patient))]
        known = [area for area in areas if not math.isnan(area)]
        pooled = auroc(positive, values)
        return known or ([] if math.isnan(pooled) else [pooled])

    def _seen(self, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return signals or windows as the network sees them."""
        return signal if self.windows.applied else self.transform.apply(signal)

    def tracks(self, module: nn.Module) -> list[NDArray[np.float32]]:
        """Return the probability of the positive class along each recording (windows,), its span only."""
        return [self._slid(module, number) for number in range(len(self.windows.signals))]

    def _span_of(self, number: int) -> tuple[int, int]:
        """Return from which sample to which a recording is judged; the first lies on the grid of steps."""
        signal, span = self.windows.signals[number], self.windows.examples.recordings[number].span
        if span is None:
            return 0, signal.samples
        step, rate = self.windows.step, self.transform.rate
        return -(-round(span[0] * rate) // step) * step, min(signal.samples, round(span[1] * rate))

    def _slid(self, module: nn.Module, number: int) -> NDArray[np.float32]:
        windows, transform = self.windows, self.transform
        blocks = windows.signals[number].blocks(*self._origins[number])
        if transform.pointwise:
            made = ((first, self._seen(block)) for first, block in blocks)
            slid = slide(module, made, windows.window, windows.step)
        else:
            slid = slide_plain(module, blocks, windows.window, windows.step, apply=transform.apply)
        scores = [scores[:, 1] for _, scores in slid]
        return np.concatenate(scores) if scores else np.zeros(0, np.float32)

    def operating_point(self, module: nn.Module, settings: Detection) -> tuple[float, dict[str, Any]]:
        """Return the threshold, chosen here unless the settings give it, and how the network scores with it.

        For seizure detection it is the middle of those with nearly the best event F1 (SzCORE rules, over all
        recordings together); otherwise that with the best mean of sensitivity and specificity over windows.
        """
        given = None if settings.threshold == "validation" else float(settings.threshold)
        if self.detects:
            threshold, total = self._by_events(module, settings, given)
            return threshold, {"score": total.as_dict()} | self._by_windows(module, threshold)[1]
        return self._by_windows(module, given)

    def _by_windows(self, module: nn.Module, given: float | None) -> tuple[float, dict[str, Any]]:
        task, probability = self.windows.task, self.probabilities(module)
        targets = self.windows.targets(np.arange(len(probability)))
        if isinstance(task, Patterns):
            return classify.patterns(probability, targets, class_names(task), given)
        return classify.classes(probability, targets.astype(np.int64), class_names(task), given)

    def _by_events(self, module: nn.Module, settings: Detection, given: float | None) -> tuple[float, Score]:
        rate, windows = self.transform.rate, self.windows
        pairs = []
        for number, probability in enumerate(self.tracks(module)):
            begin, end = self._origins[number]
            track = Track(probability, windows.window / rate, windows.step / rate, (end - begin) / rate)
            pairs.append((_within(windows.examples.recordings[number], begin / rate, end / rate), track))
        found = settings.model_dump(exclude={"threshold"})
        thresholds = THRESHOLDS.tolist() if given is None else [given]
        scores = []
        for threshold in thresholds:
            total = Score.nothing()
            for events, track in pairs:
                hypothesis = Events(find_events(track, threshold=threshold, **found))
                total = total + score(events, hypothesis, track.duration)
            scores.append(total)
        values = np.nan_to_num([total.events.f1 for total in scores])
        best = np.flatnonzero(values >= values.max() - NEAR)
        middle = int(best[len(best) // 2])
        return thresholds[middle], scores[middle]


def _within(recording: LabelledRecording, begin: float, end: float) -> Events:
    """Return a recording's seizures as those of its stretch from `begin` to `end`."""
    if recording.span is None:
        return recording.events
    clipped = [(max(e.onset, begin), min(e.stop, end)) for e in recording.events.seizures()]
    return Events(Event(onset - begin, stop - onset) for onset, stop in clipped if onset < stop)
