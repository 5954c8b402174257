"""What a recipe trains, validates and tests on: gathered, split, folded, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from epilepsy import RECIPE, write_recording
from semeia.datasets.splits import unit_of
from semeia.errors import DatasetError, RecipeError
from semeia.events import Event, Events
from semeia.recipe import Recipe, read_recipe
from semeia.training.parts import Fold, Parts, counted, fingerprint, gathered_parts

HOURLY = ["split.by=recording", "split.validation=0.3"]


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of four patients with three recordings each; the last of each has no seizure."""
    folder = tmp_path_factory.mktemp("data")
    for patient in range(1, 5):
        for number in range(3):
            path = folder / "patients" / f"patient{patient}" / f"p{patient}_{number}.edf"
            write_recording(path, 40, [(10, 12)] if number < 2 else [], seed=10 * patient + number)
    (folder / "small.toml").write_text(RECIPE)
    return folder


@pytest.fixture
def parted(beside: Path) -> Callable[..., tuple[Parts, list[dict]]]:
    def parted(*settings: str, **options) -> tuple[Parts, list[dict]]:
        reports: list[dict] = []
        recipe = read_recipe(beside / "small.toml", settings)
        nothing = {"report": reports.append, "gathered": lambda name, done, total: None}
        return gathered_parts(recipe, beside, **nothing, **options), reports

    return parted


def patients(recordings) -> set[str]:
    return {recording.patient for recording in recordings}


def test_parts_are_counted_and_nobody_is_on_two_sides(parted) -> None:
    parts, reports = parted()
    assert (patients(parts.training), patients(parts.validation)) == (
        {"patient1", "patient2", "patient3"},
        {"patient4"},
    )
    assert parts.test == [] and len(parts.all) == 12
    assert [report["event"] for report in reports] == ["data", "note", "split"]
    assert reports[0] == {"event": "data", "source": "folder", "recordings": 12}
    assert reports[1]["text"] == (
        "4 of 12 recordings have no annotation at all (p1_2.edf, p2_2.edf, p3_2.edf, p4_2.edf): taken as seizure-free"
    )
    assert reports[2]["training"] == {"patients": 3, "recordings": 9, "hours": 0.1, "seizures": 6}
    assert "test" not in reports[2]


def test_patients_are_left_out_altogether(parted) -> None:
    parts, _ = parted('split.exclude=["patient2", "patient3"]')
    assert patients(parts.training) == {"patient1"}


@pytest.mark.parametrize("by", ["patient", "recording"])
def test_folds_test_everything_once_and_share_their_deal(parted, by: str) -> None:
    settings = [f"split.by={by}", "split.validation=0.3"]
    tested = []
    for number in range(3):
        parts, reports = parted(*settings, fold=Fold(number, 3))
        sides = [{unit_of(r, by) for r in side} for side in (parts.training, parts.validation, parts.test)]
        assert all(sides) and sum(map(len, sides)) == len(set().union(*sides)) == (4 if by == "patient" else 12)
        assert reports[-1]["test"]["recordings"] == len(parts.test)
        tested += sorted(sides[2])
    assert len(tested) == len(set(tested)) == (4 if by == "patient" else 12)


def test_a_split_can_have_a_seed_of_its_own(parted) -> None:
    def held(**options) -> list[str]:
        parts, _ = parted(*HOURLY, **options)
        return sorted(r.path.name for r in parts.validation)

    def with_seed(seed: int, **options) -> list[str]:
        parts, _ = parted(*HOURLY, f"seed={seed}", **options)
        return sorted(r.path.name for r in parts.validation)

    assert with_seed(5, split_seed=3) == with_seed(6, split_seed=3) == held()
    assert len({tuple(with_seed(seed)) for seed in range(6)}) > 1


def test_windows_drawn_at_random_have_no_parts_and_no_folds(parted) -> None:
    parts, _ = parted("split.by=random", "split.validation=0.2")
    assert len(parts.training) == 12 and parts.validation == parts.test == []
    with pytest.raises(RecipeError, match="split.by = 'random' leaks, and folds of it would say nothing"):
        parted("split.by=random", fold=Fold(0, 2))


def test_a_validation_part_without_a_seizure_cannot_choose_the_threshold(parted) -> None:
    calm = 'split.validation=["patient1/p1_2"]'
    with pytest.raises(DatasetError, match="have no seizure to choose the threshold by"):
        parted("split.by=recording", calm)
    assert len(parted("split.by=recording", calm, "detection.threshold=0.5")[0].validation) == 1


def test_files_whose_class_is_kept_back_are_left_out(parted, monkeypatch: pytest.MonkeyPatch) -> None:
    import semeia.training.parts as module

    gather = module.gather
    monkeypatch.setattr(
        module, "gather", lambda *a, **k: [replace(r, labelled=r.path.stem != "p1_0") for r in gather(*a, **k)]
    )
    parts, reports = parted()
    assert "p1_0" not in {r.path.stem for r in parts.all} and len(parts.all) == 11
    assert reports[0]["recordings"] == 12


def test_patients_who_show_one_class_only_are_noted(beside: Path, parted, monkeypatch: pytest.MonkeyPatch) -> None:
    import semeia.training.parts as module

    gather = module.gather

    def called(r):
        label = "wake" if r.patient in {"patient1", "patient4"} or r.path.stem.endswith("_1") else "sleep"
        label = "sleep" if r.patient == "patient3" else label
        return replace(r, events=Events([Event(0, r.duration, label)]))

    monkeypatch.setattr(module, "gather", lambda *a, **k: [called(r) for r in gather(*a, **k)])
    classes = ["task.kind=classification", 'task.classes=["wake", "sleep"]']
    _, reports = parted(*classes)
    notes = [report["text"] for report in reports if report["event"] == "note"]
    assert notes[-1] == (
        "2 of 3 patients show one class only: patient1 (wake), patient3 (sleep); "
        "the network may learn who they are instead of what they show"
    )
    folds = [parted(*classes, "split.validation=0.5", fold=Fold(k, 2))[1] for k in range(2)]
    told = [[r["text"] for r in reports if r["event"] == "note"] for reports in folds]
    assert told[0] == told[1] and told[0][-1].startswith("3 of 4 patients show one class only: patient1 (wake), ")
    seizures = parted("detection.threshold=0.5")[1]  # of seizures there is always background
    assert not [r for r in seizures if r["event"] == "note" and "one class" in r["text"]]
    segments = [replace(called(r), patient=r.path.stem) for r in gather("folder", path=beside / "patients")]
    monkeypatch.setattr(module, "gather", lambda *a, **k: segments)  # each a patient by itself: it cannot be otherwise
    reports = parted(*classes, "split.validation=0.5")[1]
    assert not [r for r in reports if r["event"] == "note" and "one class" in r["text"]]


def test_one_class_is_noted_of_the_hours_that_are_trained_on(parted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording of two hours, one of each class: whichever is trained on shows one class."""
    import semeia.training.parts as module

    gather = module.gather

    def long(r):
        events = Events([Event(0, 3600, "wake"), Event(3600, 3600, "sleep")])
        return replace(r, events=events, duration=7200.0)

    monkeypatch.setattr(module, "gather", lambda *a, **k: [long(r) for r in gather(*a, **k)[:1]])
    classes = ["task.kind=classification", 'task.classes=["wake", "sleep"]']
    _, reports = parted(*classes, "split.by=hour", 'split.validation=["patient1/p1_0/hour 2"]')
    assert ["patient1 (wake)" in report["text"] for report in reports if report["event"] == "note"] == [True]


def test_a_label_that_the_task_does_not_ask_for_is_noted_with_the_nearest(parted, beside: Path) -> None:
    table = beside / "patients" / "patient1" / "p1_2_events.tsv"
    table.write_text("onset\tduration\teventType\n5\t3\tphotic\n10\t12\tSeizre\n")
    try:
        notes = [report["text"] for report in parted()[1] if report["event"] == "note"]
    finally:
        table.unlink()
    assert notes[1] == (
        "passed over, for the task asks for seizure only: events called "
        "'Seizre' in p1_2.edf (did you mean 'seizure'?), 'photic' in p1_2.edf"
    )


def test_a_class_that_nothing_is_called_is_refused_with_the_labels_that_there_are(parted) -> None:
    with pytest.raises(DatasetError, match="no recording has an event called 'calm': there are seizure$"):
        parted("task.kind=classification", 'task.classes=["calm", "seizure"]')


def test_a_window_longer_than_every_recording_is_refused(parted) -> None:
    with pytest.raises(DatasetError, match=r"window = 41 s is longer than every recording: .*p1_0.edf, lasts 40 s"):
        parted("examples.window=41")


def test_files_of_one_class_are_counted_by_class() -> None:
    from semeia.datasets import LabelledRecording
    from semeia.recipe import Prediction

    def file(name: str, label: str) -> LabelledRecording:
        return LabelledRecording(Path(name), "p", Events([Event(0, 7200, label)]), 7200.0, name)

    long = file("c.mat", "preictal")
    pieces = [replace(long, span=(0.0, 3600.0)), replace(long, span=(3600.0, 7200.0))]
    found = counted([file("a.mat", "interictal"), file("b.mat", "interictal"), *pieces], Prediction(kind="prediction"))
    assert found == {"patients": 1, "recordings": 3, "hours": 6.0, "interictal files": 2, "preictal files": 1}


def test_pieces_are_counted_by_their_spans() -> None:
    from semeia.datasets import LabelledRecording

    day = LabelledRecording(Path("a.edf"), "p", Events([Event(100, 10), Event(3700, 10)]), 7200.0, "a")
    halves = [replace(day, span=(0.0, 3600.0)), replace(day, span=(3600.0, 7200.0))]
    assert counted(halves) == counted([day]) == {"patients": 1, "recordings": 1, "hours": 2.0, "seizures": 2}
    assert counted(halves[1:])["seizures"] == 1 and counted(halves[1:])["hours"] == 1


def test_a_fingerprint_knows_the_recipe_the_labels_the_sides_and_the_spans(beside: Path, parted) -> None:
    recipe: Recipe = read_recipe(beside / "small.toml")
    parts, _ = parted()
    first = parts.training[0]
    others = [
        parts,
        replace(parts, training=parts.training[1:], validation=[first, *parts.validation]),
        replace(parts, training=parts.training[1:], test=[first]),
        *(
            replace(parts, training=[changed, *parts.training[1:]])
            for changed in (
                replace(first, events=Events([Event(10, 11)])),
                replace(first, events=Events([Event(10, 12, "spike")])),
                replace(first, events=Events([Event(10, 12, channels=("C3",))])),
                replace(first, span=(0.0, 20.0)),
                replace(first, around=(500.0,)),
                replace(first, patient="q"),
            )
        ),
    ]
    prints = {fingerprint(recipe, other) for other in others}
    assert len(prints) == len(others)
    assert fingerprint(recipe, parted()[0]) in prints
    assert fingerprint(read_recipe(beside / "small.toml", ["seed=4"]), parts) not in prints
