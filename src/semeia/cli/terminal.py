"""A training in the terminal: one bar for the work at hand, one line an epoch, a fold or a trial."""

from __future__ import annotations

import sys
from typing import Any

from semeia.cli.text import printable

__all__ = ["Terminal", "figure"]


class Terminal:
    """Shows what a training reports, on the error stream."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self.bar = Progress(*columns, console=self.console, transient=True, disable=not sys.stderr.isatty())
        self.task = self.bar.add_task("", total=None, visible=False)

    def __enter__(self) -> Terminal:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def show(self, event: dict[str, Any]) -> None:
        """Show one event of `semeia.training.train`, `folds` or `search`; what is of no account is passed over."""
        match event:
            case {"event": "gather", "source": source, "done": done, "total": total}:
                self._advance(f"Gathering recordings ({source})", done, total)
            case {"event": "data", "source": source, "recordings": count}:
                self.say(f"{source}: {count} recordings" if count else f"{source}: not here, left out")
            case {"event": "note", "text": text}:
                self.say(f"note: {text}")
            case {"event": "split", **parts}:
                for name, counts in parts.items():
                    self.say(f"{name}: " + ", ".join(f"{value:g} {key}" for key, value in counts.items()))
            case {"event": "prepare", "done": done, "total": total}:
                self._advance("Preparing recordings", done, total)
            case {"event": "begin", "shape": shape, "parameters": count}:
                self.say(f"network: {count:,} parameters; one example is {' × '.join(map(str, shape))}")
            case {"event": "step", "epoch": epoch, "step": step, "steps": steps}:
                self._advance(f"Epoch {epoch + 1}", step, steps)
            case {"event": "epoch", "epoch": epoch, "best_epoch": best, **measures}:
                shown = ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in measures.items())
                self.say(f"epoch {epoch + 1}: {shown}{'  (best)' if best == epoch else ''}")
            case {"event": "fold", "seed": seed, "done": done, "total": total, "figures": figures}:
                fold = f"fold {event['fold']} of {event['of']}, " if "fold" in event else ""
                shown = ", ".join(f"{name} {figure(value)}" for name, value in figures.items())
                self.say(f"{fold}seed {seed}: {shown}  ({done} of {total})")
                self._advance("Models", done, total)
            case {"event": "folds" | "trials" | "seeds" as name, "done": done, "total": total}:
                self._advance({"folds": "Models", "trials": "Trials", "seeds": "Seeds"}[name], done, total)
            case {"event": "trial", "done": done, "total": total}:
                self.say(_trial(event))
                self._advance("Trials", done, total)

    def say(self, text: str) -> None:
        """Print one line above the bar."""
        self.bar.print(printable(text))

    def _advance(self, text: str, done: int, total: int) -> None:
        self.bar.update(self.task, description=text, completed=done, total=total, visible=True)


def _trial(event: dict[str, Any]) -> str:
    how = figure(event["value"]) if event["state"] == "complete" else event["state"]
    because = f" ({event['problem']})" if event["problem"] else ""
    shown = ", ".join(f"{name} {figure(value)}" for name, value in event["parameters"].items())
    best = "  (best)" if event["best"] else ""
    return f"trial {event['trial']}: {how}{because}; {shown}{best}  ({event['done']} of {event['total']})"


def figure(value: Any) -> str:
    """Return a figure as it is written in a line or a table."""
    if value is None:
        return "n/a"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
