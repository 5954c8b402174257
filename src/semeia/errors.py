"""Every error a user can meet, as one tree.

::

    SemeiaError              one clear line: what, where, and what to do
    ├── FileError            a file that is missing, empty, truncated, foreign or hostile
    │   └── NothingRecordedError ... that holds nothing but NaN
    ├── RecordingError       a recording that cannot give what was asked of it
    │   └── MontageError     ... because channels are missing
    ├── ImageError           an image that cannot give what was asked of it
    ├── EventError           events that contradict themselves or their recording
    ├── DatasetError         recordings and labels that do not make a training set
    ├── RecipeError          a recipe with a wrong key, value or combination
    ├── ModelError           a model folder that is incomplete, foreign or does not fit
    ├── TrainingError        a training that cannot start, go on or resume
    └── StorageError         the disk is full, or a place may not be written

Whatever the command line meets that is not in this tree is a fault of Semeia itself.
"""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "DatasetError",
    "EventError",
    "FileError",
    "ImageError",
    "ModelError",
    "MontageError",
    "NothingRecordedError",
    "RecipeError",
    "RecordingError",
    "SemeiaError",
    "StorageError",
    "TrainingError",
]


class SemeiaError(Exception):
    """Root of the tree; its text is one line that a user can act on."""

    def about(self, name: str) -> str:
        """Return its text with the name of the file that it is about in front, once."""
        return str(self) if str(self).startswith(f"{name}: ") else f"{name}: {self}"


class FileError(SemeiaError):
    """A file is missing, empty, truncated, of another kind, or hostile.

    Parameters
    ----------
    path : str or Path
        The file; only its name is shown.
    problem : str
        What is wrong, where, and what to do about it.
    """

    def __init__(self, path: str | Path, problem: str) -> None:
        self.path = Path(path)
        self.problem = problem
        super().__init__(f"{self.path.name or self.path}: {problem}")

    def __reduce__(self) -> tuple[type[FileError], tuple[Path, str]]:
        """Let it come back whole from another process."""
        return type(self), (self.path, self.problem)


class NothingRecordedError(FileError):
    """A file holds nothing but NaN: where drop-outs are looked for, it is one from beginning to end."""


class RecordingError(SemeiaError):
    """A recording cannot give what was asked of it."""


class MontageError(RecordingError):
    """A montage cannot be made from the recorded channels."""


class ImageError(SemeiaError):
    """An image cannot give what was asked of it."""


class EventError(SemeiaError):
    """Events contradict themselves or their recording."""


class DatasetError(SemeiaError):
    """Recordings and labels do not make a training set."""


class RecipeError(SemeiaError):
    """A recipe has a wrong key, value or combination."""


class ModelError(SemeiaError):
    """A model folder is incomplete, foreign, or does not fit the recording."""


class TrainingError(SemeiaError):
    """A training cannot start, go on, or resume."""


class StorageError(SemeiaError):
    """The disk is full, or a place may not be written."""
