"""A web server on this machine that gives files as PhysioNet does, and fails as servers do."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Source:
    """What the server gives, and how.

    ``cuts`` are bytes after which the answers to come end, one an answer; ``statuses`` are given instead of answers.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.ranges = True
        self.tags = True
        self.cuts: dict[str, list[int]] = {}
        self.statuses: dict[str, list[int]] = {}
        self.asked: list[tuple[str, str | None, int]] = []
        self.address = ""

    def publish_sums(self) -> None:
        self.files.pop("SHA256SUMS.txt", None)
        lines = [f"{hashlib.sha256(data).hexdigest()} {name}\n" for name, data in sorted(self.files.items())]
        self.files["SHA256SUMS.txt"] = "".join(lines).encode()

    def version(self, name: str) -> str:
        return f'"{hashlib.sha256(self.files[name]).hexdigest()[:8]}"'

    def sent(self, name: str) -> list[tuple[str | None, int]]:
        """Return range and status of each answer about a file."""
        return [(range_, status) for asked, range_, status in self.asked if asked == name]


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[Source]:
    source = Source(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            status, headers, body = self.answer(name)
            source.asked.append((name, self.headers.get("Range"), status))
            cut = source.cuts.get(name, [])
            most = cut.pop(0) if cut and status in {200, 206} else len(body)
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:most])

        def answer(self, name: str) -> tuple[int, dict[str, str], bytes]:
            if source.statuses.get(name):
                return source.statuses[name].pop(0), {}, b"no"
            if name not in source.files:
                return 404, {}, b"no such file"
            data = source.files[name]
            headers = {"Last-Modified": formatdate(0, usegmt=True)}
            if source.tags:
                headers = {"ETag": source.version(name)}
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            same = self.headers.get("If-Range") in {None, *headers.values()}
            if not (asked and source.ranges and same):
                return 200, headers, data
            first = int(asked[1])
            if first >= len(data):
                return 416, {"Content-Range": f"bytes */{len(data)}"}, b""
            return 206, headers | {"Content-Range": f"bytes {first}-{len(data) - 1}/{len(data)}"}, data[first:]

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    source.address = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield source
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
