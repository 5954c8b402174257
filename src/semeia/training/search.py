"""Search: trainings with other values of some keys, each chosen after those before it, by what validation says.

::

    FOLDER/
      search.json      what was begun: recipe, folds, fingerprint of the data
      search.journal   every trial, as Optuna keeps it; whole after any kill
      trial-7...       state of a training that is under way; gone when its trial is done
      best.toml        the recipe of the best trial, complete
      trials.tsv       all of them

Parameters are drawn here, one trial after another, and each is trained in a process of its own, which tells the journal
what validation gave after each epoch and stops when that is worse than the median of the others at that epoch. What is
drawn depends on the recipe's seed, the trial's number and the trials that are done: with one worker a search that was
killed goes on as if nothing had been.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import tomli_w

from semeia import cluster
from semeia.datasets import deal, unit_of
from semeia.datasets.image_splits import deal_images
from semeia.errors import RecipeError, SemeiaError, TrainingError
from semeia.home import replacing
from semeia.recipe import Range, Search, Task
from semeia.training.checking import check_whole
from semeia.training.folds import keep_plan, only_here, prepared, without
from semeia.training.image_parts import ImageParts
from semeia.training.parts import Parts
from semeia.training.trial import JOURNAL, Hunt, Outcome, quiet, study_of, train_trial

if TYPE_CHECKING:
    import optuna

__all__ = ["Found", "Hunt", "search"]

Report = Callable[[dict[str, Any]], None]
PLAN, BEST, TABLE = "search.json", "best.toml", "trials.tsv"


@dataclass(frozen=True)
class Found:
    """What a search found.

    Parameters
    ----------
    best : Path or None
        The recipe of the best trial; None when no trial was finished.
    trials : list of dict
        ``trial`` (from 1), ``state``, ``value``, ``parameters``, ``epochs``, ``seconds``, ``problem``.
    importance : dict of float
        Share of the objective's variation among the better trials that each key explains (PED-ANOVA); empty with few.
    """

    best: Path | None
    trials: list[dict[str, Any]]
    importance: dict[str, float]


def search(
    hunt: Hunt,
    *,
    trials: int | None = None,
    workers: int | None = None,
    report: Report = lambda event: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Found:
    """Search, or go on with a search in the same folder, until there are so many trials.

    Trials that ran when the last search there was killed or stopped are run again with the same parameters, from the
    state that their training was saved in.

    Parameters
    ----------
    hunt : Hunt
    trials : int, optional
        Otherwise the recipe's.
    workers : int, optional
        Trials at once; otherwise one a processor.
    report : callable
        Called with ``data``, ``note``, ``gather`` and ``prepare`` as a training does, with ``trials`` when the first
        begins, and with ``trial`` when one is done.
    stop_asked : callable
        Asked a few times a second; when true every training saves its state.

    Raises
    ------
    RecipeError
        If a key or a value of the space is wrong.
    DatasetError, TrainingError, StorageError
    Interrupted
        If stopping was asked for.
    """
    from semeia.training.fit import Interrupted

    _check_space(hunt)
    if hunt.folder.exists() and not (hunt.folder / PLAN).is_file() and any(hunt.folder.glob("[!.]*")):
        raise TrainingError(f"{hunt.folder.name}: is there already, and no search; choose another folder or remove it")
    try:
        parts, fingerprint = prepared(hunt.plain, hunt.beside, hunt.outer, without(report, "split"), stop_asked)
        inner = _inner(hunt, parts)
        with only_here(hunt.folder):
            _keep_plan(hunt, fingerprint)
            _mend(hunt.folder / JOURNAL)
            study = study_of(hunt, begin=True)
            running = _Running(hunt, study, inner, trials or hunt.settings.trials, report)
            running.run(workers or cluster.processors(), stop_asked)
            return _written(hunt, study)
    except (Interrupted, CancelledError):
        raise Interrupted(saved=(hunt.folder / PLAN).is_file()) from None


def _check_space(hunt: Hunt) -> None:
    """Check the keys, and build the recipe for the ends of each range and for every value of a list."""
    check_whole(hunt.plain, hunt.beside)
    ends = {
        key: [values.low, values.high] if isinstance(values, Range) else values
        for key, values in hunt.settings.space.items()
    }
    trials = [{key: value} for key, values in ends.items() for value in values]
    trials += [{key: values[place] for key, values in ends.items()} for place in (0, -1)]
    for parameters in trials:
        said = ", ".join(f"{key} = {value}" for key, value in parameters.items())
        for key in parameters:
            if key.partition(".")[0] in {"search", "name", "description", "seed"}:
                raise RecipeError(f"search.space: {key} is not for searching")
        try:
            check_whole(hunt.of(parameters), hunt.beside)
        except RecipeError as error:
            raise RecipeError(f"search.space: with {said}: {error}") from error


def _inner(hunt: Hunt, parts: Parts | ImageParts) -> list[list[str]]:
    """Return the units that each inner fold validates on; none without folds."""
    if hunt.folds is None:
        return []
    by, task, seed = hunt.recipe.split.by, hunt.recipe.task, hunt.recipe.seed
    if by == "random":
        raise RecipeError("split.by = 'random' leaks, and folds of it would say nothing: split by patient or hour")
    if isinstance(parts, ImageParts):
        dealt_images = deal_images([*parts.training, *parts.validation], hunt.folds, seed, by=by)
        return [sorted({image.unit for image in held}) for _, held in dealt_images]
    dealt = deal([*parts.training, *parts.validation], hunt.folds, seed, by=by, task=cast(Task, task))
    return [sorted({unit_of(recording, by) for recording in held}) for _, held in dealt]


def _keep_plan(hunt: Hunt, fingerprint: str) -> None:
    """Write down what is begun, or check that it is what was begun; the number of trials may grow."""
    recipe = hunt.recipe.model_dump(mode="json")
    del recipe["search"]["trials"]
    outer = hunt.outer and list(hunt.outer)
    keep_plan(hunt.folder / PLAN, {"recipe": recipe, "folds": hunt.folds, "outer": outer, "data": fingerprint})


def _mend(journal: Path) -> None:
    """Take away the piece of a line that a killed process left at the end: Optuna would take no more after it."""
    if journal.is_file():
        with journal.open("r+b") as file:
            file.truncate(file.read().rfind(b"\n") + 1)


class _Running:
    """Trials on their way: each is drawn here, trained elsewhere, and closed here.

    Parameters
    ----------
    hunt : Hunt
    study : optuna.Study
    inner : list of list of str
        Units that each inner fold validates on.
    wanted : int
        Trials in all.
    report : callable
    """

    def __init__(self, hunt: Hunt, study: optuna.Study, inner: list[list[str]], wanted: int, report: Report) -> None:
        from optuna.trial import Trial, TrialState

        self.hunt, self.study, self.inner, self.wanted, self.report = hunt, study, inner, wanted, report
        unfinished = study.get_trials(states=(TrialState.RUNNING,))
        self._left = [Trial(study, trial._trial_id) for trial in unfinished]
        self._asked = len(study.get_trials(deepcopy=False))

    def run(self, workers: int, stop_asked: Callable[[], bool]) -> None:
        """Run all, those first that were not finished by another process."""
        self.report({"event": "trials", "done": self._asked - len(self._left), "total": self.wanted})
        running: dict[Future[Outcome], optuna.Trial] = {}
        with cluster.executor(workers) as pool:
            while True:
                while len(running) < workers and (self._left or self._asked < self.wanted):
                    trial = self._next()
                    job = (self.hunt, trial._trial_id, trial.number, _parameters(trial, self.hunt.settings), self.inner)
                    running[pool.submit(train_trial, *job)] = trial
                if not running:
                    return
                done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=lambda one: running[one].number):
                    self._close(running.pop(future), future)
                if stop_asked():
                    raise CancelledError

    def _next(self) -> optuna.Trial:
        """Return a trial; a new one is drawn by its own seed: a resumed search has no generators to go on with."""
        import numpy as np
        from optuna.samplers import TPESampler

        if self._left:
            return self._left.pop(0)
        seed = int(np.random.SeedSequence([self.hunt.recipe.seed, self._asked]).generate_state(1)[0])
        with quiet():
            self.study.sampler = TPESampler(seed=seed, constant_liar=True)
        self._asked += 1
        return self.study.ask()

    def _close(self, trial: optuna.Trial, future: Future[Outcome]) -> None:
        """Tell the study, and whoever listens, what became of a trial."""
        from optuna.trial import TrialState

        try:
            outcome = future.result()
        except SemeiaError as error:
            error.args = (error.about(f"trial {trial.number + 1}"),)  # and it keeps its kind
            raise
        if outcome.problem:
            trial.set_user_attr("problem", outcome.problem)
        if outcome.value is not None:
            self.study.tell(trial.number, outcome.value)
        else:
            self.study.tell(trial.number, state=TrialState.PRUNED if outcome.state == "pruned" else TrialState.FAIL)
        name = f"trial-{trial.number + 1}"
        for place in (*self.hunt.folder.glob(f"{name}[.-]*"), self.hunt.folder / name):
            shutil.rmtree(place, ignore_errors=True)
        rows, best = _rows(self.study), _best(self.study)
        done = sum(row["state"] != "running" for row in rows)
        chosen = best is not None and best.number == trial.number
        self.report({"event": "trial", **rows[trial.number], "best": chosen, "done": done, "total": self.wanted})


def _parameters(trial: optuna.Trial, settings: Search) -> dict[str, Any]:
    """Return the values of a trial, drawn if they are not."""
    drawn: dict[str, Any] = {}
    for key, values in settings.space.items():
        if isinstance(values, list):
            drawn[key] = trial.suggest_categorical(key, values)
        elif isinstance(values.low, int) and isinstance(values.high, int):
            drawn[key] = trial.suggest_int(key, values.low, values.high, log=values.log)
        else:
            drawn[key] = trial.suggest_float(key, values.low, values.high, log=values.log)
    return drawn


def _best(study: optuna.Study) -> optuna.trial.FrozenTrial | None:
    from optuna.trial import TrialState

    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return study.best_trial if done else None


def _rows(study: optuna.Study) -> list[dict[str, Any]]:
    return [
        {
            "trial": trial.number + 1,
            "state": {"fail": "failed"}.get(trial.state.name.lower(), trial.state.name.lower()),
            "value": trial.value if trial.state.name == "COMPLETE" else None,
            "parameters": trial.params,
            "epochs": len(trial.intermediate_values),
            "seconds": None if trial.duration is None else round(trial.duration.total_seconds(), 1),
            "problem": trial.user_attrs.get("problem", ""),
        }
        for trial in study.get_trials(deepcopy=False)
    ]


def _written(hunt: Hunt, study: optuna.Study) -> Found:
    """Write the table and the best recipe."""
    rows, best = _rows(study), _best(study)
    keys = list(hunt.settings.space)
    lines = [["trial", "state", hunt.settings.objective, "epochs", "seconds", *keys, "problem"]]
    for row in rows:
        fixed = [row[key] for key in ("trial", "state", "value", "epochs", "seconds")]
        lines.append(
            ["" if cell is None else str(cell) for cell in [*fixed, *(row["parameters"].get(k) for k in keys)]]
        )
        lines[-1].append(row["problem"])
    with replacing(hunt.folder / TABLE) as part:
        part.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    if best is None:
        return Found(None, rows, {})
    table = hunt.of(best.params).model_dump(mode="json", exclude_none=True)
    _move_paths(table, hunt.beside, hunt.folder)
    judged = f"mean of {hunt.folds} inner folds" if hunt.folds else "on the validation part"
    head = (
        f"# Trial {best.number + 1} of {len(rows)}: {hunt.settings.objective} {best.value:.4g}, {judged}.\n"
        "# It was chosen by this figure, which therefore flatters: test on patients that took no part.\n"
    )
    with replacing(hunt.folder / BEST) as part:
        part.write_text(head + tomli_w.dumps(table), encoding="utf-8")
    return Found(hunt.folder / BEST, rows, _importance(study, len(keys)))


def _move_paths(table: dict[str, Any], beside: Path, folder: Path) -> None:
    """Let paths that were found beside the recipe be found from the folder of the search."""
    for place, key in [*((data, "path") for data in table["data"]), (table["weights"], "init")]:
        path = place.get(key)
        if isinstance(path, str) and not Path(path).is_absolute() and (beside / path).exists():
            place[key] = os.path.relpath(beside / path, folder)


def _importance(study: optuna.Study, keys: int) -> dict[str, float]:
    """Return how much each key matters; nothing where too few trials were finished to tell."""
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if keys < 2 or len({trial.value for trial in done}) < 8:
        return {}
    with quiet():
        return {
            key: round(share, 3)
            for key, share in get_param_importances(study, evaluator=PedAnovaImportanceEvaluator()).items()
        }
