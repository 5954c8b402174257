"""Training on images: what is learnt, what stays apart, and the same weights after any stop or kill."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from safetensors.torch import load_file

from blobs import IMAGE_RECIPE, picture, write_picture, write_pictures
from semeia.errors import DatasetError, ModelError, RecipeError, TrainingError
from semeia.images import open_image
from semeia.model import image_probabilities, load_image_model
from semeia.recipe import ImageAugmentation, ImageRecipe, read_recipe
from semeia.training.ensemble import ensemble
from semeia.training.explaining import explain
from semeia.training.fit import Interrupted
from semeia.training.folds import Folds, cross_validate
from semeia.training.image_material import ImageBatches, ImageValidation, images_material
from semeia.training.image_parts import ImageParts, fingerprint_of_images, gathered_images
from semeia.training.material import Hooks
from semeia.training.parts import Fold
from semeia.training.runs import list_runs
from semeia.training.search import search
from semeia.training.train import train
from semeia.training.trial import Hunt
from semeia.transforms.image_augmentation import views

FILES = {"card.md", "metrics.json", "model.json", "recipe.toml", "weights.safetensors"}
QUICK = ("training.epochs=1", "training.examples_per_epoch=16")
ALL_AUGMENTATIONS = (
    *("augmentation.rotation=20", "augmentation.zoom=[0.9, 1.2]", "augmentation.shift=0.1", "augmentation.flip=true"),
    *("augmentation.flip_vertical=true", "augmentation.brightness=0.1", "augmentation.contrast=1.2"),
    *("augmentation.gamma=1.2", "augmentation.noise=0.05", "augmentation.erase=0.1", "augmentation.mixup=0.3"),
)


@pytest.fixture
def started(image_recipe_file: Path, tmp_path: Path) -> Callable[..., Any]:
    """Return a function that trains into tmp_path / "model"."""

    def start(*settings: str, folder: Path = tmp_path / "model", **options: Any) -> Any:
        recipe = read_recipe(image_recipe_file, settings)
        return train(recipe, folder, **{"beside": image_recipe_file.parent, **options})

    return start


def beside(folder: Path, *settings: str) -> ImageRecipe:
    """Return the recipe for the pictures in a folder."""
    path = folder / "blobs.toml"
    path.write_text(IMAGE_RECIPE)
    recipe = read_recipe(path, settings)
    assert isinstance(recipe, ImageRecipe)
    return recipe


def parts_of(recipe: ImageRecipe, folder: Path, told: list[dict] | None = None, **more: Any) -> ImageParts:
    report = (lambda event: None) if told is None else told.append
    return gathered_images(recipe, folder, report=report, gathered=lambda *_: None, **more)


def material_of(recipe: ImageRecipe, folder: Path) -> Any:
    hooks = Hooks(folder, folder / "state", lambda event: None, lambda: False)
    return images_material(recipe, hooks, None, None)


def weights(folder: Path) -> bytes:
    return (folder / "weights.safetensors").read_bytes()


def metrics_of(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    return read


def asked_at(call: int) -> Callable[[], bool]:
    calls = iter(range(10_000))
    return lambda: next(calls) == call


# --- what is learnt


def test_a_model_tells_pictures_that_it_never_saw(small_image_model: Path, tmp_path: Path) -> None:
    assert {file.name for file in small_image_model.iterdir()} == FILES
    assert [file.name for file in small_image_model.parent.iterdir()] == ["blobs"]
    model, right = load_image_model(small_image_model), 0
    for seed in range(90_000, 90_040):
        label = ("clear", "blob")[seed % 2]
        file = write_picture(tmp_path / f"{seed}.png", label, seed, side=48)
        right += model.description.said(model.classify(open_image(file))) == label
    assert right >= 36


def test_metrics_and_card_say_what_was_measured_and_on_what(small_image_model: Path) -> None:
    metrics = metrics_of(small_image_model)
    assert metrics["training"] == {"patients": 24, "images": 48, "clear images": 24, "blob images": 24}
    held = metrics["validation"]
    assert (held["patients"], held["images"], sum(map(sum, held["confusion"]))) == (8, 16, 16)
    assert held["auroc"] > 0.9 and "windows" not in held
    losses = [epoch["validation_loss"] for epoch in metrics["history"]]
    assert losses.index(min(losses)) == metrics["best_epoch"] and min(losses) < math.log(2)
    card = " ".join((small_image_model / "card.md").read_text().split())
    for words in (
        "an image becomes 20 × 20 pixels, grey",
        "twins (copies of one image) together: neither is on both sides",
        "| validation | 8 | 16 | 8 | 8 |",
        "- 16 images: accuracy",
        "Images told rightly: clear ",
    ):
        assert words in card
    assert "window" not in card
    recipe = (small_image_model / "recipe.toml").read_text()
    assert "path =" not in recipe and 'source = "image-folder"' in recipe


def test_the_same_recipe_gives_the_same_weights_and_another_seed_others(
    started: Callable[..., Any], small_image_model: Path, tmp_path: Path
) -> None:
    started()
    for file in ("weights.safetensors", "model.json", "metrics.json"):
        assert (tmp_path / "model" / file).read_bytes() == (small_image_model / file).read_bytes()
    started("seed=4", folder=tmp_path / "other", split_seed=3)
    assert weights(tmp_path / "other") != weights(small_image_model)
    one, other = (load_image_model(folder) for folder in (small_image_model, tmp_path / "other"))
    assert one.description.transform == other.description.transform  # fitted on the same images: to be asked together


def test_the_weight_of_a_class_makes_it_more_probable(started: Callable[..., Any], tmp_path: Path) -> None:
    batch = np.stack([picture("clear", seed, 20)[None] for seed in range(70_000, 70_020)])
    plain = started("training.epochs=2").probabilities(batch)[:, 1].mean()
    heavy = ("training.epochs=2", "training.class_weights={blob=50.0}")
    assert started(*heavy, folder=tmp_path / "heavy").probabilities(batch)[:, 1].mean() > plain + 0.1
    with pytest.raises(RecipeError, match="training.class_weights: 'blbo' is no class: did you mean 'blob'"):
        started("training.class_weights={blbo=2.0}", folder=tmp_path / "wrong")


def test_training_begins_with_a_model_of_another_size_other_channels_and_classes(
    small_image_model: Path, tmp_path: Path
) -> None:
    write_pictures(tmp_path / "images", ("clear", "blob", "stripes"), patients=4, each=1)
    still = ("training.learning_rate=1e-12", "augmentation.rotation=0", *QUICK)
    recipe = beside(
        tmp_path,
        *('task.classes=["clear", "blob", "stripes"]', "transform.size=[28, 24]", "transform.channels=3"),
        *(f"weights.init={small_image_model}", *still),
    )
    train(recipe, tmp_path / "model", beside=tmp_path)
    said = metrics_of(tmp_path / "model")["weights"]
    assert said.startswith("The weights began as those of the model blobs. New, at random: ")
    assert "The 1 input channels of the first layer were repeated to 3, and scaled by 1/3" in said
    before, after = (load_file(folder / "weights.safetensors") for folder in (small_image_model, tmp_path / "model"))
    first = next(name for name, tensor in before.items() if tensor.ndim == 4)
    torch.testing.assert_close(after[first].sum(dim=1, keepdim=True), before[first], atol=1e-5, rtol=0)
    assert after["head.3.weight"].shape == (3, 8)
    assert str(tmp_path) not in (tmp_path / "model" / "recipe.toml").read_text()


# --- what each epoch draws, and how it is judged


@pytest.mark.parametrize("balance", [True, False])
def test_an_epoch_draws_every_image_of_a_class_equally_often(tmp_path: Path, *, balance: bool) -> None:
    write_pictures(tmp_path / "images", patients=6, each=2)
    for patient in range(202, 206):
        shutil.rmtree(tmp_path / "images" / "blob" / f"p{patient}")
    plain = ("augmentation.rotation=0", "augmentation.noise=0", "split.validation=['p101', 'p201']")
    material = material_of(beside(tmp_path, *plain), tmp_path)
    images, transform = material.batches.images, material.batches.transform
    assert np.bincount(images.label).tolist() == [10, 2]
    batches = ImageBatches(
        images,
        transform,
        ImageAugmentation(),
        **{"batch_size": 8, "examples_per_epoch": 32, "seed": 1, "balance": balance},
    )
    own = [transform.apply(images.read(np.array([number])))[0] for number in range(len(images))]
    orders = []
    for epoch in range(3):
        drawn = [batches.batch(epoch, step) for step in range(4)]
        inputs, labels = (np.concatenate(each) for each in zip(*drawn, strict=True))
        which = [int(np.argmin([np.abs(one - picture).max() for picture in own])) for one in inputs]
        orders.append(which)
        assert (images.label[which] == labels).all()
        share = {0: 1.6, 1: 8.0} if balance else {0: 32 / 12, 1: 32 / 12}
        for number, times in enumerate(np.bincount(which, minlength=len(images))):
            assert math.floor(share[int(images.label[number])]) <= times <= math.ceil(share[int(images.label[number])])
    assert orders[0] != orders[1]
    np.testing.assert_allclose(batches.shares, [0.5, 0.5] if balance else [10 / 12, 2 / 12])
    again = ImageBatches(
        images,
        transform,
        ImageAugmentation(),
        **{"batch_size": 8, "examples_per_epoch": 32, "seed": 1, "balance": balance},
    )
    np.testing.assert_array_equal(again.batch(2, 3)[0], batches.batch(2, 3)[0])


def test_views_of_an_image_are_averaged_in_validation_and_in_the_model(
    started: Callable[..., Any], image_recipe_file: Path, tmp_path: Path
) -> None:
    settings = ("testing.views=4", "augmentation.flip=true")
    model = started(*settings)
    assert (model.description.views, model.description.mirrored) == (4, True)
    material = material_of(read_recipe(image_recipe_file, settings), image_recipe_file.parent)
    judge = material.judge
    assert isinstance(judge, ImageValidation)
    pixels = judge.images.read(np.arange(len(judge.images)))
    each = [
        image_probabilities(model.module, model.transform, (255 * view + 0.5).astype(np.uint8))
        for view in views(pixels, 4, ImageAugmentation(flip=True))
    ]
    wanted = np.mean(each, axis=0)
    np.testing.assert_allclose(judge.probabilities(model.module), wanted, atol=0.02)  # views are rounded to bytes here
    np.testing.assert_allclose(model.probabilities(pixels), judge.predictions(model.module).probability, atol=1e-6)
    one = image_probabilities(model.module, model.transform, pixels)
    assert np.abs(one - model.probabilities(pixels)).max() > 1e-4
    np.testing.assert_allclose(judge.probabilities(model.module, 1), one, atol=1e-6)
    assert "the mean over 4 views of each image" in (tmp_path / "model" / "card.md").read_text()


# --- stopping, killing, going on


@pytest.mark.parametrize(
    "settings",
    [(), ("training.precision=mixed",), ALL_AUGMENTATIONS, ('weights.freeze="all but last"', "weights.thaw=1")],
    ids=["as it is", "mixed", "every augmentation", "thawed"],
)
def test_any_recipe_goes_on_to_the_same_weights(
    started: Callable[..., Any], small_image_model: Path, tmp_path: Path, settings: tuple[str, ...]
) -> None:
    given = [*settings, "training.epochs=3", f"weights.init={small_image_model}"]
    told: list[dict[str, Any]] = []
    started(*given, folder=tmp_path / "undisturbed", report=told.append)
    before = [event["event"] for event in told].index("step")
    asked = sum(event["event"] in {"gather", "prepare"} for event in told[:before])
    for stop, resume in ((asked + 6, False), (asked + 3, True)):
        with pytest.raises(Interrupted):
            started(*given, resume=resume, stop_asked=asked_at(stop))
        assert (tmp_path / "model.training" / "state.safetensors").is_file()
    started(*given, resume=True)
    for file in ("weights.safetensors", "model.json", "metrics.json"):
        assert (tmp_path / "model" / file).read_bytes() == (tmp_path / "undisturbed" / file).read_bytes()


@pytest.mark.parametrize("during", ["gather", "prepare"])
def test_a_training_can_be_stopped_before_it_begins(
    started: Callable[..., Any], small_image_model: Path, tmp_path: Path, during: str
) -> None:
    told: list[dict[str, Any]] = []
    settings = (f"transform.size={21 if during == 'prepare' else 22}", *QUICK)
    with pytest.raises(Interrupted) as stopped:
        started(*settings, report=told.append, stop_asked=lambda: told[-1]["event"] == during)
    assert not stopped.value.saved and told[-1]["event"] == during
    assert list(tmp_path.iterdir()) == []
    started(*settings)


@pytest.mark.slow
def test_a_training_that_is_killed_amid_an_epoch_goes_on_to_the_same_weights(
    image_recipe_file: Path, tmp_path: Path, count: Callable[[int], int]
) -> None:
    settings = [*ALL_AUGMENTATIONS, "training.precision=mixed", "training.epochs=4", "training.examples_per_epoch=320"]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the children
    train(read_recipe(image_recipe_file, settings), tmp_path / "undisturbed", beside=image_recipe_file.parent)
    torch.set_num_threads(threads)
    changes = [part for setting in settings for part in ("--set", setting)]
    model, progress = tmp_path / "model", tmp_path / "progress.jsonl"
    command = [sys.executable, "-m", "semeia", "train", str(image_recipe_file), "-o", str(model), *changes]
    rng = np.random.default_rng(6)

    def child() -> subprocess.Popen[str]:
        resume = ["--resume"] if (tmp_path / "model.training" / "state.safetensors").exists() else []
        return subprocess.Popen(
            [*command, *resume, "--progress", str(progress)],
            **{"env": os.environ | {"OMP_NUM_THREADS": "1"}, "stderr": subprocess.PIPE, "text": True},
        )

    def steps() -> int:
        return progress.read_bytes().count(b'"step"') // 2 if progress.exists() else 0

    for _ in range(count(10)):
        process, seen, wanted = child(), steps(), int(rng.integers(1, 45))
        while steps() - seen < wanted and process.poll() is None:
            time.sleep(0.001)
        process.kill()
        assert (process.wait(), model.exists()) == (-signal.SIGKILL, False), process.communicate()[1]
        process.communicate()
    last = child()
    assert (last.communicate()[1] is not None, last.returncode) == (True, 0)
    assert weights(model) == weights(tmp_path / "undisturbed")
    assert not (tmp_path / "model.training").exists()


def test_a_changed_image_changes_the_fingerprint_and_is_noticed_when_going_on(tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", patients=4, each=1)
    recipe = beside(tmp_path, *QUICK)
    before = fingerprint_of_images(recipe, parts_of(recipe, tmp_path))
    assert before == fingerprint_of_images(recipe, parts_of(recipe, tmp_path))
    told: list[dict[str, Any]] = []
    with pytest.raises(Interrupted):
        stop = {"report": told.append, "stop_asked": lambda: told[-1]["event"] == "begin"}
        train(recipe, tmp_path / "model", beside=tmp_path, **stop)
    write_picture(tmp_path / "images" / "blob" / "p201" / "p201_0.png", "blob", 424242)
    assert fingerprint_of_images(recipe, parts_of(recipe, tmp_path)) != before
    with pytest.raises(TrainingError, match=r"changed since this training began \(the data or their labels\)"):
        train(recipe, tmp_path / "model", beside=tmp_path, resume=True)


# --- what is on which side


def with_twins(folder: Path) -> None:
    """Let two patients of each class share a picture, the second time in another size."""
    for first, second, label in (("p101", "p102", "clear"), ("p201", "p202", "blob")):
        original = Pillow.open(folder / label / first / f"{first}_0.png")
        original.resize((48, 48), Pillow.Resampling.BICUBIC).save(folder / label / second / f"{second}_9.png")


def test_folds_test_every_image_once_and_keep_patients_and_twins_together(tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", patients=6)
    with_twins(tmp_path / "images")
    recipe, tested = beside(tmp_path), []
    for number in range(3):
        parts = parts_of(recipe, tmp_path, fold=Fold(number, 3))
        sides = [{image.unit for image in side} for side in (parts.training, parts.validation, parts.test)]
        assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
        patients = {image.patient for image in parts.test}
        assert ("p101" in patients) == ("p102" in patients) and ("p201" in patients) == ("p202" in patients)
        tested += [image.path for image in parts.test]
    assert len(tested) == len(set(tested)) == 26


def test_patients_that_are_left_out_take_their_twins_along(tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", patients=6)
    with_twins(tmp_path / "images")
    parts = parts_of(beside(tmp_path, "split.exclude=['p101']"), tmp_path)
    there = {image.patient for image in parts.everything}
    assert not {"p101", "p102"} & there and len(there) == 10


def test_folds_are_trained_and_summed_up(image_recipe_file: Path, tmp_path: Path) -> None:
    recipe = read_recipe(image_recipe_file, ("training.epochs=2",))
    summary = cross_validate(Folds(recipe, tmp_path / "cv", 2, 1, image_recipe_file.parent), workers=1)
    assert (summary["part"], summary["scorer"]) == ("test", None)
    assert summary["data"]["images"] == 64 and summary["data"]["patients"] == 32
    for model in summary["models"]:
        test = metrics_of(tmp_path / "cv" / model["folder"])["test"]
        assert model["figures"]["AUROC"] == test["auroc"] and test["images"] == 32
    page = (tmp_path / "cv" / "summary.md").read_text()
    assert "split by patient" in page and "images told apart by guessing" in page and "window" not in page
    with pytest.raises(RecipeError, match="cv: models of folds were trained on what"):
        ensemble(tmp_path / "cv", tmp_path / "model", beside=image_recipe_file.parent)


def test_a_split_at_random_is_said_to_leak_and_makes_no_folds(started: Callable[..., Any], tmp_path: Path) -> None:
    model = started("split.by=random", *QUICK)
    assert metrics_of(tmp_path / "model")["split"] == model.description.trained_on.by == "random"
    card = (tmp_path / "model" / "card.md").read_text()
    assert "**Split at random: twins, and images of one patient, are on both sides, which leaks and flatters.**" in card
    with pytest.raises(RecipeError, match="split.by = 'random' leaks, and folds of it would say nothing"):
        started("split.by=random", folder=tmp_path / "fold", fold=Fold(0, 2))


def test_what_would_be_done_is_explained_for_images(image_recipe_file: Path) -> None:
    settings = ("split.by=random", "testing.views=2", "augmentation.mixup=0.2")
    said = explain(read_recipe(image_recipe_file, settings), image_recipe_file.parent)
    whole = " ".join(" ".join(sentences) for sentences in said.values())
    for words in (
        "Images are drawn at random: twins and patients land on both sides, which leaks",
        "One image becomes 1 × 20 × 20 (channels × height × width).",
        "Tell clear, blob apart; clear is the negative one. Images in none are left out.",
        "Each image is judged by the mean over 2 views of it.",
        "Images are drawn so that classes count the same.",
        "of the images of each class of each source",
        "mixup = 0.2",
    ):
        assert words in whole
    assert "indow" not in whole and "Faults" not in said and "Windows" not in said


# --- bad input


def test_classes_that_nothing_belongs_to_are_said(tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", ("clear", "blob", "stripes"), patients=3, each=1)
    told: list[dict[str, Any]] = []
    parts = parts_of(beside(tmp_path), tmp_path, told)
    assert len(parts.everything) == 6
    notes = [event["text"] for event in told if event["event"] == "note"]
    assert "left out, for the task does not ask for them: stripes" in notes
    with pytest.raises(DatasetError, match="task.classes: no image is called 'strips': did you mean 'stripes'?"):
        parts_of(beside(tmp_path, 'task.classes=["clear", "strips"]'), tmp_path)
    named = "split.validation=['p101', 'p102']"
    with pytest.raises(DatasetError, match="the validation part has no image of 'blob': there are too few, or split"):
        parts_of(beside(tmp_path, named), tmp_path)
    for number in (2, 3):
        shutil.rmtree(tmp_path / "images" / "blob" / f"p20{number}")
    with pytest.raises(DatasetError, match="the validation part has no image of 'blob'"):
        parts_of(beside(tmp_path), tmp_path)


def test_a_source_of_one_class_and_one_that_is_absent_leave_nothing(tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", ("clear",), patients=3, each=1)
    with pytest.raises(DatasetError, match=r"all 3 images of .* are of one class \(clear\): a network learns from two"):
        train(beside(tmp_path), tmp_path / "model", beside=tmp_path)
    with pytest.raises(DatasetError, match="absent does not exist"):
        train(beside(tmp_path, "data.0.path=absent"), tmp_path / "model", beside=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"images", "blobs.toml"}


def test_images_that_cannot_be_read_are_named_and_the_others_trained_on(tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", patients=4, each=1)
    half = tmp_path / "images" / "blob" / "p201" / "half.png"
    half.write_bytes((tmp_path / "images" / "blob" / "p201" / "p201_0.png").read_bytes()[:300])
    told: list[dict[str, Any]] = []
    train(beside(tmp_path, *QUICK), tmp_path / "model", beside=tmp_path, report=told.append)
    (note,) = (event["text"] for event in told if event["event"] == "note" and event["text"].startswith("left out"))
    assert "half.png" in note and "\n" not in note
    assert metrics_of(tmp_path / "model")["training"]["images"] == 6


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        ("split.by=seizure", RecipeError, "images are split by 'patient'"),
        ("data.0.source=chbmit", RecipeError, "recordings"),
        ("network.name=convnet", RecipeError, "network 'convnet' .*picture"),
        ("network.width=0", RecipeError, "network 'small-resnet': width = 0"),
        ("transform.size=4", RecipeError, "network 'small-resnet'.*too small|smallest"),
        ("transform.name=raw", RecipeError, "image"),
        ("data.0.progress=1", RecipeError, "has no parameter 'progress'"),
        ("task.classes=['clear']", RecipeError, "task.classes = .*at least 2"),
        ("examples.window=3", RecipeError, "unknown key 'examples'"),
        ("augmentation.rotatoin=3", RecipeError, "unknown key 'augmentation.rotatoin': did you mean 'rotation'"),
        ("augmentation.channels=true", RecipeError, "unknown key 'augmentation.channels'"),
        ("testing.view=3", RecipeError, "unknown key 'testing.view': did you mean 'views'"),
        ("testing.views=3", RecipeError, "testing.views = 3"),
        ("task.clases=['a', 'b']", RecipeError, "unknown key 'task.clases': did you mean 'classes'"),
        ("augmentation.zoom=[1.2, 1.0]", RecipeError, "augmentation.zoom = .*the smaller one comes first"),
    ],
)
def test_a_recipe_that_cannot_work_says_why_and_leaves_nothing(
    started: Callable[..., Any], tmp_path: Path, setting: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        started(setting)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


# --- several at once


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a recipe, its pictures, and models of two seeds in ``seeds``."""
    folder = tmp_path_factory.mktemp("several")
    write_pictures(folder / "images", patients=8)
    cross_validate(Folds(beside(folder, "training.epochs=2"), folder / "seeds", None, 2, folder), workers=1)
    return folder


def test_an_ensemble_gives_the_mean_of_its_members(seeds: Path, tmp_path: Path) -> None:
    made = ensemble(seeds / "seeds", tmp_path / "both", beside=seeds)
    loaded = load_image_model(tmp_path / "both")
    assert loaded.description == made.description and loaded.description.members == 2
    batch = np.stack([picture("blob" if seed % 2 else "clear", seed, 20)[None] for seed in range(50_000, 50_040)])
    members = [load_image_model(seeds / "seeds" / name).probabilities(batch) for name in ("seed3", "seed4")]
    assert np.abs(members[0] - members[1]).max() > 0.01
    for model in (made, loaded):
        np.testing.assert_allclose(model.probabilities(batch), np.mean(members, axis=0), atol=1e-6)
    card = (tmp_path / "both" / "card.md").read_text()
    assert "the mean of 2 networks" in card
    metrics = metrics_of(tmp_path / "both")
    assert metrics["validation"]["threshold"] == loaded.description.operating_point.threshold
    with pytest.raises(ModelError, match="both: is there already"):
        ensemble(seeds / "seeds", tmp_path / "both", beside=seeds)


def test_an_ensemble_refuses_one_seed_other_data_and_what_is_no_training(seeds: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(seeds, tmp_path / "copy"))
    write_picture(copy / "images" / "blob" / "p201" / "p201_0.png", "blob", 777)
    with pytest.raises(ModelError, match="seeds: its data are not those that it was trained on"):
        ensemble(copy / "seeds", tmp_path / "both", beside=copy)
    shutil.rmtree(copy / "seeds" / "seed4")
    with pytest.raises(ModelError, match="seeds: holds 1 whole models; two and more are asked together"):
        ensemble(copy / "seeds", tmp_path / "both", beside=seeds)
    with pytest.raises(ModelError, match="is no folder of several seeds, as semeia train --seeds 3 writes it"):
        ensemble(copy, tmp_path / "both", beside=seeds)
    assert not (tmp_path / "both").exists()


@pytest.mark.slow
def test_a_search_with_inner_folds_validates_on_every_image_once(image_recipe_file: Path, tmp_path: Path) -> None:
    space = ("search.trials=1", "search.space={'training.learning_rate' = [1e-2]}", *QUICK)
    recipe = read_recipe(image_recipe_file, space)
    found = search(Hunt(recipe, tmp_path / "s", folds=2, beside=image_recipe_file.parent), workers=1)
    (row,) = found.trials
    records = [record for record in list_runs() if Path(record.folder).parent == tmp_path / "s"]
    assert sorted(Path(record.folder).name for record in records) == ["trial-1-fold1", "trial-1-fold2"]
    held = [unit for record in records for unit in record.recipe["split"]["validation"]]
    assert len(held) == len(set(held)) == 32
    assert row["value"] == pytest.approx(np.mean([record.metrics["validation_auroc"] for record in records]))
    assert isinstance(read_recipe(found.best), ImageRecipe)
    with pytest.raises(RecipeError, match="split.by = 'random' leaks"):
        leaking = read_recipe(image_recipe_file, (*space, "split.by=random"))
        search(Hunt(leaking, tmp_path / "t", folds=2, beside=image_recipe_file.parent), workers=1)
    with pytest.raises(RecipeError, match="search.space: with network.blocks = x: "):
        wrong = read_recipe(image_recipe_file, ("search.space={'network.blocks' = ['x']}",))
        search(Hunt(wrong, tmp_path / "t", beside=image_recipe_file.parent))


def test_a_step_that_cannot_be_normalised_over_its_batch_is_said(started: Callable[..., Any]) -> None:
    with pytest.raises(TrainingError, match="a step of one example cannot be normalised over the batch"):
        started(*QUICK, "network={name='small-resnet', width=2}", "transform.size=32", "training.batch_size=1")


@pytest.mark.parametrize("count", [1, 4])
def test_no_image_has_no_probabilities(small_image_model: Path, count: int) -> None:
    model = load_image_model(small_image_model)
    none = np.zeros((0, *model.transform.shape()), np.uint8)
    assert image_probabilities(model.module, model.transform, none, count).shape == (0, 2)


def test_a_file_whose_name_is_no_utf8_is_trained_on(tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", patients=4)
    first = min((tmp_path / "images").rglob("*.png"))
    try:
        first.rename(first.parent / os.fsdecode(b"p101_\xff.png"))
    except OSError:
        pytest.skip("this file system takes no such name")
    recipe = beside(tmp_path, *QUICK)
    assert train(recipe, tmp_path / "model", beside=tmp_path).name == recipe.name


def test_a_patient_to_be_left_out_who_is_not_there_is_named(image_recipe_file: Path) -> None:
    told: list[dict[str, Any]] = []
    recipe = read_recipe(image_recipe_file, ['split.exclude=["p00x"]'])
    assert isinstance(recipe, ImageRecipe)
    gathered_images(recipe, image_recipe_file.parent, report=told.append, gathered=lambda *_: None)
    notes = [event["text"] for event in told if event["event"] == "note"]
    assert any("split.exclude names whom no source has: 'p00x'" in text for text in notes)
