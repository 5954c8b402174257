"""The simulator: the same from the same seed however it is read, plausible, and honest about its seizures."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from semeia.errors import MontageError, RecordingError
from semeia.signals import open_recording
from semeia.signals.simulator import VERSION, SimulatedPatient, simulate, write_simulation
from semeia.signals.simulator.brain import sleep_depth
from semeia.signals.simulator.head import ELECTRODE_SETS, derivations, position
from semeia.signals.simulator.plan import Plan

RATE = 128


def _slopes(data: np.ndarray) -> np.ndarray:
    frequencies, power = signal.welch(data, RATE, nperseg=2 * RATE, axis=1, average="median")
    used = (frequencies >= 2) & (frequencies <= 40) & ((frequencies < 7) | (frequencies > 14))
    return np.polyfit(np.log10(frequencies[used]), np.log10(power[:, used].T), 1)[0]


def test_a_seed_gives_the_same_patient_and_the_same_recording() -> None:
    first, second = (
        simulate(SimulatedPatient.from_seed(5), seconds=40, seizures=[10.0], seed=3, rate=RATE).array()
        for _ in range(2)
    )
    assert np.array_equal(first, second)
    other = simulate(SimulatedPatient.from_seed(5), seconds=40, seizures=[10.0], seed=4, rate=RATE).array()
    assert not np.allclose(first, other, atol=1)
    assert SimulatedPatient.from_seed(5) != SimulatedPatient.from_seed(6)


def test_a_change_of_the_samples_must_raise_the_version() -> None:
    """Recordings are kept under the version: whoever changes what a seed gives raises it and these values."""
    made = simulate(SimulatedPatient.from_seed(3), seconds=120, seizures=[30.0], seed=4, montage="chbmit").array()
    assert VERSION == 2
    expected = [[-1.17, 4.44, 21.77, -13.22], [3.64, 12.41, -31.48, -20.01], [0.47, -10.85, -73.59, -19.1]]
    np.testing.assert_allclose(made[:3, [0, 1000, 10240, 20000]], expected, atol=0.05)


@pytest.mark.parametrize("block_seconds", [0.7, 10.0, 13.3, 1000.0])
def test_samples_do_not_depend_on_the_length_of_the_blocks(block_seconds: float) -> None:
    simulation = simulate(SimulatedPatient.from_seed(2), seconds=65.5, seizures=[20.0], seed=1, rate=RATE)
    blocks = list(simulation.blocks(block_seconds))
    assert all(block.dtype == np.float32 for block in blocks)
    assert np.array_equal(np.concatenate(blocks, axis=1), simulation.array())
    assert simulation.array().shape == (19, simulation.samples)


def test_a_longer_recording_begins_like_a_shorter_one() -> None:
    patient = SimulatedPatient.from_seed(2)
    short, long = (simulate(patient, seconds=length, seed=1, rate=RATE).array() for length in (33, 70))
    assert np.array_equal(short, long[:, : short.shape[1]])


def test_hours_join_without_a_step() -> None:
    simulation = simulate(SimulatedPatient.from_seed(3), seconds=3620, seed=1, rate=64)
    end = None
    for number, block in enumerate(simulation.blocks(60.0)):
        if number == 60:
            assert end is not None
            step = np.abs(block[:, 0] - end).max()
            assert step < 6 * np.abs(np.diff(block, axis=1)).std()
        end = block[:, -1]


def test_bipolar_channels_are_differences_of_referential_ones() -> None:
    patient = SimulatedPatient.from_seed(9)
    names = [name for name in derivations("chbmit", "1020")[1] if name not in ("M1", "M2")]
    arguments = {"seconds": 20, "seizures": [5.0], "seed": 1, "rate": RATE}
    referential = simulate(patient, electrodes=names, **arguments)
    bipolar = simulate(patient, montage="chbmit", **arguments)
    assert bipolar.labels[0] == "FP1-F7" and len(bipolar.labels) == 23
    assert bipolar.labels.count("T8-P8") == 2
    rows = [name.upper() for name in referential.labels]
    data = referential.array()
    for label, trace in zip(bipolar.labels, bipolar.array(), strict=True):
        plus, minus = (rows.index(name.upper()) for name in label.split("-"))
        np.testing.assert_allclose(trace, data[plus] - data[minus], atol=2e-2)


def test_events_are_where_the_seizures_are_and_name_channels_involved_first() -> None:
    for seed in (3, 9, 12):
        patient = SimulatedPatient.from_seed(seed)
        arguments = {"seconds": 120, "seed": 1, "rate": RATE, "montage": "chbmit"}
        with_seizure = simulate(patient, seizures=[60.0], **arguments)
        without = simulate(patient, **arguments)
        (event,) = with_seizure.events
        assert (event.onset, event.label) == (60.0, "seizure")
        assert 15 <= event.duration <= 60
        assert set(event.channels) <= set(with_seizure.labels) and len(event.channels) <= 4
        added = np.abs(with_seizure.array() - without.array())
        assert added[:, : 60 * RATE].max() == 0
        assert np.median(added[:, int(65 * RATE) : int(event.stop * RATE)].max(axis=0)) > 10
        if event.channels:
            start = added[:, int(60 * RATE) : int(64 * RATE)].mean(axis=1)
            loudest = {with_seizure.labels[row] for row in np.argsort(-start)[:8]}
            assert loudest & set(event.channels)


def test_a_rate_of_seizures_gives_that_many_well_apart() -> None:
    for seed in range(6):
        events = simulate(SimulatedPatient.from_seed(seed), seconds=4 * 3600, seizures=3.0, seed=1).events
        assert len(events) == 12
        assert np.diff([event.onset for event in events]).min() >= 90 + max(e.duration for e in events)
        assert all(event.onset >= 0 and event.stop <= 4 * 3600 for event in events)
        assert all(15 <= event.duration <= 110 for event in events)


def test_measures_lie_within_the_spread_of_real_recordings() -> None:
    slopes, near, far, amplitudes = [], [], [], []
    for seed in range(6):
        simulation = simulate(SimulatedPatient.from_seed(seed), seconds=60, seed=1, rate=RATE, electrodes="64")
        band = signal.butter(2, [1, 40], "bandpass", fs=RATE, output="sos")
        data = signal.sosfiltfilt(band, simulation.array(), axis=1)
        slopes.append(float(np.median(_slopes(simulation.array()))))
        correlation, names = np.corrcoef(data), ELECTRODE_SETS["64"]
        near.append(correlation[names.index("C3"), names.index("CP3")])
        far.append(correlation[names.index("Fp1"), names.index("O1")])
        # of quiet stretches: a movement may be ten times as large
        amplitudes.append(float(np.median(data.reshape(len(data), 12, -1).std(axis=2))))
    # eegmmi: slopes -2.1 to -0.6, neighbours .89 to .97, front to back .1 to .4, amplitude 24 to 61 µV;
    # one adult: patients vary more than his channels do
    assert -2.0 < np.median(slopes) < -1.4 and min(slopes) > -3.2 and max(slopes) < -0.6
    assert 0.85 < np.median(near) < 0.98
    assert -0.1 < np.median(far) < 0.5
    assert 18 < np.median(amplitudes) < 60 and min(amplitudes) > 6 and max(amplitudes) < 130
    assert max(amplitudes) > 1.8 * min(amplitudes)


def test_posterior_alpha_grows_when_the_eyes_close() -> None:
    ratios = []
    for seed in range(12):
        patient = SimulatedPatient.from_seed(seed)
        times = np.arange(180 * RATE) / RATE
        closed = Plan(patient, 1).eyes_closed(times)
        awake = sleep_depth(patient, 1, times).max() < 0.2
        if not awake or patient.background.alpha_amplitude < 8 or closed.max() < 1:
            continue
        data = simulate(patient, seconds=180, seed=1, rate=RATE, electrodes=["O1", "O2"]).array()
        centre = patient.background.alpha_frequency
        band = signal.butter(2, [centre - 1, centre + 1], "bandpass", fs=RATE, output="sos")
        power = (signal.sosfiltfilt(band, data, axis=1) ** 2).mean(axis=0)
        ratios.append(np.median(power[closed > 0.99]) / np.median(power[closed < 0.01]))
    assert len(ratios) >= 3
    assert min(ratios) > 0.9 and 1.3 < np.median(ratios) < 12


def test_some_seizures_are_weaker_than_the_artefacts() -> None:
    weaker = 0
    for seed in range(8):
        simulation = simulate(
            SimulatedPatient.from_seed(seed), seconds=900, seizures=[400.0], seed=1, rate=64, montage="chbmit"
        )
        (event,) = simulation.events
        seconds = simulation.array().reshape(23, 900, 64).std(axis=2).mean(axis=0)
        ictal = seconds[400 : int(event.stop)]
        outside = np.concatenate([seconds[:400], seconds[int(event.stop) + 1 :]])
        weaker += np.quantile(outside, 0.99) > np.median(ictal)
    assert weaker >= 3


def test_memory_does_not_grow_with_length() -> None:
    simulation = simulate(SimulatedPatient.from_seed(1), seconds=4 * 3600, seed=1, rate=64, electrodes=["Cz"])
    blocks = simulation.blocks(10.0)
    for _ in range(30):
        next(blocks)
    tracemalloc.start()
    for _ in blocks:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6


def test_writing_gives_an_edf_with_annotations_and_a_table_of_the_same_truth(tmp_path: Path) -> None:
    from semeia.events.tsv import read_tsv

    simulation = simulate(SimulatedPatient.from_seed(4), seconds=60, seizures=[20.0], seed=1, montage="chbmit")
    seconds: list[float] = []
    edf, tsv = write_simulation(simulation, tmp_path / "a.edf", subject="sim04", on_progress=seconds.append)
    assert tsv.name == "a_events.tsv" and seconds[-1] == 60
    with open_recording(edf) as recording:
        assert recording.duration == 60
        assert [channel.label for channel in recording.channels] == list(simulation.labels)
        np.testing.assert_allclose(recording.read(0, 60), np.clip(simulation.array(), -3276.8, 3276.7), atol=0.06)
        (annotated,) = recording.events
    (listed,) = read_tsv(tsv).seizures()
    (event,) = simulation.events
    for found in (annotated, listed):
        assert found.onset == pytest.approx(event.onset, abs=0.01)
        assert found.duration == pytest.approx(event.duration, abs=0.01)
    assert annotated.label == "seizure"


@pytest.mark.parametrize("electrodes", ["1020", "64", "headset"])
def test_every_set_of_electrodes_can_be_simulated(electrodes: str) -> None:
    simulation = simulate(SimulatedPatient.from_seed(1), seconds=10, rate=RATE, electrodes=electrodes)
    assert simulation.array().shape == (len(ELECTRODE_SETS[electrodes]), 10 * RATE)
    assert np.isfinite(simulation.array()).all()


def test_electrodes_stand_where_the_1020_system_puts_them() -> None:
    assert position("Cz")[2] == pytest.approx(1)
    left, right = position("C3"), position("C4")
    assert left[0] < 0 < right[0] and left[1] == pytest.approx(right[1])
    assert position("Fp1")[1] > 0 > position("O1")[1]
    assert all(np.linalg.norm(position(name)) == pytest.approx(1) for name in ELECTRODE_SETS["64"])


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"seconds": 0}, "positive length"),
        ({"seconds": float("nan")}, "positive length"),
        ({"seconds": 10, "rate": 10}, "64 to 4096"),
        ({"seconds": 10, "seed": -1}, "0 or more"),
        ({"seconds": 10, "seizures": [20.0]}, "not all in 0..10 s"),
        ({"seconds": 900, "seizures": [20.0, 100.0]}, "240 s apart"),
        ({"seconds": 900, "seizures": 20.0}, "0 to 10"),
        ({"seconds": 10, "electrodes": "12"}, "none of 1020"),
        ({"seconds": 10, "electrodes": ["Qz"]}, "'Qz' is not in the 10-10 system"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_a_reason(arguments: dict[str, object], problem: str) -> None:
    with pytest.raises(RecordingError, match=problem):
        simulate(SimulatedPatient.from_seed(1), **arguments)  # type: ignore[arg-type]


def test_an_unknown_montage_names_those_there_are() -> None:
    with pytest.raises(MontageError, match="referential, longitudinal, chbmit"):
        simulate(SimulatedPatient.from_seed(1), seconds=10, montage="laplacian")
