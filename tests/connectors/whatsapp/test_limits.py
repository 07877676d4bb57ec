"""What breaks a limit of WhatsApp's is refused before any call, and the field at fault is named."""

from typing import Any

import pytest

from connectors.whatsapp import WhatsApp
from state.model.content import (
    Card,
    Choice,
    Component,
    ContactCard,
    Content,
    Form,
    Location,
    Media,
    MediaKind,
    Option,
    Parameter,
    Reaction,
    Template,
    Text,
)
from state.model.wire import BadMessage, File, Outbound
from tests.connectors import fixtures

LINK = "https://example.org/x"
MOVING = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\x02" + b"\0" * 100_000


def reply(n: int = 0, **fields: Any) -> Option:
    return Option(**{"id": f"r{n}", "title": f"Row {n}"} | fields)


def choice(*options: Option, **fields: Any) -> Choice:
    return Choice(**{"text": "Which?", "options": options or (reply(),)} | fields)


def rows(n: int, **fields: Any) -> tuple[Option, ...]:
    return tuple(reply(each, **fields) for each in range(n))


def template(*components: Component, **fields: Any) -> Template:
    return Template(**{"name": "hello", "language": "en", "components": components} | fields)


def body(**parameter: Any) -> Component:
    return Component("body", (Parameter(**parameter),))


def button(kind: Any, **parameter: Any) -> Component:
    return Component("button", (Parameter(**parameter),), button=kind)


def number() -> WhatsApp:
    found = fixtures.connector("whatsapp")
    assert isinstance(found, WhatsApp)
    return found


def send(content: Content, native: dict[str, Any] | None = None, **fields: Any) -> None:
    message = Outbound(
        **{"id": "m", "to": ("whatsapp:4915112345678",), "content": content} | fields, native=native or {}
    )
    next(number().send(message))


CONTENTS: list[tuple[str, Content]] = [
    ("text", Text("")),
    ("text", Text("x" * 4097)),
    ("media", Media("image")),
    ("media.url", Media("image", url="ftp://example.org/x")),
    ("media.caption", Media("image", url=LINK, caption="x" * 1025)),
    ("media.caption", Media("audio", url=LINK, caption="x")),
    ("media.caption", Media("sticker", url=LINK, caption="x")),
    ("latitude", Location(90.1, 0)),
    ("latitude", Location(0, -180.1)),
    ("latitude", Location(float("nan"), 0)),
    ("cards", ContactCard(())),
    ("cards", ContactCard((Card("x"),) * 258)),
    ("cards[1].name", ContactCard((Card("x"), Card("")))),
    ("target", Reaction("")),
    ("emoji", Reaction("wamid.1", "x" * 65)),
    ("options", Choice("Which?", ())),
    ("options", choice(reply(), reply(1, kind="url", url=LINK))),
    ("options", choice(reply(kind="url", url=LINK), reply(1, kind="url", url=LINK))),
    ("options", choice(reply(), reply(1, id="r0"))),
    ("options", choice(reply(), reply(1, title="Row 0"))),
    ("options", choice(*rows(11))),
    ("options", choice(*rows(4, section="A"), reply(5))),
    ("text", choice(text="")),
    ("text", choice(text="x" * 1025)),
    ("text", choice(style="list", text="x" * 4097)),
    ("header", choice(header=Text("x" * 61))),
    ("header", choice(header=Media("audio", url=LINK))),
    ("header", choice(style="list", header=Media("image", url=LINK))),
    ("header", choice(reply(kind="share_location"), header=Text("x"))),
    ("header.caption", choice(header=Media("image", url=LINK, caption="x"))),
    ("footer", choice(footer="x" * 61)),
    ("footer", choice(reply(kind="allow_call"), footer="x")),
    ("button", choice(style="list", button="x" * 21)),
    ("options[0].title", choice(reply(title="x" * 21))),
    ("options[0].title", choice(reply(title=""))),
    ("options[1].title", choice(reply(), reply(1, title="x" * 25), style="list")),
    ("options[0].id", choice(reply(id="x" * 257))),
    ("options[0].id", choice(reply(id="x" * 201), style="list")),
    ("options[0].description", choice(reply(description="x" * 73), style="list")),
    ("options[0].section", choice(reply(section="x" * 25), style="list")),
    ("options[0].title", choice(reply(kind="url", url=LINK, title="x" * 21))),
    ("options[0].url", choice(reply(kind="url", url="example.org"))),
    ("id", Form(text="x", button="Go")),
    ("button", Form(id="1", text="x")),
    ("button", Form(id="1", text="x", button="x" * 21)),
    ("text", Form(id="1", button="Go")),
    ("header", Form(id="1", text="x", button="Go", header="x" * 61)),
    ("name", template(name="")),
    ("name", template(name="x" * 513)),
    ("language", template(language="")),
    ("components[0].button", template(Component("button"))),
    ("components[0].index", template(Component("button", button="url", index=10))),
    ("components[0].cards", template(Component("carousel"))),
    ("components[0].cards", template(Component("carousel", cards=((),) * 11))),
    ("components[0].parameters[0].text", template(body())),
    ("components[1].parameters[0].text", template(body(text="x"), body(text="x" * 1025))),
    ("components[0].parameters[0].media", template(body(media=Media("sticker", url=LINK)))),
    ("components[0].parameters[0].text", template(button("copy_code", text="x" * 21))),
    ("components[0].parameters[0].text", template(button("url"))),
    ("components[0].parameters[0].payload", template(button("quick_reply", payload="x" * 257))),
]


@pytest.mark.parametrize(("field", "content"), CONTENTS)
def test_a_content_beyond_its_limits_is_refused_by_its_field(field: str, content: Content) -> None:
    with pytest.raises(BadMessage) as refused:
        send(content)
    assert refused.value.field == field


def products(*sections: tuple[str, int], header: str = "x") -> dict[str, Any]:
    listed = [{"title": title, "products": ["p"] * number} for title, number in sections]
    return {"products": {"catalog": "1", "header": header, "sections": listed}}


def cards(*buttons: dict[str, str], n: int = 2, **fields: str) -> list[dict[str, Any]]:
    return [{"image": LINK, "buttons": list(buttons), **fields}] * n


ANSWER, OPEN = {"id": "a", "title": "A"}, {"url": LINK, "title": "A"}
NATIVES: list[tuple[str, dict[str, Any]]] = [
    ("products", products(("x", 0))),
    ("products", products(("x", 15), ("y", 16))),
    ("products.sections", products()),
    ("products.sections", products(*[("x", 1)] * 11)),
    ("products.sections[0].title", products(("", 1))),
    ("products.header", products(("x", 1), header="")),
    ("carousel.cards", {"carousel": {"cards": cards(ANSWER, n=1)}}),
    ("carousel.cards", {"carousel": {"cards": cards(ANSWER, n=11)}}),
    ("carousel.cards", {"carousel": {"cards": cards(ANSWER) + cards(OPEN)}}),
    ("carousel.cards", {"carousel": {"cards": cards(ANSWER) + cards(ANSWER, image="", video=LINK)}}),
    ("carousel.cards[0]", {"carousel": {"cards": cards(ANSWER, video=LINK)}}),
    ("carousel.cards[0].image", {"carousel": {"cards": cards(ANSWER, image="x.jpg")}}),
    ("carousel.cards[0].body", {"carousel": {"cards": cards(ANSWER, body="x" * 161)}}),
    ("carousel.cards[0].buttons", {"carousel": {"cards": cards()}}),
    ("carousel.cards[0].buttons", {"carousel": {"cards": cards(*[ANSWER] * 4)}}),
    ("carousel.cards[0].buttons", {"carousel": {"cards": cards(OPEN, OPEN)}}),
    ("carousel.cards[0].buttons[0].title", {"carousel": {"cards": cards({"id": "a", "title": ""})}}),
    ("carousel.cards[0].buttons[0].id", {"carousel": {"cards": cards({"title": "A"})}}),
    ("voice_call.title", {"voice_call": {"title": "x" * 21}}),
]


@pytest.mark.parametrize(("field", "native"), NATIVES)
def test_an_option_beyond_its_limits_is_refused_by_its_field(field: str, native: dict[str, Any]) -> None:
    with pytest.raises(BadMessage) as refused:
        send(Text("x"), native)
    assert refused.value.field == f"native.whatsapp.{field}"


@pytest.mark.parametrize(
    ("field", "native"),
    [
        ("native.whatsapp", {"voice_call": {"minutes": 43_201}}),
        ("native.whatsapp", {"preview": True}),
        ("footer", {"catalog": {"footer": "x" * 61}}),
    ],
)
def test_an_option_that_does_not_fit_is_refused(field: str, native: dict[str, Any]) -> None:
    with pytest.raises(BadMessage) as refused:
        send(Text("x"), native)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("to", {"to": ()}),
        ("to", {"to": ("whatsapp:12a",)}),
        ("to", {"to": ("telegram:12",)}),
        ("reply_to", {"reply_to": "x" * 513}),
        ("id", {"id": "x" * 513}),
    ],
)
def test_a_message_without_its_needs_is_refused_by_its_field(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(BadMessage) as refused:
        send(Text("x"), **fields)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "kind", "voice", "file"),
    [
        ("media", "image", False, File(b"", "image/png")),
        ("media", "image", False, File(b"x" * 5_000_001, "image/png")),
        ("media.mime", "image", False, File(b"x", "image/webp")),
        ("media.mime", "image", False, File(b"x", "")),
        ("media.mime", "document", False, File(b"x", "text/plain\r\nx: y")),
        ("media", "video", False, File(b"x" * 16_000_001, "video/mp4")),
        ("media.mime", "video", False, File(b"x", "video/webm")),
        ("media", "audio", False, File(b"x" * 16_000_001, "audio/mpeg")),
        ("media.mime", "audio", True, File(b"x", "audio/mpeg")),
        ("media", "sticker", False, File(b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 100_000, "image/webp")),
        ("media", "sticker", False, File(MOVING + b"\0" * 400_000, "image/webp")),
    ],
)
def test_a_file_whatsapp_does_not_take_is_refused(
    field: str, kind: MediaKind, voice: bool, file: File
) -> None:
    with pytest.raises(BadMessage) as refused:
        send(Media(kind, stored="f", voice=voice), files={"f": file})
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("image", File(b"x", "image/jpeg")),
        ("audio", File(b"x", "audio/ogg; codecs=opus")),
        ("sticker", File(MOVING, "image/webp")),
        ("document", File(b"x", "application/vnd.oasis.opendocument.text")),
    ],
)
def test_a_file_within_the_limits_is_uploaded_first(kind: MediaKind, file: File) -> None:
    call = next(
        number().send(
            Outbound(id="m", to=("tel:+49151",), content=Media(kind, stored="f"), files={"f": file})
        )
    )
    assert (call.name, call.repeatable) == ("upload", True)
    assert file.body in call.body


def test_a_list_may_say_more_than_buttons() -> None:
    send(choice(style="list", text="x" * 4096))
    send(choice(*rows(10, section="A"), text="x" * 4096))
