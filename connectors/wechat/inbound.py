"""Reading WeChat's messages and events: one XML a request."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from connectors.wechat import codes
from state.model.action import Action
from state.model.content import Chosen, Content, Location, Media, Text, Unsupported
from state.model.event import (
    ClientEvent,
    Event,
    MessageReceived,
    Notice,
    OptedIn,
    OptedOut,
    Receipt,
    Referral,
    Started,
)
from state.model.receipts import Attribution, Fault, ReceiptStatus
from state.model.wire import Problem

Xml = dict[str, str]
_SUSPENDING = {"verify_expired"}
_ACCOUNT = {
    "qualification_verify_success", "qualification_verify_fail", "naming_verify_success", "naming_verify_fail",
    "annual_renew", "verify_expired", "masssendjobfinish",
}  # fmt: skip
"""What is told of the account, and is no customer's doing."""
_IN_LIST = re.compile(r"\w+\.List(?:\[(\d+)\])?\.(\w+)", re.ASCII)
_LONGEST = 255
_LONGEST_KEY = 250
"""Characters of an event's key, which has a word behind it where an event is several of ours."""


class Unfit(ValueError):
    """An element that is not what WeChat says."""


def events(xml: Xml) -> tuple[tuple[Event, ...], tuple[Problem, ...]]:
    """The events of a message or an event, and what could not be read."""
    try:
        return _events(xml), ()
    except (Unfit, ValueError) as error:
        return (), (Problem("$.xml", str(error)[:200]),)


def _events(xml: Xml) -> tuple[Event, ...]:
    user = xml.get("FromUserName", "")
    if not user or len(user) > 64 or "\0" in user:
        raise Unfit("FromUserName is missing")
    kind = xml.get("MsgType", "").lower()
    common: Any = {"at": _at(xml), "addresses": (f"wechat:{user}",)}
    if kind == "event":
        return _event(xml, user, common)
    msg_id = xml.get("MsgId", "")
    if not msg_id or len(msg_id) > _LONGEST or "\0" in msg_id:
        raise Unfit("MsgId is missing")
    return (MessageReceived(key=msg_id, provider_id=msg_id, content=_content(kind, xml), **common),)


def _at(xml: Xml) -> int:
    text = xml.get("CreateTime", "")
    return int(text) * 1000 if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _content(kind: str, xml: Xml) -> Content:
    reader = _READERS.get(kind)
    return reader(xml) if reader else Unsupported(kind or "nothing")


def _text(xml: Xml) -> Content:
    """Words, or the answer to a menu of ours."""
    chosen = xml.get("bizmsgmenuid")
    return Chosen(chosen[:_LONGEST], xml.get("Content", "")) if chosen else Text(xml.get("Content", ""))


def _media(kind: Any, *, voice: bool = False) -> Callable[[Xml], Content]:
    def read(xml: Xml) -> Content:
        if not xml.get("MediaId"):
            raise Unfit("MediaId is missing")
        mime = f"audio/{xml['Format'].lower()}" if voice and xml.get("Format") else ""
        return Media(
            kind,
            ref=xml["MediaId"],
            mime=mime,
            caption=xml.get("Recognition", "") if voice else "",
            voice=voice,
        )

    return read


def _place(xml: Xml) -> Content:
    latitude, longitude = float(xml.get("Location_X", "x")), float(xml.get("Location_Y", "x"))
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Unfit("Location is no place on earth")
    return Location(latitude, longitude, xml.get("Label", ""))


def _link(xml: Xml) -> Content:
    return Text("\n".join(filter(None, (xml.get("Title"), xml.get("Description"), xml.get("Url")))))


_READERS: dict[str, Callable[[Xml], Content]] = {
    "text": _text,
    "image": _media("image"),
    "voice": _media("audio", voice=True),
    "video": _media("video"),
    "shortvideo": _media("video"),
    "location": _place,
    "link": _link,
    "miniprogrampage": lambda xml: Unsupported("miniprogrampage", xml.get("Title", "")),
}


def _event(xml: Xml, user: str, common: Any) -> tuple[Event, ...]:
    """What happened. An event has no id: whoever it is from, when, which and of what tell duplicates."""
    name, event_key = xml.get("Event", ""), xml.get("EventKey", "")
    parts = (user, xml.get("CreateTime", ""), name, event_key, xml.get("MsgID", ""))
    low, key = name.lower(), ":".join(filter(None, parts))[:_LONGEST_KEY].replace("\0", "")
    if low == "subscribe":
        scene = event_key.removeprefix("qrscene_")
        referral = Referral("qr", scene[:_LONGEST]) if scene else None
        opted = OptedIn(key=f"{key}:in", purpose="service", note="followed", **common)
        return opted, Started(key=key, referral=referral, **common)
    if low in ("unsubscribe", "user_authorization_revoke", "user_authorization_cancellation"):
        return (OptedOut(key=key, purpose="service", note=low, **common),)
    if low == "scan":
        return (Started(key=key, referral=Referral("qr", event_key[:_LONGEST]), **common),)
    if low == "click":
        return (MessageReceived(key=key, provider_id=key, content=Chosen(event_key[:_LONGEST]), **common),)
    if low == "templatesendjobfinish":
        return (_receipt(xml, common),)
    if low == "subscribe_msg_sent_event":
        return tuple(_noticed(item, common) for item in _listed(xml))
    if low in _ACCOUNT:
        action = "SUSPEND" if low in _SUSPENDING else "WARN" if low.endswith("fail") else "info"
        reason = xml.get("FailReason", "")[:500]
        return (Notice(key=key, at=common["at"], code=low, action=action, reason=reason, evidence=dict(xml)),)
    return (ClientEvent(key=key, event_name=low or "event", value=dict(xml), **common),)


def _listed(xml: Xml) -> Iterable[Xml]:
    """The items of an event's list, each by the names in it."""
    items: dict[str, Xml] = {}
    for name, value in xml.items():
        if found := _IN_LIST.fullmatch(name):
            items.setdefault(found[1] or "", {})[found[2]] = value
    return items.values()


def _receipt(xml: Xml, common: Any) -> Event:
    """What became of a template message."""
    status = xml.get("Status", "")
    action = Action.CONSENT if "block" in status else Action.FAIL_MSG
    failed = None if status == "success" else _fault(status, status, action)
    return _became(xml.get("MsgID") or xml.get("MsgId") or "", failed, common)


def _noticed(item: Xml, common: Any) -> Event:
    """What became of a subscription notice."""
    code, words = item.get("ErrorCode", ""), item.get("ErrorStatus", "")
    known = codes.action_of(int(code)) if code.isascii() and code.isdigit() and len(code) < 10 else None
    failed = None if code == "0" else _fault(code, words, known or Action.FAIL_MSG)
    return _became(item.get("MsgID", ""), failed, common)


def _fault(code: str, words: str, action: Action) -> Fault:
    blame: Attribution = "recipient" if action in (Action.CONSENT, Action.FAIL_RCPT) else "channel"
    return Fault(code[:60] or "failed", words[:200], action, blame)


def _became(msg_id: str, failed: Fault | None, common: Any) -> Event:
    if not msg_id or len(msg_id) > 200:
        raise Unfit("MsgID is missing")
    status: ReceiptStatus = "failed" if failed else "delivered"
    return Receipt(key=f"{msg_id}:{status}", provider_id=msg_id, status=status, fault=failed, **common)
