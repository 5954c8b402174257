"""Draw every picture of the documentation, from the page as it is: a real server, a real Chromium, simulated patients.

``make pictures`` draws all, ``python docs/pictures.py review train`` those that are named. Nothing but what is drawn
here belongs into ``docs/pictures``, but for the simulator's picture, which ``benchmarks/plausibility.py`` draws.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
sys.path[:0] = [str(ROOT / "tests" / "browser")]

from chromium import Semeia, chromium, open_recording, wait_for_traces  # noqa: E402
from playwright.sync_api import Page, expect  # noqa: E402

from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation  # noqa: E402

MOST = 150_000
"""Bytes of a picture."""


def main() -> None:
    """Draw what is named, or all."""
    wanted = sys.argv[1:] or NAMES
    if unknown := set(wanted) - set(NAMES):
        raise SystemExit(f"no such picture: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    PICTURES.mkdir(exist_ok=True)
    draw(wanted)


def draw(wanted: list[str]) -> None:
    """Draw pictures, with a home folder of their own."""
    home = os.environ.get("SEMEIA_HOME")
    with TemporaryDirectory() as folder:
        os.environ["SEMEIA_HOME"] = str(Path(folder) / "home")
        try:
            if "fitting" in wanted:
                keep(fitting(Path(folder)), "fitting")
            if set(wanted) - {"fitting"}:
                with page_of(Path(folder)) as page:
                    for name, taken in DRAWN.items():
                        if name in wanted:
                            keep(taken(page), name)
        finally:
            os.environ.pop("SEMEIA_HOME")
            if home is not None:
                os.environ["SEMEIA_HOME"] = home


def keep(picture: bytes, name: str) -> None:
    """Write a picture as WebP, no larger than need be."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for quality in range(90, 20, -10):
        packed = io.BytesIO()
        image.save(packed, "webp", quality=quality, method=6)
        if packed.tell() <= MOST:
            break
    (PICTURES / f"{name}.webp").write_bytes(packed.getvalue())
    print(f"docs/pictures/{name}.webp: {packed.tell():,} bytes")


@contextmanager
def page_of(folder: Path) -> Iterator[Page]:
    """Serve a Library with four simulated patients and a set of images, and open the page."""
    for number, seizures in enumerate(([300.0, 900.0], [500.0], [200.0, 700.0], [850.0]), 1):
        patient = SimulatedPatient.from_seed(9000 + number)
        recording = simulate(patient, seconds=1200, seizures=seizures, seed=number)
        place = folder / "recordings" / f"patient{number}"
        place.mkdir(parents=True)
        write_simulation(recording, place / f"patient{number}_01.edf", subject=f"patient{number}")
    write_films(folder / "films")
    server = Semeia(folder / "home", folder)
    try:
        server.bring(*sorted((folder / "recordings").rglob("*.edf")))
        server.bring(folder / "films")
        with chromium() as browser:
            page = browser.new_page(base_url=server.url, viewport={"width": 1280, "height": 720})
            page.set_default_timeout(60_000)
            page.goto(server.link)
            yield page
    finally:
        server.end()


def write_films(folder: Path) -> None:
    """Write blurred spots of two kinds, three pictures of each of eight patients."""
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:160, :160] / 160
    for kind, longer in (("round", 1.0), ("oval", 1.4)):
        for patient in range(8):
            for number in range(3):
                row, column = rng.uniform(0.35, 0.65, 2)
                distance = ((rows - row) * longer) ** 2 + ((columns - column) / longer) ** 2
                film = 50 + 140 * np.exp(-distance / 0.02) + rng.normal(0, 12, (160, 160))
                path = folder / kind / f"{kind[0]}{patient:02}_{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(film.clip(0, 255).astype(np.uint8)).save(path)


def library(page: Page) -> bytes:
    """Return the Library."""
    page.goto("/library")
    expect(page.get_by_role("link", name="patient1_01.edf").first).to_be_visible()
    return still(page)


def find(page: Page) -> bytes:
    """Return Review with what a model has just found, its threshold lowered to be tried."""
    looked_at(page)
    page.get_by_label("Threshold", exact=True).fill("0.3")
    expect(page.get_by_role("button", name="Keep")).to_be_visible()
    taken = still(page)
    page.get_by_role("button", name="Back").click()
    return taken


def review(page: Page) -> bytes:
    """Return Review at the onset of a seizure."""
    looked_at(page)
    page.keyboard.press("j")
    expect(page.locator("li [aria-current=true]")).to_have_count(1)
    wait_for_traces(page)
    return still(page)


def review_dark(page: Page) -> bytes:
    """Return the same in the dark."""
    page.emulate_media(color_scheme="dark")
    try:
        return review(page)
    finally:
        page.emulate_media(color_scheme="light")


def looked_at(page: Page) -> None:
    """Open the first patient's recording, and let the model look at it unless it has."""
    open_recording(page, "patient1_01.edf")
    threshold = page.get_by_label("Threshold", exact=True)
    if page.get_by_text("No model has looked").count():
        page.keyboard.press("f")
    expect(threshold).to_be_visible()


def report(page: Page) -> bytes:
    """Return the report of a recording."""
    looked_at(page)
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name="Report")
    expect(dialog.get_by_role("button", name="Make the report")).to_be_enabled()
    with page.expect_popup() as opened:
        dialog.get_by_role("button", name="Make the report").click()
    sheet = opened.value
    sheet.set_viewport_size({"width": 900, "height": 1100})
    expect(sheet.get_by_role("heading", name="patient1_01.edf")).to_be_visible()
    taken = still(sheet)
    sheet.close()
    return taken


def models(page: Page) -> bytes:
    """Return the card of the starter model."""
    page.goto("/models/eeg-starter")
    expect(page.get_by_role("region", name="eeg-starter")).to_contain_text("What it was trained on")
    return still(page)


def images(page: Page) -> bytes:
    """Return Review of a set of images."""
    page.goto("/library")
    page.get_by_role("link", name="films", exact=True).last.click()
    sheet = page.get_by_role("list", name="Contact sheet").get_by_role("listitem")
    expect(sheet.first).to_be_visible()
    expect(page.locator("span.waiting")).to_have_count(0)
    return still(page)


def train(page: Page) -> bytes:
    """Return the form of a training, filled in."""
    filled(page)
    return still(page)


def training(page: Page) -> bytes:
    """Return a training that is done, with its curves."""
    filled(page)
    page.get_by_label("Name of the model").fill("my-detector")
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_enabled()
    start.click()
    expect(page.get_by_text("Done", exact=True)).to_be_visible(timeout=180_000)
    expect(page.get_by_role("img", name="Training and validation loss")).to_be_visible()
    return still(page)


def layers(page: Page) -> bytes:
    """Return a network that is built layer by layer."""
    filled(page)
    page.get_by_role("radio", name="layer by layer").click()
    expect(page.get_by_role("row").filter(has_text="maxpool1d")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator("dl").get_by_text("18 × 800")).to_be_visible()
    expect(page.locator("dl.stale")).to_have_count(0)
    page.get_by_role("row").filter(has_text="adaptiveavgpool").scroll_into_view_if_needed()
    return still(page)


def filled(page: Page) -> None:
    """Fill the form of a training that takes moments."""
    page.goto("/train")
    page.get_by_label("patient1", exact=True).wait_for()
    for number in (1, 2, 3, 4):
        page.get_by_label(f"patient{number}", exact=True).check()
    for label, value in (("Epochs", "8"), ("Examples per epoch", "1024")):
        page.get_by_label(label, exact=True).fill(value)
        page.get_by_label(label, exact=True).press("Tab")
    expect(page.get_by_text("An epoch here")).to_be_visible(timeout=90_000)
    page.locator(".steps").evaluate("element => element.scrollTo(0, 0)")


def fitting(folder: Path) -> bytes:
    """Return the loss by epoch of three networks: one learns by heart, one is held back, one is too small."""
    from matplotlib import pyplot as plt

    write_spots(folder / "spots")
    curves = {title: losses(folder, changes) for title, changes in FITTED.items()}
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True, layout="constrained")
    for axis, (title, epochs) in zip(axes, curves.items(), strict=True):
        number = range(1, len(epochs) + 1)
        axis.plot(number, [epoch["training_loss"] for epoch in epochs], "--", color="#5f3dc4", label="training")
        axis.plot(number, [epoch["validation_loss"] for epoch in epochs], color="#0b6e63", label="other patients")
        axis.set(title=title, xlabel="epoch", ylim=(0, 1.5))
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("loss")
    axes[0].legend(frameon=False)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=120)
    plt.close(figure)
    return drawn.getvalue()


def losses(folder: Path, changes: dict[str, Any]) -> list[dict[str, float]]:
    """Train a network for a moment and return the losses of each epoch."""
    from semeia.recipe import changed, recipe_of
    from semeia.training.train import train

    progress: list[dict[str, Any]] = []
    with TemporaryDirectory() as model:
        train(changed(recipe_of(FITTING), changes), Path(model) / "model", beside=folder, report=progress.append)
    return [entry for entry in progress if entry["event"] == "epoch"]


def write_spots(folder: Path) -> None:
    """Write faint spots, round or oval, one for each of 320 people; one label in ten is wrong."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[:32, :32] / 32
    for person in range(320):
        kind = "oval" if person % 2 else "round"
        longer = 1.5 if kind == "oval" else 1.0
        row, column = rng.uniform(0.3, 0.7, 2)
        distance = ((rows - row) * longer) ** 2 + ((columns - column) / longer) ** 2
        spot = 90 + 90 * np.exp(-distance / 0.02) + rng.normal(0, 15, (32, 32))
        said = kind if rng.random() > 0.1 else {"oval": "round", "round": "oval"}[kind]
        path = folder / said / f"p{person:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(spot.clip(0, 255).astype(np.uint8)).save(path)


FITTING: dict[str, Any] = {
    "name": "fitting",
    "seed": 1,
    "task": {"kind": "images", "classes": ["round", "oval"]},
    "data": [{"source": "image-folder", "path": "spots", "patient": "p[0-9]+"}],
    "split": {"validation": 0.75},
    "transform": {"name": "image", "size": 32},
    "network": {"name": "small-resnet", "width": 12, "blocks": [1, 1, 1], "dropout": 0.0},
    "training": {"epochs": 30, "examples_per_epoch": 320, "batch_size": 20, "patience": 30, "learning_rate": 3e-3},
}
FITTED: dict[str, dict[str, Any]] = {
    "by heart": {},
    "held back": {
        "augmentation": {"flip": True, "flip_vertical": True, "shift": 0.2, "noise": 0.1},
        "network.dropout": 0.3,
    },
    "too small": {"network": {"name": "cnn2d", "width": 1, "depth": 1}},
}
"""What distinguishes the three trainings."""


def still(page: Page) -> bytes:
    """Return what the page shows when nothing moves any more."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    return page.screenshot(animations="disabled")


DRAWN: dict[str, Callable[[Page], bytes]] = {
    "library": library,
    "find": find,
    "review": review,
    "review-dark": review_dark,
    "report": report,
    "models": models,
    "images": images,
    "train": train,
    "training": training,
    "layers": layers,
}
"""The pictures of the page, in the order in which they are drawn: each finds what those before it left."""
NAMES = [*DRAWN, "fitting"]


if __name__ == "__main__":
    main()
