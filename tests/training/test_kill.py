"""Training as a child process that is killed, stopped and resumed: the weights are the same, byte by byte."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from semeia.datasets import gather
from semeia.home import remove_leftovers
from semeia.recipe import Examples, Recipe, read_recipe
from semeia.training.train import train
from semeia.training.windows import prepare
from semeia.transforms import transform_named

pytestmark = pytest.mark.slow

KILLED_WHILE_PREPARING = """
import os, signal
from semeia.transforms.raw import Raw
whole = Raw.signal
def interrupted(*arguments):
    for block in whole(*arguments):
        yield block
        os.kill(os.getpid(), signal.SIGKILL)
Raw.signal = interrupted
from semeia.cli import main
main()
"""


PICTURES = """
[transform]
name = "spectrogram"
rate = 64.0
high_pass = 0.5
window = 1.0
highest = 30.0

[network]
name = "cnn2d"
depth = 2

[weights]
freeze = "all but last"
thaw = 1
random_frozen = true

[augmentation]
mixup = 0.2
"""


@pytest.fixture(scope="module", params=["raw windows", "pictures"])
def recipe(request: pytest.FixtureRequest, recipe_file: Path) -> Path:
    """Return a recipe of raw windows, or of a fitted transform whose pictures are kept on disk."""
    if request.param == "raw windows":
        return recipe_file
    text = recipe_file.read_text()
    begin, end = text.index("[transform]"), text.index("[training]")
    path = recipe_file.with_name("killed.toml")
    path.write_text(text[:begin].replace("step = 1.0", 'step = 1.0\nmontage = "recorded"') + PICTURES + text[end:])
    return path


class Child:
    """``semeia train`` in a process of its own."""

    def __init__(self, recipe: Path, folder: Path, home: Path, *options: str, epochs: int = 3, code: str = "") -> None:
        self.progress = folder.with_name("progress.jsonl")
        self.seen = self.lines()
        program = ["-c", code] if code else ["-m", "semeia"]
        self.process = subprocess.Popen(
            [
                *(sys.executable, *program, "train", str(recipe), "-o", str(folder)),
                *("--progress", str(self.progress), *options),
                *("--set", f"training.epochs={epochs}", "--set", f"training.patience={epochs}"),
            ],
            env=os.environ | {"SEMEIA_HOME": str(home), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def lines(self) -> int:
        return self.progress.read_bytes().count(b"\n") if self.progress.exists() else 0

    def wait_for_lines(self, count: int) -> bool:
        """Wait until so many lines of progress were written; False when it ended before."""
        while self.lines() - self.seen < count:
            if self.process.poll() is not None:
                return False
            time.sleep(0.002)
        return True

    def end(self) -> tuple[int, str]:
        """Wait for the end; return exit status and standard error."""
        _, err = self.process.communicate(timeout=120)
        return self.process.returncode, err


def shortened(recipe: Path, epochs: int) -> Recipe:
    return read_recipe(recipe, [f"training.epochs={epochs}", f"training.patience={epochs}"])


def weights(folder: Path) -> bytes:
    return (folder / "weights.safetensors").read_bytes()


@pytest.fixture(scope="module")
def epochs(count: Callable[[int], int]) -> int:
    """Return more epochs than can be finished between all kills, within 30 lines of progress each."""
    return count(20) + 2


@pytest.fixture(scope="module")
def undisturbed(recipe: Path, epochs: int, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder, threads = tmp_path_factory.mktemp("undisturbed") / "model", torch.get_num_threads()
    torch.set_num_threads(1)  # as the children
    train(shortened(recipe, epochs), folder, beside=recipe.parent)
    torch.set_num_threads(threads)
    return weights(folder)


def test_a_training_that_is_killed_goes_on_to_the_same_weights(
    recipe: Path, tmp_path: Path, undisturbed: bytes, epochs: int, count: Callable[[int], int]
) -> None:
    rng, model = np.random.default_rng(20), tmp_path / "model"
    kills = 0
    while kills < count(10 if recipe.stem == "killed" else 20):
        resume = ["--resume"] if (tmp_path / "model.training" / "state.safetensors").exists() else []
        child = Child(recipe, model, tmp_path / "home", *resume, epochs=epochs)
        assert child.wait_for_lines(int(rng.integers(1, 30))), child.end()
        time.sleep(rng.uniform(0, 0.02))  # anywhere within a step, or while the state is saved
        child.process.kill()
        assert child.end()[0] == -signal.SIGKILL
        assert not model.exists()
        kills += 1
    resume = ["--resume"] if (tmp_path / "model.training" / "state.safetensors").exists() else []
    assert Child(recipe, model, tmp_path / "home", *resume, epochs=epochs).end()[0] == 0
    assert weights(model) == undisturbed
    assert not (tmp_path / "model.training").exists()
    for line in (tmp_path / "progress.jsonl").read_text().splitlines():
        json.loads(line)


@pytest.mark.parametrize("recipe", ["raw windows"], indirect=True)
def test_a_training_that_is_asked_to_stop_exits_with_75_and_goes_on(
    recipe: Path, tmp_path: Path, undisturbed: bytes, epochs: int
) -> None:
    model, resume = tmp_path / "model", []
    for number, lines in ((signal.SIGTERM, 12), (signal.SIGINT, 30)):
        child = Child(recipe, model, tmp_path / "home", *resume, epochs=epochs)
        assert child.wait_for_lines(lines)
        child.process.send_signal(number)
        status, err = child.end()
        assert status == 75
        last = f"Stopped and saved. Go on with: semeia train {recipe} -o {model} --resume"
        assert err.strip().splitlines()[-1].startswith(last)
        assert "Traceback" not in err
        resume = ["--resume"]
    train(shortened(recipe, epochs), model, beside=recipe.parent, resume=True)
    assert weights(model) == undisturbed


def test_a_signal_that_was_half_prepared_is_never_used(
    recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    assert Child(recipe_file, tmp_path / "model", home, code=KILLED_WHILE_PREPARING).end()[0] == -signal.SIGKILL
    (left,) = (home / "cache" / "signals").iterdir()
    assert left.name.startswith(".") and left.suffix == ".part"
    recordings = gather("folder", path=recipe_file.parent / "patients")[:1]
    transform = transform_named("raw", rate=64.0, high_pass=0.5)
    never_killed = prepare(recordings, Examples(window=4.0), transform).signals[0]
    monkeypatch.setenv("SEMEIA_HOME", str(home))
    again = prepare(recordings, Examples(window=4.0), transform).signals[0]
    assert again.samples == never_killed.samples
    np.testing.assert_array_equal(again.read(0, again.samples), never_killed.read(0, again.samples))
    a_day_ago = time.time() - 86500
    os.utime(left, (a_day_ago, a_day_ago))
    remove_leftovers(left.parent)
    assert not left.exists()
