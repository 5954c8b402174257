"""What goes wrong while one reads: files that vanish, change or are half there, events that do not fit, two tabs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from chromium import Semeia, events, open_recording, until, wait_for_traces
from playwright.sync_api import Page, Route, expect

from epilepsy import interrupt
from semeia.events import Event, Events, write_tsv
from semeia.signals.edf_writer import EdfWriter
from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation

SCALP = (
    "Fp1",
    "F3",
    "C3",
    "P3",
    "O1",
    "F7",
    "T7",
    "P7",
    "Fz",
    "Cz",
    "Pz",
    "Fp2",
    "F4",
    "C4",
    "P4",
    "O2",
    "F8",
    "T8",
    "P8",
)


@pytest.fixture
def file(semeia: Semeia, tmp_path: Path) -> Path:
    """Return a recording of the Library that lies where it was found: 40 s, nothing marked."""
    path = tmp_path / f"{tmp_path.name}.edf"
    with EdfWriter(path, [f"EEG {name}-REF" for name in SCALP], 256) as writer:
        writer.write(np.random.default_rng(5).normal(0, 20, (len(SCALP), 40 * 256)).astype(np.float32))
    semeia.bring(path)
    return path


def mark(page: Page, key: str = "s") -> None:
    before = len(events(page))
    page.mouse.move(900, 300)
    page.keyboard.press(key)
    until(page, lambda: len(events(page)) == before + 1)


@pytest.mark.parametrize("how", ["vanishes", "changes", "shrinks"])
def test_a_file_that_goes_wrong_while_it_is_open_is_said_and_nothing_is_lost(
    page: Page, file: Path, tmp_path: Path, how: str
) -> None:
    open_recording(page, file.name)
    mark(page)
    kept = tmp_path / "kept.edf"
    file.rename(kept)
    if how != "vanishes":
        data = kept.read_bytes()
        file.write_bytes(data[:-100_000] if how == "shrinks" else data[:-2] + b"\0\1")
    page.keyboard.press("]")  # a page of another length has to be fetched
    words = "its file is gone" if how == "vanishes" else "its file has changed since it was imported"
    expect(page.get_by_text(words).first).to_be_visible()
    mark(page, "a")  # what is known of it can still be read and marked
    marked = events(page)
    page.keyboard.press("y")
    file.unlink(missing_ok=True)
    kept.rename(file)
    page.get_by_role("button", name="Try again").click()
    wait_for_traces(page)
    expect(page.get_by_text(words)).to_have_count(0)  # neither there nor in the strip or the trends
    page.reload()
    wait_for_traces(page)
    until(page, lambda: events(page) == marked)


@pytest.mark.parametrize(("damage", "words"), [("half", "truncated"), ("overlap", "record 21 begins at 15 s")])
def test_a_file_that_is_not_whole_or_contradicts_itself_is_refused_with_the_place(
    page: Page, semeia: Semeia, tmp_path: Path, damage: str, words: str
) -> None:
    path, _ = write_simulation(
        simulate(SimulatedPatient.from_seed(6), seconds=40, seizures=[]), tmp_path / f"{damage}.edf"
    )
    whole = path.read_bytes()
    if damage == "half":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        interrupt(path, 20, -5)
    page.goto("/library")
    page.get_by_label("Files to add").set_input_files(path)
    expect(page.locator(".words.fault")).to_contain_text(words)
    path.write_bytes(whole)
    page.get_by_label("Files to add").set_input_files(path)
    expect(page.get_by_role("link", name=path.name).first).to_be_visible()
    open_recording(page, path.name)


def test_events_outside_the_recording_are_said(page: Page, semeia: Semeia, tmp_path: Path) -> None:
    semeia.bring(semeia.folder / "sim_01.edf")
    open_recording(page, "sim_01.edf")
    until(page, lambda: bool(events(page)))  # they come after the traces
    count = len(events(page))
    brought = [Event(-30, 5), Event(400, 5), Event(355, 20, "late"), Event(20, 5, "inside")]
    write_tsv(Events(brought), tmp_path / "other.tsv", whole=True)
    page.locator("aside input[type=file]").set_input_files(tmp_path / "other.tsv")
    expect(page.get_by_text("other.tsv: 2 events added. 2 events lie outside the recording: left out")).to_be_visible()
    expect(page.get_by_text("1 event reaches beyond the recording: cut at its edge")).to_be_visible()
    until(page, lambda: any("5:55 5.0 s late" in event for event in events(page)))
    assert len(events(page)) == count + 2


def test_of_two_tabs_the_second_hears_that_the_event_was_removed_and_loses_nothing_else(
    page: Page, open_page: Callable[..., Page], file: Path
) -> None:
    open_recording(page, file.name)
    mark(page)
    mark(page, "a")
    other = open_page(page.context)
    other.route("**/api/stream", lambda route: route.abort())
    other.goto(page.url)
    wait_for_traces(other)
    expect(other.get_by_role("listitem")).to_have_count(2)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    other.route("**/change", hold)
    seizure = other.get_by_role("listitem").filter(has_text="seizure")
    seizure.get_by_role("button", name="Reject").click()
    other.wait_for_timeout(200)
    page.get_by_role("listitem").filter(has_text="seizure").get_by_role("button").first.click()
    page.keyboard.press("Delete")
    expect(page.get_by_role("listitem")).to_have_count(1)
    other.wait_for_timeout(500)
    held[0].continue_()
    expect(other.get_by_text("It was removed. Your change was not made.")).to_be_visible()
    expect(other.get_by_role("listitem")).to_have_count(1)
    until(other, lambda: events(other) == events(page))
    other.unroute("**/change")
    page.keyboard.press("Control+z")  # who removed it can bring it back
    expect(page.get_by_role("listitem")).to_have_count(2)
