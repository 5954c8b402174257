"""Files that nobody has labelled, as what a person could be asked about: windows, or images, as a model's network sees
them.

::

    pool.npz     embedding (examples, width), probability (examples, classes): float32
                 source (examples,): number of the file; onset (examples,): seconds, 0 of images
                 files, classes: texts; seconds: length of a window, 0 of images
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from semeia.errors import DatasetError, FileError, SemeiaError
from semeia.home import make_folder, replacing

__all__ = ["MOST", "Unlabelled", "count_examples", "read_pool", "unlabelled", "write_pool"]

MOST = 100_000
"""Examples at most: of more, an even share is kept."""
_AT_ONCE = 64

Floats = NDArray[np.float32]
Told = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """Examples without labels.

    Parameters
    ----------
    embedding : ndarray, float32 (examples, width)
    probability : ndarray, float32 (examples, classes)
    source : ndarray, int64 (examples,)
        Which of `files` each is of.
    onset : ndarray, float64 (examples,)
        Seconds from the recording's start; 0 of images.
    files : tuple of str
        Paths.
    classes : tuple of str
        The model's.
    seconds : float
        Length of a window; 0 of images.
    """

    embedding: Floats
    probability: Floats
    source: NDArray[np.int64]
    onset: NDArray[np.float64]
    files: tuple[str, ...]
    classes: tuple[str, ...]
    seconds: float

    def __len__(self) -> int:
        return len(self.source)


def unlabelled(
    model: str, files: Sequence[Path], *, progress: Told = lambda share: None, note: Callable[[str], None] = print
) -> Unlabelled:
    """Return the windows of recordings, one behind the other, or the middle frame of each image, as a model sees them.

    Parameters
    ----------
    model : str
        Name of an installed model, or its folder.
    files : sequence of Path
    progress : callable
        Called with the share that is done, 0..1.
    note : callable
        Called with a line for each file that is left out.

    Raises
    ------
    ModelError
        If there is no such model, or it gives no embeddings.
    DatasetError
        If nothing is left.
    """
    from semeia.model import ImageModel, load_any

    loaded = load_any(model)
    each = _of_image if isinstance(loaded, ImageModel) else _of_recording
    parts: list[tuple[Floats, Floats, NDArray[np.float64]]] = []
    numbers: list[int] = []
    kept: list[Path] = []
    for number, file in enumerate(files):
        try:
            found = each(loaded, file)
        except SemeiaError as error:
            note(f"{error.about(file.name)}: left out")
        else:
            numbers += [len(kept)] * len(found[2])
            kept.append(file)
            parts.append(found)
        progress((number + 1) / len(files))
    if not numbers:
        raise DatasetError("none of these files has anything to ask about")
    embedding, probability, onset = (np.concatenate([part[k] for part in parts]) for k in range(3))
    rows = np.unique(np.linspace(0, len(onset) - 1, min(MOST, len(onset))).astype(np.int64))
    seconds = 0.0 if isinstance(loaded, ImageModel) else loaded.description.input.window / loaded.transform.rate
    return Unlabelled(
        embedding[rows],
        probability[rows],
        np.array(numbers, np.int64)[rows],
        onset[rows],
        tuple(map(str, kept)),
        tuple(loaded.description.classes),
        seconds,
    )


def write_pool(pool: Unlabelled, path: Path) -> None:
    """Write examples to a file, which appears when it is whole.

    Raises
    ------
    StorageError
    """
    make_folder(path.parent)
    arrays = {name: np.asarray(getattr(pool, name)) for name in Unlabelled.__dataclass_fields__}
    with replacing(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_pool(path: Path) -> Unlabelled:
    """Return the examples of a file.

    Raises
    ------
    FileError
        If it is missing or damaged.
    """
    read: dict[str, Any] = _arrays(path, list(Unlabelled.__dataclass_fields__))
    for name in ("files", "classes"):
        read[name] = tuple(read[name].tolist())
    return Unlabelled(**read | {"seconds": float(read["seconds"])})


def count_examples(path: Path) -> int:
    """Return how many examples a file has, without reading all of it.

    Raises
    ------
    FileError
        If it is missing or damaged.
    """
    return len(_arrays(path, ["source"])["source"])


def _arrays(path: Path, names: list[str]) -> dict[str, NDArray[Any]]:
    try:
        with (
            path.open("rb") as file,
            np.load(file, allow_pickle=False) as kept,
        ):  # by itself it leaves damaged ones open
            return {name: kept[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise FileError(path, "what the model made of these files is missing or damaged: begin a new queue") from error


def _of_recording(model: Any, file: Path) -> tuple[Floats, Floats, NDArray[np.float64]]:
    from semeia.datasets import LabelledRecording
    from semeia.events import Events
    from semeia.recipe import Examples
    from semeia.signals import open_recording
    from semeia.training.batches import can_apply
    from semeia.training.windows import prepare

    with open_recording(file) as recording:
        model.check(recording)
        duration = recording.duration
    needs, transform = model.description.input, model.transform
    seconds, applied = needs.window / transform.rate, can_apply(transform)
    extra = {"dropouts": needs.dropouts} if needs.dropouts else {}
    settings = Examples(window=seconds, step=seconds, montage=needs.montage, **extra)
    labelled = LabelledRecording(file, "", Events([], duration=duration), duration, group=file.stem)
    windows = prepare([labelled], settings, transform, applied=applied)
    batches = windows.batches() if applied else (transform.apply(batch) for batch in windows.batches())
    return *_seen(model.module, batches), windows.examples.start


def _of_image(model: Any, file: Path) -> tuple[Floats, Floats, NDArray[np.float64]]:
    from semeia.images import open_image

    pixels = model.prepared(open_image(file))[None]
    embedding, _ = _seen(model.module, [model.transform.apply(pixels)])
    return embedding, model.probabilities(pixels), np.zeros(1)


def _seen(module: Any, batches: Any) -> tuple[Floats, Floats]:
    """Return embeddings and probabilities of batches."""
    import torch

    from semeia.active.embeddings import embedded
    from semeia.networks.picture_memory import laid_out

    def rows() -> Iterator[tuple[Floats, Floats]]:
        device = next(module.parameters()).device
        for batch in batches:
            with torch.inference_mode():
                x = laid_out(torch.from_numpy(np.ascontiguousarray(batch)).to(device))
                probability = module(x).float().softmax(dim=-1).cpu().numpy()
            yield embedded(module, [batch]), probability

    found = list(rows())
    if not found:
        return np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32)
    return np.concatenate([one for one, _ in found]), np.concatenate([two for _, two in found])
