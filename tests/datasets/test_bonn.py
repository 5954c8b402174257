"""The importer of Bonn: the class of a set, over each of its segments."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from semeia.datasets.bonn import bonn
from semeia.errors import DatasetError, FileError


def write_segment(path, seed):
    path.parent.mkdir(exist_ok=True, parents=True)
    np.savetxt(path, np.random.default_rng(seed).integers(-99, 99, 4097), fmt="%d")


@pytest.fixture
def root(tmp_path):
    for seed, name in enumerate(["setA/Z001.txt", "O/O100.txt", "setC/N001.TXT", "setD/F002.txt", "S/S003.txt"]):
        write_segment(tmp_path / name, seed)
    (tmp_path / "README.txt").write_text("no segment")
    return tmp_path


def test_first_letter_says_the_class(root):
    found = {r.patient: [(e.onset, e.duration, e.label) for e in r.events] for r in bonn(root)}
    seconds = 4097 / 173.61
    assert found == {
        "Z001": [(0, seconds, "healthy")],
        "O100": [(0, seconds, "healthy")],
        "N001": [(0, seconds, "interictal")],
        "F002": [(0, seconds, "interictal")],
        "S003": [(0, seconds, "ictal")],
    }


def test_sets_are_chosen_and_segments_opened(root):
    (only,) = bonn(root, sets=["E"])
    assert len(only.events.seizures()) == 1
    with only.open() as recording:
        assert (recording.rate, recording.sample_count()) == (173.61, 4097)


def test_other_folders_and_broken_segments_are_refused(root):
    (root / "setA" / "Z001.txt").write_text("1\nx\n")
    with pytest.raises(FileError, match="Z001.txt: line 2"):
        bonn(root)
    with pytest.raises(DatasetError, match="holds no files Z001.txt, O001.txt ...: is this Bonn"):
        bonn(root / "nothing")


def test_a_set_that_is_named_and_not_there_is_refused(root):
    assert [r.patient for r in bonn(root / "S")] == ["S003"]
    with pytest.raises(DatasetError, match="S: set 'A' is not there; there are E$"):
        bonn(root / "S", sets=["E", "A"])


def test_nobody_says_whose_a_segment_is(root):
    assert not any(recording.patient_known for recording in bonn(root))


def test_real_segments_are_labelled(shared_data):
    found = bonn(shared_data / "bonn")
    assert Counter(r.events[0].label for r in found) == {"healthy": 50, "interictal": 50, "ictal": 50}
