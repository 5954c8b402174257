"""The command line as a whole: help, version, models, progress."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import semeia

from semeia import __version__
from semeia.cli import app, main
from semeia.cli.progress import json_lines
from semeia.cli.text import plural, printable, sparkline
from semeia.errors import StorageError
from semeia.events.intervals import elapsed

COMMANDS = {
    *("catalogue", "demo", "detect", "export", "import", "info", "models", "open", "score", "serve", "simulate"),
    *("predict", "szcore", "evaluate", "explain", "leaks", "preview", "ensemble", "report", "convert", "anonymise"),
    *("train", "search", "datasets", "recipe", "runs", "active"),
}


def test_version_is_that_of_the_package() -> None:
    assert semeia("--version") == (0, f"semeia {__version__}\n", "")


def test_help_names_every_command_and_that_this_is_no_medical_device(run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    assert all(name in out for name in COMMANDS)
    assert "Not a medical device" in out
    groups = {group.name for group in app.registered_groups}
    assert groups | {command.name or command.callback.__name__ for command in app.registered_commands} == COMMANDS


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(run, command: str) -> None:
    code, out, _ = run(command, "-h")
    assert code == 0
    assert f"semeia {command}" in out.replace("pytest", "semeia")


def test_models_are_listed_in_text_and_json(
    run, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    shutil.copytree(small_model, tmp_path / "models" / "mine")
    code, out, _ = run("models")
    assert code == 0
    (line,) = (line for line in out.splitlines() if line.startswith("mine"))
    assert "any 4+ channels" in line and "4 s" in line and "Finds loud waves of 4 Hz" in line
    code, out, _ = run("models", "--json")
    (row,) = (row for row in json.loads(out) if row["name"] == "mine")
    assert row["folder"] == str(tmp_path / "models" / "mine")
    assert row["input"]["window"] == 256


def test_a_damaged_model_is_named_when_models_are_listed(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path))
    (tmp_path / "models" / "mine").mkdir(parents=True)
    (tmp_path / "models" / "mine" / "model.json").write_text("{")
    code, _, err = run("models")
    assert code == 1
    assert err.startswith("semeia: mine/model.json: ") and err.count("\n") == 1


def test_a_fault_of_semeia_is_one_line_that_says_so(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("semeia.model.installed", broken)
    code, _, err = run("models")
    assert code == 1
    assert err == ("semeia: this is a fault of Semeia, and --debug shows where: ZeroDivisionError: division by zero\n")
    monkeypatch.setattr("sys.argv", ["semeia", "--debug", "models"])
    monkeypatch.setenv("SEMEIA_DEBUG", "")  # put back afterwards
    with pytest.raises(ZeroDivisionError):
        main()


def test_an_operating_system_error_names_the_place(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise PermissionError(13, "Permission denied", "/root/secret")

    monkeypatch.setattr("semeia.model.installed", refused)
    assert run("models")[2] == "semeia: /root/secret: permission denied\n"


@pytest.mark.slow
def test_training_writes_progress_as_json_lines_and_says_where_the_model_is(recipe_file: Path, tmp_path: Path) -> None:
    progress = tmp_path / "new" / "progress.jsonl"
    progress.parent.mkdir()
    progress.write_text('{"event": "before"}\n')
    answer = semeia(
        *("train", recipe_file, "-o", tmp_path / "deep" / "model", "--progress", progress),
        *("--set", "training.epochs=2", "--set", "name=other"),
    )
    assert answer.status == 0, answer
    assert answer.out == (f"{tmp_path}/deep/model: model other is ready. Its card: {tmp_path}/deep/model/card.md\n")
    events = [json.loads(line) for line in progress.read_text().splitlines()]
    assert events[0] == {"event": "before"}
    assert events[1] == {"event": "data", "source": "folder", "recordings": 4}
    assert events[-1]["event"] == "done"
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == [0, 1]
    steps = [event for event in events if event["event"] == "step"]
    assert len(steps) == 32 and all(event["steps"] == 16 for event in steps)
    for words in ("folder: 4 recordings", "epoch 1: ", "epoch 2: "):
        assert words in answer.err


def test_progress_lines_are_strict_json_and_appended(tmp_path: Path) -> None:
    path = tmp_path / "new" / "progress.jsonl"
    for number in range(2):
        with json_lines(path) as write:
            write({"event": "step", "step": number})
            assert len(path.read_text().splitlines()) == number + 1
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [0, 1]
    with pytest.raises(ValueError), json_lines(path) as write:
        write({"loss": float("nan")})


def test_progress_without_a_file_goes_nowhere() -> None:
    with json_lines(None) as write:
        write({"event": "step"})


def test_progress_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot be written \(is a directory\)"), json_lines(tmp_path):
        pass
    full = Path("/dev/full")
    if full.exists():  # on Linux
        with pytest.raises(StorageError, match="no space left on device"), json_lines(full) as write:
            write({"event": "step"})


def test_a_line_of_progress_that_does_not_fit_is_taken_back(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from semeia.cli.progress import json_lines\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))\n"
        "with json_lines(Path(sys.argv[1])) as write:\n"
        "    for step in range(9):\n"
        "        write({'event': 'step', 'step': step})\n"
    )
    path = tmp_path / "p.jsonl"
    answer = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert "StorageError" in answer.stderr
    assert path.read_text() == '{"event": "step", "step": 0}\n'


def test_text_is_written_for_people() -> None:
    import numpy as np

    assert [elapsed(seconds) for seconds in (0, 59.6, 3725, 100_000)] == ["0:00:00", "0:01:00", "1:02:05", "27:46:40"]
    assert [plural(number, "seizure") for number in (0, 1, 2)] == ["no seizures", "1 seizure", "2 seizures"]
    assert printable("µV\n\x1b[31m é") == r"µV\n\x1b[31m é"
    values = np.array([0, 0.5, 1, np.nan, np.nan, np.nan], np.float32)
    assert sparkline(values, 6) == " ▄█···"
    assert sparkline(values, 3) == "▄█·"
    assert sparkline(values, 100) == sparkline(values, 6)
