"""The head that the simulator records from: electrodes on a sphere, fields of sources, montages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from semeia.errors import MontageError, RecordingError

__all__ = [
    "ELECTRODE_SETS",
    "HEAD_RADIUS_MM",
    "MONTAGE_NAMES",
    "REFERENCES",
    "derivations",
    "even_sites",
    "field",
    "mix",
    "position",
    "unit",
]

HEAD_RADIUS_MM = 90.0
_ONE_THREAD = 200_000  # multiplications; OpenBLAS starts threads from 262,144
REFERENCES = ("M1", "M2")
"""The linked ears that referential voltages are taken against."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ELECTRODE_SETS: dict[str, tuple[str, ...]] = {
    # the order of the 19 scalp electrodes of most clinical recordings
    "1020": _names("Fp1 F3 C3 P3 O1 F7 T7 P7 Fz Cz Pz Fp2 F4 C4 P4 O2 F8 T8 P8"),
    # the 64 electrodes of PhysioNet eegmmi, in its order
    "64": _names(
        "FC5 FC3 FC1 FCz FC2 FC4 FC6 C5 C3 C1 Cz C2 C4 C6 CP5 CP3 CP1 CPz CP2 CP4 CP6 Fp1 Fpz Fp2 "
        "AF7 AF3 AFz AF4 AF8 F7 F5 F3 F1 Fz F2 F4 F6 F8 FT7 FT8 T7 T8 T9 T10 TP7 TP8 P7 P5 P3 P1 "
        "Pz P2 P4 P6 P8 PO7 PO3 POz PO4 PO8 O1 Oz O2 Iz"
    ),
    # a consumer headset with 14 electrodes
    "headset": _names("AF3 F7 F3 FC5 T7 P7 O1 O2 P8 T8 FC6 F4 F8 AF4"),
}

_BIPOLAR: dict[str, tuple[str, ...]] = {
    "longitudinal": _names(
        "Fp1-F7 F7-T7 T7-P7 P7-O1 Fp1-F3 F3-C3 C3-P3 P3-O1 Fz-Cz Cz-Pz Fp2-F4 F4-C4 C4-P4 P4-O2 "
        "Fp2-F8 F8-T8 T8-P8 P8-O2"
    ),
    # the 23 channels of chb01-summary.txt, in its order and with T8-P8 twice
    "chbmit": _names(
        "FP1-F7 F7-T7 T7-P7 P7-O1 FP1-F3 F3-C3 C3-P3 P3-O1 FP2-F4 F4-C4 C4-P4 P4-O2 FP2-F8 F8-T8 "
        "T8-P8 P8-O2 FZ-CZ CZ-PZ P7-T7 T7-FT9 FT9-FT10 FT10-T8 T8-P8"
    ),
}
MONTAGE_NAMES = ("referential", *_BIPOLAR)

# Each row of the 10-10 system: its midline electrode's angle from the vertex (forwards positive), and its
# outer electrode's azimuth on the ring 72 degrees below the vertex (0 = Fpz, 180 = Oz).
_ROWS: dict[str, tuple[float, float]] = {
    "AF": (54, 36),
    "F": (36, 54),
    "FC": (18, 72),
    "C": (0, 90),
    "CP": (-18, 108),
    "P": (-36, 126),
    "PO": (-54, 144),
}
_RING = {
    "Fp1": 18.0,
    "AF7": 36.0,
    "F7": 54.0,
    "FT7": 72.0,
    "T7": 90.0,
    "TP7": 108.0,
    "P7": 126.0,
    "PO7": 144.0,
}
_LOW_RING = {"F9": 54.0, "FT9": 72.0, "T9": 90.0, "TP9": 108.0, "P9": 126.0, "M1": 112.0}


def position(electrode: str) -> NDArray[np.float64]:
    """Return an electrode's place on the unit sphere (x right, y front, z up), in the idealised 10-10 system.

    Source of the angles: the 10 % steps of Oostenveld & Praamstra 2001, drawn on a sphere.

    Raises
    ------
    RecordingError
        If the 10-10 system has no such electrode.
    """
    places = _places()
    if electrode.upper() not in places:
        raise RecordingError(f"electrode {electrode!r} is not in the 10-10 system that the simulator knows")
    return places[electrode.upper()]


def unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return vectors (..., 3) of length 1."""
    return np.asarray(vector / np.linalg.norm(vector, axis=-1, keepdims=True))


def even_sites(count: int, lowest: float = -0.25) -> NDArray[np.float64]:
    """Return `count` places spread evenly over the scalp above the height `lowest` (Fibonacci spiral)."""
    index = np.arange(count) + 0.5
    z = 1 - index / count * (1 - lowest)
    azimuth = index * np.pi * (3 - np.sqrt(5))
    across = np.sqrt(1 - z**2)
    return np.stack([across * np.cos(azimuth), across * np.sin(azimuth), z], axis=1)


def field(
    electrodes: NDArray[np.float64],
    source: NDArray[np.float64],
    width: float,
    tilt: float = 0.0,
    heading: float = 0.0,
) -> NDArray[np.float64]:
    """Return how strongly each electrode (electrodes, 3) sees a source at `source`, at most about 1.

    A smooth bump of `width` radians for a radial dipole; `tilt` (radians) turns it towards its own derivative
    along `heading`, as a tangential dipole has: positive on one side and negative on the other.
    """
    cosine = electrodes @ source
    bump = np.exp((cosine - 1) / width**2)
    if tilt == 0.0:
        return np.asarray(bump)
    pole = np.array([0.0, 0.0, 1.0]) if abs(source[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
    east = unit(np.cross(pole, source))
    along = np.cos(heading) * east + np.sin(heading) * np.cross(source, east)
    slope = (electrodes @ along) / width * bump * np.exp(0.5)
    return np.asarray(np.cos(tilt) * bump + np.sin(tilt) * slope)


def mix(fields: NDArray[np.float32], waves: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``fields @ waves``: (electrodes, sources) times (sources, samples).

    In pieces too small for BLAS to spread over threads: what a seed gives must not depend on their number,
    and on a busy machine waiting for threads takes far longer than such small products.
    """
    result = np.empty((len(fields), waves.shape[1]), np.float32)
    size = max(_ONE_THREAD // fields.size, 1)
    for first in range(0, waves.shape[1], size):
        result[:, first : first + size] = fields @ waves[:, first : first + size]
    return result


def derivations(
    montage: str, electrodes: str | Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float32]]:
    """Return what to simulate and how it becomes channels.

    Returns
    -------
    labels : tuple of str
        Channels of the montage.
    electrodes : tuple of str
        Electrodes to simulate; the last two are the `REFERENCES`.
    matrix : float32 (channels, electrodes)

    Raises
    ------
    MontageError
        If there is no such montage.
    RecordingError
        If there is no such electrode or set of electrodes.
    """
    if montage in _BIPOLAR:
        labels = _BIPOLAR[montage]
        pairs = [label.split("-") for label in labels]
        scalp = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    elif montage == "referential":
        labels = scalp = _electrode_names(electrodes)
        pairs = [[name] for name in labels]
    else:
        raise MontageError(f"montage {montage!r} is none of {', '.join(MONTAGE_NAMES)}")
    matrix = np.zeros((len(labels), len(scalp) + len(REFERENCES)), np.float32)
    for row, pair in enumerate(pairs):
        matrix[row, scalp.index(pair[0])] = 1
        if len(pair) == 2:
            matrix[row, scalp.index(pair[1])] = -1
        else:
            matrix[row, -len(REFERENCES) :] = -1 / len(REFERENCES)
    return labels, scalp + REFERENCES, matrix


def _electrode_names(electrodes: str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(electrodes, str):
        if electrodes not in ELECTRODE_SETS:
            raise RecordingError(f"electrodes {electrodes!r} are none of {', '.join(ELECTRODE_SETS)}")
        return ELECTRODE_SETS[electrodes]
    if not electrodes:
        raise RecordingError("a recording needs at least one electrode")
    return tuple(electrodes)


@cache
def _places() -> dict[str, NDArray[np.float64]]:
    places = {"Cz": _polar(0, 0), "Fpz": _polar(72, 0), "Oz": _polar(72, 180), "Iz": _polar(90, 180)}
    for name, azimuth in _RING.items():
        places[name] = _polar(72, -azimuth)
    places["O1"] = _polar(72, -162)
    for name, azimuth in _LOW_RING.items():
        places[name] = _polar(92 if name != "M1" else 105, -azimuth)
    for row, (midline, azimuth) in _ROWS.items():
        middle = _polar(abs(midline), 0 if midline > 0 else 180)
        places[f"{row}z"] = middle
        outer = _polar(72, -azimuth)
        for number, share in ((1, 0.25), (3, 0.5), (5, 0.75)):
            places[f"{row}{number}"] = _between(middle, outer, share)
    mirror = np.array([-1.0, 1.0, 1.0])
    for name, place in list(places.items()):
        if name[-1].isdigit():
            letters = name.rstrip("0123456789")
            places[f"{letters}{int(name[len(letters) :]) + 1}"] = place * mirror
    return {name.upper(): place for name, place in places.items()}


def _polar(from_vertex: float, azimuth: float) -> NDArray[np.float64]:
    """Return the place at degrees from the vertex and degrees of azimuth (0 = front, positive = right)."""
    down, around = np.deg2rad(from_vertex), np.deg2rad(azimuth)
    return np.array([np.sin(down) * np.sin(around), np.sin(down) * np.cos(around), np.cos(down)])


def _between(start: NDArray[np.float64], stop: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    angle = np.arccos(np.clip(start @ stop, -1, 1))
    return np.asarray((np.sin((1 - share) * angle) * start + np.sin(share * angle) * stop) / np.sin(angle))
