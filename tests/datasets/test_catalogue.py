"""The list of importers: found by name, checked before they run."""

from __future__ import annotations

import importlib
from inspect import signature

import edfio
import numpy as np
import pytest
import scipy.io

from semeia.datasets import catalogue, gather
from semeia.errors import DatasetError, RecipeError


def test_every_line_leads_to_an_importer():
    for name in catalogue.names():
        entry = catalogue.entry_of(name)
        assert callable(getattr(importlib.import_module(entry.module), entry.function))
        assert entry.description and signature(getattr(importlib.import_module(entry.module), entry.function))


@pytest.fixture
def beside(tmp_path):
    signal = edfio.EdfSignal(np.zeros(6000), 100, label="Fp1", physical_range=(-100, 100))
    edf = edfio.Edf([signal], annotations=[edfio.EdfAnnotation(10, 20, "seizure")])
    (tmp_path / "data" / "p1").mkdir(parents=True)
    edf.write(tmp_path / "data" / "p1" / "a.edf")
    return tmp_path


def test_path_is_looked_for_beside_the_recipe_first(beside, monkeypatch):
    (only,) = gather("folder", beside=beside, path="data")
    assert (only.source, only.patient) == ("folder", "p1")
    monkeypatch.chdir(beside)
    assert len(gather("folder", path="data")) == 1


def test_absent_path_is_an_error_unless_optional(beside):
    with pytest.raises(DatasetError, match="data source 'folder': nowhere does not exist"):
        gather("folder", beside=beside, path="nowhere")
    assert gather("folder", beside=beside, optional=True, path="nowhere") == []


def test_source_of_which_nothing_is_asked_for_says_what_was(tmp_path):
    scipy.io.savemat(tmp_path / "Pat1Train_1_0.mat", {"data": np.zeros((800, 16))})
    with pytest.raises(DatasetError) as caught:
        gather("melbourne2016", path=tmp_path, part="test")
    said = "data source 'melbourne2016': holds nothing of what is asked for (part = 'test', only_safe = True)"
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("source", "parameters", "words"),
    [
        ("chbmit", {"path": "a", "patients": "chb01"}, "patients = 'chb01': it should be a list"),
        ("folder", {"path": 3}, "path = 3: it should be a text"),
        ("folder", {"path": "a", "labels": {"*": ""}}, "labels = {'*': ''}: it should have at least 1 character"),
        ("bonn", {"path": "a", "sets": ["Q"]}, "sets = ['Q']: it should be 'A', 'B', 'C', 'D' or 'E'"),
        ("simulated", {"patients": 1, "hours": float("nan")}, "hours = nan: it should be a finite number"),
        ("simulated", {"patients": 1, "seizures_per_hour": 11}, "it should be less than or equal to 10"),
    ],
)
def test_values_that_cannot_be_are_refused_before_anything_is_read_or_made(source, parameters, words):
    for ask in (gather, lambda name, **given: catalogue.check(name, given)):
        with pytest.raises(RecipeError) as caught:
            ask(source, **parameters)
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("source", "parameters", "words"),
    [
        ("foldr", {}, "data source 'foldr' is not in the catalogue: did you mean 'folder'?"),
        (
            "folder",
            {"path": ".", "patientfrom": "file"},
            "has no parameter 'patientfrom': did you mean 'patient_from'?",
        ),
        ("folder", {}, "needs the parameter 'path'"),
        ("folder", {"path": ".", "weigh": 2}, "has no parameter 'weigh': did you mean 'weight'?"),
        ("simulated", {"patients": 1, "progres": 2}, "has no parameter 'progres'"),
    ],
)
def test_wrong_names_are_refused_with_the_nearest(source, parameters, words):
    with pytest.raises(RecipeError) as caught:
        gather(source, **parameters)
    assert words in str(caught.value)
