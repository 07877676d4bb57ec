"""Where the service is offered, as the standard pack has it now: the countries in which a team may be active."""

from gateway.policy.pack import standard
from state.model.ids import now_ms


def offered(service: str = "messaging") -> frozenset[str]:
    """The countries (ISO 3166, two letters) in which a service is offered: `messaging` or `contact_centre`."""
    rows = standard().as_of(now_ms()).rows.offered
    return frozenset(country for each in rows if each.service == service for country in each.countries)
