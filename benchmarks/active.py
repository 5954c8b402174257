"""System E: how many labels each strategy needs on four pools, beside drawing at random.

What a pool gave is kept in ``$SEMEIA_BENCH_MODELS``, when it is set, under a name that changes with what was asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from figures import table
from real_data import real
from semeia.active.costs import RANDOM, summarised
from semeia.active.page import row_of
from semeia.active.pools import pool_of
from semeia.active.simulation import simulate
from semeia.home import make_folder, replacing
from semeia.recipe import AnyRecipe, ImageRecipe, Recipe, read_recipe
from semeia.training.shipped import recipe_path

HELD = 0.3
"""Share of the patients (of MRI, of the images with their twins) that are held out, others for each seed."""
FEWEST = 100
"""Labels that random must need for a pool to count."""
STRATEGIES = (
    *(RANDOM, "entropy", "margin", "vote-entropy", "divergence", "k-centre", "typiclust", "badge"),
    *("balanced-margin", "balanced-random", "0.5*margin+0.5*typiclust", "0.5*margin+0.5*k-centre"),
    *("0.5*badge+0.5*typiclust", "0.5*vote-entropy+0.5*badge"),
)
MIXTURES = tuple(name for name in STRATEGIES if "+" in name)


@dataclass(frozen=True)
class Asked:
    """A pool, and how much is asked of it.

    Parameters
    ----------
    recipe : Recipe or ImageRecipe
    model : str
        Whose network makes the embeddings.
    learnt : str
        What that network was trained on.
    eeg : bool
    budget : int
    """

    recipe: AnyRecipe
    model: str
    learnt: str
    eeg: bool
    budget: int


class Size(NamedTuple):
    """How large the study is: seeds, labels at once; simulated patients (scalp, sEEG), hours and seizures an hour."""

    seeds: int
    batch: int
    patients: tuple[int, int]
    hours: float
    seizures: float
    pools: tuple[str, ...]
    strategies: tuple[str, ...] = STRATEGIES
    budget: int | None = None


POOLS = ("brain MRI", "chest X-rays, three classes", "scalp EEG, simulated", "sEEG of drifting patients, simulated")
FULL = Size(20, 10, (16, 7), 1.0, 1.0, POOLS)
QUICK = Size(2, 20, (5, 5), 0.25, 8.0, POOLS[2:], ("random", "margin", "0.5*margin+0.5*typiclust"), 60)


def run(workspace: Path, size: Size = FULL) -> str:
    """Simulate and return the section; `QUICK` is to try things out."""
    asked = {name: _asked(name, size) for name in size.pools}
    found = {name: _figures(name, one, size, workspace) for name, one in asked.items()}
    return f"""## System E: which examples to label

The labels of a pool are hidden and asked for, {size.batch} at once. After each batch a last layer is fitted on what a
network makes of the examples; the network itself never saw the pool's labels, and stays as it is. Asked for is 95 % of
the area under the ROC curve that the same last layer has with every label of the pool, on patients who are held out
({HELD:.0%} of them, others for each of {size.seeds} seeds; of MRI, whose patients nobody names, images with their
twins). Labels are medians over seeds, counted where two batches in a row have enough; in brackets 95 % intervals, a
bootstrap over seeds. The first batch of strategies that go by what the network says is TypiClust's.

{_pools(asked, found)}

{table(("labels needed", *found), _rows(found, size.strategies))}

Of what random needs:

{table(("", *found), _ratios(found, size.strategies))}

{_verdict(asked, found)}
"""


def _asked(name: str, size: Size) -> Asked:
    scalp, seeg = size.patients
    budgets = dict(zip(POOLS, (800, 600, 500, 500), strict=True))
    budget = size.budget or budgets[name]
    if name == "brain MRI":
        return Asked(_images("brain-mri", "brain_mri"), "chest-xray", "chest X-rays", False, budget)
    if name == POOLS[1]:
        return Asked(_images("xray-kinds", "chest_xray"), "brain-mri", "brain MRI", False, budget)
    if name == POOLS[2]:
        data = {"source": "simulated", "patients": scalp, "hours": size.hours, "seed": 51001}
        data["seizures_per_hour"] = size.seizures
        return Asked(_windows("active-scalp", data, 4.0), "eeg-starter", "other simulated patients", True, budget)
    data = {"source": "simulated-seeg", "patients": seeg, "hours": size.hours / 4, "files": 4, "apart": 24.0}
    data |= {"seizures_per_hour": size.seizures, "drift": 1.0, "channels": 10, "rate": 600, "seed": 52001}
    return Asked(_windows("active-seeg", data, 3.0), "ieeg-starter", "other simulated patients", True, budget)


def _images(name: str, folder: str) -> ImageRecipe:
    real(folder)
    given = read_recipe(recipe_path(name), [f"split.validation={HELD}"])
    assert isinstance(given, ImageRecipe)
    return given


def _windows(name: str, data: Mapping[str, Any], step: float) -> Recipe:
    """Return a recipe of which data, step and split count: transform, network and window are the model's."""
    return Recipe.model_validate(
        {
            "name": name,
            "seed": 1,
            "data": [data],
            "examples": {"window": step, "step": step},
            "split": {"validation": HELD},
            "transform": {"name": "raw", "rate": 64.0},
            "network": {"name": "channelwise"},
        }
    )


def _figures(name: str, asked: Asked, size: Size, workspace: Path) -> dict[str, Any]:
    """Return what a study of one pool gives, or gave before."""
    about = json.dumps(
        [asked.recipe.model_dump(mode="json"), asked.model, asked.budget, size._asdict()], sort_keys=True
    )
    root = Path(os.environ.get("SEMEIA_BENCH_MODELS") or workspace / "studies") / "active"
    kept = root / f"{asked.recipe.name}-{hashlib.sha256(about.encode()).hexdigest()[:12]}.json"
    if kept.is_file():
        known: dict[str, Any] = json.loads(kept.read_bytes())
        return known
    print(f"  {name} ...", file=sys.stderr, flush=True)
    pool = pool_of(asked.recipe, [asked.model], seeds=size.seeds, beside=Path(), report=lambda event: None)
    study = simulate(pool, size.strategies, budget=min(asked.budget, pool.size), batch=size.batch)
    figures = summarised(study) | {"examples": len(pool.label), "pool": pool.size, "width": pool.embeddings[0].shape[1]}
    figures["shares"] = {each: float((pool.label == k).mean()) for k, each in enumerate(pool.classes)}
    make_folder(root)
    with replacing(kept) as part:
        part.write_text(json.dumps(figures), encoding="utf-8")
    return figures


def _pools(asked: Mapping[str, Asked], found: Mapping[str, Any]) -> str:
    rows = []
    for name, one in asked.items():
        figures = found[name]
        shares = ", ".join(f"{share:.1%} {each}" for each, share in figures["shares"].items())
        learnt = f"`{one.model}`, trained on {one.learnt}; {figures['width']} numbers"
        full = figures["full"]
        area = f"{full['value']:.3f} ({full['low']:.3f} to {full['high']:.3f})"
        rows.append([name, f"{figures['pool']:,} of {figures['examples']:,}", shares, learnt, area])
    return table(("pool", "examples to ask about", "classes", "network", "area with all labels"), rows)


def _rows(found: Mapping[str, Any], strategies: Sequence[str]) -> list[list[str]]:
    def cell(name: str, figures: Mapping[str, Any]) -> str:
        _, value, spread, *_ = row_of(name, figures)
        return f"{value} ({spread})"

    return [[f"`{name}`", *(cell(name, figures) for figures in found.values())] for name in strategies]


def _ratios(found: Mapping[str, Any], strategies: Sequence[str]) -> list[list[str]]:
    def cell(name: str, figures: Mapping[str, Any]) -> str:
        value, spread = row_of(name, figures)[4:6]
        return f"{value} ({spread})" if value else "not known"

    others = [name for name in strategies if name != RANDOM]
    return [[f"`{name}`", *(cell(name, figures) for figures in found.values())] for name in others]


def _verdict(asked: Mapping[str, Asked], found: Mapping[str, Any]) -> str:
    """Say of each pool that counts whether the best mixture needs at most a third of random's labels."""
    said, held = [], []
    for name, figures in found.items():
        needs = figures["strategies"][RANDOM]["needed"]["value"]
        if needs is None:
            said.append(f"{name}: random does not get there with {figures['labels'][-1]} labels")
            continue
        if needs < FEWEST:
            said.append(f"{name}: does not count, random needs {needs:g}")
            continue
        mixed = {one: each["of_random"]["value"] for one, each in figures["strategies"].items() if one in MIXTURES}
        known = {one: value for one, value in mixed.items() if value is not None}
        best = min(known, key=lambda one: known[one], default="")
        if not best:
            said.append(f"{name}: no mixture gets there within the budget")
            continue
        enough = known[best] <= 1 / 3
        held += [name] if enough else []
        said.append(
            f"{name}: the best mixture, `{best}`, needs {known[best]:.2f} of random's: {'yes' if enough else 'no'}"
        )
    whole = len(held) >= 2 and any(asked[name].eeg for name in held)
    return (
        f"Asked for: the best mixture needs at most a third of random's labels on two pools, one of them EEG, counted "
        f"where random needs {FEWEST} or more. {'. '.join(said)}. {'Held' if whole else 'Not held'}."
    )
