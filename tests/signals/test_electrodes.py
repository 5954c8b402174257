"""Channel labels, however spelled, become electrodes; scalp EEG is told from everything else."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeia.errors import RecordingError
from semeia.signals.electrodes import (
    Derivation,
    electrode_name,
    is_numbered_cap,
    is_scalp_electrode,
    parse_label,
    scalp_channels,
    side_of,
)
from semeia.signals.montage import MONTAGES
from semeia.signals.recording import ArrayRecording

CHBMIT = list(MONTAGES["chbmit"].labels)
SIENA = [f"EEG {name}" for name in ("Fp1", "F3", "T3", "T5", "Cp1", "F9", "Cz")]
SIENA += ["EKG EKG", "SPO2", "HR", "1", "2", "MK"]


def recording(labels: Sequence[str], unit: str = "uV") -> ArrayRecording:
    return ArrayRecording(np.zeros((len(labels), 10)), 10, labels, unit=unit)


@pytest.mark.parametrize(
    ("label", "electrode", "reference"),
    [
        ("EEG FP1-REF", "Fp1", "REF"),
        ("Fp1-Avg", "Fp1", "AVG"),
        ("EEG Fp1", "Fp1", None),
        ("eeg fp1-ref", "Fp1", "REF"),
        ("T3", "T7", None),
        ("T4-Avg", "T8", "AVG"),
        ("T5", "P7", None),
        ("EEG T6-LE", "P8", "LE"),
        ("Fc5.", "FC5", None),
        ("C5..", "C5", None),
        ("T10.", "T10", None),
        ("FP1-F7", "Fp1", "F7"),
        ("T8-P8-0", "T8", "P8"),
        ("T8-P8-1", "T8", "P8"),
        ("Fp1-0", "Fp1", None),
        ("POL Fp1", "Fp1", None),
        ("POL $A1", "A1", None),
        ("EEG C3-A2", "C3", "A2"),
        ("C4:M1", "C4", "M1"),
        ("Fp2 - F8", "Fp2", "F8"),
        ("EEG F3-AR", "F3", "AR"),
        ("CP1-Ref", "CP1", "REF"),
        ("FP1-CS2", "Fp1", "CS2"),
        ("affz", "AFFz", None),
        ("POO10H", "POO10h", None),
        ("EEG 1", "1", None),
        ("LA1-LA2", "LA1", "LA2"),
    ],
)
def test_labels_are_read_however_they_are_spelled(label: str, electrode: str, reference: str | None) -> None:
    assert parse_label(label) == Derivation(electrode, reference)


@pytest.mark.parametrize("label", ["-", "--0", "--13", "", "  ", ".", "EEG", "EEG -"])
def test_dummies_name_no_electrode(label: str) -> None:
    assert parse_label(label) is None


@given(st.text(max_size=24))
def test_any_text_can_be_read(label: str) -> None:
    derivation = parse_label(label)
    assert derivation is None or derivation.electrode
    side_of(label)


@given(
    st.sampled_from(["Fp1", "F7", "T7", "P7", "Cz", "FT10", "AFF5h", "Oz"]),
    st.sampled_from(["{}", "EEG {}", "EEG {}-REF", "{}-Avg", "{}..", "POL {}", " {} ", "EEG {}-Ref-1", "{}-LE"]),
    st.sampled_from([str.upper, str.lower, str]),
)
def test_an_electrode_is_the_same_in_every_dress(name: str, dress: str, case: type[str]) -> None:
    derivation = parse_label(case(dress.format(name)))
    assert derivation is not None
    assert derivation.electrode == name


def test_every_position_of_the_ten_five_system_is_known() -> None:
    import mne

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the montage is about to be renamed
        names = mne.channels.make_standard_montage("standard_1005").ch_names
    older = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
    assert {name: electrode_name(name) for name in names} == {name: older.get(name, name) for name in names}
    assert [n for n in names if not is_scalp_electrode(older.get(n, n))] == ["M1", "M2", "A1", "A2"]


@pytest.mark.parametrize("text", ["ECG", "T11", "FP3", "Q1", "C10", "Fp", "z", "10", ""])
def test_what_is_no_position_is_not_taken_for_one(text: str) -> None:
    assert electrode_name(text) is None


@pytest.mark.parametrize(
    ("label", "side"),
    [
        ("EEG Fp1-REF", "left"),
        ("T4", "right"),
        ("Fz", "midline"),
        ("FP1-F7", "left"),
        ("F8-T8", "right"),
        ("FZ-CZ", "midline"),
        ("Fp1-Fp2", "midline"),
        ("C3-Cz", "left"),
        ("FT10-T8", "right"),
        ("C3-A2", "left"),
        ("AFF10h", "right"),
        ("ECG", None),
        ("-", None),
        ("A1", None),
    ],
)
def test_side_follows_the_number(label: str, side: str | None) -> None:
    assert side_of(label) == side


def test_all_channels_of_chbmit_are_scalp_eeg_but_not_its_dummies_and_extras() -> None:
    labels = [
        *CHBMIT[:4],
        "-",
        *CHBMIT[4:8],
        "--0",
        "ECG",
        "LOC-ROC",
        "VNS",
        "LUE-RAE",
        "EKG1-CHIN",
        "FP1-Ref",
        ".",
    ]
    assert scalp_channels(recording(CHBMIT)) == list(range(23))
    assert scalp_channels(recording(labels)) == [0, 1, 2, 3, 5, 6, 7, 8, 15]


def test_other_signals_of_siena_and_sleep_recordings_are_left_out() -> None:
    assert scalp_channels(recording(SIENA)) == list(range(7))
    sleep = ["EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal", "Resp oro-nasal", "EMG submental", "Temp rectal"]
    assert scalp_channels(recording(sleep)) == [0, 1]
    assert scalp_channels(recording(["A1", "C3-A2", "M2", "C4-A1"])) == [1, 3]


def test_without_known_names_every_voltage_that_is_nothing_else_counts() -> None:
    labels = ["EEG 1", "EEG 2", "ECG", "Ch 3", "-", "EMG chin", "Resp thorax", "Status", "EOG-L"]
    assert scalp_channels(recording(labels)) == [0, 1, 3]


def test_a_numbered_cap_is_not_mistaken_for_the_ten_twenty_system() -> None:
    labels = [f"{letter}{number}" for letter in "ABCD" for number in range(1, 33)] + ["Status"]
    assert is_numbered_cap(labels)
    assert not is_numbered_cap(["A1", "A2", "C3", "C4", "F3", "F4"])
    assert scalp_channels(recording(labels)) == list(range(128))


def test_a_recording_without_eeg_is_refused_with_what_it_has() -> None:
    with pytest.raises(RecordingError, match=r"no channel looks like scalp EEG \(recorded: 'ECG', 'Resp'\)"):
        scalp_channels(recording(["ECG", "Resp"]))
    with pytest.raises(RecordingError, match="no channel looks like scalp EEG"):
        scalp_channels(recording(["one", "two"], unit="mmHg"))
