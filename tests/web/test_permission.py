"""Who may do what."""

from __future__ import annotations

from typing import cast

import pytest
from django.contrib.auth.models import AnonymousUser
from ninja.errors import HttpError

from semeia.web.models import Membership, Patient, Project, User
from semeia.web.permission import Right, allowed, one, project_of


def member(role: str, project: Project) -> User:
    user = User.objects.create(username=role)
    Membership.objects.create(user=user, project=project, role=role)
    return user


@pytest.mark.parametrize(
    ("role", "rights"), [("reader", {"read"}), ("editor", {"read", "write"}), ("owner", {"read", "write", "own"})]
)
def test_a_role_gives_its_rights_in_its_project_alone(role: str, rights: set[str]) -> None:
    ours, theirs = Project.objects.create(name="ours"), Project.objects.create(name="theirs")
    patients = {project: Patient.objects.create(project=project, name="p") for project in (ours, theirs)}
    user = member(role, ours)
    for right in ("read", "write", "own"):
        found = allowed(user, cast(Right, right), Patient.objects.all())
        assert list(found) == ([patients[ours]] if right in rights else [])
        expected = 200 if right in rights else 403
        for project, status in ((ours, expected), (theirs, 404)):
            try:
                one(user, cast(Right, right), Patient.objects.all(), patients[project].pk)
                assert status == 200
            except HttpError as error:
                assert error.status_code == status


def test_nobody_in_particular_may_do_nothing() -> None:
    Project.objects.create(name="ours")
    assert not allowed(AnonymousUser(), "read", Project.objects.all())
    with pytest.raises(HttpError, match="no project"):
        project_of(AnonymousUser())
