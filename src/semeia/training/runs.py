"""A training's record, kept in the home folder when its model is long gone: what was trained, on what, and how it went.

::

    runs/eeg-starter-3/
      run.json        recipe, data, environment, state; written whole each time
      metrics.jsonl   one line an epoch, appended

A process that is gone without a word (its number and its start time say so) was killed.
"""

from __future__ import annotations

import json
import platform
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from semeia.errors import FileError, RecipeError, StorageError, TrainingError
from semeia.home import home_folder, make_folder, reason
from semeia.recipe import nearest

__all__ = [
    "Process",
    "Record",
    "State",
    "best_of",
    "damaged_runs",
    "epochs_of",
    "list_runs",
    "read_run",
    "remove_run",
    "runs_folder",
]

State = Literal["running", "done", "failed", "stopped"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Process(_Part):
    """Which process trains: its number alone may be another's by now."""

    host: str
    number: int
    started: float


class Record(_Part):
    """What ``run.json`` says.

    Parameters
    ----------
    id, name : str
        The run's own, and its recipe's.
    state : {"running", "done", "failed", "stopped"}
        As it was last written; `standing` knows of runs that were killed.
    problem : str
        Why it failed.
    started, ended : datetime
    resumed : list of datetime
    command : list of str
    process : Process
    environment : dict
    recipe : dict
    seed : int
    fingerprint : str
        Of the recipe and the data (`semeia.training.train`).
    data : dict
        Counts of recordings, patients, hours and seizures on both sides of the split.
    folder : str
        Where the model was to be written.
    metrics : dict
        Measures at the best epoch, and whatever the training says at its end.
    """

    format: Literal[1] = 1
    id: str
    name: str
    state: State
    problem: str = ""
    started: datetime
    ended: datetime | None = None
    resumed: list[datetime] = []
    command: list[str] = []
    process: Process
    environment: dict[str, Any] = {}
    recipe: dict[str, Any]
    seed: int = 0
    fingerprint: str = ""
    data: dict[str, Any] = {}
    folder: str
    metrics: dict[str, Any] = {}

    @property
    def standing(self) -> str:
        """The state, or ``killed`` when the process that ran is gone."""
        return "killed" if self.state == "running" and not self._alive() else self.state

    def _alive(self) -> bool:
        if self.process.host != platform.node():  # nobody here can tell
            return True
        try:
            process = psutil.Process(self.process.number)
            return abs(process.create_time() - self.process.started) < 2 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


def list_runs() -> list[Record]:
    """Return all runs that can be read, the oldest first."""
    found = []
    for place in _places():
        with suppress(FileError):
            found.append(_read(place))
    return sorted(found, key=lambda record: record.started)


def damaged_runs() -> list[str]:
    """Return what is wrong with the runs that cannot be read, one line each."""
    problems = []
    for place in _places():
        try:
            _read(place)
        except FileError as error:
            problems.append(str(error))
    return problems


def read_run(name: str) -> Record:
    """Return a run's record.

    Raises
    ------
    RecipeError
        If there is none; the message names the nearest.
    FileError
        If it is damaged.
    """
    return _read(_place(name))


def epochs_of(run: str | Path) -> list[dict[str, Any]]:
    """Return what was measured after each epoch of a run, by name or folder.

    Of an epoch that was done again after a stop the later line counts; one that was cut in the middle does not.
    """
    path = (runs_folder() / run if isinstance(run, str) else run) / "metrics.jsonl"
    epochs: dict[int, dict[str, Any]] = {}
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            epochs[int(entry["epoch"])] = entry
    return [epochs[number] for number in sorted(epochs)]


def best_of(epochs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the line of the epoch with the lowest validation loss, the first of equals; empty without one."""
    known = [entry for entry in epochs if isinstance(entry.get("validation_loss"), int | float)]
    return min(known, key=lambda entry: float(entry["validation_loss"]), default={})


def remove_run(name: str) -> None:
    """Remove a run's record; the model that it made stays.

    Raises
    ------
    RecipeError
        If there is none.
    TrainingError
        If it runs.
    StorageError
    """
    place = _place(name)
    with suppress(FileError):
        if _read(place).standing == "running":
            raise TrainingError(f"run {name} is running; stop it first")
    try:
        shutil.rmtree(place)
    except OSError as error:
        raise StorageError(f"{place}: cannot be removed ({reason(error)})") from error


def runs_folder() -> Path:
    """Return the folder of all records, made if it is absent."""
    return make_folder(home_folder() / "runs")


def _places() -> list[Path]:
    return sorted(place for place in runs_folder().iterdir() if (place / "run.json").is_file())


def _place(name: str) -> Path:
    known = {place.name: place for place in _places()}
    if name not in known:
        raise RecipeError(f"run {name!r} is not recorded: {nearest(name, known)}")
    return known[name]


def _read(place: Path) -> Record:
    try:
        return Record.model_validate_json((place / "run.json").read_bytes())
    except (OSError, ValidationError) as error:
        problem = f"the record of run {place.name} is damaged: semeia runs remove {place.name}"
        raise FileError(place / "run.json", problem) from error
