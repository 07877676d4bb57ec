"""Where a recipient is: country, state and time zones, as far as the contact and its address tell."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.policy.entries import Area

_NUMBERS = ("tel", "whatsapp")
_BUSINESS_SCOPED = "whatsapp-bsuid"


class Place(NamedTuple):
    """Where a recipient is; "" and () where nothing tells."""

    country: str = ""
    state: str = ""
    zones: tuple[str, ...] = ()
    """Those of the contact, else of the number, else of the country."""
    all_zones: tuple[str, ...] = ()
    """Those of the contact and of the number."""


class Places:
    """Tells places, by the area codes that hold."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._areas = {(each.country, code): each for each in areas for code in each.codes}

    def find(self, addresses: tuple[str, ...], country: str, zone: str) -> Place:
        """The place of a contact's addresses; its own country and zone go before what a number tells."""
        told, code = _number(addresses)
        area = self._areas.get((told, code))
        where = country or told
        own = (zone,) if _is_zone(zone) else ()
        by_code = area.zones if area else ()
        fitting = by_code if told == where else ()
        zones = own or fitting or _of_countries().get(where, ())
        state = area.state if area and told == where else ""
        everywhere = tuple(dict.fromkeys((*own, *by_code))) or zones
        return Place(where, state, zones, everywhere)


def is_telephone(address: str) -> bool:
    """Whether an address is reached by text message."""
    return address.startswith("tel:")


def _number(addresses: tuple[str, ...]) -> tuple[str, str]:
    """The country and the area code that the first telling address has, "" where none tells."""
    for address in addresses:
        scheme, _, path = address.partition(":")
        if scheme in _NUMBERS:
            found = _parsed(path.lstrip("+"))
            if found[0]:
                return found
        elif scheme == _BUSINESS_SCOPED and path[2:3] == "." and path[:2].isalpha():
            return path[:2].upper(), ""
    return "", ""


def _parsed(digits: str) -> tuple[str, str]:
    # A heavy import that only gateways which ask need.
    import phonenumbers

    try:
        found = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return "", ""
    region = phonenumbers.region_code_for_number(found) or ""
    national = phonenumbers.national_significant_number(found)
    return (region, national[:3]) if len(region) == 2 and region.isalpha() else ("", "")


@cache
def _of_countries() -> Mapping[str, tuple[str, ...]]:
    """The time zones of each country, of the table the IANA time zone database keeps of them (zone1970.tab)."""
    found: dict[str, list[str]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone1970.tab").read_text().splitlines():
        if line and not line.startswith("#"):
            countries, _, zone = line.split("\t")[:3]
            for country in countries.split(","):
                found.setdefault(country, []).append(zone)
    return {country: tuple(zones) for country, zones in found.items()}


def _is_zone(name: str) -> bool:
    try:
        return bool(name and ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
