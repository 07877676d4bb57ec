"""What a decision was made on is looked at again in the commit that lets the message go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest
from msgspec.structs import replace

from state import consent, contacts, conversations, known, outbox, people, suspensions
from state.known import About, Changed, Known, Touch, touched_ask
from state.model.consent import Change, Consent
from state.model.ids import new_id, now_ms
from state.model.message import Decision
from state.model.suspension import Order, Scope
from state.outbox import Going, Handed, Leased
from state.postgres import prepare
from state.store import Store
from state.turned import commit
from state.writer import Op
from tests.state.acts import BSUID, PHONE, accept, blocked, converse, lease, message, sent, take, turned


def fact(contact: str, change: Change = "withdrawn") -> Consent:
    return Consent(
        id=new_id(0), team="default", contact=contact, change=change, purpose="messages", source="api", at=now_ms(),
        actor="a test",
    )  # fmt: skip


async def note(store: Store, contact: str) -> None:
    await store.write(consent.record, [fact(contact)])


async def leased(store: Store, key: str = "m1", urn: str = PHONE) -> Leased:
    await converse(store, key, "hello", urn=urn)
    (row,) = await lease(store)
    assert row.known is not None
    return row


async def test_a_row_that_was_decided_before_a_withdrawal_is_not_marked(store: Store) -> None:
    row = await leased(store)
    await note(store, row.talk.contact)
    with pytest.raises(Changed):
        await store.write(outbox.sending, row, sent())
    await store.write(outbox.give_back, [row])
    (again,) = await lease(store)
    assert again.known is not None
    assert [each.change for each in again.known.standings] == ["withdrawn"]
    await store.write(outbox.sending, again, sent())


async def test_a_reply_that_was_handed_on_before_a_withdrawal_is_not_stored(store: Store) -> None:
    await accept(store, message("m1"))
    (taken,) = await take(store)
    turn = turned(taken, "hello")
    handed = Handed("n1", 30_000, Decision("send", now_ms()))
    turn = replace(turn, queued=(replace(turn.queued[0], handed=handed),))
    await note(store, taken.contact)
    with pytest.raises(Changed):
        await store.write(commit, turn)
    await store.write(conversations.release, [taken])
    (again,) = await take(store)
    assert [each.change for each in again.known.standings] == ["withdrawn"]


async def test_a_turn_that_hands_nothing_on_is_stored_whatever_was_withdrawn(store: Store) -> None:
    await accept(store, message("m1"))
    (taken,) = await take(store)
    await note(store, taken.contact)
    await store.write(commit, turned(taken, "hello"))


async def test_what_stands_of_one_contact_stands_of_the_one_it_is_merged_into(store: Store) -> None:
    row, other = await leased(store, "m1", BSUID), await leased(store, "m2")
    await note(store, other.talk.contact)
    await store.write(outbox.give_back, [row, other])
    await store.write(contacts.find, "default", "wa", [BSUID, PHONE])
    people = [each.known for each in await lease(store)]
    assert len({each.contact for each in people if each}) == 1
    assert [[each.change for each in known.standings] for known in people if known] == [["withdrawn"]] * 2


async def test_a_fact_about_a_contact_that_was_merged_is_about_the_one_it_is_now(store: Store) -> None:
    row = await leased(store, "m1", BSUID)
    loser = await leased(store, "m2")
    who = await store.write(contacts.find, "default", "wa", [BSUID, PHONE])
    await note(store, loser.talk.contact)
    assert who.contact == row.talk.contact
    with pytest.raises(Changed):
        await store.write(outbox.sending, row, sent())


async def test_a_merge_between_a_decision_and_its_mark_is_a_change(store: Store) -> None:
    winner = await leased(store, "m1")
    loser = await leased(store, "m2", BSUID)
    await store.write(contacts.find, "default", "wa", [PHONE, BSUID])
    with pytest.raises(Changed):
        await store.write(outbox.sending, loser, sent())
    await store.write(outbox.sending, winner, sent())


@pytest.mark.parametrize(("column", "value"), [("born", "2020-01-01"), ("country", "US"), ("zone", "UTC")])
async def test_a_row_that_was_decided_before_its_contact_was_known_better_is_not_marked(
    store: Store, column: str, value: str
) -> None:
    row = await leased(store)
    await store.write(people.change, row.talk.contact, {column: value})
    with pytest.raises(Changed):
        await store.write(outbox.sending, row, sent())


async def test_of_two_messages_that_answer_nothing_the_second_is_decided_on_the_first(store: Store) -> None:
    one = await leased(store)
    known = one.known
    assert known is not None
    await store.write(known_of_touch, known, Touch(5, "marketing", "d", new_id(known.lane)))
    going = Going(Decision("send", now_ms()), touch=Touch(6, "marketing", "d", one.id))
    with pytest.raises(Changed):
        await store.write(outbox.sending, one, going)
    await store.write(outbox.sending, one, sent())


def known_of_touch(known: Known, touch: Touch) -> Op[None]:
    """Another message, by another channel, has left."""
    yield [touched_ask(known, touch)]


async def test_of_two_that_are_marked_in_one_commit_the_second_is_decided_on_the_first(store: Store) -> None:
    await converse(store, "m1", "hello")
    await accept(store, message("m2"), channel="other")
    (taken,) = await take(store)
    await store.write(commit, turned(taken, "hello"))
    rows = [*await lease(store), *await lease(store, channel="other")]
    assert len({row.talk.contact for row in rows}) == 1 < len(rows)
    going = [Going(Decision("send", now_ms()), touch=Touch(6, "marketing", "d", row.id)) for row in rows]
    marked = [store.write(outbox.sending, row, each) for row, each in zip(rows, going, strict=True)]
    ends = await asyncio.gather(*marked, return_exceptions=True)
    assert [type(each) for each in ends] == [type(None), Changed]


async def test_what_stands_is_read_under_the_lock_though_another_of_the_batch_reads_it_too(
    stores: tuple[Store, Store],
) -> None:
    store, other = stores
    row = await leased(store)
    key = (row.talk.contact, row.lane)
    async with held(other, key) as withdraw:
        reading = store.write(known.with_standings, [About(*key, None, "", "", "", 1)])
        marking = store.write(outbox.sending, row, sent())
        await withdraw()
    assert [each.standings for each in await reading] != [()]
    with pytest.raises(Changed):
        await marking


@asynccontextmanager
async def held(store: Store, key: tuple[str, int]) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Another node has locked a contact, and records that it stopped once somebody waits for it."""
    connection = await asyncpg.connect(str(store._database.url))  # type: ignore[attr-defined]
    await prepare(connection)
    async with connection.transaction():
        await connection.execute("SELECT 1 FROM contact WHERE id = $1 FOR UPDATE", key[0])

        async def withdraw() -> None:
            await blocked(connection)
            for statement, values in consent.asks([fact(key[0])], key[1]):
                text = statement.text("postgresql")
                await connection.execute(text.sql, *text.rows([values])[0])

        yield withdraw
    await connection.close()


async def test_a_turn_with_facts_and_a_call_with_a_consent_do_not_wait_for_each_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accept(store, message("m1"))
    (taken,) = await take(store)
    turn = replace(turned(taken, "hello"), facts=(fact(taken.contact),))

    def call() -> Op[int]:
        person = yield from known.locked(taken.contact)
        yield from known.conversation_of(taken.id, taken.lane, lock=True)
        return len(person.standings)

    apart: list[None] = []
    monkeypatch.setattr(store._writer, "_apart", lambda batch: apart.append(None))
    _, stood = await asyncio.gather(store.write(commit, turn), store.write(call))
    assert (stood, apart) == (1, [])


async def test_who_marks_and_who_records_lock_their_contacts_in_one_order(plain: str) -> None:
    store, other = await Store(plain).open(), await asyncpg.connect(plain)
    await prepare(other)
    one, two = await leased(store, "m1"), await leased(store, "m2", BSUID)
    lesser, greater = sorted((one, two), key=lambda row: row.talk.contact)
    lock = "SELECT FROM contact WHERE id = $1 FOR UPDATE"
    async with other.transaction():
        await other.execute(lock, lesser.talk.contact)
        marking = store.write(outbox.sending, greater, sent())
        recording = store.write(consent.record, [fact(lesser.talk.contact)])
        await blocked(other)
        await other.execute(f"{lock} NOWAIT", greater.talk.contact)
    await asyncio.gather(marking, recording)
    await other.close()
    await store.close()


async def test_a_turn_that_learns_a_name_waits_for_its_contact_without_holding_the_conversation(
    plain: str,
) -> None:
    store, other = await Store(plain).open(), await asyncpg.connect(plain)
    await accept(store, message("m1"))
    (taken,) = await take(store)
    async with other.transaction():
        await other.execute("SELECT FROM contact FOR UPDATE")
        writing = store.write(commit, turned(replace(taken, name="Bob"), "hello"))
        await blocked(other)
        await other.execute("SELECT FROM conversation FOR UPDATE NOWAIT")
    await writing
    await other.close()
    await store.close()


async def test_what_was_sent_to_one_contact_counts_for_the_one_it_is_merged_into(store: Store) -> None:
    row, other = await leased(store, "m1", BSUID), await leased(store, "m2")
    touch = Touch(6, "marketing", "d", other.id)
    await store.write(outbox.sending, other, Going(Decision("send", now_ms()), touch=touch))
    who = await store.write(contacts.find, "default", "wa", [BSUID, PHONE])
    assert who.contact == row.talk.contact
    people = await store.write(known.of, [(who.contact, who.lane)])
    assert people[who.contact].touches == (touch,)


async def test_two_that_prove_one_person_at_once_merge_them_once(store: Store) -> None:
    await leased(store, "m1", BSUID)
    await leased(store, "m2")
    found = await asyncio.gather(
        *(store.write(contacts.find, "default", "wa", [BSUID, PHONE]) for _ in range(3))
    )
    assert len({each.contact for each in found}) == 1
    assert len(await store.read(contacts.MERGES, 9)) == 1


async def test_a_turn_that_gives_the_notice_is_played_anew_where_another_gave_it_meanwhile(
    store: Store,
) -> None:
    await accept(store, message("m1"))
    (taken,) = await take(store)
    await store.write(told, taken.id, taken.lane)
    with pytest.raises(Changed):
        await store.write(commit, replace(turned(taken, "hello"), told="1/en"))
    await store.write(commit, turned(taken, "hello"))


def told(conversation: str, lane: int) -> Op[None]:
    """A call has queued the notice."""
    yield [outbox.told_ask(conversation, lane, "1/de")]


async def test_a_message_that_answers_nothing_is_remembered_once(store: Store) -> None:
    row = await leased(store)
    touch = Touch(5, "marketing", "d", row.id)
    for _ in range(2):
        await store.write(outbox.sending, row, Going(Decision("send", now_ms()), touch=touch))
        assert row.known is not None
        row = replace(row, known=replace(row.known, touches=(touch,)))
    await store.write(outbox.give_back, [row])
    (again,) = await lease(store)
    assert again.known is not None
    assert again.known.touches == (touch,)


async def merged_under(store: Store) -> int:
    """One contact is suspended, and becomes one person with another; gives the epoch by which nodes know."""
    loser = await store.write(contacts.find, "default", "wa", [PHONE])
    order = Order(scope=Scope(contact=loser.contact), reason="a fraud")
    made = await store.alone(suspensions.suspend, order, "ann")
    await store.write(contacts.find, "default", "wa", [BSUID, PHONE])
    return made.epoch + 1


async def test_a_node_that_has_not_seen_a_merge_with_somebody_suspended_marks_nothing(store: Store) -> None:
    row = await leased(store, urn=BSUID)
    epoch = await merged_under(store)
    with pytest.raises(Changed) as raised:
        await store.write(outbox.sending, row, Going(Decision("send", 1), epoch=epoch - 1))
    assert raised.value.epoch == epoch
    await store.write(outbox.sending, row, Going(Decision("send", 1), epoch=epoch))


async def test_a_reply_that_leaves_with_its_turn_is_not_stored_by_such_a_node(store: Store) -> None:
    await store.write(contacts.find, "default", "wa", [BSUID])
    epoch = await merged_under(store)
    await accept(store, message("m1", BSUID))
    (taken,) = await take(store)
    turn = turned(taken, "hello")
    handed = Handed("n1", 1_000, Decision("send", 1), epoch=epoch - 1)
    turn = replace(turn, queued=(replace(turn.queued[0], handed=handed),))
    with pytest.raises(Changed) as raised:
        await store.write(commit, turn)
    assert raised.value.epoch == epoch
