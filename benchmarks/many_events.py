"""Review of a day with 20,000 events: how soon the list is there, and whether keys answer as with none.

How it is measured: `browsing`.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

from browsing import bring, chromium, jumped, ms, places, pressed, reviewing, some_events, traces, watch
from figures import table
from pages import LARGE, server, write_file

CHANNELS = 32
KEY_AIM, JUMP_AIM, OPEN_AIM = "50 ms", "80 ms", "2 s"


class Amount(NamedTuple):
    """How much is measured."""

    hours: float = 24.0
    events: int = 20_000
    turns: int = 100
    jumps: int = 30
    answers: int = 30


ALL = Amount()


def opening(page: Page) -> float:
    """Return the seconds until Review shows its traces and its list, asked for anew."""
    began = time.perf_counter()
    page.reload()
    page.get_by_role("list", name="Events").get_by_role("listitem").first.wait_for()
    traces(page)
    return time.perf_counter() - began


def answered(page: Page, times: int) -> list[list[str]]:
    """Go from proposal to proposal, and accept each; return rows of the table."""
    page.keyboard.press("Home")
    page.get_by_label("Which events").select_option("To review")
    page.get_by_label("Order").blur()
    before = _listed(page)
    keys = pressed(page, "j", "y", times=times, pause=400)
    page.get_by_text(f"{before - times}", exact=True).first.wait_for()
    unfinished = f"{keys['j'].unfinished} of {times}"
    return [
        ["J, to the next proposal: p50, p95", ms(keys["j"].painted), KEY_AIM],
        ["of which showed an unfinished page", unfinished, ""],
        ["Y, accepted: p50, p95", ms(keys["y"].painted), KEY_AIM],
    ]


def _listed(page: Page) -> int:
    """Return how many events the list has."""
    return int(page.get_by_role("list", name="Events").get_by_role("listitem").first.get_attribute("aria-setsize") or 0)


def run(workspace: Path, amount: Amount = ALL) -> str:
    """Measure and return the section; a smaller amount is to try things out."""
    folder = workspace / "many_events"
    folder.mkdir()
    try:
        file = write_file(folder / "day.edf", LARGE[:CHANNELS], 256, amount.hours)
        seconds = amount.hours * 3600
        events = list(some_events(0.0, seconds, seconds / amount.events, LARGE[:CHANNELS]))
        with (
            chromium() as browser,
            server(file) as (_, visitor, (id,)),
            reviewing(browser, visitor, id) as page,
        ):
            began = time.perf_counter()
            bring(page, events, folder / "events.tsv")
            brought = time.perf_counter() - began
            opened = [opening(page) for _ in range(3)]
            watch(page)
            turning = pressed(page, "ArrowRight", times=amount.turns)["ArrowRight"]
            jumping = jumped(page, places(page, amount.jumps, amount.hours).clicks)
            rows = [
                ["their file (TSV) is imported and listed", f"{brought:.1f} s", ""],
                ["Review opens: traces and the list are there", f"{sorted(opened)[1]:.1f} s", OPEN_AIM],
                ["turn: p50, p95", ms(turning.painted), KEY_AIM],
                ["of which showed an unfinished page", f"{turning.unfinished} of {amount.turns}", ""],
                ["jump anywhere: p50, p95", ms(jumping), JUMP_AIM],
                *answered(page, amount.answers),
            ]
    finally:
        shutil.rmtree(folder)
    return f"""## {amount.events:,} events on one recording

{amount.hours:g} h × {CHANNELS} channels × 256 Hz, both trends shown, with {len(events):,} events, half a model's
proposals; otherwise as above.

{table(["", "measured", "aim at most"], rows)}
"""
