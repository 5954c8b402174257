"""What people say that pictures show, as rows that are only ever appended: a change is a row that replaces another."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from semeia.web.models import Finding, Picture, User, Verdict

__all__ = ["Outdated", "current", "give", "of_picture", "same_class"]


class Outdated(Exception):
    """A picture that was meant to be judged has been judged by somebody else since one looked.

    Parameters
    ----------
    current : Verdict or None
        What is said of it now.
    """

    def __init__(self, current: Verdict | None) -> None:
        self.current = current
        super().__init__("This picture was judged elsewhere in the meantime.")


def current(verdicts: QuerySet[Verdict] | None = None) -> QuerySet[Verdict]:
    """Return those of some verdicts that hold now."""
    chosen = Verdict.objects.all() if verdicts is None else verdicts
    return chosen.filter(removed=False, replaced_by__isnull=True)


def of_picture(picture: Picture) -> Verdict | None:
    """Return what is said of a picture now."""
    return current(picture.verdicts.all()).select_related("user").first()


def give(
    picture: Picture, user: User | None, label: str | None, *, replaces: str | None, model: str = ""
) -> Verdict | None:
    """Say what a picture shows, in place of what was said before; committed when this returns.

    Parameters
    ----------
    picture : Picture
    user : User, optional
        Who says it.
    label : str or None
        Its class; None takes back what was said.
    replaces : str or None
        Id of the verdict that whoever says this has seen; None for none.
    model : str
        Whose finding they have seen: what they confirm or correct where the picture came without a label.

    Raises
    ------
    Outdated
        If another verdict holds now than the one they have seen.
    """
    with transaction.atomic():  # IMMEDIATE: of two at once the second finds the first
        last = picture.verdicts.filter(replaced_by__isnull=True).first()
        now = None if last is None or last.removed else last
        if (now and now.pk) != replaces:
            raise Outdated(now)
        if label is None and now is None:
            return None
        said = Verdict(project_id=picture.project_id, picture=picture, user=user, replaces=last)
        if label is None and now is not None:
            said.label, said.status, said.removed = now.label, now.status, True
        elif label is not None:
            said.label, said.status = label, _status(picture, label, model)
        said.save(force_insert=True)
        return None if said.removed else said


def same_class(one: str, other: str) -> bool:
    """Return whether two names are of one class: case and the signs between words do not matter."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())


def _status(picture: Picture, label: str, model: str) -> Verdict.Status:
    before = picture.label
    if not before and (finding := Finding.objects.filter(picture=picture, model=model).first()) is not None:
        before = finding.says
    is_other = bool(before) and not same_class(before, label)
    return Verdict.Status.CORRECTED if is_other else Verdict.Status.CONFIRMED
