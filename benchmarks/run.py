"""Run every benchmark and write ``docs/benchmarks.md``: ``make bench``, or some: ``run.py reading sliding``.

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

DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
SECTIONS = (
    *("reading", "pages", "painting", "sliding", "training", "plausibility", "simulated", "clips"),
    *("false_alarms", "resume", "setup", "dropouts"),
)
HEAD = """# Benchmarks

Every figure on this page was measured by `make bench` on one machine, each section in one run; `make bench` on
yours writes this page anew (`python benchmarks/run.py NAME` only one section). Speed is given as a ratio to peers
in the same run.

Machine: {machine}.
"""


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all, and put their sections into the document."""
    sys.path.insert(0, str(Path(__file__).parent))
    from real_data import NotHereError

    text = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.is_file() else ""
    sections = dict(re.findall(r"<!-- (\w+) -->\n(.*?)\n<!-- end -->", text, flags=re.DOTALL))
    with tempfile.TemporaryDirectory(prefix="semeia-bench-") as folder:
        os.environ.setdefault("SEMEIA_HOME", str(Path(folder) / "home"))
        for name in names or SECTIONS:
            print(f"{name} ...", file=sys.stderr, flush=True)
            started = time.monotonic()
            try:
                sections[name] = importlib.import_module(name).run(Path(folder)).strip()
            except NotHereError as absent:
                print(f"{name}: left out, {absent}", file=sys.stderr, flush=True)
                continue
            print(sections[name], f"({name}: {time.monotonic() - started:.0f} s)", sep="\n\n", flush=True)
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, no GPU used"
    parts = [f"<!-- {name} -->\n{sections[name]}\n<!-- end -->" for name in SECTIONS if name in sections]
    DOCUMENT.parent.mkdir(exist_ok=True)
    document = "\n\n".join([HEAD.format(machine=machine).strip(), *parts]) + "\n"
    DOCUMENT.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
