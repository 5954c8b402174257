"""The page of a study: whole in itself, every strategy with its figures and its curve."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from semeia.active.costs import summarised
from semeia.active.page import HEADS, row_of, write_page
from semeia.active.simulation import Study


def figures() -> dict[str, object]:
    rng = np.random.default_rng(0)
    area = {name: np.sort(rng.uniform(0.5, 0.99, (5, 8)), axis=1) for name in ("random", "margin", "<b>odd</b>")}
    study = Study(20 * np.arange(1, 9), area, np.full(5, 0.98))
    return summarised(study) | {"name": "a-pool", "about": ["1,000 examples & more."]}


def test_a_page_opens_without_any_network_and_is_the_same_again(tmp_path: Path) -> None:
    write_page(tmp_path / "study.html", figures())
    text = (tmp_path / "study.html").read_text()
    assert not re.search(r'(src|href)="(?!data:|#)', text) and "<script" not in text
    assert "default-src 'none'" in text and "Not a medical device" in text
    assert "1,000 examples &amp; more." in text and "<b>odd" not in text
    assert text.count("<figure") == 2  # random is in both
    assert text.count("<svg") == 2
    write_page(tmp_path / "again.html", figures())
    assert (tmp_path / "again.html").read_text() == text


def test_a_row_says_what_is_beyond_the_budget() -> None:
    given = figures()
    one = given["strategies"]["margin"]
    one["needed"] = {"value": None, "low": 40.0, "high": None}
    one["of_random"] = {"value": None, "low": 0.5, "high": None}
    row = row_of("margin", given)
    assert len(row) == len(HEADS)
    assert row[:3] == ["margin", "> 160", "40 to > 160"]
    assert row[4:6] == ["beyond", "0.50 to beyond"]
