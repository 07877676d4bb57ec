"""The connected channels as they run here: each row of the store with its connector."""

import logging
from collections.abc import Iterator, Mapping

import msgspec

from connectors import registry
from connectors.contract import Connector
from gateway.held import decide_again
from gateway.logs import redactor
from gateway.wake import Signal, Wake
from state import channels as rows
from state import terms as acceptances
from state import tokens
from state.channels import Record
from state.model.channel import Channel, Terms
from state.model.ids import now_ms
from state.seal import Seal, SealError
from state.store import Store
from state.tokens import Row as Token

log = logging.getLogger("parley.channels")


_NO_TOKEN = Token("", b"", 0, 0)


class Live(msgspec.Struct, frozen=True):
    """A channel ready to work, with the token it works with where its provider's run out, and its terms."""

    channel: Channel
    connector: Connector
    record: Record
    token: Token = _NO_TOKEN
    terms: Terms = Terms(version="")
    """The version of its terms in force, as of the last load."""
    accepted: Mapping[str, int] = {}
    """The versions that were accepted, and when (milliseconds, UTC)."""
    terms_known: int = 0
    """Since when a gateway on this database has known the version in force (milliseconds, UTC)."""


class Channels:
    """All channels of this gateway, read from the store and again whenever they change."""

    def __init__(self, store: Store, wake: Wake, seal: Seal | None) -> None:
        self._store, self._wake, self._seal = store, wake, seal
        self._live: dict[str, Live] = {}
        self._by_account: dict[tuple[str, str], Live] = {}
        self._accepted: dict[str, dict[str, int]] | None = None
        self._known: dict[str, int] = {}
        self._acceptances_state: object = None
        self.broken: dict[str, str] = {}
        self._rows: dict[str, Channel] = {}
        self.changed = Signal()
        self._local_url = "http://simulator.invalid"

    async def load(self, local_url: str = "") -> None:
        """Read the channels; `local_url` (kept from then on) is where simulated ones find their provider.

        One that cannot work is named in `broken` with the reason, and stops nobody else.
        """
        if local_url and local_url != self._local_url:
            self._local_url = local_url
            self._live = {}
        live: dict[str, Live] = {}
        broken: dict[str, str] = {}
        told: dict[str, Channel] = {}
        kept = {row[0]: Token(*row) for row in await self._store.read(tokens.LIST)}
        known, self._accepted = self._accepted, await self._acceptances()
        self._known = dict(await self._store.read(acceptances.KNOWN))
        for row in await self._store.read(rows.LIST):
            record = Record(*row)
            told[record.id] = _channel(record, {})
            token = kept.get(record.id, _NO_TOKEN)
            old = self._live.get(record.id)
            if old and old.record[:9] == record[:9] and old.token == token:
                live[record.id] = self._bound(msgspec.structs.replace(old, record=record))
                continue
            try:
                live[record.id] = self._bound(self._make(record, token))
            except (ValueError, SealError) as error:
                broken[record.id] = str(error)
                log.error("channel %s cannot work: %s", record.id, error)
        changed = live.keys() != self._live.keys()
        self._live, self.broken, self._rows = live, broken, told
        self._by_account = {
            (each.channel.type, each.channel.account): each for each in live.values() if each.channel.account
        }
        if changed:
            self.changed.set()
            self._wake.tell("channels-loaded")
        if known is not None and _news(known, self._accepted):
            await decide_again(
                self._store
            )  # by whoever has learnt of it: with what it knew before it would hold
            self._wake.tell("outbox", ("*",))

    async def _acceptances(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for channel, version, _, at in await self._store.read(acceptances.LIST):
            found.setdefault(channel, {})[version] = at
        return found

    def _bound(self, live: Live) -> Live:
        """A channel with its terms as of now, and what was accepted of them."""
        accepted = (self._accepted or {}).get(live.channel.id, {})
        terms = live.connector.history.current()
        return msgspec.structs.replace(
            live, terms=terms, accepted=accepted, terms_known=self._known.get(terms.version, now_ms())
        )

    async def look(self) -> None:
        """Read the channels again where somebody has accepted terms meanwhile, by another process."""
        (state,) = [tuple(row) for row in await self._store.read(acceptances.STATE)]
        if state != self._acceptances_state:
            self._acceptances_state = state
            await self.load()

    async def know_terms(self) -> None:
        """Note from when on this database's gateways know the terms of its channels; an upgrade brings new versions."""
        versions = {each.version for live in self._live.values() for each in live.connector.history.versions}
        if new := versions - self._known.keys():
            await self._store.write(acceptances.know, tuple(new), now_ms())
            await self.load()

    def tell(self) -> None:
        """A channel's row or token is another one now: every node reads them again."""
        self._wake.tell("channels")

    def _make(self, record: Record, token: Token) -> Live:
        channel = open_channel(record, self._seal)
        if token.sealed and self._seal:
            fresh = msgspec.json.decode(self._seal.open(token.sealed, record.id), type=dict[str, str])
            redactor.learn(*fresh.values())
            channel = msgspec.structs.replace(channel, credentials={**channel.credentials, **fresh})
        if channel.simulated:
            wire = f"{self._local_url}/simulator/wire/{channel.id}"
            channel = msgspec.structs.replace(channel, settings={**channel.settings, "base_url": wire})
        return Live(channel, registry.connector(record.type)(channel), record, token)

    def get(self, channel_id: str) -> Live | None:
        """A channel by its id."""
        return self._live.get(channel_id)

    def named(self, channel_id: str) -> Channel | None:
        """A channel by its id, without its credentials: also one that cannot work now."""
        return self._rows.get(channel_id)

    def of_account(self, kind: str, account: str) -> Live | None:
        """The channel of a type that an account at the provider belongs to."""
        return self._by_account.get((kind, account))

    def of_business(self, kind: str, business: str) -> list[Live]:
        """The channels of a type whose senders belong to a business account at the provider."""
        return [
            each
            for each in self._live.values()
            if business and each.channel.type == kind and business == _business(each)
        ]

    def __iter__(self) -> Iterator[Live]:
        return iter(self._live.values())

    async def failed(self, channel_id: str, error: str) -> None:
        """Note a channel's last error for those who look after it."""
        await self._store.write(rows.failed, channel_id, error[:500], now_ms())


def _news(known: dict[str, dict[str, int]], accepted: dict[str, dict[str, int]]) -> bool:
    """Whether something was accepted that was not known."""
    return any(versions.keys() - known.get(channel, {}).keys() for channel, versions in accepted.items())


def _business(live: Live) -> str:
    return live.channel.settings.get(getattr(live.connector, "business_setting", ""), "")


def open_channel(record: Record, seal: Seal | None) -> Channel:
    """A channel with its credentials unsealed; raises SealError."""
    credentials: dict[str, str] = {}
    if record.sealed:
        if seal is None:
            raise SealError("credentials are sealed, but there is no seal_key: set it, or seal_key_file")
        credentials = msgspec.json.decode(seal.open(record.sealed, record.id), type=dict[str, str])
        redactor.learn(*credentials.values())
    return _channel(record, credentials)


def _channel(record: Record, credentials: Mapping[str, str]) -> Channel:
    return Channel(
        id=record.id,
        type=record.type,
        team=record.team,
        account=record.account,
        settings=record.public(),
        credentials=credentials,
        simulated=bool(record.simulated),
        flow=record.flow,
    )
