"""Terms through the interface: read, accepted once by whoever may, and what waits is told everywhere."""

import asyncio

import msgspec
import pytest

from admin.operations import OPERATOR, NewChannel
from connectors import registry
from connectors.terms import History
from gateway import terms as acceptances
from gateway.connect import connect
from state import terms
from state.model.channel import Terms
from state.model.ids import now_ms
from state.store import Store
from state.writer import Op
from tests.gateway.api.house import House, when

NEW = NewChannel("fresh", "inapp", {}, {})
VERSION = registry.connector("inapp").terms.version


async def fresh(house: House) -> None:
    """A channel whose terms nobody has accepted."""
    await connect(house.gateway.store, house.gateway.seal, OPERATOR, NEW)
    await house.gateway.channels.load()


async def test_a_new_channel_s_terms_wait_until_somebody_accepts_them(anywhere: House) -> None:
    await fresh(anywhere)
    before = (await anywhere.call("GET", "/channels/fresh/terms")).body
    assert (before["accepted"], before["held"], before["held_from"], before["acceptances"]) == (
        False,
        True,
        None,
        [],
    )
    assert {each["source"] for each in before["current"]["points"]} > {"the operator's own terms"}
    told = await anywhere.call("POST", "/channels/fresh/terms", {}, key="terms:accept")
    assert (told.status, told.body["version"], told.body["actor"]) == (200, VERSION, "key terms:accept")
    again = await anywhere.call("POST", "/channels/fresh/terms", {"version": VERSION})
    assert (again.status, again.body) == (200, told.body)
    after = (await anywhere.call("GET", "/channels/fresh/terms", key="channels:read")).body
    assert (after["accepted"], after["held"], after["acceptances"]) == (True, False, [told.body])
    entries = (await anywhere.call("GET", "/audit")).body["items"]
    assert [each["subject"] for each in entries if each["action"] == "accept_terms"][:1] == ["fresh"]


async def test_the_list_and_the_running_channel_say_whether_terms_are_accepted(anywhere: House) -> None:
    await fresh(anywhere)

    async def said() -> dict[str, bool]:
        items = (await anywhere.call("GET", "/channels")).body["items"]
        return {each["id"]: each["terms_accepted"] for each in items}

    assert await said() == {"phone": True, "app": True, "fresh": False}
    await anywhere.call("POST", "/channels/fresh/terms", {})
    await anywhere.becomes(said, lambda found: found["fresh"])
    live = anywhere.gateway.channels.get("fresh")
    assert live is not None
    assert (live.terms.version, list(live.accepted)) == (VERSION, [VERSION])


@pytest.mark.parametrize(
    ("method", "path", "body", "key", "status", "code"),
    [
        ("GET", "/channels/none/terms", None, "admin", 404, "unknown_channel"),
        ("POST", "/channels/none/terms", {}, "admin", 404, "unknown_channel"),
        ("POST", "/channels/app/terms", {"version": "inapp-1999-01-01"}, "admin", 422, "invalid_field"),
        ("POST", "/channels/app/terms", {"versions": "x"}, "admin", 422, "invalid_field"),
        ("POST", "/channels/app/terms", {}, "channels:read", 403, "forbidden"),
        ("GET", "/channels/app/terms", None, "messages:read", 403, "forbidden"),
    ],
)
async def test_what_cannot_be_read_or_accepted_is_refused(
    house: House, method: str, path: str, body: object, key: str, status: int, code: str
) -> None:
    told = await house.call(method, path, body, key=key)
    assert (told.status, told.body["code"]) == (status, code)


async def test_the_same_request_twice_accepts_once(house: House) -> None:
    await fresh(house)
    told = [await house.call("POST", "/channels/fresh/terms", {}, once="k1") for _ in range(2)]
    assert told[0].body == told[1].body
    assert told[1].headers["Idempotency-Replayed"] == "true"


DAY = 86_400_000


async def test_a_new_version_leaves_days_and_then_holds(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, now = registry.connector("inapp"), now_ms()
    for begun, held in ((9, False), (11, True)):
        old = msgspec.structs.replace(kind.terms, since=0)
        new = Terms(version=f"inapp-{begun}", since=now - begun * DAY, grace=10)
        coming = Terms(version="inapp-coming", since=now + DAY, grace=10)
        monkeypatch.setattr(kind, "history", History((old, new, coming)))
        await house.gateway.store.write(terms.know, [new.version], new.since)
        found = (await house.call("GET", "/channels/app/terms")).body
        assert (found["current"]["version"], found["accepted"], found["held"]) == (new.version, False, held)
        assert [each["version"] for each in found["coming"]] == ["inapp-coming"]
    told = await house.call("POST", "/channels/app/terms", {"version": "inapp-coming"})
    assert told.body["version"] == "inapp-coming"
    assert (await house.call("POST", "/channels/app/terms", {})).body["version"] == "inapp-11"


async def test_what_is_held_is_decided_again_by_whoever_learns_of_an_acceptance(anywhere: House) -> None:
    await fresh(anywhere)
    sent = await anywhere.send(channel="fresh")
    path = f"/messages/{sent['id']}"
    held = await anywhere.until(path, lambda body: body["queue"] and body["queue"]["state"] == "held")
    assert [each["code"] for each in held["decisions"]] == ["terms_not_accepted"]
    await anywhere.call("POST", "/channels/fresh/terms", {})
    found = await anywhere.until(path, lambda body: body["facts"]["sent"])
    assert [each["verdict"] for each in found["decisions"]] == ["wait", "send"]


async def test_what_a_suspension_holds_is_not_decided_again_by_an_acceptance(anywhere: House) -> None:
    made = await anywhere.call("POST", "/suspensions", {"scope": {"channel": "app"}, "reason": "x"})
    path = f"/messages/{(await anywhere.send())['id']}"
    await anywhere.until(path, lambda body: body["queue"] and body["queue"]["state"] == "held")
    await fresh(anywhere)
    other = f"/messages/{(await anywhere.send(channel='fresh'))['id']}"
    await anywhere.call("POST", "/channels/fresh/terms", {})
    await anywhere.until(other, lambda body: body["facts"]["sent"])
    assert len((await anywhere.call("GET", path)).body["decisions"]) == 1
    await anywhere.call("POST", f"/suspensions/{made.body['id']}/lift", {"reason": "over"})
    await anywhere.until(path, lambda body: len(body["decisions"]) == 2)


async def test_what_waits_for_terms_leaves_as_soon_as_another_process_accepts_them(
    anywhere: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anywhere.gateway.store.write(forgotten)
    await anywhere.gateway.channels.load()
    sent = await anywhere.send()
    path = f"/messages/{sent['id']}"
    await anywhere.until(path, lambda body: body["queue"] and body["queue"]["state"] == "held")
    monkeypatch.setattr(anywhere.gateway.teams, "load", never)  # so nothing is read anew every five seconds
    beside = await Store(anywhere.gateway.settings.database, owner=False).open()
    await acceptances.accept(beside, beside, OPERATOR, "app")
    await beside.close()
    await anywhere.until(path, lambda body: body["facts"]["accepted"] is not None)


def forgotten() -> Op[None]:
    """The channel has accepted nothing."""
    yield [(terms.NONE, ("app",))]


async def never() -> None:
    """Hold up the loop that reads everything anew."""
    await asyncio.Event().wait()


async def test_a_version_that_comes_with_a_late_upgrade_leaves_its_days_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, now = registry.connector("inapp"), now_ms()
    new = Terms(version="inapp-late", since=now - 500 * DAY, grace=10)
    monkeypatch.setattr(kind, "history", History((msgspec.structs.replace(kind.terms, since=0), new)))
    await house.gateway.channels.know_terms()
    first = (await house.call("GET", "/channels/app/terms")).body
    assert (first["accepted"], first["held"]) == (False, False)
    assert when(first["held_from"]).timestamp() * 1000 == pytest.approx(now + 10 * DAY, abs=60_000)
    await house.gateway.channels.know_terms()
    assert (await house.call("GET", "/channels/app/terms")).body["held_from"] == first["held_from"]
