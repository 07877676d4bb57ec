"""What Graph refuses of a message, by its own table of limits."""

from typing import Any, NamedTuple

Json = dict[str, Any]
KINDS = ("image", "video", "audio", "document", "sticker")
MOST = 25_000_000
_TYPES = {"RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"}
_ACTIONS = {"typing_on", "typing_off", "mark_seen", "react", "unreact"}
_ATTACHMENTS = {"image", "video", "audio", "file", "template"}
_TITLES = {"text": 20, "user_phone_number": 0, "user_email": 0}


class Fault(NamedTuple):
    """An error of Graph's, with its HTTP status."""

    code: int
    subcode: int
    message: str
    status: int = 400


def fault(body: Json, most: int, in_bytes: bool) -> Fault | None:
    """What is wrong with a call to `messages`; None where it is taken."""
    try:
        wrong = _wrong(body, most, in_bytes)
    except (KeyError, TypeError, AttributeError):
        wrong = "(#100) Invalid parameter"
    return Fault(100, 0, wrong) if wrong else None


def _wrong(body: Json, most: int, in_bytes: bool) -> str:
    if len(body["recipient"]) != 1:
        return "(#100) Param recipient must have exactly one field"
    if "sender_action" in body:
        return "" if body["sender_action"] in _ACTIONS else "(#100) Param sender_action is not valid"
    if body["messaging_type"] not in _TYPES:
        return "(#100) Param messaging_type must be one of " + ", ".join(sorted(_TYPES))
    if body["messaging_type"] == "MESSAGE_TAG" and body.get("tag") != "HUMAN_AGENT":
        return "(#100) Invalid message tag"
    message = body["message"]
    if len({"text", "attachment", "template", "sticker_id"} & message.keys()) != 1:
        return "(#100) Message cannot be empty, must provide valid attachment or text"
    if "text" in message:
        return _text(message, most, in_bytes)
    return _attachment(message["attachment"]) if "attachment" in message else ""


def _text(message: Json, most: int, in_bytes: bool) -> str:
    text = message["text"]
    if not 0 < (len(text.encode()) if in_bytes else len(text)) <= most:
        return f"(#100) Length of param message[text] must be less than or equal to {most}"
    replies = message.get("quick_replies", [])
    if len(replies) > 13:
        return "(#100) Param message[quick_replies] has too many elements."
    for each in replies:
        longest = _TITLES[each["content_type"]]
        if longest and not (0 < len(each["title"]) <= longest and 0 < len(each["payload"]) <= 1000):
            return f"(#100) Length of param message[quick_replies][title] must be at most {longest}"
    return ""


def _attachment(given: Json) -> str:
    payload = given["payload"]
    if given["type"] not in _ATTACHMENTS:
        return "(#100) Param message[attachment][type] is not valid"
    if given["type"] != "template":
        one = ("url" in payload) != ("attachment_id" in payload)
        return "" if one else "(#100) Param message[attachment][payload] needs url or attachment_id"
    kind = payload["template_type"]
    if kind == "button":
        return _buttons(payload) or ("" if 0 < len(payload["text"]) <= 640 else "(#100) text is too long")
    elements = payload["elements"]
    if not 0 < len(elements) <= (10 if kind == "generic" else 1):
        return "(#105) param message[attachment][payload][elements] has too many elements."
    long = kind == "generic" and any(
        len(each["title"]) > 80 or len(each.get("subtitle", "")) > 80 for each in elements
    )
    if long:
        return "(#100) Length of param title must be less than or equal to 80"
    return next(filter(None, (_buttons(each) for each in elements if "buttons" in each)), "")


def _buttons(given: Json) -> str:
    if not 0 < len(given["buttons"]) <= 3:
        return "(#105) param buttons has too many elements."
    for each in given["buttons"]:
        needs = "url" if each["type"] == "web_url" else "payload"
        if each["type"] not in ("web_url", "postback", "phone_number") or not each[needs]:
            return "(#100) Param buttons[type] is not valid"
        if not 0 < len(each["title"]) <= 20:
            return "(#100) Length of param buttons[title] must be at most 20"
    return ""
