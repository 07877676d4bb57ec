"""The JSON of messaging webhooks as shapes (Meta: Messenger Platform webhooks). Fields nobody reads are left out."""

from typing import Annotated, Any

from msgspec import Meta, Raw

from connectors.graph.reading import NONE, Part

Json = dict[str, Any]


class Entry(Part):
    """What happened to one page or professional account; `standby` is what happens while another app has the thread."""

    id: str = ""
    time: str | int = 0
    messaging: Raw = NONE
    standby: Raw = NONE
    changes: Raw = NONE


class Change(Part):
    """What comes by a subscription that is none of messaging, or by the dashboard's test button."""

    field: str
    value: Raw


class Person(Part):
    """A customer or an account of ours; `user_ref` is the one-time name of somebody who ticked a box."""

    id: str = ""
    user_ref: str = ""


class Product(Part):
    """The product of a shop that a customer asks about."""

    id: str = ""


class Advert(Part):
    """What an advert showed."""

    ad_title: str = ""
    photo_url: str = ""
    video_url: str = ""
    post_id: str = ""


class Brought(Part):
    """What brought a customer here."""

    ref: str | None = None
    source: str | None = None
    type: str | None = None
    ad_id: str | None = None
    referer_uri: str | None = None
    ads_context_data: Advert | None = None
    product: Product | None = None


class Story(Part):
    """A story of ours that a customer answers."""

    id: str = ""
    url: str = ""


class Quoted(Part):
    """What a message answers."""

    mid: str = ""
    story: Story | None = None


class QuickReply(Part):
    """The quick reply that was tapped."""

    payload: str = ""


class Coordinates(Part):
    """A place in degrees."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    long: Annotated[float, Meta(ge=-180, le=180)]


class Payload(Part):
    """What an attachment holds."""

    url: str | None = None
    title: str | None = None
    sticker_id: str | int | None = None
    coordinates: Coordinates | None = None


class Attachment(Part):
    """One attachment of a message."""

    type: str
    payload: Payload | None = None
    title: str | None = None
    url: str | None = None


class Message(Part):
    """A message, or a copy of one of ours (`is_echo`); `is_self`: a note of the account to itself."""

    mid: str
    text: str = ""
    attachments: list[Attachment] = []
    quick_reply: QuickReply | None = None
    reply_to: Quoted | None = None
    referral: Brought | None = None
    is_echo: bool = False
    is_deleted: bool = False
    is_unsupported: bool = False
    is_self: bool = False
    app_id: str | int = ""
    metadata: str = ""


class Postback(Part):
    """A button, the menu or an ice breaker was tapped."""

    mid: str = ""
    title: str = ""
    payload: str = ""
    referral: Brought | None = None


class Reaction(Part):
    """An emoji on a message."""

    mid: str
    action: str
    emoji: str = ""
    reaction: str = ""


class Edit(Part):
    """A message was changed."""

    mid: str
    text: str = ""
    num_edit: int = 0


class Delivery(Part):
    """All messages up to `watermark` have arrived, these among them."""

    watermark: str | int = 0
    mids: list[str] = []


class Read(Part):
    """All messages up to `watermark` have been read (Messenger), or this one (Instagram)."""

    watermark: str | int = 0
    mid: str = ""


class Policy(Part):
    """Meta warns us, blocks us, or lifts the block."""

    action: str
    reason: str = ""


class Item(Part):
    """One thing that happened; one of the fields after `timestamp` says what."""

    sender: Person | None = None
    recipient: Person | None = None
    timestamp: str | int = 0
    message: Message | None = None
    postback: Postback | None = None
    referral: Brought | None = None
    reaction: Reaction | None = None
    message_edit: Edit | None = None
    delivery: Delivery | None = None
    read: Read | None = None
    optin: Json | None = None
    policy_enforcement: Policy | None = None
    pass_thread_control: Json | None = None
    take_thread_control: Json | None = None
    request_thread_control: Json | None = None
    app_roles: Json | None = None
