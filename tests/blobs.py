"""Small images in which a network learns in a second whether there is a bright blob, written as real PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

SIDE = 32

IMAGE_RECIPE = """
name = "blobs"
description = "Finds bright blobs"
seed = 3

[task]
kind = "images"
classes = ["clear", "blob"]

[[data]]
source = "image-folder"
path = "images"
patient = "p[0-9]+"

[split]
validation = 0.25

[transform]
name = "image"
size = 20

[network]
name = "small-resnet"
width = 4
blocks = [1, 1]
dropout = 0.1

[augmentation]
rotation = 5.0
noise = 0.02

[training]
epochs = 4
examples_per_epoch = 64
batch_size = 16
learning_rate = 2e-2
"""


def picture(label: str, seed: int, side: int = SIDE) -> np.ndarray:
    """Return a picture, uint8 (side, side): clouds that no other seed has, and what the class is named after.

    Parameters
    ----------
    label : {"clear", "blob", "stripes"}
    """
    rng = np.random.default_rng(seed)
    clouds = Pillow.fromarray(rng.uniform(0, 120, (6, 6)).astype(np.float32)).resize((side, side))
    rows, columns = np.mgrid[:side, :side] / side
    row, column = rng.uniform(0.25, 0.75, 2)
    added = {
        "clear": np.zeros((side, side)),
        "blob": 200 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * 0.1**2)),
        "stripes": 60 * np.sin(2 * np.pi * 6 * (rows + row)),
    }[label]
    return np.clip(np.asarray(clouds) + added + rng.normal(0, 4, (side, side)), 0, 255).astype(np.uint8)


def write_picture(path: Path, label: str, seed: int, side: int = SIDE) -> Path:
    """Write one picture as the kind of file that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(picture(label, seed, side)).save(path)
    return path


def write_pictures(
    folder: Path, classes: Sequence[str] = ("clear", "blob"), patients: int = 16, each: int = 2, side: int = SIDE
) -> Path:
    """Write the pictures of so many patients of each class: ``blob/p201/p201_0.png`` and so on."""
    for number, label in enumerate(classes, 1):
        for patient in range(100 * number + 1, 100 * number + 1 + patients):
            for image in range(each):
                place = folder / label / f"p{patient}" / f"p{patient}_{image}.png"
                write_picture(place, label, 10 * patient + image, side)
    return folder
