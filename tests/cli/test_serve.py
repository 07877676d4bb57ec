"""`parley serve`, `migrate` and `keys`, against real databases."""

import asyncio
import re
import socket
from pathlib import Path

import aiohttp
import pytest

from state.keys import digest
from state.migrations import HEAD
from tests.cli.conftest import Run, parley
from tests.load.process import Server

KEY = re.compile(r"pk_[\w-]{43}\n")


async def status(url: str, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
        return answer.status


def test_a_new_sqlite_file_is_served_and_a_key_made_beside_it_opens_it(
    run: Run, config: str, tmp_path: Path
) -> None:
    (tmp_path / "parley.db").unlink()
    server = Server(["gateway", "serve", "--config", config], tmp_path / "log")
    try:
        port, _ = server.wait_ready()
        made = run("keys", "create", "ops", "--scope", "channels:read", "--config", config)
        assert (made.code, bool(KEY.fullmatch(made.out))) == (0, True)
        url = f"http://127.0.0.1:{port}/v1"
        assert asyncio.run(status(f"{url}/channels", made.out.strip())) == 200
        assert asyncio.run(status(f"{url}/audit", made.out.strip())) == 403
        second = parley("serve", "--config", config)
        assert (second.code, "a gateway runs on" in second.err, "--data-dir" in second.err) == (1, True, True)
    finally:
        code = server.stop()
    assert code == 0
    assert server.tail().startswith(f"the schema is at revision {HEAD}\n")
    assert "no flow is served, so nobody answers" in server.tail()
    assert "\nready http://127.0.0.1:" in server.tail()
    assert "stopping: what is under way is finished or handed back" in server.tail()


def test_a_key_is_stored_as_its_digest_listed_and_revoked(run: Run, config: str, tmp_path: Path) -> None:
    secret = run("keys", "create", "ops", "--config", config).out.strip()
    listed = run("keys", "list", "--config", config).out
    assert listed.split()[1:] == ["ops", "admin"]
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("parley.db*"))
    assert (secret.encode() in stored, digest(secret).encode() in stored) == (False, True)
    assert run("keys", "revoke", listed.split()[0], "--config", config).code == 0
    assert run("keys", "list", "--config", config).out == ""
    again = run("keys", "revoke", listed.split()[0], "--config", config)
    assert (again.code, "there is no key" in again.err) == (1, True)


def test_a_scope_that_is_not_there_is_told(run: Run, config: str) -> None:
    done = run("keys", "create", "ops", "--scope", "everything", "--config", config)
    assert (done.code, "'everything'" in done.err, "messages:write" in done.err) == (2, True, True)


def test_postgresql_behind_its_schema_is_refused_with_the_command_that_helps(
    run: Run, postgres_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "n.toml"
    file.write_text(f"database = {postgres_url!r}\ndata_dir = {str(tmp_path)!r}\nport = 0\n")
    words = ("--config", str(file))
    helps = f"parley migrate --config {file}"
    said = f"the database is at schema 'none', this version needs '{HEAD}': run `{helps}`\n"
    refused = parley("serve", *words)
    assert (refused.code, refused.out, refused.err) == (1, "", f"parley serve: {said}")
    assert parley("channels", "list", *words).err == f"parley channels: {said}"
    assert f"database: {said}" in parley("doctor", *words).out
    assert run(*helps.split()[1:]).out == f"the schema is at revision {HEAD}\n"
    assert run("keys", "list", *words).code == 0


UNREACHABLE = {
    "a closed port": "postgresql://parley@127.0.0.1:1/parley",
    "no database": "sqlite:///{folder}/none.db",
}


@pytest.mark.parametrize("url", UNREACHABLE.values(), ids=UNREACHABLE.keys())
@pytest.mark.parametrize("words", [("migrate",), ("keys", "list"), ("quarantine", "list")], ids=" ".join)
def test_a_database_that_cannot_be_reached_is_told_in_one_line(
    run: Run, tmp_path: Path, words: tuple[str, ...], url: str
) -> None:
    (tmp_path / "none.db").write_text("these are no tables")
    done = run(*words, "--database", url.format(folder=tmp_path))
    assert (done.code, done.out) == (1, "")
    told = r"database: '.+' (cannot be reached|cannot be upgraded): .+ \(flag --database\)\n"
    assert re.fullmatch(f"parley {words[0]}: {told}", done.err)


@pytest.mark.parametrize("folder", ["/proc/nope", "{file}/media"])
def test_a_folder_for_files_that_cannot_be_made_stops_the_start(config: str, folder: str) -> None:
    given = folder.format(file=config)
    done = parley("serve", "--config", config, "--data-dir", given)
    told = rf"data_dir: {given} cannot be made: .+ \(flag --data-dir\)\n"
    assert (done.code, done.out, bool(re.fullmatch(told, done.err))) == (2, "", True)
    shown = parley("demo", "--data-dir", given)
    assert (shown.code, shown.out, bool(re.fullmatch(told, shown.err))) == (2, "", True)


def test_serving_what_cannot_be_reached_is_told_in_one_line() -> None:
    done = parley("serve", "--database", UNREACHABLE["a closed port"], "--log-format", "text")
    assert (done.code, done.out) == (1, "")
    told = r"database: 'postgresql://parley@127.0.0.1:1/parley' cannot be reached: .+ \(flag --database\)\n"
    assert re.fullmatch(f"parley serve: {told}", done.err)


NEW = {"database": "sqlite:///{folder}/new.db", "data_dir": "{folder}", "port": 0}
STOPS = {
    "a bot": ({"bots": ["nowhere:Bot"]}, "bots: 'nowhere:Bot': No module named 'nowhere'", False),
    "the folder of bots": ({"bot_path": "nowhere"}, "bot_path: there is no folder 'nowhere'", False),
    "the host": ({"host": "999.1.1.1"}, "host: 999.1.1.1 cannot be listened on: ", True),
    "an address that is not here": (
        {"host": "203.0.113.9"},
        "host: 203.0.113.9 cannot be listened on: ",
        True,
    ),
}


@pytest.mark.parametrize(("given", "told", "made"), STOPS.values(), ids=STOPS)
def test_what_stops_the_start_says_where_it_stands(
    tmp_path: Path, given: dict[str, object], told: str, made: bool
) -> None:
    file = tmp_path / "parley.toml"
    lines = (f"{name} = {value!r}" for name, value in (given | NEW).items())
    file.write_text("\n".join(lines).format(folder=tmp_path))
    done = parley("serve", "--config", str(file))
    assert (done.code, f"parley serve: {told}" in done.err) == (1, True), done.err
    assert done.err.endswith(f" ({file}, line 1)\n")
    assert (tmp_path / "new.db").exists() == made


def test_a_port_that_is_in_use_is_told_with_its_place(config: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = parley("serve", "--config", config, "--port", port)
    told = rf"parley serve: port: 127.0.0.1:{port} cannot be used: .+; choose another with --port \(flag --port\)\n"
    assert (done.code, bool(re.search(told, done.err))) == (1, True), done.err
