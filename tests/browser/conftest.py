"""What the browser tests share: a server with simulated patients in its Library, and pages that may not complain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chromium import CHROMIUM, Semeia, chromium
from playwright.sync_api import Browser, BrowserContext, Page

from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a running Chromium; its driver's event loop must not outlive these modules, or Django refuses to work."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two simulated recordings: six minutes with two seizures, and one with a gap."""
    folder = tmp_path_factory.mktemp("recordings")
    patient = SimulatedPatient.from_seed(2)
    write_simulation(
        simulate(patient, seconds=360, seizures=[60.0, 310.0], montage="chbmit"), folder / "sim_01.edf", subject="sim"
    )
    whole, _ = write_simulation(simulate(patient, seconds=60, seizures=[]), folder / "gap_01.edf", subject="gap")
    later = re.sub(
        rb"\+(\d\d)\x14\x14",
        lambda found: b"+%d\x14\x14" % (int(found[1]) + 20 * (int(found[1]) >= 20)),
        whole.read_bytes(),
    )
    whole.write_bytes(later.replace(b"EDF+C", b"EDF+D", 1))  # nothing was recorded from 20 s to 40 s
    for table in folder.glob("*.tsv"):
        table.unlink()
    return folder


@pytest.fixture(scope="module")
def semeia(tmp_path_factory: pytest.TempPathFactory, recordings: Path) -> Iterator[Semeia]:
    """Return a server whose Library is empty."""
    running = Semeia(tmp_path_factory.mktemp("home"), recordings)
    yield running
    running.end()


@pytest.fixture(scope="module")
def entered(browser: Browser, semeia: Semeia) -> dict[str, object]:
    """Return the cookies of whoever came in by the one-time link."""
    context = browser.new_context()
    context.new_page().goto(semeia.link)
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.fixture
def open_page(browser: Browser, semeia: Semeia, entered: dict[str, object]) -> Iterator[Callable[..., Page]]:
    """Return how a page is opened; what any of them complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(context: BrowserContext | None = None, **options: object) -> Page:
        if context is None:
            options = {"viewport": {"width": 1280, "height": 720}, "base_url": semeia.url, **options}
            context = browser.new_context(storage_state=entered, **options)  # type: ignore[arg-type]
            context.set_default_timeout(15_000)
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    expected = "Failed to load resource"  # what the server refused, which the page says in its own words
    assert [complaint for complaint in complaints if not complaint.startswith(expected)] == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """Return a page of the server, signed in."""
    return open_page()
