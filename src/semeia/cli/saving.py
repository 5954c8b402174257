"""``--save`` of detect and leaks: what was found goes into the page's Library, as if it had been found there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from semeia.errors import SemeiaError, StorageError

if TYPE_CHECKING:
    from semeia.datasets.leaks import Leaks
    from semeia.model import Found, Model
    from semeia.web.models import ImageSet, Recording

__all__ = ["Library", "save_twins"]


class Library:
    """The Library of the home folder, made if there is none.

    Parameters
    ----------
    job : str, optional
        The page's job on whose behalf this runs: it knows the recording.
    home : Path, optional
        The home folder; otherwise as `semeia.home.home_folder` says.

    Raises
    ------
    SemeiaError
        If there is no such job any more.
    """

    def __init__(self, job: str | None = None, home: Path | None = None) -> None:
        if job is None:
            from semeia.web.serve import prepare

            prepare(home)
        else:  # the worker has made everything ready
            import django

            django.setup()
        from semeia.web.models import Job

        self._job = None
        if job is not None:
            self._job = Job.objects.select_related("recording", "images").filter(pk=job).first()
            if self._job is None:
                raise SemeiaError("the recording was removed from the Library")

    @property
    def images(self) -> ImageSet | None:
        """The image set that the job is about."""
        return None if self._job is None else self._job.images

    def recording(self, path: Path) -> Recording:
        """Return the row of a recording; a file that is not there yet is taken in, and stays where it is."""
        if self._job is not None and self._job.recording is not None:
            from semeia.web.findings import check_unchanged

            check_unchanged(self._job.recording)
            return self._job.recording
        from semeia.cli.text import note
        from semeia.web.entrance import owner
        from semeia.web.library import add_file
        from semeia.web.permission import project_of

        user = owner()
        return add_file(project_of(user, "write"), path, user=user, say=note)[0]

    def save(self, recording: Recording, found: Found, model: Model, threshold: float | None) -> None:
        """Keep what was found, in place of what the model had found before."""
        from django.db import OperationalError

        from semeia.web.findings import store

        point = model.description.operating_point.model_dump()
        if threshold is not None:
            point["threshold"] = threshold
        try:
            store(recording, found.track, model=model.name, point=point, job=self._job)
        except OperationalError as error:
            raise StorageError(f"{recording.name}: the findings cannot be kept ({error})") from error


def save_twins(folder: Path, found: Leaks, job: str | None = None) -> None:
    """Keep the twins of an image set in the Library, into which it is taken if it is not there.

    Parameters
    ----------
    folder : Path
    found : Leaks
    job : str, optional
        The page's job on whose behalf this runs: it knows the set.

    Raises
    ------
    SemeiaError
        If the set was removed, or a folder holds no image.
    """
    known = Library(job).images
    from semeia.web.entrance import owner
    from semeia.web.permission import project_of
    from semeia.web.pictures import add_folder, keep_twins

    keep_twins(known or add_folder(project_of(owner(), "write"), folder)[0], found)
