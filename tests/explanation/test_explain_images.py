"""``semeia explain`` with a model for images: pictures that open anywhere, and maps that a page lays over the image."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from blobs import picture, write_picture
from semeia.cli import main
from semeia.explanation import CAVEAT, as_uri, image_attribution, image_picture, map_of_image, standalone
from semeia.images import open_image
from semeia.model import load_image_model
from semeia.transforms import image_transform_named


@pytest.fixture
def explain(small_image_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def explain(*arguments: object, model: Path = small_image_model) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["semeia", "explain", str(model), *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out, out.err

    return explain


@pytest.mark.parametrize("method", [None, "occlusion", "gradients"])
def test_every_image_has_its_picture_with_the_check_and_the_caveat(explain, tmp_path: Path, method) -> None:
    for seed in (1, 2):
        write_picture(tmp_path / "in" / f"a{seed}.png", "blob", 9100 + seed)
    page = tmp_path / "page.html"
    code, out, err = explain(tmp_path / "in", "-o", page, *(["--method", method] if method else []))
    text = page.read_text(encoding="utf-8")
    assert code == 0 and err == "" and out.count("blob") >= 2
    assert text.count("<svg") == 2 and text.count("data:image/jpeg") == 6
    assert text.count(CAVEAT) == 2 and text.count("with weights drawn anew") == 2 and "Not a medical device" in text
    assert "http" not in text.replace("http://www.w3.org/", "")
    assert re.search(r"[GOI][\w -]+: blob 0\.\d{3}, a1\.png", text)


def test_a_map_lies_where_the_picture_lies_on_the_image(explain, small_image_model: Path, tmp_path: Path) -> None:
    shown = np.full((64, 160), 40, np.uint8)
    shown[:, 48:112] = np.asarray(PIL.Image.fromarray(picture("blob", 9200)).resize((64, 64)))
    PIL.Image.fromarray(shown).save(tmp_path / "wide.png")
    target = tmp_path / "deep" / "map.npy"
    code, out, _ = explain(tmp_path / "wide.png", "--method", "gradcam", "--target", "blob", "--map", target)
    assert code == 0 and str(target) in out
    values, about = np.load(target, allow_pickle=False), json.loads(target.with_suffix(".json").read_text())
    assert values.dtype == np.float32 and values.shape == (20, 20) and values.min() >= 0 and values.max() <= 1
    assert about["x"] == 0 and about["width"] == 160  # 20 columns of 8 pixels; 8 rows of the image, and borders
    assert about["y"] == -48 and about["height"] == 160
    assert about["target"] == "blob" and about["method"] == "Grad-CAM"
    same, _ = map_of_image(load_image_model(small_image_model), open_image(tmp_path / "wide.png"), target="blob")
    np.testing.assert_array_equal(values, same)


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("size", [(90, 50), (37, 80), (64, 64), (200, 12)])
def test_the_place_of_a_prepared_picture_is_where_its_pixels_come_from(fit: str, size: tuple[int, int]) -> None:
    width, height = size
    transform = image_transform_named("image", size=[24, 32], fit=fit)
    ramps = np.stack(np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height))
    across, down = (transform.prepare(ramp[None].astype(np.float32))[0] / 255 for ramp in ramps)
    left, top, wide, high = transform.placed(width, height)
    x, y = left + (np.arange(32) + 0.5) * wide / 32, top + (np.arange(24) + 0.5) * high / 24
    columns, rows = (x > 1.5) & (x < width - 1.5), (y > 1.5) & (y < height - 1.5)
    margin = 1.01 / 255 + 0.6 * max(1, wide / 32) / width
    np.testing.assert_allclose(across[12, columns], x[columns] / width, atol=margin)
    margin = 1.01 / 255 + 0.6 * max(1, high / 24) / height
    np.testing.assert_allclose(down[rows, 16], y[rows] / height, atol=margin)


def test_what_cannot_be_is_said_in_one_line_and_nothing_is_written(explain, small_model: Path, tmp_path: Path) -> None:
    image, target = write_picture(tmp_path / "one.png", "blob", 9300), tmp_path / "x.svg"
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "none").mkdir()
    shutil.copy(image, tmp_path / "two.png")
    maps = tmp_path / "m.npy"
    for arguments, said in (
        ([image], "say where to: -o why.html"),
        (["-o", target], "give the image too"),
        ([image, "--method", "kernels", "-o", target], "of models for recordings"),
        ([image, "--target", "ring", "-o", target], "one.png: model blobs knows no class 'ring'"),
        ([tmp_path / "empty.png", "-o", target], "empty.png"),
        ([tmp_path / "none", "-o", target], "none"),
        ([image, tmp_path / "two.png", "--map", maps], "one image at a time"),
        ([image, "--map", tmp_path / "m.png"], "must end in .npy"),
    ):
        code, _, err = explain(*arguments)
        assert code != 0 and said in " ".join(err.replace("│", " ").split()), err
        assert not target.exists() and not maps.exists()
    code, _, err = explain(image, "--map", maps, model=small_model)
    assert code != 0 and "of images only" in " ".join(err.replace("│", " ").split())


def test_a_picture_is_small_stands_alone_and_its_names_are_text(small_image_model: Path) -> None:
    model = load_image_model(small_image_model)
    shown = model.transform.prepare(picture("blob", 9400)[None].astype(np.float32) / 255)
    found = [image_attribution(model, shown, method) for method in ("gradcam", "occlusion")]
    drawn = image_picture(found, name="<b>&.png", follows={"Grad-CAM": [0.1, float("nan"), 0.9]})
    ET.fromstring(standalone(drawn))
    assert drawn.svg.count("<image") == 4 and len(drawn.svg) < 60_000
    assert "n/a" in drawn.caption and "The map of Grad-CAM hardly changes" in drawn.caption
    assert image_picture(found, name="<b>&.png").svg == drawn.svg


def test_a_picture_in_a_page_is_that_picture() -> None:
    shown = np.zeros((3, 40, 80), np.float32)
    shown[0, :, :40], shown[2, :, 40:], shown[1, 0, 0] = 1, np.nan, 5
    opened = PIL.Image.open(io.BytesIO(base64.b64decode(as_uri(shown, 20).partition(",")[2])))
    assert opened.size == (20, 10)
    assert np.abs(np.asarray(opened)[5, 4] - np.array([254, 0, 0])).max() < 40 and np.asarray(opened)[5, 15].max() < 40
