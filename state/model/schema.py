"""The message model as JSON Schema (2020-12): `python -m state.model.schema > docs/message-model.json`."""

from typing import Any

import msgspec

from state.model.action import Action
from state.model.address import SCHEMES
from state.model.cause import Cause
from state.model.channel import Capabilities, Terms
from state.model.consent import Consent
from state.model.content import Content
from state.model.event import Event
from state.model.exchange import Exchange
from state.model.message import Decision, Message
from state.model.receipts import Facts
from state.model.suspension import Suspension

_PUBLISHED: dict[str, Any] = {
    "Content": Content,
    "Event": Event,
    "Message": Message,
    "Facts": Facts,
    "Decision": Decision,
    "Exchange": Exchange,
    "Suspension": Suspension,
    "Consent": Consent,
    "Cause": Cause,
    "Capabilities": Capabilities,
    "Terms": Terms,
    "Action": Action,
}
_REF = "#/$defs/{name}"


def schema() -> dict[str, Any]:
    """The schema of everything published; each type stands under `$defs` by its name."""
    shapes, named = msgspec.json.schema_components(_PUBLISHED.values(), ref_template=_REF)
    published = dict(zip(_PUBLISHED, shapes, strict=True))
    unions = {name: shape for name, shape in published.items() if name not in named}
    for each in named.values():
        _point_to_address(each.get("properties", {}))
    address = {
        "title": "Address",
        "description": "Where a customer is reached: a URN, `scheme:path`.",
        "type": "string",
        "pattern": f"^({'|'.join(SCHEMES)}):.+$",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:parley:message-model",
        "title": "Parley's message model",
        "anyOf": [{"$ref": _REF.format(name=name)} for name in _PUBLISHED],
        "$defs": dict(sorted({**named, **unions, "Address": address}.items())),
    }


def _point_to_address(properties: dict[str, Any]) -> None:
    """The lists of addresses are plain strings in the code; here they say what the strings look like."""
    for name in ("addresses", "new"):
        if properties.get(name, {}).get("items") == {"type": "string"}:
            properties[name]["items"] = {"$ref": _REF.format(name="Address")}


def text() -> str:
    """The schema as the file is published."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode()


if __name__ == "__main__":
    print(text())
