"""python-telegram-bot reads what our simulator sends, and sends through it; its limits are ours."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import telegram
from telegram.request import BaseRequest, RequestData

from connectors.telegram import profile
from state.model.content import Choice, Option
from state.model.wire import Outbound, Request
from tests.connectors.telegram.test_telegram import CUSTOMER, Pair

TOKEN = "7000001:AAdemo-token"


class Wire(BaseRequest):
    """The library's calls, answered by our simulator without a socket."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.asked: list[tuple[str, Any]] = []

    @property
    def read_timeout(self) -> float | None:
        return 1.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(  # type: ignore[override]
        self, url: str, method: str, request_data: RequestData | None = None, **timeouts: Any
    ) -> tuple[int, bytes]:
        body = request_data.json_payload if request_data else b"{}"
        fields = {name: _plain(value) for name, value in json.loads(body or b"{}").items()}
        self.asked.append((url.rpartition("/")[2], fields))
        headers = {"content-type": "application/json"}
        asked = Request(method, urlsplit(url).path, {}, headers, json.dumps(fields).encode())
        answered = self.pair.simulator.answer(asked)
        self.pair.shown += answered.shown
        return answered.reply.status, answered.reply.body


def _plain(value: Any) -> Any:
    """The library writes nested values as JSON in a text."""
    return json.loads(value) if isinstance(value, str) and value[:1] in "{[" and value else value


def bot(pair: Pair) -> tuple[telegram.Bot, Wire]:
    wire = Wire(pair)
    return telegram.Bot(TOKEN, base_url="http://sim/bot", request=wire, get_updates_request=wire), wire


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"type": "text", "text": "Hi"}, "message"), ({"type": "image", "id": "7"}, "message"),
        ({"type": "location", "latitude": 1.0, "longitude": 2.0}, "message"), ({"type": "stop"}, "my_chat_member"),
        ({"type": "choice", "id": "r"}, "callback_query"),
        ({"type": "reaction", "target": "5550100:3", "emoji": "👍"}, "message_reaction"),
        ({"type": "edit", "target": "5550100:3", "text": "Two"}, "edited_message"),
    ],
)  # fmt: skip
def test_the_library_reads_our_simulator_s_updates(what: dict[str, Any], kind: str) -> None:
    pair = Pair()
    body = json.loads(pair.simulator.says(CUSTOMER, what).webhook.body)
    for size in body.get("message", {}).get("photo", []):
        size |= {"width": 1, "height": 1}
    update = telegram.Update.de_json(body, None)
    assert update
    assert getattr(update, kind) is not None
    assert str(update.effective_user.id if update.effective_user else CUSTOMER) == CUSTOMER


async def test_the_library_and_we_write_the_same_message() -> None:
    pair = Pair()
    theirs, wire = bot(pair)
    keyboard = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("Red", callback_data="r")]])
    async with theirs:
        sent = await theirs.send_message(int(CUSTOMER), "Which?", reply_markup=keyboard)
    content = Choice("Which?", (Option("r", "Red"),))
    ours = next(pair.connector.send(Outbound(id="o", to=(f"telegram:{CUSTOMER}",), content=content)))
    (method, fields) = next(each for each in wire.asked if each[0] == "sendMessage")
    assert (method, fields | {"chat_id": int(fields["chat_id"])}) == ("sendMessage", json.loads(ours.body))
    assert sent.chat.id == int(CUSTOMER)
    assert [each.content for each in pair.shown] == [content]


async def test_the_library_meets_the_errors_of_the_bot_api() -> None:
    pair = Pair()
    theirs, _ = bot(pair)
    pair.simulator.says(CUSTOMER, {"type": "stop"})
    async with theirs:
        with pytest.raises(telegram.error.Forbidden, match="blocked"):
            await theirs.send_message(int(CUSTOMER), "Hello")
        with pytest.raises(telegram.error.BadRequest, match="too long"):
            await theirs.send_message(5550101, "x" * 4097)


def test_our_limits_are_the_library_s() -> None:
    limits = telegram.constants
    assert profile.TEXT == limits.MessageLimit.MAX_TEXT_LENGTH
    assert profile.CAPTION == limits.MessageLimit.CAPTION_LENGTH
    assert profile.BUTTON_DATA == limits.InlineKeyboardButtonLimit.MAX_CALLBACK_DATA
    assert profile.DOWNLOAD <= limits.FileSizeLimit.FILESIZE_DOWNLOAD
    assert profile.BYTES["document"] <= limits.FileSizeLimit.FILESIZE_UPLOAD
    assert profile.BYTES["image"] <= limits.FileSizeLimit.PHOTOSIZE_UPLOAD
