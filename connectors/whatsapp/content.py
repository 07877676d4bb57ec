"""What a customer's message says, by its `type`; one we do not know is Unsupported, never lost."""

from collections.abc import Callable
from typing import Any

import msgspec

from connectors.graph.errors import error
from connectors.values import Unfit, storable
from connectors.whatsapp import shapes
from connectors.whatsapp.shapes import Said
from state.model.content import (
    Card,
    Chosen,
    ContactCard,
    Content,
    Email,
    Form,
    Item,
    Link,
    Location,
    Media,
    MediaKind,
    Order,
    Phone,
    Place,
    Reaction,
    Text,
    Unsupported,
)


def content_of(said: Said) -> Content:
    """The content of a message; raises Unfit where its type's own part is missing."""
    if said.type == "text" and said.text is not None:
        return Text(said.text.body)
    reader = _READERS.get(said.type)
    if reader is None:
        return _unsupported(said)
    found = reader(said)
    if found is not None:
        return found
    if said.errors:
        return _unsupported(said)
    raise Unfit("is missing", f".{said.type}")


def _media(kind: MediaKind) -> Callable[[Said], Content | None]:
    def read(said: Said) -> Content | None:
        file: shapes.File | None = getattr(said, kind)
        if file is None:
            return None
        return Media(
            kind,
            ref=file.id,
            mime=file.mime_type or "",
            caption=file.caption or "",
            name=file.filename or "",
            sha256=file.sha256 or "",
            voice=file.voice is True,
        )

    return read


def _location(said: Said) -> Content | None:
    place = said.location
    if place is None:
        return None
    names = place.name or "", place.address or "", place.url or ""
    return Location(place.latitude, place.longitude, *names)


def _contacts(said: Said) -> Content | None:
    return None if said.contacts is None else ContactCard(tuple(map(_card, said.contacts)))


def _card(card: shapes.Card) -> Card:
    name, org = card.name or shapes.Name(), card.org or shapes.Org()
    phones = tuple(Phone(each.phone or "", each.type or "", each.wa_id or "") for each in card.phones or ())
    return Card(
        name=name.formatted_name or name.first_name or next((each.phone for each in phones), ""),
        **{part: getattr(name, part) or "" for part in _NAME},
        **{part: getattr(org, part) or "" for part in _ORG},
        birthday=card.birthday or "",
        phones=phones,
        emails=tuple(Email(each.email or "", each.type or "") for each in card.emails or ()),
        urls=tuple(Link(each.url or "", each.type or "") for each in card.urls or ()),
        addresses=tuple(
            Place(**{part: getattr(each, part) or "" for part in _PLACE}, kind=each.type or "")
            for each in card.addresses or ()
        ),
    )


_NAME = ("first_name", "last_name", "middle_name", "prefix", "suffix")
_ORG = ("company", "department", "title")
_PLACE = ("street", "city", "state", "zip", "country", "country_code")


def _interactive(said: Said) -> Content | None:
    answer = said.interactive
    if answer is None:
        return None
    reply = answer.button_reply or answer.list_reply
    if reply:
        return Chosen(reply.id, reply.title or "", reply.description or "")
    if answer.nfm_reply:
        form = answer.nfm_reply
        return Form(id=form.name or "", text=form.body or "", answers=_answers(form.response_json or "{}"))
    if answer.call_permission_reply:
        response = answer.call_permission_reply.response
        return Chosen(f"call_permission_{response}", response)
    return _unsupported(said, f"interactive/{answer.type}")


def _answers(text: str) -> dict[str, Any]:
    """A Flow's answers ride as JSON in a string."""
    try:
        return storable(msgspec.json.decode(text, type=dict[str, Any]))  # type: ignore[no-any-return]
    except (msgspec.DecodeError, RecursionError) as problem:
        raise Unfit(str(problem), ".interactive.nfm_reply.response_json") from problem


def _button(said: Said) -> Content | None:
    """The quick reply of a template: its payload is its id."""
    button = said.button
    if button is None:
        return None
    return Chosen(button.payload or button.text or "", button.text or "")


def _order(said: Said) -> Content | None:
    order = said.order
    if order is None:
        return None
    items = tuple(
        Item(
            each.product_retailer_id,
            each.quantity,
            "" if each.item_price is None else str(each.item_price),
            each.currency or "",
        )
        for each in order.product_items
    )
    return Order(items, order.catalog_id or "", order.text or "")


def _reaction(said: Said) -> Content | None:
    reaction = said.reaction
    return None if reaction is None else Reaction(reaction.message_id, reaction.emoji or "")


def _unsupported(said: Said, kind: str = "") -> Content:
    """What Meta or we cannot read: the newer webhooks name its kind, the errors say why."""
    told = error(said.errors[0]) if said.errors else None
    inner = said.unsupported.type if said.unsupported else None
    return Unsupported(kind or inner or said.type, told.reason if told else "")


_READERS: dict[str, Callable[[Said], Content | None]] = {
    "text": lambda said: None,
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
    "reaction": _reaction,
}
