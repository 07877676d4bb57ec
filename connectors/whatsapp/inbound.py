"""Reading WhatsApp Cloud webhooks: every entry, change, message and status; one bad item loses only itself.

The envelope is read tolerantly, each item strictly: an item that does not fit becomes a Problem with its JSON path.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from connectors.whatsapp import codes, notices
from connectors.whatsapp.content import read_content
from connectors.whatsapp.fields import Item, Unfit, addresses, text, timestamp
from state.model.action import ATTRIBUTION, Action
from state.model.event import (
    AddressChanged,
    Deleted,
    Edited,
    Event,
    MessageEchoed,
    MessageReceived,
    Reacted,
    Receipt,
    Referral,
    Started,
)
from state.model.receipts import Fault
from state.model.wire import Malformed, Problem, Received

_decode = msgspec.json.Decoder().decode
_STATUSES = frozenset({"sent", "delivered", "read", "played", "failed"})


def read(body: bytes) -> Received:
    """The events of a webhook body; raises Malformed where it is no WhatsApp webhook at all."""
    try:
        envelope = _decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed(f"no JSON: {error}") from error
    if not isinstance(envelope, dict) or not isinstance(envelope.get("entry"), list):
        raise Malformed("no object with a list `entry`")
    if envelope.get("object") != "whatsapp_business_account":
        raise Malformed(f"object is {envelope.get('object')!r}, not whatsapp_business_account")
    events: list[Event] = []
    problems: list[Problem] = []
    for path, change, entry in _changes(envelope["entry"], problems):
        _change(path, change, entry, events, problems)
    return Received(tuple(events), problems=tuple(problems))


def _changes(entries: list[Any], problems: list[Problem]) -> Iterator[tuple[str, Item, Item]]:
    for n, entry in enumerate(entries):
        changes = entry.get("changes") if isinstance(entry, dict) else None
        if not isinstance(changes, list):
            problems.append(Problem(f"$.entry[{n}]", "no list `changes`"))
            continue
        for m, change in enumerate(changes):
            path = f"$.entry[{n}].changes[{m}]"
            if isinstance(change, dict) and isinstance(change.get("value"), dict):
                yield path, change, entry
            else:
                problems.append(Problem(path, "no object `value`"))


def _change(path: str, change: Item, entry: Item, events: list[Event], problems: list[Problem]) -> None:
    value = change["value"]
    field = change.get("field")
    try:
        account, names = _account(value), _names(value)
    except _BAD as error:
        problems.append(Problem(f"{path}.value", _words(error)))
        return
    if field == "messages":
        _each(f"{path}.value.messages", value.get("messages", []), events, problems,
              lambda item: _message(item, account, names))  # fmt: skip
        _each(f"{path}.value.statuses", value.get("statuses", []), events, problems,
              lambda item: _status(item, account))  # fmt: skip
        _each(f"{path}.value.errors", value.get("errors", []), events, problems,
              lambda item: notices.error(item, account, entry))  # fmt: skip
    elif field == "smb_message_echoes":
        _each(f"{path}.value.message_echoes", value.get("message_echoes", []), events, problems,
              lambda item: _echo(item, account))  # fmt: skip
    elif field == "user_preferences":
        _each(f"{path}.value.user_preferences", value.get("user_preferences", []), events, problems,
              lambda item: notices.preference(item, account))  # fmt: skip
    elif field == "user_id_update":
        _each(f"{path}.value.user_id_update", value.get("user_id_update", []), events, problems,
              lambda item: _new_user_id(item, account))  # fmt: skip
    else:
        _each(
            f"{path}.value", [value], events, problems, lambda item: notices.notice(str(field), item, entry)
        )


def _each(
    path: str, items: Any, events: list[Event], problems: list[Problem], read_one: Callable[[Item], Event]
) -> None:
    if not isinstance(items, list):
        problems.append(Problem(path, "no list"))
        return
    for n, item in enumerate(items):
        try:
            events.append(read_one(item))
        except _BAD as error:
            problems.append(Problem(f"{path}[{n}]", _words(error)))


_BAD = (KeyError, TypeError, ValueError, AttributeError, Unfit, RecursionError, OverflowError)


def _words(error: BaseException) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else f"{type(error).__name__}: {error}"


def _account(value: Item) -> str:
    metadata = value.get("metadata") or {}
    return text(metadata.get("phone_number_id", ""))


def _names(value: Item) -> dict[str, str]:
    """Profile names by phone and by BSUID."""
    names: dict[str, str] = {}
    for contact in value.get("contacts") or []:
        profile = contact.get("profile") or {}
        name = text(profile.get("name") or profile.get("username") or "")
        for key in (contact.get("wa_id"), contact.get("user_id")):
            if key:
                names[text(key)] = name
    return names


def _common(item: Item, account: str, names: Mapping[str, str]) -> dict[str, Any]:
    phone, user_id = item.get("from"), item.get("from_user_id")
    who = addresses(user_id, phone)
    name = names.get(phone or "", "") or names.get(user_id or "", "")
    return {
        "key": text(item["id"]),
        "at": timestamp(item["timestamp"]),
        "account": account,
        "addresses": who,
        "name": name,
    }


def _message(item: Item, account: str, names: Mapping[str, str]) -> Event:
    kind = text(item["type"])
    common = _common(item, account, names)
    special = _SPECIAL.get(kind)
    if special:
        return special(item, common)
    context = item.get("context") or {}
    return MessageReceived(
        **common,
        provider_id=common["key"],
        content=read_content(kind, item),
        reply_to=text(context.get("id") or ""),
        forwarded=bool(context.get("forwarded") or context.get("frequently_forwarded")),
        group=text(item.get("group_id") or ""),
        product=text((context.get("referred_product") or {}).get("product_retailer_id") or ""),
        referral=_referral(item.get("referral")),
    )


def _referral(found: Any) -> Referral | None:
    if not found:
        return None
    names = {"source": "source_type", "id": "source_id", "url": "source_url", "headline": "headline",
             "body": "body", "click_id": "ctwa_clid"}  # fmt: skip
    return Referral(**{ours: text(found.get(theirs) or "") for ours, theirs in names.items()})


def _reaction(item: Item, common: dict[str, Any]) -> Event:
    reaction = item["reaction"]
    target, emoji = text(reaction["message_id"]), text(reaction.get("emoji") or "")
    return Reacted(**common, provider_id=common["key"], target=target, emoji=emoji)


def _edit(item: Item, common: dict[str, Any]) -> Event:
    edit = item["edit"]
    content = read_content(text(edit["message"]["type"]), edit["message"])
    return Edited(
        **common, provider_id=common["key"], target=text(edit["original_message_id"]), content=content
    )


def _revoke(item: Item, common: dict[str, Any]) -> Event:
    return Deleted(**common, provider_id=common["key"], target=text(item["revoke"]["original_message_id"]))


def _welcome(item: Item, common: dict[str, Any]) -> Event:
    return Started(**common, referral=_referral(item.get("referral")))


def _system(item: Item, common: dict[str, Any]) -> Event:
    """A customer's number, user id or identity key changed."""
    system = item["system"]
    kind = text(system.get("type") or "")
    phone = system.get("wa_id") or system.get("new_wa_id") or system.get("customer")
    user_id = system.get("user_id")
    new = addresses(user_id, phone) if phone or user_id else common["addresses"]
    return AddressChanged(**common, new=new, note=kind)


_SPECIAL: dict[str, Callable[[Item, dict[str, Any]], Event]] = {
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "request_welcome": _welcome,
    "system": _system,
}


def _new_user_id(item: Item, account: str) -> Event:
    old = addresses(item.get("previous_user_id") or item.get("old_user_id"), item.get("wa_id"))
    new = addresses(item.get("current_user_id") or item.get("user_id"), item.get("wa_id"))
    at = timestamp(item.get("timestamp", "0"))
    return AddressChanged(
        key=f"user_id:{new[0]}:{at}", at=at, account=account, addresses=old, new=new, note="user_id_update"
    )


def _echo(item: Item, account: str) -> Event:
    kind = text(item["type"])
    return MessageEchoed(
        key=f"echo:{text(item['id'])}",
        at=timestamp(item["timestamp"]),
        account=account,
        addresses=addresses(item.get("to_user_id"), item.get("to")),
        provider_id=text(item["id"]),
        content=read_content(kind, item),
    )


def _status(item: Item, account: str) -> Event:
    status = text(item["status"])
    if status not in _STATUSES:
        return notices.legacy_status(item, account, status, timestamp(item["timestamp"]))
    provider_id = text(item["id"])
    participant = text(item.get("recipient_participant_id") or "")
    pricing = item.get("pricing") or {}
    return Receipt(
        key=":".join(filter(None, (provider_id, status, participant))),
        at=timestamp(item["timestamp"]),
        account=account,
        addresses=_recipient(item),
        provider_id=provider_id,
        status=status,  # type: ignore[arg-type]
        message_id=text(item.get("biz_opaque_callback_data") or ""),
        fault=_fault(item.get("errors")) if status == "failed" else None,
        category=text(pricing.get("category") or ""),
        billable=pricing.get("billable"),
    )


def _recipient(item: Item) -> tuple[str, ...]:
    if item.get("recipient_type") == "group":
        return ()
    return addresses(item.get("recipient_user_id"), item.get("recipient_id"))


def _fault(errors: Any) -> Fault:
    """The first error of a failed status, with the action its code asks for."""
    error = errors[0] if errors else {}
    code = error.get("code")
    action = codes.ACTIONS.get(code, Action.FAIL_MSG)
    data = error.get("error_data") or {}
    reason = text(data.get("details") or error.get("message") or error.get("title") or "")
    return Fault(str(code), reason, action.value, ATTRIBUTION[action])  # type: ignore[arg-type]
