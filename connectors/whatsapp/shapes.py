"""The JSON of WhatsApp's webhooks as shapes (Meta: Cloud API webhooks). Fields nobody reads are left out.

The levels above an item hold the next one undecoded, so that what is wrong in one item stays in it. What Meta leaves
out or sets to null is None or empty.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, field

from connectors.graph.reading import NONE, Part

Latitude = Annotated[float, Meta(ge=-90, le=90)]
Quantity = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]


class Account(Part, kw_only=True):
    """One business account (WABA), and one time (seconds; milliseconds have been seen)."""

    id: Any = ""
    time: Any = 0


class Entry(Account):
    """What happened to an account."""

    changes: Raw


class Change(Part):
    """One change: which subscription it comes by, and what it is."""

    field: str
    value: Raw


class Value(Part):
    """The value of a change that holds messages or the like."""

    metadata: Raw = NONE
    contacts: Raw = NONE
    messages: Raw = NONE
    statuses: Raw = NONE
    errors: Raw = NONE
    message_echoes: Raw = NONE
    user_preferences: Raw = NONE
    user_id_update: Raw = NONE


class Metadata(Part):
    """Which of our numbers it is about."""

    phone_number_id: str = ""


class Profile(Part):
    """How a customer calls themselves."""

    name: str | None = None
    username: str | None = None


class Contact(Part):
    """A customer: by phone number, by business-scoped user id (BSUID), or by both."""

    wa_id: str | None = None
    user_id: str | None = None
    profile: Profile | None = None


class Product(Part):
    """A product of the channel's shop that a message is about."""

    product_retailer_id: str | None = None


class Context(Part):
    """What a message answers, and whether it was passed on."""

    id: str | None = None
    forwarded: bool | None = None
    frequently_forwarded: bool | None = None
    referred_product: Product | None = None


class Referral(Part):
    """The advert or post that brought a customer."""

    source_type: str | None = None
    source_id: str | None = None
    source_url: str | None = None
    headline: str | None = None
    body: str | None = None
    ctwa_clid: str | None = None


class Text(Part):
    """Words."""

    body: str


class File(Part):
    """A media item, to be fetched by its id within seven days."""

    id: str
    mime_type: str | None = None
    sha256: str | None = None
    caption: str | None = None
    filename: str | None = None
    voice: bool | None = None


class Place(Part):
    """A place on earth, in degrees."""

    latitude: Latitude
    longitude: Longitude
    name: str | None = None
    address: str | None = None
    url: str | None = None


class Name(Part):
    """The name on a contact card."""

    formatted_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    middle_name: str | None = None
    prefix: str | None = None
    suffix: str | None = None


class Org(Part):
    """Where the person on a contact card works."""

    company: str | None = None
    department: str | None = None
    title: str | None = None


class Detail(Part):
    """A phone, an e-mail or a web address on a contact card."""

    type: str | None = None
    phone: str | None = None
    wa_id: str | None = None
    email: str | None = None
    url: str | None = None


class Postal(Part):
    """A postal address on a contact card."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    country_code: str | None = None
    type: str | None = None


class Card(Part):
    """A contact card."""

    name: Name | None = None
    org: Org | None = None
    birthday: str | None = None
    phones: list[Detail] | None = None
    emails: list[Detail] | None = None
    urls: list[Detail] | None = None
    addresses: list[Postal] | None = None


class Reaction(Part):
    """An emoji on a message; none takes it back."""

    message_id: str
    emoji: str | None = None


class Reply(Part):
    """The button or the row that was chosen."""

    id: str
    title: str | None = None
    description: str | None = None


class FlowReply(Part):
    """A filled-in Flow: the answers are JSON in a string."""

    name: str | None = None
    body: str | None = None
    response_json: str | None = None


class CallPermission(Part):
    """Whether the customer lets us call."""

    response: str


class Interactive(Part):
    """An answer to an interactive message."""

    type: str = ""
    button_reply: Reply | None = None
    list_reply: Reply | None = None
    nfm_reply: FlowReply | None = None
    call_permission_reply: CallPermission | None = None


class Button(Part):
    """The quick reply of a template that was pressed."""

    payload: str | None = None
    text: str | None = None


class Line(Part):
    """A line of an order."""

    product_retailer_id: str
    quantity: Quantity = 1
    item_price: Decimal | None = None
    currency: str | None = None


class Order(Part):
    """A basket."""

    product_items: list[Line]
    catalog_id: str | None = None
    text: str | None = None


class System(Part):
    """Something about the customer changed."""

    type: str | None = None
    wa_id: str | None = None
    new_wa_id: str | None = None
    customer: str | None = None
    user_id: str | None = None


class Kind(Part):
    """What kind of message it was that Meta cannot pass on."""

    type: str | None = None


class Said(Part):
    """What a message says: `type` names the field that holds it."""

    type: str
    text: Text | None = None
    image: File | None = None
    video: File | None = None
    audio: File | None = None
    document: File | None = None
    sticker: File | None = None
    location: Place | None = None
    contacts: list[Card] | None = None
    interactive: Interactive | None = None
    button: Button | None = None
    order: Order | None = None
    unsupported: Kind | None = None
    reaction: Reaction | None = None
    errors: list[Any] | None = None
    context: Context | None = None


class Edit(Part):
    """The whole new content of an earlier message."""

    original_message_id: str
    message: Said


class Revoke(Part):
    """The earlier message that was taken back."""

    original_message_id: str


class Message(Said, kw_only=True, rename={"from_": "from"}):
    """A customer's message; in an echo, one of ours to a customer."""

    id: str
    timestamp: str | int
    from_: str | None = None
    from_user_id: str | None = None
    to: str | None = None
    to_user_id: str | None = None
    group_id: str | None = None
    referral: Referral | None = None
    edit: Edit | None = None
    revoke: Revoke | None = None
    system: System | None = None
    identity: dict[str, Any] | None = None


class Pricing(Part):
    """What a message costs."""

    billable: bool | None = None
    type: str | None = None
    category: str | None = None


class Status(Part):
    """What became of a message of ours."""

    id: str
    status: str
    timestamp: str | int
    recipient_id: str | None = None
    recipient_user_id: str | None = None
    recipient_type: str | None = None
    recipient_participant_id: str | None = None
    recipient_participant_user_id: str | None = None
    biz_opaque_callback_data: str | None = None
    pricing: Pricing | None = None
    errors: list[Any] | None = None


class Preference(Part):
    """What a customer wants of our marketing."""

    value: str
    timestamp: str | int
    category: str = ""
    wa_id: str | None = None
    user_id: str | None = None
    detail: str | None = None


class UserIds(Part):
    """A customer's business-scoped user id before and now."""

    current: str
    previous: str | None = None


class UserId(Part):
    """A customer has another business-scoped user id."""

    user_id: UserIds
    wa_id: str | None = None
    timestamp: str | int | None = None


class WholeValue(Part):
    """The value of a change that holds messages, decoded with all that is in it."""

    metadata: Metadata = field(default_factory=Metadata)
    contacts: tuple[Contact, ...] = ()
    messages: tuple[Message, ...] = ()
    statuses: tuple[Status, ...] = ()
    errors: tuple[dict[str, Any], ...] = ()


class WholeChange(Part):
    """Messages, and what became of ours."""

    field: Literal["messages"]
    value: WholeValue


class WholeEntry(Account):
    """What happened to an account, decoded with all that is in it."""

    changes: list[WholeChange]


class Whole(Part):
    """A webhook of messages in which all is well."""

    object: Literal["whatsapp_business_account"]
    entry: list[WholeEntry]
