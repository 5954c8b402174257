"""What found seizures are worth: the scorer's own counts summed, sweep, latency, chance against simulated alarms."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from semeia.errors import DatasetError, EventError
from semeia.evaluation import RecordingEvents, Score, measured_events, score
from semeia.events import Event, Events

HOUR = 3600.0


def recordings(patients: int = 6, each: int = 2) -> list[RecordingEvents]:
    """Return hours with a seizure of a minute in every other one."""
    return [
        RecordingEvents(
            f"p{patient}",
            f"p{patient}_{k}.edf",
            Events([Event(1000.0 + 10 * patient, 60.0)] if k % 2 == 0 else []),
            HOUR,
        )
        for patient in range(patients)
        for k in range(each)
    ]


def find_some(seed: int = 0, *, patients: int = 6, each: int = 2) -> Callable[[float], list[list[Event]]]:
    """Return a detector: seizures from 20 s after their onset, and false alarms, each with its own confidence."""
    rng = np.random.default_rng(seed)
    proposals = []
    for recording in recordings(patients, each):
        seizures = [(event.onset + 20, 30.0, rng.uniform(0.4, 1)) for event in recording.reference]
        false = [(float(at), 20.0, rng.uniform(0, 0.8)) for at in rng.uniform(1500, 3500, 3)]
        proposals.append(seizures + false)

    def find(threshold: float) -> list[list[Event]]:
        return [[Event(at, long) for at, long, sure in one if sure >= threshold] for one in proposals]

    return find


def total(found: Sequence[Sequence[Event]], some: Sequence[RecordingEvents]) -> Score:
    scores = (score(one.reference, Events(events), one.duration) for one, events in zip(some, found, strict=True))
    return sum(scores, Score.nothing())


def test_figures_are_the_sums_of_the_scorer() -> None:
    some, find = recordings(), find_some()
    found = measured_events(some, find, threshold=0.5)
    wanted = total(find(0.5), some).events
    values = {name: measure["value"] for name, measure in found["measures"].items()}
    assert values["sensitivity"] == pytest.approx(wanted.sensitivity, abs=1e-6)
    assert values["precision"] == pytest.approx(wanted.precision, abs=1e-6)
    assert values["f1"] == pytest.approx(wanted.f1, abs=1e-6)
    assert values["false_alarms_per_24h"] == pytest.approx(wanted.false_alarms_per_day, rel=1e-5)
    assert found["counts"] == {
        "reference": wanted.reference,
        "found": wanted.true_positives,
        "false_alarms": wanted.false_alarms,
    }
    assert found["scorer"].startswith("SzCORE (timescoring ")
    assert found["interval"] == "95 %, bootstrap over 6 patients, 2000 draws"
    for measure in found["measures"].values():
        assert measure["low"] <= measure["value"] <= measure["high"]
    assert sum(row["false_alarms"] for row in found["per_recording"]) == wanted.false_alarms
    assert sum(row["found"] for row in found["per_patient"]) == wanted.true_positives
    assert [row["recordings"] for row in found["per_patient"]] == [2] * 6
    json.dumps(found, allow_nan=False)


def test_a_sweep_has_the_figures_of_each_threshold_and_its_best_points() -> None:
    some, find = recordings(), find_some()
    found = measured_events(some, find, threshold=0.55, thresholds=[0.1, 0.3, 0.7, 0.9, 1.1])
    sweep = found["sweep"]
    assert sweep["threshold"] == [0.1, 0.3, 0.55, 0.7, 0.9, 1.1]
    for number, threshold in enumerate(sweep["threshold"]):
        wanted = total(find(threshold), some).events
        assert sweep["false_alarms_per_24h"][number] == pytest.approx(wanted.false_alarms_per_day, rel=1e-5)
        assert sweep["sensitivity"][number] == pytest.approx(wanted.sensitivity, abs=1e-6)
    assert sweep["precision"][-1] is None and sweep["f1"][-1] == 0  # nothing was found
    points = {point["goal"]: point for point in found["points"]}
    assert points["1 false alarm per 24 h"]["threshold"] == 0.9
    assert points["the model's own"]["threshold"] == 0.55
    best = points["best F1 (flatters: chosen here)"]
    assert best["f1"] == max(value for value in sweep["f1"] if value is not None)


def test_a_goal_that_no_threshold_reaches_has_none() -> None:
    some = recordings(1, 1)

    def always(threshold: float) -> list[list[Event]]:
        return [[Event(3000.0, 10.0)]]

    points = measured_events(some, always, threshold=0.5)["points"]
    assert points[0] == {
        "goal": "0.5 false alarms per 24 h", "threshold": None,
        "sensitivity": None, "precision": None, "f1": None, "false_alarms_per_24h": None,
    }  # fmt: skip


def test_patients_without_seizures_are_told_in_the_average() -> None:
    some = [*recordings(5, 1), RecordingEvents("p9", "quiet.edf", Events(), HOUR)]
    found = measured_events(some, lambda _: [list(one.reference) for one in some], threshold=0.5)
    average = found["patient_average"]["sensitivity"]
    assert (average["value"], average["count"], average["undefined"]) == (1, 5, 1)
    assert average["with_undefined_as_zero"] == pytest.approx(5 / 6, abs=1e-6)
    assert found["per_recording"][-1]["sensitivity"] is found["per_recording"][-1]["f1"] is None


def test_few_recordings_have_intervals_of_single_events() -> None:
    some, find = recordings(2, 2), find_some(patients=2, each=2)
    found = measured_events(some, find, threshold=0.5)
    assert found["interval"] == "95 %, 4 recordings are too few to draw: events as if independent"
    sensitivity = found["measures"]["sensitivity"]
    assert 0 < sensitivity["low"] < sensitivity["value"] and sensitivity["high"] <= 1
    assert found["measures"]["f1"]["low"] is None
    rate = found["measures"]["false_alarms_per_24h"]
    assert rate["low"] < rate["value"] < rate["high"]


def test_recordings_of_few_patients_are_drawn_and_named() -> None:
    found = measured_events(recordings(2, 4), find_some(patients=2, each=4), threshold=0.5)
    assert "8 recordings of 2 patients: says nothing of other patients" in found["interval"]


def test_latency_runs_from_the_marked_onset_and_says_to_what() -> None:
    reference = Events([Event(500, 100), Event(650, 50), Event(2000, 60), Event(3000, 60)])  # the first two are one
    some = [RecordingEvents("p", "r", reference, HOUR)]
    hits = [Event(512, 5), Event(700, 5), Event(1900, 90), Event(100, 5)]
    found = measured_events(some, lambda _: [hits], threshold=0.5)["latency"]
    assert found["each"] == [-30, 12] and found["count"] == 2 and found["median"] == -9
    assert "onset" in found["to"]
    later = measured_events(some, lambda _: [hits], threshold=0.5, delay=4.0)["latency"]
    assert later["each"] == [-26, 16] and "4 s after" in later["to"]
    nothing = measured_events(some, lambda _: [[]], threshold=0.5)["latency"]
    assert nothing["count"] == 0 and nothing["median"] is None and nothing["each"] == []


def test_chance_is_what_alarms_at_random_find() -> None:
    rng = np.random.default_rng(0)
    some = [
        RecordingEvents("p", f"r{k}", Events([Event(4000.0, 60.0), Event(12000.0, 120.0)]), 8 * HOUR) for k in range(2)
    ]
    lengths = [10.0, 20.0, 90.0, 30.0] * 6

    def at_random(_: float) -> list[list[Event]]:
        found: list[list[Event]] = [[], []]
        for length in lengths:
            at = rng.uniform(0, 16 * HOUR)
            place = int(at // (8 * HOUR))
            found[place].append(Event(min(at % (8 * HOUR), 8 * HOUR - length), length))
        return found

    chance = measured_events(some, at_random, threshold=0.5, thresholds=[])["chance"]
    counts = [total(at_random(0.5), some).events for _ in range(400)]
    assert chance["sensitivity"] == pytest.approx(np.mean([one.sensitivity for one in counts]), abs=0.02)
    together = sum(counts[1:], counts[0])
    assert chance["precision"] == pytest.approx(together.precision, abs=0.03)
    assert chance["f1"] == pytest.approx(together.f1, abs=0.03)
    silent = measured_events(some, lambda _: [[], []], threshold=0.5, thresholds=[])["chance"]
    assert (silent["sensitivity"], silent["precision"], silent["f1"]) == (0, None, 0)


def test_baselines_are_scored_by_the_same_rules() -> None:
    some, find = recordings(), find_some()
    found = measured_events(some, find, threshold=0.5, baselines={"other": find(0.2), "silent": [[] for _ in some]})
    wanted = total(find(0.2), some).events
    assert found["baselines"]["other"]["f1"] == pytest.approx(wanted.f1, abs=1e-6)
    assert found["baselines"]["silent"]["sensitivity"] == 0 and found["baselines"]["silent"]["precision"] is None


def test_recordings_without_any_seizure_have_false_alarms_and_nothing_else() -> None:
    some = [RecordingEvents(f"p{k}", f"r{k}", Events(), HOUR) for k in range(6)]
    found = measured_events(some, lambda _: [[Event(100.0, 10.0)] for _ in some], threshold=0.5)
    values = {name: measure["value"] for name, measure in found["measures"].items()}
    assert values == {"sensitivity": None, "precision": 0, "f1": 0, "false_alarms_per_24h": 24}
    assert found["chance"] == {"sensitivity": None, "precision": None, "f1": None}


def test_what_cannot_be_scored_is_refused_with_the_recordings_name() -> None:
    with pytest.raises(DatasetError, match="no recording"):
        measured_events([], lambda _: [], threshold=0.5)
    some = recordings(1, 1)
    with pytest.raises(EventError, match="p0_0.edf: hypothesis: the seizure at 9999 s lies outside"):
        measured_events(some, lambda _: [[Event(9999.0, 1.0)]], threshold=0.5)
    with pytest.raises(ValueError, match="zip"):
        measured_events(some, lambda _: [], threshold=0.5)
