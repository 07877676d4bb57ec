"""What a customer's message says, by its `type`; one we do not know is Unsupported, never lost."""

from collections.abc import Callable

import msgspec

from connectors.whatsapp.fields import Item, Unfit, text
from state.model.content import (
    Card,
    Chosen,
    ContactCard,
    Content,
    Email,
    Form,
    Link,
    Location,
    Media,
    MediaKind,
    Order,
    Phone,
    Place,
    Text,
    Unsupported,
)
from state.model.content import Item as Line


def read_content(kind: str, item: Item) -> Content:
    """The content of a message of this type; raises KeyError, TypeError or Unfit."""
    reader = _READERS.get(kind)
    return reader(item) if reader else _unsupported(kind, item)


def _text(item: Item) -> Content:
    return Text(text(item["text"]["body"]))


def _media(kind: MediaKind) -> Callable[[Item], Content]:
    def read(item: Item) -> Content:
        media = item[kind]
        return Media(
            kind,
            ref=text(media["id"]),
            mime=text(media.get("mime_type") or ""),
            caption=text(media.get("caption") or ""),
            name=text(media.get("filename") or ""),
            sha256=text(media.get("sha256") or ""),
            voice=media.get("voice") is True,
        )

    return read


def _location(item: Item) -> Content:
    place = item["location"]
    latitude, longitude = place["latitude"], place["longitude"]
    if not (_number(latitude) and _number(longitude)):
        raise Unfit("latitude and longitude are no numbers")
    names = (text(place.get(name) or "") for name in ("name", "address", "url"))
    return Location(float(latitude), float(longitude), *names)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 360


def _contacts(item: Item) -> Content:
    return ContactCard(tuple(_card(each) for each in item["contacts"]))


def _card(card: Item) -> Card:
    name = card.get("name") or {}
    org = card.get("org") or {}
    return Card(
        text(name.get("formatted_name") or name.get("first_name") or ""),
        *(
            text(name.get(part) or "")
            for part in ("first_name", "last_name", "middle_name", "prefix", "suffix")
        ),
        *(text(org.get(part) or "") for part in ("company", "department", "title")),
        text(card.get("birthday") or ""),
        tuple(
            Phone(_of(each, "phone"), _of(each, "type"), _of(each, "wa_id"))
            for each in card.get("phones") or []
        ),
        tuple(Email(_of(each, "email"), _of(each, "type")) for each in card.get("emails") or []),
        tuple(Link(_of(each, "url"), _of(each, "type")) for each in card.get("urls") or []),
        tuple(Place(*(_of(each, part) for part in _PLACE)) for each in card.get("addresses") or []),
    )


_PLACE = ("street", "city", "state", "zip", "country", "country_code", "type")


def _of(item: Item, name: str) -> str:
    return text(item.get(name) or "")


def _interactive(item: Item) -> Content:
    answer = item["interactive"]
    kind = text(answer["type"])
    if kind in ("button_reply", "list_reply"):
        reply = answer[kind]
        return Chosen(text(reply["id"]), _of(reply, "title"), _of(reply, "description"))
    if kind == "nfm_reply":
        reply = answer[kind]
        return Form(
            id=_of(reply, "name"), text=_of(reply, "body"), answers=_answers(_of(reply, "response_json"))
        )
    if kind == "call_permission_reply":
        reply = answer[kind]
        return Chosen(f"call_permission_{text(reply['response'])}", text(reply["response"]))
    return Unsupported(f"interactive/{kind}")


def _answers(json: str) -> dict[str, object]:
    """A Flow's answers ride as a JSON string."""
    try:
        return msgspec.json.decode(json or "{}", type=dict[str, object])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unfit(f"response_json: {error}") from error


def _button(item: Item) -> Content:
    """The quick reply of a template: its payload is its id."""
    button = item["button"]
    title = _of(button, "text")
    return Chosen(_of(button, "payload") or title, title)


def _order(item: Item) -> Content:
    order = item["order"]
    lines = tuple(
        Line(text(each["product_retailer_id"]), int(each.get("quantity") or 1), str(each.get("item_price") or ""),
             _of(each, "currency"))
        for each in order["product_items"]
    )  # fmt: skip
    return Order(lines, _of(order, "catalog_id"), _of(order, "text"))


def _unsupported(kind: str, item: Item) -> Content:
    errors = item.get("errors") or [{}]
    inner = item.get("unsupported") or {}
    return Unsupported(
        _of(inner, "type") or kind, str(errors[0].get("title") or errors[0].get("message") or "")
    )


_READERS: dict[str, Callable[[Item], Content]] = {
    "text": _text,
    "image": _media("image"),
    "video": _media("video"),
    "audio": _media("audio"),
    "document": _media("document"),
    "sticker": _media("sticker"),
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _button,
    "order": _order,
}
