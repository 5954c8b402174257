"""Reading less: a simulated day is read by keys alone, from Find to the report; how much of it was ever on the screen?

The script stands for the reader: it looks (in the truth) whether what it is shown is a seizure, and presses a key. What
it cannot tell is how well a person would look. How a page is driven: `browsing`.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page, expect

from browsing import PAGE, chromium, traces, visiting
from figures import table
from pages import server
from semeia.events import Event
from semeia.signals.edf_writer import EdfWriter
from semeia.signals.simulator import SimulatedPatient, simulate

SEED = 7101
"""No recipe and no other section has this patient."""
ONSETS = (0.09, 0.27, 0.48, 0.66, 0.93)  # shares of the recording
MODEL = "eeg-starter"
LONGEST_FIND = 3600  # seconds

_WATCH = """() => {
    window.shown = new Set();
    const strip = document.querySelector('[aria-label="Place in the recording"]');
    const look = () => { shown.add(Number(strip.ariaValueNow)); requestAnimationFrame(look); };
    look();
}"""


class Read(NamedTuple):
    """What came of it; times in seconds."""

    found_in: float
    read_in: float
    reported_in: float
    proposals: int
    keys: int
    shown: int
    """Seconds of the recording that were ever on the screen."""
    confirmed: int
    rejected: int
    missed: int
    reported: int


def write_day(path: Path, hours: float) -> list[Event]:
    """Write a day of a patient without any mark in it; return the truth."""
    day = simulate(SimulatedPatient.from_seed(SEED), seconds=hours * 3600, seizures=[s * hours * 3600 for s in ONSETS])
    with EdfWriter(path, list(day.labels), day.rate, subject=f"sim{SEED}") as writer:
        for block in day.blocks(60.0):
            writer.write(block)
    return list(day.events)


class Reader:
    """Somebody who knows only keys; counts them.

    Parameters
    ----------
    page : Page
    truth : sequence of Event
    """

    def __init__(self, page: Page, truth: Sequence[Event]) -> None:
        self.page, self.truth, self.keys = page, truth, 0

    def press(self, key: str) -> None:
        """Press a key; all signal is drawn when this returns."""
        self.page.keyboard.press(key)
        self.keys += 1
        traces(self.page)

    def is_seizure(self, event: dict[str, Any]) -> bool:
        """Return whether what is shown is one."""
        onset, stop = event["onset"], event["onset"] + event["duration"]
        return any(onset < seizure.stop and stop > seizure.onset for seizure in self.truth)


def read(page: Page, id: str, truth: Sequence[Event]) -> Read:
    """Find, go through what was found, and make the report."""
    address, reader = f"/api/recordings/{id}/events", Reader(page, truth)
    page.goto(f"/review/{id}")
    traces(page)
    page.get_by_text("No model has looked").wait_for()
    page.evaluate(_WATCH)
    began = time.perf_counter()
    reader.press("f")
    page.get_by_label("Threshold", exact=True).wait_for(timeout=1000 * LONGEST_FIND)
    page.get_by_role("list", name="Events").wait_for()
    found_in, proposals = time.perf_counter() - began, page.request.get(address).json()

    began, reader.keys = time.perf_counter(), 0
    for place, event in enumerate(proposals, start=1):
        reader.press("j")
        page.locator(f'li[aria-posinset="{place}"] [aria-current=true]').wait_for()
        with page.expect_response(lambda answer: answer.url.endswith("/change")):
            reader.press("y" if reader.is_seizure(event) else "n")
    read_in, keys = time.perf_counter() - began, reader.keys

    began = time.perf_counter()
    with page.expect_popup(timeout=60_000) as opened:
        page.keyboard.press("r")
        expect(page.get_by_role("button", name="Make the report")).to_be_enabled()
        page.keyboard.press("Enter")
    report = opened.value
    report.get_by_text("confirmed.").first.wait_for(timeout=60_000)
    reported_in = time.perf_counter() - began
    reported = report.get_by_role("img", name="EEG around the seizure at").count()

    starts: list[int] = page.evaluate("() => [...shown]")
    events = page.request.get(address).json()
    confirmed = [event for event in events if event["status"] == "accepted"]
    missed = sum(
        not any(e["onset"] < s.stop and e["onset"] + e["duration"] > s.onset for e in confirmed) for s in truth
    )
    return Read(
        found_in,
        read_in,
        reported_in,
        len(proposals),
        keys,
        len({start + second for start in starts for second in range(PAGE)}),
        len(confirmed),
        sum(event["status"] == "rejected" for event in events),
        missed,
        reported,
    )


def run(workspace: Path, hours: float = 24.0) -> str:
    """Measure and return the section; fewer hours are to try things out."""
    folder = workspace / "reading_less"
    folder.mkdir()
    try:
        file = folder / "day.edf"
        truth = write_day(file, hours)
        with (
            chromium() as browser,
            server(file) as (_, visitor, (id,)),
            visiting(browser, visitor) as page,
        ):
            got = read(page, id, truth)
    finally:
        shutil.rmtree(folder)
    seizures = len(truth)
    rows = [
        ["share of the recording that was ever on the screen", f"{got.shown / hours / 3600:.2%}", "2 %"],
        ["keys an event", f"{got.keys / max(1, got.proposals):.1f}", "2"],
        ["seizures missed, of those simulated", f"{got.missed} of {seizures}", "0"],
        ["proposals confirmed, rejected", f"{got.confirmed}, {got.rejected}", ""],
        ["seizures shown in the report", f"{got.reported}", ""],
        [f"Find over {hours:g} h", f"{got.found_in:.0f} s", ""],
        [f"the {got.proposals} proposals, by a reader who needs no time to look", f"{got.read_in:.1f} s", ""],
        ["the report, from R to its page", f"{got.reported_in:.1f} s", ""],
    ]
    return f"""## Reading less

A simulated day ({hours:g} h, a patient whom no recipe has seen) with {seizures} seizures, no mark in it, is read in the
page by keys alone: F lets `{MODEL}` look for seizures at its frozen threshold, then J goes to each of its proposals and
Y or N answers, then R and Enter make the report. The script decides by the truth, as a reader would by looking at the
page of {PAGE} s that J shows; how well people look is not measured.

{table(["", "measured", "aim at most"], rows)}
"""
