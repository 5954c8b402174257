"""Any folder of images with a folder for each class, and perhaps one for each part of a split before that."""

from __future__ import annotations

from pathlib import Path

from semeia.datasets.image_importing import PARTS, Found, Frames, compiled, labelled, matched, place_in, with_frames
from semeia.datasets.labelled_image import LabelledImage
from semeia.errors import DatasetError
from semeia.images import files_under
from semeia.images.opening import Plane

__all__ = ["image_folder"]


def image_folder(
    path: str | Path, *, patient: str | None = None, frames: Frames = "middle", plane: Plane = "axial"
) -> Found:
    r"""Return the images of a folder, each with the name of its class's folder.

    Parameters
    ----------
    path : str or Path
        Folder whose sub-folders are classes; or parts of a split, named ``train``, ``test``, ``Training``,
        ``validation`` or the like, with the classes within. Images may lie deeper: ``healthy/patient7/12.dcm``.
    patient : str, optional
        Regular expression that finds whose an image is in its path below the folder: the groups in brackets, or all
        that matches: ``patient\d+``. Otherwise, and where it does not match, the patient is unknown.
    frames : {"middle", "all"}
        Which are taken of a file with several frames or slices (DICOM, NIfTI, TIFF).
    plane : {"axial", "coronal", "sagittal"}
        How a volume (NIfTI) is cut into slices.

    Returns
    -------
    images : list of LabelledImage
    left_out : list of str
        A line for each file that lies in no class's folder, or cannot be opened.

    Raises
    ------
    FileError
        If there is no image.
    DatasetError
        If it is no folder, no image lies in a sub-folder, or `patient` matches none of them.
    RecipeError
        If `patient` is no regular expression.
    """
    root, expression = Path(path), compiled("patient", patient)
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder")
    found: list[LabelledImage] = []
    left_out: list[str] = []
    for file in files_under(root):
        place = file.relative_to(root)
        part = place.parts[0] if place.parts[0].lower() in PARTS else ""
        way = place.parts[bool(part) : -1]
        if not way:
            left_out.append(f"{file.name}: lies in no folder of a class")
            continue
        if not part and root.absolute().name.lower() in PARTS:
            part = root.absolute().name
        whose = matched(expression, place.as_posix())
        found.append(labelled(file, way[0], part, patient=whose, place=place_in(root, file), plane=plane))
    if not found:
        raise DatasetError(f"{root}: its images lie in no sub-folders, where each class needs one")
    if expression is not None and not any(image.patient_known for image in found):
        raise DatasetError(f"{root.name}: patient = {patient!r} matches no path such as {place.as_posix()!r}")
    images, unopened = with_frames(found, frames)
    return images, left_out + unopened
