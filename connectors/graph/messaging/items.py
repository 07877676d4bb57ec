"""What customers and Meta do: one item of a messaging webhook as events."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from connectors.graph.fields import known, timestamp
from connectors.graph.messaging.content import contents
from connectors.graph.messaging.shapes import (
    Brought,
    Delivery,
    Edit,
    Item,
    Json,
    Message,
    Policy,
    Postback,
    Reaction,
    Read,
)
from connectors.values import Unfit, digest, line, storable
from state.model.action import Action
from state.model.content import Chosen, Text
from state.model.event import (
    ClientEvent,
    ControlPassed,
    Deleted,
    Edited,
    Event,
    HandedBack,
    MessageEchoed,
    MessageReceived,
    Notice,
    OptedIn,
    OptedOut,
    Reacted,
    Receipt,
    ReceiptUpTo,
    Referral,
    Started,
)
from state.model.ids import ID_PATTERN

_POLICIES = {"warning": Action.WARN, "block": Action.SUSPEND}
_object = msgspec.json.Decoder(dict[str, Any]).decode
_PLAIN = {"sender", "recipient", "timestamp", "messaging_product"}


class Page(NamedTuple):
    """Where an item stands: the account of ours, the scheme of its customers' addresses, and our app."""

    account: str
    scheme: str
    app_id: str = ""
    get_started: str = ""


def events(item: Item, page: Page, raw: msgspec.Raw) -> Iterator[Event]:
    """The events of an item; raises Unfit. What we did ourselves is none of the customer's, unless it is a copy."""
    if item.message and item.message.is_self:
        return
    if item.sender and item.sender.id == page.account and not (item.message and item.message.is_echo):
        yield from _other(item, page, raw)
        return
    for name, read in _READERS.items():
        given = getattr(item, name)
        if given is not None:
            yield from read(given, item, page)
            return
    yield from _other(item, page, raw)


def customer(item: Item, page: Page, echo: bool = False) -> tuple[str, ...]:
    """The address of the customer: the recipient of what we sent, else the sender; raises Unfit."""
    person = item.recipient if echo else item.sender
    where = ".recipient.id" if echo else ".sender.id"
    given = person.id if person else ""
    if not (given.isascii() and given.replace("_", "").isalnum() and len(given) < 100):
        raise Unfit(f"{given[:40]!r} is no id of a customer", where)
    return (f"{page.scheme}:{given}",)


def shared(item: Item, page: Page, addresses: tuple[str, ...]) -> dict[str, Any]:
    """What all events of an item have in common."""
    return {"at": timestamp(item.timestamp), "account": page.account, "addresses": addresses}


def _message(said: Message, item: Item, page: Page) -> Iterator[Event]:
    mid = known(said.mid, ".message.mid")
    if said.is_echo:
        yield from _echo(said, item, page)
        return
    common = shared(item, page, customer(item, page))
    if said.is_deleted:
        yield Deleted(key=f"{mid}:deleted", provider_id=mid, target=mid, **common)
        return
    quoted = said.reply_to
    referral = _referral(said.referral)
    if quoted and quoted.story and not referral:
        referral = Referral("story", quoted.story.id, quoted.story.url)
    product = said.referral.product.id if said.referral and said.referral.product else ""
    for n, content in enumerate(contents(said)):
        key = f"{mid}:{n}" if n else mid
        yield MessageReceived(
            key=key, provider_id=key, content=content, reply_to=quoted.mid[:500] if quoted else "",
            product=product, referral=referral, **common,
        )  # fmt: skip


def _echo(said: Message, item: Item, page: Page) -> Iterator[Event]:
    """A copy of what we sent, through us (then it tells that it was sent) or by a person in Meta's inbox."""
    common = shared(item, page, customer(item, page, echo=True))
    ours = said.metadata if ID_PATTERN.fullmatch(said.metadata) else ""
    if ours or (page.app_id and str(said.app_id) == page.app_id):
        yield Receipt(key=f"{said.mid}:sent", provider_id=said.mid, status="sent", message_id=ours, **common)
        return
    if said.is_deleted:
        key = f"{said.mid}:deleted"
        yield MessageEchoed(
            key=key, provider_id=said.mid, content=Text(""), target=said.mid, deleted=True, **common
        )
        return
    for n, content in enumerate(contents(said)):
        key = f"{said.mid}:{n}" if n else said.mid
        yield MessageEchoed(key=key, provider_id=key, content=content, **common)


def _postback(tapped: Postback, item: Item, page: Page) -> Iterator[Event]:
    common = shared(item, page, customer(item, page))
    key = known(tapped.mid, ".postback.mid") if tapped.mid else f"postback:{digest(item)}"
    referral = _referral(tapped.referral)
    if tapped.payload and tapped.payload == page.get_started:
        yield Started(key=key, referral=referral, **common)
        return
    chosen = Chosen(tapped.payload or tapped.title, tapped.title)
    yield MessageReceived(key=key, provider_id=tapped.mid, content=chosen, referral=referral, **common)


def _brought(given: Brought, item: Item, page: Page) -> Iterator[Event]:
    common = shared(item, page, customer(item, page))
    yield Started(key=f"referral:{digest(item)}", referral=_referral(given), **common)


def _referral(given: Brought | None) -> Referral | None:
    """What brought a customer; `id` is the word in our own link, or the advert where there is none."""
    if given is None:
        return None
    advert = given.ads_context_data
    found = Referral(
        source=given.source or given.type or "",
        id=given.ref or given.ad_id or "",
        url=given.referer_uri or "",
        headline=advert.ad_title if advert else "",
        click_id=given.ad_id or "",
    )
    return found if found != Referral() else None


def _reaction(given: Reaction, item: Item, page: Page) -> Iterator[Event]:
    emoji = "" if given.action == "unreact" else (given.emoji or given.reaction)
    common = shared(item, page, customer(item, page))
    key = f"reaction:{digest(item)}"
    yield Reacted(key=key, provider_id=key, target=known(given.mid, ".reaction.mid"), emoji=emoji, **common)


def _edit(given: Edit, item: Item, page: Page) -> Iterator[Event]:
    mid = known(given.mid, ".message_edit.mid")
    common = shared(item, page, customer(item, page))
    yield Edited(
        key=f"{mid}:edit:{given.num_edit}", provider_id=mid, target=mid, content=Text(given.text), **common
    )


def _delivery(given: Delivery, item: Item, page: Page) -> Iterator[Event]:
    until = timestamp(given.watermark)
    common = {**shared(item, page, customer(item, page))}
    common["at"] = common["at"] or until
    for mid in given.mids:
        key = f"{known(mid, '.delivery.mids')}:delivered"
        yield Receipt(key=key, provider_id=mid, status="delivered", **common)
    if until:
        yield ReceiptUpTo(key=f"delivered:{digest(item)}", status="delivered", until=until, **common)


def _read(given: Read, item: Item, page: Page) -> Iterator[Event]:
    until = timestamp(given.watermark)
    common = {**shared(item, page, customer(item, page))}
    common["at"] = common["at"] or until
    if given.mid:
        mid = known(given.mid, ".read.mid")
        yield Receipt(key=f"{mid}:read", provider_id=mid, status="read", **common)
    if until:
        yield ReceiptUpTo(key=f"read:{digest(item)}", status="read", until=until, **common)


def _optin(given: Json, item: Item, page: Page) -> Iterator[Event]:
    """A customer allows marketing, or takes that back; the token for sending is in an event of its own."""
    value, key = storable(given), f"optin:{digest(item)}"
    if item.sender is None or not item.sender.id:
        # Ticked on a web page by somebody who has no address yet: the `user_ref` is one, once.
        yield Notice(
            key=key, at=timestamp(item.timestamp), account=page.account, name="optin", code="optin/user_ref",
            evidence={"optin": value},
        )  # fmt: skip
        return
    common = shared(item, page, customer(item, page))
    if given.get("type") == "notification_messages":
        stopped = str(given.get("notification_messages_status") or "").startswith("STOP")
        topic = given.get("title") or given.get("topic") or given.get("payload") or ""
        yield (OptedOut if stopped else OptedIn)(key=key, note=line(str(topic)[:200]), **common)
    elif given.get("ref"):
        yield Started(key=key, referral=Referral("optin", str(given["ref"])[:1000]), **common)
    yield ClientEvent(key=f"{key}:all", event_name="optin", value=value, **common)


def _policy(given: Policy, item: Item, page: Page) -> Iterator[Event]:
    """Meta's word on our conduct: it names no customer."""
    yield Notice(
        key=f"policy_enforcement:{digest(item)}",
        at=timestamp(item.timestamp),
        account=page.account,
        name="policy_enforcement",
        code=line(f"policy_enforcement/{given.action}"[:200]),
        action=_POLICIES.get(given.action, "info"),
        reason=line(given.reason[:500]),
        evidence=storable({"policy_enforcement": msgspec.to_builtins(given)}),
    )


def _control(given: Json, item: Item, page: Page) -> Iterator[Event]:
    """The thread goes to another app of ours, or comes back (Meta: hand-over protocol)."""
    key = f"control:{digest(item)}"
    common = shared(item, page, customer(item, page))
    old, note = _app(given, "previous_owner_app_id"), line(str(given.get("metadata") or "")[:500])
    new = _app(
        given, "requested_owner_app_id" if item.request_thread_control is not None else "new_owner_app_id"
    )
    passed, taken = item.pass_thread_control is not None, item.take_thread_control is not None
    if passed and page.app_id and new == page.app_id:
        yield HandedBack(key=key, note=note, **common)
        return
    change: Any = "passed" if passed else "taken" if taken else "requested"
    yield ControlPassed(key=key, change=change, new_app=new, old_app=old, note=note, **common)


def _app(given: dict[str, Any], name: str) -> str:
    found = given.get(name)
    return str(found)[:64] if isinstance(found, str | int) else ""


def _roles(given: Json, item: Item, page: Page) -> Iterator[Event]:
    """Which of our apps may answer first."""
    yield Notice(
        key=f"app_roles:{digest(item)}", at=timestamp(item.timestamp), account=page.account, name="app_roles",
        code="app_roles", evidence=storable({"app_roles": given}),
    )  # fmt: skip


def _other(item: Item, page: Page, raw: msgspec.Raw) -> Iterator[Event]:
    """What only this channel has (feedback, a linked account), or we did ourselves, by its own name."""
    whole = storable(_object(raw))
    name = next((each for each in whole if each not in _PLAIN), "")
    if not name:
        raise Unfit("says nothing")
    ours = item.sender is not None and item.sender.id == page.account
    common = shared(item, page, customer(item, page, echo=ours))
    key = f"{line(name[:60])}:{digest(whole)}"
    yield ClientEvent(key=key, event_name=line(name[:60]), value=whole[name], **common)


_READERS: dict[str, Callable[[Any, Item, Page], Iterator[Event]]] = {
    "message": _message,
    "postback": _postback,
    "message_edit": _edit,
    "reaction": _reaction,
    "delivery": _delivery,
    "read": _read,
    "optin": _optin,
    "policy_enforcement": _policy,
    "pass_thread_control": _control,
    "take_thread_control": _control,
    "request_thread_control": _control,
    "app_roles": _roles,
    "referral": _brought,
}
