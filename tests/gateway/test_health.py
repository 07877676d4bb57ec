"""Those who watch the process are told whether it lives, may be given work, and what it has counted."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from gateway.metrics import CONTENT_TYPE
from state import migrate
from tests.gateway.api.house import House, on_sqlite, running

LABEL = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"(parley_[a-z_]+)(?:{{{LABEL}(?:,{LABEL})*,?}})? ([0-9.eE+-]+|\+Inf|NaN)")
ABOUT = re.compile(r"# (?:HELP parley_[a-z_]+ \S.*|TYPE parley_[a-z_]+ (?:counter|gauge|histogram))")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running(tmp_path, on_sqlite(tmp_path)) as made:
        yield made


class Database:
    """A PostgreSQL database that can be taken away and given back."""

    def __init__(self, server: str, url: str) -> None:
        self._server, self.url = server, url
        self._name = urlsplit(url).path.strip("/")

    async def take_away(self) -> None:
        """End its connections and let none in, by giving it another name."""
        connection = await asyncpg.connect(self._server)
        gone = False
        while not gone:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
            await connection.execute(ended, self._name)
            with suppress(asyncpg.ObjectInUseError):
                await connection.execute(f'ALTER DATABASE "{self._name}" RENAME TO "{self._name}_away"')
                gone = True
        await connection.close()

    async def give_back(self) -> None:
        """Let connections in again."""
        connection = await asyncpg.connect(self._server)
        await connection.execute(f'ALTER DATABASE "{self._name}_away" RENAME TO "{self._name}"')
        await connection.close()


@pytest.fixture
def database(postgres: str, postgres_url: str) -> Database:
    migrate.upgrade(postgres_url)
    return Database(postgres, postgres_url)


async def samples(house: House) -> dict[str, float]:
    """The values by name and labels."""
    told = await house.ask("GET", "/metrics")
    assert (told.status, told.headers["Content-Type"]) == (200, CONTENT_TYPE)
    lines = [line for line in told.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_who_lives_says_so(house: House) -> None:
    told = await house.ask("GET", "/healthz")
    assert (told.status, told.text, told.headers["Cache-Control"]) == (200, "ok\n", "no-store")


async def test_who_can_work_is_ready(house: House) -> None:
    told = await house.ask("GET", "/readyz")
    assert (told.status, told.body) == (200, {"ready": True, "reasons": []})


async def test_who_may_not_send_is_not_ready(house: House) -> None:
    await house.gateway.fence.leave()
    told = await house.ask("GET", "/readyz")
    assert (told.status, told.body["ready"]) == (503, False)
    assert told.body["reasons"] == ["the permit to send has lapsed: the database takes no writes"]
    assert (await house.ask("GET", "/healthz")).status == 200
    assert (await samples(house))["parley_may_send"] == 0


async def test_without_its_database_it_lives_but_is_not_ready(tmp_path: Path, database: Database) -> None:
    async with running(tmp_path, database.url) as house:
        await database.take_away()
        told = await house.ask("GET", "/readyz")
        assert (told.status, told.body["reasons"][0]) == (503, "the database does not answer")
        assert (await house.ask("GET", "/healthz")).status == 200
        assert (await samples(house))["parley_database_up"] == 0
        refused = await house.call("GET", "/channels")
        assert (refused.status, refused.body["code"]) == (503, "unavailable")
        assert refused.headers["Retry-After"] == "1"
        await database.give_back()
        await house.until_ready()


async def test_every_line_of_the_metrics_is_prometheus_s(house: House) -> None:
    await house.conversation("Hi", lambda one: one["flow"])
    sent = await house.send()
    await house.until(f"/messages/{sent['id']}", lambda body: body["facts"]["sent"])
    text = (await house.ask("GET", "/metrics")).text
    wrong = [line for line in text.splitlines() if not (SAMPLE.fullmatch(line) or ABOUT.fullmatch(line))]
    assert wrong == []
    assert text.endswith("\n")
    names = re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)
    assert len(names) == len(set(names)) > 10


async def test_what_waits_for_a_hook_is_counted(house: House) -> None:
    made = await house.call("POST", "/hooks", {"url": "http://127.0.0.1:1/", "events": ["suspension.*"]})
    assert made.status == 201, made
    await house.call("POST", "/suspensions", {"scope": {"channel": "app"}, "reason": "x"})
    name = f'parley_hook_deliveries_waiting{{hook="{made.body["id"]}"}}'
    found = await house.becomes(lambda: samples(house), lambda found: found.get(name) == 1)
    retried = f'parley_hook_deliveries_total{{hook="{made.body["id"]}",outcome="retried"}}'
    assert (await house.becomes(lambda: samples(house), lambda found: retried in found))[retried] == found[
        name
    ]


async def test_what_happened_is_counted(house: House) -> None:
    await house.conversation("Hi", lambda one: one["flow"])
    sent = await house.send()
    await house.until(f"/messages/{sent['id']}", lambda body: body["facts"]["sent"])
    found = await samples(house)
    assert found['parley_events_accepted_total{channel="phone"}'] >= 1
    assert found['parley_turns_total{channel="phone"}'] == 1
    assert found['parley_turn_seconds_count{channel="phone"}'] == 1
    assert found['parley_sends_total{channel="app",outcome="accepted"}'] == 1
    assert (found["parley_database_up"], found["parley_may_send"]) == (1, 1)


async def test_what_waits_is_shown_by_channel_and_state(house: House) -> None:
    scope: dict[str, Any] = {"scope": {"channel": "app"}, "reason": "x"}
    await house.call("POST", "/suspensions", scope)
    for _ in range(3):
        held = await house.send()
    await house.send(at=f"{datetime.now(UTC) + timedelta(hours=1)}")
    await house.until(f"/messages/{held['id']}", lambda body: body["queue"]["attempts"] == 0)
    found = await samples(house)
    waiting = {name: value for name, value in found.items() if name.startswith("parley_outbox_rows")}
    assert waiting.pop('parley_outbox_rows{channel="app",state="later"}') == 1
    assert sum(waiting.values()) == 3
    assert found["parley_suspensions"] == 1


async def test_a_channel_that_cannot_work_is_counted(house: House) -> None:
    house.gateway.channels.broken["phone"] = "no seal key"
    assert (await samples(house))["parley_channels_broken"] == 1
