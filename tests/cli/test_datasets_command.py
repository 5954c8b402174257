"""``semeia datasets``: lists, describes and downloads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher import Source, serving
from semeia.datasets import names


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SEMEIA_DATA", raising=False)


@pytest.fixture
def source() -> Iterator[Source]:
    with serving({"chb01/a.edf": b"1" * 1000, "chb02/b.edf": b"2", "RECORDS": b"all"}) as source:
        source.publish_sums()
        yield source


def test_every_importer_is_listed_and_whether_its_data_are_here(run, tmp_path: Path) -> None:
    code, out, _ = run("datasets", "list")
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines()[1:]}
    assert set(names()) <= set(rows)
    assert "42.6 GB" in rows["chbmit"] and "semeia datasets download chbmit" in rows["chbmit"]
    assert "images" in rows["kermany"] and "by hand: semeia datasets describe kermany" in rows["kermany"]
    assert "takes an account" in rows["aes2014"]
    (tmp_path / "home" / "data" / "chbmit").mkdir(parents=True)
    rows = {line.split()[0]: line for line in run("datasets", "list")[1].splitlines()[1:]}
    assert str(tmp_path / "home" / "data" / "chbmit") in rows["chbmit"]


def test_a_data_set_is_described_with_licence_address_and_parameters(run) -> None:
    code, out, _ = run("datasets", "describe", "chbmit")
    assert code == 0
    for words in ("ODC-BY", "https://physionet.org/files/chbmit/1.0.0/", "chb01/chb01_03.edf", "10.13026/C2K01R"):
        assert words in out
    (row,) = (line for line in out.splitlines() if line.startswith("only_with_seizures"))
    assert row.strip().split(maxsplit=2)[1:] == ["false", "Leave out recordings without a seizure."]
    assert "patients" in run("datasets", "describe", "simulated")[1]
    assert run("datasets", "describe", "chb") == (
        *(1, ""),
        "semeia: data set 'chb' is not in the catalogue: did you mean 'chbmit'?\n",
    )


def test_a_download_says_where_it_is_and_whom_to_cite(run, source: Source, tmp_path: Path) -> None:
    code, out, err = run("datasets", "download", "chbmit", "--from", source.address, "--patient", "chb01")
    folder = tmp_path / "home" / "data" / "chbmit"
    assert (code, err) == (0, "")
    assert out.startswith(f"{folder}: CHB-MIT Scalp EEG Database is here. Licence: ")
    assert "Cite: " in out and "Goldberger" in out
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {"a.edf", "RECORDS"}
    code, out, _ = run("datasets", "download", "chbmit", "--from", source.address, "--to", str(tmp_path / "mine"))
    assert code == 0 and (tmp_path / "mine" / "chb02" / "b.edf").read_bytes() == b"2"


def test_what_was_downloaded_is_found_by_recipes(run, source: Source) -> None:
    from semeia.datasets.catalogue import check

    assert not check("chbmit", {"path": "chbmit"})
    run("datasets", "download", "chbmit", "--from", source.address)
    assert check("chbmit", {"path": "chbmit"})


def test_a_failed_download_is_one_line(run, source: Source) -> None:
    code, _, err = run("datasets", "download", "chbmit", "--from", source.address + "nowhere")
    assert code == 1
    assert err.startswith("semeia: SHA256SUMS.txt: 127.0.0.1 has no such file (404): http") and err.count("\n") == 1
    code, _, err = run("datasets", "download", "aes2014")
    assert code == 1 and "https://www.kaggle.com/c/seizure-prediction" in err
