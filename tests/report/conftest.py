"""What the tests of the report share: reports of the samples, each written once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import report_samples as samples

from semeia.report import write_report


@pytest.fixture(scope="session")
def report_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return where the report of a sample lies, by its name."""
    folder = tmp_path_factory.mktemp("reports")

    @cache
    def written(name: str) -> Path:
        sheets = getattr(samples, f"{name}_sheets", list)()
        write_report(folder / f"{name}.html", getattr(samples, name)(), samples.pictures(), sheets)
        return folder / f"{name}.html"

    return written
