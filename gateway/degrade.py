"""What becomes of a message on a channel that cannot show all of it: the one place where content is degraded. Pure.

Nothing that was said is left out: what cannot be shown becomes words, what is too long becomes several parts. Options
shown as words are numbered, and the customer's next words may choose by number or by title.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from gateway.split import size, split
from state.model.base import Value
from state.model.channel import Capabilities
from state.model.content import (
    Card,
    Choice,
    Chosen,
    ContactCard,
    Content,
    Form,
    Location,
    Media,
    MediaKind,
    Option,
    Text,
)

_MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=16/{0}/{1}"
MOST_PARTS = 10
"""A text that would take more messages is left whole, for the connector to refuse by its length."""
_STAND_INS: dict[MediaKind, MediaKind] = {"sticker": "image", "audio": "document", "video": "document"}
"""What a file goes as where its own kind cannot."""
_LIST_BUTTON = "Choose"
"""What stands on the button that opens a list, where the message does not say."""
_NUMBER = re.compile(r"\W*(\d{1,3})\W*")


class Loss(Value, frozen=True):
    """A way in which the customer sees other than what was written: a stable code, and what happens in words."""

    code: str
    reason: str


class Offer(Value, frozen=True):
    """The options a customer was shown as words, in their order: id and title."""

    options: tuple[tuple[str, str], ...]


class Shaped(NamedTuple):
    """A message as a channel can show it: its parts in their order, what was lost, and the options it offers."""

    parts: tuple[Content, ...]
    losses: tuple[Loss, ...] = ()
    offer: Offer | None = None


Link = Callable[[Media], str]
"""The address under which a customer can open a file; "" where there is none."""


def shape(content: Content, can: Capabilities, link: Link) -> Shaped:
    """The parts of a message for a channel. What no words can replace is left for the connector to refuse."""
    if isinstance(content, Text) and len(content.text) * 4 <= can.text:
        return Shaped((content,))
    work = _Work(can, link)
    parts = tuple(work.parts(content))
    return Shaped(parts, tuple(dict.fromkeys(work.losses)), work.offer)


def chosen(said: str, offer: Offer) -> Chosen | None:
    """The option that a customer's words choose, by its number or its title; None where they choose none."""
    words = unicodedata.normalize("NFKC", said).strip().casefold()
    for option_id, title in offer.options:
        if words == title.strip().casefold():
            return Chosen(option_id, title)
    number = _NUMBER.fullmatch(words)
    if number and 1 <= int(number[1]) <= len(offer.options):
        return Chosen(*offer.options[int(number[1]) - 1])
    return None


class _Work:
    """One message being shaped."""

    def __init__(self, can: Capabilities, link: Link) -> None:
        self.can, self.link = can, link
        self.losses: list[Loss] = []
        self.offer: Offer | None = None

    def parts(self, content: Content) -> Iterator[Content]:
        match content:
            case Text():
                yield from self._text(content)
            case Media():
                yield from self._media(content)
            case Choice():
                yield from self._choice(content)
            case Location() if not self.can.location:
                yield from self._words("location_as_text", "the place is words and a link", _place(content))
            case ContactCard() if not self.can.contact_card:
                words = "\n\n".join(map(_card, content.cards))
                yield from self._words("contact_as_text", "the contact is words", words)
            case Form() if not self.can.form and content.text:
                words = _lines(content.header, content.text, content.footer)
                yield from self._words("form_left_out", "the form cannot be opened here", words)
            case _:
                yield content

    def lose(self, code: str, reason: str) -> None:
        self.losses.append(Loss(code, reason))

    def _words(self, code: str, reason: str, words: str) -> Iterator[Content]:
        self.lose(code, reason)
        yield from self._text(Text(words))

    def _text(self, content: Text) -> Iterator[Content]:
        pieces = split(content.text, self.can.text, self.can.text_in)
        if len(pieces) == 1 or len(pieces) > MOST_PARTS:
            yield content
            return
        self.lose("split", f"the text goes in {len(pieces)} messages")
        yield from (Text(piece, content.format) for piece in pieces)

    def _media(self, content: Media) -> Iterator[Content]:
        kind = content.kind if content.kind in self.can.media else _STAND_INS.get(content.kind, content.kind)
        if kind not in self.can.media:
            words = _lines(content.caption, content.name, self.link(content))
            yield from self._words("media_as_link", f"the {content.kind} is a link", words)
            return
        if kind != content.kind:
            self.lose("media_as_other", f"the {content.kind} goes as {kind}")
        shown = self._reachable(replace(content, kind=kind))
        most = self.can.caption if kind in self.can.captioned else 0
        if size(content.caption, self.can.text_in) <= most:
            yield shown
            return
        self.lose("caption_apart", "the caption is a message of its own")
        yield replace(shown, caption="")
        yield from self._text(Text(content.caption))

    def _reachable(self, content: Media) -> Media:
        """With an address that others can follow; a file of our store is left to a connector that uploads."""
        if content.url.startswith("/") or (content.stored and not content.url and not self.can.uploads):
            return replace(content, url=self.link(content), stored="")
        return content

    def _choice(self, content: Choice) -> Iterator[Content]:
        header = content.header
        if isinstance(header, Media) and not self._headed(content, header.kind):
            self.lose("header_apart", "what stands over the question is a message of its own")
            yield from self._media(header)
            content = replace(content, header=None)
        elif isinstance(header, Media):
            content = replace(content, header=self._reachable(header))
        elif isinstance(header, Text) and "text" not in self.can.headers:
            content = replace(content, header=None, text=_lines(header.text, content.text))
        if content.footer and not self.can.footer:
            content = replace(content, footer="", text=_lines(content.text, content.footer))
        yield from self._options(content)

    def _headed(self, content: Choice, kind: MediaKind) -> bool:
        """Whether a file can stand over the choice: a list has words alone there."""
        return kind in self.can.headers and (self._as_buttons(content) or not self.can.row_title)

    def _options(self, content: Choice) -> Iterator[Content]:
        """Options of the kinds the channel has stay; the others become words."""
        native = [option for option in content.options if self._native(option)]
        alone = not self.can.mixed or any(option.kind not in ("reply", "url") for option in native)
        if alone and len(native) > 1:
            native = [option for option in native if option.kind == "reply"]
        if len(native) == len(content.options) and self._fits(content):
            yield self._fitted(content)
            return
        replies = [option for option in native if option.kind == "reply"]
        others = [option for option in content.options if option.kind != "reply"]
        kept = replace(content, options=tuple(replies))
        if others and replies and self._fits(kept):
            self.lose("options_as_text", "links and requests among the options are words")
            yield self._fitted(replace(kept, text=_lines(content.text, *map(_in_words, others))))
            return
        yield from self._numbered(content)

    def _native(self, option: Option) -> bool:
        if option.kind == "reply":
            return bool(self.can.buttons or self.can.list_rows)
        return self.can.url_button if option.kind == "url" else option.kind in self.can.asks

    def _fits(self, content: Choice) -> bool:
        """Whether the channel shows the options as they are, as buttons or as a list."""
        return self._as_buttons(content) or self._as_list(content)

    def _fitted(self, content: Choice) -> Choice:
        """As it is shown: what has too many options for buttons is a list behind one, where the channel has such."""
        if self._as_buttons(content) or not self.can.row_title:
            return content
        return replace(content, style="list", button=content.button or _LIST_BUTTON)

    def _as_buttons(self, content: Choice) -> bool:
        can, most, many = self.can, self.can.button_text or self.can.text, self.can.buttons
        if content.style == "list" and can.list_rows:
            return False
        if len({option.kind for option in content.options}) > 1:
            most, many = can.mixed_text or most, min(can.mixed, many)
        short = all(len(option.title) <= can.button_title for option in content.options)
        return short and len(content.options) <= many and size(content.text, can.text_in) <= most

    def _as_list(self, content: Choice) -> bool:
        can = self.can
        most = can.row_title or can.button_title
        short = all(len(option.title) <= most and option.kind == "reply" for option in content.options)
        return short and len(content.options) <= can.list_rows and size(content.text, can.text_in) <= can.text

    def _numbered(self, content: Choice) -> Iterator[Content]:
        """The options as a numbered list; links and requests without a number, since they choose nothing."""
        replies = [option for option in content.options if option.kind == "reply"]
        lines, number = [], 0
        for option in content.options:
            number += option.kind == "reply"
            lines.append(_in_words(option, number if option.kind == "reply" else 0))
        if replies:
            self.offer = Offer(tuple((option.id, option.title) for option in replies))
            self.lose("options_as_numbers", "the options are a numbered list; the number is the answer")
        else:
            self.lose("options_as_text", "links and requests among the options are words")
        header = content.header.text if isinstance(content.header, Text) else ""
        words = _lines(header, content.text, "\n".join(lines), content.footer)
        yield from self._text(Text(words))


def _in_words(option: Option, number: int = 0) -> str:
    words = f"{number}. {option.title}" if number else option.title
    if option.kind == "url":
        words += f": {option.url}"
    return f"{words} ({option.description})" if option.description else words


def _place(content: Location) -> str:
    link = content.url or _MAP.format(content.latitude, content.longitude)
    return _lines(content.name, content.address, link)


def _card(card: Card) -> str:
    phones, mails = (each.phone for each in card.phones), (each.email for each in card.emails)
    return _lines(card.name, card.company, *phones, *mails, *(each.url for each in card.urls))


def _lines(*words: str) -> str:
    return "\n".join(filter(None, words))
