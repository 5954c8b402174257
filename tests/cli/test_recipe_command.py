"""``semeia recipe`` and ``semeia catalogue``: what a person can train, and a recipe of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from semeia import datasets, networks, transforms
from semeia.cli.parameters import parameters_of, summary_of
from semeia.datasets.catalogue import SourceEntry
from semeia.errors import RecipeError
from semeia.recipe import read_recipe
from semeia.training.shipped import recipe_path, shipped_recipes
from semeia.transforms.catalogue import TransformEntry


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")


def test_shipped_recipes_are_listed(run) -> None:
    code, out, _ = run("recipe")
    assert code == 0
    lines = out.splitlines()[1:]
    assert [line.split()[0] for line in lines if line[0] != " "] == list(shipped_recipes())
    (row,) = (number for number, line in enumerate(lines) if line.startswith("eeg-starter"))
    assert "any montage" in lines[row] and lines[row + 1].strip() == "simulated, folder; channelwise"


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_a_new_recipe_says_the_same_as_the_one_it_was_made_from(run, tmp_path: Path, name: str) -> None:
    made = tmp_path / "new" / "mine.toml"
    code, out, err = run("recipe", "new", "mine", "--from", name, "-o", str(made))
    assert (code, err) == (0, "")
    assert out == f"{made}: written from {name}. Change it, then: semeia recipe check {made}\n"
    new, old = read_recipe(made), read_recipe(recipe_path(name))
    assert new == old.model_copy(update={"name": "mine"})


def test_a_new_recipe_explains_its_keys_and_shows_those_that_it_leaves_out(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("recipe", "new", "mine")[0] == 0
    lines = Path("mine.toml").read_text().splitlines()
    said = {line.split("#")[0].strip(): line.split("#", 1)[-1].strip() for line in lines if not line.startswith("#")}
    assert said["step = 1.0"] == "seconds between the starts of neighbouring windows"
    assert said["clip = 8.0"] == "Limit of the soft clipping, in units of scale"
    shown = {line.split("# ")[1].strip(): line.split("# ")[2].strip() for line in lines if line.count("# ") == 2}
    assert shown["patience = 8"] == "epochs without a better validation before stopping"
    assert shown["width = 16"] == "Feature maps of the first layer"
    assert shown['by = "patient"'].startswith("what is never on both sides")
    assert shown['freeze = "none"'] and shown['init = "random"']
    for key in shown:
        if not key.endswith("(not set)"):  # one without a default
            tomllib.loads(key)


def test_a_new_recipe_for_images_shows_the_tables_of_images_only(run, tmp_path: Path) -> None:
    made = tmp_path / "mine.toml"
    assert run("recipe", "new", "mine", "--from", "xray-pneumonia-cnn", "-o", str(made))[0] == 0
    text = " ".join(made.read_text().split())
    for words in (
        "rotation = 5.0 # turn by up to this many degrees",
        "# mixup = 0.0 # mix pairs of images and their classes",
        "# [testing] # ",
        "# views = 1 # average over so many views of an image",
        "# by = ",
        'fit = "stretch" # What is done with another aspect: ',
        'classes = ["healthy", "pneumonia"] # classes of the data source, the first one negative',
    ):
        assert words in text, words
    for words in ("[detection]", "[examples]", "amplitude", "horizons"):
        assert words not in text


def test_a_recipe_for_images_is_checked_and_explained(run, image_recipe_file: Path) -> None:
    code, out, err = run("recipe", "check", str(image_recipe_file))
    assert (code, err) == (0, "")
    assert out == "blobs.toml: is in order. One example is 1 × 20 × 20; the network has 1,454 parameters.\n"
    code, out, _ = run("recipe", "explain", str(image_recipe_file), "--set", "testing.views=4")
    assert code == 0
    for words in (
        "Tell clear, blob apart; clear is the negative one. Images in none are left out.",
        "Patients, and images that are twins of each other, are never on both sides.",
        "One image becomes 1 × 20 × 20 (channels × height × width).",
        "Each image is judged by the mean over 4 views of it.",
        "At most 4 epochs of 4 steps of 16 images",
    ):
        assert words in out
    assert "indow" not in out


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("augmentation.rotatoin=5", "unknown key 'augmentation.rotatoin': did you mean 'rotation'?"),
        ("augmentation.invert=true", "unknown key 'augmentation.invert': there are rotation, zoom"),
        ("testing.vews=4", "unknown key 'testing.vews': did you mean 'views'?"),
        ("testng.views=4", "unknown key 'testng': did you mean 'testing'?"),
        ("detection.threshold=0.5", "unknown key 'detection': "),
        ("task.clases=['a', 'b']", "unknown key 'task.clases': did you mean 'classes'?"),
        ("task.classes=['a']", 'task.classes = ["a"]: it should have at least 2 items'),
        ("task.kind=imges", "did you mean 'images'?"),
        ("transform.sizes=3", "transform 'image' has no parameter 'sizes': did you mean 'size'?"),
        ("data.0.patients='p'", "data source 'image-folder' has no parameter 'patients': did you mean 'patient'?"),
    ],
)
def test_a_wrong_key_of_a_recipe_for_images_is_said_with_the_nearest(
    run, image_recipe_file: Path, setting: str, words: str
) -> None:
    code, out, err = run("recipe", "check", str(image_recipe_file), "--set", setting)
    assert (code, out) == (1, "") and err.startswith("semeia: blobs.toml: ") and err.count("\n") == 1
    assert words in err


def test_a_new_recipe_can_begin_with_ones_own(run, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    text = recipe_path("eeg-detection-convnet").read_text()
    task = '\n[task]\nkind = "prediction"\nhorizons = [\n    30.0,\n]\n\n[examples.dropouts]\nmost = 0.2 # a comment\n'
    mine.write_text(text + task)
    code, _, err = run("recipe", "new", "other", "--from", str(mine), "-o", str(tmp_path / "other.toml"))
    assert (code, err) == (0, "")
    made = (tmp_path / "other.toml").read_text()
    assert read_recipe(tmp_path / "other.toml").task.kind == "prediction"
    assert "# gap = 5.0" in made and "# patterns" not in made
    assert "most = 0.2 # a comment\n# impute = " in made
    assert made.count("[task]") == 1


def test_a_new_recipe_overwrites_nothing_and_its_name_is_checked(run, tmp_path: Path) -> None:
    made = tmp_path / "mine.toml"
    made.write_text("precious")
    code, _, err = run("recipe", "new", "mine", "-o", str(made))
    assert code == 1 and err.startswith(f"semeia: {made}: is there already")
    assert made.read_text() == "precious"
    for arguments, said in (
        (["Mine"], "'Mine' is no name: small letters, digits and hyphens, such as my-detector"),
        (["mine", "--from", "eeg-start"], "recipe 'eeg-start': neither a file nor one that is shipped: did you mean"),
        (["mine", "--from", str(made)], "mine.toml: cannot be read as a recipe"),
    ):
        code, _, err = run("recipe", "new", *arguments, "-o", str(tmp_path / "x.toml"))
        assert code == 1 and err.startswith(f"semeia: {said}") and err.count("\n") == 1
        assert not (tmp_path / "x.toml").exists()


def test_a_recipe_in_order_is_said_to_be(run, recipe_file: Path) -> None:
    code, out, err = run("recipe", "check", str(recipe_file))
    assert (code, err) == (0, "")
    assert out.startswith("small.toml: is in order. One example is 4 × 256; the network has ")
    code, out, _ = run("recipe", "check", "eeg-detection-convnet")
    assert code == 0 and "the network has 3,137 parameters" in out


def test_each_fault_of_a_recipe_is_a_line(run, recipe_file: Path) -> None:
    settings = ("--set", "examples.window=0.5", "--set", "data.0.paht=1")
    code, out, err = run("recipe", "check", str(recipe_file), *settings)
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "semeia: small.toml: data source 'folder' has no parameter 'paht': did you mean 'path'?",
        "semeia: small.toml: network 'channelwise': a window of 32 samples is too short; the shortest that fits is 187",
    ]
    code, _, err = run("recipe", "check", str(recipe_file), "--set", "trainng.epochs=3")
    assert code == 1 and "did you mean 'training'" in err
    assert run("recipe", "check", "nothing.toml")[2] == "semeia: nothing.toml: no such recipe\n"


def test_a_recipe_is_explained_in_plain_words(run) -> None:
    code, out, _ = run("recipe", "explain", "eeg-detection-convnet", "--set", "training.epochs=7")
    assert code == 0
    for words in (
        "Windows of 30 s (7680 samples at 256 Hz), every 5 s, of the montage chbmit, 23 channels.",
        "Validation: the patients chb08.",
        "One example becomes 23 × 7680 (channels × samples).",
        "3,137 parameters.",
        "At most 7 epochs of 128 steps of 64 windows",
    ):
        assert words in out
    rows = [line.split() for line in out.splitlines()]
    assert any(row[:1] == ["head.2"] or "Linear" in row for row in rows)


def test_everything_that_recipes_can_name_is_listed(run) -> None:
    code, out, _ = run("catalogue")
    assert code == 0
    listed = {line.split()[0] for line in out.splitlines() if line.strip()}
    assert {*datasets.names(), *transforms.names(), *networks.names()} <= listed
    code, out, _ = run("catalogue", "transforms")
    lines = out.splitlines()
    (row,) = (number for number, line in enumerate(lines) if line.startswith("raw"))
    assert "rate, " in lines[row + 1] and "scale = 100.0" in lines[row + 1]
    assert "convnet" not in out


def test_one_thing_is_shown_with_its_parameters(run) -> None:
    code, out, _ = run("catalogue", "networks", "channelwise")
    assert code == 0
    assert "takes signal, any channels" in out
    (width,) = (line for line in out.splitlines() if line.startswith("width"))
    assert width.strip().split(maxsplit=2) == ["width", "16", "Feature maps of the first layer."]
    assert "shape" not in {line.split()[0] for line in out.splitlines() if line.strip()}
    code, _, err = run("catalogue", "networks", "chanelwise")
    assert (code, err) == (1, "semeia: network 'chanelwise' is not in the catalogue: did you mean 'channelwise'?\n")


def test_what_is_added_by_one_line_is_listed_shown_and_explained_in_a_new_recipe(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_of_my_own.py").write_text(
        '"""Mine."""\n'
        "from semeia.transforms.raw import Raw\n"
        "def importer(path, *, loud=True):\n"
        '    """Return recordings.\n\n'
        "    Parameters\n    ----------\n    loud : bool\n        Only loud ones.\n"
        '    """\n'
        "    return []\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(datasets.catalogue._CATALOGUE, "mine", SourceEntry("mine_of_my_own", "importer", "my own data"))
    entry = TransformEntry("mine_of_my_own", "Raw", "my own transform")
    monkeypatch.setitem(transforms.catalogue._CATALOGUE, "my-transform", entry)
    listed = run("catalogue")[1]
    assert "my own data" in listed and "my own transform" in listed
    assert "loud = true" in run("catalogue", "datasets")[1]
    (row,) = json.loads(run("catalogue", "datasets", "mine", "--json")[1])
    assert row["parameters"][1] == {
        **{"name": "loud", "kind": "bool", "default": "true", "description": "Only loud ones."},
    }
    assert "my own data" in run("datasets", "list")[1]
    recipe = tmp_path / "a.toml"
    text = recipe_path("eeg-starter").read_text().replace('name = "raw"', 'name = "my-transform"')
    recipe.write_text(text + '\n[[data]]\nsource = "mine"\npath = "nowhere"\noptional = true\n')
    code, out, err = run("recipe", "check", str(recipe))
    assert (code, err) == (0, "") and "data source 'mine': nowhere is not here" in out
    assert run("recipe", "new", "b", "--from", str(recipe), "-o", str(tmp_path / "b.toml"))[0] == 0
    assert "# loud = true                     # Only loud ones" in (tmp_path / "b.toml").read_text()


def test_docstrings_and_signatures_become_parameters() -> None:
    def factory(first, second, width, height=2, *, name: str | None = None, **others):
        """Make one
        of these.

        Parameters
        ----------
        first, second : int
            Left out.
        width, height : float, optional
            Of the `whole`,
            in metres.

        Raises
        ------
        ValueError
            Never.
        """

    taken = parameters_of(factory, 2)
    assert [(p.name, p.kind, p.default, p.description) for p in taken] == [
        ("width", "float", "needed", "Of the whole, in metres."),
        ("height", "float", "2", "Of the whole, in metres."),
        ("name", "str | None", "not set", ""),
    ]
    assert summary_of(factory) == "Make one of these."
    assert parameters_of(lambda x: x)[0].description == ""


def test_an_unknown_kind_is_an_error_of_the_command_line(run) -> None:
    assert run("catalogue", "network")[0] == 2
    with pytest.raises(RecipeError):
        networks.entry_of("nothing")


def test_listing_needs_no_torch() -> None:
    for command in (("catalogue",), ("recipe",), ("datasets", "list"), ("runs",)):
        code = f"import sys; from semeia.cli import app\ntry: app({list(command)})\nexcept SystemExit: pass\n"
        answer = subprocess.run(
            [sys.executable, "-c", code + "assert 'torch' not in sys.modules and 'django' not in sys.modules"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr


def test_a_model_is_exported_from_the_command_line(run, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    said = "takes batch × channels × 800, gives logits of each class; its metadata say the rest"
    answer = run("export", "eeg-starter", "-o", str(tmp_path / "starter.onnx"))
    assert answer == (0, f"{tmp_path}/starter.onnx: {said}\n", "")
    code, _, err = run("export", "eeg-starter", "-o", str(tmp_path / "starter.onnx"))
    assert code == 1 and err.startswith(f"semeia: {tmp_path}/starter.onnx: is there already; choose another file")
    code, _, err = run("export", "eeg-startr", "-o", str(tmp_path / "x.onnx"))
    assert code == 1 and err.startswith("semeia: model 'eeg-startr'")
