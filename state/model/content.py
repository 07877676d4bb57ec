"""What a message can say: the content types every channel shares (design §4)."""

from collections.abc import Iterator
from typing import Any, Literal

from state.model.base import Value

MediaKind = Literal["image", "video", "audio", "document", "sticker"]
OptionKind = Literal["reply", "url", "share_location", "share_contact", "allow_call"]


class Text(Value, frozen=True, tag="text"):
    """Words. `format` says whether `text` may carry Markdown; `stream` asks a live channel to show it growing."""

    text: str
    format: Literal["plain", "markdown"] = "plain"
    stream: bool = False


class Media(Value, frozen=True, tag="media"):
    """A file: by public `url`, by the provider's id in `ref`, or by our own store's id in `stored`."""

    kind: MediaKind
    url: str = ""
    ref: str = ""
    stored: str = ""
    mime: str = ""
    caption: str = ""
    name: str = ""
    sha256: str = ""
    voice: bool = False


class Location(Value, frozen=True, tag="location"):
    """A place on earth in degrees (WGS 84)."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""
    url: str = ""


class Phone(Value, frozen=True):
    """A telephone number of a contact card; `wa_id` is its WhatsApp id where known."""

    phone: str
    kind: str = ""
    wa_id: str = ""


class Email(Value, frozen=True):
    """An e-mail address of a contact card."""

    email: str
    kind: str = ""


class Link(Value, frozen=True):
    """A web address of a contact card."""

    url: str
    kind: str = ""


class Place(Value, frozen=True):
    """A postal address of a contact card."""

    street: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    country_code: str = ""
    kind: str = ""


class Card(Value, frozen=True):
    """One person or firm of a contact card; `birthday` is YYYY-MM-DD."""

    name: str
    first_name: str = ""
    last_name: str = ""
    middle_name: str = ""
    prefix: str = ""
    suffix: str = ""
    company: str = ""
    department: str = ""
    title: str = ""
    birthday: str = ""
    phones: tuple[Phone, ...] = ()
    emails: tuple[Email, ...] = ()
    urls: tuple[Link, ...] = ()
    addresses: tuple[Place, ...] = ()


class ContactCard(Value, frozen=True, tag="contact_card"):
    """People to get in touch with."""

    cards: tuple[Card, ...]


class Option(Value, frozen=True):
    """One thing to choose: a reply by default; `url` opens a page; the share and call kinds ask the customer."""

    id: str
    title: str
    description: str = ""
    section: str = ""
    kind: OptionKind = "reply"
    url: str = ""


class Choice(Value, frozen=True, tag="choice"):
    """A question with options, shown as buttons or as a list behind `button`."""

    text: str
    options: tuple[Option, ...]
    style: Literal["buttons", "list"] = "buttons"
    header: Text | Media | None = None
    footer: str = ""
    button: str = ""


class Chosen(Value, frozen=True, tag="chosen"):
    """The option a customer chose."""

    id: str
    title: str = ""
    description: str = ""


class Parameter(Value, frozen=True):
    """A value put into a template's place: text (also code, currency and date as shown), media, or a payload."""

    text: str = ""
    name: str = ""
    media: Media | None = None
    location: Location | None = None
    payload: str = ""
    currency: str = ""
    amount_1000: int = 0
    date: str = ""


class Component(Value, frozen=True):
    """A part of a template that takes parameters; `index` counts buttons and cards from 0."""

    kind: Literal["header", "body", "button", "carousel"]
    parameters: tuple[Parameter, ...] = ()
    button: Literal["", "quick_reply", "url", "flow", "copy_code", "catalog", "voice_call"] = ""
    index: int = 0
    cards: tuple["tuple[Component, ...]", ...] = ()


TemplateCategory = Literal["", "marketing", "utility", "authentication"]
"""What a template is for, in the words of its provider (WhatsApp, Messenger); "" where nobody says."""


class Template(Value, frozen=True, tag="template"):
    """A message approved beforehand by the provider, by name and language (BCP 47, `_` where the provider wants it).

    `category` is which kind the sender says it is, where the provider has not told us.
    """

    name: str
    language: str
    components: tuple[Component, ...] = ()
    category: TemplateCategory = ""


class Reaction(Value, frozen=True, tag="reaction"):
    """An emoji on an earlier message; an empty one takes it back. `target` is our message id or the provider's."""

    target: str
    emoji: str = ""


class Form(Value, frozen=True, tag="form"):
    """A form to fill in (`id`, `button`, `screen`, `data`, `token`), or one filled in (`answers`)."""

    id: str = ""
    text: str = ""
    button: str = ""
    screen: str = ""
    token: str = ""
    header: str = ""
    footer: str = ""
    data: dict[str, Any] = {}
    answers: dict[str, Any] = {}


class Item(Value, frozen=True):
    """A line of an order; `price` is in the currency's main unit as the provider wrote it."""

    product: str
    quantity: int = 1
    price: str = ""
    currency: str = ""


class Order(Value, frozen=True, tag="order"):
    """What a customer put into the basket of the channel's shop."""

    items: tuple[Item, ...]
    catalog: str = ""
    text: str = ""


class Unsupported(Value, frozen=True, tag="unsupported"):
    """Something the channel or we cannot show; `kind` is the provider's word for it."""

    kind: str
    note: str = ""


Content = (
    Text | Media | Location | ContactCard | Choice | Chosen | Template | Reaction | Form | Order | Unsupported
)


def plain(content: Content) -> str:
    """What a content says in words alone, as a list or a log shows it."""
    match content:
        case Text(text=text) | Choice(text=text) | Form(text=text) | Order(text=text):
            return text
        case Chosen():
            return content.title or content.id
        case Media():
            return content.caption or content.name
        case Location():
            return content.name or content.address or f"{content.latitude},{content.longitude}"
        case ContactCard():
            return ", ".join(card.name for card in content.cards)
        case Template():
            return content.name
        case Reaction():
            return content.emoji
        case Unsupported():
            return content.note or content.kind


def media_in(content: Content) -> Iterator[Media]:
    """Every media item in a content; those with a `stored` id need their file on the way out."""
    match content:
        case Media():
            yield content
        case Choice(header=Media() as header):
            yield header
        case Template():
            yield from _media_of(content.components)


def _media_of(components: tuple[Component, ...]) -> Iterator[Media]:
    for component in components:
        yield from (each.media for each in component.parameters if each.media)
        for card in component.cards:
            yield from _media_of(card)
