"""``semeia explain``: a file that opens anywhere, and one line where nothing can be explained."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from epilepsy import write_recording
from semeia.cli import main


@pytest.fixture
def explain(small_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def explain(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["semeia", "explain", str(small_model), *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out, out.err

    return explain


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "patient.edf", seed=42)


def test_the_most_probable_window_is_explained_unless_one_is_named(explain, recording: Path, tmp_path: Path) -> None:
    likely, quiet = tmp_path / "deep" / "likely.svg", tmp_path / "quiet.svg"
    code, out, err = explain(recording, "-o", likely)
    assert code == 0 and err == "" and out.startswith("Integrated gradients: seizure 1.00, ")
    start = float(re.search(r", (\d+) to \d+ s\.", out)[1])
    assert 40 <= start <= 66 or 100 <= start <= 121
    ET.fromstring(likely.read_bytes())
    assert explain(recording, "--at", 15, "-o", quiet)[1].startswith("Integrated gradients: seizure 0.0")


@pytest.mark.parametrize("method", ["occlusion", "gradcam", "kernels", "maximise"])
def test_every_method_writes_a_page(explain, recording: Path, tmp_path: Path, method: str) -> None:
    page = tmp_path / "page.html"
    given = [] if method in {"kernels", "maximise"} else [recording]
    code, out, _ = explain(*given, "--at", 50, "--method", method, "-o", page)
    text = page.read_text(encoding="utf-8")
    assert code == 0 and out and text.count("<svg") == 1 and "Not a medical device" in text
    assert "http" not in text.replace("http://www.w3.org/", "")


def test_what_cannot_be_is_said_in_one_line_and_nothing_is_written(explain, recording: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.svg"
    for arguments, said in (
        ([recording, "-o", tmp_path / "x.png"], "must end in .svg or .html"),
        (["-o", target], "give the recording too"),
        ([recording, recording, "-o", target], "one at a time"),
        ([recording, "--map", tmp_path / "m.npy"], "of images only"),
        ([recording, "--at", 900, "-o", target], "patient.edf: 900 s is not within the recording of 150 s"),
        ([recording, "--target", "spindle", "-o", target], "knows no class 'spindle'"),
        ([tmp_path / "none.edf", "-o", target], "none.edf"),
    ):
        code, _, err = explain(*arguments)
        assert code != 0 and said in " ".join(err.replace("│", " ").split()), err
        assert not target.exists()
