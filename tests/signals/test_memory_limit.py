"""A limit on memory holds while a block runs, and not after it."""

from __future__ import annotations

import resource
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from semeia.signals.memory_limit import at_most


def test_what_is_too_much_is_refused_and_the_old_limit_comes_back() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with at_most(2**29):
        assert np.zeros(2**20).nbytes == 2**23
        with pytest.raises(MemoryError):
            np.zeros(2**32)
    with pytest.raises(KeyError), at_most(2**29):
        raise KeyError
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_threads_take_turns() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)

    def limited(number: int) -> int:
        with at_most(2**29 + number):
            return number

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(limited, range(50))) == list(range(50))
    assert resource.getrlimit(resource.RLIMIT_AS) == before
