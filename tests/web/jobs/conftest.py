"""Recordings to search in, and a worker that several tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import write_recording
from working import Worker, in_library

from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation
from semeia.web.models import Recording


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return ten minutes of a patient in whom the starter model finds the seizure."""
    path = tmp_path_factory.mktemp("simulated") / "sim.edf"
    simulation = simulate(SimulatedPatient.from_seed(9004), seconds=600, seizures=6, seed=9004)
    assert len(simulation.events) == 1
    write_simulation(simulation, path)
    return path


@pytest.fixture(scope="session")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an hour of noise: there is time to stop a search in it."""
    return write_recording(tmp_path_factory.mktemp("long") / "long.edf", seconds=3600, events=())


@pytest.fixture(scope="module")
def worker(migrated: Path) -> Iterator[Worker]:
    with Worker() as running:
        yield running


@pytest.fixture
def recording(simulated: Path) -> Recording:
    return in_library(simulated)


@pytest.fixture
def endless(long_file: Path) -> Recording:
    return in_library(long_file)
