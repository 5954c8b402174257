"""The training loop: plain PyTorch, stoppable at any step, resumable to the bit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from semeia.errors import TrainingError
from semeia.networks.freezing import freeze, train_mode
from semeia.networks.picture_memory import fast_in_bfloat16, laid_out
from semeia.recipe import Training, Weights
from semeia.training.state import TrainState

__all__ = ["Batches", "Interrupted", "Loss", "Scores", "fit"]

Loss = Callable[[Tensor, Tensor], Tensor]
"""A mean loss from logits and targets."""

Batch = tuple[NDArray[np.float32], NDArray[Any]]

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

    def batch(self, epoch: int, step: int) -> Batch:
        """Return inputs (batch, *shape) and targets: the same for the same epoch and step."""


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
    loss: Loss = nn.functional.cross_entropy,
    weights: Weights = Weights(),  # noqa: B008 (it cannot be changed)
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
    loss : callable
        Of logits and targets.
    weights : Weights
        Which stages are trained in which epoch.

    Raises
    ------
    Interrupted
        If stopping was asked for.
    TrainingError
        If the loss is no longer a number.
    """
    steps = math.ceil(settings.examples_per_epoch / settings.batch_size)
    saved_at = time.monotonic()
    forward: Callable[[Tensor], Tensor] = torch.compile(state.module) if settings.compile else state.module
    while not state.finished:
        freeze(state.module, weights, state.epoch)
        train_mode(state.module)
        for inputs, targets in _coming(batches, state.epoch, range(state.step, steps)):
            if stop_asked():
                state.save(checkpoint)
                raise Interrupted
            if time.monotonic() - saved_at > CHECKPOINT_SECONDS:
                state.save(checkpoint)
                saved_at = time.monotonic()
            torch.manual_seed(_mixed(seed, state.epoch, state.step))  # dropout
            rate = learning_rate(settings, state.epoch, state.step, steps)
            state.loss += _step(state, (inputs, targets), settings, rate=rate, forward=forward, loss=loss)
            state.step += 1
            report({"event": "step", "epoch": state.epoch, "step": state.step, "steps": steps})
        _close_epoch(state, validate, settings, steps)
        state.save(checkpoint)
        saved_at = time.monotonic()
        report({"event": "epoch", "best_epoch": state.best_epoch, **state.history[-1]})


def _coming(batches: Batches, epoch: int, steps: range) -> Iterator[Batch]:
    """Yield the batches of an epoch; the next is made by another thread while one is learnt from."""
    with ThreadPoolExecutor(1) as pool:
        coming = None
        for step in steps:
            batch = (coming or pool.submit(batches.batch, epoch, step)).result()
            coming = pool.submit(batches.batch, epoch, step + 1) if step + 1 < steps.stop else None
            yield batch


def learning_rate(settings: Training, epoch: int, step: int, steps: int) -> float:
    """Return the learning rate of a step, both counted from 0, of an epoch of so many steps.

    It rises in equal parts, from the first step on, and falls from where the schedule is when it has risen.
    """
    epochs = epoch + step / steps
    done = epochs / settings.epochs
    schedule = {
        "cosine": 0.5 * (1 + math.cos(math.pi * done)),
        "constant": 1.0,
        "step": 0.1 ** math.floor(3 * done),
    }[settings.schedule]
    rising = min(1.0, (epochs + 1 / steps) / settings.warmup) if settings.warmup else 1.0
    return settings.learning_rate * rising * schedule


def _step(
    state: TrainState,
    batch: Batch,
    settings: Training,
    *,
    rate: float,
    forward: Callable[[Tensor], Tensor],
    loss: Loss,
) -> float:
    """Take one step and return its loss."""
    inputs, targets = batch
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    state.optimiser.zero_grad(set_to_none=True)
    device = next(state.module.parameters()).device
    examples = laid_out(torch.from_numpy(inputs).to(device))
    mixed = settings.precision == "mixed" and fast_in_bfloat16(examples)
    with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
        logits = _asked(forward, examples)
    value = loss(logits.float(), torch.from_numpy(targets).to(device))
    value.backward()  # type: ignore[no-untyped-call]
    if settings.clip is not None:
        nn.utils.clip_grad_norm_(state.module.parameters(), settings.clip)
    state.optimiser.step()
    return float(value.detach())


def _asked(forward: Callable[[Tensor], Tensor], examples: Tensor) -> Tensor:
    """Return a network's logits in training.

    Raises
    ------
    TrainingError
        If it normalises over the batch, and there is one example of one place only.
    """
    try:
        return forward(examples)
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise TrainingError(
            "a step of one example cannot be normalised over the batch: choose training.batch_size so that "
            "training.examples_per_epoch does not leave one over, or larger examples"
        ) from error


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
