"""The page in a real Chromium: from the key press to the painted page, and the waits of a first visit.

How it is measured, since no viewer of EEG publishes such figures: keys and clicks come from the browser's own input
pipeline. A turn's duration is that of the Event Timing API, from the hardware time of the key press to the next paint,
in steps of 8 ms; since that paint could be of an empty page, a turn counts only if all of its signal was drawn in it. A
jump goes where nothing was fetched: it ends with the frame in which all signal is drawn. Chromium is headless and draws
in software.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from figures import table
from pages import LARGE, SMALL, Visitor, server, write_file
from real_data import NotHereError, real
from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation

HOURS, TURNS, JUMPS = 24.0, 100, 30
AIMS = {23: 50, 32: 50, 64: 80}  # ms, by channels
VIEWPORT = {"width": 1280, "height": 720}

_WATCH = """() => {
    window.turns = [];
    const whole = () => !document.querySelector('[aria-label="Fetching the page"]');
    addEventListener("keydown", (event) => {
        const turn = { began: event.timeStamp, whole: null, painted: null };
        turns.push(turn);
        requestAnimationFrame(() => { turn.whole = whole(); });
    });
    new PerformanceObserver((list) => {
        for (const { name, startTime, duration } of list.getEntries())
            for (const turn of turns)
                if (name === "keydown" && Math.abs(turn.began - startTime) < 1) turn.painted = duration;
    }).observe({ type: "event", durationThreshold: 16 });
    window.jump = () => new Promise((tell) => {
        document.querySelector('[aria-label="Place in the recording"]').addEventListener("pointerdown", (event) => {
            const look = () => {
                if (!whole()) return requestAnimationFrame(look);
                const { port1, port2 } = new MessageChannel();  // answered once the frame is out
                port1.onmessage = () => tell(performance.now() - event.timeStamp);
                requestAnimationFrame(() => port2.postMessage(0));
            };
            requestAnimationFrame(look);
        }, { once: true });
    });
}"""


def traces(page: Page) -> None:
    """Wait until the page of signal is drawn."""
    page.wait_for_selector(".traces canvas")
    page.wait_for_function("""() => !document.querySelector('[aria-label="Fetching the page"]')""")


@contextmanager
def visiting(browser: Browser, visitor: Visitor) -> Iterator[Page]:
    """Yield a page of somebody who is signed in."""
    context = browser.new_context(viewport=VIEWPORT, base_url=f"http://127.0.0.1:{visitor.port}")
    cookies = [cookie.split("=", 1) for cookie in visitor.cookie.split("; ")]
    context.add_cookies([{"name": n, "value": v, "domain": "127.0.0.1", "path": "/"} for n, v in cookies])
    yield context.new_page()
    context.close()


def turned(page: Page, turns: int) -> tuple[list[float], int]:
    """Turn pages as fast as a reader does; return the durations (ms), and how many turns showed an unfinished page."""
    for _ in range(turns):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(250)
    page.wait_for_timeout(500)
    all_turns: list[dict[str, Any]] = page.evaluate("() => turns")
    painted = [16.0 if turn["painted"] is None else float(turn["painted"]) for turn in all_turns if turn["whole"]]
    return painted, len(all_turns) - len(painted)


def jumped(page: Page, jumps: int) -> list[float]:
    """Click anywhere on the strip of the whole recording; return the times (ms) until the page there is drawn."""
    draw, box = random.Random(3), page.get_by_label("Place in the recording").bounding_box()
    assert box is not None
    times = []
    for _ in range(jumps):
        page.evaluate("() => { window.jumped = jump(); }")
        page.mouse.click(box["x"] + 110 + draw.random() * (box["width"] - 115), box["y"] + 30)
        times.append(float(page.evaluate("() => window.jumped")))
        page.wait_for_timeout(300)
    return times


def reviewed(browser: Browser, files: dict[int, Path], turns: int, jumps: int) -> list[list[str]]:
    """Turn and jump in long recordings; return rows of the table."""
    rows = []
    with server(*files.values()) as (_, visitor, ids):
        for (channels, _), id in zip(files.items(), ids, strict=True):
            builder = visitor.again()
            while builder.get(f"/api/recordings/{id}/overview", columns=1280)[0] == 202:
                time.sleep(0.1)
            with visiting(browser, visitor) as page:
                page.goto(f"/review/{id}")
                page.get_by_label("Montage", exact=True).select_option(index=0)
                traces(page)
                page.wait_for_timeout(1000)
                page.evaluate(_WATCH)
                painted, unfinished = turned(page, turns)
                times = jumped(page, jumps)
            name = f"{HOURS:g} h × {channels} channels × 256 Hz"
            rows += [
                [f"turn, {name}: p50, p95", f"{_ms(painted, 0.5)}, {_ms(painted, 0.95)}", f"{AIMS[channels]} ms"],
                ["its turns that showed an unfinished page", f"{unfinished} of {turns}", ""],
                ["jump anywhere in it: p50, p95", f"{_ms(times, 0.5)}, {_ms(times, 0.95)}", "80 ms"],
            ]
    return rows


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


def run(workspace: Path, hours: float = HOURS, turns: int = TURNS, jumps: int = JUMPS) -> str:
    """Measure and return the section; fewer hours, turns or jumps are to try things out."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise NotHereError("no Chromium here: apt-get install chromium")
    folder = workspace / "painting"
    folder.mkdir()
    labels = {23: SMALL[:23], 32: LARGE[:32], 64: LARGE}
    try:
        files = {n: write_file(folder / f"day{n}.edf", labels[n], 256, hours) for n in labels}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            rows = reviewed(browser, files, turns, jumps)
            (folder / "first").mkdir()
            rows += first_visit(browser, folder / "first")
            browser.close()
    finally:
        shutil.rmtree(folder)
    return f"""## The page, from key press to paint

A real Chromium, headless, drawing in software, {VIEWPORT["width"]}×{VIEWPORT["height"]}, beside `semeia serve` on the
same two cores; pages of 10 s as recorded, 0.5 to 70 Hz, at most three samples or one pair of least and greatest a pixel
column. A turn ({turns} of them, four a second) lasts from the key press to the paint after it by the Event Timing API,
in steps of 8 ms (what is below 16 is told as 16); it counts only if all signal is in that paint. A jump is a click on
the strip of the whole recording, where nothing was fetched ahead; it ends when all signal is drawn. Strip and envelope
are built before.

{table(["", "measured", "aim at most"], rows)}
"""


def _ms(times: list[float], share: float) -> str:
    return f"{float(np.quantile(times, share)):.0f} ms" if times else "–"
