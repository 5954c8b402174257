"""Which channels are named as first: those that rise, or why none can be named."""

from __future__ import annotations

import numpy as np

from semeia.report.eeg.first_channels import first_channels
from semeia.report.eeg.reading import Reading
from semeia.report.eeg.view import View
from semeia.signals import ArrayRecording

LABELS = ["C3", "C4", "O1", "O2", "ECG"]
RATE = 128


def view(rises: dict[int, float], *, gaps: list[tuple[float, float]] | None = None) -> View:
    """Return 90 s of noise in which some channels grow tenfold from a time on."""
    data = np.random.default_rng(2).normal(0, 10, (len(LABELS), 90 * RATE)).astype(np.float32)
    for row, time in rises.items():
        data[row, round(time * RATE) :] *= 10
    return View(ArrayRecording(data, RATE, LABELS, gaps=gaps or []), Reading([], montage="recorded"))


def test_the_channels_that_rise_first_are_named_the_strongest_first() -> None:
    found = first_channels(view({1: 50.5, 3: 51.0, 0: 55.0}), 50.0)
    assert set(found.rows) == {1, 3}
    assert found.delay is not None and 0 <= found.delay <= 1
    assert found.words(LABELS, 4) in {"C4, O2", "O2, C4"}


def test_what_rises_everywhere_is_widespread_and_an_ecg_does_not_count() -> None:
    found = first_channels(view(dict.fromkeys(range(5), 50.0)), 50.0)
    assert len(found.rows) == 4
    assert found.words(LABELS, 4).startswith("widespread: 4 of 4, most in ")


def test_nothing_is_named_without_a_rise_or_without_a_before() -> None:
    assert first_channels(view({}), 50.0).words(LABELS, 4) == "no clear rise within 10 s"
    assert first_channels(view({0: 12.0}), 12.0).words(LABELS, 4) == "too little recorded before"
    assert first_channels(view({0: 50.0}, gaps=[(20.0, 60.0)]), 50.0).words(LABELS, 4) == "not recorded whole"
    assert first_channels(view({0: 89.0}), 89.5).rows == ()
