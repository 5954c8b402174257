"""``semeia info``: what a recording says of itself."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from semeia.signals import Recording


def info(
    file: Annotated[Path, typer.Argument(help="An EDF, BDF or MAT file, or another vendor's (docs/formats.md).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    allow_truncated: Annotated[bool, typer.Option(help="Read what is there of a truncated file.")] = False,
    rate: Annotated[float | None, typer.Option(help="Hz, of a file that does not say its sampling rate.")] = None,
) -> None:
    """Show what a recording says of itself: patient, time, channels, events, gaps."""
    from semeia.signals import open_recording

    with open_recording(file, allow_truncated=allow_truncated, rate=rate) as recording:
        if as_json:
            import json

            print(json.dumps(_table(recording), indent=2))
        else:
            _show(recording)


def _table(recording: Recording) -> dict[str, Any]:
    return {
        "path": str(recording.path),
        "subject": recording.subject,
        "started_at": recording.started_at.isoformat() if recording.started_at else None,
        "duration": recording.duration,
        "channels": [{"label": c.label, "rate": c.rate, "unit": c.unit} for c in recording.channels],
        "events": [{"onset": e.onset, "duration": e.duration, "label": e.label} for e in recording.events],
        "gaps": [{"start": gap.start, "stop": gap.stop} for gap in recording.gaps],
    }


def _show(recording: Recording) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from semeia.cli.text import printable
    from semeia.events.intervals import elapsed

    table = Table.grid(padding=(0, 2))
    rows = [
        ("patient", recording.subject or "not said"),
        ("start", recording.started_at.isoformat(sep=" ") if recording.started_at else "not said"),
        ("duration", f"{elapsed(recording.duration)} ({recording.duration:g} s)"),
        ("channels", str(len(recording.channels))),
    ]
    for (rate, unit), group in groupby(recording.channels, key=lambda c: (c.rate, c.unit)):
        labels = [channel.label for channel in group]
        rows.append((f"  {rate:g} Hz, {unit or 'no unit'}", f"{len(labels)}: {', '.join(labels)}"))
    rows.append(("gaps", ", ".join(f"{elapsed(g.start)} to {elapsed(g.stop)}" for g in recording.gaps) or "none"))
    rows.append(("events", str(len(recording.events))))
    rows += [(f"  {elapsed(e.onset)}", f"{e.label} ({e.duration:g} s)") for e in recording.events[:20]]
    if len(recording.events) > 20:
        rows.append(("  ...", f"and {len(recording.events) - 20} more: --json shows all"))
    for name, value in rows:
        table.add_row(Text(printable(name), style="bold"), Text(printable(value)))
    Console(highlight=False).print(table)
