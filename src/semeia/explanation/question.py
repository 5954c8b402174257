"""What is explained: the logit of one class in one window, as a function of what the network sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semeia.errors import ModelError, RecordingError
from semeia.model import Model

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Question", "logit_of", "question", "target_of"]

BATCH = 64


@dataclass(frozen=True, slots=True)
class Question:
    """Why does this model say this of this window?

    Parameters
    ----------
    model : Model
    window : ndarray, float32 (channels, samples)
        The signal before the transform's `apply`: filtered, at the transform's rate, in µV.
    target : str
        The class that is asked about.
    """

    model: Model
    window: NDArray[np.float32]
    target: str

    @property
    def rate(self) -> float:
        """Hz of the window."""
        return self.model.transform.rate

    def seen(self, windows: NDArray[np.floating[Any]]) -> Tensor:
        """Return what the network sees of windows (some, channels, samples)."""
        import torch

        device = next((weight.device for weight in self.model.module.parameters()), torch.device("cpu"))
        return torch.from_numpy(self.model.transform.apply(windows)).to(device)

    def logit(self, seen: Tensor) -> Tensor:
        """Return the logit of the class in what the network sees: (some, *shape) to (some,)."""
        return logit_of(self.model.module, self.model.description.classes.index(self.target), seen)

    def logits(self, windows: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return the logit of the class in windows (some, channels, samples), in bounded memory."""
        import torch

        with torch.no_grad():
            parts = [
                self.logit(self.seen(windows[first : first + BATCH])).cpu().numpy()
                for first in range(0, len(windows), BATCH)
            ]
        return np.concatenate(parts)


def logit_of(module: nn.Module, index: int, seen: Tensor) -> Tensor:
    """Return the logit of a class: the logarithm of p / (1 − p), where p is its probability.

    A single output of a softmax means nothing by itself, as any number may be added to all of them; this is the
    output of the class less the log-sum-exp of the others, and with two classes their difference. A network of
    patterns gives a logit of its own for each channel: the sum over the channels is explained.
    """
    import torch

    logits: Tensor = module(seen)
    if logits.ndim == 3:
        return logits[..., index].sum(dim=1)
    others = [other for other in range(logits.shape[1]) if other != index]
    return logits[:, index] - torch.logsumexp(logits[:, others], dim=1)


def target_of(model: Model, target: str | None) -> str:
    """Return the class that is asked about: by default ``seizure``, or the last.

    Raises
    ------
    ModelError
        If the model has no such class.
    """
    classes = model.description.classes
    target = target or ("seizure" if "seizure" in classes else classes[-1])
    if target not in classes:
        raise ModelError(f"model {model.name} knows no class {target!r}; it tells {', '.join(classes)} apart")
    return target


def question(model: Model, window: NDArray[np.floating[Any]], target: str | None = None) -> Question:
    """Return what is asked, checked.

    Parameters
    ----------
    model : Model
    window : array (channels, samples)
        As `Question` has it.
    target : str, optional
        A class; else ``seizure``, or the last.

    Raises
    ------
    ModelError
        If the model has no such class.
    RecordingError
        If the window is not as long as the model's, has another number of channels, or touches a gap.
    """
    needs = model.description.input
    target = target_of(model, target)
    given = np.ascontiguousarray(window, np.float32)
    if given.ndim != 2 or given.shape[1] != needs.window:
        raise RecordingError(
            f"a window of shape {given.shape}: model {model.name} takes (channels, {needs.window}), "
            f"{needs.window / model.transform.rate:g} s at {model.transform.rate:g} Hz"
        )
    if len(given) < needs.channels or (
        needs.montage != "any" and not needs.any_channels and len(given) > needs.channels
    ):
        raise RecordingError(f"a window of {len(given)} channels: model {model.name} takes {needs.channels}")
    if not np.isfinite(given).all():
        raise RecordingError("the window touches a gap: the model says nothing of it")
    return Question(model, given, target)
