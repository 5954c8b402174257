"""Splits of image sets: no unit on both sides, every image in one fold, classes everywhere alike."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeia.datasets import LabelledImage, deal_images, image_unit, split_images
from semeia.errors import DatasetError, RecipeError


def image(number: int, label: str, unit: str, source: str = "a") -> LabelledImage:
    return LabelledImage(Path(f"{number}.png"), label, f"patient {number % 7} of {unit}", unit=unit, source=source)


@st.composite
def sets(draw: st.DrawFn) -> list[LabelledImage]:
    """Return images of up to three classes and two sources in units of any size, some of several classes."""
    sizes = draw(st.lists(st.integers(1, 9), min_size=2, max_size=25))
    found: list[LabelledImage] = []
    for unit, size in enumerate(sizes):
        labels = draw(st.lists(st.sampled_from("xyz"), min_size=1, max_size=2))
        source = draw(st.sampled_from("ab"))
        found += [image(len(found) + k, labels[k % len(labels)], f"unit {unit}", source) for k in range(size)]
    return found


@given(sets(), st.floats(0.05, 0.95), st.integers(0, 5), st.sampled_from(["patient", "random"]), st.randoms())
def test_no_unit_is_on_both_sides_and_the_order_is_of_no_account(images, share, seed, by, random) -> None:
    try:
        training, validation = split_images(images, share, seed, by)
    except DatasetError:  # a unit of each class and source: none can be spared
        strata = Counter((image.source, image.label) for image in images)
        assert by == "random" or len({image.unit for image in images}) <= len(strata)
        assert by == "patient" or set(strata.values()) == {1}
        return
    sides = [{image_unit(each, by) for each in side} for side in (training, validation)]
    assert not sides[0] & sides[1]
    assert Counter(training) + Counter(validation) == Counter(images)
    shuffled = random.sample(images, len(images))
    assert set(split_images(shuffled, share, seed, by)[1]) == set(validation)


@given(sets(), st.integers(2, 6), st.integers(0, 5))
def test_folds_test_every_image_once_and_no_unit_is_on_both_sides(images, count, seed) -> None:
    units = {each.unit for each in images}
    if count > len(units):
        with pytest.raises(RecipeError, match="choose at least 2"):
            deal_images(images, count, seed)
        return
    folds = deal_images(images, count, seed)
    assert Counter(each for _, test in folds for each in test) == Counter(images)
    for rest, test in folds:
        assert rest and test
        assert not {each.unit for each in rest} & {each.unit for each in test}
        assert Counter(rest) + Counter(test) == Counter(images)
    assert folds == deal_images(images, count, seed)


@pytest.fixture
def mixed() -> list[LabelledImage]:
    """Return 300 images in units of one to six; one class is rare."""
    found: list[LabelledImage] = []
    for unit in range(90):
        label = "rare" if unit % 9 == 0 else "common"
        found += [image(len(found) + k, label, f"u{unit}") for k in range(1 + unit % 6)]
    return found


def test_classes_have_their_share_on_both_sides(mixed: list[LabelledImage]) -> None:
    whole = Counter(each.label for each in mixed)
    for seed in range(5):
        _, validation = split_images(mixed, 0.2, seed)
        found = Counter(each.label for each in validation)
        assert all(abs(found[label] - 0.2 * whole[label]) <= 3 for label in whole)
    for _, test in deal_images(mixed, 5):
        found = Counter(each.label for each in test)
        assert all(abs(found[label] - whole[label] / 5) <= 3 for label in whole)
    assert split_images(mixed, 0.2, 0) != split_images(mixed, 0.2, 1)


def test_random_parts_a_patient(mixed: list[LabelledImage]) -> None:
    training, validation = split_images(mixed, 0.2, by="random")
    assert {each.unit for each in training} & {each.unit for each in validation}
    assert len(validation) == round(0.2 * len(mixed))
    assert len(deal_images(mixed, 5, by="random")[0][1]) == len(mixed) / 5


def test_patients_or_units_are_chosen_by_name(mixed: list[LabelledImage]) -> None:
    _, validation = split_images(mixed, ["u3", mixed[-1].patient])
    assert {each.unit for each in validation} == {"u3", "u89"}  # the whole unit, twins of the patient too
    with pytest.raises(DatasetError, match="validation patient 'u3000' is not there; there are u0, u1"):
        split_images(mixed, ["u3000"])
    with pytest.raises(DatasetError, match="no image is left for training"):
        split_images(mixed, {each.unit for each in mixed})


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_is_none_is_refused(mixed: list[LabelledImage], share: float) -> None:
    with pytest.raises(DatasetError, match="is no share"):
        split_images(mixed, share)


def test_other_units_are_refused(mixed: list[LabelledImage]) -> None:
    with pytest.raises(RecipeError, match=r"split.by = 'hour': images are split by patient, or random"):
        split_images(mixed, 0.2, by="hour")
    with pytest.raises(RecipeError, match="no more than there are: 90 patients"):
        deal_images(mixed, 91)


def test_an_image_that_no_guard_has_seen_is_its_patients() -> None:
    assert image_unit(LabelledImage(Path("a.png"), "x", "p1")) == "p1"
    assert LabelledImage(Path("a.png"), "x", "p1", frame=3).key == "a.png #3"
