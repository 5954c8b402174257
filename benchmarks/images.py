"""Images loaded and augmented, and trained on, beside a plain PIL and PyTorch loop and its DataLoader."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from figures import table
from real_data import real
from semeia.datasets import LabelledImage
from semeia.datasets.leaks import sorted_images
from semeia.networks import build
from semeia.recipe import ImageAugmentation, Training
from semeia.training.fit import Batch, Batches, fit
from semeia.training.image_material import ImageBatches, Images
from semeia.training.state import TrainState
from semeia.transforms import image_transform_named
from semeia.transforms.prepared import Place, prepared_images

SETS = {"chest X-rays": "chest_xray/train", "brain MRI": "brain_mri/Training"}
SIDE, BATCH, REPEATS = 160, 32, 3
LOADED, WARM_UP, STEPS = 40, 4, 24
"""Batches loaded, and steps trained, at a time."""
ASKED = ImageAugmentation(rotation=5, zoom=[1.0, 1.2], noise=20 / 255)
WAYS = ("plain loop", "DataLoader, 2 workers", "Semeia")


class PlainImages(Dataset[tuple[Tensor, int]]):
    """As tutorials have it: an image is opened, resized, turned, zoomed and made noisy when it is asked for."""

    def __init__(self, files: Sequence[tuple[Path, int]]) -> None:
        self.files = files

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        path, label = self.files[number]
        bilinear = PIL.Image.Resampling.BILINEAR
        with PIL.Image.open(path) as file:
            picture = file.convert("L").resize((SIDE, SIDE), bilinear)
        picture = picture.rotate(random.uniform(-ASKED.rotation, ASKED.rotation), bilinear)
        cut = (SIDE - SIDE / random.uniform(*ASKED.zoom)) / 2
        picture = picture.resize((SIDE, SIDE), bilinear, (cut, cut, SIDE - cut, SIDE - cut))
        values = torch.from_numpy(np.array(picture)).float().div_(255)[None]
        values += ASKED.noise * torch.randn(values.shape)
        return values.clamp_(0, 1).sub_(0.5).div_(0.25), label


@dataclass(frozen=True)
class Material:
    """One set, ready for every way.

    Parameters
    ----------
    name : str
    files : list of (Path, int)
        With the number of its class.
    batches : ImageBatches
    preparing : float
        Images a second, prepared once and written.
    """

    name: str
    files: list[tuple[Path, int]]
    batches: ImageBatches
    preparing: float

    def loader(self, workers: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield batches of the plain way without an end."""
        loader = DataLoader(
            PlainImages(self.files),
            BATCH,
            shuffle=True,
            drop_last=True,
            num_workers=workers,
            persistent_workers=workers > 0,
            multiprocessing_context="forkserver" if workers else None,
        )
        while True:
            yield from loader


def material(name: str) -> Material:
    """Return a set, its images prepared."""
    found = sorted_images([real(SETS[name])])
    classes = sorted({image.label for image in found})
    images = [LabelledImage(image.path, image.label, image.path.stem, unit=image.path.stem) for image in found]
    transform = image_transform_named("image", size=SIDE, fit="stretch")
    places: list[Place] = [(image.path, 0, None) for image in images]
    prepared_images(places, transform).path.unlink()  # made again: what the home folder knew does not count
    started = time.perf_counter()
    rows = prepared_images(places, transform)
    preparing = len(images) / (time.perf_counter() - started)
    part = Images(images, rows, np.arange(len(images)), classes)
    fitted = transform.fit([part.read(np.arange(512))])
    batches = ImageBatches(part, fitted, ASKED, batch_size=BATCH, examples_per_epoch=BATCH * 1000, seed=1)
    return Material(name, [(image.path, classes.index(image.label)) for image in images], batches, preparing)


def loading(of: Material) -> list[float]:
    """Return images a second of each way, in its order, one thread a process."""
    torch.set_num_threads(1)
    speeds = []
    for workers in (0, 2):
        coming = of.loader(workers)
        speeds.append(_speed(lambda coming=coming: next(coming)))
    numbers = iter(range(1000))
    speeds.append(_speed(lambda: of.batches.batch(0, next(numbers))))
    torch.set_num_threads(os.cpu_count() or 1)
    return speeds


def _speed(load: Callable[[], object]) -> float:
    for _ in range(WARM_UP):
        load()
    started = time.perf_counter()
    for _ in range(LOADED):
        load()
    return BATCH * LOADED / (time.perf_counter() - started)


class _Loaded:
    """Batches of a DataLoader, for the same training loop."""

    def __init__(self, coming: Iterator[tuple[Tensor, Tensor]]) -> None:
        self.coming = coming

    def batch(self, epoch: int, step: int) -> Batch:
        inputs, labels = next(self.coming)
        return inputs.numpy(), labels.numpy()


class _Ready:
    """One batch again and again: what the network takes alone."""

    def __init__(self, batches: Batches) -> None:
        self.one = batches.batch(0, 0)

    def batch(self, epoch: int, step: int) -> Batch:
        return self.one


def training(of: Material, folder: Path) -> list[float]:
    """Return images a second trained: with a batch that is there already, and each way."""
    ways = [_Ready(of.batches), _Loaded(of.loader(0)), _Loaded(of.loader(2)), of.batches]
    return [_trained(way, len(of.batches.images.classes), folder) for way in ways]


def _trained(batches: Batches, classes: int, folder: Path) -> float:
    examples = BATCH * (WARM_UP + STEPS)
    settings = Training(optimiser="adam", epochs=1, batch_size=BATCH, examples_per_epoch=examples)
    module = build("small-resnet", (1, SIDE, SIDE), classes)
    state = TrainState(module, torch.optim.Adam(module.parameters(), lr=1e-3), "speed")
    moments: dict[int, float] = {}
    fit(
        state,
        batches,
        lambda network: {"validation_loss": 1.0},
        settings,
        1,
        checkpoint=folder / "speed.safetensors",
        report=lambda event: moments.setdefault(event.get("step", 0), time.perf_counter()),
        stop_asked=lambda: False,
    )
    return BATCH * STEPS / (moments[WARM_UP + STEPS] - moments[WARM_UP])


def _rows(of: Material, folder: Path) -> list[list[str]]:
    loaded = [loading(of) for _ in range(REPEATS)]
    trained = [training(of, folder) for _ in range(REPEATS)]
    rows = []
    for number, way in enumerate(WAYS):
        speed = statistics.median(each[number] for each in loaded)
        ratios = [each[-1] / each[number] for each in loaded]
        waits = [1 - each[number + 1] / each[0] for each in trained]
        rows.append(
            [
                of.name,
                way,
                f"{speed:.0f}",
                "" if number == 2 else f"{statistics.median(ratios):.1f}× ({min(ratios):.1f} to {max(ratios):.1f})",
                f"{statistics.median(each[number + 1] for each in trained):.0f}",
                f"{max(0.0, statistics.median(waits)):.0%}",
            ]
        )
    alone = statistics.median(each[0] for each in trained)
    return [*rows, [of.name, "the network alone", "", "", f"{alone:.0f}", ""]]


def run(workspace: Path) -> str:
    """Measure and return the section."""
    folder = workspace / "images"
    folder.mkdir(exist_ok=True)
    each = [material(name) for name in SETS]
    rows = [row for of in each for row in _rows(of, folder)]
    preparing = ", ".join(f"{of.name} {of.preparing:.0f}" for of in each)
    head = ["", "", "loaded, images/s", "Semeia against it", "trained, images/s", "of a step spent on data ¹"]
    return f"""## Loading and augmenting images

{SIDE} × {SIDE} pixels, grey, turned by up to {ASKED.rotation:g}°, magnified {ASKED.zoom[0]:g} to {ASKED.zoom[1]:g}
times, noise of standard deviation {ASKED.noise * 255:.0f} of 255; batches of {BATCH}. The plain loop opens, resizes,
turns, zooms and makes noisy one image after another with PIL and PyTorch, the DataLoader does the same in two
processes; Semeia reads prepared bytes and augments a batch at a time, on one thread. Medians of {REPEATS} runs in turn.

{table(head, rows)}

¹ How much slower than with one batch that is there already, `small-resnet`, the same loop for all: it makes the next
batch in a thread while the network learns from one, and both share the cores.

Semeia prepares a set once, before the first epoch (images/s, files read before: {preparing}), and finds it again later.
"""
