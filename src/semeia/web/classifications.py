"""What a model says of an image set: the table that ``semeia predict`` writes becomes findings."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction

from semeia.errors import FileError, SemeiaError
from semeia.web.jobs.commands import results_file
from semeia.web.models import Finding, Job, Picture

__all__ = ["keep", "keeping"]

_BATCH = 500  # rows written at once
_LEFT_OUT = 1
"""Exit status where some files could not be judged, and the table has the others."""


@contextmanager
def keeping(job: str) -> Iterator[None]:
    """Run the command line of a job, and keep what it found when it has ended.

    Raises
    ------
    SystemExit
        As the command line does; status 1 is none where at least something was found.
    """
    results_file(job).unlink(missing_ok=True)  # of an attempt that was killed
    status: str | int | None = None
    try:
        yield
    except SystemExit as end:
        status = end.code
    try:
        found = keep(job) if status in {None, 0, _LEFT_OUT} and results_file(job).is_file() else 0
    except SemeiaError as error:
        print(f"semeia: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    if not found or status not in {None, 0, _LEFT_OUT}:
        raise SystemExit(status or 0)


def keep(job: str) -> int:
    """Keep the findings of a job, in place of what its model said of the set before, and return how many they are.

    Raises
    ------
    SemeiaError
        If the set was removed, or the table is none of findings.
    """
    row = Job.objects.select_related("images").filter(pk=job).first()
    if row is None or row.images is None:
        raise SemeiaError("the image set was removed from the Library meanwhile")
    model, file = row.parameters["model"], results_file(job)
    classes, said = _read(file)
    with transaction.atomic():
        Finding.objects.filter(picture__set=row.images, model=model).delete()
        findings = [
            Finding(
                project_id=row.project_id,
                picture=picture,
                job=row,
                model=model,
                says=found[0],
                classes=classes,
                probabilities=found[1],
            )
            for picture in Picture.objects.filter(set=row.images).only("path")
            if (found := said.get(picture.path)) is not None
        ]
        Finding.objects.bulk_create(findings, batch_size=_BATCH)
    file.unlink(missing_ok=True)
    return len(findings)


def _read(file: Path) -> tuple[list[str], dict[str, tuple[str, list[float]]]]:
    """Return the classes of a table, and by path what is said and the probabilities."""
    try:
        with file.open(encoding="utf-8", newline="") as text:
            (path, said, *names), *rows = csv.reader(text)
        found = {row[0]: (row[1], [float(value) for value in row[2:]]) for row in rows}
        whole = (path, said) == ("path", "class") and all(len(row) == 2 + len(names) for row in rows)
    except (OSError, ValueError, IndexError, csv.Error):
        whole = False
    if not whole or not names or not all(name.startswith("p_") for name in names):
        raise FileError(file, "is no table of what a model says")
    return [name.removeprefix("p_") for name in names], found
