"""The one HTTP client. It says of every call that failed whether a byte of it can have left this machine.

Nothing is ever sent twice: a connection is looked at before it is used again, and what breaks after the first byte is
CutOff.
"""

import errno
import ipaddress
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from time import monotonic

import aiohttp
from aiohttp.connector import AddrInfoType
from yarl import URL

from gateway.answers import Overlong
from gateway.logs import redactor
from gateway.round_trip import BROKEN, Connections, RoundTrip
from state.model.exchange import Exchange
from state.model.ids import now_ms
from state.model.wire import Call, Reply

MOST_CONNECTIONS = 1000
MOST_REDIRECTS = 5
EXCERPT = 500
"""Characters of an answer that are kept in its trace."""
_WRITTEN = re.compile("[!-~]*")
_MOVED = (301, 302, 303, 307, 308)


class NoAnswer(Exception):
    """There is no whole answer to a call; the kind of exception says what that means."""


class NeverSent(NoAnswer):
    """Nothing of the call left this machine: it may be made again."""


class CutOff(NoAnswer):
    """The call left, or a part of it, and its answer is missing or not whole: what came of it is unknown."""


class TooLong(CutOff):
    """The answer is longer than the call allows, and asking again would not make it shorter."""


class Blocked(NoAnswer):
    """The call is none that may be made, for its address or its form; nothing was sent."""


def _freely() -> None:
    """Let every call leave."""


class Wire:
    """Makes calls; to be made and closed inside the event loop."""

    def __init__(self, *, allow_private: bool = False, connections: int = MOST_CONNECTIONS) -> None:
        self._connections = Connections(connections, None if allow_private else _guarded_socket)

    async def perform(self, call: Call, may_leave: Callable[[], None] = _freely) -> Reply:
        """Make one call; a GET follows redirects. Raises NeverSent, CutOff or Blocked.

        `may_leave` is asked when there is a connection, right before the first byte; what it raises is raised here, and
        nothing was sent.
        """
        if self._connections.closed:
            raise NeverSent("the client is closed")
        url, headers = _address(call.url), call.headers
        seconds, deadline = call.timeout, monotonic() + call.timeout
        for _ in range(1 + MOST_REDIRECTS):
            trip = RoundTrip(call, url, headers, may_leave)
            try:
                reply = await trip.make(self._connections, seconds)
            except (*BROKEN, ValueError, Overlong) as error:
                raise _verdict(error, left=trip.left) from error
            if call.method != "GET" or reply.status not in _MOVED or "location" not in reply.headers:
                return reply
            url, headers = _follow(url, reply.headers["location"], headers)
            seconds = max(0.001, deadline - monotonic())
        raise Blocked(f"more than {MOST_REDIRECTS} redirects")

    async def close(self) -> None:
        """Close all connections."""
        await self._connections.close()


def _verdict(error: Exception, *, left: bool) -> NoAnswer:
    """What a failure means."""
    words = str(error) or type(error).__name__
    if isinstance(error, Overlong):
        return TooLong(words)
    if left:
        return CutOff(words)
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, _Forbidden):
        return Blocked(f"{error.host} is at a private or local address, and allow_private_urls is off")
    wrong = isinstance(error, ValueError) and not isinstance(error, OSError)
    return Blocked(words) if wrong else NeverSent(words)


def trace(call: Call, started: int, outcome: Reply | NoAnswer) -> Exchange:
    """What is kept of a call that started then (milliseconds, UTC) and has ended now; it holds no secrets."""
    url = redactor.address(call.url)
    took, sent = now_ms() - started, len(call.body)
    if isinstance(outcome, NoAnswer):
        fault, said = type(outcome).__name__, redactor.hide(str(outcome))[:EXCERPT]
        return Exchange(
            name=call.name,
            method=call.method,
            url=url,
            at=started,
            took_ms=took,
            sent=sent,
            fault=fault,
            answer=said,
        )
    return Exchange(
        name=call.name,
        method=call.method,
        url=url,
        at=started,
        took_ms=took,
        status=outcome.status,
        sent=sent,
        received=len(outcome.body),
        answer=_excerpt(outcome),
    )


def _excerpt(reply: Reply) -> str:
    mime = reply.headers.get("content-type", "").lower()
    return redactor.start(reply.body, EXCERPT) if _readable(mime) else mime


@lru_cache(maxsize=64)
def _readable(mime: str) -> bool:
    return not mime or mime.startswith("text/") or any(word in mime for word in ("json", "xml", "form"))


class _Forbidden(PermissionError):
    """An address that calls do not reach."""


def _guarded_socket(info: AddrInfoType) -> socket.socket:
    """A socket for an address just before it is connected to, so that no name can change its mind in between."""
    family, kind, proto, _, address = info
    if not reachable(str(address[0])):
        raise _Forbidden(errno.EACCES, "private or local address")
    return socket.socket(family, kind, proto)


def _networks(*texts: str) -> Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# The IANA special-purpose registries (RFC 6890), multicast, and the address at which Azure answers its own machines.
_CLOSED_4 = _networks(
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
    *("203.0.113.0/24", "224.0.0.0/3", "168.63.129.16/32"),
)
_OPEN_6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_6 = _networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def reachable(text: str) -> bool:
    """Whether calls may reach an IP address: public unicast, of IPv6 only what holds no IPv4 address but by NAT64."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if address in _NAT64:
        address = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)


@lru_cache(maxsize=256)
def _address(text: str) -> URL:
    """The URL, to the letter where it is one already: some signatures cover it."""
    try:
        url = URL(text, encoded=_WRITTEN.fullmatch(text) is not None)
        whole = url.scheme in ("http", "https") and url.host and url.port
    except (ValueError, IndexError) as error:
        raise Blocked(f"no URL: {error}") from error
    if not whole:
        raise Blocked("a URL must begin with http:// or https:// and name a host")
    return url


def _follow(url: URL, location: str, headers: Mapping[str, str]) -> tuple[URL, Mapping[str, str]]:
    """Where a redirect leads; what is not the same origin gets none of the call's headers."""
    try:
        target = _address(str(url.join(URL(location, encoded=_WRITTEN.fullmatch(location) is not None))))
    except (ValueError, IndexError) as error:
        raise Blocked(f"redirected to no URL: {error}") from error
    if url.scheme == "https" != target.scheme:
        raise Blocked("redirected from https to http")
    return target, headers if target.origin() == url.origin() else {}
