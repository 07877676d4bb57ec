"""What customers do, and what becomes of our messages: the items of webhooks as events."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

import msgspec

from connectors.graph.errors import error
from connectors.graph.fields import at, known, timestamp
from connectors.values import Unfit, digest, line, storable
from connectors.whatsapp import codes, shapes
from connectors.whatsapp.content import content_of
from connectors.whatsapp.fields import addresses
from connectors.whatsapp.shapes import Account, Contact, Message, Status, UserId
from state.model.action import ATTRIBUTION, Action
from state.model.content import Unsupported
from state.model.event import (
    AddressChanged,
    Deleted,
    Edited,
    Event,
    MessageEchoed,
    MessageReceived,
    Notice,
    Reacted,
    Receipt,
    Referral,
    Started,
)
from state.model.receipts import Fault, ReceiptStatus

T = TypeVar("T")
_STATUSES: tuple[str, ...] = get_args(ReceiptStatus)


class Page(msgspec.Struct, frozen=True, gc=False):
    """Where an item stands: the entry, our number's id, and the customers named, by phone and by user id."""

    entry: Account
    account: str
    people: Mapping[str, Contact]

    def who(self, user_id: str | None, phone: str | None) -> tuple[tuple[str, ...], str]:
        """The addresses and the name of a customer; what the item leaves out is taken from the contact."""
        people = self.people
        contact = people.get(user_id or "") or people.get(phone or "")
        if contact is None and not (user_id or phone) and len(set(map(id, people.values()))) == 1:
            contact = next(iter(people.values()))
        if contact is None:
            return addresses(user_id, phone), ""
        profile = contact.profile
        name = (profile.name or profile.username or "") if profile else ""
        return addresses(user_id or contact.user_id, phone or contact.wa_id), line(name)


def message(item: Message, page: Page) -> Event:
    """What a customer said or did; raises Unfit."""
    special = _SPECIAL.get(item.type)
    if special is not None:
        return special(item, page)
    who, name = _from(item, page)
    context = item.context
    return MessageReceived(
        key=known(item.id),
        at=timestamp(item.timestamp),
        account=page.account,
        addresses=who,
        name=name,
        provider_id=item.id,
        content=content_of(item),
        reply_to=(context.id or "") if context else "",
        forwarded=bool(context and (context.forwarded or context.frequently_forwarded)),
        group=item.group_id or "",
        product=_product(context),
        referral=_referral(item.referral),
    )


def _from(item: Message, page: Page) -> tuple[tuple[str, ...], str]:
    who, name = page.who(item.from_user_id, item.from_)
    if not who:
        raise Unfit("neither phone number nor user id says who it is from")
    return who, name


def _common(item: Message, page: Page) -> dict[str, Any]:
    who, name = _from(item, page)
    when = timestamp(item.timestamp)
    return {"key": known(item.id), "at": when, "account": page.account, "addresses": who, "name": name}


def _product(context: shapes.Context | None) -> str:
    product = context.referred_product if context else None
    return (product.product_retailer_id or "") if product else ""


def _referral(found: shapes.Referral | None) -> Referral | None:
    if found is None:
        return None
    return Referral(
        source=found.source_type or "",
        id=found.source_id or "",
        url=found.source_url or "",
        headline=found.headline or "",
        body=found.body or "",
        click_id=found.ctwa_clid or "",
    )


def _reaction(item: Message, page: Page) -> Event:
    reaction = _part(item.reaction, "reaction")
    target = known(reaction.message_id, ".reaction.message_id")
    return Reacted(**_common(item, page), provider_id=item.id, target=target, emoji=reaction.emoji or "")


def _edit(item: Message, page: Page) -> Event:
    edit = _part(item.edit, "edit")
    target = known(edit.original_message_id, ".edit.original_message_id")
    try:
        content = content_of(edit.message)
    except Unfit as unfit:
        raise Unfit(unfit.why, f".edit.message{unfit.where}") from unfit
    return Edited(**_common(item, page), provider_id=item.id, target=target, content=content)


def _revoke(item: Message, page: Page) -> Event:
    target = known(_part(item.revoke, "revoke").original_message_id, ".revoke.original_message_id")
    return Deleted(**_common(item, page), provider_id=item.id, target=target)


def _welcome(item: Message, page: Page) -> Event:
    return Started(**_common(item, page), referral=_referral(item.referral))


def _system(item: Message, page: Page) -> Event:
    """A customer's number or user id changed; a new identity key, or a type we do not know, is noted."""
    system = _part(item.system, "system")
    kind = system.type or ""
    old, name = page.who(item.from_user_id, item.from_ or system.customer)
    new = addresses(system.user_id, system.wa_id or system.new_wa_id)
    key, when = known(item.id), timestamp(item.timestamp)
    if not new or kind == "customer_identity_changed":
        evidence = storable({"type": kind, "identity": item.identity} if item.identity else {"type": kind})
        code = line(f"system/{kind}"[:200])
        return Notice(
            key=key, at=when, account=page.account, addresses=old, name="system", code=code, evidence=evidence
        )
    return AddressChanged(
        key=key, at=when, account=page.account, addresses=old or new, name=name, new=new, note=kind
    )


_SPECIAL: dict[str, Callable[[Message, Page], Event]] = {
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "request_welcome": _welcome,
    "system": _system,
}


def _part(part: T | None, name: str) -> T:
    if part is None:
        raise Unfit("is missing", f".{name}")
    return part


def echo(item: Message, page: Page) -> Event:
    """What somebody of ours wrote in the WhatsApp Business app, changed or took back there; raises Unfit."""
    who, name = page.who(item.to_user_id, item.to)
    if not who:
        raise Unfit("neither phone number nor user id says who it is to")
    said: shapes.Said = item
    target = ""
    if item.edit is not None:
        said, target = item.edit.message, item.edit.original_message_id
    elif item.revoke is not None:
        target = item.revoke.original_message_id
    return MessageEchoed(
        key=f"echo:{known(item.id)}",
        at=timestamp(item.timestamp),
        account=page.account,
        addresses=who,
        name=name,
        provider_id=item.id,
        content=Unsupported("revoke") if item.type == "revoke" else content_of(said),
        target=target,
        deleted=item.type == "revoke",
    )


def status(item: Status, page: Page) -> Event:
    """What became of a message of ours; in a group, for one participant. An unknown status is noted; raises Unfit."""
    grouped = item.recipient_type == "group"
    participant = (
        (item.recipient_participant_user_id or item.recipient_participant_id or "") if grouped else ""
    )
    key = ":".join(filter(None, (known(item.id), known(item.status, ".status"), line(participant)[:150])))
    common: dict[str, Any] = {"key": key, "at": timestamp(item.timestamp), "account": page.account}
    if item.status not in _STATUSES:
        return Notice(**common, name="status", code=f"status/{item.status}"[:200], evidence={"id": item.id})
    pricing = item.pricing or shapes.Pricing()
    return Receipt(
        **common,
        addresses=() if grouped else page.who(item.recipient_user_id, item.recipient_id)[0],
        provider_id=item.id,
        status=item.status,  # type: ignore[arg-type]
        message_id=item.biz_opaque_callback_data or "",
        fault=_fault(item) if item.status == "failed" else None,
        category=pricing.category or "",
        billable=pricing.type == "regular" if pricing.billable is None and pricing.type else pricing.billable,
    )


def _fault(item: Status) -> Fault:
    """The first error of a failed status, with the action its code asks for.

    One that hides its cause, and is worth another try, condemns no address by one report.
    """
    found = error(item.errors[0]) if item.errors else None
    if found is None:
        return Fault("unknown", "the status names no error", Action.FAIL_MSG.value, "third_party")
    rule = codes.rule_of(found)
    action = rule.action if rule else Action.FAIL_MSG
    if action is Action.FAIL_RCPT and rule and rule.tries:
        action = Action.RETRY
    return Fault(str(found.code), found.reason, action.value, ATTRIBUTION[action])


def new_user_id(item: UserId, page: Page) -> Event:
    """A customer's business-scoped user id is another one from now on; raises Unfit."""
    before, now = item.user_id.previous, item.user_id.current
    new = addresses(now, item.wa_id)
    moment = item.timestamp if item.timestamp is not None else page.entry.time
    return AddressChanged(
        key=f"user_id_update:{digest([before, now, str(moment)])}",
        at=at(moment),
        account=page.account,
        addresses=addresses(before, None) or new,
        new=new,
        note="user_id_update",
    )
