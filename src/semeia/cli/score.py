"""``semeia score``: found events against true ones, by the SzCORE rules."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from semeia.cli.tables import console
from semeia.errors import FileError

if TYPE_CHECKING:
    from semeia.evaluation import Counts, Score


def score(
    reference: Annotated[
        Path, typer.Argument(metavar="REF", help="What is true: TSV, EDF+, .seizures, or a folder of them.")
    ],
    hypothesis: Annotated[
        Path, typer.Argument(metavar="HYP", help="What was found: a file, or a folder with the same names.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    duration: Annotated[
        float | None, typer.Option(min=1, help="Length of the recording in seconds, where no file says it.")
    ] = None,
) -> None:
    """Score found seizures against true ones by the SzCORE rules."""
    for path in (reference, hypothesis):
        if not path.exists():
            raise FileError(path, "no such file or folder")
    if reference.is_dir() != hypothesis.is_dir():
        raise typer.BadParameter("REF and HYP must be two files or two folders")
    results = _scored(reference, hypothesis, duration)
    if as_json:
        print(json.dumps(_as_dict(results), indent=2))
    else:
        _show(results)


def _scored(reference: Path, hypothesis: Path, duration: float | None) -> dict[str, Score]:
    from semeia.cli.progress import bar
    from semeia.evaluation import pairs_of, score_pair

    pairs = pairs_of(reference, hypothesis)
    if not reference.is_dir():
        return {pair.name: score_pair(pair, duration) for pair in pairs}
    results = {}
    with bar("Scoring") as progress:
        for number, pair in enumerate(pairs):
            results[pair.name] = score_pair(pair, duration)
            progress((number + 1) / len(pairs))
    return results


def _total(results: dict[str, Score]) -> Score:
    from semeia.evaluation import Score

    return sum(results.values(), Score.nothing())


def _as_dict(results: dict[str, Score]) -> dict[str, object]:
    """Return the sum over all recordings, and each recording by name."""
    each = []
    for name, result in results.items():
        table = result.as_dict()
        each.append({"name": name, **{key: table[key] for key in ("hours", "events", "samples")}})
    return {**_total(results).as_dict(), "each": each}


def _show(results: dict[str, Score]) -> None:
    from rich.table import Table

    from semeia.cli.text import plural

    total = _total(results)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("recording", "by", "true", "found", "sensitivity", "precision", "F1", "false/24 h"):
        left = name in {"recording", "by"}
        table.add_column(name, justify="left" if left else "right", overflow="fold")
    rows = list(results.items())
    if len(rows) > 1:
        rows.append((f"all {len(rows)}", total))
    for name, result in rows:
        table.add_row(name, "events", *_cells(result.events))
        table.add_row("", "seconds", *_cells(result.samples))
    out = console()
    out.print(table)
    hours = total.events.seconds / 3600
    out.print(f"{plural(total.recordings, 'recording')}, {hours:.2f} h. Scorer: {total.scorer}", soft_wrap=True)


def _cells(counts: Counts) -> list[str]:
    ratios = [_text(value, ".3f") for value in (counts.sensitivity, counts.precision, counts.f1)]
    found = [str(counts.reference), str(counts.true_positives)]
    return [*found, *ratios, _text(counts.false_alarms_per_day, ".1f")]


def _text(value: float, form: str) -> str:
    return "n/a" if math.isnan(value) else format(value, form)
