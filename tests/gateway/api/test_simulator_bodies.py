"""Whatever is posted to a simulated phone or a simulated provider, it is never our fault."""

from pathlib import Path

import pytest

from admin.operations import NewChannel
from tests.gateway.api.house import House, on_sqlite, running
from tests.gateway.api.test_every_simulator import CHANNELS

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEEP = b"[" * 50_000
ACTS = {
    "null": (b"null", "invalid_request", "type"),
    "a list": (b"[]", "invalid_request", "type"),
    "a number": (b"5", "invalid_request", "type"),
    "a word": (b'"x"', "invalid_request", "type"),
    "no JSON": (b"what", "invalid_json", None),
    "no UTF-8": (b'{"type": "\xff"}', "invalid_json", None),
    "deep": (DEEP, "invalid_json", None),
    "deep objects": (b'{"a":' * 50_000, "invalid_json", None),
    "without a type": (b'{"text": "Hello"}', "invalid_request", "type"),
    "without its words": (b'{"type": "text"}', "invalid_request", "text"),
}
WIRES = {
    "whatsapp": "v22.0/15550100/messages",
    "messenger": "v22.0/111222333444555/messages",
    "telegram": "bot7000001:planted-bot-token/sendMessage",
    "wechat": "cgi-bin/stable_token",
    "http": "",
    "vonage": "v1/messages",
    "x": "2/dm_conversations/with/1/messages",
}


@pytest.mark.parametrize(("raw", "code", "field"), ACTS.values(), ids=ACTS)
async def test_an_act_that_cannot_be_read_says_where(
    shared: House, raw: bytes, code: str, field: str | None
) -> None:
    told = await shared.ask("POST", "/simulator/api/phone/15550123/say", data=raw)
    assert (told.status, told.body["code"], told.body.get("field")) == (400, code, field)
    assert told.headers["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("kind", CHANNELS)
async def test_every_channel_refuses_what_is_no_act_no_fault_and_no_call(tmp_path: Path, kind: str) -> None:
    settings, secrets = CHANNELS[kind]
    new = NewChannel("ch", kind, settings, secrets, simulated=True)
    headers = {"Authorization": "Bearer planted-access-token", "Content-Type": "application/json"}
    async with running(tmp_path, on_sqlite(tmp_path), connects=(new,)) as house:
        for path in ("api/ch/15550123/say", "api/ch/faults"):
            for raw in (b"null", b"[]", DEEP):
                told = await house.ask("POST", f"/simulator/{path}", data=raw)
                assert (path, told.status) == (path, 400), told
        for raw in (b"null", b"", b"\xff", DEEP, b'{"a":' * 50_000):
            called = await house.session.post(
                f"{house.url}/simulator/wire/ch/{WIRES.get(kind, '')}", data=raw, headers=headers
            )
            assert called.status != 500, await called.text()


async def test_a_file_that_is_not_there_is_no_field_that_is_missing(shared: House) -> None:
    act = {"type": "image", "id": "gone"}
    told = await shared.ask("POST", "/simulator/api/phone/15550123/say", json=act)
    assert told.body.get("field") is None
