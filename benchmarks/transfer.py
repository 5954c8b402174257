"""System D's network, its weights drawn at random: what is left of transfer learning with nothing to transfer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dogs import ABOUT, dogs, judged, network
from figures import table
from semeia.evaluation import Predictions, measured_windows
from semeia.recipe import Recipe, read_recipe
from semeia.training.shipped import recipe_path
from studies import text_of

RECIPE = "prediction-psd-inception"
EPOCHS, DRAWN = 6, 144
TRAINING: dict[str, Any] = {"optimiser": "adam", "schedule": "constant", "batch_size": 16, "learning_rate": 1e-3}
SIZE = {"height": 75, "width": 75}
WEIGHTS: dict[str, dict[str, Any]] = {
    "first and last layer trained, the others left random": {"freeze": "all but first and last", "random_frozen": True},
    "all layers trained": {},
}


def run(workspace: Path) -> str:
    """Measure and return the section."""
    folder, rows = dogs(workspace), []
    steps, batch = EPOCHS * DRAWN // TRAINING["batch_size"], TRAINING["batch_size"]
    for name, weights in WEIGHTS.items():
        given = _recipe(folder, weights)
        said = judged(given, workspace, (1,))
        rows.append([name, f"**{_of(said, 'auroc')}**", _of(said, "accuracy")])
    return f"""## System D: transfer learning, without what is transferred

{ABOUT}
Here the network is another: `{RECIPE}`, Inception-ResNet-V2 on pictures of power of whole files, 48
channels as in system D; {EPOCHS} times {DRAWN} files. **ImageNet's weights could not be had where this was measured**,
so that what is frozen is random: this measures pictures, network and split, not the transfer. Two processor cores
allow {steps} steps of {batch} files in each fold, which is little: by this nothing is shown of what a long training
finds. That the network can learn 24 files by heart, as was tried there first, cannot be shown in this way: Semeia keeps
the weights of the best validation epoch, which need not know them. In brackets 95 % intervals: a bootstrap over the
patients.

{table(_HEAD, rows)}
"""


def _recipe(folder: Path, weights: dict[str, Any]) -> Recipe:
    published = read_recipe(recipe_path(RECIPE))
    return network(
        folder,
        name="dogs-inception",
        examples=published.examples.model_dump(),
        transform={"name": "psd", "rate": 399.6, "segment": 8.0, "lowest": 0.5, "highest": 180.0} | SIZE,
        network={"name": "inception-resnet-v2"},
        weights=weights,
        training=TRAINING | {"epochs": EPOCHS, "examples_per_epoch": DRAWN},
    )


def _of(said: Predictions, measure: str) -> str:
    return text_of(measured_windows(said, threshold=0.5)["measures"][measure])


_HEAD = ("", "**AUROC** of files", "accuracy")
