"""``semeia explain``: what made a model say what it said, as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.errors import FileError, SemeiaError

if TYPE_CHECKING:
    from semeia.explanation import Picture
    from semeia.model import ImageModel, Model


class Method(StrEnum):
    """How to explain: the first three a window or an image, the last two a model for recordings."""

    gradients = "gradients"
    occlusion = "occlusion"
    gradcam = "gradcam"
    kernels = "kernels"
    maximise = "maximise"


def explain(
    model: Annotated[str, typer.Argument(help="Name of an installed model, or its folder.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="A recording, or images; kernels and maximise need none."),
    ] = None,
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="An .svg file, or .html.")] = None,
    at: Annotated[float | None, typer.Option(help="Seconds: the middle of the window; else the most probable.")] = None,
    method: Annotated[
        Method | None, typer.Option(help="How; see docs/explaining.md. Else gradients, or of images gradcam.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="A class of the model; else seizure, or its last; of images the likeliest of many."),
    ] = None,
    map_: Annotated[
        Path | None, typer.Option("--map", help="An .npy file: the map of one image, 0..1, and where it lies as .json.")
    ] = None,
    rate: Annotated[float | None, typer.Option(help="Hz, of a file that does not say its sampling rate.")] = None,
) -> None:
    """Show which channels and moments, or places of an image, made a model say what it said, or what it looks for."""
    from semeia.model import ImageModel, load_any

    files = files or []
    _check_places(files, output, map_)
    network = load_any(model)
    if isinstance(network, ImageModel):
        images = _images(method or Method.gradcam, files, several=map_ is None)
        if map_ is not None:
            _write_map(network, method or Method.gradcam, images[0], target, map_)
        pictures = _of_images(network, method or Method.gradcam, images, target) if output is not None else []
    else:
        if map_ is not None:
            raise typer.BadParameter(f"--map: of images only, and {network.name} judges recordings")
        pictures = _of_recording(network, method or Method.gradients, files, rate, at=at, target=target)
    if output is not None:
        _write(pictures, output)


def _check_places(files: list[Path], output: Path | None, map_: Path | None) -> None:
    if output is None and map_ is None:
        raise typer.BadParameter("say where to: -o why.html")
    if output is not None and output.suffix not in {".svg", ".html"}:
        raise typer.BadParameter(f"--output {output}: it must end in .svg or .html")
    if map_ is not None and map_.suffix != ".npy":
        raise typer.BadParameter(f"--map {map_}: it must end in .npy")
    for place in (output, map_):
        if place is not None and place.exists() and any(file.exists() and place.samefile(file) for file in files):
            raise typer.BadParameter(f"{place} is what shall be explained, and would be overwritten")


def _of_recording(
    model: Model, method: Method, files: list[Path], rate: float | None, *, at: float | None, target: str | None
) -> list[Picture]:
    from semeia.explanation.explain import pictures_of_model

    if method in {Method.kernels, Method.maximise}:
        return pictures_of_model(model, method, target=target)
    if len(files) != 1:
        raise typer.BadParameter(f"--method {method} explains a window: give the recording too, one at a time")
    return _of_window(model, method, files[0], rate, at=at, target=target)


def _images(method: Method, files: list[Path], *, several: bool) -> list[Path]:
    """Return the images that shall be explained."""
    from semeia.images import files_under

    if method in {Method.kernels, Method.maximise}:
        raise typer.BadParameter(f"--method {method}: of models for recordings; take gradcam, occlusion or gradients")
    found = [file for place in files for file in files_under(place)]
    if not found:
        raise typer.BadParameter("give the image too")
    if len(found) > 1 and not several:
        raise typer.BadParameter("--map: one image at a time")
    return found


def _of_images(model: ImageModel, method: Method, files: list[Path], target: str | None) -> list[Picture]:
    from semeia.cli.progress import bar
    from semeia.explanation import picture_of_image
    from semeia.images import open_image

    found = []
    with bar("Explaining") as show:
        for file in files:
            with _about(file):
                picture = model.prepared(open_image(file))
                found.append(picture_of_image(model, picture, [method], target=target, name=file.name))
            show(len(found) / len(files))
    return found


def _write_map(model: ImageModel, method: Method, file: Path, target: str | None, output: Path) -> None:
    from semeia.explanation import map_of_image, write_map
    from semeia.home import make_folder
    from semeia.images import open_image

    with _about(file):
        values, about = map_of_image(model, open_image(file), method=method, target=target)
    make_folder(output.parent)
    write_map(output, values, about)
    print(f"Written: {output}")


@contextmanager
def _about(file: Path) -> Iterator[None]:
    """Name the file in errors about it."""
    try:
        yield
    except FileError:
        raise
    except SemeiaError as error:
        raise type(error)(error.about(file.name)) from error


def _write(pictures: list[Picture], output: Path) -> None:
    from semeia.home import make_folder, replacing

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

    with open_recording(file, rate=rate) as recording, _about(file):
        if at is None:
            with bar(file.name) as show:
                at = most_probable(model, recording, target, show)
        start, window, labels = window_at(model, recording, at)
        return pictures_of_window(model, method, window, labels, start=start, target=target)


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
