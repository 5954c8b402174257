"""Which reader opens a file, and which files of a folder are recordings."""

from __future__ import annotations

import os

import edfio
import numpy as np
import pytest
import scipy.io

from semeia.errors import FileError
from semeia.signals import open_recording
from semeia.signals.edf import EdfRecording
from semeia.signals.mat import MatRecording
from semeia.signals.opening import files_under


@pytest.fixture
def folder(tmp_path):
    signal = edfio.EdfSignal(np.zeros(600), 100, label="Fp1", physical_range=(-100, 100))
    edfio.Edf([signal]).write(tmp_path / "a.edf")
    scipy.io.savemat(tmp_path / "b.mat", {"eeg": np.ones((2, 600))})
    (tmp_path / "notes.txt").write_text("chb01: nothing to say\n")
    return tmp_path


def test_contents_choose_the_reader_not_the_name(folder):
    assert isinstance(open_recording(folder / "a.edf"), EdfRecording)
    assert isinstance(open_recording(folder / "b.mat", rate=100), MatRecording)
    (folder / "a.edf").rename(folder / "c.txt")
    (folder / "b.mat").rename(folder / "c.edf")
    assert isinstance(open_recording(folder / "c.txt", rate=50), EdfRecording)
    assert isinstance(open_recording(folder / "c.edf", rate=100), MatRecording)


def test_rate_of_an_edf_file_is_its_own(folder):
    assert open_recording(folder / "a.edf", rate=50).rate == 100


def test_folder_is_searched_for_recordings_not_for_text(folder):
    (folder / "deep").mkdir()
    (folder / "b.mat").rename(folder / "deep" / "B.MAT")
    assert [file.name for file in files_under(folder)] == ["a.edf", "B.MAT"]
    with pytest.raises(FileError, match="holds no EDF, BDF, MAT or other EEG file"):
        (folder / "none").mkdir()
        files_under(folder / "none")


def test_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "a.mat")
    with pytest.raises(FileError, match="is not a regular file"):
        open_recording(tmp_path / "a.mat")
