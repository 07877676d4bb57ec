"""Planted secrets are nowhere: not in lines of the log, not in what is kept of a call, not in answers or pages."""

import io
import logging
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from gateway import logs
from state import tables
from state.model.message import Message
from tests.gateway.api.house import made, on_sqlite
from tests.gateway.test_console import cookie, sign_in
from tests.spine.graph import cuts, refuses, says_back
from tests.spine.house import ACCESS_TOKEN, SECRETS, VERIFY_TOKEN, House, running, signature, text

ASKED = (
    "/v1/channels", "/v1/audit", "/v1/signals", "/v1/suspensions", "/v1/conversations", "/v1/messages/nobody",
    "/v1/openapi.json", "/admin", "/metrics", "/healthz", "/readyz", "/webhooks/wa", "/webhooks/nobody", "/nowhere",
    f"/webhooks/wa?hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}", f"/v1/messages?access_token={ACCESS_TOKEN}",
    "/",
)  # fmt: skip
SEAL_KEY = "cGxhbnRlZC1zZWFsLWtleS1vZi0zMi1ieXRlcy1hLWI="
Watched = tuple[House, io.StringIO]


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    """A house in which all has gone wrong once, and all its lines."""
    written = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    url = on_sqlite(tmp_path)
    logs.redactor.learn(*made(tmp_path, url, seal_key=SEAL_KEY).secrets)
    logs.set_up("debug", "json", written)
    try:
        async with running(tmp_path, url, seal_key=SEAL_KEY) as house:
            await troubled(house)
            yield house, written
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        logging.captureWarnings(False)


async def troubled(house: House) -> None:
    """Answers that repeat the call, a cut, a wrong signature, a body that cannot be read, a connector that breaks."""
    house.graph.next(says_back(400, 100), says_back(401, 190), cuts, house.graph.accepts)
    house.graph.next(refuses(403, 131031, words=ACCESS_TOKEN))  # after which the channel is suspended
    for number in range(1, 6):
        await house.hear(text(number, "hi"))
        await house.when(lambda: house.graph.texts, partial(_as_many, number))
    said = msgspec.json.encode({"object": ACCESS_TOKEN, "entry": []})
    await house.post(said, **signature(said))
    await house.post(b"{}", **{"X-Hub-Signature-256": f"sha256={ACCESS_TOKEN}"})
    live = house.gateway.channels.get("wb")
    assert live is not None
    live.connector.send = _breaks  # type: ignore[method-assign, assignment]
    await house.hear(text(6, "hi"), account="1055502")
    log = logging.getLogger("parley.test")
    log.error("settings %r, connector %r", house.gateway.settings, vars(live.connector))
    await house.when(house.messages, _broken)
    await house.when(house.queue, lambda rows: len(rows) == 1)


def _broken(found: Sequence[Message]) -> bool:
    return any(each.facts.fault and each.facts.fault.code == "connector_error" for each in found)


def _as_many(count: int, found: list[str]) -> bool:
    return len(found) >= count


def _breaks(message: object) -> None:
    raise RuntimeError(f"{message}: {SECRETS}")


async def told(house: House) -> str:
    """All answers and pages, with the exchanges of all messages."""
    await house.gateway.channels.load()
    paths = [*ASKED, *(f"/v1/messages/{each.id}" for each in await house.messages())]
    mine = cookie(await sign_in(house))
    headers = {"Authorization": f"Bearer {house.keys['admin']}", **mine}
    answers = [await house.ask("GET", path, headers=headers) for path in paths]
    wrong = await house.ask("GET", "/v1/channels", headers={"Authorization": f"Bearer {ACCESS_TOKEN}"})
    return "\n".join(answer.text for answer in (*answers, wrong))


def planted(house: House) -> list[str]:
    """All that was planted."""
    return [*SECRETS.values(), house.keys["admin"], SEAL_KEY]


async def test_planted_secrets_are_in_no_answer_and_on_no_page(watched: Watched) -> None:
    house, _ = watched
    seen = await told(house)
    assert seen.count("SUSPEND 131031: ***") >= 2, "of the console's page and of /v1/channels"
    assert seen.count("SUSPEND 131031: ***") == seen.count("SUSPEND 131031: ")
    assert [each for each in planted(house) if each in seen] == []


async def test_planted_secrets_are_in_no_line_of_the_log(watched: Watched) -> None:
    house, written = watched
    await told(house)
    lines = written.getvalue()
    assert all(words in lines for words in ("refused a request", "the connector failed", "Traceback", "***"))
    assert [each for each in planted(house) if each in lines] == []


async def test_no_half_of_a_secret_is_left_where_a_reason_is_cut(watched: Watched) -> None:
    house, written = watched
    for each in (await house.call("GET", "/suspensions?in_force=true")).body["items"]:
        await house.lift(each["id"])
    words = "x" * (500 - len(ACCESS_TOKEN) + 4) + ACCESS_TOKEN
    house.graph.next(refuses(400, 100, words=words), refuses(401, 190, words=words))
    await house.hear(text(7, "hi"), text(8, "hi"))
    await house.when(lambda: len(house.graph.texts) >= 7)
    await house.when(house.queue, lambda rows: len(rows) == 2)
    seen = await told(house) + written.getvalue()
    assert f"x{ACCESS_TOKEN[:20]}" not in seen


async def test_planted_secrets_are_kept_sealed_alone(watched: Watched) -> None:
    house, _ = watched
    kept = {}
    for table in tables.metadata.sorted_tables:
        if table.name != "envelope":  # a request is kept as it came
            kept[table.name] = str(await house.rows(sa.select(table)))
    assert "1: hi" in kept["message"]
    assert [name for name, rows in kept.items() if any(each in rows for each in planted(house))] == []
