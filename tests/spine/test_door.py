"""The door for providers: the forged is refused and leaves nothing; the authentic is kept, whatever it holds."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from state import tables
from tests.connectors import fixtures
from tests.spine.house import APP_SECRET, VERIFY_TOKEN, House, change, signature, text, webhook

pytestmark = pytest.mark.asyncio(loop_scope="module")
GOOD = webhook([change(text(1, "hello"))])
RIGHT = signature(GOOD)["X-Hub-Signature-256"]
DEEP = b"[" * 100_000 + b"]" * 100_000

FORGED: dict[str, dict[str, str]] = {
    "none": {"X-Other": "1"},
    "empty": {"X-Hub-Signature-256": ""},
    "of another secret": signature(GOOD, "another secret"),
    "of another body": signature(GOOD + b" "),
    "without its prefix": {"X-Hub-Signature-256": RIGHT.removeprefix("sha256=")},
    "of the older kind": {"X-Hub-Signature": RIGHT.replace("sha256", "sha1")},
    "cut short": {"X-Hub-Signature-256": RIGHT[:-1]},
    "in capitals": {"X-Hub-Signature-256": RIGHT.upper()},
    "no ASCII": {"X-Hub-Signature-256": "sha256=ä€"},
    "the secret itself": {"X-Hub-Signature-256": APP_SECRET},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_forged_request_is_told_401_and_leaves_nothing(
    door: House, method: str, headers: dict[str, str]
) -> None:
    before = await door.came()
    told = await door.ask(method, "/webhooks/wa", data=GOOD, headers=headers)
    assert (told.status, told.body["code"]) == (401, "forged")
    assert await door.came() == before


@pytest.mark.asyncio(loop_scope="function")
async def test_a_forged_request_leaves_nothing_on_either_engine(house: House) -> None:
    await house.gateway.sealer.all()
    before = await house.counts()
    assert await house.post(GOOD, **FORGED["of another secret"]) == 401
    assert await house.counts() == before


async def test_what_is_too_large_or_for_nobody_is_refused_and_leaves_nothing(door: House) -> None:
    before = await door.came()
    assert await door.post(b"x" * 10_000_000) == 413
    assert await door.post(GOOD, "nobody") == 404
    assert await door.post(GOOD, "..%2Fv1") == 404
    assert await door.came() == before


async def kept(door: House, body: bytes) -> tuple[int, str | None]:
    """Deliver a signed body; gives the status, and the problems it was stored with, if it was stored as it came."""
    c = tables.envelope.c
    newest = sa.select(c.id, c.body, c.problems).order_by(c.id.desc()).limit(1)
    before = await door.count(tables.envelope)
    status = await door.post(body)
    rows = await door.rows(newest) if await door.count(tables.envelope) == before + 1 else []
    return status, rows[0][2] if rows and bytes(rows[0][1]) == body else None


LONG = "x" * 300
UNREADABLE: dict[str, bytes] = {
    "truncated": GOOD[:-10],
    "nothing": b"",
    "no JSON": b"hello",
    "a number": b"1",
    "a list": b"[]",
    "an object of another kind": b'{"object": "page", "entry": []}',
    "entries of the wrong type": b'{"object": "whatsapp_business_account", "entry": 7}',
    "an entry of the wrong type": webhook([]).replace(b"[]", b'"x"'),
    "a message of the wrong type": webhook([change({"type": 7})]),
    "a time of the wrong type": webhook([change(text(1, "time", timestamp=["now"]))]),
    "no UTF-8": GOOD.replace(b"whatsapp_business_account", b"whatsapp_\xff\xfe"),
    "nested deeply": DEEP,
    "nested deeply within": GOOD.replace(b'"hello"', DEEP),
    "an id that is too long": webhook([change(text(1, "id", id=LONG))]),
    "a quoted id that is too long": webhook([change(text(1, "quoted", context={"id": LONG}))]),
    "a quoted id with a NUL": webhook([change(text(1, "nul", context={"id": "a\0b"}))]),
    "a status of an id that is too long": webhook(
        [change(statuses=[{"id": LONG, "status": "sent", "timestamp": "1"}])]
    ),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_is_authentic_and_cannot_be_read_goes_to_quarantine(door: House, body: bytes) -> None:
    status, problems = await kept(door, body)
    assert status == 200
    assert problems


async def test_one_item_that_cannot_be_stored_takes_no_other_along(door: House) -> None:
    good = text(3, "beside it")
    status, problems = await kept(door, webhook([change(text(1, "id", id=LONG), good)]))
    assert (status, bool(problems)) == (200, True)
    c = tables.event.c
    assert await door.rows(sa.select(c.id).where(c.key == good["id"])) != []


async def test_a_replay_of_what_cannot_be_stored_says_why(door: House) -> None:
    assert await door.post(UNREADABLE["an id that is too long"]) == 200
    c = tables.envelope.c
    ((newest,),) = await door.rows(sa.select(c.id).order_by(c.id.desc()).limit(1))
    assert await door.gateway.webhooks.replay(newest) != []


READABLE: dict[str, bytes] = {
    "no UTF-8 in a text": webhook([change(text(2, "hello"))]).replace(b"hello", b"h\xffllo"),
    "half an emoji": webhook([change(text(2, "half"))]).replace(b"half", rb"\ud83d"),
    "a NUL in a text": webhook([change(text(2, "nul"))]).replace(b'"body":"nul"', rb'"body":"\u0000"'),
    "a type of tomorrow": webhook([change({**text(2, "later"), "type": "hologram"})]),
    "a field of tomorrow": webhook([{"field": "holograms", "value": {"id": "1"}}]),
    "a list of tomorrow": webhook([{"field": "messages", "value": {"holograms": [{"id": "1"}]}}]),
    "nothing new": webhook(),
}


@pytest.mark.parametrize("body", READABLE.values(), ids=READABLE)
async def test_what_is_authentic_is_kept_even_where_there_is_little_to_read(door: House, body: bytes) -> None:
    status, problems = await kept(door, body)
    assert (status, problems) == (200, "")


HANDSHAKES: list[tuple[dict[str, str], int, str]] = [
    (
        {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "<b>1</b>"},
        200,
        "<b>1</b>",
    ),
    ({"hub.mode": "subscribe", "hub.verify_token": "wrong", "hub.challenge": "1"}, 403, "the verify token"),
    ({"hub.mode": "subscribe", "hub.challenge": "1"}, 403, "the verify token"),
    ({"hub.mode": "other", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1"}, 403, "the verify token"),
    ({}, 403, "the verify token"),
]


@pytest.mark.parametrize(("query", "status", "said"), HANDSHAKES)
async def test_the_handshake_gives_the_challenge_for_our_word_alone(
    door: House, query: dict[str, str], status: int, said: str
) -> None:
    before = await door.came()
    told = await door.ask("GET", "/webhooks/wa", params=query)
    assert (told.status, told.text[: len(said)]) == (status, said)
    assert told.headers["Content-Type"].startswith("text/plain")
    assert await door.came() == before


fuzz = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
BODIES = [
    found["body"]
    for path in fixtures.paths("whatsapp", "receive")
    if isinstance((found := fixtures.read(path)).get("body"), dict)
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, -1, 10**30, 1e308, "", "\0", "\ud83d", LONG, "é" * 300, "wamid.1", [], {}, [[]]]),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.lists(st.none() | st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in JSON: its container, and its key or index there."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, each in pairs for place in ((value, key), *places(each))]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real webhook with something else in one to three of its places, or without them, or with other names."""
    body = json.loads(json.dumps(draw(st.sampled_from(BODIES))))
    for _ in range(draw(st.integers(1, 3))):
        if not (found := places(body)):
            break
        holder, key = draw(st.sampled_from(found))
        match draw(st.sampled_from(["other", "other", "gone", "twice"])):
            case "other":
                holder[key] = draw(ODD)
            case "gone":
                del holder[key]
            case "twice" if isinstance(holder, list):
                holder.append(holder[key])
            case _:
                holder[f"{key}_"] = holder.pop(key)
    return json.dumps(body).encode()


@fuzz
@given(body=st.binary(max_size=200))
async def test_any_signed_bytes_are_answered_and_kept(door: House, body: bytes) -> None:
    assert await kept(door, body) != (200, None)


@fuzz
@given(body=mutated())
async def test_any_signed_change_of_a_real_webhook_is_answered_and_kept(door: House, body: bytes) -> None:
    status, problems = await kept(door, body)
    assert status == 200
    assert problems is not None


async def test_whatever_came_in_has_had_its_turn(door: House) -> None:
    await door.when(lambda: door.count(tables.inbox), lambda count: count == 0)
    c = tables.conversation.c
    assert await door.rows(sa.select(c.id).where(c.mode == "parked")) == []


async def test_what_a_handshake_brings_along_is_not_kept(door: House) -> None:
    before = await door.came()
    query = f"hub.mode=subscribe&hub.challenge=1&hub.verify_token={VERIFY_TOKEN}"
    for asked in (query, query + "x"):
        await door.ask("GET", f"/webhooks/wa?{asked}", data=b"x" * 100_000)
    assert await door.came() == before
