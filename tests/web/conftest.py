"""What the tests of the web share: a real database file, a client that is signed in, a real server, a recording."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

os.environ["DJANGO_SETTINGS_MODULE"] = "semeia.web.settings"
django.setup()  # tests/conftest.py has set SEMEIA_HOME

from serving import Client, Server, write_recording  # noqa: E402

from imaging import MODEL, write_image_model, write_images  # noqa: E402


@pytest.fixture(scope="session")
def migrated(home: Path) -> Iterator[Path]:
    """Return the home folder with its database made."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    assert home == settings.HOME
    call_command("migrate", verbosity=0)
    yield home
    connections.close_all()


@pytest.fixture(autouse=True)
def database(migrated: Path) -> Iterator[Path]:
    """Give each test an empty database, in a real file; return the home folder."""
    from django.core.management import call_command

    yield migrated
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    for folder in ("recordings", "images", "tracks", "uploads"):
        shutil.rmtree(migrated / folder, ignore_errors=True)


@pytest.fixture
def client(database: Path) -> Client:
    """Return Django's test client, signed in as the owner; what it sends carries the CSRF token."""
    return Client.signed_in()


@pytest.fixture(scope="session")
def recording_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small real EDF+ file: 19 electrodes, 60 s at 128 Hz, patient p1, one seizure from 20 s to 30 s."""
    return write_recording(tmp_path_factory.mktemp("recordings") / "p1_01.edf")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a real uvicorn process on a free port, with a home of its own; `server.browser` is signed in."""
    with Server(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="session")
def image_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of small images in two classes; see `imaging.write_images`."""
    return write_images(tmp_path_factory.mktemp("images") / "lungs")


@pytest.fixture(scope="session")
def image_model(home: Path) -> str:
    """Return the name of an installed model that tells them apart."""
    write_image_model(home / "models" / MODEL)
    return MODEL
