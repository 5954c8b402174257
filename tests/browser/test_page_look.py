"""How the page looks: no serious fault of accessibility, nothing cut off, no other host asked, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chromium import Semeia, drag, faults, open_recording
from playwright.sync_api import Page, expect

SIZES = {"screen": (1280, 720), "tablet": (820, 1180), "phone": (390, 844)}


@pytest.fixture(scope="module", autouse=True)
def _library(semeia: Semeia) -> None:
    semeia.bring(semeia.folder / "sim_01.edf")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    for place in ("library", "label", "train", "models"):
        page.goto(f"/{place}")
        expect(page.get_by_role("heading").first).to_be_visible()
        assert faults(page) == [], place
    open_recording(page, "sim_01.edf")
    page.keyboard.press("j")
    page.keyboard.press("c")
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_any_panel_of_review(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    open_recording(page, "sim_01.edf")
    page.get_by_role("combobox", name="Trends").select_option("DSA, aEEG")
    expect(page.get_by_role("list", name="Events").get_by_role("listitem").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("region", name="Selected event")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("listitem").filter(has_text="rejected").first).to_be_visible()
    assert faults(page) == [], "event details, trends"
    page.keyboard.press("y")
    for key, panel in (("b", "Readers of this recording"), ("r", "Report"), ("?", "Keys")):
        page.keyboard.press(key)
        dialog = page.get_by_role("dialog", name=panel)
        expect(dialog).to_be_visible()
        expect(dialog.get_by_role("progressbar")).to_have_count(0)
        page.wait_for_timeout(300)
        assert faults(page) == [], panel
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    page.keyboard.press("c")
    expect(page.get_by_role("group", name="Channels")).to_be_visible()
    assert faults(page) == [], "channels"
    page.keyboard.press("Escape")
    page.keyboard.down("Alt")
    drag(page, ".traces", (0.3, 0.2), (0.6, 0.5))
    page.keyboard.up("Alt")
    expect(page.get_by_role("region", name="Spectrum")).to_be_visible()
    assert faults(page) == [], "spectrum"
    page.keyboard.press("Escape")
    drag(page, ".traces", (0.3, 0.2), (0.6, 0.5))
    expect(page.get_by_role("group", name="What is it?")).to_be_visible()
    assert faults(page) == [], "labels"


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_the_screen(open_page: Callable[..., Page], size: str, tmp_path: Path) -> None:
    width, height = SIZES[size]
    page = open_page(viewport={"width": width, "height": height})
    page.goto("/library")
    expect(page.get_by_role("link", name="sim_01.edf").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    open_recording(page, "sim_01.edf")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator(".traces").bounding_box()["height"] > 250  # type: ignore[index]


def test_the_page_asks_no_other_host(page: Page, semeia: Semeia) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    open_recording(page, "sim_01.edf")
    page.keyboard.press("ArrowRight")
    assert hosts <= {urlsplit(semeia.url).netloc, ""}  # empty: data: addresses


def test_light_and_dark_follow_the_system_and_the_reader(open_page: Callable[..., Page]) -> None:
    page = open_page(color_scheme="dark")
    page.goto("/library")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.keyboard.press("d")
    assert page.evaluate(colour) != dark
    page.reload()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    assert page.evaluate(colour) != dark


def test_the_page_says_that_it_is_not_a_medical_device(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("not a medical device")).to_be_visible()
