"""Small files of vendors' formats, written by hand after their layouts: samples, labels, a mark at 1 s."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE, SECONDS = 200, 3
LABELS = ["Fp1", "Fp2", "C3"]


def digital() -> NDArray[np.int16]:
    """Return samples (channels, samples); each writer below stores them as µV, or says its own step."""
    return np.random.default_rng(3).integers(-500, 500, (len(LABELS), RATE * SECONDS)).astype(np.int16)


def brainvision(path: Path, data_file: str | None = None) -> NDArray[np.float64]:
    """Write PATH.vhdr, .eeg and .vmrk: int16 in steps of 0.5 µV."""
    data = data_file or f"{path.stem}.eeg"
    channels = "".join(f"Ch{n}={label},,0.5,µV\n" for n, label in enumerate(LABELS, 1))
    path.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={data}\nMarkerFile={path.stem}.vmrk\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\n"
        f"NumberOfChannels={len(LABELS)}\nSamplingInterval={1_000_000 // RATE}\n"
        f"[Binary Infos]\nBinaryFormat=INT_16\n[Channel Infos]\n{channels}",
        encoding="utf-8",
    )
    path.with_suffix(".vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={path.stem}.eeg\n[Marker Infos]\n"
        f"Mk1=New Segment,,1,1,0,20200203040506000000\nMk2=Comment,seizure,{RATE + 1},{RATE},0\n",
        encoding="utf-8",
    )
    path.with_suffix(".eeg").write_bytes(digital().T.astype("<i2").tobytes())
    return digital() * 0.5


def eeglab(path: Path, *, beside: bool) -> NDArray[np.float64]:
    """Write a .set file, with its samples in it or in a .fdt file beside it."""
    from scipy.io import savemat

    samples = digital().astype(np.float32)
    if beside:
        path.with_suffix(".fdt").write_bytes(samples.T.astype("<f4").tobytes())
    labels = np.array([(label,) for label in LABELS], dtype=[("labels", object)])
    event = np.array(
        [("seizure", RATE + 1.0, float(RATE))], [("type", object), ("latency", object), ("duration", object)]
    )
    savemat(
        path,
        {
            "EEG": {
                "setname": "a",
                "nbchan": float(len(LABELS)),
                "trials": 1.0,
                "pnts": float(samples.shape[1]),
                "srate": float(RATE),
                "xmin": 0.0,
                "xmax": SECONDS - 1 / RATE,
                "data": path.with_suffix(".fdt").name if beside else samples,
                "datfile": path.with_suffix(".fdt").name if beside else "",
                "chanlocs": labels,
                "event": event,
                "epoch": np.array([]),
            }
        },
        appendmat=False,
    )
    return samples.astype(np.float64)


def persyst(path: Path) -> NDArray[np.float64]:
    """Write PATH.lay and .dat: int16 in steps of 0.25 µV."""
    channels = "".join(f"{label}-Ref={n}\n" for n, label in enumerate(LABELS, 1))
    path.write_text(
        f"[FileInfo]\nFile={path.stem}.dat\nFileType=Interleaved\nSamplingRate={RATE}\nHeaderLength=0\n"
        f"Calibration=0.25\nWaveformCount={len(LABELS)}\nDataType=0\n[ChannelMap]\n{channels}"
        "[Patient]\nFirst=\nLast=\nID=p7\nSex=\nHand=\nBirthDate=02/03/1990\nTestDate=02/03/2020\nTestTime=04:05:06\n"
        "[SampleTimes]\n0=14706.0\n[Comments]\n1.0,1.0,0,100,seizure\n"
    )
    path.with_suffix(".dat").write_bytes(digital().T.astype("<i2").tobytes())
    return digital() * 0.25


def egi(path: Path) -> NDArray[np.float64]:
    """Write EGI's simple binary, version 2 (int16), unsegmented: one event, at 1 s."""
    frames = np.zeros((RATE * SECONDS, len(LABELS) + 1), ">i2")
    frames[:, : len(LABELS)] = digital().T
    frames[RATE, -1] = 1
    head = struct.pack(">i6hi5h", 2, 2020, 2, 3, 4, 5, 6, 0, RATE, len(LABELS), 1, 0, 0)
    path.write_bytes(head + struct.pack(">ih", len(frames), 1) + b"sz01" + frames.tobytes())
    return digital().astype(np.float64)


def gdf(path: Path) -> NDArray[np.float64]:
    """Write GDF 1.25: int16, one record a second, an event table of one entry of one second."""
    n = len(LABELS)
    fixed = b"GDF 1.25" + b"p7 X".ljust(80) + b"".ljust(80) + b"2020020304050600" + struct.pack("<q", 256 * (n + 1))
    fixed += bytes(8) + bytes(8) + bytes(8) + bytes(20) + struct.pack("<qIII", SECONDS, 1, 1, n)
    columns = [label.encode().ljust(16) for label in LABELS] + [bytes(80)] * n + [b"uV".ljust(8)] * n
    columns += [np.full(n, value, kind).tobytes() for value, kind in ((-32768, "<f8"), (32767, "<f8"))]
    columns += [np.full(n, value, "<i8").tobytes() for value in (-32768, 32767)]
    columns += [bytes(80)] * n + [np.full(n, RATE, "<i4").tobytes(), np.full(n, 3, "<i4").tobytes(), bytes(32 * n)]
    records = digital().reshape(n, SECONDS, RATE).transpose(1, 0, 2).astype("<i2").tobytes()
    events = b"\3" + RATE.to_bytes(3, "little") + struct.pack("<IIHHI", 1, RATE + 1, 0x0300, 0, RATE)
    path.write_bytes(fixed + b"".join(columns) + records + events)
    return digital().astype(np.float64)


def nihon(path: Path) -> NDArray[np.float64]:
    """Write Nihon Kohden's .eeg (one block) and .LOG: int16 in steps of (3200 + 3199.902) / 65535 µV."""
    version = b"EEG-1100A V01.00"
    indices = [0, 1, 4]  # FP1, FP2, C3
    head = bytearray(0x1900)
    head[0:16] = head[0x81:0x91] = version
    head[0x17FE] = 1
    head[0x91] = 1
    struct.pack_into("<I", head, 0x92, 0x400)
    head[0x400 + 17] = 1
    struct.pack_into("<I", head, 0x400 + 18, 0x1800)
    struct.pack_into("<HI", head, 0x1800 + 0x1A, RATE | 0xC000, SECONDS * 10)
    head[0x1800 + 0x26] = len(indices)
    for n, index in enumerate(indices):
        head[0x1800 + 0x27 + 10 * n] = index
    samples = np.vstack([digital(), np.zeros(RATE * SECONDS, np.int16)])  # the last is the mark channel
    stored = (samples.astype(np.int32) + 32768).astype("<u2").T.tobytes()
    path.write_bytes(bytes(head[: 0x1800 + 0x27 + 10 * len(indices)]) + stored)
    log = bytearray(0x1000)
    log[0:16] = version
    log[0x91] = 1
    struct.pack_into("<I", log, 0x92, 0x400)
    log[0x401:0x411] = version
    log[0x412] = 1
    log[0x414 : 0x414 + 45] = b"seizure".ljust(20, b"\0") + b"000001" + b"".ljust(19)
    path.with_suffix(".LOG").write_bytes(bytes(log))
    step = (3199.902 + 3200) / 65535
    return (digital().astype(np.float64) + 32768) * step - 3200


def neuroscan(path: Path) -> NDArray[np.float64]:
    """Write Neuroscan's .cnt: int16 in steps of 204.8 / 204.8 µV, one event of type 1 at 1 s."""
    head = bytearray(900 + 75 * len(LABELS))
    head[225:247] = b"02/03/20".ljust(10, b"\0") + b"04:05:06".ljust(12, b"\0")
    struct.pack_into("<H", head, 370, len(LABELS))
    struct.pack_into("<H", head, 376, RATE)
    struct.pack_into("<i", head, 864, RATE * SECONDS)
    table = len(head) + 2 * len(LABELS) * RATE * SECONDS
    struct.pack_into("<i", head, 886, table)
    for n, label in enumerate(LABELS):
        at = 900 + 75 * n
        head[at : at + len(label)] = label.encode()
        struct.pack_into("<ff", head, at + 19, float(n), 1.0)
        struct.pack_into("<f", head, at + 59, 1.0)
        struct.pack_into("<f", head, at + 71, 204.8)
    place = 900 + 75 * len(LABELS) + 2 * len(LABELS) * (RATE + 1)
    event = struct.pack("<HBBi", 7, 0, 0, place)
    path.write_bytes(bytes(head) + digital().T.astype("<i2").tobytes() + struct.pack("<Bii", 1, len(event), 0) + event)
    return digital().astype(np.float64)


def nicolet(path: Path) -> NDArray[np.float64]:
    """Write PATH.data and .head: int16 in steps of 0.5 µV."""
    path.with_suffix(".head").write_text(
        f"start_ts=2020-02-03 04:05:06.000000\nnum_samples={RATE * SECONDS}\nsample_freq={RATE}\n"
        f"conversion_factor=0.5\nnum_channels={len(LABELS)}\nelec_names=[{','.join(LABELS)}]\n"
        f"pat_id=7\nadm_id=1\nrec_id=1\nduration_in_sec={SECONDS}\nsample_bytes=2\n"
    )
    path.write_bytes(digital().T.astype("<i2").tobytes())
    return digital() * 0.5


def fif(path: Path, *, gap: bool = False) -> NDArray[np.float64]:
    """Write FIF by MNE itself: single precision; with a gap, the second second was not recorded."""
    import mne

    info = mne.create_info(LABELS, RATE, "eeg", verbose="error")
    raw = mne.io.RawArray(digital() * 1e-6, info, verbose="error")
    texts = ["seizure", "BAD_ACQ_SKIP"] if gap else ["seizure"]
    raw.set_annotations(mne.Annotations([1.0] * len(texts), [1.0] * len(texts), texts))
    raw.save(path, verbose="error", overwrite=True)
    return digital().astype(np.float64)
