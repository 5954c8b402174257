"""Every block of Python in the README and the documentation runs, in order, on real files; every TOML block is TOML.

The tutorials are not here: their code runs as notebooks (``test_tutorials.py``).
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from documentation import PAGES, TUTORIALS, blocks, name_of
from PIL import Image as Pillow

from semeia.cli import main
from semeia.signals.simulator import SimulatedPatient, simulate, write_simulation

WITH_PYTHON = [
    page for page in PAGES if page not in TUTORIALS and any(block.language == "python" for block in blocks(page))
]
WITH_TOML = [page for page in PAGES if any(block.language == "toml" for block in blocks(page))]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, small_model: Path) -> Path:
    """Return a folder with what the pages speak of: a recording, an X-ray, a slice, a model and its predictions."""
    folder = tmp_path_factory.mktemp("pages")
    patient = SimulatedPatient.from_seed(2)
    write_simulation(simulate(patient, seconds=120, seizures=[40.0], montage="chbmit"), folder / "patient.edf")
    drawn = Pillow.fromarray(np.random.default_rng(1).integers(0, 255, (96, 96), np.uint8))
    drawn.save(folder / "film.png")
    _write_slice(folder / "slice.dcm")
    shutil.copytree(small_model, folder / "my-model")
    return folder


def _write_slice(path: Path) -> None:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    slice_ = Dataset()
    slice_.file_meta = FileMetaDataset()
    slice_.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    slice_.SOPClassUID, slice_.SOPInstanceUID, slice_.Modality = CTImageStorage, generate_uid(), "CT"
    slice_.Rows = slice_.Columns = 16
    slice_.SamplesPerPixel, slice_.PhotometricInterpretation = 1, "MONOCHROME2"
    slice_.BitsAllocated = slice_.BitsStored = 16
    slice_.HighBit, slice_.PixelRepresentation = 15, 0
    slice_.RescaleSlope, slice_.RescaleIntercept = 1, -1024
    slice_.PixelData = np.arange(256, dtype=np.uint16).tobytes()
    slice_.save_as(path, enforce_file_format=True)


@pytest.fixture
def semeia(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return the command line, in this process."""

    def run(*arguments: str) -> None:
        monkeypatch.setattr("sys.argv", ["semeia", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code

    return run


@pytest.fixture
def place(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder of one page."""
    shutil.copytree(files, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def ran(page: Path) -> dict[str, object]:
    """Run a page's blocks, each going on from where the last one ended."""
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks(page):
        if block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.text, name_of(page), "exec"), names)  # noqa: S102 (our own pages)
    return names


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_python_runs(page: Path, place: Path, semeia: Callable[..., None]) -> None:
    if page.stem in {"evaluation", "predicting"}:
        _write_predictions(place, semeia)
    assert len(ran(page)) > 1


def _write_predictions(place: Path, semeia: Callable[..., None]) -> None:
    """Judge the model on recordings of patients whom it does not know, and put the tables where the pages have them."""
    from epilepsy import SEIZURES, write_recording

    for number, seizures in enumerate((SEIZURES, ()) * 3, 5):
        path = place / "new" / f"p{number}" / f"p{number}.edf"
        write_recording(path, seizures=seizures, seed=number, subject=f"p{number}")
    semeia("evaluate", "my-model", "new", "-o", "validation")
    for name in ("predictions.csv", "other.csv"):
        shutil.copy(place / "validation" / "predictions.csv", place / name)


@pytest.mark.parametrize("page", WITH_TOML, ids=name_of)
def test_toml_is_toml(page: Path) -> None:
    for block in blocks(page):
        if block.language == "toml":
            assert tomllib.loads(block.text)


def test_a_block_that_fails_is_named_by_page_and_line(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = place / "wrong.md"
    page.write_text("# Page\n\n```python\none = 1\n```\n\nwords\n\n```python\none / 0\n```\n")
    monkeypatch.setattr("documentation.ROOT", place)
    with pytest.raises(ZeroDivisionError) as raised:
        ran(page)
    last = raised.traceback[-1]
    assert (last.path.name, last.lineno + 1) == ("wrong.md", 10)
