"""An anonymous copy holds nothing that was planted in the original, and every sample of it."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import edfio
import numpy as np
import pytest

import vendors
from semeia.errors import FileError, RecordingError
from semeia.events import Event
from semeia.signals import ArrayRecording, open_recording
from semeia.signals.anonymising import anonymise

PLANTED = [
    *("MRN4711552", "Anneliese", "Krüger", "24-AUG-1951", "Elmstreet12", "StMaryHospital", "Vogelsang", "SerialXK99"),
    *("Ward7Geriatrie", "17-MAY-2003", "17.05.03", "Rosalinde", "Wolfgang", "Brunhilde", "Zacharias", "Ottokar"),
    *("Philomena", "Tusnelda", "Gundula", "Hildegard", "Eusebius", "Theobald", "Kunigunde"),
]
SAMPLES = np.random.default_rng(2).integers(-3000, 3000, (4, 2000)).astype(np.int16)


def planted(folder: Path) -> Path:
    """Write an EDF+ file with an identifier in every place that has room for one."""
    labels = ["EEG Fp1-REF", "Brunhilde", "Fp2-Zacharias", "SpO2"]
    more = [
        ("AgAgCl of Ottokar", "HP:0.1Hz Philomena", "Tusnelda"),
        *[("AgAgCl electrode", "HP:0.1Hz LP:70Hz", "uV")] * 3,
    ]
    signals = [
        edfio.EdfSignal.from_digital(
            *(samples, 200),
            label=label,
            transducer_type=transducer,
            prefiltering=prefilter,
            physical_dimension=unit,
            physical_range=(-3276.8, 3276.7),
            digital_range=(-32768, 32767),
        )
        for samples, label, (transducer, prefilter, unit) in zip(SAMPLES, labels, more, strict=True)
    ]
    marks = [
        edfio.EdfAnnotation(1, 2, "Patient Rosalinde called"),
        edfio.EdfAnnotation(3, 2, "seizure of Wolfgang"),
        edfio.EdfAnnotation(4, 1, "Seizure"),
        edfio.EdfAnnotation(5, None, "spike@@EEG Fp1-REF"),
        edfio.EdfAnnotation(6, None, "spike@@Kunigunde"),
        edfio.EdfAnnotation(7, None, "ärztin Krüger"),
        edfio.EdfAnnotation(8, None, "Sleep stage R"),
    ]
    patient = edfio.Patient(
        code="MRN4711552", sex="F", birthdate=date(1951, 8, 24), name="Anneliese_K", additional=["Elmstreet12"]
    )
    known = edfio.Recording(
        startdate=date(2003, 5, 17),
        hospital_administration_code="StMaryHospital",
        investigator_technician_code="Dr_Vogelsang",
        equipment_code="SerialXK99",
        additional=["Ward7Geriatrie"],
    )
    edf = edfio.Edf(signals, patient=patient, recording=known, starttime=time(7, 8, 9), annotations=marks)
    path = folder / "Theobald_1.edf"
    edf.write(path)
    data = bytearray(path.read_bytes())
    count = int(data[252:256])
    data[8:88] = bytes(data[8:88]).replace(b"Anneliese_K ", "Anneliese_Krüger ".encode("latin-1"))[:80].ljust(80)
    data[197:236] = b"Gundula".ljust(39)
    data[256 + 224 * count : 256 + 224 * count + 32] = b"Hildegard".ljust(32)
    path.write_bytes(bytes(data) + b"Eusebius")
    return path


def forms(text: str) -> set[bytes]:
    cases = {text, text.upper(), text.lower(), text.title(), text.swapcase()}
    return {each.encode(code, "replace") for each in cases for code in ("latin-1", "utf-8", "utf-16-le")}


def test_nothing_that_was_planted_is_left_and_every_sample_is(tmp_path: Path) -> None:
    source, out = planted(tmp_path), tmp_path / "p01.edf"
    before = source.read_bytes()
    for text in PLANTED:
        assert text == "Theobald" or any(form in before for form in forms(text)), f"{text} was not planted"
    with open_recording(source) as recording:
        removed = anonymise(recording, out)
    data = out.read_bytes()
    for text in PLANTED:
        assert not [form for form in forms(text) if form in data or form.lower() in data.lower()], text
    after = edfio.read_edf(out)
    assert [signal.label for signal in after.signals] == ["EEG Fp1-REF", "ch1", "ch2", "SpO2"]
    for samples, signal in zip(SAMPLES, after.signals, strict=True):
        np.testing.assert_array_equal(signal.digital, samples)
        assert signal.physical_range == (-3276.8, 3276.7)
    assert [mark.text for mark in after.annotations] == [
        *("note", "seizure", "Seizure", "spike@@EEG Fp1-REF", "spike", "note", "Sleep stage R"),
    ]
    assert data[8:168].split() == [*[b"X"] * 4, b"Startdate", b"01-JAN-1985", *[b"X"] * 3]
    assert removed.lost == ()
    assert removed.kinds == {
        "transducer": 1,
        "prefilter": 1,
        "unit": 1,
        "channel label": 2,
        "annotation text": 3,
        "channel of an annotation": 1,
        "patient's code": 1,
        "patient's sex": 1,
        "birth date": 1,
        "patient's name": 1,
        "further text on the patient": 1,
        "date of the recording": 1,
        "administration code": 1,
        "technician": 1,
        "equipment": 1,
        "further text on the recording": 1,
        "reserved field": 2,
        "bytes behind the last record": 8,
    }


def test_the_day_becomes_a_fixed_one_or_is_moved_and_the_time_of_day_stays(tmp_path: Path) -> None:
    source = planted(tmp_path)
    for days, day in ((None, (1985, 1, 1)), (-100, (2003, 2, 6)), (400, (2004, 6, 20))):
        with open_recording(source) as recording:
            anonymise(recording, tmp_path / "a.edf", shift_days=days)
        with open_recording(tmp_path / "a.edf") as after:
            assert after.started_at == datetime(*day, 7, 8, 9)
    with open_recording(source) as recording, pytest.raises(RecordingError, match="cannot be moved by"):
        anonymise(recording, tmp_path / "a.edf", shift_days=10**9)


def test_real_files_keep_every_sample(shared_data: Path, tmp_path: Path) -> None:
    files = [
        *sorted((shared_data / "edf_fixtures").iterdir()),
        *sorted((shared_data / "chbmit_clips").rglob("*.edf"))[:3],
    ]
    for path in files:
        out = tmp_path / f"out{path.suffix}"
        with open_recording(path) as before:
            removed = anonymise(before, out)
            with open_recording(out) as after:
                assert (after.subject, after.duration, len(after.events)) == ("", before.duration, len(before.events))
                assert after.started_at is None or after.started_at.date() == date(1985, 1, 1)
                signals = [[s for s in r.records.header.signals if not s.is_annotation] for r in (before, after)]
                for old, new in zip(*signals, strict=True):
                    for record in range(min(10, before.records.header.records)):
                        assert before.records.bytes_of(old, record) == after.records.bytes_of(new, record)
        assert removed.lost == ()


def test_a_channel_whose_samples_are_text_is_left_out(tmp_path: Path) -> None:
    path = planted(tmp_path)
    data = path.read_bytes().replace(b"EDF Annotations", b"Edf annotations")
    path.write_bytes(data.replace(b"EDF+C", b"     "))
    with open_recording(path) as recording:
        removed = anonymise(recording, tmp_path / "a.edf")
        assert len(recording.channels) == 5
    assert removed.kinds["channel that may hold text"] == 1
    assert b"Rosalinde" in data and b"Rosalinde" not in (tmp_path / "a.edf").read_bytes()


def test_other_formats_become_anonymous_too(tmp_path: Path) -> None:
    vendors.persyst(tmp_path / "p.lay")
    with open_recording(tmp_path / "p.lay") as recording:
        removed = anonymise(recording, tmp_path / "a.edf")
    assert removed.kinds == {"patient's code": 1, "date of the recording": 1}
    assert removed.lost[0].startswith("samples rounded to 16 bits")
    named = ArrayRecording(
        np.ones((2, 200)), 100, ["Fp1", "Anna"], subject="Anna", events=[Event(0, 1, "Anna slept", ("Anna",))]
    )
    removed = anonymise(named, tmp_path / "b.edf")
    assert b"Anna" not in (tmp_path / "b.edf").read_bytes()
    with open_recording(tmp_path / "b.edf") as after:
        assert [(event.label, event.channels) for event in after.events] == [("note", ("ch1",))]


def test_numbers_of_renamed_channels_are_not_taken_twice(tmp_path: Path) -> None:
    names = ["Anna", "ch1", "Berta", "ch2", "Anna"]
    anonymise(ArrayRecording(np.ones((5, 100)), 100, names), tmp_path / "a.edf")
    with open_recording(tmp_path / "a.edf") as after:
        assert [channel.label for channel in after.channels] == ["ch3", "ch1", "ch4", "ch2", "ch5"]


def test_a_recording_that_changes_meanwhile_leaves_nothing(tmp_path: Path) -> None:
    source = planted(tmp_path)
    with open_recording(source) as recording:
        source.write_bytes(source.read_bytes()[:-3000])
        with pytest.raises(FileError):
            anonymise(recording, tmp_path / "a.edf")
    assert [path.name for path in tmp_path.iterdir()] == ["Theobald_1.edf"]


def test_who_read_and_what_they_noted_goes_and_the_answer_stays(tmp_path: Path) -> None:
    events = [
        Event(1, 2, "seizure of Wolfgang", ("Fp1",), 0.7, "Gundula", "Theobald_1.edf", "rejected", "Rosalinde moved"),
        Event(4, 1, "spike", author="Gundula"),
    ]
    removed = anonymise(ArrayRecording(SAMPLES[:1] / 10, 200, ["Fp1"], events=events), tmp_path / "out.edf")
    assert removed.kinds["reader or comment of an annotation"] == 2
    data = (tmp_path / "out.edf").read_bytes()
    assert not any(word in data for word in (b"Gundula", b"Wolfgang", b"Theobald", b"Rosalinde"))
    with open_recording(tmp_path / "out.edf") as recording:
        assert [(event.label, event.status, event.confidence) for event in recording.events] == [
            ("seizure", "rejected", 0.7),
            ("spike", "accepted", None),
        ]
