"""What tests of the ledger do over and over: record facts, seal them, change what was sealed, and look again."""

import base64
from typing import Any

import sqlalchemy as sa

from gateway.sealer import Sealer
from state import consent, ledger, proof
from state.consent_tables import consent as facts
from state.model.consent import Consent
from state.model.ids import lane_of_id, new_id
from state.proof import Verdict
from state.seal import Seal
from state.signing import Signer
from state.statements import Query, Write
from state.store import Store
from state.writer import Op

SEAL = Seal(base64.b64encode(b"a key that seals only in tests !").decode())
KEYS = Signer(SEAL).known
OTHER = Seal(base64.b64encode(b"another key, to be found out....").decode())


def fact(team: str, contact: str = "", **more: Any) -> Consent:
    contact = contact or new_id(7)
    usual: dict[str, Any] = {
        "change": "given",
        "purpose": "marketing",
        "source": "api",
        "at": 1,
        "actor": "a test",
    }
    return Consent(id=new_id(lane_of_id(contact)), team=team, contact=contact, **(usual | more))


async def write(store: Store, *made: Consent) -> None:
    def record() -> Op[None]:
        yield [ask for each in made for ask in consent.asks([each], lane_of_id(each.contact))]

    await store.write(record)


async def change(store: Store, statement: Any) -> None:
    """Somebody is at the database."""

    def work() -> Op[None]:
        yield [(Write(statement, ""), ())]

    await store.write(work)


async def chained(store: Store, count: int, seal: Seal | None = SEAL) -> str:
    """A team of its own with some facts, sealed; gives the chain's name."""
    team = new_id(0)
    await write(store, *(fact(team) for _ in range(count)))
    await Sealer(store, seal).all()
    return ledger.of_team(team)


async def seqs(store: Store, name: str) -> list[int]:
    rows = await store.read(
        Query(sa.select(facts.c.seq).where(facts.c.team == sa.literal_column(f"'{name[5:]}'")), "")
    )
    return sorted(row[0] for row in rows)


async def verdict(store: Store, name: str) -> Verdict:
    return await proof.verify_database(store, name, KEYS)
