"""ImageNet weights from the Hugging Face hub, kept in the home folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from hashlib import file_digest
from pathlib import Path

from semeia.datasets.transfer import fetch, read_text
from semeia.errors import DatasetError, ModelError
from semeia.home import alone_in, home_folder, make_folder

__all__ = ["imagenet_file"]

HUB = "https://huggingface.co"
_POINTER = re.compile(r"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)


def imagenet_file(hub_id: str, progress: Callable[[int, int | None], None] = lambda done, size: None) -> Path:
    """Return the file of weights, downloaded if it is not here; a download that was cut goes on.

    Parameters
    ----------
    hub_id : str
        Its repository, such as ``timm/resnet18.a1_in1k``.
    progress : callable
        Called with the bytes that are here, and how many there are to be, if known.

    Raises
    ------
    ModelError
        If it cannot be downloaded, or does not come as published.
    StorageError
        If it cannot be written.

    Notes
    -----
    ``$SEMEIA_WEIGHTS_URL`` is the address of a mirror: it serves ``ID/resolve/main/model.safetensors``, and perhaps
    ``ID/raw/main/model.safetensors``, the pointer of Git LFS with the file's checksum, which is compared.
    """
    target = home_folder() / "weights" / f"{hub_id}.safetensors"
    with alone_in(make_folder(target.parent)):  # folds and seeds of one training begin together
        if not target.is_file():
            _download(hub_id, target, progress)
    return target


def _download(hub_id: str, target: Path, progress: Callable[[int, int | None], None]) -> None:
    base = (os.environ.get("SEMEIA_WEIGHTS_URL") or HUB).rstrip("/")
    try:
        address = f"{base}/{hub_id}/resolve/main/model.safetensors"
        part = fetch(address, target, name=hub_id, checked=False, told=progress)
    except DatasetError as error:
        raise ModelError(
            f"ImageNet weights: {error}; download model.safetensors elsewhere and give its path as weights.init"
        ) from error
    published = _published(f"{base}/{hub_id}/raw/main/model.safetensors")
    with part.open("rb") as file:
        found = file_digest(file, "sha256").hexdigest()
    if published and found != published:
        part.unlink()
        raise ModelError(
            f"ImageNet weights: {hub_id} came with the checksum {found[:12]}..., and {published[:12]}... is published: "
            "try again"
        )
    part.replace(target)


def _published(address: str) -> str:
    """Return the checksum that the pointer says, or "" where there is none."""
    try:
        matched = _POINTER.search(read_text(address, pause=0.2))
    except DatasetError:
        return ""
    return matched[1] if matched else ""
