"""``semeia szcore`` as a container runs it: a process of its own with its environment, real files, and no network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command import Answer, assert_one_line, semeia

from epilepsy import interrupt
from semeia.evaluation import score_pair
from semeia.evaluation.files import pairs_of
from semeia.events import Event, Events, read_tsv, write_tsv
from semeia.signals import ArrayRecording, open_recording
from semeia.signals.edf_writer import EdfWriter
from semeia.signals.montage import MontagedRecording, montage_named
from semeia.signals.simulator import SimulatedPatient, simulate

LEFT = ["Fp1-Avg", "F3-Avg", "C3-Avg", "P3-Avg", "O1-Avg", "F7-Avg", "T3-Avg", "T5-Avg"]
RIGHT = ["Fp2-Avg", "F4-Avg", "C4-Avg", "P4-Avg", "O2-Avg", "F8-Avg", "T4-Avg", "T6-Avg"]
CHANNELS = [*LEFT, "Fz-Avg", "Cz-Avg", "Pz-Avg", *RIGHT]
ONSET = 60.0
NO_NETWORK = """
import socket
def refuse(*arguments, **named):
    raise AssertionError("the network was asked for")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from semeia.cli import main
main()
"""
WITHOUT_PRIVILEGE = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if os.getuid() == 0 else []
"""So that what may not be written may not be written by root either (util-linux)."""


def write_challenge(path: Path, seconds: float, onsets: list[float]) -> list[Event]:
    """Write a recording as the challenge gives them: 19 channels against their average at 256 Hz; return the truth."""
    simulation = simulate(SimulatedPatient.from_seed(7), seconds=seconds, seizures=onsets, seed=3, rate=256)
    recording = ArrayRecording(simulation.array(), 256, simulation.labels)
    path.parent.mkdir(parents=True, exist_ok=True)
    with EdfWriter(path, CHANNELS, 256) as writer:
        writer.write(MontagedRecording(recording, montage_named("average")).read(0, seconds))
    return list(simulation.events)


class Container:
    """The two folders that a container sees, and what it is run with."""

    def __init__(self, root: Path) -> None:
        self.data, self.output = root / "data", root / "output"
        self.data.mkdir()
        self.output.mkdir()

    def environment(self, source: str, target: str) -> dict[str, str]:
        return {
            "SZCORE_DATA": str(self.data),
            "SZCORE_OUTPUT": str(self.output),
            "INPUT": source,
            "OUTPUT": target,
        }

    def run(self, source: str, target: str) -> Answer:
        return semeia("szcore", **self.environment(source, target))

    def child(self, command: list[str], source: str, target: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env={**os.environ, **self.environment(source, target)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recording with one seizure, and its truth beside it."""
    path = tmp_path_factory.mktemp("challenge") / "patient.edf"
    truth = write_challenge(path, 180, [ONSET])
    write_tsv(Events(truth, duration=180), path.with_suffix(".tsv"))
    return path


def test_the_seizure_of_a_recording_is_found_and_written_as_szcore_has_it(
    container: Container, recording: Path
) -> None:
    place = container.data / "sub-01" / "eeg" / "run_eeg.edf"
    place.parent.mkdir(parents=True)
    place.symlink_to(recording)
    answer = container.run("sub-01/eeg/run_eeg.edf", "sub-01/eeg/run_events.tsv")
    assert answer == (0, "run_eeg.edf: 1 likely seizure\n", "")
    target = container.output / "sub-01" / "eeg" / "run_events.tsv"
    heads, *rows = [line.split("\t") for line in target.read_text().splitlines()]
    assert heads == ["onset", "duration", "eventType", "confidence", "channels", "dateTime", "recordingDuration"]
    assert [row[2] for row in rows] == ["sz"] and rows[0][4] == "all" and rows[0][6] == "180.00"
    (pair,) = pairs_of(recording.with_suffix(".tsv"), target)
    counts = score_pair(pair).events
    assert (counts.sensitivity, counts.precision) == (1.0, 1.0)


def test_the_channels_are_those_of_the_challenge(recording: Path) -> None:
    with open_recording(recording) as opened:
        assert [channel.label for channel in opened.channels] == CHANNELS
        assert opened.rate == 256
        assert np.abs(opened.read(0, 10).mean(axis=0)).max() < 0.2  # µV: steps of the file are 0.1


def test_nothing_asks_for_the_network(container: Container, recording: Path) -> None:
    (container.data / "a.edf").symlink_to(recording)
    answer = container.child([sys.executable, "-c", NO_NETWORK, "szcore"], "a.edf", "a.tsv")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(read_tsv(container.output / "a.tsv")) == 1


def test_a_recording_without_a_seizure_has_one_background_row(container: Container) -> None:
    write_challenge(container.data / "calm.edf", 60, [])
    assert container.run("calm.edf", "calm.tsv").status == 0
    lines = (container.output / "calm.tsv").read_text().splitlines()
    assert lines[1:] == ["0.00\t60.00\tbckg\tn/a\tall\tn/a\t60.00"]


@pytest.fixture
def inside(container: Container, run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Return a function that does the same within this process."""

    def inside(source: str, target: str, *options: str) -> Answer:
        for name, value in container.environment(source, target).items():
            monkeypatch.setenv(name, value)
        return Answer(*run("szcore", *options))

    return inside


def test_what_cannot_be_scored_is_said_and_still_answered(container: Container, inside) -> None:
    with EdfWriter(container.data / "two.edf", CHANNELS[:2], 256) as writer:
        writer.write(np.zeros((2, 256 * 60), np.float32))
    write_challenge(container.data / "short.edf", 5, [])
    for name, reason in (("two", "scalp channels are needed"), ("short", "the recording lasts 5 s")):
        answer = inside(f"{name}.edf", f"{name}.tsv")
        assert_one_line(answer, f"{name}.edf: ", reason, f"{name}.tsv says no seizure")
        assert len(read_tsv(container.output / f"{name}.tsv")) == 0


def test_windows_at_gaps_are_said(container: Container, inside, recording: Path) -> None:
    path = container.data / "gap.edf"
    path.write_bytes(recording.read_bytes())
    interrupt(path, 150, 30)
    answer = inside("gap.edf", "gap.tsv")
    assert answer.status == 0
    assert answer.err == "note: 37 windows at gaps not scored\n"


@pytest.fixture
def full(container: Container, recording: Path) -> Container:
    """Return the container with good and bad things in its folders."""
    (container.data / "good.edf").symlink_to(recording)
    (container.data / "damaged.edf").write_bytes(recording.read_bytes()[:100_000])
    (container.data / "folder").mkdir()
    (container.output / "folder").mkdir()
    return container


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("", "a.tsv", "INPUT = '': it must name a file relative to"),
        ("a.edf", "", "OUTPUT = '': it must name a file relative to"),
        ("../a.edf", "a.tsv", "INPUT = '../a.edf'"),
        ("a.edf", "/etc/a.tsv", "OUTPUT = '/etc/a.tsv'"),
        ("absent.edf", "a.tsv", "absent.edf: there is no such file"),
        ("damaged.edf", "a.tsv", "damaged.edf: "),
        ("folder", "a.tsv", "folder: "),
        ("good.edf", "folder", "folder: cannot be written (it is a folder)"),
    ],
)
def test_every_failure_is_one_line_and_leaves_nothing_half_written(
    source: str, target: str, words: str, inside, full: Container
) -> None:
    assert_one_line(inside(source, target), words)
    assert [path.name for path in full.output.iterdir()] == ["folder"]


def test_an_unknown_model_is_one_line(container: Container, inside, recording: Path) -> None:
    (container.data / "a.edf").symlink_to(recording)
    assert_one_line(inside("a.edf", "a.tsv", "--model", "none"), "model 'none'")


def test_a_file_that_may_be_written_in_a_folder_that_may_not_is_written(container: Container, recording: Path) -> None:
    """SzCORE's own runner makes the file beforehand, and knows no user of the container's."""
    (container.data / "a.edf").symlink_to(recording)
    assert container.run("a.edf", "first.tsv").status == 0
    target = container.output / "given.tsv"
    target.touch()
    container.output.chmod(0o555)
    command = [*WITHOUT_PRIVILEGE, sys.executable, "-m", "semeia", "szcore"]
    answer = container.child(command, "a.edf", "given.tsv")
    container.output.chmod(0o755)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert target.read_bytes() == (container.output / "first.tsv").read_bytes()
    assert len(read_tsv(target)) == 1
    assert {path.name for path in container.output.iterdir()} == {"first.tsv", "given.tsv"}
