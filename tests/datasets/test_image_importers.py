"""Image importers: class, patient and part of every file as the sets name them; what is wrong is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from semeia.datasets.brain_mri import brain_mri
from semeia.datasets.image_folder import image_folder
from semeia.datasets.image_table import image_table
from semeia.datasets.kermany import kermany
from semeia.errors import DatasetError, FileError, RecipeError

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a small picture, each of other pixels, below the test's folder."""
    made = iter(range(1000))

    def written(place: str) -> Path:
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(next(made)).integers(0, 256, (8, 8), np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    return written


def write_volume(path: Path, slices: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(np.random.default_rng(0).random((6, 5, slices), np.float32), np.eye(4)), path)


def write_dicom(path: Path, frames: int) -> None:
    """Write a DICOM file with so many frames; with none it has no pixels at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    about = pydicom.Dataset()
    about.file_meta, about.SOPClassUID = meta, SecondaryCaptureImageStorage
    about.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    if frames:
        about.Rows, about.Columns, about.NumberOfFrames, about.SamplesPerPixel = 8, 8, frames, 1
        about.BitsAllocated = about.BitsStored = 8
        about.HighBit, about.PixelRepresentation, about.PhotometricInterpretation = 7, 0, "MONOCHROME2"
        about.PixelData = np.random.default_rng(frames).integers(0, 256, 64 * frames, np.uint8).tobytes()
    about.save_as(path, enforce_file_format=True)


@pytest.fixture
def chest(write: Write, tmp_path: Path) -> Path:
    for place in (
        "train/NORMAL/IM-0383-0001.jpeg",
        "train/NORMAL/NORMAL2-IM-0383-0001-0002.jpeg",
        "train/PNEUMONIA/person161_virus_317.jpeg",
        "train/PNEUMONIA/person7_bacteria_24.jpeg",
        "train/PNEUMONIA/person7_virus_99.jpeg",
        "test/NORMAL/IM-0001-0001.jpeg",
        "test/PNEUMONIA/person161_bacteria_757.jpeg",
    ):
        write(f"chest_xray/{place}")
    return tmp_path / "chest_xray"


def test_kermany_classes_are_two_or_three(chest: Path) -> None:
    two, left_out = kermany(chest)
    assert Counter(image.label for image in two) == {"healthy": 3, "pneumonia": 4} and not left_out
    three, _ = kermany(chest, classes="three")
    assert Counter(image.label for image in three) == {"healthy": 3, "bacterial": 2, "viral": 2}


def test_kermany_patients_are_those_of_the_names_and_a_number_counts_within_its_part(chest: Path) -> None:
    found = {image.path.name: image.patient for image in kermany(chest)[0]}
    assert found == {
        "IM-0383-0001.jpeg": "IM-0383",
        "NORMAL2-IM-0383-0001-0002.jpeg": "NORMAL2-IM-0383",
        "person161_virus_317.jpeg": "person161",
        "person7_bacteria_24.jpeg": "person7",
        "person7_virus_99.jpeg": "person7",
        "IM-0001-0001.jpeg": "IM-0001",
        "person161_bacteria_757.jpeg": "test person161",
    }
    alone = {image.path.name: image.patient for image in kermany(chest / "test")[0]}
    assert alone == {name: patient for name, patient in found.items() if name in alone}


def test_kermany_parts_are_chosen(chest: Path) -> None:
    assert {image.part for image in kermany(chest)[0]} == {"train", "test"}
    assert {image.part for image in kermany(chest, parts=["train"])[0]} == {"train"}
    assert {image.part for image in kermany(chest / "train")[0]} == {"train"}
    with pytest.raises(DatasetError, match=r"chest_xray: part 'val' is not there; there are train, test"):
        kermany(chest, parts=["val"])
    with pytest.raises(DatasetError, match="is this the set of Kermany"):
        kermany(chest / "train" / "NORMAL")


def test_kermany_names_that_say_nothing_have_no_patient_or_are_left_out(chest: Path, write: Write) -> None:
    write("chest_xray/train/PNEUMONIA/scan.jpeg")
    two = {image.path.name: image for image in kermany(chest)[0]}["scan.jpeg"]
    assert (two.patient, two.patient_known) == ("chest_xray/train/PNEUMONIA/scan.jpeg", False)
    three, left_out = kermany(chest, classes="three")
    assert "scan.jpeg" not in {image.path.name for image in three}
    assert left_out == ["scan.jpeg: its name says neither bacteria nor virus"]


def test_brain_mri_has_four_classes_and_no_patients(write: Write, tmp_path: Path) -> None:
    for part in ("Training", "Testing"):
        for folder in ("glioma_tumor", "meningioma_tumor", "no_tumor", "pituitary_tumor"):
            write(f"mri/{part}/{folder}/image (1).jpg")
    found, left_out = brain_mri(tmp_path / "mri")
    assert Counter(image.label for image in found) == dict.fromkeys(("glioma", "none", "meningioma", "pituitary"), 2)
    assert len({image.patient for image in found}) == 8 and not any(image.patient_known for image in found)
    assert not left_out
    (only,) = {image.part for image in brain_mri(tmp_path / "mri", parts=["Testing"])[0]}
    assert only == "Testing"
    assert {image.part for image in brain_mri(tmp_path / "mri" / "Testing")[0]} == {"Testing"}


def test_brain_mri_takes_runs_of_file_numbers_of_one_series_for_patients_whom_nobody_knows(
    write: Write, tmp_path: Path
) -> None:
    names = ("m (9).jpg", "m (10).jpg", "m (19).jpg", "m (20).jpg", "m1(10).jpg", "m2 (10).jpg", "image.jpg")
    for folder in ("meningioma_tumor", "glioma_tumor", "no_tumor"):
        for name in (*names, "12.jpg"):
            write(f"mri/Training/{folder}/{name}")
    whole, _ = brain_mri(tmp_path / "mri")
    assert len({image.patient for image in whole}) == 24
    found, _ = brain_mri(tmp_path / "mri", series=10)
    assert not any(image.patient_known for image in found)
    blocks = {image.path.name: image.patient for image in found if image.label == "meningioma"}
    assert blocks["m (10).jpg"] == blocks["m (19).jpg"] == "mri/Training/meningioma_tumor/m (10-19)"
    assert len(set(blocks.values())) == 7  # of 8 files: numbers begin anew in every series
    assert not set(blocks.values()) & {image.patient for image in found if image.label == "glioma"}
    assert len({image.patient for image in found if image.label == "none"}) == 8  # whose numbers say nothing
    assert blocks["image.jpg"] == "mri/Training/meningioma_tumor/image.jpg"


def test_image_folder_takes_classes_parts_and_patients_from_the_way(write: Write, tmp_path: Path) -> None:
    for place in ("train/healthy/p1/a.png", "train/ill/p2/a.png", "Test/ill/p1 b.png", "ill/c.png", "stray.png"):
        write(f"set/{place}")
    found, left_out = image_folder(tmp_path / "set", patient=r"p(\d)")
    about = {i.path.relative_to(tmp_path / "set").as_posix(): (i.label, i.part, i.patient) for i in found}
    assert about == {
        "train/healthy/p1/a.png": ("healthy", "train", "1"),
        "train/ill/p2/a.png": ("ill", "train", "2"),
        "Test/ill/p1 b.png": ("ill", "Test", "1"),
        "ill/c.png": ("ill", "", "set/ill/c.png"),
    }
    assert left_out == ["stray.png: lies in no folder of a class"]
    whole, _ = image_folder(tmp_path / "set", patient=r"(?:^|/)(healthy|ill)/(p\d)")
    assert {image.patient for image in whole if image.patient_known} == {"healthy p1", "ill p2", "ill p1"}
    assert {image.part for image in image_folder(tmp_path / "set" / "train")[0]} == {"train"}


def test_image_folder_refuses_what_gives_no_classes_or_no_patients(write: Write, tmp_path: Path) -> None:
    write("set/healthy/a.png")
    with pytest.raises(DatasetError, match="lie in no sub-folders"):
        image_folder(tmp_path / "set" / "healthy")
    with pytest.raises(RecipeError, match="is no regular expression"):
        image_folder(tmp_path / "set", patient="(")
    with pytest.raises(DatasetError, match=r"patient = 'q\\\\d' matches no path such as 'healthy/a.png'"):
        image_folder(tmp_path / "set", patient=r"q\d")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds no PNG"):
        image_folder(tmp_path / "empty")


def test_frames_are_the_middle_one_or_all_and_what_cannot_be_opened_is_named(write: Write, tmp_path: Path) -> None:
    write("set/a/flat.png")
    write_volume(tmp_path / "set/a/volume.nii.gz", 4)
    write_dicom(tmp_path / "set/b/loop.dcm", 3)
    write_dicom(tmp_path / "set/b/report.dcm", 0)
    (tmp_path / "set/b/text.png").write_bytes(b"no picture")
    middle, left_out = image_folder(tmp_path / "set")
    assert {image.key for image in middle} == {"flat.png", "volume.nii.gz #2", "loop.dcm #1"}
    assert [line.partition(": ")[0] for line in left_out] == ["report.dcm", "text.png"]
    assert "without pixels" in left_out[0]
    assert len(image_folder(tmp_path / "set", frames="all")[0]) == 1 + 4 + 3
    cut, _ = image_folder(tmp_path / "set", frames="all", plane="sagittal")
    slices = [image for image in cut if image.path.name == "volume.nii.gz"]
    assert len(slices) == 6 and slices[0].open().frames == 6


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_image_table_reads_paths_labels_patients_and_parts(write: Write, tmp_path: Path, delimiter: str) -> None:
    write("files/a.png")
    write("files/b.png")
    rows = [
        ("Path", "age", "Label", "patient", "part"),
        ("files/a.png", "5", "well", "7", "train"),
        ("files/b.png", "6", " ill ", "", ""),
    ]
    table = tmp_path / "table.csv"
    table.write_text("\ufeff" + "\r\n".join(delimiter.join(row) for row in rows) + "\r\n\r\n", encoding="utf-8")
    found, left_out = image_table(table)
    about = [(i.path.name, i.label, i.patient, i.patient_known, i.part) for i in found]
    assert about == [("a.png", "well", "7", True, "train"), ("b.png", "ill", "table/files/b.png", False, "")]
    assert not left_out


def test_image_table_leaves_out_and_names_rows_that_say_too_little(write: Write, tmp_path: Path) -> None:
    write("a.png")
    table = tmp_path / "t.csv"
    table.write_text("path,label\na.png,ill\na.png,ill\nb.png,ill\n,ill\na.png,\n")
    found, left_out = image_table(table)
    assert len(found) == 1
    assert left_out == [
        "b.png: row 4 of t.csv names it, but there is no such file",
        "t.csv: row 5 has no path",
        "t.csv: row 6 has no label",
    ]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", FileError, "is no CSV file"),
        ("file,label\n", FileError, "needs one column 'path'; it has file, label"),
        ("path,label,label\n", FileError, "needs one column 'label'"),
        ('path,label\n"a.png,ill\n', FileError, "is no CSV file"),
        ("path,label\na.png,ill\na.png,well\n", DatasetError, "rows 2 and 3 contradict each other about a.png"),
        ("path,label\nb.png,ill\n", DatasetError, "names no image that is here; the first: b.png"),
        ("path,label\n", DatasetError, "names no image that is here"),
    ],
)
def test_image_table_that_is_none_is_refused(
    write: Write, tmp_path: Path, text: str, error: type[Exception], words: str
) -> None:
    write("a.png")
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(error) as caught:
        image_table(tmp_path / "t.csv")
    assert words in str(caught.value)


def test_image_table_of_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="is no CSV file"):
        image_table(tmp_path / "t.csv")


def test_the_real_sets_have_the_counts_that_are_published(shared_data: Path) -> None:
    found, left_out = kermany(shared_data / "chest_xray", parts=["train"])
    assert Counter(image.label for image in found) == {"healthy": 1341, "pneumonia": 3875} and not left_out
    assert all(image.patient_known for image in found)
    three, left_out = kermany(shared_data / "chest_xray", parts=["train"], classes="three")
    assert Counter(image.label for image in three) == {"healthy": 1341, "bacterial": 2530, "viral": 1345}
    assert not left_out
    slices, _ = brain_mri(shared_data / "brain_mri", parts=["Training"])
    wanted = {"none": 395, "meningioma": 822, "glioma": 826, "pituitary": 827}
    assert Counter(image.label for image in slices) == wanted
