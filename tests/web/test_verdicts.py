"""What people say of pictures: appended, never overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from semeia.web import pictures, verdicts
from semeia.web.entrance import owner
from semeia.web.models import Finding, Picture, User, Verdict
from semeia.web.permission import project_of


@pytest.fixture
def user(database: Path) -> User:
    return owner()


@pytest.fixture
def picture(user: User, image_folder: Path) -> Picture:
    found, _ = pictures.add_folder(project_of(user), image_folder)
    return found.pictures.get(name="clear/wrong.png")


def said(picture: Picture) -> tuple[str, str] | None:
    held = verdicts.of_picture(picture)
    return held and (held.label, str(held.status))


def test_a_verdict_confirms_or_corrects_the_label_that_a_picture_came_with(picture: Picture, user: User) -> None:
    first = verdicts.give(picture, user, "Clear", replaces=None)
    assert first is not None and said(picture) == ("Clear", "confirmed")
    second = verdicts.give(picture, user, "dense", replaces=first.pk)
    assert second is not None and said(picture) == ("dense", "corrected")
    assert second.replaces == first and Verdict.objects.count() == 2
    assert verdicts.give(picture, user, None, replaces=second.pk) is None and said(picture) is None
    third = verdicts.give(picture, user, "clear", replaces=None)
    assert third is not None and said(picture) == ("clear", "confirmed")
    assert Verdict.objects.count() == 4, "nothing was overwritten"


def test_without_a_label_it_confirms_or_corrects_what_the_model_said(picture: Picture, user: User) -> None:
    picture.label = ""
    picture.save()
    Finding.objects.create(
        project_id=picture.project_id,
        picture=picture,
        model="spots",
        says="clear",
        classes=["clear", "dense"],
        probabilities=[0.4, 0.6],
    )
    first = verdicts.give(picture, user, "clear", replaces=None, model="spots")
    assert first is not None and said(picture) == ("clear", "confirmed")
    second = verdicts.give(picture, user, "dense", replaces=first.pk, model="spots")
    assert second is not None and said(picture) == ("dense", "corrected")
    verdicts.give(picture, user, "dense", replaces=second.pk, model="another")
    assert said(picture) == ("dense", "confirmed"), "there was nothing to correct"


def test_of_two_who_judge_the_same_picture_the_second_sees_what_the_first_said(picture: Picture, user: User) -> None:
    first = verdicts.give(picture, user, "dense", replaces=None)
    with pytest.raises(verdicts.Outdated, match="judged elsewhere") as caught:
        verdicts.give(picture, user, "clear", replaces=None)
    assert caught.value.current == first
    assert first is not None
    verdicts.give(picture, user, None, replaces=first.pk)
    with pytest.raises(verdicts.Outdated) as caught:
        verdicts.give(picture, user, "clear", replaces=first.pk)
    assert caught.value.current is None


def test_the_database_itself_refuses_two_first_verdicts(picture: Picture, user: User) -> None:
    verdicts.give(picture, user, "dense", replaces=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Verdict.objects.create(project_id=picture.project_id, picture=picture, label="clear", status="confirmed")


def test_taking_back_nothing_is_nothing(picture: Picture, user: User) -> None:
    assert verdicts.give(picture, user, None, replaces=None) is None
    assert not Verdict.objects.exists()


@pytest.mark.parametrize(
    ("one", "other", "same"), [("no_tumor", "No tumor", True), ("A-B", "a b", True), ("a", "b", False)]
)
def test_one_class_has_one_name(one: str, other: str, same: bool) -> None:
    assert verdicts.same_class(one, other) is same
