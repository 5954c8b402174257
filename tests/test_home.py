"""The home folder, and files that appear whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from semeia.errors import StorageError
from semeia.home import alone_in, home_folder, make_folder, remove_leftovers, replacing, replacing_folder

FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from semeia.errors import StorageError
from semeia.home import replacing, replacing_folder
try:
    with {manager}(sys.argv[1]) as part:
        {write}
except StorageError as error:
    print(error)
"""


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_the_home_folder_is_what_was_asked_for_then_the_environment_then_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "environment"))
    assert home_folder(tmp_path / "asked") == tmp_path / "asked"
    assert home_folder() == tmp_path / "environment"
    monkeypatch.delenv("SEMEIA_HOME")
    assert home_folder() == tmp_path / "person" / ".semeia"
    assert home_folder("~/other") == tmp_path / "person" / "other"
    assert (tmp_path / "person" / "other").is_dir()


def test_a_home_folder_that_cannot_be_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file: this folder cannot be made \(file exists\)"):
        home_folder(tmp_path / "file")
    monkeypatch.delenv("SEMEIA_HOME")
    monkeypatch.setattr(Path, "expanduser", lambda path: (_ for _ in ()).throw(RuntimeError("no home")))
    with pytest.raises(StorageError, match="no home folder is known: set SEMEIA_HOME"):
        home_folder()


def test_a_folder_is_made_with_its_parents_or_refused(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b").is_dir()
    assert make_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/b: this folder cannot be made \(not a directory\)"):
        make_folder(tmp_path / "file" / "b")


def test_a_file_takes_its_place_only_when_the_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with replacing(target) as part:
        part.write_text("new")
        assert target.read_text() == "old"
        assert part.parent == tmp_path
    assert target.read_text() == "new"
    assert names(tmp_path) == {"a.txt"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_file_stays_as_it_was_when_the_block_fails(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(error), replacing(target) as part:
        part.write_text("half")
        raise error
    assert target.read_text() == "old"
    assert names(tmp_path) == {"a.txt"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("absent/a.txt", "no such file or directory"),
        ("file/a.txt", "not a directory"),
        ("x" * 300, "file name too long"),
        ("folder", "it is a folder"),
        (".", "it is a folder"),
    ],
)
def test_a_file_that_cannot_be_put_there_is_said(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match=rf"cannot be written \({reason}\)"), replacing(tmp_path / name) as part:
        part.write_text("new")
    assert names(tmp_path) == {"file", "folder"}


def test_a_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StorageError, match="it is not a regular file"), replacing(tmp_path / "pipe"):
        pass
    assert (tmp_path / "pipe").is_fifo()


def test_a_working_folder_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("", ".", "/"):
        with pytest.raises(StorageError, match="it is a folder"), replacing(path):
            pass
    with pytest.raises(StorageError, match="it needs a name"), replacing_folder("."):
        pass


def test_a_folder_takes_its_place_only_when_the_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with replacing_folder(target) as part:
        (part / "one").write_text("1")
        assert not target.exists()
    with replacing_folder(target) as part:
        (part / "two").write_text("2")
        assert names(target) == {"one"}
    assert names(target) == {"two"}
    assert names(tmp_path) == {"model"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_a_folder_stays_as_it_was_when_the_block_fails(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "old").write_text("old")
    with pytest.raises(StorageError if error is OSError else error), replacing_folder(target) as part:
        (part / "half").write_text("half")
        raise error
    assert names(target) == {"old"}
    assert names(tmp_path) == {"model"}


def test_a_folder_whose_place_cannot_be_taken_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "old").write_text("old")
    plain = Path.rename

    def rename(path: Path, to: Path) -> Path:
        if path.name.endswith(".part"):
            raise OSError(5, "Input/output error")
        return plain(path, to)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(StorageError, match="input/output error"), replacing_folder(target) as part:
        (part / "new").write_text("new")
    assert names(target) == {"old"}
    assert names(tmp_path) == {"model"}


def test_a_folder_is_made_with_its_parents_and_never_replaces_a_file(tmp_path: Path) -> None:
    with replacing_folder(tmp_path / "a" / "model"):
        pass
    assert (tmp_path / "a" / "model").is_dir()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="it is a file, not a folder"), replacing_folder(tmp_path / "file"):
        pass
    with pytest.raises(StorageError, match="not a directory"), replacing_folder(tmp_path / "file" / "model"):
        pass
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("manager", "write"),
    [
        ("replacing", "part.write_bytes(bytes(10_000))"),
        ("replacing_folder", "(part / 'weights').write_bytes(bytes(10_000))"),
    ],
)
def test_a_disk_that_fills_leaves_what_was_there(tmp_path: Path, manager: str, write: str) -> None:
    target = tmp_path / "target"
    code = FULL_DISK.format(manager=manager, write=write)
    for before in (set(), {"target"}):
        if before:
            target.mkdir() if manager == "replacing_folder" else target.write_text("old")
        answer = subprocess.run([sys.executable, "-c", code, target], capture_output=True, text=True, check=True)
        assert answer.stdout == f"{target}: cannot be written (file too large)\n"
        assert names(tmp_path) == before


def test_leftovers_of_killed_processes_go_after_a_day_and_nothing_else(tmp_path: Path) -> None:
    for name in (".old.npy.1a2b.part", ".new.npy.3c4d.part", "mine.part", ".hidden"):
        (tmp_path / name).write_text("")
    (tmp_path / ".folder.part").mkdir()
    for name in (".old.npy.1a2b.part", "mine.part", ".hidden", ".folder.part"):
        os.utime(tmp_path / name, (0, 0))
    remove_leftovers(tmp_path)
    assert names(tmp_path) == {".new.npy.3c4d.part", "mine.part", ".hidden", ".folder.part"}


def test_files_get_the_permissions_that_the_person_wants(tmp_path: Path) -> None:
    with replacing(tmp_path / "a") as part:
        part.write_text("")
    (tmp_path / "b").write_text("")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE((tmp_path / "b").stat().st_mode)


def test_a_folder_is_held_against_other_processes_until_its_holder_is_gone(tmp_path: Path) -> None:
    code = "import sys, time; from pathlib import Path; from semeia.home import alone_in\n"
    code += "with alone_in(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with (
            pytest.raises(StorageError, match="another works here"),
            alone_in(tmp_path, busy=StorageError("another works here")),
        ):
            pass
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    with alone_in(tmp_path), pytest.raises(StorageError, match="nowhere/.lock: cannot be written"):
        alone_in(tmp_path / "nowhere").__enter__()
