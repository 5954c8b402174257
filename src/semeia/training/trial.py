"""One trial of a search, trained in a process of its own, which tells the journal how it goes and gives up in time."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from semeia import cluster
from semeia.errors import RecipeError, TrainingError
from semeia.home import holding
from semeia.recipe import AnyRecipe, Search, changed
from semeia.training.checking import check
from semeia.training.folds import standing, train_recorded
from semeia.training.parts import Fold

if TYPE_CHECKING:
    import optuna

__all__ = ["JOURNAL", "Hunt", "Outcome", "quiet", "study_of", "train_trial"]

JOURNAL = "search.journal"
STUDY = "search"


@dataclass(frozen=True)
class Hunt:
    """A search and where it is kept.

    Parameters
    ----------
    recipe : Recipe or ImageRecipe
        With its table ``[search]``.
    folder : Path
    folds : int, optional
        Train each trial so many times, each time validated on another part; the objective is the mean.
    outer : Fold, optional
        What this fold of a cross-validation tests takes no part, neither in training nor in choosing.
    beside : Path
        Where relative paths of the recipe are looked for first.
    command : list of str
        What was typed, for the records.
    """

    recipe: AnyRecipe
    folder: Path
    folds: int | None = None
    outer: Fold | None = None
    beside: Path = Path()
    command: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Search:
        """The recipe's table ``[search]``."""
        if self.recipe.search is None:
            raise RecipeError(
                "the recipe has no table [search] with a space: for example [search.space] with "
                '"training.learning_rate" = {low = 1e-4, high = 1e-2, log = true}'
            )
        return self.recipe.search

    @property
    def plain(self) -> AnyRecipe:
        """The recipe without its search."""
        return self.recipe.model_copy(update={"search": None})

    def of(self, parameters: Mapping[str, Any]) -> AnyRecipe:
        """Return the recipe of a trial."""
        return changed(self.plain, parameters)


@dataclass(frozen=True)
class Outcome:
    """What became of a trial."""

    state: Literal["complete", "pruned", "failed"]
    value: float | None = None
    problem: str = ""


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna's notes on experimental parts, which some of its versions give, from the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class _Lock:
    """Lets one process at a time write to the journal; the system opens it again when that process is killed.

    Optuna's own is a file that a killed process leaves, and all others then wait for half a minute.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._held = path, ExitStack()

    def acquire(self) -> bool:
        """Wait until no other holds it."""
        self._held.enter_context(holding(self._path))
        return True

    def release(self) -> None:
        """Let the next one write."""
        self._held.close()


def study_of(hunt: Hunt, *, begin: bool = False) -> optuna.Study:
    """Return the study in the journal, begun if it is not there and that is wished."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    lock: Any = _Lock(hunt.folder / f".{JOURNAL}.lock")
    with quiet():
        storage = JournalStorage(JournalFileBackend(str(hunt.folder / JOURNAL), lock))
        if begin:
            direction: Any = "maximize" if hunt.settings.objective == "validation_auroc" else "minimize"
            optuna.create_study(study_name=STUDY, storage=storage, direction=direction, load_if_exists=True)
        return optuna.load_study(study_name=STUDY, storage=storage, pruner=optuna.pruners.MedianPruner())


def train_trial(hunt: Hunt, trial_id: int, number: int, parameters: dict[str, Any], inner: list[list[str]]) -> Outcome:
    """Train one trial, in a process of its own; what another process left half done goes on."""
    recipe = hunt.of(parameters)
    faults = check(recipe, hunt.beside).faults
    if faults:  # of a combination that the ends of the ranges did not show
        return Outcome("failed", problem=faults[0])
    judge = Judge(hunt, trial_id)
    values = []
    for fold, units in enumerate(inner or [None]):
        name = f"trial-{number + 1}" if units is None else f"trial-{number + 1}-fold{fold + 1}"
        split = recipe.split if units is None else recipe.split.model_copy(update={"validation": units})
        judge.begin = fold * recipe.training.epochs
        try:
            value = _trained(hunt, recipe.model_copy(update={"split": split}), hunt.folder / name, judge)
        except TrainingError as error:
            return Outcome("failed", problem=str(error))
        if value is None:
            return Outcome("pruned")
        values.append(value)
    return Outcome("complete", sum(values) / len(values))


def _trained(hunt: Hunt, recipe: AnyRecipe, place: Path, judge: Judge) -> float | None:
    """Train a model and return its objective; None when it was given up."""
    from semeia.training.fit import Interrupted

    stands = standing(place)
    if stands != "whole":
        try:
            train_recorded(
                recipe,
                place,
                resume=stands == "begun",
                beside=hunt.beside,
                report=judge,
                stop_asked=lambda: judge.hopeless or cluster.stop_asked(),
                fold=hunt.outer,
                split_seed=hunt.recipe.seed,
                command=hunt.command,
            )
        except Interrupted:
            if not judge.hopeless:
                raise
            return None
    metrics = json.loads((place / "metrics.json").read_bytes())
    return judge.value(metrics["history"][metrics["best_epoch"]])


class Judge:
    """Takes a training's reports, keeps them in the journal, and says when it is hopeless.

    Parameters
    ----------
    hunt : Hunt
    trial_id : int
        Optuna's.

    Attributes
    ----------
    begin : int
        Number, among all epochs of the trial, of the first epoch of this training.
    hopeless : bool
    """

    def __init__(self, hunt: Hunt, trial_id: int) -> None:
        from optuna.trial import Trial

        self.objective = hunt.settings.objective
        self.begin, self.hopeless = 0, False
        self._trial = Trial(study_of(hunt), trial_id)
        storage = self._trial.study._storage
        self._known = set(storage.get_trial(trial_id).intermediate_values)

    def __call__(self, event: dict[str, Any]) -> None:
        match event:
            case {"event": "epoch"}:
                self._take([event])
            case {"event": "resumed", "history": history}:
                self._take(history)

    def value(self, entry: Mapping[str, Any]) -> float:
        """Return the objective after an epoch.

        Raises
        ------
        RecipeError
            If validation does not give it.
        """
        if self.objective not in entry:
            raise RecipeError(
                f"validation gives no {self.objective}: no validation patient shows both classes; "
                "set search.objective = 'validation_loss'"
            )
        return float(entry[self.objective])

    def _take(self, entries: list[dict[str, Any]]) -> None:
        for entry in entries:
            step = self.begin + int(entry["epoch"])
            if step not in self._known:  # of a training that was resumed some are known
                self._trial.report(self.value(entry), step)
                self._known.add(step)
        self.hopeless = bool(entries) and self._trial.should_prune()
