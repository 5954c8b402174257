"""``semeia predict`` with a model for images: the probability of each class for every file."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from semeia.errors import SemeiaError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from semeia.model import ImageDescription, ImageModel

__all__ = ["predict_images"]

BATCH = 32


def predict_images(model: ImageModel, inputs: Sequence[Path], output: Path | None, progress: Path | None) -> None:
    """Write a row for each file: ``path``, ``class``, and ``p_<class>`` for each class.

    A file that cannot be read is named and left out. Of one with several frames, the middle one is judged.

    Raises
    ------
    FileError
        If a folder holds no images, or the only file cannot be read.
    StorageError
    """
    from semeia.cli.progress import bar, json_lines
    from semeia.cli.text import plural, write_or_print
    from semeia.images import files_under

    files = list(dict.fromkeys(file for place in inputs for file in files_under(place)))
    if output is not None and output.exists() and any(file.exists() and output.samefile(file) for file in files):
        raise typer.BadParameter(f"{output} is an image, and would be overwritten")
    with bar("Predicting") as show, json_lines(progress) as write:

        def reached(share: float) -> None:
            show(share)
            write({"event": "progress", "share": round(share, 4)})

        rows = list(_rows(model, files, reached))
    write_or_print(_table(model.description, rows), output)
    if output is not None:
        print(f"{output}: {plural(len(rows), 'image')} judged by {model.name}")
    if left := len(files) - len(rows):
        print(f"semeia: {left} of {len(files)} files were left out, for the reasons above", file=sys.stderr)
        raise typer.Exit(1)


def _rows(
    model: ImageModel, files: Sequence[Path], reached: Callable[[float], None]
) -> Iterator[tuple[Path, NDArray[np.float32]]]:
    """Yield each file that can be read, and the probabilities of its classes; decoded side by side in threads."""
    import numpy as np

    from semeia.cli.text import naming
    from semeia.images import open_image

    def prepared(file: Path) -> NDArray[np.uint8] | SemeiaError:
        try:
            return model.prepared(open_image(file))
        except SemeiaError as error:
            return error

    with ThreadPoolExecutor(len(os.sched_getaffinity(0)), "prepare") as pool:
        for begin in range(0, len(files), BATCH):
            some = files[begin : begin + BATCH]
            read = []
            for file, found in zip(some, pool.map(prepared, some), strict=True):
                if isinstance(found, SemeiaError):
                    if len(files) == 1:
                        raise naming(file, found)
                    print(f"semeia: {naming(file, found)}", file=sys.stderr)
                else:
                    read.append((file, found))
            if read:
                probability = model.probabilities(np.stack([pixels for _, pixels in read]))
                yield from zip((file for file, _ in read), probability, strict=True)
            reached((begin + len(some)) / len(files))


def _table(about: ImageDescription, rows: Sequence[tuple[Path, NDArray[Any]]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["path", "class", *(f"p_{name}" for name in about.classes)])
    for file, probability in rows:
        # A name that is no UTF-8, as archives of old systems have them, is written with \udcff for a byte.
        name = str(file).encode(errors="backslashreplace").decode()
        writer.writerow([name, about.said(probability), *(f"{value:.6f}" for value in probability)])
    return text.getvalue()
