"""Transformed examples on disk: found by content, written whole, read row by row in bounded memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import vendors
from semeia.errors import FileError, StorageError
from semeia.transforms import cache
from semeia.transforms.cache import RowFile, cached_rows, content_hash, recording_hash


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of files that were read for their hash, as they are."""
    done = []

    def counted(file, *rest):
        done.append(Path(file.name).name)
        return original(file, *rest)

    original = cache.hashlib.file_digest
    monkeypatch.setattr(cache.hashlib, "file_digest", counted)
    return done


def written(path: Path, content: bytes = b"signal", age: float = 60) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (time.time() - age,) * 2)
    return path


def rows(count: int, *shape: int) -> NDArray[np.float32]:
    return np.arange(count * int(np.prod(shape)), dtype=np.float32).reshape(count, *shape)


def in_batches(array: NDArray[np.float32], size: int = 7) -> Callable[[], Iterator[NDArray[np.float32]]]:
    return lambda: (array[start : start + size] for start in range(0, len(array), size))


def test_a_file_is_read_once(tmp_path: Path, reads: list[str]) -> None:
    path = written(tmp_path / "one.edf")
    first = content_hash(path)
    assert first == content_hash(path) and len(first) == 32
    assert reads == ["one.edf"]


def test_a_moved_folder_has_the_same_hashes(tmp_path: Path) -> None:
    before = [content_hash(written(tmp_path / "data" / name, name.encode())) for name in ("a", "b")]
    (tmp_path / "data").rename(tmp_path / "moved")
    assert [content_hash(tmp_path / "moved" / name) for name in ("a", "b")] == before
    assert before[0] != before[1]


def test_changed_content_is_seen(tmp_path: Path) -> None:
    path = written(tmp_path / "one.edf", b"a")
    first = content_hash(path)
    assert content_hash(written(path, b"b", age=50)) != first
    assert content_hash(written(path, b"longer", age=50)) not in {first, ""}


def test_a_file_that_changed_just_now_is_read_again(tmp_path: Path, reads: list[str]) -> None:
    path = written(tmp_path / "one.edf", b"a", age=0)
    moment = path.stat().st_mtime_ns
    first = content_hash(path)
    path.write_bytes(b"b")
    os.utime(path, ns=(moment, moment))  # within one tick of a coarse clock
    assert content_hash(path) != first
    assert len(reads) == 2


def test_a_damaged_memo_is_made_anew(tmp_path: Path, home: Path, reads: list[str]) -> None:
    path = written(tmp_path / "one.edf")
    first = content_hash(path)
    (memo,) = (home / "cache" / "contents").iterdir()
    for damage in ("", "[", "{}", "3", '["x", 1]', "\xff"):
        memo.write_text(damage, encoding="latin-1")
        assert content_hash(path) == first
    assert len(reads) == 7


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"^gone.edf: no such file$"):
        content_hash(tmp_path / "gone.edf")
    with pytest.raises(FileError, match="cannot be read"):
        content_hash(tmp_path)


def test_many_processes_agree(tmp_path: Path) -> None:
    for number in range(20):
        written(tmp_path / "data" / f"{number}.edf", bytes([number]) * 1000)
    code = (
        "import sys\nfrom pathlib import Path\nfrom semeia.transforms.cache import content_hash, cached_rows\n"
        "import numpy as np\n"
        "print(*[content_hash(p) for p in sorted(Path(sys.argv[1]).iterdir())])\n"
        "batches = lambda: (np.full((3, 50), k, np.float32) for k in range(40))\n"
        "print(cached_rows({'a': 1}, (50,), batches).read(np.arange(120)).sum())"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "data")]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = {child.communicate(timeout=60)[0] for child in children}
    assert [child.returncode for child in children] == [0, 0, 0]
    (answer,) = answers
    assert len(answer.split()) == 21 and answer.split()[-1] == str(50.0 * 3 * 780)


def test_rows_are_computed_once_and_anew_for_another_key_or_shape(home: Path) -> None:
    calls = []

    def batches() -> Iterator[NDArray[np.float32]]:
        calls.append(1)
        yield rows(4, 2, 3)

    key = {"content": "abc", "transform": {"name": "raw", "rate": 100.0}, "first": [1, 2, 3, 4]}
    one = cached_rows(key, (2, 3), batches)
    assert cached_rows(dict(reversed(key.items())), (2, 3), batches).path == one.path
    assert len(calls) == 1
    assert cached_rows(key | {"content": "abd"}, (2, 3), batches).path != one.path
    assert len(calls) == 2
    assert len(list((home / "cache" / "examples").iterdir())) == 2


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 5), max_size=6),
    st.sampled_from([(), (1,), (3, 4), (2, 3, 5)]),
    st.data(),
)
def test_rows_come_back_as_they_were_in_any_order(sizes: list[int], shape: tuple, data: st.DataObject) -> None:
    array = np.random.default_rng(len(sizes)).standard_normal((sum(sizes), *shape)).astype(np.float32)
    file = cached_rows({"sizes": sizes}, shape, lambda: iter(np.split(array, np.cumsum(sizes)[:-1]) if sizes else []))
    assert file.shape == array.shape and len(file) == len(array) and file.dtype == np.float32
    wanted = data.draw(st.lists(st.integers(0, len(array) - 1), max_size=12) if len(array) else st.just([]))
    found = file.read(np.array(wanted, np.int64))
    np.testing.assert_array_equal(found, array[wanted])
    assert found.dtype == np.float32 and found.flags.writeable
    np.testing.assert_array_equal(file.read(np.arange(len(array))), array)


def test_numpy_reads_the_file_too() -> None:
    array = rows(1000, 3)
    np.testing.assert_array_equal(np.load(cached_rows({}, (3,), in_batches(array)).path), array)


def test_only_the_rows_that_are_there_are_given() -> None:
    file = cached_rows({}, (2,), in_batches(rows(5, 2)))
    for wrong in ([5], [-1], [0, 7]):
        with pytest.raises(IndexError, match="has rows 0 to 4"):
            file.read(np.array(wrong))


def test_what_fails_midway_leaves_nothing(home: Path) -> None:
    def broken() -> Iterator[NDArray[np.float32]]:
        yield rows(4, 2)
        raise FileError("one.edf", "is truncated")

    with pytest.raises(FileError, match=r"one.edf: is truncated"):
        cached_rows({}, (2,), broken)
    with pytest.raises(ValueError, match=r"a row has shape \(3,\) instead of \(2,\)"):
        cached_rows({}, (2,), in_batches(rows(4, 3)))
    assert list((home / "cache" / "examples").iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"no numpy file", slice(-1), slice(60), "float64", "columns"])
def test_a_damaged_file_is_refused_and_then_made_anew(damage: bytes | slice | str) -> None:
    file = cached_rows({}, (2,), in_batches(rows(9, 2)))
    if damage == "float64":
        np.save(file.path, rows(9, 2).astype(np.float64))
    elif damage == "columns":
        np.save(file.path, np.asfortranarray(rows(9, 2)))
    else:
        file.path.write_bytes(file.path.read_bytes()[damage] if isinstance(damage, slice) else damage)
    with pytest.raises(StorageError, match="is damaged; remove it and start again"):
        RowFile(file.path)
    np.testing.assert_array_equal(cached_rows({}, (2,), in_batches(rows(9, 2))).read(np.arange(9)), rows(9, 2))


def test_a_file_that_goes_or_shrinks_meanwhile_is_said(tmp_path: Path) -> None:
    file = cached_rows({}, (2,), in_batches(rows(9, 2)))
    os.truncate(file.path, file.path.stat().st_size - 8)
    with pytest.raises(StorageError, match="is damaged"):
        file.read(np.array([8]))
    np.testing.assert_array_equal(file.read(np.array([7])), rows(9, 2)[[7]])
    file.path.unlink()
    with pytest.raises(StorageError, match="cannot be read"):
        file.read(np.array([0]))
    with pytest.raises(StorageError, match="cannot be read"):
        RowFile(file.path)


def test_a_cache_that_cannot_be_written_is_said(home: Path) -> None:
    home.mkdir()
    (home / "cache").write_text("a file where a folder should be")
    with pytest.raises(StorageError, match="this folder cannot be made"):
        cached_rows({}, (2,), in_batches(rows(4, 2)))


def test_no_file_stays_open() -> None:
    file = cached_rows({}, (2,), in_batches(rows(9, 2)))
    before = set(Path("/proc/self/fd").iterdir())
    for _ in range(20):
        file.read(np.array([3, 1, 2]))
    assert len(set(Path("/proc/self/fd").iterdir()) - before) <= 1


def test_a_gigabyte_needs_little_memory(tmp_path: Path, count: Callable[[int], int]) -> None:
    """Written and read in batches, examples take the memory of a batch (daily: 200 MB of them)."""
    megabytes = max(200, count(1000))
    code = f"""
import numpy as np
from semeia.transforms.cache import cached_rows
def peak():
    return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
before = peak()
batches = lambda: (np.full((20, 256, 1024), k, np.float32) for k in range({megabytes // 20}))
file = cached_rows({{}}, (256, 1024), batches)
rng = np.random.default_rng(0)
for _ in range(30):
    chosen = rng.integers(0, len(file), 8)
    assert (file.read(chosen)[:, 5, 5] == chosen // 20).all()
print(len(file), peak() - before)
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    number, megabytes_used = answer.stdout.split()
    assert int(number) == megabytes // 20 * 20
    assert float(megabytes_used) < 80


def test_bytes_are_kept_as_bytes() -> None:
    array = np.random.default_rng(0).integers(0, 256, (11, 2, 5), np.uint8)
    batches = in_batches(array)
    file = cached_rows({}, (2, 5), batches, np.uint8)
    assert file.path.stat().st_size < 11 * 10 + 200
    found = file.read(np.array([7, 0, 7, 8]))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, array[[7, 0, 7, 8]])
    np.testing.assert_array_equal(file.read_slice(3, 9), array[3:9])
    assert cached_rows({}, (2, 5), batches).path != file.path  # the same rows as float32
    np.testing.assert_array_equal(cached_rows({}, (2, 5), batches).read(np.arange(11)), array)


def test_bytes_are_not_made_of_what_would_lose_by_it() -> None:
    with pytest.raises(ValueError, match="dtype float32 instead of uint8"):
        cached_rows({}, (2,), in_batches(rows(4, 2)), np.uint8)


def test_a_recording_of_several_files_is_known_by_all_of_them(tmp_path: Path) -> None:
    vendors.brainvision(tmp_path / "a.vhdr")
    first = recording_hash(tmp_path / "a.vhdr")
    assert first == recording_hash(tmp_path / "a.vhdr") != content_hash(tmp_path / "a.vhdr")
    samples = tmp_path / "a.eeg"
    samples.write_bytes(bytes(samples.stat().st_size))
    assert recording_hash(tmp_path / "a.vhdr") != first
    vendors.gdf(tmp_path / "a.gdf")
    assert recording_hash(tmp_path / "a.gdf") == content_hash(tmp_path / "a.gdf")
