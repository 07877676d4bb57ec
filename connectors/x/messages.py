"""What customers do, as events: the items of X's webhooks (X: account activity data objects, X Activity API)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from connectors.values import Unfit, digest, storable
from connectors.x import attachment
from connectors.x.fields import Json, digits, line, made_at, moment, object_of, part, word
from state.model.content import Chosen, Content, Text, Unsupported
from state.model.event import (
    ClientEvent,
    Event,
    MessageEchoed,
    MessageReceived,
    Notice,
    ReceiptUpTo,
    Typing,
)

ENCRYPTED = "an end-to-end encrypted X Chat message: it can be read in the X app alone"
REVOKED = "the account has withdrawn our app's permission: it must be connected anew"
_LINK = re.compile(r"https://t\.co/\w+", re.ASCII)
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


class Page(NamedTuple):
    """Where an item stands: whom the webhook is for ("" where it does not say), who we are, and the names of users.

    `app` is our own app's id, `name` and `uuid` the event's in the X Activity API.
    """

    account: str
    me: str
    users: Mapping[str, str]
    app: str = ""
    name: str = ""
    uuid: str = ""


def message(item: Json, page: Page) -> Event | None:
    """A direct message, a customer's or one of our own account; None where our own app sent it."""
    if item.get("type") != "message_create":
        raise Unfit(f"{word(item.get('type'))!r} is not known", ".type")
    key, at = digits(item.get("id"), ".id"), moment(item.get("created_timestamp"))
    made = part(item, "message_create")
    sender = digits(made.get("sender_id"), ".message_create.sender_id")
    content = content_of(part(made, "message_data", ".message_create"), key)
    if sender != page.me:
        who, name = (f"x:{sender}",), page.users.get(sender, "")
        return MessageReceived(
            key=key, at=at, account=page.account, addresses=who, name=name, provider_id=key, content=content
        )
    if page.app and page.app == str(made.get("source_app_id")):
        return None
    where = ".message_create.target"
    other = digits(part(made, "target", ".message_create").get("recipient_id"), f"{where}.recipient_id")
    return MessageEchoed(
        key=key, at=at, account=page.account, addresses=(f"x:{other}",), provider_id=key, content=content
    )


def content_of(data: Json, dm_id: str) -> Content:
    """What a message says."""
    words, attached = _words(data), data.get("attachment")
    if isinstance(attached, dict):
        found = attachment.received(attached, dm_id)
        if found is None:
            kind = word(object_of(attached.get("media")).get("type")) or word(attached.get("type"))
            return Unsupported(kind or "attachment", words)
        return type(found)(found.kind, ref=found.ref, mime=found.mime, caption=words)
    chosen = object_of(data.get("quick_reply_response")).get("metadata")
    if isinstance(chosen, str) and chosen:
        return Chosen(chosen[:1000], words)
    return Text(words) if words else Unsupported("message_create", "it holds neither words nor a known file")


def _words(data: Json) -> str:
    """The text as the customer wrote it: X shortens links, adds one for the attachment, and escapes &, < and >."""
    text = data.get("text")
    words = text if isinstance(text, str) else ""
    long = _links(data)
    if long:
        words = _LINK.sub(lambda found: long.get(found[0], found[0]), words)
    shown = object_of(object_of(data.get("attachment")).get("media")).get("url")
    if isinstance(shown, str) and shown:
        words = words.removesuffix(shown).rstrip()
    for escaped, plain in _ESCAPES:
        words = words.replace(escaped, plain)
    return words


def _links(data: Json) -> dict[str, str]:
    """The links of a text by their short form, but for the one that stands for the attachment."""
    shown = object_of(object_of(data.get("attachment")).get("media")).get("url")
    listed = object_of(data.get("entities")).get("urls")
    pairs = [
        (each.get("url"), each.get("expanded_url"))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict)
    ]
    return {
        short: long[:2000]
        for short, long in pairs
        if isinstance(short, str) and isinstance(long, str) and short != shown
    }


def read(item: Json, page: Page) -> Event | None:
    """A customer has read our messages up to one; None where it is we who read."""
    sender, at = digits(item.get("sender_id"), ".sender_id"), moment(item.get("created_timestamp"))
    last = digits(item.get("last_read_event_id"), ".last_read_event_id")
    if sender == page.me:
        return None
    who, until = (f"x:{sender}",), made_at(last, at)
    key = f"read:{sender}:{last}"
    return ReceiptUpTo(key=key, at=at, account=page.account, addresses=who, status="read", until=until)


def typing(item: Json, page: Page) -> Event | None:
    """A customer is writing; None where it is we."""
    sender, at = digits(item.get("sender_id"), ".sender_id"), moment(item.get("created_timestamp"))
    if sender == page.me:
        return None
    return Typing(key=f"typing:{sender}:{at}", at=at, account=page.account, addresses=(f"x:{sender}",))


def chat(payload: Json, page: Page) -> Event:
    """An event of X Chat, which is end-to-end encrypted: that it came is all that can be told."""
    sender = digits(payload.get("sender_id"), ".sender_id")
    at = moment(payload.get("created_at_msec"), ".created_at_msec")
    conversation = line(payload.get("conversation_id"))
    other = _other(conversation, page.me) or ("" if sender == page.me else sender)
    if not other:
        raise Unfit("names no customer", ".conversation_id")
    key = "chat:" + digest([page.name, payload.get("encoded_event") or page.uuid])
    shared: dict[str, Any] = {"key": key, "at": at, "account": page.account, "addresses": (f"x:{other}",)}
    if page.name not in ("chat.received", "chat.sent"):
        return ClientEvent(**shared, event_name=page.name, value={"conversation": conversation})
    content = Unsupported(page.name, ENCRYPTED)
    if sender == page.me:
        return MessageEchoed(**shared, provider_id=key, content=content)
    group = "" if _other(conversation, page.me) else conversation
    return MessageReceived(**shared, provider_id=key, content=content, group=group)


def _other(conversation: str, me: str) -> str:
    """Whom a conversation of two is with, by its id (`a:b`, or `a-b`); empty where it is none of ours."""
    pair = conversation.replace("-", ":").split(":")
    if len(pair) != 2 or me not in pair:
        return ""
    other = pair[1] if pair[0] == me else pair[0]
    return other if other.isascii() and other.isdigit() and len(other) < 20 else ""


def relation(item: Json, page: Page) -> Event | None:
    """Our account blocked or muted somebody, or took that back: told, and nobody's wish to hear no more."""
    kind = word(item.get("type")) or page.name
    name = page.name if "." in page.name else f"{kind.removeprefix('un')}.{kind}"
    return notice(name, item, page, at=moment(item.get("created_timestamp")))


def notice(
    name: str, evidence: Json, page: Page, action: str = "info", at: int = 0, reason: str = ""
) -> Notice:
    """Something told of our account."""
    kept = storable(evidence)
    key = f"{name}:" + digest([page.account, kept])
    return Notice(
        key=key,
        at=at,
        account=page.account,
        name=name,
        code=name,
        action=action,
        reason=reason,
        evidence=kept,
    )


def user_event(given: Json, page: Page) -> Event:
    """The user took our app's permission away; the page says for whom only in here."""
    revoked = given.get("revoke")
    if not isinstance(revoked, dict):
        return notice("user_event", given, page)
    user = digits(object_of(revoked.get("source")).get("user_id"), ".revoke.source.user_id")
    page = page._replace(account=user)
    return notice("user_event.revoke", given, page, "AUTH", _date(revoked.get("date_time")), REVOKED)


def _date(value: object) -> int:
    """An ISO 8601 date in milliseconds UTC; 0 where it is none."""
    try:
        found = datetime.fromisoformat(str(value))
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return max(0, int(found.timestamp() * 1000))
    except (ValueError, OverflowError):
        return 0
