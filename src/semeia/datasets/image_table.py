"""Images that a table names: a CSV of paths and classes, and perhaps patients and parts of a split."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from semeia.datasets.image_importing import Found, Frames, labelled, with_frames
from semeia.datasets.labelled_image import LabelledImage
from semeia.errors import DatasetError, FileError
from semeia.home import reason
from semeia.images.opening import Plane

__all__ = ["image_table"]

_NEEDED = ("path", "label")


def image_table(path: str | Path, *, frames: Frames = "middle", plane: Plane = "axial") -> Found:
    """Return the images that a CSV file names.

    Parameters
    ----------
    path : str or Path
        CSV with the columns ``path`` (from the CSV's folder, or absolute) and ``label``, and perhaps ``patient`` and
        ``part``; others are of no account. Commas, semicolons or tabs part the columns.
    frames : {"middle", "all"}
        Which are taken of a file with several frames or slices (DICOM, NIfTI, TIFF).
    plane : {"axial", "coronal", "sagittal"}
        How a volume (NIfTI) is cut into slices.

    Returns
    -------
    images : list of LabelledImage
    left_out : list of str
        A line for each row without path or label, and each file that is absent or cannot be opened.

    Raises
    ------
    FileError
        If it cannot be read as a table, or a column is missing.
    DatasetError
        If a row contradicts an earlier one about the same file, or no row is left.
    """
    table = Path(path)
    found: dict[Path, tuple[int, LabelledImage]] = {}
    left_out: list[str] = []
    for number, row in enumerate(_rows(table), 2):
        if not any(row.values()):
            continue
        if not row["path"] or not row["label"]:
            left_out.append(f"{table.name}: row {number} has no {'path' if not row['path'] else 'label'}")
            continue
        file = table.parent / row["path"]
        if not file.is_file():
            left_out.append(f"{row['path']}: row {number} of {table.name} names it, but there is no such file")
            continue
        patient, place = row.get("patient", ""), f"{table.stem}/{row['path']}"
        image = labelled(file, row["label"], row.get("part", ""), patient=patient, place=place, plane=plane)
        before, same = found.setdefault(file.resolve(), (number, image))
        said, earlier = ((one.label, one.patient_known and one.patient, one.part) for one in (image, same))
        if said != earlier:
            raise DatasetError(f"{table.name}: rows {before} and {number} contradict each other about {row['path']}")
    if not found:
        why = f"; the first: {left_out[0]}" if left_out else ""
        raise DatasetError(f"{table.name}: names no image that is here{why}")
    images, unopened = with_frames((image for _, image in found.values()), frames)
    return images, left_out + unopened


def _rows(table: Path) -> list[dict[str, str]]:
    """Return the rows of a table, with the names of columns in small letters, and no blanks around anything."""
    try:
        text = table.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(table, f"cannot be read ({reason(error)})") from error
    except UnicodeDecodeError as error:
        raise FileError(table, "is no CSV file (it is not text)") from error
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        names, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except (csv.Error, ValueError) as error:
        said = str(error) if isinstance(error, csv.Error) else "it is empty"
        raise FileError(table, f"is no CSV file ({said})") from error
    columns = [name.strip().lower() for name in names]
    for name in _NEEDED:
        if columns.count(name) != 1:
            raise FileError(table, f"needs one column {name!r}; it has {', '.join(columns)}")
    return [dict.fromkeys(columns, "") | dict(zip(columns, map(str.strip, row), strict=False)) for row in rows]
