"""What a model said of examples, beside what they are and whose: the table that every figure is made from."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import FileError
from semeia.home import reason, replacing

__all__ = ["Predictions"]

_COLUMNS = ("patient", "group", "recording", "start", "label")


@dataclass(frozen=True, eq=False)
class Predictions:
    """Examples, one row each: what they are, whose, and the probability that a model gave to each class.

    Parameters
    ----------
    classes : tuple of str
        The first is the negative one.
    probability : ndarray, float32 (examples, classes)
        Rows of NaN where the model did not score (a gap, a drop-out).
    label : ndarray, int16 (examples,)
        Number of the true class.
    patient, group, recording : ndarray of str (examples,)
        Whose; what belongs together within a patient (an hour, a recording); name of the file.
    start : ndarray, float64 (examples,)
        Seconds from the recording's start.
    window, step : float
        Seconds: length of an example, and the time that one stands for when false alarms are counted per hour.
    baselines : mapping of str to ndarray, float64 (examples,)
        Scores of what needs no training, such as line length; higher speaks for the positive classes. NaN where not
        scored.
    """

    classes: tuple[str, ...]
    probability: NDArray[np.float32]
    label: NDArray[np.int16]
    patient: NDArray[np.str_]
    group: NDArray[np.str_]
    recording: NDArray[np.str_]
    start: NDArray[np.float64]
    window: float
    step: float
    baselines: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        columns = [self.label, self.patient, self.group, self.recording, self.start, *self.baselines.values()]
        if self.probability.shape != (len(self.label), len(self.classes)) or any(
            len(column) != len(self.label) for column in columns
        ):
            raise ValueError(f"probabilities {self.probability.shape} of {len(self.label)} examples")

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, rows: NDArray[Any]) -> Predictions:
        """Return the examples that a mask or their numbers choose."""
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        chosen = {name: value[rows] for name, value in columns.items() if isinstance(value, np.ndarray)}
        baselines = {name: value[rows] for name, value in self.baselines.items()}
        return Predictions(**columns | chosen | {"baselines": baselines})

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which examples have a probability (examples,)."""
        return np.asarray(~np.isnan(self.probability).any(axis=1), bool)

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Which examples are of a positive class (examples,)."""
        return self.label > 0

    @property
    def score(self) -> NDArray[np.float64]:
        """Probability of all positive classes together (examples,)."""
        return 1 - self.probability[:, 0].astype(np.float64)

    @classmethod
    def joined(cls, parts: Sequence[Predictions]) -> Predictions:
        """Return the examples of several parts as one, such as the test parts of a cross-validation.

        Raises
        ------
        ValueError
            If there is none, or they have different classes, windows or baselines.
        """
        alike = {(part.classes, part.window, part.step, tuple(part.baselines)) for part in parts}
        if len(alike) != 1:
            raise ValueError("parts of different classes, windows or baselines, or none")
        columns: dict[str, Any] = {f.name: getattr(parts[0], f.name) for f in fields(cls)}
        arrays = [name for name, value in columns.items() if isinstance(value, np.ndarray)]
        columns |= {name: np.concatenate([getattr(part, name) for part in parts]) for name in arrays}
        names = parts[0].baselines
        columns["baselines"] = {name: np.concatenate([part.baselines[name] for part in parts]) for name in names}
        return cls(**columns)

    def write(self, path: str | Path) -> None:
        """Write as CSV: ``patient,group,recording,start,label``, each class, each baseline; empty where not scored.

        Raises
        ------
        StorageError
        """
        values = np.concatenate([self.probability, *(one[:, None] for one in self.baselines.values())], axis=1)
        names = [self.classes[number] for number in self.label]
        rows = zip(self.patient, self.group, self.recording, self.start.tolist(), names, values.tolist(), strict=True)
        with replacing(path) as part, part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*_COLUMNS, *(f"p({name})" for name in self.classes), *self.baselines])
            for *who, start, name, said in rows:
                writer.writerow([*who, f"{start:.3f}", name, *("" if math.isnan(v) else f"{v:.7g}" for v in said)])

    @classmethod
    def read(cls, path: str | Path, *, window: float, step: float) -> Predictions:
        """Read what `write` wrote; other programs' predictions are judged so, too.

        Parameters
        ----------
        path : str or Path
        window, step : float
            Seconds, which the table does not say.

        Raises
        ------
        FileError
            If it is missing, or a column or value is wrong; the message names the line.
        """
        path = Path(path)
        try:
            with path.open(encoding="utf-8", newline="") as file:
                heads, *rows = list(csv.reader(file)) or [[]]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            why = reason(error) if isinstance(error, OSError) else str(error)
            raise FileError(path, f"cannot be read as predictions ({why})") from error
        classes = tuple(head[2:-1] for head in heads if head.startswith("p(") and head.endswith(")"))
        if tuple(heads[:5]) != _COLUMNS or len(classes) < 2 or len(rows) == 0:
            raise FileError(path, f"needs the columns {','.join(_COLUMNS)},p(CLASS),p(CLASS) ... and a row for each")
        values = np.full((len(rows), len(heads) - 5), np.nan)
        start, label = np.zeros(len(rows)), np.zeros(len(rows), np.int16)
        for number, row in enumerate(rows):
            try:
                if len(row) != len(heads):
                    raise ValueError(f"{len(row)} values in {len(heads)} columns")
                start[number], label[number] = float(row[3]), classes.index(row[4])
                values[number] = [float(value) if value else np.nan for value in row[5:]]
            except ValueError as error:
                raise FileError(path, f"line {number + 2}: {error}") from error
        patient, group, recording = (np.array([row[column] for row in rows], np.str_) for column in range(3))
        probability = values[:, : len(classes)].astype(np.float32)
        baselines = {name: values[:, len(classes) + k] for k, name in enumerate(heads[5 + len(classes) :])}
        return cls(classes, probability, label, patient, group, recording, start, window, step, baselines)
