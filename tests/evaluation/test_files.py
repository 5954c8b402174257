"""Which files belong together, what they mark, and what is said when they do not fit."""

from __future__ import annotations

from pathlib import Path

import edfio
import numpy as np
import pytest

from semeia.errors import EventError, FileError
from semeia.evaluation import Pair, events_of, pairs_of, score_pair
from semeia.events import Event, Events, write_tsv


def write_edf(path: Path, seizures: list[tuple[float, float]] | None, seconds: int = 60) -> Path:
    """Write one channel; EDF+ when `seizures` is a list, plain EDF when it is None."""
    path.parent.mkdir(parents=True, exist_ok=True)
    signal = edfio.EdfSignal(np.zeros(seconds * 100), 100, label="Fp1", physical_range=(-100, 100))
    notes = [edfio.EdfAnnotation(onset, length, "seizure") for onset, length in seizures or []]
    if seizures is not None:
        notes.append(edfio.EdfAnnotation(0, None, "start"))
    edfio.Edf([signal], annotations=notes or None).write(path)
    return path


def write_events(path: Path, seizures: list[tuple[float, float]], duration: float | None = 60) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tsv(Events([Event(onset, length) for onset, length in seizures], duration=duration), path)
    return path


def named(pairs: list[Pair], folder: Path) -> dict[str, tuple[str, str]]:
    return {
        pair.name: (
            pair.reference.relative_to(folder).as_posix(),
            pair.hypothesis.relative_to(folder).as_posix(),
        )
        for pair in pairs
    }


def test_annotations_and_tables_give_the_same_events(tmp_path):
    sources = write_edf(tmp_path / "a.edf", [(10, 20)]), write_events(tmp_path / "a.tsv", [(10, 20)])
    for path in sources:
        events = events_of(path)
        assert [(e.onset, e.duration) for e in events.seizures()] == [(10, 20)]
        assert events.duration == 60


def test_plain_edf_marks_nothing_and_says_so(tmp_path):
    with pytest.raises(FileError, match=r"a.edf: marks nothing: it is plain EDF"):
        events_of(write_edf(tmp_path / "a.edf", None))


def test_folders_are_matched_by_name_through_all_endings(tmp_path):
    for name in ("a.tsv", "a.edf", "p1/b_events.tsv", "p1/c_eeg.edf"):
        path = tmp_path / "ref" / name
        (write_edf if name.endswith("edf") else write_events)(path, [(10, 20)])
    for name in ("a_events.tsv", "p1/b.tsv", "c.tsv"):
        write_events(tmp_path / "hyp" / name, [])
    (tmp_path / "ref" / "participants.tsv").write_text("participant_id\n1\n")
    (tmp_path / "ref" / "notes.txt").write_text("nothing\n")
    assert named(pairs_of(tmp_path / "ref", tmp_path / "hyp"), tmp_path) == {
        "a": ("ref/a.tsv", "hyp/a_events.tsv"),
        "p1/b": ("ref/p1/b_events.tsv", "hyp/p1/b.tsv"),
        "p1/c": ("ref/p1/c_eeg.edf", "hyp/c.tsv"),
    }


def test_same_name_in_two_folders_is_never_guessed(tmp_path):
    for name in ("ref/p1/a.tsv", "ref/p2/a.tsv", "hyp/a.tsv"):
        write_events(tmp_path / name, [])
    with pytest.raises(FileError, match=r"a.tsv: has no partner in .*hyp"):
        pairs_of(tmp_path / "ref", tmp_path / "hyp")


@pytest.mark.parametrize("lonely", ["ref", "hyp"])
def test_file_without_a_partner_is_named(tmp_path, lonely):
    for name in ("ref/a.tsv", "hyp/a.tsv", f"{lonely}/b.tsv"):
        write_events(tmp_path / name, [])
    with pytest.raises(FileError, match=r"b\.tsv: has no partner"):
        pairs_of(tmp_path / "ref", tmp_path / "hyp")


def test_folder_without_events_is_refused(tmp_path):
    write_events(tmp_path / "ref" / "a.tsv", [])
    (tmp_path / "hyp").mkdir()
    with pytest.raises(FileError, match="hyp: this folder holds no TSV"):
        pairs_of(tmp_path / "ref", tmp_path / "hyp")


def test_length_comes_from_the_file_from_beside_it_or_from_the_caller(tmp_path):
    reference = write_events(tmp_path / "ref.tsv", [(10, 20)], duration=None)
    hypothesis = write_events(tmp_path / "hyp.tsv", [(10, 20)], duration=None)
    pair = Pair("ref", reference, hypothesis)
    with pytest.raises(EventError, match=r"ref.tsv: .*not known: say it with --duration"):
        score_pair(pair)
    assert score_pair(pair, 100).samples.seconds == 100
    write_edf(tmp_path / "ref.edf", None, seconds=61)
    assert score_pair(pair).samples.seconds == 61


def test_files_of_different_length_are_refused(tmp_path):
    reference = write_events(tmp_path / "ref.tsv", [], duration=3600)
    hypothesis = write_events(tmp_path / "hyp.tsv", [], duration=60)
    with pytest.raises(EventError, match=r"ref: the recording has 3600 s by ref.tsv, 60 s by hyp.tsv"):
        score_pair(Pair("ref", reference, hypothesis))


def test_real_clips_score_perfectly_against_themselves(shared_data):
    folder = shared_data / "chbmit_clips"
    clips = [path for path in folder.rglob("*.edf") if path.stem.endswith("_seizure")]
    assert len(clips) == 4
    for path in clips:
        result = score_pair(Pair(path.stem, path, path))
        assert (result.events.f1, result.samples.f1) == (1.0, 1.0)
        assert result.samples.reference == round(result.samples.seconds) - 10


def test_a_reference_is_what_was_answered(tmp_path):
    proposed = Event(400, 10, confidence=0.8, author="net", source="net", status="proposed")
    truth, found = tmp_path / "truth.tsv", tmp_path / "found.tsv"
    write_tsv(Events([Event(100, 10, author="anna"), proposed], duration=600), truth, whole=True)
    write_tsv(Events([Event(100, 10)], duration=600), found)
    score = score_pair(Pair("a", truth, found))
    assert (score.events.true_positives, score.events.reference) == (1, 1)
