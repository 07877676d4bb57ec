"""What a team sets about what it sends, as its row keeps it (JSON) and the policy reads it."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from state.model.base import Value
from state.model.consent import Purpose

Age = Annotated[int, msgspec.Meta(ge=0, le=120)]
"""An age in years."""


class OwnCap(Value, frozen=True, kw_only=True):
    """At most so many messages for a purpose to one contact in so many hours, instead of the pack's caps for it."""

    purpose: Purpose
    messages: Annotated[int, msgspec.Meta(ge=0)]
    hours: Annotated[int, msgspec.Meta(ge=1)]


class TeamSettings(Value, frozen=True, kw_only=True):
    """A team's settings; each has a default, and an unknown one is refused.

    `unknown_age`: whether people whose birth is not known are sent to. `unknown_country`: what age counts for people
    whose country is not known: the strictest of all, none, or they are not sent to. `minimum_age` (years) is for all
    the team sends, `gated` for what uses a template or a media item, by `template:NAME` or `media:ID`; both need a
    birth that is known. `caps` take the place of the pack's. `sms_authorised` are the countries (ISO 3166) in which the
    team is registered to send text messages, where the pack asks for that. `business` is the name customers know it by,
    `help` how they reach people; `automated`: they are told first that they talk to a machine.
    """

    unknown_age: Literal["allow", "refuse"] = "allow"
    unknown_country: Literal["strictest", "allow", "refuse"] = "strictest"
    minimum_age: Age = 0
    gated: Mapping[str, Age] = {}
    caps: tuple[OwnCap, ...] = ()
    sms_authorised: tuple[str, ...] = ()
    business: Annotated[str, msgspec.Meta(max_length=100)] = ""
    help: Annotated[str, msgspec.Meta(max_length=200)] = ""
    automated: bool = False
    detectors: Mapping[str, Mapping[str, float]] = {}
