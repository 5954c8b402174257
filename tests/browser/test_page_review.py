"""Review in a real browser: turning pages, how signals are shown, marking, answering, taking back, two tabs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import Semeia, drag, events, open_recording, picture, start, until, wait_for_traces
from PIL import Image
from playwright.sync_api import Page, Route, expect


@pytest.fixture(scope="module", autouse=True)
def _library(semeia: Semeia) -> None:
    semeia.bring(semeia.folder / "sim_01.edf", semeia.folder / "gap_01.edf")


@pytest.fixture
def review(page: Page) -> Page:
    open_recording(page, "sim_01.edf")
    expect(page.get_by_role("listitem").first).to_be_visible()  # its events are there
    return page


def test_keys_turn_pages_and_the_address_remembers_where(review: Page) -> None:
    first = picture(review)
    review.keyboard.press("ArrowRight")
    assert start(review) == "0:10"
    assert picture(review) != first
    review.keyboard.press("Shift+ArrowLeft")
    assert start(review) == "0:09"
    review.keyboard.press("End")
    assert start(review) == "5:50"
    expect(review).to_have_url(f"{review.url.partition('?')[0]}?at=350")
    review.reload()
    wait_for_traces(review)
    assert start(review) == "5:50"
    review.keyboard.press("Home")
    wait_for_traces(review)
    assert picture(review) == first


def test_the_next_page_is_painted_in_the_frame_of_the_key_press(review: Page) -> None:
    for key in ("ArrowRight", "ArrowLeft"):  # so that the next page is sure to have been fetched
        review.keyboard.press(key)
        wait_for_traces(review)
    drawn = review.evaluate(
        """() => new Promise((tell) => {
            const canvas = document.querySelector(".traces canvas");
            const before = canvas.toDataURL();
            addEventListener("keydown", () => requestAnimationFrame(() => tell(canvas.toDataURL() !== before)));
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
        })"""
    )
    assert drawn


def test_wheel_and_strip_move_in_time(review: Page) -> None:
    review.mouse.move(800, 300)
    review.mouse.wheel(0, 400)
    expect(review.get_by_label("Time on the left edge")).not_to_have_value("0:00")
    strip = review.get_by_role("slider", name="Place in the recording")
    box = strip.bounding_box()
    assert box is not None
    strip.click(position={"x": 104 + (box["width"] - 105) / 2, "y": 30})
    expect(review.get_by_label("Time on the left edge")).to_have_value("2:55")


def test_a_time_is_typed_and_the_clock_shown(review: Page) -> None:
    review.keyboard.press("g")
    review.keyboard.type("3:20")
    review.keyboard.press("Enter")
    assert start(review) == "3:20"
    review.keyboard.press("t")
    assert start(review).count(":") == 2
    review.keyboard.press("t")


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("Montage", "CHB-MIT"),
        ("High-pass", "5 Hz"),
        ("Low-pass", "15 Hz"),
        ("Notch", "60 Hz"),
        ("Sensitivity", "20 µV/mm"),
        ("Page length", "30 s"),
    ],
)
def test_what_the_bar_says_changes_the_traces_and_is_remembered(review: Page, name: str, choice: str) -> None:
    before = picture(review)
    review.get_by_label(name, exact=True).select_option(choice)
    review.wait_for_function("before => document.querySelector('.traces canvas').toDataURL() !== before", arg=before)
    review.reload()
    wait_for_traces(review)
    expect(review.get_by_label(name, exact=True).locator("option:checked")).to_have_text(choice)


def test_a_montage_that_cannot_be_made_is_not_offered_and_says_why(review: Page) -> None:
    refused = review.get_by_label("Montage", exact=True).locator("option[disabled]")
    assert refused.count() > 0
    assert "cannot be made" in (refused.first.get_attribute("title") or "")


def test_polarity_turns_the_view_is_saved_and_pages_turn_by_themselves(review: Page, tmp_path: Path) -> None:
    first = picture(review)
    review.keyboard.press("v")
    until(review, lambda: picture(review) != first)
    review.keyboard.press("v")
    until(review, lambda: picture(review) == first)
    with review.expect_download() as download:
        review.keyboard.press("p")
    assert download.value.suggested_filename == "sim_01_0s.png"
    download.value.save_as(tmp_path / "view.png")
    with Image.open(tmp_path / "view.png") as view:
        assert view.width > 900 and len(view.convert("RGB").getcolors(1 << 20) or []) > 100
    review.keyboard.press("Space")
    expect(review.get_by_label("Time on the left edge")).to_have_value("0:10")
    review.keyboard.press("Space")


def test_channels_are_hidden(review: Page) -> None:
    traces = review.get_by_role("application")
    expect(traces).to_have_attribute("aria-label", "Traces from 0:00, 10 seconds, 18 channels")
    review.keyboard.press("c")
    review.get_by_role("button", name="Left", exact=True).click()
    expect(traces).to_have_attribute("aria-label", "Traces from 0:00, 10 seconds, 8 channels")
    review.keyboard.press("Escape")
    expect(review.get_by_role("group", name="Channels")).to_have_count(0)


def test_a_gap_is_drawn_as_a_gap(page: Page) -> None:
    open_recording(page, "gap_01.edf")
    whole = page.evaluate("document.querySelector('.traces canvas').toDataURL().length")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    until(page, lambda: page.evaluate("document.querySelector('.traces canvas').toDataURL().length") < whole / 2)
    expect(page.get_by_text("Try again")).to_have_count(0)


def test_events_are_marked_answered_moved_deleted_and_all_is_taken_back(review: Page) -> None:
    before = events(review)
    drag(review, ".traces", (0.3, 0.5), (0.5, 0.5))
    review.get_by_role("button", name="artefact").click()
    expect(review.get_by_role("listitem").filter(has_text="artefact")).to_have_count(1)
    marked = events(review)
    review.keyboard.press("n")
    expect(review.get_by_role("listitem").filter(has_text="rejected")).to_have_count(1)
    drag(review, ".traces", (0.5, 0.5), (0.6, 0.5))  # its right edge
    expect(review.get_by_role("listitem").filter(has_text="artefact")).not_to_contain_text(marked[0].split()[1])
    review.keyboard.press("Delete")
    expect(review.get_by_role("listitem").filter(has_text="artefact")).to_have_count(0)
    for expected in ("rejected", "rejected", "accepted"):
        review.keyboard.press("Control+z")
        expect(review.get_by_role("listitem").filter(has_text="artefact")).to_contain_text(expected)
        review.wait_for_timeout(200)
    assert events(review) == marked
    review.keyboard.press("Control+z")
    expect(review.get_by_role("listitem").filter(has_text="artefact")).to_have_count(0)
    assert events(review) == before


def test_jumping_goes_from_event_to_event(review: Page) -> None:
    review.keyboard.press("j")
    first = start(review)
    review.keyboard.press("j")
    assert start(review) != first
    review.keyboard.press("k")
    assert start(review) == first


def test_a_mark_is_there_after_reloading_and_in_another_tab(review: Page, open_page: Callable[..., Page]) -> None:
    other = open_page(review.context)
    other.goto(review.url)
    wait_for_traces(other)
    number = len(events(review)) + 1
    review.mouse.move(900, 300)
    review.keyboard.press("s")
    for tab in (review, other):
        expect(tab.get_by_role("listitem")).to_have_count(number)
    review.reload()
    wait_for_traces(review)
    expect(review.get_by_role("listitem")).to_have_count(number)


def test_events_are_asked_for_again_only_when_another_changed_them(
    review: Page, open_page: Callable[..., Page]
) -> None:
    other = open_page(review.context)
    other.goto(review.url)
    wait_for_traces(other)
    review.wait_for_timeout(1000)
    asked: list[str] = []
    review.on(
        "request",
        lambda said: asked.append(said.url) if said.url.endswith("/events") and said.method == "GET" else None,
    )
    review.keyboard.press("j")
    review.keyboard.press("n")
    expect(other.get_by_role("listitem").filter(has_text="rejected")).to_have_count(1)  # it was told to all
    review.wait_for_timeout(1000)
    assert asked == []
    other.keyboard.press("j")
    other.keyboard.press("y")
    expect(review.get_by_role("listitem").filter(has_text="rejected")).to_have_count(0)
    assert len(asked) == 1


def test_of_two_tabs_the_second_sees_what_the_first_made_of_an_event(
    review: Page, open_page: Callable[..., Page]
) -> None:
    other = open_page(review.context)
    other.route("**/api/stream", lambda route: route.abort())
    other.goto(review.url)
    wait_for_traces(other)
    expect(other.get_by_role("listitem").first).to_be_visible()
    for tab in (review, other):
        tab.keyboard.press("j")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    other.route("**/change", hold)
    other.keyboard.press("y" if "rejected" in events(other)[0] else "n")
    other.wait_for_timeout(200)
    review.keyboard.press("e")
    review.get_by_label("Another label").fill("spasm")
    review.keyboard.press("Enter")
    expect(review.get_by_role("listitem").filter(has_text="spasm")).to_have_count(1)
    held[0].continue_()
    expect(other.get_by_text("Your change was not made")).to_be_visible()
    expect(other.get_by_role("listitem").filter(has_text="spasm")).to_have_count(1)


def test_keys_are_shown(review: Page) -> None:
    review.keyboard.press("?")
    sheet = review.get_by_role("dialog", name="Keys")
    for words in ("Next page", "Next event", "Undo", "Find seizures", "Light or dark"):
        expect(sheet.get_by_text(words, exact=True)).to_be_visible()
    review.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
