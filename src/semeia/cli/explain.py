"""``semeia explain``: what made a model say what it said, as a picture."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.errors import FileError, SemeiaError

if TYPE_CHECKING:
    from semeia.explanation import Picture
    from semeia.model import Model


class Method(StrEnum):
    """How to explain: the first three a window, the last two a model."""

    gradients = "gradients"
    occlusion = "occlusion"
    gradcam = "gradcam"
    kernels = "kernels"
    maximise = "maximise"


def explain(
    model: Annotated[str, typer.Argument(help="Name of an installed model, or its folder.")],
    file: Annotated[Path | None, typer.Argument(help="A recording; kernels and maximise need none.")] = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="An .svg file, or .html.")],
    at: Annotated[float | None, typer.Option(help="Seconds: the middle of the window; else the most probable.")] = None,
    method: Annotated[Method, typer.Option(help="How; see docs/explaining.md.")] = Method.gradients,
    target: Annotated[str | None, typer.Option(help="A class of the model; else seizure, or its last.")] = None,
    rate: Annotated[float | None, typer.Option(help="Hz, of a file that does not say its sampling rate.")] = None,
) -> None:
    """Show which channels and moments made a model say what it said, or what it looks for."""
    if output.suffix not in {".svg", ".html"}:
        raise typer.BadParameter(f"--output {output}: it must end in .svg or .html")
    if output.exists() and file is not None and output.samefile(file):
        raise typer.BadParameter(f"{output} is the recording, and would be overwritten")
    of_window = method not in {Method.kernels, Method.maximise}
    if of_window and file is None:
        raise typer.BadParameter(f"--method {method} explains a window: give the recording too")
    from semeia.explanation.explain import pictures_of_model
    from semeia.home import make_folder, replacing
    from semeia.model import load

    network = load(model)
    if of_window and file is not None:
        pictures = _of_window(network, method, file, rate, at=at, target=target)
    else:
        pictures = pictures_of_model(network, method, target=target)
    if output.suffix == ".svg":
        pictures = pictures[:1]
    make_folder(output.parent)
    with replacing(output) as part:
        part.write_text(_written(pictures, output.suffix), encoding="utf-8")
    for picture in pictures:
        print(f"{picture.title}. {picture.caption}")
    print(f"Written: {output}")


def _of_window(
    model: Model, method: str, file: Path, rate: float | None, *, at: float | None, target: str | None
) -> list[Picture]:
    from semeia.cli.progress import bar
    from semeia.explanation.explain import most_probable, pictures_of_window, window_at
    from semeia.signals import open_recording

    with open_recording(file, rate=rate) as recording:
        try:
            if at is None:
                with bar(file.name) as show:
                    at = most_probable(model, recording, target, show)
            start, window, labels = window_at(model, recording, at)
            return pictures_of_window(model, method, window, labels, start=start, target=target)
        except FileError:
            raise
        except SemeiaError as error:
            raise type(error)(error.about(file.name)) from error


def _written(pictures: list[Picture], suffix: str) -> str:
    from html import escape

    from semeia.explanation.theme import STYLE, standalone

    if suffix == ".svg":
        return standalone(pictures[0])
    parts = "\n".join(
        f"<h2>{escape(picture.title)}</h2>\n{picture.svg}\n<p>{escape(picture.caption)}</p>" for picture in pictures
    )
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(pictures[0].title)}</title>
<style>{STYLE}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem;
  background: var(--paper); color: var(--ink) }}
h2 {{ font-size: 1.1rem }} p {{ color: var(--muted) }}</style>
{parts}
<p>Not a medical device.</p>
</html>
"""
