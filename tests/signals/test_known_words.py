"""What of labels, texts and units names nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeia.signals import known_words, open_recording


@pytest.mark.parametrize(
    "label",
    [
        *(
            "EEG FP1-REF",
            "Fp1-Avg",
            "T8-P8",
            "T8-P8-1",
            "Fc5.",
            "FT9-FT10",
            "-",
            "--0",
            ".",
            "A1",
            "D32",
            "E128",
            "B'12",
        ),
        *(
            "POL RA3",
            "LH4-LH5",
            "ECG",
            "EKG EKG",
            "EMG submental",
            "Resp oro-nasal",
            "SpO2",
            "DC01",
            "X1",
            "EEG 12",
            "ch 1",
        ),
        *("EOG horizontal", "Event marker", "Temp rectal", "STI014", "Status", "HR", "23"),
    ],
)
def test_electrodes_and_physiology_are_known(label: str) -> None:
    assert known_words.known_label(label)


@pytest.mark.parametrize(
    "label",
    [
        *("Miller", "Fp1-Miller", "EEG Anna", "Anna1", "4711552", "12 34", "EEG 4711", "1951-08-24", "Größe", "Fp1–F7"),
        *("EEG\tFp1", "Fp1 F3 C3 P3 O1", "chb01", "EEG1234"),
    ],
)
def test_other_labels_are_not(label: str) -> None:
    assert not known_words.known_label(label)


def test_labels_of_public_recordings_are_known(shared_data: Path) -> None:
    for path in [*(shared_data / "chbmit_clips").rglob("*.edf"), *(shared_data / "edf_fixtures").glob("eegmmi*")]:
        with open_recording(path) as recording:
            assert all(known_words.known_label(channel.label) for channel in recording.channels), path


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("seizure", "seizure"),
        ("SZ", "SZ"),
        ("sz_foc_ia", "sz_foc_ia"),
        ("sz_anna", "seizure"),
        ("Seizure of Mrs Miller", "seizure"),
        ("Sleep stage W", "Sleep stage W"),
        ("Sleep stage Miller", "note"),
        ("Stimulus/S  1", "Stimulus/S  1"),
        ("Stimulus/Anna", "note"),
        ("artefact", "artefact"),
        ("spike-wave", "spike-wave"),
        ("4711", "note"),
        ("12", "12"),
        ("24.08.1951", "note"),
        ("", "note"),
    ],
)
def test_marks_of_fixed_wording_are_kept_and_others_lose_their_text(text: str, kept: str) -> None:
    assert known_words.known_event(text) == kept


def test_filters_transducers_and_units_are_kept_where_they_say_nothing_else() -> None:
    good = ["", "HP:0.5Hz LP:100Hz", "HP:0.5305164Hz LP:70Hz N:50Hz", "HP:-1Hz LP:-1Hz N:-1Hz", "HP:0.1", "HP:DC"]
    assert [known_words.known_prefilter(text) for text in good] == [True] * 5 + [False]
    assert not any(
        map(known_words.known_prefilter, ["HP:0.1Hz Anna", "HP:4711552Hz", "Anna", "HP:0.1Hzé", "N:50HzAnna"])
    )
    assert all(map(known_words.known_transducer, ["", "AgAgCl electrode", "Ag-AgCl electrodes", "AC Transducer of 36"]))
    assert not any(map(known_words.known_transducer, ["AgAgCl of Anna", "electrode 4711", "élec"]))
    assert all(map(known_words.known_unit, ["", "uV", "mmHg", "%", "DegC"]))
    assert not any(map(known_words.known_unit, ["Anna", "4711"]))
