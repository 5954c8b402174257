"""Writes a training's record while it runs (`semeia.training.runs` says what it holds and reads it)."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from semeia.errors import SemeiaError, StorageError, TrainingError
from semeia.home import reason, replacing
from semeia.recipe import AnyRecipe
from semeia.training.environment import environment
from semeia.training.runs import Process, Record, State, best_of, epochs_of, list_runs, runs_folder

__all__ = ["Run", "recorded"]


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
    def start(cls, recipe: AnyRecipe, folder: str | Path, *, resume: bool = False, command: Sequence[str] = ()) -> Run:
        """Begin a record, or go on with the last one of the same output folder.

        Parameters
        ----------
        recipe : Recipe or ImageRecipe
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
        target = str(Path(folder).absolute())
        about = {"state": "running", "process": _this_process(), "command": list(command or sys.argv)}
        about |= {"environment": environment()}
        before = [r for r in list_runs() if r.folder == target] if resume else []
        if before:
            last = before[-1]
            if last.standing == "running" and last.process.number != os.getpid():
                raise TrainingError(
                    f"{Path(folder).name}: process {last.process.number} trains it already (run {last.id}): "
                    "wait for it, or end it first"
                )
            return cls(runs_folder() / last.id, last.model_copy(update=about | {"ended": None, "problem": ""}))
        place = _new_place(recipe.name)
        fixed = {"id": place.name, "name": recipe.name, "started": datetime.now(UTC), "folder": target}
        fixed |= {"recipe": recipe.model_dump(mode="json"), "seed": recipe.seed}
        return cls(place, Record.model_validate(about | fixed))

    def record(self, event: dict[str, Any]) -> None:
        """Take down what a training reports (`semeia.training.train`); what is of no account is passed over.

        ``epoch`` becomes a line of measures; ``resumed`` with a ``history`` fills in the epochs that are saved in the
        training's state and were never told, and is the moment at which it went on (one that is refused never says it);
        ``split`` says how much data there is; a ``fingerprint`` is kept wherever it comes.

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
                self._change(resumed=[*self._record.resumed, datetime.now(UTC)])
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
    recipe: AnyRecipe, folder: str | Path, *, resume: bool = False, command: Sequence[str] = ()
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


def _new_place(name: str) -> Path:
    """Return a new folder named after the recipe, with the next number."""
    numbers = [int(m[1]) for p in runs_folder().iterdir() if (m := re.fullmatch(re.escape(name) + r"-(\d+)", p.name))]
    number = max(numbers, default=0) + 1
    while True:
        place = runs_folder() / f"{name}-{number}"
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
