"""Montages of one's own over HTTP: kept, shown, changed, removed, and whose they are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from serving import Client, write_recording

from semeia.signals import open_recording
from semeia.signals.montage import Montage, montage_named
from semeia.web.entrance import owner
from semeia.web.library import add_file
from semeia.web.models import OwnMontage, Project, Recording
from semeia.web.permission import project_of

OWN = {"name": "left", "derivations": [["Fp1-F7", {"Fp1": 1, "F7": -1}], ["front", {"Fp1": 0.5, "Fp2": 0.5, "Cz": -1}]]}


@pytest.fixture
def recording(client: Client, tmp_path: Path) -> Recording:
    return add_file(project_of(owner()), write_recording(tmp_path / "p1_01.edf"))[0]


def row(client: Client, recording: Recording, name: str = "left") -> dict[str, Any]:
    rows = client.get(f"/api/recordings/{recording.pk}").json()["montages"]
    return next(row for row in rows if row["name"] == name)


def test_a_montage_is_kept_and_pages_and_reports_are_made_in_it(client: Client, recording: Recording) -> None:
    assert client.post("/api/montages", OWN).status_code == 200
    told = row(client, recording)
    assert (told["own"], told["available"], told["title"]) == (True, True, "left")
    query = f"start=0&seconds=2&pixels=2000&montage={told['id']}"
    body = client.get(f"/api/recordings/{recording.pk}/page?{query}").content
    size = int.from_bytes(body[:4], "little")
    header = json.loads(body[4 : 4 + size])
    assert [channel["label"] for channel in header["channels"]] == ["Fp1-F7", "front"]
    with open_recording(recording.path) as opened:
        parts = {name: opened.read(0, 2, [opened.index_of(name)])[0] for name in ("Fp1", "Fp2", "F7", "Cz")}
    expected = [parts["Fp1"] - parts["F7"], (parts["Fp1"] + parts["Fp2"]) / 2 - parts["Cz"]]
    np.testing.assert_allclose(np.frombuffer(body[4 + size :], "<f4").reshape(2, -1), expected, atol=1e-3)
    address = f"/api/recordings/{recording.pk}/report?montage={told['id']}"
    words = re.compile("</?span[^>]*>")
    assert "left, 2 channels: Fp1-F7, front" in words.sub("", client.get(address).content.decode())
    anonymous = words.sub("", client.get(f"{address}&anonymous=true").content.decode())
    assert "own, 2 channels: Fp1-F7, channel 2" in anonymous and "left, 2" not in anonymous


def test_what_is_told_of_a_montage_can_be_kept_again(client: Client, recording: Recording) -> None:
    client.post("/api/montages", OWN)
    told = client.get(f"/api/montages/{row(client, recording)['id']}").json()
    assert Montage.from_dict(told) == Montage.from_dict(OWN)
    average = client.get("/api/montages/average").json()
    assert Montage.from_dict(average) == montage_named("average")
    assert client.post("/api/montages", average | {"name": "average of ours"}).status_code == 200
    assert row(client, recording, "average of ours")["available"]


def test_a_change_has_another_id_and_the_old_one_is_no_longer_shown(client: Client, recording: Recording) -> None:
    client.post("/api/montages", OWN)
    old = row(client, recording)["id"]
    changed = OWN | {"derivations": OWN["derivations"][:1], "replaces": old}
    assert client.post("/api/montages", changed).status_code == 200
    assert OwnMontage.objects.count() == 1 and row(client, recording)["id"] != old
    answer = client.get(f"/api/recordings/{recording.pk}/page?start=0&seconds=2&pixels=9&montage={old}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no such montage (any more).")
    assert client.post("/api/montages", changed).status_code == 404  # two tabs at once: the second is told
    assert client.delete(f"/api/montages/{row(client, recording)['id']}").status_code == 204
    assert not OwnMontage.objects.exists()


def test_a_montage_of_absent_channels_is_kept_and_says_what_is_missing(client: Client, recording: Recording) -> None:
    client.post("/api/montages", {"name": "deep", "derivations": [["LT1-LT2", {"LT1": 1, "LT2": -1}]]})
    told = row(client, recording, "deep")
    assert not told["available"] and "no channel has LT1, LT2" in told["why"]
    answer = client.get(f"/api/recordings/{recording.pk}/page?start=0&seconds=2&pixels=9&montage={told['id']}")
    assert answer.status_code == 422 and "no channel has LT1, LT2" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "Average"}, "there is a montage 'Average' already"),
        ({"name": "left"}, "there is a montage 'left' already"),
        ({"name": " "}, "name"),
        ({"derivations": []}, "derivations"),
        ({"derivations": [["Fp1", {"Fp1-F7": 1}]]}, "'Fp1-F7': 1.0 is not an electrode with a weight"),
        ({"derivations": [["Fp1", {}]]}, "at least 1 item"),
    ],
)
def test_what_is_no_montage_is_refused_in_a_line(
    client: Client, recording: Recording, changed: dict[str, Any], words: str
) -> None:
    client.post("/api/montages", OWN)
    answer = client.post("/api/montages", OWN | {"name": "another"} | changed)
    assert answer.status_code == 422
    assert words in answer.json()["detail"] or words == "Fp1"
    assert "\n" not in answer.json()["detail"] and OwnMontage.objects.count() == 1


def test_montages_of_another_project_are_not_there(client: Client, recording: Recording) -> None:
    client.post("/api/montages", OWN)
    id = row(client, recording)["id"]
    OwnMontage.objects.update(project=Project.objects.create(name="theirs"))
    assert all(row["name"] != "left" for row in client.get(f"/api/recordings/{recording.pk}").json()["montages"])
    for answer in (
        client.get(f"/api/montages/{id}"),
        client.delete(f"/api/montages/{id}"),
        client.post("/api/montages", OWN | {"replaces": id}),
    ):
        assert answer.status_code == 404
    assert OwnMontage.objects.count() == 1
