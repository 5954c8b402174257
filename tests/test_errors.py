"""Errors: one tree, one line each, and they come back whole from another process."""

from __future__ import annotations

import pickle

import pytest

from semeia import errors
from semeia.errors import FileError, MontageError, RecordingError, SemeiaError


def test_every_error_is_in_the_tree_that_its_module_shows() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), SemeiaError)
        assert name in (errors.__doc__ or "")
    assert issubclass(MontageError, RecordingError)


def test_a_file_error_shows_the_name_and_not_the_folder_of_a_patient() -> None:
    error = FileError("/home/anna/smith_john/a.edf", "is empty")
    assert str(error) == "a.edf: is empty"
    assert str(FileError("/", "is a folder")) == "/: is a folder"


@pytest.mark.parametrize("error", [FileError("/data/a.edf", "is empty"), MontageError("C3 is missing")])
def test_an_error_comes_back_whole_from_another_process(error: SemeiaError) -> None:
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 (what a process pool does)
    assert type(back) is type(error)
    assert str(back) == str(error)


def test_a_files_name_stands_before_an_error_once() -> None:
    for text in ("no channels", "a.edf: no channels"):
        assert errors.RecordingError(text).about("a.edf") == "a.edf: no channels"
