"""System D's network, its weights drawn at random: what is left of transfer learning with nothing to transfer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dogs import ABOUT, dogs, judged, network
from figures import table
from semeia.evaluation import Predictions, measured_windows
from semeia.recipe import Recipe, changed, read_recipe
from semeia.training.parts import gathered_parts
from semeia.training.shipped import recipe_path
from semeia.training.validation import Validation
from semeia.training.windows import prepare
from studies import text_of, trained

RECIPE = "prediction-psd-inception"
BY_HEART = 20
"""How often the network is shown the files that it is to learn by heart: half the hours of one dog."""
EPOCHS, DRAWN = 6, 144
TRAINING = {"optimiser": "adam", "schedule": "constant", "batch_size": 16, "learning_rate": 1e-3}
SIZE = {"height": 75, "width": 75}
WEIGHTS: dict[str, dict[str, Any]] = {
    "first and last layer trained, the others left random": {"freeze": "all but first and last", "random_frozen": True},
    "all layers trained": {},
}


def run(workspace: Path) -> str:
    """Measure and return the section."""
    folder = dogs(workspace)
    rows = []
    for name, weights in WEIGHTS.items():
        given = _recipe(folder, weights)
        said = judged(given, workspace, (1,))
        rows.append([name, *_by_heart(given, workspace), f"**{_of(said, 'auroc')}**", _of(said, "accuracy")])
    return f"""## System D: transfer learning, without what is transferred

{ABOUT}
Here the network is another: `{RECIPE}`, Inception-ResNet-V2 on pictures of power of whole files, 48
channels as in system D; {EPOCHS} times {DRAWN} files. **ImageNet's weights could not be had where this was measured**,
so that what is frozen is random: this measures pictures, network and split, not the transfer. As was done there,
the network was also made to learn 24 files by heart: half the hours of one dog, each shown some {BY_HEART} times. In
brackets 95 % intervals: a bootstrap over the patients.

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


def _by_heart(whole: Recipe, workspace: Path) -> list[str]:
    """Return how many of the files that were learnt are known, and of those of the other hours."""
    settings = {"data.0.patients": ["Dog_1"], "split.validation": 0.5, "name": "dogs-by-heart"}
    more = {"training.epochs": BY_HEART, "training.examples_per_epoch": 24}
    given = changed(whole, settings | more)
    model = trained(given, workspace)
    parts = gathered_parts(given, Path(), report=lambda e: None, gathered=lambda s, d, t: None)
    right = []
    for part in (parts.training, parts.validation):
        windows = prepare(part, given.examples, model.transform, task=given.task)
        said = Validation(windows, model.transform, part="test").predictions(model.module)
        right.append(f"{int(((said.score >= 0.5) == said.positive).sum())} of {len(said)}")
    return right


def _of(said: Predictions, measure: str) -> str:
    return text_of(measured_windows(said, threshold=0.5)["measures"][measure])


_HEAD = ("", "by heart", "of its other hours", "**AUROC**, all dogs' other hours", "accuracy")
