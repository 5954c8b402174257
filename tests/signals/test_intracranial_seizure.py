"""Seizures of simulated contacts: where and when the truth says, and nowhere else."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from semeia.datasets import gather
from semeia.errors import RecordingError
from semeia.events import Event
from semeia.signals import open_recording
from semeia.signals.simulator.intracranial import IntracranialPatient, IntracranialSignal
from semeia.signals.simulator.intracranial_seizure import IntracranialSeizures
from semeia.signals.simulator.layouts import simulate_layout

RATE, CHANNELS = 600, 10
LABELS = tuple("ABCDEFGHIJ")


def seizures_of(seed: int, seconds: float = 600.0, per_hour: float = 6.0) -> IntracranialSeizures:
    signal = IntracranialSignal(IntracranialPatient.from_seed(seed, CHANNELS, 5), hour=(3,), rate=RATE)
    return IntracranialSeizures(signal, strip=5, number=1, seconds=seconds, per_hour=per_hour)


def drawn(seizures: IntracranialSeizures, seconds: int, pieces: int = 1) -> NDArray[np.float32]:
    """Return what is added to a silent recording."""
    block = np.zeros((CHANNELS, seconds * RATE), np.float32)
    for piece in np.array_split(np.arange(block.shape[1]), pieces):
        seizures.draw(block[:, piece[0] : piece[-1] + 1], int(piece[0]))
    return block


def written(folder: Path, **parameters: float) -> Path:
    settings = {"patients": 1, "hours": 0.1, "channels": 5, "rate": RATE, "seed": 3}
    return simulate_layout("seeg", folder, **settings | parameters)[0]


def whole(events: list[Event]) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    for event in sorted(events, key=lambda event: event.onset):
        if spans and event.onset < spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], event.stop)
        else:
            spans.append((event.onset, event.stop))
    return spans


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_each_channel_is_silent_until_the_truth_says_so_and_after(seed: int) -> None:
    seizures = seizures_of(seed)
    block = drawn(seizures, 600)
    events = seizures.events(LABELS)
    assert events
    told = np.zeros(block.shape, bool)
    for event in events:
        row = LABELS.index(event.channels[0])
        told[row, int(event.onset * RATE) : int(np.ceil(event.stop * RATE)) + 1] = True
        inside = block[row, int(event.onset * RATE) : int(event.stop * RATE)]
        assert inside.std() > 5
    assert not block[~told].any()


def test_it_begins_in_one_contact_and_spreads_along_its_electrode_in_order() -> None:
    found = {event.channels[0]: event.onset for event in seizures_of(2).events(LABELS)}
    focus = LABELS.index(min(found, key=lambda label: found[label]))
    beyond = [found[label] for label in LABELS[focus : 5 * (focus // 5) + 5] if label in found]
    assert len(beyond) > 1
    assert all(before < after for before, after in pairwise(beyond))


def test_spiking_slows_down() -> None:
    """The share of the power below 6 Hz is larger in the last quarter than in the second."""
    seizures = seizures_of(1)
    block, spans = drawn(seizures, 600), whole(seizures.events(LABELS))
    onset, stop = spans[0]
    row = int(np.argmax(block.std(axis=1)))

    def slow(first: float, last: float) -> float:
        part = block[row, int(first * RATE) : int(last * RATE)].astype(np.float64)
        power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
        frequency = np.fft.rfftfreq(len(part), 1 / RATE)
        return float((frequency[1:] * power[1:]).sum() / power[1:].sum())

    length = stop - onset
    assert slow(onset + 0.75 * length, stop) < slow(onset + 0.25 * length, onset + 0.5 * length)


def test_a_seizure_is_the_same_in_whatever_blocks_it_is_made() -> None:
    np.testing.assert_array_equal(drawn(seizures_of(2), 600), drawn(seizures_of(2), 600, pieces=7))


def test_seizures_never_come_closer_than_four_minutes() -> None:
    spans = whole(seizures_of(5, seconds=3600, per_hour=10).events(LABELS))
    assert len(spans) == 10
    assert min(after[0] - before[0] for before, after in pairwise(spans)) >= 240


def test_more_than_ten_an_hour_are_refused() -> None:
    with pytest.raises(RecordingError, match="0 to 10"):
        seizures_of(1, per_hour=20)


def test_seizures_change_nothing_before_them_and_no_pattern(tmp_path: Path) -> None:
    plain, ictal = written(tmp_path / "plain"), written(tmp_path / "ictal", seizures=10)
    with open_recording(plain) as one, open_recording(ictal) as other:
        first = next(iter(other.events.seizures())).onset
        assert first > 5
        np.testing.assert_allclose(one.read(0, first), other.read(0, first), atol=1)  # µV: files round differently
        patterns = [event for event in other.events if event.label != "seizure"]
        assert patterns == list(one.events)


def test_a_written_set_names_each_channel_of_a_seizure(tmp_path: Path) -> None:
    path = written(tmp_path / "ictal", seizures=10)
    with open_recording(path) as recording:
        found = recording.events.seizures()
        assert len(found)
        assert all(event.channels for event in found)
        assert {event.label for event in recording.events} - {"seizure"}  # and the patterns are still there
    assert gather("folder", path=tmp_path / "ictal")[0].events.seizures() == found
