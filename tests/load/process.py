"""A server process under test: started on a core, watched until it is ready, measured from /proc, ended by its id."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVER_CORE, LOAD_CORE = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
"""The server under test has the first core we may use to itself; load and stub take the last."""
_TICK = 1 / os.sysconf("SC_CLK_TCK")


class NotReady(Exception):
    """The server ended, or said nothing, before it was ready; holds the last it wrote."""


class Server:
    """One process of `python -m …`, its output in a file; `core` pins it."""

    def __init__(self, words: Sequence[str], log: Path, core: int | None = None) -> None:
        self._log = log
        self._started = time.perf_counter()
        self._process = _spawn(words, log, core)
        self.pid = self._process.pid

    def wait_ready(self, seconds: float = 30) -> tuple[int, float]:
        """The port of the line `ready http://host:port` and the seconds it took since the start; raises NotReady."""
        while time.perf_counter() - self._started < seconds:
            found = re.search(rb"^ready http://[^:\s]+:(\d+)", self._log.read_bytes(), re.MULTILINE)
            if found:
                return int(found[1]), time.perf_counter() - self._started
            if self._process.poll() is not None:
                raise NotReady(f"ended with {self._process.returncode}: {self.tail()}")
            time.sleep(0.002)
        raise NotReady(f"silent for {seconds} s: {self.tail()}")

    def tail(self, size: int = 3000) -> str:
        """The end of what the process wrote."""
        return self._log.read_bytes()[-size:].decode(errors="replace")

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def stop(self, seconds: float = 20) -> int:
        """SIGTERM, wait for the orderly end and give its exit code; SIGKILL where it does not come."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None


def _spawn(words: Sequence[str], log: Path, core: int | None) -> subprocess.Popen[bytes]:
    pin = ["taskset", "-c", str(core)] if core is not None else []
    with log.open("wb") as out:
        return subprocess.Popen(
            [*pin, sys.executable, "-m", *words],
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=_environment(),
        )


def run(*words: str) -> str:
    """Run `python -m …` to its end and give what it wrote; raises NotReady where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=_environment(),
    )
    if done.returncode:
        raise NotReady(f"{' '.join(words[:4])} ended with {done.returncode}: {done.stderr or done.stdout}")
    return done.stdout


def _environment() -> Mapping[str, str]:
    """Ours without settings of a gateway or of Python, which would change what is measured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PARLEY_", "PYTHON"))}
    return kept | {"PYTHONUNBUFFERED": "1"}


def cpu_seconds(pid: int) -> float:
    """The processor time a process has used, all threads, user and system (proc(5): stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def core_busy_seconds(core: int) -> float:
    """How long a core has been at work for anybody since boot (proc(5): stat; idle and I/O wait left out)."""
    line = next(
        line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(f"cpu{core} ")
    )
    user, nice, system, _, _, *rest = (int(field) for field in line.split()[1:8])
    return (user + nice + system + sum(rest)) * _TICK


def memory_mb(pid: int) -> float:
    """The resident memory of a process in megabytes (10^6)."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024 / 1e6
