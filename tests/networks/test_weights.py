"""First weights and freezing: what is taken from where, what stays as it is, and what is refused."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor, nn

from semeia.errors import FileError, ModelError, RecipeError
from semeia.networks import build
from semeia.networks.freezing import freeze, stage_names, stages_of, thawed_stages, train_mode
from semeia.networks.imagenet import imagenet_file
from semeia.networks.weights import FirstWeights, Trained, adapted_channels, first_weights, take_weights
from semeia.recipe import Weights

FREEZES = ("none", "all but last", "all but first and last")


class Tiny(nn.Module):
    """A network for pictures like those of timm, with ImageNet weights of its own."""

    hub_id = "timm/tiny.in1k"

    def __init__(self, channels: int, classes: int = 2, width: int = 4) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, width, 3), nn.ReLU()
        )
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(width, classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x).mean(dim=(2, 3)))

    def from_imagenet(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {f"features.{name}": tensor for name, tensor in tensors.items()}


def imagenet(channels: int = 3) -> dict[str, Tensor]:
    """Return weights named as timm would, without the counts that its files lack."""
    torch.manual_seed(7)
    own = Tiny(channels, classes=1000).features.state_dict()
    own["1.running_mean"] = torch.arange(4.0)
    return {name: value for name, value in own.items() if not name.endswith("num_batches_tracked")}


def no_model(name: str) -> Trained:
    raise AssertionError(name)


begin = partial(first_weights, network="tiny", of_model=no_model)


@pytest.fixture
def imagenet_weights(tmp_path: Path) -> Path:
    save_file(imagenet(), tmp_path / "tiny.safetensors")
    return tmp_path / "tiny.safetensors"


# stages


def test_stages_of_a_network_that_names_none_are_its_layers_with_their_normalisation() -> None:
    assert stage_names(build("convnet", (23, 7680), 2)) == ["features.0", "features.3", "head.2", "head.3"]
    channelwise = build("channelwise", (18, 3000), 2)
    assert [len(list(stage.modules())) for stage in stages_of(channelwise)] == [3, 3, 3, 3, 1, 1]
    assert stage_names(nn.Linear(3, 2)) == ["weight"]


def test_weights_outside_of_any_layer_are_a_stage_of_their_own() -> None:
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))
    network.token = nn.Parameter(torch.zeros(3))
    assert stage_names(network) == ["0", "token", "1"]
    assert [weight.shape for weight in stages_of(network)[1].parameters()] == [(3,)]


@given(st.integers(1, 20), st.sampled_from(FREEZES), st.integers(0, 4), st.integers(0, 60))
def test_stages_thaw_one_by_one_from_the_last_backwards(count: int, how: str, thaw: int, epoch: int) -> None:
    trained = thawed_stages(count, how, thaw, epoch)
    assert count - 1 in trained
    assert set(trained) >= set(thawed_stages(count, how, thaw, max(epoch - 1, 0)))
    at_first = {"none": set(range(count)), "all but last": {count - 1}, "all but first and last": {0, count - 1}}[how]
    steps = epoch // thaw if thaw else 0
    assert set(trained) == at_first | set(range(max(0, count - 1 - steps), count))


# freezing


def one_epoch(network: nn.Module, steps: int = 3) -> dict[str, bool]:
    """Train for some steps; return which weights and statistics changed."""
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.1, weight_decay=0.1)
    torch.manual_seed(1)
    for _ in range(steps):
        optimiser.zero_grad(set_to_none=True)
        network(torch.randn(8, 3, 9, 9) + 5).square().sum().backward()
        optimiser.step()
    return {name: not torch.equal(value, before[name]) for name, value in network.state_dict().items()}


@pytest.mark.parametrize(
    ("how", "thaw", "epoch", "trained"),
    [
        ("none", 0, 0, {"features.0", "features.1", "features.3", "head.1"}),
        ("all but last", 0, 9, {"head.1"}),
        ("all but last", 2, 1, {"head.1"}),
        ("all but last", 2, 2, {"features.3", "head.1"}),
        ("all but first and last", 0, 0, {"features.0", "features.1", "head.1"}),
    ],
)
def test_frozen_stages_keep_weights_and_statistics_to_the_bit(
    how: str, thaw: int, epoch: int, trained: set[str]
) -> None:
    torch.manual_seed(0)
    network = Tiny(3)
    freeze(network, Weights(freeze=how, thaw=thaw), epoch)
    train_mode(network)
    assert network.training
    assert network.head[0].training
    changed = one_epoch(network)
    assert {name.rpartition(".")[0] for name, moved in changed.items() if moved} == trained
    assert all(moved == (name.rpartition(".")[0] in trained) for name, moved in changed.items())


def test_freezing_is_the_same_whether_epochs_before_were_seen_or_not() -> None:
    settings = Weights(freeze="all but last", thaw=1)
    gone, resumed = Tiny(3), Tiny(3)
    for epoch in range(3):
        freeze(gone, settings, epoch)
    freeze(resumed, settings, 2)
    assert [w.requires_grad for w in gone.parameters()] == [w.requires_grad for w in resumed.parameters()]


def test_freezing_nothing_is_an_error_that_names_the_stages() -> None:
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))
    with pytest.raises(RecipeError, match=r"weights.freeze = 'all but first and last'.*only the stages 0, 1"):
        freeze(network, Weights(freeze="all but first and last"))


# first weights


def test_random_weights_are_left_as_they_are(tmp_path: Path) -> None:
    network = Tiny(3)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    first = begin(network, Weights(), beside=tmp_path)
    assert str(first) == "The weights began at random."
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_file_of_imagenet_weights_fills_all_but_the_classifier(imagenet_weights: Path) -> None:
    network = Tiny(3)
    head = network.head[1].weight.clone()
    first = begin(network, Weights(init="tiny.safetensors"), beside=imagenet_weights.parent)
    for name, value in imagenet().items():
        assert torch.equal(network.features.state_dict()[name], value)
    assert torch.equal(network.head[1].weight, head)
    checksum = hashlib.sha256(imagenet_weights.read_bytes()).hexdigest()
    assert str(first) == (
        f"The weights began as those of tiny.safetensors (a file, SHA-256 {checksum}). New, at random: head.1."
    )


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 16, 48])
def test_first_convolution_is_adapted_to_the_electrodes_as_timm_does(channels: int) -> None:
    from semeia.networks.compiled_parts import make_importable

    make_importable("torchvision")
    from timm.models import adapt_input_conv

    weight = torch.randn(5, 3, 7, 7)
    torch.testing.assert_close(adapted_channels(weight, channels), adapt_input_conv(channels, weight))


def test_resnet18_begins_with_imagenet_weights_for_sixteen_colour_pictures(tmp_path: Path) -> None:
    torch.manual_seed(0)
    colour = build("resnet18", (3, 64, 64), 1000).eval()
    as_timm = {name.removeprefix("features."): value for name, value in colour.features.state_dict().items()}
    save_file(as_timm | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}, tmp_path / "w.safetensors")
    network = build("resnet18", (48, 64, 64), 2).eval()
    settings = Weights(init="w.safetensors", freeze="all but first and last")
    first = begin(network, settings, beside=tmp_path)
    assert first.taken == tuple(stage_names(network))[:-1]
    assert first.frozen == ("features.layer1", "features.layer2", "features.layer3", "features.layer4")
    assert first.adapted == "The 3 input channels of the first layer were repeated to 48, and scaled by 3/48"
    x = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():  # the same picture for all electrodes is seen as ImageNet's network sees it once
        torch.testing.assert_close(network.embed(x.repeat(1, 16, 1, 1)), colour.embed(x), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "w.safetensors: no such file of weights"),
        (b"", "w.safetensors: is no whole safetensors file"),
        (b"\x80\x04pickled", "w.safetensors: is no whole safetensors file"),
    ],
)
def test_files_that_are_none_are_one_clear_line(tmp_path: Path, content: bytes | None, problem: str) -> None:
    if content is not None:
        (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(FileError, match=problem):
        begin(Tiny(3), Weights(init="w.safetensors"), beside=tmp_path)


def test_a_truncated_file_is_one_clear_line(imagenet_weights: Path) -> None:
    imagenet_weights.write_bytes(imagenet_weights.read_bytes()[:-10])
    with pytest.raises(FileError, match="is no whole safetensors file"):
        begin(Tiny(3), Weights(init=str(imagenet_weights)), beside=Path())


def test_networks_without_imagenet_weights_say_so(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="network 'convnet' has no ImageNet weights"):
        begin(build("convnet", (23, 7680), 2), Weights(init="imagenet"), beside=tmp_path, network="convnet")


# from a mirror of the hub


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes, str], list[str]]]:
    """Return what starts to serve a file and a checksum as the hub does, and gives the list of what is asked."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, code: object = "-", size: object = "-") -> None:
            asked.append(f"{self.path} {int(code)}")

        def log_message(self, *_: object) -> None:
            pass

    folder = tmp_path / "mirror"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("SEMEIA_WEIGHTS_URL", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))

    def serve(data: bytes, checksum: str) -> list[str]:
        for place, content in (("resolve", data), ("raw", f"version x\noid sha256:{checksum}\nsize 1\n".encode())):
            file = folder / Tiny.hub_id / place / "main" / "model.safetensors"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return asked

    yield serve
    server.shutdown()
    server.server_close()
    thread.join()


FILE = "/timm/tiny.in1k/resolve/main/model.safetensors"


def test_imagenet_weights_are_downloaded_once_and_checked(
    mirror: Callable[[bytes, str], list[str]], imagenet_weights: Path, tmp_path: Path
) -> None:
    data = imagenet_weights.read_bytes()
    checksum = hashlib.sha256(data).hexdigest()
    asked = mirror(data, checksum)
    told: list[tuple[int, int | None]] = []
    network = Tiny(16)
    settings = Weights(init="imagenet", freeze="all but last", thaw=3)
    first = begin(network, settings, beside=tmp_path, progress=lambda done, size: told.append((done, size)))
    assert told[-1] == (len(data), len(data))
    torch.testing.assert_close(network.features[0].weight, adapted_channels(imagenet()["0.weight"], 16))
    assert str(first) == (
        f"The weights began as those of ImageNet (timm/tiny.in1k, SHA-256 {checksum}). New, at random: head.1. "
        "The 3 input channels of the first layer were repeated to 16, and scaled by 3/16. "
        "Frozen: features.0, features.3. From the last backwards, one more was trained after every 3 epochs."
    )
    seen = list(asked)
    assert f"{FILE} 200" in seen
    begin(Tiny(3), settings, beside=tmp_path)
    assert asked == seen
    assert not list((tmp_path / "home").rglob("*.part*"))


def test_folds_that_begin_together_download_once(
    mirror: Callable[[bytes, str], list[str]], imagenet_weights: Path
) -> None:
    asked = mirror(imagenet_weights.read_bytes(), "")
    with ThreadPoolExecutor(4) as pool:
        files = set(pool.map(imagenet_file, [Tiny.hub_id] * 4))
    assert [file.read_bytes() for file in files] == [imagenet_weights.read_bytes()]
    assert asked.count(f"{FILE} 200") == 1


def test_weights_with_another_checksum_are_not_kept(
    mirror: Callable[[bytes, str], list[str]], imagenet_weights: Path, tmp_path: Path
) -> None:
    mirror(imagenet_weights.read_bytes(), 64 * "0")
    with pytest.raises(ModelError, match=r"timm/tiny.in1k came with the checksum .*000000000000\.\.\. is published"):
        begin(Tiny(3), Weights(init="imagenet"), beside=tmp_path)
    assert not [path for path in (tmp_path / "home").rglob("[!.]*") if path.is_file()]


def test_a_mirror_without_checksums_will_do_and_one_without_the_file_is_explained(
    mirror: Callable[[bytes, str], list[str]], imagenet_weights: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"has no such file.*give its path as weights.init"):
        begin(Tiny(3), Weights(init="imagenet"), beside=tmp_path)
    mirror(imagenet_weights.read_bytes(), "")
    begin(Tiny(3), Weights(init="imagenet"), beside=tmp_path)


# from a model


def test_a_model_of_other_classes_gives_all_but_its_last_stage(tmp_path: Path) -> None:
    model, network = Tiny(3, classes=2), Tiny(3, classes=2)
    asked: list[str] = []

    def of_model(name: str) -> Trained:
        asked.append(name)
        return Trained(model.state_dict(), same_classes=len(asked) == 2)

    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / "model.json").touch()
    first = begin(network, Weights(init="earlier"), beside=tmp_path, of_model=of_model)
    assert first.new == ("head.1",)
    assert not torch.equal(network.head[1].weight, model.head[1].weight)
    first = begin(network, Weights(init="installed"), beside=tmp_path, of_model=of_model)
    assert torch.equal(network.head[1].weight, model.head[1].weight)
    assert str(first) == "The weights began as those of the model installed."
    assert asked == [str(tmp_path / "earlier"), "installed"]


def test_a_stage_that_does_not_fit_begins_at_random_when_most_fits() -> None:
    longer, shorter = build("convnet", (23, 12000), 2), build("convnet", (23, 7680), 2)
    taken = take_weights(longer, shorter.state_dict(), except_last=True)
    assert taken.stages == ("features.0", "features.3")
    assert torch.equal(longer.features[0].weight, shorter.features[0].weight)


def test_too_little_that_fits_is_refused_with_the_layer_and_both_shapes() -> None:
    network, model = Tiny(3, width=4), Tiny(3, width=500)
    with pytest.raises(ModelError, match=r"features.3 has weight of shape \(500, 4, 3, 3\) here, and \(4, 4, 3, 3\)"):
        take_weights(model, network.state_dict(), except_last=True)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(ModelError, match=r"old: too little .* layer features.0 has weight .* and there is none in it"):
        take_weights(network, {"other": torch.zeros(3)}, except_last=False, source="old")
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_weights_that_are_not_numbers_are_refused() -> None:
    broken = Tiny(3).state_dict() | {"features.3.bias": torch.tensor([0.0, float("nan"), 0.0, 0.0])}
    with pytest.raises(ModelError, match=r"the weights of features.3.bias are not all finite"):
        take_weights(Tiny(3), broken, except_last=True)


def test_fewer_electrodes_keep_the_first_channels() -> None:
    network = Tiny(15)
    taken = take_weights(network, Tiny(16).state_dict(), except_last=True)
    assert taken.adapted == "The 16 input channels of the first layer were cut to the first 15, and scaled by 16/15"


def test_a_second_level_takes_the_network_of_its_windows(tmp_path: Path) -> None:
    sequence = build("sequence", (4, 1280), 2, encoder="resnet1d", parts=5)
    windows = build("resnet1d", (4, 256), 3)
    settings = Weights(init="windows", freeze="all but last")
    first = begin(
        sequence, settings, beside=tmp_path, of_model=lambda name: Trained(windows.state_dict(), same_classes=False)
    )
    assert first.taken == first.frozen == ("encoder",)
    given = next(iter(windows.parameters()))
    assert torch.equal(next(iter(sequence.encoder.parameters())), given)


# frozen without having learnt


@pytest.mark.parametrize("how", FREEZES[1:])
def test_frozen_random_weights_are_an_error_unless_allowed_and_the_card_says_so(how: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"features.3 were never trained .*weights.random_frozen = true"):
        begin(Tiny(3), Weights(freeze=how), beside=tmp_path)
    first = begin(Tiny(3), Weights(freeze=how, random_frozen=True), beside=tmp_path)
    assert "Frozen with random weights, which never learnt anything: " in str(first)
    assert first.frozen_at_random == first.frozen


def test_a_frozen_stage_that_took_nothing_is_an_error_too(tmp_path: Path) -> None:
    longer, shorter = build("convnet", (23, 12000), 2), build("convnet", (23, 7680), 2)

    def of_model(name: str) -> Trained:
        return Trained(shorter.state_dict(), same_classes=True)

    with pytest.raises(RecipeError, match=r"the weights of head.2 were never trained \(weights.init = 'short'\)"):
        begin(longer, Weights(init="short", freeze="all but last"), beside=tmp_path, of_model=of_model)


def test_the_card_keeps_to_what_happened() -> None:
    assert "Frozen" not in str(FirstWeights("ImageNet", ("a",), ("b",)))
