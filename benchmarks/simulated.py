"""Unseen simulated patients: the starter model beside line length above a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from figures import spread, table
from line_length import line_length, relative, tuned
from semeia.datasets import LabelledRecording, gather
from semeia.evaluation import Counts, Score, bootstrap_interval, score
from semeia.inference import Track
from semeia.model import Model, load
from semeia.signals import open_recording
from semeia.signals.montage import scalp_channels

FIRST_SEED = 7001
"""Seeds of the recipes begin at 1, that of the demo at 9001."""
PATIENTS, HOURS, SEIZURES_PER_HOUR = 24, 1.0, 3.5


def starter_scores(model: Model, patients: Sequence[LabelledRecording]) -> list[Score]:
    """Return the score of each patient at the model's frozen threshold."""
    scores = []
    for patient in patients:
        with open_recording(patient.path) as recording:
            found = model.detect(recording).events
        scores.append(score(patient.events, found, patient.duration))
    return scores


def line_lengths(patients: Sequence[LabelledRecording]) -> list[Track]:
    """Return the line length of each patient's scalp channels."""
    tracks = []
    for patient in patients:
        with open_recording(patient.path) as recording:
            tracks.append(line_length(recording, scalp_channels(recording)))
    return tracks


def run(workspace: Path, patients: int = PATIENTS, hours: float = HOURS) -> str:
    """Measure and return the section; fewer patients or hours are to try things out."""
    del workspace  # the patients are kept in the home folder
    unseen = gather("simulated", patients=patients, hours=hours, seizures_per_hour=SEIZURES_PER_HOUR, seed=FIRST_SEED)
    model = load("eeg-starter")
    point = model.description.operating_point
    truths, tracks = [patient.events for patient in unseen], line_lengths(unseen)
    after = {"minimum_duration": point.minimum_duration, "merge_gap": point.merge_gap}
    plain, own = tuned(tracks, truths, **after), tuned([relative(t) for t in tracks], truths, **after)
    starter = starter_scores(model, unseen)
    total = sum(starter, Score.nothing())
    rows = [
        row_of(f"`eeg-starter`, frozen threshold {point.threshold:g}", starter),
        row_of(f"line length, tuned here: {plain.threshold:.1f} µV, {plain.smoothing:g} s", plain.scores),
        row_of(
            f"line length over the recording's median, tuned here: {own.threshold:.2f}, {own.smoothing:g} s",
            own.scores,
        ),
    ]
    name, package = (total.as_dict()["scorer"][key] for key in ("name", "package"))
    seizures, last = total.events.reference, FIRST_SEED + patients - 1
    return f"""## Unseen simulated patients

{patients} simulated patients of {hours:g} h with {seizures} seizures (seeds {FIRST_SEED} to {last}, which
no recipe uses; referential, longitudinal, CHB-MIT and headset montages in turn), scored by event ({name},
{package}). The starter uses the threshold that it ships with. Line length is the median over channels in
each second, 0.5 to 40 Hz, followed by the starter's rules for short and close events; its threshold and its
smoothing are chosen for the best F1 on these very patients, so its figures flatter. In brackets 95 %
intervals: a bootstrap over patients (line length: its threshold kept). Real seizures are harder: see the
next section.

{table(["", "F1", "sensitivity", "precision", "false alarms per 24 h"], rows)}
"""


def row_of(name: str, scores: Sequence[Score]) -> list[str]:
    """Return a line of a table: F1, sensitivity, precision and false alarms a day, with their intervals."""
    events = [score.events for score in scores]
    counts = np.array([(e.reference, e.true_positives, e.false_alarms, e.seconds) for e in events])

    def ratio(of: str) -> str:
        def statistic(rows: NDArray[np.float64]) -> float:
            reference, found, false, seconds = rows.sum(axis=0).tolist()
            return float(getattr(Counts(int(reference), int(found), int(false), seconds), of))

        return spread(bootstrap_interval(statistic, counts), 1 if of == "false_alarms_per_day" else 2)

    return [name, *(ratio(of) for of in ("f1", "sensitivity", "precision", "false_alarms_per_day"))]
