"""Every error code of WhatsApp asks for what Meta's list says, in an answer and in a status alike."""

import json

import pytest

from connectors.graph.errors import undelivered
from connectors.values import body_of
from connectors.whatsapp import codes, inbound
from state.model.action import Action
from state.model.event import Receipt
from state.model.wire import Reply, Undelivered

TABLE: dict[Action, tuple[int, ...]] = {
    Action.AUTH: (0, 190, 3, 10, 200, 250, 299, 131005),
    Action.RETRY: (1, 2, 131000, 131016, 131057),
    Action.THROTTLE: (4, 80007, 130429, 131056),
    Action.WARN: (130497, 131048, 132007, 132015, 132016, 131207),
    Action.SUSPEND: (131064, 368, 131031),
    Action.CONFIG: (133016, 131030, 131037, 131042, 131044, 131045, 133010, 131063),
    Action.FAIL_RCPT: (131026,),
    Action.WINDOW: (131047, 131049),
    Action.CONSENT: (131050,),
    Action.FAIL_MSG: (
        131021, 130472, 131008, 131009, 100, 33, 131051, 131052, 131053, 131062, 132000, 132005, 132008, 132012,
        132018, 132001, 132068, 132069, 137000, 135000, 131020, 131201, 131215, 138000, 138018, 139100, 139103,
    ),
}  # fmt: skip
ROWS = [(code, action) for action, listed in TABLE.items() for code in listed]
TWICE = {131026, 131052, 131053, 135000}


def outcome(code: int, attempt: int = 9, status: int = 400) -> Undelivered:
    """What an answer with this code means."""
    reply = Reply(status, {}, json.dumps({"error": {"code": code, "message": "m"}}).encode())
    found = undelivered(reply, body_of(reply), codes.rule_of, attempt)
    assert found is not None
    return found


@pytest.mark.parametrize(("code", "action"), ROWS)
def test_an_answer_with_a_code_asks_for_its_action(code: int, action: Action) -> None:
    found = outcome(code)
    assert (found.action, found.code) == (action, str(code))


@pytest.mark.parametrize(("code", "action"), ROWS)
def test_a_failed_status_with_a_code_asks_for_its_action(code: int, action: Action) -> None:
    status = {"id": "wamid.1", "status": "failed", "timestamp": "1", "errors": [{"code": code}]}
    change = {"field": "messages", "value": {"statuses": [status]}}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    (event,) = inbound.read(json.dumps(body).encode()).events
    assert isinstance(event, Receipt)
    assert event.fault is not None
    first = "RETRY" if code == 131026 else action.value  # one report that hides its cause condemns nobody
    assert (event.fault.action, event.fault.code) == (first, str(code))


@pytest.mark.parametrize(("code", "action"), ROWS)
def test_only_some_codes_are_worth_two_tries(code: int, action: Action) -> None:
    again = Action.RETRY if code in TWICE else action
    assert [outcome(code, attempt).action for attempt in (1, 2, 3)] == [again, again, action]


def test_the_pair_alone_is_slowed_down_for_the_pair_rate() -> None:
    assert {code for code, _ in ROWS if outcome(code).pair} == {131056}


@pytest.mark.parametrize(("code", "seconds"), [(131057, 60), (131049, 86_400), (131000, 0)])
def test_some_codes_name_the_time_to_wait(code: int, seconds: float) -> None:
    assert outcome(code).retry_after == seconds


@pytest.mark.parametrize(
    ("status", "action"),
    [(400, "FAIL_MSG"), (401, "AUTH"), (403, "FAIL_MSG"), (429, "THROTTLE"), (500, "RETRY")],
)
def test_a_code_nobody_knows_goes_by_the_status(status: int, action: str) -> None:
    assert outcome(424242, status=status).action == action
