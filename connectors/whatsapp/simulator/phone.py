"""What a customer does on a simulated phone, as the `messages[]` item Meta makes of it."""

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
What = Mapping[str, object]


def said(what: What) -> Json:
    """The item's `type` and the field of that name; raises ValueError or KeyError where a phone cannot do that."""
    kind = str(what["type"])
    if kind not in _PARTS:
        raise ValueError(f"a phone cannot send {kind!r}; it can send {', '.join(_PARTS)}")
    name, part = _PARTS[kind](what)
    return {"type": name, name: part}


def _given(what: What, *names: str) -> Json:
    return {name: str(what[name]) for name in names if what.get(name)}


def _media(kind: str, mime: str) -> Callable[[What], tuple[str, Json]]:
    def part(what: What) -> tuple[str, Json]:
        found: Json = {"id": str(what["id"]), "mime_type": str(what.get("mime") or mime)}
        found |= {"sha256": str(what.get("sha256") or "0" * 43 + "=")} | _given(what, "caption")
        if kind == "document":
            found |= _given(what, "filename")
        if kind == "audio":
            found["voice"] = bool(what.get("voice"))
        if kind == "sticker":
            found["animated"] = bool(what.get("animated"))
        return kind, found

    return part


def _location(what: What) -> tuple[str, Json]:
    place: Json = {name: float(str(what[name])) for name in ("latitude", "longitude")}
    return "location", place | _given(what, "name", "address", "url")


def _choice(what: What) -> tuple[str, Json]:
    """A button or, with `list`, a row of a list was chosen."""
    kind = "list_reply" if what.get("list") else "button_reply"
    names = ("id", "title", "description") if what.get("list") else ("id", "title")
    return "interactive", {"type": kind, kind: _given(what, *names)}


def _form(what: What) -> tuple[str, Json]:
    reply = {"name": "flow", "body": "Sent", "response_json": str(what["response_json"])}
    return "interactive", {"type": "nfm_reply", "nfm_reply": reply}


def _contact(what: What) -> tuple[str, list[Json]]:
    name, phone = str(what["name"]), str(what["phone"])
    digits = "".join(filter(str.isdigit, phone))
    phones = [{"phone": phone, "wa_id": digits, "type": "CELL"}]
    return "contacts", [{"name": {"formatted_name": name, "first_name": name}, "phones": phones}]


def _reaction(what: What) -> tuple[str, Json]:
    return "reaction", {"message_id": str(what["target"])} | _given(what, "emoji")


def _edit(what: What) -> tuple[str, Json]:
    message = {"type": "text", "text": {"body": str(what["text"])}}
    return "edit", {"original_message_id": str(what["target"]), "message": message}


_PARTS: dict[str, Callable[[What], tuple[str, Any]]] = {
    "text": lambda what: ("text", {"body": str(what["text"])}),
    "image": _media("image", "image/jpeg"),
    "video": _media("video", "video/mp4"),
    "audio": _media("audio", "audio/ogg; codecs=opus"),
    "document": _media("document", "application/pdf"),
    "sticker": _media("sticker", "image/webp"),
    "location": _location,
    "contact": _contact,
    "choice": _choice,
    "quick_reply": lambda what: ("button", {"payload": str(what["id"]), "text": str(what["title"])}),
    "form": _form,
    "reaction": _reaction,
    "edit": _edit,
    "delete": lambda what: ("revoke", {"original_message_id": str(what["target"])}),
    "poll": lambda what: ("unsupported", {"type": "poll"}),
}
