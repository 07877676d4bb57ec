"""What a phone makes of a message on the wire, sent or received: Meta's JSON read as the customer sees it."""

from collections.abc import Callable
from typing import Any

from state.model.content import (
    Choice,
    Chosen,
    Component,
    Content,
    Location,
    Media,
    Option,
    Parameter,
    Reaction,
    Template,
    Text,
    Unsupported,
)

Json = dict[str, Any]
Ref = Callable[[str], str]
"""The id of a file by its address, where it lies with the simulated provider."""
_KINDS = {"file": "document"}


def content_of(body: Json, ref: Ref) -> Content:
    """The content of a call to `messages`, or of an item from a phone; what a phone cannot show is Unsupported."""
    try:
        return _content(body, ref)
    except (KeyError, TypeError, AttributeError, ValueError):
        return Unsupported("message", "Graph took this, and no phone can show it.")


def _content(body: Json, ref: Ref) -> Content:
    if "sender_action" in body:
        given = body["payload"]
        return Reaction(given["message_id"], given.get("reaction", ""))
    if "postback" in body:
        return Chosen(body["postback"]["payload"], body["postback"]["title"])
    message = body.get("message")
    if message is None:
        return Unsupported(next(iter(body)))
    if "quick_reply" in message:
        return Chosen(message["quick_reply"]["payload"], message["text"])
    if "quick_replies" in message:
        return Choice(message["text"], tuple(map(_quick, message["quick_replies"])))
    if "template" in message:
        return _template(message["template"])
    if "sticker_id" in message:
        return Media("sticker", ref=str(message["sticker_id"]))
    attachment = message.get("attachment") or next(iter(message.get("attachments", [])), None)
    return _attachment(attachment, message.get("text", ""), ref) if attachment else Text(message["text"])


def _quick(given: Json) -> Option:
    if given["content_type"] != "text":
        return Option(given["content_type"], "Share", kind="share_contact")
    return Option(given["payload"], given["title"])


def _attachment(given: Json, caption: str, ref: Ref) -> Content:
    kind, payload = given["type"], given["payload"]
    if kind == "template":
        return _templated(payload)
    if kind == "location":
        place = payload["coordinates"]
        return Location(place["lat"], place["long"], given.get("title", ""))
    found = str(payload.get("attachment_id", "")) or ref(payload["url"])
    named: Any = _KINDS.get(kind, kind)
    return Media(named, "" if found else payload["url"], found, caption=caption)


def _templated(payload: Json) -> Content:
    """Buttons under words; of a carousel the words and buttons of all cards."""
    if payload["template_type"] == "button":
        return Choice(payload["text"], tuple(map(_button, payload["buttons"])))
    elements = payload["elements"]
    if payload["template_type"] == "media":
        words = str(elements[0].get("url") or elements[0].get("attachment_id"))
    else:
        words = "\n".join(f"{each['title']} {each.get('subtitle', '')}".strip() for each in elements)
    options = tuple(_button(button) for each in elements for button in each.get("buttons", ()))
    return Choice(words, options) if options else Text(words)


def _button(given: Json) -> Option:
    if given["type"] == "web_url":
        return Option(given["url"], given["title"], kind="url", url=given["url"])
    return Option(given["payload"], given["title"])


def _template(given: Json) -> Content:
    """A template's words are the provider's; the wire carries its name and what goes into its places."""
    parts = tuple(_component(each) for each in given.get("components", ()))
    return Template(given["name"], given["language"]["code"], parts)


def _component(part: Json) -> Component:
    values = tuple(_parameter(each) for each in part.get("parameters", ()))
    return Component(part["type"], values, part.get("sub_type", ""), part.get("index", 0))


def _parameter(given: Json) -> Parameter:
    return Parameter(
        str(given.get("text", "")), given.get("parameter_name", ""), payload=given.get("payload", "")
    )
