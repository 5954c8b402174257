"""Montages follow exactly from whatever was recorded, or say what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from semeia.errors import FileError, MontageError, RecordingError
from semeia.signals.electrodes import parse_label
from semeia.signals.montage import (
    MONTAGES,
    ChosenChannels,
    Montage,
    MontagedRecording,
    average_of,
    montage_named,
    read_montage,
)
from semeia.signals.recording import ArrayRecording

TEN_TWENTY = [label.removesuffix("-Avg") for label in MONTAGES["average"].labels]
CHBMIT = list(MONTAGES["chbmit"].labels)
BANANA = list(MONTAGES["longitudinal"].labels)
GUINEA = ["AF3", "F7", "F3", "FC5", "T7", "P7", "O1", "O2", "P8", "T8", "FC6", "F4", "F8", "AF4"]
EXTRA = ["FT9", "FT10"]
OLDER = {"T7": "T3", "T8": "T4", "P7": "T5", "P8": "T6"}


def potentials(seed: int, samples: int = 40) -> dict[str, NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, 50, samples) for name in [*TEN_TWENTY, *EXTRA, "A1", "A2"]}


def measured(labels: list[str], at: dict[str, NDArray[np.float64]], reference: NDArray[np.float64]) -> ArrayRecording:
    """Record what the labels say; a reference that is no electrode has the potential `reference`."""
    rows = []
    for label in labels:
        derivation = parse_label(label)
        if derivation is None:
            rows.append(np.zeros_like(reference))
        else:
            rows.append(at.get(derivation.electrode, reference) - at.get(derivation.reference or "", reference))
    return ArrayRecording(np.array(rows), 4, labels)


def expected(montage: Montage, at: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    targets = montage.to_dict()["derivations"]
    assert isinstance(targets, list)
    return np.array([sum(weight * at[name] for name, weight in weights.items()) for _, weights in targets])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(list(MONTAGES)),
    st.sampled_from(["EEG {}-REF", "{}-Avg", "{}", "{}..", "EEG {}-LE", "EEG {}-A1", "POL {}"]),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_every_montage_follows_from_any_referential_recording(
    seed: int, name: str, dress: str, older: bool, random: object
) -> None:
    at = potentials(seed)
    electrodes = [*TEN_TWENTY, *EXTRA]
    labels = [dress.format(OLDER.get(e, e) if older else e) for e in electrodes] + ["ECG", "-"]
    random.shuffle(labels)  # type: ignore[attr-defined]
    given_recording = measured(labels, at, np.random.default_rng(seed).normal(0, 200, 40))
    montage = montage_named(name)
    with MontagedRecording(given_recording, montage) as montaged:
        np.testing.assert_allclose(montaged.read_samples(0, 40), expected(montage, at), atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.data())
def test_any_derivation_follows_from_any_connected_bipolar_recording(seed: int, data: st.DataObject) -> None:
    at = potentials(seed)
    order = data.draw(st.permutations(TEN_TWENTY))
    tree = [(order[i], order[data.draw(st.integers(0, i - 1))]) for i in range(1, len(order))]
    labels = [f"{a}-{b}" if data.draw(st.booleans()) else f"EEG {b}-{a}" for a, b in tree]
    given_recording = measured(labels, at, np.zeros(40))
    for name in ("longitudinal", "transverse", "average", "laplacian"):
        montaged = MontagedRecording(given_recording, montage_named(name))
        np.testing.assert_allclose(montaged.read_samples(0, 40), expected(montage_named(name), at), atol=2e-3)


def test_named_montages_have_the_expected_derivations() -> None:
    assert list(MONTAGES) == ["longitudinal", "transverse", "average", "laplacian", "chbmit"]
    assert [len(montage.labels) for montage in MONTAGES.values()] == [18, 18, 19, 19, 23]
    assert CHBMIT[14] == CHBMIT[22] == "T8-P8"
    assert CHBMIT[:2] == ["FP1-F7", "F7-T7"]
    for montage in MONTAGES.values():
        for _, weights in montage.to_dict()["derivations"]:  # type: ignore[attr-defined]
            assert abs(sum(weights.values())) < 1e-12


def test_chbmit_is_taken_as_recorded_and_each_duplicate_once() -> None:
    np.testing.assert_array_equal(montage_named("chbmit").matrix(CHBMIT), np.eye(23, dtype=np.float32))
    mne = [*CHBMIT[:14], "T8-P8-0", *CHBMIT[15:22], "T8-P8-1"]
    np.testing.assert_array_equal(montage_named("chbmit").matrix(mne), np.eye(23, dtype=np.float32))
    once = montage_named("chbmit").matrix(CHBMIT[:22])
    assert once[22].tolist() == once[14].tolist() == np.eye(22)[14].tolist()


def test_a_channel_recorded_the_other_way_round_is_turned() -> None:
    labels = [label for label in CHBMIT if label != "P7-T7"]
    matrix = montage_named("chbmit").matrix(labels)
    assert matrix[CHBMIT.index("P7-T7")].tolist() == [-1.0 if label == "T7-P7" else 0.0 for label in labels]


def test_a_bipolar_derivation_takes_the_shortest_way() -> None:
    pair = Montage("pair", {"Fp1-T7": {"Fp1": 1, "T7": -1}})
    chain = pair.matrix(["Fp1-F3", "F3-C3", "C3-T7", "Fp1-F7", "F7-T7"])
    assert chain.tolist() == [[0, 0, 0, 1, 1]]
    referential = pair.matrix(["Fp1-F7", "F7-C3", "C3-T7", "T7-REF", "Fp1-REF"])
    assert referential.tolist() == [[0, 0, 0, -1, 1]]
    direct = pair.matrix(["Fp1-REF", "T7-REF", "Fp1-T7"])
    assert direct.tolist() == [[0, 0, 1]]


def test_channels_against_different_references_are_not_subtracted() -> None:
    pair = Montage("pair", {"C3-C4": {"C3": 1, "C4": -1}})
    with pytest.raises(MontageError, match="no chain of channels links the electrodes of C3-C4"):
        pair.matrix(["C3-A2", "C4-A1"])
    with pytest.raises(MontageError, match="no chain"):
        pair.matrix(["C3-REF", "C4-LE"])
    assert pair.matrix(["C3-A2", "C4-A1", "A1-A2"]).tolist() == [[1, -1, -1]]


def test_a_missing_electrode_is_named_with_what_it_costs_and_what_there_is() -> None:
    labels = [f"EEG {name}" for name in TEN_TWENTY if name not in {"Fz", "O2"}]
    with pytest.raises(MontageError) as caught:
        montage_named("longitudinal").matrix(labels)
    text = str(caught.value)
    assert text.startswith("montage 'longitudinal' cannot be made: no channel has Fz, O2, so not ")
    assert "so not Fz-Cz, P4-O2, P8-O2 (recorded: EEG Fp1, EEG F3," in text
    assert "\n" not in text


def test_what_cannot_follow_from_bipolar_channels_is_refused() -> None:
    with pytest.raises(MontageError, match=r"links the electrodes of F3-Fz, Fz-F4, C3-Cz, Cz-C4, P3-Pz, Pz-P4 \("):
        montage_named("transverse").matrix(CHBMIT)
    with pytest.raises(MontageError, match="montage 'average' cannot be made"):
        montage_named("average").matrix(CHBMIT)
    with pytest.raises(MontageError, match="recorded: no EEG channel"):
        montage_named("average").matrix(["-", "-"])
    assert montage_named("longitudinal").matrix(CHBMIT).sum() == 18


def test_electrodes_of_a_numbered_cap_are_not_taken_for_others() -> None:
    cap = [f"{letter}{number}" for letter in "ABCDEFGHIOPTZ" for number in range(1, 11)]
    with pytest.raises(MontageError, match="needs 10-20 electrode names; these channels are counted"):
        montage_named("transverse").matrix(cap)
    assert Montage("grid", {"B1-B2": {"B1": 1, "B2": -1}}).matrix(cap[:20]).tolist()[0][10:12] == [1, -1]


def test_an_unknown_montage_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(MontageError, match=r"no montage 'banana'; there are longitudinal, transverse"):
        montage_named("banana")


def test_a_custom_montage_survives_json() -> None:
    custom = Montage("mine", [("a", {"t3": 1, "Cz": -0.5, "C3": -0.5}), ("a", {"Cz": 1, "Pz": -1})])
    again = Montage.from_dict(json.loads(json.dumps(custom.to_dict())))
    labels = ["T7-REF", "C3-REF", "Cz-REF", "Pz-REF"]
    assert again.labels == ("a", "a")
    assert again.matrix(labels).tolist() == custom.matrix(labels).tolist() == [[1, -0.5, -0.5, 0], [0, 0, 1, -1]]
    assert Montage.from_dict({"name": "b", "derivations": {"x": {"Cz": 1, "Pz": -1}}}).labels == ("x",)


def test_weights_that_do_not_cancel_are_taken_against_the_shared_reference() -> None:
    as_recorded = Montage("as recorded", {"Cz": {"Cz": 1}, "mean": {"Cz": 0.5, "Pz": 0.5}})
    assert as_recorded.matrix(["EEG Pz-REF", "EEG Cz-REF"]).tolist() == [[0, 1], [0.5, 0.5]]
    with pytest.raises(MontageError, match="no chain"):
        as_recorded.matrix(["Cz-Pz", "Pz-Oz"])


@pytest.mark.parametrize(
    "derivations",
    [
        {},
        {"x": {}},
        {"x": {"Cz": "much"}},
        {"x": {"Cz": float("nan")}},
        {"x": {"Cz-Pz": 1}},
        {"x": {"": 1}},
        {"x": 3},
    ],
)
def test_nonsense_is_no_montage(derivations: dict[str, dict[str, float]]) -> None:
    with pytest.raises(MontageError, match="montage 'x'"):
        Montage("x", derivations)


@pytest.mark.parametrize("values", [{}, {"name": "x"}, {"name": "x", "derivations": [["a"]]}, {"derivations": {}}])
def test_what_is_no_written_montage_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(MontageError, match="a montage is written as"):
        Montage.from_dict(values)


def test_a_montage_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ours.json"
    file.write_text(json.dumps(montage_named("transverse").to_dict()))
    assert read_montage(file) == montage_named("transverse")
    empty = '{"name": "n", "derivations": {}}'
    for text, words in (("{", "no JSON"), ("[]", "is written as"), (empty, "no derivations")):
        file.write_text(text)
        with pytest.raises(FileError, match=f"ours.json.*{words}"):
            read_montage(file)
    with pytest.raises(FileError, match="absent.json"):
        read_montage(tmp_path / "absent.json")


def test_a_channel_with_a_reference_of_its_own_is_taken_as_recorded() -> None:
    labels = ["EEG Fp1-REF", "EEG F7-REF", "ECG", "Cz-Pz"]
    own = Montage("with the heart", [("Fp1-F7", {"Fp1": 1, "F7": -1}), ("ECG", {"ECG": 1})])
    np.testing.assert_array_equal(own.matrix(labels), [[1, -1, 0, 0], [0, 0, 1, 0]])
    with pytest.raises(MontageError, match="no chain of channels links the electrodes of Cz"):
        Montage("vertex", {"Cz": {"Cz": 1}}).matrix(labels)  # Cz against Pz is not Cz


def test_the_average_of_what_was_recorded_has_the_channels_there_are() -> None:
    labels = [f"EEG {name}" for name in GUINEA]
    montage = average_of([*labels, "ECG", "A1", "-"])
    assert montage.labels == tuple(f"{name}-Avg" for name in GUINEA)
    np.testing.assert_allclose(montage.matrix(labels), np.eye(14) - 1 / 14, atol=1e-7)
    with pytest.raises(MontageError, match="two or more referential channels"):
        average_of(CHBMIT)


def test_only_the_channels_needed_are_read() -> None:
    asked: list[list[int]] = []

    class Counting(ArrayRecording):
        def _read_native(self, indices: object, first: int, count: int) -> NDArray[np.float32]:
            asked.append(list(indices))  # type: ignore[call-overload]
            return super()._read_native(indices, first, count)  # type: ignore[arg-type]

    labels = [f"{name}-REF" for name in TEN_TWENTY]
    montaged = MontagedRecording(Counting(np.zeros((19, 100)), 10, labels), montage_named("longitudinal"))
    montaged.read(1, 2, ["Fz-Cz"])
    assert asked == [[TEN_TWENTY.index("Fz"), TEN_TWENTY.index("Cz")]]


def test_gaps_stay_gaps_and_a_dead_channel_spoils_only_its_own_derivations() -> None:
    data = np.ones((19, 100), np.float32)
    data[TEN_TWENTY.index("O1"), 50:] = np.nan
    labels = [f"{name}-REF" for name in TEN_TWENTY]
    montaged = MontagedRecording(ArrayRecording(data, 10, labels, gaps=[(2, 3)]), montage_named("longitudinal"))
    read = montaged.read(0, 10)
    assert montaged.gaps == ((2.0, 3.0),)
    assert np.isnan(read[:, 20:30]).all()
    assert np.isfinite(read[:, :20]).all()
    spoilt = [label for label, row in zip(montaged.montage.labels, read, strict=True) if np.isnan(row[50:]).any()]
    assert spoilt == ["P7-O1", "P3-O1"]
    average = MontagedRecording(ArrayRecording(data, 10, labels), montage_named("average")).read(0, 10)
    assert np.isfinite(average[:, :50]).all()


def test_a_montaged_recording_keeps_what_was_known_of_the_recording() -> None:
    labels = [f"{name}-REF" for name in TEN_TWENTY]
    recording = ArrayRecording(np.zeros((19, 100)), 10, labels, subject="s01", path="a/b.edf")
    montaged = MontagedRecording(recording, montage_named("longitudinal"))
    assert (montaged.subject, montaged.duration, montaged.rate, montaged.path) == (
        "s01",
        10,
        10,
        recording.path,
    )
    assert [channel.label for channel in montaged.channels] == BANANA
    assert len(montaged.events) == 0
    assert montaged.read(0, 10, rate=5).shape == (18, 50)


def test_channels_in_different_units_are_not_mixed() -> None:
    class Odd(ArrayRecording):
        def __init__(self) -> None:
            super().__init__(np.zeros((2, 10)), 10, ["Cz-REF", "Pz-REF"])
            other = ArrayRecording(np.zeros((1, 10)), 10, ["Pz-REF"], unit="%")
            self.channels = (self.channels[0], other.channels[0])

    with pytest.raises(MontageError, match=r"different rates or units \(Cz-REF 10 Hz uV, Pz-REF 10 Hz %\)"):
        MontagedRecording(Odd(), Montage("pair", {"Cz-Pz": {"Cz": 1, "Pz": -1}}))


def test_chosen_channels_are_the_recorded_ones_in_the_wanted_order() -> None:
    data = np.arange(30, dtype=np.float32).reshape(3, 10)
    chosen = ChosenChannels(ArrayRecording(data, 10, ["a", "b", "c"]), ["c", 0])
    assert [channel.label for channel in chosen.channels] == ["c", "a"]
    np.testing.assert_array_equal(chosen.read(0, 1), data[[2, 0]])
    np.testing.assert_array_equal(chosen.read(0, 1, ["a"]), data[[0]])
    with pytest.raises(RecordingError, match="no channel"):
        ChosenChannels(ArrayRecording(data, 10, ["a", "b", "c"]), ["d"])
