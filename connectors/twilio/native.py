"""Options only Twilio has, under `native.twilio`, and its content templates."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from state.model.base import Value
from state.model.content import Template
from state.model.wire import BadMessage


class Native(Value, frozen=True, kw_only=True):
    """`validity` seconds (1 to 36,000), `smart_encoded`, `shorten_urls`."""

    validity: int = 0
    smart_encoded: bool = False
    shorten_urls: bool = False

    def form(self) -> list[tuple[str, str]]:
        """The options as fields of the form."""
        found = []
        if self.validity:
            if not 1 <= self.validity <= 36_000:
                raise BadMessage("native.twilio.validity", "is 1 to 36,000 seconds")
            found.append(("ValidityPeriod", str(self.validity)))
        if self.smart_encoded:
            found.append(("SmartEncoded", "true"))
        if self.shorten_urls:
            found.append(("ShortenUrls", "true"))
        return found


_NONE = Native()


def native_of(given: Mapping[str, Any]) -> Native:
    """The options; raises BadMessage for one that is unknown or of the wrong type."""
    if not given:
        return _NONE
    try:
        return msgspec.convert(given, Native)
    except msgspec.ValidationError as error:
        raise BadMessage("native.twilio", str(error)) from error


def template(content: Template) -> list[tuple[str, str]]:
    """A content template, by its sid in `name`; the body's parameters are its variables, from 1 or by their names."""
    if not content.name.startswith("HX"):
        raise BadMessage("name", "is a content sid, which begins with HX")
    values = [each for component in content.components for each in component.parameters]
    variables = {each.name or str(n): each.text or each.payload for n, each in enumerate(values, 1)}
    more = [("ContentVariables", json.dumps(variables, separators=(",", ":")))] if variables else []
    return [("ContentSid", content.name), *more]
