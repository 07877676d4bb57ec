"""Whether an account and its number are set up at Twilio (Twilio: Account, IncomingPhoneNumber)."""

from collections.abc import Mapping
from typing import Any

from connectors.contract import Finding


def account(found: Mapping[str, Any]) -> Finding:
    """Whether the account may send."""
    status = str(found.get("status") or "unknown")
    return Finding("account", "" if status == "active" else f"it is {status}: see the Twilio console")


def number(found: Mapping[str, Any], sender: str, address: str) -> Finding:
    """Whether the number is the account's, and where its messages go."""
    numbers = found.get("incoming_phone_numbers")
    mine = (
        next((each for each in numbers if isinstance(each, dict)), None)
        if isinstance(numbers, list)
        else None
    )
    if mine is None:
        return Finding("number", f"{sender} is none of the account's numbers")
    if mine.get("sms_application_sid") or mine.get("sms_url") == address:
        return Finding("number")
    return Finding(
        "number", f"its messages go to {mine.get('sms_url') or 'nowhere'}: set its webhook to {address}"
    )
