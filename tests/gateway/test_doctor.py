"""`parley doctor` looks at everything and says what is wrong and what to do."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from admin import operations
from gateway.cli import doctor
from gateway.cli.doctor import examine
from gateway.connect import connect
from gateway.settings import Settings
from state import channels
from state.migrations import HEAD
from state.seal import Seal, new_key
from state.store import Store
from tests.allowed import allow
from tests.gateway.api.house import PHONE, SECRETS, made, on_sqlite


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with nothing wrong in them."""
    bots = {"bots": ("tests.crash.bot:Echo",), "public_url": "https://chat.example"}
    return made(tmp_path, on_sqlite(tmp_path), **bots)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    """The database with a channel in it."""
    opened = await Store(settings.database, owner=False).open()
    await connect(opened, Seal(settings.seal_key), operations.OPERATOR, PHONE)
    await allow(opened)
    yield opened
    await opened.close()


async def findings(settings: Settings, **changes: Any) -> dict[str, str]:
    """What is wrong, by what was looked at."""
    return {each.what: each.wrong async for each in examine(msgspec.structs.replace(settings, **changes))}


async def test_where_all_is_well_nothing_is_found_wrong(settings: Settings, store: Store) -> None:
    looked_at = ["data folder", "public address", "bots", "database", "team default", "channel phone"]
    looked_at.append("channel phone, provider (simulated: parley demo alone plays it, and nobody is asked)")
    assert await findings(settings) == dict.fromkeys(looked_at, "")


@pytest.mark.parametrize(
    ("changes", "what", "said"),
    [
        ({"data_dir": "{folder}/parley.db/media"}, "data folder", "parley.db is no folder"),
        ({"public_url": "http://chat.example"}, "public address", "public_url is not https"),
        ({"public_url": "https://localhost"}, "public address", "no provider reaches localhost"),
        ({"public_url": "https://10.1.2.3:8443"}, "public address", "no provider reaches 10.1.2.3"),
        ({"public_url": "https://[::1]"}, "public address", "no provider reaches ::1"),
        ({"public_url": "https://chat.internal"}, "public address", "no provider reaches chat.internal"),
        ({"bots": ()}, "bots", "no flow is served: set bots"),
        ({"bots": ("nowhere:Bot",)}, "bots", "No module named 'nowhere'"),
        ({"database": "sqlite:///{folder}/new.db"}, "database", f"'none', this version needs '{HEAD}': run `"),
        ({"database": "postgresql://x@127.0.0.1:1/x"}, "database", "cannot be reached: "),
        ({"redis": "redis://127.0.0.1:1/0"}, "redis", "cannot be reached: "),
        ({"seal_key": ""}, "channel phone", "there is no seal_key: set it"),
        ({"seal_key": new_key()}, "channel phone", "seal"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_found_alone(
    settings: Settings, store: Store, tmp_path: Path, changes: dict[str, Any], what: str, said: str
) -> None:
    given = {
        name: value.format(folder=tmp_path) if isinstance(value, str) else value
        for name, value in changes.items()
    }
    found = await findings(settings, **given)
    wrong = {name: words for name, words in found.items() if words}
    assert list(wrong) == [what]
    assert said in wrong[what]


async def test_a_public_address_is_needed_where_a_provider_is_to_call(
    settings: Settings, store: Store
) -> None:
    settings = msgspec.structs.replace(settings, public_url="")
    assert (await findings(settings))["public address (no channel here needs one)"] == ""
    real = PHONE._replace(id="real", simulated=False, account="1")
    await connect(store, Seal(settings.seal_key), operations.OPERATOR, real)
    found = {each.what: each.wrong async for each in examine(settings, ask=False)}
    assert found["public address"].startswith("public_url is not set")


async def test_a_database_that_is_none_and_one_that_is_not_there_are_told(
    settings: Settings, tmp_path: Path, postgres: str
) -> None:
    (tmp_path / "none.db").write_text("these are no tables")
    for url in (f"sqlite:///{tmp_path}/none.db", f"{postgres}nowhere"):
        assert (await findings(settings, database=url))["database"].startswith("cannot be reached: ")


async def test_a_channel_s_last_error_is_told(settings: Settings, store: Store) -> None:
    await store.write(channels.failed, "phone", "AUTH 190: the token has expired", 1)
    assert (await findings(settings))["channel phone"] == "AUTH 190: the token has expired"


async def test_no_channel_at_all_is_told_with_the_command(settings: Settings) -> None:
    assert (await findings(settings))["channels"].startswith("there is none yet: parley channels add")


async def test_a_redis_that_answers_is_well(settings: Settings, redis_url: str) -> None:
    assert (await findings(settings, redis=redis_url))["redis"] == ""


async def test_a_redis_that_says_nothing_is_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_PATIENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        assert (await findings(settings, redis=url))["redis"].startswith("cannot be reached: ")


async def test_no_finding_holds_a_secret(settings: Settings, store: Store) -> None:
    await store.write(channels.failed, "phone", f"AUTH 190: {SECRETS['access_token']}", 1)
    found = await findings(settings, redis="redis://:planted-password@127.0.0.1:1/0")
    assert "planted" not in str(found)
