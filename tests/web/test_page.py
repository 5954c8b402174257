"""The page, and what those see who are not signed in."""

from __future__ import annotations

import pytest
from django.test import Client as Stranger
from serving import Client

from semeia.web.entrance import new_link


@pytest.fixture
def stranger() -> Stranger:
    return Stranger(enforce_csrf_checks=True, SERVER_NAME="localhost")


@pytest.mark.parametrize("path", ["/", "/library", "/review/0123456789abcdef"])
def test_a_stranger_is_told_how_to_get_in(stranger: Stranger, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert "semeia serve" in answer.text and "not a medical device" in answer.text


def test_a_spent_link_says_so(stranger: Stranger) -> None:
    link = new_link()
    assert stranger.get(link).status_code == 302
    answer = Stranger(SERVER_NAME="localhost").get(link)
    assert answer.status_code == 403 and "used before" in answer.text


def test_the_page_and_its_token_come_together(client: Client) -> None:
    answer = client.get("/review/0123456789abcdef")
    assert answer.status_code in {200, 503}  # 503 where the page is not built: the tests of the browser look at it
    assert "semeia_csrf" in client.cookies
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("to", "place"),
    [
        ("/review/0123456789abcdef", "/review/0123456789abcdef"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("review", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_a_link_leads_only_into_the_page(stranger: Stranger, to: str, place: str) -> None:
    assert stranger.get(new_link(), {"to": to})["Location"] == place
