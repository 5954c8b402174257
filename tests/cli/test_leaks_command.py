"""``semeia leaks`` as it is typed."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from command import assert_one_line, semeia
from PIL import Image


@pytest.fixture
def images(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for label in ("healthy", "ill"):
        (tmp_path / "set" / "train" / label).mkdir(parents=True)
        (tmp_path / "set" / "test" / label).mkdir(parents=True)
        for k in range(4):
            picture = Image.fromarray(rng.integers(0, 256, (16, 16), np.uint8)).resize((96, 96))
            picture.save(tmp_path / "set" / "train" / label / f"{k}.png")
            if k < 2:
                picture.save(tmp_path / "set" / "test" / label / f"{k}.png", optimize=True)
    picture.save(tmp_path / "set" / "train" / "healthy" / "other.jpg", quality=50)
    (tmp_path / "set" / "test" / "ill" / "half\n.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path / "set"


def test_twins_are_counted_listed_and_written(images: Path, tmp_path: Path) -> None:
    answer = semeia("leaks", images, "-o", tmp_path / "new" / "twins.csv")
    assert answer.status == 0, answer
    lines = answer.out.splitlines()
    assert lines[0] == "13 images of 2 classes in test, train"
    counts = {line[:16].strip(): line[16:].split() for line in lines[2:5]}
    assert counts == {
        "exact twins": ["4", "4", "0", "4"],
        "with near twins": ["1", "1", "1", "0"],
        "together": ["5", "5", "1", "4"],
    }
    assert "largest group: 2 images, 15.38% of the set" in answer.out
    assert "1 file left out" in answer.out and r"half\n.png: is damaged" in answer.out
    with (tmp_path / "new" / "twins.csv").open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == 10
    assert {(row["twins"], row["part"]) for row in rows} == {("exact", "train"), ("exact", "test"), ("near", "train")}
    assert {row["path"] for row in rows if row["twins"] == "near"} == {
        str(images / "train" / "healthy" / "other.jpg"),
        str(images / "train" / "ill" / "3.png"),
    }


def test_the_parts_may_be_given_one_by_one(images: Path) -> None:
    both, one = semeia("leaks", images / "train", images / "test"), semeia("leaks", images / "train")
    assert both.out.splitlines()[0] == "13 images of 2 classes in test, train"
    assert one.out.splitlines()[2].split() == ["exact", "twins", "0", "0", "0", "-"]


def test_what_is_no_set_of_images_is_one_line(tmp_path: Path) -> None:
    assert_one_line(semeia("leaks", tmp_path / "absent"), "absent: no such folder")
    assert_one_line(semeia("leaks", tmp_path), "this folder holds no PNG, JPEG, TIFF, DICOM or NIfTI file")
