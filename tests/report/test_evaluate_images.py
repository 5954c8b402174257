"""Models for images judged on real files: what is written, what is refused, and folds put together."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from blobs import IMAGE_RECIPE, write_picture, write_pictures
from cli.command import Answer, assert_one_line
from semeia.cli import main
from semeia.datasets import gather_images
from semeia.errors import DatasetError, ModelError
from semeia.evaluation import Predictions, auroc
from semeia.images import open_image
from semeia.model import load_image_model
from semeia.recipe import read_recipe
from semeia.report import evaluated, evaluated_folds, evaluated_images
from semeia.training.folds import Folds, cross_validate
from semeia.training.train import train

PATIENT = "patient=p[0-9]+"


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return images of patients whom no model has seen: three of each, and one twin."""
    folder = tmp_path_factory.mktemp("strangers") / "images"
    for label, first in (("clear", 3000), ("blob", 4000)):
        for patient in range(first, first + 8):
            for k in range(3):
                write_picture(folder / label / f"p{patient}" / f"p{patient}_{k}.png", label, 10 * patient + k)
    return folder


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def evaluate(*arguments: object) -> Answer:
        monkeypatch.setattr("sys.argv", ["semeia", "evaluate", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
        return Answer(int(ended.value.code or 0), *capsys.readouterr())

    return evaluate


def images_of(folder: Path, **settings: str):
    return gather_images("image-folder", path=str(folder), **settings)


def judged_on(model: Path, folder: Path, output: Path, **settings: str):
    found = images_of(folder, **settings)
    return evaluated_images(load_image_model(model), found.images, output, source="x", left_out=found.left_out)


def test_figures_are_those_of_the_images_and_the_page_shows_them(small_image_model, strangers, tmp_path):
    metrics = judged_on(small_image_model, strangers, tmp_path / "out", patient="p[0-9]+")
    assert json.loads((tmp_path / "out" / "metrics.json").read_text()) == metrics
    table = Predictions.read(tmp_path / "out" / "predictions.csv", window=1, step=1)
    windows, model = metrics["windows"], load_image_model(small_image_model)
    assert len(table) == 48 and set(table.baselines) == {"mean brightness"}
    assert windows["measures"]["auroc"]["value"] == pytest.approx(auroc(table.positive, table.score), abs=1e-4)
    assert windows["measures"]["auroc"]["value"] > 0.9
    row = int(np.flatnonzero(table.recording == "p4000_1.png")[0])
    alone = model.classify(open_image(strangers / "blob" / "p4000" / "p4000_1.png"))
    np.testing.assert_allclose(table.probability[row], alone, atol=1e-5)
    said = (table.score >= windows["threshold"]) == table.positive
    assert windows["measures"]["accuracy"]["value"] == pytest.approx(said.mean(), abs=1e-5)
    assert metrics["task"] == "images" and metrics["data"]["patients"] == windows["patients"] == 16
    assert metrics["data"]["images"] == 48 and metrics["data"]["split"] == "no patient was in the training"
    assert windows["interval"] == "95 %, bootstrap over 16 patients, 2000 draws"
    assert not {"hours", "per_patient", "patient_average"} & set(windows)
    assert all("/h" not in point["goal"] for point in windows["points"])
    page = (tmp_path / "out" / "report.html").read_text()
    assert len(page) < 4_000_000 and page.count("<img ") == 12 + min(12, int((~said).sum()))
    assert page.count("<svg") > 4 and "with weights drawn anew" in page
    wrong = table.recording[~said].tolist()
    assert all(page.count(name) >= 1 for name in wrong[:12])
    assert ("Most sure and wrong" in page) == bool(wrong) and "Most sure and right: p4" in page


def test_of_unknown_patients_twins_are_drawn_together_and_a_leak_is_warned_of(small_image_model, tmp_path):
    folder = write_pictures(tmp_path / "new", patients=8, each=1, side=40)
    shutil.copy(folder / "blob" / "p201" / "p201_0.png", folder / "blob" / "copy.png")
    metrics = judged_on(small_image_model, folder, tmp_path / "out")
    assert metrics["data"]["patients"] is None and metrics["data"]["images"] == 17
    assert "patients" not in metrics["windows"]
    assert metrics["windows"]["interval"] == "95 %, bootstrap over 16 images (twins as one), 2000 draws"
    assert metrics["data"]["split"].startswith("no exact twin of these images was in the training; near twins are not")
    assert '<li class="warning">Split: ' in (tmp_path / "out" / "report.html").read_text()


def test_twins_of_training_images_are_left_out_and_counted_where_patients_are_unknown(tmp_path):
    (tmp_path / "r.toml").write_text(
        IMAGE_RECIPE.replace('patient = "p[0-9]+"', "").replace("epochs = 4", "epochs = 1")
    )
    write_pictures(tmp_path / "images", patients=6)
    train(read_recipe(tmp_path / "r.toml"), tmp_path / "model", beside=tmp_path)
    folder = write_pictures(tmp_path / "new", patients=4, each=1, side=40)
    known = tmp_path / "images" / "blob" / "p201" / "p201_0.png"
    PIL.Image.open(known).convert("RGB").save(folder / "blob" / "again.tiff")  # the same picture, another file
    metrics = judged_on(tmp_path / "model", folder, tmp_path / "out")
    assert metrics["data"]["images"] == 8
    left_out = "1 of 9 images left out: they are exact twins of images that the model was trained on"
    assert left_out in metrics["data"]["notes"]
    with pytest.raises(DatasetError, match="was trained on every one of these images"):
        judged_on(tmp_path / "model", tmp_path / "images", tmp_path / "o")


def test_who_does_not_know_the_patients_cannot_judge_a_model_on_its_training_images(
    small_image_model, image_recipe_file, strangers, tmp_path
):
    known = image_recipe_file.parent / "images"
    with pytest.raises(DatasetError, match="was trained on every one of these images"):
        judged_on(small_image_model, known, tmp_path / "o")
    shutil.copytree(strangers, tmp_path / "mixed")
    shutil.copy(known / "blob" / "p201" / "p201_0.png", tmp_path / "mixed" / "blob" / "p4000" / "other.png")
    metrics = judged_on(small_image_model, tmp_path / "mixed", tmp_path / "o", patient="p[0-9]+")  # a name that is new
    assert metrics["data"]["images"] == 48
    assert any(note.startswith("1 of 49 images left out: they are exact twins") for note in metrics["data"]["notes"])


def test_images_that_were_trained_on_are_refused_by_name(
    small_image_model, image_recipe_file, strangers, tmp_path, evaluate
):
    known = image_recipe_file.parent / "images"
    with pytest.raises(DatasetError, match=r"was trained on p101, .* and 27 more: figures on what it has seen mean no"):
        judged_on(small_image_model, known, tmp_path / "o", patient="p[0-9]+")
    mixed = tmp_path / "mixed"
    shutil.copytree(strangers, mixed)
    shutil.copytree(known / "blob" / "p201", mixed / "blob" / "p201")
    refused = evaluate(small_image_model, mixed, "-o", tmp_path / "o", "--set", PATIENT)
    assert_one_line(refused, "was trained on p201", "--exclude PATIENT")
    assert not (tmp_path / "o").exists()
    answer = evaluate(small_image_model, mixed, "-o", tmp_path / "o", "--set", PATIENT, "--exclude", "p201")
    assert answer.status == 0, answer.err
    assert "16 patients, 48 images; no patient was in the training" in answer.out
    assert "mean brightness" in answer.out and "hour" not in answer.out
    lost = evaluate(small_image_model, mixed, "-o", tmp_path / "o", "--exclude", "p9")
    assert_one_line(lost, "--exclude p9: there is no such patient")


def test_what_cannot_be_read_or_is_of_no_known_class_is_left_out_and_named(small_image_model, strangers, tmp_path):
    shutil.copytree(strangers, tmp_path / "in")
    (tmp_path / "in" / "blob" / "half.png").write_bytes((strangers / "blob/p4000/p4000_0.png").read_bytes()[:300])
    write_picture(tmp_path / "in" / "stripes" / "s.png", "stripes", 1)
    notes = judged_on(small_image_model, tmp_path / "in", tmp_path / "o", patient="p[0-9]+")["data"]["notes"]
    assert "1 image left out, of classes that the model does not know: stripes" in notes
    assert any(re.match(r"1 file left out: half.png: ", note) for note in notes)


def test_a_folder_that_does_not_suit_the_model_is_refused_in_one_line(
    small_image_model, small_model, strangers, tmp_path, evaluate
):
    for name, label in (("ring", "blob"), ("dot", "clear")):
        write_picture(tmp_path / "other" / name / "a.png", label, 5)
        write_picture(tmp_path / "half" / "blob" / f"{name}.png", "blob", 6 + len(name))
    (tmp_path / "half" / "ring").mkdir()
    shutil.copy(tmp_path / "other" / "ring" / "a.png", tmp_path / "half" / "ring" / "a.png")
    for folder, said in (
        (tmp_path / "other", "no image is of a class that the model knows (clear, blob); they are called dot, ring"),
        (tmp_path / "half", "all 2 scored examples are 'blob'"),
        (tmp_path / "none", "none does not exist"),
    ):
        assert_one_line(evaluate(small_image_model, folder, "-o", tmp_path / "o"), said)
    assert_one_line(evaluate(small_image_model, "-o", tmp_path / "o"), "which images? Give the folder")
    assert_one_line(evaluate(small_model, strangers, "-o", tmp_path / "o"), "images")
    refused = evaluate(small_image_model, strangers, "-o", tmp_path / "o", "--source", "folder")
    assert_one_line(refused, "gives recordings, where images are wanted")
    assert not (tmp_path / "o").exists()


def test_a_recipe_for_images_does_not_say_how_recordings_are_cut(small_model, small_image_model, tmp_path):
    from semeia.model import load

    shutil.copytree(small_model, tmp_path / "m")
    shutil.copy(small_image_model / "recipe.toml", tmp_path / "m")
    with pytest.raises(ModelError, match="its recipe is one for images"):
        evaluated(load(tmp_path / "m"), [], tmp_path / "o", source="x")


def test_every_fold_is_judged_by_the_model_that_never_saw_it(image_recipe_file, tmp_path):
    recipe = read_recipe(image_recipe_file, ("training.epochs=2",))
    cross_validate(Folds(recipe, tmp_path / "folds", 2, beside=image_recipe_file.parent), workers=1)
    metrics = evaluated_folds(tmp_path / "folds", tmp_path / "out", beside=image_recipe_file.parent)
    table = Predictions.read(tmp_path / "out" / "predictions.csv", window=1, step=1)
    assert len(table) == 64 and len(set(table.recording)) == 64 and len(set(table.patient)) == 32
    models = [load_image_model(tmp_path / "folds" / f"fold{k}-seed3") for k in (1, 2)]
    paths = {path.name: path for path in (image_recipe_file.parent / "images").rglob("*.png")}
    for row in range(0, 64, 5):
        patient = str(table.patient[row])
        (model,) = [one for one in models if not one.description.trained_on.knows(patient, patient)]
        said = model.classify(open_image(paths[str(table.recording[row])]))[1]
        assert (table.score[row] >= 0.5) == (said >= model.description.operating_point.threshold)
    assert metrics["windows"]["threshold"] == 0.5
    assert metrics["data"]["split"] == "split by patient: each is judged by a model that never saw them"
    assert "the pictures of why are of the first fold's model, on its own test part" in metrics["data"]["notes"]
    page = (tmp_path / "out" / "report.html").read_text()
    explained = re.findall(r"Most sure[^:<]*: (p\d+)_", page)
    assert explained and not any(models[0].description.trained_on.knows(name, name) for name in explained)
    shutil.copytree(image_recipe_file.parent, tmp_path / "changed")
    write_picture(tmp_path / "changed" / "images" / "blob" / "p201" / "p201_0.png", "blob", 77)
    with pytest.raises(DatasetError, match="folds: its data changed since it was trained"):
        evaluated_folds(tmp_path / "folds", tmp_path / "other", beside=tmp_path / "changed")


def test_of_three_classes_the_most_probable_is_said_and_each_has_its_curve(tmp_path):
    write_pictures(tmp_path / "images", ("clear", "blob", "stripes"), patients=12)
    write_pictures(tmp_path / "test", ("stripes", "blob", "clear"), patients=20, each=1, side=48)
    for path in (tmp_path / "test").rglob("*.png"):  # other patients
        path.rename(path.with_name(f"new{path.name[1:]}"))
    text = IMAGE_RECIPE.replace('"clear", "blob"]', '"clear", "blob", "stripes"]').replace("epochs = 4", "epochs = 6")
    (tmp_path / "recipe.toml").write_text(text)
    train(read_recipe(tmp_path / "recipe.toml"), tmp_path / "model", beside=tmp_path)
    metrics = judged_on(tmp_path / "model", tmp_path / "test", tmp_path / "out", patient="new[0-9]+")
    table = Predictions.read(tmp_path / "out" / "predictions.csv", window=1, step=1)
    confusion = np.zeros((3, 3), int)
    np.add.at(confusion, (table.label, table.probability.argmax(axis=1)), 1)
    assert metrics["windows"]["confusion"] == confusion.tolist()
    curves = metrics["windows"]["curves"]["one_against_rest"]
    for number, name in enumerate(("clear", "blob", "stripes")):
        area = float(np.trapezoid(curves[name]["y"], curves[name]["x"]))
        assert area == pytest.approx(auroc(table.label == number, table.probability[:, number]), abs=1e-3)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Choose a threshold" not in page and page.count('class="cell') == 3 + 9


def test_images_of_two_frames_are_shown_by_the_frame_that_was_judged(small_image_model, strangers, tmp_path):
    shutil.copytree(strangers, tmp_path / "in")
    pages = [
        PIL.Image.open(strangers / label / f"p{n}" / f"p{n}_0.png") for label, n in (("clear", 3000), ("blob", 4000))
    ]
    pages[0].save(tmp_path / "in" / "blob" / "p5000.tif", save_all=True, append_images=pages[1:])
    found = images_of(tmp_path / "in", patient="p[0-9]+")
    assert "p5000.tif #1" in {image.key for image in found.images}
    judged_on(small_image_model, tmp_path / "in", tmp_path / "o", patient="p[0-9]+")
    table = Predictions.read(tmp_path / "o" / "predictions.csv", window=1, step=1)
    same = {str(n): float(p) for n, p in zip(table.recording, table.score, strict=True)}
    assert same["p5000.tif #1"] == pytest.approx(same["p4000_0.png"], abs=1e-4)


def test_real_x_rays_are_judged_by_patient(shared_data, tmp_path):
    for part, first in (("seen", 0), ("new", 40)):
        for name, start in (("NORMAL", 400), ("PNEUMONIA", 1200)):
            files = sorted((shared_data / "chest_xray" / "train" / name).iterdir())[start + first :][:24]
            place = tmp_path / part / "train" / name
            place.mkdir(parents=True)
            for file in files:
                shutil.copy(file, place)
    text = IMAGE_RECIPE.replace('"clear", "blob"]', '"healthy", "pneumonia"]').replace("size = 20", "size = 48")
    text = (
        text.replace('"image-folder"', '"kermany"')
        .replace('patient = "p[0-9]+"\n', "")
        .replace('"images"\n', '"seen"\n')
    )
    (tmp_path / "recipe.toml").write_text(text.replace('kind = "seen"', 'kind = "images"'))
    model = train(read_recipe(tmp_path / "recipe.toml"), tmp_path / "model", beside=tmp_path)
    found = gather_images("kermany", path=str(tmp_path / "new"))
    metrics = evaluated_images(model, found.images, tmp_path / "out", source="kermany")
    assert metrics["data"]["images"] == 48 and metrics["data"]["patients"] > 24
    assert metrics["data"]["split"] == "no patient was in the training"
    page = (tmp_path / "out" / "report.html").read_text()
    assert 100_000 < len(page) < 4_000_000 and "data:," not in page.replace('href="data:,"', "")
    assert "occlusion" in page and page.count("<img ") >= 12
