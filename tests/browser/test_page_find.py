"""Find in a real browser: a model runs, its track and events appear, a threshold is tried and kept."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import pytest
from chromium import Semeia, events, open_recording, until, wait_for_traces
from playwright.sync_api import Page, expect


@pytest.fixture(scope="module", autouse=True)
def _library(semeia: Semeia) -> None:
    semeia.bring(semeia.folder / "sim_01.edf")


def test_a_model_finds_seizures_and_a_threshold_is_tried_and_kept(page: Page) -> None:
    open_recording(page, "sim_01.edf")
    marked = events(page)
    expect(page.get_by_text("No model has looked")).to_be_visible()
    page.keyboard.press("f")
    threshold = page.get_by_label("Threshold", exact=True)
    expect(threshold).to_be_visible(timeout=60_000)
    found = page.get_by_role("listitem").filter(has_text="found by a model")
    expect(found.first).to_be_visible()
    stored = events(page)
    keep = page.get_by_role("button", name="Keep")
    threshold.fill("0.02")
    expect(keep).to_be_visible()
    until(page, lambda: events(page) != stored)
    tried = events(page)
    page.get_by_role("button", name="Back").click()
    until(page, lambda: events(page) == stored)
    threshold.fill("0.02")
    keep.click()
    expect(page.get_by_text("proposed at 0.02")).to_be_visible()
    expect(keep).to_have_count(0)
    expect(threshold).to_have_value("0.02")
    page.reload()
    wait_for_traces(page)
    expect(threshold).to_have_value("0.02")
    expect(page.get_by_role("listitem")).to_have_count(len(tried))
    until(page, lambda: {event.split()[0] for event in events(page)} == {event.split()[0] for event in tried})
    assert {event.split()[0] for event in tried} >= {event.split()[0] for event in marked}


def test_what_a_person_rejected_is_not_proposed_again(page: Page) -> None:
    open_recording(page, "sim_01.edf")
    expect(page.get_by_label("Threshold", exact=True)).to_be_visible()
    page.get_by_label("Which events").select_option("To review")
    expect(page.get_by_role("listitem").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("li [aria-current=true]")).to_have_count(1)
    page.keyboard.press("n")
    page.get_by_label("Which events").select_option("Rejected")
    expect(page.get_by_role("listitem")).to_have_count(1)
    rejected = events(page)[0].split()[0]
    page.get_by_label("Which events").select_option("All")
    page.get_by_label("Threshold", exact=True).fill("0.03")
    expect(page.get_by_role("button", name="Keep")).to_be_visible()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("proposed at 0.03")).to_be_visible()
    until(page, lambda: sum(event.startswith(rejected) for event in events(page)) == 1)


def test_another_tab_sees_what_is_found(page: Page, open_page: Callable[..., Page]) -> None:
    other = open_page(page.context)
    for tab in (page, other):
        open_recording(tab, "sim_01.edf")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_role("button", name="Find", exact=True)).to_be_enabled(timeout=60_000)
    expect(other.get_by_label("Threshold", exact=True)).to_be_visible()


def all_ended(page: Page) -> bool:
    ended = {"done", "failed", "cancelled"}
    return {job["state"] for job in page.request.get("/api/jobs").json()} <= ended


def test_a_search_is_stopped_and_begun_again(page: Page, semeia: Semeia) -> None:
    until(page, lambda: all_ended(page))  # the search of another test would stand still, too
    open_recording(page, "sim_01.edf")
    find = page.get_by_role("button", name="Find", exact=True)
    children = psutil.Process(semeia.process.pid).children()
    (worker,) = (child for child in children if "semeia.web.jobs.worker" in child.cmdline())
    worker.suspend()  # so that the search is sure to wait
    try:
        find.click()
        expect(page.get_by_text("Waiting to begin")).to_be_visible()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("Waiting to begin")).to_have_count(0)
        expect(find).to_be_enabled()
    finally:
        worker.resume()
    find.click()
    expect(find).to_be_enabled(timeout=60_000)
    expect(page.get_by_label("Threshold", exact=True)).to_be_visible()


def test_twenty_tabs_are_all_live(page: Page, open_page: Callable[..., Page]) -> None:
    open_recording(page, "sim_01.edf")
    tabs = [open_page(page.context) for _ in range(19)]
    for tab in tabs:
        tab.goto(page.url)
    for tab in tabs:
        wait_for_traces(tab)
    page.mouse.move(900, 300)
    page.keyboard.press("a")
    for tab in tabs:
        expect(tab.get_by_role("listitem").filter(has_text="artefact")).to_have_count(1)
