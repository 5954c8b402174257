"""Metrics of made-up patients, as the room `evaluation` makes them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from semeia.evaluation import (
    Hour,
    Predictions,
    RecordingEvents,
    measured_events,
    measured_forecast,
    measured_patterns,
    measured_windows,
)
from semeia.events import Event, Events
from semeia.explanation import ACCENT, MUTED, Picture, as_uri, chart_style, themed
from semeia.report.sheets import Card, Sheet

STEP = 4.0
HOSTILE = "<script>alert(1)</script>"


def predictions(
    patients: list[str],
    classes: tuple[str, ...] = ("background", "seizure"),
    *,
    skill: float = 2.2,
    per: int = 300,
    seed: int = 0,
) -> Predictions:
    """Return windows of patients in which the positive classes are rare and the model is right more often than not."""
    rng = np.random.default_rng(seed)
    rare = np.array([0.9, *[0.1 / (len(classes) - 1)] * (len(classes) - 1)])
    label = rng.choice(len(classes), size=per * len(patients), p=rare)
    patient = np.repeat(patients, per)
    hard = np.repeat(rng.normal(0, 0.7, len(patients)), per)
    logits = rng.normal(0, 1, (len(label), len(classes)))
    logits[np.arange(len(label)), label] += skill
    logits[:, 0] += 1.5 + hard
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    length = np.where(label > 0, 1.0, 0.0) + rng.normal(0, 1.3, len(label))
    start = np.tile(np.arange(per) * STEP, len(patients))
    group = np.char.add(np.char.add(patient, "/"), (start // 600).astype(int).astype(str))
    return Predictions(
        classes, probability.astype(np.float32), label.astype(np.int16), patient, group, patient, start, STEP, STEP,
        {"line length": length, "total power": rng.normal(0, 1, len(label))},
    )  # fmt: skip


def metrics(task: str = "detection", **blocks: Any) -> dict[str, Any]:
    """Return what ``metrics.json`` holds, with the blocks that are given."""
    return {
        "format": 1,
        "task": task,
        "model": {
            "name": "eeg-starter",
            "network": "channelwise",
            "parameters": 4210,
            "description": "Seizures in scalp EEG of any montage: a small network to start with",
        },
        "data": {
            "source": "siena",
            "split": "by patient; none of these was trained on",
            "patients": 12,
            "recordings": 36,
            "hours": 48.5,
            "notes": ["3 recordings without a marked seizure are in."],
        },
        "scorers": ["SzCORE (timescoring 0.0.7): events merged within 90 s, split at 300 s, −30 s / +60 s"],
        "explanations": [],
        **blocks,
    }


def names(count: int) -> list[str]:
    return [f"PN{number:02d}" for number in range(count)]


def events(patients: list[str]) -> dict[str, Any]:
    """Return event scores of hours with two seizures each, most of which are found, and some alarms at nothing."""
    rng = np.random.default_rng(4)
    recordings, candidates = [], []
    for patient in patients:
        for number in range(3):
            seizures = [Event(onset + rng.uniform(0, 300), rng.uniform(25, 110)) for onset in (600, 2400)]
            recordings.append(RecordingEvents(patient, f"{patient}-{number}.edf", Events(seizures), 3600.0))
            hits = [(rng.beta(5, 2), Event(one.onset + rng.gamma(3, 5) - 4, one.duration)) for one in seizures]
            alarms = [(rng.beta(2, 5), Event(rng.uniform(0, 3500), 30.0)) for _ in range(6)]
            candidates.append(hits + alarms)

    def find(threshold: float) -> list[Events]:
        return [Events([event for score, event in some if score >= threshold]) for some in candidates]

    quiet = [Events([event for score, event in some if score >= 0.42][::2]) for some in candidates]
    return measured_events(recordings, find, threshold=0.55, delay=6.0, baselines={"line length": quiet})


@cache
def detection() -> dict[str, Any]:
    return metrics(
        windows=measured_windows(predictions(names(12)), threshold=0.35), events=events(names(12)), forecast=None
    )


@cache
def patterns() -> dict[str, Any]:
    made = {
        name: predictions(names(6), ("none", name), skill=skill, per=150, seed=order)
        for order, (name, skill) in enumerate([("spike", 3.0), ("ripple", 1.5), ("slow wave", 0.1)])
    }
    return metrics("patterns", patterns=measured_patterns(made, threshold=0.5))


@cache
def prediction() -> dict[str, Any]:
    """Return what is said of hours without a clock: a third of them before a seizure."""
    rng = np.random.default_rng(1)
    patients = names(10)
    windows = predictions(patients, ("interictal", "preictal"), skill=1.2, per=80)
    files = predictions(patients, ("interictal", "preictal"), skill=1.8, per=20, seed=2)
    hours = [
        (patient, f"{patient}/{k}", k < 4, rng.beta(4 if k < 4 else 2, 3)) for patient in patients for k in range(14)
    ]

    def watch(threshold: float) -> list[Hour]:
        return [
            Hour(patient, group, preictal, [600.0] * (height >= threshold))
            for patient, group, preictal, height in hours
        ]

    forecast = measured_forecast(
        {"mean": files, "maximum": files}, watch, threshold=0.5, rule="8 of 10", refractory=1800.0
    )
    return metrics("prediction", windows=measured_windows(windows, threshold=0.3), forecast=forecast)


@cache
def classes() -> dict[str, Any]:
    made = predictions(names(7), ("healthy", "interictal", "ictal"), per=100)
    return metrics("classification", windows=measured_windows(made, threshold=0.5))


@cache
def images() -> dict[str, Any]:
    """Return what is said of images of four classes, of patients whom nobody knows."""
    made = image_predictions(("none", "glioma", "meningioma", "pituitary"))
    windows = measured_windows(made, threshold=0.5, patients="images (twins as one)", examples="images")
    for key in ("patients", "per_patient", "patient_average", "hours"):
        del windows[key]
    found = metrics("images", windows=windows)
    return found | {"data": {"source": "brain-mri", "split": "patients unknown, may leak", "images": 200, "notes": []}}


def image_predictions(classes: tuple[str, ...]) -> Predictions:
    """Return 200 images, two of each unit."""
    made = predictions([f"set/{k}.png" for k in range(100)], classes, per=2, skill=2.0)
    brightness = {"mean brightness": np.random.default_rng(3).random(200)}
    return replace(made, group=made.patient, step=1.0, window=1.0, baselines=brightness)


@cache
def images_sheets() -> list[Sheet]:
    """Return samples of each class and the mistakes, some with long names."""
    rng = np.random.default_rng(5)

    def card(truth: str, said: str, name: str) -> Card:
        size = (1, *rng.choice([60, 90, 120], 2))
        return Card(as_uri(rng.random(size).astype(np.float32), 120), name, truth, said, 0.75, truth == said)

    classes = ("none", "glioma", "meningioma", "pituitary")
    sheets = [
        Sheet(
            "sample", name, "50 of 60 images told rightly", [card(name, "glioma", f"{name}{k}.png") for k in range(6)]
        )
        for name in classes
    ]
    long = f"{HOSTILE}{'x' * 90}.png"
    return [*sheets, Sheet("mistakes", "Surest mistakes", "All of them.", [card("glioma", "none", long)] * 5)]


@cache
def pictures() -> list[Picture]:
    """Return two explanations: curves, and an image within axes."""
    from matplotlib.figure import Figure

    rng = np.random.default_rng(0)
    with chart_style():
        traces = Figure(figsize=(8, 2.4))
        axes = traces.subplots()
        for row, channel in enumerate(["F3-C3", "C3-P3", "<b>P3-O1</b> & co"]):
            axes.plot(np.arange(400) / 100, rng.normal(0, 0.2, 400) + row, color=MUTED)
            axes.text(0, row + 0.5, channel, color=ACCENT)
        axes.set_xlabel("s")
        image = Figure(figsize=(4, 2.4))
        image.subplots().imshow(rng.random((8, 24)), aspect="auto")
        return [
            Picture("Integrated gradients", "Where the signal speaks for a seizure.", themed(traces, "traces")),
            Picture("<i>Kernels</i>", "What the first layer looks for.", themed(image, "an image")),
        ]


@cache
def hostile() -> dict[str, Any]:
    """Return metrics whose every text tries to become markup, mathematics or a control sequence."""
    names = [f"{HOSTILE}{k}" for k in range(3)] + ["$x^2$", "a\x00b\u202ec", "'\"&amp;"]
    made = predictions(names, (HOSTILE, "$\\frac{1}{2}$"), per=60)
    bad = metrics(windows=measured_windows(made, threshold=0.5), events=events(names[:5]))
    bad["windows"]["baselines"][HOSTILE] = bad["windows"]["baselines"]["line length"]
    bad["windows"]["curves"]["baselines"][HOSTILE] = bad["windows"]["curves"]["baselines"]["line length"]
    bad["model"] = {"name": HOSTILE, "network": "</title>", "parameters": None, "description": "x" * 400}
    bad["data"] |= {"source": HOSTILE, "split": HOSTILE, "notes": [HOSTILE, "may leak: patients unknown"]}
    bad["scorers"] = [HOSTILE]
    return bad
