"""What every recording can be asked, whatever it is made of."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from semeia.errors import RecordingError
from semeia.events import Event
from semeia.signals import ArrayRecording, Channel, Gap, Recording


@pytest.fixture
def recording() -> ArrayRecording:
    data = np.arange(3 * 1000).reshape(3, 1000)
    return ArrayRecording(data, 100, ["Fp1", "T8-P8", "T8-P8"], subject="s1", started_at=datetime(2024, 1, 2))


def test_it_says_what_it_is(recording):
    assert (recording.rate, recording.duration, recording.sample_count()) == (100, 10, 1000)
    assert (recording.subject, recording.started_at, recording.path) == ("s1", datetime(2024, 1, 2), None)
    assert recording.channels[0] == Channel("Fp1", 100.0, "uV")
    assert recording.sample_count(256) == 2560


def test_seconds_and_samples_give_the_same(recording):
    np.testing.assert_array_equal(recording.read(1.5, 2.5), recording.read_samples(150, 100))
    assert recording.read(0, 10).dtype == np.float32
    assert recording.read(2, 2).shape == (3, 0)


def test_a_window_holds_the_samples_from_start_to_before_stop(recording):
    assert recording.read(0.001, 0.02, [0]).tolist() == [[1]]
    assert recording.read(0.01, 0.0201, [0]).tolist() == [[1, 2]]
    # 0.1 + 0.2 is not 0.3: the grid, not the rounding of seconds, says which samples.
    assert recording.read(0.1 + 0.2, 0.31, [0]).tolist() == [[30]]


def test_channels_are_chosen_by_label_or_index(recording):
    assert recording.read(0, 0.01, [2, "Fp1"]).tolist() == [[2000], [0]]
    assert recording.index_of("T8-P8") == 1
    assert recording.read(0, 0.01, ["T8-P8"]).tolist() == [[1000]]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda r: r.read(-1, 1), "-1 s to 1 s is not within the recording of 10 s"),
        (lambda r: r.read(9, 11), "is not within"),
        (lambda r: r.read(2, 1), "is not within"),
        (lambda r: r.read(float("nan"), 1), "is not within"),
        (lambda r: r.read_samples(-1, 5), "samples -1 to 4 are not within 1000 at 100 Hz"),
        (lambda r: r.read_samples(990, 11), "are not within"),
        (lambda r: r.read_samples(5, -1), "are not within"),
        (lambda r: r.read_samples(0, 2561, rate=256), "not within 2560 at 256 Hz"),
        (lambda r: r.read(0, 1, ["Cz"]), "no channel is labelled 'Cz'; there are Fp1, T8-P8, T8-P8"),
        (lambda r: r.read(0, 1, [3]), "no channel 3; they go from 0 to 2"),
        (lambda r: r.read(0, 1, [-1]), "no channel -1"),
        (lambda r: r.read(0, 1, "Fp1"), "as a list"),
        (lambda r: r.read(0, 1, []), "no channels"),
        (lambda r: r.read(0, 1, rate=0), "rate of 0 Hz is not possible"),
        (lambda r: r.sample_count(float("nan")), "is not possible"),
    ],
)
def test_what_cannot_be_given_is_refused_in_one_line(recording, ask, said):
    with pytest.raises(RecordingError, match=said):
        ask(recording)


@pytest.mark.parametrize(("unit", "factor", "shown"), [("mV", 1e3, "uV"), ("V", 1e6, "uV"), ("mmHg", 1, "mmHg")])
def test_voltages_become_microvolt(unit, factor, shown):
    recording = ArrayRecording([[1.0, 2.0]], 2, ["A"], unit=unit)
    assert recording.channels[0].unit == shown
    np.testing.assert_allclose(recording.read(0, 1), [[factor, 2 * factor]])


def test_gaps_and_events_are_kept():
    data = np.ones((1, 100), np.float32)
    event = Event(1.0, 2.0)
    recording = ArrayRecording(data, 10, ["A"], gaps=[(2.0, 3.0)], events=[event])
    assert recording.gaps == (Gap(2.0, 3.0),)
    assert list(recording.events) == [event]
    assert recording.events.duration == 10
    assert np.flatnonzero(np.isnan(recording.read(0, 10)[0])).tolist() == list(range(20, 30))
    assert not np.isnan(data).any()


def test_what_is_read_may_be_changed(recording):
    recording.read(0, 1)[:] = -1
    assert recording.read(0, 0.01, [0]).tolist() == [[0]]


@pytest.mark.parametrize("data", [np.zeros(5), np.zeros((2, 5)), np.zeros((1, 5, 2))])
def test_data_that_do_not_fit_the_labels_are_refused(data):
    with pytest.raises(RecordingError, match="labels"):
        ArrayRecording(data, 100, ["A"])


def test_a_request_beyond_memory_is_one_line():
    class Endless(Recording):
        path, subject, started_at, duration = None, "", None, 1e15
        channels = (Channel("A", 1000.0),)

        def _read_native(self, indices, first, count):
            return np.empty((len(indices), count), np.float32)

    with Endless() as recording, pytest.raises(RecordingError, match="do not fit into memory"):
        recording.read(0, 1e15)
