"""torchvision and torchaudio import even where their compiled parts do not load: all that we use of them is Python.

The registry's torchvision and torchaudio are linked to CUDA. Beside a PyTorch without it, ``import timm`` ends in
"operator torchvision::nms does not exist", ``import braindecode.models`` in "libc10_cuda.so: cannot open".
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from types import ModuleType

__all__ = ["make_importable"]

_kept: list[object] = []  # operators vanish with the library that defined them


@cache
def make_importable(*packages: str) -> None:
    """Import torchvision and torchaudio, or those of the two that are named; without their compiled parts if need be.

    Does nothing more where the compiled parts match PyTorch, nor where a package is not installed. Without them
    pictures cannot be decoded nor boxes suppressed by torchvision, nor text aligned by torchaudio: each then says so
    itself.

    Parameters
    ----------
    *packages : str
        ``torchvision`` (what timm needs), ``torchaudio`` (what braindecode needs); both when none is named.
    """
    for package in packages or ("torchvision", "torchaudio"):
        if package in sys.modules or find_spec(package) is None:
            continue
        fault, says, stand_in = _STAND_INS[package]
        try:
            importlib.import_module(package)
        except fault as error:
            if says not in str(error):
                raise  # two versions of CUDA, for instance: for the person who installed it
            stand_in()
            importlib.import_module(package)


def _declare_operators() -> None:
    """Declare the operators that torchvision describes at import but finds in its compiled part only."""
    from torch.library import Library

    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]  # half imported
    library = Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
    _kept.append(library)


def _replace_extension() -> None:
    """Put a module in place of the one that loads torchaudio's compiled part: it says that there is none."""

    def unavailable(function: object) -> object:
        return function  # its operator is not there, and PyTorch says so when it is called

    extension = ModuleType("torchaudio._extension", "torchaudio without its compiled part")
    vars(extension).update(_IS_TORCHAUDIO_EXT_AVAILABLE=False, _IS_ALIGN_AVAILABLE=False, fail_if_no_align=unavailable)
    sys.modules[extension.__name__] = extension


_STAND_INS: dict[str, tuple[type[Exception], str, Callable[[], None]]] = {
    "torchvision": (RuntimeError, "operator torchvision::", _declare_operators),
    "torchaudio": (OSError, "", _replace_extension),  # whichever library is not there
}
