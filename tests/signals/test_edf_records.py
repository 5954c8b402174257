"""Samples come out of records right, however large the records and however few are wanted."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from handmade_edf import Signal, edf

from semeia.errors import FileError
from semeia.signals import open_recording
from semeia.signals.edf_writer import EdfWriter


@pytest.mark.parametrize("kind", ["EDF", "BDF"])
@pytest.mark.parametrize(("channels", "samples"), [(3, 7), (40, 3000), (3, 200_000)])
def test_any_channels_of_any_window_are_the_same_as_of_the_whole(tmp_path, kind, channels, samples):
    # The second size reads single channels piece by piece, the third has records larger than the buffer.
    rng = np.random.default_rng(3)
    digital = rng.integers(-32768, 32768, (channels, 4, samples))
    path = tmp_path / "recording"
    path.write_bytes(edf(*[Signal(data, f"C{index}") for index, data in enumerate(digital)], kind=kind))
    expected = (digital.reshape(channels, -1) * 0.1).astype(np.float32)
    with open_recording(path) as recording:
        for _ in range(30):
            first, stop = np.sort(rng.integers(0, 4 * samples + 1, 2))
            chosen = list(rng.permutation(channels)[: rng.integers(1, channels + 1)])
            window = recording.read_samples(int(first), int(stop - first), chosen)
            np.testing.assert_allclose(window, expected[chosen, first:stop], rtol=1e-6, atol=1e-3)
        np.testing.assert_allclose(recording.read(0, 4), expected, rtol=1e-6, atol=1e-3)


def test_one_channel_may_be_asked_for_twice(tmp_path):
    path = tmp_path / "recording.edf"
    path.write_bytes(edf(*[Signal(np.arange(10).reshape(2, 5) + 10 * index, f"C{index}") for index in range(3)]))
    with open_recording(path) as recording:
        rows = recording.read(0, 2, ["C2", 0, "C2", 1])
        np.testing.assert_array_equal(rows, recording.read(0, 2)[[2, 0, 2, 1]])


def test_file_that_shrinks_while_open_is_reported(tmp_path):
    path = tmp_path / "recording.edf"
    data = edf(Signal(np.zeros((8, 100), int)))
    path.write_bytes(data)
    with open_recording(path) as recording:
        with path.open("r+b") as file:
            file.truncate(len(data) - 500)
        with pytest.raises(FileError, match="became shorter while it was open"):
            recording.read(0, 8)


STREAM = """
import resource, sys
from semeia.signals import open_recording
recording = open_recording(sys.argv[1])
recording.read(0, 10)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for start in range(0, int(recording.duration) - 10, 10):
    recording.read(start, start + 10)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_streaming_does_not_grow(tmp_path):
    path = tmp_path / "long.edf"
    block = np.zeros((23, 256 * 600), np.float32)
    with EdfWriter(path, [f"C{index}" for index in range(23)], 256) as writer:
        for _ in range(9):
            writer.write(block)
    assert path.stat().st_size > 60e6
    run = subprocess.run([sys.executable, "-c", STREAM, path], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 4000  # kB
