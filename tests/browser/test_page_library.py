"""The Library in a real browser: the first file, uploads that stop, renaming, removing, folders of the server."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
from chromium import Semeia, open_recording, wait_for_traces
from playwright.sync_api import Page, expect

from semeia.signals.edf_writer import EdfWriter

_DROP = """([files]) => {
    const data = new DataTransfer();
    for (const { name, text } of files)
        data.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], name));
    const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector(".library").dispatchEvent(drop);
}"""


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    told = [{"name": name, "text": base64.b64encode(content).decode()} for name, content in files]
    page.locator(".library").wait_for()
    page.evaluate(_DROP, [told])


def test_an_empty_library_says_what_to_do_and_a_dropped_file_shows_its_traces(page: Page, recordings: Path) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Begin with an EEG")).to_be_visible()
    drop(page, ("first.edf", (recordings / "sim_01.edf").read_bytes()))
    wait_for_traces(page)
    expect(page.get_by_text("first.edf")).to_be_visible()


def test_a_file_that_is_no_recording_is_refused_with_the_reason(page: Page) -> None:
    page.goto("/")
    drop(page, ("notes.edf", b"this is no EEG" * 100))
    expect(page.get_by_label("Files coming in").get_by_text("notes.edf").first).to_be_visible()
    expect(page.locator(".words.fault")).to_contain_text("notes.edf")
    page.get_by_role("button", name="Forget notes.edf").click()
    expect(page.get_by_label("Files coming in")).to_have_count(0)


def test_an_upload_that_stopped_half_way_goes_on_from_there(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "large.edf"
    with EdfWriter(file, [f"EEG {name}" for name in ("Fp1", "Fp2", "C3", "C4", "O1", "O2")], 256) as writer:
        writer.write(np.random.default_rng(1).normal(0, 30, (6, 3600 * 256)).astype(np.float32))  # 11 MB: two slices
    page.goto("/")
    page.route("**/uploads/*?offset=8388608", lambda route: route.abort())  # the connection goes
    page.get_by_label("Files to add").set_input_files(file)
    expect(page.get_by_label("Files coming in")).to_contain_text("8.4 MB of")
    page.reload()
    expect(page.locator(".words.fault")).to_contain_text("drop the file again")
    page.unroute("**/uploads/*?offset=8388608")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    page.get_by_label("Files to add").set_input_files(file)
    expect(page.get_by_role("link", name="large.edf").first).to_be_visible()
    assert [address.partition("=")[2] for address in sent] == ["8388608"]


def test_recordings_are_found_renamed_and_given_to_another_patient(
    page: Page, semeia: Semeia, recordings: Path
) -> None:
    semeia.bring(recordings / "gap_01.edf")
    page.goto("/library")
    page.get_by_label("Search").fill("gap")
    row = page.get_by_role("row").filter(has_text="gap_01.edf")
    expect(row).to_be_visible()
    expect(page.get_by_text("1 recording", exact=True)).to_be_visible()
    row.hover()
    row.get_by_role("button", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("gap night.edf")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="gap night.edf")).to_be_visible()
    page.get_by_role("button", name="gap", exact=True).click()
    page.get_by_label("Patient", exact=True).fill("Ada")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ada")).to_be_visible()
    page.get_by_label("Search").fill("nothing like it")
    expect(page.get_by_text("Nothing is called")).to_be_visible()


def test_a_recording_is_removed_only_after_one_was_asked(page: Page, semeia: Semeia, recordings: Path) -> None:
    semeia.bring(recordings / "gap_01.edf")
    page.goto("/library")
    page.get_by_label("Search").fill("gap")
    expect(page.get_by_text("1 recording", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("was removed")).to_be_visible()
    expect(page.get_by_text("Nothing is called")).to_be_visible()
    assert (recordings / "gap_01.edf").is_file()


def test_files_come_from_a_folder_of_the_server(page: Page, recordings: Path) -> None:
    page.goto("/library")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    page.keyboard.press("i")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=recordings.name).click()
    dialog.get_by_label("sim_01.edf").check()
    dialog.get_by_role("button", name="Import 1").click()
    expect(page.get_by_text("1 recording imported.")).to_be_visible()
    open_recording(page, "sim_01.edf")


def test_a_file_that_vanished_is_said_in_the_library_and_in_review(
    page: Page, semeia: Semeia, recordings: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "here_today.edf"
    copy.write_bytes((recordings / "gap_01.edf").read_bytes())
    semeia.bring(copy)
    page.goto("/library")
    open_recording(page, "here_today.edf")
    copy.unlink()
    page.keyboard.press("End")
    page.keyboard.press("]")
    expect(page.get_by_role("application").get_by_text("its file is gone")).to_be_visible()  # and who else asks for it
    page.keyboard.press("1")
    expect(page.get_by_text("file not found")).to_be_visible()


def test_whoever_was_not_let_in_is_told_how(browser: object, semeia: Semeia) -> None:
    page = browser.new_context().new_page()  # type: ignore[attr-defined]
    page.goto(semeia.url)
    expect(page.get_by_text("does not know this browser")).to_be_visible()
    page.context.close()
