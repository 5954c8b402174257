"""``semeia predict``: one probability for each file, and submissions to the prediction contests."""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from semeia.cli.predict_images import predict_images
from semeia.cli.text import naming, write_or_print
from semeia.errors import DatasetError, FileError, ModelError, NothingRecordedError, SemeiaError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from semeia.inference.files import FileScorer, Rule
    from semeia.inference.submission import Submission
    from semeia.model import Model
    from semeia.signals import Recording

Rules = Literal["mean", "std", "max", "learned"]  # as of semeia.inference, which --help does not import
Contests = Literal["aes2014", "melbourne2016"]


@dataclass(frozen=True)
class Prediction:
    """What is said of a file: the probability of each class, and of all positive ones; NaN where nothing was scored."""

    path: Path
    name: str
    probability: list[float]
    positive: float
    windows: int
    unscored: int


@dataclass(frozen=True)
class Judge:
    """A model and how its windows make a file's probability."""

    model: Model
    scorer: FileScorer
    by: Rule
    hop: float | None
    rate: float | None

    def __call__(self, path: Path, place: Path, progress: Callable[[float], None]) -> Prediction:
        """Return what is said of a file."""
        import numpy as np

        from semeia.inference.files import class_probabilities, file_score

        windows, patient = self._windows(path, place, progress)
        if self.model.description.task == "patterns":  # each by itself, in the channel that shows it most
            highest = windows.max(axis=1)
            pairs = [np.stack([1 - one, one], axis=1) for one in highest.T]
            score = np.array([file_score(pair, self.by) for pair in pairs])
            each = self.scorer.probability(score, [patient] * len(pairs), self.by)
            positive = float(each.max())
        else:
            score = np.array([file_score(windows, self.by, self.scorer.learned)])
            positive = float(self.scorer.probability(score, [patient], self.by)[0])
            each = class_probabilities(windows, positive)
        unscored = int(np.isnan(windows).any(axis=tuple(range(1, windows.ndim))).sum())
        return Prediction(path, place.as_posix(), each.tolist(), positive, len(windows), unscored)

    def _windows(self, path: Path, place: Path, progress: Callable[[float], None]) -> tuple[NDArray[np.float32], str]:
        """Return the probabilities of a file's windows, none for a file without a sample, and whose it is."""
        import numpy as np

        from semeia.signals import open_recording

        needs = self.model.description.input
        hop = needs.window / self.model.transform.rate if self.hop is None else self.hop
        try:
            with open_recording(path, rate=self.rate) as recording:
                patient = _patient(recording, path, place)
                given = self._without_dropouts(recording)
                return self.model.probabilities(given, hop=hop, progress=progress), patient
        except NothingRecordedError:
            shape = [0, needs.channels] if self.model.description.task == "patterns" else [0]
            return np.full((*shape, len(self.model.description.classes)), np.nan, np.float32), ""

    def _without_dropouts(self, recording: Recording) -> Recording:
        """Return the recording with its drop-outs as gaps, if the model does not see to that: zeros are no signal."""
        from semeia.signals.dropouts import with_dropouts_as_gaps

        if self.model.description.input.dropouts is not None:
            return recording
        self.model.check(recording)  # cheap, and before the whole of it is read
        return with_dropouts_as_gaps(recording)


def predict(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="[MODEL] INPUT...",
            help="Name of an installed model, or its folder, if --model does not say it; then recordings, images, or "
            "folders of them.",
        ),
    ],
    *,
    model: Annotated[str | None, typer.Option(help="Name of an installed model, or its folder.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="CSV; else on standard output.")] = None,
    submission: Annotated[
        Contests | None, typer.Option(help="Write what a contest asks for, as it asks for it.")
    ] = None,
    by: Annotated[Rules | None, typer.Option(help="How windows make a file's score; else their mean.")] = None,
    learn: Annotated[
        Path | None, typer.Option(help="predictions.csv of validation files: learn and calibrate from it.")
    ] = None,
    hop: Annotated[float | None, typer.Option(min=0.01, help="Seconds between windows; else their length.")] = None,
    rate: Annotated[float | None, typer.Option(help="Hz, of a file that does not say its sampling rate.")] = None,
    progress: Annotated[Path | None, typer.Option(help="Append progress to this file as JSON lines (images).")] = None,
) -> None:
    """Give each file, recording or image, a probability: of a seizure to come, or of the classes the model knows."""
    from semeia.inference.submission import SUBMISSIONS
    from semeia.model import ImageModel, load_any

    if model is None:
        if len(inputs) < 2:
            raise typer.BadParameter("name a model and what it shall judge: semeia predict MODEL INPUT...")
        model, inputs = str(inputs[0]), inputs[1:]
    network = load_any(model)
    if isinstance(network, ImageModel):
        given = {"--submission": submission, "--by": by, "--learn": learn, "--hop": hop, "--rate": rate}
        if asked := ", ".join(name for name, value in given.items() if value is not None):
            raise typer.BadParameter(f"{asked}: of recordings only, and {network.name} judges images")
        predict_images(network, inputs, output, progress)
        return
    if hop is not None and not math.isfinite(hop):
        raise typer.BadParameter(f"--hop {hop}: that is no number to use")
    contest = SUBMISSIONS[submission] if submission else None
    files = _files(inputs, contest)
    if output is not None and output.resolve() in {path.resolve() for path, _ in files}:
        raise typer.BadParameter(f"{output} is a recording, and would be overwritten")
    if contest is not None and network.description.task != "prediction":
        classes = ", ".join(network.description.classes)
        raise ModelError(f"model {network.name} tells {classes} apart: a submission takes one that predicts seizures")
    rule: Rule = by or "mean"
    scorer = _scorer(network, learn, rule, files)
    own_rate = contest.rate if contest is not None and rate is None else rate
    judge = Judge(network, scorer, rule, hop, own_rate)
    found = _predicted(judge, files, all_or_none=contest is not None)
    text = _table(network.description.classes, found) if contest is None else _submission(contest, found)
    if found:
        write_or_print(text, output)
        _say(found, output, filled=contest is not None)
    if len(found) < len(files):
        left = f"{len(files) - len(found)} of {len(files)} files were left out, for the reasons above"
        print(f"semeia: {left}", file=sys.stderr)
        raise typer.Exit(1)


def _files(inputs: Sequence[Path], contest: Submission | None) -> list[tuple[Path, Path]]:
    """Return each file with its path below the folder that was named; of a contest, those that it asks about."""
    from semeia.signals.opening import files_under

    found: list[tuple[Path, Path]] = []
    for path in inputs:
        for file in files_under(path):
            place = file.relative_to(path) if path.is_dir() else Path(path.name)
            if contest is None or contest.file(file) is not None:
                found.append((file, place if contest is None else Path(file.name)))
            elif not path.is_dir():
                raise FileError(file, f"is no test file of the contest: those are named {contest.example}")
    if not found and contest is not None:
        raise DatasetError(f"no test file of the contest is there: those are named {contest.example}")
    places = [place for _, place in found]
    if len(set(places)) < len(places):
        twice = next(place for place in places if places.count(place) > 1)
        raise typer.BadParameter(f"two files are called {twice}: predict them apart")
    return found


def _scorer(model: Model, learn: Path | None, by: Rule, files: Iterable[tuple[Path, Path]]) -> FileScorer:
    """Return how files are scored: as validation files teach, those of a table or those in the model's folder."""
    from semeia.evaluation.predictions import Predictions
    from semeia.inference.files import FileScorer

    if learn is None:
        scorer = FileScorer() if model.folder is None else FileScorer.read(model.folder)
    else:
        table = Predictions.read(learn, window=1.0, step=1.0)  # how long they are does not matter here
        if list(table.classes) != model.description.classes:
            raise FileError(learn, f"is of the classes {', '.join(table.classes)}, not of those of {model.name}")
        known = set(table.recording.tolist())
        if seen := next((path.name for path, _ in files if path.name in known), None):
            raise FileError(learn, f"holds {seen}: what is learned from a file says nothing honest about it")
        scorer = FileScorer.fit(table)
    if by == "learned" and scorer.learned is None:
        raise ModelError(f"model {model.name} has learned nothing about files: give --learn, or another --by")
    return scorer


def _predicted(judge: Judge, files: Sequence[tuple[Path, Path]], *, all_or_none: bool) -> list[Prediction]:
    """Return what is said of each file; those that cannot be judged are named and left out, unless all are needed."""
    from semeia.cli.progress import bar

    found = []
    with bar("Predicting") as show:
        for number, (path, place) in enumerate(files):

            def progress(share: float, done: int = number) -> None:
                show((done + share) / len(files))

            try:
                found.append(judge(path, place, progress))
            except SemeiaError as error:
                whole = naming(path, error)
                if all_or_none or len(files) == 1:
                    raise whole from error
                print(f"semeia: {whole}", file=sys.stderr)
    return found


def _patient(recording: Recording, path: Path, place: Path) -> str:
    """Return whose a file is, as the importers name patients."""
    from semeia.inference.submission import contest_patient

    header = recording.subject.strip()
    folder = place.parts[0] if len(place.parts) > 1 else ""
    return contest_patient(path.stem) or folder or ("" if header == "X" else header) or path.stem.partition("_")[0]


def _table(classes: Sequence[str], found: Iterable[Prediction]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", *(f"p({name})" for name in classes), "windows", "unscored"])
    for one in found:
        cells = ("" if math.isnan(value) else f"{value:.6f}" for value in one.probability)
        writer.writerow([one.name, *cells, one.windows, one.unscored])
    return text.getvalue()


def _submission(contest: Submission, found: Iterable[Prediction]) -> str:
    asked = ((contest.file(one.path), one.positive) for one in found)
    return contest.text({file: positive for file, positive in asked if file is not None})


def _say(found: Sequence[Prediction], output: Path | None, *, filled: bool) -> None:
    """Say where the table is, and which files have no score."""
    from semeia.cli.text import plural, printable

    if lacking := [printable(one.path.name) for one in found if math.isnan(one.positive)]:
        given = "they get the median of the others" if filled else "they get no probability"
        print(f"note: nothing could be scored in {', '.join(lacking)} (drop-outs or gaps): {given}", file=sys.stderr)
    if output is not None:
        print(f"{output}: {plural(len(found), 'file')}")
