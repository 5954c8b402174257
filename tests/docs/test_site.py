"""The documentation as a site: it builds without a warning and asks no other host; links hold in the repository too."""

from __future__ import annotations

import functools
import http.server
import importlib
import os
import pkgutil
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from documentation import DOCS, PAGES, ROOT, TUTORIALS, name_of

import semeia

sys.path.insert(0, str(ROOT / "tests" / "browser"))
from chromium import CHROMIUM, chromium

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```|^    .*?$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site, built as ``make docs`` builds it."""
    return build(ROOT / "mkdocs.yml", tmp_path_factory.mktemp("site"))


def build(settings: Path, folder: Path) -> Path:
    """Build a site; a warning is an error."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(settings), "-d", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=environment)
    return folder


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """Return where the site is served."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.slow
def test_the_site_asks_no_other_host_and_is_searched(address: str) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    asked: list[str] = []
    complaints: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for place in ("", "tutorials/find-seizures/", "background/convolution/", "reference/signals/"):
            page.goto(f"{address}/{place}")
            page.wait_for_load_state("networkidle")
        page.get_by_role("textbox", name="Search").fill("sign slip")
        page.get_by_role("textbox", name="Search").fill("receptive field")
        page.locator(".md-search-result__item").first.wait_for()
    assert len(asked) > 10 and complaints == []
    assert {url for url in asked if not url.startswith((address, "data:", "blob:"))} == set()


@pytest.mark.slow
def test_the_reference_is_made_from_docstrings(site: Path) -> None:
    text = (site / "reference" / "signals" / "index.html").read_text(encoding="utf-8")
    for name in ("semeia.signals.Recording", "semeia.signals.open_recording", "semeia.signals.filters.Filter"):
        assert f'id="{name}"' in text


@pytest.mark.slow
def test_a_link_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Page\n\n[there](index.md#nothing)\n")
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[0]
    (tmp_path / "mkdocs.yml").write_text(settings)
    with pytest.raises(subprocess.CalledProcessError) as raised:
        build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert "nothing" in raised.value.stderr


def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as repository hosts make them."""
    headings = _HEADING.findall(_fenced_out(page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _fenced_out(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_hold_in_the_repository(page: Path) -> None:
    wrong = []
    for link in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        if link.startswith(("https://", "http://")):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


def test_every_room_has_a_page_of_reference() -> None:
    shown = {page.stem: page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md")}
    rooms = {name for _, name, _ in pkgutil.iter_modules(semeia.__path__) if not name.startswith("_")}
    assert rooms - set(shown) == {"cli", "web", "models"} & rooms
    for name in rooms & set(shown):
        for module in re.findall(r"^::: (\S+)$", shown[name], re.MULTILINE):
            assert importlib.import_module(module).__all__


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    assert set(re.findall(r"([\w/-]+\.md)", navigation)) == {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    assert len(TUTORIALS) == 5
