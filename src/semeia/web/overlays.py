"""What made a model say what it said of a picture: a map over it, made by a job and kept in the cache.

``semeia explain MODEL FILE --method gradcam --target CLASS --map OUT.npy`` writes float32 (height, width), 0 to 1, and
beside it ``OUT.json``: ``{"x", "y", "width", "height"}``, where in the picture, in its pixels, the map lies.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from django.conf import settings

from semeia.errors import FileError, ModelError
from semeia.home import make_folder
from semeia.model import installed
from semeia.web.binary import packed
from semeia.web.models import Picture

__all__ = ["map_file", "read_map"]


def map_file(picture: Picture, model: str, target: str) -> Path:
    """Return the file of a map, which is another one once the picture or the model has changed.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    folder = installed().get(model)
    if folder is None:
        raise ModelError(f"There is no model {model!r} (any more).")
    weights = (folder / "weights.safetensors").stat() if (folder / "weights.safetensors").is_file() else None
    state = (picture.path, picture.size, picture.modified_ns, model, weights and weights.st_mtime_ns, target)
    name = hashlib.blake2b(repr(state).encode(), digest_size=16).hexdigest()
    return make_folder(Path(settings.HOME) / "cache" / "maps") / f"{name}.npy"


def read_map(file: Path) -> bytes | None:
    """Return a map as the page draws it: where it lies, and its values as uint8 (0 to 255); None if there is none.

    Raises
    ------
    FileError
        If it is damaged.
    """
    if not file.is_file():
        return None
    try:
        values = np.load(file, allow_pickle=False)
        place = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        lies = {name: float(place[name]) for name in ("x", "y", "width", "height")}
        rows, columns = values.shape
    except (OSError, ValueError, KeyError, TypeError):
        file.unlink(missing_ok=True)
        raise FileError(file, "this map is damaged; ask for it again") from None
    levels = np.rint(np.clip(np.nan_to_num(values), 0, 1) * 255).astype(np.uint8)
    return packed({**lies, "rows": rows, "columns": columns}, levels)
