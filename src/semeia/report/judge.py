"""A model judged on labelled examples: what it says of every example, beside the truth and what needs no training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.datasets import Examples, LabelledImage, LabelledRecording, class_names, cut, pattern_targets
from semeia.errors import DatasetError, SemeiaError
from semeia.evaluation import Predictions, RecordingEvents
from semeia.events import Event, Events
from semeia.inference import Track
from semeia.inference.files import FileScorer
from semeia.model import Model
from semeia.recipe import Patterns, Prediction, Recipe, SeizureDetection
from semeia.report.baselines import less_median, logs_of
from semeia.report.vigil import Vigil, files_of, vigils_of
from semeia.report.words import counted

__all__ = ["Judged", "Stretch", "judged", "some"]


class Stretch(NamedTuple):
    """A recording, or the piece of it that is judged: what is marked in it, and what the model said along it.

    `line_length` is the baseline's track: the logistic function of the logarithm, less the patient's median.
    """

    events: RecordingEvents
    track: Track
    line_length: Track


@dataclass(frozen=True)
class Judged:
    """What a model said of labelled recordings, or images.

    Parameters
    ----------
    predictions : mapping of str to Predictions
        The one key is empty, except for patterns: there each pattern has a table, with a row for each window and
        channel.
    stretches : list of Stretch
        For seizure detection, each recording with its probability track.
    files : mapping of str to Predictions
        For prediction, by each rule, one example for each file.
    vigils : list of Vigil
        For prediction, what was said all the time that patients were watched.
    hours : float, optional
        Of the recordings; images have none.
    notes : list of str
        What a reader of the figures must know.
    patients_known : bool
        Whether somebody says whose each recording, or image, is.
    images : list of LabelledImage
        Those of the table's rows, of a model for images.
    """

    predictions: dict[str, Predictions]
    stretches: list[Stretch]
    files: dict[str, Predictions]
    vigils: list[Vigil]
    hours: float | None
    notes: list[str] = field(default_factory=list)
    patients_known: bool = True
    images: list[LabelledImage] = field(default_factory=list)


def judged(
    model: Model,
    recordings: Sequence[LabelledRecording],
    recipe: Recipe,
    *,
    progress: Callable[[float], None] = lambda share: None,
) -> Judged:
    """Let a model judge labelled recordings, cut into windows as its recipe says.

    Parameters
    ----------
    model : Model
    recordings : sequence of LabelledRecording
    recipe : Recipe
        Its task and examples.
    progress : callable
        Called with the share done, 0..1.

    Raises
    ------
    DatasetError
        If there is no label or no window, or a recording does not fit the model; the message names it. If the model
        gives no probability anywhere.
    """
    given = [recording for recording in recordings if recording.labelled]
    if not given:
        raise DatasetError("none of these recordings has a label: there is nothing to judge a model by")
    grid = _Grid.of(model, recipe)
    said: dict[Path, tuple[NDArray[np.float32], dict[str, NDArray[np.float64]]]] = {}
    short = []
    paths = list(dict.fromkeys(recording.path for recording in given))
    of_path = {recording.path: recording for recording in given}
    for number, path in enumerate(paths):

        def reached(share: float, done: int = number) -> None:
            progress((done + share) / len(paths))

        if of_path[path].duration < grid.window / grid.rate:
            short.append(path.name)
            continue
        try:
            with of_path[path].open() as recording:
                arranged = model.check(recording)
                scores = model.probabilities(recording, hop=grid.step / grid.rate, progress=reached)
                said[path] = scores, logs_of(model, arranged, grid.window, grid.step, len(scores))
        except SemeiaError as error:
            raise DatasetError(error.about(path.name)) from error
    given = [recording for recording in given if recording.path in said]
    if not given:
        raise DatasetError(f"every recording is shorter than the model's window of {grid.window / grid.rate:g} s")
    if all(np.isnan(scores).all() for scores, _ in said.values()):
        raise DatasetError(
            f"model {model.name} gave NaN for every window of these recordings: there is nothing to judge"
        )
    notes = [f"{counted(len(short), 'recording')} shorter than one window left out: {some(short)}"] if short else []
    examples = cut(
        given, grid.window / grid.rate, grid.step / grid.rate, minimum_overlap=recipe.examples.overlap, task=recipe.task
    )
    rows = grid.rows(examples)
    within = rows < np.array([len(said[recording.path][0]) for recording in given])[examples.recording]
    examples, rows = examples[within], rows[within]
    if not len(examples):
        marked = sorted({event.label for recording in given for event in recording.events})
        raise DatasetError(
            f"no window of these recordings is of a class that the model knows ({some(class_names(recipe.task))}); "
            f"they are marked {some(marked) or 'with nothing'}"
        )
    if isinstance(recipe.task, Patterns):
        tables = _of_patterns(model, recipe, examples, rows, said)
    else:
        tables = {"": _of_classes(class_names(recipe.task), examples, rows, said, grid)}
    hours = sum(recording.duration for recording in of_path.values() if recording.path in said) / 3600
    detects = isinstance(recipe.task, SeizureDetection)
    stretches = _stretches(given, said, grid) if detects else []
    files, vigils = {}, []
    if isinstance(recipe.task, Prediction):
        files = files_of(tables[""], FileScorer.read(model.folder) if model.folder else FileScorer())
        vigils = vigils_of(
            given, [said[recording.path][0] for recording in given], grid.window / grid.rate, grid.step / grid.rate
        )
    return Judged(tables, stretches, files, vigils, hours, notes, all(recording.patient_known for recording in given))


@dataclass(frozen=True)
class _Grid:
    """Where windows lie: samples at the model's rate."""

    rate: float
    window: int
    step: int

    @classmethod
    def of(cls, model: Model, recipe: Recipe) -> _Grid:
        rate = model.transform.rate
        return cls(rate, model.description.input.window, max(1, round(recipe.examples.step * rate)))

    def rows(self, examples: Examples) -> NDArray[np.int64]:
        """Return the number of each example among the windows of its recording."""
        return np.asarray(np.rint(examples.start * self.rate / self.step), np.int64)


_Said = dict[Path, tuple[NDArray[np.float32], dict[str, NDArray[np.float64]]]]


def _of_classes(
    names: Sequence[str], examples: Examples, rows: NDArray[np.int64], said: _Said, grid: _Grid
) -> Predictions:
    """Return the table of a task whose windows are of one class each; baselines are means over channels."""
    parts = []
    for number, recording in enumerate(examples.recordings):
        mine = rows[examples.recording == number]
        scores, logs = said[recording.path]
        parts.append((scores[mine], {name: values[mine].mean(axis=1) for name, values in logs.items()}))
    baselines = {name: np.concatenate([means[name] for _, means in parts]) for name in parts[0][1]}
    scores = np.concatenate([scores for scores, _ in parts])
    return examples.predictions(names, scores, grid.step / grid.rate, baselines)


def _of_patterns(
    model: Model, recipe: Recipe, examples: Examples, rows: NDArray[np.int64], said: _Said
) -> dict[str, Predictions]:
    """Return a table for each pattern: a row for each window and channel."""
    names = class_names(recipe.task)
    grid = _Grid.of(model, recipe)
    parts: dict[str, list[Predictions]] = {name: [] for name in names}
    for number, recording in enumerate(examples.recordings):
        mine = examples.recording == number
        scores, logs = said[recording.path]
        scores = scores[rows[mine]]
        with recording.open() as opened:
            labels = [channel.label for channel in model.check(opened).channels]
        start = examples.start[mine]
        shown = pattern_targets(
            recording, start, examples.window_seconds, labels, names, minimum_overlap=recipe.examples.overlap
        )
        count, where = len(start) * len(labels), np.tile(labels, len(start))
        baselines = {key: values[rows[mine]].reshape(-1) for key, values in logs.items()}
        for k, name in enumerate(names):
            flat = scores[:, :, k].reshape(-1)
            parts[name].append(
                Predictions(
                    ("none", name),
                    np.stack([1 - flat, flat], axis=1),
                    shown[:, :, k].reshape(-1).astype(np.int16),
                    np.full(count, recording.patient),
                    np.full(count, recording.group),
                    np.char.add(f"{recording.path.name} ", where),
                    np.repeat(start, len(labels)),
                    grid.window / grid.rate,
                    grid.step / grid.rate,
                    baselines,
                )
            )
    return {name: Predictions.joined(own) for name, own in parts.items()}


def _stretches(recordings: Sequence[LabelledRecording], said: _Said, grid: _Grid) -> list[Stretch]:
    """Return the recordings, or their spans, as ones to find seizures in; times count from where each begins."""
    logs = [said[recording.path][1]["line length"].mean(axis=1) for recording in recordings]
    patient = np.repeat([recording.patient for recording in recordings], [len(values) for values in logs])
    lengths = np.split(less_median(np.concatenate(logs), patient), np.cumsum([len(values) for values in logs])[:-1])
    step, window = grid.step / grid.rate, grid.window / grid.rate
    found = []
    for recording, length in zip(recordings, lengths, strict=True):
        begin, end = recording.span or (0.0, recording.duration)
        first = int(np.ceil(begin / step - 1e-9))
        stop = max(first, int(np.floor((min(end, recording.duration) - window) / step + 1e-9)) + 1)
        begin = first * step
        marks = [(max(e.onset, begin) - begin, min(e.stop, end) - begin) for e in recording.events.seizures()]
        seizures = Events(Event(onset, off - onset) for onset, off in marks if onset < off)
        tracks = [
            Track(values[first:stop].astype(np.float32), window, step, end - begin)
            for values in (said[recording.path][0][:, 1], 1 / (1 + np.exp(-length)))
        ]
        found.append(Stretch(RecordingEvents(recording.patient, recording.path.name, seizures, end - begin), *tracks))
    return found


def some(names: Sequence[str], most: int = 5) -> str:
    """Return the first names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
