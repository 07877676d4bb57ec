"""What a start ends: a stop, and a withdrawal of service that was recorded for whoever starts."""

from functools import partial

import pytest

from gateway import policy
from gateway.opting import Opted, opted
from state.conversations import Taken
from state.known import Known
from state.model.channel import Channel
from state.model.consent import Standing, latest
from state.model.content import Text
from state.model.event import Event, MessageReceived, Referral, Started
from state.model.ids import new_id
from state.model.turn import Snapshot

ADDRESS, NOW = "telegram:7", 1_800_000_000_000
STOP = Standing("messages", ADDRESS, "", "withdrawn", NOW - 9, 0, "fact")
NO_SERVICE = STOP._replace(purpose="service")
FOR_ALL = NO_SERVICE._replace(address="")
NO_MARKETING = STOP._replace(purpose="marketing")
BEGUN = Started(key="u1", at=NOW, addresses=(ADDRESS,))


def said(words: str) -> MessageReceived:
    return MessageReceived(key="u1", at=NOW, provider_id="1", addresses=(ADDRESS,), content=Text(words))


def after(event: Event, *standings: Standing, kind: str = "telegram") -> Opted:
    known = Known("contact", 1, standings=standings)
    taken = Taken("talk", 1, "contact", "ch", Snapshot(), 0, 0, (ADDRESS,), 0, "", (), known=known)
    held = policy.standard().as_of(NOW)
    channel = Channel(id="ch", type=kind, team="default")
    return opted(taken, [(new_id(1), event)], channel, NOW, partial(policy.meaning, channel=kind, held=held))


def purposes(found: Opted) -> list[tuple[str, str]]:
    return [(each.change, each.purpose) for each in found.facts]


@pytest.mark.parametrize("standing", [STOP, NO_SERVICE, FOR_ALL])
@pytest.mark.parametrize("event", [BEGUN, said("START"), said("/start")])
def test_a_start_lets_service_leave_again_and_is_confirmed(event: Event, standing: Standing) -> None:
    found = after(event, standing)
    assert purposes(found) == [("given", standing.purpose)]
    last = latest(found.standings, "service", (ADDRESS,), "ch")
    assert (last is None or last.change == "given", len(found.says)) == (True, 1)


@pytest.mark.parametrize(
    ("event", "standings", "kind"),
    [
        (BEGUN, (), "telegram"), (BEGUN, (STOP,), "messenger"), (BEGUN, (NO_MARKETING,), "telegram"),
        (Started(key="u1", at=NOW, addresses=(ADDRESS,), referral=Referral("start", "shop")), (STOP,), "telegram"),
        (said("yes"), (NO_SERVICE,), "sms"), (said("START"), (NO_MARKETING,), "sms"),
        (said("START"), (NO_SERVICE, NO_SERVICE._replace(change="given", at=NOW - 1)), "sms"),
    ],
)  # fmt: skip
def test_what_is_no_start_or_has_nothing_to_end_gives_nothing(
    event: Event, standings: tuple[Standing, ...], kind: str
) -> None:
    assert purposes(after(event, *standings, kind=kind)) == []


def test_a_start_ends_a_stop_and_what_was_withdrawn_of_service_at_once() -> None:
    assert purposes(after(said("START"), STOP, NO_SERVICE)) == [("given", "messages"), ("given", "service")]
