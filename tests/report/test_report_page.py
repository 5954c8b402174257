from __future__ import annotations

import copy
import hashlib
import json
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import report_samples as samples

from semeia.errors import StorageError
from semeia.evaluation import measured_windows
from semeia.report import write_report
from semeia.report.words import number, summary


class Read(HTMLParser):
    """What a browser would make of a page: its headings, scripts and plain text, and tags that are left open."""

    VOID = frozenset(("meta", "link", "input", "br", "img"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.scripts: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.text += " " * (tag not in ("span", "strong", "a", "output"))

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"]:
            self.scripts[-1] += data
        elif self.open[-1:] != ["style"]:
            self.text += data
        if self.open[-1:] in (["h1"], ["h2"], ["h3"]):
            self.headings.append(data)

    @property
    def words(self) -> str:
        return " ".join(self.text.replace("\u2060", "").replace("\u202f", " ").split())


@pytest.fixture
def read(report_of: Callable[[str], Path]) -> Callable[[str], Read]:
    """Return how the report of a sample is read."""

    def reading(name: str) -> Read:
        found = Read(report_of(name).read_text(encoding="utf-8"))
        assert found.open == []
        return found

    return reading


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., Read]:
    """Return how the report of other metrics is written and read."""

    def written(metrics: dict[str, Any]) -> Read:
        write_report(tmp_path / "report.html", metrics)
        found = Read((tmp_path / "report.html").read_text(encoding="utf-8"))
        assert found.open == []
        return found

    return written


def test_blocks_come_in_the_order_of_a_readers_questions(read: Callable[[str], Read]) -> None:
    assert read("detection").headings == [
        "eeg-starter",
        "What each goal costs",
        "Choose a threshold",
        "Curves",
        "All measures",
        "Patient by patient",
        "Whole seizures",
        "Why it says so",
        "How these figures were made",
    ]


def test_missing_blocks_are_absent(report: Callable[..., Read]) -> None:
    bare = {"format": 1, "task": "detection", "events": samples.detection()["events"], "windows": None}
    assert report(bare).headings == ["A model", "Whole seizures", "How these figures were made"]


def test_the_summary_tells_figures_with_intervals_chance_and_baselines() -> None:
    metrics = samples.detection()
    area, seizures = metrics["windows"]["measures"]["auroc"], metrics["events"]["measures"]
    said = " ".join(summary(metrics)).replace("\u2060", "").replace("\u202f", " ")
    short = {name: f"{area[name]:.3f}"[1:] for name in area}
    rival = metrics["windows"]["baselines"]["line length"]["auroc"]["value"]
    assert f"Tells seizure from background with AUROC {short['value']} ({short['low']}–{short['high']})" in said
    assert f"over 12 patients; chance .500, line length {rival:.3f}".replace("0.", ".") in said
    assert f"of 72 seizures ({100 * seizures['sensitivity']['value']:.1f} %, interval " in said


def test_what_is_no_better_than_chance_or_a_baseline_is_said_so() -> None:
    windows = measured_windows(samples.predictions(samples.names(6), skill=0.0, per=200), threshold=0.3)
    said = " ".join(summary(samples.metrics(windows=windows)))
    assert "It cannot be told from chance." in said
    assert "It is not clearly better than line length" in said
    assert "cannot be told" not in " ".join(summary(samples.detection()))


def test_recordings_without_a_seizure_are_summed_up_by_their_false_alarms(report: Callable[..., Read]) -> None:
    events = copy.deepcopy(samples.detection()["events"])
    events["counts"] |= {"reference": 0, "found": 0}
    events["measures"]["sensitivity"] = {"value": None, "low": None, "high": None}
    events["sweep"]["sensitivity"] = [None] * len(events["sweep"]["threshold"])
    events["latency"] |= {"low": None, "median": None, "high": None, "count": 0, "each": []}
    words = report(samples.metrics(events=events, windows=None)).words
    assert "No seizure is marked in these recordings; it gives" in words
    assert "Sensitivity n/a nothing to score" in words


def test_figures_in_charts_are_those_of_the_table(read: Callable[[str], Read]) -> None:
    measures = samples.detection()["windows"]["measures"]
    for name in ("auroc", "average_precision"):
        assert f"this model {number(measures[name]['value'], name)}" in read("detection").words


def test_names_never_become_markup(read: Callable[[str], Read], report_of: Callable[[str], Path]) -> None:
    found = read("hostile")
    assert len(found.scripts) == 1
    assert "alert" not in found.scripts[0]
    assert samples.HOSTILE in found.headings[0]
    for text in (
        "<i>Kernels</i>",
        "$x^2$",
        "a\\x00b\\u202ec",
        "'\"&amp;",
        r"$\frac{1}{2}$ caught",
        "<b>P3-O1</b> & co",
    ):
        assert text in found.words
    page = report_of("hostile").read_text(encoding="utf-8")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e]", page)


def test_it_names_no_address_and_allows_only_its_own_script(
    read: Callable[[str], Read], report_of: Callable[[str], Path]
) -> None:
    page, script = report_of("detection").read_text(encoding="utf-8"), read("detection").scripts[0]
    assert set(re.findall(r"[a-z]+://[^\s\"'<>]+", page)) <= {
        "http://www.w3.org/1999/xlink",
        "http://www.w3.org/2000/svg",
    }
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []
    assert {found[:5] for found in re.findall(r"(?:src|href)=\"([^#\"][^\"]*)", page)} == {"data:"}
    allowed = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{allowed}'" in page
    assert len(script.splitlines()) <= 60


def test_the_same_metrics_give_the_same_bytes_also_after_json(tmp_path: Path) -> None:
    metrics = samples.detection()
    write_report(tmp_path / "one.html", metrics, samples.pictures())
    write_report(tmp_path / "two.html", json.loads(json.dumps(metrics)), samples.pictures())
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_ids_are_unique_though_charts_stand_side_by_side(report_of: Callable[[str], Path]) -> None:
    ids = re.findall(r"\bid=\"([^\"]+)\"", report_of("patterns").read_text(encoding="utf-8"))
    assert len(ids) == len(set(ids))


def test_the_undefined_is_shown_as_such_and_why(report: Callable[..., Read]) -> None:
    made = samples.predictions(["quiet", "both", "more"], per=120)
    made.label[:120] = 0
    windows = measured_windows(made, threshold=0.99999)
    words = report(samples.metrics(windows=windows)).words
    assert "quiet 120 0 n/a one class n/a none to find 100.0 % n/a nothing flagged" in words
    assert "Precision n/a nothing is flagged" in words


def test_a_model_without_errors_has_no_det_curve_but_a_rate_of_alarms(report: Callable[..., Read]) -> None:
    windows = measured_windows(samples.predictions(samples.names(6), skill=60.0), threshold=0.5)
    assert windows["measures"]["auroc"]["value"] == 1
    words = report(samples.metrics(windows=windows)).words
    assert "ROC." in words
    assert "DET." not in words
    assert "False alarms 0.00 per hour of background" in words


def test_many_patients_are_folded_away(report: Callable[..., Read]) -> None:
    for count, folded in ((24, False), (25, True)):
        windows = measured_windows(samples.predictions(samples.names(count), per=60), threshold=0.5)
        assert (f"Each of {count} patients" in report(samples.metrics(windows=windows)).words) == folded


def test_the_price_of_catching_nearly_all_is_said_in_words(read: Callable[[str], Read]) -> None:
    point = next(one for one in samples.detection()["windows"]["points"] if one["goal"] == "catch 99 %")
    words = read("detection").words
    assert f"To catch 99 % of seizure windows, {100 * point['flagged']:.1f} % (" in words
    assert f"of background windows are flagged too, and {100 * point['precision']:.1f} % of what is flagged" in words


def test_leaks_stand_out_and_no_medical_device_is_promised(report_of: Callable[[str], Path]) -> None:
    page = report_of("hostile").read_text(encoding="utf-8")
    assert '<li class="warning">may leak: patients unknown</li>' in page
    assert page.count('class="warning"') == 1
    assert "Not a medical device" in page


def test_several_classes_show_their_confusion_and_no_rate_per_hour(read: Callable[[str], Read]) -> None:
    metrics, words = samples.classes(), read("classes").words
    row = metrics["windows"]["confusion"][1]
    shares = [f"{count:,} {100 * count / sum(row):.1f} %" for count in row]
    assert "In truth said healthy said interictal said ictal" in words
    assert f"interictal {' '.join(shares)}" in words
    assert "Tells healthy, interictal and ictal apart with balanced accuracy" in words
    assert "false alarm" not in words.lower()


def test_images_show_every_class_their_mistakes_and_nothing_of_hours(
    read: Callable[[str], Read], report_of: Callable[[str], Path]
) -> None:
    found, page = read("images"), report_of("images").read_text(encoding="utf-8")
    order = ["Curves", "All measures", "Surest mistakes", "Samples of each class"]
    assert [heading for heading in found.headings if heading in order] == order
    for name in ("none", "glioma", "meningioma", "pituitary"):
        area = samples.images()["windows"]["one_against_rest"][name]["auroc"]["value"]
        assert f"{name} {number(area, 'auroc')}" in found.words
    assert "ROC of each class" in found.words and "Choose a threshold" not in found.headings
    assert "bootstrap over 100 images (twins as one)" in found.words
    assert "of class none images are flagged too" in found.words
    for word in ("window", "recording", "hour", "patient by patient"):
        assert word not in found.words.lower().replace("95 %, bootstrap over", "")
    assert page.count("<img ") == 29
    assert found.words.count("✓ glioma .750") == 6 and f"✗ none .750 is glioma {samples.HOSTILE}" in found.words


def test_a_forecast_by_the_hour_and_by_the_clock_says_what_it_counts(
    read: Callable[[str], Read], report: Callable[..., Read]
) -> None:
    words = read("prediction").words
    assert "of 40 preictal hours foretold" in words
    assert "These recordings have no clock" in words
    metrics = copy.deepcopy(samples.prediction())
    alarms = metrics["forecast"]["alarms"]
    alarms |= {"by": "clock", "horizon_min": 60.0, "gap_min": 5.0, "p_value": 0.0002}
    alarms["counts"] = {"seizures": 1, "foretold": 1, "false_alarms": 3, "hours": 48.0, "left_out": 2}
    words = report(metrics).words
    assert "A seizure is foretold by an alarm 5 to 65 min before it." in words
    assert "1 of 1 seizure foretold, 3 false alarms in 48.0 h" in words
    assert "p < .001" in words


def test_patterns_each_have_a_threshold_of_their_own(
    read: Callable[[str], Read], report_of: Callable[[str], Path]
) -> None:
    found, page = read("patterns"), report_of("patterns").read_text(encoding="utf-8")
    assert found.headings[2:5] == ["spike", "ripple", "slow wave"]
    assert re.findall(r'<div class="panel" id="([^"]+)"', page) == ["pattern-1", "pattern-2", "pattern-3"]
    assert len(re.findall(r'<circle class="now"', page)) == 6
    assert "For slow wave it is not clearly better than line length" in found.words


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.9411, "auroc", ".941"),
        (1.0, "auroc", "1.000"),
        (-0.0213, "area", "−.021"),
        (0.9411, "sensitivity", "94.1\u202f%"),
        (-0.05, "improvement_over_chance", "−5.0 points"),
        (0.346, "false_alarms_per_hour", "0.35"),
        (22.53, "rate", "22.5"),
        (1234.5, "rate", "1,234"),
        (7200, "count", "7,200"),
        (None, "auroc", "n/a"),
    ],
)
def test_figures_are_written_alike_everywhere(value: float | None, kind: str, text: str) -> None:
    assert number(value, kind) == text


def test_a_figure_that_is_not_finite_is_undefined(report: Callable[..., Read]) -> None:
    metrics = copy.deepcopy(samples.classes())
    metrics["windows"]["measures"]["brier"] = {"value": np.nan, "low": np.nan, "high": np.inf}
    assert "Brier score n/a" in report(metrics).words


def test_a_place_that_may_not_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="report.html"):
        write_report(tmp_path / "absent" / "report.html", samples.classes())


def test_importing_the_room_loads_nothing_heavy() -> None:
    code = "import sys, semeia.report; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "matplotlib", "jinja2", "scipy"} & set(loaded)
