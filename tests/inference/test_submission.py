"""What the contests ask about, and how they are answered."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from semeia.errors import DatasetError
from semeia.inference.submission import SUBMISSIONS, contest_patient

AES, MELBOURNE = SUBMISSIONS["aes2014"], SUBMISSIONS["melbourne2016"]


@pytest.mark.parametrize(
    ("name", "listed", "patient"),
    [
        ("Dog_1_test_segment_0001.mat", "Dog_1_test_segment_0001.mat", "Dog_1"),
        ("patient_2_TEST_segment_12.mat", "Patient_2_test_segment_0012.mat", "Patient_2"),
        ("Dog_1_preictal_segment_0001.mat", None, "Dog_1"),
        ("Dog_1_interictal_segment_0480.mat", None, "Dog_1"),
        ("Dog_1_test_segment_0001.edf", None, "Dog_1"),
        ("Cat_1_test_segment_0001.mat", None, ""),
        ("1_17.mat", None, "Pat1"),
    ],
)
def test_files_of_2014(name: str, listed: str | None, patient: str) -> None:
    found = AES.file(Path("anywhere", name))
    assert (found.name if found else None) == listed
    assert contest_patient(Path(name).stem) == patient


@pytest.mark.parametrize(
    ("name", "listed", "patient"),
    [
        ("1_1.mat", "1_1.mat", "Pat1"),
        ("new_3_205.mat", "new_3_205.mat", "Pat3"),
        ("Pat1Test_5_0.mat", "Pat1Test_5_0.mat", "Pat1"),
        ("1_17_0.mat", None, "Pat1"),
        ("Pat2Train_3_1.mat", None, "Pat2"),
        ("UTC_08_00_00.mat", None, ""),
        ("Dog_1_test_segment_0001.mat", None, "Dog_1"),
    ],
)
def test_files_of_2016(name: str, listed: str | None, patient: str) -> None:
    found = MELBOURNE.file(Path("anywhere", name))
    assert (found.name if found else None) == listed
    assert contest_patient(Path(name).stem) == patient


def test_rows_stand_in_the_contests_order_and_what_has_no_score_gets_the_median() -> None:
    names = ["Dog_2_test_segment_0001.mat", "Dog_1_test_segment_0010.mat", "Dog_1_test_segment_0002.mat"]
    files = [AES.file(Path(name)) for name in names]
    scores = dict(zip(filter(None, files), [0.75, math.nan, 0.25], strict=True))
    assert AES.text(scores) == (
        "clip,preictal\n"
        "Dog_1_test_segment_0002.mat,0.250000000\n"
        "Dog_1_test_segment_0010.mat,0.500000000\n"
        "Dog_2_test_segment_0001.mat,0.750000000\n"
    )


def test_without_any_score_there_is_nothing_to_submit() -> None:
    file = MELBOURNE.file(Path("1_1.mat"))
    assert file is not None
    with pytest.raises(DatasetError, match="no file has a score"):
        MELBOURNE.text({file: math.nan})
