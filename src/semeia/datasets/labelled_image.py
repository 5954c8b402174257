"""What every image importer returns: an image on disk, its class, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from semeia.images import Image, open_image
from semeia.images.opening import Plane

__all__ = ["LabelledImage"]


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One image of a dataset; its pixels stay on disk.

    Parameters
    ----------
    path : Path
        The file that `semeia.images.open_image` opens.
    label : str
        Its class.
    patient : str
        Whose it is; where nobody says so, its own place in the set.
    unit : str
        What a split keeps on one side: patients and twins joined; `semeia.datasets.gather_images` fills it in.
    frame : int
        Which frame or slice of the file, from 0.
    part : str
        Which part of a split it was published in, such as ``train``; empty where there is none.
    patient_known : bool
        False where nobody says whose it is: one person may then be on both sides of a split.
    source : str
        Name of the importer; `gather_images` fills it in.
    weight : float
        How often it is drawn in training, compared with others; `gather_images` fills it in.
    digest : str
        Of the file's decoded grey pixels: the same for exact twins; `gather_images` fills it in.
    plane : {"axial", "coronal", "sagittal"}
        How a volume (NIfTI) is cut into slices; `open` tells it.
    """

    path: Path
    label: str
    patient: str
    unit: str = ""
    frame: int = 0
    part: str = ""
    patient_known: bool = True
    source: str = ""
    weight: float = 1.0
    digest: str = ""
    plane: Plane = "axial"

    @property
    def key(self) -> str:
        """The name of its file, and its frame where that is not the first."""
        return f"{self.path.name} #{self.frame}" if self.frame else self.path.name

    def open(self) -> Image:
        """Return the image, opened; see `semeia.images.open_image`."""
        return open_image(self.path, plane=self.plane)
