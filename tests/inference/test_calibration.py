"""Scores of several patients, pooled in one area under the curve."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from semeia.errors import DatasetError, ModelError
from semeia.evaluation import auroc
from semeia.inference.calibration import Calibration


@dataclass(frozen=True)
class Files:
    """Scores of files, and what they are."""

    score: NDArray[np.float64]
    positive: NDArray[np.bool_]
    patient: NDArray[np.str_]
    hour: NDArray[np.str_]

    def __getitem__(self, rows: Any) -> Files:
        return Files(*(getattr(self, field.name)[rows] for field in fields(self)))

    def joined(self, other: Files) -> Files:
        return Files(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)))


def files(*, shift: float, patients: int = 8, hours: int = 12, preictal: int = 6, seed: int = 0) -> Files:
    """Return six files for each hour: alike within it, and each patient's shifted by so much (standard deviation)."""
    rng = np.random.default_rng(seed)
    patient = np.repeat([f"Dog_{k + 1}" for k in range(patients)], hours * 6)
    hour = np.tile(np.repeat([f"hour {k}" for k in range(hours)], 6), patients)
    positive = np.tile(np.repeat(np.arange(hours) < preictal, 6), patients)
    alike = np.repeat(rng.normal(0, 0.7, patients * hours), 6)
    own = np.repeat(rng.normal(0, shift, patients), hours * 6)
    score = 1.5 * (positive - 0.5) + alike + rng.normal(0, 0.7, len(patient)) + own
    return Files(score, positive, patient, hour)


def halves(whole: Files) -> tuple[Files, Files]:
    """Return the even hours, to calibrate on, and the odd ones, to judge by."""
    even = np.array([int(name.split()[1]) % 2 == 0 for name in whole.hour])
    return whole[even], whole[~even]


def fitted(some: Files, key: str = "key") -> Calibration:
    return Calibration.fit(some.score, some.positive, some.patient, some.hour, key=key)


def within(some: Files) -> float:
    """Return the mean of the patients' areas."""
    return float(np.mean([auroc(p.positive, p.score) for p in (some[some.patient == n] for n in set(some.patient))]))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shift", [3.0, 6.0])
def test_shifted_patients_are_pooled_nearly_as_well_as_each_is_judged(shift: float, seed: int) -> None:
    validation, test = halves(files(shift=shift, seed=seed))
    pooled = auroc(test.positive, fitted(validation)(test.score, test.patient))
    assert auroc(test.positive, test.score) < within(test) - 0.1
    assert pooled > within(test) - 0.03


@pytest.mark.parametrize("seed", range(5))
def test_patients_that_are_alike_lose_little(seed: int) -> None:
    validation, test = halves(files(shift=0, seed=seed))
    pooled = auroc(test.positive, fitted(validation)(test.score, test.patient))
    assert pooled > auroc(test.positive, test.score) - 0.02


@pytest.mark.parametrize("seed", range(5))
def test_a_well_calibrated_model_is_left_nearly_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    score = rng.normal(0, 1.5, 3000)
    true = 1 / (1 + np.exp(-score))
    patient = np.array([f"p{k % 10}" for k in range(len(score))])
    said = Calibration.fit(score, rng.random(len(score)) < true, patient)(score, patient)
    assert np.abs(said - true).max() < 0.05


def test_probabilities_are_those_that_come_true() -> None:
    whole = files(shift=3, patients=12, hours=24, preictal=12, seed=2)
    validation, test = halves(whole)
    overconfident = replace(validation, score=3 * validation.score)
    said = fitted(overconfident)(3 * test.score, test.patient)
    for low in (0.0, 0.25, 0.5, 0.75):
        inside = (said >= low) & (said < low + 0.25)
        assert abs(test.positive[inside].mean() - said[inside].mean()) < 0.1


def test_an_unknown_patient_takes_what_holds_for_everyone() -> None:
    calibration = fitted(files(shift=3))
    slope, offset = calibration.everyone
    assert calibration.log_odds(np.array([0.5]), ["Dog_99"]) == pytest.approx(0.5 * slope + offset)
    assert calibration.log_odds(np.array([0.5]), ["Dog_1"]) != pytest.approx(0.5 * slope + offset, abs=0.1)


def test_a_patient_with_one_class_takes_what_holds_for_everyone() -> None:
    some = files(shift=3)
    calibration = fitted(some[(some.patient != "Dog_3") | some.positive])
    assert len(calibration.patients) == 7
    slope, offset = calibration.everyone
    assert calibration.log_odds(np.array([0.5]), ["Dog_3"]) == pytest.approx(0.5 * slope + offset)


def test_how_many_of_a_patients_files_are_preictal_does_not_raise_their_level() -> None:
    even, rare = files(shift=0, hours=40, preictal=20, patients=4), files(shift=0, hours=40, preictal=4, patients=4)
    both = even.joined(replace(rare, patient=np.char.add("rare ", rare.patient)))
    calibration = fitted(both)
    of = {name: calibration.log_odds(np.zeros(1), [name])[0] for name in np.unique(both.patient)}
    levels = [np.mean([level for name, level in of.items() if name.startswith(kind)]) for kind in ("Dog", "rare")]
    assert abs(levels[0] - levels[1]) < 0.5  # 2.2 lie between odds of 1 and of 1 to 9


def test_files_of_one_hour_count_as_one() -> None:
    one = files(shift=2)[::6]
    six = one[np.repeat(np.arange(len(one.score)), 6)]
    once, often = fitted(one), fitted(six)
    assert often.everyone == pytest.approx(once.everyone)
    for name, pair in once.patients.items():
        assert often.patients[name] == pytest.approx(pair)


@given(st.integers(0, 10_000), st.floats(0.1, 30), st.booleans())
def test_within_a_patient_the_order_of_files_is_never_turned(seed: int, scale: float, mirrored: bool) -> None:
    some = files(shift=2, patients=3, hours=4, preictal=2, seed=seed)
    score = some.score * (-scale if mirrored else scale)
    calibration = Calibration.fit(score, some.positive, some.patient, some.hour)
    for name in np.unique(some.patient):
        values = np.sort(score[some.patient == name])
        assert (np.diff(calibration.log_odds(values, [name] * len(values))) >= 0).all()
        assert np.isfinite(calibration(values, [name] * len(values))).all()


def test_two_files_that_can_be_told_apart_are_no_certainty() -> None:
    said = Calibration.fit(np.array([-9.0, 9.0]), np.array([False, True]), ["a", "a"])(
        np.array([-9.0, 9.0]), ["a", "b"]
    )
    assert 0.1 < said[0] < 0.5 < said[1] < 0.9


def test_files_without_a_score_have_no_say() -> None:
    some = files(shift=1)
    lacking = some.score.copy()
    lacking[::5] = np.nan
    kept = some[~np.isnan(lacking)]
    calibration = Calibration.fit(lacking, some.positive, some.patient, some.hour, key="key")
    assert calibration == fitted(kept)
    assert np.isnan(calibration(np.array([np.nan]), ["Dog_1"])).all()


@pytest.mark.parametrize("positive", [True, False])
def test_one_class_is_refused(positive: bool) -> None:
    with pytest.raises(DatasetError, match="2 scored validation files are not of both classes"):
        Calibration.fit(np.array([0.1, 0.2, np.nan]), np.array([positive, positive, not positive]), ["a", "b", "a"])


def test_it_is_plain_json_without_names() -> None:
    calibration = fitted(files(shift=2))
    text = json.dumps(calibration.to_dict(), allow_nan=False)
    assert Calibration.from_dict(json.loads(text)) == calibration
    assert "Dog" not in text
    other = fitted(files(shift=2), key="another")
    assert not set(other.patients) & set(calibration.patients)
    drawn = [Calibration.fit(np.array([0.0, 1.0]), np.array([False, True]), ["a", "a"]).key for _ in range(2)]
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize(
    "damage", [{"everyone": [1]}, {"everyone": [-1, 0]}, {"everyone": [1, float("nan")]}, {"patients": {"x": "y"}}, {}]
)
def test_damaged_values_are_refused(damage: dict[str, object]) -> None:
    values = fitted(files(shift=1)).to_dict() | damage if damage else {}
    with pytest.raises(ModelError, match="no calibration"):
        Calibration.from_dict(values)
