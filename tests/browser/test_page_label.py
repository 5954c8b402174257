"""Label in a real Chromium: a queue is made, answered by keys, taken back, read by two, settled; and train on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chromium import Semeia, faults, until, wait_for_traces
from playwright.sync_api import Page, expect

from semeia.events import Event, read_tsv
from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the recordings of two patients, eight minutes with two seizures each."""
    folder = tmp_path_factory.mktemp("patients")
    for seed in (1, 3):
        patient = SimulatedPatient.from_seed(seed)
        simulation = simulate(patient, seconds=480, seizures=[60.0, 330.0], montage="longitudinal")
        write_simulation(simulation, folder / f"sim{seed}_01.edf", subject=f"sim{seed}")
    return folder


@pytest.fixture(scope="module")
def truth(patients: Path) -> dict[str, list[Event]]:
    return {file.name: list(read_tsv(file.with_name(f"{file.stem}_events.tsv"))) for file in patients.glob("*.edf")}


@pytest.fixture(scope="module", autouse=True)
def _library(semeia: Semeia, patients: Path) -> None:
    semeia.bring(*sorted(patients.glob("*.edf")))


def new_queue(page: Page, name: str, *, readers: str = "One for each question") -> None:
    page.goto("/label")
    page.get_by_role("button", name=re.compile("^New queue")).first.click()
    dialog = page.get_by_role("dialog", name="New queue")
    expect(dialog.get_by_label("sim1_01.edf")).to_be_checked()
    dialog.get_by_label("Readers").select_option(readers)
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Begin").click()
    shown = page.get_by_role("complementary", name="Queue")  # until then another queue is
    expect(shown.get_by_text(name, exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="What does the network say?")).to_be_visible(timeout=60_000)
    wait_for_traces(page)


def asked(page: Page) -> tuple[str, float]:
    """Return which recording the question is about, and where in it."""
    found = re.match(r"(\S+) · ([\d:]+), 8 s", page.locator(".about").inner_text())
    assert found
    minutes, seconds = found[2].split(":")
    return found[1], 60 * int(minutes) + int(seconds)


def answer(page: Page, truth: dict[str, list[Event]], *, wrongly: bool = False) -> None:
    """Answer by a key, as the simulator knows it, and wait for the next question."""
    name, onset = asked(page)
    seizure = any(min(onset + 8, e.stop) - max(onset, e.onset) > 4 for e in truth[name])
    page.keyboard.press("2" if seizure != wrongly else "1")
    until(page, lambda: page.locator(".about").count() == 0 or asked(page) != (name, onset))


def count(page: Page) -> str:
    return page.get_by_role("region", name="Progress").locator("p").first.inner_text()


def test_what_is_most_telling_is_labelled_by_keys_and_trained_on(page: Page, truth: dict[str, list[Event]]) -> None:
    new_queue(page, "mine")
    assert faults(page) == []
    first = asked(page)
    page.keyboard.press("1")
    until(page, lambda: asked(page) != first)
    page.keyboard.press("z")
    until(page, lambda: asked(page) == first)
    until(page, lambda: count(page).startswith("0 of 120"))
    page.keyboard.press(" ")
    until(page, lambda: asked(page) != first)
    page.keyboard.press("i")
    page.keyboard.type("looks odd")
    page.keyboard.press("Enter")
    page.keyboard.press("u")
    for _ in range(34):
        answer(page, truth)
    until(page, lambda: count(page).startswith("35 of 120"))
    skill = page.get_by_text(re.compile(r"on \d+ held back"))
    more = 35
    while not skill.count() and more < 115:  # which are held back is drawn: until they show both classes
        answer(page, truth)
        more += 1
    expect(skill).to_be_visible()
    until(page, lambda: count(page).startswith(f"{more} of 120"))
    expect(page.get_by_role("img", name="Skill by answers given")).to_be_visible()
    page.keyboard.press("s")
    expect(page.get_by_text(re.compile(r"background \d+ % · seizure \d+ %"))).to_be_visible()
    assert faults(page) == []
    page.reload()
    until(page, lambda: count(page).startswith(f"{more} of 120"))  # it is all in the database

    page.get_by_role("button", name="Train a network on these").click()
    expect(page.get_by_text("Answers that were given in Label")).to_be_visible(timeout=60_000)
    expect(page.get_by_label("Classes")).to_have_value("background, seizure")
    expect(page.get_by_role("columnheader", name="background")).to_be_visible()


def test_two_tabs_are_asked_different_things_and_hear_of_each_other(page: Page, truth: dict[str, list[Event]]) -> None:
    new_queue(page, "tabs")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("button", name="What does the network say?")).to_be_visible(timeout=30_000)
    answer(page, truth)
    until(other, lambda: count(other).startswith("1 of 120"))
    page.get_by_role("button", name="Remove this queue").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("link", name="tabs")).to_have_count(0)
    other.close()


def read_as(page: Page, name: str) -> None:
    page.get_by_role("button", name="Reading as").click()
    page.get_by_label("Another reader's name").fill(name)
    with page.expect_navigation():
        page.get_by_role("button", name="Read as", exact=True).click()


def test_two_read_without_seeing_each_other_and_a_third_settles(page: Page, truth: dict[str, list[Event]]) -> None:
    new_queue(page, "twice", readers="Two, who do not see each other’s answers")
    for _ in range(4):
        answer(page, truth)
    until(page, lambda: count(page).startswith("4 of 120"))
    address = page.url
    read_as(page, "Bea")
    page.goto(address)
    expect(page.get_by_role("button", name="What does the network say?")).to_be_visible(timeout=30_000)
    wait_for_traces(page)
    answer(page, truth, wrongly=True)
    for _ in range(3):
        answer(page, truth)
    settle = page.get_by_role("button", name="Settle 1 difference")
    expect(settle).to_be_visible()
    assert faults(page) == []
    settle.click()
    expect(page.get_by_text(re.compile(r"owner: \w+ · Bea: \w+|Bea: \w+ · owner: \w+"))).to_be_visible()
    page.keyboard.press("1")
    expect(settle).to_have_count(0)
    expect(page.get_by_text("Agreement (Cohen’s κ)")).to_be_visible()
