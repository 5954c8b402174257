"""How many pixels a compressed frame decodes to, told before it is decoded: JPEG, JPEG-LS, JPEG 2000."""

from __future__ import annotations

import struct

__all__ = ["size_of"]

_FRAME = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7}
"""Markers that begin a frame header (ITU-T T.81 table B.1; 0xF7: T.87): SOFn."""
_SIZE = b"\xff\x4f\xff\x51"  # JPEG 2000: SOC, SIZ (ITU-T T.800 annex A)


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a code stream; None where it is none of these, or names no size."""
    if (at := data.find(_SIZE, 0, 4096)) >= 0 and len(data) >= at + 24:  # at its beginning, or in a JP2 file
        right, bottom, left, top = struct.unpack_from(">4I", data, at + 8)
        return right - left, bottom - top
    if not data.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAME:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        # a fill byte stands alone; every other marker before the frame has a length
        at += 1 if marker == 0xFF else 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None
