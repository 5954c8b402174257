"""A contact sheet of prepared and augmented images, drawn by Pillow so that a pixel stays a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from semeia.transforms import ImageTransform
from semeia.transforms.image_augmentation import augment_images

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageFont import FreeTypeFont

    from semeia.datasets import LabelledImage
    from semeia.recipe import ImageAugmentation, ImageRecipe

__all__ = ["augmentation_in_words", "contact_sheet"]

PAPER, INK, MUTED, HAIRLINE = "#ffffff", "#1a1f23", "#59646c", "#dde1e3"
_MARGIN, _GAP, _LINE = 28, 6, 20  # pixels
_LONGEST, _SHORTEST = 200, 112  # pixels of a tile's longer side
_LETTERS = 0.53  # width of a letter of the text, as a share of its size


def contact_sheet(recipe: ImageRecipe, images: Sequence[LabelledImage], copies: int) -> Picture:
    """Return a sheet with a row for each image: as prepared, and as so many augmented copies.

    Parameters
    ----------
    recipe : ImageRecipe
    images : sequence of LabelledImage
        Those of one class together.
    copies : int

    Raises
    ------
    RecipeError, FileError, ImageError
        If the transform is not possible, or an image cannot be read.
    """
    import PIL.Image
    import PIL.ImageDraw

    from semeia.training.checking import image_transform_of

    rows = _rows(recipe, image_transform_of(recipe), images, copies)
    tile = _tile_size(rows.shape[3], rows.shape[4])
    classes = [list(some) for _, some in groupby(zip(images, rows, strict=True), lambda each: each[0].label)]
    width = _left(copies + 1, tile) - _GAP + _MARGIN
    about = [line for text in _about(recipe, rows.shape[2:]) for line in wrap(text, _letters(width - 2 * _MARGIN, 13))]
    top = _MARGIN + 34 + _LINE * len(about) + 2 * _LINE
    height = top + len(classes) * 3 * _LINE + len(images) * (tile[1] + _LINE + 2 * _GAP) + _LINE + _MARGIN
    sheet = PIL.Image.new("RGB", (width, height), PAPER)
    pen = PIL.ImageDraw.Draw(sheet)
    pen.text(
        (_MARGIN, _MARGIN - 4), _fitting(recipe.name, _letters(width - 2 * _MARGIN, 22)), INK, _font(22, bold=True)
    )
    for number, line in enumerate(about):
        pen.text((_MARGIN, _MARGIN + 34 + number * _LINE), line, MUTED, _font(13))
    down = top - _LINE
    for column, text in ((0, "as prepared"), (1, f"augmented (seed {recipe.seed})")):
        pen.text((_left(column, tile), down), text, INK, _font(12, bold=True))
    down += _LINE
    for some in classes:
        down = _draw_class(sheet, down, some, tile)
    pen.text((_MARGIN, height - _MARGIN - 6), "Semeia. Not a medical device.", MUTED, _font(11))
    return sheet


def augmentation_in_words(settings: ImageAugmentation) -> str:
    """Return in one sentence what augmentation does to an image."""
    said = [
        f"turned by up to {settings.rotation:g}°" if settings.rotation else "",
        f"magnified {settings.zoom[0]:g} to {settings.zoom[1]:g} times" if settings.zoom != [1.0, 1.0] else "",
        f"shifted by up to {settings.shift:.0%} of a side" if settings.shift else "",
        "half of them mirrored" if settings.flip else "",
        "half of them upside down" if settings.flip_vertical else "",
        f"lighter or darker by up to {settings.brightness:.0%}" if settings.brightness else "",
        f"contrast from 1/{settings.contrast:g} to {settings.contrast:g}" if settings.contrast > 1 else "",
        f"gamma from 1/{settings.gamma:g} to {settings.gamma:g}" if settings.gamma > 1 else "",
        f"noise of standard deviation {settings.noise * 255:.3g} of 255" if settings.noise else "",
        f"up to {settings.erase:.0%} blanked in half of them" if settings.erase else "",
    ]
    words = ", ".join(part for part in said if part) or "none: every copy is the image as prepared"
    mixed = f" Mixup ({settings.mixup:g}), which mixes two images, is not shown." if settings.mixup else ""
    return f"Augmentation: {words}.{mixed}"


def _rows(
    recipe: ImageRecipe, transform: ImageTransform, images: Sequence[LabelledImage], copies: int
) -> NDArray[np.float32]:
    """Return each image as prepared and as augmented copies (images, 1 + copies, channels, height, width), 0 to 1."""
    prepared = np.stack([transform.prepare(image.open().shown(image.frame)) for image in images])
    rng = np.random.default_rng(recipe.seed)
    changed = [augment_images(prepared, recipe.augmentation, rng) for _ in range(copies)]
    return np.stack([prepared / np.float32(255), *changed], axis=1)


def _about(recipe: ImageRecipe, shape: tuple[int, ...]) -> list[str]:
    channels, height, width = shape
    seen = f"The network sees {height} × {width} pixels, {'grey' if channels == 1 else 'in three channels'}."
    return [
        *([recipe.description] if recipe.description else []),
        f"{seen} {augmentation_in_words(recipe.augmentation)}",
    ]


def _draw_class(
    sheet: Picture,
    down: int,
    some: Sequence[tuple[LabelledImage, NDArray[np.float32]]],
    tile: tuple[int, int],
) -> int:
    """Draw the images of one class from a place on, and return where the next begins."""
    import PIL.ImageDraw

    pen, right, name = PIL.ImageDraw.Draw(sheet), sheet.width - _MARGIN, some[0][0].label
    pen.line([(_MARGIN, down + _LINE // 2), (right, down + _LINE // 2)], HAIRLINE)
    pen.text((_MARGIN, down + _LINE), _fitting(name, _letters(right - _MARGIN, 15)), INK, _font(15, bold=True))
    down += 2 * _LINE + _GAP
    for image, row in some:
        for column, values in enumerate(row):
            sheet.paste(_picture(values, tile), (_left(column, tile), down))
        caption = _fitting(image.key, _letters(right - _MARGIN, 11))
        pen.text((_MARGIN, down + tile[1] + 3), caption, MUTED, _font(11))
        down += tile[1] + _LINE + 2 * _GAP
    return down + _LINE - _GAP


def _picture(values: NDArray[np.float32], tile: tuple[int, int]) -> Picture:
    """Return an image as a tile: enlarged pixel by pixel, or reduced."""
    import PIL.Image

    pixels = (values * 255 + 0.5).astype(np.uint8)
    whole = PIL.Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    way = PIL.Image.Resampling.NEAREST if tile[0] >= whole.width else PIL.Image.Resampling.LANCZOS
    return whole.resize(tile, way).convert("RGB")


def _tile_size(height: int, width: int) -> tuple[int, int]:
    """Return width and height of a tile: a whole multiple of a small image, a share of a large one."""
    longer = max(height, width)
    factor = _LONGEST / longer if longer > _LONGEST else max(1, -(-_SHORTEST // longer))
    return max(1, round(width * factor)), max(1, round(height * factor))


def _left(column: int, tile: tuple[int, int]) -> int:
    return _MARGIN + column * (tile[0] + _GAP) + (3 * _GAP if column else 0)


def _letters(width: int, size: int) -> int:
    return max(8, int(width / (_LETTERS * size)))


def _fitting(text: str, letters: int) -> str:
    """Return a text shortened in its middle, without what cannot be shown."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    half = (letters - 1) // 2
    return text if len(text) <= letters else f"{text[:half]}…{text[-half:]}"


def _font(size: int, *, bold: bool = False) -> FreeTypeFont:
    """Return DejaVu Sans, which comes with matplotlib: it has the letters of most languages."""
    from pathlib import Path

    import matplotlib
    import PIL.ImageFont

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return PIL.ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)
