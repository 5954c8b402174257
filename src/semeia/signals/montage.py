"""Montages: named linear combinations of recorded channels, found from whatever was recorded.

A derivation that cannot be made exactly from what was recorded is refused, with what is missing; how the
others are found stands in `semeia.signals.derivation`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from semeia.errors import FileError, MontageError
from semeia.home import reason
from semeia.signals.derivation import RecordedDifferences
from semeia.signals.electrodes import is_numbered_cap, is_scalp_electrode, parse_label, scalp_channels
from semeia.signals.recording import Channel, Gap, Recording

if TYPE_CHECKING:
    from semeia.events import Events

__all__ = [
    "MONTAGES",
    "ChosenChannels",
    "Montage",
    "MontagedRecording",
    "average_of",
    "montage_named",
    "read_montage",
    "scalp_channels",
]

_LARGEST_FILE = 1 << 20  # bytes
_DENSE = 4  # channels a derivation from which one matrix product is faster than adding channel by channel

Weights = Mapping[str, float]


class Montage:
    """Named linear combinations of electrodes.

    Parameters
    ----------
    name : str
    derivations : mapping or sequence of pairs
        Label to ``{electrode: weight}``. Weights that sum to zero need no reference. When they do not
        (``{"Cz": 1}``), the derivation is taken as recorded, against the reference that most channels share; a
        single channel with a reference of its own (``{"ECG": 1}``), against that.
        A sequence of pairs may hold one label twice.

    Attributes
    ----------
    name : str
    labels : tuple of str
        Of the derivations, in order.

    Raises
    ------
    MontageError
        If there is no derivation, one is empty, or a weight is no finite number.

    Examples
    --------
    >>> Montage("vertex", {"Fz-Cz": {"Fz": 1, "Cz": -1}}).matrix(["EEG Cz-REF", "EEG Fz-REF"])
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(self, name: str, derivations: Mapping[str, Weights] | Sequence[tuple[str, Weights]]) -> None:
        pairs = list(derivations.items() if isinstance(derivations, Mapping) else derivations)
        if not pairs:
            raise MontageError(f"montage {name!r} has no derivations")
        self.name = name
        self.labels = tuple(label for label, _ in pairs)
        self._targets = tuple(_checked(name, label, weights) for label, weights in pairs)

    def __repr__(self) -> str:
        return f"<Montage {self.name}: {len(self.labels)} derivations>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Montage) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON; `from_dict` makes the montage again."""
        pairs = [[label, weights] for label, weights in zip(self.labels, self._targets, strict=True)]
        return {"name": self.name, "derivations": pairs}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Montage:
        """Make a montage from what `to_dict` gave.

        Raises
        ------
        MontageError
            If the values are not of that form.
        """
        name, derivations = values.get("name"), values.get("derivations")
        if isinstance(name, str) and isinstance(derivations, Mapping):
            return cls(name, derivations)
        if (
            not isinstance(name, str)
            or not isinstance(derivations, list)
            or any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in derivations)
        ):
            raise MontageError("a montage is written as {name: ..., derivations: {label: {electrode: weight}}}")
        return cls(name, [(pair[0], pair[1]) for pair in derivations])

    def matrix(self, labels: Sequence[str]) -> NDArray[np.float32]:
        """Return how the derivations follow from recorded channels.

        Parameters
        ----------
        labels : sequence of str
            Of the recorded channels, spelled in any way that `parse_label` reads. Of channels that share a
            label each is used by one derivation of that label; any other derivation takes the first.

        Returns
        -------
        array, float32, (derivations, recorded channels)

        Raises
        ------
        MontageError
            If a derivation cannot be made; says which, what is missing and what was recorded.
        """
        if self.name in MONTAGES and is_numbered_cap(labels):
            raise MontageError(
                f"montage {self.name!r} needs 10-20 electrode names; these channels are counted "
                f"({_listed(list(labels), 8)}), and their {self._electrodes()[0]} is another place"
            )
        graph = RecordedDifferences(labels)
        rows = np.zeros((len(self.labels), len(labels)), np.float32)
        missing = [
            label
            for label, row, target in zip(self.labels, rows, self._targets, strict=True)
            if not graph.solve(target, row)
        ]
        if missing:
            raise MontageError(self._refusal(missing, graph, labels))
        return rows

    def _key(self) -> tuple[object, ...]:
        return self.name, self.labels, tuple(tuple(target.items()) for target in self._targets)

    def _refusal(self, missing: list[str], graph: RecordedDifferences, labels: Sequence[str]) -> str:
        absent = [name for name in self._electrodes() if name not in graph.neighbours]
        if absent:
            reason = f"no channel has {_listed(absent, 30)}, so not {_listed(missing, 12)}"
        else:
            reason = f"no chain of channels links the electrodes of {_listed(missing, 12)}"
        recorded = _listed([label for label in labels if parse_label(label) is not None], 40)
        return f"montage {self.name!r} cannot be made: {reason} (recorded: {recorded or 'no EEG channel'})"

    def _electrodes(self) -> list[str]:
        return list(dict.fromkeys(name for target in self._targets for name in target))


class _Derived(Recording):
    """A recording made from another, which stays open and is closed with it."""

    def __init__(self, recording: Recording, channels: Sequence[Channel]) -> None:
        self.recording = recording
        self.path = recording.path
        self.subject = recording.subject
        self.started_at: datetime | None = recording.started_at
        self.duration = recording.duration
        self.channels = tuple(channels)

    @property
    def events(self) -> Events:
        """Events of the recording underneath."""
        return self.recording.events

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Gaps of the recording underneath."""
        return self.recording.gaps

    def close(self) -> None:
        """Close the recording underneath."""
        self.recording.close()


class ChosenChannels(_Derived):
    """Some channels of a recording, as recorded.

    Parameters
    ----------
    recording : Recording
        Stays open and is closed with this one.
    channels : sequence of int or str
        Indices or labels, in the wanted order.

    Raises
    ------
    RecordingError
        If there is no such channel.
    """

    def __init__(self, recording: Recording, channels: Sequence[int | str]) -> None:
        self._chosen = [recording.index_of(channel) for channel in channels]
        super().__init__(recording, [recording.channels[index] for index in self._chosen])

    def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        return self.recording._read_native([self._chosen[index] for index in indices], first, count)


class MontagedRecording(_Derived):
    """The derivations of a montage as a recording; only the recorded channels that they need are read.

    Parameters
    ----------
    recording : Recording
        Stays open and is closed with this one.
    montage : Montage

    Raises
    ------
    MontageError
        If the montage cannot be made from the recorded channels, or they differ in rate or unit.
    """

    def __init__(self, recording: Recording, montage: Montage) -> None:
        self.montage = montage
        self._weights = montage.matrix([channel.label for channel in recording.channels])
        used = [recording.channels[index] for index in np.flatnonzero(self._weights.any(axis=0))]
        if len({(channel.rate, channel.unit) for channel in used}) != 1:
            listed = _listed([f"{channel.label} {channel.rate:g} Hz {channel.unit}" for channel in used], 8)
            raise MontageError(f"montage {montage.name!r} would mix channels of different rates or units ({listed})")
        super().__init__(recording, [Channel(label, used[0].rate, used[0].unit) for label in montage.labels])

    def _read_native(self, indices: Sequence[int], first: int, count: int) -> NDArray[np.float32]:
        weights = self._weights[list(indices)]
        used = np.flatnonzero(weights.any(axis=0))
        recorded = self.recording._read_native(used.tolist(), first, count)
        return _combine(weights[:, used], recorded)


def average_of(labels: Sequence[str]) -> Montage:
    """Return the average reference over the scalp electrodes that were recorded, however many they are.

    The montage named ``average`` has the 19 electrodes of the 10-20 system, so that a model can rely on its
    channels; this one suits whatever a recording has.

    Parameters
    ----------
    labels : sequence of str
        Of the recorded channels.

    Raises
    ------
    MontageError
        If fewer than two referential scalp electrodes were recorded.
    """
    derivations = [d for d in map(parse_label, labels) if d is not None and is_scalp_electrode(d.electrode)]
    referential = [d for d in derivations if d.reference is None or not is_scalp_electrode(d.reference)]
    shared = Counter(d.reference for d in referential).most_common(1)
    names = list(dict.fromkeys(d.electrode for d in referential if d.reference == shared[0][0])) if shared else []
    if len(names) < 2:
        raise MontageError(
            f"an average reference needs two or more referential channels (recorded: {_listed(list(labels), 40)})"
        )
    return Montage("average of what was recorded", _against_mean(names))


def montage_named(name: str | Montage) -> Montage:
    """Return a montage of `MONTAGES` by its name; a montage is itself.

    Raises
    ------
    MontageError
        If there is none of that name.
    """
    if isinstance(name, Montage):
        return name
    if name not in MONTAGES:
        raise MontageError(f"there is no montage {name!r}; there are {', '.join(MONTAGES)}")
    return MONTAGES[name]


def read_montage(path: Path) -> Montage:
    """Read a montage from a JSON file, as `Montage.to_dict` has it.

    Raises
    ------
    FileError
        If the file cannot be read, or holds no montage.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise FileError(path, f"is larger than {_LARGEST_FILE >> 20} MiB: no montage")
        values = json.loads(path.read_text(encoding="utf-8-sig"))
        return Montage.from_dict(values if isinstance(values, dict) else {})
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)})") from error
    except (ValueError, RecursionError):
        raise FileError(path, "is no JSON text") from None
    except MontageError as error:
        raise FileError(path, str(error)) from None


def _checked(name: str, label: str, weights: object) -> dict[str, float]:
    """Return weights by canonical electrode names."""
    if not isinstance(weights, Mapping) or not weights:
        raise MontageError(f"montage {name!r}, derivation {label!r}: needs {{electrode: weight}}, not {weights!r}")
    target: dict[str, float] = {}
    for electrode, weight in weights.items():
        node = parse_label(str(electrode))
        number = isinstance(weight, int | float | np.floating) and np.isfinite(weight)
        if node is None or node.reference is not None or not number:
            raise MontageError(
                f"montage {name!r}, derivation {label!r}: {electrode!r}: {weight!r} is not an electrode with a weight"
            )
        target[node.electrode] = target.get(node.electrode, 0.0) + float(weight)
    return {node: weight for node, weight in target.items() if weight != 0.0} or dict.fromkeys(target, 0.0)


def _combine(weights: NDArray[np.float32], recorded: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``weights @ recorded``, but a channel of weight 0 has no part in it, not even by its NaN."""
    nonzero = weights != 0
    if (nonzero.sum(axis=1) == 1).all() and weights.max(axis=1).min(initial=1) == 1:
        single: NDArray[np.float32] = recorded[weights.argmax(axis=1)]
        return single
    if nonzero.sum() > _DENSE * len(weights) and not np.isnan(recorded.sum()):
        return weights @ recorded
    combined = np.zeros((len(weights), recorded.shape[1]), np.float32)
    for derivation, column in np.argwhere(nonzero):
        weight = weights[derivation, column]
        if weight == 1:
            combined[derivation] += recorded[column]
        elif weight == -1:
            combined[derivation] -= recorded[column]
        else:
            combined[derivation] += weight * recorded[column]
    return combined


def _listed(names: Sequence[str], most: int) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _bipolar(name: str, pairs: str) -> Montage:
    derivations = []
    for label in pairs.split():
        first, second = label.split("-")
        derivations.append((label, {first: 1.0, second: -1.0}))
    return Montage(name, derivations)


def _against_mean(names: Sequence[str]) -> dict[str, dict[str, float]]:
    share = 1 / len(names)
    return {f"{one}-Avg": {other: (other == one) - share for other in names} for one in names}


# Nearest electrodes along the rows and columns of the 10-20 system, equally weighted (Hjorth, Am J EEG
# Technol 1980). The keys are the 19 scalp electrodes of that system, in the order of the SzCORE challenge.
_NEIGHBOURS = {
    "Fp1": "Fp2 F7 F3",
    "F3": "Fp1 F7 Fz C3",
    "C3": "F3 T7 Cz P3",
    "P3": "C3 P7 Pz O1",
    "O1": "P7 P3 O2",
    "F7": "Fp1 F3 T7",
    "T7": "F7 C3 P7",
    "P7": "T7 P3 O1",
    "Fz": "F3 F4 Cz",
    "Cz": "Fz C3 C4 Pz",
    "Pz": "Cz P3 P4",
    "Fp2": "Fp1 F4 F8",
    "F4": "Fp2 Fz F8 C4",
    "C4": "F4 Cz T8 P4",
    "P4": "C4 Pz P8 O2",
    "O2": "O1 P4 P8",
    "F8": "Fp2 F4 T8",
    "T8": "F8 C4 P8",
    "P8": "T8 P4 O2",
}


def _laplacian() -> Montage:
    derivations = {}
    for name, neighbours in _NEIGHBOURS.items():
        near = neighbours.split()
        derivations[f"{name}-Lap"] = {name: 1.0} | dict.fromkeys(near, -1 / len(near))
    return Montage("laplacian", derivations)


MONTAGES: dict[str, Montage] = {
    montage.name: montage
    for montage in (
        # The double banana, left above right and lateral above central (ACNS Guideline 3, 2016).
        _bipolar(
            "longitudinal",
            "Fp1-F7 F7-T7 T7-P7 P7-O1 Fp1-F3 F3-C3 C3-P3 P3-O1 Fz-Cz Cz-Pz "
            "Fp2-F4 F4-C4 C4-P4 P4-O2 Fp2-F8 F8-T8 T8-P8 P8-O2",
        ),
        _bipolar(
            "transverse",
            "F7-Fp1 Fp1-Fp2 Fp2-F8 F7-F3 F3-Fz Fz-F4 F4-F8 T7-C3 C3-Cz Cz-C4 C4-T8 "
            "P7-P3 P3-Pz Pz-P4 P4-P8 P7-O1 O1-O2 O2-P8",
        ),
        Montage("average", _against_mean(list(_NEIGHBOURS))),
        _laplacian(),
        # As chb01-summary.txt of CHB-MIT lists them; T8-P8 stands twice.
        _bipolar(
            "chbmit",
            "FP1-F7 F7-T7 T7-P7 P7-O1 FP1-F3 F3-C3 C3-P3 P3-O1 FP2-F4 F4-C4 C4-P4 P4-O2 FP2-F8 F8-T8 T8-P8 "
            "P8-O2 FZ-CZ CZ-PZ P7-T7 T7-FT9 FT9-FT10 FT10-T8 T8-P8",
        ),
    )
}
