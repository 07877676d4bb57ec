"""Hooks through the interface: made, tried, looked into, disabled, removed; their secrets are in no answer but one."""

from pathlib import Path
from typing import Any

import pytest

from admin import hooks as operations
from admin.operations import OPERATOR, Refused
from tests.gateway.api.house import NOBODY, House
from tests.gateway.sockets import answers, serving

WHERE = "https://hooks.example/in"


async def make(house: House, url: str = WHERE, *events: str, **more: Any) -> Any:
    told = await house.call(
        "POST", "/hooks", {"url": url, "events": events or ("*",)} | more, key="hooks:write"
    )
    assert told.status == 201, told
    return told.body


async def test_a_hook_is_tried_and_what_it_answered_is_shown(anywhere: House) -> None:
    with serving(answers(200, b'{"ok":true}')) as server:
        hook = await make(anywhere, server.url)
        told = await anywhere.call("POST", f"/hooks/{hook['id']}/test", {})
        assert (told.status, told.body["state"]) == (202, "waiting")
        path = f"/hooks/{hook['id']}/deliveries"
        page = await anywhere.until(path, lambda body: body["items"][0]["state"] == "delivered")
    (found,) = page["items"]
    assert (found["id"], found["type"], found["attempts"], found["due"]) == (
        told.body["id"],
        "hook.test",
        1,
        None,
    )
    assert (found["answer"]["status"], found["answer"]["answer"]) == (200, '{"ok":true}')
    assert found["body"]["data"] == {"hook": hook["id"], "message": "This is a trial."}


async def test_what_was_told_is_told_again_when_that_is_asked_for(house: House) -> None:
    with serving(answers()) as server:
        hook = await make(house, server.url)
        told = await house.call("POST", f"/hooks/{hook['id']}/test", {})
        path = f"/hooks/{hook['id']}/deliveries"
        await house.until(path, lambda body: body["items"][0]["state"] == "delivered")
        again = await house.call("POST", f"/deliveries/{told.body['id']}/redeliver", {"reason": "lost"})
        assert (again.status, again.body["state"]) == (202, "waiting")
        await house.until(
            path, lambda body: body["items"][0]["state"] == "delivered" and len(server.heard) == 2
        )


async def test_the_secret_is_shown_by_one_endpoint_alone_and_that_is_noted(house: House) -> None:
    told = await house.call("POST", "/hooks", {"url": WHERE, "events": ["*"]}, once="k")
    hook = told.body
    secret = (await house.call("GET", f"/hooks/{hook['id']}/secret")).body["secret"]
    assert secret.startswith("whsec_")
    listed = await house.call("GET", "/hooks")
    assert [each.text for each in (told, listed) if secret in each.text] == []
    (entry, *_) = (await house.call("GET", "/audit")).body["items"]
    assert (entry["action"], entry["subject"], entry["actor"]) == (
        "show_hook_secret",
        hook["id"],
        "key admin",
    )
    stored = b"".join(path.read_bytes() for path in house_files(house))
    assert secret.encode() not in stored


def house_files(house: House) -> list[Path]:
    return list(Path(house.gateway.settings.data_dir).glob("parley.db*"))


async def test_a_secret_is_replaced_and_the_answer_shows_none(house: House) -> None:
    hook = await make(house)
    before = (await house.call("GET", f"/hooks/{hook['id']}/secret")).body["secret"]
    told = await house.call("POST", f"/hooks/{hook['id']}/rotate", {"reason": "leaked"})
    after = (await house.call("GET", f"/hooks/{hook['id']}/secret")).body["secret"]
    assert told.body == hook
    assert (before == after, before in told.text) == (False, False)


async def test_a_disabled_hook_says_why_and_is_enabled(house: House) -> None:
    hook = await make(house)
    told = await house.call("POST", f"/hooks/{hook['id']}/disable", {"reason": "moving"})
    assert (told.body["disabled"] is None, told.body["disabled_for"]) == (False, "moving")
    (found,) = (await house.call("GET", "/hooks")).body["items"]
    assert found == told.body
    told = await house.call("POST", f"/hooks/{hook['id']}/enable", {"reason": "moved"})
    assert told.body == hook


async def test_a_removed_hook_is_gone(house: House) -> None:
    hook = await make(house)
    assert (await house.call("DELETE", f"/hooks/{hook['id']}")).body == hook
    assert (await house.call("GET", "/hooks")).body == {"items": []}
    assert (await house.call("DELETE", f"/hooks/{hook['id']}")).status == 404


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"url": "https://hooks.example/in", "events": ["suspension.begun"]}, "events"),
        ({"url": "https://hooks.example/in", "events": ["messages.*"]}, "events"),
        ({"url": "https://hooks.example/in", "events": []}, "events"),
        ({"url": "ftp://hooks.example/in", "events": ["*"]}, "url"),
        ({"url": "https://", "events": ["*"]}, "url"),
        ({"url": "https://hooks.example:99999/", "events": ["*"]}, "url"),
        ({"url": "https://me:secret@hooks.example/", "events": ["*"]}, "url"),
        ({"url": "https://hooks.example/#part", "events": ["*"]}, "url"),
        ({"url": "https://hooks.example/a b", "events": ["*"]}, "url"),
        ({"url": "https://hooks.example/", "events": ["*"], "team": "nobody"}, "team"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_wrong_with_a_hook_is_named(shared: House, asked: Any, field: str) -> None:
    told = await shared.call("POST", "/hooks", asked)
    assert (told.status, told.body["code"], told.body["field"]) == (422, "invalid_field", field)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/hooks/{}"), ("GET", "/hooks/{}/secret"), ("GET", "/hooks/{}/deliveries"),
        ("POST", "/hooks/{}/rotate"), ("POST", "/hooks/{}/enable"), ("POST", "/hooks/{}/disable"),
        ("POST", "/hooks/{}/test"), ("POST", "/deliveries/{}/redeliver"),
    ],
)  # fmt: skip
@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_not_there_is_not_found(shared: House, method: str, path: str) -> None:
    told = await shared.call(method, path.format(NOBODY), {} if method == "POST" else None)
    assert (told.status, told.body["code"]) == (404, "not_found")


async def test_without_tls_only_where_private_addresses_are_allowed(house: House) -> None:
    new = operations.NewHook("http://hooks.example/", ("*",))
    with pytest.raises(Refused, match="https://"):
        await operations.add(house.gateway.store, house.gateway.seal, OPERATOR, new)
    with pytest.raises(Refused, match="seal_key"):
        await operations.add(house.gateway.store, None, OPERATOR, new._replace(url=WHERE))


async def test_deliveries_come_in_pages_newest_first(house: House) -> None:
    hook = await make(house)
    await house.call("POST", f"/hooks/{hook['id']}/disable", {"reason": "to look at what waits"})
    told = [(await house.call("POST", f"/hooks/{hook['id']}/test", {})).body["id"] for _ in range(5)]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await house.call("GET", f"/hooks/{hook['id']}/deliveries?limit=2&cursor={cursor}")).body
        found += [each["id"] for each in page["items"]]
        cursor = page["next"]
    assert found == told[::-1]
