"""The card: what a model takes and gives, what it was trained on, and how it scores, for every task."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from semeia.evaluation import classify
from semeia.model import Component, Description, Input, OperatingPoint
from semeia.training.card import card

COUNTS = {"patients": 3, "recordings": 9, "hours": 1.5, "seizures": 4}


def description(task: str, classes: list[str], *, montage: str = "any", channels: int = 4, **more) -> Description:
    return Description(
        name="mine",
        description="Tells things apart",
        task=task,
        classes=classes,
        input=Input(montage=montage, channels=channels, window=256, minimum_rate=64.0, **more),
        transform=Component(name="raw", parameters={"rate": 64.0}),
        network=Component(name="channelwise"),
        operating_point=OperatingPoint(threshold=0.4321),
    )


def metrics(measures: dict[str, Any], split: str = "patient", **more) -> dict[str, Any]:
    history = [{"epoch": k, "validation_loss": 1.0, "validation_auroc": 0.9} for k in range(3)]
    return {
        "sources": ["chbmit", "folder"],
        "split": split,
        "training": COUNTS,
        "validation": COUNTS | measures,
        "weights": "First weights: random.",
        "history": history,
        "best_epoch": 1,
        **more,
    }


def two_classes() -> dict[str, Any]:
    targets = np.array([0] * 30 + [1] * 10)
    probability = np.clip(targets * 0.5 + np.linspace(0, 0.6, 40), 0, 1)
    return classify.classes(np.stack([1 - probability, probability], axis=1), targets, ["interictal", "preictal"])[1]


def flat(text: str) -> str:
    assert "nan" not in text.lower() and "None" not in text
    return " ".join(text.split())


def test_a_card_of_windows_says_chance_beside_the_accuracy() -> None:
    measures = two_classes()
    text = flat(card(description("prediction", ["interictal", "preictal"]), metrics(measures)))
    rows = measures["confusion"]
    for words in (
        "# mine Tells things apart **Not a medical device.**",
        "any montage of at least 4 scalp channels, sampled at 64 Hz or faster, in windows of 4 s.",
        "probability of interictal, preictal in each window; threshold 0.432.",
        "Sources: chbmit, folder.",
        "| training | 3 | 9 | 1.5 | 4 | | validation | 3 | 9 | 1.5 | 4 |",
        "no patient is on both sides. First weights: random. The best on the validation part was epoch 2 of 3.",
        f"40 windows: accuracy {measures['accuracy']:.3g} (",
        "always saying the commonest class: 0.75)",
        f"Windows told rightly: interictal {rows[0][0]} of 30, preictal {rows[1][1]} of 10.",
    ):
        assert words in text, words
    assert "Events" not in text and "test" not in text


def test_a_test_part_has_a_row_and_figures_of_its_own() -> None:
    measures = two_classes()
    made = metrics(measures, test=COUNTS | measures | {"accuracy": 0.123})
    text = flat(card(description("prediction", ["interictal", "preictal"]), made))
    assert "| test | 3 | 9 | 1.5 | 4 |" in text
    assert "## How it scores on the test part Nothing was chosen on it. - 40 windows: accuracy 0.123 (" in text


def test_files_of_one_class_have_columns_of_their_own_and_three_classes_their_threshold_explained() -> None:
    names = ["healthy", "interictal", "ictal"]
    targets = np.array([0, 0, 1, 2])
    _, measures = classify.classes(np.eye(3)[targets], targets, names)
    counts = {"patients": 4, "recordings": 4, "hours": 0.1}
    made = metrics(measures) | {"training": counts | {"healthy files": 3, "ictal files": 1}}
    made["validation"] = counts | {"healthy files": 4} | measures
    text = card(description("classification", names, montage="recorded", channels=1), made)
    assert "| training | 4 | 4 | 0.1 | 3 | 1 |\n| validation | 4 | 4 | 0.1 | 4 | 0 |" in text
    assert "|  | patients | recordings | hours | healthy files | ictal files |" in text
    assert "- Takes 1 channel as recorded" in text
    assert "in each window; the most probable counts. Any but healthy: threshold 0.432." in text
    assert "- Windows told rightly: healthy 2 of 2, interictal 1 of 1, ictal 1 of 1." in text


def test_a_card_of_patterns_says_how_each_is_found() -> None:
    targets = np.zeros((50, 4, 2), np.float32)
    targets[:5, 1, 0] = 1
    _, measures = classify.patterns(0.1 + 0.8 * targets, targets, ["spike", "slow"])
    text = flat(card(description("patterns", ["spike", "slow"]), metrics(measures)))
    assert "probability of spike, slow in each channel of each window" in text
    assert "AUROC 0.9, mean over patterns" in text
    assert "- spike: AUROC 1, sensitivity 1, precision 1; 2.50% of channels and windows show it." in text
    assert "- slow: AUROC n/a, sensitivity n/a, precision n/a; 0.00% of channels" in text


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"montage": "chbmit", "channels": 23}, "Takes the montage chbmit (23 channels), sampled"),
        ({"montage": "recorded", "channels": 16}, "Takes 16 channels as recorded, sampled"),
        ({"montage": "recorded", "any_channels": True}, "Takes all channels as recorded, sampled"),
    ],
)
def test_a_card_says_which_channels_it_takes(how: dict[str, Any], said: str) -> None:
    assert said in flat(card(description("detection", ["background", "seizure"], **how), metrics(two_classes())))


@pytest.mark.parametrize("by", ["patient", "seizure", "hour", "recording", "random"])
def test_a_card_says_what_was_apart(by: str) -> None:
    text = flat(card(description("prediction", ["interictal", "preictal"]), metrics(two_classes(), by)))
    assert ("which leaks" in text) == (by == "random")
    assert ("hold for these patients only" in text) == (by in {"seizure", "hour", "recording"})
