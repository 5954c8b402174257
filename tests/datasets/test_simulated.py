"""Simulated patients as a dataset: made once, the same every time, in the montage that was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeia.datasets import gather
from semeia.errors import RecipeError, SemeiaError
from semeia.signals import open_recording

SMALL = {"hours": 0.05, "seizures_per_hour": 10.0}


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path))
    return tmp_path


def test_patients_are_made_once_each_by_its_seed(own_home: Path) -> None:
    first = gather("simulated", patients=2, seed=5, **SMALL)
    assert [recording.patient for recording in first] == ["sim00005", "sim00006"]
    made = {recording.path: recording.path.stat().st_mtime_ns for recording in first}
    more = gather("simulated", patients=2, seed=6, **SMALL)
    assert [recording.patient for recording in more] == ["sim00006", "sim00007"]
    assert more[0] == first[1]
    assert all(path.stat().st_mtime_ns == time for path, time in made.items())
    content = more[0].path.read_bytes()
    more[0].path.unlink()
    gather("simulated", patients=1, seed=6, **SMALL)
    assert more[0].path.read_bytes() == content
    montages = []
    for recording in (*first, more[1]):
        assert recording.duration == 180
        assert recording.source == "simulated"
        with open_recording(recording.path) as opened:
            assert opened.duration == 180
            montages.append(opened.channels[0].label)
    assert len(set(montages)) == 3


def test_progress_is_told_and_can_stop_the_rest(own_home: Path) -> None:
    told = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        raise InterruptedError

    with pytest.raises(InterruptedError):
        gather("simulated", patients=12, seed=20, progress=stop, **SMALL)
    assert told == [(1, 12)]
    made = len(list(own_home.rglob("*.edf")))
    assert 1 <= made < 12
    assert not list(own_home.rglob(".*"))
    told.clear()
    gather("simulated", patients=2, seed=20, progress=lambda *counts: told.append(counts), **SMALL)
    assert told in ([], [(1, 1)])


def test_what_is_marked_is_what_was_simulated(own_home: Path) -> None:
    (recording,) = gather("simulated", patients=1, montage="referential", hours=0.1, seizures_per_hour=10.0)
    (seizure,) = recording.events.seizures()
    assert 0 <= seizure.onset < seizure.stop <= 360


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "needs the parameter 'patients'"),
        ({"patients": "many"}, "patients = 'many': it should be a whole number"),
        ({"patients": 2, "hours": "long"}, "hours = 'long': it should be a number"),
        ({"patients": 0}, "patients = 0: it should be greater than or equal to 1"),
        ({"patients": 2, "seed": -1}, "seed = -1: it should be greater than or equal to 0"),
        ({"patients": 2, "hour": 2}, "no parameter 'hour': did you mean 'hours'"),
    ],
)
def test_a_wrong_parameter_is_named(own_home: Path, parameters: dict, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        gather("simulated", **parameters)
    assert list(own_home.iterdir()) == []


@pytest.mark.parametrize("parameters", [{"hours": -1.0}, {"montage": "circular"}, {"seizures_per_hour": 99.0}])
def test_a_value_out_of_range_is_one_clear_error(own_home: Path, parameters: dict) -> None:
    with pytest.raises(SemeiaError) as caught:
        gather("simulated", patients=1, **parameters)
    assert "\n" not in str(caught.value)
    assert not list(own_home.rglob("*.edf")) and not list(own_home.rglob(".*"))
