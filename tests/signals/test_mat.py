"""MAT files as recordings: both containers, the contests' structs, plain arrays, and whatever is damaged or hostile."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io

from semeia.errors import FileError, RecordingError, SemeiaError
from semeia.signals import open_recording
from semeia.signals.mat import MatRecording

SAMPLES = np.random.default_rng(1).normal(0, 50, (4, 1500)).astype(np.float32)
AES = {
    "data": SAMPLES,
    "data_length_sec": 3.75,
    "sampling_frequency": 400.0,
    "channels": np.array(["LD_1", "LD_2", "RD_1", "RD_2"], object)[None],
    "sequence": 3,
}
MELBOURNE = {
    "data": SAMPLES.T,
    "iEEGsamplingRate": 400.0,
    "nSamplesSegment": 1500,
    "channelIndices": np.array([[1, 3, 4, 9]]),
    "sequence": 6,
}


def write_73(path: Path, variables: dict[str, Any]) -> Path:
    """Write a MAT file of version 7.3 as MATLAB does: HDF5 behind 512 bytes, matrices turned, texts as numbers."""
    with h5py.File(path, "w", userblock_size=512) as file:
        cells = file.create_group("#refs#")

        def put(group: h5py.Group, name: str, value: Any) -> None:
            if isinstance(value, dict):
                inner = group.create_group(name)
                inner.attrs["MATLAB_class"] = np.bytes_("struct")
                for key, item in value.items():
                    put(inner, key, item)
                return
            value = np.asarray(value)
            if value.dtype == object:
                texts = [np.frombuffer(text.encode("utf-16-le"), np.uint16)[:, None] for text in value.ravel()]
                made = [cells.create_dataset(f"c{len(cells)}", data=text).ref for text in texts]
                item = group.create_dataset(name, data=np.array(made, h5py.ref_dtype)[:, None])
                kind = "cell"
            else:
                value = np.atleast_2d(value)
                large = {"chunks": (min(500, value.shape[1]), value.shape[0]), "compression": "gzip"}
                item = group.create_dataset(name, data=value.T, **(large if value.size > 100 else {}))
                kind = {"f": "double", "c": "double"}.get(value.dtype.kind, str(value.dtype))
            item.attrs["MATLAB_class"] = np.bytes_(kind)

        for name, value in variables.items():
            put(file, name, value)
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + b"\x00\x02IM")
    return path


def write(path: Path, variables: dict[str, Any], container: str = "v7") -> Path:
    if container == "v7.3":
        return write_73(path, variables)
    scipy.io.savemat(path, variables, do_compression=container == "v7")
    return path


each_container = pytest.mark.parametrize("container", ["v6", "v7", "v7.3"])


@each_container
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int16, np.uint8, np.int32])
@pytest.mark.parametrize("time_first", [False, True])
def test_plain_array_of_any_type_is_read_whichever_way_it_lies(tmp_path, container, kind, time_first):
    samples = np.clip(SAMPLES, 0, 200).astype(kind)
    path = write(tmp_path / "a.mat", {"eeg": samples.T if time_first else samples}, container)
    with open_recording(path, rate=300) as recording:
        assert (recording.duration, recording.rate, len(recording.channels)) == (5, 300, 4)
        assert recording.channels[0].label == "ch 1" and recording.channels[0].unit == "uV"
        assert np.array_equal(recording.read(0, 5), samples.astype(np.float32))
        assert np.array_equal(recording.read(1, 2, ["ch 4", "ch 2"]), samples[[3, 1], 300:600].astype(np.float32))
        assert recording.read_samples(7, 0).shape == (4, 0)


@each_container
def test_struct_of_the_2014_contest_says_rate_labels_and_sequence(tmp_path, container):
    path = write(tmp_path / "Dog_1_preictal_segment_0003.mat", {"preictal_segment_3": AES}, container)
    with MatRecording(path) as recording:
        assert (recording.duration, recording.rate, recording.sequence) == (3.75, 400, 3)
        assert [channel.label for channel in recording.channels] == ["LD_1", "LD_2", "RD_1", "RD_2"]
        assert np.array_equal(recording.read(0, 3.75), SAMPLES)


@each_container
def test_struct_of_the_2016_contest_has_time_first(tmp_path, container):
    few = MELBOURNE | {
        "data": SAMPLES.T[:3],
        "nSamplesSegment": 3,
    }  # shorter than wide: the struct decides, not the axes
    for said, samples in ((MELBOURNE, SAMPLES), (few, SAMPLES[:, :3])):
        with MatRecording(write(tmp_path / "1_17_0.mat", {"dataStruct": said}, container)) as recording:
            assert (recording.rate, recording.sequence) == (400, 6)
            assert [channel.label for channel in recording.channels] == ["ch 1", "ch 3", "ch 4", "ch 9"]
            assert np.array_equal(recording.read_samples(0, samples.shape[1]), samples)


def test_test_file_without_a_sequence_has_none(tmp_path):
    said = {key: value for key, value in AES.items() if key != "sequence"}
    assert MatRecording(write(tmp_path / "a.mat", {"test_segment_1": said})).sequence is None


def test_rate_in_the_file_comes_before_a_given_one(tmp_path):
    assert open_recording(write(tmp_path / "a.mat", {"x": AES}), rate=10).rate == 400


@each_container
def test_rate_that_nobody_says_is_asked_for(tmp_path, container):
    path = write(tmp_path / "a.mat", {"eeg": SAMPLES}, container)
    with pytest.raises(FileError, match=r"^a.mat: 4×1500 numbers \(eeg\) does not say .*--rate 400.*in a recipe$"):
        open_recording(path)
    for rate in (0, -1, float("nan")):
        with pytest.raises(RecordingError, match="is not possible"):
            open_recording(path, rate=rate)


@each_container
def test_matrix_named_data_is_taken_among_others(tmp_path, container):
    path = write(tmp_path / "a.mat", {"t": np.arange(1500.0), "Data": SAMPLES.T, "fs": 400.0}, container)
    assert len(open_recording(path, rate=400).channels) == 4


OBJECT = np.zeros((1, 1), [("name", object)])


@each_container
@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"a": SAMPLES, "b": SAMPLES[:2]}, r"several recordings \(a: 4×1500 numbers, b: 2×1500 numbers\): keep one"),
        (
            {"note": np.array([["a", "b"]], object), "fs": 400.0},
            r"no matrix of numbers, .* but .*note: text",
        ),
        ({"cube": np.zeros((2, 3, 4))}, r"no matrix of numbers, .* but cube: 2×3×4 numbers"),
        ({"z": SAMPLES * 1j}, "but z: complex array"),
        ({"eeg": np.ones((40, 40))}, "eeg is 40×40: nothing tells which axis is time"),
        ({"x": AES | {"sampling_frequency": 0.0}}, r"x.sampling_frequency is no sampling rate"),
        ({"x": AES | {"data": np.array([["a"]], object)}}, r"x.data is no matrix of numbers, but text"),
        ({"x": AES | {"data_length_sec": 600}}, "says that it has 240000 samples, but has 1500: it is cut or turned"),
        ({"x": MELBOURNE | {"nSamplesSegment": 5000}}, "says that it has 5000 samples, but has 1500"),
        ({"x": AES, "y": AES}, "several recordings"),
        ({"s": {"other": SAMPLES}}, "no matrix of numbers, .* but s: a struct"),
    ],
)
def test_file_that_is_no_one_recording_says_what_it_holds(tmp_path, container, variables, words):
    with pytest.raises(FileError, match=words):
        open_recording(write(tmp_path / "a.mat", variables, container), rate=400)


def test_cells_sparse_matrices_and_arrays_of_structs_are_named_not_read(tmp_path):
    mixed = np.array([["a", 3]], object)
    path = write(tmp_path / "a.mat", {"c": mixed, "s": scipy.sparse.eye_array(9).tocsc(), "e": np.zeros((0, 3))})
    with pytest.raises(FileError, match="c: cell array, s: sparse array, e: empty array"):
        open_recording(path, rate=1)
    with pytest.raises(FileError, match="o: array of structs"):
        open_recording(write(tmp_path / "b.mat", {"o": np.zeros((1, 3), [("name", object)])}), rate=1)


@each_container
def test_recording_of_nothing_but_nan_is_refused_when_it_is_read(tmp_path, container):
    with (
        open_recording(write(tmp_path / "a.mat", {"eeg": np.full((2, 300), np.nan)}, container), rate=100) as recording,
        pytest.raises(FileError, match="nothing but NaN"),
    ):
        recording.read(0, 1)
    gap = SAMPLES.copy()
    gap[:, :600] = np.nan
    with open_recording(write(tmp_path / "b.mat", {"eeg": gap}, container), rate=100) as recording:
        assert np.isnan(recording.read(0, 6)).all() and not np.isnan(recording.read(6, 7)).any()


@each_container
@pytest.mark.parametrize("variables", [{"eeg": SAMPLES}, {"preictal_segment_1": AES}])
def test_truncated_file_is_refused(tmp_path, container, variables):
    path = write(tmp_path / "a.mat", variables, container)
    data = path.read_bytes()
    for length in (0, 60, 127, 200, 700, len(data) // 2, len(data) - 9):
        path.write_bytes(data[:length])
        with pytest.raises(FileError, match=r"^a\.mat: (is|holds|ends) "), open_recording(path, rate=400) as recording:
            recording.read(0, recording.duration)


def test_other_files_and_folders_are_refused(tmp_path):
    for name, content in (("a.mat", b"not a MAT file, just words " * 9), ("b.mat", b"\x89HDF\r\n\x1a\n" + bytes(500))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FileError, match="is no MAT file|is damaged or truncated: HDF5"):
            open_recording(tmp_path / name)
    (tmp_path / "c.mat").mkdir()
    with pytest.raises(FileError, match="is a folder"):
        open_recording(tmp_path / "c.mat")
    with pytest.raises(FileError, match="no such file"):
        open_recording(tmp_path / "absent.mat")


def test_damage_in_compressed_samples_is_noticed(tmp_path):
    path = write(tmp_path / "a.mat", {"eeg": SAMPLES})
    data = bytearray(path.read_bytes())
    data[-1] ^= 1  # the last byte of zlib's sum
    path.write_bytes(data)
    with open_recording(path, rate=400) as recording, pytest.raises(FileError, match="incorrect data check"):
        recording.read(0, 1)


def test_closed_recording_is_not_read(tmp_path):
    for container in ("v6", "v7.3"):
        recording = open_recording(write(tmp_path / "a.mat", {"eeg": SAMPLES}, container), rate=400)
        recording.close()
        with pytest.raises(RecordingError, match="was closed"):
            recording.read(0, 1)


def element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(number_of_bytes: int, shape: tuple[int, int], data: bytes) -> bytes:
    """Return a variable of doubles that claims a size and a shape, whatever its data."""
    head = element(6, struct.pack("<II", 6, 0)) + element(5, struct.pack("<ii", *shape)) + element(1, b"eeg")
    head += struct.pack("<II", 9, number_of_bytes)
    return struct.pack("<II", 14, len(head) + number_of_bytes) + head + data


HEADER = b"MATLAB 5.0 MAT-file".ljust(116) + bytes(8) + b"\x00\x01IM"


def test_claims_beyond_the_bytes_that_are_there_are_refused_at_once(tmp_path):
    path = tmp_path / "a.mat"
    claimed = 2**31 - 4096
    lie = matrix(claimed, (claimed // 8, 1), bytes(64))
    packed = zlib.compress(lie)
    path.write_bytes(HEADER + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(FileError, match="more than its compressed data become"):
        open_recording(path, rate=1)
    path.write_bytes(HEADER + lie)
    with pytest.raises(FileError, match=r"ends at byte \d+, but the file at 2\d\d \(truncated\)"):
        open_recording(path, rate=1)


def test_bomb_of_nested_cells_is_refused(tmp_path):
    inner = b""
    for _ in range(200):
        head = element(6, struct.pack("<II", 1, 0)) + element(5, struct.pack("<ii", 1, 1)) + element(1, b"")
        inner = element(14, head + (inner or element(14, b"")))
    (tmp_path / "a.mat").write_bytes(HEADER + inner)
    with pytest.raises(FileError, match="more variables in variables"):
        open_recording(tmp_path / "a.mat", rate=1)


def test_big_endian_file_is_read(tmp_path):
    body = (
        struct.pack(">IIII", 6, 8, 6, 0)
        + struct.pack(">IIii", 5, 8, 1, 600)
        + struct.pack(">II", 1 << 16 | 1, 0x78000000)
    )
    body += struct.pack(">II", 9, 4800) + np.arange(600, dtype=">f8").tobytes()
    header = HEADER[:124] + b"\x01\x00MI"
    (tmp_path / "a.mat").write_bytes(header + struct.pack(">II", 14, len(body)) + body)
    with open_recording(tmp_path / "a.mat", rate=100) as recording:
        assert np.array_equal(recording.read(0, 6)[0], np.arange(600, dtype=np.float32))


def test_links_out_of_the_file_are_not_followed(tmp_path):
    secret = write_73(tmp_path / "secret.mat", {"eeg": SAMPLES})
    (tmp_path / "raw").write_bytes(SAMPLES.tobytes())
    path = write_73(tmp_path / "a.mat", {"fs": 1.0})
    with h5py.File(path, "r+") as file:
        file["eeg"] = h5py.ExternalLink(str(secret), "/eeg")
    with pytest.raises(FileError, match="eeg: link"):
        open_recording(path, rate=400)
    path = write_73(tmp_path / "b.mat", {"fs": 1.0})
    with h5py.File(path, "r+") as file:
        file.create_dataset("eeg", (1500, 4), np.float32, external=[(str(tmp_path / "raw"), 0, SAMPLES.nbytes)])
    with pytest.raises(FileError, match="are in another file"):
        open_recording(path, rate=400)


def test_opening_and_closing_leaves_no_file_open(tmp_path):
    paths = [write(tmp_path / f"{name}.mat", {"eeg": SAMPLES}, name) for name in ("v6", "v7", "v7.3")]
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in paths * 10:
        with open_recording(path, rate=400) as recording:
            recording.read(0, 1)
        with pytest.raises(FileError):
            open_recording(path)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with some bytes changed, and sometimes cut, mostly where it describes itself."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 6)):
        reach = len(changed) if rng.random() < 0.3 else min(len(changed), 1200)
        place = int(rng.integers(0, reach))
        changed[place] = int(rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.integers(256)]))
    return bytes(changed[: rng.integers(1, len(changed))] if rng.random() < 0.1 else changed)


@each_container
def test_any_damage_ends_in_one_clear_error_or_a_readable_recording(tmp_path, container, count):
    """The fuzz: inside the compressed variables too."""
    rng = np.random.default_rng(len(container))
    made = [
        write(tmp_path / f"{k}.mat", v, container) for k, v in enumerate([{"x": AES}, {"x": MELBOURNE}, {"e": SAMPLES}])
    ]
    seeds = [path.read_bytes() for path in made]
    path = tmp_path / "fuzz.mat"
    for _ in range(count(1000)):
        data = seeds[rng.integers(len(seeds))]
        if container == "v7" and rng.random() < 0.7:
            packed = zlib.compress(mutated(zlib.decompress(data[136:]), rng))
            data = data[:128] + struct.pack("<II", 15, len(packed)) + packed
        else:
            data = mutated(data, rng)
        path.write_bytes(data)
        try:
            with open_recording(path, rate=400) as recording:
                recording.read_samples(0, min(recording.sample_count(), 2000))
        except SemeiaError as error:
            assert "\n" not in str(error) and str(error).startswith("fuzz.mat: ")


def test_real_arrays_are_read_as_scipy_reads_them(shared_data):
    paths = [*(shared_data / "kramer_ieeg").glob("*.mat"), *(shared_data / "iiic_clips").glob("*.mat")]
    paths += (shared_data / "melbourne_2016").glob("Pat*.mat")
    for path in sorted(paths)[::3]:
        (samples,) = (value for name, value in scipy.io.loadmat(path).items() if not name.startswith("_"))
        samples = samples.T if samples.shape[0] > samples.shape[1] else samples
        with open_recording(path, rate=400) as recording:
            assert np.array_equal(recording.read(0, recording.duration), samples.astype(np.float32), equal_nan=True)
    with (
        open_recording(shared_data / "melbourne_2016" / "UTC_08_00_00.mat", rate=400) as recording,
        pytest.raises(FileError, match="nothing but NaN"),
    ):
        recording.read(0, 1)
