"""Jobs on image sets, by a real worker: a model judges the pictures, twins are found, a map is made."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from django.test import Client as DjangoClient
from serving import Client, wait_for
from working import Worker, ended

from semeia.web import pictures
from semeia.web.entrance import owner
from semeia.web.jobs import lifecycle
from semeia.web.models import Finding, ImageSet, Job
from semeia.web.permission import project_of


@pytest.fixture
def images(worker: Worker, image_folder: Path) -> ImageSet:
    return pictures.add_folder(project_of(owner()), image_folder)[0]


def test_a_model_judges_all_pictures_that_can_be_read(images: ImageSet, image_model: str) -> None:
    job = ended(lifecycle.queue("classify", images, None, {"model": image_model}))
    assert (job.state, job.message) == (Job.State.DONE, "")
    findings = Finding.objects.filter(picture__set=images)
    assert findings.count() == 15, "all but the broken one"
    said = dict(findings.values_list("picture__name", "says"))
    wrong = {name for name, says in said.items() if not name.startswith(f"{says}/")}
    assert wrong - {"dense/ct.dcm"} == {"clear/wrong.png"}
    for classes, probabilities in findings.values_list("classes", "probabilities"):
        assert classes == ["clear", "dense"] and sum(probabilities) == pytest.approx(1, abs=1e-5)


def test_a_model_that_went_away_fails_with_its_reason(images: ImageSet) -> None:
    job = ended(lifecycle.queue("classify", images, None, {"model": "nowhere"}))
    assert job.state == Job.State.FAILED and "'nowhere'" in job.message
    assert not Finding.objects.exists()


def test_twins_are_found(images: ImageSet) -> None:
    pictures.guard(images, None)
    job = ended(Job.objects.get(kind="twins"))
    assert (job.state, job.message) == (Job.State.DONE, "")
    images.refresh_from_db()
    assert images.twins is not None and images.twins["exact"] == 1
    assert images.pictures.get(name="dense/twin.png").group != ""


def test_a_map_is_made_and_drawn(images: ImageSet, image_model: str) -> None:
    client: DjangoClient = Client.signed_in()
    picture = images.pictures.get(name="dense/dense_1.png")
    at, query = f"/api/pictures/{picture.pk}/overlay", {"model": image_model, "target": "dense"}
    query["job"] = client.get(at, query).json()["job"]
    answer = wait_for(lambda: (got := client.get(at, query)).status_code != 202 and got, 60)
    assert answer.status_code == 200, answer.content
    (size,) = struct.unpack_from("<I", answer.content)
    header = json.loads(answer.content[4 : 4 + size])
    values = np.frombuffer(answer.content[4 + size :], np.uint8).reshape(header["rows"], header["columns"])
    assert values.max() > 200 and values.min() < 100
    assert {name: header[name] for name in ("x", "y", "width", "height")} == {"x": 0, "y": 0, "width": 96, "height": 96}
