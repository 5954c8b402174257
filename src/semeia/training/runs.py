"""A training's record, kept in the home folder when its model is long gone: what was trained, on what, and how it went.

::

    runs/eeg-starter-3/
      run.json        recipe, data, environment, state; written whole each time
      metrics.jsonl   one line an epoch, appended

A process that is gone without a word (its number and its start time say so) was killed.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from semeia.errors import FileError, SemeiaError, StorageError, TrainingError
from semeia.home import home_folder, make_folder, reason, replacing
from semeia.recipe import Recipe, look_up
from semeia.training.environment import environment

__all__ = ["Record", "Run", "best_of", "damaged_runs", "epochs_of", "list_runs", "read_run", "recorded", "remove_run"]

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


class Run:
    """Writes a training's record while it runs.

    Parameters
    ----------
    place : Path
        Its folder.
    record : Record
    """

    def __init__(self, place: Path, record: Record) -> None:
        self.place, self._record = place, record
        self._epoch_began = time.monotonic()
        self._write()
        _mend(place / "metrics.jsonl")

    @property
    def id(self) -> str:
        """Name of the run, such as ``eeg-starter-3``."""
        return self._record.id

    @classmethod
    def start(cls, recipe: Recipe, folder: str | Path, *, resume: bool = False, command: Sequence[str] = ()) -> Run:
        """Begin a record, or go on with the last one of the same output folder.

        Parameters
        ----------
        recipe : Recipe
        folder : str or Path
            Where the model is to be written.
        resume : bool
        command : sequence of str
            What was typed; otherwise this process's arguments.

        Raises
        ------
        TrainingError
            If the training that is to be resumed still runs.
        StorageError
        """
        target, now = str(Path(folder).absolute()), datetime.now(UTC)
        about = {"state": "running", "process": _this_process(), "command": list(command or sys.argv)}
        about |= {"environment": environment(), "recipe": recipe.model_dump(mode="json"), "seed": recipe.seed}
        before = [r for r in list_runs() if r.folder == target and r.state != "done"] if resume else []
        if before:
            last = before[-1]
            if last.standing == "running" and last.process.number != os.getpid():
                raise TrainingError(
                    f"{Path(folder).name}: process {last.process.number} trains it already (run {last.id}): "
                    "wait for it, or end it first"
                )
            resumed = {"resumed": [*last.resumed, now], "ended": None, "problem": ""}
            return cls(_folder() / last.id, last.model_copy(update=about | resumed))
        place = _new_place(recipe.name)
        fixed = {"id": place.name, "name": recipe.name, "started": now, "folder": target}
        return cls(place, Record.model_validate(about | fixed))

    def record(self, event: dict[str, Any]) -> None:
        """Take down what a training reports (`semeia.training.train`); what is of no account is passed over.

        ``epoch`` becomes a line of measures; ``resumed`` with a ``history`` fills in the epochs that are saved in the
        training's state and were never told; ``split`` says how much data there is; a ``fingerprint`` is kept
        wherever it comes.

        Raises
        ------
        StorageError
        """
        match event:
            case {"event": "epoch", "epoch": int()}:
                now = time.monotonic()
                entry = {key: value for key, value in event.items() if key not in {"event", "best_epoch"}}
                self._append(entry | {"seconds": round(now - self._epoch_began, 3)})
                self._epoch_began = now
            case {"event": "resumed", "history": list(history)}:
                told = {entry["epoch"] for entry in epochs_of(self.place)}
                for entry in history:
                    if entry["epoch"] not in told:
                        self._append(entry)
                self._epoch_began = time.monotonic()
            case {"event": "split", **counts}:
                self._change(data={name: count for name, count in counts.items() if isinstance(count, dict)})
                self._epoch_began = time.monotonic()
            case {"event": "prepare"}:
                self._epoch_began = time.monotonic()
        if isinstance(event.get("fingerprint"), str):
            self._change(fingerprint=event["fingerprint"])

    def finish(self, state: State, metrics: dict[str, Any] | None = None, *, problem: str = "") -> None:
        """Close the record with what is known at the end; measures of the best epoch are taken from its lines.

        Raises
        ------
        StorageError
        """
        at_best = _at_best(epochs_of(self.place))
        self._change(state=state, ended=datetime.now(UTC), metrics=_finite(at_best | (metrics or {})), problem=problem)

    def _change(self, **values: Any) -> None:
        self._record = self._record.model_copy(update=values)
        self._write()

    def _write(self) -> None:
        with replacing(self.place / "run.json") as part:
            part.write_text(self._record.model_dump_json(indent=2) + "\n", encoding="utf-8")

    def _append(self, entry: dict[str, Any]) -> None:
        path = self.place / "metrics.jsonl"
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(_finite(entry), allow_nan=False) + "\n")
        except OSError as error:
            raise StorageError(f"{path}: cannot be written ({reason(error)})") from error


@contextmanager
def recorded(
    recipe: Recipe, folder: str | Path, *, resume: bool = False, command: Sequence[str] = ()
) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Record a training: yield what takes its reports, and close the record as the block ends.

    A block that ends well is done; `semeia.training.fit.Interrupted` and Ctrl-C are stopped; anything else failed.

    Raises
    ------
    TrainingError
        If the training that is to be resumed still runs.
    StorageError
    """
    run = Run.start(recipe, folder, resume=resume, command=command)
    last: dict[str, Any] = {}

    def report(event: dict[str, Any]) -> None:
        run.record(event)
        if event.get("event") == "done":
            last.update({key: value for key, value in event.items() if key not in {"event", "folder"}})

    try:
        yield report
    except BaseException as error:
        stopped = _is_stop(error)
        said = str(error) if isinstance(error, SemeiaError) else f"{type(error).__name__}: {error}"
        with suppress(StorageError):  # what it failed of is said, not this
            run.finish("stopped" if stopped else "failed", last, problem="" if stopped else said)
        raise
    run.finish("done", last)


def _is_stop(error: BaseException) -> bool:
    if isinstance(error, KeyboardInterrupt | CancelledError):
        return True
    fit = sys.modules.get("semeia.training.fit")  # which loads torch; listing runs must not
    return fit is not None and isinstance(error, fit.Interrupted)


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
    return _read(look_up("run", name, {place.name: place for place in _places()}))


def epochs_of(run: str | Path) -> list[dict[str, Any]]:
    """Return what was measured after each epoch of a run, by name or folder.

    Of an epoch that was done again after a stop the later line counts; one that was cut in the middle does not.
    """
    path = (_folder() / run if isinstance(run, str) else run) / "metrics.jsonl"
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
    place = look_up("run", name, {place.name: place for place in _places()})
    with suppress(FileError):
        if _read(place).standing == "running":
            raise TrainingError(f"run {name} is running; stop it first")
    try:
        shutil.rmtree(place)
    except OSError as error:
        raise StorageError(f"{place}: cannot be removed ({reason(error)})") from error


def _folder() -> Path:
    return make_folder(home_folder() / "runs")


def _places() -> list[Path]:
    return sorted(place for place in _folder().iterdir() if (place / "run.json").is_file())


def _read(place: Path) -> Record:
    try:
        return Record.model_validate_json((place / "run.json").read_bytes())
    except (OSError, ValidationError) as error:
        problem = f"the record of run {place.name} is damaged: semeia runs remove {place.name}"
        raise FileError(place / "run.json", problem) from error


def _new_place(name: str) -> Path:
    """Return a new folder named after the recipe, with the next number."""
    numbers = [int(m[1]) for p in _folder().iterdir() if (m := re.fullmatch(re.escape(name) + r"-(\d+)", p.name))]
    number = max(numbers, default=0) + 1
    while True:
        place = _folder() / f"{name}-{number}"
        try:
            place.mkdir()
        except FileExistsError:  # another process began one at the same time
            number += 1
        except OSError as error:
            raise StorageError(f"{place}: this folder cannot be made ({reason(error)})") from error
        else:
            return place


def _mend(path: Path) -> None:
    """Take away the piece of a line that a killed process left at the end."""
    with suppress(FileNotFoundError), path.open("r+b") as file:
        text = file.read()
        file.truncate(text.rfind(b"\n") + 1)


def _at_best(epochs: list[dict[str, Any]]) -> dict[str, Any]:
    best = best_of(epochs)
    kept = {key: value for key, value in best.items() if key not in {"epoch", "seconds"}}
    return {"best_epoch": best["epoch"], "epochs": len(epochs), **kept} if best else {}


def _finite(values: Any) -> Any:
    """Return values with None for numbers that JSON cannot write."""
    match values:
        case dict():
            return {key: _finite(value) for key, value in values.items()}
        case list() | tuple():
            return [_finite(value) for value in values]
        case float() if not math.isfinite(values):
            return None
    return values


def _this_process() -> Process:
    return Process(host=platform.node(), number=os.getpid(), started=psutil.Process().create_time())
