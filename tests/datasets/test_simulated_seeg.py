"""Simulated stereo-EEG as a data source."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from semeia.datasets import gather
from semeia.errors import RecipeError

SMALL = {"patients": 1, "hours": 0.02, "channels": 5, "rate": 600}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path))


def test_files_of_a_patient_lie_apart_on_its_clock() -> None:
    found = gather("simulated-seeg", files=2, apart=12.0, **SMALL)
    assert [recording.patient for recording in found] == ["seeg00001", "seeg00001"]
    starts = [recording.started_at for recording in found]
    assert (starts[1] - starts[0]).total_seconds() == 12 * 3600 + 72
    assert found[0].events != found[1].events


def test_a_seizure_is_one_event_with_the_channels_that_take_part() -> None:
    recording = gather("simulated-seeg", seizures_per_hour=10.0, **SMALL | {"hours": 0.2, "seed": 2})[0]
    seizures = recording.events.seizures()
    assert len(seizures) == 2
    assert all(before.stop < after.onset for before, after in pairwise(seizures))
    assert all(event.channels for event in seizures)


def test_it_is_made_once() -> None:
    path = gather("simulated-seeg", **SMALL)[0].path
    made = path.stat().st_mtime_ns
    assert gather("simulated-seeg", **SMALL)[0].path.stat().st_mtime_ns == made


def test_a_rate_that_cannot_show_fast_oscillations_is_refused() -> None:
    with pytest.raises(RecipeError, match="rate = 200"):
        gather("simulated-seeg", **SMALL | {"rate": 200})
