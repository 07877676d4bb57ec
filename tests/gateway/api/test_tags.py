"""What goes under a provider's tag for people is written by no bot."""

from pathlib import Path

import msgspec
import pytest

from admin.operations import NewChannel
from gateway import policy
from state.model import cause
from state.model.cause import Cause
from state.model.content import Text
from state.model.ids import now_ms
from state.outbox import Leased, Letter, Talk
from tests.gateway.api.house import on_sqlite, running
from tests.gateway.api.test_every_simulator import CHANNELS

TAGGED = msgspec.json.encode({"messenger": {"tag": "HUMAN_AGENT"}}).decode()


@pytest.mark.parametrize(
    ("why", "native", "verdict"),
    [
        (Cause(flow="shop"), TAGGED, "refuse"),
        (Cause(actor="key crm", campaign="autumn"), TAGGED, "refuse"),
        (Cause(actor="key crm"), TAGGED, "send"),
        (Cause(flow="shop"), "", "send"),
    ],
)
async def test_a_tag_for_people_is_for_what_a_caller_sends(
    tmp_path: Path, why: Cause, native: str, verdict: str
) -> None:
    settings, secrets = CHANNELS["messenger"]
    new = NewChannel("ch", "messenger", settings, secrets, simulated=True)
    async with running(tmp_path, on_sqlite(tmp_path), connects=(new,)) as house:
        live = house.gateway.channels.get("ch")
        assert live is not None
        now, words = now_ms(), Text("hello")
        letter = Letter(msgspec.json.encode(words).decode(), "", native, "some version")
        talk = Talk("ann", now, "", '["messenger:1:2"]')
        row = Leased(
            "m", 0, "c", "ch", "message", "queued", cause.written(why), now + 9_999, 0, 0, 0, talk, letter
        )
        decision = policy.decide(house.gateway.grounds.facts(row, live, words, now), now)
    assert (decision.verdict, decision.code) == (
        verdict,
        "purpose_not_allowed" if verdict == "refuse" else "",
    )
