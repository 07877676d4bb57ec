"""What a provider says of our account suspends what it is about, end to end: its words on the wire, our fence."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from admin.operations import NewChannel
from admin.suspensions import Observer
from connectors import registry
from gateway import guard
from state import inbox
from state.model.event import Notice
from state.model.ids import now_ms
from state.model.suspension import Scope, Suspension
from state.writer import Op
from tests.gateway.api.house import House, on_sqlite, running, when
from tests.gateway.api.test_every_simulator import CHANNELS

Step = tuple[Any, ...]


class Row(NamedTuple):
    """A channel's type, what its provider does, and what that must suspend."""

    kind: str
    steps: Sequence[Step]
    reach: str = "outbound"
    ground: str = "channel_requires"
    template: str = ""


def fails(code: str, times: int = 1) -> list[Step]:
    """The provider refuses so many messages."""
    return [("fail", code)] * times


def later(code: str, times: int = 1) -> list[Step]:
    """The provider takes so many messages, and reports afterwards that they failed."""
    return [("later", code)] * times


def tells(field: str, *values: dict[str, Any]) -> list[Step]:
    """The provider tells us by webhook."""
    return [("tells", field, each) for each in values]


def signs(code: str, action: str, times: int, reason: str = "") -> list[Step]:
    """Refusals that make us wait: the signals that sends leave, stored as they store them."""
    return [("sign", code, action, reason)] * times


NEW, BREACH = "business_initiated", "terms_breached"
UNTIL = 4_000_000_000
RESTRICTED = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [
    {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": UNTIL}]}  # fmt: skip
RESTRICTED_ALL = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [
    {"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "expiration": UNTIL}]}  # fmt: skip
TEMPLATE = {"message_template_name": "offer", "message_template_id": 1, "message_template_language": "en"}
PAUSED = {**TEMPLATE, "event": "PAUSED", "reason": "NONE"}
RED = {**TEMPLATE, "previous_quality_score": "GREEN", "new_quality_score": "RED"}
ALERT = {"alert_info": {"alert_severity": "CRITICAL", "alert_status": "ACTIVE", "alert_type": "SPAM"}}
FLAGGED = {"display_phone_number": "1", "event": "FLAGGED"}
ROWS: dict[str, Row] = {
    "WhatsApp 368": Row("whatsapp", fails("368")),
    "WhatsApp 131031": Row("whatsapp", fails("131031")),
    "WhatsApp 131031 in a status": Row("whatsapp", later("131031")),
    "WhatsApp 131064": Row("whatsapp", fails("131064"), NEW, BREACH),
    "WhatsApp violation": Row(
        "whatsapp", tells("account_update", {"event": "ACCOUNT_VIOLATION",
                                             "violation_info": {"violation_type": "SCAM"}}), ground=BREACH,
    ),
    "WhatsApp restriction of what we begin": Row("whatsapp", tells("account_update", RESTRICTED), NEW),
    "WhatsApp restriction of all": Row("whatsapp", tells("account_update", RESTRICTED_ALL)),
    "WhatsApp disabled": Row(
        "whatsapp", tells("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}})
    ),
    "WhatsApp to be disabled": Row(
        "whatsapp",
        tells("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}}),
    ),
    "WhatsApp deleted": Row("whatsapp", tells("account_update", {"event": "ACCOUNT_DELETED"})),
    "WhatsApp partner removed": Row("whatsapp", tells("account_update", {"event": "PARTNER_REMOVED"})),
    "WhatsApp rejected": Row("whatsapp", tells("account_review_update", {"decision": "REJECTED"})),
    "WhatsApp 131048 repeated": Row("whatsapp", fails("131048", 2), NEW, BREACH),
    "WhatsApp 130497 repeated": Row("whatsapp", fails("130497", 10), NEW, BREACH),
    "WhatsApp template paused twice": Row(
        "whatsapp", tells("message_template_status_update", PAUSED, {**PAUSED, "event": "DISABLED"}),
        ground=BREACH, template="offer",
    ),
    "WhatsApp template red twice": Row(
        "whatsapp", tells("message_template_quality_update", RED, {**RED, "previous_quality_score": "YELLOW"}),
        ground=BREACH, template="offer",
    ),
    "WhatsApp number flagged twice": Row(
        "whatsapp", tells("phone_number_quality_update", FLAGGED, {**FLAGGED, "event": "DOWNGRADE"}), NEW, BREACH
    ),
    "WhatsApp critical alerts": Row(
        "whatsapp", tells("account_alerts", ALERT, {"alert_info": {**ALERT["alert_info"], "alert_type": "X"}}), NEW
    ),
    "Messenger 368": Row("messenger", fails("368")),
    "Messenger page restricted": Row("messenger", [("refuse", "ban")]),
    "Messenger block": Row("messenger", tells("policy_enforcement", {"action": "block", "reason": "spam"})),
    "Messenger warnings": Row(
        "messenger", tells("policy_enforcement", {"action": "warning", "reason": "a"},
                           {"action": "warning", "reason": "b"}), NEW, BREACH,
    ),
    "Messenger bursts": Row("messenger", signs("613", "THROTTLE", 20), NEW),
    "Messenger turned off": Row("messenger", signs("551/1545041", "CONSENT", 5), NEW, BREACH),
    "Instagram block": Row("instagram", tells("policy_enforcement", {"action": "block", "reason": "spam"})),
    "WeChat interface banned": Row("wechat", fails("48004")),
    "WeChat account restricted": Row("wechat", fails("50002")),
    "WeChat verification expired": Row("wechat", tells("verify_expired", {"FailReason": "over"})),
    "WeChat 48001 after it worked": Row("wechat", fails("48001")),
    "WeChat quota": Row("wechat", signs("45009", "THROTTLE", 5), NEW),
    "WeChat content": Row("wechat", fails("87014", 3), ground=BREACH),
    "X suspended": Row("x", fails("64")),
    "X locked": Row("x", fails("326")),
    "X write-restricted": Row("x", fails("261")),
    "X taken for a machine": Row("x", fails("226", 2), ground=BREACH),
    "X rate limits": Row("x", signs("88", "THROTTLE", 20), NEW),
    **{f"Twilio {code}": Row("twilio", fails(code)) for code in
       ("30002", "10001", "20005", "21729", "30033", "63020", "63026", "63013")},
    "Twilio carriers filter": Row("twilio", later("30007", 5), ground=BREACH),
    "Twilio blocks": Row("twilio", later("30004", 5), NEW, BREACH),
    "Twilio Messenger warnings": Row("twilio", fails("63039", 2), ground=BREACH),
    "Twilio channel rate": Row("twilio", signs("63018", "THROTTLE", 20), NEW),
    "Vonage 1060": Row("vonage", fails("1060")),
    "Vonage spam": Row("vonage", fails("1210", 5), ground=BREACH),
    "Vonage no credit": Row("vonage", fails("1070", 3)),
    "SMPP vendor block": Row("smpp", fails("0x444")),
    "SMPP binds refused": Row("smpp", signs("ESME_RINVPASWD", "SUSPEND", 1)),
    "Telegram 401 after it worked": Row("telegram", fails("401 Unauthorized")),
    "Telegram flood": Row("telegram", [("refuse", "ban")]),
    "Telegram blocked by many": Row("telegram", signs("403", "CONSENT", 5), NEW, BREACH),
    "Telegram long waits": Row("telegram", signs("429", "THROTTLE", 3, "Too Many Requests: retry after 900"), NEW),
    "any channel's warnings": Row("http", signs("spam", "WARN", 3), NEW, BREACH),
    "any channel's credentials": Row("http", signs("http_401", "AUTH", 3)),
}  # fmt: skip


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
                self.house.host._troubles(self.live).set(code, 1)
            else:
                self.simulator.fail(code, later=what == "later")
            made = await self.send("Hello")
            await self.house.until(
                f"/messages/{made}", lambda body: body["facts"]["failed"] or body["exchanges"]
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

    async def send(self, text: str) -> str:
        content = {"type": "text", "text": text}
        told = await self.house.call("POST", "/messages", {"to": self.talk, "content": content})
        assert told.status == 202, told
        return str(told.body["id"])

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
    monkeypatch.setattr("gateway.app.Telling", lambda *_: Recorder())
    monkeypatch.setattr(Recorder, "told_of", [])


@asynccontextmanager
async def case(folder: Path, kind: str) -> AsyncIterator[Case]:
    settings, secrets = CHANNELS[kind]
    if kind == "smpp":
        settings = {**settings, "vendor_codes": "0x444=SUSPEND"}
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
    async with case(tmp_path, row.kind) as one:
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
        await told("suspended")


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
