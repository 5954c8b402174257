"""The page in a real Chromium: from the key press to the painted page, and the waits of a first visit.

All that Review can show is shown: both trends, and on every page that is looked at twenty events, of a model and of
people, some of single channels, one with a comment. How it is measured: `browsing`.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from browsing import (
    PAGE,
    SPEED,
    VIEWPORT,
    Scrolled,
    bring,
    chromium,
    jumped,
    ms,
    places,
    pressed,
    reviewing,
    scrolled,
    some_events,
    traces,
    visiting,
    watch,
)
from figures import table
from pages import LARGE, SMALL, server, write_file
from real_data import real
from semeia.events import Event
from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation

AIMS = {23: 50, 32: 50, 64: 80}  # ms, by channels
JUMP_AIM = 80  # ms
SCROLLED = 32  # channels
FRAMES_AIM = 50  # a second
EACH = PAGE / 20  # seconds from one event to the next
_LABELS = {23: SMALL[:23], 32: LARGE[:32], 64: LARGE}


class Amount(NamedTuple):
    """How much is measured; `scrolling` is in seconds."""

    hours: float = 24.0
    turns: int = 100
    jumps: int = 30
    scrolling: float = 10.0


ALL = Amount()


def reviewed(browser: Browser, files: dict[int, Path], amount: Amount) -> list[list[str]]:
    """Turn, jump and scroll in long recordings with everything switched on; return rows of the table."""
    rows = []
    with server(*files.values()) as (_, visitor, ids):
        for (channels, file), id in zip(files.items(), ids, strict=True):
            with reviewing(browser, visitor, id) as page:
                there = places(page, amount.jumps, amount.hours)
                starts = [*(PAGE * page for page in range(amount.turns + 1)), *there.starts]
                events = on_pages([*starts, *_scrolled_over(amount)], amount.hours, _LABELS[channels])
                bring(page, events, file.with_suffix(".tsv"))
                watch(page)
                wheel = scrolled_from_the_middle(page, amount) if channels == SCROLLED else None
                turning = pressed(page, "ArrowRight", times=amount.turns)["ArrowRight"]
                jumping = jumped(page, there.clicks)
            least = min(sum(e.onset < start + PAGE and e.stop >= start for e in events) for start in starts)
            name = f"{amount.hours:g} h × {channels} channels × 256 Hz, {least} events or more on each page"
            rows += [
                [f"turn, {name}: p50, p95", ms(turning.painted), f"{AIMS[channels]} ms"],
                ["its turns that showed an unfinished page", f"{turning.unfinished} of {amount.turns}", ""],
                ["jump anywhere in it: p50, p95", ms(jumping), f"{JUMP_AIM} ms"],
                *(_scrolling(wheel) if wheel else []),
            ]
    return rows


def on_pages(starts: Sequence[float], hours: float, labels: Sequence[str]) -> list[Event]:
    """Return events that fill some pages, and those beside them, no place twice."""
    filled: dict[float, Event] = {}
    for start in starts:
        first = round(max(0, start - PAGE) / EACH) * EACH
        filled |= {event.onset: event for event in some_events(first, 3 * PAGE, EACH, labels)}
    return [event for event in filled.values() if event.stop <= hours * 3600]


def scrolled_from_the_middle(page: Page, amount: Amount) -> Scrolled:
    """Scroll where nothing was fetched, and return to the beginning."""
    page.keyboard.press("g")
    page.keyboard.type(f"{amount.hours * 1800:.0f}")
    page.keyboard.press("Enter")
    traces(page)
    wheel = scrolled(page, amount.scrolling)
    page.keyboard.press("Home")
    traces(page)
    return wheel


def _scrolled_over(amount: Amount) -> list[float]:
    pages = round(amount.scrolling * SPEED / 1000) + 1
    return [amount.hours * 1800 + PAGE * page for page in range(pages)]


def _scrolling(wheel: Scrolled) -> list[list[str]]:
    name = f"scrolling in it by {wheel.events:.0f} wheel events a second: frames a second"
    return [
        [name, f"{wheel.rate:.0f}", f"{FRAMES_AIM}, at least"],
        ["the longest gap between two frames", f"{wheel.longest:.0f} ms", ""],
        ["its frames that showed an unfinished page", f"{wheel.unfinished} of {wheel.frames}", ""],
    ]


def first_visit(browser: Browser, folder: Path) -> list[list[str]]:
    """Drop a file that Semeia did not write into an empty Library, and let the starter search an hour."""
    foreign = real("edf_fixtures") / "eegmmi_S001R01.edf"
    hour, _ = write_simulation(
        simulate(SimulatedPatient.from_seed(7003), seconds=3600, seizures=4), folder / "hour.edf"
    )
    with server(hour) as (_, visitor, (id,)), visiting(browser, visitor) as page:
        page.goto("/library")
        page.wait_for_timeout(1000)
        began = time.perf_counter()
        page.get_by_label("Files to add").set_input_files(foreign)
        page.get_by_role("link", name=foreign.name).first.click()
        traces(page)
        shown = time.perf_counter() - began
        page.goto(f"/review/{id}")
        traces(page)
        page.wait_for_timeout(3000)  # the worker has loaded torch since the server began
        began = time.perf_counter()
        page.keyboard.press("f")
        page.get_by_role("listitem").filter(has_text="found by a model").first.wait_for(timeout=120_000)
        found = time.perf_counter() - began
    return [
        [
            f"a file dropped into the Library ({foreign.stat().st_size / 1e6:.1f} MB) is opened and shows its traces",
            f"{shown:.1f} s",
            "2 s",
        ],
        ["Find on 1 h, `eeg-starter`: the first findings are listed", f"{found:.1f} s", "3 s"],
    ]


def run(workspace: Path, amount: Amount = ALL) -> str:
    """Measure and return the section; a smaller amount is to try things out."""
    folder = workspace / "painting"
    folder.mkdir()
    try:
        with chromium() as browser:
            files = {n: write_file(folder / f"day{n}.edf", labels, 256, amount.hours) for n, labels in _LABELS.items()}
            rows = reviewed(browser, files, amount)
            (folder / "first").mkdir()
            rows += first_visit(browser, folder / "first")
    finally:
        shutil.rmtree(folder)
    return f"""## The page, from key press to paint

A real Chromium, headless, drawing in software, {VIEWPORT["width"]}×{VIEWPORT["height"]}, beside `semeia serve` on the
same two cores; pages of {PAGE} s as recorded, 0.5 to 70 Hz, at most three samples or one pair of least and greatest a
pixel column; everything switched on: both trends (DSA, aEEG), and events on every page that is looked at, half a
model's, half a person's, every fourth on a single channel, one in twenty with a comment. A turn ({amount.turns} of
them, four a second) lasts from the key press to the paint after it by the Event Timing API, in steps of 8 ms (what is
below 16 is told as 16); it counts only if all signal is in that paint. A jump is a click on the strip of the whole
recording, where nothing was fetched ahead; it ends when all signal is drawn. Strip, envelope and trends are built
before. Scrolling is the wheel of a mouse, turned for {amount.scrolling:g} s without rest at {SPEED:,} pixels a second,
from the middle of the recording, where nothing was fetched ahead; frames are those in which the browser asks the page
to draw (`requestAnimationFrame`), at most 60 a second.

{table(["", "measured", "aim at most"], rows)}
"""
