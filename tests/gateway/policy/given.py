"""Facts as the tests of the rules begin with: all is well, and a marketing template to a customer in Berlin."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from gateway.policy import Facts, Person, Team, standard
from state.model.cause import Cause
from state.model.channel import Terms
from state.model.consent import Standing
from state.model.content import Template, Text
from state.model.suspension import Target

HOUR, DAY = 3_600_000, 86_400_000
TERMS = Terms(version="wa-2026-11", grace=30, reply_window=86_400, template_outside_window=True)
PACK = standard()
ADDRESS = "whatsapp:4915100000001"


def ms(when: str, zone: str = "UTC") -> int:
    """A local time, "2027-03-01 12:00", in milliseconds."""
    return int(datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


NOON = ms("2027-03-01 12:00", "Europe/Berlin")
HELD = PACK.as_of(NOON)


def allowed(purpose: str, at: int = 1, **changes: Any) -> Standing:
    """What stands after a customer allowed a purpose everywhere."""
    return Standing(purpose, "", "", "given", at, 0, f"given {purpose}")._replace(**changes)


MARKETING = Facts(
    target=Target(channel="wa", contact="ann"),
    content=Template("spring", "de"),
    terms=TERMS,
    last_in=NOON - 3 * DAY,
    expires_at=NOON + 30 * DAY,
    channel_type="whatsapp",
    cause=Cause(purpose="marketing", campaign="spring"),
    person=Person((ADDRESS,), born="1990-05-05"),
    team=Team("DE"),
    standings=(allowed("marketing"),),
    notice="2026-11",
    told="2026-11",
    terms_since=1,
    accepted={TERMS.version: 1},
    digest="d1",
    message="m1",
    category="MARKETING",
)
SERVICE = replace(
    MARKETING,
    content=Text("hello"),
    cause=Cause(),
    category="",
    standings=(allowed("service"),),
    last_in=NOON - HOUR,
)
