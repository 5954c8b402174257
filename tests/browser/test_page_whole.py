"""The whole loop as a new user goes round it: bring, train two networks, compare, find, correct, label, train again."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from chromium import Semeia, events, open_recording, until, wait_for_traces
from playwright.sync_api import Page, expect

from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation

CLIPS = Path(os.environ.get("SEMEIA_DATA", "")) / "chbmit_clips"

pytestmark = pytest.mark.skipif(not CLIPS.is_dir(), reason="no clips of CHB-MIT here: set SEMEIA_DATA")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two patients to learn from and one to find in, two seizures each."""
    folder = tmp_path_factory.mktemp("simulated")
    for seed in (1, 3, 4):
        simulation = simulate(
            SimulatedPatient.from_seed(seed), seconds=480, seizures=[60.0, 330.0], montage="longitudinal"
        )
        write_simulation(simulation, folder / f"sim{seed}_01.edf", subject=f"sim{seed}")
    return folder


def fill(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).fill(value)
    page.get_by_label(label, exact=True).press("Tab")


def choose(page: Page, *patients: str) -> None:
    """Choose whose recordings are trained on, and nobody else's."""
    expect(page.get_by_text("1 · Data")).to_be_visible(timeout=60_000)
    for patient in ("chb01", "chb02", "sim1", "sim3", "sim4"):
        page.get_by_label(patient, exact=True).set_checked(patient in patients)


def begin(page: Page, name: str) -> None:
    """Begin a training, and wait until it is done and its curves are there."""
    start = page.get_by_role("button", name="Start", exact=True)
    page.get_by_label("Name of the model").fill(name)
    expect(start).to_be_enabled(timeout=30_000)
    start.click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(page.get_by_text("Done", exact=True)).to_be_visible(timeout=180_000)
    expect(page.get_by_role("img", name=re.compile("^Training and validation loss"))).to_be_visible()


def test_the_whole_loop(page: Page, semeia: Semeia, simulated: Path) -> None:
    semeia.bring(CLIPS)
    page.goto("/library")
    page.get_by_label("Files to add").set_input_files(sorted(simulated.glob("*.edf")))
    expect(page.get_by_role("link", name="sim4_01.edf").first).to_be_visible(timeout=30_000)

    page.goto("/train")  # network A of the originals, on simulated patients: its windows have 30 s
    choose(page, "sim1", "sim3")
    fill(page, "Window", "30")
    fill(page, "Rate", "128")
    page.get_by_role("radio", name="convnet").click()
    fill(page, "Epochs", "3")
    fill(page, "Examples per epoch", "256")
    fill(page, "Validation", "0.5")
    begin(page, "network-a")

    page.goto("/train")  # one's own, layer by layer, on short windows of real EEG
    choose(page, "chb01", "chb02")
    fill(page, "Window", "2")
    page.get_by_role("radio", name="layer by layer").click()
    expect(page.get_by_label("kernel of layer 1")).to_be_visible()
    begin(page, "my-layers")

    page.get_by_role("checkbox", name="Compare network-a").check()
    page.get_by_role("checkbox", name="Compare my-layers").check()
    page.get_by_role("button", name="Compare 2").click()
    expect(page.get_by_role("region", name="Comparison")).to_contain_text("validation AUROC")

    open_recording(page, "sim4_01.edf")  # find in a recording of somebody else, and correct two events
    page.get_by_label("Model", exact=True).select_option("eeg-starter")
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Find", exact=True)).to_be_enabled(timeout=90_000)
    page.get_by_label("Threshold", exact=True).fill("0.02")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("proposed at 0.02")).to_be_visible()
    page.get_by_label("Which events").select_option("To review")
    until(page, lambda: len(events(page)) > 0)
    answers = iter("yn")
    while events(page):
        before = len(events(page))
        page.get_by_role("list", name="Events").get_by_role("listitem").first.click()
        page.keyboard.press(next(answers, "y"))
        until(page, lambda before=before: len(events(page)) < before)  # type: ignore[misc]

    page.goto("/models/eeg-starter")  # an operating point, on what was reviewed
    worth = page.get_by_role("region", name="On your recordings")
    worth.get_by_role("slider", name="Threshold").fill("9")
    worth.get_by_role("button", name="Find with this").click()
    expect(worth.get_by_role("button", name="Find with this")).to_be_disabled()

    page.goto("/label")  # twenty examples, those first that tell most
    page.get_by_role("button", name=re.compile("^New queue")).first.click()
    dialog = page.get_by_role("dialog", name="New queue")
    expect(dialog.get_by_label("sim1_01.edf")).to_be_checked()
    for name in dialog.get_by_role("checkbox").all():
        name.set_checked("sim" in name.evaluate("box => box.parentElement.innerText"))
    dialog.get_by_label("Model").select_option("eeg-starter")
    dialog.get_by_label("Questions").select_option(
        "balanced-margin"
    )  # seizures are rare, and the starter is sure of them
    dialog.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("button", name="What does the network say?")).to_be_visible(timeout=60_000)
    wait_for_traces(page)
    for number in range(20):
        about = page.locator(".about").inner_text()
        minutes, seconds = (int(part) for part in re.findall(r"(\d+):(\d+), 8 s", about)[0])
        onset = 60 * minutes + seconds
        page.keyboard.press("2" if 60 <= onset <= 80 or 330 <= onset <= 350 else "1")
        until(page, lambda about=about: page.locator(".about").inner_text() != about)  # type: ignore[misc]
        expect(page.get_by_role("region", name="Progress").get_by_text(f"{number + 1} of ")).to_be_visible()
    page.get_by_role("button", name="Train a network on these").click()
    expect(page.get_by_text("Answers that were given in Label")).to_be_visible(timeout=60_000)
    fill(page, "Epochs", "3")
    fill(page, "Examples per epoch", "256")
    fill(page, "Step", "8")
    begin(page, "from-answers")

    page.get_by_role("checkbox", name="Compare network-a").check()
    page.get_by_role("checkbox", name="Compare from-answers").check()
    page.get_by_role("button", name="Compare 2").click()  # the new figure beside the old
    shown = page.get_by_role("region", name="Comparison").get_by_role("table").last  # the others are legends
    expect(shown.get_by_role("columnheader", name="network-a")).to_be_visible()
    expect(shown.get_by_role("columnheader", name="from-answers")).to_be_visible()
