"""Where the service is offered, from `packs/offered.toml`: the countries in which a team may be active."""

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "packs" / "offered.toml"


@cache
def offered(service: str = "messaging") -> frozenset[str]:
    """The countries (ISO 3166, two letters) in which a service is offered: `messaging` or `contact_centre`."""
    found = tomllib.loads(_FILE.read_text("utf-8"))["offered"]
    return frozenset(country for each in found if each["service"] == service for country in each["countries"])
