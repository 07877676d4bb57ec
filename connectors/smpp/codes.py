"""SMPP's error codes, what each asks of us, and the words of receipts (SMPP 3.4, 5.1.3, 5.2.28 and Appendix B)."""

from collections.abc import Mapping
from typing import NamedTuple

from state.model.action import ATTRIBUTION, Action
from state.model.receipts import Fault, ReceiptStatus
from state.model.wire import Undelivered


class Rule(NamedTuple):
    """What an error asks for; `tries`: so often it is tried again first."""

    action: Action
    tries: int = 0


OK, THROTTLED, QUEUE_FULL, TEMPORARY, PERMANENT = 0x00, 0x58, 0x14, 0x64, 0x65
INVALID_BIND, ALREADY_BOUND = 0x04, 0x05

NAMES: dict[int, str] = {
    0x00: "ESME_ROK", 0x01: "ESME_RINVMSGLEN", 0x02: "ESME_RINVCMDLEN", 0x03: "ESME_RINVCMDID", 0x04: "ESME_RINVBNDSTS",
    0x05: "ESME_RALYBND", 0x06: "ESME_RINVPRTFLG", 0x07: "ESME_RINVREGDLVFLG", 0x08: "ESME_RSYSERR",
    0x0A: "ESME_RINVSRCADR", 0x0B: "ESME_RINVDSTADR", 0x0C: "ESME_RINVMSGID", 0x0D: "ESME_RBINDFAIL",
    0x0E: "ESME_RINVPASWD", 0x0F: "ESME_RINVSYSID", 0x11: "ESME_RCANCELFAIL", 0x13: "ESME_RREPLACEFAIL",
    0x14: "ESME_RMSGQFUL", 0x15: "ESME_RINVSERTYP", 0x33: "ESME_RINVNUMDESTS", 0x34: "ESME_RINVDLNAME",
    0x40: "ESME_RINVDESTFLAG", 0x42: "ESME_RINVSUBREP", 0x43: "ESME_RINVESMCLASS", 0x44: "ESME_RCNTSUBDL",
    0x45: "ESME_RSUBMITFAIL", 0x48: "ESME_RINVSRCTON", 0x49: "ESME_RINVSRCNPI", 0x50: "ESME_RINVDSTTON",
    0x51: "ESME_RINVDSTNPI", 0x53: "ESME_RINVSYSTYP", 0x54: "ESME_RINVREPFLAG", 0x55: "ESME_RINVNUMMSGS",
    0x58: "ESME_RTHROTTLED", 0x61: "ESME_RINVSCHED", 0x62: "ESME_RINVEXPIRY", 0x63: "ESME_RINVDFTMSGID",
    0x64: "ESME_RX_T_APPN", 0x65: "ESME_RX_P_APPN", 0x66: "ESME_RX_R_APPN", 0x67: "ESME_RQUERYFAIL",
    0xC0: "ESME_RINVOPTPARSTREAM", 0xC1: "ESME_ROPTPARNOTALLWD", 0xC2: "ESME_RINVPARLEN",
    0xC3: "ESME_RMISSINGOPTPARAM", 0xC4: "ESME_RINVOPTPARAMVAL", 0xFE: "ESME_RDELIVERYFAILURE",
    0xFF: "ESME_RUNKNOWNERR",
}  # fmt: skip
"""The specification's word for each status."""

_BY_ACTION: dict[Action, tuple[int, ...]] = {
    # What we wrote is wrong, whoever reads it; 0x11, 0x13 and 0x67 answer what we never ask.
    Action.FAIL_MSG: (
        0x01, 0x02, 0x03, 0x06, 0x07, 0x0C, 0x11, 0x13, 0x33, 0x34, 0x40, 0x42, 0x43, 0x44, 0x61, 0x62, 0x63,
        0x65, 0x66, 0x67, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4,
    ),
    Action.RETRY: (0x04, 0x08, 0x64),
    Action.CONFIG: (0x05, 0x0A, 0x15, 0x48, 0x49, 0x50, 0x51, 0x53, 0x54, 0x55),
    Action.FAIL_RCPT: (0x0B,),
    Action.AUTH: (0x0D, 0x0E, 0x0F),
    Action.THROTTLE: (0x14, 0x58),
}  # fmt: skip

RULES: dict[int, Rule] = {
    **{code: Rule(action) for action, found in _BY_ACTION.items() for code in found},
    0x45: Rule(Action.FAIL_MSG, tries=2),
    0xFE: Rule(Action.FAIL_MSG, tries=2),
    0xFF: Rule(Action.FAIL_MSG, tries=2),
}
"""Every status that has a rule of its own; what others mean, the channel's setting `vendor_codes` says."""


def rule_of(status: int, vendor: Mapping[int, Action]) -> Rule:
    """What a status of a submit asks for; the channel's own map goes before the table."""
    if status in vendor:
        return Rule(vendor[status])
    return RULES.get(status, Rule(Action.FAIL_MSG))


def code_of(status: int) -> str:
    """A status as it is told: by its name, or by its number."""
    return NAMES.get(status, f"0x{status:X}")


def undelivered(status: int, vendor: Mapping[int, Action], attempt: int, wait: float = 0) -> Undelivered:
    """The outcome of a submit with this status, at this attempt (from 1 on)."""
    rule = rule_of(status, vendor)
    action = Action.RETRY if attempt <= rule.tries else rule.action
    reason = "" if status in NAMES else "a status of the SMSC's own; vendor_codes may say what it means"
    return Undelivered(action, code_of(status), reason, retry_after=wait)


STATES: dict[int, str] = {
    0: "SCHEDULED", 1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN",
    8: "REJECTD", 9: "SKIPPED",
}  # fmt: skip
"""`message_state` as the word that a receipt's text has for it (9, and 0: SMPP 5.0)."""

WORDS: dict[str, str] = {
    **{word: word for word in STATES.values()},
    "DELIVERED": "DELIVRD", "DELIVERD": "DELIVRD", "DLVRD": "DELIVRD", "DELIVERED_TO_HANDSET": "DELIVRD",
    "UNDELIVERABLE": "UNDELIV", "UNDELIVERED": "UNDELIV", "UNDELIVRD": "UNDELIV", "FAILED": "UNDELIV",
    "FAIL": "UNDELIV", "NOT_DELIVERED": "UNDELIV", "UNDLV": "UNDELIV", "ACCEPTED": "ACCEPTD", "ACKED": "ACCEPTD",
    "BUFFERED": "ENROUTE", "BUFFERD": "ENROUTE", "EN_ROUTE": "ENROUTE", "QUEUED": "ENROUTE", "PENDING": "ENROUTE",
    "SENT": "ENROUTE", "SUBMITTED": "ENROUTE", "REJECTED": "REJECTD", "REJECT": "REJECTD", "EXPIRD": "EXPIRED",
    "DELETD": "DELETED", "CANCELLED": "DELETED", "CANCELED": "DELETED", "UNKNWN": "UNKNOWN", "UNKNOWN_STATE": "UNKNOWN",
    "SKIPPD": "SKIPPED", "SCHEDULD": "SCHEDULED",
}  # fmt: skip
"""The words for a state that are met, and the usual one."""

STATUSES: dict[str, ReceiptStatus] = {
    "SCHEDULED": "sent", "ENROUTE": "sent", "ACCEPTD": "sent", "DELIVRD": "delivered", "EXPIRED": "failed",
    "DELETED": "failed", "UNDELIV": "failed", "REJECTD": "failed", "SKIPPED": "failed",
    # The SMSC has lost sight of it: no failure, and no more than it said when it took the message.
    "UNKNOWN": "sent",
}  # fmt: skip

_FAILED: dict[str, Action] = {
    "EXPIRED": Action.RETRY, "DELETED": Action.FAIL_MSG, "UNDELIV": Action.FAIL_MSG, "REJECTD": Action.FAIL_MSG,
    "SKIPPED": Action.FAIL_MSG,
}  # fmt: skip

NETWORK: dict[int, Action] = {
    1: Action.FAIL_RCPT,  # unknown subscriber
    6: Action.RETRY,  # absent subscriber
    9: Action.FAIL_RCPT,  # illegal subscriber
    11: Action.FAIL_RCPT,  # teleservice not provisioned
    13: Action.FAIL_RCPT,  # call barred
    27: Action.RETRY,  # absent subscriber, by the network
    31: Action.RETRY,  # subscriber busy
    32: Action.RETRY,  # memory full
}
"""What GSM's errors (3GPP 29.002) of a delivery mean for the address."""


def fault_of(state: str, error: int | None, action: Action | None) -> Fault:
    """Why a delivery failed: by the channel's own word for the error (`action`), by GSM's, else by the state."""
    found = action or NETWORK.get(error or 0) or _FAILED.get(state, Action.FAIL_MSG)
    attributed = "channel" if found is Action.FAIL_MSG else ATTRIBUTION[found]
    reason = f"{state}, error {error}" if error else state
    return Fault(f"{state}:{error}" if error else state, reason, found.value, attributed)
