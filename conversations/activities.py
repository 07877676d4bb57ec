"""What a Bot Framework bot sent, as our messages: text, suggested actions, cards (also adaptive ones), files.

It reads activities by their attributes and knows nothing of the library. What a card has that we have not is left out;
its words, its first picture and its buttons stay.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

import msgspec

from conversations.framework import Answered
from state.model.content import Choice, Content, Media, MediaKind, Option, Text

_CARD = "application/vnd.microsoft.card."
_KINDS: dict[str, MediaKind] = {"image": "image", "video": "video", "audio": "audio"}
_LONGEST_ID = 200
_SHOWN = ("Action.Submit", "Action.Execute", "Action.OpenUrl")
_OPENS = ("openUrl", "Action.OpenUrl", "signin", "downloadFile", "playAudio", "playVideo", "showImage")


def said(activities: Iterable[Any]) -> Answered:
    """What a turn's activities come to."""
    answered = Answered()
    for activity in activities:
        match _get(activity, "type"):
            case "message":
                answered.says += _contents(activity, answered.values)
            case "endOfConversation":
                answered.ended = True
            case "handoff":
                answered.handed_over = str(_get(activity, "text") or "")
            case "event" if _get(activity, "name") == "handoff.initiate":
                value = _get(activity, "value")
                answered.handed_over = str(value if isinstance(value, str) else _get(activity, "text") or "")
    return answered


def _contents(activity: Any, values: dict[str, Any]) -> list[Content]:
    text, actions = str(_get(activity, "text") or ""), _get(activity, "suggested_actions")
    markdown = _get(activity, "text_format") == "markdown"
    found = [each for file in _list(activity, "attachments") for each in _attached(file, values)]
    options = _options(_list(actions, "actions"), values) if actions else ()
    if options:
        found.append(Choice(text or "…", options))
    elif text:
        found.insert(0, Text(text, "markdown" if markdown else "plain"))
    return found


def _attached(attachment: Any, values: dict[str, Any]) -> Iterator[Content]:
    kind, content = str(_get(attachment, "content_type") or ""), _get(attachment, "content")
    url, name = str(_get(attachment, "content_url") or ""), str(_get(attachment, "name") or "")
    if kind == f"{_CARD}adaptive":
        yield from _card(*_adaptive(content, values))
    elif kind.startswith(_CARD):
        yield from _card(*_rich(content, values))
    elif url.startswith(("http://", "https://")):
        yield Media(_KINDS.get(kind.partition("/")[0], "document"), url=url, mime=kind, name=name)
    elif isinstance(content, str) and content:
        yield Text(content)
    else:
        yield Text(name or "(a file that cannot be sent)")


def _card(words: str, picture: str, options: tuple[Option, ...]) -> Iterator[Content]:
    """A card as a question where it has buttons, else as a picture with its words."""
    if options:
        yield Choice(words or "…", options, header=Media("image", url=picture) if picture else None)
    elif picture:
        yield Media("image", url=picture, caption=words)
    elif words:
        yield Text(words)


def _rich(card: Any, values: dict[str, Any]) -> tuple[str, str, tuple[Option, ...]]:
    """A hero, thumbnail, receipt, sign-in or media card."""
    words = [str(_get(card, name) or "") for name in ("title", "subtitle", "text")]
    words += [f"{_get(each, 'key')}: {_get(each, 'value')}" for each in _list(card, "facts")]
    words += [f"{_get(each, 'title')}: {_get(each, 'price')}" for each in _list(card, "items")]
    words += [f"Total: {_get(card, 'total')}"] if _get(card, "total") else []
    words += [str(_get(each, "url") or "") for each in _list(card, "media")]
    pictures = [str(_get(each, "url") or "") for each in _list(card, "images")]
    pictures = [each for each in pictures if each.startswith("http")]
    return "\n".join(filter(None, words)), (pictures or [""])[0], _options(_list(card, "buttons"), values)


def _adaptive(card: Any, values: dict[str, Any]) -> tuple[str, str, tuple[Option, ...]]:
    """An adaptive card: the words of its blocks, its first picture, its actions that open or submit."""
    words, pictures = list[str](), list[str]()
    actions = list(_list(card, "actions"))
    for block in _blocks(_list(card, "body")):
        match _get(block, "type"):
            case "TextBlock" | "TextRun":
                words.append(str(_get(block, "text") or ""))
            case "FactSet":
                words += [f"{_get(each, 'title')}: {_get(each, 'value')}" for each in _list(block, "facts")]
            case "Image":
                pictures.append(str(_get(block, "url") or ""))
            case "ActionSet":
                actions += _list(block, "actions")
            case "Input.ChoiceSet":
                name = str(_get(block, "id") or "")
                actions += [
                    {
                        "type": "Action.Submit",
                        "title": _get(each, "title"),
                        "data": {name: _get(each, "value")},
                    }
                    for each in _list(block, "choices")
                ]
    pictures = [each for each in pictures if each.startswith("http")]
    shown = [each for each in actions if str(_get(each, "type")) in _SHOWN]
    return "\n".join(filter(None, words)), (pictures or [""])[0], _options(shown, values)


def _blocks(blocks: Iterable[Any]) -> Iterator[Any]:
    for block in blocks:
        yield block
        for inside in ("items", "columns", "inlines"):
            yield from _blocks(each for each in _list(block, inside) if not isinstance(each, str))


def _options(actions: Iterable[Any], values: dict[str, Any]) -> tuple[Option, ...]:
    """Buttons; the value behind one that posts something other than its words is kept for when it is tapped."""
    return tuple(_option(place, each, values) for place, each in enumerate(actions))


def _option(place: int, action: Any, values: dict[str, Any]) -> Option:
    if isinstance(action, str):
        return Option(action[:_LONGEST_ID], action)
    kind, value = str(_get(action, "type") or ""), _get(action, "value")
    title = str(_get(action, "title") or value or "…")
    url = str(_get(action, "url") or value or "")
    if kind in _OPENS:
        return Option(f"url{place}", title, kind="url", url=url)
    if kind in ("Action.Submit", "Action.Execute"):
        value = _get(action, "data")
    if isinstance(value, str) and kind in ("imBack", "", "messageBack") and len(value) <= _LONGEST_ID:
        return Option(value, title)
    if value is None:
        return Option(title[:_LONGEST_ID], title)
    name = f"value{len(values)}"
    values[name] = msgspec.to_builtins(value)
    return Option(name, title)


def _list(holder: Any, name: str) -> list[Any]:
    found = _get(holder, name)
    return list(found) if isinstance(found, list | tuple) else []


def _get(holder: Any, name: str) -> Any:
    """An attribute of an object, or the same of a mapping, where it is written in camel case."""
    if isinstance(holder, dict):
        first, *rest = name.split("_")
        camel = first + "".join(each.title() for each in rest)
        return holder.get(camel, holder.get(name))
    found = getattr(holder, name, None)
    return found.value if isinstance(found, Enum) else found
