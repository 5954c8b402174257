"""Image sets in a real browser: a folder comes in, pictures are looked at, judged by a model and by a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from chromium import Semeia, drag, faults, until
from playwright.sync_api import Page, expect

from imaging import MODEL, write_image_model, write_images

EACH = 24
PICTURES = 2 * EACH + 3  # with the one labelled wrong, the twin and the CT

_PIXELS = """() => {
    const canvas = document.querySelector(".view canvas");
    const { width, height } = canvas;
    const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    let sum = 0, seen = 0, coloured = 0;
    for (let i = 0; i < data.length; i += 4) {
        if (!data[i + 3]) continue;
        seen++;
        sum += data[i];
        if (Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 30) coloured++;
    }
    const all = width * height;
    return { share: seen / all, mean: sum / Math.max(1, seen), coloured: coloured / all };
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a set of images in it."""
    place = tmp_path_factory.mktemp("server")
    write_images(place / "lungs", each=EACH)
    return place


@pytest.fixture(scope="module")
def semeia(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Semeia]:
    """Return a server with a model that judges images, which may import from that folder."""
    home = tmp_path_factory.mktemp("home")
    write_image_model(home / "models" / MODEL)
    running = Semeia(home, folder)
    yield running
    running.end()


@pytest.fixture(scope="module", autouse=True)
def _library(semeia: Semeia, folder: Path) -> None:
    semeia.bring(folder / "lungs")


def open_set(page: Page, name: str = "lungs") -> None:
    """Go to a set through the Library, and wait for its contact sheet."""
    page.goto("/library")
    page.get_by_role("link", name=name, exact=True).last.click()
    expect(page.get_by_role("list", name="Contact sheet").get_by_role("listitem").first).to_be_visible()


def open_picture(page: Page, name: str) -> None:
    """Go to a picture of the set by its address, and wait until it is drawn."""
    sets = {row["name"]: row["id"] for row in page.request.get("/api/image-sets").json()}
    rows = page.request.get(f"/api/image-sets/{sets['lungs']}/pictures").json()["pictures"]
    (id,) = (row["id"] for row in rows if row["name"].endswith(f"/{name}"))
    page.goto(f"/review/images/{sets['lungs']}?picture={id}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    until(page, lambda: pixels(page)["share"] > 0.3)


def pixels(page: Page) -> dict[str, float]:
    """Return what the picture on the screen is like."""
    return dict(page.evaluate(_PIXELS))


def judge(page: Page) -> None:
    """Let the model judge the set, if it has not."""
    expect(page.get_by_role("button", name="Find", exact=True)).to_be_enabled()
    if page.get_by_text("differs in").count() == 0:
        page.keyboard.press("Shift+F")
    expect(page.get_by_text("differs in")).to_be_visible(timeout=90_000)


def answers(page: Page) -> list[str]:
    """Return what is said of each picture that is listed."""
    rows = page.get_by_role("list", name="Pictures").get_by_role("listitem").all()
    return [" ".join(row.inner_text().split()) for row in rows]


def test_a_folder_of_the_server_becomes_a_set_that_is_guarded(page: Page, folder: Path) -> None:
    write_images(folder / "more", each=3)
    page.goto("/library")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    page.keyboard.press("i")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=folder.name).click()
    dialog.get_by_role("button", name="more").click()
    dialog.get_by_role("button", name="Import 10 images as a set").click()
    expect(page.get_by_text("more: 9 images imported.")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="more")
    expect(row).to_contain_text(re.compile(r"clear 4,\s+dense 5"))
    expect(row).to_contain_text("1 surplus exact twin", timeout=60_000)
    row.get_by_role("button", name="1 file cannot be read").click()
    expect(page.get_by_text("broken.png: is damaged")).to_be_visible()


def test_images_that_are_dropped_come_into_a_set(page: Page, folder: Path) -> None:
    page.goto("/library")
    page.get_by_label("Files to add").set_input_files([folder / "lungs" / "clear" / f"clear_{k}.png" for k in range(3)])
    row = page.get_by_role("row").filter(has_text="Dropped images")
    expect(row.get_by_role("cell").nth(2)).to_have_text("3")
    expect(row).to_contain_text(re.compile("near twins|No exact twins"), timeout=60_000)
    page.get_by_label("Files to add").set_input_files(folder / "lungs" / "dense" / "broken.png")
    expect(page.locator(".words.fault")).to_contain_text("broken.png: is damaged")
    row.hover()
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Dropped images was removed.")).to_be_visible()
    expect(row).to_have_count(0)


def test_a_contact_sheet_holds_only_what_is_in_sight(page: Page) -> None:
    open_set(page)
    sheet = page.get_by_role("list", name="Contact sheet")
    shown = sheet.get_by_role("listitem")
    assert 0 < shown.count() < PICTURES
    until(page, lambda: page.evaluate("[...document.images].some((image) => image.naturalWidth > 0)"))
    expect(page.locator("[aria-current=true]")).to_have_attribute("title", "clear/clear_0.png")
    page.keyboard.press("End")
    expect(page.locator("[aria-current=true]")).to_have_attribute("title", "dense/twin.png")
    expect(page.locator("[aria-current=true]")).to_be_in_viewport()
    assert shown.count() < PICTURES
    page.keyboard.press("ArrowUp")
    expect(page.locator("[aria-current=true]")).not_to_have_attribute("title", "dense/twin.png")
    page.locator("[aria-current=true]").click()
    until(page, lambda: pixels(page)["share"] > 0.3)
    page.keyboard.press("g")
    expect(sheet).to_be_visible()


def test_a_window_is_set_by_keys_by_dragging_and_by_choice(page: Page) -> None:
    open_picture(page, "ct.dcm")
    as_in_file = pixels(page)["mean"]
    page.get_by_label("Window", exact=True).select_option("Bone")
    until(page, lambda: pixels(page)["mean"] < as_in_file - 20)
    expect(page.get_by_label("Level")).to_have_value("400")
    bone = pixels(page)["mean"]
    page.keyboard.press("i")
    until(page, lambda: pixels(page)["mean"] > bone + 20)
    page.keyboard.press("i")
    page.keyboard.down("Shift")
    drag(page, ".view canvas", (0.5, 0.5), (0.3, 0.5))
    page.keyboard.up("Shift")
    expect(page.get_by_label("Window", exact=True)).to_have_value("Own window")
    assert float(page.get_by_label("Width").input_value()) < 1800
    level = float(page.get_by_label("Level").input_value())
    page.keyboard.press(",")
    assert float(page.get_by_label("Level").input_value()) < level
    page.get_by_label("Window", exact=True).select_option("As in the file")
    until(page, lambda: abs(pixels(page)["mean"] - as_in_file) < 1)


def test_slices_are_turned_and_values_are_told_in_their_unit(page: Page) -> None:
    open_picture(page, "ct.dcm")
    expect(page.get_by_text("3 of 5")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("4 of 5")).to_be_visible()
    page.get_by_label("Slice").fill("1")
    expect(page.get_by_text("1 of 5")).to_be_visible()
    page.locator(".view canvas").hover()
    expect(page.locator(".told")).to_contain_text("1000 HU")


def test_a_picture_is_zoomed_at_the_pointer_moved_and_fitted(page: Page) -> None:
    open_picture(page, "clear_0.png")
    told = page.locator(".told")
    box: Any = page.locator(".view canvas").bounding_box()
    whole = told.inner_text().split()[-2]
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
    place = told.inner_text().split(":")[0]
    page.mouse.wheel(0, -600)
    expect(told).not_to_contain_text(f"{whole} %")
    assert told.inner_text().split(":")[0] == place, "what is under the pointer stays there"
    drag(page, ".view canvas", (0.4, 0.4), (0.6, 0.6))
    assert told.inner_text().split(":")[0] == place, "what was taken hold of went along"
    page.locator(".view canvas").dblclick()
    expect(told).to_contain_text(f"{whole} %")
    page.keyboard.press("+")
    expect(told).not_to_contain_text(f"{whole} %")
    page.keyboard.press("f")
    expect(told).to_contain_text(f"{whole} %")


def test_a_model_judges_and_what_it_holds_against_the_label_is_found(page: Page) -> None:
    open_set(page)
    judge(page)
    page.get_by_label("Which pictures").select_option("Model differs")
    page.keyboard.press("Enter")
    row = page.get_by_role("list", name="Pictures").get_by_role("listitem").filter(has_text="wrong.png")
    expect(row).to_contain_text("but the model says")
    row.click()
    expect(page.get_by_role("heading", name="wrong.png")).to_be_visible()
    expect(page.locator(".best")).to_contain_text("dense")
    page.get_by_label("Order").select_option("least likely label first")
    expect(page.get_by_role("list", name="Pictures").get_by_role("listitem").first).to_contain_text("wrong.png")
    page.get_by_label("Which pictures").select_option("All")
    page.get_by_label("Of which class").select_option("dense")
    until(page, lambda: all("clear" not in answer for answer in answers(page)))


def test_confirming_and_correcting_by_keys_survives_a_reload(page: Page) -> None:
    open_picture(page, "clear_1.png")
    now, address = page.locator(".now"), page.url
    page.keyboard.press("y")
    expect(now).to_contain_text("clear confirmed by owner")
    page.keyboard.press("j")
    expect(now).to_contain_text("nothing yet")
    page.keyboard.press("2")
    expect(now).to_contain_text("dense corrected by owner")
    until(page, lambda: page.url != address)  # it is written a moment later
    page.reload()
    expect(now).to_contain_text("dense corrected by owner")
    page.keyboard.press("k")
    expect(now).to_contain_text("clear confirmed by owner")
    page.keyboard.press("1")  # the same again changes nothing
    page.keyboard.press("2")
    expect(now).to_contain_text("dense corrected")
    page.keyboard.press("z")
    expect(now).to_contain_text("clear confirmed")
    page.keyboard.press("z")
    expect(page.get_by_text("nothing to take back")).to_be_visible()
    page.keyboard.press("Delete")
    expect(now).to_contain_text("nothing yet")
    page.get_by_label("Another class").fill("artefact")
    page.keyboard.press("Enter")
    expect(now).to_contain_text("artefact corrected")
    page.keyboard.press("z")
    page.keyboard.press("z")
    expect(now).to_contain_text("clear confirmed")
    page.get_by_label("Which pictures").select_option("Reviewed")
    expect(page.get_by_role("list", name="Pictures").get_by_role("listitem")).to_have_count(2)


def test_two_tabs_that_judge_one_picture_see_each_other(page: Page, open_page: Callable[..., Page]) -> None:
    other = open_page(page.context)
    for tab in (page, other):
        open_picture(tab, "clear_5.png")
    page.keyboard.press("2")
    expect(other.locator(".now")).to_contain_text("dense corrected")
    other.route("**/verdict", lambda route: (page.keyboard.press("1"), page.wait_for_timeout(500), route.continue_()))
    other.keyboard.press("Delete")
    expect(other.get_by_text("judged elsewhere in the meantime. It now is: clear.")).to_be_visible()
    expect(other.locator(".now")).to_contain_text("clear confirmed")


def test_an_overlay_shows_what_the_network_used(page: Page) -> None:
    open_set(page)
    judge(page)
    open_picture(page, "dense_1.png")
    expect(page.get_by_text("differs in")).to_be_visible()  # what the model said has come
    assert pixels(page)["coloured"] == 0
    page.keyboard.press("o")
    expect(page.get_by_text("not where disease is")).to_be_visible()
    until(page, lambda: pixels(page)["coloured"] > 0.05, seconds=60)
    page.get_by_label("Overlay", exact=True).last.fill("0.05")
    until(page, lambda: pixels(page)["coloured"] < 0.05)
    page.keyboard.press("o")
    expect(page.get_by_text("not where disease is")).to_have_count(0)


def test_a_review_of_eeg_offers_no_model_for_images(page: Page, semeia: Semeia, recordings: Path) -> None:
    semeia.bring(recordings / "gap_01.edf")
    page.goto("/library")
    page.get_by_role("link", name="gap_01.edf").first.click()
    expect(page.get_by_label("Model").get_by_role("option", name="eeg-starter", exact=True)).to_be_attached()
    expect(page.get_by_label("Model").get_by_role("option", name=MODEL)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_images(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    open_set(page)
    judge(page)
    assert faults(page) == []
    open_picture(page, "ct.dcm")
    page.keyboard.press("y")
    page.keyboard.press("o")
    assert faults(page) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("dense")
    assert faults(page) == []
    page.goto("/library")
    expect(page.get_by_role("link", name="lungs", exact=True).last).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize("size", [(1280, 720), (820, 1180), (390, 844)], ids=["screen", "tablet", "phone"])
def test_images_fit_every_screen(open_page: Callable[..., Page], size: tuple[int, int]) -> None:
    page = open_page(viewport={"width": size[0], "height": size[1]})
    open_set(page)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    page.keyboard.press("Enter")
    until(page, lambda: pixels(page)["share"] > 0.3)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.locator(".view").bounding_box()["height"] > 250  # type: ignore[index]
    page.get_by_role("button", name="Next picture").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("clear_1.png")


def test_the_pages_of_images_ask_no_other_host(page: Page, semeia: Semeia) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    open_picture(page, "clear_0.png")
    assert hosts <= {urlsplit(semeia.url).netloc, ""}
