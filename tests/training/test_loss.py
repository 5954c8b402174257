"""The loss: cross-entropy of classes or patterns, weighted as the recipe says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from semeia.recipe import Patterns, SeizureDetection, Training
from semeia.training.loss import loss_of

PATTERNS = Patterns(kind="patterns", patterns=["spike", "slow"])
CLASSES = ["background", "seizure"]
LOGITS = torch.from_numpy(np.random.default_rng(0).standard_normal((6, 2)).astype(np.float32))
TARGETS = torch.tensor([0, 1, 1, 0, 0, 0])


def loss(class_weights, shares=(0.8, 0.2), task=None):
    classes = PATTERNS.patterns if task else CLASSES
    return loss_of(task or SeizureDetection(), Training(class_weights=class_weights), classes, np.array(shares))


def plain(weights: tuple[float, float]) -> float:
    each = F.cross_entropy(LOGITS, TARGETS, reduction="none").numpy()
    weight = np.array(weights)[TARGETS.numpy()]
    return float((weight * each).sum() / weight.sum())


def test_without_weights_it_is_plain_cross_entropy() -> None:
    assert float(loss("none")(LOGITS, TARGETS)) == pytest.approx(plain((1, 1)))
    soft = torch.tensor([[0.3, 0.7]]).repeat(6, 1)
    expected = -(soft * LOGITS.log_softmax(dim=1)).sum(dim=1).mean()
    torch.testing.assert_close(loss("none")(LOGITS, soft), expected)


def test_weights_by_name_and_balanced_ones() -> None:
    assert float(loss({"seizure": 3.0})(LOGITS, TARGETS)) == pytest.approx(plain((1, 3)))
    assert float(loss("balanced")(LOGITS, TARGETS)) == pytest.approx(plain((1 / 1.6, 1 / 0.4)))
    assert float(loss("balanced", (0.5, 0.5))(LOGITS, TARGETS)) == pytest.approx(plain((1, 1)))
    rare = float(loss("balanced", (1 - 1e-9, 1e-9))(LOGITS, TARGETS))
    assert rare == pytest.approx(plain((0.5, 100)))  # no stronger than that


def test_patterns_are_told_one_by_one() -> None:
    logits = torch.from_numpy(np.random.default_rng(1).standard_normal((4, 3, 2)).astype(np.float32))
    targets = (logits + 0.5 > 0).float()
    told, not_told = -F.logsigmoid(logits), -F.logsigmoid(-logits)

    def by_hand(weights: tuple[float, float]) -> float:
        return float((torch.tensor(weights) * targets * told + (1 - targets) * not_told).mean())

    assert float(loss("none", task=PATTERNS)(logits, targets)) == pytest.approx(by_hand((1, 1)), rel=1e-5)
    assert float(loss({"slow": 4.0}, task=PATTERNS)(logits, targets)) == pytest.approx(by_hand((1, 4)), rel=1e-5)
    assert float(loss("balanced", (0.5, 0.1), PATTERNS)(logits, targets)) == pytest.approx(by_hand((1, 9)), rel=1e-5)


@pytest.mark.parametrize("weights", ["balanced", {"seizure": 2.0}])
def test_weights_go_where_the_network_computes(weights) -> None:
    """The meta device stands for a GPU: it refuses tensors of another device as well."""
    found = loss(weights)(torch.empty(4, 2, device="meta"), torch.empty(4, dtype=torch.long, device="meta"))
    assert found.device.type == "meta"


def test_smoothed_labels_give_every_class_its_even_share() -> None:
    settings, shares = Training(label_smoothing=0.2), np.array([0.5, 0.5])
    smoothed = torch.where(TARGETS[:, None] == torch.arange(2), 0.9, 0.1)
    expected = -(smoothed * LOGITS.log_softmax(dim=1)).sum(dim=1).mean()
    torch.testing.assert_close(loss_of(SeizureDetection(), settings, CLASSES, shares)(LOGITS, TARGETS), expected)
    sides = LOGITS * torch.tensor([1, -1])  # of the first pattern, which is there, and the second, which is not
    by_hand = -(0.9 * F.logsigmoid(sides) + 0.1 * F.logsigmoid(-sides)).mean()
    there = torch.tensor([[1.0, 0.0]]).repeat(6, 1)
    torch.testing.assert_close(loss_of(PATTERNS, settings, PATTERNS.patterns, shares)(LOGITS, there), by_hand)


def test_smoothed_labels_are_weighted_too() -> None:
    settings = Training(label_smoothing=0.2, class_weights={"seizure": 3.0})
    smooth = loss_of(SeizureDetection(), settings, CLASSES, np.array([0.5, 0.5]))(LOGITS, TARGETS)
    weights = torch.tensor([1.0, 3.0])
    each = -(torch.where(TARGETS[:, None] == torch.arange(2), 0.9, 0.1) * weights * LOGITS.log_softmax(dim=1)).sum(
        dim=1
    )
    torch.testing.assert_close(smooth, each.sum() / weights[TARGETS].sum())
