"""No sequence of calls, turns, retries, timers, races and moves of the clock lets a message leave that may not.

The witness is the provider's end: what reached it during a step, though its customer had stopped, or its scope was
suspended, before the step began and until it was over. What was marked `sending` before the step had left by then.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import notices
from state import tables
from state.consent_tables import standing
from state.model.ids import now_ms
from tests.gateway.api.house import ALLOWED, on_sqlite
from tests.load import whatsapp
from tests.spine.graph import refuses
from tests.spine.house import House, running, text

PEOPLE, CHANNELS = (1, 2), {"wa": whatsapp.PHONE_NUMBER_ID, "wb": "1055502"}
CONFIRMATIONS = {notices.stopped("en")}
MINE = [f"whatsapp:{whatsapp.phone(number)}" for number in PEOPLE]


class Step(NamedTuple):
    """One thing that is done: which, by whom, on which channel, and how."""

    what: str
    person: int = 0
    channel: str = "wa"
    how: Any = ""


people, channels = st.sampled_from(range(len(PEOPLE))), st.sampled_from(sorted(CHANNELS))
words = st.sampled_from(["hi", "STOP", "START", "ring 0.01", "long 2", "cancel"])
purposes = st.tuples(st.sampled_from(["service", "marketing", "one_time_codes"]), st.booleans())
scopes = st.sampled_from(["all", "channel", "contact", "initiated"])
single = st.one_of(
    st.builds(Step, st.just("writes"), people, channels, words),
    st.builds(Step, st.just("asks"), people, channels, purposes),
    st.builds(Step, st.just("suspends"), people, channels, scopes),
    st.sampled_from([Step("lifts"), Step("trouble"), Step("a day passes")]),
)
plans = st.lists(st.lists(single, min_size=1, max_size=3), min_size=3, max_size=14)


class Reached(NamedTuple):
    """A message at the provider's end: to whom, on which channel, its words, our id of it."""

    address: str
    channel: str
    words: str
    message: str


class World:
    """A house, and what must not reach its customers."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.suspended: list[tuple[str, dict[str, str]]] = []
        self._said = 0

    async def step(self, step: Step) -> None:
        await getattr(self, f"_{step.what.replace(' ', '_')}")(step)

    async def _writes(self, step: Step) -> None:
        self._said += 1
        said = text(PEOPLE[step.person], step.how, id=f"wamid.in.{self._said}")
        await self.house.hear(said, account=CHANNELS[step.channel])

    async def _asks(self, step: Step) -> None:
        purpose, allowed = step.how
        content = {"type": "text", "text": f"{purpose} to {step.person}"}
        asked = {"to": MINE[step.person], "channel": step.channel, "content": content, "purpose": purpose}
        await self.house.call("POST", "/messages", asked | ({"consent": ALLOWED} if allowed else {}))

    async def _suspends(self, step: Step) -> None:
        scope = {"channel": step.channel} if step.how == "channel" else {}
        if step.how == "contact":
            found = await self.contacts()
            if MINE[step.person] not in found:
                return
            scope = {"contact": found[MINE[step.person]]}
        if step.how == "initiated":
            scope = {"direction": "business_initiated"}
        self.suspended.append((await self.house.suspend(**scope), scope))

    async def _lifts(self, step: Step) -> None:
        if self.suspended:
            await self.house.lift(self.suspended.pop()[0])

    async def _trouble(self, step: Step) -> None:
        self.house.graph.next(refuses(500, 131000))

    async def _a_day_passes(self, step: Step) -> None:
        await self.house.set(tables.conversation, last_in=now_ms() - 25 * 3_600_000)

    async def contacts(self) -> dict[str, str]:
        rows = await self.house.rows(sa.select(tables.address.c.urn, tables.address.c.contact))
        return {row[0]: row[1] for row in rows}

    async def stopped(self) -> set[str]:
        c = standing.c
        rows = await self.house.rows(
            sa.select(c.address).where(c.purpose == "messages", c.change == "withdrawn")
        )
        return {row[0] for row in rows}

    async def forbidden(self) -> set[tuple[str, str]]:
        """Whom nothing may reach on which channel now, apart from what confirms a stop."""
        who, stopped = await self.contacts(), await self.stopped()
        found = {(urn, channel) for urn in stopped for channel in CHANNELS}
        for _, scope in self.suspended:
            if "direction" not in scope:
                found |= {
                    (urn, channel)
                    for urn in MINE
                    for channel in CHANNELS
                    if scope.get("channel", channel) == channel
                    and scope.get("contact") in (None, who.get(urn))
                }
        return found

    async def heard(self) -> None:
        """Wait until all that was said has had its turn."""
        await self.house.when(lambda: self.house.count(tables.inbox), lambda count: count == 0)

    async def leaving(self) -> set[str]:
        """The messages that are marked `sending`: these have left."""
        c = tables.outbox.c
        return {row[0] for row in await self.house.rows(sa.select(c.id).where(c.state == "sending"))}

    def reached(self) -> list[Reached]:
        """What the provider's ends have seen."""
        ends = {"wa": self.house.graph, "wb": self.house.other}
        return [
            Reached(f"whatsapp:{send.to}", name, send.text.body, send.biz_opaque_callback_data)
            for name, end in ends.items()
            for _, send in end.calls
        ]


async def play(plan: list[list[Step]], folder: Path) -> None:
    async with running(folder, on_sqlite(folder)) as house:
        world = World(house)
        for steps in plan:
            before, gone, seen = await world.forbidden(), await world.leaving(), set(world.reached())
            await asyncio.gather(*(world.step(each) for each in steps))
            await world.heard()
            never = before & await world.forbidden()
            new = [each for each in world.reached() if each not in seen and each.message[:32] not in gone]
            wrong = [each for each in new if each[:2] in never and each.words not in CONFIRMATIONS]
            assert wrong == [], steps


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans)
def test_what_may_not_reach_a_customer_never_does(plan: list[list[Step]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(plan, Path(folder)))
