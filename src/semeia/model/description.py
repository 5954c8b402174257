"""What ``model.json`` says, and which models are known by name: without torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

import semeia
from semeia.errors import ModelError, StorageError
from semeia.home import home_folder
from semeia.recipe import Dropouts

__all__ = [
    "AnyDescription",
    "Component",
    "Description",
    "ImageDescription",
    "Input",
    "OperatingPoint",
    "TrainedOn",
    "described",
    "installed",
    "is_shipped",
    "read_description",
]

_SHIPPED = Path(semeia.__file__).parent / "models"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Input(_Part):
    """What a network takes: windows of a montage at a rate."""

    montage: str = Field(
        description="name of a montage; any: all scalp channels as recorded; recorded: all channels, in order"
    )
    channels: Annotated[int, Field(ge=1)] = Field(description="number of channels; the least number for any")
    any_channels: bool = Field(False, description="whether channels recorded in any number and order will do")
    window: Annotated[int, Field(ge=1)] = Field(description="samples at the transform's rate")
    minimum_rate: float = Field(0.0, description="recordings sampled more slowly are refused; Hz")
    dropouts: Dropouts | None = Field(None, description="how drop-outs are filled; otherwise gaps are not scored")


class Component(_Part):
    """A transform or a network of the catalogue, and its parameters."""

    name: str
    parameters: dict[str, Any] = {}


class OperatingPoint(_Part):
    """How the probability track becomes events (`semeia.inference.find_events`)."""

    threshold: Annotated[float, Field(ge=0, le=1)]
    smoothing: Annotated[float, Field(ge=0)] = 0.0
    minimum_duration: Annotated[float, Field(ge=0)] = 0.0
    merge_gap: Annotated[float, Field(ge=0)] = 0.0


class TrainedOn(_Part):
    """Whom a model has seen, in training and for choosing its threshold: hashes, so that no name leaves the house.

    Who holds a model can try whether a name is in it: that is what they are for.
    """

    by: Literal["patient", "seizure", "hour", "recording", "random"]
    key: str = Field(description="of the hash; another one in each model")
    units: list[str] = Field(description="hashes of patients; within patients, of patient and hour or recording")

    @classmethod
    def of(cls, by: str, key: str, units: Iterable[tuple[str, str]]) -> Self:
        """Return what a model has seen.

        Parameters
        ----------
        by : str
            What the split kept apart.
        key : str
        units : iterable of (str, str)
            Patient and group of each recording.
        """
        return cls.model_validate({"by": by, "key": key, "units": sorted({_hashed(key, by, *unit) for unit in units})})

    def knows(self, patient: str, group: str) -> bool:
        """Whether the model has seen a patient or, where its split was within patients, this group of theirs."""
        return _hashed(self.key, self.by, patient, group) in self.units


def _hashed(key: str, by: str, patient: str, group: str) -> str:
    whole = group.partition("/")[0]  # a piece of a recording is known by its recording
    unit = (patient if by == "patient" else f"{patient}/{whole}").lower().encode(errors="surrogateescape")
    return hashlib.blake2b(unit, key=key.encode()[:64], digest_size=8).hexdigest()


class _Described(_Part):
    """What every ``model.json`` says."""

    format: Literal[1] = 1
    name: str
    description: str = ""
    classes: list[str] = ["background", "seizure"]
    transform: Component
    network: Component
    operating_point: OperatingPoint
    trained_on: TrainedOn | None = Field(None, description="for whether recordings or images are new to it")
    made_with: dict[str, str] = {}


class Description(_Described):
    """What the ``model.json`` of a model for recordings says."""

    task: Literal["detection", "prediction", "classification", "patterns"] = "detection"
    input: Input


class ImageDescription(_Described):
    """What the ``model.json`` of a model for images says; its transform says what size they become."""

    task: Literal["images"]
    views: Literal[1, 2, 4, 8] = Field(1, description="of an image, over which probabilities are averaged")
    mirrored: bool = Field(False, description="whether left and right may be swapped, as training did")
    members: Annotated[int, Field(ge=1)] = Field(
        1, description="networks whose probabilities are averaged; the weights of several begin with their numbers"
    )

    def said(self, probability: Sequence[float] | NDArray[np.floating[Any]]) -> str:
        """Return the class that probabilities say: of two by the threshold, of more the most probable."""
        if len(self.classes) == 2:
            return self.classes[int(probability[1] >= self.operating_point.threshold)]
        return self.classes[max(range(len(self.classes)), key=lambda number: float(probability[number]))]


AnyDescription = Description | ImageDescription
D = TypeVar("D", Description, ImageDescription)


def read_description(folder: Path) -> AnyDescription:
    """Read a model's ``model.json``, without torch.

    Raises
    ------
    ModelError
        If it is missing, damaged, or of a newer format.
    """
    try:
        text = (folder / "model.json").read_text(encoding="utf-8")
        return _sort_of(text).model_validate_json(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{folder.name}/model.json: cannot be read ({error.__class__.__name__})") from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        if where == "format":
            raise ModelError(
                f"{folder.name}/model.json: is of format {fault['input']!r}, and this Semeia reads format 1; "
                "a newer Semeia may read it"
            ) from error
        raise ModelError(f"{folder.name}/model.json: {where or 'the file'}: {fault['msg'].lower()}") from error


def _sort_of(text: str) -> type[AnyDescription]:
    """Return which sort of model a file describes; a damaged one is told by what checks it."""
    with suppress(ValueError, AttributeError):
        if json.loads(text).get("task") == "images":
            return ImageDescription
    return Description


def described(kind: type[D], name: str, about: AnyDescription) -> D:
    """Return what a model says of itself, if it judges what is asked for: recordings, or images.

    Raises
    ------
    ModelError
    """
    if isinstance(about, kind):
        return about
    judges, wanted = ("images", "recordings") if kind is Description else ("recordings", "images")
    raise ModelError(f"model {name} judges {judges}, not {wanted}: semeia models lists what each takes")


def installed() -> dict[str, Path]:
    """Return the models known by name: those in the home folder, and those shipped, which keep their names."""
    places = [_SHIPPED]
    with suppress(StorageError):  # without a home there are those that are shipped
        places.insert(0, home_folder() / "models")
    return {file.parent.name: file.parent for place in places for file in sorted(place.glob("*/model.json"))}


def is_shipped(folder: Path) -> bool:
    """Return whether a model came with Semeia."""
    return folder.parent == _SHIPPED
