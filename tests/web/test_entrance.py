"""One-time links."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.db import connection

from semeia.web.entrance import new_link, owner, redeem
from semeia.web.models import Membership


def token_of(link: str) -> str:
    return link.removeprefix("/enter/")


def test_a_link_lets_the_owner_in_once() -> None:
    token = token_of(new_link())
    assert redeem(token) == owner()
    assert redeem(token) is None
    assert redeem("made-up") is None


def test_of_many_at_once_one_gets_in() -> None:
    owner()
    token = token_of(new_link())

    def enter(_: int) -> bool:
        try:
            return redeem(token) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(enter, range(8))) == 1


def test_a_link_is_good_for_an_hour(database: Path) -> None:
    tokens = [token_of(new_link()) for _ in range(2)]
    links = database / "web" / "links"
    for file in links.iterdir():
        os.utime(file, (time.time() - 3601,) * 2)
    assert redeem(tokens[0]) is None
    new_link()
    assert len(list(links.iterdir())) == 1, "what is too old is removed"


def test_the_disk_does_not_tell_the_link(database: Path) -> None:
    token = token_of(new_link())
    files = [file for file in (database / "web").rglob("*") if file.is_file()]
    assert files and not any(token in file.name or token.encode() in file.read_bytes() for file in files)


def test_the_owner_has_one_project() -> None:
    assert owner() == owner()
    assert Membership.objects.get(user=owner()).role == "owner"
