"""The tables of a recipe, their keys, and which values these may have."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

__all__ = [
    "AnyRecipe",
    "AnyTask",
    "Augmentation",
    "Classification",
    "Data",
    "Detection",
    "Dropouts",
    "Examples",
    "ImageAugmentation",
    "ImageClassification",
    "ImageRecipe",
    "Kind",
    "Named",
    "Patterns",
    "Prediction",
    "Range",
    "Recipe",
    "Search",
    "SeizureDetection",
    "Split",
    "Task",
    "Testing",
    "Training",
    "Weights",
]

Kind = Literal["signal", "picture", "features"]
"""Kinds of example: a signal (channels, samples), a picture (channels, height, width), features (features,)."""

Positive = Annotated[float, Field(gt=0)]
WithinADay = Annotated[float, Field(gt=0, le=86400)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Table(BaseModel):
    """A table of the file: unknown keys are errors, and so are numbers without an end."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Data(_Table):
    """Where recordings and labels come from; everything but `source` and `optional` goes to the importer."""

    model_config = ConfigDict(extra="allow", frozen=True)

    source: str = Field(description="name of an importer (semeia.datasets)")
    optional: bool = Field(False, description="go on without this source when its path is absent")
    weight: Positive = Field(1.0, description="how often its patients are drawn, compared with others")

    @property
    def parameters(self) -> dict[str, Any]:
        """What the importer is given."""
        return dict(self.model_extra or {})


class SeizureDetection(_Table):
    """Tell windows in a seizure from background."""

    kind: Literal["detection"] = "detection"


class Prediction(_Table):
    """Tell windows before a seizure (preictal) from those far from any (interictal); all others are left out.

    A window is preictal when it lies within a horizon before a seizure's onset, less the gap; interictal when every
    seizure known of that patient, in this recording or another, is at least `clear` away.
    """

    kind: Literal["prediction"]
    horizons: Annotated[list[Positive], Field(min_length=1)] = Field(
        [60.0], description="minutes before the gap, ascending; several make one preictal class each"
    )
    gap: Annotated[float, Field(ge=0)] = Field(
        5.0, description="minutes before the onset that are left out: time to act (seizure prediction horizon)"
    )
    clear: Annotated[float, Field(ge=0)] = Field(240.0, description="minutes between interictal and any seizure")
    after: Annotated[float, Field(ge=0)] = Field(
        60.0, description="minutes after a seizure that are never preictal to the next"
    )

    @field_validator("horizons")
    @classmethod
    def _ascend(cls, horizons: list[float]) -> list[float]:
        if any(after <= before for before, after in pairwise(horizons)):
            raise ValueError("horizons must ascend, each longer than the one before")
        return horizons


def _distinct(names: list[str]) -> list[str]:
    if len({name.strip().lower() for name in names}) < len(names):
        raise ValueError("a name is there twice")
    return names


class Classification(_Table):
    """Tell classes that the events name; windows in none of them are left out."""

    kind: Literal["classification"]
    classes: Annotated[list[str], Field(min_length=2), AfterValidator(_distinct)] = Field(
        description="labels of events, the first one negative"
    )


class Patterns(_Table):
    """Find patterns in each channel by itself; several may be there at once (multi-label)."""

    kind: Literal["patterns"]
    patterns: Annotated[list[str], Field(min_length=1, max_length=15), AfterValidator(_distinct)] = Field(
        description="labels of events"
    )


class ImageClassification(_Table):
    """Tell classes of images, to which their folders, names or a table sort them; all others are left out."""

    kind: Literal["images"]
    classes: Annotated[list[str], Field(min_length=2), AfterValidator(_distinct)] = Field(
        description="classes of the data source, the first one negative"
    )


Task = Annotated[SeizureDetection | Prediction | Classification | Patterns, Field(discriminator="kind")]
AnyTask = Annotated[
    SeizureDetection | Prediction | Classification | Patterns | ImageClassification, Field(discriminator="kind")
]


class Dropouts(_Table):
    """What is done where nothing was recorded: samples of zero in all channels at once, and gaps."""

    most: Annotated[float, Field(ge=0, lt=1)] = Field(0.0, description="windows that lack a larger share are left out")
    impute: Literal["sample", "average"] = Field(
        "sample", description="filled from a recent earlier segment: with a random piece of it, or with its average"
    )
    recent: Positive = Field(30.0, description="length of that segment; seconds")


class Examples(_Table):
    """How recordings are cut into windows, and what makes a window belong to a class."""

    window: WithinADay = Field(description="seconds")
    step: WithinADay = Field(1.0, description="seconds between the starts of neighbouring windows")
    overlap: Annotated[float, Field(gt=0, le=1)] = Field(
        0.5,
        description="share of a window that its class must fill; windows with less, but some, are left out",
    )
    montage: str = Field(
        "any",
        description="montage the network needs; any: all scalp channels as recorded; or recorded: all channels",
    )
    dropouts: Dropouts = Field(Dropouts(), description="what is done where nothing was recorded")


class Split(_Table):
    """What is used for choosing the best epoch and the threshold; never for training."""

    by: Literal["patient", "seizure", "hour", "recording", "random"] = Field(
        "patient",
        description="what is never on both sides; random, which leaks, is for comparing with work that did so",
    )
    validation: list[str] | Annotated[float, Field(gt=0, lt=1)] = Field(
        0.2,
        description="patients by name, or a share: of the patients (or seizures, hours ...) of each source, of images "
        "that of each class",
    )
    exclude: list[str] = Field(default=[], description="patients left out altogether: a test set")


class Augmentation(_Table):
    """Changes to training windows that leave their label true."""

    channels: bool = Field(False, description="a random subset of channels (at least 4) in random order")
    channel_dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="chance of each channel to be silenced in an example; one is always left"
    )
    shift: Annotated[float, Field(ge=0)] = Field(0.0, description="move the window by up to this many seconds")
    mirror: bool = Field(
        False, description="swap the left and right of the head in half of the windows; of one named montage"
    )
    mixup: Annotated[float, Field(ge=0)] = Field(
        0.0, description="mix pairs of examples and their classes; parameter of the Beta distribution"
    )
    amplitude: float = Field(1.0, ge=1, description="scale by a factor drawn log-uniformly from 1/a to a")
    invert: bool = Field(False, description="turn the signal upside down in half of the windows")
    noise: float = Field(0.0, ge=0, description="add white noise of up to this many µV (standard deviation)")

    @model_validator(mode="after")
    def _sides_are_known(self) -> Self:
        if self.mirror and self.channels:
            raise ValueError("channels in random order have no left and right: mirror or channels, not both")
        return self


def _no_larger_first(ends: list[float]) -> list[float]:
    if ends[0] > ends[1]:
        raise ValueError("the smaller one comes first")
    return ends


class ImageAugmentation(_Table):
    """Changes to training images that leave their label true; brightness is from 0, black, to 1, white."""

    rotation: Annotated[float, Field(ge=0, le=180)] = Field(0.0, description="turn by up to this many degrees")
    zoom: Annotated[list[Annotated[float, Field(ge=0.25, le=4)]], Field(min_length=2, max_length=2)] = Field(
        [1.0, 1.0], description="smallest and largest magnification; 1 is as it is"
    )
    shift: Annotated[float, Field(ge=0, le=0.5)] = Field(0.0, description="move by up to this share of each side")
    flip: bool = Field(False, description="swap left and right in half of the images, where anatomy allows it")
    flip_vertical: bool = Field(False, description="turn half of the images upside down")
    brightness: Annotated[float, Field(ge=0, le=1)] = Field(0.0, description="make lighter or darker by up to this")
    contrast: Annotated[float, Field(ge=1)] = Field(
        1.0, description="stretch about the mean by a factor drawn log-uniformly from 1/c to c"
    )
    gamma: Annotated[float, Field(ge=1)] = Field(
        1.0, description="raise to a power drawn log-uniformly from 1/g to g: lighter or darker in the middle"
    )
    noise: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="add white noise of this standard deviation; 20 of 255 are 0.0784"
    )
    erase: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="blank a rectangle of up to this share of the image in half of the images"
    )
    mixup: Annotated[float, Field(ge=0)] = Field(
        0.0, description="mix pairs of images and their classes; parameter of the Beta distribution"
    )

    @field_validator("zoom")
    @classmethod
    def _zoom_in_order(cls, zoom: list[float]) -> list[float]:
        return _no_larger_first(zoom)


class Testing(_Table):
    """How a trained network is asked."""

    threshold: Share | Literal["validation"] = Field(
        "validation",
        description="of two classes, the probability from which on an image is of the second; or the best mean of "
        "sensitivity and specificity on the validation images",
    )
    views: Literal[1, 2, 4, 8] = Field(
        1,
        description="average over so many views of an image: as it is, mirrored if training did so, zoomed, turned",
    )


class Weights(_Table):
    """What the network's weights begin as, and which of its stages are trained."""

    init: str = Field(
        "random", description="random, imagenet, a Semeia model by name or folder, or a file of ImageNet weights"
    )
    freeze: Literal["none", "all but last", "all but first and last"] = Field(
        "none", description="stages of the network that keep their first weights"
    )
    thaw: Annotated[int, Field(ge=0)] = Field(
        0, description="epochs after each of which one more frozen stage is trained, from the last backwards; 0: never"
    )
    random_frozen: bool = Field(False, description="allow frozen stages whose weights were never trained")


class Training(_Table):
    """Optimisation and when to stop."""

    optimiser: Literal["adamw", "adam", "sgd"] = Field("adamw", description="sgd: with momentum 0.9")
    schedule: Literal["cosine", "constant", "step"] = Field(
        "cosine", description="the learning rate falls along a cosine, stays, or falls tenfold at each third"
    )
    warmup: Annotated[float, Field(ge=0)] = Field(0.0, description="epochs over which the learning rate rises")
    class_weights: Literal["none", "balanced"] | dict[str, Positive] = Field(
        "none", description="weight of each class in the loss; balanced: inverse to how often it is drawn"
    )
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="share of each label that is spread evenly over all classes: no example is certain"
    )
    balance: bool = Field(True, description="draw patients equally, and classes within each, or every window equally")
    precision: Literal["float32", "mixed"] = Field("float32", description="mixed: bfloat16 where it is faster")
    compile: bool = Field(False, description="torch.compile the network")

    epochs: Annotated[int, Field(ge=1)] = Field(30, description="at most")
    examples_per_epoch: Annotated[int, Field(ge=1)] = Field(8192, description="windows, or images, of each epoch")
    batch_size: Annotated[int, Field(ge=1)] = Field(64, description="windows, or images, of one step")
    learning_rate: Positive = Field(1e-3, description="largest step size; the schedule lowers it")
    weight_decay: Annotated[float, Field(ge=0)] = Field(0.0, description="how strongly weights are pulled to 0")
    clip: Positive | None = Field(None, description="largest norm of the gradient")
    patience: Annotated[int, Field(ge=1)] = Field(8, description="epochs without a better validation before stopping")


class Detection(_Table):
    """How a probability track becomes events."""

    threshold: Share | Literal["validation"] = Field(
        "validation", description="a probability, or nearly the best event F1 on the validation patients"
    )
    smoothing: Annotated[float, Field(ge=0)] = Field(0.0, description="seconds of the moving average")
    minimum_duration: Annotated[float, Field(ge=0)] = Field(0.0, description="shorter events are dropped; seconds")
    merge_gap: Annotated[float, Field(ge=0)] = Field(0.0, description="events closer than this become one; seconds")


class Named(BaseModel):
    """A thing of the catalogue with its parameters."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything but the name."""
        return dict(self.model_extra or {})


class Range(_Table):
    """Numbers to search among; whole ones when both ends are."""

    low: int | float
    high: int | float
    log: bool = Field(False, description="drawn evenly by their logarithm")

    @model_validator(mode="after")
    def _ends_are_in_order(self) -> Self:
        if not self.low < self.high:
            raise ValueError("low must be below high")
        if self.log and self.low <= 0:
            raise ValueError("with log, low must be above 0")
        return self


class Search(_Table):
    """What `semeia search` varies, and what it makes best."""

    trials: Annotated[int, Field(ge=1)] = Field(20, description="trainings, those given up early included")
    objective: Literal["validation_auroc", "validation_loss"] = Field(
        "validation_auroc", description="of the epoch with the lowest loss; the area is made large, the loss small"
    )
    space: dict[str, list[bool | int | float | str] | Range] = Field(
        description="keys of the recipe, each with a list of values, or low and high"
    )

    @field_validator("space", mode="before")
    @classmethod
    def _values_are_there(cls, space: Any) -> Any:
        """Say what is wrong by the recipe's key: pydantic would name the kinds of value that it tried."""
        for key, values in space.items() if isinstance(space, dict) else ():
            try:
                if not isinstance(values, list):
                    Range.model_validate(values)
                elif not values or not all(isinstance(value, bool | int | float | str) for value in values):
                    raise ValueError("the list must hold numbers, texts, true or false")
            except ValidationError as error:
                fault = error.errors()[0]
                place = "".join(f".{part}" for part in fault["loc"] if part not in {"int", "float"})
                said = fault["msg"].lower().removeprefix("value error, ")
                raise ValueError(f"{key}{place}: {said}") from error
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from error
        if not space:
            raise ValueError("there is nothing to search")
        return space


class _Recipe(_Table):
    """What every training has, from data to network."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    data: Annotated[list[Data], Field(min_length=1)]
    split: Split = Split()
    transform: Named
    network: Named
    weights: Weights = Weights()
    training: Training = Training()
    search: Search | None = None


class Recipe(_Recipe):
    """A whole training on recordings, from data to detection."""

    task: Task = SeizureDetection()
    examples: Examples
    augmentation: Augmentation = Augmentation()
    detection: Detection = Detection()


class ImageRecipe(_Recipe):
    """A whole training on images, from data to test."""

    task: ImageClassification
    augmentation: ImageAugmentation = ImageAugmentation()
    testing: Testing = Testing()

    @field_validator("split")
    @classmethod
    def _by_patient_or_random(cls, split: Split) -> Split:
        if split.by not in {"patient", "random"}:
            raise ValueError(f"by = '{split.by}': images are split by 'patient' (their twins with them), or 'random'")
        return split


AnyRecipe = Recipe | ImageRecipe
