"""Where a training stands, in one file that is always whole."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from semeia.errors import TrainingError
from semeia.home import replacing
from semeia.recipe import differences

__all__ = ["TrainState"]


@dataclass
class TrainState:
    """A network in training and all that its next step depends on.

    Parameters
    ----------
    module : nn.Module
    optimiser : torch.optim.Optimizer
    fingerprint : str
        Of the data and the recipe: a state goes on only with the same.
    recipe : dict
        To say what changed.
    epoch, step : int
        The next step to take.
    loss : float
        Sum of the training loss over this epoch's steps so far.
    best : dict of Tensor
        Weights of the epoch with the best validation so far.
    history : list of dict
        What was measured after each epoch.
    """

    module: nn.Module
    optimiser: torch.optim.Optimizer
    fingerprint: str
    recipe: dict[str, Any] = field(default_factory=dict)
    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    best: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    finished: bool = False

    @property
    def best_epoch(self) -> int | None:
        """The epoch with the lowest validation loss, the first of equals."""
        losses = [entry["validation_loss"] for entry in self.history]
        return losses.index(min(losses)) if losses else None

    def save(self, path: Path) -> None:
        """Write the state; a reader sees the old or the new one, never a part.

        Raises
        ------
        StorageError
        """
        tensors = {f"module.{name}": value for name, value in self.module.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        saved = self.optimiser.state_dict()
        for number, values in saved["state"].items():
            tensors |= {f"optimiser.{number}.{name}": torch.as_tensor(value) for name, value in values.items()}
        standing = {
            "fingerprint": self.fingerprint,
            "recipe": self.recipe,
            "threads": torch.get_num_threads(),
            "epoch": self.epoch,
            "step": self.step,
            "loss": self.loss,
            "history": self.history,
            "finished": self.finished,
        }
        with replacing(path) as part:
            whole = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
            part.write_bytes(save(whole, metadata={"state": json.dumps(standing)}))

    def restore(self, path: Path) -> None:
        """Take on the state saved at `path`.

        Raises
        ------
        TrainingError
            If it is damaged, or belongs to other data or another recipe.
        """
        try:
            with safe_open(path, "pt") as file:
                standing = json.loads(file.metadata()["state"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if standing["fingerprint"] != self.fingerprint:
                changed = "; ".join(differences(standing["recipe"], self.recipe)) or "the data or their labels"
                raise TrainingError(
                    f"what is trained changed since this training began ({changed}): "
                    "start anew in another folder, or put back what was there"
                )
            self._take(standing, tensors)
        except (OSError, SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise TrainingError(
                f"{path.name}: not a training state, or damaged ({error.__class__.__name__}); "
                f"remove {path.parent} and start anew"
            ) from error

    def _take(self, standing: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        self.module.load_state_dict(_under("module.", tensors))
        self.best = _under("best.", tensors)
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimiser.", tensors).items():
            number, _, key = name.partition(".")
            moments.setdefault(int(number), {})[key] = value
        self.optimiser.load_state_dict({"state": moments, "param_groups": self.optimiser.state_dict()["param_groups"]})
        torch.set_num_threads(standing["threads"])  # sums are rounded otherwise with another number
        self.epoch, self.step, self.loss = standing["epoch"], standing["step"], standing["loss"]
        self.history, self.finished = standing["history"], standing["finished"]


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
