"""``semeia anonymise``: a recording becomes an EDF+ file that does not say whose it is."""

from __future__ import annotations

from typing import Annotated

import typer

from semeia.cli.convert import Force, Input, Output, Rate, Truncated, check_output


def anonymise(
    source: Input,
    target: Output,
    *,
    shift_days: Annotated[
        int | None, typer.Option(help="Move the date by so many days; otherwise it becomes 1 January 1985.")
    ] = None,
    overwrite: Force = False,
    allow_truncated: Truncated = False,
    rate: Rate = None,
) -> None:
    """Write a recording as EDF+ without names, numbers, dates and free text; say what kinds were removed."""
    from semeia.cli.progress import bar
    from semeia.cli.text import naming, printable
    from semeia.errors import RecordingError
    from semeia.signals import open_recording
    from semeia.signals.anonymising import anonymise as anonymise_recording

    check_output(source, target, overwrite)
    with open_recording(source, allow_truncated=allow_truncated, rate=rate) as recording:
        try:
            with bar("Writing") as show:
                removed = anonymise_recording(recording, target, shift_days=shift_days, progress=show)
        except RecordingError as error:
            raise naming(source, error) from None
        clock = recording.started_at is not None
    for kind, count in removed.kinds.items():
        print(f"removed  {count:>6}  {kind}")
    for line in removed.lost:
        print(printable(f"lost     {line}"))
    print(
        f"kept     samples, channels, times of marks{' and the time of day' if clock else ''}; look before you share it"
    )
    print(printable(f"written  {target}"))
