"""In-app: customers in an app or on a page, over Bot Framework Direct Line 3.0. Activities in, activities out.

The sockets are the gateway's: it hands posted activities here, and what `send` yields goes to `inapp:<conversation>`.
"""

from typing import Any, ClassVar

import msgspec

from connectors.contract import Conversation, Setting
from connectors.inapp.activities import read, write
from connectors.terms import History, load
from state.model.channel import Capabilities, Channel, Terms
from state.model.content import Text
from state.model.wire import Call, Forged, Outbound, Received, Request, Sent

USER = "x-parley-user"
"""The header in which the gateway says whose token it was; nothing a client sends gets through in it."""
KEY = "x-parley-key"
"""The header with the id of the activity: the client's own, or one the gateway made."""
AT = "x-parley-at"
"""The header with the time the gateway took it, in milliseconds, UTC."""
_MB = 1_000_000
_HISTORY = load(__package__)
_WORDS_A_CHUNK = 4
_JSON = {"content-type": "application/json"}


class InApp:
    """One app's channel."""

    type: ClassVar[str] = "inapp"
    webhooks: ClassVar[bool] = False
    settings: ClassVar[tuple[Setting, ...]] = ()
    capabilities = Capabilities(
        schemes=("inapp",),
        text=20_000,
        media={"image": 4 * _MB, "video": 4 * _MB, "audio": 4 * _MB, "document": 4 * _MB},
        caption=20_000,
        captioned=("image", "video", "audio", "document"),
        buttons=20,
        button_title=200,
        list_rows=50,
        row_title=200,
        url_button=True,
        mixed=20,
        headers=("image",),
        reply=True,
        typing=True,
        streaming=True,
        idempotent=True,
    )
    terms: ClassVar[Terms] = _HISTORY.current()
    history: ClassVar[History] = _HISTORY

    def __init__(self, channel: Channel) -> None:
        self._channel = channel.id

    def verify(self, request: Request) -> None:
        """The gateway has checked the token; without its header nobody has."""
        if not request.headers.get(USER):
            raise Forged("no token was checked")

    def receive(self, request: Request) -> Received:
        """Read a posted activity; raises Malformed."""
        headers = request.headers
        return read(request.body, headers[USER], headers[KEY], int(headers[AT]))

    def send(self, message: Outbound) -> Conversation:
        """Stream a text where it asks for that, then add the whole activity to the conversation."""
        activity = write(message)
        where = f"inapp:{message.conversation}"
        if isinstance(message.content, Text) and message.content.stream:
            for n, chunk in enumerate(_chunks(message.content.text)):
                typing = _typing(message.id, n + 1, chunk)
                yield Call("chunk", "PUT", where, _JSON, msgspec.json.encode(typing), repeatable=True)
            activity["channelData"] = {"streamId": message.id, "streamType": "final"}
        headers = {**_JSON, "idempotency-key": message.id}
        yield Call("activity", "POST", where, headers, msgspec.json.encode(activity), repeatable=True)
        return Sent(message.id, note="sent")


def _chunks(text: str) -> list[str]:
    """The text so far, a few words longer each time; the last is not the whole."""
    words = text.split(" ")
    return [" ".join(words[:end]) for end in range(_WORDS_A_CHUNK, len(words), _WORDS_A_CHUNK)]


def _typing(stream: str, number: int, text: str) -> dict[str, Any]:
    data = {"streamId": stream, "streamType": "streaming", "streamSequence": number}
    return {"type": "typing", "text": text, "channelData": data}
