"""Messages as customer-service JSON, as templates, and as the XML of a passive reply; checked before any call."""

from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.values import in_xml
from connectors.wechat.profile import BYTES, MENU, TEXT
from state.model.base import Value
from state.model.content import Choice, Content, Media, MediaKind, Template, Text
from state.model.wire import BadMessage, File, Outbound

Json = dict[str, Any]
_TYPES: dict[MediaKind, str] = {"image": "image", "audio": "voice", "video": "video"}


class Article(Value, frozen=True, kw_only=True):
    """A news card: one article with a link and a picture."""

    url: str
    picture: str = ""
    description: str = ""


class Native(Value, frozen=True, kw_only=True):
    """Options only WeChat has: `kf_account` that speaks; `article` over a Text (its title); a template's `url`."""

    kf_account: str = ""
    article: Article | None = None
    url: str = ""
    subscription: bool = False
    page: str = ""


def native_of(given: Mapping[str, Any]) -> Native:
    """The options; raises BadMessage for one that is unknown or of the wrong type."""
    try:
        return msgspec.convert(given, Native)
    except msgspec.ValidationError as error:
        raise BadMessage("native.wechat", str(error)) from error


def user_of(addresses: tuple[str, ...]) -> str:
    """The openid of a customer; raises BadMessage."""
    for each in addresses:
        scheme, _, path = each.partition(":")
        if scheme == "wechat" and path:
            return path
    raise BadMessage("to", "WeChat needs an openid")


def body(message: Outbound, native: Native, uploaded: Mapping[str, str]) -> Json:
    """The JSON of a customer-service message; raises BadMessage."""
    found: Json = {"touser": user_of(message.to), **_part(message.content, native, uploaded)}
    if native.kf_account:
        found["customservice"] = {"kf_account": native.kf_account}
    return found


def _part(content: Content, native: Native, uploaded: Mapping[str, str]) -> Json:
    match content:
        case Text(text=text) if native.article:
            card = {"title": text, "description": native.article.description, "url": native.article.url}
            return {"msgtype": "news", "news": {"articles": [card | {"picurl": native.article.picture}]}}
        case Text(text=text):
            return {"msgtype": "text", "text": {"content": _within(text)}}
        case Media():
            return _media(content, uploaded)
        case Choice():
            return _menu(content)
    raise BadMessage("content", f"WeChat cannot show {type(content).__name__}")


def _within(text: str, field: str = "text") -> str:
    size = len(text.encode())
    if not 1 <= size <= TEXT:
        raise BadMessage(field, f"has {size} bytes; 1 to {TEXT} are allowed")
    return text


def _media(content: Media, uploaded: Mapping[str, str]) -> Json:
    if content.kind not in _TYPES:
        raise BadMessage("kind", f"WeChat cannot show a {content.kind}")
    if content.caption:
        raise BadMessage("caption", "WeChat has none")
    ref = content.ref or uploaded.get(content.stored or content.url, "")
    if not ref:
        raise BadMessage("ref", "its file is not at hand: give `ref`, `stored` or `url`")
    kind = _TYPES[content.kind]
    return {"msgtype": kind, kind: {"media_id": ref}}


def _menu(content: Choice) -> Json:
    if content.header or content.footer:
        raise BadMessage("header" if content.header else "footer", "WeChat has none")
    if not 1 <= len(content.options) <= MENU or any(option.kind != "reply" for option in content.options):
        raise BadMessage("options", f"are 1 to {MENU} replies")
    items = [{"id": option.id, "content": option.title} for option in content.options]
    return {
        "msgtype": "msgmenu",
        "msgmenu": {"head_content": _within(content.text), "list": items, "tail_content": ""},
    }


def template(message: Outbound, content: Template, native: Native) -> tuple[str, Json]:
    """The edge and JSON of a template or a subscription notice; raises BadMessage."""
    values = [each for component in content.components for each in component.parameters]
    if any(not each.name for each in values):
        raise BadMessage("components", "every parameter has the name of its keyword")
    found: Json = {
        "touser": user_of(message.to),
        "template_id": content.name,
        "data": {each.name: {"value": each.text} for each in values},
    }
    if native.subscription:
        return "message/subscribe/bizsend", found | ({"page": native.page} if native.page else {})
    if native.url:
        found["url"] = native.url
    return "message/template/send", found | {"client_msg_id": message.id[:32]}


def file_of(message: Outbound) -> tuple[str, File, str] | None:
    """The file to upload first: its name among the uploaded, its bytes, its type at WeChat; raises BadMessage."""
    content = message.content
    if not isinstance(content, Media) or content.ref or not content.stored:
        return None
    file, kind = message.files.get(content.stored), _TYPES.get(content.kind)
    if file is None or kind is None:
        return None
    if len(file.body) > BYTES[content.kind]:
        raise BadMessage("stored", f"has {len(file.body)} bytes; {BYTES[content.kind]} are taken")
    return content.stored, file, kind


def kind_of(content: Content) -> str | None:
    """WeChat's word for a file that is behind an address alone; None for anything else."""
    if (
        isinstance(content, Media)
        and content.url
        and not content.ref
        and not content.stored
        and not content.caption
    ):
        return _TYPES.get(content.kind)
    return None


def passive(content: Content) -> dict[str, str] | None:
    """The elements of a passive reply, where it can say this."""
    match content:
        case Text(text=text) if 1 <= len(text.encode()) <= TEXT and in_xml(text):
            return {"MsgType": "text", "Content": text}
        case Media(kind="image", ref=ref, caption="") if ref:
            return {"MsgType": "image", "Image.MediaId": ref}
    return None
