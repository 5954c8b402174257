"""Files come in through the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from serving import Client, write_recording

import vendors
from epilepsy import interrupt
from semeia.events import Event, Events
from semeia.web.models import Recording


def test_a_dropped_file_is_in_the_library(client: Client, recording_file: Path) -> None:
    data = recording_file.read_bytes()
    upload = client.post("/api/uploads", {"name": "p1.edf", "size": len(data)}).json()
    assert (upload["name"], upload["size"], upload["received"]) == ("p1.edf", len(data), 0)
    at = f"/api/uploads/{upload['id']}"
    assert client.put(f"{at}?offset=0", data[:1000]).json() == {"received": 1000}
    assert [row["received"] for row in client.get("/api/uploads").json()] == [1000]
    late = client.put(f"{at}?offset=0", data[:1000])
    assert late.status_code == 409 and late.json()["received"] == 1000
    early = client.post(f"{at}/finish")
    assert early.status_code == 409 and early.json()["received"] == 1000
    client.put(f"{at}?offset=1000", data[1000:])
    (row,) = client.post(f"{at}/finish").json()["recordings"]
    assert row["name"] == "p1.edf" and row["seizures"] == 1
    assert client.post(f"{at}/finish").json()["recordings"] == [row], "asked again, answered again"
    assert client.get("/api/uploads").json() == []


def test_what_cannot_be_read_is_refused_with_its_message(client: Client, recording_file: Path) -> None:
    data = recording_file.read_bytes()[:-5000]
    at = f"/api/uploads/{client.post('/api/uploads', {'name': 'cut.edf', 'size': len(data)}).json()['id']}"
    client.put(f"{at}?offset=0", data)
    answer = client.post(f"{at}/finish")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("cut.edf: header says") and "truncated" in answer.json()["detail"]
    assert client.get("/api/uploads").json() == [] and not Recording.objects.exists()


def test_a_half_copied_file_is_refused_and_the_whole_one_comes_in(client: Client, recording_file: Path) -> None:
    data = recording_file.read_bytes()
    for size in (100, 3000, len(data) // 2, len(data) - 1):
        answer = sent(client, "p1.edf", data[:size])
        assert answer.status_code == 422 and answer.json()["detail"].startswith("p1.edf: "), size
    assert not Recording.objects.exists()
    (row,) = sent(client, "p1.edf", data).json()["recordings"]
    assert row["duration"] == 60


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (-2, "record 31 begins at 28 s, before record 30 ends at 30 s"),
        (-30, "record 31 begins at 0 s, before record 30 ends at 30 s"),
    ],
)
def test_records_that_overlap_or_lie_out_of_order_are_refused_with_their_number(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gap: int, words: str
) -> None:
    path = write_recording(tmp_path / "night.edf")
    interrupt(path, 30, gap)
    refused = f"night.edf: {words}; EDF+D records must be in order and apart"
    answer = sent(client, path.name, path.read_bytes())
    assert answer.status_code == 422 and answer.json()["detail"] == refused
    monkeypatch.setattr(settings, "IMPORT_FOLDERS", [tmp_path])
    (folder,) = client.get("/api/folders").json()["folders"]
    answer = client.post("/api/imports", {"at": [folder["at"]], "copy": False}).json()
    assert answer["recordings"] == [] and answer["refused"] == [{"name": "night.edf", "why": refused}]
    assert not Recording.objects.exists()


def test_what_a_file_marks_outside_itself_is_said(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_recording(tmp_path / "a.edf", events=())
    Events([Event(-9, 3), Event(-2, 5), Event(10, 5), Event(70, 1)]).write(path.with_name("a_events.tsv"))
    note = "a.edf: 2 events lie outside the recording: left out; 1 event reaches beyond the recording: cut at its edge"
    monkeypatch.setattr(settings, "IMPORT_FOLDERS", [tmp_path])
    (folder,) = client.get("/api/folders").json()["folders"]
    answer = client.post("/api/imports", {"at": [folder["at"]], "copy": False}).json()
    assert answer["notes"] == [note]
    (row,) = answer["recordings"]
    there = client.get(f"/api/recordings/{row['id']}/events").json()
    assert [(event["onset"], event["duration"]) for event in there] == [(0, 3), (10, 5)]
    answer = sent(client, "b.edf", write_recording(tmp_path / "b.edf", events=(Event(90.0, 5.0),)).read_bytes())
    assert answer.json()["notes"] == ["b.edf: 1 event lies outside the recording: left out"]


def test_a_slice_has_a_largest_size(client: Client) -> None:
    upload = client.post("/api/uploads", {"name": "a.edf", "size": 2**30}).json()["id"]
    answer = client.put(f"/api/uploads/{upload}?offset=0", bytes(16 * 2**20 + 1))
    assert answer.status_code == 413 and answer.json()["detail"] == "A slice may have at most 16 MiB."
    assert client.delete(f"/api/uploads/{upload}").status_code == 204
    assert client.put(f"/api/uploads/{upload}?offset=0", b"x").status_code == 404


def sent(client: Client, name: str, data: bytes) -> Any:
    at = f"/api/uploads/{client.post('/api/uploads', {'name': name, 'size': len(data)}).json()['id']}"
    client.put(f"{at}?offset=0", data)
    return client.post(f"{at}/finish")


def dropped(client: Client, path: Path) -> Any:
    return sent(client, path.name, path.read_bytes())


def test_a_vendors_file_comes_in_alone_or_says_what_belongs_to_it(client: Client, tmp_path: Path) -> None:
    vendors.gdf(tmp_path / "p7.gdf")
    (row,) = dropped(client, tmp_path / "p7.gdf").json()["recordings"]
    assert (row["name"], row["patient"]["name"]) == ("p7.gdf", "p7")
    page = client.get(f"/api/recordings/{row['id']}/page", {"start": 0, "seconds": 2, "pixels": 500})
    assert page.status_code == 200
    vendors.brainvision(tmp_path / "a.vhdr")
    answer = dropped(client, tmp_path / "a.vhdr")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(
        "a.vhdr: a recording in the format BrainVision is several files, and a.eeg"
    )
    assert "open BrainVision's .vhdr" in dropped(client, tmp_path / "a.vmrk").json()["detail"]


@pytest.mark.parametrize("wrong", [{"size": 0}, {"size": -1}, {"name": ""}, {"size": 2**60}])
def test_what_is_no_file_is_not_begun(client: Client, wrong: dict[str, object]) -> None:
    assert client.post("/api/uploads", {"name": "a.edf", "size": 9, **wrong}).status_code == 422


def test_files_of_the_servers_folders_are_taken(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recording(tmp_path / "chb01" / "chb01_01.edf", seconds=1, subject="")
    (tmp_path / "chb01" / "broken.edf").write_bytes(b"nothing")
    monkeypatch.setattr(settings, "IMPORT_FOLDERS", [tmp_path / "chb01"])
    (folder,) = client.get("/api/folders").json()["folders"]
    listed = client.get("/api/folders", {"at": folder["at"]}).json()
    assert [file["name"] for file in listed["files"]] == ["broken.edf", "chb01_01.edf"]
    answer = client.post("/api/imports", {"at": [folder["at"], listed["files"][1]["at"]], "copy": False}).json()
    assert [(row["name"], row["patient"]["name"]) for row in answer["recordings"]] == [("chb01_01.edf", "chb01")]
    assert [row["name"] for row in answer["refused"]] == ["broken.edf"]
    assert answer["refused"][0]["why"].startswith("broken.edf: ") and str(tmp_path) not in answer["refused"][0]["why"]
    assert Recording.objects.get().path == str(tmp_path / "chb01" / "chb01_01.edf")
    copied = client.post("/api/imports", {"at": [listed["files"][1]["at"]], "copy": True}).json()["recordings"]
    assert Recording.objects.get(pk=copied[0]["id"]).copied


def test_of_a_vendors_recording_its_header_stands_in_the_folder(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors.brainvision(tmp_path / "p2_01.vhdr")
    monkeypatch.setattr(settings, "IMPORT_FOLDERS", [tmp_path])
    (folder,) = client.get("/api/folders").json()["folders"]
    listed = client.get("/api/folders", {"at": folder["at"]}).json()
    assert [file["name"] for file in listed["files"]] == ["p2_01.vhdr"]
    (row,) = client.post("/api/imports", {"at": [folder["at"]], "copy": False}).json()["recordings"]
    assert (row["name"], row["seizures"]) == ("p2_01.vhdr", 1)


def test_a_path_is_no_token(client: Client, recording_file: Path) -> None:
    for at in (str(recording_file), "../..", "/etc"):
        assert client.get("/api/folders", {"at": at}).status_code == 404
        answer = client.post("/api/imports", {"at": [at], "copy": True})
        assert answer.status_code == 404 and "not there" in answer.json()["detail"]
    assert not Recording.objects.exists()
