"""A model's folder as one file (ZIP), to be sent elsewhere and installed there; without torch."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from semeia.errors import ModelError
from semeia.home import home_folder, make_folder, replacing_folder
from semeia.model.description import installed, read_description

__all__ = ["install_model", "pack_model"]

FILES = ("model.json", "weights.safetensors", "recipe.toml", "metrics.json", "card.md", "files.json")
_LARGEST = 1 << 30  # bytes unpacked
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def pack_model(folder: Path) -> BinaryIO:
    """Return a model's files as a ZIP file, from its beginning."""
    file = TemporaryFile()  # noqa: SIM115 - whoever asked closes it
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name in FILES:
            if (folder / name).is_file():
                archive.write(folder / name, f"{folder.name}/{name}")
    file.seek(0)
    return cast(BinaryIO, file)


def install_model(file: BinaryIO) -> str:
    """Install a model that `pack_model` packed; return its name.

    Raises
    ------
    ModelError
        If it is no such file, holds anything else, its weights are no safetensors, or a model is called so already.
    StorageError
        If the disk is full.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with ZipFile(file) as archive:
            parts = _parts(archive)
            name = _name(parts["model.json"])
            with replacing_folder(make_folder(home_folder() / "models") / name) as folder:
                for part, content in parts.items():
                    (folder / part).write_bytes(content)
                read_description(folder)
                with safe_open(folder / "weights.safetensors", "np") as weights:
                    weights.keys()
    except SafetensorError as error:
        raise ModelError(f"weights.safetensors: no safetensors file, or a damaged one ({error})") from None
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"this is no ZIP file of a model, or a damaged one ({error})") from None
    return name


def _parts(archive: ZipFile) -> dict[str, bytes]:
    """Return the files of a model in an archive, all in one folder or in none."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    paths = [PurePosixPath(entry.filename) for entry in entries]
    if len({path.parent for path in paths}) > 1 or any(path.name not in FILES for path in paths):
        others = ", ".join(sorted(str(path)[:60] for path in paths if path.name not in FILES)[:3]) or "several folders"
        raise ModelError(f"this ZIP file is none of a model: it holds {others}")
    if missing := {"model.json", "weights.safetensors"} - {path.name for path in paths}:
        raise ModelError(f"this ZIP file is none of a model: it lacks {' and '.join(sorted(missing))}")
    if sum(entry.file_size for entry in entries) > _LARGEST:
        raise ModelError(f"this model has more than {_LARGEST >> 30} GiB")
    return {path.name: _read(archive, entry) for path, entry in zip(paths, entries, strict=True)}


def _read(archive: ZipFile, entry: ZipInfo) -> bytes:
    with archive.open(entry) as content:
        read = content.read(entry.file_size + 1)  # what says less than it holds is damaged
    if len(read) != entry.file_size:
        raise BadZipFile(f"{entry.filename} is not as long as it says")
    return read


def _name(text: bytes) -> str:
    """Return what a model is to be called."""
    try:
        name = json.loads(text)["name"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ModelError("model.json is damaged: it does not say what the model is called") from None
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ModelError(f"a model cannot be called {str(name)[:80]!r}: letters, digits, . _ and - only")
    if name in installed():
        raise ModelError(f"a model {name} is installed already: rename one of the two")
    return name
