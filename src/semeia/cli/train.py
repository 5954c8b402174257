"""``semeia train``: a recipe becomes a model."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

STOPPED = 75
"""Exit status of a training that was asked to stop and can go on (EX_TEMPFAIL of sysexits.h)."""


def train(
    recipe: Annotated[Path, typer.Argument(help="The recipe, a TOML file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the new model.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Change a key: training.epochs=5. May be repeated.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a training that was stopped or killed.")] = False,
    progress: Annotated[Path | None, typer.Option(help="Append progress to this file as JSON lines.")] = None,
) -> None:
    """Train a model from a recipe."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    from semeia.cli.progress import json_lines
    from semeia.recipe import read_recipe
    from semeia.training.fit import Interrupted
    from semeia.training.train import train as train_model

    checked = read_recipe(recipe, settings or [])
    with json_lines(progress) as write, _Terminal() as terminal:

        def report(event: dict[str, Any]) -> None:
            write(event)
            terminal.show(event)

        try:
            train_model(checked, output, resume=resume, beside=recipe.parent, report=report, stop_asked=stop.is_set)
        except Interrupted as interrupted:
            changes = [part for setting in settings or [] for part in ("--set", setting)]
            how = ["--resume"] if interrupted.saved else []
            again = shlex.join(["semeia", "train", str(recipe), "-o", str(output), *how, *changes])
            said = "Stopped and saved. Go on" if interrupted.saved else "Stopped before the training began. Start again"
            print(f"{said} with: {again}", file=sys.stderr)
            raise typer.Exit(STOPPED) from None
    print(f"{output}: model {checked.name} is ready. Its card: {output / 'card.md'}")


class _Terminal:
    """Shows a training: one bar for the work at hand, one line an epoch."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.bar = Progress(*columns, console=self.console, transient=True, disable=not sys.stderr.isatty())
        self.task = self.bar.add_task("", total=None, visible=False)

    def __enter__(self) -> _Terminal:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def show(self, event: dict[str, Any]) -> None:
        match event:
            case {"event": "gather", "source": source, "done": done, "total": total}:
                self._advance(f"Making recordings ({source})", done, total)
            case {"event": "data", "source": source, "recordings": count}:
                self.bar.print(f"{source}: {count} recordings" if count else f"{source}: not here, left out")
            case {"event": "split", **parts}:
                for name, counts in parts.items():
                    self.bar.print(f"{name}: " + ", ".join(f"{value:g} {key}" for key, value in counts.items()))
            case {"event": "prepare", "done": done, "total": total}:
                self._advance("Preparing recordings", done, total)
            case {"event": "step", "epoch": epoch, "step": step, "steps": steps}:
                self._advance(f"Epoch {epoch + 1}", step, steps)
            case {"event": "epoch", "epoch": epoch, "best_epoch": best, **measures}:
                shown = ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in measures.items())
                self.bar.print(f"epoch {epoch + 1}: {shown}{'  (best)' if best == epoch else ''}")

    def _advance(self, text: str, done: int, total: int) -> None:
        self.bar.update(self.task, description=text, completed=done, total=total, visible=True)
