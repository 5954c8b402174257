"""The report from Review in a real browser: a key, what is typed, a page in a tab of its own that asks nobody."""

from __future__ import annotations

import pytest
from chromium import Semeia, open_recording
from playwright.sync_api import Page, expect


@pytest.fixture(scope="module", autouse=True)
def _library(semeia: Semeia) -> None:
    semeia.bring(semeia.folder / "sim_01.edf")


def test_the_report_is_made_of_what_is_shown_and_typed(page: Page) -> None:
    open_recording(page, "sim_01.edf")
    page.get_by_label("Low-pass").select_option("15 Hz")
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name="Report")
    dialog.get_by_label("Reader").fill("Dr. Ada")
    dialog.get_by_label("Background and notes").fill("Alpha <b>10 Hz</b>.\nAwake.")
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    with page.expect_popup() as opened:
        dialog.get_by_role("button", name="Make the report").click()
    report = opened.value
    expect(report.get_by_role("heading", name="sim_01.edf")).to_be_visible()
    expect(report.get_by_text("2 seizures confirmed.")).to_be_visible()
    expect(report.get_by_text("Alpha <b>10 Hz</b>.")).to_be_visible()
    expect(report.get_by_text("low-pass 15 Hz")).to_be_visible()
    expect(report.get_by_text("Dr. Ada").first).to_be_visible()
    expect(report.get_by_role("img", name="EEG around the seizure at 60 s")).to_be_visible()
    assert all(address.startswith(("blob:", "data:", page.url.partition("/review")[0])) for address in asked), asked
    report.set_viewport_size({"width": 390, "height": 800})
    assert report.evaluate("document.documentElement.scrollWidth") == 390
    report.close()
    page.reload()
    page.get_by_role("button", name="Report", exact=True).click()
    expect(dialog.get_by_label("Background and notes")).to_have_value("Alpha <b>10 Hz</b>.\nAwake.")
    expect(dialog.get_by_label("Reader")).to_have_value("Dr. Ada")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("r")
    expect(dialog.get_by_role("button", name="Make the report")).to_be_enabled()
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    expect(opened.value.get_by_text("2 seizures confirmed.")).to_be_visible()


def test_a_key_right_after_a_dialog_was_closed_counts(page: Page) -> None:
    open_recording(page, "sim_01.edf")
    report, keys = (page.get_by_role("dialog", name=name) for name in ("Report", "Keys"))
    for _ in range(5):
        page.keyboard.press("r")
        expect(report.get_by_role("button", name="Make the report")).to_be_enabled()
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(keys).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(keys).to_be_visible()
        page.keyboard.press("Escape")
        expect(keys).to_have_count(0)
