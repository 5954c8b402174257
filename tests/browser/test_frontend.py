"""The page's own checks, and that its client is the one that the server's API describes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from chromium import FRONTEND

MODULES = FRONTEND / "node_modules" / ".bin"


def run(*command: str, text: str | None = None) -> str:
    if shutil.which("node") is None or not MODULES.is_dir():
        pytest.skip("no Node or no frontend/node_modules here: make page")
    done = subprocess.run(command, cwd=FRONTEND, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_client_is_the_one_that_the_api_describes() -> None:
    described = run(sys.executable, "schema.py")
    assert run(str(MODULES / "openapi-typescript"), text=described) == (FRONTEND / "src/api/schema.d.ts").read_text(
        encoding="utf-8"
    ), "the API has changed: npm run client"


def test_types_and_components_are_sound() -> None:
    run(str(MODULES / "svelte-check"), "--fail-on-warnings", "--tsconfig", "./tsconfig.json")


def test_units_pass() -> None:
    run(str(MODULES / "vitest"), "run")


def test_the_lock_file_names_no_address() -> None:
    lock = (FRONTEND / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert Path(FRONTEND / ".npmrc").read_text(encoding="utf-8").startswith("omit-lockfile-registry-resolved=true")
