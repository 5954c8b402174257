"""From a recipe to a model's folder: stopping, resuming, refusing, and what is written at the end."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import semeia
from epilepsy import LABELS, eeg, write_recording
from semeia.errors import DatasetError, RecipeError, StorageError, TrainingError
from semeia.events import Event, Events
from semeia.home import replacing_folder
from semeia.recipe import Recipe, read_recipe
from semeia.signals.edf_writer import EdfWriter
from semeia.training.fit import Interrupted
from semeia.training.parts import Fold
from semeia.training.train import train
from semeia.training.windows import prepare, selected

FILES = {"card.md", "metrics.json", "model.json", "recipe.toml", "weights.safetensors"}


@pytest.fixture
def recipe(recipe_file: Path) -> Recipe:
    return read_recipe(recipe_file)


@pytest.fixture
def started(recipe_file: Path, tmp_path: Path) -> Callable[..., object]:
    """Return a function that trains into tmp_path / "model"."""

    def start(*settings: str, folder: Path = tmp_path / "model", **options):
        recipe = read_recipe(recipe_file, settings)
        return train(recipe, folder, **{"beside": recipe_file.parent, **options})

    return start


def asked_at(call: int) -> Callable[[], bool]:
    calls = iter(range(10_000))
    return lambda: next(calls) == call


def weights(folder: Path) -> bytes:
    return (folder / "weights.safetensors").read_bytes()


def test_a_training_writes_a_whole_model_and_nothing_else(small_model: Path) -> None:
    assert {file.name for file in small_model.iterdir()} == FILES
    assert [file.name for file in small_model.parent.iterdir()] == ["small"]


def test_the_model_finds_the_seizures_of_a_patient_it_never_saw(small_model: Path, tmp_path: Path) -> None:
    path = write_recording(tmp_path / "new.edf", seed=99)
    with semeia.open(path) as recording:
        found = semeia.load(small_model).detect(recording).events
    assert [(e.onset, e.stop) for e in found] == [
        pytest.approx((40, 70), abs=2),
        pytest.approx((100, 125), abs=2),
    ]


def test_metrics_say_what_was_measured_and_on_what(small_model: Path) -> None:
    metrics = json.loads((small_model / "metrics.json").read_text())
    assert metrics["training"] == {"patients": 3, "recordings": 3, "hours": 0.125, "seizures": 6}
    assert metrics["sources"] == ["folder"]
    assert len(metrics["history"]) == 4
    losses = [epoch["validation_loss"] for epoch in metrics["history"]]
    assert losses.index(min(losses)) == metrics["best_epoch"]
    model = semeia.load(small_model)
    assert metrics["validation"]["threshold"] == model.description.operating_point.threshold
    assert metrics["validation"]["score"]["events"]["f1"] == 1


def test_the_recipe_in_the_model_names_no_patient_and_no_path(small_model: Path, recipe: Recipe) -> None:
    text = (small_model / "recipe.toml").read_text()
    assert not any(f"patient{number}" in text for number in range(1, 5)) and "path" not in text
    kept = read_recipe(small_model / "recipe.toml")
    assert kept.training == recipe.training and kept.network == recipe.network
    assert "patient1" not in "".join((small_model / name).read_text() for name in FILES if name[0] != "w")


@pytest.mark.parametrize(
    "setting", ['split.exclude=["patient1"]', 'data.0.patients="patient1"', 'split.validation=["patient2"]']
)
def test_patients_named_anywhere_in_a_recipe_are_taken_out(recipe_file: Path, setting: str) -> None:
    from semeia.training.train import anonymous

    kept = anonymous(read_recipe(recipe_file, [setting]))
    assert not any(f"patient{number}" in kept for number in range(1, 5))


def test_the_number_of_simulated_patients_stays_in_the_recipe(recipe_file: Path) -> None:
    from semeia.training.train import anonymous

    assert "patients = 30" in anonymous(read_recipe(recipe_file, ["data.0.patients=30"]))


def test_the_card_says_what_the_model_is_for_and_how_it_scores(small_model: Path) -> None:
    card = (small_model / "card.md").read_text()
    assert card.startswith("# small\n\nFinds loud waves of 4 Hz\n")
    for words in (
        "Not a medical device",
        "at least 4 scalp channels, sampled at 64 Hz or faster, in windows of 4 s",
        "Sources: folder.",
        "| training | 3 | 3 | 0.125 | 6 |",
        "| validation | 1 | 1 | 0.042 | 2 |",
        "no patient is on both sides",
        "these figures flatter",
        "AUROC 1,",
        "SzCORE, timescoring",
        "0 false alarms per 24 h",
    ):
        assert words in " ".join(card.split())
    assert "nan" not in card.lower()


def test_the_same_recipe_gives_the_same_weights(started, small_model: Path, tmp_path: Path) -> None:
    started()
    assert weights(tmp_path / "model") == weights(small_model)
    assert (tmp_path / "model" / "metrics.json").read_text() == (small_model / "metrics.json").read_text()


def test_another_seed_gives_other_weights(started, small_model: Path, tmp_path: Path) -> None:
    started("seed=4", "training.epochs=1")
    assert weights(tmp_path / "model") != weights(small_model)


@pytest.mark.parametrize("call", range(6))
def test_a_training_stopped_while_it_prepares_leaves_what_it_prepared_and_nothing_else(
    started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    with pytest.raises(Interrupted) as stopped:
        started(stop_asked=asked_at(call))
    assert not stopped.value.saved
    assert {file.name for file in tmp_path.iterdir()} <= {"home"}
    prepared = list((tmp_path / "home" / "cache" / "signals").glob("*.npy"))
    assert len(prepared) == [0, 1, 2, 3, 3, 4][call]  # asked before each of 3 and after them, then of 1
    made = {file: file.stat().st_mtime_ns for file in prepared}
    with pytest.raises(TrainingError, match="no training to go on with"):
        started(resume=True)
    started("training.epochs=1")
    assert {file: file.stat().st_mtime_ns for file in prepared} == made


def test_a_resumed_training_that_is_stopped_while_it_prepares_keeps_its_state(started, tmp_path: Path) -> None:
    with pytest.raises(Interrupted) as stopped:
        started(stop_asked=asked_at(12))
    assert stopped.value.saved
    state = (tmp_path / "model.training" / "state.safetensors").read_bytes()
    with pytest.raises(Interrupted) as stopped:
        started(stop_asked=asked_at(1), resume=True)
    assert stopped.value.saved
    assert (tmp_path / "model.training" / "state.safetensors").read_bytes() == state


@pytest.mark.parametrize("call", [6, 9, 30])
def test_a_stopped_training_goes_on_to_the_same_weights(started, small_model: Path, tmp_path: Path, call: int) -> None:
    with pytest.raises(Interrupted):
        started(stop_asked=asked_at(call))
    assert not (tmp_path / "model").exists()
    assert [file.name for file in (tmp_path / "model.training").iterdir()] == ["state.safetensors"]
    started(resume=True)
    assert weights(tmp_path / "model") == weights(small_model)
    assert not (tmp_path / "model.training").exists()


def test_a_training_killed_just_before_its_last_act_is_done(started, small_model: Path, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        started(stop_asked=asked_at(9))
    shutil.copytree(small_model, tmp_path / "model")  # written, and then killed
    assert started(resume=True).name == "small"
    assert not (tmp_path / "model.training").exists()


def test_what_happens_is_reported(started) -> None:
    reports: list[dict] = []
    started("training.epochs=1", report=reports.append)
    kinds = [report["event"] for report in reports]
    assert kinds[:2] == ["data", "split"] and kinds[-2:] == ["epoch", "done"]
    assert [r["done"] for r in reports if r["event"] == "prepare"][-1] == 4
    assert kinds.count("step") == 16
    json.dumps(reports, allow_nan=False)


def test_validation_patients_without_a_class_make_no_nan(started, tmp_path: Path) -> None:
    calm = tmp_path / "calm"
    write_recording(calm / "patient9" / "patient9.edf", 40, [])
    shutil.copytree(calm / "patient9", tmp_path / "patients" / "patient9")
    for number in (1, 2):
        write_recording(tmp_path / "patients" / f"patient{number}" / "one.edf", 60, [(20, 10)], seed=number)
    with pytest.raises(DatasetError, match="no seizure to choose the threshold by"):
        started('split.validation=["patient9"]', beside=tmp_path)
    started('split.validation=["patient9"]', "detection.threshold=0.5", "training.epochs=1", beside=tmp_path)
    metrics = (tmp_path / "model" / "metrics.json").read_text()
    json.loads(metrics, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert "AUROC n/a" in (tmp_path / "model" / "card.md").read_text()


def test_a_training_is_resumed_only_with_the_same_recipe(started) -> None:
    with pytest.raises(Interrupted):
        started(stop_asked=asked_at(9))
    with pytest.raises(TrainingError, match=r"\(training.learning_rate was 0.005, is 0.001\): start anew"):
        started("training.learning_rate=0.001", resume=True)
    with pytest.raises(TrainingError, match=r"model: a training was begun here; go on with --resume"):
        started()


def test_a_training_is_resumed_only_with_the_same_data(recipe_file: Path, tmp_path: Path) -> None:
    shutil.copytree(recipe_file.parent / "patients", tmp_path / "patients")
    recipe, model = read_recipe(recipe_file), tmp_path / "model"
    with pytest.raises(Interrupted):
        train(recipe, model, beside=tmp_path, stop_asked=asked_at(9))
    write_recording(tmp_path / "patients" / "patient1" / "patient1_01.edf", seizures=[(20, 30)], seed=1)
    with pytest.raises(TrainingError, match=r"began \(the data or their labels\): start anew"):
        train(recipe, model, beside=tmp_path, resume=True)


def test_a_training_cannot_be_resumed_where_none_was_begun(started, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="model: no training to go on with; start it without --resume"):
        started(resume=True)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_state_is_refused_and_left(started, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        started(stop_asked=asked_at(9))
    state = tmp_path / "model.training" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(TrainingError, match="not a training state, or damaged .*; remove .*model.training and"):
        started(resume=True)
    assert state.stat().st_size == 1000


@pytest.mark.parametrize("folder", ["there", "."])
def test_a_folder_that_is_there_is_never_overwritten(started, tmp_path: Path, folder: str) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine")
    with pytest.raises(TrainingError, match="is there already; choose another folder or remove it"):
        started(folder=tmp_path / "there" if folder == "there" else Path())
    assert (tmp_path / "there" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        ("data.0.source=foldr", RecipeError, "did you mean 'folder'"),
        ("data.0.pth=x", RecipeError, "data source 'folder' has no parameter 'pth': did you mean 'path'"),
        ("data.0.path=absent", DatasetError, "absent does not exist"),
        ("training.class_weights.seizur=2", RecipeError, "'seizur' is no class: did you mean 'seizure'"),
        ("weights.init=eeg-startr", RecipeError, "weights.init: 'eeg-startr' is no model that is installed, and no"),
        ("data.0.patient_from=moon", RecipeError, "data source 'folder': patient_from = 'moon': "),
        ("network.name=chanelwise", RecipeError, "did you mean 'channelwise'"),
        ("network.depth=3", RecipeError, "network 'channelwise' .*depth"),
        ("network.width=-3", RecipeError, "network 'channelwise': "),
        ("network.width=wide", RecipeError, "network 'channelwise': "),
        ("network.dropout=3.0", RecipeError, "network 'channelwise': .*dropout"),
        ("network.channels=3", RecipeError, "network 'channelwise' .*channels"),
        ("network.name=convnet", RecipeError, "name a montage in .examples."),
        ("transform.rat=3", RecipeError, "did you mean 'rate'"),
        ("examples.window=0.5", RecipeError, "a window of 32 samples is too short"),
        (
            "examples.montage=chbmitt",
            RecipeError,
            "examples.montage: there is no montage 'chbmitt'; there are .* chbmit, any, recorded",
        ),
        ('split.validation=["nobody"]', DatasetError, "validation patient 'nobody' is not there"),
        ('split.exclude=["patient4"]', DatasetError, "validation patient 'patient4' is not there"),
    ],
)
def test_a_recipe_that_cannot_work_says_why_and_leaves_nothing(
    started, tmp_path: Path, setting: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        started(setting)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_learning_rate_that_is_far_too_high_is_said(started) -> None:
    with pytest.raises(TrainingError, match="the loss is no longer a number after"):
        started("training.learning_rate=1e30", "training.clip=1e30", "training.weight_decay=1e20")


def test_a_training_that_is_no_better_than_guessing_says_so(started) -> None:
    reports: list[dict] = []
    diverging = ["training.learning_rate=1e4", "training.epochs=1", "training.examples_per_epoch=64"]
    started(*diverging, "detection.threshold=0.5", report=reports.append)
    notes = [report["text"] for report in reports if report["event"] == "note"]
    assert re.search(r"the best validation loss, .* is no better than guessing, 0.6931: is training.lea", notes[-1])


def test_a_place_that_cannot_be_written_is_found_before_the_work(started, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    reports: list[dict] = []
    with pytest.raises(StorageError, match="file/model.training: this folder cannot be made"):
        started(folder=tmp_path / "file" / "model", report=reports.append)
    assert reports == []


def test_a_model_that_could_not_be_written_is_written_by_resuming(
    started, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments, **options):
        raise StorageError("model: cannot be written (no space left on device)")

    with monkeypatch.context() as patch:
        patch.setattr("semeia.model.kept.replacing_folder", full)
        with pytest.raises(StorageError, match="no space left"):
            started()
    assert replacing_folder is not full
    reports: list[dict] = []
    started(resume=True, report=reports.append)
    assert not [report for report in reports if report["event"] == "step"]
    assert weights(tmp_path / "model") == weights(small_model)


def test_an_optional_source_that_is_absent_is_left_out_of_the_card(recipe_file: Path, tmp_path: Path) -> None:
    text = recipe_file.read_text() + '\n[[data]]\nsource = "chbmit"\npath = "absent"\noptional = true\n'
    recipe = tmp_path / "both.toml"
    recipe.write_text(text)
    train(read_recipe(recipe, ["training.epochs=1"]), tmp_path / "model", beside=recipe_file.parent)
    assert "Sources: folder." in (tmp_path / "model" / "card.md").read_text()


def test_the_home_of_the_tests_is_not_that_of_the_person(home: Path) -> None:
    assert os.environ["SEMEIA_HOME"] == str(home)


# --- other recipes


PICTURES = [
    *("transform.name=spectrogram", "transform.window=1.0", "transform.highest=30.0"),
    *("network.name=cnn2d", "network.depth=2", "examples.montage=recorded"),
]
SHORT = ["training.epochs=3", "training.examples_per_epoch=128", "training.patience=3"]


def pictured(recipe_file: Path, *settings: str) -> Recipe:
    """Return the recipe with a fitted transform and a network for pictures."""
    text = recipe_file.read_text().replace("width = 4\n", "").replace("[augmentation]", "[augmentation]\nmixup = 0.0")
    other = recipe_file.with_name("pictures.toml")
    other.write_text(text)
    return read_recipe(other, [*PICTURES, "augmentation.channels=false", *SHORT, *settings])


PLAIN = ["augmentation.amplitude=1.0", "augmentation.invert=false", "augmentation.noise=0.0"]
RECIPES = {
    "pictures kept on disk, sgd, mixup": [*PLAIN, "training.optimiser=sgd", "augmentation.mixup=0.3"],
    "pictures made anew, adam": ["training.optimiser=adam", "training.schedule=step", "training.warmup=1.0"],
    "thawed": [*PLAIN, 'weights.freeze="all but last"', "weights.thaw=1", "weights.random_frozen=true"],
    "every window alike, balanced loss": ["training.balance=false", "training.class_weights=balanced"],
}


@pytest.mark.parametrize("name", RECIPES)
def test_any_recipe_goes_on_to_the_same_weights(recipe_file: Path, tmp_path: Path, name: str) -> None:
    recipe, beside = pictured(recipe_file, *RECIPES[name]), recipe_file.parent
    train(recipe, tmp_path / "undisturbed", beside=beside)
    with pytest.raises(Interrupted):
        train(recipe, tmp_path / "model", beside=beside, stop_asked=asked_at(6 + 6))
    with pytest.raises(Interrupted):
        train(recipe, tmp_path / "model", beside=beside, resume=True, stop_asked=asked_at(6 + 3))
    train(recipe, tmp_path / "model", beside=beside, resume=True)
    for file in ("weights.safetensors", "model.json", "metrics.json"):
        assert (tmp_path / "model" / file).read_bytes() == (tmp_path / "undisturbed" / file).read_bytes()


def test_a_fitted_transform_is_kept_in_the_model(recipe_file: Path, tmp_path: Path) -> None:
    train(pictured(recipe_file, "training.epochs=1"), tmp_path / "model", beside=recipe_file.parent)
    model = semeia.load(tmp_path / "model")
    assert len(model.transform.mean) == len(model.transform.sd) == 30
    with semeia.open(recipe_file.parent / "patients" / "patient4" / "patient4_01.edf") as recording:
        assert model.probabilities(recording).shape == (147, 2)
        assert model.detect(recording).track.unscored == 0
    assert "Transform: spectrogram." in (tmp_path / "model" / "card.md").read_text()


@pytest.fixture(scope="module")
def contest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return files of one class each, as contests have, one of them with a drop-out of two seconds."""
    folder = tmp_path_factory.mktemp("contest")
    for patient in range(1, 4):
        for number in range(4):
            kind = "pre" if number % 2 and patient != 2 else "inter"
            seizures = [(0, 40)] if kind == "pre" else []  # loud throughout
            data = eeg(40, seizures, seed=10 * patient + number)
            if (patient, number) == (1, 0):
                data[:, 10 * 128 : 12 * 128] = 0
            path = folder / "files" / f"p{patient}" / f"p{patient}_{kind}_{number}.edf"
            path.parent.mkdir(parents=True, exist_ok=True)
            with EdfWriter(path, LABELS, 128) as writer:
                writer.write(data)
    (folder / "contest.toml").write_text(CONTEST)
    return folder


CONTEST = """
name = "contest"
[task]
kind = "prediction"
[[data]]
source = "folder"
path = "files"
labels = { "*_pre_*" = "preictal", "*_inter_*" = "interictal" }
[examples]
window = 4.0
step = 4.0
[split]
by = "recording"
validation = 0.5
[transform]
name = "raw"
rate = 64.0
high_pass = 0.5
causal_filter = true
[network]
name = "channelwise"
width = 4
[training]
epochs = 4
examples_per_epoch = 256
batch_size = 32
learning_rate = 1e-2
class_weights = { preictal = 2.0 }
"""


def test_prediction_is_trained_tested_by_fold_and_told(contest: Path, tmp_path: Path) -> None:
    reports: list[dict] = []
    recipe = read_recipe(contest / "contest.toml")
    train(recipe, tmp_path / "model", beside=contest, fold=Fold(1, 2), report=reports.append)
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert [metrics[part]["recordings"] for part in ("training", "validation", "test")] == [3, 3, 6]
    assert metrics["test"]["windows"] == sum(map(sum, metrics["test"]["confusion"])) in {58, 60}
    assert metrics["test"]["accuracy"] > metrics["test"]["chance"] - 1e-9 and metrics["test"]["auroc"] > 0.9
    assert metrics["validation"]["classes"] == ["interictal", "preictal"]
    notes = [report["text"] for report in reports if report["event"] == "note"]
    assert any("p2 (interictal)" in note and "show one class only" in note for note in notes)
    assert [note for note in notes if note.startswith("drop-outs and gaps in the ")]
    model = semeia.load(tmp_path / "model")
    assert model.description.task == "prediction" and model.description.operating_point.smoothing == 0
    assert model.description.operating_point.threshold == metrics["validation"]["threshold"]
    card = " ".join((tmp_path / "model" / "card.md").read_text().split())
    for words in (
        "| test | 3 | 6 |",
        "Nothing was chosen on it",
        "always saying the commonest class",
        "within patients",
    ):
        assert words in card
    assert "Events" not in card and "a seizure in" not in card


def test_dropouts_are_told_and_imputed_where_that_is_allowed(contest: Path, tmp_path: Path) -> None:
    def notes(*settings: str) -> list[str]:
        reports: list[dict] = []
        recipe = read_recipe(contest / "contest.toml", ["split.by=random", "training.epochs=1", *settings])
        train(recipe, tmp_path / str(len(settings)), beside=contest, report=reports.append)
        return [r["text"] for r in reports if r["event"] == "note" and r["text"].startswith("drop-outs")]

    assert notes() == ["drop-outs and gaps: 0.4% of the time; windows left out: 1"]
    assert notes("examples.dropouts.most=0.6") == ["drop-outs and gaps: 0.4% of the time; windows left out: 0"]
    allowed = semeia.load(tmp_path / "1").description.input.dropouts
    assert allowed is not None and allowed.most == 0.6


def test_windows_drawn_at_random_are_said_to_leak(contest: Path, tmp_path: Path) -> None:
    recipe = read_recipe(contest / "contest.toml", ["split.by=random", "training.epochs=1"])
    train(recipe, tmp_path / "model", beside=contest)
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert 40 < metrics["validation"]["windows"] < 79
    assert "which leaks" in (tmp_path / "model" / "card.md").read_text()
    again = [
        read_recipe(contest / "contest.toml", ["split.by=random", "training.epochs=1", f"seed={k}"]) for k in (5, 6)
    ]
    confusions = []
    for k, one in enumerate(again):
        train(one, tmp_path / f"seed{k}", beside=contest, split_seed=3)
        confusions.append(json.loads((tmp_path / f"seed{k}" / "metrics.json").read_text())["validation"]["confusion"])
    assert [sum(row) for row in confusions[0]] == [sum(row) for row in confusions[1]]  # the same windows
    named = read_recipe(contest / "contest.toml", ["split.by=random", 'split.validation=["p1"]'])
    with pytest.raises(DatasetError, match="draws windows: give split.validation as a share"):
        train(named, tmp_path / "other", beside=contest)


def test_a_test_part_without_a_window_is_found_before_the_training(
    contest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import semeia.training.recordings as module

    def all_missing(recordings, *arguments, **options):
        windows = prepare(recordings, *arguments, **options)
        return windows if len(recordings) < 6 else selected(windows, np.zeros(len(windows.examples), bool))

    monkeypatch.setattr(module, "prepare", all_missing)
    recipe = read_recipe(contest / "contest.toml")
    with pytest.raises(DatasetError, match="the test patients have no window of 4 s without a gap"):
        train(recipe, tmp_path / "model", beside=contest, fold=Fold(1, 2))
    assert list(tmp_path.iterdir()) == []


def test_a_weight_for_no_class_is_refused(contest: Path, tmp_path: Path) -> None:
    recipe = read_recipe(contest / "contest.toml", ["training.class_weights={preictl=2.0}"])
    with pytest.raises(RecipeError, match="training.class_weights: 'preictl' is no class: did you mean 'preictal'"):
        train(recipe, tmp_path / "model", beside=contest)
    assert list(tmp_path.iterdir()) == []


def test_patterns_are_trained_and_told_channel_by_channel(tmp_path: Path) -> None:
    for patient in range(1, 4):
        data, rng = eeg(60, [], seed=patient), np.random.default_rng(patient)
        marks = []
        for onset in range(2, 58, 4):
            channel = int(rng.integers(5))
            data[channel, onset * 128 : (onset + 1) * 128] += 300 * np.sin(np.arange(128) / 2)
            marks.append(Event(onset, 1, "spike", (LABELS[channel],)))
        folder = tmp_path / "files" / f"p{patient}"
        folder.mkdir(parents=True)
        with EdfWriter(folder / "a.edf", LABELS, 128) as writer:
            writer.write(data)
        Events(marks, duration=60.0).write(folder / "a_events.tsv")
    (tmp_path / "patterns.toml").write_text(PATTERNS)
    recipe = read_recipe(tmp_path / "patterns.toml")
    train(recipe, tmp_path / "model", beside=tmp_path, fold=Fold(0, 3))
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    for part in ("validation", "test"):
        found = metrics[part]["patterns"]["spike"]
        assert found["auroc"] > 0.95 and 0.03 < found["share"] < 0.06
    card = " ".join((tmp_path / "model" / "card.md").read_text().split())
    assert "Gives the probability of spike in each channel of each window" in card and "- spike: AUROC" in card
    with semeia.open(tmp_path / "files" / "p1" / "a.edf") as recording:
        assert semeia.load(tmp_path / "model").probabilities(recording, hop=1.0).shape == (60, 5, 1)


PATTERNS = """
name = "spikes"
[task]
kind = "patterns"
patterns = ["spike"]
[[data]]
source = "folder"
path = "files"
[examples]
window = 1.0
[split]
validation = 0.5
[transform]
name = "raw"
rate = 64.0
high_pass = 0.5
[network]
name = "pattern-detector"
width = 8
[augmentation]
channels = true
[training]
epochs = 6
examples_per_epoch = 512
batch_size = 32
learning_rate = 5e-3
class_weights = "balanced"
"""
