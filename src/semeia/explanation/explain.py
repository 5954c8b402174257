"""From a model and a recording to pictures: which window is explained, and by which method."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecordingError
from semeia.explanation.attribution import Attribution, integrated_gradients, occlusion
from semeia.explanation.gradcam import grad_cam
from semeia.explanation.kernels import first_kernels
from semeia.explanation.maximisation import maximise
from semeia.explanation.pictures import (
    attribution_picture,
    kernels_picture,
    maximised_picture,
    spectrogram_picture,
)
from semeia.explanation.question import target_of
from semeia.explanation.theme import Picture
from semeia.model import Model
from semeia.signals import Recording
from semeia.signals.dropouts import imputed
from semeia.signals.montage import MONTAGES

__all__ = ["ATTRIBUTIONS", "most_probable", "pictures_of_model", "pictures_of_window", "window_at"]

ATTRIBUTIONS: dict[str, Callable[..., Attribution]] = {
    "gradients": integrated_gradients,
    "occlusion": occlusion,
    "gradcam": grad_cam,
}
"""Methods that explain a window; the others explain a model."""


def pictures_of_window(
    model: Model,
    method: str,
    window: NDArray[np.float32],
    labels: Sequence[str],
    *,
    start: float = 0.0,
    target: str | None = None,
) -> list[Picture]:
    """Explain a window: its traces, and the spectrogram where the network sees pictures.

    Parameters
    ----------
    model : Model
    method : str
        Of `ATTRIBUTIONS`.
    window : ndarray, float32 (channels, samples)
        As `window_at` gives it.
    labels : sequence of str
        Of its channels.
    start : float
        Seconds at which it begins in its recording.
    target : str, optional
        A class; else ``seizure``, or the last.

    Raises
    ------
    ModelError, RecordingError
        As of the method.
    """
    found = ATTRIBUTIONS[method](model, window, target=target)
    pictures = [attribution_picture(found, labels, start=start)]
    if found.picture is not None:
        pictures.append(spectrogram_picture(found, model.transform, labels, start=start))
    return pictures


def pictures_of_model(model: Model, method: str, *, target: str | None = None) -> list[Picture]:
    """Draw what a model looks for: ``kernels`` or ``maximise``.

    Raises
    ------
    ModelError
        If there is no such class, or the network has no kernels.
    """
    if method == "kernels":
        return [kernels_picture(first_kernels(model))]
    needs = model.description.input
    labels: Sequence[str] = ()
    if needs.montage in MONTAGES:
        labels = MONTAGES[needs.montage].labels
    elif needs.montage == "any":
        labels = [f"any channel {number + 1}" for number in range(needs.channels)]
    return [maximised_picture(maximise(model, target=target), model.transform, labels)]


def most_probable(
    model: Model,
    recording: Recording,
    target: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> float:
    """Return the middle, in seconds, of the window in which a class is most probable.

    Raises
    ------
    MontageError, RecordingError
        As of `Model.detect`; also where every window touches a gap.
    """
    index = model.description.classes.index(target_of(model, target))
    scores = model.probabilities(recording, progress=progress)[..., index]
    if scores.ndim == 2:  # of each channel, for patterns
        scores = scores.max(axis=1)
    if np.isnan(scores).all():
        raise RecordingError("every window touches a gap: there is none to explain")
    rate, length = model.transform.rate, model.description.input.window
    return float((int(np.nanargmax(scores)) * max(1, round(rate)) + length / 2) / rate)


def window_at(model: Model, recording: Recording, at: float) -> tuple[float, NDArray[np.float32], list[str]]:
    """Return the model's window whose middle lies nearest to a time.

    Parameters
    ----------
    model : Model
    recording : Recording
    at : float
        Seconds.

    Returns
    -------
    start : float
        Seconds at which the window begins.
    window : ndarray, float32 (channels, samples)
        Filtered, at the transform's rate, in µV; drop-outs are filled as the model's training filled them.
    labels : list of str

    Raises
    ------
    MontageError, RecordingError
        As of `Model.detect`; also where the time lies outside the recording.
    """
    if not 0 <= at <= recording.duration:
        raise RecordingError(f"{at:g} s is not within the recording of {recording.duration:g} s")
    given, transform, needs = model.check(recording), model.transform, model.description.input
    count = given.sample_count(transform.rate)
    first = min(max(0, round(at * transform.rate - needs.window / 2)), count - needs.window)
    kept = np.empty((len(given.channels), needs.window), np.float32)
    signal = transform.signal(given, 120.0)
    if needs.dropouts is not None and needs.dropouts.most:
        recent = max(1, round(needs.dropouts.recent * transform.rate))
        signal = imputed(signal, method=needs.dropouts.impute, recent=recent)
    for begin, block in signal:
        low, high = max(first, begin), min(first + needs.window, begin + block.shape[1])
        if low < high:
            kept[:, low - first : high - first] = block[:, low - begin : high - begin]
        if begin + block.shape[1] >= first + needs.window:
            break
    if np.isnan(kept).any():
        raise RecordingError(f"the window about {at:g} s touches a gap: the model says nothing of it")
    return first / transform.rate, kept, [channel.label for channel in given.channels]
