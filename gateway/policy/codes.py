"""Every code a decision may carry, with the rule that gives it and what it does to the message."""

from collections.abc import Mapping
from typing import NamedTuple

from state.model.message import Verdict


class Code(NamedTuple):
    """The rule that gives a code, and its verdict."""

    rule: str
    verdict: Verdict


CODES: Mapping[str, Code] = {
    "channel_removed": Code("channel", "refuse"),
    "expired": Code("validity", "refuse"),
    "expires_before": Code("validity", "refuse"),
    "team_inactive": Code("team", "refuse"),
    "country_not_offered": Code("team", "refuse"),
    "withdrawn": Code("consent", "refuse"),
    "no_consent": Code("consent", "refuse"),
    "consent_expired": Code("consent", "refuse"),
    "basis_unfit": Code("consent", "refuse"),
    "confirmation_not_allowed": Code("consent", "refuse"),
    "under_age": Code("age", "refuse"),
    "age_unknown": Code("age", "refuse"),
    "country_unknown": Code("age", "refuse"),
    "licence_ended": Code("licence", "refuse"),
    "purpose_not_allowed": Code("content_purpose", "refuse"),
    "not_started": Code("recipients", "refuse"),
    "not_available": Code("recipients", "refuse"),
    "suspended": Code("suspension", "wait"),
    "terms_not_accepted": Code("terms", "wait"),
    "window_closed": Code("reply_window", "refuse"),
    "not_told": Code("disclosure", "refuse"),
    "told_already": Code("disclosure", "refuse"),
    "duplicate": Code("duplicate", "refuse"),
    "no_common_hours": Code("quiet_hours", "refuse"),
    "quiet_hours": Code("quiet_hours", "wait"),
    "frequency": Code("frequency", "wait"),
}
