"""Label's questions: a model looks at files, people answer, heads learn in the background, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from django.db import OperationalError
from serving import Client, wait_for, write_recording
from working import Worker, ended, in_library

from semeia.active.head import fit_head
from semeia.active.unlabelled import read_pool
from semeia.datasets import gather, gather_images
from semeia.web import ranking
from semeia.web.entrance import owner
from semeia.web.models import Answer, Job, Queue, Recording
from semeia.web.permission import project_of
from semeia.web.pictures import add_folder
from semeia.web.queues import pool_file

CLASSES = ["background", "seizure"]


@pytest.fixture
def recording(simulated: Path) -> Recording:
    return in_library(simulated)


@pytest.fixture
def queue(client: Client, worker: Worker, recording: Recording) -> Iterator[str]:
    """Return the id of a queue on ten minutes with a seizure, at whose file the model has looked."""
    yield from made(client, recordings=[recording.pk])


def made(client: Client, **more: object) -> Iterator[str]:
    wanted = {"name": "first", "model": "eeg-starter", "classes": CLASSES} | more
    answer = client.post("/api/queues", wanted)
    assert answer.status_code == 200, answer.content
    job = ended(Job.objects.get(pk=answer.json()["job"]["id"]))
    assert job.state == Job.State.DONE, job.message
    yield answer.json()["id"]
    ranking.forget(answer.json()["id"])


def reader(name: str) -> Client:
    """Return the browser of another reader."""
    client = Client.signed_in()
    row = client.post("/api/readers", {"name": name}).json()
    assert client.post(f"/api/readers/{row['id']}/enter").status_code in {200, 204}
    return client


def truth(queue: str, candidate: int) -> str:
    """Return what a window is, as the file's own marks say."""
    row = Queue.objects.get(pk=queue)
    pool = read_pool(pool_file(queue))
    path = pool.files[int(pool.source[candidate])]
    marked = Recording.objects.get(path=path).marks.filter(author="file")
    onset, stop = pool.onset[candidate], pool.onset[candidate] + pool.seconds
    inside = any(min(stop, m.onset + m.duration) - max(onset, m.onset) > pool.seconds / 2 for m in marked)
    return str(row.classes[inside])


def answered(client: Client, queue: str, count: int) -> list[dict[str, object]]:
    """Answer so many questions as the file's marks say."""
    given = []
    for _ in range(count):
        question = client.get(f"/api/queues/{queue}/next").json()[0]
        label = truth(queue, question["candidate"])
        answer = client.post(f"/api/queues/{queue}/answers", {"candidate": question["candidate"], "label": label})
        assert answer.status_code == 200, answer.content
        given.append(answer.json())
    return given


def state(client: Client, queue: str) -> dict[str, object]:
    answer = client.get(f"/api/queues/{queue}")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_questions_are_asked_answered_and_learnt_from(client: Client, queue: str) -> None:
    first = client.get(f"/api/queues/{queue}/next").json()
    assert len(first) == 5 and first[0]["duration"] == 8 and set(first[0]["says"]) == set(CLASSES)
    given = answered(client, queue, 40)
    assert len({one["candidate"] for one in given}) == 40
    wait_for(lambda: ranking.ranking_of(Queue.objects.get(pk=queue)).learnt.answers == 40, 20)
    now = state(client, queue)
    assert now["answered"] == 40 and sum(now["counts"].values()) == 40  # type: ignore[attr-defined]
    assert now["by_reader"] == {owner().get_username(): 40}
    held = ranking.ranking_of(Queue.objects.get(pk=queue)).held
    assert sum(bool(held[one["candidate"]]) for one in given) == 8  # every fifth
    following = client.get(f"/api/queues/{queue}/next").json()
    assert not {q["candidate"] for q in following} & {one["candidate"] for one in given}


def test_a_queue_learns_what_a_seizure_is(client: Client, queue: str) -> None:
    answered(client, queue, 30)
    known = ranking.ranking_of(Queue.objects.get(pk=queue))
    wait_for(lambda: known.learnt.answers == 30, 20)
    is_seizure = np.array([truth(queue, n) == "seizure" for n in range(len(known.pool))])
    said = known.learnt.probability[:, 1]
    assert said[is_seizure].mean() > 0.5 > said[~is_seizure].mean()


def test_while_all_answers_are_of_one_class_what_is_unlike_them_is_asked_next(client: Client, queue: str) -> None:
    for _ in range(8):
        question = client.get(f"/api/queues/{queue}/next").json()[0]
        give(client, queue, candidate=question["candidate"], label="background")
    known = ranking.ranking_of(Queue.objects.get(pk=queue))
    wait_for(lambda: known.learnt.answers == 8, 20)
    answered_rows = np.array(sorted({row.candidate for row in Answer.objects.filter(queue=queue)}))
    learnt = answered_rows[~known.held[answered_rows]]
    like = fit_head(known.pool.embedding[learnt], np.zeros(len(learnt), np.int64), 2)(known.pool.embedding)[:, 0]
    open_rows = np.setdiff1d(np.flatnonzero(~known.held), answered_rows)
    assert known.learnt.order[:5] == open_rows[np.argsort(like[open_rows])[:5]].tolist()  # the strategy is margin
    np.testing.assert_array_equal(known.learnt.probability, known.pool.probability)  # what is shown is the model's


def test_an_answer_is_corrected_and_taken_back(client: Client, queue: str) -> None:
    (one,) = answered(client, queue, 1)
    twice = client.post(f"/api/queues/{queue}/answers", {"candidate": one["candidate"], "label": "seizure"})
    assert twice.status_code == 409 and twice.json()["current"]["id"] == one["id"]
    other = {"candidate": one["candidate"], "label": "", "comment": "muscle?", "replaces": one["id"]}
    corrected = client.post(f"/api/queues/{queue}/answers", other).json()
    assert state(client, queue)["counts"] == {"": 1}
    back = client.delete(f"/api/queues/{queue}/answers/{corrected['id']}").json()
    assert back[0]["candidate"] == one["candidate"]
    assert state(client, queue)["answered"] == 0
    assert client.delete(f"/api/queues/{queue}/answers/{corrected['id']}").status_code == 409
    assert Answer.objects.count() == 3  # appended, never overwritten


def test_what_cannot_be_is_said(client: Client, queue: str, recording: Recording) -> None:
    wrong = client.post(f"/api/queues/{queue}/answers", {"candidate": 0, "label": "sleep"})
    assert (wrong.status_code, wrong.json()["detail"]) == (
        422,
        "sleep is none of the classes: background, seizure.",
    )
    assert client.post(f"/api/queues/{queue}/answers", {"candidate": 10**6, "label": ""}).status_code == 422
    nothing = client.post("/api/queues", {"name": "x", "model": "eeg-starter", "classes": CLASSES})
    assert nothing.json()["detail"].startswith("choose recordings or an image set")
    for more, words in (
        ({"strategy": "marge"}, "did you mean 'margin'?"),
        ({"strategy": "vote-entropy"}, "asks several networks"),
        ({"classes": ["a", "A"]}, "a class is there twice"),
        ({"model": "chest-xray"}, "judges images, not recordings"),
    ):
        wanted = {"name": "x", "model": "eeg-starter", "classes": CLASSES, "recordings": [recording.pk]} | more
        answer = client.post("/api/queues", wanted)
        assert answer.status_code == 422 and words in answer.json()["detail"]


def test_two_readers_are_asked_about_the_same_without_seeing_each_other_and_a_third_settles(
    client: Client, worker: Worker, recording: Recording
) -> None:
    (queue,) = [next(made(client, recordings=[recording.pk], readers=2))]
    second = reader("Bea")
    given = answered(client, queue, 6)
    assert state(client, queue)["counts"] == {} and state(client, queue)["answered"] == 6
    asked = second.get(f"/api/queues/{queue}/next").json()
    mine = {one["candidate"]: one["label"] for one in given}
    assert {q["candidate"] for q in asked} <= set(mine)  # pairs are completed first
    assert "answers" not in asked[0] and "label" not in asked[0]
    disputed = asked[0]["candidate"]
    for question in asked:
        label = mine[question["candidate"]]
        if question["candidate"] == disputed:
            label = CLASSES[1 - CLASSES.index(str(label))]
        give(second, queue, candidate=question["candidate"], label=label)
    assert state(client, queue)["conflicts"] == 1
    (difference,) = client.get(f"/api/queues/{queue}/differences").json()
    assert difference["candidate"] == disputed
    assert {answer["user"] for answer in difference["answers"]} == {owner().get_username(), "Bea"}
    give(client, queue, candidate=disputed, label="seizure", settles=True)
    now = state(client, queue)
    assert now["conflicts"] == 0 and sum(now["counts"].values()) == 5  # type: ignore[attr-defined]
    ranking.forget(queue)


def give(client: Client, queue: str, **said: object) -> None:
    answer = client.post(f"/api/queues/{queue}/answers", said)
    assert answer.status_code == 200, answer.content


def test_two_who_answer_the_same_at_once_are_both_kept_and_a_difference_is_settled(client: Client, queue: str) -> None:
    second = reader("Dan")
    asked = client.get(f"/api/queues/{queue}/next").json()[0]["candidate"]
    give(client, queue, candidate=asked, label="seizure")
    give(second, queue, candidate=asked, label="background")
    now = state(client, queue)
    assert (now["conflicts"], now["counts"]) == (1, {})
    assert now["by_reader"] == {owner().get_username(): 1, "Dan": 1}
    wait_for(lambda: ranking.ranking_of(Queue.objects.get(pk=queue)).learnt.answers == 1, 20)
    settled = client.post(f"/api/queues/{queue}/answers", {"candidate": asked, "label": "seizure", "settles": True})
    assert state(client, queue)["counts"] == {"seizure": 1}
    again = second.post(f"/api/queues/{queue}/answers", {"candidate": asked, "label": "background", "settles": True})
    assert again.status_code == 409 and again.json()["current"]["label"] == "seizure"
    assert second.delete(f"/api/queues/{queue}/answers/{settled.json()['id']}").status_code == 200
    assert state(client, queue)["conflicts"] == 1


def test_a_reader_sees_and_takes_back_only_what_they_said(client: Client, queue: str) -> None:
    second = reader("Eva")
    mine = answered(client, queue, 3)
    client.post(
        f"/api/queues/{queue}/answers",
        {"candidate": mine[0]["candidate"], "label": "", "comment": "muscle?", "replaces": mine[0]["id"]},
    )
    given = client.get(f"/api/queues/{queue}/answers").json()
    assert [row["candidate"] for row in given] == [mine[k]["candidate"] for k in (0, 2, 1)]  # the latest first
    assert (given[0]["answer"]["label"], given[0]["answer"]["comment"]) == ("", "muscle?")
    assert given[0]["recording"] and given[0]["duration"] == 8
    assert second.get(f"/api/queues/{queue}/answers").json() == []
    assert second.delete(f"/api/queues/{queue}/answers/{mine[1]['id']}").status_code == 404
    assert state(client, queue)["answered"] == 3


def test_one_question_in_five_is_drawn_at_random_though_some_are_fetched_ahead(client: Client, queue: str) -> None:
    ahead: list[dict[str, object]] = []
    asked: list[int] = []
    for _ in range(40):  # as the page does
        if len(ahead) < 3:
            held = ",".join(str(question["candidate"]) for question in ahead)
            ahead += client.get(f"/api/queues/{queue}/next?skipped={held}&ahead={len(ahead)}").json()
        candidate = int(str(ahead.pop(0)["candidate"]))
        give(client, queue, candidate=candidate, label=truth(queue, candidate))
        asked.append(candidate)
    held_back = ranking.ranking_of(Queue.objects.get(pk=queue)).held
    assert [bool(held_back[candidate]) for candidate in asked] == [False, False, False, False, True] * 8


def test_what_was_removed_from_the_library_is_asked_no_more(client: Client, worker: Worker, tmp_path: Path) -> None:
    rows = [in_library(write_recording(tmp_path / f"r{k}.edf", seconds=80, subject=f"p{k}")) for k in (1, 2)]
    (queue,) = [next(made(client, recordings=[row.pk for row in rows]))]
    assert state(client, queue)["candidates"] == 20
    Recording.objects.filter(pk=rows[0].pk).delete()
    answered(client, queue, 10)
    assert client.get(f"/api/queues/{queue}/next").json() == []
    assert {row["recording"] for row in client.get(f"/api/queues/{queue}/answers").json()} == {rows[1].pk}
    ranking.forget(queue)


def test_a_damaged_file_is_said_where_it_is_opened_and_does_not_keep_the_others_closed(
    client: Client, queue: str
) -> None:
    ranking.forget(queue)
    pool_file(queue).write_bytes(pool_file(queue).read_bytes()[:1000])
    (row,) = client.get("/api/queues").json()
    assert row["candidates"] is None
    answer = client.get(f"/api/queues/{queue}/next")
    assert answer.status_code == 422 and "missing or damaged: begin a new queue" in answer.json()["detail"]
    assert client.get(f"/api/queues/{queue}").status_code == 422
    assert client.delete(f"/api/queues/{queue}").status_code == 204


def test_learning_goes_on_after_it_failed_once(
    client: Client, queue: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = ranking.ranking_of(Queue.objects.get(pk=queue))
    monkeypatch.setattr(ranking, "said_of", fail)
    answered(client, queue, 5)
    wait_for(lambda: known.times == 1, 20)
    assert known.learnt.answers == 0 and "learning failed" in caplog.text
    monkeypatch.undo()
    answered(client, queue, 5)
    wait_for(lambda: known.learnt.answers == 10, 20)


def fail(queue: Queue) -> dict[int, object]:
    raise OperationalError("database is locked")


def test_two_people_at_once_get_different_questions(client: Client, queue: str) -> None:
    second = reader("Cem")
    mine = {q["candidate"] for q in client.get(f"/api/queues/{queue}/next").json()}
    theirs = {q["candidate"] for q in second.get(f"/api/queues/{queue}/next").json()}
    assert not mine & theirs
    skipped = client.get(f"/api/queues/{queue}/next?skipped={','.join(map(str, mine))}").json()
    assert not {q["candidate"] for q in skipped} & (mine | theirs)


def test_answers_become_data_of_a_recipe(client: Client, queue: str, recording: Recording) -> None:
    given = answered(client, queue, 8)
    give(client, queue, candidate=given[0]["candidate"], label="", replaces=given[0]["id"])
    frozen = client.post(f"/api/queues/{queue}/freeze").json()
    assert (frozen["source"], frozen["classes"], frozen["automatic"]) == ("frozen", CLASSES, 0)
    (labelled,) = gather("frozen", path=frozen["path"])
    assert labelled.path == Path(recording.path) and len(labelled.events) == 7
    said = {(e.onset, e.label) for e in labelled.events}
    pool = read_pool(pool_file(queue))
    assert said == {(float(pool.onset[int(str(one["candidate"]))]), one["label"]) for one in given[1:]}
    client.post(f"/api/queues/{queue}/automatic", {"threshold": 0.0})
    everything = client.post(f"/api/queues/{queue}/freeze").json()
    assert everything["automatic"] == len(pool) - 8 and everything["path"] != frozen["path"]
    assert state(client, queue)["unasked"] == len(pool) - 8 and state(client, queue)["answered"] == 8
    client.post(f"/api/queues/{queue}/automatic", {"threshold": None})
    assert client.post(f"/api/queues/{queue}/freeze").json()["path"] == frozen["path"]


def test_pictures_are_asked_about_too(client: Client, worker: Worker, image_folder: Path, image_model: str) -> None:
    images, _ = add_folder(project_of(owner()), image_folder)
    classes = ["clear", "dense"]
    (queue,) = [next(made(client, model=image_model, images=images.pk, classes=classes))]
    for _ in range(6):
        question = client.get(f"/api/queues/{queue}/next").json()[0]
        assert question["recording"] is None and question["name"].startswith(tuple(classes))
        give(client, queue, candidate=question["candidate"], label=question["name"].split("/")[0])
    frozen = client.post(f"/api/queues/{queue}/freeze").json()
    assert frozen["source"] == "image-table" and sum(frozen["labels"].values()) == 6
    found = gather_images("image-table", path=frozen["path"])
    assert all(image.label == image.path.parent.name for image in found.images)
    ranking.forget(queue)


def test_a_queue_goes_with_its_answers(client: Client, queue: str) -> None:
    (one,) = answered(client, queue, 1)
    give(client, queue, candidate=one["candidate"], label="", replaces=one["id"])
    assert client.delete(f"/api/queues/{queue}").status_code == 204
    assert not Answer.objects.exists() and not Job.objects.exists() and not pool_file(queue).exists()
    assert client.get(f"/api/queues/{queue}").status_code == 404
