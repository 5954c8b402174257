"""Models in a real browser: what each says of itself, which one Find uses, and the folder as a file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from chromium import Semeia, events, open_recording, until
from playwright.sync_api import Page, expect


@pytest.fixture(scope="module", autouse=True)
def _library(semeia: Semeia) -> None:
    semeia.bring(semeia.folder / "sim_01.edf")


def renamed(file: Path, name: str) -> None:
    """Give the model in a ZIP file another name."""
    with zipfile.ZipFile(file) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for part, content in parts.items():
            is_about = part.endswith("model.json")
            archive.writestr(part, json.dumps(json.loads(content) | {"name": name}) if is_about else content)


def test_a_model_is_read_chosen_for_find_and_had_as_a_file(page: Page, tmp_path: Path) -> None:
    page.goto("/models")
    expect(page.get_by_role("region", name="eeg-starter")).to_contain_text("What it was trained on")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page).to_have_url("/models/brain-mri")
    expect(page.get_by_role("region", name="brain-mri")).to_contain_text("What to expect")
    curve = page.get_by_role("img", name="Training and validation loss of 70 epochs")
    expect(curve.locator("canvas")).to_be_visible()

    page.get_by_role("link", name="eeg-resnet1d").click()
    shown = page.get_by_role("region", name="eeg-resnet1d")
    shown.get_by_text("The recipe, which trains it again").click()
    expect(shown.locator("pre")).to_contain_text('name = "eeg-resnet1d"')
    with page.expect_download() as download:
        shown.get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        assert {"eeg-resnet1d/model.json", "eeg-resnet1d/weights.safetensors"} <= set(archive.namelist())
    chooser = page.locator("nav[aria-label=Models] input[type=file]")
    chooser.set_input_files(tmp_path / "model.zip")
    expect(page.get_by_text("a model eeg-resnet1d is installed already")).to_be_visible()
    renamed(tmp_path / "model.zip", "guest")
    chooser.set_input_files(tmp_path / "model.zip")
    expect(page).to_have_url("/models/guest")
    expect(page.get_by_role("link", name="guest")).to_contain_text("yours")
    page.get_by_role("link", name="eeg-resnet1d").click()
    shown.get_by_role("button", name="Use for Find").click()
    expect(shown.get_by_role("button", name="Used by Find")).to_be_disabled()
    open_recording(page, "sim_01.edf")
    expect(page.get_by_label("Model", exact=True).locator("option:checked")).to_have_text("eeg-resnet1d")
    expect(page.get_by_label("Model", exact=True).locator("option", has_text="ieeg-patterns")).to_have_count(0)


def test_a_model_that_finds_no_seizures_is_not_offered_to_find(page: Page) -> None:
    page.goto("/models/ieeg-patterns")
    shown = page.get_by_role("region", name="ieeg-patterns")
    expect(shown).to_contain_text("What it takes and gives")
    expect(shown.get_by_role("button", name="Use for Find")).to_have_count(0)


def test_a_threshold_is_judged_on_reviewed_recordings_and_find_begins_with_it(page: Page) -> None:
    page.goto("/models/eeg-starter")
    worth = page.get_by_role("region", name="On your recordings")
    expect(worth).to_contain_text("Let it find seizures in Review")
    open_recording(page, "sim_01.edf")
    page.get_by_label("Model", exact=True).select_option("eeg-starter")
    page.keyboard.press("f")
    expect(page.get_by_role("list", name="Events").get_by_text("to review").first).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Find", exact=True)).to_be_enabled(timeout=60_000)
    page.goto("/models/eeg-starter")
    expect(worth).to_contain_text("Left out: 1 recording with unanswered proposals.")

    open_recording(page, "sim_01.edf")
    page.get_by_label("Which events").select_option("To review")
    until(page, lambda: len(events(page)) > 0)
    while events(page):
        before = len(events(page))
        page.keyboard.press("j")
        page.keyboard.press("y")
        until(page, lambda before=before: len(events(page)) < before)
    page.goto("/models/eeg-starter")
    expect(worth).to_contain_text("in 1 reviewed recording of 1 patient, 0.1 h")
    slider = worth.get_by_role("slider", name="Threshold")
    slider.fill("0")
    expect(worth.get_by_text("0.05", exact=True)).to_be_visible()
    worth.get_by_role("button", name="Find with this").click()
    expect(worth.get_by_role("button", name="Find with this")).to_be_disabled()
    page.reload()
    expect(worth.get_by_text("0.05", exact=True)).to_be_visible()

    open_recording(page, "sim_01.edf")
    expect(page.get_by_role("button", name="Find", exact=True)).to_be_enabled()
    with page.expect_request("**/find") as asked:
        page.keyboard.press("f")
    assert asked.value.post_data_json == {"model": "eeg-starter", "threshold": 0.05}
