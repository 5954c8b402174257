"""Downloads from a real server, which cuts, refuses and changes its files."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import signal
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from publisher import Source, serving
from semeia.datasets import download as downloading
from semeia.datasets.catalogue import names
from semeia.datasets.download import Progress, found_at, place_for
from semeia.datasets.known import KNOWN
from semeia.errors import DatasetError, RecipeError, StorageError

RECORDING = bytes(range(256)) * 4096  # 1 MiB
BIG, SUMMARY = "chb01/chb01_03.edf", "chb01/chb01-summary.txt"


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def source() -> Iterator[Source]:
    files = {BIG: RECORDING, SUMMARY: b"File Name: chb01_03.edf\n", "chb02/chb02_01.edf": b"2", "RECORDS": b"chb01"}
    with serving(files) as source:
        source.publish_sums()
        yield source


@pytest.fixture
def download(source: Source, tmp_path: Path) -> partial[Path]:
    return partial(downloading.download, "chbmit", tmp_path / "chbmit", address=source.address, pause=0.0)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def published(source: Source) -> dict[str, bytes]:
    return {name: data for name, data in source.files.items() if name != "SHA256SUMS.txt"}


def test_all_files_come_with_progress_and_a_second_time_nothing_is_asked(source: Source, download, tmp_path) -> None:
    told: list[Progress] = []
    assert download(progress=told.append) == tmp_path / "chbmit"
    assert files_of(tmp_path / "chbmit") == published(source)
    assert {(step.file, step.files) for step in told} == {(name, 4) for name in published(source)}
    assert [step for step in told if step.file == BIG][-1] == Progress(BIG, 3, 4, 1 << 20, 1 << 20)
    source.asked.clear()
    download()
    assert source.asked == [("SHA256SUMS.txt", None, 200)]


def test_chosen_patients_come_with_what_belongs_to_all(source: Source, download, tmp_path) -> None:
    download(patients=["chb02"])
    assert sorted(files_of(tmp_path / "chbmit")) == ["RECORDS", "chb02/chb02_01.edf"]
    with pytest.raises(DatasetError, match=r"^patient 'chb1' is not in this data set; there are chb01, chb02$"):
        download(patients=["chb1"])


@pytest.mark.parametrize("tags", [True, False], ids=["by tag", "by date"])
def test_a_cut_connection_is_gone_on_with(source: Source, download, tmp_path, tags: bool) -> None:
    source.cuts[BIG], source.tags = [300_000, 400_000, 0], tags
    download()
    assert files_of(tmp_path / "chbmit") == published(source)
    assert source.sent(BIG) == [
        (None, 200),
        ("bytes=300000-", 206),
        ("bytes=700000-", 206),
        ("bytes=700000-", 206),
    ]


def test_a_server_without_ranges_starts_anew(source: Source, download, tmp_path) -> None:
    source.cuts[BIG], source.ranges = [300_000], False
    download()
    assert files_of(tmp_path / "chbmit") == published(source)
    assert [status for _, status in source.sent(BIG)] == [200, 200]


def test_what_is_cut_again_and_again_is_given_up_and_kept(source: Source, download, tmp_path) -> None:
    source.cuts[BIG] = [300_000, *[0] * 9]
    with pytest.raises(DatasetError, match=rf"^{BIG}: the connection was cut, 5 times in a row; the same command goes"):
        download()
    assert not (tmp_path / "chbmit" / BIG).exists()
    assert (tmp_path / "chbmit" / f"{BIG}.part").stat().st_size == 300_000
    source.cuts.clear()
    download()
    assert files_of(tmp_path / "chbmit") == published(source)
    assert source.sent(BIG)[-1] == ("bytes=300000-", 206)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_file_that_changed_between_two_tries_starts_anew(source: Source, download, tmp_path, ranges: bool) -> None:
    source.ranges, source.cuts[BIG] = ranges, [300_000, *[0] * 9]
    with pytest.raises(DatasetError):
        download()
    source.cuts.clear()
    source.files[BIG] = RECORDING[::-1]
    source.publish_sums()
    download()
    assert (tmp_path / "chbmit" / BIG).read_bytes() == RECORDING[::-1]
    assert source.sent(BIG)[-1][1] == 200


def test_a_part_of_another_file_is_found_out_by_its_sum(source: Source, download, tmp_path) -> None:
    part = tmp_path / "chbmit" / f"{BIG}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    download()
    assert (tmp_path / "chbmit" / BIG).read_bytes() == RECORDING
    assert source.sent(BIG) == [("bytes=1000-", 206), (None, 200)]


@pytest.mark.parametrize("more", [0, 10])
def test_a_part_that_is_whole_or_too_long_already(source: Source, download, tmp_path, more: int) -> None:
    part = tmp_path / "chbmit" / f"{BIG}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(RECORDING + b"x" * more)
    download()
    assert files_of(tmp_path / "chbmit") == published(source)
    assert source.sent(BIG)[0][1] == 416


def test_a_file_that_is_here_but_not_as_published_is_fetched_again(source: Source, download, tmp_path) -> None:
    download()
    (tmp_path / "chbmit" / SUMMARY).write_bytes(b"changed")
    download()
    assert files_of(tmp_path / "chbmit") == published(source)


def test_a_wrong_checksum_is_tried_twice_and_leaves_nothing(source: Source, download, tmp_path) -> None:
    source.files[SUMMARY] = b"damaged"
    sums = hashlib.sha256(b"damaged").hexdigest()[:12]
    with pytest.raises(DatasetError, match=rf"^{SUMMARY}: came twice with the checksum {sums}..., and .* is published"):
        download()
    assert not list((tmp_path / "chbmit" / "chb01").glob("*summary*"))


def test_a_missing_file_and_a_refusal_are_said_with_the_address(source: Source, download) -> None:
    del source.files[SUMMARY]
    with pytest.raises(
        DatasetError, match=rf"^{SUMMARY}: 127.0.0.1 has no such file \(404\): http://127.*summary.txt$"
    ):
        download()
    source.statuses["SHA256SUMS.txt"] = [403]
    with pytest.raises(DatasetError, match=r"^SHA256SUMS.txt: 127.0.0.1 refuses it \(403\)"):
        download()


def test_a_server_that_is_busy_is_asked_again(source: Source, download, tmp_path) -> None:
    source.statuses = {SUMMARY: [503, 429], "SHA256SUMS.txt": [500]}
    download()
    assert files_of(tmp_path / "chbmit") == published(source)
    source.statuses["SHA256SUMS.txt"] = [503] * 9
    with pytest.raises(DatasetError, match=r"SHA256SUMS.txt: 127.0.0.1 answers 503$"):
        download()


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"SHA256SUMS.txt: 127.0.0.1 cannot be reached \(connection refused\)$"):
        downloading.download("chbmit", tmp_path, address="http://127.0.0.1:1/", pause=0.0)
    for address in ("file:///etc", "http://[::1"):
        with pytest.raises(DatasetError, match=r"is no http or https address$"):
            downloading.download("chbmit", tmp_path, address=address, pause=0.0)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "..\\evil"])
def test_a_list_that_points_outside_is_refused(source: Source, download, tmp_path, name: str) -> None:
    source.files["SHA256SUMS.txt"] = f"{'0' * 64} {name}\n".encode()
    with pytest.raises(DatasetError, match=r"SHA256SUMS.txt: line 1 is no checksum and file name$"):
        download()
    assert not files_of(tmp_path)


def test_a_list_that_is_none_is_refused(source: Source, download) -> None:
    for text, said in ((b"<html>", "line 1 is no"), (b"", "lists no files"), (b"\xff\xfe", "is no text")):
        source.files["SHA256SUMS.txt"] = text
        with pytest.raises(DatasetError, match=said):
            download()


def test_a_full_disk_is_said_and_what_is_here_is_kept(source: Source, download, tmp_path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    try:
        with pytest.raises(StorageError, match=r"chb01_03.edf.part: cannot be written \(.*\); the same command"):
            download()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not (tmp_path / "chbmit" / BIG).exists()
    download()
    assert files_of(tmp_path / "chbmit") == published(source)
    assert source.sent(BIG)[-1][1] == 206


def test_names_with_spaces_and_signs_are_asked_for_as_the_web_wants(source: Source, download, tmp_path) -> None:
    source.files["chb01/a%20b%23%3F.txt"] = b"odd"
    source.files["SHA256SUMS.txt"] = f"{hashlib.sha256(b'odd').hexdigest()}  chb01/a b#?.txt\n".encode()
    download()
    assert (tmp_path / "chbmit" / "chb01" / "a b#?.txt").read_bytes() == b"odd"


def archive(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, data in members.items():
            file.writestr(name.replace("__", "/"), data)
    return packed.getvalue()


def test_archives_are_unpacked_each_into_its_folder(tmp_path: Path) -> None:
    packed = {letter: archive(**{f"{letter}001.txt": b"1", f"deep__{letter}002.txt": b"2"}) for letter in "ZONFS"}
    zips = {f"{letter}.zip": data for letter, data in packed.items()}
    with serving(zips) as source:
        get = partial(downloading.download, "bonn", tmp_path, address=source.address, pause=0.0)
        get(patients=["setE"])
        assert files_of(tmp_path) == {"setE/S001.txt": b"1", "setE/S002.txt": b"2"}
        source.cuts["Z.zip"] = [20]
        get()
        assert len(files_of(tmp_path)) == 10
        assert source.sent("Z.zip") == [(None, 200), ("bytes=20-", 206)]
        assert len(source.sent("S.zip")) == 1


@pytest.mark.parametrize("answer", [b"<html>prove that you are human", archive(), archive(a=b"1" * 99)[:-30]])
def test_what_is_no_zip_file_says_how_to_get_it_by_hand(tmp_path: Path, answer: bytes) -> None:
    said = r"^setE.zip: what came from 127.0.0.1 is not a whole zip file: open the page"
    with serving({"S.zip": answer}) as source, pytest.raises(DatasetError, match=said):
        downloading.download("bonn", tmp_path, address=source.address, patients=["setE"])
    assert not files_of(tmp_path)


def test_an_archive_cannot_write_elsewhere(tmp_path: Path) -> None:
    evil = archive(**{"..__..__evil.txt": b"1", "S001.txt": b"2"})
    with serving({"S.zip": evil}) as source:
        downloading.download("bonn", tmp_path / "bonn", address=source.address, patients=["setE"])
    assert set(files_of(tmp_path)) <= {"bonn/setE/evil.txt", "bonn/setE/S001.txt"}


def test_what_takes_an_account_says_where_to_get_it() -> None:
    with pytest.raises(DatasetError, match=r"it takes a Kaggle account .*https://www.kaggle.com/c/seizure-prediction"):
        downloading.download("aes2014")
    with pytest.raises(DatasetError, match=r"Epilepsy Ecosystem"):
        downloading.download("melbourne2016")
    with pytest.raises(RecipeError, match=r"data set 'chb' is not in the catalogue: did you mean 'chbmit'"):
        downloading.download("chb")


def test_data_lie_where_the_environment_says_or_else_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SEMEIA_DATA", raising=False)
    known = KNOWN["chbmit"]
    assert place_for(known) == tmp_path / "home" / "data" / "chbmit"
    assert found_at(known) is None
    place_for(known).mkdir(parents=True)
    assert found_at(known) == place_for(known)
    monkeypatch.setenv("SEMEIA_DATA", str(tmp_path / "data"))
    assert place_for(known) == tmp_path / "data" / "chbmit"
    assert found_at(known) == tmp_path / "home" / "data" / "chbmit"


def test_every_known_data_set_says_what_a_person_must_know() -> None:
    for known in KNOWN.values():
        assert known.title and known.licence and known.citation and known.layout and known.page.startswith("https://")
        assert known.fetchable or known.how
        assert not known.address or known.address.startswith("https://")
    assert "chbmit" in set(KNOWN) & set(names())
    assert os.sep not in "".join(known.folder for known in KNOWN.values())
