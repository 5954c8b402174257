"""Trends in a real browser: shown and hidden, remembered, a click goes there, gaps are gaps, the cache may go."""

from __future__ import annotations

import shutil

import pytest
from chromium import Semeia, open_recording, until, wait_for_traces
from playwright.sync_api import Locator, Page, expect

_COLOURED = """([left, right]) => {
    const canvas = document.querySelector(".trends canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, 40);
    let coloured = 0, all = 0;
    for (let i = 0; i < data.length; i += 4) {
        const x = (i / 4) % canvas.width;
        const share = (x - 104) / (canvas.width - 105);
        if (share < left || share > right) continue;
        const [red, green, blue, alpha] = data.subarray(i, i + 4);
        all++;
        if (alpha === 255 && Math.max(red, green, blue) - Math.min(red, green, blue) > 40) coloured++;
    }
    return coloured / all;
}"""


@pytest.fixture(scope="module", autouse=True)
def _library(semeia: Semeia) -> None:
    semeia.bring(semeia.folder / "sim_01.edf", semeia.folder / "gap_01.edf")


def coloured(page: Page, left: float, right: float) -> float:
    """Return how much of the upper spectrogram has a colour, between two shares of the recording."""
    return float(page.evaluate(_COLOURED, [left, right]))


def trends(page: Page) -> Locator:
    return page.get_by_role("slider", name="Trends")


def test_trends_are_chosen_by_key_or_menu_and_remembered(page: Page) -> None:
    open_recording(page, "sim_01.edf")
    expect(trends(page)).to_contain_text("DSA")
    before = page.locator(".traces").bounding_box()
    page.keyboard.press("Shift+T")
    expect(trends(page)).to_contain_text("aEEG")
    expect(trends(page)).not_to_contain_text("DSA")
    page.keyboard.press("Shift+T")
    expect(trends(page)).to_contain_text("DSA")
    expect(trends(page)).to_contain_text("aEEG")
    page.get_by_role("combobox", name="Trends").select_option("No trends")
    expect(trends(page)).to_have_count(0)
    page.reload()
    wait_for_traces(page)
    expect(trends(page)).to_have_count(0)
    after = page.locator(".traces").bounding_box()
    assert before and after and before["height"] < after["height"]  # the traces have the room
    assert before["height"] > 720 / 2
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Trends: DSA, aEEG")


def test_a_click_on_a_trend_goes_there_and_a_deleted_cache_is_built_again(page: Page, semeia: Semeia) -> None:
    open_recording(page, "sim_01.edf")
    until(page, lambda: coloured(page, 0, 1) > 0.8)
    box = trends(page).bounding_box()
    assert box is not None
    trends(page).click(position={"x": 104 + (box["width"] - 105) / 2, "y": 30})
    expect(page.get_by_label("Time on the left edge")).to_have_value("2:55")
    expect(page.get_by_text("% built")).to_have_count(0)
    shutil.rmtree(semeia.home / "cache")
    page.reload()
    wait_for_traces(page)
    until(page, lambda: coloured(page, 0, 1) > 0.8)


def test_a_gap_has_no_colour(page: Page) -> None:
    open_recording(page, "gap_01.edf")  # nothing from 20 s to 40 s of 80 s
    until(page, lambda: coloured(page, 0, 0.24) > 0.8 and coloured(page, 0.52, 1) > 0.8)
    assert coloured(page, 0.27, 0.48) < 0.01
