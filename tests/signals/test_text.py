"""Text of one channel as a recording."""

from __future__ import annotations

import numpy as np
import pytest

from semeia.errors import FileError
from semeia.signals import open_recording


def test_one_number_a_line_is_one_channel(tmp_path):
    (tmp_path / "Z001.TXT").write_text("-24\r\n 1.5 \r\nNaN\r\n3e2\r\n\r\n")
    with open_recording(tmp_path / "Z001.TXT", rate=2) as recording:
        assert (recording.duration, recording.rate, recording.channels[0].label) == (2, 2, "ch 1")
        assert np.array_equal(recording.read(0, 2), [[-24, 1.5, np.nan, 300]], equal_nan=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"1\n2 3\n", r"line 2: '2 3' is not a number: one number a line"),
        (b"1\nfour\n", "line 2: 'four' is not a number"),
        (b"1\n\n2", "line 2: '' is not a number"),
        (b"1\ninf\n", "line 2: 'inf' is not a number"),
        (b"1e99\n", "line 1: '1e99' is not a number"),
        (b"1\n\xff\n", "byte 3 is not a character"),
        (b"nan\nnan", "nothing but NaN"),
    ],
)
def test_other_text_is_refused_with_its_line(tmp_path, content, words):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(FileError, match=f"a.txt: .*{words}"):
        open_recording(tmp_path / "a.txt", rate=100)


def test_rate_is_asked_for(tmp_path):
    (tmp_path / "a.txt").write_text("1\n2\n")
    with pytest.raises(FileError, match="does not say its sampling rate: give it in Hz as --rate 400"):
        open_recording(tmp_path / "a.txt")


def test_real_segments_are_read(shared_data):
    with open_recording(shared_data / "bonn" / "setC" / "N001.TXT", rate=173.61) as recording:
        samples = recording.read_samples(0, recording.sample_count())
        assert samples.shape == (1, 4097)
        assert np.array_equal(samples[0], np.loadtxt(recording.path, dtype=np.float32))
