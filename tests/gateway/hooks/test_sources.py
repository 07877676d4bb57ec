"""What else hooks are told of: consents that end soon, and terms that wait to be accepted; each once."""

from typing import Any

import msgspec

from admin.operations import OPERATOR, NewChannel
from gateway import terms as gateway_terms
from gateway.connect import connect
from gateway.hooks.waiting import WaitingTerms
from gateway.lapses import DAY_MS, Lapses
from state import hooks, recording, terms
from state.model.ids import now_ms
from state.recording import Entry
from tests.gateway.hooks.stand import SEAL, Stand

NEW = NewChannel("fresh", "inapp", {}, {})


async def happened(stand: Stand) -> list[Any]:
    return [
        (row[1], row[2], msgspec.json.decode(row[5])) for row in await stand.store.read(hooks.WAITING, 10)
    ]


async def test_a_consent_that_ends_soon_is_told_once(stand: Stand) -> None:
    until = now_ms() + 3 * DAY_MS
    made = await stand.store.write(
        recording.record,
        Entry(
            team="default", change="given", purpose="marketing", source="import", actor="a test",
            to="tel:+15550100", at=1000, until=until,
        ),
    )  # fmt: skip
    loop = Lapses(stand.store, 7)
    assert [await loop.round(now_ms()), await loop.round(now_ms())] == [1, 0]
    ((kind, team, data),) = await happened(stand)
    assert (kind, team) == ("consent.expiring", "default")
    assert (data["fact"], data["contact"], data["purpose"], data["address"]) == (
        made.id, made.contact, "marketing", "tel:+15550100",
    )  # fmt: skip


async def test_terms_that_wait_are_told_once_by_all_processes_together(stand: Stand) -> None:
    await connect(stand.store, SEAL, OPERATOR, NEW)
    version = (await gateway_terms.standing(stand.store, "fresh")).terms.version
    await stand.store.write(terms.know, (version,), 17_000)
    first = WaitingTerms(stand.store)
    assert [await first.round(), await first.round(), await WaitingTerms(stand.store).round()] == [1, 0, 1]
    assert await happened(stand) == [
        (
            "terms.waiting",
            "default",
            {"channel": "fresh", "type": "inapp", "version": version, "due": None},
        )
    ]
    await gateway_terms.accept(stand.store, stand.store, OPERATOR, "fresh")
    assert await WaitingTerms(stand.store).round() == 0
