"""The training loop and its state: when it stops, what it keeps, and that it goes on to the same bits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from semeia.errors import StorageError, TrainingError
from semeia.recipe import Training, Weights
from semeia.training import fit as fit_module
from semeia.training.fit import Interrupted, fit
from semeia.training.state import TrainState
from semeia.transforms.augmentation import mixup

SETTINGS = Training(epochs=6, examples_per_epoch=80, batch_size=16, learning_rate=0.01, clip=1.0, patience=2)
STEPS = 5


class Blobs:
    """Two clouds of points that a small network learns to tell apart."""

    def batch(self, epoch: int, step: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng([epoch, step])
        classes = rng.integers(0, 2, 16)
        return (rng.standard_normal((16, 3)) + classes[:, None]).astype(np.float32), classes


def losses(*values: float):
    """Return a validation that gives these losses, one after the other."""
    given = iter(values)
    return lambda module: {"validation_loss": next(given)}


def honest(module: nn.Module) -> dict[str, float]:
    points, classes = Blobs().batch(99, 0)
    with torch.inference_mode():
        loss = nn.functional.cross_entropy(module(torch.from_numpy(points)), torch.from_numpy(classes))
    return {"validation_loss": float(loss)}


def fresh(fingerprint: str = "same", width: int = 8) -> TrainState:
    torch.manual_seed(5)
    module = nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width), nn.Dropout(0.5), nn.Linear(width, 2))
    return TrainState(module, torch.optim.AdamW(module.parameters(), weight_decay=0.1), fingerprint)


def run(
    state: TrainState,
    checkpoint: Path,
    validate=honest,
    settings=SETTINGS,
    *,
    stop_at: int | None = None,
    batches=None,
    **options,
):
    """Fit, asked to stop before step number `stop_at` of all; return what was reported."""
    reports: list[dict] = []
    steps = iter(range(10_000))
    fit(
        state,
        batches or Blobs(),
        validate,
        settings,
        7,
        checkpoint=checkpoint,
        report=reports.append,
        stop_asked=lambda: next(steps) == stop_at,
        **options,
    )
    return reports


def assert_same(one: TrainState, other: TrainState) -> None:
    for name, value in one.module.state_dict().items():
        assert torch.equal(value, other.module.state_dict()[name]), name
    assert one.best.keys() == other.best.keys()
    assert all(torch.equal(value, other.best[name]) for name, value in one.best.items())
    assert (one.epoch, one.step, one.loss, one.history) == (
        other.epoch,
        other.step,
        other.loss,
        other.history,
    )


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return tmp_path / "state.safetensors"


def test_fit_reports_every_step_and_epoch(checkpoint: Path) -> None:
    reports = run(fresh(), checkpoint, losses(6, 5, 4, 3, 2, 1))
    assert [r["step"] for r in reports if r["event"] == "step"] == [1, 2, 3, 4, 5] * 6
    epochs = [r for r in reports if r["event"] == "epoch"]
    assert [r["epoch"] for r in epochs] == [r["best_epoch"] for r in epochs] == list(range(6))
    assert all(r["training_loss"] > 0 for r in epochs)
    assert json.loads(json.dumps(reports)) == reports


def test_fit_stops_when_validation_has_not_improved_for_its_patience(checkpoint: Path) -> None:
    state = fresh()
    run(state, checkpoint, losses(3, 2, 2.5, 2, 9, 9))
    assert state.finished
    assert [entry["validation_loss"] for entry in state.history] == [3, 2, 2.5, 2]
    assert state.best_epoch == 1


def test_fit_keeps_the_weights_of_the_best_epoch(checkpoint: Path) -> None:
    state, snapshots = fresh(), []

    def validate(module: nn.Module) -> dict[str, float]:
        snapshots.append({name: value.clone() for name, value in module.state_dict().items()})
        return {"validation_loss": [3.0, 1.0, 2.0, 2.0][len(snapshots) - 1]}

    run(state, checkpoint, validate)
    assert all(torch.equal(value, snapshots[1][name]) for name, value in state.best.items())
    assert not torch.equal(state.best["0.weight"], state.module.state_dict()["0.weight"])


def test_a_finished_state_is_not_trained_on(checkpoint: Path) -> None:
    state = fresh()
    run(state, checkpoint)
    again = fresh()
    again.restore(checkpoint)
    assert again.finished
    assert run(again, checkpoint) == []
    assert_same(state, again)


@pytest.mark.parametrize("stop_at", [0, 1, STEPS - 1, STEPS, 2 * STEPS + 3])
def test_a_stopped_training_goes_on_to_the_same_bits(checkpoint: Path, tmp_path: Path, stop_at: int) -> None:
    undisturbed, stopped = fresh(), fresh()
    run(undisturbed, tmp_path / "other.safetensors")
    with pytest.raises(Interrupted):
        run(stopped, checkpoint, stop_at=stop_at)
    resumed = fresh()
    resumed.restore(checkpoint)
    assert (resumed.epoch, resumed.step) == divmod(stop_at, STEPS)
    torch.rand(100)  # whatever the generators were used for in between
    run(resumed, checkpoint)
    assert_same(undisturbed, resumed)


def test_the_state_is_also_saved_within_an_epoch(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", -1.0)

    class PowerCut(Exception):
        pass

    class Dying(Blobs):
        def batch(self, epoch: int, step: int) -> tuple[np.ndarray, np.ndarray]:
            if (epoch, step) == (1, 3):
                raise PowerCut
            return super().batch(epoch, step)

    state = fresh()
    with pytest.raises(PowerCut):
        fit(
            state,
            Dying(),
            honest,
            SETTINGS,
            7,
            checkpoint=checkpoint,
            report=lambda event: None,
            stop_asked=lambda: False,
        )
    resumed, undisturbed = fresh(), fresh()
    resumed.restore(checkpoint)
    assert (resumed.epoch, resumed.step) == (1, 2)  # before the last step that was taken
    run(resumed, checkpoint)
    run(undisturbed, tmp_path / "other.safetensors")
    assert_same(undisturbed, resumed)


def test_the_first_step_has_the_full_learning_rate_and_the_last_nearly_none(checkpoint: Path) -> None:
    state, rates = fresh(), []
    settings = Training(epochs=2, examples_per_epoch=80, batch_size=16, learning_rate=0.01)

    def note(event: dict) -> None:
        rates.append(state.optimiser.param_groups[0]["lr"])

    fit(
        state,
        Blobs(),
        honest,
        settings,
        7,
        checkpoint=checkpoint,
        report=note,
        stop_asked=lambda: False,
    )
    assert rates[0] == 0.01
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 0.001


def test_schedules_fall_as_they_are_called() -> None:
    def rates(**changes) -> list[float]:
        settings = Training(epochs=9, learning_rate=0.01, **changes)
        steps = ((0, 0), (1, 500), (3, 0), (4, 500), (6, 0), (8, 999))
        return [fit_module.learning_rate(settings, *step, 1000) / 0.01 for step in steps]

    assert rates(schedule="constant") == [1] * 6
    assert rates(schedule="step") == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    assert rates() == pytest.approx([0.5 * (1 + np.cos(np.pi * e / 9)) for e in (0, 1.5, 3, 4.5, 6, 8.999)])
    assert rates(schedule="constant", warmup=3.0) == pytest.approx([0, 0.5, 1, 1, 1, 1], abs=0.001)
    assert rates(schedule="step", warmup=6.0) == pytest.approx([0, 0.25, 0.05, 0.075, 0.01, 0.01], abs=0.001)


def test_the_learning_rate_rises_in_equal_parts_from_the_first_step_on() -> None:
    settings = Training(epochs=9, learning_rate=1.0, schedule="constant", warmup=1.5)
    rates = [fit_module.learning_rate(settings, *divmod(step, 4), 4) for step in range(8)]
    assert rates == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1, 1, 1])


@pytest.mark.parametrize("epochs", range(1, 60))
def test_the_learning_rate_of_steps_falls_twice_in_any_number_of_epochs(epochs: int) -> None:
    settings = Training(epochs=epochs, schedule="step", learning_rate=1.0)
    rates = [fit_module.learning_rate(settings, *divmod(k, 3), 3) for k in range(3 * epochs)]
    assert rates == pytest.approx([1.0] * epochs + [0.1] * epochs + [0.01] * epochs)


FROZEN = Weights(freeze="all but last", thaw=2, random_frozen=True)


def stage_weights(module: nn.Module) -> list[list[torch.Tensor]]:
    """Return the values of the two stages: the first layer with its normalisation, and the last layer."""
    state = {name: value.clone() for name, value in module.state_dict().items()}
    return [[value for name, value in state.items() if name[0] in numbers] for numbers in ("01", "3")]


def test_frozen_stages_stay_as_they_are_until_they_are_thawed(checkpoint: Path) -> None:
    state, seen = fresh(), []
    seen.append(stage_weights(state.module))

    def validate(module: nn.Module) -> dict[str, float]:
        seen.append(stage_weights(module))
        return honest(module)

    run(state, checkpoint, validate, SETTINGS.model_copy(update={"patience": 9}), weights=FROZEN)
    assert len(seen) == 7

    def changed(epoch: int, stage: int) -> bool:
        pairs = zip(seen[epoch][stage], seen[epoch + 1][stage], strict=True)
        return not all(torch.equal(before, after) for before, after in pairs)

    assert [changed(epoch, 0) for epoch in range(6)] == [False, False, True, True, True, True]
    assert all(changed(epoch, 1) for epoch in range(6))


class Soft(Blobs):
    """The same with shares of classes, as mixup gives."""

    def batch(self, epoch: int, step: int) -> tuple[np.ndarray, np.ndarray]:
        points, classes = super().batch(epoch, step)
        return mixup(points, np.eye(2, dtype=np.float32)[classes], 0.3, np.random.default_rng([epoch, step, 1]))


OPTIMISERS = {
    "adamw": lambda weights: torch.optim.AdamW(weights, weight_decay=0.1),
    "adam": lambda weights: torch.optim.Adam(weights, weight_decay=0.01),
    "sgd": lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9, weight_decay=0.01),
}


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("weights", [Weights(), FROZEN], ids=["all", "thawed"])
@pytest.mark.parametrize("stop_at", [2, 2 * STEPS, 2 * STEPS + 3])
def test_any_optimiser_goes_on_to_the_same_bits_with_stages_thawed_and_examples_mixed(
    checkpoint: Path, tmp_path: Path, optimiser: str, weights: Weights, stop_at: int
) -> None:
    def begun() -> TrainState:
        state = fresh()
        return TrainState(state.module, OPTIMISERS[optimiser](state.module.parameters()), "same")

    settings = SETTINGS.model_copy(update={"warmup": 1.0, "schedule": "step", "patience": 9})
    undisturbed, stopped, resumed = begun(), begun(), begun()
    options = {"settings": settings, "weights": weights, "batches": Soft()}
    run(undisturbed, tmp_path / "other.safetensors", **options)
    with pytest.raises(Interrupted):
        run(stopped, checkpoint, stop_at=stop_at, **options)
    resumed.restore(checkpoint)
    run(resumed, checkpoint, **options)
    assert_same(undisturbed, resumed)


def test_a_loss_of_ones_own_is_taken(checkpoint: Path) -> None:
    settings = SETTINGS.model_copy(update={"epochs": 1})
    reports = run(fresh(), checkpoint, settings=settings, loss=lambda logits, targets: 0 * logits.sum() + 2.5)
    assert reports[-1]["training_loss"] == 2.5


def test_a_fault_in_making_a_batch_is_raised_where_it_is_needed(checkpoint: Path) -> None:
    class Broken(Blobs):
        def batch(self, epoch: int, step: int) -> tuple[np.ndarray, np.ndarray]:
            if step == 2:
                raise StorageError("the disk is gone")
            return super().batch(epoch, step)

    state = fresh()
    with pytest.raises(StorageError, match="the disk is gone"):
        run(state, checkpoint, batches=Broken())
    assert (state.epoch, state.step) == (0, 2)


def test_a_loss_that_is_no_number_ends_the_training(checkpoint: Path) -> None:
    with pytest.raises(TrainingError, match="no longer a number after 2 epochs: lower training.learning_rate"):
        run(fresh(), checkpoint, losses(1.0, float("nan")))


def test_a_state_comes_back_whole(checkpoint: Path) -> None:
    state, other = fresh(), fresh()
    with pytest.raises(Interrupted):
        run(state, checkpoint, stop_at=7)
    torch.nn.init.zeros_(other.module[0].weight)
    other.restore(checkpoint)
    assert_same(state, other)
    for one, two in zip(
        state.optimiser.state_dict()["state"].values(),
        other.optimiser.state_dict()["state"].values(),
        strict=True,
    ):
        assert one.keys() == two.keys()
        assert all(torch.equal(one[key], two[key]) for key in one)


def test_a_state_of_another_recipe_or_other_data_is_refused(checkpoint: Path) -> None:
    fresh().save(checkpoint)
    with pytest.raises(TrainingError, match=r"changed since this training began \(the data or their labels\)"):
        fresh("another").restore(checkpoint)


def damaged(checkpoint: Path, how: str) -> None:
    content = checkpoint.read_bytes()
    tensors = load_file(checkpoint)
    match how:
        case "empty":
            checkpoint.write_bytes(b"")
        case "truncated":
            checkpoint.write_bytes(content[: len(content) // 2])
        case "noise":
            checkpoint.write_bytes(np.random.default_rng(0).bytes(5000))
        case "no standing":
            save_file(tensors, checkpoint)
        case "poor standing":
            save_file(tensors, checkpoint, metadata={"state": '{"fingerprint": "same"}'})
        case "odd standing":
            save_file(tensors, checkpoint, metadata={"state": "[1, 2]"})
        case "a tensor less":
            with checkpoint.open("rb") as file:
                header = json.loads(file.read(8 + int.from_bytes(content[:8], "little"))[8:])
            tensors.pop("module.0.weight")
            save_file(tensors, checkpoint, metadata=header["__metadata__"])


@pytest.mark.parametrize(
    "how",
    ["empty", "truncated", "noise", "no standing", "poor standing", "odd standing", "a tensor less"],
)
def test_a_damaged_state_is_refused(checkpoint: Path, how: str) -> None:
    fresh().save(checkpoint)
    damaged(checkpoint, how)
    with pytest.raises(TrainingError, match=r"state.safetensors: not a training state, or damaged") as caught:
        fresh().restore(checkpoint)
    assert "\n" not in str(caught.value)


def test_a_state_of_another_network_is_refused(checkpoint: Path) -> None:
    fresh(width=9).save(checkpoint)
    with pytest.raises(TrainingError, match="not a training state, or damaged"):
        fresh().restore(checkpoint)
