"""Files that come in from the page, slice by slice: each slice is on the disk before it is acknowledged."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction

from semeia.errors import FileError, SemeiaError, StorageError
from semeia.home import alone_in, make_folder, reason, remove_leftovers
from semeia.web.library import Say, add_recording, move_in, safe_name
from semeia.web.models import Picture, Project, Recording, Upload, User
from semeia.web.pictures import add_dropped, is_image

__all__ = ["OutOfStep", "arrived", "begin", "cancel", "finish", "receive", "tidy"]

_RESERVE = 64 * 2**20  # bytes that stay free for the database


class OutOfStep(Exception):
    """A slice does not begin where the last one ended.

    Parameters
    ----------
    received : int
        Bytes that are there.
    """

    def __init__(self, received: int) -> None:
        self.received = received
        super().__init__(f"{received} bytes are here: go on from there.")


def begin(project: Project, user: User, name: str, size: int, folder: str = "") -> Upload:
    """Make ready for a file of so many bytes; `folder` are the folders that it was dropped with.

    Raises
    ------
    StorageError
        If the disk has no room for it.
    """
    name = safe_name(name)
    free = shutil.disk_usage(_folder()).free - _RESERVE
    if size > free:
        raise StorageError(f"{name}: has {_gigabytes(size)}, but only {_gigabytes(max(free, 0))} are free on the disk")
    return Upload.objects.create(project=project, user=user, name=name, size=size, folder=folder)


def receive(upload: Upload, offset: int, data: bytes) -> int:
    """Append a slice, and return how many bytes are here; they are on the disk when this returns.

    Raises
    ------
    OutOfStep
        If the slice does not begin where the last one ended.
    FileError
        If more comes than was announced.
    StorageError
        If the disk is full: what came before is kept.
    """
    with alone_in(_folder()):
        upload.refresh_from_db()
        part = _part(upload)
        try:
            descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageError(f"{upload.name}: cannot be stored ({reason(error)})") from error
        try:
            received = min(upload.received, os.fstat(descriptor).st_size)
            if offset != received:
                raise OutOfStep(received)
            if offset + len(data) > upload.size:
                raise FileError(upload.name, f"more comes than the {upload.size} bytes that were announced")
            _append(descriptor, offset, data, upload)
        finally:
            os.close(descriptor)
        upload.received = offset + len(data)
        upload.save(update_fields=["received"])
        return upload.received


def _append(descriptor: int, offset: int, data: bytes, upload: Upload) -> None:
    try:
        os.ftruncate(descriptor, offset)  # what a killed server wrote, but did not acknowledge
        rest = memoryview(data)
        while rest:
            rest = rest[os.pwrite(descriptor, rest, offset + len(data) - len(rest)) :]
        os.fsync(descriptor)
    except OSError as error:
        with suppress(OSError):
            os.ftruncate(descriptor, offset)
        kept = f"{_gigabytes(offset)} of {_gigabytes(upload.size)} are here and kept"
        raise StorageError(
            f"{upload.name}: cannot be stored ({reason(error)}). {kept}: make room on the disk, then go on."
        ) from error


def finish(upload: Upload, user: User, say: Say = lambda line: None) -> Recording | Picture:
    """Take a file that is here whole into the library: an image by its name into an image set, else as a recording.

    A server that is killed in the middle of this does it again when asked again; `say` as in `library.add_file`.

    Raises
    ------
    OutOfStep
        If some of it is still to come.
    SemeiaError
        If it cannot be read: then it is removed.
    """
    with alone_in(_folder()):
        known = arrived(upload.pk)
        if known is not None:  # another tab was faster
            return known
        try:
            return _picture(upload) if is_image(upload.name) else _recording(upload, user, say)
        except StorageError:  # what came is kept: there may be room later
            raise
        except SemeiaError:
            Upload.objects.filter(pk=upload.pk).delete()
            raise


def arrived(id: str) -> Recording | Picture | None:
    """Return what an upload has become, if it has."""
    return Recording.objects.filter(pk=id).first() or Picture.objects.filter(pk=id).first()


def _recording(upload: Upload, user: User, say: Say) -> Recording:
    id, folder = upload.pk, settings.HOME / "recordings" / upload.pk
    place = folder / upload.name
    if not place.is_file():
        place = move_in(_whole(upload), folder, upload.name)
    try:
        with transaction.atomic():
            row = add_recording(upload.project, place, id=id, copied=True, user=user, say=say)
            Upload.objects.filter(pk=id).delete()
    except SemeiaError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return row


def _picture(upload: Upload) -> Picture:
    part = _whole(upload) if _part(upload).is_file() else None  # none: it was moved already
    if part is None and upload.received < upload.size:
        raise OutOfStep(0)
    row = add_dropped(upload.project, part, upload.pk, upload.name, upload.folder)
    Upload.objects.filter(pk=upload.pk).delete()
    return row


def _whole(upload: Upload) -> Path:
    """Return what has come, if that is all."""
    part = _part(upload)
    there = part.stat().st_size if part.is_file() else 0
    if min(there, upload.received) < upload.size:
        raise OutOfStep(min(there, upload.received))
    return part


def cancel(upload: Upload) -> None:
    """Forget a file that was coming in."""
    with alone_in(_folder()):
        _part(upload).unlink(missing_ok=True)
        upload.delete()


def tidy() -> None:
    """Remove what belongs to no upload any more, and what killed processes left half-copied a day and longer ago."""
    remove_leftovers(_folder())
    known = set(Upload.objects.values_list("id", flat=True))
    for part in _folder().glob("[!.]*.part"):
        if part.stem not in known:
            part.unlink(missing_ok=True)


def _folder() -> Path:
    return make_folder(settings.HOME / "uploads")


def _part(upload: Upload) -> Path:
    return _folder() / f"{upload.pk}.part"


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
