"""One file over HTTP, gone on with where it was cut."""

from __future__ import annotations

import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import semeia
from semeia.errors import DatasetError, StorageError
from semeia.home import reason

__all__ = ["fetch", "read_text"]

TRIES = 5
"""Failures in a row, without a byte more, after which a download is given up."""

TIMEOUT = 30.0
PIECE = 1 << 18
LARGEST_TEXT = 16 << 20
_RETRIED = {408, 425, 429, 500, 502, 503, 504}
_REFUSALS = {401: "wants an account", 403: "refuses it", 404: "has no such file", 410: "has no such file"}


class _Cut(Exception):
    """The connection failed: try again."""


def read_text(address: str, *, pause: float = 1.0) -> str:
    """Return a short text.

    Raises
    ------
    DatasetError
        If it cannot be had, or is no text.
    """
    name = address.rsplit("/", 1)[-1]
    for failures in range(1, TRIES + 1):
        try:
            with _opened(address, {}, name) as response:
                data = _read(response, LARGEST_TEXT)
                size = _length(response)
                if size is not None and len(data) < min(size, LARGEST_TEXT):
                    raise _Cut("the connection was cut")
                return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DatasetError(f"{address}: is no text") from error
        except _Cut as error:
            if failures == TRIES:
                raise DatasetError(f"{address}: {error}") from error
            time.sleep(pause * 2 ** (failures - 1))
    raise AssertionError


def fetch(
    address: str,
    target: Path,
    *,
    name: str,
    checked: bool,
    told: Callable[[int, int | None], None],
    pause: float = 1.0,
) -> Path:
    """Fetch a file beside its target and return where it is: ``TARGET.part``, whole and on the disk.

    Parameters
    ----------
    address : str
        An ``http`` or ``https`` address.
    target : Path
    name : str
        What the file is called in errors.
    checked : bool
        Whether a checksum will be compared: only then is a part gone on with though the server does not say which
        version of the file it is of.
    told : callable
        Called with the bytes that are here, and how many there are to be, if known.
    pause : float
        Seconds before the first try after a failure; each further one doubles it.

    Raises
    ------
    DatasetError
        If the file is not there, or the connection fails `TRIES` times in a row.
    StorageError
        If it cannot be written; what is here is kept.
    """
    part = target.with_name(target.name + ".part")
    failures = 0
    while True:
        before = _size(part)
        try:
            if _go_on(address, part, name=name, checked=checked, told=told):
                _version_file(part).unlink(missing_ok=True)
                return part
            problem = "the connection was cut"
        except _Cut as error:
            problem = str(error)
        except OSError as error:
            raise StorageError(f"{part}: cannot be written ({reason(error)}); the same command goes on") from error
        failures = 1 if _size(part) > before else failures + 1
        if failures >= TRIES:
            raise DatasetError(f"{name}: {problem}, {TRIES} times in a row; the same command goes on from here")
        time.sleep(pause * 2 ** (failures - 1))


def _go_on(address: str, part: Path, *, name: str, checked: bool, told: Callable[[int, int | None], None]) -> bool:
    """Fetch what is missing of a file; return whether it is whole now."""
    have, version = _size(part), _version(part)
    asked = {"Range": f"bytes={have}-"} if have and (checked or version) else {}
    if asked and version:
        asked["If-Range"] = version
    with _opened(address, asked, name) as response:
        total = _total(response)
        if response.status == 416:  # nothing is left, or the file became shorter
            if have == total:
                return True
            part.unlink()
            return False
        if response.status == 206 and not _continues(response, have, version):
            part.unlink()
            return False
        if response.status == 200:
            have = 0
            _version_file(part).write_text(_said_version(response), encoding="ascii")
        with part.open("ab" if have else "wb") as file:
            told(have, total)
            while piece := _read(response, PIECE):
                file.write(piece)
                have += len(piece)
                told(have, total)
            file.flush()
            os.fsync(file.fileno())
    return total is None or have == total


def _opened(address: str, headers: dict[str, str], name: str) -> HTTPResponse:
    """Return the answer; 416 counts as one."""
    try:
        right = urlsplit(address).scheme in {"http", "https"}
    except ValueError:
        right = False
    if not right:
        raise DatasetError(f"{address}: is no http or https address")
    host = urlsplit(address).hostname
    request = urllib.request.Request(address, headers={"User-Agent": f"semeia/{semeia.__version__}", **headers})
    try:
        response: HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            return error  # type: ignore[return-value]
        with error:
            if error.code in _RETRIED:
                raise _Cut(f"{host} answers {error.code}") from error
            said = _REFUSALS.get(error.code, "does not give it")
            raise DatasetError(f"{name}: {host} {said} ({error.code}): {address}") from error
    except (OSError, HTTPException) as error:
        cause = getattr(error, "reason", error)
        why = reason(cause) if isinstance(cause, OSError) else str(cause) or cause.__class__.__name__
        raise _Cut(f"{host} cannot be reached ({why})") from error
    return response


def _read(response: HTTPResponse, most: int) -> bytes:
    try:
        return response.read(most)
    except (OSError, HTTPException) as error:
        raise _Cut("the connection was cut") from error


def _continues(response: HTTPResponse, have: int, version: str) -> bool:
    """Return whether an answer begins where the part ends, and is of the same version."""
    matched = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    said = _said_version(response)
    return matched is not None and int(matched[1]) == have and (not version or not said or said == version)


def _total(response: HTTPResponse) -> int | None:
    """Return the size of the whole file, if the answer says so."""
    if response.status in {206, 416}:
        matched = re.fullmatch(r"bytes .*/(\d+)", response.headers.get("Content-Range", ""))
        return int(matched[1]) if matched else None
    return _length(response)


def _length(response: HTTPResponse) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None


def _said_version(response: HTTPResponse) -> str:
    """Return what tells this version of a file from others, as ``If-Range`` takes it (RFC 9110, 13.1.5)."""
    tag = response.headers.get("ETag", "")
    if tag.startswith('"') and tag.isascii():
        return tag
    date = response.headers.get("Last-Modified", "")
    return date if date.isascii() else ""


def _version_file(part: Path) -> Path:
    return part.with_name(part.name + ".version")


def _version(part: Path) -> str:
    try:
        return _version_file(part).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0
