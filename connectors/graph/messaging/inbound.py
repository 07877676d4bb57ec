"""Reading messaging webhooks: every entry and every item of a batch; one bad item loses only itself."""

import msgspec

from connectors.graph import reading
from connectors.graph.fields import at
from connectors.graph.messaging import items
from connectors.graph.messaging.items import Page
from connectors.graph.messaging.shapes import Change, Entry, Item
from connectors.graph.messaging.side import Side
from connectors.graph.reading import NONE, OBJECT, Found, Shape
from connectors.values import Unfit, digest, line, storable
from state.model.event import ClientEvent, Notice
from state.model.wire import Received

_ENTRY, _CHANGE, _ITEM = Shape(Entry), Shape(Change), Shape(Item)
_RAW = Shape(msgspec.Raw)


def read(body: bytes, side: Side, app_id: str = "", get_started: str = "") -> Received:
    """The events of a webhook's body; `app_id` is ours, `get_started` what that button sends. Raises Malformed."""
    found = Found([], [])
    for n, entry in found.items(reading.entries(body, side.object), _ENTRY, "$.entry"):
        page = Page(line(entry.id[:64]), side.scheme, app_id, get_started)
        path = f"$.entry[{n}]"
        if entry.messaging is not NONE:
            for m, raw in found.items(entry.messaging, _RAW, f"{path}.messaging"):
                _item(raw, page, f"{path}.messaging[{m}]", found)
        if entry.standby is not NONE:
            for m, raw in found.items(entry.standby, _RAW, f"{path}.standby"):
                _aside(raw, page, f"{path}.standby[{m}]", found)
        if entry.changes is not NONE:
            for m, change in found.items(entry.changes, _CHANGE, f"{path}.changes"):
                _change(change, entry, page, f"{path}.changes[{m}].value", found)
    return found.received()


def _item(raw: msgspec.Raw, page: Page, path: str, found: Found) -> None:
    item = found.item(raw, _ITEM, path)
    if item is None:
        return
    try:
        found.events.extend(items.events(item, page, raw))
    except Unfit as error:
        found.unfit(path, error)


def _aside(raw: msgspec.Raw, page: Page, path: str, found: Found) -> None:
    """Another app answers this customer: the flow is told, and hears no message."""
    item, whole = found.item(raw, _ITEM, path), found.item(raw, OBJECT, path)
    if item is None or whole is None:
        return
    try:
        ours = item.message is not None and item.message.is_echo
        shared = items.shared(item, page, items.customer(item, page, echo=ours))
        value, key = storable(whole), f"standby:{digest(storable(whole))}"
        found.events.append(ClientEvent(key=key, event_name="standby", value=value, **shared))
    except Unfit as error:
        found.unfit(path, error)


def _change(change: Change, entry: Entry, page: Page, path: str, found: Found) -> None:
    """The dashboard's test button sends messages this way; all else (comments, leads) is noted."""
    value = found.item(change.value, OBJECT, path)
    if value is None:
        return
    if "sender" in value and "timestamp" in value:
        _item(change.value, page, path, found)
        return
    evidence = storable({"id": entry.id, "time": entry.time, "field": change.field, "value": value})
    name = line(change.field[:60])
    key = f"{name}:{digest(evidence)}"
    found.events.append(
        Notice(key=key, at=at(entry.time), account=page.account, name=name, code=name, evidence=evidence)
    )
