"""``semeia preview`` as it is typed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from command import assert_one_line, semeia

from semeia.cli.contact_sheet import augmentation_in_words
from semeia.recipe import ImageAugmentation

RECIPE = """
name = "small-images"
description = "Bright and dark squares."
seed = 5

[task]
kind = "images"
classes = ["dark", "bright"]

[[data]]
source = "image-folder"
path = "set"

[transform]
name = "image"
size = 40

[network]
name = "resnet18"

[augmentation]
rotation = 5
zoom = [1.0, 1.2]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for label, level in (("dark", 20), ("bright", 180)):
        (tmp_path / "set" / label).mkdir(parents=True)
        for k in range(8):
            pixels = rng.integers(level, level + 60, (12, 12), np.uint8)
            PIL.Image.fromarray(pixels).resize((64, 64)).save(tmp_path / "set" / label / f"{k}.png")
    path = tmp_path / "small.toml"
    path.write_text(RECIPE)
    return path


def test_the_sheet_shows_images_of_every_class(recipe: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "new" / "sheet.png"
    answer = semeia("preview", recipe, "-o", sheet)
    assert answer.status == 0, answer
    assert answer.out == f"{sheet}: 6 images of 2 classes, each with 6 augmented copies\n"
    with PIL.Image.open(sheet) as shown:
        pixels = np.asarray(shown.convert("L"))
    # 3 rows a class, each 7 tiles of 120 pixels: an image of 40 is enlarged three times
    dark, bright = (((pixels >= low) & (pixels < low + 60)).sum() for low in (20, 180))
    assert dark == pytest.approx(3 * 7 * 120 * 120, rel=0.1)
    assert bright == pytest.approx(3 * 7 * 120 * 120, rel=0.1)


def test_the_same_seed_gives_the_same_sheet_and_another_does_not(recipe: Path, tmp_path: Path) -> None:
    sheets = [tmp_path / f"{k}.png" for k in range(3)]
    for sheet, seed in zip(sheets, (5, 5, 6), strict=True):
        assert semeia("preview", recipe, "-o", sheet, "--set", f"seed={seed}").status == 0
    first, again, other = (sheet.read_bytes() for sheet in sheets)
    assert first == again != other


@pytest.mark.parametrize(("transform", "network"), [("raw", "channelwise"), ("spectrogram", "electrodes")])
def test_windows_are_shown_as_recorded_and_as_the_network_sees_them(
    recipe_file: Path, tmp_path: Path, transform: str, network: str
) -> None:
    sheet = tmp_path / "sheet.png"
    recipe = recipe_file.with_name(f"{transform}.toml")
    text = recipe_file.read_text().replace('"raw"', f'"{transform}"')
    recipe.write_text(text.replace('"channelwise"\nwidth = 4', f'"{network}"'))
    answer = semeia("preview", recipe, "-o", sheet)
    assert answer.status == 0, answer
    assert answer.out == f"{sheet}: 4 windows, each as it was recorded and as the network sees it\n"
    with PIL.Image.open(sheet) as shown:
        pixels = np.asarray(shown.convert("RGB")).astype(int)
    middle = pixels.shape[1] // 2
    coloured = [(np.ptp(half, axis=2) > 60).mean() > 0.05 for half in (pixels[:, :middle], pixels[:, middle:])]
    assert coloured == [False, transform == "spectrogram"]


def test_what_is_not_previewed_is_one_line(recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(RECIPE.replace('"image"', '"raw"'))
    assert_one_line(semeia("preview", recipe, "-o", tmp_path / "a.png"), "transform 'raw' is for signals")
    assert not (tmp_path / "a.png").exists()
    assert semeia("preview", recipe, "-o", tmp_path / "a.jpg").status == 2


def test_augmentation_is_said_in_words() -> None:
    asked = ImageAugmentation(rotation=5, zoom=[1.0, 1.2], noise=20 / 255, flip=True, mixup=0.2)
    assert augmentation_in_words(asked) == (
        "Augmentation: turned by up to 5°, magnified 1 to 1.2 times, half of them mirrored, noise of standard "
        "deviation 20 of 255. Mixup (0.2), which mixes two images, is not shown."
    )
    assert augmentation_in_words(ImageAugmentation()) == "Augmentation: none: every copy is the image as prepared."
    changes = {
        "rotation": 3,
        "zoom": [0.9, 1.1],
        "shift": 0.1,
        "flip": True,
        "flip_vertical": True,
        "brightness": 0.2,
        "contrast": 1.3,
        "gamma": 1.4,
        "noise": 0.1,
        "erase": 0.2,
        "mixup": 0.3,
    }
    assert changes.keys() == ImageAugmentation.model_fields.keys()
    said = {augmentation_in_words(ImageAugmentation(**{name: value})) for name, value in changes.items()}
    assert len(said) == len(changes)
