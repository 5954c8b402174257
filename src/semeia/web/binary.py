"""Values as the page takes them: a length, a JSON header, and then the numbers, little-endian."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["packed"]


def packed(header: Mapping[str, object], values: NDArray[Any]) -> bytes:
    """Return ``uint32`` with the length of the header, the header, padded to a multiple of 4, and the values."""
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    return b"".join((struct.pack("<I", len(text)), text, little.data))
