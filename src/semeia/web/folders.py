"""Folders of this machine that the page may import from: the page names what is in them by tokens, never by paths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer

from semeia.errors import SemeiaError
from semeia.home import reason
from semeia.images.opening import SUFFIXES as IMAGES
from semeia.signals.opening import is_recording

__all__ = ["Listing", "NotThere", "Place", "found_at", "listing"]

_LOOKED_AT = 50_000
"""Folders and files after which nothing more is counted: a listing must come at once."""


class NotThere(SemeiaError):
    """A folder or file is gone, cannot be read, or is none of those that the page may see."""


class Place(NamedTuple):
    """A folder or a file, and the token that stands for it."""

    name: str
    at: str
    size: int = 0


class Listing(NamedTuple):
    """What a folder holds: folders, and the recordings among its files; `parent` is None at the top.

    `images` is how many images lie in it and below, as far as a look around goes.
    """

    name: str
    parent: str | None
    folders: list[Place]
    files: list[Place]
    images: int = 0


def found_at(token: str) -> Path:
    """Return the path that a token stands for.

    Raises
    ------
    NotThere
        If nobody may go there, or it is gone.
    """
    return _found(token)[1]


def listing(token: str) -> Listing:
    """Return what a folder holds; without a token, the folders that the server was started with.

    Raises
    ------
    NotThere
        If the folder is gone or cannot be read.
    """
    if not token:
        return Listing("", None, [Place(root.name or str(root), _token(root, root)) for root in _roots()], [])
    root, folder = _found(token)
    folders, files = [], []
    try:
        for path in sorted(folder.iterdir(), key=lambda path: path.name.lower()):
            if path.name.startswith(".") or not path.resolve().is_relative_to(root) or not _is_text(path.name):
                continue
            if is_recording(path):
                files.append(Place(path.name, _token(root, path), path.stat().st_size))
            elif path.is_dir():
                folders.append(Place(path.name, _token(root, path)))
    except OSError as error:
        raise NotThere(f"{folder.name}: this folder cannot be read ({reason(error)})") from error
    parent = "" if folder == root else _token(root, folder.parent)
    return Listing(folder.name, parent, folders, files, _images_under(folder))


def _images_under(folder: Path) -> int:
    """Return how many images lie in a folder and below; a large tree is not looked through to its end."""
    images = seen = 0
    for _, _, files in os.walk(folder):
        images += sum(name.lower().endswith(IMAGES) and not name.startswith(".") for name in files)
        seen += 1 + len(files)
        if seen > _LOOKED_AT:
            break
    return images


def _roots() -> list[Path]:
    return [folder.resolve() for folder in settings.IMPORT_FOLDERS]


def _found(token: str) -> tuple[Path, Path]:
    """Return a token's root and path; links that lead out of the root lead nowhere."""
    for root in _roots():
        try:
            path = (root / _signer(root).unsign_object(token)).resolve()
        except (BadSignature, ValueError):
            continue
        if path.is_relative_to(root) and path.exists():
            return root, path
    raise NotThere("This folder or file is not there (any more).")


def _token(root: Path, path: Path) -> str:
    return _signer(root).sign_object(path.relative_to(root).as_posix())


def _signer(root: Path) -> Signer:
    """Return what signs paths below one root: a token of another root is none."""
    return Signer(salt=f"semeia.folders:{root}")


def _is_text(name: str) -> bool:
    return name.encode(errors="replace").decode() == name
