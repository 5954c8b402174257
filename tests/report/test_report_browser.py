"""The report in a real Chromium from which every network is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import report_samples as samples
from playwright.sync_api import Browser, Page, Route, sync_playwright

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
SAMPLES = ["detection", "prediction", "patterns", "classes", "images", "hostile"]
FAINT = """() => {
    const luminance = (colour) => {
        const steps = colour.startsWith("color(") ? 1 : 255; // as color-mix() gives them
        const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((v) => v / steps)
            .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (; element; element = element.parentElement) {
            const colour = getComputedStyle(element).backgroundColor;
            if (!colour.endsWith(", 0)") && colour !== "transparent") return colour;
        }
    };
    const faint = [];
    for (const element of document.querySelectorAll("body *:not(script, style)")) {
        const texts = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
        if (!texts.length) continue;
        const style = getComputedStyle(element);
        const pair = [element instanceof SVGElement ? style.fill : style.color, behind(element)].map(luminance);
        const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        if (contrast < 4.5) faint.push([texts[0].data.trim(), contrast]);
    }
    return faint;
}"""
CUT = "() => [...document.querySelectorAll('.scroll, .drawing')].filter((e) => e.scrollWidth > e.clientWidth).length"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def open_report(browser: Browser, report_of: Callable[[str], Path]) -> Iterator[Callable[..., Page]]:
    """Return how a report is opened; a request, an error or a message on the console fails the test."""
    contexts, asked, complaints = [], [], []

    def refuse(route: Route) -> None:
        if route.request.url.startswith("file:") and route.request.is_navigation_request():
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    def opened(name: str, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, offline=True, **options)
        contexts.append(context)
        context.route("**/*", refuse)
        page = context.new_page()
        page.on("request", lambda request: request.url.startswith(("file:", "data:")) or asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.goto(report_of(name).as_uri(), wait_until="load")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert asked == []
    assert complaints == []


def place(page: Page, position: int) -> None:
    """Drag the threshold to one of its places."""
    page.locator("#windows input").evaluate(
        "(input, position) => { input.value = position; input.dispatchEvent(new Event('input')); }", position
    )


def says(page: Page, name: str) -> str:
    return page.locator(f"#windows [data-says={name}]").inner_text().replace("\u202f", " ")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_threshold_moves_the_figures_to_what_the_predictions_say(
    open_report: Callable[..., Page], share: float
) -> None:
    page = open_report("detection")
    thresholds = samples.detection()["windows"]["by_threshold"]["threshold"]
    position = round(share * (len(thresholds) - 1))
    place(page, position)
    made = samples.predictions(samples.names(12))
    said = made.score >= thresholds[position]
    hits, alarms = int((said & made.positive).sum()), int((said & ~made.positive).sum())
    missed, quiet = int((~said & made.positive).sum()), int((~said & ~made.positive).sum())
    counts = {"true_positive": hits, "false_positive": alarms, "false_negative": missed, "true_negative": quiet}
    assert {name: says(page, name) for name in counts} == {name: f"{count:,}" for name, count in counts.items()}
    assert float(says(page, "threshold")) == pytest.approx(thresholds[position], abs=5.1e-4)
    shares = {"sensitivity": (hits, missed), "specificity": (quiet, alarms), "precision": (hits, alarms)}
    for name, (part, other) in shares.items():
        if part + other:
            assert float(says(page, name).removesuffix(" %")) == pytest.approx(100 * part / (part + other), abs=0.051)
        else:
            assert says(page, name) == "n/a"
    per_hour = alarms / ((alarms + quiet) * samples.STEP / 3600)
    shown = float(says(page, "false_alarms_per_hour").replace(",", ""))
    assert shown == pytest.approx(per_hour, abs=0.51 if per_hour >= 100 else 0.051)


def test_the_dots_stand_on_the_curves_where_the_threshold_is(open_report: Callable[..., Page]) -> None:
    page = open_report("detection")
    windows = samples.detection()["windows"]
    counts = windows["by_threshold"]
    position = len(counts["threshold"]) // 3
    place(page, position)
    hits, alarms, missed, quiet = (
        counts[name][position] for name in ("true_positive", "false_positive", "false_negative", "true_negative")
    )
    caught, flagged, right = hits / (hits + missed), alarms / (alarms + quiet), hits / (hits + alarms)
    for dot, (x, y) in zip(page.locator("circle.now").all(), [(flagged, caught), (caught, right)], strict=True):
        # The curve's own line is drawn by matplotlib: the dot must lie on it in pixels.
        away = dot.evaluate("""(dot) => {
            const [x, y] = ["cx", "cy"].map((name) => Number(dot.getAttribute(name)));
            const curves = [...dot.closest("svg").querySelectorAll("path")]
                .filter((path) => path.getAttribute("style")?.includes("stroke: var(--accent)"));
            let nearest = Infinity;
            for (const path of curves) {
                const length = path.getTotalLength();
                for (let k = 0; k <= 4000; k++) {
                    const at = path.getPointAtLength((length * k) / 4000);
                    nearest = Math.min(nearest, Math.hypot(at.x - x, at.y - y));
                }
            }
            return nearest;
        }""")
        assert away < 1.5
        left, top, right_, bottom = map(float, str(dot.get_attribute("data-box")).split())
        assert (float(str(dot.get_attribute("cx"))) - left) / (right_ - left) == pytest.approx(x, abs=1e-6)
        assert (bottom - float(str(dot.get_attribute("cy")))) / (bottom - top) == pytest.approx(y, abs=1e-6)


def test_it_starts_at_the_models_own_threshold_and_follows_the_keys(open_report: Callable[..., Page]) -> None:
    page = open_report("detection")
    assert says(page, "threshold") == ".350"
    slider = page.get_by_role("slider", name="Threshold")
    before = says(page, "sensitivity")
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    assert float(says(page, "sensitivity").split()[0]) < float(before.split()[0])
    assert str(slider.get_attribute("aria-valuetext")).startswith(f"{says(page, 'threshold')}: sensitivity")


def test_each_pattern_moves_by_itself(open_report: Callable[..., Page]) -> None:
    page = open_report("patterns")
    sliders = page.get_by_role("slider").all()
    shown = [page.locator(f"#pattern-{k} [data-says=sensitivity]").inner_text() for k in (1, 2, 3)]
    sliders[1].focus()
    page.keyboard.press("Home")
    after = [page.locator(f"#pattern-{k} [data-says=sensitivity]").inner_text() for k in (1, 2, 3)]
    assert (after[0], after[2]) == (shown[0], shown[2])
    assert after[1] == "100.0\u202f%"


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_overflows_on_phone_or_screen_or_is_cut_on_paper(open_report: Callable[..., Page], name: str) -> None:
    page = open_report(name)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.set_viewport_size({"width": 688, "height": 1020})  # A4 within its margins
    page.emulate_media(media="print")
    assert page.evaluate(CUT) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_can_be_read_in_light_and_dark(open_report: Callable[..., Page], scheme: str) -> None:
    for name in ("detection", "images", "hostile"):
        assert open_report(name, color_scheme=scheme).evaluate(FAINT) == []


def test_paper_is_white_whatever_the_screen(open_report: Callable[..., Page]) -> None:
    page = open_report("classes", color_scheme="dark")
    background = "() => getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(20, 23, 26)"
    page.emulate_media(media="print")
    assert page.evaluate(background) == "rgb(255, 255, 255)"


def test_without_script_the_models_own_threshold_stands(open_report: Callable[..., Page]) -> None:
    page = open_report("detection", java_script_enabled=False)
    measure = samples.detection()["windows"]["measures"]["sensitivity"]["value"]
    assert says(page, "sensitivity") == f"{100 * measure:.1f} %"
