"""The mirror image of a head."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeia.errors import RecipeError
from semeia.signals.montage import MONTAGES, montage_named
from semeia.transforms.mirror import mirror_order

CAP = [label.removesuffix("-Avg") for label in montage_named("average").labels]
OPPOSITE = dict(zip(CAP[:8], CAP[11:], strict=True))  # left, midline, right


def test_electrodes_change_sides_and_the_midline_stays() -> None:
    mirror = mirror_order(["EEG Fp1-REF", "EEG T3-REF", "EEG Cz-REF", "EEG T4-REF", "EEG FP2-REF"])
    assert mirror.order.tolist() == [4, 3, 2, 1, 0]
    assert mirror.polarity.tolist() == [1] * 5
    assert mirror_order(["F7-T7", "Fz-Cz", "F8-T8"]).order.tolist() == [2, 1, 0]
    assert mirror_order(["C3-A2", "C4-A1", "FT9-Avg", "FT10-Avg", "FFC1h", "FFC2h"]).order.tolist() == [
        1,
        0,
        3,
        2,
        5,
        4,
    ]


def test_a_pair_across_the_midline_is_turned_round() -> None:
    mirror = mirror_order(["T7-C3", "C3-Cz", "Cz-C4", "C4-T8", "Fp1-Fp2"])
    assert mirror.order.tolist() == [3, 2, 1, 0, 4]
    assert mirror.polarity.tolist() == [-1] * 5
    assert mirror_order(["Fp1-Fp2", "Fp2-Fp1"]).polarity.tolist() == [1, 1]


def test_the_pair_that_stands_twice_in_chbmit_is_used_once_for_each() -> None:
    labels = list(montage_named("chbmit").labels)
    mirror = mirror_order(labels)
    place = {(label, labels[:k].count(label)): k for k, label in enumerate(labels)}
    assert mirror.order[place["T7-P7", 0]] == place["T8-P8", 0]
    assert mirror.order[place["P7-T7", 0]] == place["T8-P8", 1]
    assert mirror.polarity[place["P7-T7", 0]] == -1


@pytest.mark.parametrize("name", list(MONTAGES))
@given(order=st.permutations(CAP), seed=st.integers(0, 100))
def test_it_is_what_the_montage_gives_of_a_head_whose_electrodes_changed_sides(
    name: str, order: list[str], seed: int
) -> None:
    cap = [*order, "FT9", "FT10"]
    potentials = np.random.default_rng(seed).standard_normal((len(cap), 4)).astype(np.float32)
    both = OPPOSITE | {right: left for left, right in OPPOSITE.items()} | {"FT9": "FT10", "FT10": "FT9"}
    swapped = potentials[[cap.index(both.get(electrode, electrode)) for electrode in cap]]
    montage = montage_named(name)
    mirror, matrix = mirror_order(montage.labels), montage.matrix(cap)
    np.testing.assert_allclose(mirror.image(matrix @ potentials), matrix @ swapped, atol=1e-5)
    np.testing.assert_array_equal(mirror.order[mirror.order], np.arange(len(montage.labels)))
    signals = potentials[: len(cap) // 2]
    again = mirror_order(cap[:-2])
    np.testing.assert_array_equal(again.image(again.image(potentials[:-2])), potentials[:-2])
    assert again.image(signals[None, :1].repeat(len(cap) - 2, axis=1)).shape == (1, len(cap) - 2, 4)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["C3", "C4", "ECG", "LAT1"], "no side of the head is known of ECG, LAT1"),
        (["-"], "no side of the head is known of -"),
        (["A3", "A4", "A5", "A6"], "no side of the head is known of A3, A4, A5, A6"),
        (["C3", "C4", "F7", "O2-Avg"], "the mirror image of F7, O2-Avg is not among the channels"),
        (["C3-REF", "C4-Avg"], "the mirror image of C3-REF, C4-Avg is not"),
        (["C3", "C3", "C4"], "the mirror image of C3 is not"),
        ([f"LA{k}" for k in range(11)], "LA0, LA1, LA2, LA3, LA4, LA5, LA6, LA7 and 3 more"),
    ],
)
def test_channels_without_a_mirror_image_are_named(labels: list[str], message: str) -> None:
    with pytest.raises(RecipeError, match=f"augmentation.mirror: .*{message}"):
        mirror_order(labels)
