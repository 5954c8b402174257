"""The list of strategies: loaded lazily, and each says in one line what it is for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from semeia.active import entry_of, names
from semeia.errors import RecipeError


def test_every_strategy_is_there_and_cites_or_explains_itself() -> None:
    for name in names():
        entry = entry_of(name)
        assert callable(entry.load())
        assert entry.load().__doc__
        assert "\n" not in entry.description and len(entry.description) < 90


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match="did you mean 'typiclust'"):
        entry_of("typclust")


def test_choosing_needs_neither_torch_nor_scipy() -> None:
    code = (
        "import sys, numpy as np\nfrom semeia.active import Candidates, names, strategy_named\n"
        "some = np.random.default_rng(0).random((30, 2), np.float32)\n"
        "pool = Candidates(some, some, np.r_[[0, 1], np.full(28, -1)], some[None])\n"
        "for name in names(): strategy_named(name)(pool, 3, np.random.default_rng(0))\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(answer.stdout.split()) & {"torch", "scipy", "sklearn", "django"}
