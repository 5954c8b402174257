"""The table that `semeia predict` writes becomes findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeia.errors import FileError, SemeiaError
from semeia.web import pictures
from semeia.web.classifications import keep, keeping
from semeia.web.entrance import owner
from semeia.web.jobs import lifecycle
from semeia.web.jobs.commands import results_file
from semeia.web.models import Finding, ImageSet, Job
from semeia.web.permission import project_of


@pytest.fixture
def images(database: Path, image_folder: Path) -> ImageSet:
    return pictures.add_folder(project_of(owner()), image_folder)[0]


@pytest.fixture
def job(images: ImageSet) -> Job:
    return lifecycle.queue("classify", images, None, {"model": "spots"})


def write(job: Job, images: ImageSet, *rows: str, head: str = "path,class,p_clear,p_dense") -> None:
    text = "\n".join([head, *(f"{images.path}/{row}" for row in rows)]) + "\n"
    results_file(job.pk).write_text(text, encoding="utf-8")


def found(job: Job) -> dict[str, tuple[str, list[float]]]:
    rows = Finding.objects.filter(model=job.parameters["model"]).values_list("picture__name", "says", "probabilities")
    return {name: (says, probabilities) for name, says, probabilities in rows}


def test_rows_become_findings_in_place_of_those_before(images: ImageSet, job: Job) -> None:
    write(job, images, "clear/clear_0.png,dense,0.7,0.3", "dense/twin.png,dense,0,1", "elsewhere.png,clear,1,0")
    assert keep(job.pk) == 2 and not results_file(job.pk).exists()
    assert found(job) == {"clear/clear_0.png": ("dense", [0.7, 0.3]), "dense/twin.png": ("dense", [0.0, 1.0])}
    assert Finding.objects.first().classes == ["clear", "dense"]  # type: ignore[union-attr]
    write(job, images, "clear/clear_0.png,clear,0.9,0.1")
    assert keep(job.pk) == 1 and found(job) == {"clear/clear_0.png": ("clear", [0.9, 0.1])}


@pytest.mark.parametrize("head", ["nothing", "path,class", "path,p_clear"])
def test_what_is_no_table_is_refused_and_changes_nothing(images: ImageSet, job: Job, head: str) -> None:
    write(job, images, "clear/clear_0.png,dense,0.7,0.3")
    keep(job.pk)
    write(job, images, "clear/clear_0.png,x", head=head)
    with pytest.raises(FileError, match="no table of what a model says"):
        keep(job.pk)
    assert len(found(job)) == 1


def test_a_set_that_was_removed_is_said(images: ImageSet, job: Job) -> None:
    pictures.remove_set(images)
    with pytest.raises(SemeiaError, match="was removed"):
        keep(job.pk)


@pytest.mark.parametrize(("status", "written", "ends"), [(0, 1, None), (1, 1, None), (1, 0, 1), (75, 1, 75), (2, 0, 2)])
def test_what_is_left_out_does_not_fail_the_rest(
    images: ImageSet, job: Job, status: int, written: int, ends: int | None
) -> None:
    write(job, images, "clear/wrong.png,dense,0,1")  # of an attempt that was killed

    def run() -> None:
        with keeping(job.pk):
            if written:
                write(job, images, "clear/clear_0.png,dense,0.7,0.3")
            raise SystemExit(status)

    if ends is None:
        run()
    else:
        with pytest.raises(SystemExit) as end:
            run()
        assert end.value.code == ends
    assert found(job) == ({"clear/clear_0.png": ("dense", [0.7, 0.3])} if ends is None else {})
