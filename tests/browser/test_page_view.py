"""How the traces are shown: montages of one's own, channels moved and enlarged, free values, the screen's size, SVG."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from chromium import Semeia, drag, open_recording, picture, wait_for_traces
from playwright.sync_api import Locator, Page, expect


@pytest.fixture(scope="module", autouse=True)
def _library(semeia: Semeia) -> None:
    semeia.bring(semeia.folder / "sim_01.edf", semeia.folder / "gap_01.edf")


@pytest.fixture
def review(page: Page) -> Page:
    open_recording(page, "sim_01.edf")
    return page


def dialog_of(page: Page) -> Locator:
    page.keyboard.press("Shift+M")
    return page.get_by_role("dialog", name="Montages")


def labels(page: Page) -> list[str]:
    """Return the channels from top to bottom, as the menu has them."""
    page.keyboard.press("c")
    menu = page.get_by_role("group", name="Channels")
    found = [text.split("\n")[0].strip() for text in menu.locator("li label").all_inner_texts()]
    page.keyboard.press("Escape")
    return found


def drawing(page: Page, folder: Path) -> str:
    with page.expect_download() as download:
        page.keyboard.press("Shift+P")
    assert download.value.suggested_filename.endswith("_0s.svg")
    path = folder / "view.svg"
    download.value.save_as(path)
    return path.read_text(encoding="utf-8")


def test_a_montage_is_written_kept_changed_shared_and_removed(page: Page, tmp_path: Path) -> None:
    open_recording(page, "gap_01.edf")
    dialog = dialog_of(page)
    text = dialog.get_by_label("Channels, a line each")
    expect(text).to_have_value(re.compile("^Fp1-F7\nF7-T7\n"))  # begun with what is shown
    text.fill("Fp1-F7\nFp1--")
    expect(dialog.get_by_text("Line 2, “Fp1--”")).to_be_visible()
    expect(dialog.get_by_role("button", name="Keep")).to_be_disabled()
    text.fill("Fp1-F7\nleft: 0.5*F7 + 0.5*T7 - Cz\n")
    dialog.get_by_role("button", name="O1", exact=True).click()
    expect(text).to_have_value("Fp1-F7\nleft: 0.5*F7 + 0.5*T7 - Cz\nO1")
    dialog.get_by_label("Name", exact=True).fill("mine")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="As a file").click()
    file = tmp_path / "mine.json"
    download.value.save_as(file)
    dialog.get_by_role("button", name="Keep").click()
    traces = page.get_by_role("application")
    expect(traces).to_have_attribute("aria-label", "Traces from 0:00, 10 seconds, 3 channels")
    wait_for_traces(page)
    assert labels(page) == ["Fp1-F7", "left", "O1"]

    page.reload()  # it is chosen, and remembered
    expect(traces).to_have_attribute("aria-label", "Traces from 0:00, 10 seconds, 3 channels")
    dialog = dialog_of(page)
    expect(text).to_have_value("Fp1-F7\nleft: 0.5*F7 + 0.5*T7 - Cz\nO1")
    text.fill("Fp1-F7\nLT1-LT2")
    dialog.get_by_role("button", name="Keep").click()
    said = page.get_by_text("It is kept. This recording cannot be shown in it")
    expect(said).to_contain_text("no channel has LT1, LT2")
    expect(traces).to_have_attribute("aria-label", "Traces from 0:00, 10 seconds, 19 channels")  # as recorded
    wait_for_traces(page)

    dialog = dialog_of(page)
    dialog.get_by_label("Change, or begin with").select_option("mine")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_role("button", name="Delete")).to_have_count(0)
    dialog.locator("input[type=file]").set_input_files(file)
    expect(text).to_have_value("Fp1-F7\nleft: 0.5*F7 + 0.5*T7 - Cz\nO1")
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("mine")
    file.write_text(json.dumps({"name": "x", "derivations": [["a", 3]]}))
    dialog.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("mine.json holds no montage")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()


@pytest.mark.parametrize("name", ["Longitudinal bipolar", "Average reference", "Laplacian"])
def test_a_copy_of_a_built_in_montage_shows_the_same(page: Page, name: str) -> None:
    open_recording(page, "gap_01.edf")
    page.get_by_label("Montage", exact=True).select_option(name)
    wait_for_traces(page)
    first = settled(page)
    dialog = dialog_of(page)
    dialog.get_by_label("Name", exact=True).fill(f"copy of {name}")
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_be_hidden()
    wait_for_traces(page)
    assert settled(page) == first


def settled(page: Page) -> str:
    """Return the picture once it does not change any more."""
    last = picture(page)
    while True:
        page.wait_for_timeout(300)
        if (now := picture(page)) == last:
            return now
        last = now


def test_a_channel_is_moved_and_enlarged_by_itself(review: Page, tmp_path: Path) -> None:
    first = labels(review)
    drag(review, ".traces", (0.02, 0.06), (0.02, 0.20))  # the first name, past some others
    moved = labels(review)
    assert moved != first and sorted(moved) == sorted(first) and moved.index(first[0]) > 1
    before = settled(review)
    box: Any = review.locator(".traces").bounding_box()
    review.mouse.move(box["x"] + 20, box["y"] + 40)
    review.keyboard.press("ArrowUp")
    assert settled(review) != before
    assert f"{moved[0]} ×2" in drawing(review, tmp_path)
    review.keyboard.press("c")
    menu = review.get_by_role("group", name="Channels")
    expect(menu.get_by_label(f"Gain of {moved[0]}")).to_have_value("×2")
    menu.get_by_label(f"Gain of {moved[1]}").select_option("×½")
    menu.get_by_role("button", name=f"{moved[1]} up").click()
    menu.get_by_role("button", name="Reset").click()
    review.keyboard.press("Escape")
    assert labels(review) == first
    assert "×" not in "".join(texts(drawing(review, tmp_path)))


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_the_view_is_saved_as_a_drawing(review: Page, tmp_path: Path) -> None:
    svg = drawing(review, tmp_path)
    words = texts(svg)
    assert any("sim_01.edf" in text and "Longitudinal bipolar" in text and "10 µV/mm" in text for text in words)
    assert {"Fp1-F7", "Cz-Pz"} <= set(words)
    paths = re.findall(r'<path[^>]* d="([^"]+)"', svg)
    assert sum(len(path) > 5000 for path in paths) >= 18  # a line for each channel, of many points


@pytest.mark.parametrize(
    ("name", "typed", "shown"),
    [("Sensitivity", "8.5", "8.5 µV/mm"), ("Page length", "12", "12 s"), ("High-pass", "0,7", "0.7 Hz")],
)
def test_any_other_value_may_be_typed(review: Page, name: str, typed: str, shown: str) -> None:
    before = settled(review)
    choice = review.get_by_label(name, exact=True)
    choice.select_option("Other …")
    field = review.get_by_label(f"{name}, ")
    field.fill("-3")
    field.press("Enter")
    expect(review.get_by_text(re.compile(f"{name}: a number from"))).to_be_visible()
    field.fill(typed)
    field.press("Enter")
    expect(choice.locator("option:checked")).to_have_text(shown)
    wait_for_traces(review)
    assert settled(review) != before
    review.reload()
    expect(choice.locator("option:checked")).to_have_text(shown)


def test_the_screen_is_measured_and_sensitivities_are_said_by_the_centimetre(review: Page) -> None:
    before = settled(review)
    choice = review.get_by_label("Sensitivity", exact=True)
    choice.select_option("Screen, µV/cm …")
    dialog = review.get_by_role("dialog", name="Screen and sensitivity")
    dialog.get_by_label("Width of the bar").fill("428")  # of 85.6 mm: 5 pixels each
    expect(dialog.get_by_text("5.00 pixels in a millimetre")).to_be_visible()
    dialog.get_by_label("µV/cm").check()
    dialog.get_by_role("button", name="Done").click()
    expect(choice.locator("option:checked")).to_have_text("100 µV/cm")
    larger = settled(review)
    assert larger != before
    review.keyboard.press("ArrowUp")
    expect(choice.locator("option:checked")).to_have_text("70 µV/cm")
    review.keyboard.press("ArrowDown")
    choice.select_option("Screen, µV/cm …")
    dialog.get_by_role("button", name="As the browser supposes").click()
    dialog.get_by_role("button", name="Done").click()
    assert settled(review) == before
