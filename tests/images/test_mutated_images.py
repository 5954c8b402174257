"""Whatever is wrong with an image file: one of our errors, with little memory, at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "DICOM", "NIfTI"])
def test_mutated_files_give_only_our_errors_in_little_memory(
    tmp_path: Path, kind: str, count: Callable[[int], int]
) -> None:
    script = Path(__file__).with_name("mutating_images.py")
    answer = subprocess.run(
        [sys.executable, script, kind, str(count(2000)), tmp_path],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # its buffers count as memory
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    read, slowest = answer.stdout.split()
    assert int(read) > 0  # some damage does no harm: the mutations get past the first lines
    assert float(slowest) < 5  # seconds of its process: false lengths cost no time either
