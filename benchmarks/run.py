"""Run every benchmark and write its section of a document: ``make bench``, or some: ``run.py reading sliding``.

Each module that `SECTIONS` names has ``run(workspace) -> str``: it measures Semeia beside its peers in one
process tree and returns a section in Markdown. Sections that are not run keep the text they had.

What is simulated and filtered on the way is kept in ``$SEMEIA_HOME`` when it is set, and is otherwise thrown
away with the workspace.
"""

from __future__ import annotations

import importlib
import os
import platform
import re
import sys
import tempfile
import time
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
SECTIONS = {
    "benchmarks.md": (
        *("reading", "pages", "painting", "many_events", "reading_less", "sliding", "training", "plausibility"),
        *("simulated", "clips", "false_alarms", "ready", "explanations", "resume", "setup", "dropouts", "leaks"),
        *("images", "choosing"),
    ),
    "reproducing.md": (
        *("networks", "leak", "forecast", "epochs", "regularisation", "transfer", "patterns", "capacity"),
        *("xray", "mri", "shipped_images", "image_reuse", "active"),
    ),
}
"""The sections of each document, in its order."""


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all, and put each section into its document when it is there."""
    sys.path.insert(0, str(Path(__file__).parent))
    from real_data import NotHereError

    with tempfile.TemporaryDirectory(prefix="semeia-bench-") as folder:
        os.environ.setdefault("SEMEIA_HOME", str(Path(folder) / "home"))
        for name in names or [name for sections in SECTIONS.values() for name in sections]:
            print(f"{name} ...", file=sys.stderr, flush=True)
            started = time.monotonic()
            try:
                section = importlib.import_module(name).run(Path(folder)).strip()
            except NotHereError as absent:
                print(f"{name}: left out, {absent}", file=sys.stderr, flush=True)
                continue
            put(name, section)
            print(section, f"({name}: {time.monotonic() - started:.0f} s)", sep="\n\n", flush=True)


def put(name: str, section: str) -> None:
    """Write a section into its document, read just before: others may be at work on it. What stands above stays."""
    place = next(document for document, sections in SECTIONS.items() if name in sections)
    text = (DOCS / place).read_text(encoding="utf-8")
    there = dict(re.findall(r"<!-- (\w+) -->\n(.*?)\n<!-- end -->", text, flags=re.DOTALL)) | {name: section}
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, no GPU used"
    head = re.sub(r"^Machine: .*$", f"Machine: {machine}.", text.partition("<!--")[0].strip(), flags=re.MULTILINE)
    parts = [f"<!-- {each} -->\n{there[each]}\n<!-- end -->" for each in SECTIONS[place] if each in there]
    (DOCS / place).write_text("\n\n".join([head, *parts]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
