"""Submissions to the seizure prediction contests of 2014 and 2016: which files they ask about, and in what format.

Each is a table of test files with a number that is higher for preictal ones; one area under the curve is computed over
all patients. Formats: https://www.kaggle.com/c/seizure-prediction (``clip,preictal``) and
https://www.kaggle.com/c/melbourne-university-seizure-prediction (``File,Class``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from semeia.errors import DatasetError

__all__ = ["CONTESTS", "SUBMISSIONS", "Contest", "TestFile", "contest_patient"]

Contest = Literal["aes2014", "melbourne2016"]
CONTESTS: tuple[Contest, ...] = get_args(Contest)

_AES = re.compile(r"(?P<patient>(?:Dog|Patient)_\d+)_(?P<part>preictal|interictal|test)_segment_(?P<number>\d+)", re.I)
_MELBOURNE = re.compile(r"(?P<new>new_)?(?P<patient>\d)_(?P<number>\d+)(?P<kind>_[01])?", re.I)
_ECOSYSTEM = re.compile(r"Pat(?P<patient>\d)(?P<part>Train|Test)_(?P<number>\d+)_[01]", re.I)


@dataclass(frozen=True, order=True, slots=True)
class TestFile:
    """A file that a contest asks about; they sort as the contests list them.

    Parameters
    ----------
    patient : str
        As the importers name it: ``Dog_1``, ``Pat1``.
    number : int
    name : str
        As a submission spells it.
    """

    __test__ = False  # pytest takes it for tests otherwise

    patient: str
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Submission:
    """How a contest wants to be answered.

    Parameters
    ----------
    header : str
        First line.
    example : str
        What a test file is called.
    asks : callable
        From a file's name without suffix to the test file, or None for any other.
    rate : float, optional
        Hz, of files that do not say it.
    """

    header: str
    example: str
    asks: Callable[[str], TestFile | None]
    rate: float | None = None

    def file(self, path: Path) -> TestFile | None:
        """Return which of the contest's test files this is, by its name."""
        return self.asks(path.stem) if path.suffix.lower() == ".mat" else None

    def text(self, scores: Mapping[TestFile, float]) -> str:
        """Return the submission; a file without a score (NaN) gets the median of the others'.

        Raises
        ------
        DatasetError
            If no file has a score.
        """
        known = [score for score in scores.values() if not math.isnan(score)]
        if not known:
            raise DatasetError("no file has a score: there is nothing to submit")
        middle = float(np.median(known))
        rows = [(file.name, middle if math.isnan(score) else score) for file, score in sorted(scores.items())]
        return "".join(f"{line}\n" for line in [self.header, *(f"{name},{score:.9f}" for name, score in rows)])


def contest_patient(name: str) -> str:
    """Return whose a contest's file is, as the importers name patients, by its name without suffix; else nothing."""
    if found := _AES.fullmatch(name):
        return found["patient"].capitalize()
    found = _MELBOURNE.fullmatch(name) or _ECOSYSTEM.fullmatch(name)
    return f"Pat{found['patient']}" if found else ""


def _of_2014(name: str) -> TestFile | None:
    found = _AES.fullmatch(name)
    if found is None or found["part"].lower() != "test":
        return None
    patient, number = found["patient"].capitalize(), int(found["number"])
    return TestFile(patient, number, f"{patient}_test_segment_{number:04d}.mat")


def _of_2016(name: str) -> TestFile | None:
    found = _MELBOURNE.fullmatch(name)
    if found is not None and found["kind"] is None:
        new = "new_" if found["new"] else ""
        patient, number = found["patient"], int(found["number"])
        return TestFile(f"Pat{patient}", number, f"{new}{patient}_{number}.mat")
    found = _ECOSYSTEM.fullmatch(name)
    if found is not None and found["part"].lower() == "test":
        return TestFile(f"Pat{found['patient']}", int(found["number"]), f"{name}.mat")
    return None


SUBMISSIONS: dict[Contest, Submission] = {
    "aes2014": Submission("clip,preictal", "Dog_1_test_segment_0001.mat", _of_2014),
    "melbourne2016": Submission("File,Class", "1_1.mat, new_1_1.mat or Pat1Test_1_0.mat", _of_2016, rate=400.0),
}
