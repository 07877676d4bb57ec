"""`parley chat BOT`: talk to a bot in the terminal, without a gateway; it is loaded anew when its file is saved."""

import argparse
import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from conversations.chat import Chat, chat
from conversations.errors import FlowError
from conversations.loading import Source, beside, forget, load
from conversations.router import compiled
from gateway import settings as settings_module
from gateway.cli.open import values
from gateway.http import Http
from gateway.wire import Wire
from state.model.content import Choice, Content, Location, Media, Text, plain
from state.model.event import ClientEvent

_HELP = """\
/state             where the conversation stands
/later 1d          time passes (90s, 5m, 2h, 1d), and timers fire
/channel telegram  begin again as a customer of a channel type
/locale de         begin again as one who speaks this
/undo              take the last thing back
/back              a person gives the conversation back
/campaign spring   the customer has got a message of a campaign; what they say next answers it
/event paid        an event of an app's
/fail              the last message does not get to the customer
/answer look {"total": 12}
                   an effect is not called from now on, and gives this (JSON); /answer look fails too late: it fails
/send image URL    send a file (image, video, audio, document), or /send place 52.5 13.4
/restart, /quit    begin again; end
A number chooses an option."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The bot, and who talks to it."""
    from gateway.cli import with_settings

    command.add_argument("bot", help="module:Class or file.py:Class")
    command.add_argument("--channel", default="inapp", metavar="TYPE", help="the customer's type of channel")
    command.add_argument("--locale", default="en", help="the customer's language")
    with_settings(command)


def run(args: argparse.Namespace) -> int:
    """Talk until /quit or the end of what is typed."""
    sys.dont_write_bytecode = True  # a file saved twice in a second would be read from its byte code
    settings = settings_module.read(args.config, flags=values(args))
    channel = _known(args.channel)
    return asyncio.run(_talk(args.bot, channel, args.locale, allow_private=settings.allow_private_urls))


def _known(channel: str) -> str:
    """A type of channel by its name, or by what it carries (`sms`); raises Failure where there is none such."""
    from connectors import registry
    from gateway.cli import Failure

    kind = registry.CARRIED.get(channel, channel)
    try:
        registry.connector(kind)
    except registry.UnknownType as error:
        carried = ", ".join(f"{name} (as {stands})" for name, stands in sorted(registry.CARRIED.items()))
        raise Failure(f"{error}, {carried}") from error
    return kind


async def _talk(bot: str, channel: str, locale: str, *, allow_private: bool) -> int:
    from gateway.cli import Failure

    wire = Wire(allow_private=allow_private)
    try:
        talk = Talk(bot, channel, locale, Http(wire))
        print(f"{talk.name}; /help says what else there is")
        while (line := await asyncio.to_thread(_typed)) is not None and line != "/quit":
            await talk.type(line)
        return 0
    except FlowError as error:
        raise Failure(str(error)) from error
    finally:
        await wire.close()


def _typed() -> str | None:
    """The next line, with a mark before it where somebody sees it."""
    if sys.stdin.isatty():
        print("> ", end="", flush=True)
    line = sys.stdin.readline()
    return line.strip() if line else None


class Talk:
    """One customer at a terminal."""

    def __init__(self, bot: str, channel: str, locale: str, http: Http) -> None:
        self._bot, self._channel, self._locale, self._http = bot, channel, locale, http
        self._flow: Source = load(bot)
        self._seen, self._events = self._stamp(), 0
        self._answers: dict[str, Any] = {}
        self._commands: dict[str, Callable[[str], Awaitable[None] | None]] = {
            "/help": lambda _: print(_HELP),
            "/state": self._state,
            "/later": self._later,
            "/channel": self._on,
            "/locale": self._speaks,
            "/restart": lambda _: self._again("from the start"),
            "/undo": self._undo,
            "/back": self._handed_back,
            "/send": self._send,
            "/campaign": self._campaign,
            "/event": self._event,
            "/fail": self._fail,
            "/answer": self._answer,
        }
        self._begin()

    @property
    def name(self) -> str:
        """The bot and its version."""
        bot = compiled(self._flow)
        return f"{bot.name} {bot.version}"

    def _begin(self) -> None:
        self._chat: Chat = chat(
            *beside(self._flow),
            channel=self._channel,
            locale=self._locale,
            http=self._http,
            may_fail=True,
            real_time=True,
        )
        for effect, answer in self._answers.items():
            if effect in self._effects():
                self._chat.answers(effect, answer)
        self._offered: tuple[str, ...] = ()
        self._kept: list[tuple[Any, tuple[str, ...]]] = [(self._chat.kept(), self._offered)]

    async def type(self, line: str) -> None:
        """What was typed: a message, an option's number, or a command."""
        if not line:
            return
        await self._reload()
        word, _, rest = line.partition(" ")
        if not word.startswith("/"):
            await self._say(line)
        elif word in self._commands:
            done = self._commands[word](rest.strip())
            if done is not None:
                await done
        else:
            print(f"there is no {word}; /help says what there is")

    def _state(self, _: str) -> None:
        print(msgspec.json.format(msgspec.json.encode(self._chat.stands)).decode())

    def _on(self, channel: str) -> None:
        from gateway.cli import Failure

        try:
            self._channel = _known(channel or "inapp")
        except Failure as error:
            print(error)
            return
        self._again(f"a customer on {self._channel}")

    def _speaks(self, locale: str) -> None:
        self._locale = locale or "en"
        self._again(f"a customer who speaks {self._locale}")

    async def _handed_back(self, note: str) -> None:
        await self._chat.is_handed_back(note)
        self._show()

    def _campaign(self, name: str) -> None:
        if not name:
            print("write /campaign and its name")
            return
        self._chat.was_sent(f"({name})", campaign=name)
        self._kept.append((self._chat.kept(), self._offered))
        print(f"a message of {name} has come; answer it")

    async def _event(self, name: str) -> None:
        if not name:
            print("write /event and its name")
            return
        self._events += 1
        await self._chat.happens(ClientEvent(key=f"typed{self._events}", at=self._chat.now, event_name=name))
        self._show(quiet="nothing happens")

    async def _fail(self, _: str) -> None:
        try:
            await self._chat.fails()
        except AssertionError:
            print("nothing was said that could fail")
            return
        self._show(quiet="the flow is not told")

    def _answer(self, rest: str) -> None:
        effect, _, answer = rest.partition(" ")
        if effect not in self._effects():
            print(f"there is no effect {effect!r}; there is: {', '.join(self._effects()) or 'none'}")
            return
        word, _, why = answer.strip().partition(" ")
        try:
            given = RuntimeError(why or "it is to fail") if word == "fails" else msgspec.json.decode(answer)
        except msgspec.DecodeError:
            print(f'write /answer {effect} and JSON, as in {{"total": 12}} or "a text", or fails and why')
            return
        self._answers[effect] = given
        self._chat.answers(effect, given)
        print(f"{effect} {'fails' if word == 'fails' else 'gives this'} from now on")

    def _effects(self) -> list[str]:
        return sorted({name for each in beside(self._flow) for name in compiled(each).effects})

    async def _say(self, line: str) -> None:
        chosen = int(line) - 1 if line.isdecimal() and len(line) < 4 else -1
        if 0 <= chosen < len(self._offered):
            option, self._offered = self._offered[chosen], ()
            await self._chat.taps(option)
            self._show()
        else:
            await self._hears(line)

    async def _send(self, rest: str) -> None:
        match rest.split():
            case [("image" | "video" | "audio" | "document") as kind, url, *words]:
                await self._hears(Media(kind, url=url, caption=" ".join(words)))
            case ["place", latitude, longitude] if _NUMBER.fullmatch(latitude) and _NUMBER.fullmatch(
                longitude
            ):
                await self._hears(Location(float(latitude), float(longitude)))
            case _:
                print("write /send image https://example.org/a.png, or /send place 52.5 13.4")

    async def _hears(self, content: str | Content) -> None:
        """Options are forgotten with the next message, as the gateway does: a "4" may be a number of guests."""
        self._offered, before, called = (), self._chat.stands, len(self._chat.called)
        await self._chat.hears(content)
        same = self._chat.stands == before and len(self._chat.called) == called
        self._show(quiet="nothing happens" if same and not self._chat.permissions else "")

    async def _later(self, span: str) -> None:
        found = _SPAN.fullmatch(span.strip())
        if not found:
            print("write /later 90s, 5m, 2h or 1d")
            return
        await self._chat.later(seconds=float(found[1]) * _UNITS[found[2]])
        self._show(quiet="nothing happens")

    def _undo(self, _: str) -> None:
        if len(self._kept) < 2:
            print("there is nothing to take back")
            return
        self._kept.pop()
        kept, self._offered = self._kept[-1]
        self._chat.put(kept)
        print(f"taken back; it stands in {self._chat.state or 'no run'}")

    def _again(self, what: str) -> None:
        self._begin()
        print(f"again, {what}")

    def _show(self, quiet: str = "") -> None:
        said = self._chat.said
        for each in said:
            self._print(each)
        for made in self._chat.permissions:
            print(f"(recorded: the customer {'allows' if made.given else 'takes back'} {made.purpose})")
        self._chat.permissions.clear()
        for failure in self._chat.failures:
            print(f"(failed: {failure})")
        self._chat.failures.clear()
        if self._chat.fault:
            print(f"! {self._chat.fault.reason}; mend it and save, or /undo")
            self._chat.fault = None
        elif self._chat.mode == "parked" and not said:
            print(
                "(parked: nothing is answered until the bot is mended and saved; /undo takes the last thing back)"
            )
        elif quiet and not said:
            print(quiet)
        if self._chat.mode == "person":
            self._offered = ()
            print("(a person answers; /back gives it back)")
        self._kept.append((self._chat.kept(), self._offered))

    def _print(self, content: Content) -> None:
        words = plain(content)
        kind = "" if isinstance(content, Text | Choice) else f"[{content.__struct_config__.tag}] "
        print("\n".join(f"  {line}" for line in f"{kind}{words}".split("\n")))
        if isinstance(content, Choice):
            self._offered = tuple(each.id for each in content.options)
            for place, each in enumerate(content.options, 1):
                print(f"    {place}. {each.title}")

    def _stamp(self) -> float:
        files = [Path(each) for each in compiled(self._flow).files]
        return max((each.stat().st_mtime for each in files if each.is_file()), default=0)

    async def _reload(self) -> None:
        """Load the bot anew where a file of it was saved; the conversation goes on where it stands, or failed."""
        if self._stamp() == self._seen:
            return
        self._seen = self._stamp()
        try:
            self._flow = forget(self._bot, self._flow)
        except FlowError as error:
            print(f"! {error}; going on with the version before")
            return
        parked = self._chat.mode == "parked"
        self._chat.serve(*beside(self._flow))
        print(f"(loaded again: {self.name})")
        if parked:
            await self._chat.is_resumed()
            self._show()
