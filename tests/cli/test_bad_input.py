"""Bad input: one clear line on the error stream, exit status 1 (2 for wrong usage), nothing half-written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command import assert_one_line, files_under, semeia

from epilepsy import RECIPE, write_recording
from semeia.cli import main

BAD_FILES = ["missing", "empty", "truncated", "no EDF", "a folder", "hostile", "foreign"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Return a function that runs a command in this process, which is quicker."""
    from command import Answer

    def run(*arguments: object) -> Answer:
        monkeypatch.setattr("sys.argv", ["semeia", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out = capsys.readouterr()
        return Answer(int(ended.value.code or 0), out.out, out.err)

    return run


def bad_file(folder: Path, how: str) -> tuple[Path, str]:
    """Make a file that cannot be read; return it and what must be said of it."""
    path, words = folder / "bad.edf", "bad.edf: "
    match how:
        case "empty":
            path.write_bytes(b"")
        case "truncated":
            write_recording(path, 20, [])
            path.write_bytes(path.read_bytes()[:-1000])
            words = "--allow-truncated"
        case "no EDF":
            path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
        case "a folder":
            path.mkdir()
        case "hostile":
            write_recording(path, 20, [])
            content = bytearray(path.read_bytes())
            content[236:244] = b"99999999"  # records
            content[252:256] = b"9999"  # signals
            path.write_bytes(content)
        case "foreign":
            path.write_text("onset\tduration\n0\t1\n" * 100)
    return path, words


@pytest.mark.parametrize("how", BAD_FILES)
def test_a_file_that_cannot_be_read_is_one_line(run, tmp_path: Path, small_model: Path, how: str) -> None:
    path, words = bad_file(tmp_path, how)
    if how != "a folder":
        assert_one_line(run("info", path), "bad.edf: ", words)
        assert_one_line(run("info", path, "--json"), "bad.edf: ", words)
    answer = run("detect", path, "-o", tmp_path / "o.tsv", "--track", tmp_path / "t.csv", "--model", small_model)
    assert_one_line(answer, "bad.edf: ", words)
    assert files_under(tmp_path) <= {"bad.edf"}


def test_info_of_a_folder_is_one_line(run, tmp_path: Path) -> None:
    assert_one_line(run("info", tmp_path), f"{tmp_path.name}: ")


def test_a_child_process_says_the_same(tmp_path: Path) -> None:
    assert_one_line(semeia("info", tmp_path / "missing.edf"), "missing.edf: there is no such file")


def test_debug_shows_where(tmp_path: Path) -> None:
    answer = semeia("--debug", "info", tmp_path / "missing.edf")
    assert answer.status == 1
    assert answer.err.startswith("Traceback") and "FileError: missing.edf: there is no such file" in answer.err


def test_a_truncated_file_is_read_when_that_is_asked_for(run, tmp_path: Path, small_model: Path) -> None:
    path, _ = bad_file(tmp_path, "truncated")
    assert "0:00:19" in run("info", path, "--allow-truncated").out
    assert run("detect", path, "--allow-truncated", "--model", small_model).status == 0


def test_a_file_name_cannot_write_to_the_terminal(run, tmp_path: Path) -> None:
    answer = run("info", tmp_path / "two\nlines\x1b[31m.edf")
    assert_one_line(answer, r"two\nlines\x1b[31m.edf: ")


def test_what_a_header_says_cannot_write_to_the_terminal(run, tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.edf", 20, [])
    path.write_bytes(path.read_bytes().replace(b"Fp2 ", b"F\x1b[2"))
    answer = run("info", path)
    assert "\x1b" not in answer.out + answer.err


def test_a_recording_without_the_models_channels_is_one_line(run, tmp_path: Path, small_model: Path) -> None:
    path = write_recording(tmp_path / "few.edf", 20, [], labels=("C3", "C4", "ECG"))
    answer = run("detect", path, "-o", tmp_path / "o.tsv", "--model", small_model)
    assert_one_line(answer, "few.edf: at least 4 scalp channels are needed; there are 2: C3, C4")
    assert files_under(tmp_path) == {"few.edf"}


@pytest.mark.parametrize(
    ("seconds", "rate", "words"),
    [(3, 128, "lasts 3 s; model small needs at least 4 s"), (20, 50, "64 Hz or faster; this recording has 50")],
)
def test_a_recording_that_the_model_cannot_take_is_one_line(
    run, tmp_path: Path, small_model: Path, *, seconds: int, rate: int, words: str
) -> None:
    path = write_recording(tmp_path / "odd.edf", seconds, [], rate=rate)
    assert_one_line(run("detect", path, "--model", small_model), "odd.edf: ", words)


def test_a_model_that_is_not_there_or_damaged_is_one_line(run, tmp_path: Path, small_model: Path) -> None:
    path = write_recording(tmp_path / "a.edf", 20, [])
    assert_one_line(run("detect", path, "--model", "nobody"), "model 'nobody': neither a model's folder nor")
    copy = Path(shutil.copytree(small_model, tmp_path / "copy"))
    (copy / "weights.safetensors").write_bytes(b"nothing")
    assert_one_line(run("detect", path, "--model", copy), "copy/weights.safetensors: ")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("epochs", "epoch"), "unknown key 'training.epoch': did you mean 'epochs'?"),
        (lambda text: text.replace("channelwise", "chanelwise"), "did you mean 'channelwise'?"),
        (lambda text: text.replace('"folder"', '"foldr"'), "did you mean 'folder'?"),
        (lambda text: text.replace("[examples]", "[examples"), "small.toml: is not TOML: "),
        (lambda text: text.replace('path = "patients"', ""), "data source 'folder' needs the parameter 'path'"),
        (lambda text: text, "patients does not exist"),
    ],
)
def test_a_recipe_that_is_wrong_is_one_line(run, tmp_path: Path, change: Callable[[str], str], words: str) -> None:
    (tmp_path / "small.toml").write_text(change(RECIPE))
    answer = run("train", tmp_path / "small.toml", "-o", tmp_path / "model")
    assert_one_line(answer, words)
    assert files_under(tmp_path) == {"small.toml"}


def test_a_recipe_that_is_not_there_is_one_line(run, tmp_path: Path) -> None:
    assert_one_line(run("train", tmp_path / "no.toml", "-o", tmp_path / "model"), "no.toml: no such recipe")


def test_a_place_that_cannot_be_written_is_one_line(run, tmp_path: Path, small_model: Path, recipe_file) -> None:
    path = write_recording(tmp_path / "a.edf", 20, [])
    (tmp_path / "file").write_text("mine")
    there = files_under(tmp_path)
    for options in (
        ["-o", tmp_path / "file" / "o.tsv"],
        ["-o", tmp_path],
        ["--output-dir", tmp_path / "file"],
        ["--track", tmp_path / "file" / "t.csv"],
        ["-o", tmp_path / ("x" * 300)],
    ):
        assert_one_line(run("detect", path, "--model", small_model, *options))
        assert files_under(tmp_path) == there
    for options in (
        ["-o", tmp_path / "file" / "model"],
        ["-o", tmp_path / "file"],
        ["-o", tmp_path],
        ["-o", tmp_path / ("x" * 300)],
        ["-o", tmp_path / "model", "--progress", tmp_path / "file" / "p.jsonl"],
        ["-o", tmp_path / "model", "--progress", tmp_path],
    ):
        assert_one_line(run("train", recipe_file, *options))
        assert files_under(tmp_path) == there
    assert_one_line(run("simulate", tmp_path / "file" / "a.edf", "--hours", "0.01"))
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.slow
def test_a_disk_that_fills_while_events_are_written_is_one_line(tmp_path: Path, small_model: Path) -> None:
    path = write_recording(tmp_path / "a.edf", 150)
    (tmp_path / "o.tsv").write_text("old")
    there = files_under(tmp_path)
    options = ["-o", tmp_path / "o.tsv", "--track", tmp_path / "t.csv", "--model", small_model]
    assert_one_line(semeia("detect", path, *options, full_at=50), "o.tsv: cannot be written (file too large)")
    assert files_under(tmp_path) == there
    assert (tmp_path / "o.tsv").read_text() == "old"


@pytest.mark.slow
@pytest.mark.usefixtures("small_model")
@pytest.mark.parametrize(("full_at", "what"), [(20_000, ".npy"), (50_000, "state.safetensors")])
def test_a_disk_that_fills_while_training_is_one_line(
    recipe_file: Path, home: Path, tmp_path: Path, full_at: int, what: str
) -> None:
    options = ["--progress", tmp_path / "p.jsonl", "--set", "network.width=32"]
    answer = semeia(
        *("train", recipe_file, "-o", tmp_path / "model", *options),
        full_at=full_at,
        SEMEIA_HOME=str(tmp_path / "home" if what == ".npy" else home),  # that of small_model: all is prepared
    )
    *progress, last = answer.err.splitlines(keepends=True)
    assert_one_line(answer._replace(err=last), what, "cannot be written (file too large)")
    assert not any("Traceback" in line for line in progress)
    left = files_under(tmp_path)
    assert not [name for name in left if name.endswith(".part")]
    assert "model" not in left and "model.training" not in left


@pytest.mark.slow
def test_a_disk_that_fills_while_simulating_is_one_line(tmp_path: Path) -> None:
    answer = semeia("simulate", tmp_path / "a.edf", "--hours", "0.05", full_at=100_000)
    assert_one_line(answer, "a.edf: cannot be written (file too large)")
    assert files_under(tmp_path) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["detect"],
        ["info"],
        ["nothing"],
        ["--nothing"],
        ["info", "a.edf", "b.edf"],
        ["train", "a.toml"],
        ["detect", "a.edf", "--threshold", "2"],
        ["detect", "a.edf", "--threshold", "nan"],
        ["detect", "a.edf", "--threshold", "high"],
        ["detect", "a.edf", "--hop", "0"],
        ["detect", "a.edf", "--hop", "nan"],
        ["detect", "a.edf", "--hop", "inf"],
        ["detect", "a.edf", "b.edf", "-o", "o.tsv"],
        ["detect", "a.edf", "b.edf", "--track", "t.csv"],
        ["detect", "a.edf", "-o", "o.tsv", "--output-dir", "o"],
        ["detect", "a.edf", "-o", "a.edf"],
        ["detect", "a.edf", "--track", "./a.edf"],
        ["detect", "a.edf", "-o", "x", "--track", "x"],
        ["detect", "x/a.edf", "y/a.edf", "--output-dir", "o"],
        ["detect", "a.edf", "a.bdf", "--output-dir", "o"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_status_2(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments) -> None:
    monkeypatch.chdir(tmp_path)
    answer = run(*arguments)
    assert answer.status == 2
    assert "Usage: " in answer.err and "Traceback" not in answer.err
    assert files_under(tmp_path) == set()
