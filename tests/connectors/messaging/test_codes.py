"""Every error that Meta documents for messaging asks for its action, and for no other."""

import pytest

from connectors.graph.errors import undelivered
from connectors.graph.messaging import codes
from state.model.wire import Reply

ERRORS: list[tuple[int, int, str]] = [
    (1, 0, "RETRY"), (2, 0, "RETRY"), (1200, 0, "RETRY"),
    (4, 0, "THROTTLE"), (17, 0, "THROTTLE"), (32, 0, "THROTTLE"), (613, 0, "THROTTLE"), (80006, 0, "THROTTLE"),
    (190, 460, "AUTH"), (190, 463, "AUTH"), (190, 467, "AUTH"), (190, 490, "AUTH"), (190, 492, "AUTH"),
    (190, 0, "AUTH"), (10, 0, "AUTH"), (200, 0, "AUTH"), (230, 0, "AUTH"), (3, 0, "AUTH"),
    (10, 2018065, "WINDOW"), (10, 2018278, "WINDOW"), (10, 2018300, "WINDOW"), (10, 2534022, "WINDOW"),
    (10, 2018108, "RETRY"), (10, 1893063, "SUSPEND"), (368, 0, "SUSPEND"), (368, 1390008, "SUSPEND"),
    (100, 0, "FAIL_MSG"), (100, 2018109, "FAIL_MSG"), (100, 33, "FAIL_MSG"), (506, 0, "FAIL_MSG"),
    (9007, 0, "FAIL_MSG"), (100, 2018001, "FAIL_RCPT"), (100, 2534014, "FAIL_RCPT"), (100, 2534037, "FAIL_RCPT"),
    (551, 0, "CONSENT"), (230, 2018218, "FAIL_RCPT"), (100, 2018047, "RETRY"), (100, 2018008, "RETRY"),
    (200, 1545041, "CONSENT"), (551, 1545041, "CONSENT"), (200, 2018028, "CONFIG"),
]  # fmt: skip
IN_THE_END = {
    (1, 0): "FAIL_MSG",
    (1200, 0): "FAIL_MSG",
    (2, 0): "FAIL_RCPT",
    (10, 2018108): "FAIL_RCPT",
    (100, 2018047): "FAIL_MSG",
    (100, 2018008): "FAIL_MSG",
}
"""Errors that are tried some times: what they ask for then."""


def refused(code: int, subcode: int, attempt: int) -> tuple[str, str]:
    body = {"error": {"message": "m", "code": code, "error_subcode": subcode}}
    outcome = undelivered(Reply(400), body, codes.rule_of, attempt)
    assert outcome
    return str(outcome.action), outcome.code


@pytest.mark.parametrize(("code", "subcode", "action"), ERRORS)
def test_every_error_asks_for_its_action(code: int, subcode: int, action: str) -> None:
    assert refused(code, subcode, 1) == (action, f"{code}/{subcode}" if subcode else str(code))


@pytest.mark.parametrize(("code", "subcode", "action"), ERRORS)
def test_an_error_that_stays_ends_where_it_must(code: int, subcode: int, action: str) -> None:
    assert refused(code, subcode, 5)[0] == IN_THE_END.get((code, subcode), action)


def test_no_rule_is_without_a_row() -> None:
    named = {(code, subcode) for code, subcode, _ in ERRORS}
    assert codes.SUBCODES.keys() | {(code, 0) for code in codes.RULES} <= named
