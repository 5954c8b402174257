"""Make a notebook of each tutorial: text becomes text, fenced code becomes cells. The pages are the only source.

Shell becomes a ``%%bash`` cell that fails with its first command; TOML that begins with the name of a file is written
to that file. Run it after changing a tutorial; a test holds that the notebooks are what it makes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

TUTORIALS = Path(__file__).parent / "tutorials"

_FENCE = re.compile(r"^```(bash|python|toml)\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"# (\S+\.toml)\n")


def pages() -> list[Path]:
    """Return the tutorials, without the page that lists them."""
    return sorted(page for page in TUTORIALS.glob("*.md") if page.stem != "index")


def cell_of(language: str, code: str) -> str:
    """Return what a cell holds, so that Jupyter runs a block of code.

    Parameters
    ----------
    language : {"bash", "python", "toml"}
    code : str
    """
    if language == "bash":
        return f"%%bash -e\n{code}"
    if language == "toml":
        if not (named := _NAMED.match(code)):
            raise ValueError(f"TOML in a tutorial begins with the name of its file, as # my.toml; not: {code[:40]!r}")
        return f"%%writefile {named[1]}\n{code}"
    return code


def notebook_of(page: str) -> str:
    """Return the notebook of a page, as JSON without outputs."""
    cells: list[dict[str, Any]] = []

    def add(kind: str, source: str) -> None:
        if source.strip():
            cell = {"cell_type": kind, "id": f"cell-{len(cells)}", "metadata": {}, "source": source.strip("\n")}
            cells.append(cell | ({"execution_count": None, "outputs": []} if kind == "code" else {}))

    place = 0
    for found in _FENCE.finditer(page):
        add("markdown", page[place : found.start()])
        add("code", cell_of(found[1], found[2]))
        place = found.end()
    add("markdown", page[place:])
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the notebooks beside their pages."""
    for page in pages():
        page.with_suffix(".ipynb").write_text(notebook_of(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
