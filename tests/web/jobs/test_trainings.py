"""The API of Train: data is frozen, recipes are read and looked at, and trainings run as jobs and leave records."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Client, wait_for
from working import Worker, ended, in_library, lines, now

from epilepsy import RECIPE, write_patients
from semeia.web.entrance import owner
from semeia.web.models import Job
from semeia.web.permission import project_of
from semeia.web.pictures import add_folder


@pytest.fixture
def recordings(tmp_path: Path) -> list[str]:
    """Return the ids of four patients' recordings in the Library."""
    write_patients(tmp_path / "patients")
    return [in_library(path).pk for path in sorted((tmp_path / "patients").rglob("*.edf"))]


@pytest.fixture
def emptied(home: Path) -> Iterator[Path]:
    """Take the models and records away that a test leaves."""
    yield home
    for folder in (*(home / "models").glob("tried*"), home / "runs", home / "studies"):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def recipe(client: Client, recordings: list[str]) -> str:
    """Return a recipe on frozen labels of these recordings."""
    frozen = client.post("/api/datasets", {"recordings": recordings}).json()
    return RECIPE.replace('source = "folder"\npath = "patients"', f'source = "frozen"\npath = "{frozen["path"]}"')


def test_data_is_counted_by_patient_and_class(client: Client, recordings: list[str]) -> None:
    frozen = client.post("/api/datasets", {"recordings": recordings[:3]}).json()
    assert frozen["source"] == "frozen" and len(frozen["path"]) == 16
    assert [one["patient"] for one in frozen["patients"]] == ["patient1", "patient2", "patient3"]
    assert frozen["labels"]["seizure"] == sum(one["labels"]["seizure"] for one in frozen["patients"]) > 0
    known = client.get(f"/api/datasets/{frozen['path']}").json()
    assert set(known["recordings"]) == set(recordings[:3])
    assert known["frozen"]["labels"] == frozen["labels"] and known["frozen"]["patients"] == frozen["patients"]
    none = client.post("/api/datasets", {"recordings": []})
    assert none.status_code == 422 and none.json()["detail"].startswith("no recording is chosen")


def test_a_recording_without_marks_is_said(client: Client, recording_file: Path, tmp_path: Path) -> None:
    from serving import write_recording

    row = in_library(write_recording(tmp_path / "silent.edf", events=()))
    notes = client.post("/api/datasets", {"recordings": [row.pk]}).json()["notes"]
    assert notes == ["silent.edf: no event is marked, so all of it is background."]


def test_an_image_set_is_frozen_with_what_people_said(client: Client, image_folder: Path) -> None:
    images, _ = add_folder(project_of(owner()), image_folder)
    before = client.post("/api/datasets", {"images": images.pk}).json()
    picture = images.pictures.get(name="dense/dense_1.png")
    client.post(f"/api/pictures/{picture.pk}/verdict", {"label": "sparse", "replaces": None, "model": ""})
    after = client.post("/api/datasets", {"images": images.pk}).json()
    assert before["source"] == "image-table" and before["path"] != after["path"]
    assert after["labels"]["dense"] == before["labels"]["dense"] - 1


def test_a_recipe_is_read_both_ways_and_what_is_wrong_is_said(client: Client, recipe: str) -> None:
    read = client.post("/api/recipes", {"toml": recipe}).json()
    assert (read["fault"], read["rate"], read["layers"]) == ("", 64.0, [])
    assert tomllib.loads(client.post("/api/recipes", {"recipe": read["recipe"]}).json()["toml"]) == read["recipe"]
    wrong = read["recipe"] | {"training": {"epoch": 3}}
    fault = client.post("/api/recipes", {"recipe": wrong}).json()["fault"]
    assert fault == "unknown key 'training.epoch': did you mean 'epochs'?"
    assert "no TOML" in client.post("/api/recipes", {"toml": "name = "}).json()["fault"]


def test_layers_are_planned_as_they_are_written(client: Client, recipe: str) -> None:
    table = client.post("/api/recipes", {"toml": recipe}).json()["recipe"]
    table["examples"]["montage"] = "recorded"
    del table["augmentation"]["channels"]
    first = {"kind": "conv1d", "maps": 8, "kernel": 9, "stride": 4}
    table["network"] = {"name": "layers", "layers": [first, {"kind": "maxpool1d", "kernel": 4}, {"kind": "relu"}]}
    read = client.post("/api/recipes", {"recipe": table}).json()
    assert [(layer["kind"], layer["shape"], layer["seen"]) for layer in read["layers"][:3]] == [
        ("conv1d", [8, 62], 9),
        ("maxpool1d", [8, 15], 9 + 3 * 4),
        ("relu", [8, 15], 21),
    ]
    assert [layer["added"] for layer in read["layers"]] == [False] * 3 + [True] * 2
    table["network"]["layers"][1]["kernel"] = 400
    assert "layer 2 (maxpool1d)" in client.post("/api/recipes", {"recipe": table}).json()["layers_fault"]


def test_the_form_knows_every_table_network_and_layer(client: Client) -> None:
    form = client.get("/api/recipes/form").json()
    training = form["recordings"]["$defs"]["Training"]["properties"]
    assert training["learning_rate"]["default"] == 1e-3 and training["learning_rate"]["description"]
    networks = {row["name"]: row for row in form["catalogue"] if row["kind"] == "networks"}
    assert {parameter["name"] for parameter in networks["channelwise"]["parameters"]} >= {"width"}
    assert {layer["kind"] for layer in form["layers"]} >= {"conv1d", "linear"}
    assert "eeg-starter" in {shipped["name"] for shipped in form["shipped"]}


def test_what_a_training_takes_and_what_its_network_sees(client: Client, worker: Worker, recipe: str) -> None:
    for route in ("estimate", "preview"):
        first = client.post(f"/api/recipes/{route}", {"toml": recipe})
        assert first.status_code == 202
        job = first.json()["job"]
        ended(Job.objects.get(pk=job))
        answer = client.post(f"/api/recipes/{route}", {"toml": recipe, "job": job})
        assert answer.status_code == 200
        if route == "preview":
            assert b"".join(answer.streaming_content).startswith(b"\x89PNG")  # type: ignore[attr-defined]
        else:
            found = answer.json()
            assert found["faults"] == [] and found["parameters"] > 0 and found["seconds"] > 0 and found["bytes"] > 0
    wrong = recipe.replace('"raw"', '"row"')
    job = client.post("/api/recipes/estimate", {"toml": wrong}).json()["job"]
    ended(Job.objects.get(pk=job))
    found = client.post("/api/recipes/estimate", {"toml": wrong, "job": job}).json()
    assert "did you mean 'raw'?" in found["faults"][0]


def test_a_training_runs_and_leaves_model_and_record(
    client: Client, worker: Worker, recipe: str, emptied: Path
) -> None:
    job = client.post("/api/trainings", {"toml": recipe, "name": "tried"}).json()
    assert client.post("/api/trainings", {"toml": recipe, "name": "tried"}).status_code == 409
    assert ended(now_of(job)).state == Job.State.DONE, now_of(job).message
    (run,) = [run for run in client.get("/api/runs").json() if run["model"] == "tried"]
    assert (run["state"], run["installed"], run["job"], run["epochs"], run["of"]) == ("done", True, job["id"], 4, 4)
    detail = client.get(f"/api/runs/{run['id']}").json()
    assert [entry["epoch"] for entry in detail["history"]] == [0, 1, 2, 3]
    assert client.post("/api/recipes", {"recipe": detail["recipe"]}).json()["fault"] == ""
    assert "tried" in {model["name"] for model in client.get("/api/models").json()}
    assert client.get("/api/trainings/names?like=tried").json() == "tried-2"
    assert client.delete(f"/api/runs/{run['id']}").status_code == 204
    assert client.get(f"/api/runs/{run['id']}").status_code == 404


def test_a_stopped_training_goes_on_where_it_was(client: Client, worker: Worker, recipe: str, emptied: Path) -> None:
    longer = recipe.replace("epochs = 4", "epochs = 12")
    job = client.post("/api/trainings", {"toml": longer, "name": "tried-long"}).json()
    wait_for(lambda: len(lines(now_of(job), "epoch")) >= 2, 60)
    assert client.post(f"/api/jobs/{job['id']}/stop").status_code == 200
    assert ended(now_of(job)).state == Job.State.CANCELLED
    assert "tried-long" not in {model["name"] for model in client.get("/api/models").json()}
    stopped = [run for run in client.get("/api/runs").json() if run["model"] == "tried-long"]
    assert [run["state"] for run in stopped] == ["stopped"]
    client.post(f"/api/jobs/{job['id']}/retry")
    assert ended(now_of(job)).state == Job.State.DONE, now_of(job).message
    assert lines(now_of(job), "resumed")
    (run,) = [run for run in client.get("/api/runs").json() if run["model"] == "tried-long"]
    assert (run["state"], run["epochs"]) == ("done", 12)


def test_folds_and_a_search_say_what_they_found(client: Client, worker: Worker, recipe: str, emptied: Path) -> None:
    quick = recipe.replace("epochs = 4", "epochs = 1").replace('["patient4"]', "0.34")
    folds = client.post("/api/trainings", {"toml": quick, "name": "tried-folds", "kind": "folds", "folds": 2}).json()
    space = '\n[search]\ntrials = 2\nobjective = "validation_loss"\n[search.space]\n"network.width" = [2, 3]\n'
    search = client.post("/api/trainings", {"toml": quick + space, "name": "tried-search", "kind": "search"}).json()
    for job in (folds, search):
        assert ended(now_of(job), 120).state == Job.State.DONE, now_of(job).message
    scored = client.get(f"/api/studies/{folds['id']}").json()
    assert [row[0] for row in scored["rows"][:2]] == ["fold 1", "fold 2"] and "AUROC" in scored["heads"]
    found = client.get(f"/api/studies/{search['id']}").json()
    assert found["objective"] == "validation_loss" and len(found["trials"]) == 2
    assert {trial["parameters"]["network.width"] for trial in found["trials"]} <= {2, 3}
    assert "network" in tomllib.loads(found["best"])


def now_of(job: dict[str, str]) -> Job:
    return now(Job.objects.get(pk=job["id"]))
