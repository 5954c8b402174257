"""Any recording becomes EDF+ or BDF+: what other readers and ours find in it, and what is said to be lost."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import edfio
import numpy as np
import pytest

import semeia.signals.edf_source
import vendors
from semeia.errors import FileError, RecordingError, StorageError
from semeia.events import Event
from semeia.signals import ArrayRecording, Gap, Recording, open_recording
from semeia.signals.converting import convert, unique

START = datetime(2031, 5, 6, 7, 8, 9, 125000)
EVENTS = [Event(1.5, 2.25, "seizure", ("Fp1", "Fp2")), Event(0.0, 0.0, "Größe ✓"), Event(9.0, 1.0, "long " * 60)]


def made(seconds: float = 10, rate: float = 100, **more: object) -> ArrayRecording:
    data = np.random.default_rng(1).normal(0, 80, (3, round(seconds * rate))).astype(np.float32)
    known = {"subject": "p7", "started_at": START, "events": EVENTS, **more}
    return ArrayRecording(data, rate, ["Fp1", "Fp2", "SpO2"], **known)


def described(recording: Recording) -> list[tuple[object, ...]]:
    return [(event.onset, event.duration, event.label.strip(), event.channels) for event in recording.events]


@pytest.mark.parametrize("ending", [".edf", ".bdf"])
def test_samples_events_and_times_come_back(tmp_path: Path, ending: str) -> None:
    source, path = made(), tmp_path / f"out{ending}"
    (lost,) = convert(source, path)
    bits = {".edf": 16, ".bdf": 24}[ending]
    assert lost.startswith(f"samples rounded to {bits} bits, by at most ") and lost.endswith(" uV")
    most = float(lost.split()[-2])
    with open_recording(path) as ours:
        assert (ours.subject, ours.started_at, ours.duration, ours.rate) == ("p7", START, 10, 100)
        assert [channel[:3] for channel in ours.channels] == [channel[:3] for channel in source.channels]
        assert np.abs(ours.read(0, 10) - source.read(0, 10)).max() <= most * 1.05 + 2**-15  # single precision
        assert described(ours) == described(source)
    theirs = (edfio.read_edf if ending == ".edf" else edfio.read_bdf)(path)
    assert (theirs.startdate, theirs.starttime, theirs.patient.code) == (START.date(), START.time(), "p7")
    assert {"seizure@@Fp1", "Größe ✓"} <= {mark.text for mark in theirs.annotations}
    np.testing.assert_allclose(theirs.signals[0].data, source.read(0, 10)[0], atol=most * 1.05 + 2**-15)


def test_mne_and_pyedflib_read_it_too(tmp_path: Path) -> None:
    import mne
    import pyedflib

    convert(made(), tmp_path / "out.edf")
    raw = mne.io.read_raw_edf(tmp_path / "out.edf", verbose="error")
    np.testing.assert_allclose(raw.get_data() * 1e6, made().read(0, 10), atol=0.01)
    with pyedflib.EdfReader(str(tmp_path / "out.edf")) as theirs:
        assert theirs.getSignalLabels() == ["Fp1", "Fp2", "SpO2"] and len(theirs.readAnnotations()[0]) == 4


def test_every_real_file_is_copied_bit_for_bit(shared_data: Path, tmp_path: Path) -> None:
    files = [
        *sorted((shared_data / "edf_fixtures").iterdir()),
        *sorted((shared_data / "chbmit_clips").rglob("*.edf"))[:2],
    ]
    for path in files:
        out = tmp_path / f"out{path.suffix}"
        assert convert(open_recording(path), out) == []
        with open_recording(path) as before, open_recording(out) as after:
            assert (before.duration, before.started_at, before.gaps) == (after.duration, after.started_at, after.gaps)
            assert described(before) == described(after)
            signals = [[s for s in r.records.header.signals if not s.is_annotation] for r in (before, after)]
            for old, new in zip(*signals, strict=True):
                assert (old.label, old.samples, old.unit) == (new.label, new.samples, new.unit)
                assert (old.gain, old.zero, old.transducer, old.prefilter) == (
                    new.gain,
                    new.zero,
                    new.transducer,
                    new.prefilter,
                )
                for record in range(min(20, before.records.header.records)):
                    assert before.records.bytes_of(old, record) == after.records.bytes_of(new, record)


def test_24_bits_into_16_are_rounded_by_half_a_step_at_most(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "edf_fixtures" / "edfio_short_psg.bdf"
    (lost,) = convert(open_recording(path), tmp_path / "out.edf")
    assert lost == "samples rounded to 16 bits, by at most 0.0063 uV, 0.021, 1.2e-06 DegC"
    with open_recording(path) as before, open_recording(tmp_path / "out.edf") as after:
        assert [channel.rate for channel in before.channels] == [channel.rate for channel in after.channels]
        for index, channel in enumerate(before.channels):
            count = before.sample_count(channel.rate)
            old, new = (recording.read_samples(0, count, [index]) for recording in (before, after))
            assert np.abs(old - new).max() <= {"uV": 0.0064, "": 0.022, "DegC": 1e-5}[channel.unit]


def test_gaps_become_an_interrupted_file(tmp_path: Path) -> None:
    source = made(gaps=[(2, 3.5), (7, 7.25)])
    lost = convert(source, tmp_path / "out.edf")
    assert len(lost) == 1
    assert (tmp_path / "out.edf").read_bytes()[192:197] == b"EDF+D"
    with open_recording(tmp_path / "out.edf") as after:
        assert after.gaps == (Gap(2, 3.5), Gap(7, 7.25))
        np.testing.assert_allclose(after.read(0, 10), source.read(0, 10), atol=0.01)
        assert described(after) == described(source)


def test_what_fills_records_up_is_said(tmp_path: Path) -> None:
    source = made(10.1, 100, gaps=[(2.03, 4)])
    lost = convert(source, tmp_path / "out.edf")
    with open_recording(tmp_path / "out.edf") as after:
        before, now = source.read(0, 10.1), after.read(0, 10.1)
        there = ~np.isnan(before)
        np.testing.assert_allclose(now[there], before[there], atol=0.01)
        held = int((~np.isnan(now)).sum() - there.sum()) // 3 + after.sample_count() - 1010
    assert [line for line in lost if line.startswith(f"{held} samples of each channel fill up")] or held == 0


def test_values_that_are_no_numbers_are_counted(tmp_path: Path) -> None:
    data = np.full((2, 200), 50, np.float32)
    data[0, 20:30], data[1, 0] = np.nan, np.inf
    lost = convert(ArrayRecording(data, 100, ["A1", "A2"]), tmp_path / "out.edf")
    assert "11 samples of 2 channels were no numbers, which EDF cannot say: they are 0" in lost
    with open_recording(tmp_path / "out.edf") as after:
        assert np.isfinite(after.read(0, 2)).all()


def test_vendors_formats_become_edf(tmp_path: Path) -> None:
    wanted = vendors.brainvision(tmp_path / "a.vhdr")
    with open_recording(tmp_path / "a.vhdr") as source:
        convert(source, tmp_path / "out.edf")
        with open_recording(tmp_path / "out.edf") as after:
            np.testing.assert_allclose(after.read(0, 3), wanted, atol=0.01)
            assert described(after) == described(source)
            assert after.started_at == source.started_at
    vendors.fif(tmp_path / "b_raw.fif", gap=True)
    with open_recording(tmp_path / "b_raw.fif") as source:
        convert(source, tmp_path / "out.edf")
    with open_recording(tmp_path / "out.edf") as after:
        assert after.gaps == (Gap(1, 2),)


def test_labels_that_edf_has_no_room_for_are_changed_and_said(tmp_path: Path) -> None:
    labels = ["Größe", "a very long label 1", "a very long label 2", "Fp1", "Fp1"]
    lost = convert(ArrayRecording(np.ones((5, 100)), 100, labels, subject="Jörg 7"), tmp_path / "out.edf")
    with open_recording(tmp_path / "out.edf") as after:
        found = [channel.label for channel in after.channels]
        assert found == ["Gro?e", "a very long labe", "a very long la~2", "Fp1", "Fp1"]
        assert after.subject == "Jorg_7"
    assert any("'Größe' as 'Gro?e'" in line for line in lost) and any(
        "'Jörg 7' written as 'Jorg_7'" in line for line in lost
    )
    assert unique(["A", "A", "B"]) == ["A", "A", "B"]


def test_a_rate_that_cannot_be_said_is_said(tmp_path: Path) -> None:
    lost = convert(ArrayRecording(np.ones((1, 4097)), 173.61, ["ch 1"]), tmp_path / "out.edf")
    assert any(line.startswith("a rate of 173.61 Hz is written as 173.609") for line in lost)


def test_memory_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read at once is a block, however long the recording."""
    asked = []

    class Long(ArrayRecording):
        def _read_native(self, indices, first, count):  # type: ignore[no-untyped-def]
            asked.append(count * len(indices))
            return super()._read_native(indices, first, count)

    monkeypatch.setattr(semeia.signals.edf_source, "_BLOCK", 1 << 14)
    convert(Long(np.ones((4, 100_000)), 100, list("ABCD")), tmp_path / "out.edf")
    assert max(asked) <= 1 << 12 and len(asked) > 100


def test_what_goes_wrong_leaves_the_old_file(tmp_path: Path, shared_data: Path) -> None:
    out = tmp_path / "out.edf"
    out.write_bytes(b"old")
    data = (shared_data / "edf_fixtures" / "eegmmi_S001R01.edf").read_bytes()
    (tmp_path / "in.edf").write_bytes(data)
    with open_recording(tmp_path / "in.edf") as recording:
        (tmp_path / "in.edf").write_bytes(data[:-5000])
        with pytest.raises(FileError, match="became shorter"):
            convert(recording, out)
    with pytest.raises(StorageError, match="cannot be written"):
        convert(made(), tmp_path / "absent" / "out.edf")
    with pytest.raises(RecordingError, match="must end in .edf"):
        convert(made(), tmp_path / "out.txt")
    with pytest.raises(RecordingError, match="no channels|nothing"):
        convert(ArrayRecording(np.empty((0, 100)), 100, []), out)
    assert out.read_bytes() == b"old" and sorted(p.name for p in tmp_path.iterdir()) == ["in.edf", "out.edf"]


def test_a_truncated_file_is_converted_as_far_as_it_goes(tmp_path: Path, shared_data: Path) -> None:
    data = (shared_data / "edf_fixtures" / "eegmmi_S001R01.edf").read_bytes()
    (tmp_path / "in.edf").write_bytes(data[: len(data) // 2])
    with open_recording(tmp_path / "in.edf", allow_truncated=True) as recording:
        assert convert(recording, tmp_path / "out.edf") == []
        with open_recording(tmp_path / "out.edf") as after:
            assert after.duration == recording.duration
            np.testing.assert_array_equal(after.read(0, 5), recording.read(0, 5))


def test_answers_readers_and_comments_come_along(tmp_path: Path) -> None:
    events = [
        Event(1, 2, status="rejected", confidence=0.7, author="net", source="net"),
        Event(4, 2, status="proposed", confidence=0.6, author="net", source="net"),
        Event(7, 1, "spike", ("Fp1",), author="anna", source="page", comment="left"),
    ]
    convert(made(events=events), tmp_path / "first.edf")
    with open_recording(tmp_path / "first.edf") as first:
        assert list(first.events) == events
        convert(first, tmp_path / "second.edf")
    with open_recording(tmp_path / "second.edf") as second:
        assert list(second.events) == events
        assert not second.events.seizures().answered()
