"""Networks of braindecode in Semeia's catalogue: each runs, or says in one line why not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from semeia.errors import RecipeError
from semeia.networks import build, entry_of, names
from semeia.networks.braindecode_names import LISTED, PREFIX, is_installed

pytestmark = pytest.mark.skipif(not is_installed(), reason="braindecode is not installed")

SHAPE = (23, 1280)
"""Five seconds at 256 Hz."""

REFUSED = {  # at that shape; not one of the others may be
    "AttnSleep": "Set d_model=36",
    "CBraMod": "can't divide axis of length 1280 in chunks of 200",
    "EEGDINO": r"n_chans \(23\) must not exceed n_channel_embeddings \(19\)",
    "SleepStagerBlanco2020": "does not take examples of 23 × 1280",
    "USleep": "time_conv_size must be an odd number",
}
DAILY = ("EEGNet", "ShallowFBCSPNet", "TSception", "SSTDPN", "ATCNet", "MVPFormer", "AttnSleep", "CBraMod")


def check(name: str) -> None:
    torch.manual_seed(0)
    if name in REFUSED:
        with pytest.raises(RecipeError, match=REFUSED[name]) as refused:
            build(PREFIX + name, SHAPE, 2, sfreq=256.0)
        assert str(refused.value).startswith(f"network 'braindecode:{name}'")
        assert "\n" not in str(refused.value)
        return
    network = build(PREFIX + name, SHAPE, 2, sfreq=256.0)
    assert network.training
    x = torch.randn(2, *SHAPE)
    network(x).sum().backward()
    network.eval()
    assert network(x).shape == (2, 2)
    stages = network.stages()
    weights = [id(p) for stage in stages for p in stage.parameters()]
    assert len(stages) > 1 and set(weights) == {id(p) for p in network.parameters()}
    if network.embedding_width is not None:
        assert network.embed(x).shape == (2, network.embedding_width)


@pytest.mark.parametrize("name", LISTED if os.environ.get("SEMEIA_LONG") else DAILY)
def test_each_runs_or_says_why_not(name: str) -> None:
    check(name)


def test_they_are_listed_without_importing_torch() -> None:
    code = (
        "import sys\nfrom semeia.networks import names\n"
        "assert 'braindecode:EEGNet' in names()\nassert not {'torch', 'braindecode'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert len(LISTED) == len(set(LISTED)) == 48
    assert {PREFIX + name for name in LISTED} < set(names())
    assert entry_of("braindecode:EEGNet").extra == "braindecode"


def test_parameters_are_the_networks_own() -> None:
    few, many = (build("braindecode:EEGNet", SHAPE, 2, F1=count) for count in (4, 16))
    assert sum(p.numel() for p in few.parameters()) < sum(p.numel() for p in many.parameters())
    with pytest.raises(
        RecipeError, match="'braindecode:EEGNet' has no parameter 'drop_probb': did you mean 'drop_prob'"
    ):
        build("braindecode:EEGNet", SHAPE, 2, drop_probb=0.1)
    with pytest.raises(RecipeError, match="'braindecode:EEGNet' has no parameter 'n_chans'"):
        build("braindecode:EEGNet", SHAPE, 2, n_chans=3)


@pytest.mark.parametrize("name", ["TSception", "SCCNet", "EEGSimpleConv", "BIOT"])
def test_a_rate_that_is_needed_or_taken_for_granted_is_asked_for(name: str) -> None:
    with pytest.raises(RecipeError, match=f"'braindecode:{name}' needs the parameter 'sfreq'"):
        build(PREFIX + name, SHAPE, 2)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("EEGNett", "'EEGNett' is not in the catalogue: did you mean 'EEGNet'"),
        ("DGCNN", "needs the positions or names of electrodes"),
        ("InterpolatedBIOT", "needs the positions or names of electrodes"),
        ("REVE", "fetches a file from the internet"),
        ("NeuroPose", r"it makes \(1280, 2\) of an example instead of 2 scores"),
        ("build_model_config", "is not in the catalogue"),
        ("torch", "'torch' is not in the catalogue"),
    ],
)
def test_what_does_not_suit_is_refused_in_one_line(name: str, why: str) -> None:
    with pytest.raises(RecipeError, match=why) as refused:
        build(PREFIX + name, SHAPE, 2)
    assert "\n" not in str(refused.value)


def test_a_second_level_stands_on_one_of_them() -> None:
    network = build("sequence", (23, 2560), 2, encoder="braindecode:EEGNet", parts=4).eval()
    assert network(torch.randn(2, 23, 2560)).shape == (2, 2)
    with pytest.raises(
        RecipeError, match="encoder 'braindecode:SSTDPN' gives no embeddings; networks that do: .*resnet1d"
    ):
        build("sequence", (23, 2560), 2, encoder="braindecode:SSTDPN", parts=4)


def test_without_the_extra_it_says_what_to_install() -> None:
    code = (
        "import sys\nsys.modules['braindecode'] = sys.modules['braindecode.models'] = None\n"
        "from semeia.errors import RecipeError\nfrom semeia.networks import build\n"
        "try: build('braindecode:EEGNet', (23, 1280), 2)\nexcept RecipeError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install semeia[braindecode]" in said
