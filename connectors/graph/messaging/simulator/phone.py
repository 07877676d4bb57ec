"""What a customer does on a simulated phone, as the part of an item that Meta makes of it."""

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
What = Mapping[str, object]
_WORDS = {"❤": "love", "😆": "smile", "😮": "wow", "😢": "sad", "😠": "angry", "👍": "like", "👎": "dislike"}


def said(what: What, mid: str, side: str) -> Json:
    """The field that says what happened; `side` is the webhook's object. Raises ValueError or KeyError."""
    kind = str(what["type"])
    made = _MADE.get(kind)
    if made is None or (kind, side) in _NOT_THERE:
        there = [each for each in _MADE if (each, side) not in _NOT_THERE]
        raise ValueError(f"a phone cannot send {kind!r}; it can send {', '.join(there)}")
    found = made(what, mid)
    if what.get("reply_to") and "message" in found:
        found["message"]["reply_to"] = {"mid": str(what["reply_to"])}
    return found


def _media(kind: str) -> Callable[[What, str], Json]:
    def made(what: What, mid: str) -> Json:
        message: Json = {"mid": mid, "attachments": [{"type": kind, "payload": {"url": str(what["url"])}}]}
        if what.get("caption"):
            message["text"] = str(what["caption"])
        return {"message": message}

    return made


def _sticker(what: What, mid: str) -> Json:
    payload = {"url": str(what["url"]), "sticker_id": 369239263222822}
    return {"message": {"mid": mid, "attachments": [{"type": "sticker", "payload": payload}]}}


def _location(what: What, mid: str) -> Json:
    place = {"lat": float(str(what["latitude"])), "long": float(str(what["longitude"]))}
    title = str(what.get("name") or "Pinned Location")
    return {
        "message": {
            "mid": mid,
            "attachments": [{"type": "location", "title": title, "payload": {"coordinates": place}}],
        }
    }


def _choice(what: What, mid: str) -> Json:
    """A quick reply, or with `button` a button of a template."""
    title, payload = str(what["title"]), str(what["id"])
    if what.get("button"):
        return {"postback": {"mid": mid, "title": title, "payload": payload}}
    return {"message": {"mid": mid, "text": title, "quick_reply": {"payload": payload}}}


def _reaction(what: What, mid: str) -> Json:
    emoji, target = str(what.get("emoji") or ""), str(what["target"])
    if not emoji:
        return {"reaction": {"mid": target, "action": "unreact"}}
    word = _WORDS.get(emoji.rstrip("\ufe0f"), "other")
    return {"reaction": {"mid": target, "action": "react", "reaction": word, "emoji": emoji}}


def _start(what: What, mid: str) -> Json:
    return {"postback": {"mid": mid, "title": "Get Started", "payload": "GET_STARTED"}}


def _stop(what: What, mid: str) -> Json:
    """The customer turns our notifications off."""
    return {
        "optin": {
            "type": "notification_messages",
            "notification_messages_token": "10000000000000001",
            "notification_messages_status": "STOP NOTIFICATIONS",
            "payload": "news",
            "title": "News",
        }
    }


def _edit(what: What, mid: str) -> Json:
    return {"message_edit": {"mid": str(what["target"]), "text": str(what["text"]), "num_edit": 1}}


_MADE: dict[str, Callable[[What, str], Json]] = {
    "text": lambda what, mid: {"message": {"mid": mid, "text": str(what["text"])}},
    "image": _media("image"),
    "video": _media("video"),
    "audio": _media("audio"),
    "document": _media("file"),
    "sticker": _sticker,
    "location": _location,
    "choice": _choice,
    "reaction": _reaction,
    "edit": _edit,
    "delete": lambda what, mid: {"message": {"mid": str(what["target"]), "is_deleted": True}},
    "start": _start,
    "stop": _stop,
}
_NOT_THERE = {
    ("delete", "page"), ("stop", "instagram"), ("location", "instagram"), ("sticker", "instagram"),
    ("document", "instagram"),
}  # fmt: skip
"""What the phone of one side does not have."""
