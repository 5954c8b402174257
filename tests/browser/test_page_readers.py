"""Several readers in a real browser: whose marks, on which channels, with which comment; agreement; files."""

from __future__ import annotations

from pathlib import Path

import pytest
from chromium import Semeia, drag, events, open_recording, until, wait_for_traces
from playwright.sync_api import Page, expect

from semeia.events import read_tsv


@pytest.fixture(scope="module", autouse=True)
def _library(semeia: Semeia) -> None:
    semeia.bring(semeia.folder / "sim_01.edf")


@pytest.fixture
def review(page: Page) -> Page:
    open_recording(page, "sim_01.edf")
    expect(page.get_by_role("listitem").first).to_be_visible()
    return page


def read_as(page: Page, name: str) -> None:
    page.get_by_role("button", name="Reading as").click()
    page.get_by_label("Another reader's name").fill(name)
    with page.expect_navigation():
        page.get_by_role("button", name="Read as", exact=True).click()
    expect(page.get_by_role("button", name=f"Reading as {name}")).to_be_visible()
    wait_for_traces(page)
    expect(page.get_by_role("list", name="Events").get_by_role("listitem").first).to_be_visible()


def mark(page: Page, *, channels: bool = False) -> None:
    before = len(events(page))
    if channels:
        page.keyboard.down("Shift")
    drag(page, ".traces", (0.3, 0.2), (0.6, 0.3))
    if channels:
        page.keyboard.up("Shift")
    page.keyboard.press("s")
    until(page, lambda: len(events(page)) == before + 1)


def test_channels_are_marked_a_comment_is_kept_and_a_file_brings_it_back(review: Page, tmp_path: Path) -> None:
    mark(review, channels=True)
    details = review.get_by_role("region", name="Selected event")
    expect(details).to_contain_text("Fp1")
    review.keyboard.press("i")
    review.keyboard.type("sharp waves first")
    review.keyboard.press("Enter")
    review.keyboard.press("Control+z")
    expect(details.get_by_label("Comment")).to_have_value("")
    review.keyboard.press("Control+y")
    expect(details.get_by_label("Comment")).to_have_value("sharp waves first")

    with review.expect_download() as download:
        review.get_by_label("Export events").select_option("tsv")
    path = tmp_path / "events.tsv"
    download.value.save_as(path)
    (kept,) = (event for event in read_tsv(path) if event.comment == "sharp waves first")
    assert 1 < len(kept.channels) < 8

    count = len(events(review))
    review.locator("input[type=file]").set_input_files(path)
    until(review, lambda: len(events(review)) == 2 * count)


def test_two_readers_mark_and_a_third_settles_what_they_differ_in(review: Page) -> None:
    # The last test here: who reads as somebody else has a new session, which later pages would not know.
    read_as(review, "Anna Lang")
    mark(review)
    read_as(review, "Ben")
    assert any("Anna Lang" in event for event in events(review))
    review.keyboard.press("ArrowRight")
    wait_for_traces(review)
    mark(review)
    read_as(review, "Cleo")
    review.keyboard.press("b")
    dialog = review.get_by_role("dialog", name="Readers of this recording")
    expect(dialog.get_by_role("row", name="Anna Lang, Ben")).to_contain_text("0 of 1")
    stretch = dialog.get_by_role("listitem").filter(has_text="Ben")
    stretch.get_by_role("button", name="None").click()
    expect(stretch.get_by_role("button", name="None")).to_have_attribute("aria-pressed", "true")
    review.keyboard.press("Escape")
    until(review, lambda: any("consensus" in event for event in events(review)))
