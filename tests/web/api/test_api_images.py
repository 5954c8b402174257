"""Image sets and their pictures through the API."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image
from serving import Client, write_recording

from imaging import lung, write_images
from semeia.web import pictures
from semeia.web.entrance import owner
from semeia.web.models import Finding, ImageSet, Job, Membership, Picture, Project, Verdict
from semeia.web.permission import project_of


@pytest.fixture
def images(client: Client, image_folder: Path) -> ImageSet:
    return pictures.add_folder(project_of(owner()), image_folder)[0]


@pytest.fixture
def picture(images: ImageSet) -> Picture:
    return images.pictures.get(name="clear/wrong.png")


def listed(client: Client, images: ImageSet, **query: str) -> dict[str, dict[str, Any]]:
    rows = client.get(f"/api/image-sets/{images.pk}/pictures", query).json()["pictures"]
    return {row["name"]: row for row in rows}


def test_the_list_says_what_is_in_a_set(client: Client, images: ImageSet) -> None:
    (row,) = client.get("/api/image-sets").json()
    assert row["name"] == "lungs" and row["pictures"] == 15 and row["reviewed"] == 0 and not row["missing"]
    assert row["classes"] == [{"name": "clear", "pictures": 7}, {"name": "dense", "pictures": 8}]
    assert row["unread"] == 1 and row["problems"][0].startswith("broken.png: ")
    assert row["twins"] is None and len(row["sample"]) == 3
    assert client.get("/api/image-sets", {"search": "DENSE lung"}).json() == [row]
    assert client.get("/api/image-sets", {"search": "recording"}).json() == []


def test_no_answer_tells_a_path(client: Client, images: ImageSet, picture: Picture, image_folder: Path) -> None:
    client.post(f"/api/image-sets/{images.pk}/look")
    for path in (
        "/api/image-sets",
        f"/api/image-sets/{images.pk}",
        f"/api/image-sets/{images.pk}/pictures",
        f"/api/pictures/{picture.pk}/pixels",
        f"/api/pictures/{picture.pk}/pixels?frame=7",
        "/api/jobs",
    ):
        assert str(image_folder.parent).encode() not in client.get(path).content, path


def test_a_folder_of_the_server_becomes_a_set_and_is_guarded(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path / "open" / "lungs", each=1)
    write_recording(tmp_path / "open" / "night.edf", seconds=1)
    monkeypatch.setattr(settings, "IMPORT_FOLDERS", [tmp_path / "open"])
    (top,) = client.get("/api/folders").json()["folders"]
    inside = client.get("/api/folders", {"at": top["at"]}).json()
    assert inside["images"] == 6 and [file["name"] for file in inside["files"]] == ["night.edf"]
    row = client.post("/api/image-sets", {"at": inside["folders"][0]["at"]}).json()
    assert (row["name"], row["pictures"], row["unread"]) == ("lungs", 5, 1)
    assert [(job.kind, job.images_id) for job in Job.objects.all()] == [("twins", row["id"])]
    again = client.post("/api/image-sets", {"at": inside["folders"][0]["at"]}).json()
    assert again["id"] == row["id"] and Job.objects.count() == 1
    for at in (str(tmp_path), "../..", "/etc"):
        assert client.post("/api/image-sets", {"at": at}).status_code == 404


def send(client: Client, path: Path, name: str, folder: str = "") -> Any:
    data = path.read_bytes()
    upload = client.post("/api/uploads", {"name": name, "size": len(data), "folder": folder}).json()
    assert client.put(f"/api/uploads/{upload['id']}?offset=0", data).status_code == 200
    return client.post(f"/api/uploads/{upload['id']}/finish"), upload["id"]


def test_dropped_images_come_into_sets_by_their_folders(client: Client, image_folder: Path) -> None:
    answer, id = send(client, image_folder / "dense" / "dense_1.png", "a.png", "new set/ill")
    assert answer.json()["recordings"] == []
    (row,) = client.get("/api/image-sets").json()
    assert answer.json()["sets"] == [row["id"]] and row["name"] == "new set" and row["sample"] == [id]
    assert client.post(f"/api/uploads/{id}/finish").json() == answer.json(), "asked again, answered again"
    assert client.get("/api/uploads").json() == []
    refused, _ = send(client, image_folder / "dense" / "broken.png", "b.png")
    assert refused.status_code == 422 and refused.json()["detail"].startswith("b.png: is damaged")
    assert client.get("/api/uploads").json() == [] and len(client.get("/api/image-sets").json()) == 1
    client.post(f"/api/image-sets/{row['id']}/look")
    assert Job.objects.get().kind == "twins"


def test_a_set_is_renamed_and_removed_unless_a_job_is_at_work(client: Client, images: ImageSet) -> None:
    at = f"/api/image-sets/{images.pk}"
    assert client.patch(at, {"name": " chests "}).json()["name"] == "chests"
    assert client.patch(at, {"name": " "}).status_code == 422
    client.post(f"{at}/look")
    answer = client.delete(at)
    assert answer.status_code == 409 and "stop it first" in answer.json()["detail"]
    Job.objects.update(state=Job.State.DONE)
    assert client.delete(at).status_code == 204 and client.get(at).status_code == 404
    assert not Picture.objects.exists()


def test_pictures_come_with_what_was_said_of_them(client: Client, images: ImageSet, picture: Picture) -> None:
    said = {"model": "spots", "says": "dense", "classes": ["clear", "dense"], "probabilities": [0.1, 0.9]}
    Finding.objects.create(project_id=images.project_id, picture=picture, **said)
    assert "dense/broken.png" not in listed(client, images)
    assert listed(client, images)["clear/wrong.png"]["finding"] is None
    answer = client.get(f"/api/image-sets/{images.pk}/pictures", {"model": "spots"}).json()
    assert answer["classes"] == ["clear", "dense"]
    rows = {row["name"]: row for row in answer["pictures"]}
    assert (rows["clear/wrong.png"]["says"], rows["clear/wrong.png"]["finding"]) == ("dense", [0.1, 0.9])
    assert rows["dense/ct.dcm"] == {
        "id": images.pictures.get(name="dense/ct.dcm").pk,
        "name": "dense/ct.dcm",
        "kind": "DICOM",
        "width": 80,
        "height": 80,
        "frames": 5,
        "label": "dense",
        "patient": "",
        "group": "",
        "verdict": None,
        "says": None,
        "finding": None,
    }


def test_a_verdict_is_given_changed_and_taken_back(client: Client, images: ImageSet, picture: Picture) -> None:
    at = f"/api/pictures/{picture.pk}/verdict"
    first = client.post(at, {"label": "dense", "replaces": None}).json()["verdict"]
    assert (first["label"], first["status"], first["user"]) == ("dense", "corrected", "owner")
    assert listed(client, images)["clear/wrong.png"]["verdict"] == first
    assert client.get("/api/image-sets").json()[0]["reviewed"] == 1
    late = client.post(at, {"label": "clear", "replaces": None})
    assert late.status_code == 409 and late.json()["current"] == first
    second = client.post(at, {"label": "clear", "replaces": first["id"]}).json()["verdict"]
    assert second["status"] == "confirmed"
    assert client.post(at, {"label": None, "replaces": second["id"]}).json() == {"verdict": None}
    assert listed(client, images)["clear/wrong.png"]["verdict"] is None
    late = client.post(at, {"label": "clear", "replaces": second["id"]})
    assert late.status_code == 409 and late.json()["current"] is None
    assert client.post(at, {"label": " ", "replaces": None}).status_code == 422
    assert Verdict.objects.count() == 3


def test_pixels_and_thumbnails_are_drawn(client: Client, images: ImageSet) -> None:
    ct = images.pictures.get(name="dense/ct.dcm")
    answer = client.get(f"/api/pictures/{ct.pk}/pixels", {"frame": 4})
    assert answer["Content-Type"] == "application/octet-stream"
    header = json.loads(answer.content[4 : 4 + struct.unpack_from("<I", answer.content)[0]])
    assert (header["frame"], header["unit"]) == (4, "HU")
    assert client.get(f"/api/pictures/{ct.pk}/pixels", {"frame": 5}).status_code == 422
    assert client.get(f"/api/pictures/{ct.pk}/pixels", {"frame": -1}).status_code == 422
    small = client.get(f"/api/pictures/{ct.pk}/thumbnail")
    assert small["Content-Type"] == "image/jpeg" and small.content.startswith(b"\xff\xd8")


def test_a_file_that_changed_or_went_away_is_said(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "set" / "a"
    folder.mkdir(parents=True)
    Image.fromarray(lung(1, dense=False)).save(folder / "1.png")
    picture = pictures.add_folder(project_of(owner()), tmp_path / "set")[0].pictures.get()
    Image.fromarray(lung(2, dense=True)).save(folder / "1.png")
    for part in ("pixels", "thumbnail"):
        answer = client.get(f"/api/pictures/{picture.pk}/{part}")
        assert answer.status_code == 409 and answer.json()["detail"].startswith("1.png: its file has changed")
    (folder / "1.png").unlink()
    assert client.get(f"/api/pictures/{picture.pk}/pixels").status_code == 410


def test_models_say_what_they_judge(client: Client, images: ImageSet, picture: Picture, image_model: str) -> None:
    rows = {row["name"]: row for row in client.get("/api/models").json()}
    assert (rows["eeg-starter"]["judges"], rows[image_model]["judges"]) == ("recordings", "images")
    assert rows[image_model]["classes"] == ["clear", "dense"] and rows[image_model]["window"] is None
    job = client.post(f"/api/image-sets/{images.pk}/classify", {"model": image_model}).json()
    assert (job["kind"], job["images"], job["recording"]) == ("classify", {"id": images.pk, "name": "lungs"}, None)
    assert client.post(f"/api/image-sets/{images.pk}/classify", {"model": image_model}).json()["id"] == job["id"]
    for wrong in ("nowhere", "eeg-starter"):
        answer = client.post(f"/api/image-sets/{images.pk}/classify", {"model": wrong})
        assert answer.status_code == 422 and wrong in answer.json()["detail"]
    recording = client.get(f"/api/pictures/{picture.pk}/overlay", {"model": "eeg-starter", "target": "seizure"})
    assert recording.status_code == 422


def test_a_map_is_made_by_a_job_that_is_asked_for_once(
    client: Client, images: ImageSet, picture: Picture, image_model: str
) -> None:
    at, query = f"/api/pictures/{picture.pk}/overlay", {"model": image_model, "target": "dense"}
    waiting = client.get(at, query)
    job = Job.objects.get()
    assert waiting.status_code == 202 and waiting.json() == {"job": job.pk} and job.kind == "explain"
    assert client.get(at, query).json() == {"job": job.pk}
    Job.objects.update(state=Job.State.FAILED, message="the network cannot be explained")
    failed = client.get(at, {**query, "job": job.pk})
    assert failed.status_code == 422 and failed.json()["detail"] == "the network cannot be explained"
    assert client.get(at, query).json()["job"] != job.pk, "who asks anew makes it tried again"
    assert client.get(at, {**query, "model": "nowhere"}).status_code == 422


def test_another_projects_pictures_are_not_there(client: Client, image_folder: Path, image_model: str) -> None:
    theirs, _ = pictures.add_folder(Project.objects.create(name="theirs"), image_folder)
    one = theirs.pictures.get(name="clear/wrong.png")
    assert client.get("/api/image-sets").json() == []
    query = f"?model={image_model}&target=dense"
    for method, path, data in (
        ("GET", f"/api/image-sets/{theirs.pk}", None),
        ("GET", f"/api/image-sets/{theirs.pk}/pictures", None),
        ("POST", f"/api/image-sets/{theirs.pk}/look", {}),
        ("PATCH", f"/api/image-sets/{theirs.pk}", {"name": "mine"}),
        ("DELETE", f"/api/image-sets/{theirs.pk}", None),
        ("POST", f"/api/image-sets/{theirs.pk}/classify", {"model": image_model}),
        ("GET", f"/api/pictures/{one.pk}/pixels", None),
        ("GET", f"/api/pictures/{one.pk}/thumbnail", None),
        ("GET", f"/api/pictures/{one.pk}/overlay{query}", None),
        ("POST", f"/api/pictures/{one.pk}/verdict", {"label": "dense", "replaces": None}),
    ):
        answer = getattr(client, method.lower())(path, *([] if data is None else [data]))
        assert answer.status_code == 404, (method, path)
        assert answer.json()["detail"].startswith("There is no such ")
    assert not Job.objects.exists() and not Verdict.objects.exists()


def test_who_may_only_look_changes_nothing(
    client: Client, images: ImageSet, picture: Picture, image_model: str
) -> None:
    Membership.objects.update(role=Membership.Role.READER)
    assert len(listed(client, images)) == 15
    assert client.get(f"/api/pictures/{picture.pk}/pixels").status_code == 200
    for method, path, data in (
        ("POST", f"/api/image-sets/{images.pk}/look", {}),
        ("PATCH", f"/api/image-sets/{images.pk}", {"name": "mine"}),
        ("DELETE", f"/api/image-sets/{images.pk}", None),
        ("POST", f"/api/image-sets/{images.pk}/classify", {"model": image_model}),
        ("POST", f"/api/pictures/{picture.pk}/verdict", {"label": "dense", "replaces": None}),
    ):
        answer = getattr(client, method.lower())(path, *([] if data is None else [data]))
        assert answer.status_code == 403, (method, path)
