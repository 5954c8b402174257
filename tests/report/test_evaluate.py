"""Models judged on real files through the importers: what is written, what is refused, and folds put together."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from cli.command import semeia
from epilepsy import SEIZURES, write_patients, write_recording
from semeia.datasets import gather
from semeia.errors import DatasetError, ModelError, StorageError
from semeia.evaluation import Predictions, auroc, score
from semeia.events import Event, Events
from semeia.model import load
from semeia.recipe import read_recipe
from semeia.report import evaluated, evaluated_folds
from semeia.signals.simulator.layouts import simulate_layout
from semeia.training.folds import Folds, cross_validate
from semeia.training.train import train


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return recordings of three patients that no model has seen; the last one has no seizure."""
    folder = tmp_path_factory.mktemp("strangers")
    for number, seizures in enumerate((SEIZURES, SEIZURES[:1], ())):
        write_recording(folder / f"new{number}" / "one.edf", 120 if number else 150, seizures, seed=50 + number)
    return folder


def test_figures_are_those_of_the_windows_and_events_that_the_model_finds(small_model, strangers, tmp_path):
    model, recordings = load(small_model), gather("folder", path=str(strangers))
    metrics = evaluated(model, recordings, tmp_path / "out", source="folder")
    assert json.loads((tmp_path / "out" / "metrics.json").read_text()) == metrics
    assert "<html" in (tmp_path / "out" / "report.html").read_text()

    table = Predictions.read(tmp_path / "out" / "predictions.csv", window=4, step=1)
    area = metrics["windows"]["measures"]["auroc"]["value"]
    assert area == pytest.approx(auroc(table.positive, table.score), abs=1e-4)
    total = [score(r.events, model.detect(r.open(), hop=1.0).events, r.duration) for r in recordings]
    counts = metrics["events"]["counts"]
    assert counts["reference"] == sum(one.events.reference for one in total) == 2  # two of them are near: one by SzCORE
    assert counts["found"] == sum(one.events.true_positives for one in total) > 0
    assert counts["false_alarms"] == sum(one.events.false_alarms for one in total)
    assert metrics["data"]["patients"] == metrics["data"]["recordings"] == 3
    assert metrics["data"]["split"] == "no patient was in the training"
    assert set(metrics["windows"]["baselines"]) == {"line length", "total power"}


def test_probabilities_are_those_of_the_same_window_of_the_recording(small_model, strangers, tmp_path):
    model, recordings = load(small_model), gather("folder", path=str(strangers))
    evaluated(model, recordings, tmp_path, source="folder")
    table = Predictions.read(tmp_path / "predictions.csv", window=4, step=1)
    for recording in recordings:
        mine = table[(table.patient == recording.patient)]
        with recording.open() as opened:
            whole = model.probabilities(opened, hop=1.0)
        np.testing.assert_allclose(mine.probability, whole[np.rint(mine.start).astype(int)], atol=1e-6)
        seizures = [(event.onset, event.stop) for event in recording.events]
        inside = np.array([any(onset <= s and s + 4 <= stop for onset, stop in seizures) for s in mine.start])
        assert mine.positive[inside].all()
        assert mine.positive.sum() >= inside.sum()


def test_patient_that_was_trained_on_is_refused_by_name(small_model, strangers, tmp_path):
    known = gather("folder", path=str(write_patients(tmp_path / "patients", 2)))
    with pytest.raises(DatasetError, match="was trained on patient1, patient2: .*--exclude PATIENT"):
        evaluated(load(small_model), [*known, *gather("folder", path=str(strangers))], tmp_path / "o", source="folder")
    assert not (tmp_path / "o").exists()


def test_command_judges_what_is_left_when_known_patients_are_excluded(small_model, strangers, tmp_path):
    for path in strangers.rglob("*.edf"):
        place = tmp_path / "mixed" / path.parent.name / path.name
        place.parent.mkdir(parents=True)
        place.write_bytes(path.read_bytes())
    write_patients(tmp_path / "mixed", 1)
    answer = semeia("evaluate", small_model, tmp_path / "mixed", "-o", tmp_path / "out", "--exclude", "patient1")
    assert answer.status == 0, answer.err
    assert "3 patients, 3 recordings" in answer.out
    assert (tmp_path / "out" / "report.html").is_file()
    missing = semeia("evaluate", small_model, tmp_path / "mixed", "-o", tmp_path / "out", "--exclude", "patient9")
    assert "--exclude patient9: there is no such patient; there are new0, new1, new2, patient1" in missing.err


def test_false_alarms_are_counted_where_nobody_has_a_seizure(small_model, tmp_path):
    write_recording(tmp_path / "calm" / "one.edf", 120, (), seed=70)
    metrics = evaluated(load(small_model), gather("folder", path=str(tmp_path)), tmp_path / "out", source="folder")
    assert metrics["windows"] is None
    assert metrics["events"]["measures"]["false_alarms_per_24h"]["value"] is not None
    assert "nothing here is marked as a seizure: only false alarms can be counted" in metrics["data"]["notes"]


def test_recording_that_does_not_fit_is_named(small_model, tmp_path):
    write_recording(tmp_path / "p" / "slow.edf", 120, (), rate=32, seed=71)
    with pytest.raises(DatasetError, match="slow.edf: model small needs channels sampled at 64 Hz or faster"):
        evaluated(load(small_model), gather("folder", path=str(tmp_path)), tmp_path / "out", source="folder")


def test_recordings_shorter_than_a_window_are_left_out_and_named(small_model, strangers, tmp_path):
    write_recording(tmp_path / "p" / "brief.edf", 3, (), seed=72)
    given = [*gather("folder", path=str(tmp_path)), *gather("folder", path=str(strangers))]
    notes = evaluated(load(small_model), given, tmp_path / "out", source="folder")["data"]["notes"]
    assert "1 recording shorter than one window left out: brief.edf" in notes


def test_every_fold_is_judged_by_the_model_that_never_saw_it(recipe_file, tmp_path):
    settings = ("split.validation=0.3", "training.epochs=1", "training.examples_per_epoch=128")
    recipe = read_recipe(recipe_file, settings)
    cross_validate(Folds(recipe, tmp_path / "folds", 2, beside=recipe_file.parent), workers=1)
    metrics = evaluated_folds(tmp_path / "folds", tmp_path / "out", beside=recipe_file.parent)
    table = Predictions.read(tmp_path / "out" / "predictions.csv", window=4, step=1)
    assert set(table.patient) == {"patient1", "patient2", "patient3", "patient4"}
    for number in (1, 2):
        model = load(tmp_path / "folds" / f"fold{number}-seed3")
        trained = model.description.trained_on
        own = [name for name in np.unique(table.patient) if not trained.knows(name, "")]
        threshold = model.description.operating_point.threshold
        for recording in (r for r in gather("folder", path="patients", beside=recipe_file.parent) if r.patient in own):
            mine = table[table.patient == recording.patient]
            with recording.open() as opened:
                said = model.probabilities(opened, hop=1.0)[np.rint(mine.start).astype(int), 1]
            np.testing.assert_array_equal(mine.score >= 0.5, said >= threshold)
        assert len(own) == 2
    assert metrics["windows"]["threshold"] == 0.5
    assert "2 models of a cross-validation, each judged on the part that it never saw" in metrics["data"]["notes"]
    assert "the pictures of why are of the first fold's model, on its own test part" in metrics["data"]["notes"]
    page = (tmp_path / "out" / "report.html").read_text()
    first = load(tmp_path / "folds" / "fold1-seed3").description.trained_on
    explained = re.findall(r"(?:Most sure|Nearest)[^:<]*: (patient\d)", page)
    assert len(explained) == 2
    assert not any(first.knows(name, "") for name in explained)
    refused = semeia("evaluate", tmp_path / "folds", tmp_path / "nowhere", "-o", tmp_path / "other")
    assert "nowhere: there is no such folder" in refused.err
    refused = semeia("evaluate", tmp_path / "folds", "-o", tmp_path / "other", "--exclude", "patient1")
    assert "a cross-validation is judged on its own data" in refused.err
    assert not (tmp_path / "other").exists()


def test_folds_whose_data_changed_are_refused(recipe_file, tmp_path):
    write_patients(tmp_path / "patients")
    recipe = read_recipe(recipe_file, ("split.validation=0.3", "training.epochs=1", "training.examples_per_epoch=64"))
    cross_validate(Folds(recipe, tmp_path / "folds", 2, beside=tmp_path), workers=1)
    write_recording(tmp_path / "patients" / "patient1" / "patient1_01.edf", seed=99, subject="patient1")
    with pytest.raises(DatasetError, match="folds: its data changed since it was trained"):
        evaluated_folds(tmp_path / "folds", tmp_path / "out", beside=tmp_path)
    (tmp_path / "folds" / "plan.json").write_text("{")
    with pytest.raises(ModelError, match="plan.json: is damaged"):
        evaluated_folds(tmp_path / "folds", tmp_path / "out", beside=tmp_path)


PREDICTION = """
name = "foretell"
[task]
kind = "prediction"
horizons = [60.0]
gap = 5.0
clear = 240.0
[[data]]
source = "aes2014"
path = "aes2014"
patients = ["Dog_1"]
[examples]
window = 5.0
step = 5.0
montage = "recorded"
[split]
by = "hour"
validation = 0.5
[transform]
name = "features"
rate = 200.0
[network]
name = "logistic"
[training]
epochs = 2
examples_per_epoch = 64
"""


def test_prediction_is_judged_by_windows_files_and_hours(tmp_path):
    simulate_layout("aes2014", tmp_path / "aes2014", patients=2, hours=4, test_files=0, file_seconds=40)
    (tmp_path / "recipe.toml").write_text(PREDICTION)
    model = train(read_recipe(tmp_path / "recipe.toml"), tmp_path / "model", beside=tmp_path)
    recordings = gather("aes2014", path=str(tmp_path / "aes2014"))
    with pytest.raises(DatasetError, match=r"was trained on Dog_1 \("):
        evaluated(model, recordings, tmp_path / "out", source="aes2014")
    others = [recording for recording in recordings if recording.patient != "Dog_1"]
    metrics = evaluated(model, others, tmp_path / "out", source="aes2014")
    files = metrics["forecast"]["files"]
    assert files["mean"]["count"] == len(others) == 24
    assert {"mean", "std", "max"} <= set(files)
    assert metrics["forecast"]["alarms"]["by"] == "hour"
    assert metrics["forecast"]["alarms"]["counts"]["preictal_hours"] == 2
    assert metrics["data"]["split"].startswith("none of these recordings was in the training; whether others")


def test_report_goes_into_a_folder_of_its_own(small_model, strangers, tmp_path):
    weights = (small_model / "metrics.json").read_bytes()
    (tmp_path / "file").write_text("x")
    for place, why in ((small_model, "holds other things"), (strangers, "holds other"), (tmp_path / "file", "a file")):
        answer = semeia("evaluate", small_model, strangers, "-o", place)
        assert (answer.status, answer.err.count("\n")) == (1, 1)
        assert why in answer.err
    assert (small_model / "metrics.json").read_bytes() == weights
    found = gather("folder", path=str(strangers))
    for _ in range(2):  # a report takes the place of an earlier one
        evaluated(load(small_model), found, tmp_path / "out", source="folder")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(StorageError, match="out: holds other things already"):
        evaluated(load(small_model), found, tmp_path / "out", source="folder")


def test_model_without_its_recipe_or_with_weights_that_are_no_numbers_is_refused(small_model, strangers, tmp_path):
    shutil.copytree(small_model, tmp_path / "model")
    (tmp_path / "model" / "recipe.toml").unlink()
    with pytest.raises(ModelError, match=r"how it cuts recordings is not known: recipe.toml: no such recipe"):
        evaluated(load(tmp_path / "model"), gather("folder", path=str(strangers)), tmp_path / "o", source="folder")
    weights = load_file(tmp_path / "model" / "weights.safetensors")
    first = next(name for name, values in weights.items() if values.dtype.kind == "f")
    save_file({**weights, first: np.full_like(weights[first], np.nan)}, tmp_path / "model" / "weights.safetensors")
    answer = semeia("evaluate", tmp_path / "model", strangers, "-o", tmp_path / "o")
    assert "model/weights.safetensors: holds NaN or infinite weights" in answer.err
    assert not (tmp_path / "o").exists()


def test_without_recordings_the_command_asks_for_them(small_model, tmp_path):
    answer = semeia("evaluate", small_model, "-o", tmp_path / "o")
    assert "which recordings? Give the folder that holds them after the model" in answer.err


def test_what_the_model_did_not_flag_is_not_shown_as_its_mistake(small_model, strangers, tmp_path):
    model = load(small_model)
    point = model.description.operating_point.model_copy(update={"threshold": 1.0})
    model.description = model.description.model_copy(update={"operating_point": point})
    evaluated(model, gather("folder", path=str(strangers)), tmp_path / "o", source="folder")
    page = (tmp_path / "o" / "report.html").read_text()
    assert "Nearest, but missed: new" in page
    assert "Nearest to a mistake, but right: new" in page
    assert "Most sure" not in page


def test_where_nobody_says_whose_a_recording_is_no_figure_speaks_of_patients(small_model, tmp_path):
    for number in range(5):
        write_recording(tmp_path / "clips" / f"clip{number}.edf", 60, ((20.0, 25.0),), seed=90 + number)
    found = gather("folder", path=str(tmp_path / "clips"), patient_from="recording")
    metrics = evaluated(load(small_model), found, tmp_path / "o", source="folder")
    assert metrics["data"]["split"].startswith(
        "no recording of these names was in the training; patients unknown, may leak"
    )
    assert metrics["data"]["patients"] is None
    assert metrics["windows"]["interval"] == "95 %, bootstrap over 5 recordings of unknown patients, 2000 draws"
    assert "per_patient" not in metrics["windows"]
    page = (tmp_path / "o" / "report.html").read_text()
    assert "Patient by patient" not in page
    assert '<li class="warning">Split: ' in page


def test_model_of_other_classes_is_refused_with_both_named(tmp_path):
    write_recording(tmp_path / "p" / "calm.edf", 60, (), seed=81)
    write_recording(tmp_path / "p" / "loud.edf", 60, ((5.0, 40.0),), seed=82)
    labels = {"calm*": "interictal", "loud*": "ictal"}
    (tmp_path / "recipe.toml").write_text(CLASSES.replace("PATH", str(tmp_path / "p")))
    model = train(read_recipe(tmp_path / "recipe.toml"), tmp_path / "model")
    write_recording(tmp_path / "q" / "one.edf", 60, ((5.0, 40.0),), seed=83)
    with pytest.raises(DatasetError, match=r"knows \(interictal, ictal\); they are marked seizure"):
        evaluated(model, gather("folder", path=str(tmp_path / "q")), tmp_path / "out", source="folder")
    write_recording(tmp_path / "r" / "loud2.edf", 60, ((5.0, 40.0),), seed=84)
    with pytest.raises(DatasetError, match="all .* scored examples are 'ictal': judging needs both"):
        evaluated(model, gather("folder", path=str(tmp_path / "r"), labels=labels), tmp_path / "out", source="folder")
    assert not (tmp_path / "out").exists()


CLASSES = """
name = "whole"
[task]
kind = "classification"
classes = ["interictal", "ictal"]
[[data]]
source = "folder"
path = "PATH"
patient_from = "recording"
labels = { "calm*" = "interictal", "loud*" = "ictal" }
[examples]
window = 4.0
step = 2.0
[split]
by = "random"
validation = 0.3
[transform]
name = "raw"
rate = 64.0
[network]
name = "channelwise"
width = 4
[training]
epochs = 1
examples_per_epoch = 64
"""


def test_one_class_only_is_refused_unless_false_alarms_can_be_counted(small_model, tmp_path):
    from semeia.datasets import LabelledRecording

    path = write_recording(tmp_path / "p" / "one.edf", 60, (), seed=80)
    unlabelled = LabelledRecording(path, "p", Events([Event(0, 5, "x")]), 60.0, "one", labelled=False)
    with pytest.raises(DatasetError, match="none of these recordings has a label"):
        evaluated(load(small_model), [unlabelled], tmp_path / "out", source="folder")
