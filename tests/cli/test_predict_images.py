"""``semeia predict`` with a model for images, and ``semeia ensemble``, as they are typed."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from blobs import picture, write_picture
from epilepsy import write_recording
from semeia.images import open_image
from semeia.model import load_image_model

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder of six pictures, one of them a TIFF of three frames."""
    folder = tmp_path / "pictures"
    for number, label in enumerate(["clear", "blob", "clear", "blob", "blob"]):
        write_picture(folder / f"ward{number % 2}" / f"{number}.png", label, 60_000 + number)
    frames = [Pillow.fromarray(picture(label, 61_000)) for label in ("clear", "blob", "clear")]
    frames[0].save(folder / "several.tif", save_all=True, append_images=frames[1:])
    return folder


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_image_of_a_folder_has_a_row(run: Run, small_image_model: Path, pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "found.csv"
    code, said, err = run("predict", str(pictures), "--model", str(small_image_model), "-o", str(out))
    assert (code, err) == (0, "")
    assert said == f"{out}: 6 images judged by blobs\n"
    rows = rows_of(out.read_text())
    assert list(rows[0]) == ["path", "class", "p_clear", "p_blob"]
    places = [Path(row["path"]).relative_to(pictures).as_posix() for row in rows]
    assert places == ["several.tif", "ward0/0.png", "ward0/2.png", "ward0/4.png", "ward1/1.png", "ward1/3.png"]
    model = load_image_model(small_image_model)
    for row in rows:
        wanted = model.classify(open_image(row["path"]))  # of several frames the middle one
        np.testing.assert_allclose([float(row["p_clear"]), float(row["p_blob"])], wanted, atol=2e-6)
        assert row["class"] == model.description.said(wanted)
    assert [row["class"] for row in rows] == ["blob", "clear", "clear", "blob", "blob", "blob"]


def test_files_keep_the_order_in_which_they_were_named_and_come_once(
    run: Run, small_image_model: Path, pictures: Path
) -> None:
    files = [str(pictures / "ward1" / "3.png"), str(pictures / "ward0" / "0.png"), str(pictures / "ward1" / "3.png")]
    code, out, err = run("predict", *files, "--model", str(small_image_model))
    assert (code, err) == (0, "")
    assert [row["path"] for row in rows_of(out)] == files[:2]
    assert run("predict", str(small_image_model), *files)[1] == out  # the model first
    _, out, _ = run("predict", str(pictures / "ward1"), files[1], "--model", str(small_image_model))
    assert [Path(row["path"]).name for row in rows_of(out)] == ["1.png", "3.png", "0.png"]


def test_what_cannot_be_read_is_named_left_out_and_counted(
    run: Run, small_image_model: Path, pictures: Path, tmp_path: Path
) -> None:
    whole = (pictures / "ward0" / "0.png").read_bytes()
    (pictures / "ward0" / "half.png").write_bytes(whole[: len(whole) // 2])
    (pictures / "empty.png").touch()
    (pictures / "note.png").write_text("no picture at all")
    code, said, err = run("predict", str(pictures), "--model", str(small_image_model), "-o", str(tmp_path / "a.csv"))
    assert code == 1 and "6 images judged" in said
    lines = err.splitlines()
    assert [line.split(":")[1].strip() for line in lines[:-1]] == ["empty.png", "note.png", "half.png"]
    assert lines[-1] == "semeia: 3 of 9 files were left out, for the reasons above"
    assert len(rows_of((tmp_path / "a.csv").read_text())) == 6


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n"])
def test_a_single_file_that_cannot_be_read_is_an_error(
    run: Run, small_image_model: Path, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "only.png").write_bytes(content)
    code, out, err = run(
        *("predict", str(tmp_path / "only.png"), "--model", str(small_image_model), "-o", str(tmp_path / "a.csv"))
    )
    assert (code, out) == (1, "")
    assert err.startswith("semeia: only.png: ") and err.count("\n") == 1
    assert not (tmp_path / "a.csv").exists()


def test_names_that_spreadsheets_and_terminals_stumble_over_are_kept(
    run: Run, small_image_model: Path, tmp_path: Path
) -> None:
    name = 'über, "quoted".png'
    write_picture(tmp_path / "odd" / "plain.png", "blob", 1).rename(tmp_path / "odd" / name)
    code, out, _ = run("predict", str(tmp_path / "odd"), "--model", str(small_image_model))
    assert code == 0 and Path(rows_of(out)[0]["path"]).name == name


def test_a_name_that_is_no_utf8_is_written_with_its_bytes(
    run: Run, small_image_model: Path, pictures: Path, tmp_path: Path
) -> None:
    try:
        (pictures / "several.tif").rename(pictures / os.fsdecode(b"old\xe9.tif"))
    except OSError:
        pytest.skip("this file system takes no such name")
    code, out, err = run("predict", str(pictures), "--model", str(small_image_model))
    assert (code, err) == (0, "")
    assert rows_of(out)[0]["path"] == f"{pictures}/old\\udce9.tif"
    assert run("predict", str(pictures), "--model", str(small_image_model), "-o", str(tmp_path / "o.csv"))[0] == 0
    assert (tmp_path / "o.csv").read_text() == out


def test_a_link_to_itself_is_left_out(run: Run, small_image_model: Path, tmp_path: Path) -> None:
    (tmp_path / "loop.png").symlink_to("loop.png")
    code, _, err = run("predict", str(tmp_path / "loop.png"), "-o", str(tmp_path), "--model", str(small_image_model))
    assert code == 1
    assert err.startswith("semeia: loop.png: cannot be opened (Too many levels") and err.count("\n") == 1


def test_progress_is_told_as_json_lines(run: Run, small_image_model: Path, tmp_path: Path) -> None:
    for number in range(40):  # more than a batch
        write_picture(tmp_path / "many" / f"{number:02}.png", "clear", number)
    told = tmp_path / "progress.jsonl"
    arguments = ("--model", str(small_image_model), "-o", str(tmp_path / "a.csv"), "--progress", str(told))
    assert run("predict", str(tmp_path / "many"), *arguments)[0] == 0
    lines = [json.loads(line) for line in told.read_text().splitlines()]
    assert lines == [{"event": "progress", "share": 0.8}, {"event": "progress", "share": 1.0}]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--hop", "1"), "--hop: of recordings only, and blobs judges images"),
        (("--rate", "256", "--submission", "aes2014"), "--submission, --rate: of recordings only"),
        (("--by", "max"), "--by: of recordings only"),
        (("--learn", "a.csv"), "--learn: of recordings only"),
    ],
)
def test_what_is_for_recordings_is_refused(
    run: Run, small_image_model: Path, pictures: Path, *, options: tuple[str, ...], words: str
) -> None:
    code, out, err = run("predict", str(pictures), "--model", str(small_image_model), *options)
    assert (code, out) == (2, "") and words in " ".join(err.replace("│", " ").split())


def test_no_image_is_overwritten(run: Run, small_image_model: Path, pictures: Path, tmp_path: Path) -> None:
    victim = pictures / "ward0" / "0.png"
    before = victim.read_bytes()
    (tmp_path / "link.png").symlink_to(victim)
    for output in (victim, tmp_path / "link.png"):
        code, _, err = run("predict", str(pictures), "--model", str(small_image_model), "-o", str(output))
        assert code == 2 and "is an image, and would be overwritten" in " ".join(err.replace("│", " ").split())
        assert victim.read_bytes() == before


def test_a_recording_and_an_image_are_not_taken_for_each_other(
    run: Run, small_image_model: Path, small_model: Path, pictures: Path, tmp_path: Path
) -> None:
    recording, image = write_recording(tmp_path / "eeg" / "a.edf", 20), pictures / "ward0" / "0.png"
    for arguments, words in (
        ((small_image_model, recording), "a.edf: is no PNG, JPEG, TIFF, DICOM or NIfTI file"),
        ((small_model, image), "0.png: "),
        ((small_image_model, recording.parent), "eeg: "),
        ((small_model, pictures), "pictures: "),
    ):
        code, out, err = run("predict", *map(str, arguments))
        assert (code, out) == (1, ""), (arguments, out)
        assert err.startswith(f"semeia: {words}") and err.count("\n") == 1, err
    code, _, err = run("detect", str(recording), "--model", str(small_image_model))
    assert code == 1 and "model blobs judges images, not recordings: semeia models lists what each takes" in err


def test_models_lists_what_each_takes(
    run: Run, small_image_model: Path, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    for name, folder in (("pictures", small_image_model), ("waves", small_model)):
        shutil.copytree(folder, tmp_path / "home" / "models" / name)
    code, out, err = run("models")
    assert (code, err) == (0, "")
    lines = {line.split()[0]: " ".join(line.split()) for line in out.splitlines() if line.strip()}
    assert "images 20 × 20 pixels" in lines["pictures"] and "Finds bright blobs" in lines["pictures"]
    assert "any 4+ channels 4 s" in lines["waves"]
    rows = {row["name"]: row for row in json.loads(run("models", "--json")[1])}
    assert rows["pictures"]["task"] == "images" and rows["pictures"]["classes"] == ["clear", "blob"]
    code, out, _ = run("predict", str(write_picture(tmp_path / "a.png", "blob", 5)), "--model", "pictures")
    assert code == 0 and rows_of(out)[0]["class"] == "blob"


def test_an_ensemble_is_made_and_asked_from_the_command_line(
    run: Run, image_recipe_file: Path, pictures: Path, tmp_path: Path
) -> None:
    settings = ("--set", "training.epochs=1", "--seeds", "2", "--workers", "1")
    assert run("train", str(image_recipe_file), "-o", str(tmp_path / "seeds"), *settings)[0] == 0
    data = ("--data", str(image_recipe_file.parent))
    code, out, err = run("ensemble", str(tmp_path / "seeds"), "-o", str(tmp_path / "both"), *data)
    assert (code, err) == (0, "")
    assert out == f"{tmp_path}/both: model blobs asks 2 networks. Its card: {tmp_path}/both/card.md\n"
    probability = []
    for model in (tmp_path / "both", tmp_path / "seeds" / "seed3", tmp_path / "seeds" / "seed4"):
        rows = rows_of(run("predict", str(pictures), "--model", str(model))[1])
        probability.append([float(row["p_blob"]) for row in rows])
    np.testing.assert_allclose(probability[0], np.mean(probability[1:], axis=0), atol=2e-6)
    code, _, err = run("ensemble", str(pictures), "-o", str(tmp_path / "none"))
    assert code == 1 and "is no folder of several seeds" in err and err.count("\n") == 1
