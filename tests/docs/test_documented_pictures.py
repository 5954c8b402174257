"""The documentation's pictures are those that ``docs/pictures.py`` draws, and it draws them from the page as it is."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from documentation import DOCS, PAGES
from PIL import Image

sys.path.insert(0, str(DOCS))
import pictures
from chromium import CHROMIUM

BY_A_BENCHMARK = {"simulator-plausibility.png"}


def test_every_picture_is_shown_and_made_by_the_script() -> None:
    shown = {
        Path(name).name
        for page in PAGES
        for name in re.findall(r"\]\((\S*pictures/[^)\s]+)\)", page.read_text(encoding="utf-8"))
    }
    made = {f"{name}.webp" for name in pictures.NAMES}
    assert shown == made | BY_A_BENCHMARK
    assert {path.name for path in (DOCS / "pictures").iterdir()} == shown


@pytest.mark.parametrize("name", pictures.NAMES)
def test_pictures_are_small_and_whole(name: str) -> None:
    path = DOCS / "pictures" / f"{name}.webp"
    assert path.stat().st_size <= pictures.MOST
    with Image.open(path) as image:
        assert image.width >= 900
        assert len(image.convert("L").getcolors() or ()) > 50


@pytest.mark.slow
def test_pictures_are_drawn_from_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    monkeypatch.setattr(pictures, "PICTURES", tmp_path)
    pictures.draw(["library", "train"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["library.webp", "train.webp"]
    for path in tmp_path.iterdir():
        with Image.open(path) as image:
            assert image.size == (1280, 720)


def test_an_unknown_picture_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["pictures.py", "revue"])
    with pytest.raises(SystemExit, match="no such picture: revue; there are library, find, review"):
        pictures.main()
