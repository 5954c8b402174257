"""Where things are kept: models, runs, simulated patients, caches; and how a file is put there whole.

Nothing is ever half-written: `replacing` writes beside the target and renames.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from semeia.errors import StorageError

__all__ = [
    "alone_in",
    "cache_file",
    "check_own",
    "holding",
    "home_folder",
    "make_folder",
    "reason",
    "remove_leftovers",
    "replacing",
    "replacing_folder",
]


def home_folder(path: str | Path | None = None) -> Path:
    """Return the folder that holds what Semeia keeps, made if it is absent.

    Parameters
    ----------
    path : str or Path, optional
        The folder; otherwise ``$SEMEIA_HOME``, otherwise ``~/.semeia``.

    Raises
    ------
    StorageError
        If the folder cannot be made.
    """
    try:
        folder = Path(path or os.environ.get("SEMEIA_HOME") or "~/.semeia").expanduser()
    except RuntimeError as error:  # a user without an entry in the password file, as in some containers
        raise StorageError("no home folder is known: set SEMEIA_HOME to one") from error
    return make_folder(folder)


def cache_file(path: str | Path, size: int, modified_ns: int, *, kind: str, ending: str, version: int) -> Path:
    """Return where what is made of a file is kept; the name changes when the file does, or the way it is made.

    Parameters
    ----------
    path : str or Path
        The file.
    size : int
        Bytes.
    modified_ns : int
        When it was last changed, in nanoseconds since the epoch.
    kind : str
        Folder of the cache.
    ending : str
        Of the name, with its dot.
    version : int
        Of the way it is made.
    """
    key = json.dumps([str(Path(path).absolute()), size, modified_ns, version])
    return home_folder() / "cache" / kind / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}{ending}"


def make_folder(path: str | Path) -> Path:
    """Return a folder, made with its parents if it is absent.

    Raises
    ------
    StorageError
        If it cannot be made.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder}: this folder cannot be made ({reason(error)})") from error
    return folder


def check_own(folder: Path, is_ours: Callable[[str], bool], what: str) -> None:
    """Check, before the work, that something may be written into a folder: a new or empty one, or one that it wrote.

    Parameters
    ----------
    folder : Path
    is_ours : callable
        Tells of a file's name whether it may be there.
    what : str
        What is to be written, such as ``the report``.

    Raises
    ------
    StorageError
        If the folder is a file, or holds anything else.
    """
    if folder.exists() and not folder.is_dir():
        raise StorageError(f"{folder}: is a file; give a folder for {what}")
    if folder.is_dir() and not all(is_ours(file.name) for file in folder.iterdir()):
        raise StorageError(f"{folder}: holds other things already; give {what} a folder of its own")


@contextmanager
def replacing(target: str | Path) -> Iterator[Path]:
    """Yield a path beside `target` to write to; it takes the target's place when the block ends well.

    If the block raises, what was written is removed and the target stays as it was.

    Raises
    ------
    StorageError
        If the disk is full or the place may not be written.
    """
    target = Path(target)
    beside = target.parent / f".{target.name}.{secrets.token_hex(4)}.part"
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if target.exists() and not target.is_file():  # a device such as /dev/null would be gone
            raise OSError(errno.EINVAL, "it is not a regular file")
        yield beside
        _flush(beside)
        beside.replace(target)
    except OSError as error:
        raise StorageError(f"{target}: cannot be written ({reason(error)})") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


@contextmanager
def replacing_folder(target: str | Path) -> Iterator[Path]:
    """Yield a new folder beside `target`; it takes the target's place when the block ends well.

    Raises
    ------
    StorageError
        If the disk is full or the place may not be written.
    """
    target = Path(target)
    token = secrets.token_hex(4)
    beside, old = (target.parent / f".{target.name}.{token}.{end}" for end in ("part", "old"))
    try:
        if not target.name:
            raise OSError(errno.EINVAL, "it needs a name")
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "it is a file, not a folder")
        beside.mkdir(parents=True)
        yield beside
        for file in beside.rglob("*"):
            if file.is_file():
                _flush(file)
        if target.exists():
            target.rename(old)
        beside.rename(target)
    except OSError as error:
        with suppress(OSError):
            if old.exists() and not target.exists():
                old.rename(target)
        raise StorageError(f"{target}: cannot be written ({reason(error)})") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def holding(file: Path, *, busy: Exception | None = None) -> Iterator[None]:
    """Hold off every other process that asks for the same file, which is made if it is absent and stays.

    The lock goes with its process, however that ends. Over NFS, as on clusters, only what is open for writing can be
    locked: so it is a file, and never a folder.

    Parameters
    ----------
    file : Path
    busy : Exception, optional
        Raised when another process holds it; otherwise this one waits.

    Raises
    ------
    StorageError
        If the file cannot be made.
    """
    try:
        held = file.open("ab")
    except OSError as error:
        raise StorageError(f"{file}: cannot be written ({reason(error)})") from error
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy is not None else 0))
        except BlockingIOError as error:
            raise (busy or error) from None
        yield


def alone_in(folder: Path, *, busy: Exception | None = None) -> AbstractContextManager[None]:
    """Hold off every other process that asks for the same folder, which must be there: see `holding`."""
    return holding(folder / ".lock", busy=busy)


def _flush(file: Path) -> None:
    """Wait until a file is on the disk: renamed before that, it could be empty after a power cut."""
    with file.open("rb") as written:
        os.fsync(written.fileno())


def remove_leftovers(folder: Path, seconds: float = 86400.0) -> None:
    """Remove what killed processes left half-written in a folder, untouched for so many seconds."""
    for part in folder.glob(".*.part"):
        with suppress(OSError):
            if part.is_file() and part.stat().st_mtime < time.time() - seconds:
                part.unlink()


def reason(error: OSError) -> str:
    """Return why the system refused, in small letters."""
    return (error.strerror or str(error)).lower()
