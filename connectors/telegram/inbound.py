"""Reading updates (Bot API: Update): one a webhook. What a bot has no event for arrives as a named client event."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from connectors import values
from connectors.telegram.content import Unfit, content_of, number, text_of
from state.model.content import Chosen, Content, Text
from state.model.event import (
    AddressChanged,
    ClientEvent,
    Deleted,
    Edited,
    MessageEchoed,
    MessageReceived,
    Notice,
    OptedIn,
    OptedOut,
    Reacted,
    Referral,
    Started,
)
from state.model.wire import Answer, Malformed, Problem, Received

Json = dict[str, Any]
_update = msgspec.json.Decoder(Json).decode
_START = re.compile(r"/start(?:@\w+)?(?: ([\w-]{1,64}))?")
_STOP = re.compile(r"/stop(?:@\w+)?", re.IGNORECASE)


def read(body: bytes) -> Received:
    """The events of an update; raises Malformed where it is none."""
    try:
        update = _update(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"no update: {error}") from error
    update_id = update.get("update_id")
    if not isinstance(update_id, int) or isinstance(update_id, bool):
        raise Malformed("there is no update_id")
    key = f"u{update_id}"
    name = next((each for each in update if each != "update_id"), "")
    value = update.get(name)
    if not isinstance(value, dict):
        return Received()
    try:
        return _in_language(_READERS.get(name, _other)(key, name, value), value)
    except (Unfit, KeyError, TypeError, AttributeError) as error:
        return Received(problems=(Problem(f"$.{name}", str(error)[:200]),))


def _in_language(received: Received, value: Json) -> Received:
    """The events with the language of the app of who did it (User.language_code); a group has none."""
    user = value.get("from") or value.get("user")
    locale = values.locale(user.get("language_code")) if isinstance(user, dict) else ""
    chat = value.get("chat") or (value.get("message") or {}).get("chat") or {}
    if not locale or chat.get("type", "private") != "private":
        return received
    events = tuple(
        each if isinstance(each, Notice | MessageEchoed) else msgspec.structs.replace(each, locale=locale)
        for each in received.events
    )
    return msgspec.structs.replace(received, events=events)


def _who(message: Json) -> tuple[str, str, str]:
    """Whom we would answer: the address, the name, and the group's id where it is one."""
    chat = message["chat"]
    chat_id, connection = number(chat, "id"), message.get("business_connection_id")
    address = f"telegram:{chat_id}" + (f"/{connection}" if connection else "")
    if chat.get("type") == "private":
        return address, _name(message.get("from") or chat), ""
    return address, str(chat.get("title") or ""), str(chat_id)


def _name(user: Json) -> str:
    names = (user.get("first_name"), user.get("last_name"))
    return " ".join(str(each) for each in names if each).replace("\0", "")


def _place(message: Json) -> str:
    """A message's id: Telegram counts them by chat."""
    return f"{number(message['chat'], 'id')}:{number(message, 'message_id')}"


def _at(value: Json, name: str = "date") -> int:
    found = value.get(name)
    seconds = found if isinstance(found, int) and not isinstance(found, bool) else 0
    return seconds * 1000 if 0 <= seconds < 1 << 40 else 0


def _message(key: str, name: str, message: Json) -> Received:
    address, who, group = _who(message)
    common: Json = {"at": _at(message), "addresses": (address,), "name": who}
    moved = message.get("migrate_to_chat_id")
    if isinstance(moved, int):
        return Received((AddressChanged(key=key, new=(f"telegram:{moved}",), note="supergroup", **common),))
    content = content_of(message)
    begun = _START.fullmatch(content.text.strip()) if isinstance(content, Text) else None
    if begun:
        referral = Referral("start", begun[1]) if begun[1] else None
        return Received((Started(key=key, referral=referral, **common),))
    said = MessageReceived(
        key=key,
        provider_id=_place(message),
        content=content,
        reply_to=_quoted(message),
        forwarded="forward_origin" in message,
        group=group,
        **common,
    )
    if isinstance(content, Text) and _STOP.fullmatch(content.text.strip()):
        return Received(
            (said, OptedOut(key=f"{key}:stop", purpose="marketing", note=content.text.strip(), **common))
        )
    return Received((said,))


def _quoted(message: Json) -> str:
    reply = message.get("reply_to_message")
    return (
        _place({"chat": message["chat"], **reply})
        if isinstance(reply, dict) and "message_id" in reply
        else ""
    )


def _business(key: str, name: str, message: Json) -> Received:
    """In the chats of a business account its owner writes too, and what we send on their behalf comes back."""
    if "sender_business_bot" in message:
        return Received()
    if not _by_owner(message):
        return (_edited if name.startswith("edited") else _message)(key, name, message)
    (address, _, _), place = _who(message), _place(message)
    edited = name.startswith("edited")
    event = MessageEchoed(
        key=key, at=_at(message, "edit_date" if edited else "date"), addresses=(address,),
        provider_id=key if edited else place, content=content_of(message), target=place if edited else "",
    )  # fmt: skip
    return Received((event,))


def _by_owner(message: Json) -> bool:
    """Whether a message of a private chat, whose id is the customer's, is from somebody else."""
    user, chat = message.get("from"), message["chat"]
    return chat.get("type") == "private" and isinstance(user, dict) and user.get("id") != chat.get("id")


def _edited(key: str, name: str, message: Json) -> Received:
    address, who, _ = _who(message)
    place = _place(message)
    event = Edited(
        key=key, at=_at(message, "edit_date"), addresses=(address,), name=who, provider_id=key, target=place,
        content=content_of(message),
    )  # fmt: skip
    return Received((event,))


def _deleted(key: str, name: str, value: Json) -> Received:
    address, who, _ = _who(value)
    chat = number(value["chat"], "id")
    ids = [each for each in value["message_ids"] if isinstance(each, int)]
    return Received(
        tuple(
            Deleted(
                key=f"{key}:{each}",
                at=0,
                addresses=(address,),
                name=who,
                provider_id=key,
                target=f"{chat}:{each}",
            )
            for each in ids
        )
    )


def _pressed(key: str, name: str, query: Json) -> Received:
    """A button: its id comes back, its title stands on the message; Telegram waits for an answer to the press."""
    message, user = query.get("message") or {}, query["from"]
    answer = {"method": "answerCallbackQuery", "callback_query_id": text_of(query, "id")}
    body = Answer(200, msgspec.json.encode(answer), "application/json")
    chat = message if "chat" in message else {"chat": {"id": user["id"], "type": "private"}, "from": user}
    address, who, group = _who({**chat, "from": user})
    data = str(query.get("data") or query.get("game_short_name") or "")
    content: Content = Chosen(data, _title(message, data))
    event = MessageReceived(
        key=key, at=0, addresses=(address,), name=who, provider_id=key, content=content, group=group,
        reply_to=_place(message) if "message_id" in message and "chat" in message else "",
    )  # fmt: skip
    return Received((event,), body)


def _title(message: Json, data: str) -> str:
    markup = message.get("reply_markup")
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    for row in rows if isinstance(rows, list) else ():
        for button in row if isinstance(row, list) else ():
            if isinstance(button, dict) and button.get("callback_data") == data:
                return str(button.get("text") or "")
    return ""


def _reacted(key: str, name: str, value: Json) -> Received:
    """An emoji put or taken back; a picture of Telegram's own (custom, paid) has no character, and is told as it is."""
    address, who, _ = _who({**value, "from": value.get("user") or {}})
    new = value.get("new_reaction") or []
    emoji = next((each.get("emoji", "") for each in new if each.get("type") == "emoji"), "")
    if new and not emoji:
        told = ClientEvent(
            key=key, at=_at(value), addresses=(address,), name=who, event_name=name, value=value
        )
        return Received((told,))
    event = Reacted(
        key=key,
        at=_at(value),
        addresses=(address,),
        name=who,
        provider_id=key,
        target=_place(value),
        emoji=emoji,
    )
    return Received((event,))


def _member(key: str, name: str, value: Json) -> Received:
    """A customer has blocked the bot, or lets it write again."""
    address, who, group = _who(value)
    status = str((value.get("new_chat_member") or {}).get("status") or "")
    common: Json = {"key": key, "at": _at(value), "addresses": (address,), "name": who}
    if group or status not in ("kicked", "member"):
        return Received((ClientEvent(event_name=name, value=value, **common),))
    kind = OptedOut if status == "kicked" else OptedIn
    note = "blocked the bot" if status == "kicked" else "unblocked the bot"
    return Received((kind(purpose="service", note=note, **common),))


def _connected(key: str, name: str, value: Json) -> Received:
    """The bot was attached to somebody's business account, or taken off it."""
    state = "connected" if value.get("is_enabled") else "disconnected"
    event = Notice(
        key=key,
        at=_at(value),
        code=f"business_{state}",
        reason=str(value.get("id") or "")[:200],
        evidence=value,
    )
    return Received((event,))


def _other(key: str, name: str, value: Json) -> Received:
    """What no event of ours says, by its name; without a customer it is kept as it came, and no more."""
    user = (
        value.get("from")
        or value.get("user")
        or (value.get("chat") if isinstance(value.get("chat"), dict) else None)
    )
    if not isinstance(user, dict) or not isinstance(user.get("id"), int):
        return Received()
    address = f"telegram:{user['id']}"
    event = ClientEvent(
        key=key, at=_at(value), addresses=(address,), name=_name(user), event_name=name, value=value
    )
    return Received((event,))


_READERS: dict[str, Callable[[str, str, Json], Received]] = {
    "message": _message,
    "business_message": _business,
    "edited_message": _edited,
    "edited_business_message": _business,
    "deleted_business_messages": _deleted,
    "callback_query": _pressed,
    "message_reaction": _reacted,
    "my_chat_member": _member,
    "business_connection": _connected,
}
