"""What Vonage's codes ask for: statuses of the SMS API, errors of the Messages API, error codes of receipts.

Vonage: SMS API errors, Messages API errors, SMS delivery receipts, as of 2026-11.
"""

from connectors.sms import answers, fields
from state.model.action import ATTRIBUTION, Action
from state.model.receipts import Fault
from state.model.wire import Malformed, Reply, Undelivered

_STATUSES: dict[Action, str] = {
    Action.THROTTLE: "1",
    Action.RETRY: "5 10",
    Action.FAIL_MSG: "2 3 6 12 23",
    Action.AUTH: "4 14 32",
    Action.FAIL_RCPT: "7",
    Action.SUSPEND: "8",
    Action.CONFIG: "9 11 15 22 29 33",
}
_MESSAGES: dict[Action, str] = {
    Action.THROTTLE: "1000 1460",
    Action.RETRY: "1030 1100 1300",
    Action.FAIL_MSG: "1010 1020 1022 1040 1090 1250 1360",
    Action.FAIL_RCPT: "1050 1290 1190 1200 1280",
    Action.CONSENT: "1240",
    Action.WARN: "1210 1350",
    Action.SUSPEND: "1060",
    Action.CONFIG: "1070 1080 1120 1160 1170",
    Action.WINDOW: "1340",
}
_RECEIPTS: dict[Action, str] = {
    Action.RETRY: "2 7 8 15",
    Action.FAIL_MSG: "10",
    Action.FAIL_RCPT: "3 4 5 12 13 14",
    Action.CONSENT: "9 53",
    Action.WARN: "6",
    Action.CONFIG: "11 16 50 51 52 54",
}
_UNREACHED = ((1220, 1230), (1260, 1270))
"""Portability and handsets that cannot be reached: ranges of the Messages API."""
_TRIES = {1200: 1, **{code: 1 for low, high in _UNREACHED for code in range(low, high + 1)}}
"""Codes that are worth a try first, since they hide their cause."""
_UNSURE = {5, 12}
"""Error codes of receipts that condemn no address by one report; `_TRIES` are those of the Messages API."""
_MEANINGS = {
    2: "absent for a while", 3: "absent for good", 4: "barred", 5: "number ported", 6: "refused as spam",
    7: "handset busy", 8: "network error", 9: "wants no messages", 10: "content refused", 11: "not routable",
    12: "unreachable", 13: "too young", 14: "blocked by the carrier", 15: "has no credit left", 16: "no credit",
    50: "entity id is wrong", 51: "header id is wrong", 52: "content id is wrong", 53: "consent filter",
    54: "regulation error",
}  # fmt: skip


def _rules(table: dict[Action, str]) -> dict[int, Action]:
    return {int(code): action for action, codes in table.items() for code in codes.split()}


_OF_STATUS, _OF_MESSAGES, _OF_RECEIPT = _rules(_STATUSES), _rules(_MESSAGES), _rules(_RECEIPTS)


def of_status(code: int) -> Action | None:
    """The action a status of the SMS API asks for, where it is known."""
    return _OF_STATUS.get(code)


def of_messages(code: int) -> Action | None:
    """The action an error of the Messages API asks for, where it is known."""
    if any(low <= code <= high for low, high in _UNREACHED):
        return Action.FAIL_RCPT
    return _OF_MESSAGES.get(code)


def of_receipt(code: int) -> Action | None:
    """The action the error code of a receipt asks for, where it is known."""
    return _OF_RECEIPT.get(code)


def number(text: str) -> int:
    """A code as a number, whatever stands before `#`; 0 where it is none."""
    digits = text.rpartition("#")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def error_code(error: object) -> int:
    """The number of an error of the Messages API: its title, or the end of its type; 0 without one."""
    return number(fields.words(fields.at(error, "title"))) or number(fields.words(fields.at(error, "type")))


def receipt_fault(code: str, status: str) -> Fault:
    """Why a message of the SMS API was not delivered."""
    found = number(code)
    action = Action.RETRY if found in _UNSURE else of_receipt(found)
    return _fault(action, code if found else status, _MEANINGS.get(found, status))


def messages_fault(error: object, status: str) -> Fault:
    """Why a message of the Messages API was not delivered."""
    code = error_code(error)
    reason = fields.words(fields.at(error, "detail"), 500) or fields.words(fields.at(error, "title"), 500)
    action = Action.RETRY if code in _TRIES else of_messages(code)
    return _fault(action, str(code or status), reason or status)


def _fault(action: Action | None, code: str, reason: str) -> Fault:
    return Fault(code, reason, action or "", ATTRIBUTION[action] if action else "channel")


def object_of(reply: Reply) -> object:
    """The JSON of an answer; None where it holds none."""
    try:
        return fields.document(reply.body)
    except Malformed:
        return None


def undelivered(reply: Reply, attempt: int) -> Undelivered:
    """The outcome of an HTTP answer that is none of success; `attempt` counts from 1."""
    body = object_of(reply)
    code = error_code(body)
    action = of_messages(code) or answers.by_status(reply.status)
    if attempt <= _TRIES.get(code, 0):
        action = Action.RETRY
    reason = fields.words(fields.at(body, "detail"), 500) or fields.words(fields.at(body, "title"), 500)
    return Undelivered(
        action, str(code or f"http_{reply.status}"), reason, retry_after=answers.retry_after(reply)
    )
