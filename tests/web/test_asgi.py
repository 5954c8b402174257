"""The server's door, at a real server: who may ask at all, and how much."""

from __future__ import annotations

import re
import socket

import pytest
from serving import Browser, Server


def ask(server: Server, *lines: str, body: bytes = b"") -> bytes:
    """Send a request as it stands, and return the status line and body of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def test_every_route_asks_for_a_session(server: Server) -> None:
    paths = server.browser.get("/api/openapi.json").json()["paths"]
    asked = [(method.upper(), re.sub(r"\{\w+\}", "0" * 16, path)) for path, known in paths.items() for method in known]
    assert len(asked) > 15
    for method, path in [*asked, ("GET", "/api/openapi.json"), ("GET", "/api/docs"), ("GET", "/api/session")]:
        stranger = Browser(server.port)
        answer = stranger.request(method, path, {} if method in {"POST", "PATCH", "PUT"} else None)
        assert answer.status == 401, (method, path, answer)
        assert "semeia serve" in answer.json()["detail"]


def test_a_session_without_the_pages_token_changes_nothing(server: Server) -> None:
    bare = Browser(server.port)
    bare.cookies = {"semeia_session": server.browser.cookies["semeia_session"]}
    assert bare.get("/api/session").status == 200
    answer = bare.post("/api/uploads", {"name": "a.edf", "size": 1000})
    assert answer.status == 403 and "detail" in answer.json()
    assert server.browser.get("/api/uploads").json() == []


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5", "", "localhost@evil.example"]
)
def test_a_foreign_name_is_refused(server: Server, host: str) -> None:
    for path in ("/", "/api/session", "/enter/x", "/static/ninja/favicon.svg"):
        answer = server.browser.get(path, headers={"Host": host})
        assert answer.status in {400, 403}, (path, answer)
        assert b"owner" not in answer.body
    own = f"localhost:{server.port}"
    assert server.browser.get("/api/session", headers={"Host": own, "Origin": f"http://{own}"}).status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example"]
)
def test_another_site_can_neither_read_nor_change(server: Server, origin: str) -> None:
    for method, path in (("POST", "/api/uploads"), ("GET", "/api/recordings"), ("POST", "/"), ("DELETE", "/api/jobs")):
        answer = server.browser.request(method, path, {} if method == "POST" else None, headers={"Origin": origin})
        assert answer.status == 403, (method, path, answer)
        assert answer.json()["detail"] == "This request comes from another web site."
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_says_it_comes_from_elsewhere_is_believed(server: Server, site: str) -> None:
    headers = {"Sec-Fetch-Site": site}
    assert server.browser.get("/api/session", headers=headers).status == 403
    assert server.browser.post("/api/uploads", {"name": "a.edf", "size": 9}, headers=headers).status == 403
    assert server.browser.get("/", headers=headers).status != 403  # a link to the page from elsewhere is fine


def test_a_body_is_counted_as_it_comes(server: Server) -> None:
    cookies = "; ".join(f"{name}={value}" for name, value in server.browser.cookies.items())
    head = (
        "PUT /api/uploads/0000000000000000?offset=0 HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Cookie: {cookies}",
        f"X-CSRFToken: {server.browser.cookies['semeia_csrf']}",
    )
    piece = b"100000\r\n" + bytes(2**20) + b"\r\n"
    answer = ask(server, *head, "Transfer-Encoding: chunked", body=piece * 33 + b"0\r\n\r\n")
    assert b" 413 " in answer.splitlines()[0] and b"at most 32 MiB" in answer
    assert server.browser.get("/api/session").status == 200


def test_a_body_that_ends_early_is_dropped(server: Server) -> None:
    upload = server.browser.post("/api/uploads", {"name": "a.edf", "size": 1000}).json()["id"]
    cookies = "; ".join(f"{name}={value}" for name, value in server.browser.cookies.items())
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        head = (
            f"PUT /api/uploads/{upload}?offset=0 HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            f"Cookie: {cookies}",
            f"X-CSRFToken: {server.browser.cookies['semeia_csrf']}",
            "Content-Length: 1000",
        )
        connection.sendall("\r\n".join([*head, "", ""]).encode() + bytes(400))
    assert server.browser.get("/api/uploads").json()[0]["received"] == 0
    assert server.browser.put(f"/api/uploads/{upload}?offset=0", bytes(1000)).json() == {"received": 1000}
    assert server.browser.delete(f"/api/uploads/{upload}").status == 204
