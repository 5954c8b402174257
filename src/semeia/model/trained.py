"""A trained network in memory: loaded, saved, and what it finds along a recording."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from semeia.errors import ModelError, MontageError, RecordingError
from semeia.events import Events
from semeia.inference import Track, find_events
from semeia.model.description import Description
from semeia.model.kept import Kept
from semeia.signals import Recording
from semeia.signals.montage import ChosenChannels, MontagedRecording, montage_named, scalp_channels

if TYPE_CHECKING:
    from semeia.transforms import Transform

__all__ = ["BLOCK_SECONDS", "Found", "Model", "arranged"]

_Block = tuple[int, NDArray[np.float32]]

BLOCK_SECONDS = 120.0
"""Read at once: enough that what is shared between blocks costs little, and small enough for the processor's cache."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a model found in a recording.

    Parameters
    ----------
    track : Track
        Probability of a seizure along the recording.
    events : Events
        The proposed seizures.
    """

    track: Track
    events: Events


class Model(Kept[Description]):
    """A trained network for recordings, with everything needed to use it.

    Its module maps (batch, channels, samples) to logits (batch, classes).
    """

    @cached_property
    def transform(self) -> Transform:
        """The fitted transform of its input."""
        return _transform(self.description)

    def detect(
        self,
        recording: Recording,
        *,
        hop: float = 1.0,
        threshold: float | None = None,
        progress: Callable[[float], None] | None = None,
        partial: Callable[[Track, int], None] | None = None,
    ) -> Found:
        """Find the likely seizures of a recording.

        Parameters
        ----------
        recording : Recording
        hop : float
            Seconds between windows; rounded to whole samples at the model's rate.
        threshold : float, optional
            Probability from which on a window counts; otherwise the model's own.
        progress : callable, optional
            Called with the share done, 0..1.
        partial : callable, optional
            Called whenever values come, with the track so far and the number of the first window that is new.

        Returns
        -------
        Found

        Raises
        ------
        MontageError
            If the recording has not the channels that the model needs.
        RecordingError
            If it is shorter than one window, or sampled too slowly.
        ModelError
            If the model knows no seizures.
        ValueError
            If the hop is not above 0, or the threshold not within 0..1.
        """
        if threshold is not None and not 0 <= threshold <= 1:
            raise ValueError(f"threshold {threshold}: a probability is from 0 to 1")
        track = self.track(recording, hop=hop, progress=progress, partial=partial)
        point = self.description.operating_point
        if threshold is not None:
            point = point.model_copy(update={"threshold": threshold})
        found = find_events(track, author=self.name, **point.model_dump())
        return Found(track, Events(found, duration=recording.duration, started_at=recording.started_at))

    def track(
        self,
        recording: Recording,
        *,
        hop: float = 1.0,
        progress: Callable[[float], None] | None = None,
        partial: Callable[[Track, int], None] | None = None,
    ) -> Track:
        """Return the probability of a seizure along a recording; parameters and errors as for `detect`."""
        classes = self.description.classes
        if "seizure" not in classes or self.description.task == "patterns":
            raise ModelError(f"model {self.name} tells {', '.join(classes)} apart: it cannot detect seizures")
        rate, window = self.transform.rate, self.description.input.window
        step, given = self._step(hop), self.check(recording)
        windows = (given.sample_count(rate) - window) // step + 1
        track = Track(np.full(windows, np.nan, np.float32), window / rate, step / rate, recording.duration)
        for first, scores in self._scores(given, step, progress):
            stop = first + len(scores)
            track.probability[first:stop] = scores[:, classes.index("seizure")]
            if partial is not None:
                partial(replace(track, probability=track.probability[:stop]), first)
        return track

    def probabilities(
        self, recording: Recording, *, hop: float = 1.0, progress: Callable[[float], None] | None = None
    ) -> NDArray[np.float32]:
        """Return the probability of each class in windows along a recording, whatever the task.

        Parameters
        ----------
        recording, hop, progress
            As for `detect`.

        Returns
        -------
        ndarray, float32 (windows, classes)
            Rows sum to 1. For patterns (windows, channels, patterns), each of its own. NaN in windows that touch a gap.

        Raises
        ------
        MontageError, RecordingError, ValueError
            As for `detect`.
        """
        step = self._step(hop)
        scores = [scores for _, scores in self._scores(self.check(recording), step, progress)]
        return np.concatenate(scores)

    def _step(self, hop: float) -> int:
        """Return a hop in samples."""
        if not (hop > 0 and math.isfinite(hop)):
            raise ValueError(f"hop {hop}: it must be a number of seconds above 0")
        return max(1, round(hop * self.transform.rate))

    def _scores(
        self, given: Recording, step: int, progress: Callable[[float], None] | None
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (first window, scores) along a recording as `check` gave it."""
        from semeia.inference.slide import slide, slide_plain
        from semeia.signals.dropouts import MissingRuns, imputed, missing_in

        needs, transform = self.description.input, self.transform
        signal, missing = transform.signal(given, BLOCK_SECONDS), MissingRuns()
        most = needs.dropouts.most if needs.dropouts is not None else 0.0
        if needs.dropouts is not None and most:
            recent = max(1, round(needs.dropouts.recent * transform.rate))
            signal = imputed(missing.watching(signal), method=needs.dropouts.impute, recent=recent)

        def blocks() -> Iterator[_Block]:
            for first, block in signal:
                yield first, transform.apply(block) if transform.pointwise else block
                if progress is not None:
                    progress(min(1.0, (first + block.shape[1]) / (transform.rate * given.duration)))

        several = self.description.task == "patterns"
        if transform.pointwise:
            slid = slide(self.module, blocks(), needs.window, step, multi_label=several)
        else:
            slid = slide_plain(self.module, blocks(), needs.window, step, apply=transform.apply, multi_label=several)
        for first, scores in slid:
            if most:  # of what lacks more than training allowed nothing is said
                lacking = missing_in(missing.runs, step * np.arange(first, first + len(scores)), needs.window)
                scores[lacking > most * needs.window] = np.nan
            yield first, scores

    def check(self, recording: Recording) -> Recording:
        """Return the recording as the model takes it, in its montage, or say why it cannot.

        Raises
        ------
        MontageError, RecordingError
        """
        needs = self.description.input
        given = arranged(recording, needs.montage, needs.channels)
        if needs.montage == "recorded" and not needs.any_channels and len(given.channels) != needs.channels:
            raise MontageError(
                f"model {self.name} takes {needs.channels} channels in their order; "
                f"this recording has {len(given.channels)}"
            )
        slowest = min(channel.rate for channel in given.channels)
        if slowest < needs.minimum_rate:
            raise RecordingError(
                f"model {self.name} needs channels sampled at {needs.minimum_rate:g} Hz or faster; "
                f"this recording has {slowest:g} Hz"
            )
        if given.sample_count(self.transform.rate) < needs.window:
            raise RecordingError(
                f"the recording lasts {recording.duration:g} s; "
                f"model {self.name} needs at least {needs.window / self.transform.rate:g} s"
            )
        if needs.dropouts is not None:  # last, as it reads the whole recording
            from semeia.signals.dropouts import with_dropouts_as_gaps

            return arranged(with_dropouts_as_gaps(recording), needs.montage, needs.channels)
        return given


def arranged(recording: Recording, montage: str, fewest: int) -> Recording:
    """Return the recording in a montage.

    Parameters
    ----------
    recording : Recording
    montage : str
        Name of a montage; ``any``: the scalp channels as recorded; ``recorded``: all channels.
    fewest : int
        The least number of channels for ``any``.

    Raises
    ------
    MontageError
        If channels are missing; the message names them.
    """
    if montage == "recorded":
        return recording
    if montage != "any":
        return MontagedRecording(recording, montage_named(montage))
    chosen = scalp_channels(recording)
    if len(chosen) < fewest:
        found = ", ".join(recording.channels[index].label for index in chosen) or "none"
        raise MontageError(f"at least {fewest} scalp channels are needed; there are {len(chosen)}: {found}")
    return ChosenChannels(recording, chosen)


def _transform(description: Description) -> Transform:
    from semeia.transforms import transform_named

    return transform_named(description.transform.name, **description.transform.parameters)
