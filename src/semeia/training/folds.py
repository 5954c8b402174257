"""Cross-validation and several seeds: one recipe trained many times, in processes side by side, and summed up.

::

    FOLDER/
      plan.json       what was begun: recipe, folds, fingerprints of the data
      fold1-seed1/    a model, as `semeia.training.train` writes it
      summary.json    what all of them score (`semeia.training.summary`)
      summary.md
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from semeia import cluster
from semeia.errors import DatasetError, RecipeError, TrainingError
from semeia.home import alone_in, make_folder, replacing
from semeia.recipe import AnyRecipe, ImageRecipe, differences
from semeia.training.checking import check_whole, image_transform_of, transform_of
from semeia.training.image_parts import ImageParts, fingerprint_of_images, gathered_images
from semeia.training.parts import Fold, Parts, fingerprint, gathered_parts
from semeia.training.recorder import recorded
from semeia.training.summary import Scored, as_markdown, figures_of, summary_of
from semeia.training.windows import prepare
from semeia.transforms.prepared import prepared_images

if TYPE_CHECKING:
    from semeia.model import ImageModel, Model

__all__ = [
    "Folds",
    "cross_validate",
    "keep_plan",
    "only_here",
    "prepared",
    "standing",
    "train_recorded",
    "without",
]

Report = Callable[[dict[str, Any]], None]
PLAN = "plan.json"
STOP = ".stop"


@dataclass(frozen=True)
class Folds:
    """A cross-validation, or several seeds of one split.

    Parameters
    ----------
    recipe : Recipe or ImageRecipe
    folder : Path
    folds : int, optional
        Parts that are tested in turn; otherwise there is one split, and no test part.
    seeds : int
        Trainings of each, from the recipe's seed on; all share the recipe's split.
    beside : Path
        Where relative paths of the recipe are looked for first.
    command : list of str
        What was typed, for the records.
    """

    recipe: AnyRecipe
    folder: Path
    folds: int | None = None
    seeds: int = 1
    beside: Path = Path()
    command: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.folds is not None and isinstance(self.recipe.split.validation, list):
            raise RecipeError(
                "split.validation names patients, and folds test every patient in turn: "
                "give a share instead, for example --set split.validation=0.2"
            )

    @property
    def parts(self) -> list[Fold | None]:
        """The folds; or one None without any."""
        return [Fold(number, self.folds) for number in range(self.folds)] if self.folds else [None]

    @property
    def jobs(self) -> list[tuple[Fold | None, int]]:
        """Fold and seed of every training; all folds of a seed come before the next seed."""
        return [(fold, self.recipe.seed + number) for number in range(self.seeds) for fold in self.parts]

    def place(self, fold: Fold | None, seed: int) -> Path:
        """Return the folder of a model."""
        return self.folder / (f"seed{seed}" if fold is None else f"fold{fold.number + 1}-seed{seed}")


def cross_validate(
    plan: Folds,
    *,
    resume: bool = False,
    workers: int | None = None,
    address: str | None = None,
    report: Report = lambda event: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Train every fold with every seed and return the summary, which is written beside the models.

    Recordings are made and prepared here, before the first process starts; then each model is trained in a process
    with one thread, so that it has the same weights however many run side by side.

    Parameters
    ----------
    plan : Folds
    resume : bool
        Go on with one that was stopped or killed: whole models are kept, half ones go on.
    workers, address
        As `semeia.cluster.run_all` takes them; a cluster's workers must see the same folders.
    report : callable
        Called with ``data``, ``note``, ``gather`` and ``prepare`` as a training does, with ``folds`` when the first
        begins, and with ``fold`` when a model is there: ``fold``, ``of``, ``seed``, ``done``, ``total``, ``folder``,
        ``figures``.
    stop_asked : callable
        Asked a few times a second; when true every training saves its state.

    Raises
    ------
    RecipeError, DatasetError, TrainingError, StorageError
        What a training raises is said with its fold and seed, and ends the others, which can go on later.
    Interrupted
        If stopping was asked for.
    """
    from semeia.training.fit import Interrupted

    folder = plan.folder
    _check_begun(folder, resume)
    check_whole(plan.recipe, plan.beside)
    try:
        prints = _prepare_all(plan, report, stop_asked)
        with only_here(folder):
            recipe = plan.recipe.model_dump(mode="json")
            keep_plan(folder / PLAN, {"recipe": recipe, "folds": plan.folds, "fingerprints": prints})
            _train_all(plan, workers, address, report, stop_asked)
            return _summed_up(plan)
    except (Interrupted, CancelledError):
        if address is not None and folder.is_dir():  # nobody can send a signal there
            (folder / STOP).touch()
        raise Interrupted(saved=(folder / PLAN).is_file()) from None


def train_recorded(
    recipe: AnyRecipe,
    folder: Path,
    *,
    resume: bool = False,
    beside: Path = Path(),
    report: Report = lambda event: None,
    stop_asked: Callable[[], bool] = lambda: False,
    fold: Fold | None = None,
    split_seed: int | None = None,
    command: Sequence[str] = (),
) -> Model | ImageModel:
    """Train as `semeia.training.train.train` does, and keep a record of it, begun with the first thing it reports.

    What is wrong before that (a key, a folder that is there already) leaves no record.
    """
    from semeia.training.train import train

    with ExitStack() as stack:
        record: Report | None = None

        def both(event: dict[str, Any]) -> None:
            nonlocal record
            if record is None:
                record = stack.enter_context(recorded(recipe, folder, resume=resume, command=command))
            record(event)
            report(event)

        how: dict[str, Any] = {"beside": beside, "stop_asked": stop_asked, "fold": fold, "split_seed": split_seed}
        return train(recipe, folder, resume=resume, report=both, **how)


def standing(folder: Path) -> Literal["absent", "begun", "whole"]:
    """Return how far the training of a model came."""
    workplace = Path(f"{folder.absolute()}.training")
    if (workplace / "state.safetensors").is_file():
        return "begun"
    if not folder.exists():
        return "absent"
    shutil.rmtree(workplace, ignore_errors=True)  # killed while it was being removed
    return "whole"


def prepared(
    recipe: AnyRecipe, beside: Path, fold: Fold | None, report: Report, stop_asked: Callable[[], bool]
) -> tuple[Parts | ImageParts, str]:
    """Gather, split and prepare what one training needs, into the cache; return its parts and their fingerprint.

    Several processes then find it there, and none makes it twice.

    Raises
    ------
    DatasetError, StorageError
    CancelledError
        If stopping was asked for.
    """

    def pause() -> None:
        if stop_asked():
            raise CancelledError

    def gathered(source: str, done: int, total: int) -> None:
        report({"event": "gather", "source": source, "done": done, "total": total})
        pause()

    def progress(done: int, total: int) -> None:
        report({"event": "prepare", "done": done, "total": total})
        pause()

    if isinstance(recipe, ImageRecipe):
        images = gathered_images(recipe, beside, report=report, gathered=gathered, fold=fold)
        prepared_images(images.places, image_transform_of(recipe), progress)
        return images, fingerprint_of_images(recipe, images)
    parts = gathered_parts(recipe, beside, report=report, gathered=gathered, fold=fold)
    reached = partial(progress, total=len(parts.all))
    windows = prepare(parts.all, recipe.examples, transform_of(recipe), reached, task=recipe.task)
    if text := windows.note():
        report({"event": "note", "text": text})
    return parts, fingerprint(recipe, parts)


def only_here(folder: Path) -> AbstractContextManager[None]:
    """Hold a folder, made if it is absent: no other process works there meanwhile.

    Raises
    ------
    TrainingError
        If another process does already.
    """
    problem = f"{folder.name}: another process works there: wait for it, or end it first"
    return alone_in(make_folder(folder), busy=TrainingError(problem))


def _check_begun(folder: Path, resume: bool) -> None:
    """Check that there is something to begin, or to go on with."""
    begun = (folder / PLAN).is_file()
    if begun and not resume:
        raise TrainingError(f"{folder.name}: these trainings were begun; go on with --resume, or remove the folder")
    if resume and not begun:
        raise TrainingError(f"{folder.name}: no folds or seeds to go on with; start without --resume")
    if folder.exists() and not begun and set(folder.iterdir() if folder.is_dir() else [folder]) - {folder / ".lock"}:
        raise TrainingError(f"{folder.name}: is there already; choose another folder or remove it")


def _prepare_all(plan: Folds, report: Report, stop_asked: Callable[[], bool]) -> list[str]:
    """Find out now, and not after hours, whether every fold can be trained; return their fingerprints."""
    prints: list[str] = []
    for fold in plan.parts:
        told = without(report, "split", *(("data", "note") if prints else ()))  # which are the same for every fold
        try:
            prints.append(prepared(plan.recipe, plan.beside, fold, told, stop_asked)[1])
        except DatasetError as error:  # a wrong setting is no fold's fault
            if fold is not None:
                error.args = (error.about(f"fold {fold.number + 1}"),)
            raise
    return prints


def without(report: Report, *kinds: str) -> Report:
    """Return what passes events on to a report, but those of some kinds."""
    return lambda event: None if event["event"] in kinds else report(event)


def keep_plan(path: Path, table: dict[str, Any]) -> None:
    """Write down what is begun; where it was begun before, check that it is the same.

    Raises
    ------
    TrainingError
        If it is something else, or damaged.
    StorageError
    """
    if not path.is_file():
        with replacing(path) as part:
            part.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
        return
    try:
        before = json.loads(path.read_bytes())
    except ValueError as error:
        raise TrainingError(f"{path.parent.name}/{path.name}: is damaged; start anew in another folder") from error
    if before != table:
        said = [one for one in differences(before, table) if not one.startswith(("data ", "fingerprints "))]
        raise TrainingError(
            f"{path.parent.name}: what is trained changed since this was begun "
            f"({'; '.join(said) or 'the data or their labels'}): "
            "put back what was there, or start anew in another folder"
        )


def _train_all(
    plan: Folds, workers: int | None, address: str | None, report: Report, stop_asked: Callable[[], bool]
) -> None:
    (plan.folder / STOP).unlink(missing_ok=True)
    jobs, done = plan.jobs, 0
    report({"event": "folds", "done": done, "total": len(jobs)})

    def finished(number: int, _: None) -> None:
        nonlocal done
        done += 1
        fold, seed = jobs[number]
        about = {} if fold is None else {"fold": fold.number + 1, "of": fold.of}
        figures = figures_of(_metrics(plan, fold, seed))
        here = {"folder": str(plan.place(fold, seed)), "figures": figures}
        report({"event": "fold", **about, "seed": seed, "done": done, "total": len(jobs), **here})

    cluster.run_all(
        _train_one,
        [(plan, fold, seed) for fold, seed in jobs],
        names=[plan.place(fold, seed).name for fold, seed in jobs],
        workers=workers,
        address=address,
        on_done=finished,
        stop_asked=stop_asked,
    )


def _train_one(plan: Folds, fold: Fold | None, seed: int) -> None:
    """Train one model, in a process of its own; one that another process left half made goes on."""
    place = plan.place(fold, seed)
    stands = standing(place)
    if stands == "whole":
        return
    stop = plan.folder / STOP
    train_recorded(
        plan.recipe.model_copy(update={"seed": seed}),
        place,
        resume=stands == "begun",
        beside=plan.beside,
        stop_asked=lambda: cluster.stop_asked() or stop.exists(),
        fold=fold,
        split_seed=plan.recipe.seed,
        command=plan.command,
    )


def _metrics(plan: Folds, fold: Fold | None, seed: int) -> dict[str, Any]:
    path = plan.place(fold, seed) / "metrics.json"
    try:
        metrics: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path.parent.name}/metrics.json: is damaged; remove {path.parent} and resume") from error
    return metrics


def _summed_up(plan: Folds) -> dict[str, Any]:
    scored = [
        Scored(None if fold is None else fold.number + 1, seed, plan.place(fold, seed).name, _metrics(plan, fold, seed))
        for fold, seed in plan.jobs
    ]
    summary = summary_of(plan.recipe.name, scored, folds=plan.folds, split_seed=plan.recipe.seed)
    with replacing(plan.folder / "summary.json") as part:
        part.write_text(json.dumps(summary, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    with replacing(plan.folder / "summary.md") as part:
        part.write_text(as_markdown(summary), encoding="utf-8")
    return summary
