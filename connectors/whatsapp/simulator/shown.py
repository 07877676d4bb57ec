"""What a phone makes of a message on the wire, sent or received: WhatsApp's JSON read as the customer sees it."""

from collections.abc import Callable
from typing import Any

from state.model.content import (
    Card,
    Choice,
    Chosen,
    Component,
    ContactCard,
    Content,
    Form,
    Location,
    Media,
    Option,
    OptionKind,
    Parameter,
    Phone,
    Reaction,
    Template,
    Text,
    Unsupported,
)

Json = dict[str, Any]


def content_of(message: Json) -> Content:
    """The content of a message by its `type`; what a phone cannot show is Unsupported."""
    kind = str(message.get("type", "text"))
    read = _READERS.get(kind)
    try:
        return read(message[kind]) if read else Unsupported(kind)
    except (KeyError, TypeError, AttributeError, ValueError):
        return Unsupported(kind, "Graph took this, and no phone can show it.")


def _media(kind: Any) -> Callable[[Json], Content]:
    def read(part: Json) -> Content:
        return Media(
            kind,
            url=part.get("link", ""),
            ref=part.get("id", ""),
            mime=part.get("mime_type", ""),
            caption=part.get("caption", ""),
            name=part.get("filename", ""),
            voice=bool(part.get("voice")),
        )

    return read


def _location(part: Json) -> Content:
    place = part["latitude"], part["longitude"]
    return Location(*place, part.get("name", ""), part.get("address", ""), part.get("url", ""))


def _contacts(part: list[Json]) -> Content:
    return ContactCard(
        tuple(
            Card(
                card["name"]["formatted_name"],
                company=(card.get("org") or {}).get("company", ""),
                phones=tuple(Phone(each.get("phone", "")) for each in card.get("phones") or []),
            )
            for card in part
        )
    )


def _interactive(part: Json) -> Content:
    kind = part["type"]
    if kind in _ANSWERS:
        return _ANSWERS[kind](part[kind])
    text, footer = part.get("body", {}).get("text", ""), part.get("footer", {}).get("text", "")
    if kind == "flow":
        given = part["action"]["parameters"]
        return Form(given.get("flow_id") or given["flow_name"], text, given["flow_cta"], footer=footer)
    if kind not in _OPTIONS:
        return Unsupported(kind, text)
    options = _OPTIONS[kind](part.get("action", {}))
    style: Any = "list" if kind == "list" else "buttons"
    button = str(part["action"].get("button", ""))
    return Choice(text, options, style, _header(part.get("header")), footer, button)


def _header(header: Json | None) -> Text | Media | None:
    if not header:
        return None
    shown = content_of(header) if header["type"] != "text" else Text(header["text"])
    return shown if isinstance(shown, Text | Media) else None


def _buttons(action: Json) -> tuple[Option, ...]:
    return tuple(Option(each["reply"]["id"], each["reply"]["title"]) for each in action["buttons"])


def _rows(action: Json) -> tuple[Option, ...]:
    return tuple(
        Option(row["id"], row["title"], row.get("description", ""), section.get("title", ""))
        for section in action["sections"]
        for row in section["rows"]
    )


def _link(action: Json) -> tuple[Option, ...]:
    given = action["parameters"]
    return (Option("link", given["display_text"], kind="url", url=given["url"]),)


def _asked(title: str, kind: OptionKind) -> Callable[[Json], tuple[Option, ...]]:
    return lambda action: (Option(kind, title, kind=kind),)


_OPTIONS: dict[str, Callable[[Json], tuple[Option, ...]]] = {
    "button": _buttons,
    "list": _rows,
    "cta_url": _link,
    "location_request_message": _asked("Send location", "share_location"),
    "request_contact_info": _asked("Share contact", "share_contact"),
    "call_permission_request": _asked("Allow calls", "allow_call"),
    "voice_call": _asked("Call", "allow_call"),
}

_ANSWERS: dict[str, Callable[[Json], Content]] = {
    "button_reply": lambda part: Chosen(part["id"], part["title"]),
    "list_reply": lambda part: Chosen(part["id"], part["title"], part.get("description", "")),
    "nfm_reply": lambda part: Form(text=part["response_json"]),
}


def _template(part: Json) -> Content:
    """A template's words are the provider's; the wire carries its name and what goes into its places."""
    return Template(
        part["name"], part["language"]["code"], tuple(_component(each) for each in part.get("components", []))
    )


def _component(part: Json) -> Component:
    return Component(
        part["type"].lower(),
        tuple(_parameter(each) for each in part.get("parameters", [])),
        part.get("sub_type", "").lower(),
        int(part.get("index", 0)),
    )


def _parameter(part: Json) -> Parameter:
    shown = part.get(part["type"], "")
    text = str(shown.get("fallback_value", part["type"]) if isinstance(shown, dict) else shown)
    payload = str(part.get("payload", ""))
    return Parameter("" if payload else text, str(part.get("parameter_name", "")), payload=payload)


_READERS: dict[str, Callable[[Any], Content]] = {
    "text": lambda part: Text(part["body"]),
    **{kind: _media(kind) for kind in ("image", "video", "audio", "document", "sticker")},
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": lambda part: Chosen(part.get("payload", ""), part["text"]),
    "reaction": lambda part: Reaction(part["message_id"], part.get("emoji", "")),
    "template": _template,
    "edit": lambda part: Text(part["message"]["text"]["body"]),
}
