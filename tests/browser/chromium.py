"""A real `semeia serve`, a real Chromium, and what the tests ask of the page in it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

expect.set_options(timeout=15_000)

FRONTEND = Path(__file__).parents[2] / "frontend"
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)

_INK = """() => {
    const canvas = document.querySelector(".traces canvas");
    const { width, height } = canvas;
    const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) {
        const [red, green, blue, alpha] = data.subarray(i, i + 4);
        if (alpha > 128 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) coloured++;
    }
    return coloured;
}"""


class Semeia:
    """`semeia serve` as a person starts it, on a free port.

    Parameters
    ----------
    home : Path
    folder : Path
        From which the page may import.
    """

    def __init__(self, home: Path, folder: Path) -> None:
        self.home, self.folder = home, folder
        self.environment = {**os.environ, "SEMEIA_HOME": str(home), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "semeia", "serve", "--port", "0", "--no-browser", "--folder", str(folder)]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if found := re.search(r"(http://\S+?)(/enter/\S+)", line):
                self.url, self.link = found[1], found[0]
                break
        else:
            raise AssertionError(f"semeia serve ended: {said}")

    def bring(self, *files: Path) -> None:
        """Import files as `semeia import` does."""
        command = [sys.executable, "-m", "semeia", "import", *map(str, files)]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def end(self) -> None:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_recording(page: Page, name: str) -> None:
    """Go to a recording through the Library, and wait for its traces."""
    page.goto("/library")
    page.get_by_role("link", name=name).first.click()
    wait_for_traces(page)


def wait_for_traces(page: Page) -> None:
    """Wait until the page of signal is drawn."""
    expect(page.get_by_label("Fetching the page")).to_have_count(0)
    page.wait_for_function(f"() => document.querySelector('.traces canvas') && ({_INK})() > 500")


def picture(page: Page) -> str:
    """Return what the traces look like, to be compared with what they look like later."""
    return str(page.evaluate("() => document.querySelector('.traces canvas').toDataURL()"))


def start(page: Page) -> str:
    """Return the time on the left edge."""
    return page.get_by_label("Time on the left edge").input_value()


def events(page: Page) -> list[str]:
    """Return the events of the list, each in one line."""
    rows = page.get_by_role("list", name="Events").get_by_role("listitem").all()
    return [" ".join(row.inner_text().split()) for row in rows]


def faults(page: Page) -> list[str]:
    """Return what Axe finds serious or worse."""
    page.evaluate((FRONTEND / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{fault['id']}: {[node['html'] for node in fault['nodes']]}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]


def until(page: Page, condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        page.wait_for_timeout(50)


def drag(page: Page, selector: str, start: tuple[float, float], stop: tuple[float, float]) -> None:
    """Drag from one place to another, as shares of an element's width and height."""
    box: Any = page.locator(selector).bounding_box()
    (x0, y0), (x1, y1) = ((box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, stop))
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
    page.mouse.move(x1, y1)
    page.mouse.up()
