"""Public data sets from where they are published: what was fetched is kept, checked, and gone on with.

A file is written beside its final name as ``NAME.part`` and takes that name only when it is whole and its checksum is
the published one. A download that was cut goes on where it was (HTTP Range), unless the file changed meanwhile.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from semeia.datasets.known import KNOWN, KnownDataset
from semeia.datasets.transfer import fetch, read_text
from semeia.errors import DatasetError
from semeia.home import home_folder, make_folder, replacing_folder
from semeia.recipe import look_up

__all__ = ["Progress", "download", "found_at", "place_for"]

LARGEST_UNPACKED = 1_000_000_000
_SUMS = "SHA256SUMS.txt"
_LINE = re.compile(r"([0-9a-fA-F]{64})[ \t]+\*?(.+)")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is: bytes of one file, and which of how many it is."""

    file: str
    number: int
    files: int
    done: int
    size: int | None


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    address: str
    sha256: str | None = None


def place_for(known: KnownDataset) -> Path:
    """Return the folder that a data set is downloaded to: under ``$SEMEIA_DATA``, otherwise in the home folder."""
    return _places()[0] / known.folder


def found_at(known: KnownDataset) -> Path | None:
    """Return where a data set is, if it is here."""
    return next((place / known.folder for place in _places() if (place / known.folder).is_dir()), None)


def _places() -> list[Path]:
    data = os.environ.get("SEMEIA_DATA")
    return [*([Path(data)] if data else []), home_folder() / "data"]


def download(
    name: str,
    folder: str | Path | None = None,
    *,
    address: str | None = None,
    patients: Collection[str] = (),
    progress: Callable[[Progress], None] = lambda progress: None,
    pause: float = 1.0,
) -> Path:
    """Fetch a data set, or what is missing of it, and return its folder.

    Parameters
    ----------
    name : str
        As in `semeia.datasets.known.KNOWN`.
    folder : str or Path, optional
        Otherwise as `place_for` says.
    address : str, optional
        Of a mirror with the same files.
    patients : collection of str
        Sub-folders to fetch, beside what belongs to all; otherwise all.
    progress : callable
        Called now and then.
    pause : float
        Seconds before the first try after a failure; each further one doubles it.

    Raises
    ------
    RecipeError
        If no such data set is known.
    DatasetError
        If it must be got by hand, a patient is not in it, it cannot be reached, or does not come as published.
    StorageError
        If it cannot be written. What was fetched is kept: the same command goes on.
    """
    known = look_up("data set", name, KNOWN)
    if not known.fetchable:
        raise DatasetError(f"{known.title}: {known.how}; see {known.page}")
    folder = make_folder(place_for(known) if folder is None else folder)
    listed = _archives(known, address) if known.archives else _listed(address or known.address, pause)
    files = _chosen(listed, patients)
    for number, file in enumerate(files, 1):

        def told(done: int, size: int | None, number: int = number, file: _File = file) -> None:
            progress(Progress(file.name, number, len(files), done, size))

        if known.archives:
            _unpacked(file, folder, known, told, pause)
        else:
            _whole(file, folder / file.name, told, pause)
    return folder


def _listed(address: str, pause: float) -> list[_File]:
    """Return the files that a folder of PhysioNet lists with their sums."""
    base = address.rstrip("/") + "/"
    text = read_text(base + _SUMS, pause=pause)
    files = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        matched = _LINE.fullmatch(line.strip())
        name = PurePosixPath(matched[2]) if matched else PurePosixPath()
        if matched is None or name.is_absolute() or ".." in name.parts or "\\" in matched[2] or not name.parts:
            raise DatasetError(f"{base}{_SUMS}: line {number} is no checksum and file name")
        files.append(_File(str(name), base + quote(str(name)), matched[1].lower()))
    if not files:
        raise DatasetError(f"{base}{_SUMS}: lists no files")
    return files


def _archives(known: KnownDataset, address: str | None) -> list[_File]:
    """Return the zip files of a data set, named after the folder that each fills."""
    if address is None:
        return [_File(f"{folder}/", place) for folder, place in known.archives.items()]
    base = address.rstrip("/") + "/"
    return [_File(f"{folder}/", base + _zip_name(place)) for folder, place in known.archives.items()]


def _zip_name(address: str) -> str:
    return next(part for part in urlsplit(address).path.split("/") if part.endswith(".zip"))


def _chosen(files: list[_File], patients: Collection[str]) -> list[_File]:
    """Return the files of some patients, and those that belong to none."""
    known = list(dict.fromkeys(file.name.split("/")[0] for file in files if "/" in file.name))
    for patient in patients:
        if patient not in known:
            raise DatasetError(f"patient {patient!r} is not in this data set; there are {', '.join(known)}")
    return [f for f in files if not patients or "/" not in f.name or f.name.split("/")[0] in patients]


def _whole(file: _File, target: Path, told: Callable[[int, int | None], None], pause: float) -> None:
    """Fetch a file that is not here, or not as published."""
    if target.is_file() and _sum(target) == file.sha256:
        told(target.stat().st_size, target.stat().st_size)
        return
    make_folder(target.parent)
    for attempt in (1, 2):
        part = fetch(file.address, target, name=file.name, checked=True, told=told, pause=pause)
        found = _sum(part)
        if found == file.sha256:
            part.replace(target)
            return
        part.unlink()
        if attempt == 2:
            raise DatasetError(
                f"{file.name}: came twice with the checksum {found[:12]}..., and {str(file.sha256)[:12]}... is "
                "published: the source is damaged; try again later, or another with --from"
            )


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpacked(
    file: _File, folder: Path, known: KnownDataset, told: Callable[[int, int | None], None], pause: float
) -> None:
    """Fetch a zip file and unpack it; its own sums are checked."""
    target = folder / file.name.rstrip("/")
    if target.is_dir() and any(target.iterdir()):
        told(1, 1)
        return
    archive = folder / f"{target.name}.zip"
    part = fetch(file.address, archive, name=archive.name, checked=False, told=told, pause=pause)
    try:
        _unpack(part, target)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise DatasetError(
            f"{archive.name}: what came from {urlsplit(file.address).hostname} is not a whole zip file: {known.how}"
            f" ({known.page})"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _unpack(archive: Path, target: Path) -> None:
    """Unpack the files of an archive into one folder, which appears when it is whole."""
    with zipfile.ZipFile(archive) as packed, replacing_folder(target) as folder:
        members = [m for m in packed.infolist() if not m.is_dir() and not _hidden(PurePosixPath(m.filename).parts)]
        if not members or sum(member.file_size for member in members) > LARGEST_UNPACKED:
            raise zipfile.BadZipFile("empty, or too large")
        for member in members:
            with packed.open(member) as source, (folder / PurePosixPath(member.filename).name).open("xb") as written:
                shutil.copyfileobj(source, written)


def _hidden(parts: Iterable[str]) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in parts)
