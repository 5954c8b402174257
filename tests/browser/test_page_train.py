"""Train in a real Chromium: recipes are filled in, trained, stopped, gone on with, compared and searched."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from chromium import Semeia, faults, until
from playwright.sync_api import Page, expect

from epilepsy import write_patients


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the recordings of four patients, a second's work to learn from."""
    folder = tmp_path_factory.mktemp("patients")
    write_patients(folder)
    return folder


@pytest.fixture
def form(page: Page, semeia: Semeia, recordings: Path) -> Page:
    """Return the form, with four patients chosen and a training of moments."""
    semeia.bring(*sorted(recordings.rglob("*.edf")))
    page.goto("/train")
    expect(page.get_by_text("1 · Data")).to_be_visible(timeout=60_000)
    for number in (1, 2, 3, 4):
        page.get_by_label(f"patient{number}", exact=True).check()
    fill(page, "Window", "4")
    fill(page, "Rate", "64")
    fill(page, "Epochs", "3")
    fill(page, "Examples per epoch", "256")
    expect(page.get_by_text("An epoch here")).to_be_visible(timeout=30_000)
    expect(start(page)).to_be_enabled()
    return page


def fill(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).fill(value)
    page.get_by_label(label, exact=True).press("Tab")


def start(page: Page):  # type: ignore[no-untyped-def]
    return page.get_by_role("button", name="Start", exact=True)


def named(page: Page, name: str) -> None:
    page.get_by_label("Name of the model").fill(name)


def test_a_recipe_is_filled_in_and_trained_while_its_curves_grow(form: Page) -> None:
    form.get_by_label("Patients, by hand").check()
    validation = form.get_by_role("region", name="validation")
    expect(validation.get_by_role("button")).to_have_count(1)
    card = form.locator("[data-patient=patient1]")
    card.drag_to(validation)
    expect(validation.get_by_role("button")).to_have_count(2)
    form.locator("[data-patient=patient1]").press("ArrowLeft")
    expect(validation.get_by_role("button")).to_have_count(1)
    expect(form.get_by_role("region", name="training").get_by_role("button")).to_have_count(3)

    form.get_by_role("button", name="Show some examples").click()
    expect(form.get_by_alt_text("A few examples of each class")).to_be_visible(timeout=60_000)
    assert faults(form) == []

    form.get_by_role("button", name="As TOML").click()
    text = form.get_by_label("The recipe as TOML")
    recipe = tomllib.loads(text.input_value())
    assert recipe["training"]["epochs"] == 3 and recipe["split"]["validation"] == ["patient4"]
    text.fill(text.input_value().replace("epochs = 3", "epochs = 4"))
    form.get_by_role("button", name="As a form").click()
    expect(form.get_by_label("Epochs", exact=True)).to_have_value("4")

    named(form, "first")
    start(form).click()
    expect(form.get_by_role("heading", name="first")).to_be_visible()
    expect(form.get_by_text("Done", exact=True)).to_be_visible(timeout=60_000)
    expect(form.get_by_role("img", name="Training and validation loss of 4 epochs")).to_be_visible()
    assert faults(form) == []
    form.get_by_role("button", name="Open the model").click()
    expect(form.get_by_role("region", name="first")).to_be_visible()


def test_a_training_is_stopped_and_goes_on(form: Page) -> None:
    fill(form, "Epochs", "60")
    named(form, "longer")
    expect(start(form)).to_be_enabled()
    start(form).click()
    expect(form.get_by_text("Training", exact=False).filter(has_text="left at most")).to_be_visible(timeout=60_000)
    form.get_by_role("button", name="Stop").click()
    expect(form.get_by_text("Stopped. It can go on where it was.")).to_be_visible(timeout=30_000)
    form.get_by_role("button", name="Go on").click()
    expect(form.get_by_text("Training", exact=False).filter(has_text="left at most")).to_be_visible(timeout=60_000)
    form.get_by_role("button", name="Stop").click()
    expect(form.get_by_text("Stopped. It can go on where it was.")).to_be_visible(timeout=30_000)


def test_a_network_is_built_layer_by_layer_and_what_does_not_fit_is_explained_in_place(form: Page) -> None:
    form.get_by_role("radio", name="layer by layer").click()
    expect(form.get_by_label("Montage")).to_have_value("longitudinal")
    form.get_by_label("Montage").select_option("recorded")  # these recordings have electrodes of their own
    row = form.get_by_role("row").filter(has_text="maxpool1d")
    expect(row).to_contain_text("16 × 15")  # of 256 samples: 61 after the convolution, 15 after the pooling
    expect(row).to_contain_text("0.438 s")  # (16 + 3 * 4) / 64
    form.get_by_label("kernel of layer 3").fill("400")
    form.get_by_label("kernel of layer 3").press("Tab")
    expect(form.get_by_role("cell").filter(has_text="400")).to_contain_text("the largest kernel that fits is 61")
    expect(start(form)).to_be_disabled()
    form.get_by_label("kernel of layer 3").fill("4")
    form.get_by_label("kernel of layer 3").press("Tab")
    expect(start(form)).to_be_enabled()
    form.get_by_label("Add a layer").select_option("dropout")
    expect(form.get_by_label("p of layer 7")).to_be_visible()
    form.get_by_label("Remove layer 7").click()
    named(form, "layered")
    expect(start(form)).to_be_enabled()
    start(form).click()
    expect(form.get_by_text("Done", exact=True)).to_be_visible(timeout=60_000)

    form.get_by_role("checkbox", name="Compare first").check()
    form.get_by_role("checkbox", name="Compare layered").check()
    form.get_by_role("button", name="Compare 2").click()
    table = form.get_by_role("region", name="Comparison").get_by_role("table").last
    expect(table.get_by_role("row").filter(has_text="network.name")).to_contain_text("channelwise")
    assert faults(form) == []


def test_a_search_shows_its_trials_and_hands_the_best_on(form: Page) -> None:
    form.get_by_text("Search for better values").click()
    form.get_by_label("A key to search").select_option("network.width")
    fill(form, "Values of network.width", "2, 4")
    fill(form, "trials", "2")
    expect(start(form)).to_be_enabled()
    form.get_by_label("A search").check()
    named(form, "hunt")
    start(form).click()
    best = form.get_by_role("button", name="Train the best")
    expect(best).to_be_visible(timeout=120_000)
    expect(form.get_by_role("img", name="Each trial as a line")).to_be_visible()
    assert faults(form) == []
    best.click()
    expect(form.get_by_label("Epochs", exact=True)).to_have_value("3")


def test_what_is_wrong_is_said_in_place(page: Page, semeia: Semeia, recordings: Path) -> None:
    page.goto("/train")
    expect(page.get_by_text("Choose the data first.")).to_be_visible(timeout=60_000)
    page.get_by_label("Epochs", exact=True).fill("many")
    page.get_by_label("Epochs", exact=True).press("Tab")
    expect(page.get_by_text("A whole number, please.")).to_be_visible()
    page.get_by_role("button", name="As TOML").click()
    page.get_by_label("The recipe as TOML").fill("[training]\nepoch = 3")
    until(page, lambda: page.locator(".steps .fault").count() == 1)
    expect(page.locator(".steps .fault")).to_contain_text("key 'name' is missing")
