"""The training loop: plain PyTorch, stoppable at any step, resumable to the bit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from semeia.errors import TrainingError
from semeia.recipe import Training
from semeia.training.state import TrainState

__all__ = ["Batches", "Interrupted", "Scores", "fit"]

CHECKPOINT_SECONDS = 20.0


class Interrupted(Exception):
    """The training was asked to stop.

    Parameters
    ----------
    saved : bool
        Whether there is a state to go on with.
    """

    def __init__(self, *, saved: bool = True) -> None:
        super().__init__()
        self.saved = saved


class Batches(Protocol):
    """Where training batches come from."""

    def batch(self, epoch: int, step: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return inputs (batch, channels, samples) and classes (batch,): the same for the same epoch and step."""


class Scores(Protocol):
    """What validation gives."""

    def __call__(self, module: nn.Module) -> dict[str, float]:
        """Return measures of a network, among them ``validation_loss``."""


def fit(
    state: TrainState,
    batches: Batches,
    validate: Scores,
    settings: Training,
    seed: int,
    *,
    checkpoint: Path,
    report: Callable[[dict[str, Any]], None],
    stop_asked: Callable[[], bool],
) -> None:
    """Train until the epochs are done or validation has not improved for `settings.patience` of them.

    Parameters
    ----------
    state : TrainState
        Changed in place; ends with its best weights in `state.best`.
    batches, validate
        Training batches, and measures after each epoch.
    settings : Training
    seed : int
    checkpoint : Path
        Where the state is saved: after each epoch, every 20 s, and before stopping.
    report : callable
        Called with ``{"event": "step" | "epoch", ...}``.
    stop_asked : callable
        Asked before each step.

    Raises
    ------
    Interrupted
        If stopping was asked for.
    TrainingError
        If the loss is no longer a number.
    """
    steps = math.ceil(settings.examples_per_epoch / settings.batch_size)
    saved_at = time.monotonic()
    while not state.finished:
        state.module.train()
        while state.step < steps:
            if stop_asked():
                state.save(checkpoint)
                raise Interrupted
            if time.monotonic() - saved_at > CHECKPOINT_SECONDS:
                state.save(checkpoint)
                saved_at = time.monotonic()
            state.loss += _step(state, batches, settings, seed, steps)
            state.step += 1
            report({"event": "step", "epoch": state.epoch, "step": state.step, "steps": steps})
        _close_epoch(state, validate, settings, steps)
        state.save(checkpoint)
        saved_at = time.monotonic()
        report({"event": "epoch", "best_epoch": state.best_epoch, **state.history[-1]})


def _step(state: TrainState, batches: Batches, settings: Training, seed: int, steps: int) -> float:
    """Take one step and return its loss."""
    inputs, classes = batches.batch(state.epoch, state.step)
    torch.manual_seed(_mixed(seed, state.epoch, state.step))  # dropout
    done = (state.epoch * steps + state.step) / (settings.epochs * steps)
    for group in state.optimiser.param_groups:
        group["lr"] = settings.learning_rate * (0.5 * (1 + math.cos(math.pi * done)))
    state.optimiser.zero_grad(set_to_none=True)
    loss = nn.functional.cross_entropy(state.module(torch.from_numpy(inputs)), torch.from_numpy(classes))
    loss.backward()  # type: ignore[no-untyped-call]
    if settings.clip is not None:
        nn.utils.clip_grad_norm_(state.module.parameters(), settings.clip)
    state.optimiser.step()
    return float(loss.detach())


def _close_epoch(state: TrainState, validate: Scores, settings: Training, steps: int) -> None:
    """Measure, keep the best weights, and decide whether to go on."""
    state.module.eval()
    entry = {"epoch": state.epoch, "training_loss": state.loss / steps, **validate(state.module)}
    if not (math.isfinite(entry["training_loss"]) and math.isfinite(entry["validation_loss"])):
        raise TrainingError(
            f"the loss is no longer a number after {state.epoch + 1} epochs: "
            "lower training.learning_rate, or set training.clip"
        )
    state.history.append(entry)
    if state.best_epoch == state.epoch:
        state.best = {name: value.detach().clone() for name, value in state.module.state_dict().items()}
    best = state.best_epoch if state.best_epoch is not None else state.epoch
    state.epoch, state.step, state.loss = state.epoch + 1, 0, 0.0
    state.finished = state.epoch >= settings.epochs or state.epoch - 1 - best >= settings.patience


def _mixed(*numbers: int) -> int:
    """Return one seed from several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))
