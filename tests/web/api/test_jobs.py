"""Jobs over the API: listed with how far they are, stopped, and run again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from serving import Client
from working import find, in_library, now

from semeia.web.jobs import lifecycle
from semeia.web.jobs.progress import begin, progress_file
from semeia.web.models import Job, Membership, Project

State = Job.State


@pytest.fixture
def job(client: Client, recording_file: Path) -> Job:
    return find(in_library(recording_file))


def say(job: Job, *entries: dict[str, object]) -> None:
    with progress_file(job.pk).open("a") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)


def test_jobs_are_told_with_how_far_they_are(client: Client, job: Job) -> None:
    (row,) = client.get("/api/jobs").json()
    assert (row["id"], row["state"], row["share"]) == (job.pk, "queued", None)
    lifecycle.claim([])
    begin(job.pk, 1)
    say(job, {"event": "progress", "share": 0.25})
    (row,) = client.get("/api/jobs").json()
    assert (row["state"], row["share"]) == ("running", 0.25)
    lifecycle.end(now(job), 0)
    (row,) = client.get("/api/jobs").json()
    assert (row["state"], row["share"]) == ("done", 1.0) and row["ended_at"] is not None


def test_values_come_while_it_runs_from_where_they_are_wanted(client: Client, job: Job) -> None:
    where = f"/api/jobs/{job.pk}/track"
    assert client.get(where).json() == {"window": None, "hop": None, "first": 0, "values": []}
    begin(job.pk, 1)
    say(job, {"event": "track", "window": 8.0, "hop": 1.0, "first": 0, "values": [0.1, None, 0.3]})
    assert client.get(where).json() == {"window": 8.0, "hop": 1.0, "first": 0, "values": [0.1, None, 0.3]}
    assert client.get(where, {"first": 2}).json()["values"] == [0.3]
    assert client.get(where, {"first": 9}).json()["values"] == []
    assert client.get(where, {"first": -1}).status_code == 422


def test_a_waiting_job_is_stopped_at_once_and_run_again(client: Client, job: Job) -> None:
    assert client.post(f"/api/jobs/{job.pk}/stop").json()["state"] == "cancelled"
    answer = client.post(f"/api/jobs/{job.pk}/stop")
    assert (answer.status_code, answer.json()) == (409, {"detail": "This job has ended already."})
    assert client.post(f"/api/jobs/{job.pk}/retry").json()["state"] == "queued"
    answer = client.post(f"/api/jobs/{job.pk}/retry")
    assert answer.status_code == 409 and "failed or was stopped" in answer.json()["detail"]


def test_a_running_job_is_asked_to_stop(client: Client, job: Job) -> None:
    lifecycle.claim([])
    assert client.post(f"/api/jobs/{job.pk}/stop").json()["state"] == "stopping"
    assert client.post(f"/api/jobs/{job.pk}/stop").json()["state"] == "stopping"


def test_the_jobs_of_others_are_not_there_and_readers_only_look(client: Client, job: Job) -> None:
    membership = Membership.objects.get()
    membership.role = Membership.Role.READER
    membership.save()
    assert len(client.get("/api/jobs").json()) == 1
    assert client.post(f"/api/jobs/{job.pk}/stop").status_code == 403
    membership.project = Project.objects.create(name="another")
    membership.save()
    assert client.get("/api/jobs").json() == []
    assert client.post(f"/api/jobs/{job.pk}/stop").status_code == 404
    assert client.get(f"/api/jobs/{job.pk}/track").status_code == 404
    assert now(job).state == State.QUEUED
