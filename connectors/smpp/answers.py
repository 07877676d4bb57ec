"""What the SMSC's answer to a part of a message means for all of it."""

from typing import Final

from connectors.smpp import codes, receipts
from connectors.smpp.profile import Account
from connectors.smpp.receipts import Ids
from connectors.smpp.under_way import Job
from state.model.action import ATTRIBUTION, Action
from state.model.event import Event, Receipt
from state.model.receipts import Fault
from state.model.wire import Undelivered

_TRIES: Final = 4
"""How often a later part that was refused for now is sent again."""


def kept_id(given: str, ids: Ids) -> str:
    """An id from an answer, in the form it is kept in."""
    return receipts.canonical(given.strip(), ids, receipt=False)


def refused(job: Job, status: int, wait: float, account: Account) -> Undelivered | float:
    """The end of a message one of whose parts is refused, or the seconds after which that part goes again.

    As long as nothing of the message was taken it may go again as a whole. After that only the part may: the customer
    would get the others twice.
    """
    error = codes.undelivered(status, account.vendor_codes, job.attempt, wait)
    if not job.ids:
        return error
    error = codes.undelivered(status, account.vendor_codes, job.refused + 1, wait)
    again = error.action in (Action.RETRY, Action.THROTTLE)
    if again and job.refused < _TRIES:
        return max(wait, 2.0**job.refused)
    reason = f"part {len(job.ids) + 1} of {len(job.bodies)}; the SMSC took those before it"
    return Undelivered(Action.FAIL_MSG if again else error.action, error.code, reason)


def late(job: Job, status: int, given: str, at: int, account: Account) -> tuple[Event, ...]:
    """What an answer tells that came when the message counted as unknown; of several parts one tells too little."""
    if len(job.bodies) > 1 or (status == codes.OK and not given):
        return ()
    fault = None
    if status != codes.OK:
        error = codes.undelivered(status, account.vendor_codes, job.attempt)
        fault = Fault(error.code, error.reason, error.action.value, ATTRIBUTION[error.action])
    told = Receipt(
        key=f"late:{job.message}:{job.attempt}",
        at=at,
        provider_id=given,
        message_id=job.message,
        status="failed" if fault else "sent",
        fault=fault,
    )
    return (told,)
