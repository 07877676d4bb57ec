"""Where a request came to, as its sender saw it: some signatures cover that address, and links go back to it."""

import ipaddress
from collections.abc import Sequence

from aiohttp import web

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_REACHED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound by it


def local(host: str, port: int) -> str:
    """The address by which a process that listens there, or on all addresses, is reached from its machine."""
    host = _REACHED.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Origin:
    """The public address: a setting, else what a trusted proxy says, else the request's own."""

    def __init__(self, public_url: str, trusted: Sequence[str]) -> None:
        self._public_url = public_url.rstrip("/")
        self._trusted: tuple[Network, ...] = tuple(ipaddress.ip_network(each) for each in trusted)

    def base(self, request: web.Request) -> str:
        """Scheme and host, without a slash at the end."""
        if self._public_url:
            return self._public_url
        if self._trusted and self._is_trusted(request.remote or ""):
            scheme = request.headers.get("X-Forwarded-Proto", request.scheme).split(",")[0].strip()
            host = request.headers.get("X-Forwarded-Host", request.host).split(",")[0].strip()
            return f"{scheme}://{host}"
        return f"{request.scheme}://{request.host}"

    def url(self, request: web.Request) -> str:
        """The whole address with path and query, to the letter."""
        return self.base(request) + request.raw_path

    def _is_trusted(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)
