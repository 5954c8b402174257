"""What each figure of a report means, and why one may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["DEFINITIONS", "MEASURES", "reasons"]

DEFINITIONS = {
    "auroc": ("AUROC", "area under the ROC curve: how often something positive scores higher than something negative"),
    "average_precision": (
        "Average precision",
        "area under the steps of precision against sensitivity; chance is the share of positives",
    ),
    "balanced_accuracy": ("Balanced accuracy", "mean over classes of the share that is told rightly"),
    "accuracy": ("Accuracy", "share that is told rightly; chance is to name the commonest class always"),
    "sensitivity": ("Sensitivity", "share of what is positive that is found"),
    "specificity": ("Specificity", "share of what is negative that is not flagged"),
    "precision": ("Precision", "share of what is flagged or found that is right"),
    "f1": ("F1", "harmonic mean of sensitivity and precision"),
    "brier": ("Brier score", "mean squared difference of probability and truth; lower is better"),
    "calibration_error": (
        "Calibration error",
        "mean distance between the probability that is said and how often it is so; lower is better",
    ),
    "false_alarms_per_hour": (
        "False alarms per hour",
        "flagged negative windows, each by itself, per hour of negative windows",
    ),
    "false_alarms_per_24h": ("False alarms per 24 h", "events found where there is none, per 24 h of recording"),
    "latency": ("Latency", "from the marked onset of a found seizure to when it is told"),
    "time_in_warning": ("Time in warning", "share of the time during which an alarm stands"),
    "improvement_over_chance": (
        "Improvement over chance",
        "sensitivity minus that of alarms at random with the same time in warning (Snyder 2008)",
    ),
    "chance": (
        "Chance",
        "what one gets who flags as much without looking; of the Brier score: who always says the prevalence",
    ),
    "patient_average": ("Mean of patients", "each patient counts once; those for whom it is undefined are left out"),
    "interval": (
        "Interval",
        "in brackets after a figure; where it is wide, the data are few. One without width is no certainty: all that "
        "was drawn agreed, and few can",
    ),
}
"""Name of a figure in the metrics: what it is called, and what it is."""

MEASURES = (
    "auroc", "average_precision", "balanced_accuracy", "accuracy", "sensitivity", "specificity", "precision", "f1",
    "brier", "calibration_error",
)  # fmt: skip
"""Measures of windows in the order of the table."""


def reasons(windows: Mapping[str, Any]) -> dict[str, str]:
    """Return why a measure of windows may be undefined, where the counts tell."""
    first, *others = windows["classes"]
    counts = windows.get("counts") or {}
    lacking = {}
    if not sum(counts.get(name, 0) for name in others):
        why = "there is no positive"
        lacking = dict.fromkeys(("auroc", "average_precision", "sensitivity", "f1"), why)
    elif not counts.get(first, 0):
        lacking = dict.fromkeys(("auroc", "specificity"), f"there is no {first}")
    return {"precision": "nothing is flagged", "f1": "nothing is flagged", **lacking}
