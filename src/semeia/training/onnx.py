"""A trained network for other programs: one ONNX file that says what it takes and gives.

The file holds the network alone. What makes its input from a recording (filters, resampling, scale) is told in its
metadata and must be done by whoever runs it; `semeia.transforms` is what does it here.
"""

from __future__ import annotations

import importlib
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeia.errors import ModelError
from semeia.home import make_folder, replacing

if TYPE_CHECKING:
    import torch

    from semeia.model import Model

__all__ = ["Exported", "export"]

_BATCH = 2  # torch takes a dimension of 1 for fixed


@dataclass(frozen=True, slots=True)
class Exported:
    """An ONNX file.

    Parameters
    ----------
    path : Path
    shape : tuple
        Of its input; a name stands for a dimension of any size.
    """

    path: Path
    shape: tuple[int | str, ...]


def export(model: Model, path: str | Path) -> Exported:
    """Write a model's network as ONNX: ``input`` to ``logits`` (batch, classes).

    The batch may have any size, and so may the channels of a network that takes any (of at least as many as the model
    needs), where its operations allow it. ``metadata_props`` says the classes, the transform and its rate, the montage
    and the window, as JSON values.

    Parameters
    ----------
    model : Model
    path : str or Path
        Replaced if it is there.

    Raises
    ------
    ModelError
        If what the extra ``onnx`` brings is not installed, or the network has an operation that ONNX has not.
    StorageError
    """
    onnx = _needed()
    import torch

    from semeia.networks import entry_of

    description = model.description
    needs = description.input
    shape = model.transform.shape(needs.channels, needs.window)
    any_channels = entry_of(description.network.name).any_channels
    problem: Exception | None = None
    for names in ([{0: "batch", 1: "channels"}] if any_channels else []) + [{0: "batch"}]:
        channels = max(shape[0], _BATCH) + 1 if 1 in names else shape[0]
        example = torch.zeros(_BATCH, channels, *shape[1:])
        try:
            made = _made(model, example, {d: torch.export.Dim(n, min=_fewest(n, shape)) for d, n in names.items()})
        except Exception as error:  # torch.export has no error of its own; which it raises depends on the operation
            problem = error
            continue
        for key, value in _about(model).items():
            made.metadata_props.add(key=key, value=value if isinstance(value, str) else json.dumps(value))
        onnx.checker.check_model(made)
        path = Path(path)
        make_folder(path.parent)
        with replacing(path) as part:
            part.write_bytes(made.SerializeToString())
        sizes = ["batch", *example.shape[1:]]
        return Exported(path, tuple(names.get(place, size) for place, size in enumerate(sizes)))
    said = str(problem).strip().splitlines() or [type(problem).__name__]
    raise ModelError(f"model {model.name}: network {description.network.name!r} cannot be written as ONNX: {said[0]}")


def _needed() -> Any:
    try:
        importlib.import_module("onnxscript")
        return importlib.import_module("onnx")
    except ImportError as error:
        raise ModelError("writing ONNX needs more packages: pip install 'semeia[onnx]'") from error


def _fewest(name: str, shape: tuple[int, ...]) -> int:
    return 1 if name == "batch" else shape[0]


def _made(model: Model, example: torch.Tensor, dynamic: dict[int, Any]) -> Any:
    """Return the network as an ONNX model in memory."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about torch's own inner workings
        program = torch.onnx.export(
            model.module,
            (example,),
            dynamo=True,
            dynamic_shapes=(dynamic,),
            input_names=["input"],
            output_names=["logits"],
            verbose=False,
        )
    assert program is not None
    return program.model_proto


def _about(model: Model) -> dict[str, Any]:
    description = model.description
    needs = description.input
    return {
        "producer": "Semeia",
        "name": description.name,
        "description": description.description,
        "classes": description.classes,
        "montage": needs.montage,
        "channels": needs.channels,
        "window": needs.window,
        "rate": model.transform.rate,
        "transform": description.transform.model_dump(),
        "operating_point": description.operating_point.model_dump(),
        "output": "logits; softmax over the classes gives probabilities",
    }
