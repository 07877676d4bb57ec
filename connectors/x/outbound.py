"""Bodies of direct messages, with X's limits checked before anything is sent."""

from connectors.values import named
from connectors.x import limits
from connectors.x.codes import Json
from connectors.x.native import Native
from state.model.address import path
from state.model.content import Content, Media, Text
from state.model.wire import BadMessage, Sent


def place(to: tuple[str, ...], options: Native) -> str:
    """Where a message is posted, below the API's address; raises BadMessage."""
    if options.conversation:
        return f"dm_conversations/{options.conversation}/messages"
    return f"dm_conversations/with/{user_of(to)}/messages"


def user_of(to: tuple[str, ...]) -> str:
    """The customer's numeric id; raises BadMessage."""
    user = path(to, "x")
    if not (user.isascii() and user.isdigit() and len(user) < 20):
        raise BadMessage("to", "holds no numeric X user id")
    return user


def checked(content: Content) -> None:
    """Check that X can show a message; raises BadMessage naming the field that breaks a limit."""
    match content:
        case Text():
            _within("text", content.text, 1)
        case Media(kind="image" | "video"):
            _within("caption", content.caption)
        case Media():
            raise BadMessage("kind", f"X shows image and video, not {content.kind}")
        case _:
            raise BadMessage("content", f"X cannot show {type(content).__name__}")


def _within(field: str, words: str, least: int = 0) -> None:
    if not least <= len(words) <= limits.TEXT:
        raise BadMessage(field, f"has {len(words)} characters; {least} to {limits.TEXT} are allowed")


def body(content: Content, media_id: str = "") -> Json:
    """The JSON of a checked message."""
    words = content.text if isinstance(content, Text) else getattr(content, "caption", "")
    attached = {"attachments": [{"media_id": media_id}]} if media_id else {}
    return ({"text": words} if words else {}) | attached


def sent(data: Json, status: int) -> Sent:
    """What an answer of success says: X delivers at once. Raises Unclear."""
    return Sent(named(data.get("dm_event_id"), status, "dm_event_id"), note="sent")
