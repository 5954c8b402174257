"""Simulated sets in the real layouts: the importers of the real sets read them, and the truth is exact."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from scipy.signal import butter, sosfiltfilt

from semeia.datasets.aes2014 import aes2014
from semeia.datasets.chbmit import chbmit
from semeia.datasets.folder import folder
from semeia.datasets.melbourne2016 import melbourne2016
from semeia.datasets.siena import siena
from semeia.errors import FileError, RecordingError
from semeia.events.chbmit import read_summary
from semeia.signals import open_recording
from semeia.signals.simulator import LAYOUTS, simulate_layout
from semeia.signals.simulator.intracranial import IntracranialPatient
from semeia.signals.simulator.scalp_layouts import _clock
from semeia.signals.simulator.seeg import PATTERNS, Drift

SMALL = {"patients": 2, "hours": 2, "file_seconds": 10.0, "test_files": 2}


def digests(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def aes(tmp_path_factory):
    root = tmp_path_factory.mktemp("aes")
    simulate_layout("aes2014", root, **SMALL)
    return root


@pytest.fixture(scope="module")
def melbourne(tmp_path_factory):
    root = tmp_path_factory.mktemp("melbourne")
    simulate_layout("melbourne2016", root, **SMALL, dropouts=0.3)
    return root


@pytest.fixture(scope="module")
def seeg(tmp_path_factory):
    root = tmp_path_factory.mktemp("seeg")
    simulate_layout("seeg", root, patients=1, hours=1 / 15, file_seconds=120)
    return root


@pytest.fixture(scope="module")
def boston(tmp_path_factory):
    root = tmp_path_factory.mktemp("chbmit")
    simulate_layout("chbmit", root, patients=1, hours=0.15, file_seconds=180, seizures=10, seed=13)
    return root


@pytest.fixture(scope="module")
def tuscany(tmp_path_factory):
    root = tmp_path_factory.mktemp("siena")
    simulate_layout("siena", root, patients=1, hours=0.1, file_seconds=180, seizures=10, seed=13)
    return root


def test_aes2014_is_read_with_its_hours(aes):
    found = aes2014(aes)
    assert Counter(recording.group for recording in found) == {
        f"Dog_{dog} {kind} hour from 1": 6 for dog in (1, 2) for kind in ("interictal", "preictal")
    }
    preictal = [r for r in found if r.patient == "Dog_1" and r.events[0].label == "preictal"]
    assert [round(r.around[0]) for r in preictal] == [360, 350, 340, 330, 320, 310]  # seconds to the seizure
    with found[0].open() as recording:
        assert len(recording.channels) == 16
        assert recording.channels[0].label == "Dog_1_Ecog_c001"
        assert recording.channels[0].rate == pytest.approx(399.61, abs=0.01)
        samples = recording.read(0, 10)
    assert samples.shape == (16, 3997)
    assert 5 < np.median(samples.std(axis=1)) < 200


def test_aes2014_has_the_originals_struct(aes):
    train = scipy.io.loadmat(aes / "Dog_1" / "Dog_1_preictal_segment_0003.mat")["preictal_segment_3"][0, 0]
    assert train.dtype.names == ("data", "data_length_sec", "sampling_frequency", "channels", "sequence")
    assert (train["data"].dtype, train["data"].shape) == (np.int16, (16, 3997))
    assert train["sequence"].item() == 3
    test = scipy.io.loadmat(aes / "Dog_1" / "Dog_1_test_segment_0001.mat")["test_segment_1"][0, 0]
    assert "sequence" not in test.dtype.names


def test_aes2014_keeps_the_classes_of_test_files_back_but_for_the_truth(aes):
    tests = aes2014(aes, part="test")
    assert [r.labelled for r in tests] == [False] * 4
    with (aes / "simulated-truth.tsv").open(newline="") as file:
        truth = {row["file"]: row for row in csv.DictReader(file, delimiter="\t")}
    assert len(truth) == 28
    assert {truth[f"Dog_1/{r.path.name}"]["class"] for r in tests if r.patient == "Dog_1"} == {"preictal", "interictal"}
    assert [truth[f"Dog_1/Dog_1_preictal_segment_000{k}.mat"]["planted"] for k in (1, 6)] == ["0.404", "0.946"]


def test_melbourne2016_is_read_with_classes_and_the_safe_list(melbourne):
    found = melbourne2016(melbourne)
    assert Counter((r.patient, r.events[0].label) for r in found) == {
        (patient, kind): 6 for patient in ("Pat1", "Pat2") for kind in ("interictal", "preictal")
    }
    assert len({r.group for r in found}) == 4
    tests = melbourne2016(melbourne, part="test")
    assert [(r.path.name, r.labelled) for r in tests if r.patient == "Pat1"] == [("1_1.mat", True), ("1_2.mat", True)]
    assert {r.events[0].label for r in tests if r.patient == "Pat1"} == {"preictal", "interictal"}


def test_melbourne2016_has_the_originals_struct(melbourne):
    said = scipy.io.loadmat(melbourne / "train_1" / "1_2_1.mat")["dataStruct"][0, 0]
    assert said.dtype.names == ("data", "iEEGsamplingRate", "nSamplesSegment", "channelIndices", "sequence")
    assert (said["data"].dtype, said["data"].shape) == (np.float32, (4000, 16))
    assert (said["nSamplesSegment"].item(), said["sequence"].item()) == (4000, 2)


def test_melbourne2016_loses_whole_rows_in_about_the_share_asked_for(tmp_path):
    simulate_layout("melbourne2016", tmp_path, patients=1, hours=10, file_seconds=2, test_files=0, dropouts=0.3)
    shares = []
    for recording in melbourne2016(tmp_path):
        with recording.open() as opened:
            zeros = opened.read(0, 2) == 0
        lost = zeros.all(axis=0)
        assert zeros[:, ~lost].mean() < 0.05
        shares.append(lost.mean())
    assert np.mean(shares) == pytest.approx(0.3, abs=0.1)
    assert np.std(shares) > 0.2  # none in many files, most of some


def test_a_file_does_not_depend_on_how_many_there_are(tmp_path, aes):
    simulate_layout("aes2014", tmp_path, patients=1, hours=3, preictal_hours=1, file_seconds=10, test_files=0)
    name = "Dog_1/Dog_1_preictal_segment_0002.mat"
    assert digests(tmp_path)[name] == digests(aes)[name]


@pytest.mark.parametrize("layout", ["aes2014", "melbourne2016"])
def test_same_seed_gives_the_same_bytes(tmp_path, layout):
    sets = []
    for number, seed in enumerate((5, 5, 6)):
        simulate_layout(layout, tmp_path / f"{number}", patients=1, hours=2, file_seconds=1, test_files=1, seed=seed)
        sets.append(digests(tmp_path / f"{number}"))
    assert sets[0] == sets[1]
    assert not {v for k, v in sets[0].items() if k.endswith(".mat")} & set(sets[2].values())


def test_seeg_is_read_with_patterns_and_their_channels(seeg):
    found = folder(seeg)
    assert [(r.patient, r.group, r.duration) for r in found] == [
        ("seeg01", "seeg01_01", 120.0),
        ("seeg01", "seeg01_02", 120.0),
    ]
    assert (found[1].started_at - found[0].started_at).total_seconds() == 120
    labels = Counter(event.label for r in found for event in r.events)
    assert set(labels) == set(PATTERNS)
    with found[0].open() as recording:
        names = [channel.label for channel in recording.channels]
        assert (len(names), recording.channels[0].rate) == (20, 2000)
    for event in found[0].events:
        assert event.channels
        assert set(event.channels) <= set(names)
        assert len({name[0] for name in event.channels}) == 1  # of one electrode


def test_seeg_truth_is_where_the_patterns_are(seeg):
    recording = folder(seeg)[0]
    with recording.open() as opened:
        names, samples = [channel.label for channel in opened.channels], opened.read(0, 120)
    fast = np.abs(sosfiltfilt(butter(4, (80, 250), "bandpass", fs=2000, output="sos"), samples))
    typical = np.median(fast, axis=1)
    inside, outside = [], []
    for event in recording.events:
        if event.label == "fast-oscillation":
            first, stop = round(event.onset * 2000), round(event.stop * 2000)
            rows = [names.index(name) for name in event.channels]
            others = [row for row, name in enumerate(names) if name[0] != event.channels[0][0]]
            inside.append((fast[rows, first:stop].max(axis=1) / typical[rows]).max())
            outside.append(np.median(fast[others, first:stop].max(axis=1) / typical[others]))
    assert len(inside) > 3
    assert np.median(inside) > 2 * np.median(outside)


def test_seeg_patients_drift_slowly_and_only_if_asked():
    patient = IntracranialPatient.from_seed(2, 20, 5)
    still, moving = Drift(patient, 0.0), Drift(patient, 0.5)
    assert set(still.at(40.0).values()) == {0.0}
    assert set(moving.at(0.0).values()) == {0.0}
    assert max(abs(value) for value in moving.at(1 / 60).values()) < 0.02
    assert max(abs(value) for value in moving.at(40.0).values()) > 0.2


def test_chbmit_is_read_with_seizures_on_one_clock(boston):
    found = chbmit(boston)
    assert [r.path.name for r in found] == ["chb01_01.edf", "chb01_02.edf", "chb01_03.edf"]
    assert sum(len(r.events) for r in found) == 2
    starts = [r.started_at for r in found]
    assert starts == sorted(starts)
    assert all(len(r.around) == 2 - len(r.events) for r in found)
    with found[0].open() as recording:
        assert len(recording.channels) == 23
        assert recording.channels[0].label == "FP1-F7"
        assert not len(recording.events)  # they stand in the summary alone
    summary = read_summary(boston / "chb01" / "chb01-summary.txt")
    assert [entry.channels[0] for entry in summary.values()] == ["FP1-F7"] * 3
    assert all(entry.seizures.duration == 180 for entry in summary.values())


def test_chbmit_clock_times_pass_midnight():
    assert [_clock(seconds) for seconds in (86_399, 86_400, 93_784, 31 * 3600)] == [
        "23:59:59",
        "24:00:00",
        "26:03:04",
        "07:00:00",
    ]


def test_siena_is_read_with_seizures_in_clock_times(tuscany):
    found = siena(tuscany)
    assert [r.path.name for r in found] == ["PN00-1.edf", "PN00-2.edf"]
    assert sum(len(r.events) for r in found) == 1
    with found[0].open() as recording:
        assert recording.channels[0].rate == 512
        assert recording.channels[0].label == "EEG Fp1"


def test_every_layout_is_in_the_catalogue():
    assert list(LAYOUTS) == ["aes2014", "melbourne2016", "seeg", "chbmit", "siena"]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileError, match="--force"):
        simulate_layout("aes2014", tmp_path, patients=1, hours=2, file_seconds=1)
    simulate_layout("aes2014", tmp_path, patients=1, hours=2, file_seconds=1, test_files=0, force=True)
    assert len(aes2014(tmp_path)) == 12
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    ("layout", "given", "said"),
    [
        ("aes2015", {}, "aes2014, melbourne2016, seeg, chbmit, siena"),
        ("aes2014", {"seed": -1}, "seed -1"),
        ("aes2014", {"dropouts": 0.2}, "takes no dropouts; it takes patients, hours"),
        ("aes2014", {"hours": 1}, "whole hours of six files, 2 or more"),
        ("aes2014", {"hours": float("nan")}, "whole hours"),
        ("aes2014", {"hours": 4, "preictal_hours": 4}, "at least one of each kind"),
        ("aes2014", {"file_seconds": 0.1}, "1 to 3600 s"),
        ("melbourne2016", {"preictal": 9}, "0 \\(none\\) to 5"),
        ("melbourne2016", {"dropouts": 1.0}, "0 to 0.9"),
        ("seeg", {"rate": 256}, "600 to 32768"),
        ("seeg", {"channels": 3}, "5 to 130"),
        ("seeg", {"hours": 0}, "cannot be simulated"),
        ("chbmit", {"patients": 21}, "up to 20"),
        ("chbmit", {"file_seconds": 5}, "60 to 86400"),
        ("chbmit", {"seizures": 30}, "room for 0 to"),
        ("siena", {"seizures": 0}, "at least one"),
    ],
)
def test_what_cannot_be_simulated_is_said_before_anything_is_written(tmp_path, layout, given, said):
    with pytest.raises(RecordingError, match=said):
        simulate_layout(layout, tmp_path / "set", **given)
    assert not list(tmp_path.rglob("*.*"))


def test_edf_of_a_set_opens_as_a_recording(seeg):
    with open_recording(seeg / "seeg01" / "seeg01_02.edf") as recording:
        assert recording.subject == "seeg01"
        assert np.isfinite(recording.read(100, 101)).all()
