"""What the tests share: real data where it is present, and how often a repeated trial runs."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from blobs import IMAGE_RECIPE, write_pictures
from epilepsy import RECIPE, write_patients

# Weights are compared bit for bit: every process of the tests, this one and its children, computes with one thread.
os.environ["OMP_NUM_THREADS"] = "1"

# The same examples every day; only the long run looks for new ones.
settings.register_profile("daily", derandomize=True)
settings.load_profile("default" if os.environ.get("SEMEIA_LONG") else "daily")


# Set before any test is even imported (Django's settings read it): none touches the home folder of the person who runs.
_home = TemporaryDirectory(prefix="semeia-home-", ignore_cleanup_errors=True)
atexit.register(_home.cleanup)
os.environ["SEMEIA_HOME"] = _home.name


ALONE = (
    "browser",
    "report/test_report_browser.py",
    "web/jobs",
    "web/api/test_stream.py",
    "web/test_uploads.py",
    "cli/test_serve.py",
    "docs/test_documented_pictures.py",
    "docs/test_site.py",
)
"""What drives a browser, or servers and workers one after another."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs when nothing else does."""
    places = [Path(__file__).parent / name for name in ALONE]
    for item in items:
        if any(item.path.is_relative_to(place) for place in places):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(scope="session", autouse=True)
def home() -> Path:
    """Return the home folder of the tests."""
    return Path(_home.name)


@pytest.fixture(scope="session")
def recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recipe that trains in a second or two, with the recordings of four patients beside it."""
    folder = tmp_path_factory.mktemp("training")
    write_patients(folder / "patients")
    recipe = folder / "small.toml"
    recipe.write_text(RECIPE)
    return recipe


@pytest.fixture(scope="session")
def small_model(recipe_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the model that this recipe trains."""
    from semeia.recipe import read_recipe
    from semeia.training.train import train

    folder = tmp_path_factory.mktemp("models") / "small"
    train(read_recipe(recipe_file), folder, beside=recipe_file.parent)
    return folder


@pytest.fixture(scope="session")
def image_recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recipe for images that trains in a second, with 64 pictures of 32 patients beside it."""
    folder = tmp_path_factory.mktemp("images")
    write_pictures(folder / "images")
    recipe = folder / "blobs.toml"
    recipe.write_text(IMAGE_RECIPE)
    return recipe


@pytest.fixture(scope="session")
def small_image_model(image_recipe_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the model that this recipe trains: it finds bright blobs."""
    from semeia.recipe import read_recipe
    from semeia.training.train import train

    folder = tmp_path_factory.mktemp("models") / "blobs"
    train(read_recipe(image_recipe_file), folder, beside=image_recipe_file.parent)
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real recordings beside the checkout, or skip the test visibly."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real data: ../shared/data is not here")
    return folder


@pytest.fixture(scope="session")
def count() -> Callable[[int], int]:
    """Return how many of `full` repetitions to run: all under SEMEIA_LONG=1, else a tenth."""
    return lambda full: full if os.environ.get("SEMEIA_LONG") else max(1, full // 10)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when a test was skipped that this machine could have run (see .ci/run)."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("SEMEIA_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
