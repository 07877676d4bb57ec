"""Every error of X asks for what the facts sheet says: v1.1 codes, v2 problem types, statuses, and waits."""

import json
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.values import body_of
from connectors.x import codes
from state.model.action import Action
from state.model.wire import Reply, Undelivered
from tests.connectors.anything import JSON

TABLE: dict[Action, tuple[int, ...]] = {
    Action.THROTTLE: (88,),
    Action.RETRY: (130, 131),
    Action.AUTH: (32, 89, 99, 215),
    Action.SUSPEND: (64, 326, 226, 261),
    Action.FAIL_RCPT: (63, 34, 50, 108),
    Action.CONSENT: (150, 349, 151),
    Action.FAIL_MSG: (187, 354, 386, 324),
    Action.CONFIG: (93, 453),
}
ROWS = [(code, action) for action, listed in TABLE.items() for code in listed]
TYPES = {
    "rate-limit-exceeded": "THROTTLE",
    "usage-capped": "CONFIG",
    "client-forbidden": "CONFIG",
    "unsupported-authentication": "CONFIG",
    "oauth1-permissions": "CONFIG",
    "not-authorized-for-resource": "FAIL_RCPT",
    "resource-not-found": "FAIL_RCPT",
    "invalid-request": "FAIL_MSG",
}
STATUSES = {
    400: "FAIL_MSG", 401: "AUTH", 402: "CONFIG", 403: "FAIL_MSG", 404: "FAIL_RCPT", 408: "RETRY", 413: "FAIL_MSG",
    429: "THROTTLE", 500: "RETRY", 502: "RETRY", 503: "RETRY", 504: "RETRY",
}  # fmt: skip
NOON = 1_790_000_000


def outcome(body: Any, status: int = 400, attempt: int = 9, **headers: Any) -> Undelivered:
    """What an answer means."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = Reply(status, given, json.dumps(body).encode())
    found = codes.undelivered(reply, body_of(reply), attempt)
    assert found is not None
    return found


def coded(code: int) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": "m"}]}


def test_the_table_is_whole() -> None:
    assert dict(ROWS) == codes.CODES
    assert set(TYPES) == set(codes.TYPES)


@pytest.mark.parametrize(("code", "action"), ROWS)
@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_code_asks_for_its_action_at_any_status(code: int, action: Action, status: int) -> None:
    found = outcome(coded(code), status)
    assert (found.action, found.code, found.reason) == (action, str(code), "m")


@pytest.mark.parametrize(("code", "action"), ROWS)
def test_only_one_code_is_a_warning_first(code: int, action: Action) -> None:
    first = Action.WARN if code == 226 else action
    assert [outcome(coded(code), 403, attempt).action for attempt in (1, 2, 3)] == [first, action, action]


@pytest.mark.parametrize(("kind", "action"), TYPES.items())
@pytest.mark.parametrize("host", ["api.x.com", "api.twitter.com"])
def test_a_problem_asks_for_the_action_of_its_type(kind: str, action: str, host: str) -> None:
    problem = {"type": f"https://{host}/2/problems/{kind}", "title": "T", "detail": "d"}
    for body in (problem, {"errors": [problem]}, {"title": "x", "errors": [problem]}):
        found = outcome(body, 403)
        assert (found.action, found.code, found.reason) == (action, kind, "d")


@pytest.mark.parametrize(("status", "action"), STATUSES.items())
def test_what_nobody_knows_goes_by_the_status(status: int, action: str) -> None:
    assert outcome({"title": "T", "type": "about:blank", "status": status}, status).action == action
    assert outcome(coded(424242), status).action == action


@pytest.mark.parametrize(
    ("status", "words", "action"),
    [
        (403, "Your account is suspended.", "SUSPEND"),
        (403, "You do not have permission to DM one or more participants.", "CONSENT"),
        (403, "Forbidden", "FAIL_MSG"),
        (400, "a suspended sentence", "FAIL_MSG"),
    ],
)
def test_some_words_tell_more_than_a_bare_problem(status: int, words: str, action: str) -> None:
    assert outcome({"title": "Forbidden", "type": "about:blank", "detail": words}, status).action == action


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{", b'"x"', b"[" * 100_000])
@pytest.mark.parametrize(
    ("status", "action"), [(400, "RETRY"), (401, "AUTH"), (402, "CONFIG"), (429, "THROTTLE"), (502, "RETRY")]
)
def test_an_answer_without_json_is_tried_again(body: bytes, status: int, action: str) -> None:
    reply = Reply(status, {}, body)
    found = codes.undelivered(reply, body_of(reply))
    assert found is not None
    assert (found.action, found.code) == (action, f"http_{status}")


@pytest.mark.parametrize("error", ["invalid_request", "invalid_grant", "unauthorized_client"])
def test_an_oauth_error_is_a_matter_of_credentials(error: str) -> None:
    found = outcome({"error": error, "error_description": "d"})
    assert (found.action, found.reason) == ("AUTH", f"{error}: d")


def test_errors_beside_data_are_no_failure() -> None:
    reply = Reply(200, {}, b"")
    assert codes.undelivered(reply, {"data": {"id": "1"}, **coded(34)}) is None
    assert codes.undelivered(reply, coded(34)) is not None


def wait(status: int = 429, **headers: Any) -> float:
    return outcome({"title": "T"}, status, **headers).retry_after


DATE = formatdate(NOON, usegmt=True)


def test_a_limit_ends_when_x_says_by_its_own_clock() -> None:
    assert wait(date=DATE, x_rate_limit_reset=str(NOON + 90)) == 90
    assert wait(date=DATE, x_rate_limit_reset=str(NOON - 90)) == 0
    assert wait(date=DATE, x_rate_limit_reset=str(NOON + 90), retry_after="7") == 7
    assert wait(date=DATE, x_rate_limit_reset="99999999999") == 7 * 86_400


@pytest.mark.parametrize(
    "headers",
    [
        {"x_rate_limit_reset": "1790000090"},
        {"date": "soon", "x_rate_limit_reset": "1790000090"},
        {"date": DATE, "x_rate_limit_reset": "soon"},
        {"date": DATE, "x_rate_limit_reset": "-1"},
        {"date": DATE},
        {"retry_after": "²"},
    ],
)
def test_what_does_not_tell_the_time_is_no_wait(headers: dict[str, Any]) -> None:
    assert wait(**headers) == 0


def test_only_a_limit_waits_for_the_limit() -> None:
    assert wait(503, date=DATE, x_rate_limit_reset=str(NOON + 90)) == 0
    assert wait(503, retry_after="5") == 5


@given(JSON, st.integers(200, 599), st.dictionaries(st.sampled_from(["date", "retry-after"]), st.text()))
def test_any_answer_means_something(body: Any, status: int, headers: dict[str, str]) -> None:
    reply = Reply(status, headers, json.dumps(body).encode())
    found = codes.undelivered(reply, body_of(reply))
    assert (found is None) <= (status < 300)
    assert found is None or (found.code and found.retry_after >= 0)
