"""The report of an EEG: what it says, that it invents nothing, and that an anonymous one tells no names."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from semeia.errors import MontageError, RecordingError
from semeia.events import Event
from semeia.report.eeg import Proposer, Reading, eeg_report, write_eeg_report
from semeia.signals import ArrayRecording
from semeia.signals.filters import Filter

ELECTRODES = tuple("Fp1 F3 C3 P3 O1 F7 T7 P7 Fz Cz Pz Fp2 F4 C4 P4 O2 F8 T8 P8".split())  # noqa: SIM905
EVIL = '<img src="http://evil.example/x" onerror=alert(1)>"\'&</script>'


def recording(labels: tuple[str, ...] = ELECTRODES, seconds: int = 400) -> ArrayRecording:
    noise = np.random.default_rng(1).normal(0, 20, (len(labels), seconds * 128)).astype(np.float32)
    return ArrayRecording(
        noise,
        128,
        labels,
        subject="Meier",
        started_at=datetime(2021, 3, 4, 23, 57, 0),
        gaps=[(250.0, 280.0)],
        path="/data/meier_hans_07.edf",
    )


READING = Reading(
    [
        Event(60, 12, author="Dr. Ada", source="page"),
        Event(200, 48, author="Dr. Ada", source="eeg-starter", confidence=0.91),
        Event(300, 10, source="eeg-starter", confidence=0.7, status="proposed"),
        Event(350, 10, author="Dr. Ada", source="eeg-starter", confidence=0.6, status="rejected"),
        Event(100, 3, "artefact", author="Dr. Ada"),
        Event(110, 5, "artefact", author="Dr. Ada"),
    ],
    [Proposer("eeg-starter", 0.55, deleted=1)],
    name="meier_hans_07.edf",
    patient="Meier, Hans",
    filter=Filter(high_pass=0.5, low_pass=40),
    notes="Alpha of 10 Hz.\nReacts to eye opening; Hans asleep at the end.",
    reader="Dr. Ada",
    written=datetime(2021, 3, 5, 10, 30),
)


def words(page: str) -> str:
    """Return what a person reads of a page, in one line."""
    text = re.sub(r"<style>.*?</style>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", text)).split())


def test_a_report_says_what_was_recorded_confirmed_proposed_and_how_it_was_read() -> None:
    said = words(eeg_report(recording(), READING))
    for expected in (
        "2 seizures confirmed",
        "1 proposal was not reviewed",
        "Start 2021-03-04 23:57:00 Duration 0:06:40 End 2021-03-05 00:03:40",
        "19: Fp1, F3, C3, P3, O1, F7, T7, P7, Fz, Cz, Pz, Fp2, F4, C4, P4, O2, F8, T8, P8 (128 Hz, µV)",
        "Gaps 0:04:10 to 0:04:40",
        "1 23:58:00 0:01:00 12 s",
        "2 00:00:20 (+1 d) 0:03:20 48 s",
        "Dr. Ada, proposed by eeg-starter",
        "artefact 2 0 0:00:08 0:01:40 0:01:50",
        "Reacts to eye opening",
        "Montage longitudinal bipolar, 18 channels: Fp1-F7",
        "high-pass 0.5 Hz, low-pass 40 Hz, notch off (Butterworth of order 4, zero phase)",
        "model eeg-starter 0.55 4 1 2 1",
        "Reader Dr. Ada",
        "on 2021-03-05 10:30. Semeia is not a medical device.",
        "It is a hint",
    ):
        assert expected in said


def test_nothing_is_invented_where_nothing_was_marked() -> None:
    said = words(eeg_report(recording(), Reading([])))
    assert said.count("No seizure was marked.") == 2
    for expected in ("None was marked.", "No note was written.", "Reader not named", "No proposal by a model is known"):
        assert expected in said
    assert "Each seizure" not in said and "not reviewed" not in said
    proposed = words(eeg_report(recording(), replace(READING, events=READING.events[2:3])))
    assert "No seizure was confirmed." in proposed and "No seizure was marked." not in proposed
    assert "0:05:00 10 s 0.70 seizure" in proposed


def test_an_anonymous_report_tells_no_name_id_file_date_or_free_text() -> None:
    marked = [
        *READING.events,
        Event(120, 2, "Hans moves his arm", source="meier_hans_07.edf"),
        Event(150, 5, "seizure of Hans", source="meier_hans_07.edf"),
    ]
    secret = replace(
        READING, events=marked, anonymous=True, montage="recorded", notes="Meier slept.\nAlpha, by dr ada."
    )
    page = eeg_report(recording((*ELECTRODES[:-1], "MEIER HANS")), secret)
    assert not re.search(r"meier|hans|\bada\b|2021|23:5\d|03-0", page, re.IGNORECASE)
    for expected in (
        "(left out) slept.",
        "reader 1, proposed by eeg-starter",
        "another label (left out) 1",
        "channel 19",
    ):
        assert expected in words(page)
    assert "0:03:20" in page


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data"}]
        assert not any(name.startswith("on") for name, _ in attrs)


@pytest.mark.parametrize("anonymous", [False, True])
def test_what_files_and_people_say_is_never_markup(anonymous: bool) -> None:
    reading = Reading(
        [
            Event(60, 12, f"seizure {EVIL}", author=EVIL, source=EVIL),
            Event(200, 9, source=EVIL, status="proposed", confidence=0.5),
            Event(100, 3, EVIL),
        ],
        [Proposer(EVIL, 0.5)],
        name=EVIL,
        patient=EVIL,
        montage="recorded",
        notes=EVIL,
        reader=EVIL,
        anonymous=anonymous,
    )
    tags = _Tags()
    tags.feed(eeg_report(recording((*ELECTRODES[:-1], f"P8 {EVIL}")), reading))
    assert not tags.seen & {"img", "script", "a", "iframe", "object", "form"}
    assert tags.addresses == ["data:,"]  # the page asks no host for anything


def test_pictures_are_light_and_fifty_seizures_still_a_small_page() -> None:
    def sizes(count: int) -> list[int]:
        events = [Event(20 + 7 * number, 30) for number in range(count)]
        page = eeg_report(recording(seconds=420), Reading(events, filter=Filter(0.5, 40)))
        return [len(svg) for svg in re.findall(r'<svg class="eeg".*?</svg>', page, re.DOTALL)]

    assert len(sizes(2)) == 2 and max(sizes(2)) < 120_000
    many = sizes(50)
    assert len(many) == 50 and sum(many) < 3_500_000


def test_a_wish_that_cannot_be_met_is_an_error() -> None:
    with pytest.raises(MontageError, match="no channel has FT9"):
        eeg_report(recording(), Reading([], montage="chbmit"))
    with pytest.raises(RecordingError, match="no channel 'Fp99'"):
        eeg_report(recording(), Reading([], channels=("Fp99",)))
    breath = ArrayRecording(np.zeros((1, 640)), 64, ["Breath"], unit="mL")
    with pytest.raises(RecordingError, match="no channel of this recording is a voltage"):
        eeg_report(breath, Reading([]))


def test_a_report_replaces_a_file_whole(tmp_path: Path) -> None:
    write_eeg_report(tmp_path / "report.html", recording(), READING)
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
