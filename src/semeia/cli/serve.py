"""``semeia serve``: the page, for the browser of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PORT = 8321


def serve(
    home: Annotated[Path | None, typer.Option(help="Folder where things are kept; else ~/.semeia.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen at; elsewhere than here needs accounts.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = PORT,
    folder: Annotated[
        list[Path] | None, typer.Option(exists=True, file_okay=False, help="The page may import from it; repeatable.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
) -> None:
    """Serve the page until Ctrl-C."""
    from semeia.web.serve import prepare

    show(prepare(home, folder or []), host, port, browser=browser)


def show(home: Path, host: str = "127.0.0.1", port: int = PORT, *, to: str = "/", browser: bool = True) -> None:
    """Show a place of the page: at the server that runs for this home folder, or at one that this starts.

    Parameters
    ----------
    home : Path
        Made ready by `semeia.web.serve.prepare`.
    host, port
        Where to listen.
    to : str
        The place, such as ``/review/ID``.
    browser : bool
        Open the browser there.
    """
    from semeia import __version__
    from semeia.web.serve import link, listening, run, running

    url = running()
    if url is not None:
        print(f"Semeia is already running for {home}.\n\n  Open   {link(url, to)}\n")
        _browse(url, to, browser)
        return
    with listening(host, port) as (socket, url):
        print(
            f"\nSemeia {__version__}\n\n"
            f"  Open   {link(url, to)}\n"
            "         (lets you in once, within the hour; `semeia serve` in another terminal prints a new one)\n"
            f"  Home   {home}\n"
            "  End    Ctrl-C\n\n"
            "Not a medical device: what it finds is for research and teaching.\n",
            flush=True,
        )
        _browse(url, to, browser)
        run(socket, url)


def _browse(url: str, to: str, wanted: bool) -> None:
    """Open the browser where there is a screen; with a link of its own, so that the printed one still works."""
    import os
    import sys
    import webbrowser

    from semeia.web.serve import link

    screen = sys.platform in {"darwin", "win32"} or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))
    if wanted and screen:
        webbrowser.open(link(url, to))
