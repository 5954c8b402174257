"""``semeia active``: which examples to ask a person about, and what each way of choosing would have saved."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING, Annotated, Any

import typer

from semeia.cli.recipe import File, Settings, given_recipe
from semeia.cli.stopping import STOPPED, stop_on

if TYPE_CHECKING:
    from semeia.active.simulation import Pool
    from semeia.recipe import AnyRecipe

app = typer.Typer(help="Active learning: what each way of choosing what to label would have saved.")

_WRITTEN = {"study.html", "study.json"}
_USUAL = "random,entropy,margin,badge,k-centre,typiclust,balanced-margin,0.5*margin+0.5*typiclust"


@app.callback()
def active() -> None:
    """Choose what to label."""


@app.command()
def embed(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="Recordings, images, or folders of them.")],
    model: Annotated[str, typer.Option("--model", "-m", help="Whose network sees them, by name or folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The new file, .npz.")],
    *,
    progress: Annotated[Path | None, typer.Option(help="Append progress to this file as JSON lines.")] = None,
) -> None:
    """Write what a model's network makes of files that nobody has labelled: questions are chosen from it."""
    from semeia.active.unlabelled import unlabelled, write_pool
    from semeia.cli.progress import bar, json_lines

    if output.suffix != ".npz":
        raise typer.BadParameter(f"--output {output}: it must end in .npz")
    with bar("Looking at files") as show, json_lines(progress) as write:

        def reached(share: float) -> None:
            show(share)
            write({"event": "progress", "share": round(share, 4)})

        files = _files(inputs, model)
        pool = unlabelled(model, files, progress=reached, note=lambda line: print(line, file=sys.stderr))
        write_pool(pool, output)
        write({"event": "done", "examples": len(pool)})
    print(f"{output}: {len(pool):,} examples of {len(pool.files)} files, {pool.embedding.shape[1]} numbers each")


def _files(inputs: list[Path], model: str) -> list[Path]:
    from semeia.images import files_under as images_under
    from semeia.model import ImageModel, load_any
    from semeia.signals.opening import files_under

    under = images_under if isinstance(load_any(model), ImageModel) else files_under
    return list(dict.fromkeys(file for place in inputs for file in under(place)))


@app.command()
def simulate(
    recipe: File,
    model: Annotated[
        list[str],
        typer.Option("--model", "-m", help="Whose network sees the examples, by name or folder. May be repeated."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for study.html and study.json.")],
    *,
    settings: Settings = None,
    strategies: Annotated[
        str,
        typer.Option(help="With commas; mixtures as 0.5*margin+0.5*k-centre (semeia catalogue strategies)."),
    ] = _USUAL,
    budget: Annotated[int, typer.Option(min=1, help="Labels that are given in all.")] = 300,
    batch: Annotated[int, typer.Option(min=1, help="Labels that are asked for at once.")] = 20,
    seeds: Annotated[int, typer.Option(min=1, help="Repetitions, each with other patients held out.")] = 20,
    committee: Annotated[
        str, typer.Option(help="Who votes: seeds, dropout or architectures (several models).")
    ] = "seeds",
    workers: Annotated[int | None, typer.Option(min=1, help="Seeds at once; otherwise one a processor.")] = None,
    progress: Annotated[Path | None, typer.Option(help="Append progress to this file as JSON lines.")] = None,
) -> None:
    """Hide a recipe's labels, ask for them as each strategy would, and say how many each needs for 95 % of the skill.

    Only a last layer is learnt, on what the model's network makes of examples of patients whom it never saw.
    """
    from concurrent.futures import CancelledError

    from semeia.active.costs import summarised
    from semeia.active.mixture import strategy_named
    from semeia.active.page import write_page
    from semeia.active.simulation import simulate as simulated
    from semeia.cli.train import reporting
    from semeia.home import check_own, make_folder, replacing

    names = [name.strip() for name in strategies.split(",") if name.strip()]
    for name in names:
        strategy_named(name)
    check_own(output, _WRITTEN.__contains__, "the study")
    checked, file = given_recipe(recipe, settings)
    with stop_on(SIGTERM, SIGINT) as stop, reporting(progress) as report:
        pool, notes = _pool(checked, model, seeds, file.parent.absolute(), report)
        try:
            study = simulated(
                pool,
                names,
                budget=budget,
                batch=batch,
                committee=committee,
                workers=workers,
                on_done=lambda done: report({"event": "seeds", "done": done, "total": seeds}),
                stop_asked=stop.is_set,
            )
        except CancelledError:
            print("Stopped: nothing was written", file=sys.stderr)
            raise typer.Exit(STOPPED) from None
    figures = summarised(study) | {"name": checked.name, "about": _about(pool, model, batch, notes)}
    make_folder(output)
    with replacing(output / "study.json") as part:
        part.write_text(json.dumps(figures, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    write_page(output / "study.html", figures)
    _show(figures)
    print(f"Report: {output / 'study.html'}")


def _pool(recipe: AnyRecipe, models: list[str], seeds: int, beside: Path, report: Any) -> tuple[Pool, list[str]]:
    """Return the pool, and what was noted on the way."""
    from semeia.active.pools import pool_of

    notes: list[str] = []

    def told(event: dict[str, Any]) -> None:
        if event["event"] == "note":
            notes.append(event["text"])
        if event["event"] != "split":  # of the recipe's own seed: each has its own here
            report(event)

    return pool_of(recipe, models, seeds=seeds, beside=beside, report=told), notes


def _about(pool: Pool, models: list[str], batch: int, notes: list[str]) -> list[str]:
    held = f"up to {len(pool.label) - pool.size:,} are held out, others for each seed"
    if (pool.held == pool.held[0]).all():
        held = f"{len(pool.label) - pool.size:,} are held out, the same for every seed"
    classes = ", ".join(pool.classes)
    return [
        f"{len(pool.label):,} examples of {len(pool.classes)} classes ({classes}), of which {held}.",
        f"{batch} labels at once; then a last layer is fitted on what the network of {' and '.join(models)} "
        "makes of the examples: it stays as it is, and never saw their labels.",
        *notes,
    ]


def _show(figures: dict[str, Any]) -> None:
    from semeia.active.costs import sentences
    from semeia.active.page import HEADS, row_of
    from semeia.cli.tables import console, new_table

    out = console()
    out.print(new_table(*HEADS, rows=[row_of(name, figures) for name in figures["strategies"]]))
    for sentence in sentences(figures):
        out.print(sentence, soft_wrap=True)
