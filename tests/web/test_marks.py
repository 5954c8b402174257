"""Events as rows that are only appended."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semeia.errors import EventError
from semeia.events import Event
from semeia.web import marks
from semeia.web.entrance import owner
from semeia.web.library import add_file
from semeia.web.models import Mark, Recording, User
from semeia.web.permission import project_of


@pytest.fixture
def user() -> User:
    return owner()


@pytest.fixture
def recording(user: User, recording_file: Path) -> Recording:
    """Return a recording of 60 s without events."""
    row, _ = add_file(project_of(user), recording_file)
    Mark.objects.all().delete()
    return row


def spans() -> list[tuple[float, float, str]]:
    return [(mark.onset, mark.duration, mark.status) for mark in marks.current()]


def test_a_change_is_a_row_that_replaces_another(recording: Recording, user: User) -> None:
    first = marks.add(recording, user, onset=10.0, duration=5.0, status="proposed", confidence=0.9, source="net")
    second = marks.change(first, user, status="accepted")
    third = marks.change(second, user, onset=11.0)
    assert spans() == [(11.0, 5.0, "accepted")]
    assert (third.confidence, third.source) == (0.9, "net")
    assert Mark.objects.get(pk=first.pk).status == "proposed", "what was there stays"
    assert Mark.objects.count() == 3


def test_undo_takes_back_a_change_a_removal_and_a_first_mark(recording: Recording, user: User) -> None:
    first = marks.add(recording, user, onset=10.0, duration=5.0)
    changed = marks.change(first, user, duration=7.0)
    back = marks.undo(changed, user)
    assert back is not None and spans() == [(10.0, 5.0, "accepted")]
    gone = marks.remove(back, user)
    assert spans() == []
    again = marks.undo(gone, user)
    assert again is not None and spans() == [(10.0, 5.0, "accepted")]
    other = marks.add(recording, user, onset=30.0, duration=1.0)
    assert marks.undo(other, user) is None
    assert spans() == [(10.0, 5.0, "accepted")]


def test_what_was_changed_elsewhere_is_not_changed_again(recording: Recording, user: User) -> None:
    first = marks.add(recording, user, onset=10.0, duration=5.0)
    second = marks.change(first, user, label="artefact")
    for late in (lambda: marks.change(first, user, onset=1.0), lambda: marks.remove(first, user)):
        with pytest.raises(marks.Outdated) as outdated:
            late()
        assert outdated.value.current == second
    gone = marks.remove(second, user)
    for late in (lambda: marks.change(gone, user, onset=1.0), lambda: marks.undo(second, user)):
        with pytest.raises(marks.Outdated) as outdated:
            late()
        assert outdated.value.current is None


def test_of_many_changes_at_once_one_is_taken(recording: Recording, user: User) -> None:
    first = marks.add(recording, user, onset=10.0, duration=5.0)

    def change(number: int) -> bool:
        try:
            marks.change(Mark.objects.get(pk=first.pk), user, onset=float(number))
            return True
        except marks.Outdated:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(change, range(8))) == 1
    assert marks.current().count() == 1


@pytest.mark.parametrize(
    ("onset", "duration"),
    [(-0.1, 5.0), (58.0, 5.0), (60.1, 0.0), (float("nan"), 1.0), (1.0, float("inf")), (1.0, -1.0)],
)
def test_an_event_outside_the_recording_is_refused(
    recording: Recording, user: User, onset: float, duration: float
) -> None:
    with pytest.raises(EventError):
        marks.add(recording, user, onset=onset, duration=duration)
    inside = marks.add(recording, user, onset=1.0, duration=1.0)
    with pytest.raises(EventError):
        marks.change(inside, user, onset=onset, duration=duration)
    assert spans() == [(1.0, 1.0, "accepted")]


def test_an_end_that_was_rounded_is_the_recordings_end(recording: Recording, user: User) -> None:
    mark = marks.add(recording, user, onset=50.0, duration=10.0004)
    assert mark.onset + mark.duration == 60.0


def test_seizures_and_what_is_to_review_are_counted(recording: Recording, user: User) -> None:
    for label, status in (("seizure", "accepted"), ("sz", "proposed"), ("sz", "rejected"), ("spike", "proposed")):
        marks.add(recording, user, onset=1.0, duration=1.0, label=label, status=status)
    marks.remove(marks.add(recording, user, onset=1.0, duration=1.0), user)
    assert marks.counts([recording.pk, "none"]) == {recording.pk: (1, 2), "none": (0, 0)}


def test_many_events_come_in_at_once(recording: Recording, user: User) -> None:
    events = [Event(k * 0.01, 1.0, "spike", channels=("Fp1",)) for k in range(-10, 7000)]
    added = marks.add_events(recording, user, events)
    assert (len(added.marks), added.cut, added.outside) == (6011, 109, 999)
    last = marks.current().last()
    assert last is not None and (last.onset, last.duration, last.channels) == (60.0, 0.0, ["Fp1"])


@given(steps=st.lists(st.tuples(st.sampled_from(["change", "remove", "undo"]), st.floats(0, 50)), max_size=8))
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_an_event_has_one_latest_row(
    recording: Recording, user: User, steps: list[tuple[str, float]]
) -> None:
    Mark.objects.all().delete()
    latest: Mark = marks.add(recording, user, onset=1.0, duration=1.0)
    acts: dict[str, Callable[[float], object]] = {
        "change": lambda onset: marks.change(latest, user, onset=onset),
        "remove": lambda _: marks.remove(latest, user),
        "undo": lambda _: marks.undo(latest, user),
    }
    for act, onset in steps:
        try:
            acts[act](onset)
        except marks.Outdated:
            assert latest.removed and act != "undo"
        latest = Mark.objects.get(replaced_by=None)
        assert marks.current().count() == (not latest.removed)
