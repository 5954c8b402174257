"""Files that come in slice by slice: nothing half, nothing twice, and nothing lost."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from unittest.mock import patch

import pytest
from PIL import Image
from serving import Browser, Server, write_recording

from imaging import lung
from semeia.errors import FileError, ImageError, StorageError
from semeia.web import uploads
from semeia.web.entrance import owner
from semeia.web.models import ImageSet, Picture, Recording, Upload
from semeia.web.permission import project_of

SLICE = 400_000


def begin(name: str, size: int) -> Upload:
    user = owner()
    return uploads.begin(project_of(user), user, name, size)


def test_a_file_comes_in_whole(database: Path, recording_file: Path) -> None:
    data = recording_file.read_bytes()
    upload = begin("../my eeg.edf", len(data))
    for first in range(0, len(data), SLICE):
        assert uploads.receive(upload, first, data[first : first + SLICE]) == min(first + SLICE, len(data))
    row = uploads.finish(upload, owner())
    place = database / "recordings" / row.pk / "my eeg.edf"
    assert place.read_bytes() == data and row.path == str(place) and row.copied
    assert not Upload.objects.exists() and not list(database.glob("uploads/[!.]*"))
    assert uploads.finish(upload, owner()) == row, "whoever did not hear the answer asks again"


def test_a_slice_begins_where_the_last_one_ended(database: Path) -> None:
    upload = begin("a.edf", 100)
    uploads.receive(upload, 0, b"x" * 60)
    for offset in (0, 59, 61):
        with pytest.raises(uploads.OutOfStep) as where:
            uploads.receive(upload, offset, b"y")
        assert where.value.received == 60
    with pytest.raises(uploads.OutOfStep):
        uploads.finish(upload, owner())
    with pytest.raises(FileError, match="more comes than the 100 bytes"):
        uploads.receive(upload, 60, b"y" * 41)
    assert (database / "uploads" / f"{upload.pk}.part").stat().st_size == 60


def test_what_was_written_but_not_acknowledged_is_written_again(database: Path, recording_file: Path) -> None:
    data = recording_file.read_bytes()
    upload = begin("a.edf", len(data))
    uploads.receive(upload, 0, data[:1000])
    with (database / "uploads" / f"{upload.pk}.part").open("ab") as part:
        part.write(b"a killed server's last words")
    assert uploads.receive(upload, 1000, data[1000:]) == len(data)
    assert Path(uploads.finish(upload, owner()).path).read_bytes() == data


def test_what_is_no_recording_is_removed_with_its_reason(database: Path) -> None:
    upload = begin("night.edf", 100)
    uploads.receive(upload, 0, b"\xff" * 100)
    with pytest.raises(FileError, match="^night.edf: "):
        uploads.finish(upload, owner())
    assert not Upload.objects.exists() and not Recording.objects.exists()
    assert not list(database.glob("uploads/[!.]*")) and not list(database.glob(f"recordings/{upload.pk}*"))


def test_what_is_no_image_is_removed_with_its_reason(database: Path) -> None:
    upload = begin("holiday.jpg", 100)
    uploads.receive(upload, 0, b"\xff" * 100)
    with pytest.raises(ImageError, match=r"^holiday.jpg: is no PNG"):
        uploads.finish(upload, owner())
    assert not Upload.objects.exists() and not Picture.objects.exists() and not ImageSet.objects.exists()
    assert not list(database.glob("uploads/[!.]*")) and not list(database.glob("images/*"))


def test_an_image_that_a_killed_server_had_moved_is_there_all_the_same(database: Path, tmp_path: Path) -> None:
    Image.fromarray(lung(1, dense=True)).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    upload = begin("a.png", len(data))
    with pytest.raises(uploads.OutOfStep):
        uploads.finish(upload, owner())
    uploads.receive(upload, 0, data)
    with patch("semeia.web.pictures.open_image", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        uploads.finish(upload, owner())
    upload.refresh_from_db()
    found = uploads.finish(upload, owner())
    assert isinstance(found, Picture) and Path(found.path).read_bytes() == data
    assert uploads.finish(upload, owner()) == found


def test_a_file_for_which_there_is_no_room_is_refused_at_once() -> None:
    with pytest.raises(StorageError, match=r"a.edf: has 1000000\d\d.* GB, but only"):
        begin("a.edf", 10**17)


def test_what_belongs_to_no_upload_is_tidied_away(database: Path) -> None:
    kept, gone = begin("a.edf", 10), begin("b.edf", 10)
    for upload in (kept, gone):
        uploads.receive(upload, 0, b"12345")
    Upload.objects.filter(pk=gone.pk).delete()
    uploads.tidy()
    assert [part.stem for part in database.glob("uploads/*.part")] == [kept.pk]
    uploads.cancel(kept)
    assert not list(database.glob("uploads/*.part")) and not Upload.objects.exists()


def send(browser: Browser, upload: str, data: bytes, first: int = 0) -> int:
    """Send slices until all is there or something is in the way; return the last status."""
    status = 200
    while first < len(data) and status == 200:
        answer = browser.put(f"/api/uploads/{upload}?offset={first}", data[first : first + SLICE])
        status, first = answer.status, answer.json().get("received", first)
    return status


def test_a_full_disk_keeps_what_came_and_can_go_on(tmp_path: Path) -> None:
    data = write_recording(tmp_path / "long.edf", seconds=600).read_bytes()
    home = tmp_path / "home"
    with Server(home, full_at=2_000_000) as server:
        upload = server.browser.post("/api/uploads", {"name": "long.edf", "size": len(data)}).json()["id"]
        assert send(server.browser, upload, data) == 507
        answer = server.browser.put(f"/api/uploads/{upload}?offset=2000000", data[2_000_000:2_400_000])
        assert answer.status == 507
        assert "make room" in answer.json()["detail"] and str(home) not in answer.json()["detail"]
        assert server.browser.get("/api/uploads").json()[0]["received"] == 2_000_000
        assert (home / "uploads" / f"{upload}.part").stat().st_size == 2_000_000
    with Server(home) as server:
        assert send(server.browser, upload, data, 2_000_000) == 200
        (row,) = server.browser.post(f"/api/uploads/{upload}/finish").json()["recordings"]
        assert (home / "recordings" / row["id"] / "long.edf").read_bytes() == data


@pytest.mark.slow
def test_a_killed_server_goes_on_with_what_it_acknowledged(tmp_path: Path, count: Callable[[int], int]) -> None:
    data = write_recording(tmp_path / "long.edf", seconds=900).read_bytes()
    with Server(tmp_path / "home") as server:
        browser = server.browser
        for seed in range(count(20)):
            upload = browser.post("/api/uploads", {"name": "long.edf", "size": len(data)}).json()["id"]
            first, row = 0, None
            killer = threading.Timer(random.Random(seed).uniform(0.0, 0.25), server.kill)
            killer.start()
            while row is None or server.process is None:
                try:
                    while first < len(data):
                        answer = browser.put(f"/api/uploads/{upload}?offset={first}", data[first : first + SLICE])
                        first = answer.json()["received"]
                    (row,) = browser.post(f"/api/uploads/{upload}/finish").json()["recordings"]
                    killer.join()
                except (OSError, HTTPException):
                    killer.join()
                    server.start()
                    browser.port = server.port
                    waiting = {row["id"]: row["received"] for row in browser.get("/api/uploads").json()}
                    received = waiting.get(upload, len(data))
                    assert first <= received <= first + SLICE
                    first = received
            assert [row["id"] for row in browser.get("/api/recordings").json()] == [row["id"]]
            assert (tmp_path / "home" / "recordings" / row["id"] / "long.edf").read_bytes() == data
            assert browser.delete(f"/api/recordings/{row['id']}").status == 204
