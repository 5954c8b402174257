"""From windows to files, and what is learned of them."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeia.errors import DatasetError, ModelError
from semeia.evaluation import auroc
from semeia.evaluation.predictions import Predictions
from semeia.inference.files import RULES, FileScorer, Learned, class_probabilities, file_score, log_odds


def two(*positive: float) -> np.ndarray:
    """Return probabilities of two classes (windows, 2)."""
    values = np.array(positive, np.float32)
    return np.stack([1 - values, values], axis=1)


def table(
    *, mean: float, spread: float = 0.0, patients: int = 4, hours: int = 12, files: int = 3, seed: int = 0
) -> Predictions:
    """Return windows of files whose log-odds differ between the classes in mean, or in how they spread."""
    rng = np.random.default_rng(seed)
    windows = 12
    count = patients * hours * files
    label = np.tile(np.repeat(np.arange(hours) % 2, files), patients)
    level = mean * (label - 0.5) + rng.normal(0, 1, count)
    z = level[:, None] + (1 + spread * label)[:, None] * rng.normal(0, 1, (count, windows))
    p = 1 / (1 + np.exp(-z.ravel()))
    names = np.array([f"f{k:04d}.mat" for k in range(count)])
    return Predictions(
        classes=("interictal", "preictal"),
        probability=np.stack([1 - p, p], axis=1).astype(np.float32),
        label=np.repeat(label, windows).astype(np.int16),
        patient=np.repeat([f"Dog_{k // (hours * files)}" for k in range(count)], windows),
        group=np.repeat([f"hour {k // files}" for k in range(count)], windows),
        recording=np.repeat(names, windows),
        start=np.tile(20.0 * np.arange(windows), count),
        window=20.0,
        step=20.0,
    )


def files_of(predictions: Predictions) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    names, first = np.unique(predictions.recording, return_index=True)
    each = [predictions.probability[predictions.recording == name] for name in names]
    return each, predictions.positive[first], predictions.patient[first]


def test_the_score_is_the_mean_the_spread_or_the_highest_of_log_odds() -> None:
    probability = two(0.2, 0.5, 0.9)
    z = np.log([0.25, 1.0, 9.0])
    assert file_score(probability, "mean") == pytest.approx(z.mean(), abs=1e-5)
    assert file_score(probability, "std") == pytest.approx(math.log(z.std()), abs=1e-5)
    assert file_score(probability, "max") == pytest.approx(z.max(), abs=1e-5)


@given(st.permutations([0.1, 0.3, math.nan, 0.8, 0.99]))
def test_windows_that_were_not_scored_do_not_count_and_the_order_does_not_matter(order: list[float]) -> None:
    for by in ("mean", "std", "max"):
        assert file_score(two(*order), by) == pytest.approx(file_score(two(0.1, 0.3, 0.8, 0.99), by))


@pytest.mark.parametrize("by", ["mean", "std", "max"])
@pytest.mark.parametrize("probability", [two(), two(math.nan, math.nan)])
def test_a_file_without_a_scored_window_has_no_score(by: str, probability: np.ndarray) -> None:
    assert math.isnan(file_score(probability, by))  # type: ignore[arg-type]
    assert np.isnan(class_probabilities(probability, math.nan)).tolist() == [True, True]


def test_certain_windows_are_finite_and_one_does_not_outweigh_all_others() -> None:
    assert np.isfinite(log_odds(two(0.0, 1.0))).all()
    assert file_score(two(0.0, *[0.9] * 9), "mean") > 0


def test_positive_classes_share_what_they_have_together() -> None:
    probability = np.array([[0.2, 0.6, 0.2], [0.5, 0.4, 0.1], [np.nan] * 3])
    found = class_probabilities(probability, 0.6)
    share = np.sqrt([0.6 * 0.4, 0.2 * 0.1])
    np.testing.assert_allclose(found, [0.4, *(0.6 * share / share.sum())])
    assert file_score(probability) == pytest.approx(np.mean(np.log([0.8 / 0.2, 0.5 / 0.5])))


def test_what_is_learned_finds_what_the_mean_cannot() -> None:
    scorer = FileScorer.fit(table(mean=0.0, spread=1.5))
    each, positive, _ = files_of(table(mean=0.0, spread=1.5, seed=1))
    area = {by: auroc(positive, [file_score(one, by, scorer.learned) for one in each]) for by in RULES}
    assert area["learned"] > 0.9
    assert area["mean"] < 0.65


def test_of_few_files_hardly_more_is_learned_than_the_mean() -> None:
    scorer = FileScorer.fit(table(mean=1.5, patients=1, hours=4, files=1))
    each, positive, _ = files_of(table(mean=1.5, seed=1))
    learned, mean = ([file_score(one, by, scorer.learned) for one in each] for by in ("learned", "mean"))
    assert np.corrcoef(learned, mean)[0, 1] > 0.9
    assert auroc(positive, learned) > auroc(positive, mean) - 0.05


def test_patients_that_are_shifted_do_not_hide_what_tells_files_apart() -> None:
    def shifted(predictions: Predictions) -> Predictions:
        z = log_odds(predictions.probability) + 4.0 * np.char.endswith(predictions.patient, "1")
        p = 1 / (1 + np.exp(-z))
        return replace(predictions, probability=np.stack([1 - p, p], axis=1).astype(np.float32))

    kind = {"mean": 0.0, "spread": 1.5, "patients": 2, "hours": 8}
    scorer = FileScorer.fit(shifted(table(**kind)))
    each, positive, patient = files_of(shifted(table(**kind, seed=1)))
    score = np.array([file_score(one, "learned", scorer.learned) for one in each])
    assert auroc(positive, scorer.probability(score, patient, "learned")) > 0.9


def test_learning_from_noise_promises_nothing() -> None:
    """Files that it was learned from would say that it is good; those of other hours tell what it is worth."""
    scorer = FileScorer.fit(table(mean=0.0, patients=2, hours=8, files=6))
    each, _, patient = files_of(table(mean=0.0, patients=2, seed=1))
    score = np.array([file_score(one, "learned", scorer.learned) for one in each])
    said = scorer.probability(score, patient, "learned")
    assert np.abs(said - 0.5).max() < 0.35


@pytest.mark.parametrize("by", RULES)
def test_calibrated_scores_are_probabilities_in_the_order_of_the_scores(by: str) -> None:
    scorer = FileScorer.fit(table(mean=2.0, spread=0.5))
    each, positive, patient = files_of(table(mean=2.0, spread=0.5, seed=1))
    score = np.array([file_score(one, by, scorer.learned) for one in each])  # type: ignore[arg-type]
    said = scorer.probability(score, patient, by)  # type: ignore[arg-type]
    assert said.min() >= 0 and said.max() <= 1
    assert abs(said.mean() - positive.mean()) < 0.1
    assert auroc(positive, said) > auroc(positive, score) - 0.05


def test_without_anything_learned_a_score_is_taken_as_it_is() -> None:
    assert FileScorer().probability(np.array([0.0, np.nan]), ["a", "b"], "mean").tolist()[0] == 0.5
    with pytest.raises(ModelError, match="nothing was learned"):
        file_score(two(0.5), "learned")


def test_a_models_folder_holds_it(tmp_path: Path) -> None:
    assert FileScorer.read(tmp_path) == FileScorer()
    scorer = FileScorer.fit(table(mean=1.0), key="key")
    scorer.write(tmp_path)
    assert FileScorer.read(tmp_path) == scorer
    text = (tmp_path / "files.json").read_text()
    assert "Dog" not in text and "NaN" not in text


@pytest.mark.parametrize(
    "damage",
    [
        "{",
        "[]",
        '{"format": 2}',
        '{"format": 1, "calibration": {"best": {}}}',
        '{"format": 1, "calibration": {"mean": {"everyone": [0, 0]}}}',
        '{"format": 1, "learned": {"offset": 0}, "calibration": {}}',
    ],
)
def test_a_damaged_one_is_refused_in_one_line(damage: str, tmp_path: Path) -> None:
    (tmp_path / "files.json").write_text(damage)
    with pytest.raises(ModelError, match=f"^{tmp_path.name}/files.json: [^\n]*$"):
        FileScorer.read(tmp_path)


def test_a_scale_that_cannot_be_is_refused() -> None:
    learned = FileScorer.fit(table(mean=1.0)).learned
    assert learned is not None
    values = json.loads(json.dumps(learned.to_dict()))
    values["features"]["mean"]["scale"] = 0
    with pytest.raises(ModelError, match="a scale not above 0"):
        Learned.from_dict(values)


def test_one_class_teaches_nothing() -> None:
    whole = table(mean=1.0)
    with pytest.raises(DatasetError, match="72 scored validation files are not of both classes"):
        FileScorer.fit(whole[whole.positive])


def test_two_hours_of_each_class_are_enough_to_begin_with() -> None:
    scorer = FileScorer.fit(table(mean=3.0, patients=1, hours=4, files=6))
    assert set(scorer.calibration) == set(RULES)


def test_it_is_free_of_torch() -> None:
    rooms = "semeia.inference.files, semeia.inference.alarms, semeia.inference.submission"
    code = f"import {rooms}, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
