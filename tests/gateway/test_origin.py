"""What address a request came to, as its sender saw it."""

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.origin import Origin, local

FORWARDED = {"Host": "inside:8080", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "chat.example.com"}


class _Transport:
    """A peer's address, as the socket tells it."""

    def __init__(self, peer: str) -> None:
        self._peer = peer

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._peer, 50000) if name == "peername" else default


@pytest.mark.parametrize(
    ("public_url", "trusted", "peer", "seen"),
    [
        ("https://set.example.com", [], "10.0.0.9", "https://set.example.com/webhooks/wa?a=%20b"),
        ("", ["10.0.0.0/8"], "10.0.0.9", "https://chat.example.com/webhooks/wa?a=%20b"),
        ("", ["10.0.0.0/8"], "192.0.2.1", "http://inside:8080/webhooks/wa?a=%20b"),
        ("", [], "10.0.0.9", "http://inside:8080/webhooks/wa?a=%20b"),
        ("", ["2001:db8::/32"], "2001:db8::1", "https://chat.example.com/webhooks/wa?a=%20b"),
    ],
)
def test_only_a_trusted_proxy_says_where_a_request_came_to(
    public_url: str, trusted: list[str], peer: str, seen: str
) -> None:
    request = make_mocked_request(
        "POST", "/webhooks/wa?a=%20b", headers=FORWARDED, transport=_Transport(peer)
    )
    assert Origin(public_url, trusted).url(request) == seen


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8080"), ("::", "http://[::1]:8080"), ("127.0.0.2", "http://127.0.0.2:8080"),
        ("shop.example", "http://shop.example:8080"),
    ],
)  # fmt: skip
def test_a_process_that_listens_on_all_addresses_is_told_by_one_that_can_be_opened(
    host: str, url: str
) -> None:
    assert local(host, 8080) == url
