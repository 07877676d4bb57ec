"""How a customer of WhatsApp is known: by a user id, by a phone number, or by both."""

from connectors.values import Unfit


def addresses(user_id: str | None, phone: str | None) -> tuple[str, ...]:
    """The URNs of a customer, the stable one first, as far as known; raises Unfit where one is no address.

    A business-scoped user id is a country, a point, and up to 128 letters and digits (Meta: BSUID).
    """
    found = []
    if user_id:
        if not (user_id.isascii() and user_id.replace(".", "").isalnum() and len(user_id) < 150):
            raise Unfit(f"{user_id[:40]!r} is no user id")
        found.append(f"whatsapp-bsuid:{user_id}")
    if phone:
        digits = phone.lstrip("+")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 30):
            raise Unfit(f"{phone[:40]!r} is no phone number")
        found.append(f"whatsapp:{digits}")
    return tuple(found)
