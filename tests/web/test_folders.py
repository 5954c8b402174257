"""Folders that the page may import from."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from semeia.web.folders import NotThere, found_at, listing


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that may be imported from, with one that may not beside it."""
    for name in ("ours/chb01/chb01_03.edf", "ours/a.EDF", "ours/notes.txt", "ours/.hidden/b.edf", "secret/s.edf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    (tmp_path / "ours" / "way-out").symlink_to(tmp_path / "secret")
    (tmp_path / "ours" / "out.edf").symlink_to(tmp_path / "secret" / "s.edf")
    (tmp_path / "ours" / "again").symlink_to(tmp_path / "ours" / "chb01")
    monkeypatch.setattr(settings, "IMPORT_FOLDERS", [tmp_path / "ours"])
    return tmp_path / "ours"


def test_one_goes_down_and_up_by_tokens(root: Path) -> None:
    top = listing("")
    assert (top.name, top.parent, [place.name for place in top.folders], top.files) == ("", None, ["ours"], [])
    ours = listing(top.folders[0].at)
    assert (ours.name, ours.parent) == ("ours", "")
    assert [place.name for place in ours.folders] == ["again", "chb01"]
    assert [(place.name, place.size) for place in ours.files] == [("a.EDF", 5)]
    below = listing(ours.folders[1].at)
    assert [place.name for place in below.files] == ["chb01_03.edf"]
    assert below.parent is not None and listing(below.parent) == ours
    assert found_at(below.files[0].at) == root / "chb01" / "chb01_03.edf"


def test_no_token_leads_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from semeia.web.folders import _signer

    token = listing(listing("").folders[0].at).files[0].at
    signer = _signer(root)
    paths = ["..", "../secret", "/etc", "way-out", "way-out/s.edf", "out.edf", "no-such", "\0"]
    for wrong in [*map(signer.sign_object, paths), "made-up", token[:-1], str(root), "../secret", "a.EDF"]:
        with pytest.raises(NotThere, match="not there"):
            found_at(wrong)
    monkeypatch.setattr(settings, "IMPORT_FOLDERS", [root.parent / "secret"])
    with pytest.raises(NotThere):
        found_at(token)


def test_without_folders_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "IMPORT_FOLDERS", [])
    assert listing("").folders == []
