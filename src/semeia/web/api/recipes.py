"""Recipes: what may stand in them, read and written as TOML, checked, and a picture of what their network would see."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import tomli_w
from django.http import FileResponse, HttpRequest, HttpResponseBase, JsonResponse
from ninja import Router, Schema

from semeia.datasets import class_names
from semeia.errors import RecipeError, SemeiaError
from semeia.networks.layer_kinds import KINDS, NEEDED, Key
from semeia.networks.layers import LayerShape, plan
from semeia.networks.shapes import TimeLayer, receptive_field
from semeia.recipe import AnyRecipe, ImageRecipe, Recipe, checked
from semeia.signals.montage import MONTAGES
from semeia.training.checking import channels_of, image_transform_of, transform_of
from semeia.training.shipped import shipped_recipes
from semeia.web.api.access import user_of
from semeia.web.api.answers import Refused
from semeia.web.catalogue import catalogue
from semeia.web.jobs import lifecycle
from semeia.web.jobs.commands import results_file
from semeia.web.models import Job
from semeia.web.permission import project_of

__all__ = ["LONGEST", "read", "router"]

router = Router(tags=["recipes"])

_WAIT = {"description": "A job is at work: {job}; ask again with its id."}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_PNG = {"responses": {200: {"description": "OK", "content": {"image/png": _BYTES}}, 202: _WAIT}}
_FOUND = {"responses": {200: {"description": "What `semeia.training.estimate` returns."}, 202: _WAIT}}

LONGEST = 1_000_000
"""Letters of a recipe at most."""

_AS_MANY = 16
"""Channels that are reckoned with where recordings say how many there are."""


class Shipped(Schema):
    """A recipe that comes with Semeia."""

    name: str
    description: str
    toml: str


class Form(Schema):
    """What may stand in a recipe.

    The tables as JSON schemas, and what they name: importers, transforms and networks with their parameters; the kinds
    of layer, each with the axes that it takes and its keys; montages.
    """

    recordings: dict[str, Any]
    images: dict[str, Any]
    catalogue: list[dict[str, Any]]
    layers: list[dict[str, Any]]
    montages: list[str]
    shipped: list[Shipped]


class Written(Schema):
    """A recipe as TOML, or as a table, of which TOML is made."""

    toml: str | None = None
    recipe: dict[str, Any] | None = None


class Layer(Schema):
    """One layer, with what it makes of an example, and how many samples of the example one of its values has seen."""

    kind: str
    takes: list[int]
    shape: list[int]
    parameters: int
    seen: int | None
    added: bool


class Read(Schema):
    """A recipe both ways, with the first thing that is wrong; and, of a network built by layers, each layer."""

    toml: str
    recipe: dict[str, Any]
    fault: str
    shape: list[int] | None
    rate: float | None
    layers: list[Layer]
    layers_fault: str


class Asked(Schema):
    """A recipe, and the job that looks at it, once there is one."""

    toml: str
    job: str = ""


@router.get("/recipes/form", response=Form, operation_id="recipeForm")
def form(request: HttpRequest) -> Form:
    """Return what may stand in a recipe; the first time, the networks are read, which takes a few seconds."""
    known = {name: path.read_text(encoding="utf-8") for name, path in shipped_recipes().items()}
    return Form(
        recordings=Recipe.model_json_schema(),
        images=ImageRecipe.model_json_schema(),
        catalogue=catalogue(),
        layers=[
            {"kind": kind, "axes": list(layer.axes), "keys": {name: _key(key) for name, key in layer.keys.items()}}
            for kind, layer in KINDS.items()
        ],
        montages=list(MONTAGES),
        shipped=[
            Shipped(name=name, description=tomllib.loads(text).get("description", ""), toml=text)
            for name, text in known.items()
        ],
    )


@router.post("/recipes", response=Read, operation_id="readRecipe")
def read(request: HttpRequest, written: Written) -> Read:
    """Return a recipe as table and TOML, and what is wrong with it; nothing is trained, and nothing stored."""
    try:
        toml = written.toml if written.recipe is None else tomli_w.dumps(written.recipe)
        table = tomllib.loads((toml or "")[:LONGEST])
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        fault = f"This is no TOML: {error}."
        return Read(toml=written.toml or "", recipe={}, fault=fault, shape=None, rate=None, layers=[], layers_fault="")
    answer = Read(toml=toml or "", recipe=table, fault="", shape=None, rate=None, layers=[], layers_fault="")
    try:
        recipe = checked(table)
        shape, answer.rate = _example(recipe)
        answer.shape = list(shape)
    except SemeiaError as error:
        answer.fault = str(error)
        return answer
    if recipe.network.name == "layers":
        try:
            planned = plan(recipe.network.parameters.get("layers", []), shape, len(class_names(recipe.task)))
            answer.layers = _layers(planned)
        except RecipeError as error:
            answer.layers_fault = str(error)
    return answer


@router.post("/recipes/estimate", operation_id="estimate", openapi_extra=_FOUND)
def estimate(request: HttpRequest, asked: Asked) -> HttpResponseBase:
    """Return what a training would take and all that is wrong, or 202 and the job that finds it out."""
    job = _looking("check", request, asked)
    if job.state in lifecycle.ACTIVE:
        return JsonResponse({"job": job.pk}, status=202)
    found = json.loads(results_file(job.pk, ".json").read_bytes())
    return JsonResponse(found)


@router.post("/recipes/preview", operation_id="preview", openapi_extra=_PNG)
def preview(request: HttpRequest, asked: Asked) -> HttpResponseBase:
    """Return a picture of what the network would see, as PNG, or 202 and the job that draws it."""
    job = _looking("preview", request, asked)
    if job.state in lifecycle.ACTIVE:
        return JsonResponse({"job": job.pk}, status=202)
    return FileResponse(results_file(job.pk, ".png").open("rb"), content_type="image/png")


def _looking(kind: lifecycle.Kind, request: HttpRequest, asked: Asked) -> Job:
    """Return the job that looks at a recipe: the one that is named, or a new one.

    Raises
    ------
    Refused
        422 with its last words, if it failed.
    """
    user = user_of(request)
    project = project_of(user)
    job = Job.objects.filter(pk=asked.job, kind=kind, project=project).first()
    if job is None:
        job = lifecycle.queue(kind, project, user, {"recipe": asked.toml[:LONGEST]})
    if job.state not in {*lifecycle.ACTIVE, Job.State.DONE}:
        raise Refused(422, job.message.removeprefix(f"{job.pk}.toml: ") or "It was stopped.")
    return job


def _example(recipe: AnyRecipe) -> tuple[tuple[int, ...], float | None]:
    """Return the shape of one example as the network gets it, and the rate in Hz of recordings."""
    if isinstance(recipe, ImageRecipe):
        return image_transform_of(recipe).shape(), None
    transform, channels = transform_of(recipe), channels_of(recipe)
    return transform.shape(channels or _AS_MANY, round(recipe.examples.window * transform.rate)), transform.rate


def _layers(planned: list[LayerShape]) -> list[Layer]:
    slides: list[TimeLayer] = []
    whole, layers = False, []
    for layer in planned:
        kind, axes = KINDS[layer.kind], len(layer.takes)
        if kind.slides is not None and axes > 1:
            slides.append(kind.slides(dict(layer.settings), axes - 1)[-1])
        whole = whole or not kind.keeps_places or axes == 1
        layers.append(
            Layer(
                kind=layer.kind,
                takes=list(layer.takes),
                shape=list(layer.shape),
                parameters=layer.parameters,
                seen=None if whole else receptive_field(slides),
                added=layer.added,
            )
        )
    return layers


def _key(key: Key) -> dict[str, Any]:
    default = None if key.default is NEEDED else key.default
    return {"default": default, "least": key.least, "pair": key.pair, "share": key.share, "wanted": key.wanted}
