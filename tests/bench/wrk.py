"""The load of wrk, where it is installed: it sends ready-made requests and counts the answers itself."""

import re
import shutil
import subprocess
from pathlib import Path

import msgspec

from tests.bench.drive import Measured, Meters
from tests.load.stream import END

CONNECTIONS = 256
WARM, WINDOW = 1, 2
SCRIPT = Path(__file__).with_name("requests.lua")
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def present() -> bool:
    """Whether wrk is on the PATH."""
    return shutil.which("wrk") is not None


def drive(port: int, pid: int, requests: Path) -> Measured:
    """Warm up, then measure; what was under way when wrk ended may have arrived, but is not counted by it."""
    with requests.open("rb") as file:
        length = _length(file.read(10_000))
    warmed, _ = _run(port, requests, length, 0, WARM)
    skipped = warmed + 2 * CONNECTIONS
    meters = Meters(pid)
    done, said = _run(port, requests, length, skipped, WINDOW)
    measured = meters.measured(done, _latency(said, "50%"), _latency(said, "99%"))
    wrong = re.findall(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", said)
    return msgspec.structs.replace(measured, sent=warmed + done, unsure=2 * CONNECTIONS, faults=tuple(wrong))


def _length(start: bytes) -> int:
    """The length of the first request, and so of each."""
    end = start.index(END) + len(END)
    found = re.search(rb"Content-Length: (\d+)", start)
    assert found
    return end + int(found[1])


def _run(port: int, requests: Path, length: int, skip: int, seconds: int) -> tuple[int, str]:
    """Run wrk; gives the number of answers and all it printed."""
    flags = ["--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s", "--latency"]
    words = [
        "wrk",
        *flags,
        "--script",
        str(SCRIPT),
        f"http://127.0.0.1:{port}/",
        "--",
        requests,
        length,
        skip,
    ]
    said = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+) requests in", said)
    assert found, said
    return int(found[1]), said


def _latency(said: str, share: str) -> float:
    """A percentile in milliseconds."""
    found = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", said)
    return float(found[1]) * _UNITS[found[2]] if found else 0.0
