"""What only WhatsApp has: the options of `native.whatsapp`, typed, an unknown one refused.

The shop's messages, the carousel and the call button go with a Text, which is their body and what other channels show.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from connectors.graph import bounds
from connectors.graph.bounds import within
from connectors.whatsapp import limits
from state.model.base import Value
from state.model.wire import BadMessage

Body = dict[str, Any]


class Product(Value, frozen=True):
    """One product of the shop."""

    catalog: str
    product: str
    footer: str = ""

    def interactive(self) -> Body:
        """The message's own part."""
        return {"action": {"catalog_id": self.catalog, "product_retailer_id": self.product}}


class ProductSection(Value, frozen=True):
    """Products under a title."""

    title: str
    products: tuple[str, ...]


class Products(Value, frozen=True):
    """Up to 30 products in up to 10 sections."""

    catalog: str
    header: str
    sections: tuple[ProductSection, ...]
    footer: str = ""

    def interactive(self) -> Body:
        """The message's own part; raises BadMessage."""
        bounds.count("native.whatsapp.products.sections", len(self.sections), limits.SECTIONS)
        total = sum(len(each.products) for each in self.sections)
        bounds.count("native.whatsapp.products", total, limits.PRODUCTS)
        sections = [
            {
                "title": within(f"native.whatsapp.products.sections[{n}].title", each.title, 24, 1),
                "product_items": [{"product_retailer_id": product} for product in each.products],
            }
            for n, each in enumerate(self.sections)
        ]
        header = within("native.whatsapp.products.header", self.header, limits.HEADER, 1)
        return {
            "header": {"type": "text", "text": header},
            "action": {"catalog_id": self.catalog, "sections": sections},
        }


class Catalog(Value, frozen=True):
    """The whole shop; `thumbnail` is the product whose picture is shown."""

    thumbnail: str = ""
    footer: str = ""

    def interactive(self) -> Body:
        """The message's own part."""
        action: Body = {"name": "catalog_message"}
        if self.thumbnail:
            action["parameters"] = {"thumbnail_product_retailer_id": self.thumbnail}
        return {"action": action}


class CardButton(Value, frozen=True):
    """A button of a card: a reply, or a link where `url` is set."""

    title: str
    id: str = ""
    url: str = ""


class Card(Value, frozen=True):
    """A card of a carousel: a picture or a video by link, words, and up to 3 replies or one link."""

    buttons: tuple[CardButton, ...]
    image: str = ""
    video: str = ""
    body: str = ""


class Carousel(Value, frozen=True):
    """2 to 10 cards side by side, all made alike."""

    cards: tuple[Card, ...]
    footer: str = ""

    def interactive(self) -> Body:
        """The message's own part; raises BadMessage."""
        bounds.count("native.whatsapp.carousel.cards", len(self.cards), limits.CARDS, 2)
        if (
            len({(bool(card.image), tuple(bool(each.url) for each in card.buttons)) for card in self.cards})
            > 1
        ):
            raise BadMessage(
                "native.whatsapp.carousel.cards", "must have the same kinds of header and buttons"
            )
        return {"action": {"cards": [_card(n, card) for n, card in enumerate(self.cards)]}}


def _card(n: int, card: Card) -> Body:
    field = f"native.whatsapp.carousel.cards[{n}]"
    if bool(card.image) == bool(card.video):
        raise BadMessage(field, "needs `image` or `video`, and not both")
    kind = "image" if card.image else "video"
    link = bounds.address(f"{field}.{kind}", card.image or card.video)
    found: Body = {"card_index": n, "type": "cta_url", "header": {"type": kind, kind: {"link": link}}}
    if card.body:
        found["body"] = {"text": within(f"{field}.body", card.body, limits.CARD_BODY)}
    found["action"] = _card_action(f"{field}.buttons", card.buttons)
    return found


def _card_action(field: str, buttons: tuple[CardButton, ...]) -> Body:
    bounds.count(field, len(buttons), limits.BUTTONS)
    titles = [
        within(f"{field}[{n}].title", each.title, limits.BUTTON_TITLE, 1) for n, each in enumerate(buttons)
    ]
    if not any(each.url for each in buttons):
        ids = [within(f"{field}[{n}].id", each.id, limits.BUTTON_ID, 1) for n, each in enumerate(buttons)]
        replies = [{"id": one, "title": title} for one, title in zip(ids, titles, strict=True)]
        return {"buttons": [{"type": "quick_reply", "quick_reply": each} for each in replies]}
    if len(buttons) > 1:
        raise BadMessage(field, "are up to three replies, or one link alone")
    url = bounds.address(f"{field}[0].url", buttons[0].url)
    return {"name": "cta_url", "parameters": {"display_text": titles[0], "url": url}}


class VoiceCall(Value, frozen=True):
    """A button by which the customer calls us; it works for `minutes`."""

    title: str = ""
    minutes: Annotated[int, msgspec.Meta(ge=0, le=43_200)] = 0
    footer: str = ""

    def interactive(self) -> Body:
        """The message's own part; raises BadMessage."""
        title = within("native.whatsapp.voice_call.title", self.title, limits.BUTTON_TITLE)
        given = {"display_text": title, "ttl_minutes": self.minutes}
        parameters = {name: value for name, value in given.items() if value}
        return {"action": {"name": "voice_call", **({"parameters": parameters} if parameters else {})}}


class Flow(Value, frozen=True):
    """What a Form may say besides: the Flow by `name` instead of by id, a draft, or data from an endpoint."""

    name: str = ""
    draft: bool = False
    action: Literal["", "navigate", "data_exchange"] = ""


class Native(Value, frozen=True, kw_only=True):
    """All options. `marketing` sends a template by the endpoint for marketing; `group` sends to a group, by its id."""

    preview_url: bool = False
    marketing: bool = False
    group: str = ""
    identity_key_hash: str = ""
    flow: Flow | None = None
    product: Product | None = None
    products: Products | None = None
    catalog: Catalog | None = None
    carousel: Carousel | None = None
    voice_call: VoiceCall | None = None


Special = Product | Products | Catalog | Carousel | VoiceCall
SPECIALS: dict[str, str] = {
    "product": "product",
    "products": "product_list",
    "catalog": "catalog_message",
    "carousel": "carousel",
    "voice_call": "voice_call",
}
"""The options that make a message of their own, and its `interactive.type`."""


_NOTHING = Native()


def native_of(options: Mapping[str, Any]) -> Native:
    """The options, strictly; raises BadMessage."""
    if not options:
        return _NOTHING
    try:
        return msgspec.convert(dict(options), Native)
    except msgspec.ValidationError as error:
        raise BadMessage("native.whatsapp", str(error)) from error


def special(native: Native) -> tuple[str, str, Special] | None:
    """The one option that makes a message of its own: its name, type and value; raises BadMessage if there are two."""
    if native is _NOTHING:
        return None
    found = [(name, kind, getattr(native, name)) for name, kind in SPECIALS.items() if getattr(native, name)]
    if len(found) > 1:
        raise BadMessage("native.whatsapp", f"{found[0][0]} and {found[1][0]} exclude each other")
    return found[0] if found else None
