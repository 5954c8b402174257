"""``semeia predict``: one probability for each file, and submissions to contests, with models that were trained."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

import semeia
from epilepsy import write_recording
from semeia.evaluation.predictions import Predictions
from semeia.inference.files import FileScorer, file_score
from semeia.recipe import read_recipe
from semeia.signals.simulator.layouts import simulate_layout
from semeia.training.shipped import recipe_path
from semeia.training.train import train

SHORT = ("training.epochs=1", "training.batch_size=16", "training.examples_per_epoch=32", "split.validation=0.5")
WINDOWS = ("examples.window=10", "examples.step=10")
CONTEST = {"patients": 2, "hours": 2, "test_files": 3, "file_seconds": 20}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module", autouse=True)
def without_other_data() -> Iterator[None]:
    kept = os.environ.pop("SEMEIA_DATA", None)
    yield
    if kept is not None:
        os.environ["SEMEIA_DATA"] = kept


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with both contests' sets, in short files."""
    root = tmp_path_factory.mktemp("contests")
    for layout in ("aes2014", "melbourne2016"):
        simulate_layout(layout, root / layout, **CONTEST)
    return root


def trained(source: str, patients: str, data: Path, folder: Path, *settings: str) -> Path:
    changes = [f"data.0.source={source}", f"data.0.path={source}", f"data.0.patients={patients}"]
    recipe = read_recipe(recipe_path("prediction-features-logistic"), [*SHORT, *WINDOWS, *changes, *settings])
    train(recipe, folder, beside=data)
    return folder


@pytest.fixture(scope="module")
def dogs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model of the set of 2014."""
    return trained("aes2014", "['Dog_1','Dog_2']", data, tmp_path_factory.mktemp("models") / "dogs")


@pytest.fixture(scope="module")
def people(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model of the set of 2016, which fills drop-outs."""
    folder = tmp_path_factory.mktemp("models") / "people"
    settings = ("transform.rate=400", "examples.dropouts.most=0.5")
    return trained("melbourne2016", "['Pat1','Pat2']", data, folder, *settings)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def validation_table(model: Path, folder: Path, path: Path) -> Path:
    """Write what a model says of labelled files, as semeia evaluate does."""
    loaded = semeia.load(model)
    parts = []
    for file in sorted(folder.rglob("Dog_*ictal_segment_*.mat")):
        with semeia.open(file) as recording:
            probability = loaded.probabilities(recording, hop=10.0)
        count = len(probability)
        parts.append(
            Predictions(
                classes=("interictal", "preictal"),
                probability=probability,
                label=np.full(count, int("preictal" in file.name), np.int16),
                patient=np.full(count, file.parent.name),
                group=np.full(count, f"hour of {file.stem[:-1]}"),
                recording=np.full(count, file.name),
                start=10.0 * np.arange(count),
                window=10.0,
                step=10.0,
            )
        )
    Predictions.joined(parts).write(path)
    return path


def test_every_file_of_a_folder_has_a_row(run: Run, dogs: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "scores.csv"
    code, said, err = run("predict", str(dogs), str(data / "aes2014"), "-o", str(out))
    assert (code, err) == (0, "")
    assert said == f"{out}: 30 files\n"
    rows = rows_of(out.read_text())
    assert list(rows[0]) == ["file", "p(interictal)", "p(preictal)", "windows", "unscored"]
    assert rows[0]["file"] == "Dog_1/Dog_1_interictal_segment_0001.mat"
    assert all((row["windows"], row["unscored"]) == ("2", "0") for row in rows)
    assert all(float(row["p(interictal)"]) + float(row["p(preictal)"]) == pytest.approx(1) for row in rows)


@pytest.mark.parametrize("by", ["mean", "std", "max"])
def test_it_is_what_the_windows_say(by: str, run: Run, dogs: Path, data: Path) -> None:
    file = data / "aes2014" / "Dog_1" / "Dog_1_test_segment_0001.mat"
    code, out, _ = run("predict", str(dogs), str(file), "--by", by, "--hop", "5")
    assert code == 0
    with semeia.open(file) as recording:
        windows = semeia.load(dogs).probabilities(recording, hop=5.0)
    score = file_score(windows, by)  # type: ignore[arg-type]
    (row,) = rows_of(out)
    assert row["windows"] == "3"
    assert float(row["p(preictal)"]) == pytest.approx(1 / (1 + np.exp(-score)), abs=2e-6)


def test_a_submission_of_2014_has_the_test_files_and_nothing_else(run: Run, dogs: Path, data: Path) -> None:
    code, out, err = run("predict", str(dogs), str(data / "aes2014"), "--submission", "aes2014")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "clip,preictal"
    names = [f"Dog_{dog}_test_segment_{number:04d}.mat" for dog in (1, 2) for number in (1, 2, 3)]
    assert [line.split(",")[0] for line in lines[1:]] == names
    assert all(0 < float(line.split(",")[1]) < 1 for line in lines[1:])
    table = rows_of(run("predict", str(dogs), str(data / "aes2014" / "Dog_1"))[1])
    of = {Path(row["file"]).name: float(row["p(preictal)"]) for row in table}
    assert float(lines[1].split(",")[1]) == pytest.approx(of[names[0]], abs=1e-6)


def lost(source: Path, target: Path, value: float) -> None:
    """Write a file of 2016 in which nothing was recorded."""
    struct = loadmat(source)["dataStruct"]
    fields = {name: struct[name][0, 0] for name in struct.dtype.names}
    savemat(target, {"dataStruct": fields | {"data": np.full_like(fields["data"], value)}})


def test_a_submission_of_2016_gives_lost_files_the_median(run: Run, people: Path, data: Path, tmp_path: Path) -> None:
    shutil.copytree(data / "melbourne2016", tmp_path / "set")
    folder = tmp_path / "set" / "test_1"
    lost(folder / "1_1.mat", folder / "1_7.mat", 0.0)
    lost(folder / "1_1.mat", folder / "1_8.mat", np.nan)
    out = tmp_path / "submission.csv"
    code, said, err = run(
        "predict", str(people), str(tmp_path / "set"), "--submission", "melbourne2016", "-o", str(out)
    )
    assert code == 0
    assert said == f"{out}: 8 files\n"
    lines = out.read_text().splitlines()
    assert lines[0] == "File,Class"
    scores = dict(line.split(",") for line in lines[1:])
    assert list(scores) == ["1_1.mat", "1_2.mat", "1_3.mat", "1_7.mat", "1_8.mat", "2_1.mat", "2_2.mat", "2_3.mat"]
    named = err.removeprefix("note: nothing could be scored in ").split(" (")[0].split(", ")
    assert {"1_7.mat", "1_8.mat"} <= set(named) and err.count("\n") == 1
    middle = np.median([float(score) for name, score in scores.items() if name not in named])
    assert float(scores["1_7.mat"]) == float(scores["1_8.mat"]) == pytest.approx(middle, abs=1e-8)


def test_a_model_that_knows_no_drop_outs_does_not_score_them_either(
    run: Run, dogs: Path, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "1_7.mat"
    lost(data / "melbourne2016" / "test_1" / "1_1.mat", path, 0.0)
    code, out, err = run("predict", str(dogs), str(path))
    assert code == 0
    assert "note: nothing could be scored in 1_7.mat (drop-outs or gaps): they get no probability" in err
    assert out.splitlines()[1] == "1_7.mat,,,2,2"


def test_bare_matrices_of_2016_are_taken_at_the_contests_rate(
    run: Run, people: Path, data: Path, tmp_path: Path
) -> None:
    values = loadmat(data / "melbourne2016" / "train_1" / "1_1_0.mat")["dataStruct"]["data"][0, 0]
    savemat(tmp_path / "Pat1Test_5_0.mat", {"data": values})
    code, out, _ = run("predict", str(people), str(tmp_path), "--submission", "melbourne2016")
    assert code == 0 and out.startswith("File,Class\nPat1Test_5_0.mat,0.")
    code, _, err = run("predict", str(people), str(tmp_path))
    assert code == 1 and "rate" in err and err.count("\n") == 1


def test_what_validation_files_teach_is_used_and_can_be_kept(run: Run, dogs: Path, data: Path, tmp_path: Path) -> None:
    model = shutil.copytree(dogs, tmp_path / "model")
    table = validation_table(dogs, data / "aes2014", tmp_path / "predictions.csv")
    tests = [str(path) for path in sorted((data / "aes2014").rglob("*_test_*.mat"))]
    plain = run("predict", str(model), *tests, "--by", "std")[1]
    code, once, err = run("predict", str(model), *tests, "--by", "std", "--learn", str(table))
    assert (code, err) == (0, "") and once != plain
    code, learned, _ = run("predict", str(model), *tests, "--by", "learned", "--learn", str(table))
    assert code == 0 and len(rows_of(learned)) == len(tests)
    FileScorer.fit(Predictions.read(table, window=10, step=10)).write(model)
    assert run("predict", str(model), *tests, "--by", "std")[1] == once
    assert run("predict", str(model), *tests, "--by", "learned")[1] == learned


def test_files_that_were_learned_from_are_refused(run: Run, dogs: Path, data: Path, tmp_path: Path) -> None:
    table = validation_table(dogs, data / "aes2014", tmp_path / "predictions.csv")
    code, _, err = run("predict", str(dogs), str(data / "aes2014"), "--learn", str(table))
    assert code == 1
    assert err == (
        "semeia: predictions.csv: holds Dog_1_interictal_segment_0001.mat: "
        "what is learned from a file says nothing honest about it\n"
    )


def test_what_does_not_fit_is_one_line(run: Run, dogs: Path, small_model: Path, data: Path, tmp_path: Path) -> None:
    file = str(data / "aes2014" / "Dog_1" / "Dog_1_test_segment_0001.mat")
    train_file = str(data / "aes2014" / "Dog_1" / "Dog_1_preictal_segment_0001.mat")
    few = str(write_recording(tmp_path / "few.edf", 60, [], labels=("C3", "C4"), rate=500))
    slow = str(write_recording(tmp_path / "slow.edf", 60, [], labels=[f"C{k}" for k in range(16)], rate=100))
    damaged = shutil.copytree(dogs, tmp_path / "damaged")
    (damaged / "files.json").write_text("{")
    foreign = tmp_path / "foreign.csv"
    foreign.write_text("patient,group,recording,start,label,p(a),p(b)\np,g,r,0,a,0.5,0.5\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    cases = {
        ("dogs", few): "takes 16 channels in their order; this recording has 2",
        ("dogs", slow): "slow.edf: ",
        ("dogs", few, "--by", "learned"): "has learned nothing about files: give --learn, or another --by",
        ("dogs", file, "--learn", str(foreign)): "foreign.csv: is of the classes a, b, not of those of",
        ("dogs", train_file, "--submission", "aes2014"): "Dog_1_preictal_segment_0001.mat: is no test file of the",
        ("dogs", str(data / "aes2014"), "--submission", "melbourne2016"): "no test file of the contest is there",
        ("small", file, "--submission", "aes2014"): "tells background, seizure apart: a submission takes one that",
        ("damaged", file): "damaged/files.json: cannot be read (JSONDecodeError)",
        ("dogs", str(tmp_path / "absent.edf")): "absent.edf: there is no such file",
        ("dogs", str(empty)): "empty: this folder holds no EDF, BDF, MAT or other EEG file",
        ("nothing", file): "model 'nothing': neither a model's folder nor installed",
    }
    folders = {"dogs": dogs, "small": small_model, "damaged": damaged}
    for (model, *rest), message in cases.items():
        code, out, err = run("predict", str(folders.get(model, model)), *rest)
        assert (code, out) == (1, ""), (rest, out)
        assert message in err, (rest, err)
        assert err.startswith("semeia: ") and err.count("\n") == 1 and "fault of Semeia" not in err, err


def test_the_good_go_on_among_the_bad_but_a_submission_is_whole_or_not_there(
    run: Run, dogs: Path, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "Dog_1"
    folder.mkdir()
    shutil.copy(data / "aes2014" / "Dog_1" / "Dog_1_test_segment_0001.mat", folder)
    (folder / "Dog_1_test_segment_0002.mat").write_bytes(b"nothing")
    code, out, err = run("predict", str(dogs), str(folder))
    assert code == 1
    assert [row["file"] for row in rows_of(out)] == ["Dog_1_test_segment_0001.mat"]
    assert [line.split(":")[1] for line in err.splitlines()] == [
        " Dog_1_test_segment_0002.mat",
        " 1 of 2 files were left out, for the reasons above",
    ]
    target = tmp_path / "submission.csv"
    code, out, err = run("predict", str(dogs), str(folder), "--submission", "aes2014", "-o", str(target))
    assert (code, out) == (1, "") and not target.exists()
    assert err.count("\n") == 1 and "Dog_1_test_segment_0002.mat" in err


def test_a_recording_is_not_written_over_and_names_are_not_mixed_up(run: Run, dogs: Path, data: Path) -> None:
    folder = data / "aes2014" / "Dog_1"
    file = folder / "Dog_1_test_segment_0001.mat"
    code, _, err = run("predict", str(dogs), str(file), "-o", str(file))
    assert code == 2 and "would be overwritten" in err
    code, _, err = run("predict", str(dogs), str(file), str(folder))
    assert code == 2 and "two files are called" in err


def test_a_detector_judges_whole_files_too(run: Run, small_model: Path, tmp_path: Path) -> None:
    write_recording(tmp_path / "in" / "calm.edf", 40, [])
    write_recording(tmp_path / "in" / "seizure.edf", 60, [(20.0, 30.0)])
    code, out, _ = run("predict", str(small_model), str(tmp_path / "in"), "--by", "max")
    assert code == 0
    calm, seizure = rows_of(out)
    assert float(calm["p(seizure)"]) < 0.5 < float(seizure["p(seizure)"])


def test_patterns_are_told_by_the_channel_that_shows_them_most(run: Run, tmp_path: Path) -> None:
    simulate_layout("seeg", tmp_path / "seeg", patients=2, hours=0.02, channels=5)
    short = ("training.epochs=1", "training.warmup=0", "training.batch_size=4", "training.examples_per_epoch=8")
    recipe = read_recipe(recipe_path("pattern-detector"), [*short, "network.width=4", "examples.step=2"])
    train(recipe, tmp_path / "model", beside=tmp_path)
    code, out, err = run("predict", str(tmp_path / "model"), str(tmp_path / "seeg"), "--by", "max")
    assert (code, err) == (0, "")
    names = json.loads((tmp_path / "model" / "model.json").read_text())["classes"]
    rows = rows_of(out)
    assert [key for key in rows[0] if key.startswith("p(")] == [f"p({name})" for name in names]
    file = tmp_path / "seeg" / rows[0]["file"]
    with semeia.open(file) as recording:
        needs = semeia.load(tmp_path / "model")
        window = needs.description.input.window / needs.transform.rate
        windows = needs.probabilities(recording, hop=window)
    highest = np.nanmax(windows, axis=(0, 1))
    np.testing.assert_allclose([float(rows[0][f"p({name})"]) for name in names], highest, atol=2e-4)
