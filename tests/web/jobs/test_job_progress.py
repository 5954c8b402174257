"""Progress files: whole lines count, torn ones do not, and each attempt begins anew."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from semeia.web.jobs.progress import Progress, begin, progress_file, read_progress
from semeia.web.models import new_id


def append(job: str, *entries: dict[str, Any], torn: int = 0) -> None:
    text = "".join(json.dumps(entry) + "\n" for entry in entries).encode()
    with progress_file(job).open("ab") as file:
        file.write(text[: len(text) - torn])


def track(first: int, *values: float | None) -> dict[str, Any]:
    return {"event": "track", "window": 8.0, "hop": 1.0, "first": first, "values": list(values)}


def test_a_job_that_has_said_nothing_is_nowhere() -> None:
    progress = read_progress(new_id())
    assert (progress.share, progress.window, progress.values) == (None, None, [])


def test_shares_and_values_come_as_they_are_said() -> None:
    job = new_id()
    begin(job, 1)
    append(job, {"event": "progress", "share": 0.25}, track(0, 0.1, None))
    progress = read_progress(job)
    assert (progress.share, progress.window, progress.hop, progress.values) == (0.25, 8.0, 1.0, [0.1, None])
    assert not progress.advance()
    append(job, {"event": "progress", "share": 0.5}, track(2, 0.9))
    assert progress.advance()
    assert (progress.share, progress.values) == (0.5, [0.1, None, 0.9])


def test_a_torn_line_is_passed_over_and_the_next_attempt_begins_anew() -> None:
    job = new_id()
    begin(job, 1)
    append(job, {"event": "progress", "share": 0.25}, track(0, 0.1, 0.2), torn=7)
    assert (read_progress(job).share, read_progress(job).values) == (0.25, [])
    begin(job, 2)
    again = read_progress(job)
    assert (again.share, again.values) == (None, [])
    append(job, track(0, 0.3))
    again.advance()
    assert again.values == [0.3]


@given(st.lists(st.integers(0, 40), max_size=20))
def test_however_lines_arrive_the_same_is_read(pieces: list[int]) -> None:
    job = new_id()
    text = "".join(json.dumps(track(k, k / 100)) + "\n" for k in range(5)).encode()
    progress, file = Progress(job), progress_file(job)
    with file.open("ab", buffering=0) as written:
        for piece in pieces:
            written.write(text[:piece])
            text = text[piece:]
            progress.advance()
        written.write(text)
    progress.advance()
    file.unlink()
    assert progress.values == [0.0, 0.01, 0.02, 0.03, 0.04]
