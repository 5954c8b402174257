"""Networks built layer by layer: the arithmetic equals torch's, and what cannot be is explained with what would fit."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from semeia.errors import RecipeError
from semeia.inference.slide import slide, slide_plain
from semeia.networks import build
from semeia.networks.builder import Layers
from semeia.networks.freezing import stages_of
from semeia.networks.layer_kinds import KINDS, MOST, Shape
from semeia.networks.layers import MOST_LAYERS, MOST_PARAMETERS, MOST_VALUES, plan, totals
from semeia.recipe import read_recipe

Layer = dict[str, Any]

SYSTEM_A: list[Layer] = [
    {"kind": "conv1d", "maps": 10, "kernel": 10, "stride": 5, "padding": 9},
    {"kind": "relu"},
    {"kind": "maxpool1d", "kernel": 15, "stride": 10},
    {"kind": "conv1d", "maps": 5, "kernel": 5, "stride": 4, "padding": 4},
    {"kind": "relu"},
    {"kind": "maxpool1d", "kernel": 10, "stride": 5},
    {"kind": "flatten"},
    {"kind": "dropout", "p": 0.5},
    {"kind": "linear", "units": 15},
]


def count_parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def refusal(layers: Any, shape: Shape = (23, 7680), classes: int = 2) -> str:
    """Return what is said of a list of layers that cannot be."""
    with pytest.raises(RecipeError) as caught:
        plan(layers, shape, classes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_system_as_network_is_a_list_of_layers() -> None:
    planned = plan(SYSTEM_A, (23, 7680), 2)
    assert [layer.shape[-1] for layer in planned[:6]] == [1538, 1538, 153, 40, 40, 7]
    assert [layer.shape for layer in planned[6:]] == [(35,), (35,), (15,), (2,)]
    assert [layer.added for layer in planned] == [False] * 9 + [True]
    assert totals(planned).parameters == 3137
    assert planned[0].description == "conv1d, maps 10, kernel 10, stride 5, padding 9"
    assert planned[0].memory == 4 * 10 * 1538

    built, original = build("layers", (23, 7680), 2, layers=SYSTEM_A).eval(), build("convnet", (23, 7680), 2).eval()
    assert count_parameters(built) == 3137
    built.load_state_dict(dict(zip(built.state_dict(), original.state_dict().values(), strict=True)))
    x = torch.randn(2, 23, 7680)
    torch.testing.assert_close(built(x), original(x))


def test_layers_of_a_recipe_may_be_written_in_either_way_that_toml_has(tmp_path: Path) -> None:
    head = 'name = "own"\n[[data]]\nsource = "simulated"\n[examples]\nwindow = 4.0\n[transform]\nname = "raw"\n'
    inline = '[network]\nname = "layers"\nlayers = [{kind = "gru", units = 5}, {kind = "dropout", p = 0.2}]\n'
    tables = '[network]\nname = "layers"\n'
    tables += '[[network.layers]]\nkind = "gru"\nunits = 5\n[[network.layers]]\nkind = "dropout"\np = 0.2\n'
    for text in (inline, tables):
        (tmp_path / "own.toml").write_text(head + text)
        network = read_recipe(tmp_path / "own.toml").network
        built = build(network.name, (3, 50), 2, **json.loads(json.dumps(network.parameters)))
        assert count_parameters(built) == 3 * 5 * (3 + 5 + 2) + 2 * 6


def test_the_last_linear_layer_is_added_unless_the_list_ends_in_it() -> None:
    def kinds(layers: list[Layer], shape: Shape, classes: int = 3) -> list[str]:
        return [layer.kind + "+" * layer.added for layer in plan(layers, shape, classes)]

    three: Layer = {"kind": "linear", "units": 3}
    assert kinds([], (4, 20)) == ["flatten+", "linear+"]
    assert kinds([], (4,)) == ["linear+"]
    assert kinds([three], (4,)) == ["linear"]
    assert kinds([three], (4,), 2) == ["linear", "linear+"]
    assert kinds([three, {"kind": "dropout"}], (4,)) == ["linear", "dropout", "linear+"]
    assert kinds([{"kind": "gru", "units": 3}], (4, 20)) == ["gru", "linear+"]


def test_planning_is_quick_enough_for_each_key_stroke() -> None:
    started = time.perf_counter()
    for _ in range(20):
        plan(SYSTEM_A, (23, 7680), 2)
    assert (time.perf_counter() - started) / 20 < 0.02
    assert len(plan([{"kind": "relu"}] * MOST_LAYERS, (23, 7680), 2)) == MOST_LAYERS + 2


# What torch makes of the same list, layer by layer, without the arithmetic's help.

SIZES = st.integers(1, 12)
WIDTHS = st.integers(1, 6)


def sides(pair: bool, least: int = 1) -> st.SearchStrategy[Any]:
    one = st.integers(least, 12)
    return st.one_of(one, st.lists(one, min_size=2, max_size=2)) if pair else one


@st.composite
def sliding(draw: st.DrawFn, kind: str, pair: bool) -> Layer:
    layer: Layer = {"kind": kind, "kernel": draw(sides(pair))}
    if kind.startswith("conv"):
        layer["maps"] = draw(WIDTHS)
    if draw(st.booleans()):
        layer["stride"] = draw(sides(pair))
    if draw(st.booleans()):
        kernels = layer["kernel"] if isinstance(layer["kernel"], list) else [layer["kernel"]]
        most = min(kernel // 2 if "pool" in kind else kernel - 1 for kernel in kernels)
        layer["padding"] = draw(st.integers(0, most))
    return layer


def layer_of(axes: int) -> st.SearchStrategy[Layer]:
    kinds = [
        st.fixed_dictionaries({"kind": st.sampled_from(["batchnorm", "relu", "elu", "gelu", "leakyrelu", "tanh"])})
    ]
    kinds.append(st.fixed_dictionaries({"kind": st.just("dropout"), "p": st.sampled_from([0, 0.25, 0.5])}))
    kinds.append(st.just({"kind": "flatten"}))
    if axes > 1:
        pair, ending = axes == 3, f"{axes - 1}d"
        kinds += [sliding(name + ending, pair) for name in ("conv", "conv", "maxpool", "avgpool")]
        kinds.append(st.fixed_dictionaries({"kind": st.just("residual"), "maps": WIDTHS, "stride": st.integers(1, 3)}))
        adaptive = st.sampled_from(["adaptivemaxpool", "adaptiveavgpool"])
        kinds.append(st.fixed_dictionaries({"kind": adaptive, "size": st.integers(1, 4)}))
    if axes == 2:
        kinds.append(st.fixed_dictionaries({"kind": st.sampled_from(["gru", "lstm"]), "units": WIDTHS}))
    if axes == 1:
        kinds.append(st.fixed_dictionaries({"kind": st.just("linear"), "units": WIDTHS}))
    return st.one_of(kinds)


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[Layer], Shape]:
    """Return a list of layers and an example, which need not be long enough for it."""
    axes = draw(st.sampled_from([2, 2, 3, 3, 1]))
    lengths = st.integers(1, {1: 50, 2: 400, 3: 60}[axes])
    shape = draw(WIDTHS), *(draw(lengths) for _ in range(axes - 1))
    layers: list[Layer] = []
    for _ in range(draw(st.integers(0, 7))):
        layers.append(draw(layer_of(axes)))
        if layers[-1]["kind"] in {"flatten", "gru", "lstm"}:
            axes = 1
    return layers, tuple(shape)


def torch_shapes(module: nn.Module, shape: Shape) -> list[tuple[Shape, Shape, int]]:
    """Return the input and output shapes of one example and the parameter count of every layer, as torch has them."""
    seen: list[tuple[Shape, Shape, int]] = []

    def note(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen.append((tuple(inputs[0].shape[1:]), tuple(output.shape[1:]), count_parameters(layer)))

    assert isinstance(module.features, nn.Sequential)
    assert isinstance(module.head, nn.Sequential)
    for layer in [*module.features, *module.head]:
        layer.register_forward_hook(note)
    with torch.no_grad():
        module.eval()(torch.zeros(2, *shape))
    return seen


def check_against_torch(layers: list[Layer], shape: Shape, classes: int) -> bool:
    """Compare with torch, or check the explanation; return whether the list was possible."""
    try:
        planned = plan(layers, shape, classes)
    except RecipeError as error:
        check_explanation(str(error), layers, shape, classes)
        return False
    assert all(before.shape == after.takes for before, after in pairwise(planned))
    network = Layers(shape, classes, layers=layers)
    assert torch_shapes(network, shape) == [(layer.takes, layer.shape, layer.parameters) for layer in planned]
    assert totals(planned).parameters == count_parameters(network)
    assert planned[-1].shape == (classes,)
    assert network.embed(torch.zeros(2, *shape)).shape == (2, network.embedding_width)
    return True


def check_explanation(said: str, layers: list[Layer], shape: Shape, classes: int) -> None:
    """Check that a refusal is right: torch refuses that layer too, and the sizes that are said to fit do fit."""
    found = re.match(
        r"layer (\d+) \((\w+)\): a kernel of ([\d ×]+) is longer than what it gets, [\w ]*?([\d ×]+)[:,]", said
    )
    assert found, said
    number, kind = int(found[1]), found[2]
    assert layers[number - 1]["kind"] == kind
    gets = numbers(found[4])
    assert gets == plan(layers[: number - 1], shape, classes)[number - 2].shape if number > 1 else gets == shape
    alone = {"kernel": numbers(found[3]), "stride": 1, **layers[number - 1]}
    with pytest.raises(RuntimeError):
        torch_layer(kind, alone)(torch.zeros(2, gets[0], *gets[1:]))

    fitting = re.search(r"the largest kernel that fits is ([\d ×]+)", said)
    assert fitting, said
    largest = numbers(fitting[1])
    assert planned_with(layers, number, list(largest), shape, classes)
    for side in range(len(largest)):
        larger = [size + (place == side) for place, size in enumerate(largest)]
        assert not planned_with(layers, number, larger, shape, classes)
    shortest = re.search(r"the shortest (?:window|picture) for these layers is ([\d ×]+)", said)
    if shortest:
        example = shape[0], *numbers(shortest[1])
        try:
            plan(layers, example, classes)
        except RecipeError as other:  # a later layer, behind one of fixed size, for which no window is long enough
            assert "the shortest" not in str(other)
            assert int(str(other).split()[1]) > number
        for side in range(1, len(example)):
            if example[side] > 1:
                refusal(layers, tuple(size - (place == side) for place, size in enumerate(example)), classes)


def numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(" × ")))


def planned_with(layers: list[Layer], number: int, kernel: list[int], shape: Shape, classes: int) -> bool:
    """Return whether a list of layers is possible as far as a layer, with another kernel for that."""
    last = layers[number - 1]
    stride = {"stride": last.get("stride", 1)}
    changed = {**last, **stride, "kernel": kernel if last["kind"].endswith("2d") else kernel[0]}
    try:
        plan([*layers[: number - 1], changed], shape, classes)
    except RecipeError:
        return False
    return True


def torch_layer(kind: str, layer: Layer) -> nn.Module:
    """Return torch's own layer of one map."""
    pair = kind.endswith("2d")
    kernel, stride, padding = (
        tuple(value) if isinstance(value, list | tuple) and pair else value[0] if isinstance(value, tuple) else value
        for value in (layer["kernel"], layer["stride"], layer.get("padding", 0))
    )
    if kind.startswith("conv"):
        return (nn.LazyConv2d if pair else nn.LazyConv1d)(1, kernel, stride, padding)
    pools = {"maxpool1d": nn.MaxPool1d, "maxpool2d": nn.MaxPool2d, "avgpool1d": nn.AvgPool1d, "avgpool2d": nn.AvgPool2d}
    return pools[kind](kernel, stride, padding)


def test_500_random_lists_have_the_shapes_and_parameters_of_torch_or_are_explained(
    count: Callable[[int], int],
) -> None:
    possible = []

    @settings(max_examples=max(150, count(1000)), deadline=None, database=None)
    @given(networks(), st.integers(2, 4))
    def trial(network: tuple[list[Layer], Shape], classes: int) -> None:
        possible.append(check_against_torch(*network, classes))

    trial()
    assert possible.count(True) >= 0.5 * len(possible)
    assert possible.count(False) >= 0.05 * len(possible)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([{"kind": "conv1", "maps": 3, "kernel": 3}], "layer 1: kind 'conv1' is not known: did you mean 'conv1d'?"),
        ([{"kind": "relu"}, {"kind": "softmax"}], "layer 2: kind 'softmax' is not known: it is not needed"),
        ([{"kind": "conv1d", "maps": 3, "kernal": 3}], "layer 1 (conv1d) has no key 'kernal': did you mean 'kernel'?"),
        ([{"kind": "conv1d", "maps": 3}], "layer 1 (conv1d) needs the key 'kernel': a whole number from 1"),
        ([{"kind": "conv1d", "maps": "3", "kernel": 3}], "layer 1 (conv1d): maps = '3' should be a whole number"),
        ([{"kind": "conv1d", "maps": True, "kernel": 3}], "maps = True should be a whole number"),
        ([{"kind": "conv1d", "maps": 1.0, "kernel": 3}], "maps = 1.0 should be a whole number"),
        ([{"kind": "conv1d", "maps": 1, "kernel": [3, 3]}], "kernel = [3, 3] should be a whole number"),
        ([{"kind": "conv1d", "maps": 0, "kernel": 3}], "maps = 0 should be a whole number from 1"),
        ([{"kind": "conv1d", "maps": 10**12, "kernel": 3}], "should be a whole number from 1 to 2,147,483,647"),
        ([{"kind": "conv2d", "maps": 1, "kernel": [1, 2, 3]}], "a whole number from 1 to 2,147,483,647, or two"),
        ([{"kind": "dropout", "p": 1}], "layer 1 (dropout): p = 1 should be a number from 0 to below 1"),
        ([{"kind": "dropout", "p": float("nan")}], "p = nan should be a number from 0 to below 1"),
        ([{"kind": "dropout", "p": False}], "p = False should be a number"),
        ([{"kind": ["relu"]}], "layer 1: should be a table with a kind"),
        (["relu"], "layer 1: should be a table with a kind"),
        ("relu", "layers: should be a list of at most 500 tables"),
        ([{"kind": "relu"}] * (MOST_LAYERS + 1), "layers: should be a list of at most 500 tables"),
        (
            [{"kind": "conv1d", "maps": 3, "kernel": 4, "padding": 4}],
            "layer 1 (conv1d): a padding of 4 is too much: at most 3, less than the kernel",
        ),
        (
            [{"kind": "maxpool1d", "kernel": 4, "padding": 3}],
            "layer 1 (maxpool1d): a padding of 3 is too much: at most 2, half the kernel",
        ),
        ([{"kind": "linear", "units": 3}], "takes features, but gets a signal of 23 × 7680: put a flatten before it"),
        (
            [{"kind": "flatten"}, {"kind": "conv1d", "maps": 3, "kernel": 3}],
            "layer 2 (conv1d) takes a signal (channels × samples), but gets 176640 features: what fits",
        ),
        (
            [{"kind": "conv2d", "maps": 3, "kernel": 3}],
            "layer 1 (conv2d) takes a picture (channels × height × width), but gets a signal of 23 × 7680: what fits",
        ),
    ],
)  # fmt: skip
def test_a_wrong_list_is_explained_with_the_layer_and_what_would_do(layers: Any, said: str) -> None:
    assert said in refusal(layers)


def test_a_window_that_is_too_short_is_explained_as_for_the_published_network() -> None:
    said = refusal(SYSTEM_A, (23, 1661))
    assert said == (
        "layer 6 (maxpool1d): a kernel of 10 is longer than what it gets, a signal of 5 × 9: the largest kernel that "
        "fits is 9, or the shortest window for these layers is 1662 samples"
    )
    assert plan(SYSTEM_A, (23, 1662), 2)


def test_where_no_longer_window_would_help_none_is_named() -> None:
    layers = [{"kind": "adaptiveavgpool", "size": 10}, {"kind": "conv1d", "maps": 1, "kernel": 20}]
    assert refusal(layers).endswith("a signal of 23 × 10: the largest kernel that fits is 10")


@pytest.mark.parametrize(
    ("layers", "shape", "key"),
    [
        ([{"kind": "flatten"}, {"kind": "linear", "units": MOST}], (23, 7680), "units"),
        ([{"kind": "linear", "units": 31_000}, {"kind": "linear", "units": 40_000}], (5,), "units"),
        ([{"kind": "conv1d", "maps": 10**6, "kernel": 2, "padding": 1}], (23, 7680), "maps"),
        ([{"kind": "conv2d", "maps": MOST, "kernel": 3}], (3, 9, 9), "maps"),
        ([{"kind": "residual", "maps": 10**5}], (4, 30, 30), "maps"),
        ([{"kind": "gru", "units": 10**5}], (4, 100), "units"),
        ([{"kind": "lstm", "units": 10**9}], (4, 100), "units"),
        ([{"kind": "adaptiveavgpool", "size": 10**9}], (4, 100), "size"),
    ],
)
def test_absurd_sizes_are_refused_with_the_most_that_fits(layers: list[Layer], shape: Shape, key: str) -> None:
    number = len(layers)
    said = refusal(layers, shape)
    assert said.startswith(f"layer {number} ({layers[-1]['kind']}) gets ")
    most = re.search(rf": {key} = (\d+) is the most that fits$", said)
    assert most, said

    def alone(value: int) -> list[Layer]:
        return [*layers[:-1], {**layers[-1], key: value}]

    try:
        planned = plan(alone(int(most[1])), shape, 1)[:number]
    except RecipeError as error:  # it fits, but fills the room of the last layer, which is added
        assert f"layer {number}" not in str(error)
    else:
        assert sum(layer.parameters for layer in planned) <= MOST_PARAMETERS
        assert max(math.prod(layer.shape) for layer in planned) <= MOST_VALUES
    assert f"layer {number} (" in refusal(alone(int(most[1]) + 1), shape, 1)


def test_a_layer_for_which_nothing_is_small_enough_says_so() -> None:
    said = refusal([{"kind": "conv1d", "maps": 5, "kernel": MOST, "padding": MOST - 1}])
    assert said.endswith("pool more before it")


def test_examples_that_no_network_can_take_are_refused() -> None:
    for shape in ((), (23, 0), (1, 2, 3, 4), (10**6, 10**6)):
        assert refusal([], shape).startswith("layers: no network can take examples of shape")


@pytest.mark.parametrize(
    "shape", [(4, 200), (3, 24, 32), (20,)], ids=["signal", "picture", "features"]
)  # fmt: skip
def test_a_built_network_learns_embeds_and_has_stages(shape: Shape) -> None:
    first: dict[int, list[Layer]] = {
        1: [{"kind": "batchnorm"}],
        2: [{"kind": "conv1d", "maps": 6, "kernel": 5}, {"kind": "batchnorm"}, {"kind": "lstm", "units": 7}],
        3: [{"kind": "residual", "maps": 6, "stride": 2}, {"kind": "adaptivemaxpool"}, {"kind": "flatten"}],
    }
    torch.manual_seed(0)
    network = Layers(shape, 3, layers=[*first[len(shape)], {"kind": "linear", "units": 5}, {"kind": "elu"}])
    x, classes = torch.randn(8, *shape), torch.arange(8) % 3
    assert network.embed(x).shape == (8, 5)
    assert network.embedding_width == 5
    torch.testing.assert_close(network.eval().head[-1](network.embed(x)), network(x))
    stages = stages_of(network)
    assert sum(map(count_parameters, stages)) == count_parameters(network)
    assert stages[-1] is network.head[-1]
    optimiser = torch.optim.Adam(network.train().parameters(), lr=0.05)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(network(x), classes)
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_a_built_network_slides_as_window_by_window() -> None:
    layers = [*SYSTEM_A[:3], {"kind": "batchnorm"}, {"kind": "avgpool1d", "kernel": 3}, {"kind": "tanh"}]
    torch.manual_seed(0)
    network = build("layers", (4, 600), 2, layers=layers).eval()
    x = torch.randn(4, 3000).numpy()
    fast, plain = (next(iter(way(network, [(0, x)], 600, 25)))[1] for way in (slide, slide_plain))
    assert len(fast) == 97
    torch.testing.assert_close(torch.from_numpy(fast), torch.from_numpy(plain), atol=1e-6, rtol=0)


def test_every_kind_of_layer_can_be_built() -> None:
    values = {"maps": 2, "kernel": 2, "units": 3}
    for kind, entry in KINDS.items():
        layer = {"kind": kind} | {key: value for key, value in values.items() if key in entry.keys}
        for axes in entry.axes:
            shape = (3, 8, 9)[:axes]
            assert check_against_torch([layer], shape, 2), kind
