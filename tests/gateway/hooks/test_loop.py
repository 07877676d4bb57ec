"""What hooks get, over real sockets: once each, signed, again until they take it, and never in anybody's way."""

import asyncio
import hashlib
import hmac
import time as clock
from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any

import msgspec
import pytest

from admin import hooks as operations
from admin.operations import OPERATOR
from gateway.hooks.outcome import DAY_MS, PAUSES
from state import audit, deliveries, hooks, tables
from state.hooks import Hook
from state.lease import LeaseLost
from state.model.ids import now_ms
from state.statements import insert
from state.store import Store
from state.writer import Op, Unavailable
from tests.gateway.hooks.stand import HOUR, Stand, answer, signal, terms
from tests.gateway.sockets import Act, Server, Talk, answers, hangs, serving


def parts(heard: bytes) -> tuple[dict[str, str], bytes]:
    """The headers (names in lower case) and the body of a request."""
    head, _, body = heard.partition(b"\r\n\r\n")
    lines = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, _, value in lines}, body


def once(status: int) -> Act:
    """Answer one request and close."""

    def act(talk: Talk) -> None:
        talk.hear()
        talk.say(status, b"", "Connection: close")

    return act


def ids(heard: list[bytes]) -> list[str]:
    return [parts(each)[0]["webhook-id"] for each in heard]


async def secrets(stand: Stand, hook: Hook) -> list[str]:
    from tests.gateway.hooks.stand import SEAL

    return [each.key for each in hooks.opened(await stand.now(hook), SEAL)]


def verify(heard: bytes, secret: str) -> None:
    """As a receiver does by the specification."""
    head, body = parts(heard)
    signed = b".".join((head["webhook-id"].encode(), head["webhook-timestamp"].encode(), body))
    key = b64decode(secret.removeprefix("whsec_"))
    wanted = "v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert wanted in head["webhook-signature"].split(" ")


async def test_an_event_is_posted_signed_in_the_form_of_cloudevents(stand: Stand) -> None:
    with serving(answers(202)) as server:
        hook = await stand.hook(f"{server.url}/in?to=us")
        made = terms(at=1_700_000_000_250)
        await stand.tell(made)
    (heard,) = server.heard
    head, body = parts(heard)
    assert heard.startswith(b"POST /in?to=us HTTP/1.1\r\n")
    assert head["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert (head["webhook-id"], head["webhook-timestamp"]) == (made.id, str(stand.at // 1000))
    verify(heard, (await secrets(stand, hook))[0])
    assert msgspec.json.decode(body) == {
        "specversion": "1.0", "id": made.id, "source": "urn:parley", "type": "terms.waiting",
        "subject": "channels/wa", "time": "2023-11-14T22:13:20.250000Z", "datacontenttype": "application/json",
        "dataversion": "1", "data": {"channel": "wa", "type": "whatsapp", "version": "2", "due": None},
    }  # fmt: skip
    assert (await stand.only(hook)).state == "delivered"


async def test_a_hook_gets_what_it_wants_and_of_its_teams_alone(stand: Stand) -> None:
    await stand.store.write(_teams)
    with serving(answers()) as server:
        wants = {
            "all": ("*", ""), "type": ("terms.waiting", ""), "group": ("terms.*", ""), "other": ("signal.*", ""),
            "parent": ("*", "land"), "child": ("*", "town"), "cousin": ("*", "sea"),
        }  # fmt: skip
        made = {name: await stand.hook(server.url, event, team=team) for name, (event, team) in wants.items()}
        await stand.tell(terms(team="town"))
        told = {name for name, hook in made.items() if await stand.deliveries(hook)}
        await stand.tell(terms())
        all_told = {
            name for name, hook in made.items() if len(await stand.deliveries(hook)) == 1 + (name in told)
        }
    assert told == {"all", "type", "group", "parent", "child"}
    assert all_told == set(wants) - {"other"}


def _teams() -> Op[None]:
    from state.statements import insert
    from state.tables import team

    rows = (("land", None), ("town", "land"), ("sea", None))
    new = insert(team, "id parent name created_at")
    yield [(new, (name, parent, name, 0)) for name, parent in rows]


async def test_a_hook_is_told_once_however_often_it_is_asked_for(stand: Stand) -> None:
    with serving(answers()) as server:
        hook, made = await stand.hook(server.url), terms()
        await stand.tell(made, made)
        await stand.tell(made)
        assert len(await stand.deliveries(hook)) == 1
    assert ids(server.heard) == [made.id]


async def test_it_is_tried_again_until_it_is_taken_with_the_same_id_and_a_new_signature(stand: Stand) -> None:
    with serving(answers(503)) as bad:
        hook, made = await stand.hook(bad.url), terms()
        await stand.tell(made)
        await stand.later(PAUSES[0] - 1)
        assert len(bad.heard) == 1
        await stand.later(1)
        waiting = await stand.only(hook)
    assert (waiting.state, waiting.attempt, answer(waiting)["status"]) == ("waiting", 2, 503)
    assert waiting.due_at == stand.at + PAUSES[1] * 1000
    assert ids(bad.heard) == [made.id] * 2
    for heard in bad.heard:
        verify(heard, (await secrets(stand, hook))[0])
    first, second = (parts(heard)[0] for heard in bad.heard)
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) in (5, 6)
    assert first["webhook-signature"] != second["webhook-signature"]


async def test_what_fails_for_a_day_is_given_up_and_the_hook_disabled_with_its_reason(stand: Stand) -> None:
    with serving(answers(500, b"broken")) as bad, serving(answers()) as good:
        hook, watcher = await stand.hook(bad.url, "terms.*"), await stand.hook(good.url, "hook.*")
        began = stand.at
        await stand.tell(terms())
        while (made := await stand.only(hook)).state == "waiting":
            await stand.later((made.due_at - stand.at) / 1000)
        assert stand.at - began in range(DAY_MS, DAY_MS + 60_000)
        disabled = await stand.now(hook)
        await stand.once()
    assert (made.state, made.attempt) == ("failed", 11)
    assert disabled.disabled_for == "it took nothing for a day: the last answer was 500"
    told = msgspec.json.decode((await stand.only(watcher)).body)
    assert (told["type"], told["data"]["hook"]) == ("hook.disabled", hook.id)
    noted = await stand.store.read(audit.LATEST, 1)
    assert noted[0][1:5] == ("hooks", "disable_hook", hook.id, disabled.disabled_for)


async def test_a_hook_that_takes_other_things_stays_enabled(stand: Stand) -> None:
    with serving(answers(500)) as bad, serving(answers()) as good:
        hook, places = await stand.hook(bad.url), [bad.url]
        perform = stand.perform
        stand.perform = lambda call: perform(msgspec.structs.replace(call, url=places[-1]))
        await stand.tell(terms("a"))
        places.append(good.url)
        await stand.tell(terms("b"))
        places.append(bad.url)
        await stand.later(DAY_MS / 1000)
        assert [each.state for each in await stand.deliveries(hook)] == ["delivered", "failed"]
        assert (await stand.now(hook)).disabled_at is None


async def test_410_disables_at_once_and_what_happens_meanwhile_waits(stand: Stand) -> None:
    with serving(once(410), once(200)) as server:
        hook = await stand.hook(server.url)
        await stand.tell(terms("a"))
        assert (await stand.now(hook)).disabled_for == "it answered 410: it wants nothing more"
        await stand.tell(terms("b"))
        assert len(server.heard) == 1
        await operations.enable(stand.store, OPERATOR, hook.id)
        stand.at = now_ms()
        await stand.once()
        found = {
            msgspec.json.decode(each.body)["subject"]: each.state for each in await stand.deliveries(hook)
        }
    assert found == {"channels/a": "failed", "channels/b": "delivered"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(stand: Stand, status: int) -> None:
    with serving(answers()) as other, serving(answers(status, b"", f"Location: {other.url}")) as server:
        hook = await stand.hook(server.url)
        await stand.tell(terms())
        made = await stand.only(hook)
    assert (made.state, answer(made)["status"], other.connections) == ("waiting", status, 0)


async def test_a_private_address_is_not_called(url: str) -> None:
    stand = Stand(await Store(url).open(), private=False)
    with serving(answers()) as server:
        hook = await stand.hook(server.url)
        await stand.tell(terms())
        made = await stand.only(hook)
    await stand.close()
    assert (made.state, answer(made)["fault"], server.connections) == ("waiting", "Blocked", 0)


async def test_retry_after_is_honoured(stand: Stand) -> None:
    with serving(answers(429, b"", "Retry-After: 7200")) as server:
        hook = await stand.hook(server.url)
        await stand.tell(terms())
        assert (await stand.only(hook)).due_at == stand.at + 2 * HOUR


async def test_both_secrets_sign_for_a_day_after_one_was_replaced(stand: Stand) -> None:
    from tests.gateway.hooks.stand import SEAL

    with serving(answers()) as server:
        hook = await stand.hook(server.url)
        (old,) = await secrets(stand, hook)
        await operations.rotate(stand.store, SEAL, OPERATOR, hook.id)
        new = (await secrets(stand, hook))[0]
        await stand.tell(terms())
        verify(server.heard[0], old)
        verify(server.heard[0], new)
        stand.at += hooks.ROTATION_MS + 60_000
        await stand.tell(signal())
    assert len(parts(server.heard[1])[0]["webhook-signature"].split(" ")) == 1
    verify(server.heard[1], new)


async def test_what_is_cut_off_between_the_call_and_its_settling_is_told_again_with_the_same_id(
    stand: Stand,
) -> None:
    with serving(answers()) as server:
        hook, made = await stand.hook(server.url), terms()
        perform, posted = stand.perform, asyncio.Event()

        async def dies(call: Any) -> Any:
            await perform(call)
            posted.set()
            await asyncio.Event().wait()

        stand.perform = dies
        await stand.store.write(hooks.told, made)
        await stand.loop.round()
        await posted.wait()
        await stand.loop.stop(0)
        stand.perform = perform
        await stand.once()
        assert len(server.heard) == 1  # the lease still runs
        await stand.store.write(deliveries.free_all)
        await stand.once()
        assert (await stand.only(hook)).state == "delivered"
    assert ids(server.heard) == [made.id] * 2


async def test_who_was_overtaken_settles_nothing(stand: Stand) -> None:
    await stand.hook("http://127.0.0.1:1/")
    await stand.store.write(hooks.told, terms())
    await stand.store.write(hooks.fan_out, "urn:parley", now_ms())
    (due,) = [Hook(*row) for row in await stand.store.read(deliveries.DUE, now_ms())]
    taken = []
    for _ in range(2):
        taken += await stand.store.write(deliveries.take, [(due.id, 4)], "one", now_ms(), 30_000)
        await stand.store.write(deliveries.free_all)
    assert [row.attempt for row in taken] == [1, 2]
    with pytest.raises(LeaseLost):
        await stand.store.write(deliveries.settle, taken[0], deliveries.End("delivered", ""), now_ms())


async def test_what_was_told_is_told_again_when_it_is_asked_for(stand: Stand) -> None:
    with serving(answers()) as server:
        hook = await stand.hook(server.url)
        await stand.tell(terms())
        await operations.redeliver(stand.store, OPERATOR, (await stand.only(hook)).id)
        stand.at = now_ms()
        await stand.once()
        assert (await stand.only(hook)).attempt == 1
    assert len(set(ids(server.heard))) == 1
    assert len(server.heard) == 2


async def test_a_hook_that_hangs_holds_its_own_places_alone(stand: Stand) -> None:
    with serving(hangs) as slow, serving(answers()) as quick:
        await stand.hook(slow.url, "terms.*")
        other = await stand.hook(quick.url)
        await stand.store.write(hooks.told, *(terms(str(n)) for n in range(20)))
        running = asyncio.create_task(stand.loop.run())
        while [each.state for each in await stand.deliveries(other)] != ["delivered"] * 20:
            assert not running.done()
        running.cancel()
        assert slow.connections <= 4


async def test_a_hook_that_hangs_delays_no_commit_that_it_is_told_of(stand: Stand) -> None:
    with serving(hangs) as slow:
        hook = await stand.hook(slow.url)
        await stand.store.write(hooks.told, terms())
        await stand.loop.round()
        await asyncio.to_thread(_heard, slow)

        def whole() -> Op[str]:
            made = yield from audit.note("somebody", "suspend", "wa", "a trial")
            yield hooks.told_asks(terms(id=made))
            return made

        made = await stand.store.alone(whole)
        assert [row[0] for row in await stand.store.read(hooks.WAITING, 10)] == [made]
        assert (await stand.only(hook)).state == "waiting"


def _heard(server: Server) -> None:
    """Wait until a request has come."""
    while not server.heard:
        clock.sleep(0.001)


async def test_what_is_told_goes_with_its_commit_or_not_at_all(stand: Stand) -> None:
    def fails() -> Op[None]:
        yield hooks.told_asks(terms())
        raise RuntimeError("after writing")

    with pytest.raises((RuntimeError, Unavailable)):
        await stand.store.alone(fails)
    assert await stand.store.read(hooks.WAITING, 10) == []


async def test_each_of_two_nodes_makes_deliveries_and_each_is_made_once(on_postgres: str) -> None:
    nodes = [Stand(await Store(on_postgres).open(), node=name) for name in ("one", "two")]
    with serving(answers()) as server:
        hook = await nodes[0].hook(server.url)
        made = [terms(str(n)) for n in range(60)]
        await nodes[0].store.write(hooks.told, *made)
        while {each.state for each in await nodes[0].deliveries(hook)} != {"delivered"}:
            await asyncio.gather(*(node.loop.round() for node in nodes))
            await asyncio.gather(*(node.loop.idle() for node in nodes))
    for node in nodes:
        await node.close()
    assert sorted(ids(server.heard)) == sorted(each.id for each in made)


async def test_the_time_of_an_event_is_one(stand: Stand) -> None:
    with serving(answers()) as server:
        await stand.hook(server.url)
        await stand.tell(terms())
    told = msgspec.json.decode(parts(server.heard[0])[1])
    assert datetime.fromisoformat(told["time"]).utcoffset() is not None


async def test_what_comes_of_each_try_is_counted(stand: Stand) -> None:
    with serving(once(500), once(200), once(410)) as server:
        hook = await stand.hook(server.url, "terms.*")
        await stand.tell(terms("a"))
        waiting = await stand.store.read(deliveries.WAITING)
        assert (dict(stand.counted), [tuple(row) for row in waiting]) == ({"retried": 1}, [(hook.id, 1)])
        await stand.later(60)
        await stand.tell(terms("b"))
    assert stand.counted == {"retried": 1, "delivered": 1, "failed": 1, "disabled": 1}
    assert await stand.store.read(deliveries.WAITING) == []


_CHANNEL = "id type team account settings sealed simulated created_at"


async def test_what_is_a_channel_s_is_told_to_its_team_and_those_above_alone(stand: Stand) -> None:
    def made() -> Op[None]:
        rows = [("shop", None), ("shop-de", "shop"), ("other", None)]
        yield [
            (insert(tables.team, "id parent name created_at"), (name, above, name, 1)) for name, above in rows
        ]
        yield [(insert(tables.channel, _CHANNEL), ("wa", "whatsapp", "shop-de", "", "{}", b"", False, 1))]

    await stand.store.alone(made)
    with serving(answers()) as server:
        ours, theirs, everybody = [
            await stand.hook(f"{server.url}/{team}", team=team) for team in ("shop", "other", "")
        ]
        await stand.tell(terms(team="@wa"))
        assert [len(await stand.deliveries(each)) for each in (ours, theirs, everybody)] == [1, 0, 1]
