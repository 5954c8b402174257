"""Trends come by themselves, are there as far as they are built, and are built again when the cache was deleted."""

from __future__ import annotations

import json
import shutil
import struct
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from serving import Client, wait_for, write_recording

from semeia.home import home_folder
from semeia.signals import trends as building
from semeia.web import trends
from semeia.web.entrance import owner
from semeia.web.library import add_file
from semeia.web.models import Project, Recording
from semeia.web.permission import project_of


def unpacked(body: bytes) -> tuple[dict[str, Any], NDArray[np.float32], NDArray[np.float32]]:
    """Return the header, the power and the amplitude of an answer."""
    (size,) = struct.unpack("<I", body[:4])
    header = json.loads(body[4 : 4 + size])
    shape = (len(header["sides"]), header["columns"])
    values, split = np.frombuffer(body[4 + size :], "<f4"), shape[0] * shape[1] * len(header["frequencies"])
    return header, values[:split].reshape(*shape, -1), values[split:].reshape(*shape, 2)


@pytest.fixture
def recording(client: Client, tmp_path: Path) -> Recording:
    return add_file(project_of(owner()), write_recording(tmp_path / "p1_01.edf"))[0]


def whole(client: Client, id: str, columns: int = 1280) -> bytes:
    """Return the answer when it is built."""

    def ready() -> bytes | None:
        answer = client.get(f"/api/recordings/{id}/trends?columns={columns}")
        assert answer.status_code in {200, 202}, answer.content
        done = answer.status_code == 200 and unpacked(answer.content)[0]["share"] == 1.0
        return answer.content if done else None

    return bytes(wait_for(ready))


def test_they_are_told_as_a_header_and_numbers(client: Client, recording: Recording) -> None:
    first = client.get(f"/api/recordings/{recording.id}/trends")
    assert (first.status_code, first.json()) == (202, {"share": 0.0})
    header, power, amplitude = unpacked(whole(client, recording.id))
    assert header | {"frequencies": []} == {
        "seconds": 60.0,
        "width": 1,
        "columns": 60,
        "sides": ["left", "right"],
        "source": "longitudinal",
        "frequencies": [],
        "share": 1.0,
    }
    assert header["frequencies"] == [step / 2 for step in range(1, 51)]
    assert not np.isnan(power).any()
    assert (amplitude[..., 0] < amplitude[..., 1]).all()
    few = unpacked(whole(client, recording.id, columns=20))
    assert (few[0]["width"], few[1].shape, few[2].shape) == (3, (2, 20, 50), (2, 20, 2))
    assert client.get(f"/api/recordings/{recording.id}/trends?columns=0").status_code == 422


def test_they_are_shown_while_they_grow_and_built_again_when_the_cache_is_gone(
    client: Client, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_SAMPLES", 20_000)
    before = whole(client, recording.id)
    half, go_on, real = threading.Event(), threading.Event(), trends.build_trends

    def halting(recording, file, progress):  # type: ignore[no-untyped-def]
        def report(now: building.Trends) -> None:
            progress(now)
            if now.share >= 0.5:
                half.set()
                assert go_on.wait(20)

        return real(recording, file, report)

    monkeypatch.setattr(trends, "build_trends", halting)
    shutil.rmtree(home_folder() / "cache" / "trends")
    client.get(f"/api/recordings/{recording.id}/trends")
    assert half.wait(20)
    header, power, _ = unpacked(client.get(f"/api/recordings/{recording.id}/trends").content)
    assert 0.5 <= header["share"] < 1
    assert not np.isnan(power[:, :30]).any()
    assert np.isnan(power[:, -1]).all()
    shutil.rmtree(home_folder() / "cache" / "trends")
    go_on.set()
    assert whole(client, recording.id) == before


def test_what_has_none_says_why_in_one_line(client: Client, tmp_path: Path) -> None:
    slow = add_file(project_of(owner()), write_recording(tmp_path / "slow.edf", rate=20))[0]

    def told() -> Any:
        answer = client.get(f"/api/recordings/{slow.id}/trends")
        return answer.status_code == 422 and answer.json()["detail"]

    assert wait_for(told) == "slow.edf: no trends, as no EEG channel has 60 samples a second or more"


def test_nobody_sees_what_is_not_theirs(client: Client, recording: Recording) -> None:
    address = f"/api/recordings/{recording.id}/trends"
    assert Client(SERVER_NAME="localhost").get(address).status_code == 401
    Recording.objects.filter(pk=recording.id).update(project=Project.objects.create(name="another"))
    assert client.get(address).status_code == 404
