"""The page's server: pages of signal for one client and for fifty, the envelope of a day, and what memory they take.

Without the browser: what it takes to draw a page is measured elsewhere. Run with ``python benchmarks/run.py pages``.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np
from scipy.signal import lfilter

from figures import table
from real_data import NotHereError
from semeia.signals import open_recording
from semeia.signals.edf_writer import EdfWriter
from semeia.signals.envelope import _SAMPLES, build_envelope

HOURS, CLIENTS, TURNS, REPEATS = 24.0, 50, 200, 3
SCALP = [
    *("Fp1", "F3", "C3", "P3", "O1", "F7", "T7", "P7", "Fz", "Cz", "Pz"),
    *("Fp2", "F4", "C4", "P4", "O2", "F8", "T8", "P8"),
]
SMALL = [*(f"EEG {name}-REF" for name in [*SCALP, "A1", "A2"]), "ECG", "EMG"]
LARGE = [*(f"EEG {name}-REF" for name in SCALP), *(f"GRID {number}" for number in range(1, 46))]
CLINICAL = {"seconds": 10, "pixels": 1280, "high_pass": 0.5, "low_pass": 70, "notch": 50}


def write_file(path: Path, labels: Sequence[str], rate: int, hours: float) -> Path:
    """Write the same minute of coloured noise, about 40 µV, again and again."""
    noise = np.random.default_rng(1).normal(0, 8, (len(labels), 60 * rate))
    block = lfilter([1], [1, -0.98], noise, axis=1).astype(np.float32)
    with EdfWriter(path, labels, rate) as writer:
        for _ in range(max(1, round(60 * hours))):
            writer.write(block)
    return path


def forget(path: Path) -> None:
    """Take a file out of the system's page cache, as if it had just been plugged in."""
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


class Visitor:
    """A browser without a face: it came in by the one-time link, and keeps a connection.

    Parameters
    ----------
    port : int
    cookie : str
    """

    def __init__(self, port: int, cookie: str = "") -> None:
        self.port, self.cookie = port, cookie
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)

    def get(self, path: str, **query: object) -> tuple[int, bytes, float]:
        """Return status, body and seconds."""
        address = f"{path}?{urlencode(query)}" if query else path
        began = time.perf_counter()
        self._connection.request("GET", address, headers={"Cookie": self.cookie})
        answer = self._connection.getresponse()
        body = answer.read()
        self.cookie = self.cookie or "; ".join(c.split(";")[0] for c in answer.msg.get_all("Set-Cookie", []))
        return answer.status, body, time.perf_counter() - began

    def page(self, id: str, start: float, montage: str) -> float:
        """Return the seconds that a page took.

        Raises
        ------
        RuntimeError
            If it did not come whole.
        """
        status, body, seconds = self.get(f"/api/recordings/{id}/page", start=start, montage=montage, **CLINICAL)
        if status != 200 or len(body) != _length(body):
            raise RuntimeError(f"a page was lost: {status}, {len(body)} bytes")
        return seconds

    def again(self) -> Visitor:
        """Return the same person with a connection of their own."""
        return Visitor(self.port, self.cookie)


@contextmanager
def server(*files: Path) -> Iterator[tuple[subprocess.Popen[str], Visitor, list[str]]]:
    """Serve some files with ``semeia serve``; yield the process, who came in, and the recordings' ids."""
    semeia = [sys.executable, "-m", "semeia"]
    own = os.environ | {"SEMEIA_HOME": str(files[0].parent / "home")}  # not the library of whoever measures
    subprocess.run([*semeia, "import", *map(str, files)], check=True, stdout=subprocess.DEVNULL, env=own)
    command = [*semeia, "serve", "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=own)
    try:
        assert process.stdout is not None
        found = next(filter(None, (re.search(r"http://127.0.0.1:(\d+)(/enter/\S+)", line) for line in process.stdout)))
        visitor = Visitor(int(found[1]))
        visitor.get(found[2])
        rows = {row["name"]: row["id"] for row in json.loads(visitor.get("/api/recordings")[1])}
        yield process, visitor, [rows[file.name] for file in files]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


class Pages(NamedTuple):
    """What the server was measured at; times in seconds."""

    first: float
    alone: list[float]
    together: list[float]
    per_second: float
    building: float
    strip: list[float]
    thumbnail: list[float]
    memory: float  # MB


def asked(small: Path, large: Path, hours: float, clients: int, turns: int) -> Pages:
    """Ask a real server."""
    draw = random.Random(7)
    with server(small, large) as (process, visitor, (id, day)):
        visitor.page(id, 0, "longitudinal")
        forget(large)
        first = visitor.page(day, 0.4 * hours * 3600, "recorded")
        alone = [visitor.page(id, draw.randrange(3590), "longitudinal") for _ in range(turns)]

        def some(seed: int) -> list[float]:
            own, places = visitor.again(), random.Random(seed)
            ready.wait()
            return [own.page(id, places.randrange(3590), "longitudinal") for _ in range(max(1, turns // 10))]

        ready = threading.Barrier(clients + 1)
        with ThreadPoolExecutor(clients) as pool:
            running = [pool.submit(some, seed) for seed in range(clients)]
            ready.wait()
            began = time.perf_counter()
            together = [seconds for future in running for seconds in future.result()]
            per_second = len(together) / (time.perf_counter() - began)
        later = visitor.again()  # the server closes a connection that was not used for 5 s
        began = time.perf_counter()
        while later.get(f"/api/recordings/{day}/overview", columns=1280)[0] == 202:
            time.sleep(0.05)
        building = time.perf_counter() - began
        strip = [later.get(f"/api/recordings/{day}/overview", columns=1280)[2] for _ in range(turns)]
        thumbnail = [later.get(f"/api/recordings/{day}/thumbnail")[2] for _ in range(turns)]
        memory = _peak(process.pid)
    return Pages(first, alone, together, per_second, building, strip, thumbnail, memory)


def built(path: Path) -> dict[str, float]:
    """Measure the building of an envelope in a process of its own."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import pages; pages.child()"
    answer = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(answer.stdout)
    return result


def child() -> None:
    """Read a recording through, and build its envelope, in turns; print medians in seconds, and the peak in MB."""
    path, reading, building = Path(sys.argv[1]), [], []
    file = path.with_suffix(".envelope")
    with open_recording(path) as recording:
        total = recording.sample_count()
        size = max(1, int(_SAMPLES / len(recording.channels) / recording.rate)) * int(recording.rate)
        for _ in range(REPEATS):
            began = time.perf_counter()
            for first in range(0, total, size):
                recording.read_samples(first, min(size, total - first))
            reading.append(time.perf_counter() - began)
            began = time.perf_counter()
            build_envelope(recording, file)
            building.append(time.perf_counter() - began)
    print(
        json.dumps(
            {
                "reading": statistics.median(reading),
                "building": statistics.median(building),
                "megabytes": file.stat().st_size / 1e6,
                "peak": _peak(os.getpid()),
            }
        )
    )


def run(workspace: Path, hours: float = HOURS, clients: int = CLIENTS, turns: int = TURNS) -> str:
    """Measure and return the section; fewer hours, clients or turns are to try things out."""
    needed = round(hours * 3600 * (len(LARGE) * 512 * 2 + 128) * 1.2)
    if shutil.disk_usage(workspace).free < needed:
        raise NotHereError(f"a day of EEG needs {needed / 1e9:.1f} GB of free disk")
    folder = workspace / "pages"
    folder.mkdir()
    try:
        small = write_file(folder / "hour.edf", SMALL, 256, 1.0)
        large = write_file(folder / "day.edf", LARGE, 512, hours)
        gigabytes = large.stat().st_size / 1e9
        got = asked(small, large, hours, clients, turns)
        envelope = built(large)
    finally:
        shutil.rmtree(folder)
    share = envelope["reading"] / envelope["building"]
    name = f"{hours:g} h × {len(LARGE)} channels × 512 Hz"
    rows = [
        ["page, one client: p50", _ms(got.alone, 0.5), ""],
        ["page, one client: p95", _ms(got.alone, 0.95), "8 ms"],
        [f"page, {clients} clients at once: p95", _ms(got.together, 0.95), "400 ms"],
        [f"page, {clients} clients at once: pages a second", f"{got.per_second:.0f}", ""],
        [f"first page of {name}, never opened, not in memory", f"{1000 * got.first:.0f} ms", "1000 ms"],
        ["its envelope, built: speed against reading and converting", f"{share:.0%}", "60 %, at least"],
        ["its envelope, built by the server on demand", f"{got.building:.1f} s", ""],
        ["its strip of 1280 columns, once built: p95", _ms(got.strip, 0.95), "100 ms"],
        ["its thumbnail of 120 columns: p95", _ms(got.thumbnail, 0.95), ""],
        ["the server's peak resident memory", f"{got.memory:.0f} MB", "400 MB"],
    ]
    return f"""## The page's server

`semeia serve`, asked over HTTP on the same machine; no browser. A page is 10 s of 18 bipolar channels (longitudinal
montage) of a recording of {len(SMALL)} channels × 256 Hz, 0.5 to 70 Hz and a notch at 50 Hz, 184 kB; each of {turns}
turns goes to a random place. With {clients} clients, each keeps a connection and asks as fast as it is answered; of
their {len(got.together)} pages none was lost or cut off. The long recording, {gigabytes:.2f} GB, is taken out of the
system's page cache before its first page (all channels as recorded, filtered) is asked for; the server has shown one
page of the other recording before. Its envelope
({envelope["megabytes"]:.0f} MB, kept) is built in blocks of the size in which it is read to compare: reading
{envelope["reading"]:.2f} s, building {envelope["building"]:.2f} s, medians of {REPEATS}, file in memory; that process
held {envelope["peak"]:.0f} MB at most.

{table(["", "measured", "aim at most"], rows)}
"""


def _length(body: bytes) -> int:
    """Return how many bytes a page has, as its header says."""
    size = int.from_bytes(body[:4], "little")
    header: dict[str, Any] = json.loads(body[4 : 4 + size])
    each = 2 * header["columns"] if header["mode"] == "minmax" else round(header["seconds"] * header["rate"])
    return 4 + size + 4 * len(header["channels"]) * int(each)


def _ms(seconds: Sequence[float], share: float) -> str:
    return f"{1000 * float(np.quantile(seconds, share)):.1f} ms"


def _peak(process: int) -> float:
    """Return the most memory that a process ever held, in MB."""
    return int(Path(f"/proc/{process}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
