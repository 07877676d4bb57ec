"""What admins make: channels, keys and their audit; and messages as they are read page by page."""

import asyncio
import hashlib
from functools import partial

import pytest

from state import audit, channels, keys, media, messages
from state.channels import Exists, Record
from state.model.ids import lane_of_id, new_id
from state.store import Store
from tests.state.acts import converse, lease

RECORD = Record("wa", "whatsapp", "default", "123", '{"a":"b"}', b"sealed\x00", False, "", 7)


@pytest.fixture(params=["sqlite", "plain"])
def url(request: pytest.FixtureRequest) -> str:
    """Run the test on both engines; nothing here is locked or partitioned in a way of its own."""
    return str(request.getfixturevalue(request.param))


async def listed(store: Store) -> list[Record]:
    return [Record(*row) for row in await store.read(channels.LIST)]


async def test_a_channel_is_added_once(store: Store) -> None:
    results = await asyncio.gather(
        store.write(channels.add, RECORD), store.write(channels.add, RECORD), return_exceptions=True
    )
    assert [type(each) for each in results] == [type(None), Exists]
    (found,) = await listed(store)
    assert found == RECORD
    assert found.public() == {"a": "b"}


async def test_a_removed_channel_s_name_may_be_used_again(store: Store) -> None:
    await store.write(channels.add, RECORD)
    await store.write(channels.failed, "wa", "401", 8)
    assert [each.last_error for each in await listed(store)] == ["401"]
    assert [await store.write(channels.remove, "wa", 9) for _ in range(2)] == [True, False]
    assert await listed(store) == []
    await store.write(channels.add, RECORD._replace(account="456"))
    ((account, error),) = [(each.account, each.last_error) for each in await listed(store)]
    assert (account, error) == ("456", "")


async def test_of_a_key_only_the_digest_is_stored(store: Store) -> None:
    secret = await store.write(keys.create, "shop", ("messages:write",))
    (row,) = await store.read(keys.ALL)
    key = keys.read_row(row)
    assert secret not in str(row)
    assert key.digest == hashlib.sha256(secret.encode()).hexdigest() == keys.digest(secret)
    assert (key.may("messages:write"), key.may("suspend")) == (True, False)
    await store.write(keys.revoke, key.id)
    assert await store.read(keys.ALL) == []


async def test_the_audit_shows_the_latest_first(store: Store) -> None:
    for action in ("first", "second", "third"):
        await store.write(partial(audit.note, "ann", action, "wa", "why", before=1))
    rows = await store.read(audit.LATEST, 2)
    assert [(row[2], row[5]) for row in rows] == [("third", '{"before":1}'), ("second", '{"before":1}')]


async def test_a_stored_file_is_found_by_its_id(store: Store) -> None:
    file = await store.write(media.add, "image/png", "cat.png", 1 << 40, "ab" * 32)
    assert [tuple(row) for row in await store.read(media.ONE, file, lane_of_id(file))] == [
        ("image/png", "cat.png", 1 << 40)
    ]


async def test_a_timeline_is_read_page_by_page(store: Store) -> None:
    for n in range(3):
        turn = await converse(store, f"m{n}", f"reply {n}")
    first = await messages.timeline(store, turn.taken.id, limit=4)
    rest = await messages.timeline(store, turn.taken.id, first[-1].id, limit=4)
    said = [getattr(each.content, "text", "") for each in (*first, *rest)]
    assert said == ["reply 2", "m2", "reply 1", "m1", "reply 0", "m0"]
    assert await messages.one(store, new_id(0)) is None


async def test_conversations_are_listed_newest_first(store: Store) -> None:
    turns = [await converse(store, f"m{n}", urn=f"tel:{n}") for n in range(3)]
    page = await messages.conversations(store, limit=2)
    rest = await messages.conversations(store, page[-1][0])
    assert [row[0] for row in (*page, *rest)] == [turn.taken.id for turn in reversed(turns)]
    found = await messages.conversation_row(store, turns[0].taken.id)
    assert found
    assert tuple(found) == tuple(rest[-1])
    assert await messages.conversation_row(store, new_id(0)) is None


async def test_counts_tell_what_came_what_left_and_what_waits(store: Store) -> None:
    since = new_id(0)[:12] + "0" * 20
    await converse(store, "m1", "hello")
    await lease(store)
    outcomes, queued, waiting = await messages.counts(store, since)
    assert [tuple(row) for row in outcomes] == [("wa", 1, 0, 0, 0, 0)]
    assert ([tuple(row) for row in queued], waiting) == ([("wa", "queued", 1)], 0)
