"""Every shipped recipe is in order and runs: a short training on data in its layout, and the model judges."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blobs import write_picture
from semeia.datasets import gather, gather_images
from semeia.evaluation import events_of
from semeia.events import Event, Events, write_tsv
from semeia.model import ImageModel, Model, load_any
from semeia.networks.compiled_parts import make_importable
from semeia.recipe import AnyRecipe, ImageRecipe, Recipe, read_recipe
from semeia.signals import open_recording
from semeia.signals.simulator.layouts import simulate_layout
from semeia.training.checking import check
from semeia.training.shipped import recipe_path, shipped_recipes
from semeia.training.train import train

SHORT = ("training.epochs=1", "training.warmup=0", "training.batch_size=4", "training.examples_per_epoch=8")
DOGS = ("data.0.patients=['Dog_1','Dog_2']", "examples.step=40")
SMALL = ("network.width=4", "examples.step=2")
XRAYS = ("transform.size=96",)
SLICES = ("split.validation=0.3", "transform.size=64")
CASES = ("data.0.patients=['chb01','chb02','chb03']", "split.validation=['chb03']")

FEW = (
    *("data.0.patients=2", "data.0.hours=0.1", "data.0.seizures_per_hour=10.0", "examples.step=4"),
    *("data.1.patients=1", "data.1.hours=0.1", "data.1.seizures_per_hour=10.0", "split.validation=['sim03001']"),
)


@dataclass(frozen=True)
class Trial:
    """How a recipe is made short.

    Parameters
    ----------
    data : str
        The fixture's set.
    settings : tuple of str
        Beside `SHORT`: data that there is, and lengths that suit its short files.
    weights : str
        What it begins with: a network of timm, or another recipe.
    """

    data: str
    settings: tuple[str, ...] = ()
    weights: str = ""


TRIALS = {
    "bonn-classification": Trial("bonn", ("examples.step=4.424",)),
    "brain-mri": Trial("brain_mri", (*SLICES, "data.0.series=1")),
    "chest-xray": Trial("chest_xray", XRAYS),
    "eeg-convnet": Trial("chbmit", FEW),
    "eeg-detection-convnet": Trial("chbmit", CASES),
    "eeg-detection-convnet-all": Trial("chbmit"),
    "eeg-detection-electrodes": Trial("chbmit", ("network.width=4", "examples.step=10")),
    "eeg-detection-siena": Trial("siena"),
    "eeg-resnet1d": Trial("chbmit", FEW),
    "eeg-starter": Trial(
        "chbmit",
        (
            *("data.0.patients=2", "data.0.hours=0.05", "data.1.patients=1", "data.1.hours=0.05"),
            *("data.1.seizures_per_hour=10.0", "split.validation=['sim01001']", "examples.step=4"),
        ),
    ),
    "ieeg-patterns": Trial(
        "seeg",
        (
            *("data.0.patients=2", "data.0.hours=0.05", "data.0.files=1", "data.1.patients=1", "data.1.files=1"),
            *("split.validation=['seeg01001']", *SMALL),
        ),
    ),
    "ieeg-starter": Trial(
        "seeg", ("data.0.patients=5", "data.0.hours=0.1", "data.0.seizures_per_hour=10.0", "examples.step=4")
    ),
    "mri-tumour-alexnet": Trial("brain_mri", SLICES),
    "mri-tumour-cnn": Trial("brain_mri", SLICES),
    "mri-tumour-cnn-without-noise": Trial("brain_mri", SLICES),
    "mri-tumour-efficientnet-b0": Trial("brain_mri", SLICES, weights="efficientnet_b0"),
    "pattern-detector": Trial("seeg", SMALL),
    "pattern-resnet1d": Trial("seeg", ("network.width=8",)),
    "pattern-transfer": Trial("seeg", SMALL, weights="pattern-detector"),
    "prediction-features-logistic": Trial("aes2014", DOGS),
    # An hour of six files is four minutes long here, and its last file the last 40 s before the gap.
    "prediction-horizons": Trial("aes2014", (*DOGS, "task.horizons=[0.7, 60.0]")),
    "prediction-psd-inception": Trial(
        "melbourne2016", ("examples.window=40", "examples.step=40"), weights="inception_resnet_v2"
    ),
    "prediction-second-level": Trial(
        "aes2014",
        ("examples.window=40", "examples.step=40", "network.parts=2"),
        weights="prediction-spectrogram-electrodes",
    ),
    "prediction-spectrogram-electrodes": Trial("aes2014", ("examples.step=40",)),
    "prediction-spectrogram-logistic": Trial("aes2014", DOGS),
    "prediction-spectrogram-resnet18": Trial("aes2014", DOGS),
    "prediction-spectrogram-resnet18-imagenet": Trial("aes2014", DOGS, weights="resnet18"),
    "prediction-spectrogram-resnet34": Trial("aes2014", DOGS),
    "xray-kinds": Trial("chest_xray", XRAYS),
    "xray-pneumonia-cnn": Trial("chest_xray", XRAYS),
    "xray-pneumonia-cnn-plain": Trial("chest_xray", XRAYS),
}
FOLDERS = {
    "chest_xray": {
        "train/NORMAL/IM-{}-0001.jpeg": "clear",
        "train/PNEUMONIA/person{}_virus_1.jpeg": "blob",
        "train/PNEUMONIA/person10{}_bacteria_1.jpeg": "stripes",
    },
    "brain_mri": {
        "Training/no_tumor/{}.jpg": "clear",
        "Training/glioma_tumor/gg ({}).jpg": "blob",
        "Training/meningioma_tumor/m ({}).jpg": "blob",
        "Training/pituitary_tumor/p ({}).jpg": "stripes",
    },
}
"""Files of image sets, and what is drawn in them."""
SLOW = {"prediction-psd-inception", "mri-tumour-alexnet"}
"""Over 50 million parameters are made, saved and read several times."""
SIMULATED = {"eeg-convnet", "ieeg-patterns"}
"""They need no data."""


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of simulated sets in the layouts of the real ones, in short files."""
    root = tmp_path_factory.mktemp("data")
    contest = {"hours": 4, "test_files": 0, "file_seconds": 40}
    simulate_layout("aes2014", root / "aes2014", patients=3, **contest)
    _lose_a_channel(root / "aes2014" / "Dog_3")
    simulate_layout("melbourne2016", root / "melbourne2016", patients=1, **contest)
    scalp = {"patients": 3, "hours": 0.1, "seizures": 10, "file_seconds": 360}
    simulate_layout("chbmit", root / "chbmit", **scalp)
    simulate_layout("siena", root / "siena", **scalp)
    simulate_layout("seeg", root / "seeg", patients=2, hours=0.05, channels=10)
    simulate_layout("seeg", root / "seeg-new", patients=1, hours=0.1, file_seconds=120, channels=10, seed=3)
    simulate_layout("seeg", root / "discharges", patients=2, hours=0.05, channels=5, rate=600)
    for path in (root / "discharges").rglob("*.edf"):
        _label_stretches(path)
    return root


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of drawn pictures in the layouts of the real image sets."""
    root = tmp_path_factory.mktemp("pictures")
    for name, files in FOLDERS.items():
        for kind, (place, label) in enumerate(files.items()):
            for number in range(1, 7):
                write_picture(root / name / place.format(number), label, 100 * kind + number, side=48)
    return root


def _lose_a_channel(folder: Path) -> None:
    """Leave a dog 15 of its 16 electrodes, as Dog_5 has."""
    from scipy.io import loadmat, savemat

    for path in folder.glob("*.mat"):
        name, struct = next((k, v) for k, v in loadmat(path).items() if not k.startswith("__"))
        fields: dict[str, Any] = {field: struct[field][0, 0] for field in struct.dtype.names}
        savemat(path, {name: fields | {"data": fields["data"][:15], "channels": fields["channels"][:, :15]}})


def _label_stretches(path: Path) -> None:
    """Put a TSV beside a recording, as an expert labels windows of 2 s: with a discharge in their middle, or none."""
    with open_recording(path) as recording:
        duration = recording.duration
    found = [event for event in events_of(path) if event.label != "fast-oscillation"]
    onsets = np.array([event.onset for event in found])
    marks, free = [], 0.0
    for middle in np.arange(2.0, duration - 2.0, 2.5):
        nearest = float(np.abs(onsets - middle).min())
        discharge = float(onsets[np.abs(onsets - middle).argmin()])
        label, start = ("discharge", discharge - 0.7) if nearest < 1 else ("none", float(middle) - 1)
        if start >= free and (label == "discharge" or nearest > 3):
            marks.append(Event(start, 2.0, label))
            free = start + 2.0
    write_tsv(Events(marks, duration=duration), path.with_name(f"{path.stem}_events.tsv"))


@pytest.fixture(scope="module")
def timm_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that writes a file of weights as timm publishes them, but of its own random start."""
    folder = tmp_path_factory.mktemp("weights")

    def written(name: str) -> Path:
        from safetensors.torch import save_file

        make_importable("torchvision")
        from timm import create_model

        path = folder / f"{name}.safetensors"
        save_file(create_model(name).state_dict(), path)
        return path

    return written


@pytest.fixture(scope="module")
def trained(
    timm_file: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, Path], Model | ImageModel]:
    """Return a function that trains a recipe for two steps, once, and what it begins with before."""
    made: dict[str, Path] = {}

    def once(name: str, data: Path) -> Model | ImageModel:
        if name in made:
            return load_any(made[name])
        trial, settings = TRIALS[name], []
        if trial.weights in TRIALS:
            once(trial.weights, data)
            settings = [f"weights.init={made[trial.weights]}"]
        elif trial.weights:
            settings = [f"weights.init={timm_file(trial.weights)}"]
        made[name] = tmp_path_factory.mktemp("models") / name
        train(short(name, settings), made[name], beside=data)
        return load_any(made[name])

    return once


def short(name: str, settings: list[str]) -> AnyRecipe:
    return read_recipe(recipe_path(name), [*SHORT, *TRIALS[name].settings, *settings])


@pytest.fixture
def data(request: pytest.FixtureRequest, name: str) -> Path:
    set_ = TRIALS[name].data
    fixture = {"bonn": "shared_data"}.get(set_, "drawn" if set_ in FOLDERS else "simulated")
    folder: Path = request.getfixturevalue(fixture)
    return folder


@pytest.fixture(autouse=True)
def without_other_data() -> Iterator[None]:
    """Find no data but that of the test: no real clips join in."""
    kept = os.environ.pop("SEMEIA_DATA", None)
    yield
    if kept is not None:
        os.environ["SEMEIA_DATA"] = kept


def test_every_shipped_recipe_is_tried() -> None:
    assert set(TRIALS) == set(shipped_recipes())


@pytest.mark.parametrize("name", TRIALS)
def test_a_recipe_has_no_fault_and_says_what_it_lacks(name: str) -> None:
    path = recipe_path(name)
    checked = check(read_recipe(path), path.parent)
    assert checked.faults == []
    assert checked.module is not None
    absent = (
        TRIALS[name].data
        if name.startswith(("eeg-detection-", "prediction-", "bonn-", "pattern-detector"))
        else "is not here"
    )
    assert any(absent in note for note in checked.notes) is (name not in SIMULATED)


@pytest.mark.parametrize("name", [n for n in TRIALS if n.startswith("prediction-")])
def test_prediction_sees_no_future_and_keeps_hours_together(name: str) -> None:
    recipe = read_recipe(recipe_path(name))
    checked = check(recipe)
    assert checked.transform is not None and checked.transform.causal
    assert recipe.split.by == "hour"


@pytest.mark.parametrize("name", TRIALS)
def test_nothing_is_split_at_random(name: str) -> None:
    assert read_recipe(recipe_path(name)).split.by != "random"


def trials(*, images: bool) -> list[Any]:
    names = [name for name, trial in TRIALS.items() if (trial.data in FOLDERS) is images]
    return [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in names]


@pytest.mark.parametrize("name", trials(images=False))
def test_a_recipe_runs_and_its_model_judges_a_recording(
    name: str, data: Path, trained: Callable[[str, Path], Model | ImageModel]
) -> None:
    model = trained(name, data)
    recipe = short(name, [])
    assert isinstance(model, Model) and isinstance(recipe, Recipe)
    source = recipe.data[0]
    with closing(gather(source.source, beside=data, **source.parameters)[0].open()) as recording:
        found = model.probabilities(recording, hop=recipe.examples.window)
        channels = len(recording.channels)
    check_probabilities(found, recipe, model.description.classes, channels)


def check_probabilities(found: NDArray[np.float32], recipe: Recipe, classes: list[str], channels: int) -> None:
    several = recipe.task.kind == "patterns"
    assert len(found) >= 1
    assert found.shape[1:] == ((channels, len(classes)) if several else (len(classes),))
    known = found[~np.isnan(found).any(axis=tuple(range(1, found.ndim)))]
    assert len(known) and known.min() >= 0 and known.max() <= 1
    if not several:
        np.testing.assert_allclose(known.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", trials(images=True))
def test_a_recipe_for_images_runs_and_its_model_judges_an_image(
    name: str, data: Path, trained: Callable[[str, Path], Model | ImageModel]
) -> None:
    model, recipe = trained(name, data), short(name, [])
    assert isinstance(model, ImageModel) and isinstance(recipe, ImageRecipe)
    source = recipe.data[0]
    images = gather_images(source.source, beside=data, **source.parameters).images
    assert {image.label for image in images} == set(recipe.task.classes) == set(model.description.classes)
    found = model.classify(images[0].open())
    assert found.shape == (len(recipe.task.classes),) and found.min() >= 0
    assert found.sum() == pytest.approx(1, abs=1e-5)
