"""A page equals what MNE computes over the whole recording, and what cannot be shown is refused in one line."""

from __future__ import annotations

import gc
import json
import os
import struct
from pathlib import Path
from typing import Any, NamedTuple

import mne
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import sosfiltfilt
from serving import ELECTRODES, write_recording

from semeia.errors import FileError, MontageError, RecordingError, SemeiaError
from semeia.signals import open_recording
from semeia.signals.envelope import build_envelope
from semeia.signals.filters import Filter
from semeia.signals.montage import MONTAGES, MontagedRecording
from semeia.web.pages import AS_RECORDED, ChangedError, Opened, Query, Source, VanishedError, overview

CLINICAL = Filter(high_pass=0.5, low_pass=70, notch=50)
HEADER = 256 * (len(ELECTRODES) + 2)
RECORD = 2 * 128 * len(ELECTRODES) + 128  # bytes of a second of `write_recording`


class Page(NamedTuple):
    header: dict[str, Any]
    values: NDArray[np.float32]

    @property
    def labels(self) -> list[str]:
        return [channel["label"] for channel in self.header["channels"]]


def read(body: bytes) -> Page:
    (size,) = struct.unpack("<I", body[:4])
    assert size % 4 == 0
    header = json.loads(body[4 : 4 + size])
    shape = (-1,) if header["mode"] == "samples" else (header["columns"], 2)
    return Page(header, np.frombuffer(body[4 + size :], "<f4").reshape(len(header["channels"]), *shape))


def source(path: Path) -> Source:
    about = path.stat()
    return Source(path.name, str(path), about.st_size, about.st_mtime_ns)


def page(path: Path, start: float = 0, seconds: float = 10, pixels: int = 1280, **query: Any) -> Page:
    opened = Opened()
    body = opened.render(source(path), Query(start, seconds, pixels, **query))
    opened.close()
    return read(body)


def by_mne(data: NDArray[np.float64], rate: float, filter: Filter) -> NDArray[np.float64]:
    """Filter a whole recording with MNE, and the notch, which MNE designs otherwise, with scipy."""
    parameters = {"order": 4, "ftype": "butter", "output": "sos"}
    band = filter.high_pass, filter.low_pass
    done = mne.filter.filter_data(data, rate, *band, method="iir", iir_params=parameters, phase="zero", verbose="error")
    if filter.notch is None:
        return done
    return sosfiltfilt(Filter(notch=filter.notch).sections(rate), done)


def montaged(path: Path, montage: str) -> tuple[list[str], NDArray[np.float64]]:
    """Make a montage by hand of what MNE reads, in µV."""
    raw = mne.io.read_raw_edf(path, verbose="error")
    recorded = dict(zip([name.strip(". ").upper() for name in raw.ch_names], raw.get_data(units="uV"), strict=True))
    if montage == AS_RECORDED:
        return raw.ch_names, raw.get_data(units="uV")
    labels = list(MONTAGES[montage].labels)
    if montage == "average":
        mean = np.mean([recorded[label.split("-")[0].upper()] for label in labels], axis=0)
        return labels, np.array([recorded[label.split("-")[0].upper()] - mean for label in labels])
    pairs = [label.upper().split("-") for label in labels]
    return labels, np.array([recorded[first] - recorded[second] for first, second in pairs])


@pytest.mark.parametrize("montage", ["longitudinal", "transverse", "average", AS_RECORDED])
@pytest.mark.parametrize("filter", [CLINICAL, Filter(high_pass=1), Filter(low_pass=35), Filter(0.5, 70)], ids=str)
def test_a_page_equals_mne(shared_data: Path, montage: str, filter: Filter) -> None:
    file = shared_data / "edf_fixtures" / "eegmmi_S001R01.edf"  # 64 channels, 160 Hz, 61 s
    labels, data = montaged(file, montage)
    expected = by_mne(data, 160, filter)
    for start in (16.0, 20.0, 29.99, 30.0, 33.3):  # records are 1 s long
        shown = page(file, start, 10, montage=montage, filter=filter)
        assert [label.strip(".") for label in shown.labels] == [label.strip(".") for label in labels]
        first = round(shown.header["start"] * 160)
        assert first / 160 - start < 1 / 160
        assert np.abs(shown.values - expected[:, first : first + shown.values.shape[1]]).max() < 1e-3


def test_a_long_page_equals_mne_where_its_pieces_meet(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = sorted((shared_data / "guinea_bissau").glob("*.edf"))[0]  # 14 channels, 128 Hz, minutes
    _, data = montaged(file, AS_RECORDED)
    with open_recording(file) as recording:
        names = [channel.label for channel in recording.channels]
        duration = recording.duration
    filter = Filter(high_pass=0.5, low_pass=60, notch=50)
    expected = by_mne(data, 128, filter)
    monkeypatch.setattr("semeia.web.pages._AT_ONCE", 1 << 16)  # one channel at a time
    edge = 20
    seconds = int(duration) - 2 * edge
    shown = page(file, edge, seconds, pixels=1000, filter=filter)
    assert shown.labels == names
    part = expected[:, edge * 128 : (edge + seconds) * 128]
    edges = np.arange(1001) * part.shape[1] // 1000
    for column in range(1000):
        inside = part[:, edges[column] : edges[column + 1]]
        assert np.abs(shown.values[:, column, 0] - inside.min(axis=1)).max() < 1e-3
        assert np.abs(shown.values[:, column, 1] - inside.max(axis=1)).max() < 1e-3
    for start in range(edge, edge + 100, 10):  # neighbours, and across the pieces of the reader
        shown = page(file, start, 10, filter=filter)
        assert np.abs(shown.values - expected[:, start * 128 : (start + 10) * 128]).max() < 1e-3


def test_neighbouring_pages_meet(recording_file: Path) -> None:
    both = page(recording_file, 20, 20, pixels=4000, filter=Filter(0.5, 60)).values
    one, two = (page(recording_file, start, 10, filter=Filter(0.5, 60)).values for start in (20, 30))
    np.testing.assert_allclose(np.concatenate([one, two], axis=1), both, atol=1e-3)


def test_what_a_page_says_of_itself(recording_file: Path) -> None:
    shown = page(recording_file, 10, montage="longitudinal", channels=("Fz-Cz", "Fp2-F4", "F7-T7"))
    assert shown.header == {
        "start": 10.0,
        "seconds": 10.0,
        "channels": [
            {"label": "Fz-Cz", "side": "midline"},
            {"label": "Fp2-F4", "side": "right"},
            {"label": "F7-T7", "side": "left"},
        ],
        "mode": "samples",
        "rate": 128.0,
        "columns": None,
        "gaps": [],
    }
    with open_recording(recording_file) as recording:
        fz, cz = recording.read(10, 20, ["Fz", "Cz"])
    np.testing.assert_allclose(shown.values[0], fz - cz, atol=1e-4)


def test_many_samples_become_the_smallest_and_largest_of_each_column(recording_file: Path) -> None:
    with open_recording(recording_file) as recording:
        samples = recording.read(0, 60)
    assert page(recording_file, 0, 60, pixels=2560).header["mode"] == "samples"
    shown = page(recording_file, 0, 60, pixels=999)
    assert (shown.header["mode"], shown.header["rate"], shown.header["columns"]) == ("minmax", None, 999)
    edges = np.arange(1000) * samples.shape[1] // 999
    for column in (0, 1, 500, 998):
        inside = samples[:, edges[column] : edges[column + 1]]
        np.testing.assert_array_equal(shown.values[:, column], np.stack([inside.min(axis=1), inside.max(axis=1)], 1))


def test_the_last_page_ends_with_the_recording(recording_file: Path) -> None:
    shown = page(recording_file, 55, 10)
    assert (shown.header["start"], shown.header["seconds"]) == (55, 5)
    assert shown.values.shape == (19, 5 * 128)


def test_a_page_behind_the_last_sample_is_empty(recording_file: Path) -> None:
    shown = page(recording_file, 59.9999, 10, filter=Filter(0.5, 60))
    assert shown.values.shape == (19, 0)
    assert shown.header["seconds"] == 0


def interrupted(path: Path, at: int, gap: int) -> Path:
    """Turn `write_recording`'s file into one that pauses after `at` seconds (EDF+D)."""
    data = bytearray(write_recording(path, events=()).read_bytes())
    data[192:197] = b"EDF+D"
    for record in range(at, 60):
        end = HEADER + (record + 1) * RECORD
        data[end - 128 : end] = f"+{record + gap}\x14\x14".encode().ljust(128, b"\0")
    path.write_bytes(data)
    return path


def test_gaps_are_gaps(tmp_path: Path) -> None:
    file = interrupted(tmp_path / "gap.edf", at=30, gap=100)
    shown = page(file, 25, 10, filter=Filter(0.5, 60))
    assert shown.header["gaps"] == [[30, 130]]
    nan = np.isnan(shown.values)
    assert not nan[:, : 5 * 128].any()
    assert nan[:, 5 * 128 :].all()
    assert page(file, 0, 10).header["gaps"] == []
    columns = page(file, 20, 120, pixels=121).values
    assert (np.isnan(columns).all(axis=(0, 2)) == np.isnan(columns).any(axis=(0, 2))).all()
    assert 99 <= np.isnan(columns[0, :, 0]).sum() <= 101


def patched(path: Path, *changes: tuple[int, int, int, bytes]) -> Path:
    """Change fields of a header: (where the field's block begins per channel, width, channel, text)."""
    data = bytearray(path.read_bytes())
    for before, width, channel, text in changes:
        place = 256 + before * (len(ELECTRODES) + 1) + width * channel
        data[place : place + width] = text.ljust(width)
    path.write_bytes(data)
    return path


UNIT, PHYSICAL_MIN, PHYSICAL_MAX = (96, 8), (104, 8), (112, 8)


def test_a_dummy_is_left_out_as_recorded(tmp_path: Path) -> None:
    file = write_recording(tmp_path / "dummy.edf")
    patched(file, (*PHYSICAL_MIN, 3, b"0"), (*PHYSICAL_MAX, 3, b"0"))
    assert page(file).labels == [label for label in ELECTRODES if label != "P3"]
    with pytest.raises(RecordingError, match="no channel 'P3' to show; there are Fp1, F3"):
        page(file, channels=("P3",))


def test_only_voltages_are_filtered(tmp_path: Path) -> None:
    file = patched(write_recording(tmp_path / "unit.edf"), (*UNIT, 0, b"%"))
    plain, filtered = page(file), page(file, filter=Filter(high_pass=1))
    np.testing.assert_array_equal(plain.values[0], filtered.values[0])
    assert np.abs(plain.values[1] - filtered.values[1]).max() > 1
    only = page(file, channels=("Fp1",), filter=Filter(low_pass=70))  # which no voltage here could have
    np.testing.assert_array_equal(only.values[0], plain.values[0])


def test_a_label_that_stands_twice_is_found_twice(tmp_path: Path) -> None:
    labels = ["FP1-F7", "T8-P8", "C3", "T8-P8"]
    file = write_recording(tmp_path / "twice.edf", labels=labels)
    everything = page(file).values
    shown = page(file, channels=("T8-P8", "FP1-F7", "T8-P8"))
    np.testing.assert_array_equal(shown.values, everything[[1, 0, 3]])
    with pytest.raises(RecordingError, match="T8-P8"):
        page(file, channels=("T8-P8",) * 3)


def test_mixed_rates_are_shown_at_the_highest(shared_data: Path) -> None:
    file = shared_data / "edf_fixtures" / "edfio_short_psg.edf"
    with open_recording(file) as recording:
        rates = {channel.rate for channel in recording.channels}
        assert len(rates) > 1
        expected = recording.read(0, 5, rate=max(rates))
        labels = [channel.label for channel in recording.channels]
    shown = page(file, 0, 5)
    assert shown.header["rate"] == max(rates)
    assert shown.labels == labels
    np.testing.assert_array_equal(shown.values, expected)
    slow = min(rates)
    with open_recording(file) as recording:
        (alone,) = [c.label for c in recording.channels if c.rate == slow][:1]
    assert page(file, 0, 5, channels=(alone,)).header["rate"] == slow


def test_every_montage_of_the_page_is_the_montage(recording_file: Path) -> None:
    with open_recording(recording_file) as recording:
        for name, montage in MONTAGES.items():
            try:
                expected = MontagedRecording(recording, montage).read(10, 20)
            except MontageError:
                with pytest.raises(MontageError, match=f"montage '{name}' cannot be made: no channel has FT9, FT10"):
                    page(recording_file, 10, montage=name)
            else:
                np.testing.assert_allclose(page(recording_file, 10, montage=name).values, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"start": -1.0}, "a page at -1 s does not lie in the recording, which has 60 s"),
        ({"start": 60.0}, "a page at 60 s does not lie in the recording"),
        ({"start": float("nan")}, "a page at nan s does not lie"),
        ({"seconds": 0.0}, "a page is up to 600 s long, not 0 s"),
        ({"seconds": -3.0}, "up to 600 s long, not -3 s"),
        ({"seconds": float("nan")}, "up to 600 s long, not nan s"),
        ({"seconds": float("inf")}, "up to 600 s long, not inf s"),
        ({"seconds": 1e9}, "up to 600 s long, not 1e\\+09 s"),
        ({"pixels": 0}, "a page is 1 to 8192 pixels wide, not 0"),
        ({"pixels": 10**9}, "1 to 8192 pixels wide"),
        ({"montage": "banana"}, "there is no montage 'banana'; there are longitudinal"),
        ({"montage": "longitudinal", "channels": ("Fp1",)}, "no channel 'Fp1' to show; there are Fp1-F7"),
        ({"channels": ("Fp1", "Fp99")}, "no channel 'Fp99' to show; there are Fp1, F3"),
        ({"filter": Filter(low_pass=70)}, "low_pass 70 Hz is not below 64 Hz, half the sampling rate"),
        ({"filter": Filter(notch=64)}, "notch 64 Hz is not below 64 Hz"),
        ({"filter": Filter(high_pass=100)}, "high_pass 100 Hz is not below 64 Hz"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(recording_file: Path, query: dict[str, Any], words: str) -> None:
    with pytest.raises(SemeiaError, match=words) as refused:
        page(recording_file, **query)
    assert "\n" not in str(refused.value)


def test_more_than_fits_into_memory_is_refused(recording_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semeia.web.pages._MOST_SAMPLES", 19 * 128 * 20)
    page(recording_file, 0, 20)
    with pytest.raises(RecordingError, match="so many channels at 128 Hz can be 20 s long"):
        page(recording_file, 0, 21)


def test_a_montage_that_cannot_be_made_says_what_is_missing(tmp_path: Path) -> None:
    file = write_recording(tmp_path / "few.edf", labels=["Fp1", "F7", "C3", "O1"])
    with pytest.raises(MontageError, match="no channel has T7, P7.* so not F7-T7"):
        page(file, montage="longitudinal")


def test_a_file_that_vanished_or_changed_is_noticed(tmp_path: Path) -> None:
    file = write_recording(tmp_path / "here.edf")
    known = source(file)
    known.check()
    os.utime(file, ns=(1, 1))
    with pytest.raises(ChangedError, match=r"here.edf: its file has changed since it was imported: import it anew"):
        known.check()
    file.unlink()
    with pytest.raises(VanishedError, match=r"here.edf: its file is gone"):
        known.check()


def test_a_file_that_shrinks_while_it_is_open_is_an_error_of_the_file(tmp_path: Path) -> None:
    file = write_recording(tmp_path / "shrinks.edf")
    opened, known = Opened(), source(file)
    opened.render(known, Query(0, 10, 1280))
    os.truncate(file, HEADER + 20 * RECORD)
    with pytest.raises(FileError, match="became shorter"):
        opened.render(known, Query(40, 10, 1280))
    opened.close()


def files_open() -> int:
    gc.collect()  # what other tests left open is closed whenever this happens
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_few_recordings_stay_open(tmp_path: Path) -> None:
    files = [write_recording(tmp_path / f"{number}.edf", seconds=3) for number in range(20)]
    opened, before = Opened(), files_open()
    pages = [
        opened.render(source(file), Query(0, 3, 500, montage=name))
        for file in files
        for name in ("average", AS_RECORDED)
    ]
    assert files_open() - before <= 8
    assert opened.render(source(files[0]), Query(0, 3, 500, montage="average")) == pages[0]
    opened.close()
    assert files_open() == before


def test_an_overview_has_the_layout_of_a_page(recording_file: Path, tmp_path: Path) -> None:
    with open_recording(recording_file) as recording:
        envelope = build_envelope(recording, tmp_path / "e")
    header, values = read(overview(envelope, 100))
    assert header == {
        "start": 0.0,
        "seconds": 60.0,
        "channels": [{"label": "envelope", "side": "other"}],
        "mode": "minmax",
        "rate": None,
        "columns": 100,
        "gaps": [],
    }
    np.testing.assert_array_equal(values[0], envelope.overview(100))
    for columns in (0, -1, 10**6):
        with pytest.raises(RecordingError, match="1 to 8192 columns"):
            overview(envelope, columns)
