"""What a provider says of our account suspends what it is about, end to end: its words on the wire, our fence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from admin.operations import NewChannel
from admin.suspensions import Observer
from connectors import registry
from gateway import guard, sender
from state import inbox, signals, tables
from state.model.event import Notice
from state.model.ids import now_ms
from state.model.suspension import Scope, Suspension
from state.statements import Write
from state.writer import Op
from tests.gateway.api.house import ALLOWED, House, on_sqlite, running, when
from tests.gateway.api.provider_signs import NEW, OFFER, RESTRICTED, ROWS, UNTIL, Row, Step
from tests.gateway.api.test_every_simulator import CHANNELS


class Recorder(Observer):
    """Notes what an observer is told."""

    told_of: list[tuple[str, str]] = []

    def told(self, step: Any, made: Suspension) -> None:
        self.told_of.append((step, made.id))


class Case:
    """One channel with a customer who has written and was answered."""

    def __init__(self, house: House, kind: str, talk: str) -> None:
        self.house, self.kind, self.talk, self._signs = house, kind, talk, 0
        live = house.gateway.channels.get("ch")
        assert live is not None
        self.live, self.simulator = live, house.host._simulator(live)

    async def does(self, step: Step) -> None:
        """The provider does one thing."""
        what, code, *more = step
        if what == "tells":
            assert (await self.house.host._post(self.live, self.simulator.tells(code, *more))).status == 200
        elif what == "sign":
            await self.sign(code, *more)
        else:
            if what == "refuse":
                self.house.host._troubles(self.live).set(code, *(more or (1,)))
            else:
                self.simulator.fail(code, later=what == "later")
            to = more[0] if what == "later" and more else ""
            made = await self.send("Hello", template=OFFER if what == "template" else "", to=to)
            await self.house.until(
                f"/messages/{made}",
                lambda body: (
                    body["facts"]["failed"]
                    or body["exchanges"]
                    or bool((body["queue"] or {}).get("attempts"))
                ),
            )

    async def sign(self, code: str, action: str, reason: str = "") -> None:
        """A signal is stored as a send stores it."""
        self._signs += 1
        notice = Notice(
            key=f"send:{self._signs}", at=now_ms(), name="send", code=code, action=action, reason=reason
        )

        def op() -> Op[None]:
            yield [inbox.sign_ask("ch", notice)]

        await self.house.gateway.store.write(op)

    async def send(self, text: str, template: str = "", to: str = "") -> str:
        content = {"type": "text", "text": text}
        if template:
            content = {"type": "template", "name": template, "language": "en", "category": "utility"}
        asked = {"to": to or self.talk, "channel": "ch", "content": content, "consent": ALLOWED}
        told = await self.house.call("POST", "/messages", asked)
        assert told.status == 202, told
        return str(told.body["id"])

    async def repeats(self, row: Row) -> None:
        """The provider says all of it again, as far as it can while nothing leaves, and all of it is judged."""
        for step in row.steps:
            if step[0] in ("tells", "sign"):
                await self.does(step)
        if row.told:
            await self.house.until("/signals", lambda body: len(body["items"]) >= row.told)
        store = self.house.gateway.store
        await self.house.becomes(lambda: store.read(signals.UNJUDGED, 1), lambda rows: not rows)

    async def holds(self, suspension: str, row: Row) -> None:
        """What is sent in the scope waits in its order, and is decided again in it once a human lifts it."""
        if row.reach == NEW:
            await self.wrote(now_ms() - 7 * 86_400_000)
        held = [await self.send(str(n), row.template, row.to) for n in range(3)]
        path = f"/suspensions/{suspension}"
        listed = await self.house.until(
            f"{path}/held", lambda body: any(each["state"] == "held" for each in body["items"])
        )
        assert [each["id"] for each in listed["items"]][-3:] == held
        await self.wrote(now_ms())
        self.house.host._troubles(self.live).clear()
        lifted = await self.house.call("POST", f"{path}/lift", {"reason": "appeal granted"})
        assert lifted.body["stage"] == "clear"
        for each in held:
            await self.house.until(f"/messages/{each}", lambda body: body["exchanges"])

    async def wrote(self, at: int) -> None:
        """The customer's last message was at a time (milliseconds, UTC)."""

        def op() -> Op[None]:
            yield [
                (
                    Write(
                        sa.update(tables.conversation).values(
                            last_in=sa.bindparam("at", type_=sa.BigInteger)
                        ),
                        "at",
                    ),
                    (at,),
                )
            ]

        await self.house.gateway.store.write(op)

    async def suspensions(self, count: int = 1) -> list[Any]:
        page = await self.house.until("/suspensions", lambda body: len(body["items"]) >= count)
        return list(page["items"])


async def told(*steps: str) -> None:
    """Wait until the observer was told of these steps, and no other."""
    for _ in range(1000):
        if len(Recorder.told_of) >= len(steps):
            break
        await asyncio.sleep(0.005)
    assert [step for step, _ in Recorder.told_of] == list(steps)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_POLL", 0.02)
    monkeypatch.setattr(sender, "_BACKOFF_MOST", 0.05)
    monkeypatch.setattr("gateway.app.Telling", lambda *_: Recorder())
    monkeypatch.setattr(Recorder, "told_of", [])


@asynccontextmanager
async def case(folder: Path, kind: str, api: str = "") -> AsyncIterator[Case]:
    settings, secrets = CHANNELS[kind]
    if kind == "smpp":
        settings = {**settings, "vendor_codes": "0x444=SUSPEND 0x445=WARN"}
    settings = {**settings, "api": api} if api else settings
    new = NewChannel("ch", kind, settings, secrets, simulated=True)
    async with running(folder, on_sqlite(folder), connects=(new,)) as house:
        path = f"/simulator/api/ch/{registry.simulator(kind).phones[0].id}/say"
        assert (await house.ask("POST", path, json={"type": "text", "text": "hi"})).status == 200
        talks = await house.until("/conversations", lambda body: body["items"])
        talk = talks["items"][0]["id"]
        await house.until(f"/conversations/{talk}/messages", lambda body: any(
            each["direction"] == "out" and each["facts"]["accepted"] for each in body["items"]))  # fmt: skip
        yield Case(house, kind, talk)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_a_provider_s_word_suspends_what_it_is_about(tmp_path: Path, row: Row) -> None:
    async with case(tmp_path, row.kind, row.api) as one:
        for step in row.steps:
            await one.does(step)
        (made,) = await one.suspensions()
        scope = Scope(channel="ch", direction=row.reach, template=row.template)  # type: ignore[arg-type]
        assert msgspec.convert(made["scope"], Scope) == scope
        assert (made["stage"], made["ground"], made["actor"], made["by_human"]) == (
            "suspended", row.ground, "guard", True
        )  # fmt: skip
        known = (await one.house.call("GET", "/signals?limit=200")).body["items"]
        assert set(made["evidence"]) <= {each["id"] for each in known}
        assert (made["evidence_count"] >= len(row.steps), made["notice"]) == (True, made["reason"])
        await one.repeats(row)
        assert len(await one.suspensions()) == 1
        await one.holds(made["id"], row)
        await told("suspended", "lifted")


@pytest.mark.parametrize(
    "kind", ["whatsapp", "messenger", "wechat", "x", "twilio", "vonage", "telegram", "smpp"]
)
async def test_what_a_ban_holds_leaves_in_order_once_it_is_lifted(tmp_path: Path, kind: str) -> None:
    async with case(tmp_path, kind) as one:
        await one.sign("banned", "SUSPEND")
        (made,) = await one.suspensions()
        held = [await one.send(str(n)) for n in range(3)]
        await one.house.until(f"/messages/{held[0]}", lambda body: body["decisions"])
        listed = (await one.house.call("GET", f"/suspensions/{made['id']}/held")).body["items"]
        assert [each["id"] for each in listed] == held
        told = await one.house.call("POST", f"/suspensions/{made['id']}/lift", {"reason": "appeal granted"})
        assert told.status == 200
        found = [
            await one.house.until(f"/messages/{each}", lambda body: body["facts"]["accepted"])
            for each in held
        ]
        times = [when(each["facts"]["accepted"]) for each in found]
        assert times == sorted(times)


async def test_however_often_it_repeats_itself_there_is_one_suspension_and_it_is_told_once(
    tmp_path: Path,
) -> None:
    async with case(tmp_path, "whatsapp") as one:
        for _ in range(5):
            await one.sign("131031", "SUSPEND")
        found = await one.house.until(
            "/suspensions", lambda body: body["items"] and body["items"][0]["evidence_count"] == 5
        )
        assert len(found["items"]) == 1
        await told("suspended")


async def test_once_is_a_warning_and_no_more(tmp_path: Path) -> None:
    async with case(tmp_path, "whatsapp") as one:
        await one.sign("131048", "WARN")
        await one.sign("368", "SUSPEND")
        (made,) = await one.suspensions()
        assert made["reason"].startswith("the provider said SUSPEND 368")


async def test_a_signal_counts_though_its_channel_works_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with case(tmp_path, "whatsapp") as one:
        monkeypatch.setattr(one.house.gateway.channels, "get", lambda name: None)
        await one.sign("368", "SUSPEND")
        (made,) = await one.suspensions()
        assert made["scope"]["channel"] == "ch"


async def test_a_restriction_that_is_over_already_suspends_nothing(tmp_path: Path) -> None:
    given = [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1_700_000_000}]
    async with case(tmp_path, "whatsapp") as one:
        await one.does(
            ("tells", "account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": given})
        )
        await one.sign("368", "SUSPEND")
        (made,) = await one.suspensions()
        assert made["reason"] == "the provider said SUSPEND 368"


async def test_a_restriction_s_end_is_kept_and_lifts_nothing_by_itself(tmp_path: Path) -> None:
    async with case(tmp_path, "whatsapp") as one:
        await one.does(("tells", "account_update", RESTRICTED))
        (made,) = await one.suspensions()
        assert (when(made["until"]).timestamp(), made["by_human"]) == (UNTIL, True)


async def test_without_a_success_before_credentials_suspend_nothing(tmp_path: Path) -> None:
    settings, secrets = CHANNELS["telegram"]
    new = NewChannel("ch", "telegram", settings, secrets, simulated=True)
    async with running(tmp_path, on_sqlite(tmp_path), connects=(new,)) as house:
        one = Case(house, "telegram", "")
        await one.sign("401", "AUTH")
        await one.sign("banned", "SUSPEND")
        (made,) = await one.suspensions()
        assert (made["reason"], made["evidence_count"]) == ("the provider said SUSPEND banned", 1)


@pytest.mark.parametrize(
    ("kind", "field", "value", "why"),
    [
        ("whatsapp", "account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}},
         "WhatsApp reinstated the account"),
        ("messenger", "policy_enforcement", {"action": "unblock"}, "Meta took the block of the page back"),
    ],
)  # fmt: skip
async def test_what_a_provider_takes_back_is_proposed_and_lifted_by_nobody(
    tmp_path: Path, kind: str, field: str, value: dict[str, Any], why: str
) -> None:
    async with case(tmp_path, kind) as one:
        await one.sign("banned", "SUSPEND")
        await one.suspensions()
        await one.does(("tells", field, value))
        page = await one.house.until("/suspensions", lambda body: body["items"][0]["proposal"])
        assert (page["items"][0]["proposal"], page["items"][0]["stage"]) == (why, "suspended")
        await told("suspended", "proposed")


async def test_what_led_to_a_suspension_that_was_lifted_counts_no_more(tmp_path: Path) -> None:
    async with case(tmp_path, "whatsapp") as one:
        await one.sign("131048", "WARN")
        await one.sign("131048", "WARN")
        (made,) = await one.suspensions()
        await one.house.call("POST", f"/suspensions/{made['id']}/lift", {"reason": "mended"})
        await one.sign("131048", "WARN")
        await one.sign("368", "SUSPEND")
        found = await one.suspensions(2)
        assert [each["reason"].split()[4].rstrip(",") for each in found] == ["368", "131048"]
