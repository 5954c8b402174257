"""What the sections on the page measure with: a real Chromium, somebody signed in, keys, clicks and the wheel timed.

No viewer of EEG publishes such figures, so how they are taken is said here. Keys and clicks come from the browser's own
input pipeline. What a key does lasts from the hardware time of its press to the next paint, by the Event Timing API, in
steps of 8 ms; since that paint could be of an empty page, a key counts only if all signal was drawn in it. A jump goes
where nothing was fetched: it ends with the frame in which all signal is drawn. Chromium is headless and draws in
software.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from pages import Visitor
from real_data import NotHereError
from semeia.events import Event, Events, write_tsv

PAGE = 10  # seconds
VIEWPORT = {"width": 1280, "height": 720}
SPEED = 2400  # pixels a second by the wheel: two pages and a third

_WATCH = """() => {
    window.keys = [];
    const whole = () => !document.querySelector('[aria-label="Fetching the page"]');
    addEventListener("keydown", (event) => {
        const key = { key: event.key, began: event.timeStamp, whole: null, painted: null };
        keys.push(key);
        requestAnimationFrame(() => { key.whole = whole(); });
    });
    new PerformanceObserver((list) => {
        for (const { name, startTime, duration } of list.getEntries())
            for (const key of keys)
                if (name === "keydown" && Math.abs(key.began - startTime) < 1) key.painted = duration;
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
    window.scrolling = { frames: [], wheel: 0, done: false };
    addEventListener("wheel", () => {
        const frame = (time) => {
            scrolling.frames.push([time, whole()]);
            if (!scrolling.done) requestAnimationFrame(frame);
        };
        if (!scrolling.wheel++) requestAnimationFrame(frame);
    }, { passive: true });
}"""


class Keys(NamedTuple):
    """How long it took from key presses to the paint after each (ms), and how many showed an unfinished page."""

    painted: list[float]
    unfinished: int


class Scrolled(NamedTuple):
    """What came while the wheel turned: frames and wheel events a second, the longest gap between two frames (ms)."""

    rate: float
    events: float
    longest: float
    frames: int
    unfinished: int


class Places(NamedTuple):
    """Where the strip of the whole recording is clicked, and where the page begins then (seconds)."""

    clicks: list[tuple[float, float]]
    starts: list[float]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, without a window.

    Raises
    ------
    NotHereError
    """
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        raise NotHereError("no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Browser, visitor: Visitor) -> Iterator[Page]:
    """Yield a page of somebody who is signed in."""
    context = browser.new_context(viewport=VIEWPORT, base_url=f"http://127.0.0.1:{visitor.port}")
    cookies = [cookie.split("=", 1) for cookie in visitor.cookie.split("; ")]
    context.add_cookies([{"name": n, "value": v, "domain": "127.0.0.1", "path": "/"} for n, v in cookies])
    yield context.new_page()
    context.close()


@contextmanager
def reviewing(browser: Browser, visitor: Visitor, id: str) -> Iterator[Page]:
    """Yield Review of a recording whose strip and trends are built: channels as recorded, both trends shown."""
    builder = visitor.again()
    while builder.get(f"/api/recordings/{id}/overview", columns=1280)[0] == 202:
        time.sleep(0.1)
    with visiting(browser, visitor) as page:
        page.goto(f"/review/{id}")
        page.get_by_label("Montage", exact=True).select_option(index=0)
        page.get_by_role("combobox", name="Trends").select_option("DSA, aEEG")
        traces(page)
        page.get_by_text("% built").wait_for(state="detached", timeout=600_000)
        yield page


def traces(page: Page) -> None:
    """Wait until the page of signal is drawn."""
    page.wait_for_selector(".traces canvas")
    page.wait_for_function("""() => !document.querySelector('[aria-label="Fetching the page"]')""")


def watch(page: Page) -> None:
    """Let the page note when keys, clicks and the wheel came, and when what they did was painted."""
    page.evaluate(_WATCH)


def some_events(start: float, seconds: float, each: float, labels: Sequence[str]) -> Iterator[Event]:
    """Yield an event every `each` seconds: half a model's, half a person's, some of one channel or with a comment."""
    for number in range(round(seconds / each)):
        onset, duration = start + number * each, 0.2 + each * (number % 3) / 4
        channels = (labels[number % len(labels)],) if number % 4 == 0 else ()
        if number % 2:
            sure, model = 0.5 + number % 50 / 100, "eeg-starter"
            yield Event(onset, duration, "seizure", channels, sure, author=model, source=model, status="proposed")
        else:
            said = "sharp waves first, then slow" if number % 20 == 0 else ""
            yield Event(onset, duration, "artefact", channels, author="Anna Lang", comment=said)


def bring(page: Page, events: Sequence[Event], path: Path) -> None:
    """Import events by the page's own button; its list is there when this returns."""
    write_tsv(Events(events), path, whole=True)
    page.locator("aside input[type=file]").set_input_files(path)
    page.get_by_text(f"{path.name}: {len(events)} events added.").wait_for(timeout=120_000)
    page.get_by_role("list", name="Events").wait_for()


def places(page: Page, jumps: int, hours: float) -> Places:
    """Choose some anywhere in the recording."""
    draw, box = random.Random(3), page.get_by_label("Place in the recording").bounding_box()
    assert box is not None
    left, width = round(box["x"]) + 104, box["width"] - 105
    clicks = [(left + draw.randrange(5, int(width) - 5), box["y"] + 30) for _ in range(jumps)]
    return Places(clicks, [max(0.0, (x - box["x"] - 104) / width * hours * 3600 - PAGE / 2) for x, _ in clicks])


def pressed(page: Page, *keys: str, times: int, pause: int = 250) -> dict[str, Keys]:
    """Press keys in turn, so many milliseconds apart, as a quick reader does; return what came of each."""
    page.evaluate("() => { keys.length = 0; }")
    for _ in range(times):
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(pause)
    page.wait_for_timeout(500)
    seen: list[dict[str, Any]] = page.evaluate("() => keys")
    return {key: _told([row for row in seen if row["key"] == key]) for key in keys}


def _told(seen: Sequence[dict[str, Any]]) -> Keys:
    painted = [16.0 if row["painted"] is None else float(row["painted"]) for row in seen if row["whole"]]
    return Keys(painted, len(seen) - len(painted))


def jumped(page: Page, clicks: Sequence[tuple[float, float]]) -> list[float]:
    """Click on the strip of the whole recording; return the times (ms) until the page there is drawn."""
    times = []
    for x, y in clicks:
        page.evaluate("() => { window.jumped = jump(); }")
        page.mouse.click(x, y)
        times.append(float(page.evaluate("() => window.jumped")))
        page.wait_for_timeout(300)
    return times


def scrolled(page: Page, seconds: float) -> Scrolled:
    """Turn the wheel without rest, over signal that is fetched on the way."""
    box = page.locator(".traces").bounding_box()
    assert box is not None
    gesture = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "yDistance": -SPEED * seconds}
    session = page.context.new_cdp_session(page)  # the browser makes a mouse's wheel events, in its own time
    session.send("Input.synthesizeScrollGesture", gesture | {"speed": SPEED, "gestureSourceType": "mouse"})
    seen: dict[str, Any] = page.evaluate("() => { scrolling.done = true; return scrolling; }")
    at = np.array([when for when, _ in seen["frames"]])
    took = float(at[-1] - at[0]) / 1000
    unfinished = sum(not whole for _, whole in seen["frames"])
    return Scrolled((len(at) - 1) / took, seen["wheel"] / took, float(np.diff(at).max()), len(at), unfinished)


def ms(times: Sequence[float]) -> str:
    """Return the median and the 95th percentile of some milliseconds in words."""
    p50, p95 = np.quantile(times, [0.5, 0.95]) if times else (np.nan, np.nan)
    return f"{p50:.0f} ms, {p95:.0f} ms"
