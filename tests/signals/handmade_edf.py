"""EDF and BDF files made by hand, odd ones included: every field can be given a text that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass
class Signal:
    """One signal: digital samples (records, samples), or the bytes of each record's annotations."""

    data: np.ndarray | list[bytes]
    label: str | bytes = "C3"
    unit: str | bytes = "uV"
    physical: tuple[str, str] = ("-3276.8", "3276.7")
    digital: tuple[str, str] = ("-32768", "32767")
    transducer: str | bytes = ""
    prefilter: str | bytes = ""
    samples: str | None = None

    def records(self, width: int) -> list[bytes]:
        if isinstance(self.data, list):
            size = -(-max(len(data) for data in self.data) // width) * width
            return [data.ljust(size, b"\0") for data in self.data]
        values = np.asarray(self.data, "<i4")
        return [row.view(np.uint8).reshape(-1, 4)[:, :width].tobytes() for row in values]


def tals(onsets: Sequence[float | str], *more: bytes, size: int = 60) -> Signal:
    """Return an annotation signal whose records begin at these onsets; `more` follows in the first ones."""
    rows = [f"+{onset}\x14\x14\0".encode() for onset in onsets]
    rows = [row + (more[index] if index < len(more) else b"") for index, row in enumerate(rows)]
    return Signal([row.ljust(size, b"\0") for row in rows], "EDF Annotations", "", ("-1", "1"))


def edf(
    *signals: Signal,
    kind: str = "EDF",
    reserved: str = "",
    duration: str = "1",
    records: str | None = None,
    patient: str | bytes = "X X X X",
    recording: str | bytes = "Startdate 02-MAR-2024 X X X",
    start: tuple[str, str] = ("02.03.24", "04.05.06"),
    header_bytes: str | None = None,
    count: str | None = None,
    tail: bytes = b"",
) -> bytes:
    """Return the bytes of a file."""
    width = {"EDF": 2, "BDF": 3}[kind]
    rows = [signal.records(width) for signal in signals]
    lengths = [signal.samples or str(len(row[0]) // width) for signal, row in zip(signals, rows, strict=True)]
    fields = [
        (8, ["0" if kind == "EDF" else b"\xffBIOSEMI"]),
        (80, [patient]),
        (80, [recording]),
        (8, [start[0]]),
        (8, [start[1]]),
        (8, [header_bytes or str(256 * (len(signals) + 1))]),
        (44, [reserved]),
        (8, [records or str(len(rows[0]))]),
        (8, [duration]),
        (4, [count or str(len(signals))]),
        (16, [signal.label for signal in signals]),
        (80, [signal.transducer for signal in signals]),
        (8, [signal.unit for signal in signals]),
        (8, [signal.physical[0] for signal in signals]),
        (8, [signal.physical[1] for signal in signals]),
        (8, [signal.digital[0] for signal in signals]),
        (8, [signal.digital[1] for signal in signals]),
        (80, [signal.prefilter for signal in signals]),
        (8, lengths),
        (32, [""] * len(signals)),
    ]
    head = b"".join(_bytes(text).ljust(size)[:size] for size, texts in fields for text in texts)
    return head + b"".join(b"".join(record) for record in zip(*rows, strict=True)) + tail


def _bytes(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text


def counting(records: int, samples: int, first: int = 0) -> np.ndarray:
    """Return digital values that count up, so that a misplaced sample shows."""
    return np.arange(first, first + records * samples).reshape(records, samples)
