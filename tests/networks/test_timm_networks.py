"""Any network of timm by its name: it fits the picture or says why not, and finds its ImageNet weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from semeia.errors import ModelError, RecipeError
from semeia.networks import build
from semeia.networks.freezing import stage_names, stages_of
from semeia.networks.weights import FirstWeights, Trained, check_imagenet, first_weights
from semeia.recipe import Weights

FAMILIES = {
    "vit_tiny_patch16_224": 192,
    "convnext_atto": 320,
    "mobilenetv3_small_050": 1024,  # has a convolution behind its pooling
    "swin_tiny_patch4_window7_224": 768,
    "regnety_002": 368,
    "poolformer_s12": 512,  # has no groups of its own
}


def no_model(name: str) -> Trained:
    raise AssertionError(name)


def begun(network: nn.Module, folder: Path, tensors: dict[str, Tensor]) -> FirstWeights:
    """Give a network the weights of a file."""
    save_file({name: value.contiguous() for name, value in tensors.items()}, folder / "w.safetensors")
    return first_weights(network, Weights(init="w.safetensors"), network="timm", beside=folder, of_model=no_model)


@pytest.mark.parametrize("model", ["vit_tiny_patch16_224", "convnext_atto", "mobilenetv3_small_050"])
def test_networks_of_any_family_compute_what_timm_computes(model: str) -> None:
    network = build("timm", (1, 64, 64), 5, model=model).eval()
    from timm import create_model

    size = {"img_size": 64} if "224" in model else {}
    original = create_model(model, in_chans=1, num_classes=5, **size).eval()
    original.load_state_dict(network.features.state_dict(), strict=False)
    classifier = original.get_classifier()
    classifier.load_state_dict(network.head[1].state_dict())
    x = torch.randn(2, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(network(x), original(x))


@pytest.mark.parametrize("model", FAMILIES)
def test_stages_go_from_stem_to_head_and_hold_each_weight_once(model: str) -> None:
    with torch.device("meta"):
        network = build("timm", (1, 64, 64), 5, model=model)
        assert network.embed(torch.zeros(2, 1, 64, 64)).shape == (2, FAMILIES[model]) == (2, network.embedding_width)
    stages = stages_of(network)
    held = [id(weight) for stage in stages for weight in stage.parameters()]
    assert sorted(held) == sorted(id(weight) for weight in network.parameters())
    assert stages[-1] is network.head
    assert 5 <= len(stages) <= 14
    first = next(iter(network.features.parameters()))
    assert any(weight is first for weight in stages[0].parameters())
    order = {id(weight): number for number, weight in enumerate(network.parameters())}
    starts = [min(order[id(weight)] for weight in stage.parameters()) for stage in stages]
    assert starts == sorted(starts)


def test_efficientnet_thaws_from_its_last_blocks_backwards() -> None:
    with torch.device("meta"):
        network = build("efficientnet-b0", (1, 64, 64), 2)
    blocks = [f"features.blocks.{number}" for number in range(6)]
    assert stage_names(network) == ["features.conv_stem", *blocks, "features.blocks.6.0.conv_pw", "head"]
    weights = {id(weight) for weight in stages_of(network)[-2].parameters()}
    last = {name.split(".")[0] for name, weight in network.features.named_parameters() if id(weight) in weights}
    assert last == {"blocks", "conv_head", "bn2"}


def test_efficientnet_begins_with_imagenet_weights_for_grey_pictures(tmp_path: Path) -> None:
    torch.manual_seed(0)
    colour = build("efficientnet-b0", (3, 64, 64), 1000).eval()
    as_timm = colour.features.state_dict() | {"classifier.weight": torch.zeros(1000, 1280)}
    network = build("efficientnet-b0", (1, 64, 64), 2).eval()
    first = begun(network, tmp_path, as_timm)
    assert first.new == ("head",)
    assert first.adapted == "The 3 input channels of the first layer were added up to one"
    x = torch.randn(2, 1, 64, 64)
    with torch.inference_mode():  # a grey picture is seen as ImageNet's network sees it in colour
        torch.testing.assert_close(network.embed(x), colour.embed(x.repeat(1, 3, 1, 1)), rtol=1e-3, atol=1e-4)
    assert network.hub_id == "timm/efficientnet_b0.ra_in1k"


def test_a_transformers_places_are_interpolated_to_the_picture(tmp_path: Path) -> None:
    original = build("timm", (3, 224, 224), 2, model="vit_tiny_patch16_224").features
    network = build("timm", (1, 96, 64), 2, model="vit_tiny_patch16_224")
    first = begun(network, tmp_path, original.state_dict() | {"head.weight": torch.zeros(1000, 192)})
    from timm.layers import resample_abs_pos_embed

    wanted = resample_abs_pos_embed(original.pos_embed.detach(), new_size=[6, 4], num_prefix_tokens=1)
    torch.testing.assert_close(network.features.pos_embed.detach(), wanted)
    weight = original.patch_embed.proj.weight
    torch.testing.assert_close(network.features.patch_embed.proj.weight, weight.sum(dim=1, keepdim=True))
    assert first.new == ("head",)
    assert network(torch.zeros(1, 1, 96, 64)).shape == (1, 2)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    network = build("timm", (3, 64, 64), 2, model="convnext_atto")
    with pytest.raises(ModelError, match=r"w.safetensors: too little of its weights fits .* layer features.stem.0"):
        begun(network, tmp_path, build("timm", (3, 64, 64), 2, model="mobilenetv3_small_050").features.state_dict())


def test_tags_choose_among_imagenet_weights_and_other_weights_are_not_imagenets() -> None:
    with torch.device("meta"):
        tagged = build("timm", (3, 64, 64), 2, model="resnet18.tv_in1k")
        other = build("timm", (3, 56, 112), 2, model="vit_small_patch14_dinov2")
    assert tagged.hub_id == "timm/resnet18.tv_in1k"
    check_imagenet(tagged, "timm")
    assert other.hub_id == ""
    with pytest.raises(RecipeError, match="network 'timm' has no ImageNet weights"):
        check_imagenet(other, "timm")


@pytest.mark.parametrize(
    ("model", "shape", "why"),
    [
        ("resnet19", (1, 64, 64), r"timm has no model 'resnet19'; nearest are .*resnet18"),
        ("hf-hub:timm/resnet18", (1, 64, 64), "timm has no model 'hf-hub:timm/resnet18'"),
        ("local-dir:/somewhere", (1, 64, 64), "timm has no model 'local-dir:/somewhere'"),
        (18, (1, 64, 64), "timm has no model 18; nearest are resnet18"),
        ("?", (1, 64, 64), r"timm has no model '\?'; nearest are none"),
        ("resnet18.nothing", (1, 64, 64), "[Ii]nvalid pretrained tag"),
        ("vit_tiny_patch16_224", (1, 100, 100), "reads patches of 16×16, .* 96×96 would fit; it was made for 224×224"),
        ("vit_tiny_patch16_224", (1, 10, 100), "'vit_tiny_patch16_224'.* 16×96 would fit"),
        ("convnext_atto", (1, 20, 20), r"does not take pictures of 1×20×20 \(.*\); it was made for 224×224"),
        ("halonet26t", (1, 100, 100), r"does not take pictures of 1×100×100 \(its layers do not fit\)"),
        ("efficientformer_l1", (1, 96, 96), "does not take pictures of 1×96×96"),
    ],
)
def test_what_does_not_suit_is_refused_in_one_line(model: object, shape: tuple[int, int, int], why: str) -> None:
    with pytest.raises(RecipeError, match=why) as refused:
        build("timm", shape, 2, model=model)
    assert str(refused.value).startswith("network 'timm': ")
    assert "\n" not in str(refused.value)


def test_the_model_must_be_named() -> None:
    with pytest.raises(RecipeError, match="network 'timm' needs the parameter 'model'"):
        build("timm", (1, 64, 64), 2)
