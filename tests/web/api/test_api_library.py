"""Recordings through the API."""

from __future__ import annotations

from pathlib import Path

import pytest
from serving import Client, write_recording

from semeia.web import library
from semeia.web.entrance import owner
from semeia.web.models import Job, Patient, Project, Recording
from semeia.web.permission import project_of


@pytest.fixture
def row(client: Client, recording_file: Path) -> Recording:
    return library.add_file(project_of(owner()), recording_file)[0]


def test_the_list_says_what_is_there(client: Client, row: Recording, recording_file: Path) -> None:
    (listed,) = client.get("/api/recordings").json()
    created = listed.pop("created_at")
    assert created.endswith("Z")
    assert listed == {
        "id": row.pk,
        "name": "p1_01.edf",
        "patient": {"id": row.patient.pk, "name": "p1"},
        "duration": 60.0,
        "started_at": "2020-02-03T04:05:06",
        "channels": 19,
        "rate": 128.0,
        "seizures": 1,
        "unreviewed": 0,
        "missing": False,
    }


def test_no_answer_tells_a_path(client: Client, row: Recording, recording_file: Path) -> None:
    for path in ("/api/recordings", f"/api/recordings/{row.pk}", f"/api/recordings/{row.pk}/events", "/api/folders"):
        answer = client.get(path)
        assert answer.status_code == 200 and str(recording_file.parent) not in answer.text


def test_words_are_searched_in_name_and_patient(client: Client, row: Recording, tmp_path: Path) -> None:
    library.add_file(project_of(owner()), write_recording(tmp_path / "night.edf", seconds=1), patient="Øst")
    names = {
        text: [r["name"] for r in client.get("/api/recordings", {"search": text}).json()]
        for text in ("", "P1", "night", "øst", "Øst night", "p1 night", "%")
    }
    assert names[""] == ["night.edf", "p1_01.edf"], "the newest first"
    assert names["P1"] == ["p1_01.edf"]
    assert names["night"] == names["Øst night"] == ["night.edf"]
    assert names["p1 night"] == names["%"] == []


def test_a_recording_tells_channels_and_montages(client: Client, row: Recording, tmp_path: Path) -> None:
    detail = client.get(f"/api/recordings/{row.pk}").json()
    assert detail["channel_list"][0] == {"label": "Fp1", "rate": 128.0, "unit": "uV"}
    assert detail["gaps"] == []
    montages = {montage["name"]: montage for montage in detail["montages"]}
    assert next(iter(montages)) == "recorded"
    assert all(montages[name]["available"] for name in ("recorded", "longitudinal", "average", "laplacian"))
    assert not montages["chbmit"]["available"] and "FT9" in montages["chbmit"]["why"]
    few = write_recording(tmp_path / "few.edf", seconds=1, labels=["Fz", "Cz"], events=())
    other = library.add_file(project_of(owner()), few)[0]
    montages = {m["name"]: m for m in client.get(f"/api/recordings/{other.pk}").json()["montages"]}
    assert [name for name, montage in montages.items() if montage["available"]] == ["recorded"]
    assert "Fp1" in montages["longitudinal"]["why"]


def test_a_file_that_is_gone_is_missing(client: Client, tmp_path: Path) -> None:
    path = write_recording(tmp_path / "gone.edf", seconds=1)
    library.add_file(project_of(owner()), path)
    path.unlink()
    assert client.get("/api/recordings").json()[0]["missing"] is True


def test_rename_and_another_patient(client: Client, row: Recording) -> None:
    answer = client.patch(f"/api/recordings/{row.pk}", {"name": " first night ", "patient": "Anna"}).json()
    assert (answer["name"], answer["patient"]["name"]) == ("first night", "Anna")
    assert [patient.name for patient in Patient.objects.all()] == ["Anna"], "a patient without recordings is no more"
    renamed = client.patch(f"/api/patients/{answer['patient']['id']}", {"name": "A. B."})
    assert renamed.json() == {"id": answer["patient"]["id"], "name": "A. B."}
    assert client.patch(f"/api/recordings/{row.pk}", {"name": "  "}).status_code == 422


def test_two_patients_cannot_share_a_name(client: Client, row: Recording) -> None:
    other = Patient.objects.create(project=row.project, name="other")
    answer = client.patch(f"/api/patients/{other.pk}", {"name": "p1"})
    assert answer.status_code == 409 and "another patient p1" in answer.json()["detail"]


def test_a_recording_is_removed_unless_a_job_is_at_work(client: Client, row: Recording) -> None:
    job = Job.objects.create(project=row.project, recording=row, kind="find", state=Job.State.RUNNING)
    answer = client.delete(f"/api/recordings/{row.pk}")
    assert answer.status_code == 409 and "stop it first" in answer.json()["detail"]
    job.state = Job.State.DONE
    job.save()
    assert client.delete(f"/api/recordings/{row.pk}").status_code == 204
    assert client.get(f"/api/recordings/{row.pk}").status_code == 404
    assert Path(row.path).is_file()


def test_another_projects_recordings_are_not_there(client: Client, tmp_path: Path) -> None:
    theirs = Project.objects.create(name="theirs")
    row, _ = library.add_file(theirs, write_recording(tmp_path / "theirs.edf", seconds=1))
    assert client.get("/api/recordings").json() == []
    for method, path, data in (
        ("GET", f"/api/recordings/{row.pk}", None),
        ("PATCH", f"/api/recordings/{row.pk}", {"name": "mine"}),
        ("DELETE", f"/api/recordings/{row.pk}", None),
        ("PATCH", f"/api/patients/{row.patient.pk}", {"name": "mine"}),
        ("GET", f"/api/recordings/{row.pk}/events", None),
        ("POST", f"/api/recordings/{row.pk}/events", {"onset": 0, "duration": 1}),
    ):
        answer = getattr(client, method.lower())(path, *([] if data is None else [data]))
        assert answer.status_code == 404, (method, path)
        assert answer.json()["detail"].startswith("There is no such ")
