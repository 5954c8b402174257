"""Envelopes come by themselves once they were asked for, one after another, and failures are told once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from serving import wait_for, write_recording

from semeia.errors import SemeiaError
from semeia.signals.envelope import Envelope, envelope_file
from semeia.web import envelopes
from semeia.web.envelopes import Envelopes
from semeia.web.pages import ChangedError, Source, VanishedError


def source(path: Path) -> Source:
    about = path.stat()
    return Source(path.name, str(path), about.st_size, about.st_mtime_ns)


def built(found: Envelope | float) -> Envelope | None:
    return found if isinstance(found, Envelope) else None


def kept(of: Source) -> Path:
    return envelope_file(of.path, of.size, of.modified_ns)


def test_an_envelope_comes_once_it_was_asked_for(tmp_path: Path) -> None:
    here, asked = source(write_recording(tmp_path / "a.edf")), Envelopes()
    assert asked.of(here) == 0.0
    envelope = wait_for(lambda: built(asked.of(here)))
    assert envelope.overview(10).shape == (10, 2)
    assert isinstance(Envelopes().of(here), Envelope)  # after a restart
    wait_for(lambda: asked._builder is None)


def test_the_one_that_was_asked_for_last_is_built_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    go_on, real = threading.Event(), envelopes.build_envelope

    def waiting(recording, file, progress):  # type: ignore[no-untyped-def]
        begun.append(recording.path.name)
        progress(0.5)
        assert go_on.wait(20)
        return real(recording, file, progress)

    monkeypatch.setattr(envelopes, "build_envelope", waiting)
    files = [source(write_recording(tmp_path / f"{name}.edf")) for name in "abcd"]
    asked = Envelopes()
    asked.of(files[0])
    wait_for(lambda: asked.of(files[0]) == 0.5)
    for file in [*files[1:], files[1]]:  # b is asked for again
        asked.of(file)
    go_on.set()
    for file in files:
        wait_for(lambda file=file: kept(file).is_file())
    assert begun == ["a.edf", "b.edf", "d.edf", "c.edf"]
    wait_for(lambda: asked._builder is None)


def test_a_failure_is_told_once_and_then_tried_again(tmp_path: Path) -> None:
    file = write_recording(tmp_path / "a.edf")
    whole = file.read_bytes()
    file.write_bytes(b"0" * 5000)
    here, asked = source(file), Envelopes()

    def told() -> str:
        try:
            asked.of(here)
        except SemeiaError as error:
            return str(error)
        return ""

    assert "a.edf" in wait_for(told)
    assert asked.of(here) == 0.0  # it is tried again
    assert "a.edf" in wait_for(told)
    file.write_bytes(whole)
    wait_for(lambda: built(asked.of(source(file))))


def test_a_damaged_one_is_built_anew(tmp_path: Path) -> None:
    here, asked = source(write_recording(tmp_path / "a.edf")), Envelopes()
    kept(here).parent.mkdir(parents=True, exist_ok=True)
    kept(here).write_bytes(b"SEMEIAEN")
    assert asked.of(here) == 0.0
    wait_for(lambda: built(asked.of(here)))


def test_a_file_that_was_away_for_a_moment_is_built_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, away = write_recording(tmp_path / "a.edf"), tmp_path / "away.edf"
    here, asked, real = source(path), Envelopes(), envelopes.build_envelope

    def moving(recording, file, progress):  # type: ignore[no-untyped-def]
        path.rename(away)
        return real(recording, file, progress)

    monkeypatch.setattr(envelopes, "build_envelope", moving)
    asked.of(here)
    wait_for(lambda: asked._failed)
    monkeypatch.undo()
    kept(here).unlink(missing_ok=True)
    away.rename(path)
    assert asked.of(here) == 0.0, "that it was gone is over"
    wait_for(lambda: built(asked.of(here)))


def test_a_file_that_vanished_or_changed_has_none(tmp_path: Path) -> None:
    file = write_recording(tmp_path / "a.edf")
    here, asked = source(file), Envelopes()
    wait_for(lambda: built(asked.of(here)))
    os.utime(file, ns=(1, 1))
    with pytest.raises(ChangedError):
        asked.of(here)
    file.unlink()
    with pytest.raises(VanishedError):
        asked.of(here)
