"""Review on a tablet: a finger turns pages, chooses an event and answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from chromium import Semeia, events, open_recording, start, until, wait_for_traces
from playwright.sync_api import CDPSession, Page, expect

TABLET = {"viewport": {"width": 820, "height": 1180}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module", autouse=True)
def _library(semeia: Semeia) -> None:
    semeia.bring(semeia.folder / "sim_01.edf")


@pytest.fixture
def tablet(open_page: Callable[..., Page]) -> Iterator[Page]:
    page = open_page(**TABLET)
    open_recording(page, "sim_01.edf")
    expect(page.get_by_role("listitem").first).to_be_visible()
    yield page


class Finger:
    """One finger on the traces; places are shares of their width and height.

    Parameters
    ----------
    page : Page
    """

    def __init__(self, page: Page) -> None:
        box = page.locator(".traces").bounding_box()
        assert box is not None
        self._box, self._session = box, page.context.new_cdp_session(page)
        self._page = page

    def swipe(self, begin: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
        """Draw from one place to another."""
        self._touch(self._session, "touchStart", begin)
        for step in range(1, steps + 1):
            at = tuple(a + (b - a) * step / steps for a, b in zip(begin, end, strict=True))
            self._touch(self._session, "touchMove", (at[0], at[1]))
            self._page.wait_for_timeout(16)
        self._session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def tap(self, at: tuple[float, float]) -> None:
        """Touch a place, and let go."""
        self._touch(self._session, "touchStart", at)
        self._session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _touch(self, session: CDPSession, kind: str, at: tuple[float, float]) -> None:
        x, y = self._box["x"] + at[0] * self._box["width"], self._box["y"] + at[1] * self._box["height"]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})


def seconds(page: Page) -> int:
    """Return the time on the left edge."""
    minutes, _, rest = start(page).rpartition(":")
    return 60 * int(minutes) + int(rest)


def test_a_finger_turns_pages_and_does_not_scroll_the_page(tablet: Page) -> None:
    finger = Finger(tablet)
    finger.swipe((0.9, 0.5), (0.3, 0.5))
    until(tablet, lambda: 4 <= seconds(tablet) <= 9)
    wait_for_traces(tablet)
    there = seconds(tablet)
    finger.swipe((0.9, 0.5), (0.3, 0.5))
    until(tablet, lambda: seconds(tablet) > there + 3)
    finger.swipe((0.3, 0.5), (0.9, 0.5))
    until(tablet, lambda: seconds(tablet) <= there + 1)
    wait_for_traces(tablet)
    assert tablet.evaluate("[scrollX, scrollY]") == [0, 0]
    assert all("artefact" not in event for event in events(tablet))  # a finger that moves marks nothing


def test_a_finger_chooses_an_event_answers_it_and_moves_its_edge(tablet: Page) -> None:
    row = tablet.get_by_role("listitem").filter(has_text="seizure").first
    row.get_by_role("button").first.tap()
    details = tablet.get_by_role("region", name="Selected event")
    expect(details).to_be_visible()
    at = seconds(tablet)
    assert 50 <= at <= 60  # the first seizure begins at 60 s
    tablet.keyboard.press("Escape")
    expect(details).to_have_count(0)
    wait_for_traces(tablet)
    finger = Finger(tablet)
    finger.tap((0.8, 0.5))  # on the event itself
    expect(details).to_be_visible()
    expect(row.locator("[aria-current=true]")).to_have_count(1)
    row.get_by_role("button", name="Reject").tap()
    expect(row).to_contain_text("rejected")
    row.get_by_role("button", name="Accept").tap()
    expect(row).to_contain_text("accepted")
    before = events(tablet)[0]
    box = tablet.locator(".traces").bounding_box()
    assert box is not None
    edge = (104 + (60 - at) / 10 * (box["width"] - 104)) / box["width"]
    finger.swipe((edge, 0.5), (edge + 0.2, 0.5))
    until(tablet, lambda: events(tablet)[0].split()[0] != before.split()[0])


def test_all_of_the_bar_can_be_reached_and_touched(tablet: Page) -> None:
    for button in tablet.locator("header button, header select").all():
        box = button.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 820
        assert min(box["width"], box["height"]) >= 24, button.get_attribute("aria-label")  # WCAG 2.5.8
    tablet.get_by_label("Page length").select_option("20 s")
    expect(tablet.get_by_role("application")).to_have_attribute(
        "aria-label", "Traces from 0:00, 20 seconds, 18 channels"
    )
    strip = tablet.get_by_role("slider", name="Place in the recording")
    box = strip.bounding_box()
    assert box is not None
    strip.tap(position={"x": 104 + (box["width"] - 105) / 2, "y": 30})
    until(tablet, lambda: abs(seconds(tablet) - 170) <= 2)
