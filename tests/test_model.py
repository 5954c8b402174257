"""A model's folder, and what a model does with recordings it can and cannot use."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import semeia
from blobs import picture, write_picture
from epilepsy import LABELS, eeg, interrupt, write_recording
from semeia.datasets import LabelledRecording
from semeia.errors import FileError, ModelError, MontageError, RecordingError, StorageError
from semeia.events import Events
from semeia.images import open_image
from semeia.model import (
    Component,
    Description,
    ImageModel,
    Input,
    Model,
    OperatingPoint,
    installed,
    load,
    load_any,
    load_image_model,
)
from semeia.networks import build
from semeia.recipe import Dropouts, Examples
from semeia.signals import ArrayRecording
from semeia.signals.edf_writer import EdfWriter
from semeia.signals.montage import montage_named
from semeia.training.windows import prepare
from semeia.transforms import transform_named

SHIPPED = Path(semeia.__file__).parent / "models"
FILES = {"card.md", "metrics.json", "model.json", "recipe.toml", "weights.safetensors"}
AROUND = {"recipe": "", "metrics": {}, "card": ""}


@pytest.fixture
def model(small_model: Path) -> Model:
    return load(small_model)


@pytest.fixture
def copy(small_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_model, tmp_path / "copy"))


def recording(seconds: float = 150, labels: tuple[str, ...] = LABELS, rate: float = 128, **more):
    return ArrayRecording(eeg(seconds, channels=len(labels), rate=rate, seed=42), rate, labels, **more)


def convnet() -> Model:
    """Return an untrained model that needs the 23 channels of CHB-MIT."""
    torch.manual_seed(0)
    description = Description(
        name="fixed",
        input=Input(montage="chbmit", channels=23, window=2048, minimum_rate=256),
        transform=Component(name="raw", parameters={"rate": 256.0}),
        network=Component(name="convnet"),
        operating_point=OperatingPoint(threshold=0.5),
    )
    return Model(description, build("convnet", (23, 2048), 2))


# --- the public face


def test_the_lines_of_the_readme_find_the_seizures(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    shutil.copytree(copy, tmp_path / "home" / "models" / "mine")
    write_recording(tmp_path / "patient.edf", seed=42)
    monkeypatch.chdir(tmp_path)

    recording = semeia.open("patient.edf")
    page = recording.read(60, 70)
    model = semeia.load("mine")
    found = model.detect(recording, hop=1.0)
    found.track.write("patient_track.csv")
    found.events.write("patient_events.tsv")
    recording.close()

    assert page.shape == (5, 1280) and page.dtype == np.float32
    assert [(e.onset, e.stop) for e in found.events] == [
        pytest.approx((40, 70), abs=2),
        pytest.approx((100, 125), abs=2),
    ]
    assert all(0.5 < event.confidence <= 1 for event in found.events)
    assert Path("patient_events.tsv").read_text().count("\tsz\t") == 2
    assert len(Path("patient_track.csv").read_text().splitlines()) == 1 + 147


def test_a_model_is_known_by_its_name_or_its_folder(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    place = tmp_path / "home" / "models" / "mine"
    shutil.copytree(copy, place)
    assert installed()["mine"] == place
    assert load("mine").folder == place
    assert load(copy).folder == load(str(copy)).folder == copy


def test_an_unknown_name_is_refused_with_those_that_are_installed(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "home"))
    shutil.copytree(copy, tmp_path / "home" / "models" / "mine")
    with pytest.raises(ModelError, match=r"model 'nobody': neither a model's folder nor installed \(.*mine.*\)"):
        load("nobody")


def test_models_can_be_listed_and_loaded_where_no_home_can_be(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEMEIA_HOME", str(tmp_path / "file" / "home"))
    assert "mine" not in installed()
    assert load(copy).name == "small"
    with pytest.raises(ModelError, match="neither a model's folder nor installed"):
        load("mine")


@pytest.mark.parametrize("name", sorted(file.parent.name for file in SHIPPED.glob("*/model.json")))
def test_every_shipped_model_is_whole_and_named_after_its_folder(name: str) -> None:
    shipped = load_any(name)
    assert shipped.name == name
    assert {file.name for file in (shipped.folder or Path()).iterdir()} == FILES
    if isinstance(shipped, ImageModel):
        pictures = np.random.default_rng(1).integers(0, 256, (2, *shipped.transform.shape()), np.uint8)
        np.testing.assert_allclose(shipped.probabilities(pictures).sum(axis=1), 1, atol=1e-5)
        return
    needs = shipped.description.input
    named = needs.montage not in {"any", "recorded"}
    labels = montage_named(needs.montage).labels if named else ("Fp1-F7", "F7-T7", "C3-P3", "Fz-Cz", "C4-P4")
    rate = max(256, round(needs.minimum_rate))
    assert np.isfinite(shipped.probabilities(recording(60, labels, rate=rate))).all()


# --- its folder


def test_a_model_comes_back_as_it_was_saved(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "again", recipe="name = 'x'\n", metrics={"a": 1}, card="# x\n")
    again = load(tmp_path / "again")
    assert again.description == model.description
    assert {file.name for file in (tmp_path / "again").iterdir()} == FILES
    for name, value in model.module.state_dict().items():
        assert torch.equal(value, again.module.state_dict()[name])
    assert not again.module.training
    given = recording()
    np.testing.assert_array_equal(model.track(given).probability, again.track(given).probability)


def test_a_model_that_cannot_be_saved_whole_leaves_what_was_there(model: Model, copy: Path) -> None:
    before = {file.name: file.read_bytes() for file in copy.iterdir()}
    with pytest.raises(TypeError):
        model.save(copy, **AROUND | {"metrics": {"a": object()}})
    assert {file.name: file.read_bytes() for file in copy.iterdir()} == before
    assert [file.name for file in copy.parent.iterdir()] == ["copy"]


def test_a_model_takes_no_place_of_a_file(model: Model, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="it is a file, not a folder"):
        model.save(tmp_path / "file", **AROUND)
    assert (tmp_path / "file").read_text() == "mine"


def changed(copy: Path, change: Callable[[dict], object]) -> None:
    table = json.loads((copy / "model.json").read_text())
    change(table)
    (copy / "model.json").write_text(json.dumps(table))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.update(format=2), "is of format 2, and this Semeia reads format 1; a newer Semeia may"),
        (lambda t: t.pop("input"), "model.json: input: field required"),
        (lambda t: t.update(colour="red"), "model.json: colour: extra inputs are not permitted"),
        (lambda t: t["input"].update(window=0), "model.json: input.window: "),
        (lambda t: t["input"].update(window=9), "model.json: .*a window of 9 samples is too short"),
        (lambda t: t["operating_point"].update(threshold=7), "operating_point.threshold: "),
        (lambda t: t["network"].update(name="nothing"), "model.json: network 'nothing' is not in the catalogue"),
        (lambda t: t["network"]["parameters"].update(width=-1), "model.json: network 'channelwise': "),
        (lambda t: t["network"]["parameters"].update(width=10**9), "model.json: network 'channelwise': "),
        (lambda t: t["network"]["parameters"].update(depth=2), "model.json: network 'channelwise' .*depth"),
        (lambda t: t["network"]["parameters"].update(width=5), "weights.safetensors: does not fit model.json"),
        (lambda t: t["transform"].update(name="nothing"), "model.json: transform 'nothing' is not in the"),
        (lambda t: t["transform"]["parameters"].update(rate=-4), "model.json: transform 'raw': rate is -4"),
        (lambda t: t["transform"]["parameters"].pop("rate"), "model.json: transform 'raw' needs .* 'rate'"),
    ],
)
def test_a_description_that_cannot_be_used_is_refused(copy: Path, change, message: str) -> None:
    changed(copy, change)
    with pytest.raises(ModelError, match=message) as caught:
        load(copy)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("copy/")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_a_damaged_description_is_refused(copy: Path, content: bytes) -> None:
    (copy / "model.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"^copy/model.json: ") as caught:
        load(copy)
    assert "\n" not in str(caught.value)


def test_a_model_without_its_weights_is_incomplete(copy: Path) -> None:
    (copy / "weights.safetensors").unlink()
    with pytest.raises(ModelError, match="copy: weights.safetensors is missing; the model is incomplete"):
        load(copy)


@pytest.mark.parametrize("how", ["empty", "truncated", "noise", "one less", "one more", "other shape", "folder"])
def test_weights_that_are_damaged_or_do_not_fit_are_refused(copy: Path, how: str) -> None:
    path = copy / "weights.safetensors"
    content, tensors = path.read_bytes(), load_file(path)
    name = "features.1.weight"
    match how:
        case "empty":
            path.write_bytes(b"")
        case "truncated":
            path.write_bytes(content[:-10])
        case "noise":
            path.write_bytes(np.random.default_rng(0).bytes(4000))
        case "one less":
            save_file({key: value for key, value in tensors.items() if key != name}, path)
        case "one more":
            save_file(tensors | {"more": torch.zeros(3)}, path)
        case "other shape":
            save_file(tensors | {name: torch.zeros(2, 3)}, path)
        case "folder":
            path.unlink()
            path.mkdir()
    with pytest.raises(ModelError, match=r"^copy/weights.safetensors: does not fit .* or is damaged") as caught:
        load(copy)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="neither a model's folder nor installed"):
        load(tmp_path)


# --- recordings that it cannot use


def test_a_recording_without_the_channels_is_refused_with_their_names() -> None:
    with pytest.raises(MontageError) as caught:
        convnet().detect(recording(30, rate=256))
    for missing in ("F7", "T7", "Pz"):
        assert missing.upper() in str(caught.value).upper()
    assert "\n" not in str(caught.value)


def test_too_few_scalp_channels_are_refused_with_those_there_are(model: Model) -> None:
    with pytest.raises(MontageError, match="at least 4 scalp channels are needed; there are 2: Cz, Pz"):
        model.detect(recording(30, ("Cz", "ECG", "Pz")))


def test_a_recording_shorter_than_a_window_is_refused(model: Model) -> None:
    with pytest.raises(RecordingError, match=r"lasts 3.90625 s; model small needs at least 4 s"):
        model.detect(recording(3.90625))
    assert len(model.detect(recording(4)).track.probability) == 1


def test_a_recording_sampled_too_slowly_is_refused(model: Model) -> None:
    with pytest.raises(RecordingError, match="needs channels sampled at 64 Hz or faster; .* has 50 Hz"):
        model.detect(recording(30, rate=50))


def test_a_model_that_knows_no_seizures_detects_none(model: Model) -> None:
    other = Model(model.description.model_copy(update={"classes": ["healthy", "pneumonia"]}), model.module)
    with pytest.raises(ModelError, match="tells healthy, pneumonia apart: it cannot detect seizures"):
        other.detect(recording(30))


@pytest.mark.parametrize("hop", [0, -1, float("nan"), float("inf")])
def test_a_hop_that_is_no_time_is_refused(model: Model, hop: float) -> None:
    with pytest.raises(ValueError, match="hop .*: it must be a number of seconds above 0"):
        model.track(recording(30), hop=hop)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(model: Model, threshold: float) -> None:
    with pytest.raises(ValueError, match="a probability is from 0 to 1"):
        model.detect(recording(30), threshold=threshold)


def test_a_file_cut_short_while_it_is_read_is_one_clear_error(model: Model, tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.edf")
    with semeia.open(path) as opened:
        path.write_bytes(path.read_bytes()[:100_000])
        with pytest.raises(FileError, match="^a.edf: "):
            model.detect(opened)


# --- what it finds


def test_windows_that_touch_a_gap_are_not_scored_and_no_event_lies_over_them(model: Model, tmp_path: Path) -> None:
    path = write_recording(tmp_path / "gap.edf", seizures=[(40, 60)], seed=42)
    interrupt(path, 70, 20)  # amid the seizure
    with semeia.open(path) as opened:
        found = model.detect(opened)
    start = np.arange(len(found.track.probability))
    touched = (start > 66) & (start < 90)
    np.testing.assert_array_equal(np.isnan(found.track.probability), touched)
    assert found.track.unscored == touched.sum()
    assert [(e.onset, e.stop) for e in found.events] == [
        pytest.approx((40, 69), abs=2),
        pytest.approx((91.5, 120), abs=2),
    ]
    assert found.track.duration == found.events.duration == 170


def test_a_recording_that_is_all_gap_is_not_scored_at_all(model: Model) -> None:
    found = model.detect(recording(30, gaps=[(2, 29)]))
    assert np.isnan(found.track.probability).all() and len(found.events) == 0


def test_windows_have_the_same_probability_at_any_hop(model: Model) -> None:
    given = recording(130)  # longer than a block
    fine = model.track(given, hop=0.25)
    for times in (2, 4, 6, 11):
        coarse = model.track(given, hop=0.25 * times)
        assert coarse.hop == 0.25 * times
        np.testing.assert_allclose(coarse.probability, fine.probability[::times], atol=1e-5)


def test_the_hop_is_rounded_to_samples_and_said(model: Model) -> None:
    assert model.track(recording(10), hop=0.3).hop == 19 / 64
    assert model.track(recording(10), hop=1e-9).hop == 1 / 64
    assert len(model.track(recording(10), hop=1e9).probability) == 1


def test_the_threshold_can_be_chosen(model: Model) -> None:
    given = recording()
    (everything,) = model.detect(given, threshold=0.0).events
    assert (everything.onset, everything.stop) == (0, 150)
    own = model.description.operating_point.threshold
    spans = [[(e.onset, e.stop) for e in model.detect(given, threshold=t).events] for t in (None, own)]
    assert spans[0] == spans[1]
    time = [sum(e.duration for e in model.detect(given, threshold=t).events) for t in (0.01, own, 1)]
    assert time == sorted(time, reverse=True)


def test_events_say_who_proposed_them(model: Model) -> None:
    for event in model.detect(recording()).events:
        assert (event.label, event.author, event.status) == ("seizure", "small", "proposed")


def test_order_and_other_channels_do_not_matter(model: Model) -> None:
    data = eeg(30, seed=42)
    plain = ArrayRecording(data, 128, LABELS)
    turned = ArrayRecording(np.concatenate([1000 * data[:1], data[::-1]]), 128, ("ECG", *reversed(LABELS)))
    np.testing.assert_allclose(model.track(plain).probability, model.track(turned).probability, atol=1e-5)


def test_progress_goes_up_to_one(model: Model) -> None:
    shares: list[float] = []
    model.detect(recording(400), progress=shares.append)
    assert shares == sorted(shares) and len(shares) >= 3
    assert shares[-1] == 1


def test_values_come_while_it_looks(model: Model) -> None:
    parts: list[tuple[int, list[float]]] = []
    track = model.track(
        recording(400), partial=lambda track, first: parts.append((first, track.probability[first:].tolist()))
    )
    assert len(parts) >= 3
    assert [first for first, _ in parts] == [sum(len(values) for _, values in parts[:k]) for k in range(len(parts))]
    assert [value for _, values in parts for value in values] == track.probability.tolist()


# --- other tasks than detection


def spectrogram_model(**more) -> Model:
    """Return an untrained model for three classes that sees four channels as pictures."""
    made = transform_named("spectrogram", rate=64.0, window=1.0, highest=30.0, high_pass=0.5)
    made = made.fit([eeg(60, [], channels=4, rate=64, seed=1)[None]])
    description = Description(
        name="pictures",
        task="prediction",
        classes=["interictal", "preictal 10 min", "preictal 60 min"],
        input=Input(montage="recorded", channels=4, window=256, **more),
        transform=Component(name="spectrogram", parameters=made.state()),
        network=Component(name="cnn2d", parameters={"depth": 2}),
        operating_point=OperatingPoint(threshold=0.5),
    )
    torch.manual_seed(0)
    return Model(description, build("cnn2d", made.shape(4, 256), 3, depth=2))


def patterns_model() -> Model:
    description = Description(
        name="spikes",
        task="patterns",
        classes=["spike", "seizure"],
        input=Input(montage="any", channels=4, any_channels=True, window=128),
        transform=Component(name="raw", parameters={"rate": 64.0}),
        network=Component(name="pattern-detector", parameters={"width": 4}),
        operating_point=OperatingPoint(threshold=0.5),
    )
    torch.manual_seed(0)
    return Model(description, build("pattern-detector", (4, 128), 2, width=4))


def signal_of(model: Model, given) -> np.ndarray:
    return np.concatenate([block for _, block in model.transform.signal(given)], axis=1)


def test_a_model_that_sees_pictures_scores_every_window(tmp_path: Path) -> None:
    model = spectrogram_model()
    given = recording(200, ("a", "b", "c", "d"))  # longer than a block
    shares: list[float] = []
    found = model.probabilities(given, hop=2.0, progress=shares.append)
    signal = signal_of(model, given)
    windows = np.stack([signal[:, first : first + 256] for first in range(0, 200 * 64 - 255, 128)])
    with torch.inference_mode():
        wanted = model.module(torch.from_numpy(model.transform.apply(windows))).softmax(dim=1).numpy()
    assert found.shape == (99, 3) and found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert shares[-1] == 1
    with pytest.raises(ModelError, match="tells interictal, preictal 10 min, preictal 60 min apart: it cannot detect"):
        model.detect(given)
    model.save(tmp_path / "kept", **AROUND)
    np.testing.assert_array_equal(load(tmp_path / "kept").probabilities(given, hop=2.0), found)


def test_a_model_of_all_channels_takes_their_number_only() -> None:
    with pytest.raises(MontageError, match="model pictures takes 4 channels in their order; this recording has 5"):
        spectrogram_model().probabilities(recording(30))


def test_a_model_of_patterns_scores_every_channel() -> None:
    model = patterns_model()
    for labels in (LABELS, ("F3", "F4", "C3", "C4", "P3", "P4", "O2")):
        given = recording(30, labels, gaps=[(10, 11)])
        found = model.probabilities(given, hop=1.0)
        assert found.shape == (29, len(labels), 2)
        np.testing.assert_array_equal(np.isnan(found).all(axis=(1, 2)), [9 <= start <= 10 for start in range(29)])
        signal = model.transform.apply(signal_of(model, given))
        with torch.inference_mode():
            wanted = model.module(torch.from_numpy(signal[None, :, 64:192])).sigmoid()[0].numpy()
        np.testing.assert_allclose(found[1], wanted, atol=1e-5)
    with pytest.raises(ModelError, match="cannot detect seizures"):
        model.track(recording(30))


@pytest.mark.parametrize("impute", ["sample", "average"])
@pytest.mark.parametrize("task", ["pictures", "raw"])
def test_dropouts_are_filled_as_they_were_in_training(tmp_path: Path, impute: str, task: str) -> None:
    dropouts = Dropouts(most=0.9, impute=impute, recent=5.0)
    model = spectrogram_model(dropouts=dropouts) if task == "pictures" else patterns_model()
    if task == "raw":
        input_ = model.description.input.model_copy(update={"dropouts": dropouts})
        model = Model(model.description.model_copy(update={"input": input_}), model.module)
    labels = ("F3", "F4", "C3", "C4")
    data = eeg(60, [], channels=4, seed=3)
    data[:, 20 * 128 : 23 * 128] = 0
    with EdfWriter(tmp_path / "holed.edf", labels, 128) as writer:
        writer.write(data)
    with semeia.open(tmp_path / "holed.edf") as opened:
        found = model.probabilities(opened, hop=1.0)
    window = model.description.input.window
    settings = Examples(window=window / 64, montage=model.description.input.montage, dropouts=dropouts)
    labelled = LabelledRecording(tmp_path / "holed.edf", "p", Events(), 60.0, "a")
    made = prepare([labelled], settings, model.transform)
    inputs = np.concatenate([model.transform.apply(batch) for batch in made.batches()])
    with torch.inference_mode():
        logits = model.module(torch.from_numpy(inputs))
    wanted = (logits.softmax(dim=1) if task == "pictures" else logits.sigmoid()).numpy()
    np.testing.assert_allclose(found[made.first // 64], wanted, atol=1e-4)
    scored = np.isfinite(found).all(axis=tuple(range(1, found.ndim)))
    np.testing.assert_array_equal(np.flatnonzero(scored), made.first // 64)  # what lacks too much is left out here too
    assert made.missing == pytest.approx(0.05)


def test_dropouts_are_not_scored_where_none_were_allowed(tmp_path: Path) -> None:
    model = spectrogram_model(dropouts=Dropouts())
    data = eeg(60, [], channels=4)
    data[:, 20 * 128 : 23 * 128] = 0
    found = model.probabilities(ArrayRecording(data, 128, ("a", "b", "c", "d")), hop=1.0)
    np.testing.assert_array_equal(np.isnan(found[:, 0]), [16 < start < 23 for start in range(57)])


# --- models for images


@pytest.fixture
def image_copy(small_image_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_image_model, tmp_path / "pictures"))


def test_a_model_is_loaded_as_what_it_judges(small_model: Path, small_image_model: Path) -> None:
    with pytest.raises(ModelError, match="^model blobs judges images, not recordings: semeia models lists what each"):
        load(small_image_model)
    with pytest.raises(ModelError, match="^model small judges recordings, not images: semeia models lists what each"):
        load_image_model(small_model)
    assert isinstance(load_any(small_image_model), ImageModel) and isinstance(load_any(small_model), Model)


def test_a_model_for_images_comes_back_as_it_was_saved(small_image_model: Path, tmp_path: Path) -> None:
    model = load_image_model(small_image_model)
    model.save(tmp_path / "again", recipe="name = 'x'\n", metrics={"a": 1}, card="# x\n")
    again = load_image_model(tmp_path / "again")
    assert again.description == model.description and not again.module.training
    assert {file.name for file in (tmp_path / "again").iterdir()} == FILES
    batch = np.stack([picture("blob", seed, 20)[None] for seed in range(70)])  # more than two batches
    found = model.probabilities(batch)
    assert found.shape == (70, 2) and found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(again.probabilities(batch), found)


def test_an_image_is_judged_as_its_pixels_are(small_image_model: Path, tmp_path: Path) -> None:
    model = load_image_model(small_image_model)
    grey = open_image(write_picture(tmp_path / "grey.png", "blob", 8, side=40))
    pixels = model.prepared(grey)
    assert pixels.shape == (1, 20, 20) and pixels.dtype == np.uint8
    np.testing.assert_allclose(model.classify(grey), model.probabilities(pixels[None])[0], atol=1e-6)
    with torch.inference_mode():
        wanted = model.module(torch.from_numpy(model.transform.apply(pixels[None]))).softmax(dim=1)[0].numpy()
    np.testing.assert_allclose(model.classify(grey), wanted, atol=1e-6)
    from PIL import Image as Pillow

    Pillow.open(tmp_path / "grey.png").convert("RGB").save(tmp_path / "colour.png")
    np.testing.assert_allclose(model.classify(open_image(tmp_path / "colour.png")), wanted, atol=0.02)


def test_of_two_classes_the_threshold_decides_and_of_more_the_most_probable(small_image_model: Path) -> None:
    about = load_image_model(small_image_model).description
    low = about.model_copy(update={"operating_point": OperatingPoint(threshold=0.2)})
    assert [low.said([1 - p, p]) for p in (0.19, 0.2, 0.9)] == ["clear", "blob", "blob"]
    three = low.model_copy(update={"classes": ["a", "b", "c"]})
    assert [three.said(p) for p in ([0.5, 0.3, 0.2], [0.1, 0.5, 0.4], [0.2, 0.3, 0.5])] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.update(views=3), "model.json: views: "),
        (lambda t: t.update(members=0), "model.json: members: "),
        (lambda t: t.update(members=2), "weights.safetensors: does not fit model.json"),
        (lambda t: t.update(input={}), "model.json: input: extra inputs are not permitted"),
        (lambda t: t.pop("task"), "model.json: "),
        (lambda t: t.update(classes=["a", "b", "c"]), "weights.safetensors: does not fit model.json"),
        (lambda t: t["network"]["parameters"].update(width=5), "weights.safetensors: does not fit model.json"),
        (lambda t: t["network"].update(name="convnet"), "model.json: network 'convnet'"),
        (lambda t: t["transform"]["parameters"].update(size=4), "model.json: network 'small-resnet'"),
        (lambda t: t["transform"]["parameters"].update(size=-4), "model.json: transform 'image': "),
        (lambda t: t["transform"].update(name="raw"), "model.json: .*transform 'raw'"),
    ],
)
def test_a_description_of_a_model_for_images_that_cannot_be_used_is_refused(
    image_copy: Path, change, message: str
) -> None:
    changed(image_copy, change)
    with pytest.raises(ModelError, match=message) as caught:
        load_image_model(image_copy)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("pictures/")


@pytest.mark.parametrize("how", ["absent", "truncated", "one less", "NaN"])
def test_damaged_weights_of_a_model_for_images_are_refused(image_copy: Path, how: str) -> None:
    path = image_copy / "weights.safetensors"
    tensors = load_file(path)
    match how:
        case "absent":
            path.unlink()
        case "truncated":
            path.write_bytes(path.read_bytes()[:-10])
        case "one less":
            save_file({name: value for name, value in tensors.items() if name != "head.3.weight"}, path)
        case "NaN":
            save_file({name: value * float("nan") for name, value in tensors.items()}, path)
    with pytest.raises(ModelError, match="^pictures") as caught:
        load_image_model(image_copy)
    assert "\n" not in str(caught.value)
